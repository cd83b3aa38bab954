//! Parts of the contacts that are kept for testing.
//!
//! In: outcomes and a seed. Out: the fold of each contact; the same for the same seed, whatever the
//! machine. Not here: what is done with them.

/// Random numbers that are the same everywhere: SplitMix64 (Steele, Lea and Flood 2014). A few lines
/// beat a crate here, whose next version may draw other folds.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Begins at a seed.
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// The next 64 bits.
    pub fn next_bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// From 0 up to, not including, 1.
    pub fn next_share(&mut self) -> f64 {
        (self.next_bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From 0 up to, not including, `end`, which is above 0 and far below 2⁶⁴.
    fn next_below(&mut self, end: usize) -> usize {
        (self.next_bits() % end as u64) as usize
    }
}

/// The fold of each contact, 0 up to `folds`; each holds its share of both outcomes.
pub fn stratified(outcome: &[bool], folds: usize, seed: u64) -> Vec<u8> {
    let mut dice = Dice::new(seed);
    let mut fold_of = vec![0; outcome.len()];
    let mut next = 0;
    for wanted in [true, false] {
        let mut rows: Vec<usize> = (0..outcome.len()).filter(|&row| outcome[row] == wanted).collect();
        for at in (1..rows.len()).rev() {
            rows.swap(at, dice.next_below(at + 1));
        }
        for row in rows {
            fold_of[row] = next as u8;
            next = (next + 1) % folds;
        }
    }
    fold_of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fold_has_its_share_of_both_outcomes_and_a_seed_draws_it_again() {
        let outcome: Vec<bool> = (0..1003).map(|row| row % 7 == 0).collect();
        let fold_of = stratified(&outcome, 5, 0);
        for fold in 0..5 {
            let rows: Vec<usize> = (0..1003).filter(|&row| fold_of[row] == fold).collect();
            let positive = rows.iter().filter(|&&row| outcome[row]).count();
            assert!((200..=201).contains(&rows.len()), "{}", rows.len());
            assert!((28..=29).contains(&positive), "{positive}");
        }
        assert_eq!(fold_of, stratified(&outcome, 5, 0));
        assert_ne!(fold_of, stratified(&outcome, 5, 1));
    }

    /// The first numbers of the published generator for the seed 1234567.
    #[test]
    fn the_dice_are_those_of_the_paper() {
        let mut dice = Dice::new(1_234_567);
        assert_eq!([dice.next_bits(), dice.next_bits()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }
}
