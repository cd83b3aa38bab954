//! Random numbers that are the same on every machine: SplitMix64 (Steele, Lea, Flood 2014,
//! "Fast splittable pseudorandom number generators"). In: a seed. Out: draws. Not for secrets.

pub struct Random(u64);

impl Random {
    /// The draws of one thing among many: `stream` tells the things apart.
    pub fn new(seed: u64, stream: u64) -> Random {
        let mut random = Random(seed ^ stream.wrapping_mul(0xd1b5_4a32_d192_ed03));
        Random(random.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A whole number from 0 to `end` − 1.
    pub fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    /// From 0 to `end` − 1, small ones far more often: the cube of a uniform draw.
    pub fn skewed(&mut self, end: u64) -> u64 {
        let unit = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        (unit * unit * unit * end as f64) as u64
    }

    /// True in `count` of a thousand draws.
    pub fn per_mille(&mut self, count: u64) -> bool {
        self.below(1000) < count
    }

    pub fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len() as u64) as usize]
    }

    /// The earlier, the more often.
    pub fn pick_skewed<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.skewed(of.len() as u64) as usize]
    }
}
