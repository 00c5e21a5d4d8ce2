//! What a core session has besides its state, and the runs that it must reach.

use super::cx::Cx;
use super::hir::{BlockFlavour, ExprId, ExprKind, MacroContent, PatId, PatKind, PatParent, Span, StmtId, StmtKind};
use super::index::FileIdx;
use super::origins::Place;
use super::pairing::{core_parts, undisturbed};
use super::settings::{How, Setting, condition, scrutinee, settings};
use super::text::{is_none, is_plain, some_of};

/// A part of a core session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sink,
    Sinks,
    SnapshotHook,
    Registry,
    ToolConfig,
    Persister,
}

impl Kind {
    /// The method of a builder that sets it.
    pub(crate) fn method(self) -> &'static str {
        match self {
            Kind::Sink => "with_event_sink",
            Kind::Sinks => "with_event_sinks",
            Kind::SnapshotHook => "with_snapshot_hook",
            Kind::Registry => "with_tool_registry",
            Kind::ToolConfig => "with_tool_config",
            Kind::Persister => "with_persister",
        }
    }

    /// The field of a core session that holds it.
    fn field(self) -> &'static str {
        match self {
            Kind::Sink | Kind::Sinks => "event_sinks",
            Kind::SnapshotHook => "snapshot_hook",
            Kind::Registry => "registry",
            Kind::ToolConfig => "tool_config",
            Kind::Persister => "persister",
        }
    }

    /// What a local that holds it is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Sink => "sink",
            Kind::Sinks => "event_sinks",
            Kind::SnapshotHook => "hook",
            Kind::Registry => "registry",
            Kind::ToolConfig => "tool_config",
            Kind::Persister => "persister",
        }
    }

    /// Whether the context of a run can carry it, so that no other builder is needed.
    pub(crate) fn is_of_context(self) -> bool {
        matches!(self, Kind::Sink | Kind::Sinks | Kind::SnapshotHook)
    }
}

/// One part with the expression that gives it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    pub(crate) kind: Kind,
    /// The value, out of its `Some` where it had one.
    pub(crate) value: ExprId,
    /// Whether only the run knows if there is a value.
    pub(crate) optional: bool,
    /// Whether it is set in a statement of its own.
    pub(crate) is_set: bool,
    /// The `if` under which it is set.
    pub(crate) under: Option<ExprId>,
}

impl Part {
    fn new(kind: Kind, value: ExprId) -> Self {
        Self { kind, value, optional: false, is_set: false, under: None }
    }

    /// What is evaluated to get it.
    pub(crate) fn exprs(&self, cx: &Cx<'_>, file: FileIdx) -> impl Iterator<Item = ExprId> {
        std::iter::once(self.value).chain(self.under.and_then(|under| condition(cx, file, under)))
    }
}

/// How the value of a part is written at a run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Carried {
    pub(crate) part: Part,
    /// The local made for it in front of the core session; without one its expression is repeated.
    pub(crate) local: Option<String>,
    /// Whether more than one run, or other code, needs it.
    pub(crate) shared: bool,
}

/// What reaches the runs of a core session one by one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Equipment {
    pub(crate) parts: Vec<Carried>,
    pub(crate) runs: Vec<ExprId>,
    /// The statement in front of which locals are made.
    pub(crate) stmt: Option<StmtId>,
}

impl Equipment {
    /// Whether the runs need a builder of their own: tools, a part that may be missing, or sinks of which only a builder
    /// keeps the order.
    pub(crate) fn needs_builder(&self) -> bool {
        let has = |kind: Kind| self.parts.iter().any(|carried| carried.part.kind == kind);
        let may_miss = |part: &Part| part.optional || part.under.is_some();
        (has(Kind::Sink) && has(Kind::Sinks))
            || self.parts.iter().any(|carried| may_miss(&carried.part) || !carried.part.kind.is_of_context())
    }
}

/// Why a core session's parts cannot reach its runs one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// It has a part that the tool cannot read.
    Unreadable,
    /// It is passed on or kept, so that its runs are elsewhere.
    Escapes,
    /// What it is made of is no longer there at a run.
    OutOfReach,
}

/// The parts of a core session that add something: those of its construction, and those that are set right behind it.
pub(crate) fn parts(cx: &Cx<'_>, file: FileIdx, core: ExprId) -> Option<Vec<Part>> {
    let literal = core_parts(cx, file, core);
    if literal.is_partial {
        return None;
    }
    let mut parts = Vec::new();
    for (name, value) in literal.fields {
        parts.extend(given(cx, file, &name, value)?);
    }
    let folded = settings(cx, file, core).filter(|settings| settings.kept_until.is_none());
    for setting in folded.into_iter().flat_map(|settings| settings.all) {
        parts.extend(set(cx, file, &setting, &parts)?);
    }
    Some(parts)
}

