//! Units that reach into the examples of documentation.

use std::collections::BTreeSet;

use super::super::cx::Cx;
use super::super::index::FileIdx;
use super::super::outcome::Outcome;
use super::super::sites::Site;
use super::{UnitPlan, hold_back};
use crate::docs::Example;
use crate::finding::Level;

fn example<'a>(cx: &Cx<'a>, file: FileIdx) -> Option<&'a Example> {
    cx.documented.examples.get(cx.hir(file).file)
}

/// Whether a file is an example that nobody builds.
pub(super) fn is_unbuilt(cx: &Cx<'_>, file: FileIdx) -> bool {
    example(cx, file).is_some_and(|example| !example.is_built)
}

/// What nobody runs cannot be decided there, and what a comment in it says nobody would look for.
pub(super) fn refuse_drafts(cx: &Cx<'_>, decided: &mut [(Site, Outcome)]) {
    let is_drafted =
        |(site, outcome): &&mut (Site, Outcome)| outcome.level == Level::Draft && example(cx, site.file).is_some();
    for (_, outcome) in decided.iter_mut().filter(is_drafted) {
        *outcome = std::mem::replace(outcome, Outcome::report("", "")).undrafted();
    }
}

/// Takes the sites in examples that nobody builds out of a unit that they alone would hold back.
pub(super) fn set_aside(cx: &Cx<'_>, decided: &mut Vec<(Site, Outcome)>) -> Vec<(Site, Outcome)> {
    let reported = decided.iter().filter(|(_, outcome)| outcome.level == Level::Report);
    let files: BTreeSet<FileIdx> = reported.map(|(site, _)| site.file).collect();
    let all_aside = decided.iter().all(|(site, _)| files.contains(&site.file));
    if all_aside || !files.iter().all(|&file| is_unbuilt(cx, file)) {
        return Vec::new();
    }
    let (aside, own) = std::mem::take(decided).into_iter().partition(|(site, _)| files.contains(&site.file));
    *decided = own;
    aside
}

/// A fragment that imports nothing means the legacy prelude, most probably.
pub(super) fn offer_what_is_assumed(cx: &Cx<'_>, decided: &mut [(Site, Outcome)]) {
    let is_assumed = |site: &Site| example(cx, site.file).is_some_and(|example| example.is_assumed);
    if !decided.iter().all(|(site, _)| is_assumed(site)) {
        return;
    }
    for (_, outcome) in decided.iter_mut().filter(|(_, outcome)| outcome.level != Level::Report) {
        *outcome = std::mem::replace(outcome, Outcome::report("", ""))
            .reserved("the fragment imports nothing: its names are taken for those of the legacy prelude");
    }
}

/// A unit that would change an example in a way for which its documentation has no place stays as it is.
pub(crate) fn hold_where_fixed(cx: &Cx<'_>, plan: &mut UnitPlan, fixed: &BTreeSet<FileIdx>) {
    if plan.level == Level::Report || !plan.changes.iter().any(|change| fixed.contains(&change.file)) {
        return;
    }
    let place = plan.sites.iter().position(|(site, _)| fixed.contains(&site.file)).unwrap_or_default();
    if let Some((_, outcome)) = plan.sites.get_mut(place) {
        *outcome = Outcome::report(
            "the new code of this example would not stay code in the documentation around it",
            "write it by hand, then run the tool again",
        );
    }
    plan.level = Level::Report;
    plan.changes.clear();
    hold_back(cx, &mut plan.sites, plan.level);
}
