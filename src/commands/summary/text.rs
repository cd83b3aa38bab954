//! What a run saw and did, for people: on standard error, and on a sheet of a workbook.
//!
//! In: a [`Summary`]. Out: lines, each with a head that says what it is about.

use super::{Count, Summary, Unreadable};
use std::fmt::Write;

pub(super) const ORPHANED: &str = "of contacts that are not in the export";
pub(super) const FUTURE: &str = "later than as of";
pub(super) const WITHOUT_TIME: &str = "without a readable time";
pub(super) const SHARED: &str = "of `also_known_by` shared by several contacts";

impl Summary {
    /// For people: a line for each thing that is worth a look.
    pub fn text(&self, rejects: Option<&str>) -> String {
        self.lines(rejects, true).into_iter().fold(String::new(), |mut out, (head, text)| {
            let _ = writeln!(out, "{head:<12} {text}");
            out
        })
    }

    /// What a workbook says: nothing that another run over the same files would say differently.
    pub fn page(&self) -> Vec<Vec<String>> {
        let lines = self.lines(None, false).into_iter();
        lines.map(|(head, text)| vec![head.to_owned(), text]).collect()
    }

    fn lines(&self, rejects: Option<&str>, with_time: bool) -> Vec<(&'static str, String)> {
        let mut out = Vec::new();
        // A text of several lines stands under one head.
        let mut line = |head: &'static str, text: String| {
            let heads = std::iter::once(head).chain(std::iter::repeat(""));
            out.extend(heads.zip(text.lines().map(str::to_owned)));
        };
        let speed = self.bytes_read as f64 / 1e6 / self.seconds.max(1e-9);
        let time = if with_time { format!(" in {:.2} s ({speed:.0} MB/s)", self.seconds) } else { String::new() };
        let own = self.as_of_field.as_ref().map_or(String::new(), |field| format!(", or each contact's `{field}`"));
        line("As of", format!("{}{own}", self.as_of));
        line(
            "Read",
            format!(
                "{} and {}{time}",
                counted(self.contacts.rows, "contact"),
                counted(self.activities.rows, "activity"),
            ),
        );
        for warning in self.warnings.iter().filter(|warning| warning.is_told_nowhere_else()) {
            line("Warning", warning.message.clone());
        }
        for score in &self.scores {
            if !score.grades.is_empty() {
                line("Grades", format!("{}: {}", score.name, counts(&score.grades, "none")));
            }
        }
        if !self.stages.is_empty() {
            line("Stages", counts(&self.stages, "none"));
        }
        if let Some(count) = self.handed_over {
            let left = self.handoff.as_ref().map_or(0, |handoff| handoff.leavers.count + handoff.gone.count);
            let left = if left > 0 { format!(", {} left", grouped(left)) } else { String::new() };
            line("Handed over", format!("{}{left}", grouped(count)));
        }
        if !self.segments.is_empty() {
            line("Segments", counts(&self.segments, ""));
        }
        if self.disqualified.iter().any(|rule| rule.count > 0) {
            line("Disqualified", counts(&self.disqualified, ""));
        }
        if let Some(accounts) = &self.accounts {
            let stages =
                if accounts.stages.is_empty() { String::new() } else { format!(": {}", counts(&accounts.stages, "")) };
            line("Accounts", format!("{}{stages}", grouped(accounts.accounts)));
        }
        if let Some(nps) = &self.nps {
            let score = nps.score.as_deref().unwrap_or("nobody answered");
            line(
                "NPS",
                format!(
                    "{score} ({} promoters, {} passives, {} detractors)",
                    nps.promoters, nps.passives, nps.detractors
                ),
            );
        }
        if let Some(text) = self.passed_over() {
            line("Passed over", text);
        }
        if let Some(text) = self.who_is_who() {
            line("Who is who", text);
        }
        for cell in &self.unreadable {
            let Unreadable { column, expected, count, file, line: at, text, .. } = cell;
            line(
                "Unreadable",
                format!(
                    "{} of `{column}`, no {expected}: the first is `{text}`\nat {file}:{at}",
                    counted(*count, "cell")
                ),
            );
        }
        if self.rejected_rows > 0 {
            let place = rejects.map_or(String::new(), |path| format!(", see {path}"));
            line("Rejected", format!("{}{place}", counted(self.rejected_rows, "row")));
        }
        out
    }

    fn passed_over(&self) -> Option<String> {
        let seen = &self.activities;
        let mut parts = vec![
            (seen.orphaned, ORPHANED.to_owned()),
            (seen.repeated, "repeated".to_owned()),
            (seen.future, FUTURE.to_owned()),
            (seen.without_time, WITHOUT_TIME.to_owned()),
        ];
        parts.extend(seen.ignored.iter().map(|rule| (rule.count, format!("by `{}`", rule.name))));
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, cause)| format!("{} {cause}", grouped(count)))
            .collect();
        (!parts.is_empty()).then(|| {
            let passed_over = grouped(seen.rows - seen.counted);
            format!("{passed_over} of {}:\n{}", counted(seen.rows, "activity"), parts.join("\n"))
        })
    }

    /// What became of rows with the id of another.
    pub(super) fn fate_of_duplicates(&self) -> &'static str {
        match self.contacts.duplicates_policy {
            "merge" => "merged into the first of their id",
            "first" => "left out: the first of their id stays",
            "last" => "left out: the last of their id stays",
            _ => "with the id of an earlier one, each scored by itself",
        }
    }

    /// Rows that share an id or a name, or have no id, and what became of them.
    fn who_is_who(&self) -> Option<String> {
        let seen = &self.contacts;
        let parts = [
            (seen.duplicates, "row", self.fate_of_duplicates()),
            (seen.without_id, "row", "without an id"),
            (seen.shared_names, "name", SHARED),
        ];
        let parts: Vec<String> = parts
            .iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, what, fate)| format!("{} {fate}", counted(*count, what)))
            .collect();
        (!parts.is_empty()).then(|| parts.join("\n"))
    }
}

fn counts(counts: &[Count], unnamed: &str) -> String {
    let one = |count: &Count| {
        let name = if count.name.is_empty() { unnamed } else { &count.name };
        format!("{name} {}", grouped(count.count))
    };
    counts.iter().map(one).collect::<Vec<_>>().join(" · ")
}

/// With a comma between groups of three digits.
pub fn grouped(count: u64) -> String {
    indicatif::HumanCount(count).to_string()
}

/// `1 row`, `2 rows`, `3 activities`.
pub fn counted(count: u64, what: &str) -> String {
    match (count, what.strip_suffix('y')) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{} {stem}ies", grouped(count)),
        (_, None) => format!("{} {what}s", grouped(count)),
    }
}
