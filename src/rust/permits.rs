//! Runs that are split by hand: a claim (`start_run`), runs under it (`run_inference_started`), its end (`finish_run`).
//!
//! Nothing moves: a claim becomes a permit where it stands, and what belongs to the claim names the permit where that
//! stands. What syntax does not tell is found out here: which claim a run, a finish or a stored cancel belongs to, and
//! whether the claim is held there.

mod binding;
mod claim;
mod condition;
mod events;
mod hand;
mod holder;
mod leftover;
mod passing;
mod paths;
mod returned;
mod sharing;
mod slot;

use std::collections::HashMap;

use super::cx::{Change, Cx};
use super::hir::{ExprId, ExprKind, PatKind, Span};
use super::index::FileIdx;
use super::origins::origins;
use super::outcome::Outcome;
use super::pairing::{core_parts, init_of};
use super::sites::{Site, SiteKind, receiver};
use super::text::rename_method;
use crate::rules::Trap;
use claim::Claim;
use hand::Hand;
use holder::Holder;
use passing::Passed;
use returned::Returned;

type Place = (FileIdx, ExprId);

/// What becomes of the parts of a unit's lifecycles.
#[derive(Clone, Debug, Default)]
pub(crate) struct Permits {
    outcomes: HashMap<Place, Outcome>,
    /// Where types are written that become those of permits.
    types: Vec<(FileIdx, Span)>,
}

impl Permits {
    /// The decision about a part, where it belongs to a claim that could be read.
    pub(crate) fn of(&self, file: FileIdx, expr: ExprId) -> Option<Outcome> {
        self.outcomes.get(&(file, expr)).cloned()
    }

    /// Functions that return permits.
    fn returned(&mut self, cx: &Cx<'_>, returned: &[Returned]) {
        for one in returned {
            let mut changes = one.changes.clone();
            changes.extend(rename_method(cx, one.file, one.start, "reserve"));
            let outcome = Outcome::safe(changes, "`reserve()`, whose permit is returned");
            self.outcomes.insert((one.file, one.start), outcome);
        }
    }

    /// The decision about a claim, or more of it where several calls make it.
    fn judge(&mut self, start: Place, outcome: Outcome) {
        let Some(earlier) = self.outcomes.remove(&start) else {
            self.outcomes.insert(start, outcome);
            return;
        };
        let (worse, mut other) = if earlier.level < outcome.level { (outcome, earlier) } else { (earlier, outcome) };
        let mut both = worse;
        both.changes.append(&mut other.changes);
        self.outcomes.insert(start, both);
    }

    /// Decides all that is done with a permit at hand; what is no site of its own belongs to `first`.
    fn decide(&mut self, cx: &Cx<'_>, parts: &Parts, hand: &Hand, events: &[ExprId], takers: Takers<'_>, first: Place) {
        let (own, calls): (Vec<ExprId>, Vec<ExprId>) =
            events.iter().partition(|&&event| parts.is_event((hand.file, event)));
        for &event in &own {
            let outcome = events::decide(cx, parts, hand, events, event);
            self.outcomes.insert((hand.file, event), outcome);
        }
        let mut changes: Vec<Change> =
            calls.iter().flat_map(|&call| takers.changes(cx, (hand.file, call), hand)).collect();
        let left = leftover::of(cx, hand.file, parts, &own, &changes);
        changes.extend(left);
        self.add(first, changes);
    }

    /// A struct that holds permits, and what it does with them.
    fn hold(&mut self, cx: &Cx<'_>, parts: &Parts, holder: &Holder) {
        let mut first = None;
        for event in parts.events().filter(|&event| holder.has(cx, event)) {
            let Some(hand) = holder.hand(cx, event) else { continue };
            self.outcomes.insert(event, events::decide(cx, parts, &hand, &[event.1], event.1));
            first = first.or(Some(event));
        }
        if let Some(first) = first {
            self.add(first, vec![holder.ty(cx)]);
            self.types.push(holder.types(cx));
        }
    }

