//! Takes elements out of comma-separated lists, with the comma that parted them from the rest.

use std::ops::Range;

use super::cx::{Change, Cx};
use super::index::FileIdx;
use super::syntax::NodeId;

/// Removes the elements from `from` to before `to` of a list: arguments, parameters, elements of a literal.
pub(crate) fn remove(cx: &Cx<'_>, file: FileIdx, all: &[NodeId], elements: Range<usize>) -> Vec<Change> {
    let syntax = cx.syntax(file);
    let gone = &all[elements.clone()];
    let (Some(&first), Some(&last)) = (gone.first(), gone.last()) else { return Vec::new() };
    let range = if elements.start > 0 {
        syntax.end(all[elements.start - 1])..syntax.end(last)
    } else if let Some(&next) = all.get(elements.end) {
        syntax.start(first)..syntax.start(next)
    } else {
        let Some(list) = syntax.parent(first) else { return Vec::new() };
        syntax.start(list) + 1..syntax.end(list) - 1
    };
    if let Some(changes) = with_lines(cx, file, gone) {
        return changes;
    }
    if let Some(changes) = with_comment_behind(cx, file, &range, last, elements.end == all.len()) {
        return changes;
    }
    if has_comment(cx, file, &range) {
        return gone.iter().map(|&element| cx.remove_element(file, element)).collect();
    }
    vec![cx.edit(file, range, "")]
}

/// The last elements of a list that ends its line go, and the comment behind them ends that line: left in the parentheses it
/// would keep them open.
fn with_comment_behind(
    cx: &Cx<'_>,
    file: FileIdx,
    range: &Range<usize>,
    last: NodeId,
    is_end: bool,
) -> Option<Vec<Change>> {
    let syntax = cx.syntax(file);
    let list = syntax.parent(last).filter(|_| is_end)?;
    let behind =
        syntax.all_children(list).iter().filter(|&&node| syntax.start(node) >= syntax.end(last) && node != last);
    let comments: Vec<NodeId> = behind.copied().filter(|&node| syntax.kind(node) == "comment").collect();
    let [comment] = comments[..] else { return None };
    let rest = syntax.source.text()[syntax.end(list)..].lines().next().unwrap_or_default();
    let is_moved = !has_comment(cx, file, range)
        && rest.trim().is_empty()
        && syntax.text(list).ends_with(')')
        && !syntax.slice(range.start..syntax.start(last)).trim_start_matches(',').trim().contains('\n');
    let end = syntax.end(list);
    is_moved.then(|| {
        vec![cx.edit(file, range.start..end - 1, ""), cx.edit(file, end..end, format!(" {}", syntax.text(comment)))]
    })
}

/// Whether a comment stands in a part of the text, outside of strings.
pub(crate) fn has_comment(cx: &Cx<'_>, file: FileIdx, range: &Range<usize>) -> bool {
    let syntax = cx.syntax(file);
    syntax
        .nodes()
        .filter(|&node| syntax.kind(node) == "comment")
        .any(|comment| syntax.start(comment) >= range.start && syntax.end(comment) <= range.end)
}

/// Elements that stand on lines of their own go with them; the comment behind one of them stays there.
fn with_lines(cx: &Cx<'_>, file: FileIdx, elements: &[NodeId]) -> Option<Vec<Change>> {
    let syntax = cx.syntax(file);
    let text = syntax.source.text();
    let of_element = |&element: &NodeId| {
        let range = syntax.range(element);
        let before = text[..range.start].rsplit('\n').next().unwrap_or("");
        let behind = text[range.end..].lines().next().unwrap_or("");
        let rest = behind.strip_prefix(',')?.trim_start();
        match rest {
            _ if !before.trim().is_empty() => None,
            "" => Some(cx.remove_element(file, element)),
            _ if rest.starts_with("//") => Some(cx.edit(file, range.start..range.end + behind.len() - rest.len(), "")),
            _ => None,
        }
    };
    elements.iter().map(of_element).collect()
}
