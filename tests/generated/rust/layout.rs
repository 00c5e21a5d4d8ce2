//! How texts are laid out and commented: as rustfmt would, or as people do who never heard of it.

use std::path::Path;
use std::process::Command;

use crate::choices::Choices;
use crate::comments::{self, Places, commented};

/// The layout of a whole program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    way: usize,
    comments: usize,
}

const PLACES: Places = Places {
    above: |line| line.starts_with("let "),
    behind: |line| line.ends_with([';', ',']),
    lures: &["start_run would not do here", "TODO: with_sink?"],
};

impl Layout {
    pub(crate) fn picked(choices: &mut Choices) -> Self {
        Self { way: choices.pick("layout", 6), comments: choices.pick("comments", comments::WAYS) }
    }

    pub(crate) fn is_formatted(self) -> bool {
        self.way < 3
    }

    pub(crate) fn of(self, text: &str) -> String {
        let text = commented(text, self.comments, &PLACES);
        match self.way {
            3 => text.lines().map(|line| format!("{}\n", line.trim_start())).collect(),
            4 => text.replace("    ", "\t").replace('\n', "\r\n"),
            5 => dense(&text),
            _ => text,
        }
    }
}

/// Several lines in one.
fn dense(text: &str) -> String {
    let mut out = String::new();
    let mut room = 4;
    for line in text.lines() {
        let joins = room > 0 && !out.is_empty() && !out.ends_with('\n') && !line.trim().is_empty();
        if joins && !line.contains("//") && !line.starts_with("use ") && !line.starts_with("mod ") {
            out.push(' ');
            out.push_str(line.trim_start());
            room -= 1;
        } else {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(line);
            room = 4;
        }
        if line.contains("//") {
            room = 0;
        }
    }
    out.push('\n');
    out
}

/// Lays out everything below these roots of packages.
pub(crate) fn format(roots: &[impl AsRef<Path>]) {
    run(roots, &[]);
}

/// The files below these roots of packages that rustfmt would change, and those that it cannot read.
pub(crate) fn unformatted(roots: &[impl AsRef<Path>]) -> Vec<String> {
    run(roots, &["--check", "--files-with-diff"]).lines().map(str::to_owned).collect()
}

fn run(roots: &[impl AsRef<Path>], arguments: &[&str]) -> String {
    let mut said = String::new();
    for roots in roots.chunks(50) {
        let output = Command::new("rustfmt")
            .args(["--quiet", "--edition", "2024"])
            .args(arguments)
            .args(roots.iter().map(|root| root.as_ref().join("src/main.rs")))
            .output()
            .expect("rustfmt can be started");
        said.push_str(&String::from_utf8_lossy(&output.stdout));
        said.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    said
}
