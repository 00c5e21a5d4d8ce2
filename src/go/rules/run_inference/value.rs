//! `run := sess.RunInference`: the method as a value becomes a function that starts a run and waits for it.

use super::{judge_history, session_text};
use crate::go::cx::Outcome;
use crate::go::index::FileIdx;
use crate::go::layout::lay_out;
use crate::go::session::{Sessions, steady};
use crate::go::sites::Site;
use crate::go::syntax::NodeId;
use crate::rules::Trap;

/// Decides a method of a core session that is not called where it is selected.
pub(super) fn decide(session: &Sessions<'_, '_>, site: &Site) -> Outcome {
    let (cx, file) = (session.cx, site.file);
    let operand = cx.syntax(file).child(site.whole, "operand").filter(|_| site.whole != site.name);
    let text =
        operand.filter(|&operand| is_bound(session, file, operand)).and_then(|it| session_text(session, file, it));
    let (Some(text), Some(stmt)) = (text, cx.stmt(file, site.whole)) else {
        return Outcome::report("the method is used as a value", "write a function that starts a run and waits for it");
    };
    if text.split('.').any(|name| ["ctx", "seed", "handle", "err"].contains(&name)) {
        return Outcome::report("the method is used as a value", "write a function that starts a run and waits for it");
    }
    let function = function(session, file, &text);
    let range = cx.syntax(file).range(site.whole);
    session.draft.large(file, range, lay_out(&[function], cx.indent(file, stmt)));
    let outcome =
        Outcome::safe(Vec::new(), format!("a function that appends its turn, calls `{text}.StartInference` and waits"))
            .offered(Trap::EmptyTurn, "a turn without blocks was run; a session refuses it with ErrSessionEmptyTurn")
            .offered(
                Trap::CheckThenAct,
                "the turn is appended before the run is claimed, by whoever calls the function",
            );
    judge_history(session, outcome, false)
}

/// Whether the expression gives the same session whenever the function is called.
fn is_bound(session: &Sessions<'_, '_>, file: FileIdx, operand: NodeId) -> bool {
    let cx = session.cx;
    let made = session.facts.literal_at(file, cx.syntax(file).bare(operand));
    let state = made.and_then(|made| made.state);
    match state.filter(|&state| crate::go::session::literal::creation_at(session, file, state).is_none()) {
        Some(state) => steady::is_steady(cx, file, state),
        None => made.is_some() || steady::is_steady(cx, file, operand),
    }
}

fn function(session: &Sessions<'_, '_>, file: FileIdx, text: &str) -> String {
    let (turns, package) = (session.cx.package(file, "turns"), session.cx.package(file, "inference/session"));
    let context = session.cx.std_package(file, "context");
    format!(
        "func(ctx {context}Context, seed *{turns}Turn) (*{turns}Turn, error) {{\n\
         \tif {text}.IsRunning() {{\n\t\treturn nil, {package}ErrSessionAlreadyActive\n\t}}\n\
         \t{text}.Append(seed)\n\
         \thandle, err := {text}.StartInference(ctx)\n\
         \tif err != nil {{\n\t\treturn nil, err\n\t}}\n\
         \treturn handle.Wait()\n}}"
    )
}
