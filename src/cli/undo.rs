//! `undo`: puts back what `apply` has changed.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use geppetto_migrate::apply;

use super::output::{shown, stdout};
use super::{Failure, Verdict};

/// Put back what the last `apply` has changed
///
/// Puts back all files or none, and refuses if one of them was changed since. Each call goes back by one `apply`, and
/// ten of them are remembered: in the repository's own folder (`.git/geppetto-migrate`), or in a folder
/// `.geppetto-migrate` beside files that are under no version control.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct UndoArgs {
    /// Where to look: the last `apply` in the repository around each is undone as a whole
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Put files back although they were changed since, and lose those changes
    #[arg(long)]
    allow_changed: bool,
}

const EXAMPLES: &str = "\
Examples:
  geppetto-migrate undo
  geppetto-migrate undo crates/agent ../other-repository";

pub(super) fn undo(args: &UndoArgs) -> Result<Verdict, Failure> {
    let files = apply::undo(&args.paths, args.allow_changed)?;
    let (mut out, _) = stdout();
    for file in &files {
        writeln!(out, "put back {}", shown(file).display())?;
    }
    if files.is_empty() {
        writeln!(out, "nothing to undo")?;
    }
    out.flush()?;
    Ok(Verdict::Done)
}
