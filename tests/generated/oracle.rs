//! Whether a program that was migrated still does what it did.

use std::collections::BTreeMap;
use std::fmt;

use geppetto_migrate::finding::Level;
use similar::TextDiff;

use crate::program::{Announced, Difference, Program};
use crate::theatre::Played;
use crate::tool::{Migrated, Site};

/// What is wrong with a migrated program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    pub(crate) level: Level,
    pub(crate) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// The tool contradicts itself, or a rule about what it says.
    Tool,
    Compiler,
    Warning,
    Transcript,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({}): {}", self.kind, self.level.name(), self.text)
    }
}

impl Failure {
    /// The same for failures that have one cause, as far as one can tell.
    pub(crate) fn cluster(&self) -> (Kind, String) {
        let line = match self.kind {
            Kind::Transcript => self.text.lines().find(|line| line.starts_with('-')).unwrap_or_default(),
            Kind::Compiler | Kind::Warning => {
                self.text.split_once(": ").map_or(self.text.as_str(), |(_, message)| message)
            }
            _ => self.text.lines().next().unwrap_or_default(),
        };
        let key = line.split(|char: char| char.is_ascii_digit()).next().unwrap_or_default();
        let key = if key.len() > 12 { key } else { line };
        (self.kind, key.chars().take(60).collect())
    }
}

/// What is wrong after compiling and playing `program` at `level`.
pub(crate) fn judge(
    program: &Program,
    level: Level,
    migrated: &Migrated,
    before: &Played,
    after: Option<&Played>,
) -> Vec<Failure> {
    let failure = |kind, text: String| Failure { kind, level, text };
    let mut failures: Vec<Failure> =
        migrated.complaints.iter().map(|complaint| failure(Kind::Tool, complaint.clone())).collect();
    // A program in which nothing changed is not played again.
    let Some(after) = after else { return failures };
    if let Some(error) = after.errors.first() {
        failures.push(failure(Kind::Compiler, error.clone()));
        return failures;
    }
    let language = program.recipe.language;
    let is_new = |warning: &&String| !before.warnings.contains(warning) && !language.is_leftover(warning);
    failures.extend(after.warnings.iter().find(is_new).map(|warning| failure(Kind::Warning, warning.clone())));
    let expected = match level {
        Level::Offered => as_documented(program, &migrated.sites, &before.transcript, &after.transcript),
        _ => before.transcript.clone(),
    };
    if expected != after.transcript {
        let diff = TextDiff::from_lines(&expected, &after.transcript).unified_diff().context_radius(1).to_string();
        failures.push(failure(Kind::Transcript, diff));
    }
    failures
}

/// `before` with those lines of `after` that a finding of their scene announces.
fn as_documented(program: &Program, sites: &[Site], before: &str, after: &str) -> String {
    if before.lines().count() != after.lines().count() {
        return before.to_owned();
    }
    let mut scene = String::new();
    let mut out = String::new();
    for (was, is) in before.lines().zip(after.lines()) {
        if let Some(name) = was.strip_prefix("# ") {
            scene = name.to_owned();
        }
        let is_announced = |difference: &&Difference| {
            let mut of_scene = sites.iter().filter(|site| site.scene.as_deref() == Some(&*scene));
            of_scene.any(|site| match difference.announced {
                Announced::Trap(trap) => site.traps.contains(&trap),
                Announced::Reason(words) => site.why.contains(words),
            })
        };
        let announced: Vec<&Difference> =
            program.differences.get(&scene).into_iter().flatten().filter(is_announced).collect();
        out.push_str(if makes(was, is, &announced) { is } else { was });
        out.push('\n');
    }
    out
}

/// Whether some of `differences` make `is` of `was`.
fn makes(was: &str, is: &str, differences: &[&Difference]) -> bool {
    let Some((first, others)) = differences.split_first() else { return was == is };
    let with = || was.contains(&first.before).then(|| was.replace(&first.before, &first.after));
    makes(was, is, others) || with().is_some_and(|with| makes(&with, is, others))
}

/// Sites by how they end, for programs of one shape or rule.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shares {
    counts: [usize; Level::ALL.len()],
}

impl Shares {
    pub(crate) fn count(&mut self, level: Level) {
        self.counts[level as usize] += 1;
    }

    pub(crate) fn total(&self) -> usize {
        self.counts.iter().sum()
    }
}

impl fmt::Display for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |count: usize| 100.0 * count as f64 / self.total().max(1) as f64;
        let [safe, offered, draft, report] = self.counts;
        write!(
            f,
            "{:6} sites: {:5.1} % safe, {:5.1} % offered, {:5.1} % draft, {:5.1} % report",
            self.total(),
            share(safe),
            share(offered),
            share(draft),
            share(report)
        )
    }
}

/// Shares by a key.
pub(crate) type Table = BTreeMap<String, Shares>;
