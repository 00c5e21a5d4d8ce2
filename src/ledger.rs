//! Accounts for every textual occurrence of a legacy name: each ends in exactly one class.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use crate::finding::{Class, Finding, Mention};
use crate::frontend::{Analysis, Frontend};
use crate::marker::{Marker, NEEDLE};
use crate::names::class_of;
use crate::prefilter::Prefilter;
use crate::source::{Position, Source};
use crate::tree::{FileId, Problem, Tree};

/// The classes of all occurrences of legacy names in a tree.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Occurrences in files that a front end looked into, sorted by place.
    pub mentions: Vec<Mention>,
    /// How many occurrences stand in files that cannot name the legacy API. They are unrelated.
    pub elsewhere: usize,
    /// The comments that say what drafts leave to decide, sorted by place.
    pub markers: Vec<Marker>,
}

impl Ledger {
    /// How many occurrences ended in `class`; each marker of a draft is one.
    pub fn count(&self, class: Class) -> usize {
        let here = self.mentions.iter().filter(|mention| mention.class == class).count();
        match class {
            Class::Unrelated => here + self.elsewhere,
            Class::Draft => here + self.markers.len(),
            _ => here,
        }
    }

    /// How many occurrences of legacy names there are.
    pub fn total(&self) -> usize {
        self.mentions.len() + self.elsewhere
    }

    /// The occurrences on which `check` fails.
    pub fn failing(&self) -> impl Iterator<Item = &Mention> {
        self.mentions.iter().filter(|mention| mention.class.fails_check())
    }
}

/// Gives a class to every occurrence of a name of `frontend` on which it kept silent in the files it looked into: that of the
/// finding the occurrence stands in, unparsable in a file with a problem, and otherwise opaque: silence beside what it
/// classified is no verdict.
pub(crate) fn break_silence(tree: &Tree, frontend: &dyn Frontend, said: &mut Analysis) {
    let broken: BTreeSet<FileId> = said.problems.iter().filter_map(|problem| tree.find(&problem.path)).collect();
    let classified: BTreeSet<(FileId, usize)> =
        said.mentions.iter().map(|mention| (mention.file, mention.offset)).collect();
    let files =
        said.mentions.iter().map(|mention| mention.file).chain(said.findings.iter().map(|finding| finding.file));
    let looked_into: BTreeSet<FileId> = files.chain(broken.iter().copied()).collect();
    let prefilter = Prefilter::new(frontend);
    let mut silent = Vec::new();
    for file in looked_into.into_iter().filter(|&file| tree.entry(file).mentions > 0) {
        let Ok(source) = tree.source(file) else { continue };
        let own: Vec<&Finding> = said.findings.iter().filter(|finding| finding.file == file).collect();
        let offsets = prefilter.names_in(source.text().as_bytes()).map(|name| name.start);
        silent.extend(offsets.filter(|&offset| !classified.contains(&(file, offset))).map(|offset| {
            let finding = own.iter().find(|finding| finding.range.contains(&offset));
            let class = match finding {
                Some(finding) => class_of(finding.level),
                None if broken.contains(&file) => Class::Unparsable,
                None => Class::Opaque,
            };
            Mention { file, offset, class }
        }));
    }
    said.mentions.extend(silent);
}

/// Draws up the ledger of `tree` from the classes that the front ends gave.
///
/// What they say nothing of is unrelated: a name of a language in whose eyes the file is none of its own. In files that
/// cannot be read, everything is unparsable.
pub(crate) fn ledger(tree: &Tree, frontends: &[&dyn Frontend], mentions: &[Mention], problems: &[Problem]) -> Ledger {
    let prefilters: Vec<Prefilter> = frontends.iter().map(|frontend| Prefilter::new(*frontend)).collect();
    let classes = classes(mentions);
    let broken = problems.iter().filter_map(|problem| tree.find(&problem.path));
    let looked_into: BTreeSet<FileId> = mentions.iter().map(|mention| mention.file).chain(broken).collect();
    let mut ledger = Ledger::default();
    for (file, entry) in tree.files().filter(|(_, entry)| entry.mentions > 0) {
        if !looked_into.contains(&file) {
            ledger.elsewhere += entry.mentions;
            continue;
        }
        let Ok(source) = tree.source(file) else {
            let unread = Mention { file, offset: 0, class: Class::Unparsable };
            ledger.mentions.extend(vec![unread; entry.mentions]);
            continue;
        };
        let offsets = names(tree, file, source.text().as_bytes(), frontends, &prefilters).into_keys();
        ledger.mentions.extend(offsets.map(|offset| {
            let class = classes.get(&(file, offset)).copied().unwrap_or(Class::Unrelated);
            Mention { file, offset, class }
        }));
    }
    ledger
}

