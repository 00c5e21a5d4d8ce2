//! Two objects become one: which state and which core session make one session, and where it is made.

use std::collections::{BTreeSet, HashMap};

use super::cx::Cx;
use super::cycles::may_hold_session;
use super::equipment::{Part, is_repeated, parts};
use super::gates::is_gated;
use super::hir::{ExprId, ExprKind, PatId, PatKind, PatParent, Span, StmtId, StmtKind};
use super::index::FileIdx;
use super::legacy::Tracked;
use super::merged::Merged;
use super::origins::{Place, is_state_new, makes_state, origins, taken_from};
use super::outcome::Outcome;
use super::settings::settings;
use super::sites::{Site, SiteKind};
use super::text::is_plain;
use crate::rules::Trap;

/// What becomes of an `InferenceState::new`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum StatePlan {
    /// The session is made here, with its builder.
    Whole,
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
    /// A handle of the session made earlier, with more in its builder.
    Equip {
        /// The `InferenceState::new` of the same function that only this core session runs.
        state: Option<ExprId>,
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
    /// Fields that are set behind a core session's construction, which gets their values.
    settings: HashMap<Place, ExprId>,
    /// Fields that go with what they are given.
    merged: Vec<Merged>,
    /// Whether somebody is given the state of a core session, and may have it longer.
    pub(crate) gives_states: bool,
    /// Locals that go, with the names that take their place.
    pub(crate) renamed: HashMap<(FileIdx, PatId), String>,
}

impl Pairing {
    pub(crate) fn state(&self, file: FileIdx, expr: ExprId) -> StatePlan {
        self.states.get(&(file, expr)).cloned().unwrap_or(StatePlan::Whole)
    }

    pub(crate) fn core(&self, file: FileIdx, expr: ExprId) -> CorePlan {
        self.cores.get(&(file, expr)).cloned().unwrap_or_else(|| CorePlan::Blocked(unreadable()))
    }

    /// Whether an expression goes with a field.
    fn takes(&self, cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
        self.merged.iter().any(|merged| merged.takes(cx, file, expr))
    }

    /// What is cloned for a core session, where the clone is all that is left of a local.
    pub(crate) fn last_clone(&self, cx: &Cx<'_>, file: FileIdx, state: ExprId) -> Option<ExprId> {
        let inner = cx.cloned(file, state)?;
        let local = cx.local(file, inner)?;
        let is_whole = !matches!(cx.ty(file, inner), super::ty::Ty::Ref(_)) && init_of(cx, file, local).is_some();
        let mut others = cx.uses_of(file, local).iter().filter(|&&use_| use_ != inner).peekable();
        let is_last = others.peek().is_some() && others.all(|&use_| self.takes(cx, file, use_));
        (is_whole && is_last && !is_repeated(cx, file, local_init(cx, file, local)?, inner)).then_some(inner)
    }

    /// The construction of the core session whose builder gets what a field is set to.
    pub(crate) fn setting_of(&self, file: FileIdx, access: ExprId) -> Option<ExprId> {
        let &core = self.settings.get(&(file, access))?;
        (!matches!(self.core(file, core), CorePlan::Blocked(_))).then_some(core)
    }
}

/// The parts of a core session's construction.
#[derive(Clone, Debug, Default)]
pub(crate) struct CoreParts {
    /// The state it is made over, or the core session that it is a copy of.
    pub(crate) state: Option<ExprId>,
    /// The other fields by name.
    pub(crate) fields: Vec<(String, ExprId)>,
    /// The fields of the core session that it is a copy of.
    pub(crate) copied: Vec<(String, ExprId)>,
    /// Whether there is more to it: a field under `cfg`, or a rest that is neither `core::Session::new(state)` nor a core
    /// session made in the same function.
    pub(crate) is_partial: bool,
}

