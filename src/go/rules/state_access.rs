//! `state-access`: the turn, the run id and the engine of a legacy state.

use crate::go::cx::Outcome;
use crate::go::session::{Sessions, restored};
use crate::go::sites::Site;
use crate::go::surface::Legacy;
use crate::rules::Trap;

/// Decides a field of a legacy state.
pub(crate) fn decide(session: &Sessions<'_, '_>, site: &Site) -> Outcome {
    let Sessions { cx, draft, .. } = session;
    let syntax = cx.syntax(site.file);
    let is_selected = site.whole != site.name;
    match site.legacy {
        Legacy::Turn if !is_selected || syntax.may_be_put_into(site.whole) => {
            restored::decide(session, site).unwrap_or_else(|| {
                Outcome::report(
                    "a session's turns are appended, not replaced",
                    "append the turn: sess.Append(turn); to forget the others, make another session with this one's Builder",
                )
                .because(Trap::NoCounterpart, "the turn is overwritten from outside")
            })
        }
        Legacy::RunId if !is_selected || syntax.may_be_put_into(site.whole) => {
            Outcome::report("a session keeps its id", "make the session with the id: session.NewSessionWithID(id)")
                .because(Trap::NoCounterpart, "the run id is overwritten from outside")
        }
        Legacy::Turn => {
            draft.small(site.file, syntax.range(site.name), "Latest()");
            let outcome = Outcome::safe(Vec::new(), "`Latest()`");
            match is_read_aside(session, site) {
                true => outcome.reserved("while a run is on, the latest turn is its prompt already"),
                false => outcome,
            }
        }
        Legacy::RunId => {
            draft.small(site.file, syntax.range(site.name), "SessionID");
            let outcome = Outcome::safe(Vec::new(), "`SessionID`");
            match adopts_ids(session) {
                true => outcome.offered(
                    Trap::LostRunId,
                    "this program puts run ids into turns: one found in the returned turn became the state's, and a session keeps its own",
                ),
                false => outcome,
            }
        }
        _ if is_selected && syntax.may_be_put_into(site.whole) => Outcome::report(
            "a session's engine is that of its builder",
            "give it another builder: sess.Builder = enginebuilder.New(enginebuilder.WithBase(eng), …)",
        )
        .because(Trap::NoCounterpart, "there is no counterpart to `Eng`"),
        _ => Outcome::report(
            "a session does not hand out its engine",
            "keep the engine beside the session, where it is made",
        )
        .because(Trap::NoCounterpart, "there is no counterpart to `Eng`"),
    }
}

/// Whether the turn may be read while a run is on: the session is shared, and no run is in this function.
fn is_read_aside(session: &Sessions<'_, '_>, site: &Site) -> bool {
    let Sessions { cx, facts, unit, .. } = session;
    let function = |site: &Site| (site.file, cx.function(site.file, site.name));
    let runs =
        |other: &&Site| matches!(other.legacy, Legacy::RunInference | Legacy::RunInferenceStarted | Legacy::StartRun);
    facts.is_shared && !unit.sites.iter().filter(runs).any(|run| function(run) == function(site))
}

/// Whether code of the tree puts run ids into turns: uses their key for more than reading.
pub(crate) fn adopts_ids(session: &Sessions<'_, '_>) -> bool {
    let program = session.cx.program;
    program.own_files().any(|file| {
        let text = program.syntax(file).source.text();
        ["KeyTurnMetaSessionID", "KeyTurnMetaRunID", "TurnMetaKeyRunID"]
            .iter()
            .any(|key| text.split(key).skip(1).any(|behind| !behind.starts_with(".Get(")))
    })
}
