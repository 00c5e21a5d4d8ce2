//! A sink that may be nil becomes an element of a slice on the condition that it is there.

use std::ops::Range;

use super::wrapped::Wrapped;
use super::{Options, sink_of};
use crate::go::cx::{Change, Cx};
use crate::go::index::FileIdx;
use crate::go::lists::has_comment;
use crate::go::rules::engine_sink::absent::{Absence, absence};
use crate::go::syntax::NodeId;

/// A statement that is written anew from the first sink on that may be nil.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    file: FileIdx,
    stmt: NodeId,
    pub(super) change: Change,
}

impl Condition {
    pub(super) fn covers(&self, cx: &Cx<'_>, wrapped: &Wrapped) -> bool {
        self.file == wrapped.file && cx.syntax(self.file).is_inside(wrapped.call, self.stmt)
    }
}

/// The statements of which sinks may be nil, as far as conditions can be written for them.
pub(super) fn of(cx: &Cx<'_>, options: &Options<'_>, handed_on: &[&Wrapped]) -> Vec<Condition> {
    let mut found: Vec<Condition> = Vec::new();
    for wrapped in handed_on {
        let is_new = !found.iter().any(|condition| condition.covers(cx, wrapped));
        if is_new && absence(cx, wrapped.file, wrapped.sink) != Absence::Never {
            found.extend(condition(cx, options, wrapped));
        }
    }
    found
}

/// A statement that fills a slice with options.
struct Filling {
    /// The slice, as it is written.
    slice: String,
    elements: Vec<NodeId>,
    /// Where the first element begins.
    start: usize,
    /// What ends the list of elements.
    close: &'static str,
    /// Whether the statement is nothing without elements.
    appends: bool,
}

fn condition(cx: &Cx<'_>, options: &Options<'_>, wrapped: &Wrapped) -> Option<Condition> {
    let file = wrapped.file;
    let syntax = cx.syntax(file);
    let stmt = cx.stmt(file, wrapped.call)?;
    let filling = filling(cx, file, stmt)?;
    let is_own =
        |&element: &NodeId| sink_of(cx, file, element).is_some_and(|sink| absence(cx, file, sink) != Absence::Never);
    let first = filling.elements.iter().position(is_own)?;
    let (kept, moved) = filling.elements.split_at(first);
    let is_whole = kept.is_empty() && filling.appends;
    let mut lines: Vec<String> = Vec::new();
    for &element in moved {
        lines.extend(appended(cx, options, file, &filling.slice, element)?);
    }
    let start = match kept.last() {
        _ if is_whole => syntax.start(stmt),
        Some(&last) => syntax.end(last),
        None => filling.start,
    };
    let range: Range<usize> = start..syntax.end(stmt);
    if has_comment(cx, file, &range) || !filling.elements.contains(&wrapped.call) {
        return None;
    }
    let break_ = format!("\n{}", cx.indent(file, stmt));
    let text = match is_whole {
        true => lines.join(&break_),
        false => std::iter::once(filling.close.to_owned()).chain(lines).collect::<Vec<_>>().join(&break_),
    };
    Some(Condition { file, stmt, change: cx.edit(file, range, text) })
}

/// The statements that append an element to a slice.
fn appended(cx: &Cx<'_>, options: &Options<'_>, file: FileIdx, slice: &str, element: NodeId) -> Option<Vec<String>> {
    let syntax = cx.syntax(file);
    let Some(sink) = sink_of(cx, file, element) else {
        return Some(vec![format!("{slice} = append({slice}, {})", options.text(cx, file, element))]);
    };
    let text = options.text(cx, file, sink);
    let append = format!("{slice} = append({slice}, {text})");
    match absence(cx, file, sink) {
        Absence::Never => Some(vec![append]),
        Absence::Always => Some(Vec::new()),
        Absence::Possible if matches!(syntax.kind(sink), "identifier" | "selector_expression") => {
            Some(vec![format!("if {text} != nil {{"), format!("\t{append}"), "}".to_owned()])
        }
        Absence::Possible => None,
    }
}

/// `slice := []engine.Option{…}` or `slice = append(slice, …)`.
fn filling(cx: &Cx<'_>, file: FileIdx, stmt: NodeId) -> Option<Filling> {
    let syntax = cx.syntax(file);
    let (place, value) = match syntax.kind(stmt) {
        "short_var_declaration" | "assignment_statement" => {
            (single(&syntax.list(syntax.child(stmt, "left")?))?, single(&syntax.list(syntax.child(stmt, "right")?))?)
        }
        "var_declaration" => {
            let spec = single(&syntax.children(stmt).collect::<Vec<_>>())?;
            let name = single(&syntax.children_as(spec, "name").collect::<Vec<_>>())?;
            (name, single(&syntax.list(syntax.child(spec, "value")?))?)
        }
        _ => return None,
    };
    let slice = syntax.text(place).to_owned();
    if syntax.kind(value) == "composite_literal" {
        let body = syntax.child(value, "body")?;
        let elements = syntax.children(body).map(|element| match syntax.kind(element) {
            "literal_element" => syntax.children(element).next(),
            _ => None,
        });
        let elements: Vec<NodeId> = elements.collect::<Option<_>>()?;
        return Some(Filling { slice, elements, start: syntax.start(body) + 1, close: "}", appends: false });
    }
    let args = cx.args(file, value);
    let (&to, elements) = args.split_first()?;
    let is_append = syntax.child(value, "function").is_some_and(|function| syntax.text(function) == "append");
    let is_same = syntax.kind(stmt) == "assignment_statement" && syntax.text(to) == slice;
    (is_append && is_same).then(|| Filling {
        slice,
        elements: elements.to_vec(),
        start: syntax.end(to),
        close: ")",
        appends: true,
    })
}

fn single(nodes: &[NodeId]) -> Option<NodeId> {
    match *nodes {
        [node] => Some(node),
        _ => None,
    }
}