/// What each setting of a core session adds to a builder that is kept in a local meanwhile.
pub(crate) fn kept_parts(cx: &Cx<'_>, file: FileIdx, core: ExprId) -> Option<Vec<(Setting, Vec<Part>)>> {
    let mut earlier = parts(cx, file, core)?;
    let mut kept = Vec::new();
    for setting in settings(cx, file, core).filter(|settings| settings.kept_until.is_some())?.all {
        let added = set(cx, file, &setting, &earlier)?;
        let is_once = !is_repeated(cx, file, core, setting.access);
        let replaces = setting.how == How::Assign && (added.is_empty() || added.iter().any(|part| part.optional));
        let replaces_sinks = setting.how == How::Assign && setting.field == "event_sinks";
        ((is_once && !added.is_empty()) || !(replaces || replaces_sinks)).then_some(())?;
        earlier.extend(added.iter().cloned());
        kept.push((setting, added));
    }
    Some(kept)
}

/// What a setting adds to whatever the core session has by then; `None` where that may take something away.
pub(crate) fn added(cx: &Cx<'_>, file: FileIdx, setting: &Setting) -> Option<Vec<Part>> {
    let replaces_sinks = setting.how == How::Assign && setting.field == "event_sinks";
    let added = set(cx, file, setting, &[]).filter(|added| !replaces_sinks && !added.is_empty())?;
    added.iter().all(|part| !part.optional).then_some(added)
}

/// What a setting adds; `None` where it takes away what is there `earlier`.
fn set(cx: &Cx<'_>, file: FileIdx, setting: &Setting, earlier: &[Part]) -> Option<Vec<Part>> {
    let added = match setting.how {
        How::Push => vec![Part::new(Kind::Sink, setting.value)],
        How::Extend => vec![Part::new(Kind::Sinks, setting.value)],
        How::Assign => {
            let is_given_again = earlier.iter().any(|part| part.kind.field() == setting.field);
            given(cx, file, &setting.field, setting.value).filter(|_| !is_given_again)?
        }
    };
    Some(added.into_iter().map(|part| Part { is_set: true, under: setting.under, ..part }).collect())
}

/// What a field adds that is given a value.
fn given(cx: &Cx<'_>, file: FileIdx, field: &str, value: ExprId) -> Option<Vec<Part>> {
    let kind = match field {
        "event_sinks" => return Some(sinks(cx, file, value)),
        "snapshot_hook" => Kind::SnapshotHook,
        "registry" => Kind::Registry,
        "tool_config" => Kind::ToolConfig,
        "persister" => Kind::Persister,
        _ => return None,
    };
    if is_none(cx, file, value) {
        return Some(Vec::new());
    }
    let inner = some_of(cx, file, value);
    Some(vec![Part { optional: inner.is_none(), ..Part::new(kind, inner.unwrap_or(value)) }])
}

fn sinks(cx: &Cx<'_>, file: FileIdx, value: ExprId) -> Vec<Part> {
    if cx.calls_known(file, value, "std::vec::Vec::new").is_some() {
        return Vec::new();
    }
    if let ExprKind::Macro(call) = &cx.hir(file)[value].kind
        && call.path.segments.last().is_some_and(|last| last.name.text == "vec")
        && let MacroContent::Exprs(sinks) = &call.content
        && !cx.text(file, call.inner).contains(';')
    {
        return sinks.iter().map(|&sink| Part::new(Kind::Sink, sink)).collect();
    }
    vec![Part::new(Kind::Sinks, value)]
}

