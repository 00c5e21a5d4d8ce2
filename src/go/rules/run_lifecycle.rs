//! `run-lifecycle`: `StartRun` … `SetCancel` … `RunInferenceStarted` … `FinishRun` become one start and one wait.

use std::collections::BTreeSet;

use super::run_inference::{judge_history, judge_seed};
use crate::go::cx::{Cx, Outcome};
use crate::go::index::FileIdx;
use crate::go::infer::Ref;
use crate::go::lifecycle::{self, Lifecycle, wrapper};
use crate::go::session::{Literal, Sessions};
use crate::go::sights;
use crate::go::sites::Site;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::go::variables::is_pure;
use crate::rules::Trap;

/// The lifecycles of a unit: each is one run, from its claim to its end.
#[derive(Debug, Default)]
pub(crate) struct Lifecycles {
    all: Vec<Result<Lifecycle, (FileIdx, NodeId, Outcome)>>,
    covered: BTreeSet<(FileIdx, NodeId)>,
}

impl Lifecycles {
    /// Finds and rewrites the lifecycles of a unit.
    pub(crate) fn find(session: &Sessions<'_, '_>) -> Self {
        let mut found = Self::default();
        for claim in session.unit.sites.iter().filter(|site| site.legacy == Legacy::StartRun) {
            let claims = wrapper::claims(session, claim);
            let lives = claims.and_then(|claims| {
                claims.iter().map(|claiming| Lifecycle::of(session, claim, claiming)).collect::<Result<Vec<_>, _>>()
            });
            match lives {
                Ok(lives) => {
                    wrapper::rewrite(session, claim);
                    lives.into_iter().for_each(|life| found.add(session, life));
                }
                Err(report) => found.all.push(Err((claim.file, claim.name, report))),
            }
        }
        found
    }

    fn add(&mut self, session: &Sessions<'_, '_>, lifecycle: Lifecycle) {
        self.covered.extend(lifecycle.sites.iter().map(|site| (site.file, site.name)));
        lifecycle::rewrite(session, &lifecycle);
        self.all.push(Ok(lifecycle));
    }

    /// Whether a site is a part of a lifecycle that becomes a start and a wait.
    pub(crate) fn covers(&self, _: &Cx<'_>, site: &Site) -> bool {
        self.covered.contains(&(site.file, site.name))
    }

    /// The builder of a core session that is set in front of the start of a run; none is set where it is empty.
    pub(crate) fn builder_of(&self, literal: &Literal) -> Option<&str> {
        let mut builders = self.all.iter().flatten().flat_map(|lifecycle| &lifecycle.builders);
        builders.find(|(other, _)| other == literal).map(|(_, builder)| builder.as_str())
    }

    /// The claim that cannot become a start, in whose function the site stands.
    pub(crate) fn lost_claim(&self, cx: &Cx<'_>, site: &Site) -> Option<String> {
        let around = |file: FileIdx, name: NodeId| cx.function(file, name).filter(|_| file == site.file);
        let mut lost = self.all.iter().filter_map(|found| found.as_ref().err());
        let (file, name, _) = lost.find(|(file, name, _)| {
            around(*file, *name).is_some_and(|function| cx.syntax(*file).is_inside(site.name, function))
        })?;
        Some(cx.place(*file, *name))
    }

    /// The lifecycles that a site belongs to: several where a function claims for others.
    fn of(&self, site: &Site) -> Vec<&Lifecycle> {
        self.all.iter().flatten().filter(|lifecycle| lifecycle.sites.contains(site)).collect()
    }

    /// Whether every call stands in a function with a run of its own.
    fn surround(&self, cx: &Cx<'_>, calls: &[(FileIdx, NodeId)]) -> bool {
        calls.iter().all(|&(file, call)| self.all.iter().flatten().any(|lifecycle| lifecycle.surrounds(cx, file, call)))
    }
}

