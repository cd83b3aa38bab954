//! `leadscore man`: the manual page, all commands on one page.
//!
//! In: the definition of the command line. Out: roff on standard output. Not here: the rule
//! language, which has a reference of its own.

use super::Status;
use crate::cli::Cli;
use clap::CommandFactory;
use clap_mangen::Man;
use std::io::{self, Write};

/// Prints the page.
///
/// # Errors
/// Where standard output cannot be written.
pub fn run() -> anyhow::Result<Status> {
    io::stdout().write_all(page()?.as_bytes())?;
    Ok(Status::Done)
}

/// clap_mangen makes a page for each command; here each is a section of the one page.
fn page() -> anyhow::Result<String> {
    let mut command = Cli::command();
    command.build();
    let mut page = Vec::new();
    let whole = Man::new(command.clone());
    whole.render_title(&mut page)?;
    whole.render_name_section(&mut page)?;
    whole.render_synopsis_section(&mut page)?;
    whole.render_description_section(&mut page)?;
    let mut page = String::from_utf8(page)?;
    for subcommand in command.get_subcommands().filter(|known| known.get_name() != "help") {
        let name = format!("leadscore {}", subcommand.get_name());
        let part = Man::new(subcommand.clone());
        let mut section = Vec::new();
        part.render_synopsis_section(&mut section)?;
        part.render_description_section(&mut section)?;
        part.render_options_section(&mut section)?;
        part.render_extra_section(&mut section)?;
        page += &format!(".SH \"{}\"\n", name.to_uppercase());
        page += &String::from_utf8(section)?.replace(".SH EXTRA", ".SS EXAMPLES").replace("\n.SH ", "\n.SS ");
    }
    page += ".SH \"EXIT STATUS\"\n0 done, 1 not done, 2 wrong usage, 3 done, but rows were rejected.\n";
    Ok(page)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_command_and_flag_is_on_the_page() {
        let page = super::page().unwrap().replace("\\-", "-");
        for word in ["LEADSCORE SCORE", "--as-of-field", "--handoff", "LEADSCORE INIT", "EXAMPLES", "EXIT STATUS"] {
            assert!(page.contains(word), "{word}");
        }
    }
}
