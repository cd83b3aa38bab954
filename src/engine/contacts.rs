//! The contacts: their rows, who is who, and which rows are one contact.
//!
//! In: blocks of the contact exports. Out: [`Contacts`], where a contact is a number, its row is
//! a range of bytes, and a [`Directory`], in which the name that an activity gives leads to it (rule
//! reference, §2). Cells are parted again when they are needed; only ids, names and what conditions and questions say
//! of them are kept.

mod accounts;
mod answers;
mod builder;
mod directory;
mod identities;
mod rows;
mod written;

use super::facts::Kind;
use super::ids::Texts;
use super::plan::QuestionId;
use super::questions::Code;
use super::row_set::{OfRows, RowSet};
use crate::machine::{self, Text};
use crate::record::Block;
use crate::rules::model::ColumnId;
use answers::Answers;
use std::collections::HashMap;
use std::ops::Range;

pub use builder::ContactsBuilder;
pub use directory::Directory;
pub use rows::{RowView, RowsOf, cells_of};

/// A contact: a row that is scored, in the order of the input.
pub type ContactId = u32;

const NONE: u32 = u32::MAX;

/// Where a record stands.
#[derive(Clone, Copy, Debug)]
struct RowRef {
    start: u32,
    end: u32,
    /// Twice the number of its block, and one more where it is as it would be written.
    block_and_form: u32,
    /// Whose it is: here, as whoever needs the row needs the account.
    account: u32,
}

impl RowRef {
    fn new(block: usize, place: &Range<usize>, is_as_written: bool) -> RowRef {
        let block_and_form = (block as u32) << 1 | u32::from(is_as_written);
        RowRef { start: place.start as u32, end: place.end as u32, block_and_form, account: NONE }
    }

    fn block(self) -> usize {
        (self.block_and_form >> 1) as usize
    }

    fn is_as_written(self) -> bool {
        self.block_and_form & 1 == 1
    }
}

/// All contacts that are scored.
#[derive(Debug)]
pub struct Contacts {
    blocks: Vec<Block>,
    rows: Vec<RowRef>,
    /// With `duplicates: merge`, the further rows of a contact.
    merged: HashMap<ContactId, Vec<RowRef>>,
    ids: Texts,
    /// With `duplicates: keep`, the next contact with the same id; empty where no two share one.
    next_with_id: Vec<u32>,
    /// The keys of accounts as the first contact of each writes it, trimmed.
    account_keys: Texts,
    answers: Answers,
    /// What was noticed on the way.
    pub seen: ContactsSeen,
}

/// What was noticed while contacts were read.
#[derive(Clone, Debug, Default)]
pub struct ContactsSeen {
    /// Rows of the exports, the bad ones left out.
    pub rows: u64,
    /// Rows without an id.
    pub without_id: u64,
    /// Rows that share their id with an earlier one.
    pub duplicates: u64,
    /// Names in `also_known_by` that several contacts share.
    pub shared_names: u64,
}

impl Contacts {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The id of a contact, trimmed; empty where it has none.
    pub fn id(&self, contact: ContactId) -> &str {
        self.ids.get(contact as usize)
    }

    /// The bytes of the same.
    #[inline]
    pub fn id_bytes(&self, contact: ContactId) -> &[u8] {
        self.ids.bytes_of(contact as usize)
    }

    /// Asks where the id of a contact stands that will be compared soon, or (`near`) for the id.
    #[inline]
    pub fn ask_ahead_for_id(&self, contact: ContactId, near: bool) {
        self.ids.ask_ahead(contact as usize, near);
    }

    /// The number of a contact's account, in the order of their first contacts.
    pub fn account(&self, contact: ContactId) -> Option<u32> {
        Some(self.rows[contact as usize].account).filter(|&account| account != NONE)
    }

    /// The key of an account as its first contact writes it, trimmed.
    pub fn account_key(&self, account: u32) -> &str {
        self.account_keys.get(account as usize)
    }

    /// How many accounts there are.
    pub fn accounts(&self) -> usize {
        self.account_keys.len()
    }

    /// This contact and those that share its id.
    pub fn with_same_id(&self, first: ContactId) -> impl Iterator<Item = ContactId> {
        let next = |contact: &ContactId| self.next_with_id.get(*contact as usize).copied().filter(|&next| next != NONE);
        std::iter::successors(Some(first), next)
    }

