//! What can be proven of values without running the program: turns that hold a block, ids that are not empty.

mod ids;
mod prompts;

use super::cx::{Cx, TraitMethod};
use super::gates;
use super::hir::{BlockFlavour, ExprId, ExprKind, ItemKind, MacroContent, Parent, PatId, PatKind, PatParent, StmtKind};
use super::index::{DefId, FileIdx};
use super::text::{is_none, some_of};

pub(crate) use ids::{IdKind, id_kind};
pub(crate) use prompts::may_be_prompted_with_nothing;

const DEPTH: usize = 8;

/// Whether a turn is proven to hold at least one block, so that a session starts on it.
pub(crate) fn turn_has_blocks(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    has_blocks(cx, file, expr, DEPTH)
}

/// Whether the turn in an option is proven to hold a block, where there is one.
pub(crate) fn option_has_blocks(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    some_has_blocks(cx, file, expr, DEPTH)
}

/// Whether an option is proven to hold a value.
pub(crate) fn is_always_some(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    always_some(cx, file, expr, DEPTH)
}

fn always_some(cx: &Cx<'_>, file: FileIdx, expr: ExprId, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let hir = cx.hir(file);
    match &hir[expr].kind {
        ExprKind::Paren(inner) => always_some(cx, file, *inner, depth),
        ExprKind::Path(_) => init_of(cx, file, expr).is_some_and(|init| always_some(cx, file, init, depth)),
        ExprKind::Call { callee, .. } => match cx.value_def(file, *callee) {
            Some(def) if cx.program.is_model(def) => some_of(cx, file, expr).is_some(),
            Some(def) => gives_always_some(cx, def, depth),
            None => false,
        },
        ExprKind::MethodCall { receiver, method, args, .. } => match (method_def(cx, file, expr), method.text.as_str())
        {
            (Some(def), _) if !cx.program.is_model(def) => gives_always_some(cx, def, depth),
            (_, "clone" | "map") => always_some(cx, file, *receiver, depth),
            (_, "or") => args.iter().any(|&arg| always_some(cx, file, arg, depth)),
            _ => false,
        },
        ExprKind::Block { stmts, flavour: BlockFlavour::Plain, label: None } => {
            match stmts.last().map(|&stmt| &hir[stmt].kind) {
                Some(StmtKind::Expr { expr, semi: false }) => always_some(cx, file, *expr, depth),
                _ => false,
            }
        }
        ExprKind::If { then, otherwise: Some(otherwise), .. } => {
            always_some(cx, file, *then, depth) && always_some(cx, file, *otherwise, depth)
        }
        ExprKind::Match { arms, .. } => {
            !arms.is_empty() && arms.iter().all(|arm| always_some(cx, file, arm.body, depth))
        }
        _ => false,
    }
}

/// Whether a function of the user's, which no trait lets others replace, never returns `None`.
fn gives_always_some(cx: &Cx<'_>, def: DefId, depth: usize) -> bool {
    let Some(function) = cx.program.fn_item(def) else { return false };
    let hir = cx.hir(cx.program.def(def).file);
    let leaves = |body| hir.descendants(body).any(|at| matches!(hir[at].kind, ExprKind::Try(_)));
    let is_plain = !function.is_async && cx.trait_method(def) == TraitMethod::None;
    is_plain
        && function.body.is_some_and(|body| !leaves(body))
        && every_value(cx, def, |file, value| always_some(cx, file, value, depth))
}