/// Takes `core::Session::new(state)` or a literal apart.
pub(crate) fn core_parts(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> CoreParts {
    parts_within(cx, file, expr, 4)
}

fn parts_within(cx: &Cx<'_>, file: FileIdx, expr: ExprId, depth: usize) -> CoreParts {
    const NEW: &str = "geppetto::inference::core::Session::new";
    let hir = cx.hir(file);
    let mut parts = CoreParts::default();
    if let Some(args) = cx.calls_known(file, expr, NEW) {
        parts.state = args.first().copied();
        return parts;
    }
    let is_core =
        cx.inferred(file).literals.get(&expr).is_some_and(|&def| cx.legacy.kind(def) == Some(Tracked::CoreSession));
    let ExprKind::Struct { fields, rest, .. } = &hir[expr].kind else { return parts };
    if !is_core {
        return parts;
    }
    let copied = rest.and_then(|rest| Some((rest, copied_from(cx, file, rest)?)));
    match (rest.and_then(|rest| cx.calls_known(file, rest, NEW)), copied, depth.checked_sub(1)) {
        (Some(args), ..) => parts.state = args.first().copied(),
        (None, Some((rest, original)), Some(depth)) => {
            let original = parts_within(cx, file, original, depth);
            parts.is_partial = original.is_partial;
            parts.copied = original.copied;
            parts.copied.extend(original.fields);
            parts.state = Some(rest);
        }
        _ => parts.is_partial = rest.is_some(),
    }
    parts.is_partial |= fields.iter().any(|field| field.span.start < field.name.span.start);
    for field in fields {
        if field.name.text == "state" {
            parts.state = Some(field.value);
        } else {
            parts.fields.push((field.name.text.clone(), field.value));
        }
    }
    parts
}

/// The core session that `..other` or `..other.clone()` copies, if it was made in the same function and never changed.
fn copied_from(cx: &Cx<'_>, file: FileIdx, rest: ExprId) -> Option<ExprId> {
    let pat = cx.local(file, cx.cloned(file, rest).unwrap_or(rest))?;
    let PatKind::Bind { mutable: false, .. } = cx.hir(file)[pat].kind else { return None };
    let (_, init) = init_of(cx, file, pat)?;
    Some(cx.peel_parens(file, init))
}

/// Decides where each session of the unit is made.
pub(crate) fn pair(cx: &Cx<'_>, sites: &[Site], merged: &[Merged]) -> Pairing {
    let is_lent = |site: &Site| {
        let parent = site.expr().and_then(|expr| cx.parent_expr(site.file, expr));
        parent.is_some_and(|parent| matches!(cx.hir(site.file)[parent].kind, ExprKind::Ref { .. }))
    };
    let gives_states = sites.iter().any(|site| is_taken_out(cx, site) && !is_lent(site));
    let mut pairing = Pairing { merged: merged.to_vec(), gives_states, ..Pairing::default() };
    let cores = sites.iter().filter(|site| matches!(site.kind, SiteKind::CoreNew | SiteKind::CoreLiteral));
    let cores: Vec<Place> = cores.filter_map(|site| Some((site.file, site.expr()?))).collect();
    let states: Vec<Option<BTreeSet<Place>>> = cores.iter().map(|&(file, core)| origins(cx, file, core)).collect();
    for (index, &(file, core)) in cores.iter().enumerate() {
        for setting in settings(cx, file, core).into_iter().flat_map(|settings| settings.all) {
            pairing.settings.insert((file, setting.access), core);
        }
        let others = states.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, state)| state);
        // Sinks and tools may only go into the builder of a session that no other core session runs.
        let own = origin(cx, file, core).filter(|&state| {
            others.into_iter().all(|other| other.as_ref().is_some_and(|other| !other.contains(&(file, state))))
        });
        match shares_equipment(cx, sites, &cores, (file, core)) {
            true => drop(pairing.cores.insert((file, core), CorePlan::Blocked(shared()))),
            false => pairing.place(cx, file, core, own),
        }
    }
    pairing
}

/// Whether a core session is made over the state that was taken out of another, which has sinks or tools: they were not
/// the state's, and every handle of the session that takes its place has them.
fn shares_equipment(cx: &Cx<'_>, sites: &[Site], cores: &[Place], own: Place) -> bool {
    let set_later = sites.iter().any(|site| matches!(&site.kind, SiteKind::CoreField(name) if name != "state"));
    let is_equipped = |&(file, core): &Place| set_later || parts(cx, file, core).is_none_or(|parts| !parts.is_empty());
    match taken_from(cx, own.0, own.1) {
        Some(taken) => taken.iter().any(is_equipped),
        None => {
            sites.iter().any(|site| is_taken_out(cx, site))
                && cores.iter().any(|core| *core != own && is_equipped(core))
        }
    }
}

