//! Runs that are split by hand: a claim (`start_run`), the run (`run_inference_started`), its end (`finish_run`). Each
//! becomes one start, where the claim stood, and one wait, where the run stood.

mod cleanup;
mod finish;
mod guard;
mod needs;
mod plumbing;
mod receiver;
mod seed;
mod standing;
mod start;
mod wrapper;

use std::collections::HashMap;

use self::wrapper::Wrapper;

use super::cx::{Change, Cx};
use super::hir::{BlockFlavour, ExprId, ExprKind, Span};
use super::index::FileIdx;
use super::outcome::Outcome;
use super::rewrite::{Piece, Rewrite};
use super::rules::run_lifecycle;
use super::sites::{Site, SiteKind};
use super::unit::Facts;

pub(crate) use guard::leaves;

type Place = (FileIdx, ExprId);

/// What becomes of the parts of a unit's lifecycles.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lifecycles {
    outcomes: HashMap<Place, Outcome>,
    /// Whether a run is claimed without a cancel, so that the state could not cancel it.
    holds_none: bool,
}

impl Lifecycles {
    /// Whether a cancel through the state reached every run.
    pub(crate) fn can_cancel_all(&self) -> bool {
        !self.holds_none
    }

    /// The decision about a part, where it belongs to a lifecycle that could be read.
    pub(crate) fn of(&self, file: FileIdx, expr: ExprId) -> Option<Outcome> {
        self.outcomes.get(&(file, expr)).cloned()
    }

