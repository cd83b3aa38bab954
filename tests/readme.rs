//! README's console blocks, run as they stand: each `$ leadscore …` must print what follows it.

use std::fs;
use std::path::Path;
use std::process::Command;

/// A command of a console block, the line it stands on, and what README says it prints.
struct Example {
    line: usize,
    command: String,
    printed: String,
}

fn examples(readme: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut inside = false;
    for (number, line) in readme.lines().enumerate() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            _ => match line.strip_prefix("$ ") {
                Some(command) => {
                    examples.push(Example { line: number + 1, command: command.to_owned(), printed: String::new() });
                }
                None => {
                    let example = examples.last_mut().expect("a command before its output");
                    example.printed.push_str(line);
                    example.printed.push('\n');
                }
            },
        }
    }
    examples
}

/// The rule file that README asks to save under a name.
fn saved_as<'r>(readme: &'r str, name: &str) -> &'r str {
    let (_, block) = readme.split_once(&format!("as `{name}`:\n\n```yaml\n")).expect("README shows the file");
    block.split_once("```").expect("the block ends").0
}

#[test]
fn every_command_of_the_readme_prints_what_the_readme_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    for name in ["sample-data", "rules"] {
        fs::create_dir(folder.path().join(name)).unwrap();
        for entry in fs::read_dir(root.join(name)).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), folder.path().join(name).join(entry.file_name())).unwrap();
        }
    }
    let readme_path = root.join("README.md");
    let readme = fs::read_to_string(&readme_path).unwrap();
    fs::write(folder.path().join("misspelt.yaml"), saved_as(&readme, "misspelt.yaml")).unwrap();
    let (mut run, mut faults, mut mended) = (0, Vec::new(), readme.clone());
    for Example { line, command, printed } in examples(&readme) {
        let Some(arguments) = command.strip_prefix("leadscore ") else { continue };
        let output = Command::new(env!("CARGO_BIN_EXE_leadscore"))
            .args(arguments.split_whitespace())
            .current_dir(folder.path())
            .output()
            .unwrap();
        // Faults are printed on standard error; a run that scores prints there what it took, which varies.
        let shown = if output.status.success() { output.stdout } else { output.stderr };
        let shown = String::from_utf8(shown).unwrap();
        run += 1;
        if shown.trim_end() != printed.trim_end() {
            faults.push(format!("README.md:{line}: `{command}` prints\n{shown}\nand not\n{printed}"));
            let block = format!("$ {command}\n{printed}");
            mended = mended.replace(&block, &format!("$ {command}\n{}\n", shown.trim_end()));
        }
    }
    assert!(run >= 4, "README has examples");
    if !faults.is_empty() && std::env::var_os("UPDATE").is_some() {
        fs::write(readme_path, mended).unwrap();
        return;
    }
    assert!(faults.is_empty(), "{}\nUPDATE=1 writes what is printed into README.md", faults.join("\n\n"));
}