/// Whether a site gives the state of a core session to somebody, instead of calling a method of it.
fn is_taken_out(cx: &Cx<'_>, site: &Site) -> bool {
    let (SiteKind::CoreField(name), Some(expr)) = (&site.kind, site.expr()) else { return false };
    name == "state"
        && !cx.parent_expr(site.file, expr).is_some_and(|call| {
            cx.inferred(site.file).methods.get(&call).is_some_and(|&def| cx.legacy.method(def).is_some())
        })
}

fn shared() -> Outcome {
    Outcome::report(
        "its state was taken out of a core session with sinks or tools, which a handle of that session would have, too",
        "make the session first, with its engine only, and both from it with `derived_handle`",
    )
    .because(Trap::PerRunSession, "a run of this core session told none of the other's sinks")
}

fn unreadable() -> Outcome {
    Outcome::report(
        "the construction does not have a form the tool knows",
        "`Session::with_id(id).with_builder(Builder::new(engine).with_event_sink(sink))`",
    )
}

/// The expression of the same function that makes the state of a core session.
fn origin(cx: &Cx<'_>, file: FileIdx, core: ExprId) -> Option<ExprId> {
    let mut at = core_parts(cx, file, core).state?;
    for _ in 0..8 {
        at = cx.referent(file, at);
        if makes_state(cx, file, at) {
            return Some(at);
        }
        if let ExprKind::Try(inner) | ExprKind::Await(inner) = cx.hir(file)[at].kind {
            at = inner;
            continue;
        }
        at = match (cx.pointer_new(file, at), cx.cloned(file, at), cx.local(file, at)) {
            (Some(inner), ..) | (None, Some(inner), _) => inner,
            (None, None, Some(pat)) if !is_given_anew(cx, file, pat) => init_of(cx, file, pat)?.1,
            _ => return None,
        };
    }
    None
}

fn local_init(cx: &Cx<'_>, file: FileIdx, local: PatId) -> Option<ExprId> {
    init_of(cx, file, local).map(|(_, init)| init)
}

