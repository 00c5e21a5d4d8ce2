//! `diff`: what `apply` would change.

use std::io::Write;

use clap::Args;
use geppetto_migrate::report;

use super::output::{Severity, stdout, tell};
use super::settings::{ChangeArgs, TreeArgs};
use super::{Failure, GlobalArgs, Verdict, run};

/// Show what `apply` would change, as a unified diff
///
/// The output is a patch for `git apply`; its paths are relative to PATH where one folder is given.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DiffArgs {
    #[command(flatten)]
    tree: TreeArgs,
    #[command(flatten)]
    changes: ChangeArgs,
}

const EXAMPLES: &str = "\
Examples:
  geppetto-migrate diff
  geppetto-migrate diff --offered crates/agent
  geppetto-migrate diff --draft crates/agent
  geppetto-migrate diff > session-api.patch && git apply session-api.patch";

pub(super) fn diff(args: DiffArgs, global: &GlobalArgs) -> Result<Verdict, Failure> {
    let selection = args.changes.selection()?;
    let subject = args.tree.subject()?;
    let plan = run::with_threads(global, || run::plan(&subject, &selection))?;
    let (mut out, palette) = stdout();
    report::diff(&mut out, &palette, &plan)?;
    out.flush()?;
    if let Some(totals) = report::totals(&plan).filter(|_| plan.ledger.failing().next().is_some()) {
        tell(Severity::Note, totals);
    }
    for step in &plan.next_steps {
        tell(Severity::Note, format_args!("next: {}", step.text));
    }
    Ok(run::verdict(&plan, Verdict::Done))
}
