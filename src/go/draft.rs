//! Changes of a unit in the making: small ones, and large ones that take small ones along.

use std::cell::RefCell;
use std::ops::Range;

use super::cx::{Change, Cx};
use super::index::FileIdx;
use super::layout::{dedent, lay_out};
use super::syntax::NodeId;
use crate::edit::{Edit, EditSet};

/// Collects changes. A large change replaces a range whose text it has rendered, so the small ones inside of it are in its
/// text and not made twice.
#[derive(Debug)]
pub(crate) struct Draft<'a, 'c> {
    cx: &'a Cx<'c>,
    small: RefCell<Vec<Change>>,
    large: RefCell<Vec<Change>>,
}

impl<'a, 'c> Draft<'a, 'c> {
    pub(crate) fn new(cx: &'a Cx<'c>) -> Self {
        Self { cx, small: RefCell::default(), large: RefCell::default() }
    }

    /// A name becomes another one, a selector loses a part: nothing that depends on other changes.
    pub(crate) fn small(&self, file: FileIdx, range: Range<usize>, text: impl Into<String>) {
        let change = Change { file, edit: Edit::replace(range, text) };
        let mut small = self.small.borrow_mut();
        if !small.contains(&change) {
            small.push(change);
        }
    }

    /// A change of everything in `range`; its text was [rendered](Self::render) where it repeats code.
    pub(crate) fn large(&self, file: FileIdx, range: Range<usize>, text: impl Into<String>) {
        self.large.borrow_mut().push(Change { file, edit: Edit::replace(range, text) });
    }

    /// Removes a statement with its line.
    pub(crate) fn remove_stmt(&self, file: FileIdx, stmt: NodeId) {
        self.large(file, self.cx.line_range(file, stmt), "");
    }

    /// Removes a function with its documentation.
    pub(crate) fn remove_declaration(&self, file: FileIdx, decl: NodeId) {
        let syntax = self.cx.syntax(file);
        let text = syntax.source.text();
        let all = syntax.parent(decl).map_or(&[][..], |parent| syntax.all_children(parent));
        let at = all.iter().position(|&node| node == decl).unwrap_or(0);
        let mut start = syntax.start(decl);
        for &comment in all[..at].iter().rev().take_while(|&&node| syntax.kind(node) == "comment") {
            if text[syntax.end(comment)..start].matches('\n').count() != 1 {
                break;
            }
            start = syntax.start(comment);
        }
        let end = text[syntax.end(decl)..].find(|char: char| !char.is_whitespace());
        let end = end.map_or(text.len(), |at| syntax.end(decl) + at);
        self.large(file, start..end, "");
    }

    /// Puts lines in front of a statement, indented as it is.
    pub(crate) fn insert_before<S: AsRef<str>>(&self, file: FileIdx, stmt: NodeId, lines: &[S]) {
        let start = self.cx.syntax(file).start(stmt);
        let indent = self.cx.indent(file, stmt);
        self.large(file, start..start, format!("{}\n{indent}", lay_out(lines, indent)));
    }

    /// Puts lines behind a statement, indented as it is.
    pub(crate) fn insert_after<S: AsRef<str>>(&self, file: FileIdx, stmt: NodeId, lines: &[S]) {
        let end = self.cx.syntax(file).end(stmt);
        let indent = self.cx.indent(file, stmt);
        if !lines.is_empty() {
            self.large(file, end..end, format!("\n{indent}{}", lay_out(lines, indent)));
        }
    }

    /// Puts lines in the place of a statement.
    pub(crate) fn replace_stmt<S: AsRef<str>>(&self, file: FileIdx, stmt: NodeId, lines: &[S]) {
        let indent = self.cx.indent(file, stmt);
        self.large(file, self.cx.syntax(file).range(stmt), lay_out(lines, indent));
    }

    /// The text of a block or expression with the small changes inside of it made, without the indentation of its line.
    pub(crate) fn block(&self, file: FileIdx, node: NodeId) -> String {
        let stmt = self.cx.stmt(file, node).unwrap_or(node);
        dedent(&self.text(file, node), self.cx.indent(file, stmt))
    }

