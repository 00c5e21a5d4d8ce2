//! Calls of legacy methods on values of which nothing is known: any state or core session of the crate may be meant.

use std::collections::HashMap;

use super::cx::Cx;
use super::hir::{ExprId, ExprKind};
use super::index::{CrateId, FileIdx};
use super::legacy::Tracked;
use super::outcome::Outcome;
use super::sites::{Site, SiteKind};
use super::ty::Ty;

/// Methods that a session does not have, with the number of their arguments.
const GONE: &[(&str, usize)] = &[
    ("run_id", 0),
    ("set_run_id", 1),
    ("set_turn", 1),
    ("start_run", 0),
    ("finish_run", 0),
    ("set_cancel", 1),
    ("has_cancel", 0),
    ("cancel_run", 0),
    ("run_inference_started", 2),
];

/// The same, but with names that others use as well: only asked of locals.
const GONE_FROM_LOCALS: &[(&str, usize)] = &[("turn", 0), ("engine", 0)];

/// The calls of each crate.
pub(crate) fn calls(cx: &Cx<'_>) -> HashMap<CrateId, Vec<(FileIdx, ExprId)>> {
    let mut found: HashMap<CrateId, Vec<(FileIdx, ExprId)>> = HashMap::new();
    let mut files: Vec<FileIdx> = cx.inferred.keys().copied().collect();
    files.sort();
    for file in files {
        let Some(krate) = crate_of(cx, file) else { continue };
        let calls = (0..cx.hir(file).exprs.len() as u32).map(ExprId).filter(|&expr| is_unfollowed(cx, file, expr));
        found.entry(krate).or_default().extend(calls.map(|call| (file, call)));
    }
    found
}

fn crate_of(cx: &Cx<'_>, file: FileIdx) -> Option<CrateId> {
    Some(cx.program.def(cx.program.module_of_file(file)?).krate)
}

fn is_unfollowed(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let ExprKind::MethodCall { receiver, method, args, .. } = &cx.hir(file)[expr].kind else { return false };
    let is_gone = |(name, count): &(&str, usize)| method.text == *name && args.len() == *count;
    let is_local = cx.local(file, *receiver).is_some();
    (GONE.iter().any(is_gone) || (is_local && GONE_FROM_LOCALS.iter().any(is_gone)))
        && !cx.inferred(file).methods.contains_key(&expr)
        && matches!(cx.ty(file, *receiver).peeled(), Ty::Unknown | Ty::Param(_))
}

/// The report for a unit whose states such a call may be about.
pub(crate) fn verdict(
    cx: &Cx<'_>,
    calls: &HashMap<CrateId, Vec<(FileIdx, ExprId)>>,
    sites: &[&Site],
) -> Option<(FileIdx, ExprId, Outcome)> {
    let holds_state = sites.iter().any(|site| match &site.kind {
        SiteKind::StateNew | SiteKind::CoreNew | SiteKind::CoreLiteral => true,
        SiteKind::Type(kinds) => kinds.iter().any(|kind| matches!(kind, Tracked::State | Tracked::CoreSession)),
        _ => false,
    });
    let krates = sites.iter().filter(|_| holds_state).filter_map(|site| crate_of(cx, site.file));
    let &(file, call) = krates.into_iter().find_map(|krate| calls.get(&krate)?.first())?;
    let ExprKind::MethodCall { method, .. } = &cx.hir(file)[call].kind else { return None };
    let report = Outcome::report(
        format!("`{}` is called on a value whose type is not known, which may be this one's", method.text),
        "write the type where that value is bound, then run the tool again",
    );
    Some((file, call, report))
}

#[cfg(test)]
mod tests {
    use super::super::testing::finding_at;
    use crate::finding::Level;

    #[test]
    fn a_call_on_a_value_of_unknown_type_holds_back_what_it_may_be_about() {
        let body = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\n\
                    let other = unknown_crate::wrap(1);\ndrop(other.run_id());\ndrop(state.is_running());";
        let finding = finding_at(body, "is_running");
        assert_eq!(finding.level, Level::Report);
        assert!(finding.why.contains("`run_id` is called on a value whose type is not known"), "{}", finding.why);
    }
}