/// The initializer of a local that never gets another value.
fn init_of(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<ExprId> {
    let hir = cx.hir(file);
    let pat = cx.local(file, expr)?;
    let (PatKind::Bind { mutable: false, by_ref: false, sub: None, .. }, PatParent::Stmt(stmt)) =
        (&hir[pat].kind, hir[pat].parent)
    else {
        return None;
    };
    match hir[stmt].kind {
        StmtKind::Let { init, .. } => init,
        _ => None,
    }
}

fn has_blocks(cx: &Cx<'_>, file: FileIdx, expr: ExprId, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let hir = cx.hir(file);
    match &hir[expr].kind {
        ExprKind::Paren(inner) | ExprKind::Ref { expr: inner, .. } => has_blocks(cx, file, *inner, depth),
        ExprKind::Path(_) => cx.local(file, expr).is_some_and(|pat| local_has_blocks(cx, file, pat, expr, depth)),
        ExprKind::MethodCall { receiver, method, args, .. } => match method.text.as_str() {
            "clone" | "to_owned" if args.is_empty() => has_blocks(cx, file, *receiver, depth),
            "build" => builder_adds(cx, file, *receiver),
            "unwrap" | "expect" | "unwrap_or_default" | "unwrap_or_else" | "unwrap_or" => {
                method.text != "unwrap_or_default" && some_has_blocks(cx, file, *receiver, depth)
            }
            _ => method_def(cx, file, expr).is_some_and(|def| function_gives_blocks(cx, def, depth)),
        },
        ExprKind::Call { callee, .. } => {
            cx.value_def(file, *callee).is_some_and(|def| function_gives_blocks(cx, def, depth))
        }
        ExprKind::Struct { fields, .. } => fields
            .iter()
            .find(|field| field.name.text == "blocks")
            .is_some_and(|field| is_filled_vec(cx, file, field.value)),
        ExprKind::Try(inner) => some_has_blocks(cx, file, *inner, depth),
        ExprKind::Block { stmts, .. } => match stmts.last().map(|&stmt| &hir[stmt].kind) {
            Some(StmtKind::Expr { expr, semi: false }) => has_blocks(cx, file, *expr, depth),
            _ => false,
        },
        ExprKind::If { then, otherwise: Some(otherwise), .. } => {
            has_blocks(cx, file, *then, depth) && has_blocks(cx, file, *otherwise, depth)
        }
        ExprKind::Match { arms, .. } => {
            !arms.is_empty() && arms.iter().all(|arm| has_blocks(cx, file, arm.body, depth))
        }
        _ => false,
    }
}

fn method_def(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<DefId> {
    cx.inferred(file).methods.get(&expr).copied()
}

/// An engine gives back the turn it was given with its answer appended.
fn is_run(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    method_def(cx, file, expr).is_some_and(|def| cx.program.def(def).name.starts_with("run_inference"))
}

/// Whether the turn in an option or result is proven, where there is one.
fn some_has_blocks(cx: &Cx<'_>, file: FileIdx, expr: ExprId, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let hir = cx.hir(file);
    match &hir[expr].kind {
        ExprKind::Paren(inner) => some_has_blocks(cx, file, *inner, depth),
        ExprKind::Await(inner) => is_run(cx, file, *inner) || some_has_blocks(cx, file, *inner, depth),
        ExprKind::Call { callee, args } => match cx.value_def(file, *callee) {
            Some(def) if cx.program.is_model(def) => match (cx.program.def(def).name.as_str(), args.first()) {
                ("Some" | "Ok", Some(&inner)) => has_blocks(cx, file, inner, depth),
                ("Err", _) => true,
                _ => false,
            },
            Some(def) => every_value(cx, def, |file, value| some_has_blocks(cx, file, value, depth)),
            None => false,
        },
        ExprKind::MethodCall { receiver, method, args, .. } => match method_def(cx, file, expr) {
            Some(def) if !cx.program.is_model(def) => {
                every_value(cx, def, |file, value| some_has_blocks(cx, file, value, depth))
            }
            _ => combined_has_blocks(cx, file, *receiver, &method.text, args, depth),
        },
        ExprKind::Path(_) if init_of(cx, file, expr).is_some() => {
            init_of(cx, file, expr).is_some_and(|init| some_has_blocks(cx, file, init, depth))
        }
        ExprKind::Block { stmts, .. } => match stmts.last().map(|&stmt| &hir[stmt].kind) {
            Some(StmtKind::Expr { expr, semi: false }) => some_has_blocks(cx, file, *expr, depth),
            _ => false,
        },
        ExprKind::If { then, otherwise: Some(otherwise), .. } => {
            some_has_blocks(cx, file, *then, depth) && some_has_blocks(cx, file, *otherwise, depth)
        }
        ExprKind::Match { arms, .. } => {
            !arms.is_empty() && arms.iter().all(|arm| some_has_blocks(cx, file, arm.body, depth))
        }
        _ => is_none(cx, file, expr),
    }
}

/// What a method of options and results, or of a condition, makes of its receiver and arguments.
fn combined_has_blocks(
    cx: &Cx<'_>,
    file: FileIdx,
    receiver: ExprId,
    method: &str,
    args: &[ExprId],
    depth: usize,
) -> bool {
    let value = |arg: &ExprId| match cx.hir(file)[*arg].kind {
        ExprKind::Closure { body, .. } => body,
        _ => *arg,
    };
    let is_proven = args.first().is_some_and(|arg| has_blocks(cx, file, value(arg), depth));
    let receiver_is_proven = || some_has_blocks(cx, file, receiver, depth);
    match method {
        "then" | "then_some" | "map" => is_proven,
        "map_err" | "ok" | "filter" | "clone" | "cloned" | "take" | "inspect" => receiver_is_proven(),
        "or" | "or_else" => {
            receiver_is_proven() && args.first().is_some_and(|arg| some_has_blocks(cx, file, value(arg), depth))
        }
        _ => false,
    }
}

/// A chain of builder calls of which one adds a block.
fn builder_adds(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    match &cx.hir(file)[expr].kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            let adds = ["with_system_prompt", "with_user_prompt", "with_assistant_text", "with_block"];
            adds.contains(&method.text.as_str()) || builder_adds(cx, file, *receiver)
        }
        _ => false,
    }
}