/// Whether a local is given another value later, or lent to change.
pub(crate) fn is_given_anew(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> bool {
    cx.uses_of(file, pat).iter().any(|&use_| {
        match cx.parent_expr(file, use_).map(|parent| &cx.hir(file)[parent].kind) {
            Some(ExprKind::Assign { lhs, .. }) => *lhs == use_,
            Some(ExprKind::Ref { mutable, .. }) => *mutable,
            _ => false,
        }
    })
}

/// The `let` statement of a local that is bound once, with its initializer.
pub(crate) fn init_of(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> Option<(StmtId, ExprId)> {
    let hir = cx.hir(file);
    let PatParent::Stmt(stmt) = hir[pat].parent else { return None };
    match hir[stmt].kind {
        StmtKind::Let { pat: own, init: Some(init), otherwise: None, .. } if own == pat => Some((stmt, init)),
        _ => None,
    }
}

impl Pairing {
    /// Decides where a core session is made, whose state is perhaps its `own`.
    fn place(&mut self, cx: &Cx<'_>, file: FileIdx, core: ExprId, own: Option<ExprId>) {
        let Some(parts) = parts(cx, file, core) else {
            self.cores.insert((file, core), CorePlan::Blocked(unreadable()));
            return;
        };
        let made = own.filter(|&state| is_state_new(cx, file, state));
        let plan = match made.and_then(|state| Some((state, self.merged_into(cx, file, state, core, &parts)?))) {
            Some((state, plan)) => {
                self.states.insert((file, state), plan);
                CorePlan::Make { state }
            }
            None if parts.is_empty() => CorePlan::Handle,
            None => CorePlan::Equip { state: own },
        };
        self.cores.insert((file, core), plan);
    }

    /// What becomes of the state's construction where it and its only core session become one object.
    fn merged_into(
        &mut self,
        cx: &Cx<'_>,
        file: FileIdx,
        state: ExprId,
        core: ExprId,
        parts: &[Part],
    ) -> Option<StatePlan> {
        if cx.ancestors(file, state).any(|at| at == core) {
            return Some(StatePlan::Inline);
        }
        let (stmt, local, name) = mergeable(cx, file, state, core, self)?;
        let holds = |part: &Part| part.exprs(cx, file).any(|expr| may_hold_session(cx, file, expr));
        if parts.iter().any(holds) || (!parts.is_empty() && self.outlives(cx, file, local, core)) {
            return None;
        }
        self.renamed.insert((file, local), name);
        Some(StatePlan::Moved(stmt))
    }

    /// Whether a state's local is given away, so that the state may live longer than its core session.
    fn outlives(&self, cx: &Cx<'_>, file: FileIdx, local: PatId, core: ExprId) -> bool {
        let hir = cx.hir(file);
        let core = cx.span(file, core);
        cx.uses_of(file, local).iter().any(|&use_| {
            let stays = match cx.parent_expr(file, use_).map(|parent| &hir[parent].kind) {
                Some(ExprKind::MethodCall { receiver, method, .. }) => {
                    *receiver == use_ && !matches!(method.text.as_str(), "clone" | "to_owned")
                }
                Some(ExprKind::Ref { .. }) => cx
                    .parent_expr(file, use_)
                    .and_then(|lent| cx.parent_expr(file, lent))
                    .is_none_or(|outer| cx.cloned(file, outer).is_none()),
                _ => false,
            };
            !stays && !core.contains(hir[use_].span) && !self.takes(cx, file, use_)
        })
    }
}

/// Whether the state's statement can go because everything about the state happens from the core session on: the
/// statement, its local, and the name that takes the local's place.
fn mergeable(
    cx: &Cx<'_>,
    file: FileIdx,
    state: ExprId,
    core: ExprId,
    pairing: &Pairing,
) -> Option<(StmtId, PatId, String)> {
    let hir = cx.hir(file);
    let (stmt, local) = let_around(cx, file, state)?;
    let (core_stmt, core_local) = let_around(cx, file, core)?;
    // What a condition stands on does not leave it.
    if is_gated(hir, hir[stmt].span) != is_gated(hir, hir[core_stmt].span) {
        return None;
    }
    let (from, to) = (&hir[stmt], &hir[core_stmt]);
    if from.block != to.block {
        return None;
    }
    let name = cx.bound_name(file, core_local)?;
    let core_span = cx.span(file, core);
    let is_later = |use_: ExprId| !core_span.contains(hir[use_].span) && !pairing.takes(cx, file, use_);
    let later: Vec<ExprId> = cx.uses_of(file, local).iter().copied().filter(|&use_| is_later(use_)).collect();
    let between = Span { start: from.span.end, end: to.span.start };
    let set: Vec<StmtId> = settings(cx, file, core).into_iter().flat_map(|it| it.all).map(|one| one.stmt).collect();
    let is_set_with = |use_: ExprId| set.iter().any(|&stmt| hir[stmt].span.contains(hir[use_].span));
    let clear = later.iter().all(|&use_| hir[use_].span.start >= to.span.end && !is_set_with(use_))
        && !cx.may_be_named_unread(file, local)
        && (later.is_empty()
            || (stays_bound(cx, file, core_local, to.span.end, &later)
                && never_moved(cx, file, core_local)
                && later.iter().all(|&use_| is_lent(cx, file, use_, local))))
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
    cx.uses_of(file, local).iter().all(|&use_| is_lent(cx, file, use_, local))
}

/// Whether a use leaves a local where it is.
fn is_lent(cx: &Cx<'_>, file: FileIdx, use_: ExprId, local: PatId) -> bool {
    let hir = cx.hir(file);
    let stays = match cx.parent_expr(file, use_).map(|parent| &hir[parent].kind) {
        Some(ExprKind::MethodCall { receiver, .. }) => cx.peel_parens(file, *receiver) == use_,
        Some(ExprKind::Ref { .. } | ExprKind::Field { .. }) => true,
        _ => false,
    };
    stays && !inside_moving_closure(cx, file, use_, local)
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
pub(crate) fn undisturbed(cx: &Cx<'_>, file: FileIdx, expr: ExprId, between: Span) -> bool {
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
