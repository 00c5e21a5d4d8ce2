//! Permits that are given to other functions: to those that run or finish what their callers have claimed.

use std::collections::{BTreeMap, BTreeSet};

use super::super::cx::{Change, Cx, TraitMethod};
use super::super::hir::{ExprId, ExprKind, FnItem, ItemId, ItemKind, Span};
use super::super::index::FileIdx;
use super::super::proof::is_called_from_outside;
use super::super::sites::receiver;
use super::claim::{Claim, Holds};
use super::events::is_last;
use super::hand::Hand;
use super::holder::Holder;
use super::{Parts, Place, events, owner};

type Function = (FileIdx, ItemId);

/// A function that is given the permit of its callers.
#[derive(Clone, Debug)]
pub(super) struct Passed {
    file: FileIdx,
    item: ItemId,
    pub(super) hand: Hand,
    /// What it does with the permit.
    pub(super) events: Vec<ExprId>,
    pub(super) calls: Vec<Place>,
    /// The parameter whose place the permit takes.
    replaces: Option<usize>,
}

/// The functions that are given permits.
pub(super) fn all(cx: &Cx<'_>, parts: &Parts, claims: &[Claim], holders: &[Holder]) -> Vec<Passed> {
    let mut open: BTreeMap<Function, Vec<ExprId>> = BTreeMap::new();
    let is_open = |event: &Place| {
        owner(cx, claims, *event).is_none()
            && !holders.iter().any(|holder| holder.has(cx, *event) || holder.local(cx, *event).is_some())
    };
    for (file, event) in parts.events().filter(is_open) {
        open.entry((file, cx.function_of(file, event))).or_default().push(event);
    }
    // Functions between a claim and the one that needs its permit hand it on.
    for _ in 0..3 {
        let known: Vec<Function> = open.keys().copied().collect();
        for function in known {
            for (file, call) in calls(cx, function).unwrap_or_default() {
                let around = (file, cx.function_of(file, call));
                if owner(cx, claims, (file, call)).is_none() && calls(cx, around).is_some() {
                    open.entry(around).or_default();
                }
            }
        }
    }
    loop {
        let lost: BTreeSet<Function> =
            open.keys().copied().filter(|&function| !is_given_everywhere(cx, claims, &open, function)).collect();
        if lost.is_empty() {
            break;
        }
        open.retain(|function, _| !lost.contains(function));
    }
    let mut passed: Vec<Passed> =
        open.into_iter().filter_map(|(function, events)| Passed::new(cx, function, events)).collect();
    let handed: Vec<Place> = passed.iter().flat_map(|one| one.calls.clone()).collect();
    for one in &mut passed {
        let within =
            |&(file, call): &Place| (file == one.file && cx.function_of(file, call) == one.item).then_some(call);
        one.events.extend(handed.iter().filter_map(within));
    }
    let takers: Vec<Function> =
        passed.iter().filter(|one| one.takes(cx, parts, claims, &handed)).map(|one| (one.file, one.item)).collect();
    for one in passed.iter_mut().filter(|one| takers.contains(&(one.file, one.item))) {
        (one.hand.is_reference, one.hand.is_owned) = (false, true);
    }
    passed.retain(|one| one.hand.is_owned || one.may_borrow(cx));
    passed
}

/// The calls of a function that nothing else can name; `None` where there may be others, or none.
pub(super) fn calls(cx: &Cx<'_>, (file, item): Function) -> Option<Vec<Place>> {
    let def = cx.program.def_of_item(file, item)?;
    let ItemKind::Fn(_) = cx.hir(file)[item].kind else { return None };
    if cx.trait_method(def) != TraitMethod::None || is_called_from_outside(cx, def) {
        return None;
    }
    let found: Option<Vec<Place>> =
        cx.callers(def).iter().map(|&(file, at)| Some((file, call_at(cx, file, at)?))).collect();
    found.filter(|calls| !calls.is_empty())
}

/// The call of which `at` is the callee, or which it is.
pub(super) fn call_at(cx: &Cx<'_>, file: FileIdx, at: ExprId) -> Option<ExprId> {
    let hir = cx.hir(file);
    if matches!(hir[at].kind, ExprKind::MethodCall { .. }) {
        return Some(at);
    }
    let parent = cx.parent_expr(file, at)?;
    matches!(hir[parent].kind, ExprKind::Call { callee, .. } if cx.peel_parens(file, callee) == at).then_some(parent)
}

fn is_given_everywhere(
    cx: &Cx<'_>,
    claims: &[Claim],
    open: &BTreeMap<Function, Vec<ExprId>>,
    function: Function,
) -> bool {
    let Some(calls) = calls(cx, function) else { return false };
    calls.into_iter().all(|(file, call)| match owner(cx, claims, (file, call)) {
        Some(claim) => claim.holds == Holds::Permit,
        None => {
            let around = (file, cx.function_of(file, call));
            around != function && open.contains_key(&around)
        }
    })
}

