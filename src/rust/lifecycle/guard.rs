//! The forms of a claim: what its refusal does, and where the handle of the start is bound instead.

use super::super::cx::Cx;
use super::super::hir::{ExprId, ExprKind, PatId, PatKind, StmtId, StmtKind};
use super::super::index::FileIdx;

/// How a claim stands in its statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `claim?;`, `claim.map_err(f)?;`, `claim.unwrap();`
    Value,
    /// `let Ok(()) = claim else { … }`, `if let Ok(()) = claim { run }`
    OkPattern { pat: PatId },
    /// `if claim.is_err() { leave }`, `if let Err(_) = claim { leave }`: the condition
    Refused { condition: ExprId },
    /// `if let Err(StateError::AlreadyRunning) = claim { leave }`
    RefusedAs,
    /// `if let Err(error) = claim { leave }`, or with an `else` that runs
    RefusedWith { whole: ExprId, pat: PatId, then: ExprId, otherwise: Option<ExprId> },
    /// `match claim { Ok(()) => {}, Err(…) => leave }`
    Match { whole: ExprId, arm: usize },
    /// `match claim { Ok(()) => run, Err(…) => … }`
    Around { pat: PatId },
    /// `if claim.is_ok() { run } else { … }`: the condition
    Granted { condition: ExprId },
}

impl Form {
    /// Whether the start's result is kept, so that its other errors come out where the run's do.
    pub(super) fn keeps_result(self) -> bool {
        matches!(self, Form::Refused { .. } | Form::RefusedAs)
    }
}

/// The form of a claim and the statement it stands in.
pub(super) fn form(cx: &Cx<'_>, file: FileIdx, claim: ExprId, run: ExprId) -> Option<(Form, StmtId)> {
    let hir = cx.hir(file);
    let stmt = cx.stmt_of(file, claim)?;
    let holds_run = hir[stmt].span.contains(hir[run].span);
    let top = value_of(cx, file, claim);
    if let StmtKind::Let { pat, init: Some(init), otherwise: Some(_), .. } = hir[stmt].kind
        && cx.peel_parens(file, init) == top
        && is_ok_of_unit(cx, file, pat)
    {
        return Some((Form::OkPattern { pat }, stmt));
    }
    if let StmtKind::Expr { expr, .. } = hir[stmt].kind
        && cx.peel_parens(file, expr) == top
    {
        return is_settled(cx, file, top).then_some((Form::Value, stmt));
    }
    let parent = cx.parent_expr(file, top)?;
    let form = match &hir[parent].kind {
        ExprKind::MethodCall { method, args, .. } if args.is_empty() => {
            conditioned(cx, file, parent, &method.text, run)
        }
        ExprKind::Let { pat, .. } => let_form(cx, file, parent, *pat, run),
        ExprKind::Match { arms, .. } => {
            let arm = arms.iter().position(|arm| is_ok_of_unit(cx, file, arm.pat))?;
            let others = arms.iter().enumerate().filter(|&(index, _)| index != arm);
            if hir[arms[arm].body].span.contains(hir[run].span) {
                Some(Form::Around { pat: arms[arm].pat })
            } else if !holds_run
                && is_empty(cx, file, arms[arm].body)
                && others.into_iter().all(|(_, arm)| leaves(cx, file, arm.body))
                && matches!(hir[stmt].kind, StmtKind::Expr { expr, .. } if expr == parent)
            {
                Some(Form::Match { whole: parent, arm })
            } else {
                None
            }
        }
        _ => None,
    }?;
    Some((form, stmt))
}

/// The value of a claim once its error is converted or thrown: `claim.map_err(f)?`.
fn value_of(cx: &Cx<'_>, file: FileIdx, claim: ExprId) -> ExprId {
    let hir = cx.hir(file);
    let mut at = claim;
    while let Some(parent) = cx.parent_expr(file, at) {
        let goes_on = match &hir[parent].kind {
            ExprKind::Try(_) => true,
            ExprKind::MethodCall { receiver, method, .. } => {
                cx.peel_parens(file, *receiver) == at
                    && ["map_err", "unwrap", "expect", "context", "with_context", "or_else", "or", "inspect_err"]
                        .contains(&method.text.as_str())
            }
            _ => false,
        };
        if !goes_on {
            break;
        }
        at = parent;
    }
    at
}

/// Whether a refused claim leaves at the end of this chain.
fn is_settled(cx: &Cx<'_>, file: FileIdx, top: ExprId) -> bool {
    match &cx.hir(file)[top].kind {
        ExprKind::Try(_) => true,
        ExprKind::MethodCall { method, .. } => ["unwrap", "expect"].contains(&method.text.as_str()),
        _ => false,
    }
}

