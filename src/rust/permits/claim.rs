//! Where claims stand, and where the permits of them are seen.

use super::super::cx::{Change, Cx};
use super::super::hir::{ExprId, ExprKind, PatKind, PatParent, Span, StmtId, StmtKind};
use super::super::index::FileIdx;
use super::super::sites::receiver;
use super::binding::{self, Value};
use super::{Parts, state_of};

/// What a permit's name holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Permit,
    /// An option: whether there is a permit is only known when it runs.
    Option,
}

/// The code that sees a permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// What follows a statement in its block.
    Behind(StmtId),
    /// A block or an arm's value.
    Body(ExprId),
}

impl Extent {
    fn span(self, cx: &Cx<'_>, file: FileIdx) -> Span {
        let hir = cx.hir(file);
        match self {
            Extent::Behind(stmt) => Span { start: hir[stmt].span.end, end: hir[hir[stmt].block].span.end },
            Extent::Body(body) => hir[body].span,
        }
    }
}

/// A claim that is bound to a name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Claim {
    pub(super) file: FileIdx,
    /// `state.start_run()`
    pub(super) call: ExprId,
    pub(super) state: ExprId,
    pub(super) name: String,
    pub(super) holds: Holds,
    pub(super) extent: Extent,
    /// Where the name is seen.
    pub(super) scope: Span,
    /// Whether several free the session, each with a handle of its own on the permit.
    pub(super) is_shared: bool,
    /// Whether the name is given another permit later.
    pub(super) is_renewed: bool,
    pub(super) changes: Vec<Change>,
}

/// A claim bound to a name.
pub(super) struct Bound {
    pub(super) holds: Holds,
    pub(super) extent: Extent,
    pub(super) changes: Vec<Change>,
}

/// All claims that can be bound, in the order of the source.
pub(super) fn all(cx: &Cx<'_>, parts: &Parts) -> Vec<Claim> {
    let mut claims: Vec<Claim> = Vec::new();
    for &(file, call) in &parts.starts {
        let Some(state) = receiver(cx, file, call) else { continue };
        let name = name(cx, file, call, state, &claims);
        let Some(bound) = bind(cx, file, call, &name) else { continue };
        let scope = bound.extent.span(cx, file);
        let Bound { holds, extent, changes } = bound;
        claims.push(Claim {
            file,
            call,
            state,
            name,
            holds,
            extent,
            scope,
            is_shared: false,
            is_renewed: false,
            changes,
        });
    }
    claims
}

/// The name of a permit: another one for each state that a function claims.
fn name(cx: &Cx<'_>, file: FileIdx, call: ExprId, state: ExprId, earlier: &[Claim]) -> String {
    let function = cx.function_of(file, call);
    let beside = earlier.iter().filter(|other| other.file == file && cx.function_of(file, other.call) == function);
    let own = state_of(cx, file, state);
    let (same, others): (Vec<_>, Vec<_>) = beside.partition(|other| state_of(cx, file, other.state) == own);
    match same.first() {
        Some(same) => same.name.clone(),
        None => {
            let taken: Vec<String> = others.iter().map(|other| other.name.clone()).collect();
            cx.free_name(file, call, "permit", &taken)
        }
    }
}

fn bind(cx: &Cx<'_>, file: FileIdx, call: ExprId, name: &str) -> Option<Bound> {
    if let Some(kept) = kept(cx, file, call) {
        let mut bound = binding::of(cx, file, kept.value, name)?;
        bound.changes.extend(kept.changes);
        return Some(bound);
    }
    binding::of(cx, file, Value::result(call), name)
}

/// `let claimed = claim;`, `let claimed = claim.is_ok();`: what became of the claim is looked at later, once.
struct Kept {
    value: Value,
    changes: Vec<Change>,
}

fn kept(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> Option<Kept> {
    let hir = cx.hir(file);
    let stmt = cx.stmt_of(file, call)?;
    let StmtKind::Let { pat: local, ty: None, init: Some(init), otherwise: None, .. } = hir[stmt].kind else {
        return None;
    };
    let is_name = matches!(hir[local].kind, PatKind::Bind { mutable: false, by_ref: false, sub: None, .. })
        && hir[local].parent == PatParent::Stmt(stmt);
    let &[use_] = cx.uses_of(file, local) else { return None };
    if !is_name || cx.may_be_named_unread(file, local) || leaves_function(cx, file, stmt, use_) {
        return None;
    }
    let init = cx.peel_parens(file, init);
    if init == call {
        return Some(Kept { value: Value::result(use_), changes: Vec::new() });
    }
    let says = says(cx, file, call, init)?;
    let change = cx.replace(file, Span { start: cx.span(file, call).end, end: cx.span(file, init).end }, ".ok()");
    Some(Kept { value: Value::truth(use_, says), changes: vec![change] })
}

/// What `whole` says of a granted claim: `claim.is_ok()`, `claim.map(|()| true).unwrap_or(false)`.
fn says(cx: &Cx<'_>, file: FileIdx, claim: ExprId, whole: ExprId) -> Option<bool> {
    let ExprKind::MethodCall { receiver, method, args, .. } = &cx.hir(file)[whole].kind else { return None };
    let inner = cx.peel_parens(file, *receiver);
    match (method.text.as_str(), args.as_slice()) {
        ("is_ok", []) if inner == claim => Some(true),
        ("is_err", []) if inner == claim => Some(false),
        ("unwrap_or", &[otherwise]) => {
            let ExprKind::MethodCall { receiver, method, args, .. } = &cx.hir(file)[inner].kind else { return None };
            let is_true = args.first().is_some_and(|&arg| cx.expr_text(file, arg).ends_with("| true"));
            (cx.peel_parens(file, *receiver) == claim
                && method.text == "map"
                && is_true
                && cx.expr_text(file, otherwise) == "false")
                .then_some(true)
        }
        _ => None,
    }
}

/// Whether a use stands in a closure or task that the statement is outside of.
fn leaves_function(cx: &Cx<'_>, file: FileIdx, stmt: StmtId, use_: ExprId) -> bool {
    let home = cx.hir(file)[stmt].span;
    cx.ancestors(file, use_)
        .take_while(|&at| !cx.span(file, at).contains(home))
        .any(|at| super::paths::is_deferred(cx, file, at))
}
