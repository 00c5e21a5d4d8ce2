//! Text that moves: a replacement made of pieces of the file, each as it will be when its own changes are done.

use super::cx::{Change, Cx};
use super::hir::Span;
use super::index::FileIdx;
use crate::edit::{Edit, EditSet};

/// Nested further than this, moved text contains itself.
const DEPTH: usize = 16;

/// A part of the text that a [`Rewrite`] writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    /// The text of a span with the changes inside it, and these replacements of its own.
    Source(Span, Vec<(Span, String)>),
}

impl Piece {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Piece::Text(text.into())
    }

    pub(crate) fn source(span: Span) -> Self {
        Piece::Source(span, Vec::new())
    }
}

/// Replaces a span by pieces of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rewrite {
    pub(crate) file: FileIdx,
    pub(crate) span: Span,
    pub(crate) pieces: Vec<Piece>,
}

/// The rewrites as changes, given all that changes besides.
pub(crate) fn realize(cx: &Cx<'_>, rewrites: &[Rewrite], changes: &[Change]) -> Vec<Change> {
    let realm = Realm { cx, rewrites, changes };
    rewrites.iter().map(|rewrite| realm.change(rewrite, DEPTH)).collect()
}

struct Realm<'a> {
    cx: &'a Cx<'a>,
    rewrites: &'a [Rewrite],
    changes: &'a [Change],
}

impl Realm<'_> {
    fn change(&self, rewrite: &Rewrite, depth: usize) -> Change {
        let text: String = rewrite.pieces.iter().map(|piece| self.piece(rewrite, piece, depth)).collect();
        self.cx.replace(rewrite.file, rewrite.span, text)
    }

    fn piece(&self, rewrite: &Rewrite, piece: &Piece, depth: usize) -> String {
        let (span, own) = match piece {
            Piece::Text(text) => return text.clone(),
            Piece::Source(span, own) => (*span, own),
        };
        let text = self.cx.text(rewrite.file, span);
        let Some(depth) = depth.checked_sub(1) else { return text.to_owned() };
        let inside = |at: Span| span.contains(at) && !own.iter().any(|(taken, _)| taken.contains(at));
        let changes = self.changes.iter().filter(|change| change.file == rewrite.file).map(|change| &change.edit);
        let nested = self.rewrites.iter().filter(|other| *other != rewrite && other.file == rewrite.file);
        // The piece's own place may be deleted: it stands elsewhere now.
        let goes = |edit: &Edit| edit.text().is_empty() && span_of(edit) == span;
        let mut edits: Vec<Edit> = changes.filter(|edit| inside(span_of(edit)) && !goes(edit)).cloned().collect();
        // What is inserted at the edge of a piece stands beside it, not in it.
        let at_edge = |at: Span| at.start == at.end && (at.start == span.start || at.end == span.end);
        let nested = nested.filter(|other| inside(other.span) && other.span != span && !at_edge(other.span));
        edits.extend(nested.map(|other| self.change(other, depth).edit));
        edits.extend(own.iter().map(|(at, text)| Edit::replace(at.range(), text.clone())));
        let edits = outermost(&edits);
        let moved = edits.into_iter().map(|edit| {
            let range = edit.range();
            let start = span.start as usize;
            Edit::replace(range.start - start..range.end - start, edit.text())
        });
        EditSet::new(moved).map_or_else(|_| text.to_owned(), |edits| edits.apply(text))
    }
}

fn span_of(edit: &Edit) -> Span {
    Span::new(edit.range().start, edit.range().end)
}

/// Edits without those that lie inside others.
fn outermost(edits: &[Edit]) -> Vec<Edit> {
    let covered = |inner: &Edit| {
        edits.iter().any(|outer| {
            let (a, b) = (outer.range(), inner.range());
            a != b && a.start <= b.start && b.end <= a.end && !(b.is_empty() && (b.start == a.start || b.end == a.end))
        })
    };
    edits.iter().filter(|edit| !covered(edit)).cloned().collect()
}