    /// The parts of a run that is only reported say why that is.
    fn tell_parts(&mut self, cx: &Cx<'_>, parts: &Parts, run: Place, outcome: &Outcome) {
        let ends = parts.finishes.iter().chain(&parts.cancels).map(|&part| (part, false));
        let of_run = parts.starts.iter().map(|&part| (part, true)).chain(ends);
        for (part, is_claim) in of_run.filter(|&(part, _)| same_function(cx, part, run)) {
            let told = || run_lifecycle::with_run(&cx.place(run.0, method_span(cx, run)), outcome, is_claim);
            self.outcomes.entry(part).or_insert_with(told);
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
    cancels: Vec<Place>,
    /// `cancel_run`
    cancelled: Vec<Place>,
    /// `has_cancel`
    asked: Vec<Place>,
    /// Functions that only claim.
    wrappers: Vec<Wrapper>,
}

impl Parts {
    fn of(cx: &Cx<'_>, sites: &[Site]) -> Self {
        let mut parts = Self::default();
        for (site, expr) in sites.iter().filter_map(|site| Some((site, site.expr()?))) {
            let list = match site.kind {
                SiteKind::StateMethod("start_run") => &mut parts.starts,
                SiteKind::Run("run_inference_started") => &mut parts.runs,
                SiteKind::StateMethod("finish_run") => &mut parts.finishes,
                SiteKind::StateMethod("set_cancel") => &mut parts.cancels,
                SiteKind::StateMethod("cancel_run") => &mut parts.cancelled,
                SiteKind::StateMethod("has_cancel") => &mut parts.asked,
                _ => continue,
            };
            list.push((site.file, expr));
        }
        if !parts.runs.is_empty() {
            parts.wrappers = parts.starts.iter().filter_map(|&start| Wrapper::of(cx, start)).collect();
        }
        parts
    }
}

/// What goes and what stays of a file's text, as far as a lifecycle is concerned.
#[derive(Clone, Debug, Default)]
struct Text {
    changes: Vec<Change>,
    rewrites: Vec<Rewrite>,
    /// Text that is gone afterwards.
    removed: Vec<(FileIdx, Span)>,
    /// The contexts that the starts hang on.
    contexts: Vec<(FileIdx, Span)>,
    /// Text in what is gone that is written again elsewhere.
    copied: Vec<(FileIdx, Span)>,
}

impl Text {
    fn rewrite(&mut self, file: FileIdx, span: Span, pieces: Vec<Piece>) {
        self.rewrites.push(Rewrite { file, span, pieces });
    }

    fn remove_stmt(&mut self, cx: &Cx<'_>, file: FileIdx, span: Span) {
        self.changes.push(super::rules::inference_state::delete_line(cx, file, span));
        self.removed.push((file, span));
    }
}

/// Decides the lifecycles of a unit.
pub(crate) fn plan(cx: &Cx<'_>, facts: &Facts, sites: &[Site]) -> Lifecycles {
    let parts = Parts::of(cx, sites);
    let mut lifecycles = Lifecycles::default();
    let mut text = Text::default();
    // Where no run is split, `finish_run` belongs to a kill.
    let mut owner = match parts.finishes.first() {
        Some(&finish) if parts.runs.is_empty() && parts.starts.is_empty() => Some(finish),
        _ => None,
    };
    let mut stuck = Vec::new();
    for &run in &parts.runs {
        match start::all(cx, facts, &parts, run, &mut text) {
            Ok((outcome, claims)) => {
                owner = owner.or(Some(run));
                lifecycles.outcomes.insert(run, outcome);
                lifecycles.outcomes.extend(claims);
            }
            Err(outcome) => {
                stuck.push((run, outcome.clone()));
                lifecycles.outcomes.insert(run, outcome);
            }
        }
    }
    for wrapper in &parts.wrappers {
        wrapper.settle(cx, &mut lifecycles, &mut text);
    }
    for (run, outcome) in &stuck {
        lifecycles.tell_parts(cx, &parts, *run, outcome);
    }
    // A whole run stores its cancel itself.
    lifecycles.holds_none = !parts.starts.iter().all(|&start| plumbing::is_stored(cx, &parts, start));
    if !lifecycles.holds_none {
        for &asked in &parts.asked {
            lifecycles.outcomes.insert(asked, plumbing::asked(cx, asked));
        }
    }
    let Some(owner) = owner else { return lifecycles };
    for &cancel in &parts.cancels {
        let outcome = plumbing::stored(cx, &parts, cancel, &mut text);
        lifecycles.outcomes.insert(cancel, outcome);
    }
    for &finish in &parts.finishes {
        let outcome = finish::one(cx, &parts, finish, &mut text);
        lifecycles.outcomes.insert(finish, outcome);
    }
    cleanup::dead_locals(cx, facts, &mut text);
    if let Some(outcome) = lifecycles.outcomes.get_mut(&owner) {
        outcome.changes.extend(text.changes);
        outcome.rewrites = text.rewrites.into();
    }
    lifecycles
}

/// The name by which a call names its method.
fn method_span(cx: &Cx<'_>, (file, call): Place) -> Span {
    match &cx.hir(file)[call].kind {
        ExprKind::MethodCall { method, .. } => method.span,
        _ => cx.span(file, call),
    }
}

/// Whether two expressions belong to one function.
fn same_function(cx: &Cx<'_>, a: Place, b: Place) -> bool {
    a.0 == b.0 && cx.function_of(a.0, a.1) == cx.function_of(b.0, b.1)
}

/// The async block or closure around an expression that is not around `from`, the outermost of them.
fn own_future(cx: &Cx<'_>, file: FileIdx, expr: ExprId, from: Span) -> Option<ExprId> {
    let hir = cx.hir(file);
    cx.ancestors(file, expr)
        .take_while(|&at| !hir[at].span.contains(from))
        .filter(|&at| is_deferred(cx, file, at))
        .last()
}

/// Whether an expression is code for later: a closure or an async block.
fn is_deferred(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    matches!(
        cx.hir(file)[expr].kind,
        ExprKind::Closure { .. } | ExprKind::Block { flavour: BlockFlavour::Async { .. }, .. }
    )
}

/// A statement's span with the comments on the lines directly above it.
fn with_comments(cx: &Cx<'_>, file: FileIdx, span: Span) -> Span {
    let source = cx.source(file);
    let line_start = |at: usize| source[..at].rfind('\n').map_or(0, |at| at + 1);
    let first = line_start(span.start as usize);
    if !source[first..span.start as usize].trim().is_empty() {
        return span;
    }
    let (mut top, mut start) = (first, span.start as usize);
    while top > 0 {
        let above = line_start(top - 1);
        let line = &source[above..top];
        if !line.trim_start().starts_with("//") {
            break;
        }
        start = above + (line.len() - line.trim_start().len());
        top = above;
    }
    Span { start: start as u32, end: span.end }
}