/// Decides a site of a lifecycle.
pub(crate) fn decide(session: &Sessions<'_, '_>, lifecycles: &Lifecycles, site: &Site) -> Outcome {
    let cx = session.cx;
    let lives = lifecycles.of(site);
    if let Some(lifecycle) = lives.first() {
        let handle = &lifecycle.handle;
        return match site.legacy {
            Legacy::StartRun => {
                let outcome = Outcome::safe(Vec::new(), format!("`{handle}, err := {}`", lifecycle.start));
                lives.iter().fold(outcome, |outcome, life| judge(session, life, outcome))
            }
            Legacy::FinishRun => Outcome::safe(Vec::new(), "nothing: the session frees itself when the run has ended"),
            _ => Outcome::safe(Vec::new(), format!("`{handle}.Wait()`")),
        };
    }
    if let Some(place) = lifecycles.lost_claim(cx, site).filter(|_| site.legacy != Legacy::StartRun) {
        let why = format!("its claim does not become a start ({place})");
        return Outcome::report(why, "start the run where it is claimed, and wait for it here: handle.Wait()");
    }
    match site.legacy {
        Legacy::StartRun => lifecycles
            .all
            .iter()
            .find_map(|found| found.as_ref().err().filter(|(file, name, _)| (*file, *name) == (site.file, site.name)))
            .map_or_else(|| Outcome::report("", ""), |(_, _, report)| report.clone()),
        Legacy::FinishRun if is_end(session, lifecycles, site) => end(session, site),
        Legacy::FinishRun => kill(session, site),
        _ => Outcome::report(
            "the claim of this run cannot be found in this function",
            "start the run where the session is claimed: handle, err := sess.StartInference(ctx); here: handle.Wait()",
        )
        .because(Trap::CheckThenAct, &format!("the claim must be the start ({})", cx.place(site.file, site.name))),
    }
}

fn judge(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, outcome: Outcome) -> Outcome {
    let (seed, at) = lifecycle.seed_at_start(session);
    let outcome = judge_seed(session, lifecycle.file, seed, at, outcome);
    let outcome = sights::judge(session.cx, lifecycle.file, lifecycle.seed, lifecycle.run, outcome);
    let outcome = judge_history(session, outcome, false);
    lifecycle.remarks.iter().fold(outcome, |outcome, (trap, why)| outcome.offered(*trap, why))
}

/// The function of a site, and where it is called, if it is not used otherwise.
fn calls_around(cx: &Cx<'_>, site: &Site) -> Option<(NodeId, Vec<(FileIdx, NodeId)>)> {
    let syntax = cx.syntax(site.file);
    let decl = syntax.enclosing(site.name, &["function_declaration", "method_declaration"])?;
    let (calls, values) = cx.calls_of(cx.program.declared(site.file, syntax.child(decl, "name")?)?);
    (!calls.is_empty() && values.is_empty()).then_some((decl, calls))
}

/// Whether a function only ends the runs of those who call it.
fn is_end(session: &Sessions<'_, '_>, lifecycles: &Lifecycles, site: &Site) -> bool {
    let cx = session.cx;
    let stmt = cx.call_of_name(site.file, site.name).and_then(|call| cx.syntax(site.file).parent(call));
    stmt.is_some_and(|stmt| matches!(cx.syntax(site.file).kind(stmt), "expression_statement" | "defer_statement"))
        && calls_around(cx, site).is_some_and(|(_, calls)| lifecycles.surround(cx, &calls))
}

/// A function that ends a run does the rest of what it did; with nothing left it goes, and so do its calls.
fn end(session: &Sessions<'_, '_>, site: &Site) -> Outcome {
    let Sessions { cx, draft, .. } = session;
    let syntax = cx.syntax(site.file);
    let outcome = Outcome::safe(Vec::new(), "nothing: the session frees itself when the run has ended");
    let Some(stmt) = cx.call_of_name(site.file, site.name).and_then(|call| cx.stmt(site.file, call)) else {
        return outcome;
    };
    let stmts_of = |&(file, call): &(FileIdx, NodeId)| {
        let stmt = cx.syntax(file).parent(call)?;
        let kind = cx.syntax(file).kind(stmt);
        matches!(kind, "expression_statement" | "defer_statement").then_some((file, stmt))
    };
    if let Some((decl, calls)) = calls_around(cx, site) {
        let is_all = syntax.child(decl, "body").and_then(|body| syntax.children(body).next()) == syntax.parent(stmt)
            && cx.siblings(site.file, stmt) == (Vec::new(), Vec::new());
        let name = syntax.child(decl, "name").map_or("", |name| syntax.text(name));
        let stmts: Option<Vec<(FileIdx, NodeId)>> = calls.iter().map(stmts_of).collect();
        if let Some(stmts) = stmts.filter(|_| is_all && !name.starts_with(char::is_uppercase)) {
            stmts.into_iter().for_each(|(file, stmt)| draft.remove_stmt(file, stmt));
            draft.remove_declaration(site.file, decl);
            return outcome;
        }
    }
    draft.remove_stmt(site.file, stmt);
    outcome
}

