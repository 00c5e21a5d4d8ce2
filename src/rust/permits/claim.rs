//! Where claims stand, and where the permits of them are seen.

use super::super::cx::{Change, Cx};
use super::super::gates;
use super::super::hir::{ExprId, ExprKind, PatKind, PatParent, Span, StmtId, StmtKind};
use super::super::index::FileIdx;
use super::super::sites::receiver;
use super::binding::{self, Value};
use super::returned::{self, Returned};
use super::{Parts, Place, state_of};

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
    /// What tells what became of it.
    value: Value,
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

impl Claim {
    fn new(cx: &Cx<'_>, file: FileIdx, value: Value, state: String, name: String, bound: Bound) -> Self {
        let Bound { holds, extent, changes } = bound;
        let (call, scope) = (value.at, extent.span(cx, file));
        Self { file, call, value, state, name, holds, extent, scope, is_shared: false, is_renewed: false, changes }
    }

    /// Whether a condition under which the claim is compiled does not hold for something that is done under it.
    pub(super) fn is_left_by(&self, cx: &Cx<'_>, event: ExprId) -> bool {
        !gates::is_under_conditions_of(cx, self.file, cx.span(self.file, event), cx.span(self.file, self.call))
    }

    /// The same claim if no code is sure to name its permit: its name says so.
    pub(super) fn unnamed(&self, cx: &Cx<'_>, events: &[ExprId]) -> Option<Self> {
        let own = cx.span(self.file, self.call);
        let is_sure = |&event: &ExprId| gates::is_under_conditions_of(cx, self.file, own, cx.span(self.file, event));
        if self.is_shared || self.is_renewed || self.is_renewal() || events.iter().any(is_sure) {
            return None;
        }
        let name = cx.free_name(self.file, self.call, &format!("_{}", self.name), &[]);
        let changes = bind(cx, self.file, self.value, &name)?.changes;
        Some(Self { name, changes, ..self.clone() })
    }

    /// Whether the name of an earlier claim holds the permit.
    pub(super) fn is_renewal(&self) -> bool {
        self.scope.start == self.scope.end
    }

    /// Where `let permit = ` is written in front of a statement, if that is all that binds the permit.
    fn plain(&self, cx: &Cx<'_>) -> Option<u32> {
        let Extent::Behind(stmt) = self.extent else { return None };
        let start = cx.hir(self.file)[stmt].head;
        let binding = cx.insert(self.file, start, format!("let {} = ", self.name));
        (self.changes == [binding]).then_some(start)
    }
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
        } else if let Some(claim) = asked(cx, parts, start, &claims) {
            claims.push(claim);
        }
    }
    renew(cx, parts, &mut claims);
    (claims, returned)
}

/// Claims that are made again give the earlier one's name another permit.
fn renew(cx: &Cx<'_>, parts: &Parts, claims: &mut Vec<Claim>) {
    for again in 0..claims.len() {
        let inner = claims[again].clone();
        let is_outer = |outer: &Claim| {
            outer.file == inner.file
                && outer.state == inner.state
                && outer.scope != inner.scope
                && outer.scope.contains(cx.span(inner.file, inner.call))
        };
        let Some(first) = claims.iter().position(is_outer) else { continue };
        let outer = claims[first].clone();
        let is_left = |&(file, event): &Place| {
            let span = cx.span(file, event);
            file == inner.file
                && outer.scope.contains(span)
                && !inner.scope.contains(span)
                && (span.start > inner.scope.end || is_repeated_with(cx, &outer, &inner, span))
        };
        let ends_apart = inner.scope.end < outer.scope.end;
        if !ends_apart || !parts.events().any(|event| is_left(&event)) {
            continue;
        }
        let (Some(begin), Some(renewed)) = (outer.plain(cx), inner.plain(cx)) else {
            claims.retain(|claim| *claim != outer && *claim != inner);
            return renew(cx, parts, claims);
        };
        claims[first].changes = vec![cx.insert(outer.file, begin, format!("let mut {} = ", outer.name))];
        claims[first].is_renewed = true;
        claims[again].changes = vec![cx.insert(inner.file, renewed, format!("{} = ", inner.name))];
        claims[again].scope = Span { start: inner.scope.start, end: inner.scope.start };
    }
}

/// Whether one loop inside of the outer claim's scope repeats the inner claim and what stands in `span`.
fn is_repeated_with(cx: &Cx<'_>, outer: &Claim, inner: &Claim, span: Span) -> bool {
    let hir = cx.hir(outer.file);
    cx.ancestors(inner.file, inner.call).take_while(|&at| outer.scope.contains(hir[at].span)).any(|at| {
        matches!(hir[at].kind, ExprKind::Loop { .. } | ExprKind::While { .. } | ExprKind::For { .. })
            && hir[at].span.contains(span)
    })
}

/// A claim of which its function asks more than whether it was granted, and which the function itself goes on with.
fn asked(cx: &Cx<'_>, parts: &Parts, (file, call): Place, earlier: &[Claim]) -> Option<Claim> {
    let state = state_of(cx, file, receiver(cx, file, call)?);
    let name = name(cx, file, call, &state, earlier);
    let bound = binding::asked(cx, file, call, &name)?;
    let claim = Claim::new(cx, file, Value::result(call), state, name, bound);
    let is_own = |&(own, event): &Place| own == file && claim.scope.contains(cx.span(file, event));
    let stmt = cx.stmt_of(file, call);
    let is_alone = !parts
        .starts
        .iter()
        .any(|&other| other != (file, call) && other.0 == file && cx.stmt_of(file, other.1) == stmt);
    (is_alone && parts.events().any(|event| is_own(&event))).then_some(claim)
}

/// A claim whose result is `value`, bound to a name.
pub(super) fn bound(cx: &Cx<'_>, file: FileIdx, value: Value, state: String, earlier: &[Claim]) -> Option<Claim> {
    let call = value.at;
    let name = name(cx, file, call, &state, earlier);
    let bound = bind(cx, file, value, &name)?;
    Some(Claim::new(cx, file, value, state, name, bound))
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
