//! Statements and declarations that go with their lines, and with the comments that are about them.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::go::cx::{Change, Cx};
use crate::go::index::FileIdx;
use crate::go::syntax::NodeId;

/// Removes statements, fields and other declarations; a blank line that would be left twice goes, too.
pub(super) fn removed(cx: &Cx<'_>, nodes: &[(FileIdx, NodeId)]) -> Vec<Change> {
    let mut by_file: BTreeMap<FileIdx, Vec<Range<usize>>> = BTreeMap::new();
    for &(file, node) in nodes {
        by_file.entry(file).or_default().push(lines(cx, file, node));
    }
    let changes = by_file.into_iter().flat_map(|(file, ranges)| {
        let text = cx.syntax(file).source.text();
        merged(ranges).into_iter().map(move |range| cx.edit(file, with_blank(text, range), ""))
    });
    changes.collect()
}

/// The lines of a node with the comment behind it and one in front of it that begins with its name; the node alone where it
/// shares its line.
fn lines(cx: &Cx<'_>, file: FileIdx, node: NodeId) -> Range<usize> {
    let syntax = cx.syntax(file);
    let text = syntax.source.text();
    let own = syntax.range(node);
    let start = line_start(text, own.start);
    let rest = text[own.end..].split_inclusive('\n').next().unwrap_or("");
    let is_alone = rest.trim().is_empty() || rest.trim_start().starts_with("//");
    if !text[start..own.start].trim().is_empty() || !is_alone {
        return own;
    }
    let comment = comment_in_front(text, start);
    let name = syntax.below(node).find(|&inner| syntax.role(inner) == "name").map_or("", |name| syntax.text(name));
    let is_about = text[comment..start].trim_start().strip_prefix("// ").is_some_and(|words| words.starts_with(name));
    let is_declaration = matches!(
        syntax.kind(node),
        "field_declaration" | "var_spec" | "var_declaration" | "type_spec" | "type_alias" | "type_declaration"
    );
    (if is_about && is_declaration { comment } else { start })..own.end + rest.len()
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}

/// Where the lines of comments begin that stand right in front of a line.
fn comment_in_front(text: &str, line: usize) -> usize {
    let mut first = line;
    while first > 0 {
        let above = line_start(text, first - 1);
        if !text[above..first].trim_start().starts_with("//") {
            break;
        }
        first = above;
    }
    first
}

fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// The range with the blank line behind it, where one is in front of it or a block begins there.
fn with_blank(text: &str, range: Range<usize>) -> Range<usize> {
    let before = &text[..range.start];
    let next = text[range.end..].split_inclusive('\n').next().unwrap_or("");
    let above = before.strip_suffix('\n').map_or("", |before| &before[line_start(before, before.len())..]);
    let is_open = above.trim().is_empty() || above.trim_end().ends_with(['{', '(']);
    let is_line = before.is_empty() || before.ends_with('\n');
    if is_line && is_open && next.ends_with('\n') && next.trim().is_empty() {
        return range.start..range.end + next.len();
    }
    range
}
