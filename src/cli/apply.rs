//! `apply`: makes the changes.

use std::io::Write;

use clap::Args;
use geppetto_migrate::apply::{self, Verified, Waivers};
use geppetto_migrate::finding::Level;
use geppetto_migrate::frontend::Selection;
use geppetto_migrate::plan::Plan;
use geppetto_migrate::report;

use super::output::stdout;
use super::progress::Progress;
use super::settings::{ChangeArgs, Subject, TreeArgs};
use super::{Failure, GlobalArgs, Verdict, run, verified};

/// Make the safe changes
///
/// With `--offered` also those after which a named behavior differs, with `--draft` also those that a person has to finish:
/// they compile, and a comment says what is to be decided. `check` fails until that is decided and the comment is gone.
///
/// Changes all files or none. Refuses where the changes could not be taken back: in a repository with uncommitted
/// changes, and outside of version control.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ApplyArgs {
    #[command(flatten)]
    tree: TreeArgs,
    #[command(flatten)]
    changes: ChangeArgs,
    /// Compile every package before and after (`cargo check --all-targets`, `go build` and `go vet`), and take back what breaks one
    #[arg(long)]
    verify: bool,
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
  geppetto-migrate apply --verify
  geppetto-migrate apply --offered crates/agent
  geppetto-migrate apply --draft crates/agent
  geppetto-migrate apply --runtime-dependency '{ path = \"../geppetto-runtime\" }'
  geppetto-migrate apply --require v0.5.0";

pub(super) fn apply(args: ApplyArgs, global: &GlobalArgs) -> Result<Verdict, Failure> {
    let waivers = Waivers { dirty: args.allow_dirty, no_vcs: args.allow_no_vcs };
    let selection = args.changes.selection()?;
    let subject = args.tree.subject()?;
    let done = run::with_threads(global, || {
        let plan = run::plan(&subject, &selection)?;
        if args.verify {
            return Ok(Done::Verified(prove(plan, &subject, &selection, waivers)?));
        }
        apply::apply(&plan, waivers)?;
        Ok(Done::Written(plan))
    })?;
    let (mut out, _) = stdout();
    let plan = match &done {
        Done::Written(plan) => plan,
        Done::Verified(verified) => &verified.plan,
    };
    for change in &plan.changes {
        writeln!(out, "changed {}", change.before.path().display())?;
    }
    if plan.changes.is_empty() {
        writeln!(out, "{}", done.without_changes())?;
    }
    if let Some(totals) = report::totals(plan).filter(|_| !done.took_back()) {
        writeln!(out, "{totals}")?;
    }
    left(&mut out, plan, &selection)?;
    for step in plan.next_steps.iter().filter(|_| !done.took_back()) {
        writeln!(out, "next: {}", step.text)?;
    }
    if let taken @ 1.. = done.sites_taken_back() {
        writeln!(out, "{taken} taken back: see the errors")?;
    }
    let verdict = match &done {
        Done::Written(_) => Verdict::Done,
        Done::Verified(done) => verified::report(&mut out, done)?,
    };
    out.flush()?;
    Ok(run::verdict(plan, verdict))
}

/// What was done.
enum Done {
    Written(Plan),
    Verified(Verified),
}

impl Done {
    /// What to say where no file is changed.
    fn without_changes(&self) -> &'static str {
        if self.took_back() { "nothing is changed" } else { "nothing to change" }
    }

    fn sites_taken_back(&self) -> usize {
        match self {
            Self::Written(_) => 0,
            Self::Verified(verified) => verified.blamed.iter().map(|blamed| blamed.sites.len()).sum(),
        }
    }

    fn took_back(&self) -> bool {
        matches!(self, Done::Verified(verified) if verified.took_back())
    }
}

fn prove(plan: Plan, subject: &Subject, selection: &Selection, waivers: Waivers) -> Result<Verified, Failure> {
    let progress = Progress::new();
    Ok(apply::apply_verified(plan, &subject.frontends(), selection, waivers, &|stage| progress.enter(stage))?)
}

fn left(out: &mut dyn Write, plan: &Plan, selection: &Selection) -> Result<(), Failure> {
    let [offered, drafted, reported] = [Level::Offered, Level::Draft, Level::Report].map(|level| plan.sites(level));
    if offered > 0 && selection.level < Level::Offered {
        writeln!(out, "{offered} offered: see `scan`, make them with `apply --offered`")?;
    }
    if drafted > 0 && selection.level < Level::Draft {
        writeln!(out, "{drafted} draft: see `scan`, make them with `apply --draft`")?;
    }
    if let to_decide @ 1.. = plan.markers_written + plan.ledger.markers.len() {
        writeln!(out, "{to_decide} to decide: see the comments `// MIGRATE(…)`, which `scan` lists")?;
    }
    if reported > 0 {
        writeln!(out, "{reported} left to a person: see `scan`")?;
    }
    Ok(())
}
