//! Rule files for the exports of known systems, one file a system under `presets/`.
//!
//! In: the headers of exports, or a system's name. Out: the system's rule file, in which every
//! entry that asks for a column the exports have not is a comment. Not here: exports of systems
//! that nobody has described (`contacts`, `activities`).
//!
//! A preset is two YAML documents: how the system is known and which headers all its exports
//! have ([`About`]), then a rule file as it is written, comments and all.

use crate::cli::System;
use crate::diagnostic::Diagnostic;
use crate::record::{HeaderFault, Table};
use crate::rules::model::{Column, Model};
use crate::rules::{self, RuleFile, columns};
use anyhow::{Context, bail};
use serde::Deserialize;
use std::path::Path;

/// All of them.
const PRESETS: [(System, &str); 8] = [
    (System::Hubspot, include_str!("presets/hubspot.yaml")),
    (System::Salesforce, include_str!("presets/salesforce.yaml")),
    (System::Pipedrive, include_str!("presets/pipedrive.yaml")),
    (System::Mautic, include_str!("presets/mautic.yaml")),
    (System::Mailchimp, include_str!("presets/mailchimp.yaml")),
    (System::Getresponse, include_str!("presets/getresponse.yaml")),
    (System::Dynamics, include_str!("presets/dynamics.yaml")),
    (System::Marketo, include_str!("presets/marketo.yaml")),
];

/// A system's rule file.
#[derive(Debug)]
pub struct Preset {
    /// What is known of the system.
    pub about: About,
    rules: &'static str,
}

/// What is known of a system, beside its rule file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// As people call it.
    pub name: String,
    /// A contact export that has all headers of one of these lists is the system's.
    known_by: Vec<Vec<String>>,
    /// The headers that every contact export of it has.
    contacts: Vec<String>,
    /// The headers that every activity export of it has.
    activities: Vec<String>,
}

impl Preset {
    /// That of a system.
    ///
    /// # Errors
    /// None, as long as the presets are sound.
    pub fn of(system: System) -> anyhow::Result<Preset> {
        let text = PRESETS.iter().find(|(other, _)| *other == system).map(|&(_, text)| text);
        let (about, rules) = text.and_then(|text| text.split_once("\n---\n")).context("a preset is two documents")?;
        Ok(Preset { about: serde_yaml::from_str(about)?, rules })
    }

    /// That of the one system whose contact exports all these are.
    ///
    /// # Errors
    /// None, as long as the presets are sound.
    pub fn recognised(contacts: &[Table]) -> anyhow::Result<Option<Preset>> {
        let mut best: Option<(usize, Preset)> = None;
        for (system, _) in PRESETS {
            let preset = Preset::of(system)?;
            let signs = contacts.iter().map(|table| preset.signs(table)).min().unwrap_or_default();
            if signs > best.as_ref().map_or(0, |(most, _)| *most) {
                best = Some((signs, preset));
            }
        }
        Ok(best.map(|(_, preset)| preset))
    }

    /// How many headers tell that the system wrote it; 0: not enough.
    fn signs(&self, table: &Table) -> usize {
        let has = |header: &String| table.columns.iter().any(|column| column.trim() == header);
        let lists = self.about.known_by.iter().filter(|list| list.iter().all(has));
        lists.map(Vec::len).max().unwrap_or_default()
    }

    /// The rule file for these exports; where there are none, for those with the least columns.
    ///
    /// # Errors
    /// Where an export lacks what every rule file needs: who, what, when, and something to score.
    pub fn fitted(&self, contacts: &[Table], activities: &[Table]) -> anyhow::Result<String> {
        let least = |headers: &[String]| Table {
            columns: headers.to_vec(),
            activity_type: Some(String::new()), // may be given with the file
            ..Table::default()
        };
        let (least_contacts, least_activities) = ([least(&self.about.contacts)], [least(&self.about.activities)]);
        let contacts = if contacts.is_empty() { &least_contacts } else { contacts };
        let activities = if activities.is_empty() { &least_activities } else { activities };
        let mut page = Lines(self.rules.lines().map(str::to_owned).collect());
        self.must_have(&page.read()?.model, contacts, activities)?;
        loop {
            let Ok(file) = page.read() else {
                bail!(
                    "the exports have too few columns for the rules of {}; leave --from out to start from those they have",
                    self.about.name
                );
            };
            let faults = faults(&file.model, contacts, activities);
            let Some(place) = faults.iter().filter_map(|fault| fault.place).max() else {
                return Ok(page.text());
            };
            page.switch_off(file.source.line_and_column(place.start).0 - 1);
        }
    }

    fn must_have(&self, model: &Model, contacts: &[Table], activities: &[Table]) -> anyhow::Result<()> {
        let section = &model.activities;
        let untyped: Vec<Table> = activities.iter().filter(|table| table.activity_type.is_none()).cloned().collect();
        let absent = |table: &Table, column: &Column| table.find(&column.headers) == Err(HeaderFault::Absent);
        for (tables, column, what, else_) in [
            (contacts, &model.contact_columns[model.contacts.id], "who somebody is", ""),
            (activities, &model.activity_columns[section.contact], "whose an activity is", ""),
            (activities, &model.activity_columns[section.at], "when an activity was", ""),
            (&untyped, &model.activity_columns[section.kind], "what was done", "; or say it: --activities TYPE=FILE"),
        ] {
            if let Some(table) = tables.iter().find(|table| absent(table, column)) {
                let (name, headers) = (&self.about.name, column.headers.join(", "));
                bail!("{} does not say {what}: exports of {name} do in one of {headers}{else_}", table.name);
            }
        }
        Ok(())
    }
}

