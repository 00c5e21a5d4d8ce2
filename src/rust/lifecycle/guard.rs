//! The forms of a claim: what its refusal does, and where the handle of the start is bound instead.

use super::super::cx::Cx;
use super::super::hir::{ExprId, ExprKind, MacroContent, PatId, PatKind, PatParent, StmtId, StmtKind};
use super::super::index::FileIdx;
use super::super::sites::receiver;
use super::super::text::is_plain;

/// The only error of a claim.
const ALREADY_RUNNING: &str = "geppetto::inference::state::StateError::AlreadyRunning";

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
    /// `let _ = claim;`, `claim.ok();`, `drop(claim);`: the run goes on whether it was refused or not
    Ignored,
}

impl Form {
    /// Whether the start's result is kept, so that its other errors come out where the run's do.
    pub(super) fn keeps_result(self) -> bool {
        matches!(self, Form::Refused { .. } | Form::RefusedAs | Form::Ignored)
    }
}

/// A claim as it stands in its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Guard {
    pub(super) form: Form,
    /// The statement of the claim.
    pub(super) stmt: StmtId,
    pub(super) kept: Option<Kept>,
}

/// `let claimed = claim;`: the claim's result is looked at later, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) local: PatId,
    /// Where it is looked at, and the statement of that.
    pub(super) value: ExprId,
    pub(super) stmt: StmtId,
}

/// How a claim in front of a run is made.
///
/// `says` tells what the claim gives for a granted one where that is a truth value.
pub(super) fn of(cx: &Cx<'_>, file: FileIdx, claim: ExprId, says: Option<bool>, run: ExprId) -> Option<Guard> {
    let kept = kept(cx, file, claim);
    let (stmt, value) = kept.map_or((cx.stmt_of(file, claim)?, claim), |(stmt, kept)| (stmt, kept.value));
    let form = match says {
        Some(says) => conditioned(cx, file, value, value, says, run)?,
        None => form(cx, file, value, run).filter(|&form| form != Form::Ignored || kept.is_none())?,
    };
    Some(Guard { form, stmt, kept: kept.map(|(_, kept)| kept) })
}

fn kept(cx: &Cx<'_>, file: FileIdx, claim: ExprId) -> Option<(StmtId, Kept)> {
    let hir = cx.hir(file);
    let stmt = cx.stmt_of(file, claim)?;
    let StmtKind::Let { pat: local, ty: None, init: Some(init), otherwise: None, .. } = hir[stmt].kind else {
        return None;
    };
    let is_name = is_binding(cx, file, local) && hir[local].parent == PatParent::Stmt(stmt);
    let captured = cx.inferred(file).captures.iter().any(|(_, own)| *own == local);
    let &[value] = cx.uses_of(file, local) else { return None };
    let looked_at = cx.stmt_of(file, value)?;
    (is_name && !captured && cx.peel_parens(file, init) == claim)
        .then_some((stmt, Kept { local, value, stmt: looked_at }))
}