/// The classes by place. Where two languages know a name, it is unrelated only if both of them say so.
fn classes(mentions: &[Mention]) -> BTreeMap<(FileId, usize), Class> {
    let mut classes = BTreeMap::new();
    for mention in mentions {
        let known = classes.entry((mention.file, mention.offset)).or_insert(mention.class);
        if *known == Class::Unrelated {
            *known = mention.class;
        }
    }
    classes
}

/// Where legacy names stand in the `text` of a file: their first bytes and the bytes behind them.
fn names(
    tree: &Tree,
    file: FileId,
    text: &[u8],
    frontends: &[&dyn Frontend],
    prefilters: &[Prefilter],
) -> BTreeMap<usize, usize> {
    let path = &tree.entry(file).path;
    let claiming = frontends.iter().zip(prefilters).filter(|(frontend, _)| frontend.claims(path));
    claiming.flat_map(|(_, prefilter)| prefilter.names_in(text)).map(|name| (name.start, name.end)).collect()
}

/// One occurrence of a legacy name, or one marker, as people look it up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file it stands in.
    pub file: FileId,
    /// Where in the file.
    pub position: Position,
    /// The name; of a marker what it begins with.
    pub name: String,
    /// Its class.
    pub class: Class,
}

impl Ledger {
    /// Every occurrence and every marker, sorted by place; those in files that nobody looked into as well. For these the
    /// files are read again.
    pub fn places(&self, tree: &Tree, frontends: &[&dyn Frontend]) -> Vec<Place> {
        let prefilters: Vec<Prefilter> = frontends.iter().map(|frontend| Prefilter::new(*frontend)).collect();
        let mut classes: BTreeMap<FileId, Vec<Class>> = BTreeMap::new();
        for mention in &self.mentions {
            classes.entry(mention.file).or_default().push(mention.class);
        }
        let mut places = Vec::new();
        for (file, _) in tree.files().filter(|(_, entry)| entry.mentions > 0) {
            let (source, bytes) = lossy(tree, file);
            let known = classes.get(&file).map_or(&[][..], Vec::as_slice);
            let names = names(tree, file, &bytes, frontends, &prefilters);
            places.extend(names.into_iter().enumerate().map(|(index, (start, end))| Place {
                file,
                position: position(&source, &bytes, start),
                name: String::from_utf8_lossy(&bytes[start..end]).into_owned(),
                class: known.get(index).copied().unwrap_or(Class::Unrelated),
            }));
        }
        places.extend(self.markers.iter().filter_map(|marker| {
            let position = tree.source(marker.file).ok()?.position(marker.range.start);
            let name = format!("{NEEDLE}{})", marker.id);
            Some(Place { file: marker.file, position, name, class: Class::Draft })
        }));
        places.sort();
        places
    }
}

/// A file's text and bytes, also of one that is not UTF-8.
fn lossy(tree: &Tree, file: FileId) -> (Arc<Source>, Vec<u8>) {
    if let Ok(source) = tree.source(file) {
        let bytes = source.text().as_bytes().to_vec();
        return (source, bytes);
    }
    let path = &tree.entry(file).path;
    let bytes = fs::read(path).unwrap_or_default();
    (Arc::new(Source::new(path, String::from_utf8_lossy(&bytes).into_owned())), bytes)
}

