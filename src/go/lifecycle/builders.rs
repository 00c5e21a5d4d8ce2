//! Core sessions that are made where the run is: their builders are set in front of the start.

use super::{Lifecycle, lost};
use crate::go::cx::Outcome;
use crate::go::rules::core_session;
use crate::go::session::{Literal, Sessions, literal};
use crate::go::surface::Legacy;

/// Collects the core sessions between the claim and the run.
pub(super) fn collect(session: &Sessions<'_, '_>, lifecycle: &mut Lifecycle) -> Result<(), Outcome> {
    let Sessions { cx, facts, names, .. } = session;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let frame = lifecycle.frame();
    let inside = facts.literals.iter().filter(|literal| literal.file == file && syntax.is_inside(literal.node, frame));
    for made in inside {
        let text = made.state.map(|state| lifecycle.at_start(session, names.text(cx, file, state)));
        if text.as_ref() != Some(&lifecycle.session) || made.variable.is_none() {
            return Err(lost(
                "the core session of the run is made where it runs, over another state than the claimed one",
            ));
        }
        if text.is_some_and(|text| names.keeps(cx, made, &text)) {
            return Err(lost("the claimed state may be replaced by another one before it runs"));
        }
        let stmt = cx.stmt(file, made.node).ok_or_else(|| lost("the core session is made in no statement"))?;
        lifecycle.removed.push(stmt);
        lifecycle.inputs.push(made.body);
        let is_beside = made.state.is_some_and(|state| core_session::is_beside_creation(session, made, state));
        let others_set = facts.literals.iter().any(|other| other != made && sets_builder(session, other));
        if !is_beside && !others_set && made.parts.iter().all(|(part, ..)| *part == Legacy::EventSinks) {
            let values = made.parts.iter().map(|(.., value)| literal::variadic(session, file, *value));
            lifecycle.sinks.extend(values);
            lifecycle.builders.push((made.clone(), String::new()));
            continue;
        }
        let base =
            literal::base(session, made).ok_or_else(|| lost("the engine of the claimed state is not at hand here"))?;
        let builder = lifecycle.at_start(session, literal::builder(session, made, &base)?);
        lifecycle.builders.push((made.clone(), builder));
    }
    Ok(())
}

/// Whether a core session gives the session of another function a builder of its own, which later runs would find.
fn sets_builder(session: &Sessions<'_, '_>, literal: &Literal) -> bool {
    let Sessions { cx, unit, .. } = session;
    let is_run_by_hand = || {
        unit.sites.iter().any(|site| {
            site.legacy == Legacy::RunInferenceStarted
                && site.file == literal.file
                && cx.function(site.file, site.name) == cx.function(literal.file, literal.node)
        })
    };
    !literal.parts.is_empty()
        && !literal.state.is_some_and(|state| core_session::is_beside_creation(session, literal, state))
        && (literal.parts.iter().any(|(part, ..)| *part != Legacy::EventSinks) || !is_run_by_hand())
}

/// The context of the run with the sinks that a core session of this run brought.
pub(super) fn with_sinks(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, ctx: String) -> String {
    lifecycle.sinks.iter().fold(ctx, |ctx, sinks| {
        let package = session.cx.package(lifecycle.file, "events");
        format!("{package}WithEventSinks({ctx}, {})", lifecycle.at_start(session, sinks.clone()))
    })
}
