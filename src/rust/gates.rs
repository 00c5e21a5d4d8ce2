//! Code that is compiled only under a condition, `#[cfg(…)]`.
//!
//! All of it is looked at as if every condition held. So what a condition stands on must not leave it, and where conditions
//! choose between definitions none is taken for the only one.

mod twins;

use std::collections::BTreeSet;

pub(crate) use self::twins::Twins;
use super::cx::{Change, Cx};
use super::hir::{Hir, PatId, PatParent, Span};
use super::index::FileIdx;
use super::outcome::Outcome;
use super::sites::{Site, SiteKind};
use crate::finding::Level;
use crate::rules::Rule;

/// Whether something in a body has a condition of its own or stands in something that has.
pub(crate) fn is_gated(hir: &Hir, span: Span) -> bool {
    hir.gates.iter().any(|gate| gate.in_body && gate.whole.contains(span))
}

/// Whether a later `let` of the same block does not hide an earlier one, but stands for it under another condition.
pub(crate) fn are_alternatives(hir: &Hir, earlier: PatId, later: PatId) -> bool {
    let stands_alone = |pat: PatId| match hir[pat].parent {
        PatParent::Stmt(stmt) => hir.gates.iter().any(|gate| gate.in_body && gate.whole.contains(hir[stmt].span)),
        _ => false,
    };
    !hir.gates.is_empty() && (stands_alone(earlier) || stands_alone(later))
}

/// The conditions under which a part of a body is compiled, those of the items around left out.
fn conditions<'a>(cx: &Cx<'a>, file: FileIdx, span: Span) -> BTreeSet<&'a str> {
    let gates = cx.hir(file).gates.iter().filter(|gate| gate.in_body && gate.whole.contains(span));
    gates.map(|gate| cx.text(file, gate.attr)).collect()
}

/// Whether all conditions that `outer` is compiled under hold for `inner`, too, both being parts of bodies.
pub(crate) fn is_under_conditions_of(cx: &Cx<'_>, file: FileIdx, inner: Span, outer: Span) -> bool {
    conditions(cx, file, outer).is_subset(&conditions(cx, file, inner))
}

/// A unit whose changes would carry code out of its conditions stays as it is.
pub(crate) fn hold(cx: &Cx<'_>, decided: &mut [(Site, Outcome)], changes: &[Change]) {
    if decided.iter().any(|(_, outcome)| outcome.level == Level::Report) {
        return;
    }
    hold_twins(cx, decided);
    let lost = changes.iter().find_map(|change| lost_condition(cx, change, changes));
    let left = || decided.iter().position(|(site, _)| leaves_conditions(cx, site, changes));
    let place = match lost {
        Some((file, at)) => {
            let distance = |(site, _): &(Site, Outcome)| (site.file != file, site.span.start.abs_diff(at));
            (0..decided.len()).min_by_key(|&index| distance(&decided[index]))
        }
        None => left(),
    };
    if let Some((_, outcome)) = place.and_then(|place| decided.get_mut(place)) {
        *outcome = Outcome::report(
            "it stands under a `#[cfg(…)]`, which what would be written in its place does not",
            "bring what belongs together under one condition, or write both variants by hand",
        );
    }
}

/// Options travel to each of the definitions between which conditions choose, but code is taken to mean the first; and what
/// only one of them has is used by code that is not understood.
fn hold_twins(cx: &Cx<'_>, decided: &mut [(Site, Outcome)]) {
    let is_held = |(site, _): &(Site, Outcome)| {
        let unit = cx.flow.unit_of(&site.node(cx));
        let with_options = matches!(site.rule, Rule::EngineOptions | Rule::EngineSink);
        unit.is_some_and(|unit| cx.flow.is_one_sided(unit) || (with_options && cx.flow.has_twins(unit)))
    };
    if let Some((_, outcome)) = decided.iter_mut().find(|decided| is_held(decided)) {
        *outcome = Outcome::report(
            "it belongs to definitions of one name between which a `#[cfg(…)]` chooses",
            "change each of them by hand, with the code that uses it",
        );
    }
}

/// The place of a condition that goes with a change while other changes of the unit do not depend on it.
fn lost_condition(cx: &Cx<'_>, change: &Change, changes: &[Change]) -> Option<(FileIdx, u32)> {
    let range = change.edit.range();
    let covers = |span: Span| range.start <= span.start as usize && span.end as usize <= range.end;
    let gates = cx.hir(change.file).gates.iter().filter(|gate| covers(gate.attr));
    let mut lost = gates.filter(|gate| !change.edit.text().contains(cx.text(change.file, gate.attr)));
    let is_missed = |attr: &str| {
        let mut others = changes.iter().filter(|other| *other != change);
        // A statement that goes as a whole covers its own condition.
        let carries = |other: &Change| cx.text(other.file, span(other)).contains(attr);
        others.any(|other| !conditions(cx, other.file, span(other)).contains(attr) && !carries(other))
    };
    lost.find(|gate| {
        !covers(gate.whole) || !change.edit.text().is_empty() || is_missed(cx.text(change.file, gate.attr))
    })
    .map(|gate| (change.file, gate.attr.start))
}

