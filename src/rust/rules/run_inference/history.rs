//! What a session's history shows that a legacy state did not: the turns of runs that failed or are under way.

use super::super::super::cx::Cx;
use super::super::super::hir::{Attr, ExprId, Fields, FnItem, ItemKind, TypeId, TypeParent, Visibility};
use super::super::super::index::FileIdx;
use super::super::super::legacy::Tracked;
use super::super::super::outcome::Outcome;
use super::super::super::proof::{is_called_from_outside, is_exported};
use super::super::super::sites::{At, Site, SiteKind};
use super::super::super::unit::{Facts, set_turn_is_between_runs};
use super::failure;
use super::seed::{Seed, seed};
use crate::rules::Trap;

/// Why a unit's sessions are made `without_failed_turns`.
pub(crate) const LEFT_OUT: &str = "a failed run left the turn as it was, and so does a session `without_failed_turns()`; \
                                   without that call the prompt would stay and be sent again";

/// What is seen of a run's turn before the run has succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    WhileItRuns,
    AfterItFailed,
}

impl Shown {
    pub(super) fn judge(self, outcome: Outcome) -> Outcome {
        match self {
            Self::WhileItRuns => outcome.reserved(
                "the turn is read by a task of its own, which now sees the prompt of a run that is under way",
            ),
            Self::AfterItFailed => outcome.offered(
                Trap::FailedPromptStays,
                "the turn is read or run again later, and after a failed run it would be this one, unless the code out of \
                 sight that gives the session makes it `without_failed_turns()`",
            ),
        }
    }
}

/// What a session with all its turns would show of this run.
pub(super) fn shows(cx: &Cx<'_>, facts: &Facts, file: FileIdx, run: ExprId, seed: Seed) -> Option<Shown> {
    if !seed.may_append() {
        return None;
    }
    if (facts.reads_turn || facts.reruns) && !failure::is_unseen(cx, facts, file, run) {
        return Some(Shown::AfterItFailed);
    }
    facts.reads_turn_aside.then_some(Shown::WhileItRuns)
}

/// Whether the sessions of a unit are to leave failed turns out: one of its runs would show more than the legacy state,
/// or be overtaken by a turn that is set meanwhile; and every session is made in this tree.
pub(crate) fn is_to_leave_failed_turns_out(cx: &Cx<'_>, facts: &Facts, sites: &[Site]) -> bool {
    let shows_more = |&(file, run): &(FileIdx, ExprId)| {
        seed(cx, file, run).is_some_and(|seed| shows(cx, facts, file, run, seed).is_some())
    };
    let is_overtaken = || {
        !facts.runs.is_empty()
            && facts.set_turns.iter().any(|&(file, call)| !set_turn_is_between_runs(cx, facts, file, call))
    };
    let is_made_here = sites.iter().any(|site| site.kind == SiteKind::StateNew)
        && !sites.iter().any(|site| comes_from_outside(cx, site));
    is_made_here && (facts.runs.iter().any(shows_more) || is_overtaken())
}

/// Whether code out of sight may hand in the state or session that a site names the type of: a parameter, or a field.
fn comes_from_outside(cx: &Cx<'_>, site: &Site) -> bool {
    is_open_at(cx, site, |function, ty| function.params.iter().any(|param| param.ty == ty))
}

/// Whether code out of sight may have the state or session that a site names the type of.
pub(crate) fn is_shared_with_outside(cx: &Cx<'_>, site: &Site) -> bool {
    is_open_at(cx, site, |_, _| true)
}

