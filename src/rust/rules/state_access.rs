//! `state-access`: reading or writing the legacy state's turn, id or engine.

mod id_set;

use super::super::cx::Cx;
use super::super::hir::{ExprId, ExprKind, MacroContent, Parent, PatParent, Span, StmtKind};
use super::super::index::{DefKind, FileIdx};
use super::super::outcome::Outcome;
use super::super::pairing::{init_of, is_given_anew, undisturbed};
use super::super::purity::is_pure;
use super::super::sites::Site;
use super::super::text::rename_method;
use super::super::unit::Facts;
use super::inference_state::{delete_line, is_taken_over};
use crate::rules::Trap;

/// A method of the state that reads or writes it.
pub(crate) fn call(cx: &Cx<'_>, facts: &Facts, site: &Site, method: &str, call: ExprId) -> Outcome {
    let file = site.file;
    match method {
        "is_running" => Outcome::safe(rename_method_by_path(cx, file, call, "is_running"), "`is_running()`, as before"),
        "turn" => Outcome::safe(rename_method(cx, file, call, "latest"), "`latest()`"),
        "run_id" => {
            let mut changes = rename_method(cx, file, call, "session_id");
            if !text_is_enough(cx, file, call) {
                changes.push(cx.insert(file, cx.span(file, call).end, ".to_owned()"));
            }
            let outcome = Outcome::safe(changes, "`session_id()`");
            match facts.adopts_ids {
                true => outcome.offered(
                    Trap::LostRunId,
                    "this package names the id in turns' metadata, which a run no longer adopts",
                ),
                false => outcome,
            }
        }
        "set_turn" => {
            Outcome::safe(rename_method(cx, file, call, "append"), "`append(turn)`: it is the latest one then")
        }
        "set_run_id" if facts.given_ids.values().any(|given| given.call == call) => {
            let line = cx.stmt_of(file, call).map(|stmt| delete_line(cx, file, cx.hir(file)[stmt].span));
            Outcome::safe(line.into_iter().collect(), "the session is made with that id: `Session::with_id(id)`")
        }
        "set_run_id" => id_set::outcome(cx, file, call),
        "engine" if is_taken_over(cx, file, call) => {
            Outcome::safe(Vec::new(), "`derived_builder`: the new session has the builder of the old one").offered(
                Trap::NoCounterpart,
                "the new session takes over the old one's whole builder, with what it has besides the engine",
            )
        }
        _ => engine_beside(cx, file, call).unwrap_or_else(|| {
            Outcome::report("a session does not give its engine away", "keep the engine beside the session")
                .because(Trap::NoCounterpart, "`engine()` has no counterpart")
        }),
    }
}

/// `state.engine()` where the local that the state was made with is still at hand: that local, kept.
fn engine_beside(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> Option<Outcome> {
    let ExprKind::MethodCall { receiver, .. } = cx.hir(file)[call].kind else { return None };
    let local = cx.local(file, receiver)?;
    let (_, init) = init_of(cx, file, local)?;
    // Else nothing would use the session any more.
    (cx.uses_of(file, local).len() > 1).then_some(())?;
    let state = cx.pointer_new(file, init).unwrap_or(init);
    let &[_, _, engine] = cx.calls_known(file, state, "geppetto::inference::state::InferenceState::new")? else {
        return None;
    };
    let named = cx.local(file, cx.cloned(file, engine).unwrap_or(engine))?;
    let name = cx.bound_name(file, named)?;
    let span = cx.span(file, engine);
    let between = Span { start: span.end, end: cx.span(file, call).start };
    let is_kept = undisturbed(cx, file, engine, between) && !is_given_anew(cx, file, named);
    let mut changes = vec![cx.replace(file, cx.span(file, call), format!("{name}.clone()"))];
    if cx.cloned(file, engine).is_none() {
        changes.push(cx.insert(file, span.end, ".clone()"));
    }
    is_kept.then(|| Outcome::safe(changes, "the engine itself, which is kept beside the session"))
}

/// An id that a state is given before anything else is done with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GivenId {
    pub(crate) call: ExprId,
    pub(crate) id: ExprId,
}

