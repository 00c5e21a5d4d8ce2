//! What is asked about the errors of the whole program once.

use std::collections::{BTreeMap, HashMap};

use super::super::super::conversions::{self, Conversion};
use super::super::super::cx::Cx;
use super::super::super::flow::{Node, UnitIdx};
use super::super::super::hir::{BlockFlavour, ExprId, ExprKind, ItemKind, TypeId};
use super::super::super::index::FileIdx;
use super::super::super::legacy::Tracked;
use super::super::super::shown;
use super::{downcasts, error_of, error_type, mentions};

/// Which errors can be where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    /// A run's error may say that nothing runs: a state's error was made one.
    pub(crate) idle_runs: bool,
    /// A state's error that is passed on may say that a run is under way.
    pub(crate) busy_states: bool,
    /// A run's error may say that a run is under way.
    pub(crate) busy_runs: bool,
    /// A boxed error is asked whether it is a state's.
    pub(crate) asks_state: bool,
}

/// The errors of a program.
#[derive(Debug)]
pub(crate) struct ErrorSurvey {
    /// Expressions that are legacy errors, or hold some, by unit.
    uses: HashMap<UnitIdx, Vec<(FileIdx, ExprId)>>,
    /// Units of which something is printed with `{:?}`, and whether that is an error itself.
    debugged: BTreeMap<UnitIdx, bool>,
    pub(crate) reach: Reach,
    pub(crate) conversions: Vec<Conversion>,
}

impl ErrorSurvey {
    pub(crate) fn new(cx: &Cx<'_>) -> Self {
        let mut survey = Self {
            uses: HashMap::new(),
            debugged: shown::debugged(cx),
            reach: Reach::default(),
            conversions: conversions::all(cx.resolver, cx.legacy),
        };
        for &file in cx.inferred.keys() {
            survey.reach.asks_state |= downcasts::ask_state(cx, file);
            for index in 0..cx.hir(file).exprs.len() {
                let expr = ExprId(index as u32);
                survey.reach.look(cx, file, expr);
                let ty = cx.ty(file, expr);
                let holds = mentions(cx, ty, Tracked::StateError) || mentions(cx, ty, Tracked::RunError);
                if let Some(unit) = cx.flow.unit_of(&Node::Expr(file, expr)).filter(|_| holds) {
                    survey.uses.entry(unit).or_default().push((file, expr));
                }
            }
        }
        survey.uses.values_mut().for_each(|uses| uses.sort());
        survey
    }

