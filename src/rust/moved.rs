//! Text that a change puts elsewhere arrives there as the other changes leave it.

use super::cx::{Change, Cx};
use super::hir::{ExprId, Span};
use super::index::FileIdx;
use super::unit::without_nested;
use crate::edit::{Edit, EditSet};

/// Private characters, which no source text of a program uses, around a span of the file that is changed.
const OPEN: char = '\u{F8F0}';
const CLOSE: char = '\u{F8F1}';
/// In front of the text that takes the place of what moved.
const INSTEAD: char = '\u{F8F2}';

/// Stands in the text of a change for an expression that the change moves or copies.
pub(crate) fn moved(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> String {
    moved_span(cx.span(file, expr))
}

/// The same for another part of the file: a pattern.
pub(crate) fn moved_span(span: Span) -> String {
    format!("{OPEN}{}-{}{CLOSE}", span.start, span.end)
}

/// The same, in parentheses where a method could not be called on it without.
pub(crate) fn moved_receiver(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> String {
    let text = moved(cx, file, expr);
    if super::text::is_postfix(cx, file, expr) { text } else { format!("({text})") }
}

/// The same changes with all moved text in place; `None` where changes of moved text lie inside one another.
pub(crate) fn in_place(cx: &Cx<'_>, changes: &[Change]) -> Option<Vec<Change>> {
    let mut gone: Vec<(FileIdx, Span)> = Vec::new();
    let mut out = Vec::with_capacity(changes.len());
    for change in changes {
        let text = expand(cx, changes, change, &mut gone, 8)?;
        out.push(Change { file: change.file, edit: Edit::replace(change.edit.range(), text) });
    }
    // What changed in moved text has done so where it arrived.
    let stays = |change: &Change| !gone.iter().any(|&(file, span)| file == change.file && lies_in(change, span));
    Some(changes.iter().zip(out).filter(|(change, _)| stays(change)).map(|(_, placed)| placed).collect())
}

fn expand(
    cx: &Cx<'_>,
    changes: &[Change],
    change: &Change,
    gone: &mut Vec<(FileIdx, Span)>,
    depth: usize,
) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    let (mut text, mut rest) = (String::new(), change.edit.text().trim_start_matches(INSTEAD));
    while let Some((before, tail)) = rest.split_once(OPEN) {
        let (place, after) = tail.split_once(CLOSE)?;
        let (start, end) = place.split_once('-')?;
        let span = Span { start: start.parse().ok()?, end: end.parse().ok()? };
        text.push_str(before);
        text.push_str(&text_after(cx, changes, change.file, span, gone, depth)?);
        gone.push((change.file, span));
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}

fn text_after(
    cx: &Cx<'_>,
    changes: &[Change],
    file: FileIdx,
    span: Span,
    gone: &mut Vec<(FileIdx, Span)>,
    depth: usize,
) -> Option<String> {
    let inner: Vec<Change> =
        changes.iter().filter(|change| change.file == file && lies_in(change, span)).cloned().collect();
    let mut edits = Vec::new();
    for change in without_nested(&inner) {
        let range = change.edit.range();
        let offset = span.start as usize;
        let text = expand(cx, changes, &change, gone, depth)?;
        edits.push(Edit::replace(range.start - offset..range.end - offset, text));
    }
    Some(EditSet::new(edits).ok()?.apply(cx.text(file, span)))
}

fn lies_in(change: &Change, span: Span) -> bool {
    let range = change.edit.range();
    let inside = span.range().start <= range.start && range.end <= span.range().end;
    inside && !change.edit.text().starts_with(INSTEAD)
}
