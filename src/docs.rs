//! Examples in documentation, in any language: code in comments and in Markdown files, looked into as programs of their own.
//!
//! An example is a part of its file with a text of its own, in which every line stands without what documentation puts in
//! front of it. What is found there, and what changes there, is brought back to the bytes of the file. What an example
//! needs around it to be a program is for its language to say.

mod example;
mod fences;
mod guides;
mod layout;
mod markdown;
mod prose;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

#[cfg(test)]
pub(crate) use self::example::Misplaced;
pub(crate) use self::example::{Example, Frame, Listing, Standing};
pub(crate) use self::fences::{language_of, words};
pub(crate) use self::guides::{Guide, is_guide, nearest_below};
pub(crate) use self::layout::{Formatter, format};
pub(crate) use self::markdown::{CodeBlock, code_blocks};
pub(crate) use self::prose::{Prose, lines};
use crate::edit::Edit;
use crate::finding::{Class, Finding, Mention};
use crate::names::Named;
use crate::source::{Position, Source};
use crate::tree::{FileId, Tree};

/// All examples of a tree in one language.
#[derive(Debug, Default)]
pub(crate) struct Examples {
    /// By their ids: the program that an example is, and the text of the file it stands in.
    list: BTreeMap<FileId, (Example, Arc<Source>)>,
    hosts: BTreeMap<FileId, Vec<FileId>>,
}

impl Examples {
    /// Adds an example that stands in `source`, and gives the id it goes by.
    pub(crate) fn add(&mut self, tree: &Tree, example: Example, source: &Arc<Source>) -> FileId {
        let id = FileId((tree.files().count() + self.list.len()) as u32);
        self.hosts.entry(example.host).or_default().push(id);
        self.list.insert(id, (example, source.clone()));
        id
    }

    /// The tree with the examples as parts of it, which are files of this extension by their names.
    pub(crate) fn within(&self, tree: &Tree, extension: &str) -> Tree {
        let part = |(id, (example, source)): (&FileId, &(Example, Arc<Source>))| {
            let number = self.hosts[&example.host].iter().take_while(|other| *other <= id).count();
            Source::new(source.path().join(format!("example_{number}.{extension}")), example.text())
        };
        tree.with_parts(self.list.iter().map(part))
    }

    /// The example with this id.
    pub(crate) fn get(&self, file: FileId) -> Option<&Example> {
        self.list.get(&file).map(|(example, _)| example)
    }

    /// The example of a file that holds this offset.
    pub(crate) fn at(&self, host: FileId, offset: usize) -> Option<FileId> {
        let holds = |id: &FileId| self.get(*id).is_some_and(|example| example.range().contains(&offset));
        self.hosts.get(&host)?.iter().copied().find(holds)
    }

    /// The file and the position of an offset into an example.
    pub(crate) fn position(&self, file: FileId, offset: usize) -> Option<(&Path, Position)> {
        let (example, source) = self.list.get(&file)?;
        Some((source.path(), source.position(example.place(offset))))
    }

    /// The example that a path stands for.
    pub(crate) fn named(&self, path: &Path) -> Option<FileId> {
        let hosts = |source: &Source| path.parent() == Some(source.path());
        let mut own = self.list.iter().filter(|(_, (_, source))| hosts(source)).map(|(&id, _)| id);
        let number: usize = path.file_stem()?.to_str()?.strip_prefix("example_")?.parse().ok()?;
        own.nth(number.checked_sub(1)?)
    }

    /// What was found in examples, as something found in the files they stand in.
    pub(crate) fn bring_back(&self, found: Found<'_>) {
        let Found { findings, mentions, edits } = found;
        let is_added = |file: FileId, offset| self.get(file).is_some_and(|example| example.is_in_head(offset));
        findings.retain(|finding| !is_added(finding.file, finding.range.start));
        mentions.retain(|mention| !is_added(mention.file, mention.offset));
        for finding in findings {
            if let Some(example) = self.get(finding.file) {
                finding.file = example.host;
                finding.range = example.place(finding.range.start)..example.place(finding.range.end);
            }
        }
        for mention in mentions {
            if let Some(example) = self.get(mention.file) {
                mention.file = example.host;
                mention.offset = example.place(mention.offset);
            }
        }
        let (inner, outer): (Vec<_>, Vec<_>) =
            std::mem::take(edits).into_iter().partition(|(file, _)| self.get(*file).is_some());
        *edits = outer;
        let brought = inner.iter().filter_map(|(file, edit)| {
            let example = self.get(*file)?;
            Some((example.host, example.edit(edit).ok().flatten()?))
        });
        // Documentation that goes or moves with its item needs no changes of its own.
        let brought: Vec<(FileId, Edit)> =
            brought.filter(|(host, edit)| is_free(*host, &edit.range(), edits)).collect();
        edits.extend(brought);
    }
}

/// What a front end found, in examples and elsewhere.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    pub(crate) findings: &'a mut Vec<Finding>,
    pub(crate) mentions: &'a mut Vec<Mention>,
    pub(crate) edits: &'a mut Vec<(FileId, Edit)>,
}

fn is_free(file: FileId, range: &Range<usize>, edits: &[(FileId, Edit)]) -> bool {
    let touches = |other: Range<usize>| range.start < other.end && other.start < range.end.max(range.start + 1);
    !edits.iter().any(|(other, edit)| *other == file && touches(edit.range()))
}

/// The examples in the documentation of some packages, and which of them cannot be read.
#[derive(Debug)]
pub(crate) struct Documented<'a> {
    pub(crate) examples: &'a Examples,
    /// Those that do not parse, and why.
    pub(crate) broken: BTreeMap<FileId, String>,
}

impl Documented<'_> {
    /// The class of a name outside of code and the finding about it; `None` where it belongs to an example that was read.
    /// `what` says what it stands in, `is_meant` whether the legacy API is meant by it.
    pub(crate) fn in_prose(&self, named: Named, what: &str, is_meant: bool) -> Option<(Class, Option<Finding>)> {
        let example = self.examples.at(named.file, named.offset);
        match example.map(|example| self.broken.get(&example)) {
            Some(None) => None,
            Some(Some(why)) => Some((Class::Documentation, Some(named.in_broken_example(why)))),
            None if !is_meant => Some((Class::Unrelated, None)),
            None => Some((Class::Documentation, Some(named.in_prose(what)))),
        }
    }
}