fn span(change: &Change) -> Span {
    let range = change.edit.range();
    Span::new(range.start, range.end)
}

/// Whether something is made under a condition and what becomes of it reaches code of the function outside.
fn leaves_conditions(cx: &Cx<'_>, site: &Site, changes: &[Change]) -> bool {
    let makes = matches!(site.kind, SiteKind::Factory | SiteKind::WithSink);
    let Some(expr) = site.expr().filter(|_| makes) else { return false };
    let own = conditions(cx, site.file, cx.span(site.file, expr));
    let function = cx.hir(site.file)[cx.function_of(site.file, expr)].span;
    let mut near = changes.iter().filter(|change| change.file == site.file && function.contains(span(change)));
    !own.is_empty() && near.any(|change| !own.is_subset(&conditions(cx, change.file, span(change))))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{finding_at, migrated};
    use crate::finding::Level;

    const ENGINE: &str = "let sink: Arc<dyn EventSink> = Arc::new(geppetto::events::NullSink);\n";

    #[test]
    fn a_condition_on_a_part_of_a_construction_is_not_lost() {
        let literal = format!(
            "{ENGINE}let state = Arc::new(InferenceState::new(\"a\", None, engine));\nlet session = Session {{\n\
             #[cfg(feature = \"x\")]\nevent_sinks: vec![sink],\n..Session::new(state)\n}};\n\
             drop((ctx, values, session));"
        );
        assert_eq!(finding_at(&literal, "Session {").level, Level::Report);
        let option = format!(
            "{ENGINE}let e = new_engine_from_parsed_values(&values, vec![#[cfg(feature = \"x\")] \
             geppetto::inference::engine::with_sink(sink)])?;\nlet s = InferenceState::new(\"a\", None, e);\n\
             drop((ctx, engine, s));"
        );
        assert_eq!(finding_at(&option, "with_sink").level, Level::Report);
    }

    #[test]
    fn bindings_between_which_conditions_choose_are_not_mixed_up() {
        let body = "#[cfg(unix)]\nlet state = Arc::new(InferenceState::new(\"a\", None, engine.clone()));\n\
                    #[cfg(not(unix))]\nlet state = Arc::new(InferenceState::new(\"b\", None, engine));\n\
                    let session = Session::new(state.clone());\ndrop((ctx, values, session));";
        assert_eq!(
            migrated(body),
            "#[cfg(unix)]\nlet state = Session::with_id(\"a\").with_builder(Builder::new(engine.clone()));\n\
             #[cfg(not(unix))]\nlet state = Session::with_id(\"b\").with_builder(Builder::new(engine));\n\
             let session = state.clone();\ndrop((ctx, values, session));"
        );
        let equipped =
            body.replace("Session::new(state.clone())", "Session { event_sinks: sinks, ..Session::new(state) }");
        assert!(
            migrated(&equipped)
                .contains("let session = state.derived_handle(|builder| builder.with_event_sinks(sinks));")
        );
    }

    #[test]
    fn what_stays_under_its_condition_changes() {
        let body = "let state = InferenceState::new(\"a\", None, engine);\n#[cfg(unix)]\nstate.cancel_run().ok();\n\
                    drop((ctx, values));";
        assert!(migrated(body).contains("#[cfg(unix)]\nstate.cancel_active().ok();"), "{}", migrated(body));
    }

    #[test]
    fn functions_between_which_conditions_choose_change_together() {
        let body = "drop((ctx, values));\nmake(engine).cancel_run().ok();\n\
                    #[cfg(unix)]\nfn make(engine: Arc<dyn Engine>) -> InferenceState { InferenceState::new(\"a\", None, engine) }\n\
                    #[cfg(not(unix))]\nfn make(engine: Arc<dyn Engine>) -> InferenceState { InferenceState::new(\"b\", None, engine) }";
        let after = migrated(body);
        assert_eq!(after.matches("-> Session {").count(), 2, "{after}");
    }

    #[test]
    fn what_only_one_of_two_definitions_has_is_left_to_a_person() {
        let body = "drop((ctx, values, engine));\n\
                    #[cfg(unix)]\nstruct App { n: u8 }\n#[cfg(not(unix))]\nstruct App { state: InferenceState }";
        assert_eq!(finding_at(body, "InferenceState }").level, Level::Report);
    }
}
