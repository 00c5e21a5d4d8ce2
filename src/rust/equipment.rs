//! What a core session has besides its state, and the runs that it must reach.

use super::cx::Cx;
use super::hir::{ExprId, ExprKind, MacroContent};
use super::index::{DefId, FileIdx};
use super::legacy::Tracked;
use super::pairing::{core_parts, init_of};
use super::settings::{How, Setting, condition, settings};
use super::text::{is_none, some_of};

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
    for setting in settings(cx, file, core).into_iter().flat_map(|settings| settings.all) {
        parts.extend(set(cx, file, &setting, &parts)?);
    }
    Some(parts)
}

/// The fields that a copy of a core session does not take over from it, while a handle made from the other's has what the
/// other's builder has.
pub(crate) fn left_behind(cx: &Cx<'_>, file: FileIdx, core: ExprId) -> Vec<String> {
    let literal = core_parts(cx, file, core);
    let has = |name: &str| {
        literal.copied.iter().any(|(copied, value)| {
            copied == name && self::given(cx, file, name, *value).is_none_or(|parts| !parts.is_empty())
        })
    };
    let replaces = |name: &str, value: ExprId| name != "event_sinks" && some_of(cx, file, value).is_some();
    let settings = settings(cx, file, core).map_or_else(Vec::new, |settings| settings.all);
    let assigned = settings.into_iter().filter(|setting| setting.how == How::Assign);
    let given = literal.fields.iter().cloned().chain(assigned.map(|setting| (setting.field, setting.value)));
    let mut left: Vec<String> =
        given.filter(|(name, value)| has(name) && !replaces(name, *value)).map(|(name, _)| name).collect();
    left.sort();
    left
}

/// What a setting adds to whatever the core session has by then; `None` where that may take something away.
pub(crate) fn added(cx: &Cx<'_>, file: FileIdx, setting: &Setting) -> Option<Vec<Part>> {
    let replaces_sinks = setting.how == How::Assign && setting.field == "event_sinks";
    let added = set(cx, file, setting, &[]).filter(|added| !replaces_sinks && !added.is_empty())?;
    (added.iter().all(|part| !part.optional) || is_only_writer(cx, file, setting)).then_some(added)
}

/// Whether nothing else gives any core session this field, and nothing repeats what does, so that no value is taken away.
fn is_only_writer(cx: &Cx<'_>, file: FileIdx, setting: &Setting) -> bool {
    let is_core = |def: DefId| cx.legacy.kind(def) == Some(Tracked::CoreSession);
    let is_given = cx.inferred.iter().any(|(&file, inferred)| {
        inferred.literals.iter().any(|(&literal, &def)| match &cx.hir(file)[literal].kind {
            ExprKind::Struct { fields, .. } if is_core(def) => {
                fields.iter().any(|field| field.name.text == setting.field && !is_none(cx, file, field.value))
            }
            _ => false,
        })
    });
    let accesses = cx.inferred.values().flat_map(|inferred| inferred.fields.values());
    let is_alone = accesses.filter(|(def, name)| is_core(*def) && *name == setting.field).count() == 1;
    let ExprKind::Field { base, .. } = cx.hir(file)[setting.access].kind else { return false };
    let made = cx.local(file, base).and_then(|local| init_of(cx, file, local));
    !is_given && is_alone && made.is_some_and(|(_, init)| !is_repeated(cx, file, init, setting.access))
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
