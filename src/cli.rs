//! The command line: raw arguments, what they mean, and the way from a result to an exit code.
//!
//! Exit codes: 0, there is a verdict (and `check` passes) · 1, `check` found something, or `apply --verify` took something
//! back · 2, there is no verdict.

use std::error::Error;
use std::io;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

mod apply;
mod check;
mod diff;
mod explain;
mod output;
mod progress;
mod rules;
mod run;
mod scan;
mod settings;
mod undo;
mod verified;

use output::{ColorMode, Severity};
use settings::SettingsError;

/// Moves packages from geppetto's legacy run lifecycle to the session API
#[derive(Debug, Parser)]
#[command(name = "geppetto-migrate", version, after_help = EXIT_CODES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: GlobalArgs,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done; for `check`: nothing legacy is left
  1  `check` found something that is left to do or to decide; `apply --verify` took something back
  2  no verdict: a path is missing, a file cannot be read or parsed, nothing could be written";

#[derive(Debug, Subcommand)]
enum Command {
    Scan(scan::ScanArgs),
    Diff(diff::DiffArgs),
    Apply(apply::ApplyArgs),
    Undo(undo::UndoArgs),
    Check(check::CheckArgs),
    Rules(rules::RulesArgs),
    Explain(explain::ExplainArgs),
}

#[derive(Debug, Args)]
struct GlobalArgs {
    /// When to use colors; `auto` heeds NO_COLOR, CLICOLOR and CLICOLOR_FORCE
    #[arg(long, value_enum, value_name = "WHEN", default_value_t, global = true)]
    color: ColorMode,
    /// How many threads to use [default: one per core]
    #[arg(long, value_name = "N", global = true)]
    threads: Option<std::num::NonZeroUsize>,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Done,
    Failed,
    None,
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        ExitCode::from(match verdict {
            Verdict::Done => 0,
            Verdict::Failed => 1,
            Verdict::None => 2,
        })
    }
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Pipeline(#[from] geppetto_migrate::Error),
    #[error(transparent)]
    Apply(#[from] geppetto_migrate::apply::ApplyError),
    #[error(transparent)]
    Undo(#[from] geppetto_migrate::apply::UndoError),
    #[error(transparent)]
    UnknownId(#[from] explain::UnknownId),
    #[error("cannot start the threads")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    #[error("cannot print")]
    Output(#[from] io::Error),
}

pub(crate) fn main() -> ExitCode {
    let Cli { command, global } = Cli::parse();
    global.color.settle();
    let done = match command {
        Command::Scan(args) => scan::scan(args, &global),
        Command::Diff(args) => diff::diff(args, &global),
        Command::Apply(args) => apply::apply(args, &global),
        Command::Undo(args) => undo::undo(&args),
        Command::Check(args) => check::check(args, &global),
        Command::Rules(rules::RulesArgs {}) => rules::rules(),
        Command::Explain(args) => explain::explain(&args),
    };
    done.unwrap_or_else(|failure| {
        tell(&failure);
        Verdict::None
    })
    .into()
}

/// One report at the edge: the error and its sources.
fn tell(failure: &Failure) {
    let mut text = failure.to_string();
    let mut source = failure.source();
    while let Some(error) = source {
        text.push_str(&format!("\n  caused by: {error}"));
        source = error.source();
    }
    output::tell(Severity::Error, text);
}
