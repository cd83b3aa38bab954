//! Records as they stand in a batch: where each begins, where its cells end, and what they say.
//!
//! In: places that [`Cells`] has found. Out: [`Record`]s, made when they are asked for; a cell is a
//! range of its text. Not here: how the places are found.

use super::cells::Cells;
use std::ops::Range;

/// One record, parted.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    pub(super) text: &'a str,
    /// Where each cell ends, counted from `base`; before them, where what stands before the first ends.
    pub(super) edges: &'a [u32],
    pub(super) base: u32,
    /// How many bytes there are between two cells.
    pub(super) gap: u32,
    /// Whether cells may stand in quotes.
    pub(super) quoted: bool,
}

impl<'a> Record<'a> {
    /// How many cells it has.
    pub fn len(&self) -> usize {
        self.edges.len() - 1
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether some of its cells stood in quotes, or were not taken as they stood.
    pub fn is_quoted(&self) -> bool {
        self.quoted || self.gap == 0
    }

    /// A cell's text, without its quotes; empty past the last cell.
    #[inline(always)]
    pub fn get(&self, index: usize) -> &'a str {
        let Some(&[before, end]) = self.edges.get(index..index + 2) else { return "" };
        // What stands before a text ends one byte before it, so to speak: hence the wrapping.
        let start = self.base.wrapping_add(before).wrapping_add(self.gap);
        let place = start as usize..(self.base + end) as usize;
        &self.text[if self.quoted { unquoted(self.text, place) } else { place }]
    }
}

/// Where a cell stands without the quotes around it.
#[inline(always)]
fn unquoted(text: &str, place: Range<usize>) -> Range<usize> {
    match text.as_bytes()[place.clone()] {
        [b'"', .., b'"'] => place.start + 1..place.end - 1,
        _ => place,
    }
}

/// A record of a batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Where it stands in the text.
    pub(super) start: u32,
    pub(super) end: u32,
    /// Its first edge among those that its layout says.
    pub(super) first: u32,
    pub(super) count: u32,
    pub(super) layout: Layout,
}

impl Row {
    pub(super) fn place(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Where the cells of a record are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Layout {
    /// Where they stand, in quotes perhaps; the edges are those of the structure.
    Standing { quoted: bool },
    /// Where they stand; the edges are those that [`Cells::read`] has noted.
    Noted { quoted: bool },
    /// In the text of [`Cells`].
    Own,
}

/// Some records of a text, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    pub(super) text: &'a str,
    pub(super) base: usize,
    pub(super) cells: &'a Cells,
    pub(super) even: Option<Even>,
}

/// Records with as many cells each and no quotes, of which the edges say all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Even {
    /// How many there are.
    pub(super) len: usize,
    /// How many cells each has.
    pub(super) width: usize,
}

/// The cells of a record that stand as they stood, in quotes perhaps: all or none.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    text: &'a str,
    base: usize,
    edges: &'a [u32],
    /// Whether some stand in quotes.
    quoted: bool,
}

impl<'a> Standing<'a> {
    /// The bytes of a cell, without its quotes.
    #[inline(always)]
    pub fn cell(self, index: usize) -> Option<&'a [u8]> {
        self.text.as_bytes().get(self.place(index)?)
    }

    #[inline(always)]
    fn place(self, index: usize) -> Option<Range<usize>> {
        // Known to be small, so that its bounds are looked at once.
        let index = index as u32 as usize;
        let &[before, end] = self.edges.get(index..index + 2)?.first_chunk()?;
        let place = self.base + before.wrapping_add(1) as usize..self.base + end as usize;
        Some(if self.quoted { unquoted(self.text, place) } else { place })
    }
}

impl<'a> Batch<'a> {
    /// How many records it has.
    pub fn len(self) -> usize {
        self.even.map_or(self.cells.rows.len(), |even| even.len)
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Those that have not as many cells as were wanted: how many, and where they stand.
    pub fn ragged(self) -> impl Iterator<Item = (usize, Range<usize>)> {
        self.cells.ragged.iter().map(|row| (row.count as usize, row.place()))
    }

    #[inline(always)]
    fn row(self, at: usize) -> Row {
        let Some(Even { width, .. }) = self.even else { return self.cells.rows[at] };
        let (edges, first) = (self.cells.structure.edges(), at * width);
        let after = |edge: u32| self.base as u32 + edge.wrapping_add(1);
        let (start, end) = (after(edges[first]), after(edges[first + width]));
        Row { start, end, first: first as u32, count: width as u32, layout: Layout::Standing { quoted: false } }
    }

    /// Where a record stands.
    pub fn place(self, at: usize) -> Range<usize> {
        self.row(at).place()
    }

    /// A cell of a record, the same that the record gives.
    #[inline(always)]
    pub fn cell(self, at: usize, index: usize) -> &'a str {
        // Nearly always no record need be made for it.
        match self.standing_at(at).place(index) {
            Some(place) => &self.text[place],
            None => self.record(at).get(index),
        }
    }

    /// The cells of a record, where they stand as they stood.
    #[inline(always)]
    pub fn standing_at(self, at: usize) -> Standing<'a> {
        match self.even {
            Some(Even { width, .. }) => self.standing(at * width, width, false),
            None => self.standing_in(&self.cells.rows[at]),
        }
    }

    /// The cells of each record, where they stand as they stood.
    #[inline(always)]
    pub fn all_standing(self) -> impl Iterator<Item = Standing<'a>> {
        let (mut edges, width) = match self.even {
            Some(Even { len, width }) => (&self.cells.structure.edges()[..=len * width], width),
            None => (&[][..], 0),
        };
        let mut rows = self.cells.rows[..if width > 0 { 0 } else { self.len() }].iter();
        std::iter::from_fn(move || {
            if width == 0 {
                return Some(self.standing_in(rows.next()?));
            }
            let standing = self.standing_between(edges.get(..=width)?, false);
            edges = &edges[width..];
            Some(standing)
        })
    }

    #[inline(always)]
    fn standing_in(self, row: &Row) -> Standing<'a> {
        match row.layout {
            Layout::Standing { quoted } => self.standing(row.first as usize, row.count as usize, quoted),
            _ => self.standing_between(&[], false),
        }
    }

    #[inline(always)]
    fn standing(self, first: usize, count: usize, quoted: bool) -> Standing<'a> {
        self.standing_between(&self.cells.structure.edges()[first..=first + count], quoted)
    }

    #[inline(always)]
    fn standing_between(self, edges: &'a [u32], quoted: bool) -> Standing<'a> {
        Standing { text: self.text, base: self.base, edges, quoted }
    }

    /// A record.
    #[inline(always)]
    pub fn record(self, at: usize) -> Record<'a> {
        let Batch { text, base, cells, .. } = self;
        let row = self.row(at);
        let edges = row.first as usize..row.first as usize + row.count as usize + 1;
        match row.layout {
            Layout::Standing { quoted } => {
                Record { text, edges: &cells.structure.edges()[edges], base: base as u32, gap: 1, quoted }
            }
            Layout::Noted { quoted } => Record { text, edges: &cells.edges[edges], base: row.start, gap: 1, quoted },
            Layout::Own => Record { text: &cells.own, edges: &cells.edges[edges], base: 0, gap: 0, quoted: false },
        }
    }
}
