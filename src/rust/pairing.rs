//! Two objects become one: which state and which core session make one session, and where it is made.

use std::collections::HashMap;

use super::cx::Cx;
use super::hir::{ExprId, ExprKind, PatId, PatKind, PatParent, Span, StmtId, StmtKind};
use super::index::FileIdx;
use super::outcome::Outcome;
use super::sites::{Site, SiteKind};
use super::text::is_plain;
use crate::rules::Trap;

type Place = (FileIdx, ExprId);

/// What becomes of an `InferenceState::new`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum StatePlan {
    /// The session is made here, with its builder.
    Whole,
    /// The session is made here, its builder comes where the core session was made.
    Bare,
    /// Its statement goes: the session is made where the core session was.
    Moved(StmtId),
    /// It stands inside the core session's construction, which is rewritten as a whole.
    Inline,
}

/// What becomes of the construction of a core session.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum CorePlan {
    /// The session is made here, from this `InferenceState::new`.
    Make {
        state: ExprId,
    },
    /// The session made earlier gets its builder here.
    Attach {
        state: ExprId,
    },
    /// The session made earlier, as it is.
    Handle,
    Blocked(Outcome),
}

/// The plan of all constructions of a unit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pairing {
    states: HashMap<Place, StatePlan>,
    cores: HashMap<Place, CorePlan>,
    /// Locals that go, with the names that take their place.
    pub(crate) renamed: HashMap<(FileIdx, PatId), String>,
}

impl Pairing {
    pub(crate) fn state(&self, file: FileIdx, expr: ExprId) -> StatePlan {
        self.states.get(&(file, expr)).cloned().unwrap_or(StatePlan::Whole)
    }

    pub(crate) fn core(&self, file: FileIdx, expr: ExprId) -> CorePlan {
        self.cores.get(&(file, expr)).cloned().unwrap_or_else(|| CorePlan::Blocked(no_state()))
    }
}

/// The parts of a core session's construction.
#[derive(Clone, Debug, Default)]
pub(crate) struct CoreParts {
    /// The state it is made over.
    pub(crate) state: Option<ExprId>,
    /// The other fields by name.
    pub(crate) fields: Vec<(String, ExprId)>,
    /// A rest that is not `core::Session::new(state)`.
    pub(crate) other_rest: bool,
}