    /// Whether a written type becomes that of a permit.
    pub(crate) fn takes_type(&self, file: FileIdx, span: Span) -> bool {
        self.types.iter().any(|&(own, ty)| own == file && ty.contains(span))
    }

    /// More to write for a part that is decided.
    fn add(&mut self, place: Place, changes: Vec<Change>) {
        if let Some(outcome) = self.outcomes.get_mut(&place) {
            outcome.changes.extend(changes);
        }
    }
}

/// The parts of the lifecycles of a unit.
#[derive(Clone, Debug, Default)]
struct Parts {
    starts: Vec<Place>,
    runs: Vec<Place>,
    finishes: Vec<Place>,
    /// `set_cancel`
    stored: Vec<Place>,
    /// `cancel_run`
    cancelled: Vec<Place>,
}

impl Parts {
    fn of(sites: &[Site]) -> Self {
        let mut parts = Self::default();
        for (site, expr) in sites.iter().filter_map(|site| Some((site, site.expr()?))) {
            let list = match site.kind {
                SiteKind::StateMethod("start_run") => &mut parts.starts,
                SiteKind::Run("run_inference_started") => &mut parts.runs,
                SiteKind::StateMethod("finish_run") => &mut parts.finishes,
                SiteKind::StateMethod("set_cancel") => &mut parts.stored,
                SiteKind::StateMethod("cancel_run") => &mut parts.cancelled,
                _ => continue,
            };
            list.push((site.file, expr));
        }
        parts
    }

    fn is_event(&self, place: Place) -> bool {
        self.events().any(|event| event == place)
    }

    fn events(&self) -> impl Iterator<Item = Place> {
        self.runs.iter().chain(&self.finishes).chain(&self.stored).copied()
    }
}

/// Decides the lifecycles of a unit.
pub(crate) fn plan(cx: &Cx<'_>, sites: &[Site]) -> Permits {
    let parts = Parts::of(sites);
    let mut permits = Permits::default();
    let (mut claims, returned) = claim::all(cx, &parts);
    permits.returned(cx, &returned);
    let is_left = |claim: &Claim| {
        let mut own = parts.events().filter(|&event| owner(cx, &claims, event) == Some(claim));
        own.any(|(_, event)| claim.is_left_by(cx, event))
    };
    let left: Vec<bool> = claims.iter().map(is_left).collect();
    let mut left = left.into_iter();
    claims.retain(|_| !left.next().unwrap_or_default());
    let holders = holder::all(cx, &parts, &claims);
    for holder in holders.iter().filter(|holder| holder.is_shared) {
        share_all(cx, &mut claims, &holder.given);
    }
    let passed = passing::all(cx, &parts, &claims, &holders);
    let takers = Takers { passed: &passed, holders: &holders };
    for index in 0..claims.len() {
        let events = events_of(cx, &parts, &claims, &claims[index], takers);
        let movers = sharing::movers(cx, &claims[index], &events);
        claims[index].is_shared |= !movers.is_empty();
        if let Some(unnamed) = claims[index].unnamed(cx, &events) {
            claims[index] = unnamed;
        }
        let claim = &claims[index];
        let shared = if claim.is_shared { sharing::share(cx, claim, &movers) } else { Vec::new() };
        let start = start_of(claim, &returned);
        permits.judge(start, judged(cx, &parts, claim, &events, takers));
        permits.decide(cx, &parts, &Hand::of(claim), &events, takers, start);
        permits.add(start, shared);
    }
    for one in &passed {
        let Some(first) = one.events.iter().map(|&at| (one.hand.file, at)).find(|&at| parts.is_event(at)) else {
            continue;
        };
        permits.decide(cx, &parts, &one.hand, &one.events, takers, first);
        permits.add(first, one.signature(cx));
    }
    for holder in &holders {
        permits.hold(cx, &parts, holder);
    }
    for event in parts.events() {
        let local = holders.iter().find_map(|holder| holder.local(cx, event));
        if let Some(hand) = local.filter(|_| permits.of(event.0, event.1).is_none()) {
            permits.outcomes.insert(event, events::decide(cx, &parts, &hand, &[event.1], event.1));
        }
    }
    for (slot, places) in slot::all(cx, &parts, |(file, at)| permits.of(file, at).is_none()) {
        permits.outcomes.extend(slot.decide(cx, &parts, &places));
    }
    for &finish in &parts.finishes {
        if permits.of(finish.0, finish.1).is_none() {
            permits.outcomes.extend(events::kill(cx, &parts, finish).map(|outcome| (finish, outcome)));
        }
    }
    permits
}

