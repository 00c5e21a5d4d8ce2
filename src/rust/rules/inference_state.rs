//! `inference-state`: where the legacy run state is made or named.

use super::super::cx::{Change, Cx};
use super::super::hir::{ExprId, ExprKind, Span, TypeId};
use super::super::index::{DefId, FileIdx};
use super::super::moved::{moved, moved_receiver};
use super::super::outcome::Outcome;
use super::super::pairing::StatePlan;
use super::super::proof::{IdKind, id_kind};
use super::super::purity::is_pure;
use super::super::sites::Site;
use super::super::text::{is_none, is_plain, some_of};
use super::super::unit::Facts;
use super::engine_options::attach;
use crate::rules::Trap;

const HISTORY_GROWS: &str = "history-grows: the state kept one turn, a session keeps all; `session.keep_latest(1)` keeps as many as the state did";

/// `InferenceState::new(id, turn, engine)`.
pub(crate) fn creation(cx: &Cx<'_>, facts: &Facts, site: &Site, call: ExprId) -> Outcome {
    let file = site.file;
    let made = match made_session(cx, facts, file, call) {
        Ok(made) => made,
        Err(outcome) => return outcome,
    };
    let outcome = match facts.pairing.state(file, call) {
        StatePlan::Whole => {
            let builder = made.builder(cx, file, call, |base| Some(base.to_owned()));
            let sinks = attach::builder_calls_of_state(cx, file, call);
            let text = format!("{}.with_builder({}{sinks})", made.text, builder.unwrap_or_default());
            let change = cx.replace(file, cx.span(file, call), text);
            made.judge(Outcome::safe(vec![change], "a `Session` with a `Builder` around the engine"))
        }
        StatePlan::Moved(stmt) => {
            let change = delete_line(cx, file, cx.hir(file)[stmt].span);
            made.judge(Outcome::safe(vec![change], "one `Session`, made where the core session was made"))
        }
        StatePlan::Inline => {
            made.judge(Outcome::safe(Vec::new(), "one `Session`, made where the core session was made"))
        }
    };
    if facts.is_kept { outcome.noted(HISTORY_GROWS) } else { outcome }
}

/// The text of a session in place of a state.
pub(crate) struct Made {
    /// `Session::with_id(id)`, with the turn where that matters.
    pub(crate) text: String,
    engine: EngineOf,
    empty_id: bool,
}

/// Where a session's engine comes from.
enum EngineOf {
    /// This expression.
    Text(String),
    /// Another session, of which this is the expression.
    Session(String),
}

impl Made {
    /// The builder around the engine, as `equip` leaves the expression of it.
    pub(crate) fn builder(
        &self,
        cx: &Cx<'_>,
        file: FileIdx,
        at: ExprId,
        equip: impl Fn(&str) -> Option<String>,
    ) -> Option<String> {
        match &self.engine {
            EngineOf::Text(_) => equip(&self.own_builder(cx, file, at)?),
            EngineOf::Session(other) => {
                equip("builder").map(|builder| format!("{other}.derived_builder(|builder| {builder})"))
            }
        }
    }

    /// The builder around the engine, where it can be kept in a local: not that of another session.
    pub(crate) fn own_builder(&self, cx: &Cx<'_>, file: FileIdx, at: ExprId) -> Option<String> {
        match &self.engine {
            EngineOf::Text(engine) => Some(format!("{}::new({engine})", cx.name_at(file, at, "builder::Builder"))),
            EngineOf::Session(_) => None,
        }
    }

    fn judge(&self, outcome: Outcome) -> Outcome {
        match self.empty_id {
            true => outcome.offered(Trap::EmptyId, "the id may be empty, and `session_id()` then is a generated one"),
            false => outcome,
        }
    }
}

