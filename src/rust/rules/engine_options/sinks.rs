//! Sinks in place of options: `with_sink(x)` becomes `x`, with the coercion said where nothing around says it.

use super::super::super::cx::{Change, Cx};
use super::super::super::hir::{
    BlockFlavour, ExprId, ExprKind, ItemKind, MacroContent, Parent, PatId, PatKind, PatParent, Span, StmtKind, TypeKind,
};
use super::super::super::index::{DefId, DefKind, FileIdx};
use super::super::super::infer::ValueRes;
use super::super::super::legacy::Tracked;
use super::super::super::resolve::{Namespace, Res};
use super::super::super::text::unwrap_call;
use super::super::super::ty::Ty;
use super::sink_of;

/// `Arc`, or its full path where the scope does not have it.
pub(crate) fn arc_name(cx: &Cx<'_>, scope: DefId) -> &'static str {
    let found = cx.resolver.names(scope, &["Arc"], false, Namespace::Type).map(|found| found.res);
    let is_std = matches!(found, Some(Res::Def(def)) if cx.resolver.known("std::sync::Arc") == Some(def));
    if is_std { "Arc" } else { "std::sync::Arc" }
}

/// `Arc<dyn EventSink>` as code in a scope writes it.
pub(crate) fn sink_type(cx: &Cx<'_>, file: FileIdx, scope: DefId) -> String {
    format!("{}<dyn {}>", arc_name(cx, scope), cx.name(file, scope, "events::EventSink"))
}

/// `with_sink(sink)` becomes `sink`.
pub(crate) fn unwrap_option(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> Vec<Change> {
    let Some(sink) = sink_of(cx, file, call) else { return Vec::new() };
    if let Some(map) = identity_map(cx, file, call) {
        return vec![map];
    }
    let mut changes = unwrap_call(cx, file, call, sink);
    if is_trait_object(cx, file, sink) || expects_sink(cx, file, call) {
        return changes;
    }
    let ty = sink_type(cx, file, cx.program.scope_of_expr(file, call));
    let (start, end) = (cx.span(file, call).start, cx.span(file, call).end);
    let (open, close) = match is_told_by_context(cx, file, sink) {
        true => (format!("{{ let sink: {ty} = "), "; sink }".to_owned()),
        false => {
            let outer = if binds_tighter(cx, file, call) { ("(", ")") } else { ("", "") };
            let inner = if is_postfix(cx, file, sink) { ("", "") } else { ("(", ")") };
            (format!("{}{}", outer.0, inner.0), format!("{} as {ty}{}", inner.1, outer.1))
        }
    };
    let inner = cx.span(file, sink);
    changes.clear();
    changes.push(cx.replace(file, Span { start, end: inner.start }, open));
    changes.push(cx.replace(file, Span { start: inner.end, end }, close));
    changes
}

/// `with_sink` named as a value: a mapping by it goes, elsewhere a closure takes its place.
pub(crate) fn unwrap_value(cx: &Cx<'_>, file: FileIdx, value: ExprId) -> Vec<Change> {
    if let Some(map) = mapping(cx, file, value) {
        return vec![map];
    }
    let ty = sink_type(cx, file, cx.program.scope_of_expr(file, value));
    vec![cx.replace(file, cx.span(file, value), format!("|sink: {ty}| sink"))]
}

/// The `.map(f)` that maps sinks to options by just `f`.
fn mapping(cx: &Cx<'_>, file: FileIdx, function: ExprId) -> Option<Change> {
    let call = cx.parent_expr(file, function)?;
    let ExprKind::MethodCall { receiver, method, args, .. } = &cx.hir(file)[call].kind else { return None };
    let is_std = cx.inferred(file).methods.get(&call).is_some_and(|&def| cx.program.is_model(def));
    if method.text != "map" || !is_std || args.len() != 1 {
        return None;
    }
    let gone = Span { start: cx.span(file, *receiver).end, end: cx.span(file, call).end };
    Some(cx.replace(file, gone, ""))
}

/// The `.map(…)` around `|sink| with_sink(sink)`, where `sink` needs no coercion.
fn identity_map(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> Option<Change> {
    let sink = sink_of(cx, file, call)?;
    let closure = cx.parent_expr(file, call)?;
    let ExprKind::Closure { params, body, .. } = &cx.hir(file)[closure].kind else { return None };
    let [(pat, None)] = params.as_slice() else { return None };
    let same = cx.local(file, sink) == Some(*pat) && cx.peel_parens(file, *body) == call;
    (same && is_sink_type(cx, cx.ty(file, sink))).then(|| mapping(cx, file, closure))?
}

/// Whether a type is `Arc<dyn EventSink>`.
pub(crate) fn is_sink_type(cx: &Cx<'_>, ty: &Ty) -> bool {
    let (arc, sink) = (cx.resolver.known("std::sync::Arc"), cx.resolver.known("geppetto_runtime::events::EventSink"));
    match ty {
        Ty::Adt(def, args) if Some(*def) == arc => {
            matches!(args.as_slice(), [Ty::Trait(inner, _)] if Some(*inner) == sink)
        }
        _ => false,
    }
}

/// Whether an expression surely is an `Arc<dyn EventSink>` whatever stands around it.
pub(crate) fn is_trait_object(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let expr = cx.peel_parens(file, expr);
    if !is_sink_type(cx, cx.ty(file, expr)) {
        return false;
    }
    if let Some(inner) = cx.cloned(file, expr) {
        return is_trait_object(cx, file, inner)
            || matches!(cx.ty(file, inner), Ty::Ref(of) if is_sink_type(cx, of) && is_said(cx, file, inner));
    }
    match &cx.hir(file)[expr].kind {
        ExprKind::Call { callee, .. } => cx.value_def(file, *callee).is_some_and(|def| !cx.program.is_model(def)),
        ExprKind::MethodCall { .. } | ExprKind::Field { .. } | ExprKind::Cast { .. } => true,
        _ => is_said(cx, file, expr),
    }
}

/// Whether the type of a local is written, or that of what it is taken from.
fn is_said(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let hir = cx.hir(file);
    let Some(local) = cx.local(file, expr) else {
        return match hir[expr].kind {
            ExprKind::Ref { expr, .. } => is_trait_object(cx, file, expr),
            _ => true,
        };
    };
    match hir[local].parent {
        PatParent::Stmt(stmt) => match hir[stmt].kind {
            StmtKind::Let { ty: Some(_), .. } => true,
            StmtKind::Let { init: Some(init), .. } => is_trait_object(cx, file, init),
            _ => false,
        },
        _ => true,
    }
}

/// Whether the type of an expression is only found from where it stands.
pub(crate) fn is_told_by_context(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let expr = cx.peel_parens(file, expr);
    match &cx.hir(file)[expr].kind {
        ExprKind::MethodCall { method, .. } => {
            matches!(method.text.as_str(), "into" | "try_into" | "parse" | "collect")
        }
        ExprKind::Call { .. } => ["std::default::Default::default", "std::sync::Arc::default", "std::sync::Arc::from"]
            .iter()
            .any(|path| cx.calls_known(file, expr, path).is_some()),
        ExprKind::Macro(call) => matches!(
            call.path.segments.last().map(|last| last.name.text.as_str()),
            Some("todo" | "unimplemented" | "panic" | "unreachable")
        ),
        ExprKind::If { .. } | ExprKind::Match { .. } | ExprKind::Block { .. } => true,
        _ => false,
    }
}

fn is_postfix(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    matches!(
        cx.hir(file)[expr].kind,
        ExprKind::Path(_)
            | ExprKind::Lit(_)
            | ExprKind::Call { .. }
            | ExprKind::MethodCall { .. }
            | ExprKind::Field { .. }
            | ExprKind::Paren(_)
            | ExprKind::Index { .. }
            | ExprKind::Try(_)
            | ExprKind::Await(_)
            | ExprKind::Macro(_)
            | ExprKind::Cast { .. }
            | ExprKind::Deref(_)
    )
}

/// Whether what stands around an expression would take a part of `x as T`.
fn binds_tighter(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let Parent::Expr(parent) = cx.hir(file)[expr].parent else { return false };
    match &cx.hir(file)[parent].kind {
        ExprKind::MethodCall { receiver, .. } => *receiver == expr,
        ExprKind::Call { callee, .. } => *callee == expr,
        ExprKind::Field { .. } | ExprKind::Try(_) | ExprKind::Await(_) | ExprKind::Ref { .. } => true,
        ExprKind::Index { base, .. } => *base == expr,
        ExprKind::Deref(_) | ExprKind::Unary { .. } => true,
        _ => false,
    }
}

/// Whether the place of an option says its type, so that a sink coerces there.
pub(crate) fn expects_sink(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let hir = cx.hir(file);
    match hir[expr].parent {
        Parent::Stmt(stmt) => match &hir[stmt].kind {
            StmtKind::Let { ty, pat, init: Some(init), .. } => {
                *init == expr && (ty.is_some() || annotation(cx, file, *pat, *init).is_some())
            }
            StmtKind::Expr { semi: false, .. } => {
                let block = hir[stmt].block;
                let is_plain_block = matches!(hir[block].kind, ExprKind::Block { .. });
                is_plain_block && expects_sink(cx, file, block)
            }
            _ => false,
        },
        Parent::Item(item) => match &hir[item].kind {
            ItemKind::Fn(function) => function.ret.is_some_and(|ret| !matches!(hir[ret].kind, TypeKind::ImplTrait(_))),
            ItemKind::Const { .. } | ItemKind::Static { .. } => true,
            _ => false,
        },
        Parent::Expr(parent) => expected_by(cx, file, parent, expr),
        Parent::Pat(_) => false,
    }
}

fn expected_by(cx: &Cx<'_>, file: FileIdx, parent: ExprId, expr: ExprId) -> bool {
    let hir = cx.hir(file);
    match &hir[parent].kind {
        ExprKind::Paren(_) | ExprKind::Tuple(_) => expects_sink(cx, file, parent),
        ExprKind::Array(parts) => follows_sink(cx, file, parts, expr) || expects_sink(cx, file, parent),
        ExprKind::Block { flavour: BlockFlavour::Plain, .. } => expects_sink(cx, file, parent),
        ExprKind::If { condition, .. } => *condition != expr && expects_sink(cx, file, parent),
        ExprKind::Match { scrutinee, .. } => *scrutinee != expr && expects_sink(cx, file, parent),
        ExprKind::Macro(call) => {
            let is_vec = call.path.segments.last().is_some_and(|last| last.name.text == "vec");
            let MacroContent::Exprs(parts) = &call.content else { return false };
            is_vec && (follows_sink(cx, file, parts, expr) || expects_sink(cx, file, parent))
        }
        ExprKind::Assign { rhs, .. } => *rhs == expr,
        ExprKind::Cast { .. } | ExprKind::Struct { .. } | ExprKind::Closure { ret: Some(_), .. } => true,
        ExprKind::Return(_) => returns_from_function(cx, file, parent),
        ExprKind::Call { callee, args } => {
            let Some(index) = args.iter().position(|&arg| arg == expr) else { return false };
            match cx.inferred(file).values.get(&cx.peel_parens(file, *callee)) {
                Some(ValueRes::Def(def)) => argument_expects(cx, file, parent, *def, index),
                _ => false,
            }
        }
        ExprKind::MethodCall { method, args, receiver, .. } => {
            let Some(index) = args.iter().position(|&arg| arg == expr) else { return false };
            match cx.inferred(file).methods.get(&parent) {
                Some(&def) if !cx.program.is_model(def) => param_expects(cx, def, index),
                Some(&def) if cx.legacy.method(def) == Some("create_engine") => true,
                Some(_) => {
                    let takes_item = ["push", "push_back", "push_front", "insert", "replace", "get_or_insert"];
                    takes_item.contains(&method.text.as_str()) && expr != *receiver
                }
                None => false,
            }
        }
        _ => false,
    }
}

/// Whether an item of an array stands behind one that says the type of all.
fn follows_sink(cx: &Cx<'_>, file: FileIdx, parts: &[ExprId], expr: ExprId) -> bool {
    parts.first().is_some_and(|&first| first != expr && sink_of(cx, file, first).is_some())
}

fn returns_from_function(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let hir = cx.hir(file);
    let in_closure = cx.ancestors(file, expr).any(|at| {
        matches!(hir[at].kind, ExprKind::Closure { .. } | ExprKind::Block { flavour: BlockFlavour::Async { .. }, .. })
    });
    !in_closure
}

fn argument_expects(cx: &Cx<'_>, file: FileIdx, call: ExprId, def: DefId, index: usize) -> bool {
    if cx.program.is_model(def) {
        if cx.legacy.function(def).is_some() {
            return true;
        }
        let path = cx.assoc_path(def);
        let wraps = ["std::option::Option::Some", "std::result::Result::Ok", "std::result::Result::Err"];
        let is_wrapper = wraps.contains(&path.as_str()) || wraps.contains(&cx.program.path_of(def).as_str());
        return is_wrapper && expects_sink(cx, file, call);
    }
    match cx.program.def(def).kind {
        DefKind::Fn => {
            let takes_self = cx.program.fn_item(def).is_some_and(|function| function.self_param.is_some());
            index.checked_sub(usize::from(takes_self)).is_some_and(|index| param_expects(cx, def, index))
        }
        DefKind::Struct | DefKind::Variant(_) => true,
        _ => false,
    }
}

/// Whether a parameter's written type is no generic one.
fn param_expects(cx: &Cx<'_>, def: DefId, index: usize) -> bool {
    let Some(param) = cx.program.fn_item(def).and_then(|function| function.params.get(index)) else { return false };
    let scope = cx.resolver.ty_scope(def);
    let ty = cx.resolver.lower(param.ty, &scope);
    let iter = cx.resolver.known("std::iter::Iter");
    !ty.any(&mut |part| matches!(part, Ty::Param(_)) || matches!(part, Ty::Adt(def, _) if Some(*def) == iter))
}

/// What is written behind a local without a type whose type is only found from the options put into it.
pub(crate) fn annotation(cx: &Cx<'_>, file: FileIdx, pat: PatId, init: ExprId) -> Option<String> {
    if !matches!(cx.hir(file)[pat].kind, PatKind::Bind { sub: None, .. }) || !leaves_type_open(cx, file, init) {
        return None;
    }
    written(cx, file, cx.program.scope_of_expr(file, init), cx.inferred(file).bindings.get(&pat)?)
}

/// Whether an initializer says nothing of the type of its items, or something else once options are sinks.
fn leaves_type_open(cx: &Cx<'_>, file: FileIdx, init: ExprId) -> bool {
    let init = cx.peel_parens(file, init);
    if sink_of(cx, file, init).is_some() {
        return true;
    }
    match &cx.hir(file)[init].kind {
        ExprKind::Macro(call) => call.path.segments.last().is_some_and(|last| last.name.text == "vec"),
        ExprKind::If { .. } | ExprKind::Match { .. } => true,
        ExprKind::Path(_) => super::super::super::text::is_none(cx, file, init),
        ExprKind::Call { .. } => {
            let open = [
                "std::vec::Vec::new",
                "std::vec::Vec::default",
                "std::vec::Vec::with_capacity",
                "std::vec::Vec::from",
                "std::default::Default::default",
                "std::option::Option::Some",
            ];
            is_config_default(cx, file, init) || open.iter().any(|path| cx.calls_known(file, init, path).is_some())
        }
        ExprKind::Struct { .. } => is_config(cx, cx.ty(file, init)),
        _ => false,
    }
}

/// Whether an expression makes a default configuration.
pub(crate) fn is_config_default(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let ExprKind::Call { callee, args } = &cx.hir(file)[expr].kind else { return false };
    let is_default = match cx.inferred(file).values.get(&cx.peel_parens(file, *callee)) {
        Some(ValueRes::Extern(path)) => path == "derived::default",
        Some(ValueRes::Def(def)) => cx.program.path_of(*def) == "std::default::Default::default",
        _ => false,
    };
    is_default && args.is_empty() && is_config(cx, cx.ty(file, expr))
}

pub(crate) fn is_config(cx: &Cx<'_>, ty: &Ty) -> bool {
    matches!(ty, Ty::Adt(def, _) if cx.legacy.kind(*def) == Some(Tracked::Config))
}

/// A type with sinks in place of options, as code in a scope writes it.
fn written(cx: &Cx<'_>, file: FileIdx, scope: DefId, ty: &Ty) -> Option<String> {
    let Ty::Adt(def, args) = ty else { return None };
    let known = |path: &str| cx.resolver.known(path) == Some(*def);
    if is_config(cx, ty) {
        return Some(format!("Vec<{}>", sink_type(cx, file, scope)));
    }
    match args.as_slice() {
        [Ty::Adt(inner, _)] if cx.legacy.kind(*inner) == Some(Tracked::EngineOption) && known("std::sync::Arc") => {
            Some(sink_type(cx, file, scope))
        }
        [inner] if known("std::vec::Vec") => Some(format!("Vec<{}>", written(cx, file, scope, inner)?)),
        [inner] if known("std::option::Option") => Some(format!("Option<{}>", written(cx, file, scope, inner)?)),
        _ => None,
    }
}
