//! Whether it matters when an expression is evaluated.

use super::cx::Cx;
use super::hir::{BlockFlavour, ExprId, ExprKind, MacroContent, StmtKind};
use super::index::{DefId, DefKind, FileIdx};
use super::infer::ValueRes;

const DEPTH: usize = 8;

/// Whether evaluating an expression does nothing but make a value of constants, literals and the locals that it names:
/// it may happen earlier, later, twice or never.
pub(crate) fn is_pure(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    pure(cx, file, expr, DEPTH)
}

/// Whether a use of a local may take its value away.
pub(crate) fn is_taken(cx: &Cx<'_>, file: FileIdx, use_: ExprId) -> bool {
    match cx.parent_expr(file, use_).map(|parent| &cx.hir(file)[parent].kind) {
        Some(ExprKind::MethodCall { receiver, method, .. }) => *receiver != use_ || method.text.starts_with("into"),
        Some(ExprKind::Macro(call)) => call.path.segments.last().is_none_or(|last| last.name.text == "vec"),
        Some(ExprKind::Ref { .. } | ExprKind::Field { .. } | ExprKind::Deref(_)) => false,
        _ => true,
    }
}

/// Whether an expression names a local whose value another one may take away.
pub(crate) fn needs_what_is_taken(cx: &Cx<'_>, file: FileIdx, expr: ExprId, taker: ExprId) -> bool {
    let inside = |at: ExprId, whole: ExprId| cx.span(file, whole).contains(cx.span(file, at));
    cx.locals_in(file, expr)
        .into_iter()
        .any(|local| cx.uses_of(file, local).iter().any(|&use_| inside(use_, taker) && is_taken(cx, file, use_)))
}

fn pure(cx: &Cx<'_>, file: FileIdx, expr: ExprId, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let all = |exprs: &[ExprId]| exprs.iter().all(|&expr| pure(cx, file, expr, depth));
    match &cx.hir(file)[expr].kind {
        ExprKind::Lit(_) => true,
        ExprKind::Path(_) => is_constant(cx, file, expr),
        ExprKind::Ref { mutable: false, expr }
        | ExprKind::Paren(expr)
        | ExprKind::Field { base: expr, .. }
        | ExprKind::Cast { expr, .. } => pure(cx, file, *expr, depth),
        ExprKind::Tuple(parts) | ExprKind::Array(parts) => all(parts),
        ExprKind::Struct { fields, rest, .. } => {
            fields.iter().map(|field| field.value).chain(*rest).all(|value| pure(cx, file, value, depth))
        }
        ExprKind::Binary { op, lhs, rhs } => {
            matches!(op.as_str(), "==" | "!=" | "<" | ">" | "<=" | ">=" | "&&" | "||") && all(&[*lhs, *rhs])
        }
        ExprKind::If { condition, then, otherwise: Some(otherwise) } => all(&[*condition, *then, *otherwise]),
        ExprKind::Macro(call) => {
            let name = call.path.segments.last().map_or("", |last| last.name.text.as_str());
            let content = matches!(&call.content, MacroContent::Exprs(exprs) if all(exprs));
            matches!(name, "format" | "vec" | "concat" | "stringify" | "line") && content
        }
        ExprKind::MethodCall { receiver, method, args, .. } => {
            let known = match cx.inferred(file).methods.get(&expr) {
                Some(&def) if cx.program.is_model(def) => is_of_turns(cx, def) || makes_a_value(&method.text),
                Some(&def) => is_pure_function(cx, def, depth),
                None => makes_a_value(&method.text),
            };
            known && pure(cx, file, *receiver, depth) && all(args)
        }
        ExprKind::Call { callee, args } => {
            cx.value_def(file, *callee).is_some_and(|def| is_pure_callee(cx, def, depth)) && all(args)
        }
        ExprKind::Block { stmts, flavour: BlockFlavour::Plain, label: None } => {
            stmts.iter().all(|&stmt| match cx.hir(file)[stmt].kind {
                StmtKind::Let { init: Some(init), otherwise: None, .. } => pure(cx, file, init, depth),
                StmtKind::Expr { expr, semi: false } => pure(cx, file, expr, depth),
                StmtKind::Expr { expr, semi: true } => fills_local(cx, file, expr, depth),
                _ => false,
            })
        }
        _ => false,
    }
}

fn is_constant(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    match cx.inferred(file).values.get(&expr) {
        Some(ValueRes::Local(_)) => true,
        Some(ValueRes::Def(def)) => cx.program.def(*def).kind != DefKind::Static,
        _ => false,
    }
}

/// `turn.append(block)` on a local.
fn fills_local(cx: &Cx<'_>, file: FileIdx, expr: ExprId, depth: usize) -> bool {
    let ExprKind::MethodCall { receiver, method, args, .. } = &cx.hir(file)[expr].kind else { return false };
    method.text == "append"
        && cx.local(file, *receiver).is_some()
        && cx.inferred(file).methods.get(&expr).is_some_and(|&def| is_of_turns(cx, def))
        && args.iter().all(|&arg| pure(cx, file, arg, depth))
}

/// Methods that make a value of what they are called on, whatever that is.
fn makes_a_value(method: &str) -> bool {
    ["clone", "to_string", "to_owned", "into", "as_str", "as_ref", "as_deref", "trim", "len", "is_empty"]
        .contains(&method)
}

fn is_of_turns(cx: &Cx<'_>, def: DefId) -> bool {
    cx.program.is_model(def) && cx.assoc_path(def).starts_with("geppetto_runtime::turns::")
}

fn is_pure_callee(cx: &Cx<'_>, def: DefId, depth: usize) -> bool {
    if !cx.program.is_model(def) {
        return match cx.program.def(def).kind {
            DefKind::Struct | DefKind::Variant(_) => true,
            _ => is_pure_function(cx, def, depth),
        };
    }
    let known = [
        "geppetto::inference::core::Session::new",
        "geppetto::inference::state::InferenceState::new",
        "geppetto_runtime::context::Context::background",
        "std::string::String::from",
        "std::string::String::new",
        "std::vec::Vec::new",
        "std::option::Option::Some",
        "std::sync::Arc::clone",
        "std::sync::Arc::new",
        "std::default::Default::default",
    ];
    is_of_turns(cx, def)
        || known.contains(&cx.assoc_path(def).as_str())
        || known.contains(&cx.program.path_of(def).as_str())
}

fn is_pure_function(cx: &Cx<'_>, def: DefId, depth: usize) -> bool {
    let Some(function) = cx.program.fn_item(def) else { return false };
    match (function.body, function.is_async) {
        (Some(body), false) => pure(cx, cx.program.def(def).file, body, depth),
        _ => false,
    }
}
