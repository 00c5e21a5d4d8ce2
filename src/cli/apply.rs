//! `apply`: makes the changes.

use std::io::Write;

use clap::Args;
use geppetto_migrate::apply::{self, Waivers};
use geppetto_migrate::finding::Level;
use geppetto_migrate::frontend::Selection;
use geppetto_migrate::plan::Plan;

use super::output::stdout;
use super::settings::{ChangeArgs, PathArgs};
use super::{Failure, GlobalArgs, Verdict, run};

/// Make the safe changes
///
/// Changes all files or none. Refuses where the changes could not be taken back: in a repository with uncommitted
/// changes, and outside of version control.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ApplyArgs {
    #[command(flatten)]
    paths: PathArgs,
    #[command(flatten)]
    changes: ChangeArgs,
    /// Change files although their repository holds uncommitted changes
    #[arg(long)]
    allow_dirty: bool,
    /// Change files although they are under no version control
    #[arg(long)]
    allow_no_vcs: bool,
}

const EXAMPLES: &str = "\
Examples:
  geppetto-migrate apply
  geppetto-migrate apply --offered crates/agent
  geppetto-migrate apply --runtime-dependency '{ path = \"../geppetto-runtime\" }'";

pub(super) fn apply(args: ApplyArgs, global: &GlobalArgs) -> Result<Verdict, Failure> {
    let waivers = Waivers { dirty: args.allow_dirty, no_vcs: args.allow_no_vcs };
    let selection = args.changes.selection()?;
    let roots = args.paths.roots();
    let plan = run::with_threads(global, || {
        let plan = run::plan(&roots, &selection)?;
        apply::apply(&plan, waivers)?;
        Ok(plan)
    })?;
    let (mut out, _) = stdout();
    summary(&mut out, &plan, &selection)?;
    out.flush()?;
    Ok(run::verdict(&plan, Verdict::Done))
}

fn summary(out: &mut dyn Write, plan: &Plan, selection: &Selection) -> Result<(), Failure> {
    for change in &plan.changes {
        writeln!(out, "changed {}", change.before.path().display())?;
    }
    if plan.changes.is_empty() {
        writeln!(out, "nothing to change")?;
    }
    let (offered, reported) = (plan.sites(Level::Offered), plan.sites(Level::Report));
    if offered > 0 && selection.level < Level::Offered {
        writeln!(out, "{offered} offered: see `scan`, make them with `apply --offered`")?;
    }
    if reported > 0 {
        writeln!(out, "{reported} left to a person: see `scan`")?;
    }
    Ok(())
}