fn is_filled_vec(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    match &cx.hir(file)[expr].kind {
        ExprKind::Macro(call) => matches!(&call.content, MacroContent::Exprs(items) if !items.is_empty()),
        _ => false,
    }
}

/// A local: what it was made of, or a block appended to it on the way to `at`.
fn local_has_blocks(cx: &Cx<'_>, file: FileIdx, pat: PatId, at: ExprId, depth: usize) -> bool {
    if appended_before(cx, file, pat, at) {
        return true;
    }
    let hir = cx.hir(file);
    match hir[pat].parent {
        PatParent::Stmt(stmt) => match hir[stmt].kind {
            StmtKind::Let { init: Some(init), .. } if !emptied_before(cx, file, pat, at) => {
                has_blocks(cx, file, init, depth)
            }
            _ => false,
        },
        PatParent::Item(item) => {
            let Some(def) = cx.program.def_of_item(file, item) else { return false };
            let ItemKind::Fn(function) = &hir[item].kind else { return false };
            let index = function.params.iter().position(|param| param.pat == pat);
            index.is_some_and(|index| every_caller_gives_blocks(cx, def, index, depth))
        }
        PatParent::Pat(outer) => ok_arm_of_run(cx, file, outer),
        PatParent::Expr(_) => false,
    }
}

/// `Ok(turn)` matched against an awaited run.
fn ok_arm_of_run(cx: &Cx<'_>, file: FileIdx, outer: PatId) -> bool {
    let hir = cx.hir(file);
    let PatParent::Expr(expr) = hir[outer].parent else { return false };
    let Some(source) = super::flow::matched_expr(hir, expr, outer) else { return false };
    matches!(hir[source].kind, ExprKind::Await(run) if is_run(cx, file, run))
}

/// `turn.append(…)` or `turn.blocks.push(…)` as a statement of the block around `at` or of one around that.
fn appended_before(cx: &Cx<'_>, file: FileIdx, pat: PatId, at: ExprId) -> bool {
    let hir = cx.hir(file);
    let around: Vec<ExprId> = cx.ancestors(file, at).collect();
    cx.uses_of(file, pat).iter().filter(|&&use_| hir[use_].span.end <= hir[at].span.start).any(|&use_| {
        let Some(stmt) = cx.stmt_of(file, use_).filter(|&stmt| !gates::is_gated(hir, hir[stmt].span)) else {
            return false;
        };
        let StmtKind::Expr { expr, .. } = hir[stmt].kind else { return false };
        let ExprKind::MethodCall { receiver, method, .. } = &hir[expr].kind else { return false };
        let on_turn = cx.local(file, *receiver) == Some(pat) && method.text == "append";
        let on_blocks = method.text == "push"
            && matches!(&hir[*receiver].kind, ExprKind::Field { base, name } if name.text == "blocks" && cx.local(file, *base) == Some(pat));
        (on_turn || on_blocks) && around.contains(&hir[stmt].block)
    })
}

/// Whether a local is given another value, or lent to change, in front of `at`.
fn emptied_before(cx: &Cx<'_>, file: FileIdx, pat: PatId, at: ExprId) -> bool {
    let hir = cx.hir(file);
    cx.uses_of(file, pat).iter().filter(|&&use_| hir[use_].span.end <= hir[at].span.start).any(|&use_| {
        match cx.parent_expr(file, use_).map(|parent| &hir[parent].kind) {
            Some(ExprKind::Assign { lhs, .. }) => *lhs == use_,
            Some(ExprKind::Ref { mutable, .. }) => *mutable,
            Some(ExprKind::Field { name, .. }) => {
                let field = cx.parent_expr(file, use_);
                name.text == "blocks" && field.is_some_and(|field| changes_blocks(cx, file, field))
            }
            _ => false,
        }
    })
}

fn changes_blocks(cx: &Cx<'_>, file: FileIdx, field: ExprId) -> bool {
    let hir = cx.hir(file);
    match cx.parent_expr(file, field).map(|parent| &hir[parent].kind) {
        Some(ExprKind::MethodCall { method, .. }) => {
            ["clear", "truncate", "pop", "drain", "retain", "remove"].contains(&method.text.as_str())
        }
        Some(ExprKind::Assign { lhs, .. }) => *lhs == field,
        Some(ExprKind::Ref { mutable, .. }) => *mutable,
        _ => false,
    }
}