/// `claim.is_err()` and `claim.is_ok()` in a condition.
fn conditioned(cx: &Cx<'_>, file: FileIdx, test: ExprId, method: &str, run: ExprId) -> Option<Form> {
    let hir = cx.hir(file);
    let parent = cx.parent_expr(file, test)?;
    let (condition, holder, refused) = match &hir[parent].kind {
        ExprKind::Unary { op, .. } if op == "!" => (parent, cx.parent_expr(file, parent)?, method == "is_ok"),
        _ => (test, parent, method == "is_err"),
    };
    if !["is_ok", "is_err"].contains(&method) {
        return None;
    }
    let ExprKind::If { condition: own, then, otherwise } = hir[holder].kind else { return None };
    if cx.peel_parens(file, own) != condition {
        return None;
    }
    let holds = |block: ExprId| hir[block].span.contains(hir[run].span);
    match (refused, otherwise) {
        (true, None) => leaves(cx, file, then).then_some(Form::Refused { condition }),
        (false, _) if holds(then) => Some(Form::Granted { condition }),
        _ => None,
    }
}

/// `if let Err(…) = claim` and `if let Ok(()) = claim`.
fn let_form(cx: &Cx<'_>, file: FileIdx, condition: ExprId, pat: PatId, run: ExprId) -> Option<Form> {
    let hir = cx.hir(file);
    let whole = cx.parent_expr(file, condition)?;
    let ExprKind::If { condition: own, then, otherwise } = hir[whole].kind else { return None };
    let holds = |block: ExprId| hir[block].span.contains(hir[run].span);
    if own != condition {
        return None;
    }
    if is_ok_of_unit(cx, file, pat) {
        return holds(then).then_some(Form::OkPattern { pat });
    }
    let part = err_part(cx, file, pat)?;
    match (&hir[part].kind, otherwise) {
        (PatKind::Wild, None) if leaves(cx, file, then) => Some(Form::Refused { condition }),
        (PatKind::Bind { .. }, None) if leaves(cx, file, then) && is_binding(cx, file, part) => {
            Some(Form::RefusedWith { whole, pat, then, otherwise: None })
        }
        (PatKind::Wild | PatKind::Bind { .. }, Some(other)) if holds(other) => {
            let is_block = matches!(hir[other].kind, ExprKind::Block { .. });
            let takes_all = matches!(hir[part].kind, PatKind::Wild) || is_binding(cx, file, part);
            (is_block && takes_all).then_some(Form::RefusedWith { whole, pat, then, otherwise: Some(other) })
        }
        (_, None) if leaves(cx, file, then) => Some(Form::RefusedAs),
        _ => None,
    }
}

fn is_binding(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> bool {
    !cx.inferred(file).pattern_defs.contains_key(&pat)
        && matches!(cx.hir(file)[pat].kind, PatKind::Bind { sub: None, .. })
}

/// `Ok(())`, `Ok(_)`
fn is_ok_of_unit(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> bool {
    let hir = cx.hir(file);
    match (&hir[pat].kind, path_of(cx, file, pat).as_deref()) {
        (PatKind::TupleStruct { pats, .. }, Some("std::result::Result::Ok")) => match pats.as_slice() {
            [only] => {
                matches!(&hir[*only].kind, PatKind::Wild | PatKind::Rest)
                    || matches!(&hir[*only].kind, PatKind::Tuple(parts) if parts.is_empty())
            }
            _ => false,
        },
        _ => false,
    }
}

fn err_part(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> Option<PatId> {
    match (&cx.hir(file)[pat].kind, path_of(cx, file, pat).as_deref()) {
        (PatKind::TupleStruct { pats, .. }, Some("std::result::Result::Err")) => pats.first().copied(),
        _ => None,
    }
}

fn path_of(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> Option<String> {
    Some(cx.program.path_of(*cx.inferred(file).pattern_defs.get(&pat)?))
}

/// `{}` or `()`
fn is_empty(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    match &cx.hir(file)[expr].kind {
        ExprKind::Block { stmts, .. } => stmts.is_empty(),
        ExprKind::Tuple(parts) => parts.is_empty(),
        _ => false,
    }
}

/// Whether an expression always leaves the function or loop around it.
pub(super) fn leaves(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let hir = cx.hir(file);
    match &hir[expr].kind {
        ExprKind::Return(_) | ExprKind::Break(_) | ExprKind::Continue => true,
        ExprKind::Paren(inner) => leaves(cx, file, *inner),
        ExprKind::Block { stmts, .. } => match stmts.last().map(|&stmt| &hir[stmt].kind) {
            Some(StmtKind::Expr { expr, .. }) => leaves(cx, file, *expr),
            _ => false,
        },
        ExprKind::If { then, otherwise: Some(otherwise), .. } => {
            leaves(cx, file, *then) && leaves(cx, file, *otherwise)
        }
        ExprKind::Match { arms, .. } => arms.iter().all(|arm| leaves(cx, file, arm.body)),
        ExprKind::Macro(call) => {
            let name = call.path.segments.last().map_or("", |last| last.name.text.as_str());
            ["panic", "unreachable", "todo", "unimplemented", "bail"].contains(&name)
        }
        ExprKind::Call { callee, .. } => cx.expr_text(file, *callee).ends_with("process::exit"),
        _ => false,
    }
}