/// What the exports lack, or have twice.
fn faults(model: &Model, contacts: &[Table], activities: &[Table]) -> Vec<Diagnostic> {
    let contacts = columns::bind(model, &model.contact_columns, contacts, "contacts").err();
    let activities = columns::bind(model, &model.activity_columns, activities, "activities").err();
    contacts.into_iter().chain(activities).flatten().collect()
}

/// The lines of a rule file, of which some become comments.
struct Lines(Vec<String>);

impl Lines {
    fn text(&self) -> String {
        self.0.iter().map(|line| format!("{line}\n")).collect()
    }

    fn read(&self) -> anyhow::Result<RuleFile> {
        Ok(rules::parse("the preset", self.text().as_bytes(), Path::new(""))?)
    }

    /// How far a line stands in; nothing for comments and blank lines.
    fn indent(&self, at: usize) -> Option<usize> {
        let text = self.0[at].trim_start();
        (!text.is_empty() && !text.starts_with('#')).then(|| self.0[at].len() - text.len())
    }

    fn begins_item(&self, at: usize) -> bool {
        self.0[at].trim_start().starts_with("- ")
    }

    /// The first line of the innermost entry of a list that this line belongs to; else the line.
    fn entry(&self, line: usize) -> usize {
        let mut level = self.indent(line).unwrap_or_default();
        for at in (0..=line).rev() {
            let Some(indent) = self.indent(at) else { continue };
            if self.begins_item(at) && (at == line || indent < level) {
                return at;
            }
            level = level.min(indent);
        }
        line
    }

    /// The lines of what begins on this line.
    fn block(&self, first: usize) -> std::ops::Range<usize> {
        let level = self.indent(first).unwrap_or_default();
        let deeper = |&at: &usize| self.indent(at).is_none_or(|indent| indent > level);
        let end = (first + 1..self.0.len()).take_while(deeper).filter(|&at| self.indent(at).is_some()).last();
        first..end.unwrap_or(first) + 1
    }

    /// Makes the entry on this line a comment, and whatever is left with nothing in it.
    fn switch_off(&mut self, line: usize) {
        let first = self.entry(line);
        let level = self.indent(first).unwrap_or_default();
        for at in self.block(first) {
            if self.indent(at).is_some() {
                self.0[at].insert_str(level, "# ");
            }
        }
        let above = (0..first).rev().find(|&at| self.indent(at).is_some());
        if let Some(above) = above.filter(|&at| self.0[at].trim_end().ends_with(':') && self.block(at).len() == 1) {
            self.switch_off(above);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn every_preset_is_sound_and_has_rules_for_the_least_export() {
        for system in System::value_variants() {
            let preset = Preset::of(*system).unwrap();
            let file = Lines(preset.rules.lines().map(str::to_owned).collect()).read().unwrap();
            assert!(file.warnings.is_empty(), "{system:?}: {:?}", file.warnings);
            let least = preset.fitted(&[], &[]).unwrap();
            let file = rules::parse("least", least.as_bytes(), Path::new("")).unwrap();
            assert!(file.warnings.is_empty(), "{system:?}: {:?}\n{least}", file.warnings);
        }
    }

    #[test]
    fn whatever_columns_an_export_lacks_the_rules_left_find_theirs() {
        for system in System::value_variants() {
            let preset = Preset::of(*system).unwrap();
            let model = Lines(preset.rules.lines().map(str::to_owned).collect()).read().unwrap().model;
            let first = |column: &Column| column.headers[0].clone();
            let id = first(&model.contact_columns[model.contacts.id]);
            let all: Vec<String> = model.contact_columns.iter().map(first).filter(|header| *header != id).collect();
            let mut fitted = 0;
            for lacking in 0..all.len() {
                for kept in [&all[..lacking], &all[lacking..], &[&all[..lacking], &all[lacking + 1..]].concat()] {
                    let columns = [std::slice::from_ref(&id), kept].concat();
                    let table = Table { name: "few.csv".to_owned(), columns, ..Table::default() };
                    match preset.fitted(std::slice::from_ref(&table), &[]) {
                        Ok(text) => {
                            let model = rules::parse("few", text.as_bytes(), Path::new("")).unwrap().model;
                            assert!(
                                columns::bind(&model, &model.contact_columns, &[table], "contacts").is_ok(),
                                "{text}"
                            );
                            fitted += 1;
                        }
                        Err(error) => assert!(error.to_string().contains("too few columns"), "{system:?}: {error}"),
                    }
                }
            }
            assert!(fitted > all.len() * 2, "{system:?}: {fitted}");
        }
    }

    #[test]
    fn what_asks_for_a_column_that_is_not_there_goes_with_what_it_leaves_empty() {
        let text = "a:\n  - group: g\n    rules:\n      # why\n      - name: x\n        when: { y: 1 }\n  - b\n";
        let mut lines = Lines(text.lines().map(str::to_owned).collect());
        lines.switch_off(5);
        let off = "a:\n  # - group: g\n  #   rules:\n      # why\n      # - name: x\n      #   when: { y: 1 }\n  - b\n";
        assert_eq!(lines.text(), off);
    }
}