/// Those that are given permits besides the code under a claim itself.
#[derive(Clone, Copy)]
struct Takers<'a> {
    passed: &'a [Passed],
    holders: &'a [Holder],
}

impl<'a> Takers<'a> {
    /// Where permits are given away.
    fn places(self) -> impl Iterator<Item = Place> + 'a {
        let calls = self.passed.iter().flat_map(|one| one.calls.iter().copied());
        calls.chain(self.holders.iter().flat_map(|holder| holder.given.iter().copied()))
    }

    /// What is written where a permit at hand is given away.
    fn changes(self, cx: &Cx<'_>, place: Place, hand: &Hand) -> Vec<Change> {
        let passed = self.passed.iter().filter(|one| one.calls.contains(&place));
        let held = self.holders.iter().filter(|holder| holder.given.contains(&place));
        let passed = passed.flat_map(|one| one.argument(cx, place, hand));
        passed.chain(held.map(|holder| holder.argument(cx, place, hand))).collect()
    }
}

/// Several handles on the permits that are given away at these places.
fn share_all(cx: &Cx<'_>, claims: &mut [Claim], places: &[Place]) {
    let givers: Vec<Place> =
        places.iter().filter_map(|&place| owner(cx, claims, place).map(|claim| (claim.file, claim.call))).collect();
    for claim in claims.iter_mut().filter(|claim| givers.contains(&(claim.file, claim.call))) {
        claim.is_shared = true;
    }
}

/// What happens under a claim.
fn events_of(cx: &Cx<'_>, parts: &Parts, claims: &[Claim], claim: &Claim, takers: Takers<'_>) -> Vec<ExprId> {
    let all = parts.events().chain(takers.places());
    all.filter(|&event| owner(cx, claims, event) == Some(claim)).map(|(_, at)| at).collect()
}

/// The site that a claim is decided at: itself, or where the function that it calls claims.
fn start_of(claim: &Claim, returned: &[Returned]) -> Place {
    let is_own = |one: &&Returned| one.claims.iter().any(|other| (other.file, other.call) == (claim.file, claim.call));
    let made = returned.iter().find(is_own);
    made.map_or((claim.file, claim.call), |one| (one.file, one.start))
}

/// The claim whose permit is seen at a place: the last one in front of it.
fn owner<'c>(cx: &Cx<'_>, claims: &'c [Claim], (file, at): Place) -> Option<&'c Claim> {
    let span = cx.span(file, at);
    let seen = claims.iter().filter(|claim| claim.file == file && claim.scope.contains(span));
    let own = seen.filter(|claim| is_of(cx, claims, claim, at) && !is_foreign(cx, claim, at));
    own.max_by_key(|claim| claim.scope.start)
}

/// Whether something is of the state that was claimed, where claims of several states are in sight.
fn is_of(cx: &Cx<'_>, claims: &[Claim], claim: &Claim, at: ExprId) -> bool {
    let function = cx.function_of(claim.file, claim.call);
    let in_sight =
        claims.iter().filter(|other| other.file == claim.file && cx.function_of(other.file, other.call) == function);
    if in_sight.into_iter().all(|other| other.state == claim.state) {
        return true;
    }
    let Some(value) = receiver(cx, claim.file, at) else { return false };
    state_of(cx, claim.file, value) == claim.state
}