/// The state's construction and the id that `state.set_run_id(id)` gives it, where this is the first use of a local that
/// was just made, and the id could have been written there.
pub(crate) fn given_id(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> Option<(ExprId, GivenId)> {
    let hir = cx.hir(file);
    let ExprKind::MethodCall { receiver, args, .. } = &hir[call].kind else { return None };
    let (local, &id) = (cx.local(file, *receiver)?, args.first()?);
    let (PatParent::Stmt(made), Parent::Stmt(set)) = (hir[local].parent, hir[call].parent) else { return None };
    let StmtKind::Let { init: Some(init), .. } = hir[made].kind else { return None };
    let state = cx.pointer_new(file, init).unwrap_or(init);
    let &[old, turn, engine] = cx.calls_known(file, state, "geppetto::inference::state::InferenceState::new")? else {
        return None;
    };
    let is_next = hir[made].block == hir[set].block && hir[made].index + 1 == hir[set].index;
    let is_first = cx.uses_of(file, local).first() == Some(receiver) && !cx.locals_in(file, id).contains(&local);
    let pure = |expr: ExprId| is_pure(cx, file, expr);
    let is_free = pure(old) && (pure(id) || (pure(turn) && pure(engine)));
    (is_next && is_first && is_free).then_some((state, GivenId { call, id }))
}

/// A method named as a value: `.any(InferenceState::is_running)`.
pub(crate) fn value(cx: &Cx<'_>, site: &Site, method: &str, path: ExprId) -> Outcome {
    let session = || cx.name_at(site.file, path, "session::Session");
    let text = match method {
        "is_running" => format!("{}::is_running", session()),
        "cancel_run" => format!("{}::cancel_active", session()),
        "turn" => format!("{}::latest", session()),
        "run_id" => format!("|session: &{}| session.session_id().to_owned()", session()),
        "run_inference" => format!("{}::run_seed", session()),
        "new" if makes_core(cx, site.file, path) => "std::convert::identity".to_owned(),
        "new" => {
            let session = session();
            let builder = cx.name_at(site.file, path, "builder::Builder");
            let turn = cx.name_at(site.file, path, "turns::Turn");
            format!(
                "|id, turn: Option<{turn}>, engine| turn.into_iter().fold({session}::with_id(id), \
                 {session}::with_turn).with_builder({builder}::new(engine))"
            )
        }
        _ => {
            return Outcome::report(
                format!("`{method}` is used as a value, not called"),
                "call it in a closure, then run the tool again",
            );
        }
    };
    let help = format!("`{text}`");
    Outcome::safe(vec![cx.replace(site.file, cx.span(site.file, path), text)], help)
}

/// Whether a function makes a core session, which is the session that it is given.
fn makes_core(cx: &Cx<'_>, file: FileIdx, path: ExprId) -> bool {
    cx.value_def(file, path).is_some_and(|def| cx.assoc_path(def) == "geppetto::inference::core::Session::new")
}

fn rename_method_by_path(cx: &Cx<'_>, file: FileIdx, call: ExprId, name: &str) -> Vec<super::super::cx::Change> {
    match cx.hir(file)[call].kind {
        ExprKind::Call { .. } => rename_method(cx, file, call, name),
        _ => Vec::new(),
    }
}

/// Whether a macro of this name shows or serializes its arguments, and so takes them by reference.
fn takes_texts(name: &str) -> bool {
    let prints =
        ["println", "print", "eprintln", "eprint", "format", "write", "writeln", "panic", "unreachable", "json"];
    let levels = ["error", "warn", "info", "debug", "trace"];
    prints.contains(&name) || levels.contains(&name.trim_end_matches("_span"))
}

fn is_own_macro(cx: &Cx<'_>, name: &str) -> bool {
    let mut own = cx.program.defs.iter().filter(|def| def.kind == DefKind::Macro);
    own.any(|def| def.name == name)
}

/// Whether `&str` serves where the call gave a `String`: in a format macro, compared with a text, as a receiver of
/// methods that texts have.
fn text_is_enough(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> bool {
    let hir = cx.hir(file);
    let Parent::Expr(parent) = hir[call].parent else { return false };
    match &hir[parent].kind {
        ExprKind::Macro(mac) => {
            let name = mac.path.segments.last().map_or("", |last| last.name.text.as_str());
            let compares = ["assert_eq", "assert_ne", "debug_assert_eq", "debug_assert_ne"];
            let first = matches!(&mac.content, MacroContent::Exprs(exprs) if exprs.first() == Some(&call));
            (takes_texts(name) && !is_own_macro(cx, name) && !holds_mutably(cx, file, call))
                || (compares.contains(&name) && (first || !compared_with_string(cx, file, parent, call)))
        }
        ExprKind::Binary { op, lhs, rhs } => {
            let other = if *lhs == call { *rhs } else { *lhs };
            matches!(op.as_str(), "==" | "!=") && is_str(cx, file, other)
        }
        ExprKind::MethodCall { receiver, method, .. } => {
            let on_texts = [
                "is_empty",
                "len",
                "starts_with",
                "ends_with",
                "contains",
                "to_string",
                "to_owned",
                "trim",
                "chars",
                "into",
                "to_uppercase",
                "to_lowercase",
                "split",
                "as_bytes",
                "bytes",
                "parse",
            ];
            *receiver == call && on_texts.contains(&method.text.as_str())
        }
        _ => false,
    }
}

/// Whether a text out of an expression keeps something borrowed mutably: `pool.ensure(id).session_id()`.
fn holds_mutably(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    cx.hir(file).descendants(expr).any(|at| {
        let callee = cx.inferred(file).methods.get(&at).and_then(|&def| cx.program.fn_item(def));
        callee.and_then(|function| function.self_param.as_ref()).is_some_and(|own| own.by_ref && own.mutable)
    })
}

fn is_str(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    matches!(cx.ty(file, expr).peeled(), super::super::ty::Ty::Prim(name) if name == "str")
}

fn compared_with_string(cx: &Cx<'_>, file: FileIdx, mac: ExprId, call: ExprId) -> bool {
    let ExprKind::Macro(mac) = &cx.hir(file)[mac].kind else { return true };
    let MacroContent::Exprs(exprs) = &mac.content else { return true };
    exprs.iter().take(2).any(|&expr| expr != call && !is_str(cx, file, expr))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{finding_at, migrated};
    use crate::finding::Level;
    use crate::rules::Trap;

    #[test]
    fn an_id_is_owned_only_where_a_text_is_not_enough() {
        let body = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\nprintln!(\"{}\", state.run_id());\n\
                    let id: String = state.run_id();\nif state.run_id() == \"a\" { drop(id); }";
        let after = migrated(body);
        let lines: Vec<&str> = after.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "println!(\"{}\", state.session_id());",
                "let id: String = state.session_id().to_owned();",
                "if state.session_id() == \"a\" { drop(id); }",
            ]
        );
    }

    #[test]
    fn a_turn_that_is_set_is_appended() {
        let body = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\n\
                    state.set_turn(Turn::builder().with_user_prompt(\"x\").build());\n\
                    let session = Session::new(state.clone());\nsession.run_inference(&ctx, None).await?;";
        assert!(migrated(body).contains("state.append(Turn::builder().with_user_prompt(\"x\").build());"));
        assert_eq!(finding_at(body, "set_turn").level, Level::Safe);
        let spawned = format!("{body}\ntokio::spawn(async move {{ state.set_turn(Turn::default()) }});");
        assert_eq!(finding_at(&spawned, "set_turn").level, Level::Safe);
    }

    #[test]
    fn methods_by_their_path_and_as_values_are_the_session_s() {
        let body = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\nlet states = vec![state.clone()];\n\
                    let ids: Vec<String> = states.iter().map(|s| <InferenceState>::run_id(s.as_ref())).collect();\n\
                    let idle = !InferenceState::is_running(&state);\nlet look = InferenceState::turn;\n\
                    let more: Vec<Arc<InferenceState>> = states.iter().map(Arc::clone).collect();\ndrop((ids, idle, look(&state), more));";
        let after = migrated(body);
        assert!(after.contains("map(|s| Session::session_id(s).to_owned()).collect();"), "{after}");
        assert!(after.contains("let idle = !Session::is_running(&state);\nlet look = Session::latest;"), "{after}");
        assert!(after.contains("let more: Vec<Session> = states.iter().cloned().collect();"), "{after}");
    }

    #[test]
    fn the_engine_of_a_session_that_takes_anothers_place_is_that_ones() {
        let body = "let old = Arc::new(InferenceState::new(\"a\", None, engine));\n\
                    let new = Arc::new(InferenceState::new(\"b\", None, old.engine()));\ndrop((old, new));";
        let after = migrated(body);
        assert!(
            after.contains("let new = Session::with_id(\"b\").with_builder(old.derived_builder(|builder| builder));"),
            "{after}"
        );
        assert_eq!(finding_at(body, "engine()));").traps, vec![Trap::NoCounterpart]);
    }

    #[test]
    fn the_engine_does_not_come_back_out() {
        let body = "let state = Arc::new(InferenceState::new(\"a\", None, made()));\ndrop(state.engine());";
        let finding = finding_at(body, "engine());");
        assert_eq!((finding.level, finding.traps), (Level::Report, vec![Trap::NoCounterpart]));
    }

    #[test]
    fn an_engine_that_is_at_hand_is_kept_beside_the_session() {
        let body = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\ndrop((state.engine(), state));";
        assert_eq!(
            migrated(body),
            "let state = Session::with_id(\"a\").with_builder(Builder::new(engine.clone()));\ndrop((engine.clone(), state));"
        );
        assert_eq!(finding_at(body, "engine(), ").level, Level::Safe);
        let last = body.replace(", state)", ",)");
        assert_eq!(finding_at(&last, "engine(),").level, Level::Report);
        let again = "let state = Arc::new(InferenceState::new(\"a\", None, engine.clone()));\nlet engine = other();\ndrop((state.engine(), engine));";
        assert_eq!(finding_at(again, "engine(), ").level, Level::Report);
    }

    #[test]
    fn constructors_named_as_values_are_closures() {
        let body = "let make = InferenceState::new;\nlet made: Arc<InferenceState> = Arc::new(make(\"a\", None, engine));\n\
                    let session = Some(made).map(Session::new);\ndrop(session);";
        let after = migrated(body);
        let made = "let make = |id, turn: Option<Turn>, engine| turn.into_iter().fold(Session::with_id(id), Session::with_turn).with_builder(Builder::new(engine));";
        assert!(after.contains(made) && after.contains(".map(std::convert::identity)"), "{after}");
    }
}
