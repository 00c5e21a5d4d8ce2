//! Errors in patterns.

use super::super::super::cx::Cx;
use super::super::super::hir::{ExprKind, PatId, PatKind, PatParent};
use super::super::super::index::{DefId, FileIdx};
use super::super::super::outcome::Outcome;
use super::super::super::sites::Site;
use super::super::super::ty::Ty;
use super::exhaustive::{Closing, close, closing, taken_before};
use super::survey::Reach;
use super::uses::{matches_place, may_be_any_error};
use super::{HELP, engine, part, variant_name};
use crate::rules::Trap;

/// An error in a pattern.
pub(crate) fn pattern(cx: &Cx<'_>, reach: Reach, site: &Site, pat: PatId, variant: &str, scope: DefId) -> Outcome {
    let at = Place { cx, file: site.file, pat, scope };
    if at.is_inside_state() {
        return Outcome::safe(Vec::new(), HELP);
    }
    let closing = closing(cx, site.file, pat);
    if closing == Closing::Missing {
        return no_fallback();
    }
    if let Closing::By(cases) = &closing
        && let Some(&case) = cases.iter().find(|&&case| at.stands_in(case))
    {
        return at.closed(case);
    }
    let text = match variant {
        "AlreadyRunning" => Some(at.variant("AlreadyActive")),
        "NotRunning" => Some(at.variant("NoActive")),
        "State" => at.state_text(reach),
        _ => return at.engine(&closing),
    };
    match text {
        Some(text) => at.replaced(text),
        None => unreadable(),
    }
}

fn no_fallback() -> Outcome {
    Outcome::report(
        "the match names every legacy error, and the new error has more of them",
        "match `SessionError::AlreadyActive` or `NoActive` first and give the other errors one arm: `Err(error) => …`",
    )
    .because(Trap::ErrorIdentity, "`SessionError` is non-exhaustive")
}

fn unreadable() -> Outcome {
    Outcome::report(
        "the error is taken apart in a way that has no equal",
        "match `SessionError::AlreadyActive` and `SessionError::Engine(error)`",
    )
    .because(Trap::ErrorIdentity, "a busy session is an error of its own now")
}

/// A pattern of a legacy error, and where it stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    cx: &'a Cx<'a>,
    file: FileIdx,
    pat: PatId,
    scope: DefId,
}

