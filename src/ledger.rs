//! Accounts for every textual occurrence of a legacy name: each ends in exactly one class.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Class, Finding, Mention};
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
/// An occurrence on which they kept silent is unrelated in a file they had nothing to say about, unparsable in a file
/// with a problem, and opaque beside others that they classified: silence there is no verdict.
pub(crate) fn ledger(
    tree: &Tree,
    frontends: &[&dyn Frontend],
    mentions: &[Mention],
    findings: &[Finding],
    problems: &[Problem],
) -> Ledger {
    let prefilters: Vec<Prefilter> = frontends.iter().map(|frontend| Prefilter::new(*frontend)).collect();
    let mut classes: BTreeMap<FileId, BTreeMap<usize, Class>> = BTreeMap::new();
    for finding in findings {
        classes.entry(finding.file).or_default();
    }
    for mention in mentions {
        classes.entry(mention.file).or_default().entry(mention.offset).or_insert(mention.class);
    }
    let broken: BTreeSet<FileId> = problems.iter().filter_map(|problem| tree.find(&problem.path)).collect();

    let mut ledger = Ledger::default();
    for (file, entry) in tree.files().filter(|(_, entry)| entry.mentions > 0) {
        let silent = if broken.contains(&file) { Class::Unparsable } else { Class::Opaque };
        let Some(known) = classes.get(&file).or(broken.contains(&file).then_some(const { &BTreeMap::new() })) else {
            ledger.elsewhere += entry.mentions;
            continue;
        };
        let offsets = offsets(tree, file, frontends, &prefilters).unwrap_or_else(|| vec![0; entry.mentions]);
        ledger.mentions.extend(offsets.into_iter().map(|offset| Mention {
            file,
            offset,
            class: known.get(&offset).copied().unwrap_or(silent),
        }));
    }
    ledger
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
    fn names_in_files_that_are_not_text_are_unparsable() {
        let dir = folder([]);
        std::fs::write(dir.path().join("a.rs"), b"use geppetto; with_sink \xff").unwrap();
        let plan = plan_of(dir.path());
        assert_eq!(plan.problems.len(), 1);
        assert_eq!(plan.ledger.count(Class::Unparsable), 1);
    }
}
