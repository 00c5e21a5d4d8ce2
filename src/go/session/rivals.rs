//! Core sessions that want different builders of one session.

use std::collections::BTreeSet;

use super::Sessions;
use super::facts::Literal;
use super::literal::creation_at;
use super::settings;
use crate::go::cx::Outcome;
use crate::go::index::DefId;
use crate::go::infer::Ref;
use crate::go::surface::Legacy;

/// Which state a core session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    /// One that is made for it.
    Own,
    /// That of a variable.
    Variable(crate::go::syntax::NodeId),
    /// That of a field or of a variable of the package.
    Place(DefId),
    Unknown,
}

/// What is said of `literal` if another core session over its state is equipped otherwise, and is not made for one run alone:
/// a session has one builder.
pub(crate) fn rivalry(session: &Sessions<'_, '_>, literal: &Literal) -> Option<Outcome> {
    let Sessions { cx, facts, .. } = session;
    let rival = facts.literals.iter().find(|other| {
        *other != literal
            && may_share_state(session, literal, other)
            && equipment(session, literal) != equipment(session, other)
    })?;
    if are_all_made_for_their_run(session) {
        return None;
    }
    Some(Outcome::report(
        format!("another core session over this state is equipped otherwise ({})", cx.place(rival.file, rival.node)),
        "a session has one builder: set the one that a run needs in front of its start",
    ))
}

fn may_share_state(session: &Sessions<'_, '_>, one: &Literal, other: &Literal) -> bool {
    match (over(session, one), over(session, other)) {
        (Over::Own, _) | (_, Over::Own) => false,
        (Over::Variable(one_variable), Over::Variable(other_variable)) => {
            one.file == other.file && one_variable == other_variable
        }
        _ => true,
    }
}

fn over(session: &Sessions<'_, '_>, literal: &Literal) -> Over {
    let Some(state) = literal.state else { return Over::Unknown };
    if creation_at(session, literal.file, state).is_some() {
        return Over::Own;
    }
    let syntax = session.cx.syntax(literal.file);
    let name = syntax.child(state, "field").unwrap_or(state);
    match session.cx.inferred(literal.file).meaning(name) {
        Some(Ref::Local(declared)) => Over::Variable(declared),
        Some(Ref::Def(def)) => Over::Place(def),
        _ => Over::Unknown,
    }
}

/// The fields of a core session besides its state, as they are written: those of its literal, and those that are set later.
fn equipment<'a>(session: &Sessions<'a, '_>, literal: &Literal) -> BTreeSet<(Legacy, &'a str)> {
    let settings = settings::plan(session, literal).map_or_else(|_| Vec::new(), |plan| plan.settings().to_vec());
    let later = settings.into_iter().map(|setting| (setting.part, setting.value));
    let parts = literal.parts.iter().map(|&(part, _, value)| (part, value)).chain(later);
    parts.map(|(part, value)| (part, session.cx.text(literal.file, value))).collect()
}

/// Whether every run is that of a core session which is made in the same function: each sets its builder.
fn are_all_made_for_their_run(session: &Sessions<'_, '_>) -> bool {
    let Sessions { cx, facts, unit, .. } = session;
    let mut runs =
        unit.sites.iter().filter(|site| matches!(site.legacy, Legacy::RunInference | Legacy::RunInferenceStarted));
    runs.all(|run| {
        let operand = cx.syntax(run.file).child(run.whole, "operand");
        let declared = operand.and_then(|operand| cx.inferred(run.file).meaning(operand));
        facts.literals.iter().any(|literal| {
            literal.file == run.file && literal.variable.is_some_and(|variable| declared == Some(Ref::Local(variable)))
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::finding::Level;
    use crate::go::testing::finding_at;

    /// The level of two core sessions over one state.
    fn level(first: &str, second: &str) -> Level {
        let code = format!(
            "type app struct {{\n\tplain, loud *core.Session\n}}\n\n\
             func newApp(eng engine.Engine, a, b events.EventSink) *app {{\n\
             \tinf := state.NewInferenceState(\"id\", nil, eng)\n\
             \treturn &app{{plain: &core.Session{{State: inf{first}}}, loud: &core.Session{{State: inf{second}}}}}\n}}\n\n\
             func (a *app) ask(ctx context.Context) error {{\n\
             \t_, err := a.plain.RunInference(ctx, turns.NewTurnBuilder().WithUserPrompt(\"hi\").Build())\n\
             \treturn err\n}}\n"
        );
        finding_at(&code, "core.Session{").level
    }

    #[test]
    fn one_session_has_one_builder() {
        let sinks = ", EventSinks: []events.EventSink{a}";
        assert_eq!(level(sinks, ", EventSinks: []events.EventSink{b}"), Level::Report);
        assert_eq!(level(sinks, sinks), Level::Offered);
    }
}