/// Writes the session that stands for a state.
///
/// # Errors
/// The report, where the state's first turn cannot be carried over.
pub(crate) fn made_session(cx: &Cx<'_>, facts: &Facts, file: FileIdx, call: ExprId) -> Result<Made, Outcome> {
    let ExprKind::Call { args, .. } = &cx.hir(file)[call].kind else { return Err(unreadable()) };
    let [id, turn, engine] = args.as_slice() else { return Err(unreadable()) };
    let id = facts.given_ids.get(&(file, call)).map_or(id, |given| &given.id);
    let session = cx.name_at(file, call, "session::Session");
    let kind = id_kind(cx, file, *id);
    let made = match kind {
        IdKind::Empty => format!("{session}::new()"),
        _ => format!("{session}::with_id({})", moved(cx, file, *id)),
    };
    let text = match first_turn(cx, facts, file, *turn) {
        FirstTurn::None => made,
        FirstTurn::Turn(turn) => format!("{made}.with_turn({})", moved(cx, file, turn)),
        FirstTurn::Optional(turn) if is_pure(cx, file, *id) || is_pure(cx, file, turn) => {
            format!("{}.into_iter().fold({made}, {session}::with_turn)", moved_receiver(cx, file, turn))
        }
        FirstTurn::Optional(_) => {
            return Err(Outcome::report(
                "the first turn is optional",
                "make the session without it and append it where there is one: \
                 `if let Some(turn) = turn { session.append(turn) }`",
            ));
        }
    };
    let engine = match engine_of(cx, file, *engine) {
        Some(other) => EngineOf::Session(moved_receiver(cx, file, other)),
        None => EngineOf::Text(moved(cx, file, *engine)),
    };
    Ok(Made { text, engine, empty_id: facts.reads_id && kind != IdKind::NotEmpty })
}

/// The state whose engine `state.engine()` gives.
fn engine_of(cx: &Cx<'_>, file: FileIdx, engine: ExprId) -> Option<ExprId> {
    let ExprKind::MethodCall { receiver, .. } = cx.hir(file)[engine].kind else { return None };
    let def = cx.inferred(file).methods.get(&engine)?;
    (cx.legacy.method(*def) == Some("engine") && cx.program.is_model(*def)).then_some(receiver)
}

/// Whether `state.engine()` is the engine of a state that is made on the spot.
pub(crate) fn is_taken_over(cx: &Cx<'_>, file: FileIdx, engine: ExprId) -> bool {
    let state = cx.parent_expr(file, engine);
    let args = state
        .and_then(|state| cx.calls_known(file, state, "geppetto::inference::state::InferenceState::new"))
        .unwrap_or_default();
    args.last().is_some_and(|&last| cx.peel_parens(file, last) == engine) && engine_of(cx, file, engine).is_some()
}

fn unreadable() -> Outcome {
    Outcome::report("the call does not have the form `InferenceState::new(id, turn, engine)`", "`Session::with_id(id)`")
}

/// The turn that a session begins with.
enum FirstTurn {
    None,
    Turn(ExprId),
    Optional(ExprId),
}

/// Reads the first turn; none where no run and no read ever looks at it.
fn first_turn(cx: &Cx<'_>, facts: &Facts, file: FileIdx, turn: ExprId) -> FirstTurn {
    if is_none(cx, file, turn) {
        return FirstTurn::None;
    }
    let looked_at = facts.reads_turn || facts.reruns;
    match some_of(cx, file, turn) {
        Some(inner) if looked_at || !is_without_effect(cx, file, inner) => FirstTurn::Turn(inner),
        Some(_) => FirstTurn::None,
        None if !looked_at && is_plain(cx, file, turn) => FirstTurn::None,
        None => FirstTurn::Optional(turn),
    }
}

/// Whether making a turn does nothing else: it is plain, or built by the library's own functions of plain values.
fn is_without_effect(cx: &Cx<'_>, file: FileIdx, turn: ExprId) -> bool {
    let hir = cx.hir(file);
    let of_turns = |def: DefId| cx.program.is_model(def) && cx.assoc_path(def).starts_with("geppetto_runtime::turns::");
    is_plain(cx, file, turn)
        || match &hir[turn].kind {
            ExprKind::Call { callee, args } => {
                let known = matches!(cx.value_def(file, *callee), Some(def) if of_turns(def))
                    || (args.is_empty() && cx.expr_text(file, *callee).ends_with("Turn::default"));
                known && args.iter().all(|&arg| is_plain(cx, file, arg))
            }
            ExprKind::MethodCall { receiver, args, .. } => {
                cx.inferred(file).methods.get(&turn).is_some_and(|&def| of_turns(def))
                    && is_without_effect(cx, file, *receiver)
                    && args.iter().all(|&arg| is_plain(cx, file, arg))
            }
            _ => false,
        }
}