impl Passed {
    fn new(cx: &Cx<'_>, (file, item): Function, events: Vec<ExprId>) -> Option<Self> {
        let function = function_of(cx, file, item)?;
        let body = function.body?;
        let name = cx.free_name(file, body, "permit", &[]);
        let hand =
            Hand { file, name, holds: Holds::Permit, is_reference: true, is_owned: false, scope: cx.span(file, body) };
        let replaces = replaced(cx, file, function, &events);
        Some(Self { file, item, hand, events, calls: calls(cx, (file, item))?, replaces })
    }

    /// Whether the function ends the claim, and every caller is done with the permit then.
    fn takes(&self, cx: &Cx<'_>, parts: &Parts, claims: &[Claim], handed: &[Place]) -> bool {
        let ends = self.events.iter().any(|&event| parts.finishes.contains(&(self.file, event)));
        ends && self.calls.iter().all(|&(file, call)| {
            let Some(claim) = owner(cx, claims, (file, call)) else { return false };
            let own = parts.events().filter(|&event| owner(cx, claims, event) == Some(claim));
            let given = handed.iter().copied().filter(|&at| owner(cx, claims, at) == Some(claim));
            let others: Vec<ExprId> = own.chain(given).map(|(_, at)| at).collect();
            Hand::of(claim).is_owned && is_last(cx, &Hand::of(claim), &others, call)
        })
    }

    /// Whether every call is over before its caller is.
    fn may_borrow(&self, cx: &Cx<'_>) -> bool {
        let is_async = function_of(cx, self.file, self.item).is_some_and(|function| function.is_async);
        !is_async || self.calls.iter().all(|&(file, call)| super::super::order::is_awaited(cx, file, call))
    }

    pub(super) fn body(&self, cx: &Cx<'_>) -> Option<ExprId> {
        function_of(cx, self.file, self.item)?.body
    }

    /// The parameter.
    pub(super) fn signature(&self, cx: &Cx<'_>) -> Vec<Change> {
        let Some(function) = function_of(cx, self.file, self.item) else { return Vec::new() };
        let scope = cx.program.scope_of_item(self.file, self.item);
        let ty = cx.name(self.file, scope, "session::RunPermit");
        let lent = if self.hand.is_reference { "&" } else { "" };
        let text = format!("{}: {lent}{ty}", self.hand.name);
        let spans: Vec<Span> = function.params.iter().map(|param| param.span).collect();
        let behind = function.self_param.as_ref().map(|own| own.span);
        vec![put(cx, self.file, &spans, behind, self.replaces, function.params_span.end, &text)]
    }

    /// The argument of a call, for a permit at hand there.
    pub(super) fn argument(&self, cx: &Cx<'_>, (file, call): Place, given: &Hand) -> Vec<Change> {
        let (ExprKind::MethodCall { args, .. } | ExprKind::Call { args, .. }) = &cx.hir(file)[call].kind else {
            return Vec::new();
        };
        let has_self = function_of(cx, self.file, self.item).is_some_and(|function| function.self_param.is_some());
        let shift = usize::from(has_self && matches!(cx.hir(file)[call].kind, ExprKind::Call { .. }));
        let text = if self.hand.is_reference { given.reference() } else { given.name.clone() };
        let spans: Vec<Span> = args.iter().map(|&arg| cx.span(file, arg)).collect();
        let end = cx.span(file, call).end - 1;
        vec![put(cx, file, &spans, None, self.replaces.map(|index| index + shift), end, &text)]
    }
}

/// Puts `text` in the place of an element of a list, or behind all.
fn put(
    cx: &Cx<'_>,
    file: FileIdx,
    spans: &[Span],
    behind: Option<Span>,
    replaces: Option<usize>,
    end: u32,
    text: &str,
) -> Change {
    match (replaces.and_then(|index| spans.get(index)), spans.last().copied().or(behind)) {
        (Some(&span), _) => cx.replace(file, span, text),
        (None, Some(last)) => cx.insert(file, last.end, format!(", {text}")),
        (None, None) => cx.insert(file, end, text),
    }
}

fn function_of<'a>(cx: &Cx<'a>, file: FileIdx, item: ItemId) -> Option<&'a FnItem> {
    match &cx.hir(file)[item].kind {
        ItemKind::Fn(function) => Some(function),
        _ => None,
    }
}

/// The parameter whose only uses are the receivers of finishes and stored cancels.
fn replaced(cx: &Cx<'_>, file: FileIdx, function: &FnItem, events: &[ExprId]) -> Option<usize> {
    let is_run = |event: &ExprId| {
        let method = cx.inferred(file).methods.get(event).and_then(|&def| cx.legacy.method(def));
        method == Some("run_inference_started")
    };
    let ends: Vec<ExprId> = events.iter().copied().filter(|event| !is_run(event)).collect();
    let gone: Vec<Span> = ends.iter().map(|&event| events::removed(cx, file, event)).collect();
    let mut roots = ends.iter().filter_map(|&event| super::leftover::root(cx, file, receiver(cx, file, event)?));
    let root = roots.next()?;
    let is_gone = |&use_: &ExprId| gone.iter().any(|span| span.contains(cx.span(file, use_)));
    let served = cx.uses_of(file, root).iter().all(is_gone) && !cx.may_be_named_unread(file, root);
    function.params.iter().position(|param| param.pat == root && served)
}
