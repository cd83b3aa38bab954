//! Progress bars, for people who wait at a terminal.
//!
//! In: how many bytes or rows are done. Out: bars on standard error, only where that is a
//! terminal. Not here: what a run says when it is over.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The bars of one run.
#[derive(Clone)]
pub struct Progress(MultiProgress);

/// One bar; may be moved by any thread.
#[derive(Clone)]
pub struct Bar(ProgressBar);

impl Progress {
    /// Bars, unless they are not wanted; on anything but a terminal they stay hidden in any case.
    pub fn new(wanted: bool) -> Progress {
        let target = if wanted { ProgressDrawTarget::stderr_with_hz(5) } else { ProgressDrawTarget::hidden() };
        Progress(MultiProgress::with_draw_target(target))
    }

    /// A bar for a file that is read, by bytes; where its size is unknown it only counts.
    pub fn reading(&self, name: &str, size: Option<u64>) -> Bar {
        let template = match size {
            Some(_) => "{msg:>20!} {bar:30} {bytes:>11} of {total_bytes} {bytes_per_sec} {eta:>4} left",
            None => "{msg:>20!} {spinner} {bytes:>11} {bytes_per_sec}",
        };
        self.bar(name, size, template)
    }

    /// A bar for rows that are scored or written.
    pub fn rows(&self, name: &str, count: u64) -> Bar {
        self.bar(name, Some(count), "{msg:>20!} {bar:30} {human_pos:>11} of {human_len} {per_sec} {eta:>4} left")
    }

    fn bar(&self, name: &str, length: Option<u64>, template: &str) -> Bar {
        let bar = self.0.add(length.map_or_else(ProgressBar::no_length, ProgressBar::new));
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Bar(bar.with_message(name.to_owned()))
    }
}

impl Bar {
    /// So much is done.
    pub fn reach(&self, done: u64) {
        self.0.set_position(done);
    }

    /// So much more is done.
    pub fn add(&self, done: u64) {
        self.0.inc(done);
    }

    /// All is done; the bar goes away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_sound() {
        for template in [Some(10), None].map(|size| {
            let bar = Progress::new(false).reading("contacts.csv", size);
            bar.reach(5);
            bar.finish();
            bar.0.is_finished()
        }) {
            assert!(template);
        }
        Progress::new(false).rows("scored.csv", 10).reach(3);
    }
}
