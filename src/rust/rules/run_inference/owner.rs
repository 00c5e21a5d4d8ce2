//! What holds the session of a run, and where that is looked at.

use super::super::super::cx::Cx;
use super::super::super::hir::{
    BlockFlavour, ExprId, ExprKind, ItemKind, Parent, PatId, PatKind, PatParent, StmtId, StmtKind,
};
use super::super::super::index::{DefId, FileIdx};
use super::super::super::legacy::Tracked;
use super::super::super::order::call_at;
use super::super::super::pairing::core_parts;
use super::super::super::proof::only_value;
use super::super::super::sites::receiver;
use super::super::super::unit::Facts;
use super::seed::{Seed, seed};

pub(super) const DEPTH: usize = 20;
/// A place behind all others: in a closure or task.
pub(super) const ANY_TIME: u32 = u32::MAX;
/// A function returns the handle.
const RETURNED: u32 = u32::MAX - 1;

/// What holds a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The expression itself makes it.
    Made,
    /// A local that was made for it.
    Local(PatId),
    /// A parameter of a function, by its place.
    Param(PatId, DefId, usize),
    Unknown,
}

pub(super) fn owner(cx: &Cx<'_>, file: FileIdx, handle: ExprId, depth: usize) -> Owner {
    let Some(depth) = depth.checked_sub(1) else { return Owner::Unknown };
    let hir = cx.hir(file);
    if let Some(inner) = inner_handle(cx, file, handle) {
        return owner(cx, file, inner, depth);
    }
    if makes_session(cx, file, handle, depth) {
        return Owner::Made;
    }
    let Some(local) = cx.local(file, handle) else { return Owner::Unknown };
    if !matches!(hir[local].kind, PatKind::Bind { mutable: false, sub: None, .. }) {
        return Owner::Unknown;
    }
    if let Some(init) = init_of(cx, file, local) {
        return match owner(cx, file, init, depth) {
            Owner::Made => Owner::Local(local),
            other => other,
        };
    }
    match hir[local].parent {
        PatParent::Item(item) => {
            let ItemKind::Fn(function) = &hir[item].kind else { return Owner::Unknown };
            let index = function.params.iter().position(|param| param.pat == local);
            match (cx.program.def_of_item(file, item), index) {
                (Some(def), Some(index)) => Owner::Param(local, def, index),
                _ => Owner::Unknown,
            }
        }
        _ => Owner::Unknown,
    }
}

