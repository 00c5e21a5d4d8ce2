//! Where options and configurations pass: what stays as it is when they are sinks, what changes, what cannot be followed.

use super::super::super::cx::{Change, Cx};
use super::super::super::hir::{ExprId, ExprKind, Parent, PatId, PatKind, Span, StmtKind};
use super::super::super::index::{DefId, FileIdx};
use super::super::super::infer::ValueRes;
use super::super::super::legacy::{Tracked, is_shared_pointer};
use super::super::super::outcome::Outcome;
use super::super::super::text::is_plain;
use super::super::super::ty::Ty;
use super::dead::arguments_of;
use super::sinks::{is_config, is_config_default, sink_type};

/// Whether a type is, or holds, an option or a configuration.
pub(crate) fn holds_options(cx: &Cx<'_>, ty: &Ty) -> bool {
    cx.legacy.mentioned(ty).iter().any(|kind| matches!(kind, Tracked::EngineOption | Tracked::Config))
}

/// Whether a type is an option itself, behind references.
pub(crate) fn is_option(cx: &Cx<'_>, ty: &Ty) -> bool {
    match ty.peeled() {
        Ty::Adt(pointer, args) => {
            is_shared_pointer(cx.resolver, *pointer)
                && matches!(args.as_slice(), [Ty::Adt(inner, _)] if cx.legacy.kind(*inner) == Some(Tracked::EngineOption))
        }
        _ => false,
    }
}

/// The changes that an expression holding options needs because of what it stands in.
///
/// # Errors
/// The report, where an option goes to something that takes no sink in its place, or cannot be followed.
pub(crate) fn use_of(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Result<Vec<Change>, Outcome> {
    if is_config_default(cx, file, expr) {
        return Ok(vec![cx.replace(file, cx.span(file, expr), "Vec::new()")]);
    }
    if let Some(call) = call_of_option(cx, file, expr) {
        return applied(cx, file, call, expr);
    }
    let hir = cx.hir(file);
    let Parent::Expr(parent) = hir[expr].parent else { return Ok(Vec::new()) };
    if is_lost(cx, file, parent) {
        return Err(unfollowed("a value whose type is not known"));
    }
    match &hir[parent].kind {
        ExprKind::MethodCall { receiver, method, .. } if *receiver == expr => {
            receiver_of(cx, file, parent, expr, &method.text)
        }
        ExprKind::MethodCall { method, .. } => {
            let is_known = cx.inferred(file).methods.contains_key(&parent) || holds_options(cx, cx.ty(file, parent));
            if is_known { Ok(Vec::new()) } else { Err(unfollowed(&format!("`{}`", method.text))) }
        }
        ExprKind::Call { callee, .. } if *callee == expr => Ok(Vec::new()),
        ExprKind::Call { callee, .. } => argument_of(cx, file, *callee, expr),
        ExprKind::Macro(call) => {
            let name = call.path.segments.last().map_or("", |last| last.name.text.as_str());
            match name {
                "vec" | "assert" | "assert_eq" | "assert_ne" | "debug_assert" | "matches" => Ok(Vec::new()),
                _ => Err(unfollowed(&format!("`{name}!`"))),
            }
        }
        ExprKind::Deref(_) if is_option(cx, cx.ty(file, expr)) && !matches!(cx.ty(file, expr), Ty::Ref(_)) => {
            Err(unfollowed("`*`"))
        }
        _ => Ok(Vec::new()),
    }
}

/// Whether a call gives a value of which nothing is known, and somebody takes it.
fn is_lost(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> bool {
    let hir = cx.hir(file);
    let is_call = matches!(hir[call].kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. });
    let is_dropped = match hir[call].parent {
        Parent::Stmt(stmt) => matches!(hir[stmt].kind, StmtKind::Expr { semi: true, .. }),
        _ => false,
    };
    is_call && !is_dropped && *cx.ty(file, call) == Ty::Unknown
}

/// What is said of an option that leaves what the tool can follow.
pub(crate) fn unfollowed(what: &str) -> Outcome {
    Outcome::report(
        format!("the options go to {what}, where the tool cannot follow them"),
        "pass sinks (`Vec<Arc<dyn EventSink>>`) there instead of options, then run the tool again",
    )
}

/// `option(&mut config)`, `(*option)(&mut config)`, `(self.option)(&mut config)`: the call.
fn call_of_option(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<ExprId> {
    let hir = cx.hir(file);
    if !is_option(cx, cx.ty(file, expr)) {
        return None;
    }
    let mut at = expr;
    loop {
        let Parent::Expr(parent) = hir[at].parent else { return None };
        match &hir[parent].kind {
            ExprKind::Paren(_) | ExprKind::Deref(_) => at = parent,
            ExprKind::Call { callee, .. } if *callee == at => return Some(parent),
            _ => return None,
        }
    }
}

/// `option(&mut config)` becomes `config.push(option)`.
fn applied(cx: &Cx<'_>, file: FileIdx, call: ExprId, option: ExprId) -> Result<Vec<Change>, Outcome> {
    let ExprKind::Call { args, .. } = &cx.hir(file)[call].kind else { return Ok(Vec::new()) };
    let place = args.first().and_then(|&config| place_of(cx, file, config));
    let (Some(place), true) = (place, is_plain(cx, file, option)) else {
        return Err(unfollowed("a call of its own"));
    };
    let text = cx.expr_text(file, option);
    let is_last = cx.local(file, option).is_some_and(|local| cx.uses_of(file, local).len() == 1)
        && !matches!(cx.ty(file, option), Ty::Ref(_));
    let given = if is_last { text.to_owned() } else { format!("{text}.clone()") };
    Ok(vec![cx.replace(file, cx.span(file, call), format!("{place}.push({given})"))])
}

/// What a `&mut Config` argument is a reference to, as the receiver of a method.
pub(crate) fn place_of<'a>(cx: &Cx<'a>, file: FileIdx, config: ExprId) -> Option<&'a str> {
    let config = cx.peel_parens(file, config);
    let place = match cx.hir(file)[config].kind {
        ExprKind::Ref { expr, .. } => expr,
        _ => config,
    };
    is_plain(cx, file, place).then(|| cx.expr_text(file, place))
}