/// Whether code out of sight reaches the state or session that a site names the type of, in a function where its
/// signature `is_way`.
fn is_open_at(cx: &Cx<'_>, site: &Site, is_way: impl Fn(&FnItem, TypeId) -> bool) -> bool {
    let (SiteKind::Type(kinds), At::Type(ty)) = (&site.kind, site.at) else { return false };
    if !kinds.iter().any(|kind| matches!(kind, Tracked::State | Tracked::CoreSession)) {
        return false;
    }
    let hir = cx.hir(site.file);
    let mut top = ty;
    while let TypeParent::Type(outer) = hir[top].parent {
        top = outer;
    }
    let TypeParent::Item(item) = hir[top].parent else { return false };
    let Some(def) = cx.program.def_of_item(site.file, item) else { return false };
    match &hir[item].kind {
        ItemKind::Fn(function) => is_way(function, top) && is_called_from_outside(cx, def),
        ItemKind::Struct(Fields::Named(fields) | Fields::Tuple(fields)) => {
            let is_private = fields.iter().any(|field| field.ty == top && field.visibility != Visibility::Public);
            is_exported(cx, def) && !(is_private && is_made_by_its_own_code(cx, site.file, &hir[item].attrs))
        }
        _ => is_exported(cx, def),
    }
}

/// Whether no attribute of a struct writes a function that fills its private fields.
fn is_made_by_its_own_code(cx: &Cx<'_>, file: FileIdx, attrs: &[Attr]) -> bool {
    let fills_none = ["Clone", "Debug", "Default", "Eq", "Hash", "Ord", "PartialEq", "PartialOrd", "Serialize"];
    attrs.iter().all(|attr| match attr.path.as_str() {
        "derive" => {
            let text = cx.text(file, attr.span);
            let list = text.find('(').map_or("", |at| &text[at + 1..]).trim_end_matches([')', ']']);
            list.split(',')
                .map(str::trim)
                .all(|path| path.is_empty() || fills_none.contains(&path.rsplit("::").next().unwrap_or(path)))
        }
        "allow" | "expect" | "cfg" | "must_use" | "deprecated" | "non_exhaustive" | "repr" => true,
        _ => attr.is_doc,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::super::testing::{library_plan_of, plan_of};
    use crate::plan::Plan;
    use crate::rules::{Rule, Trap};

    /// What becomes of `Talk { state, session }`, whose `ask` fails with `error`, and the traps of its run.
    fn talk(plan_of: fn(&str) -> Plan, attrs: &str, more: &str, error: &str) -> (bool, Vec<Trap>) {
        let plan = plan_of(&format!(
            "use geppetto::prelude::*;\nuse std::sync::Arc;\npub struct E;\n\
             impl From<RunError> for E {{ fn from(_: RunError) -> E {{ E }} }}\n\
             {attrs}pub struct Talk {{ state: Arc<InferenceState>, session: Session }}\n\
             impl Talk {{\n{more}\npub fn new(engine: Arc<dyn Engine>) -> Talk {{\n\
             let state = Arc::new(InferenceState::new(\"x\", None, engine));\n\
             let session = Session::new(state.clone());\nTalk {{ state, session }}\n}}\n\
             pub async fn ask(&self) -> Result<Turn, {error}> {{\n\
             let mut seed = self.state.turn().unwrap_or_default();\nseed.append(Block::user_text(\"hi\"));\n\
             Ok(self.session.run_inference(&Context::background(), Some(seed)).await?)\n}}\n}}\n"
        ));
        let leaves_out = plan.changes.iter().any(|change| change.after.text().contains(".without_failed_turns()"));
        let run = plan.findings.iter().find(|finding| finding.rule == Rule::RunInference);
        (leaves_out, run.map(|finding| finding.traps.clone()).unwrap_or_default())
    }

    #[test]
    fn an_error_type_of_the_program_hands_no_session_in() {
        let told = (true, vec![Trap::FailedPromptStays]);
        assert_eq!(talk(plan_of, "", "", "RunError"), told);
        assert_eq!(talk(plan_of, "", "", "E"), told);
    }

    #[test]
    fn a_private_field_of_a_published_type_is_filled_by_the_library_alone() {
        let told = vec![Trap::DropStopsRun, Trap::FailedPromptStays];
        assert_eq!(talk(library_plan_of, "#[derive(Clone)]\n", "", "E"), (true, told.clone()));
        assert_eq!(talk(library_plan_of, "#[derive(Clone, Builder)]\n", "", "E"), (false, told.clone()));
        let over = "pub fn over(state: Arc<InferenceState>) -> Talk {\n\
                    let session = Session::new(state.clone());\nTalk { state, session }\n}";
        assert_eq!(talk(library_plan_of, "", over, "E"), (false, told));
    }
}
