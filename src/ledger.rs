//! Accounts for every textual occurrence of a legacy name: each ends in exactly one class.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Class, Finding, Level, Mention};
use crate::frontend::Frontend;
use crate::prefilter::Prefilter;
use crate::tree::{FileId, Problem, Tree};

/// The classes of all occurrences of legacy names in a tree.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Occurrences in files that a front end looked into, sorted by place.
    pub mentions: Vec<Mention>,
    /// How many occurrences stand in files that cannot name the legacy API. They are unrelated.
    pub elsewhere: usize,
}

impl Ledger {
    /// How many occurrences ended in `class`.
    pub fn count(&self, class: Class) -> usize {
        let here = self.mentions.iter().filter(|mention| mention.class == class).count();
        match class {
            Class::Unrelated => here + self.elsewhere,
            _ => here,
        }
    }

    /// How many occurrences there are.
    pub fn total(&self) -> usize {
        self.mentions.len() + self.elsewhere
    }

    /// The occurrences on which `check` fails.
    pub fn failing(&self) -> impl Iterator<Item = &Mention> {
        self.mentions.iter().filter(|mention| mention.class.fails_check())
    }
}

/// Draws up the ledger of `tree` from what the front ends said about it.
///
/// An occurrence on which they kept silent takes the class of the finding it stands in. Otherwise it is unrelated in a file
/// they had nothing to say about, unparsable in a file with a problem, and opaque beside others that they classified:
/// silence there is no verdict.
pub(crate) fn ledger(
    tree: &Tree,
    frontends: &[&dyn Frontend],
    mentions: &[Mention],
    findings: &[Finding],
    problems: &[Problem],
) -> Ledger {
    let prefilters: Vec<Prefilter> = frontends.iter().map(|frontend| Prefilter::new(*frontend)).collect();
    let known = Known::new(tree, mentions, findings, problems);
    let mut ledger = Ledger::default();
    for (file, entry) in tree.files().filter(|(_, entry)| entry.mentions > 0) {
        if !known.looked_into.contains(&file) {
            ledger.elsewhere += entry.mentions;
            continue;
        }
        let offsets = offsets(tree, file, frontends, &prefilters).unwrap_or_else(|| vec![0; entry.mentions]);
        let classified = offsets.into_iter().map(|offset| Mention { file, offset, class: known.class(file, offset) });
        ledger.mentions.extend(classified);
    }
    ledger
}

/// What the front ends said, by place.
struct Known<'a> {
    classes: BTreeMap<(FileId, usize), Class>,
    findings: BTreeMap<FileId, Vec<&'a Finding>>,
    broken: BTreeSet<FileId>,
    looked_into: BTreeSet<FileId>,
}

impl<'a> Known<'a> {
    fn new(tree: &Tree, mentions: &[Mention], findings: &'a [Finding], problems: &[Problem]) -> Self {
        let broken: BTreeSet<FileId> = problems.iter().filter_map(|problem| tree.find(&problem.path)).collect();
        let named = mentions.iter().map(|mention| mention.file).chain(findings.iter().map(|finding| finding.file));
        let mut known = Self {
            looked_into: named.chain(broken.iter().copied()).collect(),
            broken,
            classes: BTreeMap::new(),
            findings: BTreeMap::new(),
        };
        for mention in mentions {
            known.classes.entry((mention.file, mention.offset)).or_insert(mention.class);
        }
        for finding in findings {
            known.findings.entry(finding.file).or_default().push(finding);
        }
        known
    }

    fn class(&self, file: FileId, offset: usize) -> Class {
        let silent = if self.broken.contains(&file) { Class::Unparsable } else { Class::Opaque };
        let said = self.classes.get(&(file, offset)).copied();
        said.or_else(|| self.class_of_finding(file, offset)).unwrap_or(silent)
    }

    fn class_of_finding(&self, file: FileId, offset: usize) -> Option<Class> {
        let finding = self.findings.get(&file)?.iter().find(|finding| finding.range.contains(&offset))?;
        Some(class_of(finding.level))
    }
}

fn class_of(level: Level) -> Class {
    match level {
        Level::Safe => Class::Rewritten,
        Level::Offered => Class::Offered,
        Level::Report => Class::Reported,
    }
}

/// Where legacy names stand in a file; nothing for a file that cannot be read as text.
fn offsets(tree: &Tree, file: FileId, frontends: &[&dyn Frontend], prefilters: &[Prefilter]) -> Option<Vec<usize>> {
    let source = tree.source(file).ok()?;
    let text = source.text().as_bytes();
    let offsets: BTreeSet<usize> = frontends
        .iter()
        .zip(prefilters)
        .filter(|(frontend, _)| frontend.claims(source.path()))
        .flat_map(|(_, prefilter)| prefilter.names_in(text))
        .collect();
    Some(offsets.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{folder, plan_of};

    #[test]
    fn every_occurrence_ends_in_one_class() {
        let dir =
            folder([("a.rs", "use geppetto; // x\nwith_sink(s);\n// with_sink\n"), ("b.rs", "with_sink with_sink")]);
        let ledger = plan_of(dir.path()).ledger;
        assert_eq!(ledger.total(), 4);
        assert_eq!(ledger.count(Class::Rewritten), 1);
        assert_eq!(ledger.count(Class::Documentation), 1);
        assert_eq!(ledger.count(Class::Unrelated), 2);
        assert_eq!(ledger.failing().count(), 2);
    }

    #[test]
    fn silence_beside_verdicts_is_not_a_verdict() {
        let dir = folder([("a.rs", "use geppetto; with_sink with_sink")]);
        let plan = plan_of(dir.path());
        let forgetful = &plan.ledger.mentions[..1];
        let words = crate::testing::WordFrontend { becomes: "" };
        let drawn = ledger(&plan.tree, &[&words], forgetful, &[], &[]);
        assert_eq!((drawn.count(Class::Rewritten), drawn.count(Class::Opaque)), (1, 1));
    }

    #[test]
    fn silence_inside_a_finding_means_the_finding() {
        let dir = folder([("a.rs", "use geppetto; with_sink with_sink")]);
        let plan = plan_of(dir.path());
        let words = crate::testing::WordFrontend { becomes: "" };
        let mut finding = plan.findings[0].clone();
        finding.level = Level::Report;
        let drawn = ledger(&plan.tree, &[&words], &[], &[finding], &[]);
        assert_eq!((drawn.count(Class::Reported), drawn.count(Class::Opaque)), (1, 1));
    }

    #[test]
    fn names_in_files_that_are_not_text_are_unparsable() {
        let dir = folder([]);
        std::fs::write(dir.path().join("a.rs"), b"use geppetto; with_sink \xff").unwrap();
        let plan = plan_of(dir.path());
        assert_eq!(plan.problems.len(), 1);
        assert_eq!(plan.ledger.count(Class::Unparsable), 1);
    }
}