/// Arguments of which nothing is known where options are wanted.
pub(crate) fn unknown_arguments(cx: &Cx<'_>, def: DefId, index: usize) -> Vec<(FileIdx, ExprId, Outcome)> {
    let Some(function) = cx.program.fn_item(def) else { return Vec::new() };
    let Some(param) = function.params.get(index) else { return Vec::new() };
    if !holds_options(cx, &cx.resolver.lower(param.ty, &cx.resolver.ty_scope(def))) {
        return Vec::new();
    }
    let shift = usize::from(function.self_param.is_some());
    let callers = cx.callers(def).iter();
    let given = callers.filter_map(|&(file, caller)| {
        let (args, index) = arguments_of(cx, file, caller, index, shift)?;
        Some((file, *args.get(index)?))
    });
    given.filter(|&(file, arg)| is_unknown(cx, file, arg)).map(|(file, arg)| (file, arg, untyped())).collect()
}

/// Values of which nothing is known in literals, where a field holds options.
pub(crate) fn unknown_values(cx: &Cx<'_>, def: DefId, name: &str) -> Vec<(FileIdx, ExprId, Outcome)> {
    let is_options = cx.resolver.field_types(def, &[]).iter().any(|(own, ty, _)| own == name && holds_options(cx, ty));
    let mut found = Vec::new();
    let literals = cx.inferred.iter().flat_map(|(&file, inferred)| {
        inferred.literals.iter().filter(|(_, own)| **own == def).map(move |(&literal, _)| (file, literal))
    });
    for (file, literal) in literals.filter(|_| is_options) {
        let ExprKind::Struct { fields, .. } = &cx.hir(file)[literal].kind else { continue };
        let value = fields.iter().find(|field| field.name.text == name).map(|field| field.value);
        found.extend(value.filter(|&value| is_unknown(cx, file, value)).map(|value| (file, value, untyped())));
    }
    found.sort_by_key(|(file, value, _)| (*file, *value));
    found
}

/// A struct that derives what a vector of sinks lacks, with a configuration inside.
pub(crate) fn derived(cx: &Cx<'_>, def: DefId, name: &str) -> Option<Outcome> {
    let types = cx.resolver.field_types(def, &[]);
    let holds = types.iter().any(|(own, ty, _)| own == name && cx.legacy.mentioned(ty).contains(&Tracked::Config));
    let item = cx.program.item(def)?;
    let source = cx.source(cx.program.def(def).file);
    let debug = item.attrs.iter().any(|attr| attr.path == "derive" && source[attr.span.range()].contains("Debug"));
    (holds && debug).then(|| {
        Outcome::report(
            "the type derives `Debug` and holds a configuration; sinks cannot be printed",
            "implement `Debug` by hand without the sinks, then run the tool again",
        )
    })
}

pub(crate) fn is_unknown(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    *cx.ty(file, expr) == Ty::Unknown
        && !super::super::super::text::is_none(cx, file, expr)
        && !super::sinks::is_told_by_context(cx, file, expr)
}