/// The place of a byte; what is not UTF-8 counts as one character.
fn position(source: &Source, bytes: &[u8], offset: usize) -> Position {
    if source.text().len() == bytes.len() {
        return source.position(offset);
    }
    let before = String::from_utf8_lossy(&bytes[..offset]).into_owned();
    let end = before.len();
    Source::new(source.path(), before).position(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Level;
    use crate::plan::Plan;
    use crate::testing::{WordFrontend, folder, plan_of};

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

    /// The ledger after the front end of words has `said` something.
    fn drawn(plan: &Plan, mut said: Analysis) -> Ledger {
        let words = WordFrontend { becomes: "" };
        break_silence(&plan.tree, &words, &mut said);
        ledger(&plan.tree, &[&words], &said.mentions, &[])
    }

    #[test]
    fn silence_beside_verdicts_is_not_a_verdict() {
        let dir = folder([("a.rs", "use geppetto; with_sink with_sink")]);
        let plan = plan_of(dir.path());
        let drawn = drawn(&plan, Analysis { mentions: plan.ledger.mentions[..1].to_vec(), ..Analysis::default() });
        assert_eq!((drawn.count(Class::Rewritten), drawn.count(Class::Opaque)), (1, 1));
    }

    #[test]
    fn silence_inside_a_finding_means_the_finding() {
        let dir = folder([("a.rs", "use geppetto; with_sink with_sink")]);
        let plan = plan_of(dir.path());
        let mut finding = plan.findings[0].clone();
        finding.level = Level::Report;
        let drawn = drawn(&plan, Analysis { findings: vec![finding], ..Analysis::default() });
        assert_eq!((drawn.count(Class::Reported), drawn.count(Class::Opaque)), (1, 1));
    }

    #[test]
    fn a_marker_is_a_draft_and_so_are_the_names_in_it() {
        let text = "use geppetto;\n  // MIGRATE(no-counterpart): `set_run_id`\n// with_sink\n";
        let dir = folder([("a.rs", text), ("b.rs", "// MIGRATE(odd)\n")]);
        let Plan { ledger, tree, .. } = plan_of(dir.path());
        let counts = [Class::Draft, Class::Documentation].map(|class| ledger.count(class));
        assert_eq!((counts, ledger.total(), ledger.failing().count()), ([3, 1], 2, 2));
        let places = ledger.places(&tree, &[&WordFrontend { becomes: "" }]);
        let shown: Vec<_> = places
            .iter()
            .map(|place| (place.position.line, place.position.column, place.class.name(), place.name.as_str()))
            .collect();
        let expected = [
            (2, 3, "draft", "MIGRATE(no-counterpart)"),
            (2, 32, "draft", "set_run_id"),
            (3, 4, "documentation", "with_sink"),
            (1, 1, "draft", "MIGRATE(odd)"),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_name_is_unrelated_only_if_no_language_knows_it() {
        let mention = |class| Mention { file: FileId(0), offset: 3, class };
        let class = |one, other| classes(&[mention(one), mention(other)])[&(FileId(0), 3)];
        assert_eq!(class(Class::Unrelated, Class::Opaque), Class::Opaque);
        assert_eq!(class(Class::Rewritten, Class::Unrelated), Class::Rewritten);
    }

    #[test]
    fn names_in_files_that_are_not_text_are_unparsable() {
        let dir = folder([]);
        std::fs::write(dir.path().join("a.rs"), b"use geppetto; with_sink \xff").unwrap();
        let plan = plan_of(dir.path());
        assert_eq!(plan.problems.len(), 1);
        assert_eq!(plan.ledger.count(Class::Unparsable), 1);
    }

    #[test]
    fn every_occurrence_has_a_place_also_where_nobody_looked() {
        let dir = folder([("a.rs", "use geppetto;\n  with_sink(s); // ä with_sink\n"), ("b.rs", "\u{feff}with_sink")]);
        std::fs::write(dir.path().join("c.rs"), b"\xff\xff\xff with_sink\n").unwrap();
        std::fs::write(dir.path().join("d.rs"), b"use geppetto;\n\xe9\xe9 with_sink\n").unwrap();
        let plan = plan_of(dir.path());
        let words = WordFrontend { becomes: "" };
        let places = plan.ledger.places(&plan.tree, &[&words]);
        let shown: Vec<_> = places
            .iter()
            .map(|place| (place.file.0, place.position.line, place.position.column, place.class.name()))
            .collect();
        let expected = [
            (0, 2, 3, "rewritten"),
            (0, 2, 22, "rewritten"),
            (1, 1, 1, "unrelated"),
            (2, 1, 5, "unrelated"),
            (3, 2, 4, "unparsable"),
        ];
        assert_eq!(shown, expected);
        assert!(places.iter().all(|place| place.name == "with_sink"));
        assert_eq!(places.len(), plan.ledger.total());
    }
}