/// Finds the runs of a core session, and how its parts get there.
///
/// # Errors
/// What stands in the way.
pub(crate) fn equip(cx: &Cx<'_>, file: FileIdx, core: ExprId) -> Result<Equipment, Obstacle> {
    let parts = parts(cx, file, core).ok_or(Obstacle::Unreadable)?;
    if parts.is_empty() {
        return Ok(Equipment::default());
    }
    let mut runs = Vec::new();
    // No run at all: there may be another one for another configuration.
    if !runs_of(cx, file, core, &mut runs, 8) || runs.is_empty() {
        return Err(Obstacle::Escapes);
    }
    let stmt = stmt_for_locals(cx, file, core);
    let shared = runs.len() > 1 || runs.iter().any(|&run| is_repeated(cx, file, core, run));
    let moving = movers(cx, file, core, &runs).ok_or(Obstacle::OutOfReach)?;
    let mut taken = Vec::new();
    let parts = parts.into_iter().map(|part| {
        let inherited = !part.is_set && !cx.span(file, core).contains(cx.span(file, part.value));
        let leaves = part.exprs(cx, file).any(|expr| leaves_closure(cx, file, expr));
        if !moving && !leaves && stays(cx, file, &part, &runs, core) {
            return Ok(Carried { part, local: None, shared: shared || inherited });
        }
        if stmt.is_none() || inherited || part.under.is_some() {
            return Err(Obstacle::OutOfReach);
        }
        let local = cx.free_name(file, core, part.kind.name(), &taken);
        taken.push(local.clone());
        Ok(Carried { part, local: Some(local), shared })
    });
    Ok(Equipment { parts: parts.collect::<Result<_, _>>()?, runs, stmt })
}

/// Collects the runs of a value that holds a core session; whether all are known.
fn runs_of(cx: &Cx<'_>, file: FileIdx, value: ExprId, runs: &mut Vec<ExprId>, depth: usize) -> bool {
    use super::hir::Parent;
    let Some(depth) = depth.checked_sub(1) else { return false };
    let hir = cx.hir(file);
    if let Some(parent) = cx.parent_expr(file, value) {
        return runs_of_inner(cx, file, value, parent, runs, depth);
    }
    let Some(stmt) = cx.stmt_of(file, value).filter(|_| matches!(outer_parent(cx, file, value), Parent::Stmt(_)))
    else {
        return false;
    };
    match hir[stmt].kind {
        StmtKind::Let { pat, init: Some(_), otherwise: None, .. } => {
            let is_local = matches!(hir[pat].kind, PatKind::Bind { sub: None, by_ref: false, .. });
            let uses = cx.uses_of(file, pat);
            is_local
                && !cx.may_be_named_unread(file, pat)
                && uses.iter().all(|&use_| runs_of(cx, file, use_, runs, depth))
        }
        StmtKind::Expr { semi, .. } => semi,
        _ => false,
    }
}

