//! `core-session`: where the legacy core session is made or taken apart.

use super::super::cx::Cx;
use super::super::hir::{ExprId, ExprKind, MacroContent, Span};
use super::super::index::FileIdx;
use super::super::outcome::Outcome;
use super::super::pairing::{CorePlan, core_parts};
use super::super::sites::Site;
use super::super::text::{is_none, some_of};
use super::super::unit::Facts;
use super::inference_state::made_session;
use crate::rules::Trap;

/// `core::Session::new(state)` or a literal.
pub(crate) fn creation(cx: &Cx<'_>, facts: &Facts, site: &Site, core: ExprId) -> Outcome {
    let file = site.file;
    let calls = match builder_calls(cx, file, core) {
        Ok(calls) => calls,
        Err(outcome) => return outcome,
    };
    let builder = || cx.name_at(file, core, "builder::Builder");
    let text = match facts.pairing.core(file, core) {
        CorePlan::Blocked(outcome) => return outcome,
        CorePlan::Make { state } => match made_session(cx, facts, file, state) {
            Ok(made) => format!("{}.with_builder({}::new({}){calls})", made.text, builder(), made.engine),
            Err(outcome) => return outcome,
        },
        CorePlan::Attach { state } => {
            match (made_session(cx, facts, file, state), handle_text(cx, facts, file, core)) {
                (Ok(made), Some(handle)) => {
                    format!("{handle}.with_builder({}::new({}){calls})", builder(), made.engine)
                }
                _ => return unreadable(),
            }
        }
        CorePlan::Handle => match handle_text(cx, facts, file, core) {
            Some(handle) => handle,
            None => return unreadable(),
        },
    };
    // What wraps the construction goes with it: the session is a handle itself.
    let whole = pointer_around(cx, file, core);
    Outcome::safe(
        vec![cx.replace(file, cx.span(file, whole), text)],
        "one `Session` whose `Builder` has the sinks and tools",
    )
}

fn pointer_around(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> ExprId {
    match cx.parent_expr(file, expr) {
        Some(parent) if cx.pointer_new(file, parent) == Some(expr) => parent,
        Some(parent) => match cx.parent_expr(file, parent) {
            Some(call) if cx.pointer_new(file, call) == Some(expr) => call,
            _ => expr,
        },
        None => expr,
    }
}

fn unreadable() -> Outcome {
    Outcome::report(
        "the construction does not have a form the tool knows",
        "`Session::with_id(id).with_builder(Builder::new(engine).with_event_sink(sink))`",
    )
}

/// The expression of the session made earlier: `state.clone()` for a clone, the local itself where it was moved.
fn handle_text(cx: &Cx<'_>, facts: &Facts, file: FileIdx, core: ExprId) -> Option<String> {
    let state = core_parts(cx, file, core).state?;
    let named = |expr: ExprId| match cx.local(file, expr).and_then(|pat| facts.pairing.renamed.get(&(file, pat))) {
        Some(name) => name.clone(),
        None => cx.expr_text(file, expr).to_owned(),
    };
    Some(match (cx.cloned(file, state), cx.pointer_new(file, state)) {
        (Some(inner), _) => format!("{}.clone()", named(inner)),
        (None, Some(inner)) => named(inner),
        (None, None) => named(state),
    })
}

/// The calls on the builder that say what the literal's fields said.
fn builder_calls(cx: &Cx<'_>, file: FileIdx, core: ExprId) -> Result<String, Outcome> {
    let parts = core_parts(cx, file, core);
    if parts.other_rest {
        return Err(unreadable());
    }
    let mut calls = String::new();
    for (name, value) in parts.fields {
        calls.push_str(&field_call(cx, file, &name, value)?);
    }
    Ok(calls)
}

fn field_call(cx: &Cx<'_>, file: FileIdx, name: &str, value: ExprId) -> Result<String, Outcome> {
    if name == "event_sinks" {
        return Ok(sink_calls(cx, file, value));
    }
    if is_none(cx, file, value) {
        return Ok(String::new());
    }
    let method = match name {
        "registry" => "with_tool_registry",
        "tool_config" => "with_tool_config",
        "snapshot_hook" => "with_snapshot_hook",
        "persister" => return Err(persister()),
        _ => return Err(unreadable()),
    };
    match some_of(cx, file, value) {
        Some(inner) => Ok(format!(".{method}({})", cx.expr_text(file, inner))),
        None => Err(Outcome::report(
            format!("the core session's `{name}` is optional here"),
            format!("make the builder first and call `{method}` on it where there is a value"),
        )),
    }
}

/// What is said of a persister, which has another signature now.
pub(crate) fn persister() -> Outcome {
    Outcome::report(
        "the persister is another trait now",
        "implement `geppetto_runtime::builder::TurnPersister` and give it to the builder with `with_persister`; the run id \
         is in the turn's metadata under `geppetto.session_id@v1`",
    )
    .because(Trap::PersistSignature, "it no longer receives the run id")
}

fn sink_calls(cx: &Cx<'_>, file: FileIdx, value: ExprId) -> String {
    if cx.calls_known(file, value, "std::vec::Vec::new").is_some() {
        return String::new();
    }
    if let ExprKind::Macro(call) = &cx.hir(file)[value].kind
        && call.path.segments.last().is_some_and(|last| last.name.text == "vec")
        && let MacroContent::Exprs(sinks) = &call.content
        && !cx.text(file, call.inner).contains(';')
    {
        return sinks.iter().map(|&sink| format!(".with_event_sink({})", cx.expr_text(file, sink))).collect();
    }
    format!(".with_event_sinks({})", cx.expr_text(file, value))
}

/// A field of a core session: its state is the session itself.
pub(crate) fn field(cx: &Cx<'_>, site: &Site, access: ExprId, name: &str) -> Outcome {
    let ExprKind::Field { base, .. } = cx.hir(site.file)[access].kind else { return unreadable() };
    if name == "state" {
        let dot = Span { start: cx.span(site.file, base).end, end: cx.span(site.file, access).end };
        return Outcome::safe(vec![cx.replace(site.file, dot, "")], "the session itself");
    }
    Outcome::report(
        format!("the core session's `{name}` is read or written from outside"),
        "keep what the builder is made of beside the session, or give the session another builder with `set_builder`",
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{finding_at, migrated};
    use crate::finding::Level;
    use crate::rules::Trap;

    #[test]
    fn a_session_made_later_gets_its_builder_there() {
        let body = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\nlet other = state.clone();\n\
                    let session = Session { event_sinks: Vec::new(), registry: None, tool_config: Some(ToolConfig::default()), ..Session::new(state) };\n\
                    drop((session, other));";
        assert_eq!(
            migrated(body),
            "let state = Session::with_id(\"a\");\nlet other = state.clone();\n\
             let session = state.with_builder(Builder::new(engine).with_tool_config(ToolConfig::default()));\n\
             drop((session, other));"
        );
    }

    #[test]
    fn two_sessions_over_one_state_are_reported() {
        let body = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\n\
                    let a = Session::new(state.clone());\nlet b = Session::new(state);\ndrop((a, b));";
        let finding = finding_at(body, "Session::new(state.clone())");
        assert_eq!((finding.level, finding.traps), (Level::Report, vec![Trap::PerRunSession]));
    }
}