    /// Whether some share their ids.
    fn share_ids(&self) -> bool {
        !self.next_with_id.is_empty()
    }

    /// Where a contact's (first) row stands: the table of the export, and the byte of the (decoded)
    /// file. The same in every run over the same files, whatever the rules.
    pub fn place(&self, contact: ContactId) -> (usize, u64) {
        let row = self.rows[contact as usize];
        (self.table(contact), self.blocks[row.block()].offset_at(row.start as usize))
    }

    /// The table of the export in which a contact's (first) row stands, and the line of that row.
    pub fn source(&self, contact: ContactId) -> (usize, u64) {
        let row = self.rows[contact as usize];
        (self.table(contact), self.blocks[row.block()].line_at(row.start as usize))
    }

    /// Gives back the memory of the rows of contacts that stand side by side, where it is a file's, about so many bytes
    /// of it at most: nobody looks at them for a while.
    pub fn let_go_of_rows(&self, contacts: Range<ContactId>, bytes: usize) {
        let rows = &self.rows[contacts.start as usize..contacts.end as usize];
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return };
        Text::let_go(self.blocks[first.block()..=last.block()].iter().map(|block| &block.text), bytes);
    }

    /// Asks where the row of a contact stands that will be written soon.
    pub fn ask_where_row_is(&self, contact: ContactId) {
        machine::ask_ahead(&self.rows, contact as usize);
    }

    /// Asks for a row, where it stands is known: how it begins, or all of it.
    #[inline]
    pub fn ask_ahead_for_row(&self, contact: ContactId, all: bool) {
        let row = self.rows[contact as usize];
        let text = self.blocks[row.block()].text.as_bytes();
        if all {
            machine::ask_ahead_for_all(text, row.start as usize..row.end as usize);
        } else {
            machine::ask_ahead(text, row.start as usize);
        }
    }

    /// The table of the export in which a contact's (first) row stands.
    pub fn table(&self, contact: ContactId) -> usize {
        self.blocks[self.rows[contact as usize].block()].table
    }

    /// A contact's row without its line end, where it stands just as it would be written, and is not
    /// merged with others.
    pub fn as_written(&self, contact: ContactId) -> Option<&str> {
        let row = self.rows[contact as usize];
        if !row.is_as_written() || self.is_merged(contact) {
            return None;
        }
        let text = self.text_of(row);
        Some(text.strip_suffix(['\n', '\r']).unwrap_or(text))
    }

    /// Of some contacts side by side, from the first one on, those of whom a condition holds that was answered
    /// while contacts were read; `unread` hears of their cells that it could not read. `None` where the first has
    /// several rows: then it stands alone.
    pub fn answered(
        &self,
        condition: usize,
        first: ContactId,
        rows: RowSet,
        unread: impl FnMut(usize, ColumnId, Kind),
    ) -> Option<RowSet> {
        (!self.is_merged(first)).then(|| self.answers.holding(condition, first, rows, unread))
    }

    /// The answers of the same contacts to a question that was answered while contacts were read.
    pub fn answers_to(
        &self,
        question: QuestionId,
        first: ContactId,
        rows: RowSet,
        unread: impl FnMut(usize, ColumnId, Kind),
    ) -> Option<OfRows<Code>> {
        (!self.is_merged(first)).then(|| self.answers.answers_to(question, first, rows, unread))
    }

    /// Whether some of them leave it open what a card says, so that cells have to be looked at.
    pub fn leave_questions_open(&self) -> bool {
        self.answers.are_open()
    }

    /// Whether some contacts have several rows.
    pub fn have_merged(&self) -> bool {
        !self.merged.is_empty()
    }

    /// Whether there are further rows of a contact.
    fn is_merged(&self, contact: ContactId) -> bool {
        !self.merged.is_empty() && self.merged.contains_key(&contact)
    }

    /// Its row, and the rows merged into it.
    fn rows_of(&self, contact: ContactId) -> impl Iterator<Item = &RowRef> {
        let further = if self.merged.is_empty() { None } else { self.merged.get(&contact) };
        std::iter::once(&self.rows[contact as usize]).chain(further.into_iter().flatten())
    }

    fn text_of(&self, row: RowRef) -> &str {
        &self.blocks[row.block()].text[row.start as usize..row.end as usize]
    }
}
