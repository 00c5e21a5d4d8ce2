//! Sinks that are made options: `engine.WithSink(sink)`, also by a variable that stands for the function.

use super::sink_of;
use crate::go::cx::{Change, Cx};
use crate::go::index::FileIdx;
use crate::go::infer::Ref;
use crate::go::sites::Site;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::go::variables::{Value, only_value, writes};

/// A call that makes a sink an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wrapped {
    pub(crate) file: FileIdx,
    pub(crate) call: NodeId,
    pub(crate) sink: NodeId,
}

/// The calls of `engine.WithSink` where its name stands: one, or all of the variable that it is given to. Nothing where it is
/// used otherwise.
pub(super) fn of_site(cx: &Cx<'_>, site: &Site) -> Option<Vec<Wrapped>> {
    let file = site.file;
    let wrapped = |call: NodeId| Some(Wrapped { file, call, sink: sink_of(cx, file, call)? });
    if let Some(call) = cx.call_of_name(file, site.name) {
        return Some(vec![wrapped(call)?]);
    }
    let (_, declared) = variable(cx, site)?;
    cx.uses(file, declared).iter().map(|&use_| wrapped(cx.call_of_name(file, use_)?)).collect()
}

/// The statement and the variable of `with := engine.WithSink`, which is never given anything else.
fn variable(cx: &Cx<'_>, site: &Site) -> Option<(NodeId, NodeId)> {
    let syntax = cx.syntax(site.file);
    let stmt = cx.stmt(site.file, site.whole)?;
    let declared = syntax.below(stmt).find(|&name| cx.inferred(site.file).meaning(name) == Some(Ref::Local(name)))?;
    let is_only = matches!(only_value(cx, site.file, declared), Some(Value::Expr(value)) if value == site.whole)
        && writes(cx, site.file, declared).len() == 1;
    let declares_more = syntax
        .below(stmt)
        .any(|name| name != declared && cx.inferred(site.file).meaning(name) == Some(Ref::Local(name)));
    (is_only && !declares_more).then_some((stmt, declared))
}

/// Whether a function is a variable that stands for `engine.WithSink`.
pub(super) fn is_alias(cx: &Cx<'_>, file: FileIdx, function: NodeId) -> bool {
    let Some(Ref::Local(declared)) = cx.inferred(file).meaning(function) else { return false };
    let Some(Value::Expr(value)) = only_value(cx, file, declared) else { return false };
    let name = cx.syntax(file).child(value, "field").unwrap_or(value);
    matches!(cx.inferred(file).meaning(name), Some(Ref::Def(def)) if cx.legacy.get(def) == Some(Legacy::WithSink))
}

/// What becomes of a site wherever it stands: `engine.WithSink(sink)` is `sink`.
pub(super) fn edits(cx: &Cx<'_>, site: &Site) -> Vec<Change> {
    let Some(calls) = of_site(cx, site) else { return Vec::new() };
    let declaration = match cx.call_of_name(site.file, site.name) {
        Some(_) => None,
        None => variable(cx, site).map(|(stmt, _)| cx.remove_stmt(site.file, stmt)),
    };
    calls.iter().flat_map(|wrapped| unwrapped(cx, wrapped)).chain(declaration).collect()
}

fn unwrapped(cx: &Cx<'_>, wrapped: &Wrapped) -> [Change; 2] {
    let &Wrapped { file, call, sink } = wrapped;
    let syntax = cx.syntax(file);
    let (open, close) = match decides_type(cx, file, call) {
        true => (format!("{}EventSink(", cx.package(file, "events")), ")"),
        false => (String::new(), ""),
    };
    [
        cx.edit(file, syntax.start(call)..syntax.start(sink), open),
        cx.edit(file, syntax.end(sink)..syntax.end(call), close),
    ]
}

/// Whether a variable that gets other options later has its type of this one.
fn decides_type(cx: &Cx<'_>, file: FileIdx, call: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let stmt = syntax.ancestors(call).skip(1).find(|&node| syntax.kind(node) != "expression_list");
    let Some(stmt) = stmt.filter(|&stmt| syntax.kind(stmt) == "short_var_declaration") else { return false };
    let names = syntax.child(stmt, "left").map_or(Vec::new(), |left| syntax.list(left));
    names.iter().any(|&name| match cx.inferred(file).meaning(name) {
        Some(Ref::Local(declared)) => writes(cx, file, declared).len() > 1,
        _ => false,
    })
}