impl Place<'_> {
    fn kind(&self, pat: PatId) -> &PatKind {
        &self.cx.hir(self.file)[pat].kind
    }

    fn variant(&self, name: &str) -> String {
        format!("{}::{name}", self.cx.name(self.file, self.scope, "session::SessionError"))
    }

    fn replaced(&self, text: String) -> Outcome {
        let span = self.cx.hir(self.file)[self.pat].span;
        Outcome::safe(vec![self.cx.replace(self.file, span, text)], HELP)
    }

    fn is_inside_state(&self) -> bool {
        let mut at = self.pat;
        while let PatParent::Pat(outer) = self.cx.hir(self.file)[at].parent {
            if variant_name(self.cx, self.file, outer) == Some("State") {
                return true;
            }
            at = outer;
        }
        false
    }

    /// Alternatives, in parentheses where `name @ pattern` and `&pattern` would bind more tightly, and where a `let` or a
    /// parameter takes one pattern only.
    fn alternatives(&self, names: &[&str]) -> String {
        let text = names.iter().map(|name| self.variant(name)).collect::<Vec<_>>().join(" | ");
        let hir = self.cx.hir(self.file);
        let takes_one = match hir[self.pat].parent {
            PatParent::Pat(outer) => matches!(self.kind(outer), PatKind::Bind { .. } | PatKind::Ref(_)),
            PatParent::Stmt(_) | PatParent::Item(_) => true,
            PatParent::Expr(expr) => matches!(hir[expr].kind, ExprKind::Closure { .. }),
        };
        if takes_one && names.len() > 1 { format!("({text})") } else { text }
    }

    /// `name @ pattern`, with `ref` where the value must stay where it is.
    fn bound(&self, inner: PatId, by_ref: bool, pattern: &str) -> Option<String> {
        let PatKind::Bind { name, .. } = self.kind(inner) else { return None };
        let mode = if by_ref { "ref " } else { "" };
        let pattern = if pattern.contains(" | ") { format!("({pattern})") } else { pattern.to_owned() };
        Some(format!("{mode}{} @ {pattern}", name.text))
    }

    fn is_by_ref(&self, inner: PatId) -> bool {
        matches!(self.kind(inner), PatKind::Bind { by_ref: true, .. })
    }

    /// Whether the part is a name and nothing more.
    fn is_name(&self, inner: PatId) -> bool {
        matches!(self.kind(inner), PatKind::Bind { sub: None, .. }) && variant_name(self.cx, self.file, inner).is_none()
    }

    fn stands_in(&self, outer: PatId) -> bool {
        let mut at = self.pat;
        while at != outer {
            let PatParent::Pat(around) = self.cx.hir(self.file)[at].parent else { return false };
            at = around;
        }
        true
    }

    /// The last error case takes all errors where no other takes those that the match does not name.
    fn closed(&self, case: PatId) -> Outcome {
        let text = self.closing_text();
        match text.and_then(|text| close(self.cx, self.file, case, self.pat, &text)) {
            Some(changes) => Outcome::safe(changes, HELP),
            None => unreadable(),
        }
    }

    fn closing_text(&self) -> Option<String> {
        let inner =
            part(self.cx, self.file, self.pat).filter(|&inner| variant_name(self.cx, self.file, inner).is_none());
        let Some((inner, PatKind::Bind { name, .. })) = inner.map(|inner| (inner, self.kind(inner))) else {
            return Some("_".to_owned());
        };
        let mode = if self.stays_in_place(inner)? { "ref " } else { "" };
        Some(format!("{mode}{}", name.text))
    }

    /// Whether a binding must be a reference: it is one already, or a copy would become a move. `None` where neither fits.
    fn stays_in_place(&self, inner: PatId) -> Option<bool> {
        if self.is_by_ref(inner) {
            return Some(true);
        }
        let is_reference = matches!(self.cx.inferred(self.file).bindings.get(&inner), Some(Ty::Ref(_)));
        let is_copied = variant_name(self.cx, self.file, self.pat) == Some("State");
        match is_copied && !is_reference && matches_place(self.cx, self.file, self.pat) {
            true if may_be_any_error(self.cx, self.file, inner) => Some(true),
            true => None,
            false => Some(false),
        }
    }

    fn state_text(&self, reach: Reach) -> Option<String> {
        let inner = part(self.cx, self.file, self.pat)?;
        let taken = taken_before(self.cx, self.file, self.pat);
        let mut all = vec!["AlreadyActive", "NoActive"];
        all.retain(|name| !taken.contains(name));
        if all.len() == 2 && !reach.idle_runs {
            all.pop();
        }
        if self.is_name(inner) {
            let pattern = all.iter().map(|name| self.variant(name)).collect::<Vec<_>>().join(" | ");
            return self.bound(inner, self.stays_in_place(inner)?, &pattern);
        }
        match self.kind(inner) {
            PatKind::Wild | PatKind::Rest => Some(self.alternatives(&all)),
            PatKind::Bind { sub: Some(sub), .. } => {
                let names = self.state_names(*sub)?;
                let pattern = names.iter().map(|name| self.variant(name)).collect::<Vec<_>>().join(" | ");
                self.bound(inner, self.stays_in_place(inner)?, &pattern)
            }
            _ => Some(self.alternatives(&self.state_names(inner)?)),
        }
    }

    /// The new names of the state's errors that a pattern names.
    fn state_names(&self, pat: PatId) -> Option<Vec<&'static str>> {
        match (self.kind(pat), variant_name(self.cx, self.file, pat)) {
            (_, Some("AlreadyRunning")) => Some(vec!["AlreadyActive"]),
            (_, Some("NotRunning")) => Some(vec!["NoActive"]),
            (PatKind::Or(pats), _) => {
                let names: Option<Vec<Vec<_>>> = pats.iter().map(|&pat| self.state_names(pat)).collect();
                Some(names?.concat())
            }
            (PatKind::Ref(inner), _) => self.state_names(*inner),
            _ => None,
        }
    }

    /// `SessionError::Engine` with the part as it is, or the whole error where nothing else takes the rest.
    fn engine(&self, closing: &Closing) -> Outcome {
        match (closing, part(self.cx, self.file, self.pat)) {
            (_, None) => unreadable(),
            (Closing::Engine(case), Some(inner)) if *case == self.pat && self.is_name(inner) => {
                self.engine_taken(inner)
            }
            _ => self.renamed(),
        }
    }

    fn renamed(&self) -> Outcome {
        let PatKind::TupleStruct { path, .. } = self.kind(self.pat) else { return unreadable() };
        Outcome::safe(vec![self.cx.replace(self.file, path.span, self.variant("Engine"))], HELP)
    }

    /// The engine's error itself is wanted of a pattern that takes every error from now on.
    fn engine_taken(&self, inner: PatId) -> Outcome {
        let Some(taken) = engine::Taken::of(self.cx, self.file, self.pat, inner) else { return no_fallback() };
        let span = self.cx.hir(self.file)[self.pat].span;
        let mut changes = vec![self.cx.replace(self.file, span, taken.pattern())];
        changes.extend(taken.body());
        Outcome::safe(changes, HELP)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::super::testing::{finding_at, migrated};
    use crate::finding::Level;

    /// What the arms of a match of a run's error become.
    fn arms(arms: &str) -> String {
        let after = migrated(&format!("fn g(e: RunError) -> Result<u8, EngineError> {{\nmatch e {{\n{arms}\n}}\n}}"));
        let start = after.find("match e {\n").map_or(0, |at| at + "match e {\n".len());
        after[start..].trim_end_matches(['}', '\n']).to_owned()
    }

    #[test]
    fn the_last_arm_of_an_exhaustive_match_takes_the_errors_it_does_not_name() {
        let body = "let session = Session::new(Arc::new(InferenceState::new(\"a\", None, engine)));\n\
                    match session.run_inference(&ctx, Some(Turn::builder().with_user_prompt(\"x\").build())).await {\n\
                    Ok(_) => {}\nErr(RunError::State(e)) => println!(\"busy: {e}\"),\nErr(RunError::Engine(e)) => println!(\"{e}\"),\n}";
        let after = migrated(body);
        assert!(
            after.contains("Err(e @ SessionError::AlreadyActive) => println!(\"busy: {e}\"),\nErr(e) => println!"),
            "{after}"
        );
    }

    #[test]
    fn what_an_arm_before_takes_is_not_named_again() {
        assert_eq!(
            arms(
                "RunError::Engine(EngineError::Cancelled) => Ok(0),\nRunError::Engine(_) => Ok(1),\nRunError::State(_) => Ok(2),"
            ),
            "SessionError::Engine(EngineError::Cancelled) => Ok(0),\nSessionError::Engine(_) => Ok(1),\n_ => Ok(2),"
        );
    }

    #[test]
    fn a_state_error_in_a_run_error_may_say_that_nothing_runs() {
        let idle = "fn idle(e: StateError) -> RunError { e.into() }\n\
                    fn g(e: &RunError) -> bool { matches!(e, RunError::State(_)) }";
        let after = migrated(idle);
        assert!(after.contains("matches!(e, SessionError::AlreadyActive | SessionError::NoActive)"), "{after}");
    }

    #[test]
    fn alternatives_that_name_what_is_left_become_one_that_takes_the_rest() {
        let refused = |arms: &str| {
            let after =
                migrated(&format!("fn g(e: Result<(), StateError>, x: bool) -> u8 {{\nmatch e {{\n{arms}\n}}\n}}"));
            let start = after.find("match e {\n").map_or(0, |at| at + "match e {\n".len());
            after[start..].trim_end_matches(['}', '\n']).to_owned()
        };
        assert_eq!(
            refused("Ok(()) => 1,\nErr(StateError::AlreadyRunning | StateError::NotRunning) => 2,"),
            "Ok(()) => 1,\nErr(_) => 2,"
        );
        assert_eq!(
            refused("Ok(()) => 1,\nErr(StateError::AlreadyRunning) | Err(StateError::NotRunning) => 2,"),
            "Ok(()) => 1,\nErr(_) => 2,"
        );
        assert_eq!(
            refused(
                "Ok(()) => 1,\nErr(e @ (StateError::AlreadyRunning | StateError::NotRunning)) => e.to_string().len() as u8,"
            ),
            "Ok(()) => 1,\nErr(e) => e.to_string().len() as u8,"
        );
        assert_eq!(
            refused(
                "Err(StateError::AlreadyRunning) if x => 1,\nOk(()) | Err(StateError::NotRunning) => 2,\n\
                 Err(StateError::NotRunning | StateError::AlreadyRunning) => 3,"
            ),
            "Err(SessionError::AlreadyActive) if x => 1,\nOk(()) | Err(SessionError::NoActive) => 2,\nErr(_) => 3,"
        );
    }

    #[test]
    fn alternatives_of_a_runs_error_become_one_that_takes_the_rest() {
        let named = "RunError::State(StateError::AlreadyRunning) | RunError::State(StateError::NotRunning)";
        assert_eq!(
            arms(&format!("RunError::Engine(_) => Ok(1),\n{named} => Ok(2),")),
            "SessionError::Engine(_) => Ok(1),\n_ => Ok(2),"
        );
        assert_eq!(
            arms(&format!("{named} => Ok(1),\nRunError::Engine(_) => Ok(2),")),
            "SessionError::AlreadyActive | SessionError::NoActive => Ok(1),\n_ => Ok(2),"
        );
        assert_eq!(arms(&format!("{named} | RunError::Engine(_) => Ok(1),")), "_ => Ok(1),");
    }

    #[test]
    fn the_last_arms_of_one_error_take_the_rest_together() {
        let body = "fn g(e: Result<(), StateError>, x: bool) -> u8 {\nmatch (e, x) {\n(Ok(()), _) => 1,\n\
                    (Err(StateError::AlreadyRunning), _) => 2,\n(Err(StateError::NotRunning), true) => 3,\n\
                    (Err(StateError::NotRunning), false) => 4,\n}\n}";
        let after = migrated(body);
        assert!(
            after.contains("(Err(SessionError::AlreadyActive), _) => 2,\n(Err(_), true) => 3,\n(Err(_), false) => 4,"),
            "{after}"
        );
    }

    #[test]
    fn alternatives_of_a_let_stand_in_parentheses() {
        let body = "fn idle(e: StateError) -> RunError { e.into() }\n\
                    fn g(e: RunError) {\nlet RunError::State(_) = e else { return };\n}";
        assert!(
            migrated(body)
                .ends_with("let (SessionError::AlreadyActive | SessionError::NoActive) = e else { return };\n}"),
            "{}",
            migrated(body)
        );
    }

    #[test]
    fn a_pattern_that_cannot_be_refuted_stays_one() {
        let body = "fn g((_, StateError::AlreadyRunning | StateError::NotRunning): (u8, StateError)) {}\n\
                    let is_busy = |(RunError::State(_) | RunError::Engine(_), n): (RunError, u8)| n;";
        assert_eq!(
            migrated(body),
            "fn g((_, _): (u8, SessionError)) {}\nlet is_busy = |(_, n): (SessionError, u8)| n;"
        );
    }

    #[test]
    fn a_match_of_which_no_arm_can_take_the_rest_is_reported() {
        let body = "fn g(a: StateError, b: StateError) -> u8 {\nmatch (a, b) {\n\
                    (StateError::AlreadyRunning, StateError::AlreadyRunning) => 1,\n\
                    (StateError::AlreadyRunning, StateError::NotRunning) => 2,\n\
                    (StateError::NotRunning, StateError::AlreadyRunning) => 3,\n\
                    (StateError::NotRunning, StateError::NotRunning) => 4,\n}\n}";
        assert_eq!(finding_at(body, "StateError::NotRunning) => 2").level, Level::Report);
    }
}
