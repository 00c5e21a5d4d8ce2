//! What a core session had besides its state, at each of its runs: around the context, or in a builder for the run.

use super::super::super::cx::{Change, Cx};
use super::super::super::equipment::{Carried, Equipment, Kind, Part};
use super::super::super::hir::{ExprId, ExprKind};
use super::super::super::index::FileIdx;
use super::super::super::moved::moved;
use super::super::super::settings::condition;
use super::super::super::sites::arguments;
use super::super::super::ty::Ty;
use super::super::super::unit::Facts;
use super::super::engine_options::sinks::sink_type;

/// How a run through a core session is written on the session.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RunForm {
    /// What is written in front of the context argument and behind it.
    pub(crate) around_context: Option<(String, String)>,
    /// What makes the builder of a run that has one of its own, behind its session.
    derived: Option<String>,
}

impl RunForm {
    /// Whether the session has all that the run needs.
    pub(crate) fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// The context argument.
    pub(crate) fn context(&self, ctx: &str) -> String {
        match &self.around_context {
            Some((open, close)) => format!("{open}{ctx}{close}"),
            None => ctx.to_owned(),
        }
    }

    /// The method that starts the run on a turn (`start_with_turn`) or on the latest one (`start_inference`).
    pub(crate) fn method(&self, plain: &'static str) -> &'static str {
        match (&self.derived, plain) {
            (Some(_), "start_with_turn") => "start_with",
            (Some(_), "start_inference") => "start_inference_with",
            (Some(_), "start_with_latest") => "start_with_latest_with",
            _ => plain,
        }
    }

    /// The argument behind the turn, with its comma; empty where the session's own builder serves.
    pub(crate) fn last_argument(&self, session: &str) -> String {
        self.derived.as_ref().map(|derived| format!(", &{session}{derived}")).unwrap_or_default()
    }

    /// The changes of a context argument that stays where it is.
    pub(crate) fn wrap(&self, cx: &Cx<'_>, file: FileIdx, ctx: ExprId) -> Vec<Change> {
        let Some((open, close)) = &self.around_context else { return Vec::new() };
        let span = cx.span(file, ctx);
        vec![cx.insert(file, span.start, open.as_str()), cx.insert(file, span.end, close.as_str())]
    }
}

/// How a run (`run_inference` or `run_inference_started`) is written; the plain form where its session has all it needs.
pub(crate) fn run_form(cx: &Cx<'_>, facts: &Facts, file: FileIdx, run: ExprId) -> RunForm {
    let Some(equipment) = facts.pairing.equipment_of_run(file, run) else { return RunForm::default() };
    if equipment.needs_builder() {
        return RunForm { around_context: None, derived: Some(derived(cx, file, run, equipment)) };
    }
    let Some(&ctx) = arguments(cx, file, run).first() else { return RunForm::default() };
    let (mut open, mut close) = (String::new(), String::new());
    for wrap in wraps(cx, file, ctx, equipment) {
        open = format!("&{}({open}", wrap.0);
        close = format!("{close}, {})", wrap.1);
    }
    RunForm { around_context: Some((open, close)).filter(|(open, _)| !open.is_empty()), derived: None }
}

/// The functions around the context, from the inside out, each with what it adds.
fn wraps(cx: &Cx<'_>, file: FileIdx, at: ExprId, equipment: &Equipment) -> Vec<(String, String)> {
    let of = |kind: Kind| equipment.parts.iter().filter(move |carried| carried.part.kind == kind);
    let single: Vec<&Carried> = of(Kind::Sink).collect();
    let mut wraps = Vec::new();
    match single.as_slice() {
        [] => {}
        [sink] => wraps.push((cx.name_at(file, at, "events::with_event_sink"), text(cx, file, sink))),
        [first, rest @ ..] => {
            let rest: Vec<String> = rest.iter().map(|sink| text(cx, file, sink)).collect();
            let sinks = format!("[{}, {}]", as_trait_object(cx, file, at, first), rest.join(", "));
            wraps.push((cx.name_at(file, at, "events::with_event_sinks"), sinks));
        }
    }
    wraps
        .extend(of(Kind::Sinks).map(|sinks| (cx.name_at(file, at, "events::with_event_sinks"), text(cx, file, sinks))));
    wraps.extend(
        of(Kind::SnapshotHook).map(|hook| (cx.name_at(file, at, "toolloop::with_snapshot_hook"), text(cx, file, hook))),
    );
    wraps
}

/// The first sink of an array says of what type the others are.
fn as_trait_object(cx: &Cx<'_>, file: FileIdx, at: ExprId, sink: &Carried) -> String {
    let text = text(cx, file, sink);
    match cx.ty(file, sink.part.value) {
        Ty::Adt(_, args) if matches!(args.as_slice(), [Ty::Trait(..)]) => text,
        _ => {
            format!("{text} as {}", sink_type(cx, file, cx.program.scope_of_expr(file, at)))
        }
    }
}

/// How a part is written at a run.
fn text(cx: &Cx<'_>, file: FileIdx, carried: &Carried) -> String {
    let value = carried.part.value;
    let (text, is_name) = match &carried.local {
        Some(local) => (local.as_str(), true),
        None => {
            (cx.expr_text(file, value), matches!(cx.hir(file)[value].kind, ExprKind::Path(_) | ExprKind::Field { .. }))
        }
    };
    if is_name && carried.shared { format!("{text}.clone()") } else { text.to_owned() }
}

/// The call on a session that gives its builder with the parts.
fn derived(cx: &Cx<'_>, file: FileIdx, run: ExprId, equipment: &Equipment) -> String {
    let parts: Vec<(&Part, String)> =
        equipment.parts.iter().map(|carried| (&carried.part, text(cx, file, carried))).collect();
    format!(".derived_builder(|builder| {})", with_parts(cx, file, run, "builder", &parts))
}

/// A builder's expression with calls for all parts; those that may be missing are asked for.
pub(super) fn with_parts(cx: &Cx<'_>, file: FileIdx, at: ExprId, builder: &str, parts: &[(&Part, String)]) -> String {
    let may_miss = |part: &Part| part.optional || part.under.is_some();
    let (mut ordered, set): (Vec<_>, Vec<_>) = parts.iter().partition(|(part, _)| !part.is_set);
    ordered.sort_by_key(|(part, _)| part.optional);
    ordered.extend(set);
    let asked = ordered.iter().position(|(part, _)| may_miss(part)).unwrap_or(ordered.len());
    let chained = ordered.drain(..asked).map(|(part, text)| format!(".{}({text})", part.kind.method()));
    let chain = format!("{builder}{}", chained.collect::<String>());
    if ordered.is_empty() {
        return chain;
    }
    let outer = cx.program.unit(file).source.indent_at(cx.span(file, at).start as usize);
    let mut statements = String::new();
    for group in ordered.chunk_by(|(a, _), (b, _)| a.under == b.under) {
        let under = group.first().and_then(|(part, _)| condition(cx, file, part.under?));
        let (open, close, deeper) = match under {
            Some(at) => (format!("\n{outer}    if {} {{", moved(cx, file, at)), format!("\n{outer}    }}"), "        "),
            None => (String::new(), String::new(), "    "),
        };
        let calls = group.iter().map(|(part, text)| statement(part, text, &format!("\n{outer}{deeper}")));
        statements += &format!("{open}{}{close}", calls.collect::<String>());
    }
    format!("{{\n{outer}    let mut builder = {chain};{statements}\n{outer}    builder\n{outer}}}")
}

/// The statement that gives a builder one part more.
fn statement(part: &Part, text: &str, line: &str) -> String {
    let (name, method) = (part.kind.name(), part.kind.method());
    match part.optional {
        true => format!("{line}if let Some({name}) = {text} {{{line}    builder = builder.{method}({name});{line}}}"),
        false => format!("{line}builder = builder.{method}({text});"),
    }
}

/// Locals for parts that cannot be written again at a run, in front of the core session.
pub(super) fn locals(cx: &Cx<'_>, facts: &Facts, file: FileIdx, core: ExprId) -> Vec<Change> {
    let Some(equipment) = facts.pairing.equipment(file, core) else { return Vec::new() };
    let Some(stmt) = equipment.stmt else { return Vec::new() };
    let source = &cx.program.unit(file).source;
    let start = cx.hir(file)[stmt].span.start;
    let end_of_line = format!("{}{}", source.newline(), source.indent_at(start as usize));
    let lines = equipment.parts.iter().filter_map(|carried| {
        let local = carried.local.as_ref()?;
        let value = cx.expr_text(file, carried.part.value);
        Some(cx.insert(file, start, format!("let {local}{} = {value};{end_of_line}", type_of(cx, file, core, carried))))
    });
    lines.collect()
}

/// The type that a local needs where its value alone does not tell.
fn type_of(cx: &Cx<'_>, file: FileIdx, core: ExprId, carried: &Carried) -> String {
    let sink = || sink_type(cx, file, cx.program.scope_of_expr(file, core));
    match carried.part.kind {
        Kind::Sink => format!(": {}", sink()),
        Kind::Sinks => format!(": Vec<{}>", sink()),
        Kind::SnapshotHook if !carried.part.optional => {
            format!(": {}", cx.name_at(file, core, "toolloop::SnapshotHook"))
        }
        _ => String::new(),
    }
}