/// Deletes a statement with the line it stands on.
pub(crate) fn delete_line(cx: &Cx<'_>, file: FileIdx, span: Span) -> Change {
    let source = cx.source(file);
    let before = &source[..span.start as usize];
    let start = before.len() - (before.len() - before.trim_end_matches([' ', '\t']).len());
    let starts_line = start == 0 || source[..start].ends_with('\n');
    let after = &source[span.end as usize..];
    let blank = after.len() - after.trim_start_matches([' ', '\t', '\r']).len();
    if starts_line && after[blank..].starts_with('\n') {
        return cx.replace(file, Span { start: start as u32, end: span.end + blank as u32 + 1 }, "");
    }
    cx.replace(file, span, "")
}

/// The type of the state or the core session: both are a `Session`, which is a handle and needs no pointer around it.
///
/// A weak handle may find one longer where the program `claims_by_hand`.
pub(crate) fn type_mention(cx: &Cx<'_>, file: FileIdx, ty: TypeId, scope: DefId, claims_by_hand: bool) -> Outcome {
    if let Some(outer) = cx.weak_around(file, ty) {
        let name = cx.name(file, scope, "session::WeakSession");
        let change = cx.replace(file, cx.hir(file)[outer].span, name);
        let outcome = Outcome::safe(vec![change], "`WeakSession`");
        return match claims_by_hand {
            false => outcome,
            true => outcome
                .offered(Trap::SessionCycle, "a permit keeps its session alive, so that a weak handle still finds it"),
        };
    }
    let outer = cx.pointer_around(file, ty).unwrap_or(ty);
    let name = cx.name(file, scope, "session::Session");
    let change = cx.replace(file, cx.hir(file)[outer].span, name);
    Outcome::safe(vec![change], "the type is `Session`, which is a handle itself")
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{finding_at, migrated};
    use crate::finding::Level;
    use crate::rules::Trap;

    #[test]
    fn an_empty_id_is_generated_and_a_turn_nobody_reads_goes() {
        let body = "let state = Arc::new(InferenceState::new(\"\", Some(Turn::default()), engine));\nlet _ = state.is_running();";
        assert_eq!(
            migrated(body),
            "let state = Session::new().with_builder(Builder::new(engine));\nlet _ = state.is_running();"
        );
    }

    #[test]
    fn an_optional_first_turn_is_folded_into_the_session() {
        let body = "let turn: Option<Turn> = std::env::args().next().map(|_| Turn::default());\n\
                    let state = InferenceState::new(\"a\", turn, engine);\ndrop(state.turn());";
        let after = migrated(body);
        assert!(
            after.contains(
                "let state = turn.into_iter().fold(Session::with_id(\"a\"), Session::with_turn).with_builder(Builder::new(engine));"
            ),
            "{after}"
        );
    }

    #[test]
    fn an_id_that_is_set_before_anything_else_is_the_session_s() {
        let body = "let id = format!(\"chat-{}\", 7);\nlet state = InferenceState::new(\"\", None, engine);\n\
                    state.set_run_id(id);\ndrop(state.run_id());";
        assert_eq!(
            migrated(body),
            "let id = format!(\"chat-{}\", 7);\nlet state = Session::with_id(id).with_builder(Builder::new(engine));\n\
             drop(state.session_id().to_owned());"
        );
    }

    #[test]
    fn a_handle_cloned_by_the_path_of_the_trait_is_followed() {
        let body = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\n\
                    let other = Clone::clone(&state);\nlet _ = (state.is_running(), other.is_running());";
        assert_eq!(
            migrated(body),
            "let state = Session::with_id(\"a\").with_builder(Builder::new(engine));\n\
             let other = state.clone();\nlet _ = (state.is_running(), other.is_running());"
        );
    }

    #[test]
    fn an_id_that_is_read_and_may_be_empty_is_offered() {
        let body = "let id = String::new();\nlet state = InferenceState::new(id, None, engine);\nlet id = state.run_id();\ndrop(id);";
        let finding = finding_at(body, "InferenceState::new");
        assert_eq!((finding.level, finding.traps), (Level::Offered, vec![Trap::EmptyId]));
    }
}
