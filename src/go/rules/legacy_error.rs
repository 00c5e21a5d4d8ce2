//! `legacy-error`: the sentinels of the legacy state.

use std::collections::BTreeSet;

use crate::go::cx::{Cx, Outcome};
use crate::go::flow::Slot;
use crate::go::session::Sessions;
use crate::go::sites::Site;
use crate::go::surface::Legacy;

/// Ties sentinels to the states whose errors they may be compared with: those of the function, or else of the package.
pub(crate) fn tie(cx: &Cx<'_>, sites: &[Site]) {
    let makes_errors = |site: &&Site| {
        matches!(site.legacy, Legacy::StartRun | Legacy::CancelRun | Legacy::RunInference | Legacy::RunInferenceStarted)
    };
    let sources: Vec<&Site> = sites.iter().filter(makes_errors).collect();
    let top = |site: &Site| {
        let syntax = cx.syntax(site.file);
        (site.file, syntax.enclosing(site.name, &["function_declaration", "method_declaration"]))
    };
    let package = |site: &Site| cx.program.file(site.file).package;
    for sentinel in sites.iter().filter(|site| is_sentinel(site.legacy)) {
        let in_function: BTreeSet<Slot> =
            sources.iter().filter(|source| top(source) == top(sentinel)).map(|source| source.slot).collect();
        let in_package: BTreeSet<Slot> =
            sources.iter().filter(|source| package(source) == package(sentinel)).map(|source| source.slot).collect();
        let near = [in_function, in_package].into_iter().find(|slots| !slots.is_empty()).unwrap_or_default();
        near.into_iter().for_each(|slot| cx.flow.unite(sentinel.slot, slot));
    }
}

fn is_sentinel(legacy: Legacy) -> bool {
    matches!(legacy, Legacy::ErrRunning | Legacy::ErrNotRunning | Legacy::ErrStateNil)
}

/// A sentinel becomes the session's.
pub(crate) fn decide(session: &Sessions<'_, '_>, site: &Site) -> Outcome {
    let Sessions { cx, draft, .. } = session;
    let has_source = session.unit.sites.iter().any(|other| !is_sentinel(other.legacy));
    if !has_source || is_beside_unknown(session, site) {
        return Outcome::report(
            "nobody can tell whose error this is compared with",
            "compare with the session's once its state is one: session.ErrSessionAlreadyActive, session.ErrSessionNoActive",
        );
    }
    let name = match site.legacy {
        Legacy::ErrRunning => "ErrSessionAlreadyActive",
        Legacy::ErrNotRunning => "ErrSessionNoActive",
        _ => "ErrSessionNil",
    };
    let package = cx.package(site.file, "inference/session");
    draft.small(site.file, cx.syntax(site.file).range(site.whole), format!("{package}{name}"));
    Outcome::safe(Vec::new(), format!("`{package}{name}`"))
}

/// Whether the function calls something of a legacy method's name on a value of which nothing is known.
fn is_beside_unknown(session: &Sessions<'_, '_>, site: &Site) -> bool {
    let cx = session.cx;
    let syntax = cx.syntax(site.file);
    let Some(function) = syntax.enclosing(site.name, &["function_declaration", "method_declaration"]) else {
        return false;
    };
    let names = ["StartRun", "CancelRun", "RunInference", "RunInferenceStarted"];
    syntax.below(function).any(|node| {
        syntax.kind(node) == "field_identifier"
            && names.contains(&syntax.text(node))
            && cx.inferred(site.file).meaning(node).is_none()
    })
}