/// The form of a claim.
fn form(cx: &Cx<'_>, file: FileIdx, claim: ExprId, run: ExprId) -> Option<Form> {
    let hir = cx.hir(file);
    let stmt = cx.stmt_of(file, claim)?;
    let holds_run = hir[stmt].span.contains(hir[run].span);
    let top = value_of(cx, file, claim);
    if is_ignored(cx, file, claim, stmt) {
        return Some(Form::Ignored);
    }
    if let StmtKind::Let { pat, init: Some(init), otherwise: Some(_), .. } = hir[stmt].kind
        && cx.peel_parens(file, init) == top
        && is_ok_of_unit(cx, file, pat)
    {
        return Some(Form::OkPattern { pat });
    }
    if let StmtKind::Expr { expr, .. } = hir[stmt].kind
        && cx.peel_parens(file, expr) == top
    {
        return is_settled(cx, file, top).then_some(Form::Value);
    }
    let parent = cx.parent_expr(file, top)?;
    match &hir[parent].kind {
        ExprKind::MethodCall { method, args, .. } if args.is_empty() => match method.text.as_str() {
            "is_ok" => conditioned(cx, file, parent, claim, true, run),
            "is_err" => conditioned(cx, file, parent, claim, false, run),
            _ => None,
        },
        ExprKind::Macro(call) => match &call.content {
            MacroContent::Matches { expr, pat, guard: None, .. } if cx.peel_parens(file, *expr) == top => {
                let is_ok = is_ok_of_unit(cx, file, *pat);
                (is_ok || err_part(cx, file, *pat).is_some_and(|part| is_any_refusal(cx, file, part)))
                    .then(|| conditioned(cx, file, parent, claim, is_ok, run))
                    .flatten()
            }
            _ => None,
        },
        ExprKind::Binary { op, lhs, rhs } if op == "==" || op == "!=" => {
            let other = if cx.peel_parens(file, *lhs) == top { *rhs } else { *lhs };
            let args = |path| cx.calls_known(file, cx.peel_parens(file, other), path);
            let ok = args("std::result::Result::Ok").is_some();
            let error = args("std::result::Result::Err")
                .and_then(|args| cx.value_def(file, *args.first()?))
                .is_some_and(|def| cx.program.path_of(def) == ALREADY_RUNNING);
            (ok || error).then(|| conditioned(cx, file, parent, claim, ok == (op == "=="), run)).flatten()
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
    }
}

/// Whether nobody asks what became of a claim.
fn is_ignored(cx: &Cx<'_>, file: FileIdx, claim: ExprId, stmt: StmtId) -> bool {
    let hir = cx.hir(file);
    match hir[stmt].kind {
        StmtKind::Let { pat, init: Some(init), otherwise: None, .. } => {
            let is_unused = match hir[pat].kind {
                PatKind::Wild => true,
                PatKind::Bind { .. } => cx.uses_of(file, pat).is_empty() && !cx.may_be_named_unread(file, pat),
                _ => false,
            };
            is_unused && cx.peel_parens(file, init) == claim
        }
        StmtKind::Expr { expr, semi: true } => match &hir[expr].kind {
            ExprKind::MethodCall { receiver, method, args, .. } => {
                expr == claim || (method.text == "ok" && args.is_empty() && cx.peel_parens(file, *receiver) == claim)
            }
            ExprKind::Call { callee, args } => {
                expr == claim
                    || (args.as_slice() == [claim]
                        && ["drop", "mem::drop", "std::mem::drop"].contains(&cx.expr_text(file, *callee)))
            }
            _ => false,
        },
        _ => false,
    }
}

/// The value of a claim once its error is converted or thrown: `claim.map_err(f)?`.
pub(super) fn value_of(cx: &Cx<'_>, file: FileIdx, claim: ExprId) -> ExprId {
    let hir = cx.hir(file);
    let mut at = claim;
    while let Some(parent) = cx.parent_expr(file, at) {
        let goes_on = match &hir[parent].kind {
            ExprKind::Try(_) => true,
            ExprKind::MethodCall { receiver, method, .. } => {
                cx.peel_parens(file, *receiver) == at
                    && [
                        "map_err",
                        "unwrap",
                        "expect",
                        "context",
                        "with_context",
                        "or_else",
                        "or",
                        "inspect_err",
                        "ok",
                        "ok_or",
                        "ok_or_else",
                    ]
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

/// `claim.is_err()`, `!claim.is_ok()`, `matches!(claim, Err(_))` and the like in a condition.
fn conditioned(cx: &Cx<'_>, file: FileIdx, test: ExprId, claim: ExprId, is_ok: bool, run: ExprId) -> Option<Form> {
    let hir = cx.hir(file);
    let (test, granted) = negated(cx, file, test, is_ok);
    let (condition, granted) = match asked_before(cx, file, test, claim, granted) {
        Some(whole) => negated(cx, file, whole, granted),
        None => (test, granted),
    };
    let ExprKind::If { condition: own, then, otherwise } = hir[cx.parent_expr(file, condition)?].kind else {
        return None;
    };
    if cx.peel_parens(file, own) != condition {
        return None;
    }
    let holds = |block: ExprId| hir[block].span.contains(hir[run].span);
    match (granted, otherwise) {
        (false, None) => leaves(cx, file, then).then_some(Form::Refused { condition }),
        (false, Some(otherwise)) => holds(otherwise).then_some(Form::Refused { condition }),
        (true, _) => holds(then).then_some(Form::Granted { condition }),
    }
}

/// `!test`, with what it says.
fn negated(cx: &Cx<'_>, file: FileIdx, test: ExprId, says: bool) -> (ExprId, bool) {
    match cx.parent_expr(file, test) {
        Some(parent) if matches!(&cx.hir(file)[parent].kind, ExprKind::Unary { op, .. } if op == "!") => {
            (parent, !says)
        }
        _ => (test, says),
    }
}

/// `state.is_running() || claim.is_err()`, `!state.is_running() && claim.is_ok()`: the question in front of a claim of the
/// same state adds nothing to it.
fn asked_before(cx: &Cx<'_>, file: FileIdx, test: ExprId, claim: ExprId, granted: bool) -> Option<ExprId> {
    let hir = cx.hir(file);
    let parent = cx.parent_expr(file, test)?;
    let ExprKind::Binary { op, lhs, rhs } = &hir[parent].kind else { return None };
    let (asked, refused) = negated_inside(cx, file, *lhs);
    if refused != granted || op != if granted { "&&" } else { "||" } {
        return None;
    }
    let def = cx.inferred(file).methods.get(&asked)?;
    let is_same = match (receiver(cx, file, asked), receiver(cx, file, claim)) {
        (Some(a), Some(b)) => cx.expr_text(file, a) == cx.expr_text(file, b) && is_plain(cx, file, a),
        _ => false,
    };
    let is_question = cx.legacy.method(*def) == Some("is_running") && cx.peel_parens(file, *rhs) == test;
    (is_question && is_same).then_some(parent)
}

/// The `test` of `!test`, and whether it is negated.
fn negated_inside(cx: &Cx<'_>, file: FileIdx, test: ExprId) -> (ExprId, bool) {
    let test = cx.peel_parens(file, test);
    match &cx.hir(file)[test].kind {
        ExprKind::Unary { op, expr } if op == "!" => (cx.peel_parens(file, *expr), true),
        _ => (test, false),
    }
}

/// Whether a question stands directly in front of a claim in one condition, of which the start takes the place.
pub(super) fn is_asked_before_claim(cx: &Cx<'_>, file: FileIdx, asked: ExprId) -> bool {
    let hir = cx.hir(file);
    let mut around = cx.ancestors(file, asked).filter(|&at| matches!(hir[at].kind, ExprKind::Binary { .. }));
    let Some(whole) = around.next() else { return false };
    let ExprKind::Binary { lhs, rhs, .. } = hir[whole].kind else { return false };
    let is_claim =
        |at: &ExprId| cx.inferred(file).methods.get(at).is_some_and(|&def| cx.legacy.method(def) == Some("start_run"));
    let is_answered = |claim: ExprId| {
        let mut tests = cx.ancestors(file, claim).take_while(|&at| at != whole);
        tests.any(|test| [true, false].iter().any(|&granted| asked_before(cx, file, test, claim, granted).is_some()))
    };
    negated_inside(cx, file, lhs).0 == asked && hir.descendants(rhs).filter(is_claim).any(is_answered)
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

/// Whether a pattern takes every error that a claim can give.
fn is_any_refusal(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> bool {
    match path_of(cx, file, pat) {
        Some(path) => path == ALREADY_RUNNING,
        None => matches!(cx.hir(file)[pat].kind, PatKind::Wild | PatKind::Rest) || is_binding(cx, file, pat),
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
pub(crate) fn leaves(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
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