pub(crate) fn untyped() -> Outcome {
    Outcome::report(
        "options come from an expression whose type the tool does not know",
        "make it give sinks (`Vec<Arc<dyn EventSink>>`), then run the tool again",
    )
}

fn receiver_of(
    cx: &Cx<'_>,
    file: FileIdx,
    call: ExprId,
    receiver: ExprId,
    method: &str,
) -> Result<Vec<Change>, Outcome> {
    if matches!(method, "clone" | "to_owned") {
        return Ok(Vec::new());
    }
    match cx.inferred(file).methods.get(&call) {
        Some(&def) if !cx.program.is_model(def) => Ok(Vec::new()),
        Some(_) if takes_unknown(cx, file, call, method) => Err(untyped()),
        Some(_) if !is_option(cx, cx.ty(file, receiver)) => Ok(Vec::new()),
        _ => Err(unfollowed(&format!("`{method}`"))),
    }
}

/// Whether a value of which nothing is known is put beside options.
fn takes_unknown(cx: &Cx<'_>, file: FileIdx, call: ExprId, method: &str) -> bool {
    let takes_items = [
        "push",
        "push_back",
        "push_front",
        "insert",
        "extend",
        "append",
        "chain",
        "extend_from_slice",
        "unwrap_or",
        "or",
        "replace",
        "get_or_insert",
        "or_insert",
    ];
    let ExprKind::MethodCall { args, .. } = &cx.hir(file)[call].kind else { return false };
    takes_items.contains(&method) && args.last().is_some_and(|&arg| is_unknown(cx, file, arg))
}

/// Results of which nothing is known, where a function gives options.
pub(crate) fn unknown_results(cx: &Cx<'_>, def: DefId) -> Vec<(FileIdx, ExprId, Outcome)> {
    let Some(function) = cx.program.fn_item(def) else { return Vec::new() };
    let scope = cx.resolver.ty_scope(def);
    let gives_options = function.ret.is_some_and(|ret| holds_options(cx, &cx.resolver.lower(ret, &scope)));
    let (Some(body), true) = (function.body, gives_options) else { return Vec::new() };
    let file = cx.program.def(def).file;
    let hir = cx.hir(file);
    let returned = hir.descendants(body).filter_map(|at| match hir[at].kind {
        ExprKind::Return(Some(value)) => Some(value),
        _ => None,
    });
    let tail = match &hir[body].kind {
        ExprKind::Block { stmts, .. } => stmts.last().and_then(|&last| match hir[last].kind {
            StmtKind::Expr { expr, semi: false } => Some(expr),
            _ => None,
        }),
        _ => Some(body),
    };
    let is_value = |&value: &ExprId| {
        matches!(
            hir[value].kind,
            ExprKind::Call { .. } | ExprKind::MethodCall { .. } | ExprKind::Path(_) | ExprKind::Field { .. }
        ) && is_unknown(cx, file, value)
    };
    returned.chain(tail).filter(is_value).map(|value| (file, value, untyped())).collect()
}

fn argument_of(cx: &Cx<'_>, file: FileIdx, callee: ExprId, arg: ExprId) -> Result<Vec<Change>, Outcome> {
    if is_option(cx, cx.ty(file, callee)) {
        return Ok(Vec::new());
    }
    match cx.inferred(file).values.get(&cx.peel_parens(file, callee)) {
        Some(ValueRes::Def(def)) => {
            let path = cx.assoc_path(*def);
            let on_pointer = path.starts_with("std::sync::Arc::") && path != "std::sync::Arc::clone";
            match on_pointer && is_option(cx, cx.ty(file, arg)) {
                true => Err(unfollowed(&format!("`{path}`"))),
                false => Ok(Vec::new()),
            }
        }
        Some(ValueRes::Extern(path)) if path.starts_with("derived::") => Ok(Vec::new()),
        Some(ValueRes::Local(_)) if matches!(cx.ty(file, callee), Ty::Fn(..)) => Ok(Vec::new()),
        _ => Err(unfollowed(&format!("`{}`", cx.expr_text(file, callee)))),
    }
}