    pub(crate) fn uses_in(&self, unit: UnitIdx) -> &[(FileIdx, ExprId)] {
        self.uses.get(&unit).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn is_debugged(&self, unit: UnitIdx) -> bool {
        self.debugged.contains_key(&unit)
    }

    /// Whether an error itself is printed, not only a value of the user's own that may hold one.
    pub(crate) fn prints_error(&self, unit: UnitIdx) -> bool {
        self.debugged.get(&unit) == Some(&true)
    }
}

impl Reach {
    fn look(&mut self, cx: &Cx<'_>, file: FileIdx, expr: ExprId) {
        match &cx.hir(file)[expr].kind {
            ExprKind::Try(inner) => {
                let error = error_type(cx, cx.ty(file, *inner));
                let is_state = error.is_some_and(|ty| error_of(cx, &ty) == Some(Tracked::StateError));
                self.idle_runs |=
                    is_state && !calls(cx, file, *inner, "start_run") && may_give_run_error(cx, file, expr);
            }
            ExprKind::MethodCall { receiver, method, .. } => {
                self.busy_runs |= calls(cx, file, expr, "run_inference");
                self.busy_states |= calls(cx, file, expr, "start_run") && is_passed_on(cx, file, expr);
                self.idle_runs |= method.text == "into"
                    && error_of(cx, cx.ty(file, *receiver)) == Some(Tracked::StateError)
                    && !is_busy(cx, file, *receiver)
                    && matches!(error_of(cx, cx.ty(file, expr)), Some(Tracked::RunError) | None);
            }
            ExprKind::Call { callee, args } => {
                self.busy_runs |= calls(cx, file, expr, "run_inference");
                self.busy_states |= calls(cx, file, expr, "start_run");
                let is_run = error_of(cx, cx.ty(file, expr)) == Some(Tracked::RunError);
                let of_state = |arg: &ExprId| error_of(cx, cx.ty(file, *arg)) == Some(Tracked::StateError);
                self.idle_runs |= is_run && args.iter().any(|arg| of_state(arg) && !is_busy(cx, file, *arg));
                self.busy_runs |= variant(cx, file, *callee) == Some("State");
            }
            ExprKind::Path(_) => match variant(cx, file, expr) {
                Some("AlreadyRunning") => self.busy_states |= !is_compared_or_converted(cx, file, expr),
                Some("State") => {
                    let is_called = cx.parent_expr(file, expr).is_some_and(
                        |parent| matches!(cx.hir(file)[parent].kind, ExprKind::Call { callee, .. } if callee == expr),
                    );
                    self.idle_runs |= !is_called;
                }
                _ => {}
            },
            _ => {}
        }
    }
}

fn variant(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<&'static str> {
    cx.legacy.variant(cx.value_def(file, expr)?)
}

fn is_busy(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    variant(cx, file, expr) == Some("AlreadyRunning")
}

/// Whether a state's error becomes a run's on the spot, or is only compared with another one.
fn is_compared_or_converted(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let Some(parent) = cx.parent_expr(file, expr) else { return false };
    let is_run = error_of(cx, cx.ty(file, parent)) == Some(Tracked::RunError);
    match &cx.hir(file)[parent].kind {
        ExprKind::Call { .. } | ExprKind::MethodCall { .. } if is_run => true,
        ExprKind::Call { .. } | ExprKind::Ref { .. } => is_compared_or_converted(cx, file, parent),
        ExprKind::Binary { op, .. } => matches!(op.as_str(), "==" | "!="),
        ExprKind::Macro(call) => call.path.segments.last().is_some_and(|last| last.name.text.starts_with("assert")),
        _ => false,
    }
}

fn calls(cx: &Cx<'_>, file: FileIdx, expr: ExprId, name: &str) -> bool {
    let def = match cx.hir(file)[expr].kind {
        ExprKind::Call { callee, .. } => cx.value_def(file, callee),
        _ => cx.inferred(file).methods.get(&expr).copied(),
    };
    def.and_then(|def| cx.legacy.method(def)) == Some(name)
}

/// Whether the error of a call goes anywhere: it is not only asked whether there is one.
fn is_passed_on(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> bool {
    const ASKING: &[&str] = &["is_ok", "is_err", "ok", "unwrap", "expect", "map_err"];
    match cx.parent_expr(file, call).map(|parent| &cx.hir(file)[parent].kind) {
        Some(ExprKind::MethodCall { method, .. }) => !ASKING.contains(&method.text.as_str()),
        Some(ExprKind::Macro(_)) => false,
        _ => true,
    }
}

/// Whether the function around a `?` may give a run's error: it says so, or nobody does.
fn may_give_run_error(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let hir = cx.hir(file);
    let is_boundary = |at: &ExprId| {
        matches!(hir[*at].kind, ExprKind::Closure { .. } | ExprKind::Block { flavour: BlockFlavour::Async { .. }, .. })
    };
    if cx.ancestors(file, expr).any(|at| is_boundary(&at)) {
        return true;
    }
    let owner = cx.function_of(file, expr);
    let ItemKind::Fn(function) = &hir[owner].kind else { return true };
    let (Some(ret), Some(def)) = (function.ret, cx.program.def_of_item(file, owner)) else { return true };
    let ty = cx.resolver.lower(ret, &cx.resolver.ty_scope(def));
    mentions(cx, &ty, Tracked::RunError)
}

/// Whether any written type of a stretch names something legacy.
pub(super) fn names_type(cx: &Cx<'_>, file: FileIdx, span: super::super::super::hir::Span) -> bool {
    let hir = cx.hir(file);
    (0..hir.types.len() as u32).map(TypeId).any(|ty| {
        span.contains(hir[ty].span)
            && !super::super::super::flow::type_mention(cx.resolver, cx.legacy, file, ty).is_empty()
    })
}