/// `FinishRun` behind a cancel: the session frees itself.
fn kill(session: &Sessions<'_, '_>, site: &Site) -> Outcome {
    let Sessions { cx, draft, unit, .. } = session;
    let Some(stmt) = cx.call_of_name(site.file, site.name).and_then(|call| cx.stmt(site.file, call)) else {
        return Outcome::report("the method is used as a value", "the session frees itself: drop this");
    };
    let syntax = cx.syntax(site.file);
    let cancels = unit.sites.iter().any(|other| other.legacy == Legacy::CancelRun && is_called_with(cx, other, site));
    let is_plain = match syntax.kind(stmt) {
        "expression_statement" => cancels || is_missed_by_nobody(cx, site),
        "defer_statement" => !cancels && is_missed_by_nobody(cx, site),
        _ => false,
    };
    if !is_plain {
        return Outcome::report(
            "the state is freed without a run or a cancel in this function",
            "a session frees itself when its run has ended: drop this",
        );
    }
    draft.remove_stmt(site.file, stmt);
    let outcome = Outcome::safe(Vec::new(), "nothing: the session frees itself when the run has ended");
    match cancels {
        true => outcome.offered(Trap::KillFreesLater, "the session is free when the run has ended, not at once"),
        false => outcome.drafted(
            Trap::KillFreesLater,
            "the state is freed without a run or a cancel in this function, and a session only by the end of its run",
            "the session was freed here, whatever ran; now its run frees it: cancel that here (`CancelActive()`), or leave it so",
        ),
    }
}

/// Whether the value whose method is called has no effect, and its variable other uses.
fn is_missed_by_nobody(cx: &Cx<'_>, site: &Site) -> bool {
    let syntax = cx.syntax(site.file);
    let Some(value) = syntax.parent(site.name).and_then(|selector| syntax.child(selector, "operand")) else {
        return false;
    };
    let is_used = match cx.inferred(site.file).meaning(value) {
        Some(Ref::Local(declared)) => cx.uses(site.file, declared).len() > 1,
        _ => true,
    };
    is_pure(cx, site.file, value) && is_used
}

/// Whether the function of `site` holds `other`, too, or calls the function of the tree that does.
fn is_called_with(cx: &Cx<'_>, other: &Site, site: &Site) -> bool {
    let function = cx.function(site.file, site.name);
    let Some(around) = cx.function(other.file, other.name) else { return false };
    if other.file == site.file && Some(around) == function {
        return true;
    }
    let name = cx.syntax(other.file).child(around, "name");
    let def = name.and_then(|name| cx.program.declared(other.file, name));
    def.is_some_and(|def| {
        cx.calls_of(def).0.iter().any(|&(file, call)| file == site.file && cx.function(file, call) == function)
    })
}

#[cfg(test)]
mod tests {
    use crate::finding::Level;
    use crate::go::testing::{finding_at, migrated};
    use crate::rules::Trap;

    fn chat(reset: &str) -> String {
        format!(
            "type Chat struct{{ inf *state.InferenceState }}\n\nfunc NewChat(eng engine.Engine) *Chat {{\n\
             \treturn &Chat{{inf: state.NewInferenceState(\"chat\", nil, eng)}}\n}}\n\n\
             func (c *Chat) Ask(ctx context.Context) error {{\n\trun := &core.Session{{State: c.inf}}\n\
             \t_, err := run.RunInference(ctx, turns.NewTurnBuilder().WithUserPrompt(\"hi\").Build())\n\treturn err\n}}\n\n\
             func (c *Chat) Reset() {{\n{reset}\n}}\n"
        )
    }

    #[test]
    fn a_state_that_is_freed_whatever_runs_is_left_to_a_person() {
        let code = chat("\tprintln(1)\n\tc.inf.FinishRun()");
        let finding = finding_at(&code, "FinishRun");
        assert_eq!((finding.level, finding.traps), (Level::Draft, vec![Trap::KillFreesLater]));
        assert!(migrated(&code, Level::Offered).contains("c.inf.FinishRun()"));
        let after = migrated(&code, Level::Draft);
        let marker = "\n\tprintln(1)\n\t// MIGRATE(kill-frees-later): the session was freed here, whatever ran; ";
        assert!(after.contains(marker) && after.contains("leave it so\n}\n"), "{after}");
        let deferred = migrated(&chat("\tdefer c.inf.FinishRun()\n\tprintln(1)"), Level::Draft);
        assert!(deferred.contains("leave it so\n\tprintln(1)\n}\n"), "{deferred}");
    }

    #[test]
    fn what_would_leave_a_variable_unused_is_reported() {
        for reset in ["\tinf := c.inf\n\tinf.FinishRun()", "\tgo c.inf.FinishRun()"] {
            assert_eq!(finding_at(&chat(reset), "FinishRun").level, Level::Report, "{reset}");
        }
    }
}