/// `apply_options(&mut config, options)` becomes `config.extend(options)`.
pub(crate) fn apply_options(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> Result<Vec<Change>, Outcome> {
    let ExprKind::Call { args, .. } = &cx.hir(file)[call].kind else { return Err(unfollowed("a call")) };
    let [config, options] = args.as_slice() else { return Err(unfollowed("a call")) };
    let Some(place) = place_of(cx, file, *config) else { return Err(unfollowed("a configuration")) };
    let head = Span { start: cx.span(file, call).start, end: cx.span(file, *options).start };
    let tail = Span { start: cx.span(file, *options).end, end: cx.span(file, call).end };
    Ok(vec![cx.replace(file, head, format!("{place}.extend(")), cx.replace(file, tail, ")")])
}

/// `Config { event_sinks: x }` becomes `x`.
pub(crate) fn config_literal(cx: &Cx<'_>, file: FileIdx, literal: ExprId) -> Result<Vec<Change>, Outcome> {
    let ExprKind::Struct { fields, .. } = &cx.hir(file)[literal].kind else { return Err(unfollowed("a literal")) };
    let whole = cx.span(file, literal);
    match fields.first() {
        Some(field) => {
            let value = cx.span(file, field.value);
            let head = Span { start: whole.start, end: value.start };
            let tail = Span { start: value.end, end: whole.end };
            Ok(vec![cx.replace(file, head, ""), cx.replace(file, tail, "")])
        }
        None => Ok(vec![cx.replace(file, whole, "Vec::new()")]),
    }
}

/// `Config { event_sinks }` in a pattern becomes `event_sinks`.
pub(crate) fn config_pattern(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> Change {
    let hir = cx.hir(file);
    let inner = match &hir[pat].kind {
        PatKind::Struct { fields, .. } => fields.first().map(|field| cx.text(file, hir[field.pat].span)),
        _ => None,
    };
    cx.replace(file, hir[pat].span, inner.unwrap_or("_"))
}

/// `config.event_sinks` becomes `config`.
pub(crate) fn config_field(cx: &Cx<'_>, file: FileIdx, access: ExprId) -> Result<Vec<Change>, Outcome> {
    let hir = cx.hir(file);
    let ExprKind::Field { base, .. } = hir[access].kind else { return Err(unfollowed("a field")) };
    let gone = Span { start: cx.span(file, base).end, end: cx.span(file, access).end };
    let mut changes = vec![cx.replace(file, gone, "")];
    let by_place = match hir[access].parent {
        Parent::Expr(parent) => match &hir[parent].kind {
            ExprKind::Ref { .. } => true,
            ExprKind::Assign { lhs, .. } => *lhs == access,
            _ => false,
        },
        _ => false,
    };
    if by_place && matches!(cx.ty(file, base), Ty::Ref(_)) {
        changes.push(cx.insert(file, cx.span(file, base).start, "*"));
    }
    Ok(changes)
}

/// A closure written as an option: one that only adds a sink is that sink.
///
/// # Errors
/// The report, where it does something else.
pub(crate) fn closure(cx: &Cx<'_>, file: FileIdx, closure: ExprId) -> Result<Vec<Change>, Outcome> {
    let whole = cx.parent_expr(file, closure).filter(|&parent| cx.pointer_new(file, parent) == Some(closure));
    let (Some(whole), Some(sink)) = (whole, pushed_sink(cx, file, closure)) else { return Err(does_more()) };
    let text = cx.expr_text(file, sink);
    let ty = sink_type(cx, file, cx.program.scope_of_expr(file, whole));
    let needs_cast = !super::sinks::is_trait_object(cx, file, sink) && !super::sinks::expects_sink(cx, file, whole);
    let given = if needs_cast { format!("{text} as {ty}") } else { text.to_owned() };
    Ok(vec![cx.replace(file, cx.span(file, whole), given)])
}

fn does_more() -> Outcome {
    Outcome::report(
        "this option does more than adding a sink, which nothing in the new API stands for",
        "let the function that makes the engine take the sinks (`Vec<Arc<dyn EventSink>>`) and do there what the option \
         did to `config.event_sinks`, then run the tool again",
    )
}

/// The sink of `|config| config.event_sinks.push(sink)`.
fn pushed_sink(cx: &Cx<'_>, file: FileIdx, closure: ExprId) -> Option<ExprId> {
    let hir = cx.hir(file);
    let ExprKind::Closure { params, body, .. } = &hir[closure].kind else { return None };
    let [(param, _)] = params.as_slice() else { return None };
    let mut at = *body;
    while let ExprKind::Block { stmts, .. } = &hir[at].kind {
        let [only] = stmts.as_slice() else { return None };
        let StmtKind::Expr { expr, .. } = hir[*only].kind else { return None };
        at = expr;
    }
    let ExprKind::MethodCall { receiver, method, args, .. } = &hir[at].kind else { return None };
    let ExprKind::Field { base, .. } = hir[*receiver].kind else { return None };
    let sink = *args.first()?;
    let adds = method.text == "push" && args.len() == 1 && cx.local(file, base) == Some(*param);
    (adds && is_config(cx, cx.ty(file, base).peeled()) && is_plain(cx, file, sink)).then_some(sink)
}