/// Whether every turn a function of the user's returns is proven.
fn function_gives_blocks(cx: &Cx<'_>, def: DefId, depth: usize) -> bool {
    every_value(cx, def, |file, value| has_blocks(cx, file, value, depth))
}

/// The one expression that a function of the user's always returns.
pub(crate) fn only_value(cx: &Cx<'_>, def: DefId) -> Option<(FileIdx, ExprId)> {
    let body = cx.program.fn_item(def).filter(|_| cx.trait_method(def) == TraitMethod::None)?.body?;
    let file = cx.program.def(def).file;
    let hir = cx.hir(file);
    if cx.program.is_model(def) || hir.descendants(body).any(|at| matches!(hir[at].kind, ExprKind::Return(_))) {
        return None;
    }
    let ExprKind::Block { stmts, .. } = &hir[body].kind else { return None };
    match stmts.last().map(|&stmt| &hir[stmt].kind) {
        Some(StmtKind::Expr { expr, semi: false }) => Some((file, *expr)),
        _ => None,
    }
}

/// Whether everything a function of the user's returns satisfies `test`.
fn every_value(cx: &Cx<'_>, def: DefId, test: impl Fn(FileIdx, ExprId) -> bool) -> bool {
    returned(cx, def).is_some_and(|values| values.into_iter().all(|(file, value)| test(file, value)))
}

/// What a function of the user's may return: its body, and what its `return`s give.
pub(crate) fn returned(cx: &Cx<'_>, def: DefId) -> Option<Vec<(FileIdx, ExprId)>> {
    let body = cx.program.fn_item(def).filter(|_| !cx.program.is_model(def))?.body?;
    let file = cx.program.def(def).file;
    let hir = cx.hir(file);
    let returns = hir.descendants(body).filter_map(|at| match hir[at].kind {
        ExprKind::Return(Some(value)) => Some(value),
        _ => None,
    });
    Some(std::iter::once(body).chain(returns).map(|value| (file, value)).collect())
}

/// Whether every call of a function that only the program can call gives it a proven turn.
fn every_caller_gives_blocks(cx: &Cx<'_>, def: DefId, index: usize, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    given(cx, def, index).is_some_and(|args| args.into_iter().all(|(file, arg)| has_blocks(cx, file, arg, depth)))
}

/// What every call of a function gives it for a parameter, if only the program calls it, and does.
pub(crate) fn given(cx: &Cx<'_>, def: DefId, index: usize) -> Option<Vec<(FileIdx, ExprId)>> {
    let calls = if is_open(cx, def) { &[] } else { cx.callers(def) };
    let shift = usize::from(cx.program.fn_item(def).is_some_and(|function| function.self_param.is_some()));
    let argument = |&(file, expr): &(FileIdx, ExprId)| {
        let arg = match &cx.hir(file)[expr].kind {
            ExprKind::MethodCall { args, .. } => args.get(index),
            _ => call_around(cx, file, expr)?.get(index + shift),
        };
        arg.map(|&arg| (file, arg))
    };
    if calls.is_empty() { None } else { calls.iter().map(argument).collect() }
}

fn call_around<'a>(cx: &Cx<'a>, file: FileIdx, callee: ExprId) -> Option<&'a [ExprId]> {
    let Parent::Expr(parent) = cx.hir(file)[callee].parent else { return None };
    match &cx.hir(file)[parent].kind {
        ExprKind::Call { callee: own, args } if *own == callee => Some(args),
        _ => None,
    }
}

/// Whether a function may be called by other code than the calls that name it: by code outside the program, or as a
/// method of a trait.
fn is_open(cx: &Cx<'_>, def: DefId) -> bool {
    cx.trait_method(def) != TraitMethod::None || is_exported(cx, def)
}

/// Whether code outside the program may call a function: it is public in a published library, or implements a trait of
/// another crate.
pub(crate) fn is_called_from_outside(cx: &Cx<'_>, def: DefId) -> bool {
    match cx.trait_method(def) {
        TraitMethod::Foreign => true,
        TraitMethod::Own(declared) => is_exported(cx, declared),
        TraitMethod::None => is_exported(cx, def),
    }
}

/// Whether code outside the program may name what is defined.
pub(crate) fn is_exported(cx: &Cx<'_>, def: DefId) -> bool {
    let data = cx.program.def(def);
    let owner = data.parent.filter(|&parent| cx.program.def(parent).kind == super::index::DefKind::Trait);
    let visibility = owner.map_or(data.visibility, |owner| cx.program.def(owner).visibility);
    visibility == super::hir::Visibility::Public && cx.program.krate(data.krate).is_open
}
