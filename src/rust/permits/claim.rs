//! Where claims stand, and where the permits of them are seen.

use super::super::cx::{Change, Cx};
use super::super::hir::{ExprId, ExprKind, PatKind, PatParent, Span, StmtId, StmtKind};
use super::super::index::FileIdx;
use super::super::sites::receiver;
use super::binding::{self, Value};
use super::returned::{self, Returned};
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
    /// `state.start_run()`, or a call of a function that claims.
    pub(super) call: ExprId,
    /// The claimed state, as [`state_of`] tells it.
    pub(super) state: String,
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

/// All claims that can be bound, in the order of the source, and the functions that make some of them.
pub(super) fn all(cx: &Cx<'_>, parts: &Parts) -> (Vec<Claim>, Vec<Returned>) {
    let (mut claims, mut returned): (Vec<Claim>, Vec<Returned>) = (Vec::new(), Vec::new());
    let mut unbound = Vec::new();
    for &(file, call) in &parts.starts {
        let state = receiver(cx, file, call).map(|state| state_of(cx, file, state));
        match state.and_then(|state| bound(cx, file, Value::result(call), state, &claims)) {
            Some(claim) => claims.push(claim),
            None => unbound.push((file, call)),
        }
    }
    for start in unbound {
        if let Some(made) = returned::of(cx, start, &claims) {
            claims.extend(made.claims.iter().cloned());
            returned.push(made);
        }
    }
    (claims, returned)
}

/// A claim whose result is `value`, bound to a name.
pub(super) fn bound(cx: &Cx<'_>, file: FileIdx, value: Value, state: String, earlier: &[Claim]) -> Option<Claim> {
    let call = value.at;
    let name = name(cx, file, call, &state, earlier);
    let Bound { holds, extent, changes } = bind(cx, file, value, &name)?;
    let scope = extent.span(cx, file);
    Some(Claim { file, call, state, name, holds, extent, scope, is_shared: false, is_renewed: false, changes })
}

/// The name of a permit: another one for each state that a function claims.
fn name(cx: &Cx<'_>, file: FileIdx, call: ExprId, state: &str, earlier: &[Claim]) -> String {
    let function = cx.function_of(file, call);
    let beside = earlier.iter().filter(|other| other.file == file && cx.function_of(file, other.call) == function);
    let (same, others): (Vec<_>, Vec<_>) = beside.partition(|other| other.state == state);
    match same.first() {
        Some(same) => same.name.clone(),
        None => {
            let taken: Vec<String> = others.iter().map(|other| other.name.clone()).collect();
            cx.free_name(file, call, "permit", &taken)
        }
    }
}

fn bind(cx: &Cx<'_>, file: FileIdx, value: Value, name: &str) -> Option<Bound> {
    if let Some(kept) = kept(cx, file, value) {
        let mut bound = binding::of(cx, file, kept.value, name)?;
        bound.changes.extend(kept.changes);
        return Some(bound);
    }
    binding::of(cx, file, value, name)
}

/// `let claimed = claim;`, `let claimed = claim.is_ok();`: what became of the claim is looked at later, once.
struct Kept {
    value: Value,
    changes: Vec<Change>,
}

fn kept(cx: &Cx<'_>, file: FileIdx, value: Value) -> Option<Kept> {
    let (hir, call) = (cx.hir(file), value.at);
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
        return Some(Kept { value: Value { at: use_, ..value }, changes: Vec::new() });
    }
    let says = says(cx, file, call, init).filter(|_| value.says.is_none())?;
    let change = cx.replace(file, Span { start: cx.span(file, call).end, end: cx.span(file, init).end }, ".ok()");
    Some(Kept { value: Value::truth(use_, says), changes: vec![change] })
}

/// What `whole` says of a granted claim: `claim.is_ok()`, `claim.map(|()| true).unwrap_or(false)`.
pub(super) fn says(cx: &Cx<'_>, file: FileIdx, claim: ExprId, whole: ExprId) -> Option<bool> {
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

/// The value of a claim once its error is converted or thrown: `claim.map_err(f)?`.
pub(super) fn chain(cx: &Cx<'_>, file: FileIdx, claim: ExprId) -> ExprId {
    const GOES_ON: [&str; 9] =
        ["map_err", "unwrap", "expect", "context", "with_context", "inspect_err", "ok", "ok_or", "ok_or_else"];
    let mut at = claim;
    while let Some(parent) = cx.parent_expr(file, at) {
        let goes_on = match &cx.hir(file)[parent].kind {
            ExprKind::Try(_) => true,
            ExprKind::MethodCall { receiver, method, .. } => {
                cx.peel_parens(file, *receiver) == at && GOES_ON.contains(&method.text.as_str())
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

/// Whether a use stands in a closure or task that the statement is outside of.
fn leaves_function(cx: &Cx<'_>, file: FileIdx, stmt: StmtId, use_: ExprId) -> bool {
    let home = cx.hir(file)[stmt].span;
    cx.ancestors(file, use_)
        .take_while(|&at| !cx.span(file, at).contains(home))
        .any(|at| super::paths::is_deferred(cx, file, at))
}
