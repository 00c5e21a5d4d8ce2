//! `check`: the gate.

use std::io::Write;

use clap::Args;
use geppetto_migrate::frontend::Selection;
use geppetto_migrate::report;

use super::output::stdout;
use super::settings::TreeArgs;
use super::{Failure, GlobalArgs, Verdict, run};

/// Fail if anything legacy is left
///
/// For continuous integration. Passes only if every occurrence of a legacy name means something else, every file could be
/// read, and nothing that was drafted is still to be decided (a comment `// MIGRATE(TRAP): …`).
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    tree: TreeArgs,
}

const EXAMPLES: &str = "\
Examples:
  geppetto-migrate check
  geppetto-migrate check crates/agent && echo done";

pub(super) fn check(args: CheckArgs, global: &GlobalArgs) -> Result<Verdict, Failure> {
    let subject = args.tree.subject()?;
    let plan = run::with_threads(global, || run::plan(&subject, &Selection::none()))?;
    let (mut out, palette) = stdout();
    report::short_findings(&mut out, &palette, &plan)?;
    report::failing_mentions(&mut out, &plan)?;
    report::verdict(&mut out, &palette, &plan)?;
    out.flush()?;
    let otherwise = if plan.is_done() { Verdict::Done } else { Verdict::Failed };
    Ok(run::verdict(&plan, otherwise))
}
