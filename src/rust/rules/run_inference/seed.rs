//! What a legacy run is seeded with.

use super::super::super::cx::{Change, Cx};
use super::super::super::hir::{ExprId, PatKind, PatParent, StmtKind};
use super::super::super::index::FileIdx;
use super::super::super::proof::is_always_some;
use super::super::super::sites::arguments;
use super::super::super::text::{is_none, some_of, unwrap_call};

/// What a run is seeded with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seed {
    /// `None`, or the state's own turn: the latest turn is run again.
    Latest,
    /// `Some(turn)`, in the call or where the local was made that it passes.
    Turn { some: ExprId, turn: ExprId },
    /// An option that is proven to hold a turn.
    Given(ExprId),
    /// An option of which only the run knows whether it holds a turn.
    Optional(ExprId),
}

impl Seed {
    /// Whether the run may be one of the latest turn.
    pub(crate) fn may_rerun(self) -> bool {
        matches!(self, Self::Latest | Self::Optional(_))
    }

    /// Whether the run may be one of a turn of its own.
    pub(super) fn may_append(self) -> bool {
        self != Self::Latest
    }
}

/// Reads the seed of a run.
pub(crate) fn seed(cx: &Cx<'_>, file: FileIdx, run: ExprId) -> Option<Seed> {
    let &[_, seed] = arguments(cx, file, run) else { return None };
    let seed = cx.peel_parens(file, seed);
    if is_none(cx, file, seed) || reads_state_turn(cx, file, seed) {
        return Some(Seed::Latest);
    }
    let some = if some_of(cx, file, seed).is_some() { Some(seed) } else { some_of_local(cx, file, seed) };
    if let Some((some, turn)) = some.and_then(|some| Some((some, some_of(cx, file, some)?))) {
        return Some(Seed::Turn { some, turn });
    }
    Some(if is_always_some(cx, file, seed) { Seed::Given(seed) } else { Seed::Optional(seed) })
}

fn reads_state_turn(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let def = cx.inferred(file).methods.get(&expr);
    def.is_some_and(|&def| cx.legacy.method(def) == Some("turn") && cx.program.is_model(def))
}

/// The `Some(turn)` that a local is made of which nothing but the run uses.
fn some_of_local(cx: &Cx<'_>, file: FileIdx, seed: ExprId) -> Option<ExprId> {
    let hir = cx.hir(file);
    let local = cx.local(file, seed)?;
    let (PatKind::Bind { mutable: false, sub: None, .. }, PatParent::Stmt(stmt)) =
        (&hir[local].kind, hir[local].parent)
    else {
        return None;
    };
    let StmtKind::Let { ty: None, init: Some(init), otherwise: None, .. } = hir[stmt].kind else { return None };
    (cx.uses_of(file, local).len() == 1 && !cx.may_be_named_unread(file, local)).then(|| cx.peel_parens(file, init))
}

/// The changes that make a turn of the seed where it is made.
pub(crate) fn unwrapped(cx: &Cx<'_>, file: FileIdx, seed: Seed) -> Vec<Change> {
    match seed {
        Seed::Turn { some, turn } => unwrap_call(cx, file, some, turn),
        _ => Vec::new(),
    }
}