    /// The text of a range with the small changes inside of it made.
    pub(crate) fn render(&self, file: FileIdx, range: Range<usize>) -> String {
        let source = &self.cx.syntax(file).source;
        let small = self.small.borrow();
        let inside = small.iter().filter(|change| {
            let at = change.edit.range();
            change.file == file && range.start <= at.start && at.end <= range.end
        });
        let moved = inside.map(|change| {
            let at = change.edit.range();
            Edit::replace(at.start - range.start..at.end - range.start, change.edit.text())
        });
        let text = source.slice(range.clone());
        EditSet::new(moved).map_or_else(|_| text.to_owned(), |edits| edits.apply(text))
    }

    /// The text of a node with the small changes inside of it made.
    pub(crate) fn text(&self, file: FileIdx, node: NodeId) -> String {
        self.render(file, self.cx.syntax(file).range(node))
    }

    /// All changes, none inside of another.
    pub(crate) fn finish(self) -> Vec<Change> {
        let large = self.large.into_inner();
        let mut all: Vec<Change> = self
            .small
            .into_inner()
            .into_iter()
            .filter(|small| !large.iter().any(|large| swallows(large, small)))
            .collect();
        let outer: Vec<Change> = large
            .iter()
            .filter(|inner| !large.iter().any(|outer| outer != *inner && swallows(outer, inner)))
            .cloned()
            .collect();
        let outer: Vec<Change> = outer.iter().map(|change| rescued(self.cx, change, &outer)).collect();
        all.extend(merge_insertions(outer));
        all
    }
}

/// The change with the comments of the old text that the new one has lost, in front of it; what moved is not lost.
fn rescued(cx: &Cx<'_>, change: &Change, all: &[Change]) -> Change {
    let syntax = cx.syntax(change.file);
    let (range, text) = (change.edit.range(), change.edit.text());
    let inside = syntax.nodes().filter(|&node| {
        let at = syntax.range(node);
        syntax.kind(node) == "comment" && range.start <= at.start && at.end <= range.end
    });
    if text.is_empty()
        && syntax.children(NodeId::ROOT).any(|node| range.start <= syntax.start(node) && syntax.end(node) <= range.end)
    {
        return change.clone();
    }
    let is_kept = |comment: &&str| {
        let moved = all.iter().any(|other| other.file == change.file && other.edit.text().contains(*comment));
        text.contains(*comment) || moved
    };
    let lost: Vec<&str> = inside.map(|node| syntax.text(node)).filter(|comment| !is_kept(comment)).collect();
    if lost.is_empty() {
        return change.clone();
    }
    let is_line = text.is_empty() && range.start > 0 && syntax.source.text()[..range.start].ends_with('\n');
    let indent = syntax.source.indent_at(range.start);
    let kept: String = lost
        .iter()
        .map(|comment| match (is_line, comment.strip_prefix("//")) {
            (true, _) => format!("{indent}{comment}\n"),
            // Nothing may follow a comment to the end of the line.
            (false, Some(words)) => format!("/*{words} */ "),
            (false, None) => format!("{comment} "),
        })
        .collect();
    Change { file: change.file, edit: Edit::replace(range, format!("{kept}{text}")) }
}

fn swallows(outer: &Change, inner: &Change) -> bool {
    let (wide, narrow) = (outer.edit.range(), inner.edit.range());
    // What is put in front of a text or behind it is not a part of it.
    if narrow.is_empty() && (narrow.start == wide.start || narrow.start == wide.end) {
        return false;
    }
    outer.file == inner.file && wide.start <= narrow.start && narrow.end <= wide.end && wide.len() > narrow.len()
}

/// Insertions at one place become one, in the order in which they came.
fn merge_insertions(changes: Vec<Change>) -> Vec<Change> {
    let mut merged: Vec<Change> = Vec::new();
    for change in changes {
        let range = change.edit.range();
        let same = merged
            .iter_mut()
            .find(|other| range.is_empty() && other.file == change.file && other.edit.range() == range);
        match same {
            Some(other) if other.edit.text() != change.edit.text() => {
                other.edit = Edit::insert(range.start, format!("{}{}", other.edit.text(), change.edit.text()));
            }
            Some(_) => {}
            None => merged.push(change),
        }
    }
    merged
}