/// What a `let` binds a local to, also as a part of a tuple.
fn init_of(cx: &Cx<'_>, file: FileIdx, local: PatId) -> Option<ExprId> {
    let hir = cx.hir(file);
    let init_of_let = |stmt: StmtId| match hir[stmt].kind {
        StmtKind::Let { init, otherwise: None, .. } => init,
        _ => None,
    };
    match hir[local].parent {
        PatParent::Stmt(stmt) => init_of_let(stmt),
        PatParent::Pat(outer) => match (&hir[outer].kind, hir[outer].parent) {
            (PatKind::Tuple(pats), PatParent::Stmt(stmt)) => match &hir[init_of_let(stmt)?].kind {
                ExprKind::Tuple(parts) if parts.len() == pats.len() => {
                    parts.get(pats.iter().position(|&pat| pat == local)?).copied()
                }
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// The handle that an expression only passes on: a clone, a pointer, the core session's state or the core session over it.
fn inner_handle(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<ExprId> {
    match cx.hir(file)[expr].kind {
        ExprKind::Paren(inner) | ExprKind::Ref { expr: inner, .. } => return Some(inner),
        ExprKind::Deref(inner) if cx.referent(file, expr) != expr => return Some(inner),
        ExprKind::Field { base, .. } if cx.handle(file, base) == Some(Tracked::CoreSession) => return Some(base),
        _ => {}
    }
    let pointed = cx.pointer_new(file, expr).or_else(|| cx.cloned(file, expr));
    pointed.or_else(|| if is_core_new(cx, file, expr) { core_parts(cx, file, expr).state } else { None })
}

fn is_core_new(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let is_literal = || {
        let def = cx.inferred(file).literals.get(&expr);
        def.is_some_and(|&def| cx.legacy.kind(def) == Some(Tracked::CoreSession))
    };
    cx.calls_known(file, expr, "geppetto::inference::core::Session::new").is_some() || is_literal()
}

/// `InferenceState::new(…)`, or a call of a function that does nothing but make a session anew.
fn makes_session(cx: &Cx<'_>, file: FileIdx, expr: ExprId, depth: usize) -> bool {
    if cx.calls_known(file, expr, "geppetto::inference::state::InferenceState::new").is_some() {
        return true;
    }
    let def = match &cx.hir(file)[expr].kind {
        ExprKind::Call { callee, .. } => cx.value_def(file, *callee),
        ExprKind::MethodCall { .. } => cx.inferred(file).methods.get(&expr).copied(),
        _ => None,
    };
    let Some(def) = def.filter(|&def| !cx.program.is_model(def) && cx.handle(file, expr).is_some()) else {
        return false;
    };
    only_value(cx, def).is_some_and(|(file, value)| match owner(cx, file, value, depth) {
        Owner::Made => true,
        Owner::Local(local) => {
            looks(cx, file, local, depth).is_some_and(|looks| looks.iter().all(|&look| look != ANY_TIME))
        }
        _ => false,
    })
}

/// Where a local's session is looked at, or `None` where it goes to something that is not followed.
pub(super) fn looks(cx: &Cx<'_>, file: FileIdx, local: PatId, depth: usize) -> Option<Vec<u32>> {
    let depth = depth.checked_sub(1)?;
    if cx.may_be_named_unread(file, local) {
        return None;
    }
    let mut found = Vec::new();
    for &use_ in cx.uses_of(file, local) {
        let looks = looks_of(cx, file, use_, depth)?;
        let home = cx.hir(file)[local].span;
        let aside = cx.ancestors(file, use_).any(|at| is_aside(cx, file, at) && !cx.span(file, at).contains(home));
        found.extend(looks.into_iter().map(|at| if aside { ANY_TIME } else { at }));
    }
    Some(found)
}

/// A closure or an async block: what it holds happens at another time.
pub(super) fn is_aside(cx: &Cx<'_>, file: FileIdx, around: ExprId) -> bool {
    matches!(
        cx.hir(file)[around].kind,
        ExprKind::Closure { .. } | ExprKind::Block { flavour: BlockFlavour::Async { .. }, .. }
    )
}

/// What a handle is used for: nothing that shows the turn, or looks at it.
fn looks_of(cx: &Cx<'_>, file: FileIdx, handle: ExprId, depth: usize) -> Option<Vec<u32>> {
    let depth = depth.checked_sub(1)?;
    let hir = cx.hir(file);
    let parent = match hir[handle].parent {
        Parent::Expr(parent) => parent,
        Parent::Stmt(stmt) => {
            return match hir[stmt].kind {
                StmtKind::Let { pat, .. } => match hir[pat].kind {
                    PatKind::Bind { sub: None, .. } => looks(cx, file, pat, depth),
                    PatKind::Wild => Some(Vec::new()),
                    _ => None,
                },
                StmtKind::Expr { semi: true, .. } => Some(Vec::new()),
                StmtKind::Expr { semi: false, .. } if matches!(hir[hir[stmt].block].parent, Parent::Item(_)) => {
                    Some(vec![RETURNED])
                }
                _ => None,
            };
        }
        _ => return None,
    };
    let passes_on =
        inner_handle(cx, file, parent).is_some_and(|inner| cx.referent(file, inner) == cx.referent(file, handle));
    if passes_on || is_state_of_core(cx, file, parent, handle) {
        return looks_of(cx, file, parent, depth);
    }
    let position = hir[parent].span.end;
    match &hir[parent].kind {
        ExprKind::MethodCall { receiver, .. } if *receiver == handle => {
            let def = cx.inferred(file).methods.get(&parent)?;
            let looks = looks_at_turn(cx, file, parent, cx.legacy.method(*def)?);
            Some(if looks { vec![position] } else { Vec::new() })
        }
        ExprKind::MethodCall { args, .. } => {
            let &def = cx.inferred(file).methods.get(&parent)?;
            let index = args.iter().position(|&arg| arg == handle)?;
            looks_of_param(cx, def, index, position, depth)
        }
        ExprKind::Call { callee, args } => {
            let def = cx.value_def(file, *callee)?;
            if let Some(method) = cx.legacy.method(def).filter(|_| cx.program.is_model(def)) {
                return Some(if looks_at_turn(cx, file, parent, method) { vec![position] } else { Vec::new() });
            }
            let index = args.iter().position(|&arg| arg == handle)?;
            let shift = usize::from(cx.program.fn_item(def).is_some_and(|function| function.self_param.is_some()));
            looks_of_param(cx, def, index.checked_sub(shift)?, position, depth)
        }
        ExprKind::Await(_) => None,
        _ => None,
    }
}

/// `Session { state: handle, … }`, `..Session::new(handle)`
fn is_state_of_core(cx: &Cx<'_>, file: FileIdx, core: ExprId, part: ExprId) -> bool {
    let is_literal = matches!(cx.hir(file)[core].kind, ExprKind::Struct { .. }) && is_core_new(cx, file, core);
    is_literal && matches!(cx.hir(file)[core].kind, ExprKind::Struct { rest: Some(rest), .. } if rest == part)
}

fn looks_at_turn(cx: &Cx<'_>, file: FileIdx, call: ExprId, method: &str) -> bool {
    match method {
        "turn" | "engine" | "run_inference_started" => true,
        "run_inference" => seed(cx, file, call).is_none_or(Seed::may_rerun),
        _ => false,
    }
}

/// A function that gets a handle looks, where it is called, at what it looks at.
fn looks_of_param(cx: &Cx<'_>, def: DefId, index: usize, position: u32, depth: usize) -> Option<Vec<u32>> {
    let function = cx.program.fn_item(def).filter(|function| function.body.is_some())?;
    if cx.program.is_model(def) {
        return None;
    }
    let param = function.params.get(index)?.pat;
    let file = cx.program.def(def).file;
    matches!(cx.hir(file)[param].kind, PatKind::Bind { sub: None, .. }).then_some(())?;
    let looks = looks(cx, file, param, depth)?;
    Some(if looks.is_empty() { Vec::new() } else { vec![position] })
}

/// The call at a caller of `def`, with its argument for the parameter `index`.
pub(super) fn argument(cx: &Cx<'_>, file: FileIdx, at: ExprId, def: DefId, index: usize) -> Option<(ExprId, ExprId)> {
    let call = call_at(cx, file, at)?;
    let shift = usize::from(cx.program.fn_item(def).is_some_and(|function| function.self_param.is_some()));
    let arg = match &cx.hir(file)[call].kind {
        ExprKind::MethodCall { args, .. } => args.get(index),
        ExprKind::Call { args, .. } => args.get(index + shift),
        _ => None,
    };
    Some((call, *arg?))
}

/// Whether a run is the only one that its session ever has.
pub(super) fn is_only_run(cx: &Cx<'_>, facts: &Facts, file: FileIdx, run: ExprId) -> bool {
    let Some(session) = receiver(cx, file, run) else { return false };
    match owner(cx, file, session, DEPTH) {
        Owner::Made => true,
        Owner::Local(local) => {
            let hir = cx.hir(file);
            let repeats = cx.ancestors(file, run).any(|at| {
                let inside = !hir[at].span.contains(hir[local].span);
                inside
                    && matches!(
                        hir[at].kind,
                        ExprKind::Loop { .. }
                            | ExprKind::While { .. }
                            | ExprKind::For { .. }
                            | ExprKind::Closure { .. }
                    )
            });
            let mine = (file, Owner::Local(local));
            let owners = facts.runs.iter().map(|&(file, run)| match receiver(cx, file, run) {
                Some(session) => owners(cx, file, session, DEPTH),
                None => vec![(file, Owner::Unknown)],
            });
            let flat: Vec<(FileIdx, Owner)> = owners.flatten().collect();
            !repeats
                && looks(cx, file, local, DEPTH).is_some()
                && flat.iter().filter(|&&other| other == mine).count() == 1
                && flat.iter().all(|(_, other)| *other != Owner::Unknown)
        }
        Owner::Param(..) | Owner::Unknown => false,
    }
}

/// What may hold the session behind a handle, also in callers.
fn owners(cx: &Cx<'_>, file: FileIdx, handle: ExprId, depth: usize) -> Vec<(FileIdx, Owner)> {
    let Some(depth) = depth.checked_sub(1) else { return vec![(file, Owner::Unknown)] };
    match owner(cx, file, handle, depth) {
        Owner::Param(_, def, index) => {
            let callers = cx.callers(def).iter();
            let args = callers.map(|&(file, at)| (file, argument(cx, file, at, def, index)));
            args.flat_map(|(file, arg)| match arg {
                Some((_, arg)) => owners(cx, file, arg, depth),
                None => vec![(file, Owner::Unknown)],
            })
            .collect()
        }
        other => vec![(file, other)],
    }
}