/// Takes `core::Session::new(state)` or a literal apart.
pub(crate) fn core_parts(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> CoreParts {
    let hir = cx.hir(file);
    match &hir[expr].kind {
        ExprKind::Call { args, .. } => CoreParts { state: args.first().copied(), ..CoreParts::default() },
        ExprKind::Struct { fields, rest, .. } => {
            let mut parts = CoreParts::default();
            if let Some(rest) = rest {
                match cx.calls_known(file, *rest, "geppetto::inference::core::Session::new") {
                    Some(args) => parts.state = args.first().copied(),
                    None => parts.other_rest = true,
                }
            }
            for field in fields {
                if field.name.text == "state" {
                    parts.state = Some(field.value);
                } else {
                    parts.fields.push((field.name.text.clone(), field.value));
                }
            }
            parts
        }
        _ => CoreParts::default(),
    }
}

/// Decides where each session of the unit is made.
pub(crate) fn pair(cx: &Cx<'_>, sites: &[Site]) -> Pairing {
    let mut pairing = Pairing::default();
    let mut by_state: HashMap<Place, Vec<ExprId>> = HashMap::new();
    let cores = sites.iter().filter(|site| matches!(site.kind, SiteKind::CoreNew | SiteKind::CoreLiteral));
    for (file, core) in cores.filter_map(|site| Some((site.file, site.expr()?))) {
        match origin(cx, file, core) {
            Some(state) => by_state.entry((file, state)).or_default().push(core),
            None => {
                let plan = match adds_nothing(cx, file, core) {
                    true => CorePlan::Handle,
                    false => CorePlan::Blocked(no_state()),
                };
                pairing.cores.insert((file, core), plan);
            }
        }
    }
    for ((file, state), mut cores) in by_state {
        cores.sort();
        match cores.as_slice() {
            [core] => pair_two(cx, file, state, *core, &mut pairing),
            _ => {
                for core in cores {
                    pairing.cores.insert((file, core), CorePlan::Blocked(several_sessions()));
                }
            }
        }
    }
    pairing
}

fn no_state() -> Outcome {
    Outcome::report(
        "the core session is made over a state that was made elsewhere, which the tool does not bring together yet",
        "keep one `Session` where the state is kept; give it its builder once with `set_builder`, or a builder of its own \
         for one run with `start_with(&ctx, turn, &builder)`; never make a session per run",
    )
    .because(Trap::PerRunSession, "a session made per run would lose history, guard and cancel")
}

fn several_sessions() -> Outcome {
    Outcome::report(
        "several core sessions share one state",
        "keep one `Session` for the state and start the runs that need other sinks or tools with \
         `start_with(&ctx, turn, &builder)`",
    )
    .because(Trap::PerRunSession, "one session per core session would lose the shared history, guard and cancel")
}

/// The `InferenceState::new` that the state of a core session comes from.
fn origin(cx: &Cx<'_>, file: FileIdx, core: ExprId) -> Option<ExprId> {
    let mut at = core_parts(cx, file, core).state?;
    for _ in 0..8 {
        at = cx.peel_parens(file, at);
        if is_state_new(cx, file, at) {
            return Some(at);
        }
        at = match (cx.pointer_new(file, at), cx.cloned(file, at), cx.local(file, at)) {
            (Some(inner), ..) | (None, Some(inner), _) => inner,
            (None, None, Some(pat)) => init_of(cx, file, pat)?.1,
            _ => return None,
        };
    }
    None
}

fn is_state_new(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    cx.calls_known(file, expr, "geppetto::inference::state::InferenceState::new").is_some()
}

/// The `let` statement of a local that is bound once, with its initializer.
fn init_of(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> Option<(StmtId, ExprId)> {
    let hir = cx.hir(file);
    let PatParent::Stmt(stmt) = hir[pat].parent else { return None };
    match hir[stmt].kind {
        StmtKind::Let { pat: own, init: Some(init), otherwise: None, .. } if own == pat => Some((stmt, init)),
        _ => None,
    }
}

fn pair_two(cx: &Cx<'_>, file: FileIdx, state: ExprId, core: ExprId, pairing: &mut Pairing) {
    if cx.ancestors(file, state).any(|at| at == core) {
        pairing.states.insert((file, state), StatePlan::Inline);
        pairing.cores.insert((file, core), CorePlan::Make { state });
        return;
    }
    if let Some((stmt, local, name)) = mergeable(cx, file, state, core) {
        pairing.states.insert((file, state), StatePlan::Moved(stmt));
        pairing.cores.insert((file, core), CorePlan::Make { state });
        pairing.renamed.insert((file, local), name);
        return;
    }
    if adds_nothing(cx, file, core) {
        pairing.states.insert((file, state), StatePlan::Whole);
        pairing.cores.insert((file, core), CorePlan::Handle);
        return;
    }
    match attachable(cx, file, state, core) {
        Ok(()) => {
            pairing.states.insert((file, state), StatePlan::Bare);
            pairing.cores.insert((file, core), CorePlan::Attach { state });
        }
        Err(outcome) => {
            pairing.cores.insert((file, core), CorePlan::Blocked(outcome));
        }
    }
}

/// Whether a core session has nothing besides its state.
fn adds_nothing(cx: &Cx<'_>, file: FileIdx, core: ExprId) -> bool {
    let parts = core_parts(cx, file, core);
    let is_nothing = |value: ExprId| {
        super::text::is_none(cx, file, value) || cx.calls_known(file, value, "std::vec::Vec::new").is_some()
    };
    parts.state.is_some() && !parts.other_rest && parts.fields.iter().all(|(_, value)| is_nothing(*value))
}

/// Whether the state's statement can go because everything about the state happens from the core session on: the
/// statement, its local, and the name that takes the local's place.
fn mergeable(cx: &Cx<'_>, file: FileIdx, state: ExprId, core: ExprId) -> Option<(StmtId, PatId, String)> {
    let hir = cx.hir(file);
    let (stmt, local) = let_around(cx, file, state)?;
    let (core_stmt, core_local) = let_around(cx, file, core)?;
    let (from, to) = (&hir[stmt], &hir[core_stmt]);
    if from.block != to.block {
        return None;
    }
    let name = cx.bound_name(file, core_local)?;
    let core_span = cx.span(file, core);
    let later: Vec<ExprId> =
        cx.uses_of(file, local).iter().copied().filter(|&use_| !core_span.contains(hir[use_].span)).collect();
    let between = Span { start: from.span.end, end: to.span.start };
    let clear = later.iter().all(|&use_| hir[use_].span.start >= to.span.end)
        && (later.is_empty()
            || (stays_bound(cx, file, core_local, to.span.end, &later) && never_moved(cx, file, core_local)))
        && can_move(cx, file, state, between, from.span.end, to);
    clear.then(|| (stmt, local, name.to_owned()))
}

/// `let name = <expr>` around an expression, of which wrapping it in a pointer is all that happens.
fn let_around(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<(StmtId, PatId)> {
    let hir = cx.hir(file);
    let stmt = cx.stmt_of(file, expr)?;
    let StmtKind::Let { pat, init: Some(init), otherwise: None, .. } = hir[stmt].kind else { return None };
    let PatKind::Bind { sub: None, .. } = hir[pat].kind else { return None };
    let mut at = cx.peel_parens(file, init);
    while at != expr {
        at = cx.peel_parens(file, cx.pointer_new(file, at)?);
    }
    Some((stmt, pat))
}

/// Whether a local's name still means it at all `uses`, and its block reaches them.
fn stays_bound(cx: &Cx<'_>, file: FileIdx, local: PatId, from: u32, uses: &[ExprId]) -> bool {
    let hir = cx.hir(file);
    let name = cx.bound_name(file, local);
    let last = uses.iter().map(|&use_| hir[use_].span.end).max().unwrap_or(from);
    let rebound = cx.inferred(file).bindings.keys().any(|&other| {
        let at = hir[other].span.start;
        other != local && at >= from && at < last && cx.bound_name(file, other) == name
    });
    let in_block = match hir[local].parent {
        PatParent::Stmt(stmt) => uses.iter().all(|&use_| cx.ancestors(file, use_).any(|at| at == hir[stmt].block)),
        _ => false,
    };
    !rebound && in_block
}

/// Whether a local is only used where it stays: as a receiver, behind `&`, or cloned.
fn never_moved(cx: &Cx<'_>, file: FileIdx, local: PatId) -> bool {
    let hir = cx.hir(file);
    cx.uses_of(file, local).iter().all(|&use_| {
        let stays = match cx.parent_expr(file, use_).map(|parent| &hir[parent].kind) {
            Some(ExprKind::MethodCall { receiver, .. }) => cx.peel_parens(file, *receiver) == use_,
            Some(ExprKind::Ref { .. } | ExprKind::Field { .. }) => true,
            _ => false,
        };
        stays && !inside_moving_closure(cx, file, use_, local)
    })
}

fn inside_moving_closure(cx: &Cx<'_>, file: FileIdx, use_: ExprId, local: PatId) -> bool {
    let hir = cx.hir(file);
    let home = hir[local].span;
    cx.ancestors(file, use_).any(|at| {
        let moving = match &hir[at].kind {
            ExprKind::Closure { is_move, .. } => *is_move,
            ExprKind::Block { flavour: super::hir::BlockFlavour::Async { is_move }, .. } => *is_move,
            _ => false,
        };
        moving && !hir[at].span.contains(home)
    })
}

/// Whether the arguments of the state's construction mean the same where the core session is made.
fn can_move(cx: &Cx<'_>, file: FileIdx, state: ExprId, between: Span, from: u32, to: &super::hir::Stmt) -> bool {
    let ExprKind::Call { args, .. } = &cx.hir(file)[state].kind else { return false };
    let adjacent = cx.text(file, Span { start: from, end: to.span.start }).trim().is_empty();
    adjacent || args.iter().all(|&arg| is_plain(cx, file, arg) && undisturbed(cx, file, arg, between))
}

/// Whether no local that an expression names is shadowed, moved or changed in a stretch of text.
fn undisturbed(cx: &Cx<'_>, file: FileIdx, expr: ExprId, between: Span) -> bool {
    let hir = cx.hir(file);
    let inferred = cx.inferred(file);
    cx.locals_in(file, expr).into_iter().all(|local| {
        let name = cx.bound_name(file, local);
        let shadowed = inferred
            .bindings
            .keys()
            .any(|other| *other != local && between.contains(hir[*other].span) && cx.bound_name(file, *other) == name);
        let used = cx.uses_of(file, local).iter().filter(|&&use_| between.contains(hir[use_].span));
        let lent_only = used.into_iter().all(|&use_| match cx.parent_expr(file, use_).map(|at| &hir[at].kind) {
            Some(ExprKind::MethodCall { receiver, method, .. }) => {
                *receiver == use_ && ["clone", "as_str", "to_string"].contains(&method.text.as_str())
            }
            Some(ExprKind::Ref { mutable, .. }) => !mutable,
            _ => false,
        });
        !shadowed && lent_only
    })
}

/// Whether the engine is still at hand where the core session is made.
fn attachable(cx: &Cx<'_>, file: FileIdx, state: ExprId, core: ExprId) -> Result<(), Outcome> {
    let blocked = || {
        Err(Outcome::report(
            "the engine is no longer at hand where the core session is made",
            "make the session with its builder in one place: \
             `Session::with_id(id).with_builder(Builder::new(engine).with_event_sink(sink))`",
        ))
    };
    let ExprKind::Call { args, .. } = &cx.hir(file)[state].kind else { return blocked() };
    let Some(&engine) = args.get(2) else { return blocked() };
    let between = Span { start: cx.span(file, state).end, end: cx.span(file, core).start };
    let in_reach = cx.function_of(file, state) == cx.function_of(file, core)
        && scope_reaches(cx, file, state, core)
        && between.start < between.end
        && !in_loop_or_closure(cx, file, state, core);
    if in_reach && is_plain(cx, file, engine) && undisturbed(cx, file, engine, between) { Ok(()) } else { blocked() }
}

/// Whether names of the first expression's block are seen at the second.
fn scope_reaches(cx: &Cx<'_>, file: FileIdx, from: ExprId, to: ExprId) -> bool {
    let Some(stmt) = cx.stmt_of(file, from) else { return false };
    let block = cx.hir(file)[stmt].block;
    cx.ancestors(file, to).any(|at| at == block)
}

/// Whether `to` may run more than once, or never, for one run of `from`.
fn in_loop_or_closure(cx: &Cx<'_>, file: FileIdx, from: ExprId, to: ExprId) -> bool {
    let hir = cx.hir(file);
    let home = cx.span(file, from);
    cx.ancestors(file, to).take_while(|&at| !hir[at].span.contains(home)).any(|at| {
        matches!(
            hir[at].kind,
            ExprKind::Loop { .. }
                | ExprKind::While { .. }
                | ExprKind::For { .. }
                | ExprKind::Closure { .. }
                | ExprKind::If { .. }
                | ExprKind::Match { .. }
                | ExprKind::Block { flavour: super::hir::BlockFlavour::Async { .. }, .. }
        )
    })
}