/// Whether something is known to be of other states than the one that was claimed.
fn is_foreign(cx: &Cx<'_>, claim: &Claim, at: ExprId) -> bool {
    let states = |call: ExprId| {
        let state = receiver(cx, claim.file, call).filter(|&state| cx.handle(claim.file, state).is_some())?;
        origins(cx, claim.file, state).filter(|states| !states.is_empty())
    };
    match (states(claim.call), states(at)) {
        (Some(claimed), Some(other)) => claimed != other,
        _ => false,
    }
}

/// The state that an expression is a handle of, as text that is the same for all of them in a function.
fn state_of(cx: &Cx<'_>, file: FileIdx, value: ExprId) -> String {
    state_within(cx, file, value, 6)
}

fn state_within(cx: &Cx<'_>, file: FileIdx, value: ExprId, depth: usize) -> String {
    let value = cx.referent(file, value);
    let text = || cx.expr_text(file, value).to_owned();
    let Some(depth) = depth.checked_sub(1) else { return text() };
    if let Some(inner) = cx.cloned(file, value).or_else(|| cx.pointer_new(file, value)) {
        return state_within(cx, file, inner, depth);
    }
    if let Some(state) = core_parts(cx, file, value).state {
        return state_within(cx, file, state, depth);
    }
    if let ExprKind::Field { base, name } = &cx.hir(file)[value].kind {
        return match name.text == "state" && cx.handle(file, *base).is_some() {
            true => state_within(cx, file, *base, depth),
            false => text(),
        };
    }
    let Some(local) = cx.local(file, value) else { return text() };
    let is_fixed = matches!(cx.hir(file)[local].kind, PatKind::Bind { mutable: false, .. });
    match init_of(cx, file, local).filter(|_| is_fixed) {
        Some((_, init)) if cx.handle(file, init).is_some() && leads_on(cx, file, init) => {
            state_within(cx, file, init, depth)
        }
        _ => format!("{}#{}", text(), local.0),
    }
}

/// Whether an initializer names the state rather than makes one.
fn leads_on(cx: &Cx<'_>, file: FileIdx, init: ExprId) -> bool {
    let init = cx.referent(file, init);
    cx.cloned(file, init).is_some()
        || core_parts(cx, file, init).state.is_some()
        || matches!(cx.hir(file)[init].kind, ExprKind::Path(_) | ExprKind::Field { .. })
}

/// The claim itself, with what its exits and its cancel change.
fn judged(cx: &Cx<'_>, parts: &Parts, claim: &Claim, events: &[ExprId], takers: Takers<'_>) -> Outcome {
    let mut changes = claim.changes.clone();
    if parts.starts.contains(&(claim.file, claim.call)) {
        changes.extend(rename_method(cx, claim.file, claim.call, "reserve"));
    }
    let help = format!("`reserve()`, whose permit `{}` holds the claim until it is dropped", claim.name);
    let mut outcome = Outcome::safe(changes, help);
    if claim.is_renewal() {
        return outcome;
    }
    if let Some(exit) = paths::leak(cx, parts, claim, takers) {
        let place = cx.place(claim.file, exit);
        outcome = outcome.offered(
            Trap::ClaimLeak,
            &format!("the way out at {place} left the state claimed for good, and now frees the session"),
        );
    }
    let may_cancel = !parts.cancelled.is_empty();
    if may_cancel && !events::is_cancel_stored_at_once(cx, parts, claim, events) {
        outcome = outcome.offered(
            Trap::CancelReaches,
            "the claim had no cancel at first, so that `cancel_run` did nothing; `cancel_active` stops its runs",
        );
    }
    outcome
}

/// The name by which a call names its method, or the whole of its callee.
fn name_span(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> Span {
    match &cx.hir(file)[call].kind {
        ExprKind::MethodCall { method, .. } => method.span,
        ExprKind::Call { callee, .. } => cx.span(file, *callee),
        _ => cx.span(file, call),
    }
}

#[cfg(test)]
mod tests;
