//! `scan`: what there is to do, and why.

use std::io::Write;

use clap::Args;
use geppetto_migrate::frontend::Selection;
use geppetto_migrate::report;

use super::output::stdout;
use super::settings::TreeArgs;
use super::{Failure, GlobalArgs, Verdict, run};

/// Show every use of the legacy API, what becomes of it, and why
///
/// Prints each site with its rule and level, and what drafts left to decide (comments `// MIGRATE(TRAP): …`), then the ledger (what became of every occurrence of a legacy name), then
/// how many sites of which rule each package holds. Changes nothing.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ScanArgs {
    #[command(flatten)]
    tree: TreeArgs,
    /// List every occurrence of a legacy name with its class instead of the sites
    #[arg(long)]
    ledger: bool,
}

const EXAMPLES: &str = "\
Examples:
  geppetto-migrate scan
  geppetto-migrate scan --ledger
  geppetto-migrate scan crates/agent crates/server ../other-repository";

pub(super) fn scan(args: ScanArgs, global: &GlobalArgs) -> Result<Verdict, Failure> {
    let ScanArgs { tree, ledger } = args;
    let subject = tree.subject()?;
    let plan = run::with_threads(global, || run::plan(&subject, &Selection::none()))?;
    let (mut out, palette) = stdout();
    if ledger {
        report::places(&mut out, &palette, &plan, &subject.frontends())?;
        out.flush()?;
        return Ok(run::verdict(&plan, Verdict::Done));
    }
    report::findings(&mut out, &palette, &plan)?;
    report::ledger(&mut out, &palette, &plan)?;
    if !plan.findings.is_empty() || !plan.ledger.markers.is_empty() {
        writeln!(out)?;
    }
    report::packages(&mut out, &palette, &plan)?;
    out.flush()?;
    Ok(run::verdict(&plan, Verdict::Done))
}