fn outer_parent(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> super::hir::Parent {
    use super::hir::Parent;
    match cx.hir(file)[expr].parent {
        Parent::Expr(parent) if matches!(cx.hir(file)[parent].kind, ExprKind::Paren(_)) => {
            outer_parent(cx, file, parent)
        }
        parent => parent,
    }
}

fn runs_of_inner(
    cx: &Cx<'_>,
    file: FileIdx,
    value: ExprId,
    parent: ExprId,
    runs: &mut Vec<ExprId>,
    depth: usize,
) -> bool {
    let through = |expr: ExprId| cx.peel_parens(file, expr) == value;
    match &cx.hir(file)[parent].kind {
        ExprKind::MethodCall { receiver, .. } if through(*receiver) => {
            let legacy = cx.inferred(file).methods.get(&parent).and_then(|&def| cx.legacy.method(def));
            if legacy.is_some_and(|name| name.starts_with("run_inference")) {
                runs.push(parent);
                return true;
            }
            cx.cloned(file, parent).is_some() && runs_of(cx, file, parent, runs, depth)
        }
        ExprKind::Field { .. } | ExprKind::Struct { rest: Some(_), .. } => true,
        ExprKind::Ref { .. } | ExprKind::Deref(_) => runs_of(cx, file, parent, runs, depth),
        ExprKind::Call { args, callee } => {
            let own = args.iter().any(|&arg| through(arg));
            let legacy = cx.value_def(file, *callee).and_then(|def| cx.legacy.method(def));
            let is_pointer = cx.pointer_new(file, parent).is_some() || cx.cloned(file, parent).is_some();
            match legacy {
                Some(name) if own && name.starts_with("run_inference") => {
                    runs.push(parent);
                    true
                }
                _ => own && is_pointer && runs_of(cx, file, parent, runs, depth),
            }
        }
        _ => false,
    }
}

/// The statement in front of which an expression can be evaluated instead, because it always is, and first.
pub(crate) fn stmt_for_locals(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<StmtId> {
    let hir = cx.hir(file);
    let stmt = cx.stmt_of(file, expr)?;
    let mut inner = expr;
    while let Some(outer) = cx.parent_expr(file, inner).filter(|&outer| hir[stmt].span.contains(hir[outer].span)) {
        let goes_first = match &hir[outer].kind {
            ExprKind::Await(_) | ExprKind::Try(_) | ExprKind::Ref { .. } => true,
            ExprKind::MethodCall { receiver, .. } => cx.peel_parens(file, *receiver) == inner,
            ExprKind::Match { scrutinee, .. } => cx.peel_parens(file, *scrutinee) == inner,
            ExprKind::Call { .. } => cx.pointer_new(file, outer) == Some(inner),
            _ => false,
        };
        if !goes_first {
            return None;
        }
        inner = outer;
    }
    let has_attributes = cx.text(file, hir[stmt].span).starts_with('#');
    let is_statement = matches!(hir[stmt].kind, StmtKind::Let { .. } | StmtKind::Expr { .. });
    (is_statement && !has_attributes).then_some(stmt)
}

/// Expressions around a run that a core session is outside of, from the inside out.
fn between<'a>(cx: &'a Cx<'_>, file: FileIdx, core: ExprId, run: ExprId) -> impl Iterator<Item = ExprId> + 'a {
    let home = cx.span(file, core);
    cx.ancestors(file, run).take_while(move |&at| !cx.span(file, at).contains(home))
}

/// Whether an expression may run more than once for one of another one around or in front of it.
pub(crate) fn is_repeated(cx: &Cx<'_>, file: FileIdx, core: ExprId, run: ExprId) -> bool {
    between(cx, file, core, run).any(|at| {
        matches!(
            cx.hir(file)[at].kind,
            ExprKind::Loop { .. } | ExprKind::While { .. } | ExprKind::For { .. } | ExprKind::Closure { .. }
        )
    })
}

/// Whether an expression leaves the closure it would be written into, or waits in it.
pub(crate) fn leaves_closure(cx: &Cx<'_>, file: FileIdx, value: ExprId) -> bool {
    let hir = cx.hir(file);
    hir.descendants(value).any(|at| {
        matches!(
            hir[at].kind,
            ExprKind::Try(_) | ExprKind::Await(_) | ExprKind::Return(_) | ExprKind::Break(_) | ExprKind::Continue
        )
    })
}

/// Whether the runs stand in a closure or task that takes what it names with it; `None` where more than one does.
fn movers(cx: &Cx<'_>, file: FileIdx, core: ExprId, runs: &[ExprId]) -> Option<bool> {
    let moving = |&at: &ExprId| match cx.hir(file)[at].kind {
        ExprKind::Closure { is_move, .. } => is_move,
        ExprKind::Block { flavour: BlockFlavour::Async { is_move }, .. } => is_move,
        _ => false,
    };
    let found: Vec<Vec<ExprId>> =
        runs.iter().map(|&run| between(cx, file, core, run).filter(moving).collect()).collect();
    let first = found.first()?;
    let one = first.len() <= 1 && found.iter().all(|other| other == first);
    one.then_some(!first.is_empty())
}

/// Whether the expression of a part means the same at the runs.
fn stays(cx: &Cx<'_>, file: FileIdx, part: &Part, runs: &[ExprId], core: ExprId) -> bool {
    let hir = cx.hir(file);
    let end = |&run: &ExprId| {
        let loops = between(cx, file, core, run).filter(|&at| {
            matches!(hir[at].kind, ExprKind::Loop { .. } | ExprKind::While { .. } | ExprKind::For { .. })
        });
        loops.map(|at| hir[at].span.end).max().unwrap_or(hir[run].span.end)
    };
    let looked_at = part.under.and_then(|under| condition(cx, file, under)).map(|at| scrutinee(cx, file, at));
    let from = looked_at.map_or_else(|| cx.span(file, part.value).end, |looked_at| cx.span(file, looked_at).end);
    // At a run that is made on the spot nothing happens in between.
    let on_the_spot = runs.iter().all(|&run| cx.ancestors(file, core).any(|at| at == run));
    let stretch = Span { start: from, end: runs.iter().map(end).max().unwrap_or(from) };
    let in_scope = |pat: PatId| match hir[pat].parent {
        PatParent::Stmt(stmt) => runs.iter().all(|&run| cx.ancestors(file, run).any(|at| at == hir[stmt].block)),
        _ => true,
    };
    on_the_spot
        || std::iter::once(part.value).chain(looked_at).all(|expr| {
            is_plain(cx, file, expr)
                && undisturbed(cx, file, expr, stretch)
                && cx.locals_in(file, expr).into_iter().all(in_scope)
        })
}

/// The core session whose parts a run gets, by the run.
pub(crate) type ByRun = std::collections::HashMap<Place, ExprId>;
