//! Where handles of the state and the core session pass: pointers around them go, what cannot be followed is reported.

use super::cx::{Change, Cx};
use super::hir::{ExprId, ExprKind, Parent, Span};
use super::index::{DefKind, FileIdx};
use super::infer::ValueRes;
use super::legacy::{Tracked, is_shared_pointer};
use super::outcome::Outcome;
use super::text::unwrap_call;
use super::ty::Ty;

/// The changes that an expression holding a handle needs because of what it stands in.
///
/// # Errors
/// The report, where the handle goes to something that has no counterpart or cannot be followed.
pub(crate) fn use_of(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Result<Vec<Change>, Outcome> {
    let hir = cx.hir(file);
    if pointer_function(cx, file, expr).is_some() {
        return Ok(mapped(cx, file, expr));
    }
    let Parent::Expr(parent) = hir[expr].parent else { return Ok(Vec::new()) };
    match &hir[parent].kind {
        ExprKind::MethodCall { receiver, method, .. } if *receiver == expr => {
            receiver_of(cx, file, parent, &method.text)
        }
        ExprKind::MethodCall { method, .. } => argument_of_method(cx, file, parent, &method.text),
        ExprKind::Call { callee, .. } if *callee == expr => Ok(Vec::new()),
        ExprKind::Call { callee, .. } => argument_of_call(cx, file, parent, *callee, expr),
        ExprKind::Deref(_) => Ok(dereference(cx, file, parent, expr)),
        ExprKind::Macro(call) => {
            let name = call.path.segments.last().map_or("", |last| last.name.text.as_str());
            match name {
                "vec" | "join" | "try_join" | "select" | "dbg" | "Some" => Ok(Vec::new()),
                _ => Err(printed(name)),
            }
        }
        ExprKind::Binary { .. } | ExprKind::Cast { .. } | ExprKind::Unary { .. } => Err(Outcome::report(
            "the handle is compared or converted, which a session does not offer",
            "compare `session_id()`s",
        )),
        _ => Ok(Vec::new()),
    }
}

fn printed(macro_name: &str) -> Outcome {
    Outcome::report(
        format!("the handle is given to `{macro_name}!`, whose output would change"),
        "print what is meant: `session.session_id()`, `session.latest()`",
    )
}

fn unfollowed(what: &str) -> Outcome {
    Outcome::report(
        format!("the handle goes to {what}, where the tool cannot follow it"),
        "change the type there to `Session`, then run the tool again",
    )
}

fn receiver_of(cx: &Cx<'_>, file: FileIdx, call: ExprId, method: &str) -> Result<Vec<Change>, Outcome> {
    if method == "as_ref" {
        return Ok(as_ref(cx, file, call));
    }
    if method == "clone" || cx.inferred(file).methods.contains_key(&call) {
        return Ok(Vec::new());
    }
    Err(unfollowed(&format!("`{method}`")))
}

/// `x.as_ref()` of an `Arc` around the handle: a session is borrowed as it is.
fn as_ref(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> Vec<Change> {
    let hir = cx.hir(file);
    let ExprKind::MethodCall { receiver, .. } = hir[call].kind else { return Vec::new() };
    let (outer, inner) = (cx.span(file, call), cx.span(file, receiver));
    let is_receiver = cx
        .parent_expr(file, call)
        .is_some_and(|parent| matches!(hir[parent].kind, ExprKind::MethodCall { receiver, .. } if receiver == call));
    let mut changes = vec![cx.replace(file, Span { start: inner.end, end: outer.end }, "")];
    if !is_receiver && !matches!(cx.ty(file, receiver), Ty::Ref(_)) {
        changes.push(cx.insert(file, outer.start, "&"));
    }
    changes
}

fn argument_of_method(cx: &Cx<'_>, file: FileIdx, call: ExprId, method: &str) -> Result<Vec<Change>, Outcome> {
    if cx.inferred(file).methods.contains_key(&call) {
        return Ok(Vec::new());
    }
    Err(unfollowed(&format!("`{method}`")))
}

fn argument_of_call(
    cx: &Cx<'_>,
    file: FileIdx,
    call: ExprId,
    callee: ExprId,
    arg: ExprId,
) -> Result<Vec<Change>, Outcome> {
    if cx.pointer_new(file, call) == Some(arg) {
        return Ok(if is_pointer_to_handle(cx, file, call) { unwrap_call(cx, file, call, arg) } else { Vec::new() });
    }
    if cx.cloned(file, call).is_some() {
        return Ok(clone_by_path(cx, file, call, arg));
    }
    match cx.inferred(file).values.get(&cx.peel_parens(file, callee)) {
        Some(ValueRes::Def(def)) => {
            let path = cx.assoc_path(*def);
            if path.starts_with("std::sync::Arc::") || path.starts_with("std::rc::Rc::") {
                return Err(unfollowed(&format!("`{path}`")));
            }
            Ok(Vec::new())
        }
        Some(ValueRes::Local(_)) => Ok(Vec::new()),
        Some(ValueRes::Extern(path)) if !cx.program.is_model_path(path) => Err(unfollowed(&format!("`{path}`"))),
        _ if matches!(cx.ty(file, callee), Ty::Fn(..)) => Ok(Vec::new()),
        _ => Err(unfollowed(&format!("`{}`", cx.expr_text(file, callee)))),
    }
}

/// Whether a type is `Arc<State>`, `Arc<CoreSession>`.
fn is_pointer_to_handle(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    match cx.ty(file, expr) {
        Ty::Adt(def, _) => is_shared_pointer(cx.resolver, *def) && cx.handle(file, expr).is_some(),
        _ => false,
    }
}

/// `Arc::clone(&x)` becomes `x.clone()`.
fn clone_by_path(cx: &Cx<'_>, file: FileIdx, call: ExprId, arg: ExprId) -> Vec<Change> {
    let hir = cx.hir(file);
    let (outer, inner) = match hir[arg].kind {
        ExprKind::Ref { expr, .. } => (cx.span(file, call), cx.span(file, expr)),
        _ => (cx.span(file, call), cx.span(file, arg)),
    };
    vec![
        cx.replace(file, Span { start: outer.start, end: inner.start }, ""),
        cx.replace(file, Span { start: inner.end, end: outer.end }, ".clone()"),
    ]
}

/// `*x` of an `Arc` around the handle: there is no `Arc` any more.
fn dereference(cx: &Cx<'_>, file: FileIdx, deref: ExprId, inner: ExprId) -> Vec<Change> {
    if !is_pointer_to_handle(cx, file, inner) {
        return Vec::new();
    }
    let star = Span { start: cx.span(file, deref).start, end: cx.span(file, inner).start };
    vec![cx.replace(file, star, "")]
}

/// What a pointer's function does that stands as a value: `.map(Arc::clone)`, `.map(AsRef::as_ref)`.
fn pointer_function(cx: &Cx<'_>, file: FileIdx, value: ExprId) -> Option<(ExprId, ExprId, &'static str)> {
    let hir = cx.hir(file);
    let ExprKind::Path(path) = &hir[value].kind else { return None };
    let [.., owner, last] = path.segments.as_slice() else { return None };
    let name = match (owner.name.text.as_str(), last.name.text.as_str()) {
        ("Arc" | "Rc" | "Clone", "clone") => "clone",
        ("Arc" | "Rc", "new" | "as_ref") | ("AsRef", "as_ref") | ("Deref", "deref") => "as it is",
        _ => return None,
    };
    let call = cx.parent_expr(file, value)?;
    let ExprKind::MethodCall { receiver, method, args, .. } = &hir[call].kind else { return None };
    (method.text == "map" && args.len() == 1).then_some((*receiver, call, name))
}

/// `.map(Arc::clone)` becomes `.cloned()`; a session is borrowed, and made, as it is.
fn mapped(cx: &Cx<'_>, file: FileIdx, value: ExprId) -> Vec<Change> {
    let Some((receiver, call, name)) = pointer_function(cx, file, value) else { return Vec::new() };
    let text = if name == "clone" { ".cloned()" } else { "" };
    let span = Span { start: cx.span(file, receiver).end, end: cx.span(file, call).end };
    vec![cx.replace(file, span, text)]
}

/// Values of pointers' functions that are mapped over handles, each with what holds these.
pub(crate) fn mapped_in_file(cx: &Cx<'_>, file: FileIdx) -> Vec<(ExprId, ExprId)> {
    let exprs = (0..cx.hir(file).exprs.len() as u32).map(ExprId);
    let values = exprs.filter_map(|value| Some((value, pointer_function(cx, file, value)?.0)));
    values
        .filter(|&(_, over)| {
            let kinds = cx.legacy.mentioned(cx.ty(file, over));
            kinds.iter().any(|kind| matches!(kind, Tracked::State | Tracked::CoreSession))
        })
        .collect()
}

/// Expressions of a file that hold a handle of the state or the core session.
pub(crate) fn in_file(cx: &Cx<'_>, file: FileIdx) -> Vec<ExprId> {
    let hir = cx.hir(file);
    (0..hir.exprs.len() as u32)
        .map(ExprId)
        .filter(|&expr| {
            matches!(cx.handle(file, expr), Some(Tracked::State | Tracked::CoreSession))
                && !is_definition_path(cx, file, expr)
        })
        .collect()
}

fn is_definition_path(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    cx.value_def(file, expr).is_some_and(|def| !matches!(cx.program.def(def).kind, DefKind::Static | DefKind::Const))
}
