//! Where handles of the state and the core session pass: pointers around them go, what cannot be followed is reported.

mod objects;
pub(crate) mod pointers;

use super::cx::{Change, Cx};
use super::hir::{ExprId, ExprKind, FieldValue, ItemKind, MacroCall, Parent, Span};
use super::index::{DefId, DefKind, FileIdx};
use super::infer::ValueRes;
use super::legacy::{Tracked, is_shared_pointer};
use super::outcome::Outcome;
use super::shown::is_debug_helper;
use super::text::unwrap_call;
use super::ty::Ty;

/// Macros whose arguments are formatted.
const FORMATTING: &[&str] = &[
    "format",
    "format_args",
    "print",
    "println",
    "eprint",
    "eprintln",
    "write",
    "writeln",
    "panic",
    "trace",
    "debug",
    "info",
    "warn",
    "error",
    "event",
    "span",
    "anyhow",
    "bail",
];

/// The changes that an expression holding a handle needs because of what it stands in.
///
/// # Errors
/// The report, where the handle goes to something that has no counterpart or cannot be followed.
pub(crate) fn use_of(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Result<Vec<Change>, Outcome> {
    match objects::wrapped(cx, file, expr) {
        Some(wrapped) => wrapped,
        None => passed(cx, file, expr),
    }
}

fn passed(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Result<Vec<Change>, Outcome> {
    let hir = cx.hir(file);
    if pointer_function(cx, file, expr).is_some() {
        return Ok(mapped(cx, file, expr));
    }
    if pointers::is_function(cx, file, expr) {
        return pointers::use_of(cx, file, expr);
    }
    if let ExprKind::MethodCall { receiver, method, .. } = &hir[expr].kind
        && is_optional_pointer(cx, file, *receiver)
    {
        // There is no pointer to look through any more.
        return Ok(vec![cx.replace(file, method.span, method.text.replace("as_deref", "as_ref"))]);
    }
    if let Some(changes) = pointers::unboxed(cx, file, expr) {
        return Ok(changes);
    }
    if let Some(inner) = cx.pointer_new(file, expr).or_else(|| cx.cloned(file, expr))
        && cx.handle(file, inner).is_none()
    {
        // What goes into the call is not known, but a handle comes out.
        return made_of_unknown(cx, file, expr, inner);
    }
    if leaves_generic_pointer(cx, file, expr) {
        return Err(generic_pointer());
    }
    let Parent::Expr(parent) = hir[expr].parent else { return Ok(Vec::new()) };
    match &hir[parent].kind {
        ExprKind::MethodCall { receiver, method, .. } if *receiver == expr => {
            receiver_of(cx, file, parent, &method.text)
        }
        ExprKind::MethodCall { method, .. } => argument_of_method(cx, file, parent, &method.text, expr),
        ExprKind::Call { callee, .. } if *callee == expr => Ok(Vec::new()),
        ExprKind::Call { callee, .. } => argument_of_call(cx, file, parent, *callee, expr),
        ExprKind::Struct { fields, .. } => field_value(cx, file, parent, fields, expr),
        ExprKind::Deref(_) => Ok(dereference(cx, file, parent, expr)),
        ExprKind::Macro(call) => {
            let name = call.path.segments.last().map_or("", |last| last.name.text.as_str());
            match name {
                "vec" | "join" | "try_join" | "select" | "dbg" | "Some" => Ok(Vec::new()),
                // A state shows itself by `{:?}` only, and so does a session.
                _ if is_formatted(cx, file, call) => Ok(Vec::new()),
                _ if FORMATTING.contains(&name) => Err(printed(name)),
                _ => Err(unfollowed(&format!("`{name}!`"))),
            }
        }
        ExprKind::Binary { .. } | ExprKind::Cast { .. } | ExprKind::Unary { .. } => Err(Outcome::report(
            "the handle is compared or converted, which a session does not offer",
            "compare `session_id()`s",
        )),
        _ => Ok(Vec::new()),
    }
}

/// `Arc::new(x)` and `Arc::clone(&x)` of something whose type is not known.
fn made_of_unknown(cx: &Cx<'_>, file: FileIdx, call: ExprId, inner: ExprId) -> Result<Vec<Change>, Outcome> {
    let ExprKind::Call { args, .. } = &cx.hir(file)[call].kind else { return Ok(Vec::new()) };
    match cx.pointer_new(file, call) {
        Some(_) if !is_pointer_to_handle(cx, file, call) => Ok(Vec::new()),
        Some(_) => Ok(unwrap_call(cx, file, call, inner)),
        None => Ok(args.first().map_or_else(Vec::new, |&arg| clone_by_path(cx, file, call, arg))),
    }
}

/// Whether a macro that formats only asks its arguments for their text: `{:p}` asks for an address.
fn is_formatted(cx: &Cx<'_>, file: FileIdx, call: &MacroCall) -> bool {
    let shows = |text: &str| text.contains('?') && !text.contains(":p}") && !text.contains(":#p}");
    call.path.segments.last().is_some_and(|last| FORMATTING.contains(&last.name.text.as_str()))
        && shows(cx.text(file, call.inner))
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
    if cx.inferred(file).methods.get(&call).is_some_and(|&def| !cx.program.is_model(def) && session_has(cx, method)) {
        return Err(Outcome::report(
            format!("a session has a method `{method}` of its own, which would be called instead of this trait's"),
            format!("call it by the trait's path, `Trait::{method}(&x)`, then run the tool again"),
        ));
    }
    if cx.cloned(file, call).is_some() || cx.inferred(file).methods.contains_key(&call) {
        return Ok(Vec::new());
    }
    Err(unfollowed(&format!("`{method}`")))
}

/// Whether sessions have a method of a name themselves.
fn session_has(cx: &Cx<'_>, method: &str) -> bool {
    let session = cx.resolver.known("geppetto_runtime::session::Session");
    cx.program.impls.iter().filter(|block| cx.program.is_model(block.def)).any(|block| {
        let is_named = block.methods.iter().any(|&own| cx.program.def(own).name == method);
        let Some(ItemKind::Impl { self_ty, trait_path: None, .. }) = cx.program.item(block.def).map(|item| &item.kind)
        else {
            return false;
        };
        is_named
            && matches!(cx.resolver.lower(*self_ty, &cx.resolver.ty_scope(block.def)), Ty::Adt(def, _) if Some(def) == session)
    })
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

fn argument_of_method(
    cx: &Cx<'_>,
    file: FileIdx,
    call: ExprId,
    method: &str,
    arg: ExprId,
) -> Result<Vec<Change>, Outcome> {
    let ExprKind::MethodCall { receiver, args, .. } = &cx.hir(file)[call].kind else { return Ok(Vec::new()) };
    if is_debug_helper(cx, file, *receiver) {
        return Ok(Vec::new());
    }
    let Some(&def) = cx.inferred(file).methods.get(&call) else { return Err(unfollowed(&format!("`{method}`"))) };
    match args.iter().position(|&other| other == arg).and_then(|index| declared_param(cx, def, index)) {
        Some(ty) if pointers::is_generic_pointer(cx, &ty) => Err(generic_pointer()),
        _ => Ok(Vec::new()),
    }
}

fn field_value(
    cx: &Cx<'_>,
    file: FileIdx,
    literal: ExprId,
    fields: &[FieldValue],
    value: ExprId,
) -> Result<Vec<Change>, Outcome> {
    let declared = || {
        let def = *cx.inferred(file).literals.get(&literal).filter(|&&def| !cx.program.is_model(def))?;
        let name = &fields.iter().find(|field| field.value == value)?.name.text;
        let (_, ty, _) = cx.resolver.field_types(def, &[]).into_iter().find(|(field, ..)| field == name)?;
        Some(ty)
    };
    match declared() {
        Some(ty) if pointers::is_generic_pointer(cx, &ty) => Err(generic_pointer()),
        _ => Ok(Vec::new()),
    }
}

/// The type of a parameter of the user's own function, as it is written.
fn declared_param(cx: &Cx<'_>, function: DefId, index: usize) -> Option<Ty> {
    if cx.program.is_model(function) {
        return None;
    }
    let scope = cx.resolver.ty_scope(function);
    match cx.program.fn_item(function) {
        Some(item) => Some(cx.resolver.lower(item.params.get(index)?.ty, &scope)),
        None => cx.resolver.field_types(function, &[]).into_iter().nth(index).map(|(_, ty, _)| ty),
    }
}

fn generic_pointer() -> Outcome {
    Outcome::report(
        "the handle goes through a pointer to a generic parameter, and a `Session` has no pointer around it",
        "take `T` there instead of `Arc<T>`, then run the tool again",
    )
}

/// Whether a handle comes out of a field or function whose type is a pointer to a generic parameter.
fn leaves_generic_pointer(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let inferred = cx.inferred(file);
    let declared = match &cx.hir(file)[expr].kind {
        ExprKind::Field { .. } => match inferred.fields.get(&expr) {
            Some((def, name)) if !cx.program.is_model(*def) => {
                cx.resolver.field_types(*def, &[]).into_iter().find(|(field, ..)| field == name).map(|(_, ty, _)| ty)
            }
            _ => None,
        },
        ExprKind::MethodCall { .. } => inferred.methods.get(&expr).and_then(|&def| declared_result(cx, def)),
        ExprKind::Call { callee, .. } => cx.value_def(file, *callee).and_then(|def| declared_result(cx, def)),
        _ => None,
    };
    declared.is_some_and(|ty| pointers::is_generic_pointer(cx, &ty))
}

fn declared_result(cx: &Cx<'_>, function: DefId) -> Option<Ty> {
    let item = cx.program.fn_item(function).filter(|_| !cx.program.is_model(function))?;
    Some(cx.resolver.lower(item.ret?, &cx.resolver.ty_scope(function)))
}

fn looks_through_pointer(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    match &cx.hir(file)[expr].kind {
        ExprKind::MethodCall { receiver, .. } => is_optional_pointer(cx, file, *receiver),
        _ => false,
    }
}

/// Whether `as_deref()` of an expression looks through the pointer around a handle.
fn is_optional_pointer(cx: &Cx<'_>, file: FileIdx, receiver: ExprId) -> bool {
    let hir = cx.hir(file);
    let is_as_deref = matches!(hir[receiver].parent, Parent::Expr(call) if matches!(
        &hir[call].kind,
        ExprKind::MethodCall { receiver: own, method, .. }
            if *own == receiver && matches!(method.text.as_str(), "as_deref" | "as_deref_mut")
    ));
    is_as_deref
        && cx.ty(file, receiver).any(&mut |part| match part {
            Ty::Adt(def, args) => {
                is_shared_pointer(cx.resolver, *def)
                    && matches!(args.as_slice(), [inner] if cx.legacy.handle_of(cx.resolver, inner).is_some())
            }
            _ => false,
        })
}

fn argument_of_call(
    cx: &Cx<'_>,
    file: FileIdx,
    call: ExprId,
    callee: ExprId,
    arg: ExprId,
) -> Result<Vec<Change>, Outcome> {
    if objects::is_made_object(cx, file, call) {
        return Ok(Vec::new());
    }
    if cx.pointer_new(file, call) == Some(arg) {
        return Ok(if is_pointer_to_handle(cx, file, call) { unwrap_call(cx, file, call, arg) } else { Vec::new() });
    }
    if cx.cloned(file, call).is_some() {
        return Ok(clone_by_path(cx, file, call, arg));
    }
    match cx.inferred(file).values.get(&cx.peel_parens(file, callee)) {
        Some(ValueRes::Def(def)) => {
            if let Some(verdict) = pointers::called(cx, file, call, callee) {
                return verdict;
            }
            let ExprKind::Call { args, .. } = &cx.hir(file)[call].kind else { return Ok(Vec::new()) };
            let takes_self = cx.program.fn_item(*def).is_some_and(|function| function.self_param.is_some());
            let index = args.iter().position(|&other| other == arg);
            match index.and_then(|index| declared_param(cx, *def, index.checked_sub(usize::from(takes_self))?)) {
                Some(ty) if pointers::is_generic_pointer(cx, &ty) => Err(generic_pointer()),
                _ => Ok(Vec::new()),
            }
        }
        Some(ValueRes::Local(_)) => Ok(Vec::new()),
        Some(ValueRes::Extern(path)) if path == "derived::from" && cx.ty(file, call) == cx.ty(file, arg) => {
            Ok(unwrap_call(cx, file, call, arg))
        }
        Some(ValueRes::Extern(path)) if !cx.program.is_model_path(path) => Err(unfollowed(&format!("`{path}`"))),
        _ if is_function_value(cx.ty(file, callee)) => Ok(Vec::new()),
        _ => Err(unfollowed(&format!("`{}`", cx.expr_text(file, callee)))),
    }
}

/// Closures and function pointers, also boxed ones.
fn is_function_value(ty: &Ty) -> bool {
    match ty {
        Ty::Fn(..) => true,
        Ty::Ref(inner) => is_function_value(inner),
        Ty::Adt(_, args) => matches!(args.as_slice(), [inner] if is_function_value(inner)),
        _ => false,
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
            let is_handle = matches!(cx.handle(file, expr), Some(Tracked::State | Tracked::CoreSession));
            (is_handle && !is_definition_path(cx, file, expr))
                || pointers::is_function(cx, file, expr)
                || looks_through_pointer(cx, file, expr)
        })
        .collect()
}

fn is_definition_path(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    cx.value_def(file, expr).is_some_and(|def| !matches!(cx.program.def(def).kind, DefKind::Static | DefKind::Const))
}
