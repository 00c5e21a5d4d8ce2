//! `cancel`: cancelling a run through the legacy state.

use super::super::cx::Cx;
use super::super::hir::ExprId;
use super::super::outcome::Outcome;
use super::super::sites::Site;
use super::super::text::rename_method;
use super::super::unit::Facts;
use crate::rules::Trap;

/// `cancel_run`, `has_cancel`, `set_cancel`.
pub(crate) fn call(cx: &Cx<'_>, facts: &Facts, site: &Site, method: &str, call: ExprId) -> Outcome {
    if let Some(outcome) = facts.lifecycles.of(site.file, call) {
        return outcome;
    }
    match method {
        "cancel_run" => Outcome::safe(rename_method(cx, site.file, call, "cancel_active"), "`cancel_active()`"),
        "set_cancel" => Outcome::report(
            "a cancel made by hand is stored on the state",
            "nothing: every run of a session has its own cancel, reached by `cancel_active()` or `handle.cancel()`",
        ),
        _ => Outcome::report(
            "a session does not tell whether it holds a cancel",
            "`is_running()`: every run can be cancelled",
        )
        .because(Trap::NoCounterpart, "`has_cancel` has no counterpart"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{finding_at, migrated};
    use crate::finding::Level;

    #[test]
    fn cancelling_is_renamed_and_cancels_made_by_hand_are_reported() {
        let made = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\n";
        assert!(migrated(&format!("{made}let _ = state.cancel_run();")).ends_with("let _ = state.cancel_active();"));
        let finding = finding_at(&format!("{made}state.set_cancel(ctx.with_cancel().1);"), "set_cancel");
        assert_eq!(finding.level, Level::Report);
    }
}
