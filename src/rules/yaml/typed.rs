//! The document as `serde_yaml` loads it: the types of its scalars, in the order of the file.
//!
//! In: a text whose size, depth and aliases are bounded already. Out: a [`Tree`]. Not here:
//! places, and how a number was written.

use super::hints;
use crate::diagnostic::{Diagnostic, Place};
use serde::de::{self, Deserialize, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use std::fmt;

/// A document without places.
#[derive(Debug)]
pub enum Tree {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number, however it is written.
    Number,
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Tree>),
    /// A mapping; a key given twice is in it twice.
    Map(Vec<(Tree, Tree)>),
}

/// Loads the one document of a text.
pub fn read(text: &str) -> Result<Tree, Box<Diagnostic>> {
    serde_yaml::from_str(text).map_err(|error| {
        let place = error.location().map(|location| {
            let at = text.floor_char_boundary(location.index().min(text.len()));
            Place { start: at, end: at }
        });
        Box::new(hints::syntax(text, place, &error.to_string()))
    })
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Tree, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Tree;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Boolean(value))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Tree, E> {
        Ok(Tree::Number)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Tree, E> {
        Ok(Tree::Number)
    }

    fn visit_i128<E: de::Error>(self, _: i128) -> Result<Tree, E> {
        Ok(Tree::Number)
    }

    fn visit_u128<E: de::Error>(self, _: u128) -> Result<Tree, E> {
        Ok(Tree::Number)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Tree, E> {
        Ok(Tree::Number)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.to_owned()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_element()? {
            members.push(member);
        }
        Ok(Tree::List(members))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Tree::Map(entries))
    }

    /// A value with a tag of its own (`!name value`); tags are refused before, this is the value.
    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Tree, A::Error> {
        let (_, value): (String, _) = access.variant()?;
        value.newtype_variant()
    }
}
