//! Comments of a sink in the arguments of a construction go with the sink.

use crate::go::cx::{Change, Cx};
use crate::go::index::FileIdx;
use crate::go::syntax::NodeId;

/// What is said of an argument that has its line for itself.
#[derive(Debug, Default)]
pub(super) struct Comments {
    /// The lines of comments in front of it.
    pub(super) above: Vec<String>,
    /// The comment behind it.
    pub(super) behind: Option<String>,
    /// What takes the comments from where they are.
    pub(super) removal: Vec<Change>,
}

/// The comments of an argument that goes with its line.
pub(super) fn of(cx: &Cx<'_>, file: FileIdx, arg: NodeId) -> Comments {
    let syntax = cx.syntax(file);
    let text = syntax.source.text();
    let own = syntax.range(arg);
    let start = line_start(text, own.start);
    let rest = text[own.end..].split_inclusive('\n').next().unwrap_or("");
    let behind = rest.strip_prefix(',').map(str::trim);
    let (Some(behind), true) = (behind, text[start..own.start].trim().is_empty()) else { return Comments::default() };
    if !(behind.is_empty() || behind.starts_with("//")) {
        return Comments::default();
    }
    let mut found = Comments::default();
    let mut first = start;
    while first > 0 {
        let line = line_start(text, first - 1);
        let comment = text[line..first].trim();
        if !comment.starts_with("//") {
            break;
        }
        found.above.insert(0, comment.to_owned());
        first = line;
    }
    if first < start {
        found.removal.push(cx.edit(file, first..start, ""));
    }
    if !behind.is_empty() {
        let comment = own.end + rest.find("//").unwrap_or(rest.len());
        found.behind = Some(behind.to_owned());
        found.removal.push(cx.edit(file, start..own.start, ""));
        found.removal.push(cx.edit(file, comment..own.end + rest.len(), ""));
    }
    found
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}
