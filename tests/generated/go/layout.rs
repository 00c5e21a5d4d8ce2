//! How texts are laid out and commented: as gofmt would, at times with the line endings of another system.

use std::path::PathBuf;
use std::process::Command;

use crate::choices::Choices;
use crate::comments::{self, Places, commented};

/// The layout of a whole program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    ending: usize,
    comments: usize,
}

const PLACES: Places = Places {
    above: |line| line.contains(":= ") && !line.starts_with(['}', 'c', 'i']),
    behind: |line| line.ends_with(')') || line.ends_with("},"),
    lures: &["StartRun would not do here", "TODO: engine.WithSink?"],
};

impl Layout {
    pub(super) fn picked(choices: &mut Choices) -> Self {
        Self { ending: choices.pick("ending", 8), comments: choices.pick("comments", comments::WAYS) }
    }

    /// What gofmt is to lay out later.
    pub(super) fn of(self, text: &str) -> String {
        commented(text, self.comments, &PLACES)
    }

    /// Whether lines end as on Windows.
    pub(super) fn has_carriage_returns(self) -> bool {
        self.ending == 7
    }
}

/// Lays out everything below these folders.
pub(super) fn format(folders: &[PathBuf]) {
    gofmt(folders, "-w");
}

/// The files below these folders that gofmt would change, and those that it cannot read.
pub(super) fn unformatted(folders: &[PathBuf]) -> Vec<String> {
    gofmt(folders, "-l").lines().map(str::to_owned).collect()
}

fn gofmt(folders: &[PathBuf], how: &str) -> String {
    let mut said = String::new();
    for folders in folders.chunks(200) {
        let output = Command::new(super::tools::gofmt()).arg(how).args(folders).output().expect("gofmt can be started");
        said.push_str(&String::from_utf8_lossy(&output.stdout));
        said.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    said
}
