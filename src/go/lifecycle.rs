//! A run by hand, from its claim to its end, and what it becomes: one start where it was claimed, one wait where it ran.

mod builders;
mod cancel;
mod claim;
mod finish;
mod place;
mod refusal;
mod seed;
mod start;

pub(crate) use claim::Claim;
pub(crate) use start::rewrite;

use crate::go::cx::Outcome;
use crate::go::index::FileIdx;
use crate::go::infer::Ref;
use crate::go::session::{Literal, Sessions};
use crate::go::sites::Site;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::rules::Trap;

/// One run.
#[derive(Clone, Debug)]
pub(crate) struct Lifecycle {
    pub(crate) file: FileIdx,
    pub(crate) claim: Claim,
    /// The call of `RunInferenceStarted`.
    pub(crate) run: NodeId,
    pub(crate) seed: NodeId,
    /// The statement in front of which the run starts: that of the run, in the list of the claim.
    pub(crate) at: NodeId,
    /// How the session is written.
    pub(crate) session: String,
    /// The call that starts the run.
    pub(crate) start: String,
    pub(crate) handle: String,
    /// Every site that goes with this run.
    pub(crate) sites: Vec<Site>,
    pub(crate) remarks: Vec<(Trap, &'static str)>,
    /// Core sessions that are made behind the claim, with the builders they become in front of the start.
    pub(crate) builders: Vec<(Literal, String)>,
    /// Statements that go.
    removed: Vec<NodeId>,
    /// Statements that move from the closure in front of the start.
    hoisted: Vec<NodeId>,
    /// Statements that become others.
    replaced: Vec<(NodeId, String)>,
    /// Statements that come in front of others.
    added: Vec<(NodeId, String)>,
    /// What is done before a failed start is answered.
    on_failure: Option<String>,
    /// Whether the context of the run is made where the run is, and moves in front of the start.
    makes_ctx: bool,
}

impl Lifecycle {
    /// The run that `claim` claims the state for.
    ///
    /// # Errors
    /// What is said where it cannot be found, or not be started at the claim.
    pub(crate) fn of(session: &Sessions<'_, '_>, claim: &Site) -> Result<Self, Outcome> {
        let Sessions { cx, unit, names, .. } = session;
        let (file, syntax) = (claim.file, cx.syntax(claim.file));
        let function = cx.function(file, claim.name).ok_or_else(|| lost("the claim stands in no function"))?;
        let inside: Vec<Site> = unit
            .sites
            .iter()
            .filter(|site| site.file == file && syntax.is_inside(site.name, function))
            .copied()
            .collect();
        let of_kind = |legacy: Legacy| inside.iter().filter(move |site| site.legacy == legacy).collect::<Vec<_>>();
        let runs = of_kind(Legacy::RunInferenceStarted);
        let [run_site] = runs[..] else {
            return Err(match runs.len() {
                0 => lost("no run follows in this function")
                    .because(Trap::NoCounterpart, "a claim without a run is a plain lock"),
                _ => lost("more than one run follows in this function"),
            });
        };
        let run = cx.call_of_name(file, run_site.name).ok_or_else(|| lost("the run is used as a value"))?;
        let [ctx, seed] = cx.args(file, run)[..] else { return Err(lost("the run has other arguments")) };
        if of_kind(Legacy::StartRun).len() > 1 {
            return Err(lost("the state is claimed more than once in this function"));
        }
        let claimed = Claim::of(session, claim)?;
        let at = place::of(cx, &claimed, run)?;
        let operand = syntax.child(claim.whole, "operand").ok_or_else(|| lost("the claim is used as a value"))?;
        let mut lifecycle = Self {
            file,
            claim: claimed,
            run,
            seed,
            at,
            session: names.text(cx, file, operand),
            start: String::new(),
            handle: session.fresh(file, run, &["handle", "execution"]),
            sites: inside
                .iter()
                .filter(|site| {
                    matches!(
                        site.legacy,
                        Legacy::StartRun | Legacy::FinishRun | Legacy::RunInferenceStarted | Legacy::SetCancel
                    )
                })
                .copied()
                .collect(),
            remarks: Vec::new(),
            builders: Vec::new(),
            removed: Vec::new(),
            hoisted: Vec::new(),
            replaced: Vec::new(),
            added: Vec::new(),
            on_failure: None,
            makes_ctx: false,
        };
        finish::collect(session, &mut lifecycle)?;
        let text = cancel::context(session, &mut lifecycle, ctx)?;
        lifecycle.start = format!("{}.StartInference({text})", lifecycle.session);
        finish::tidy(session, &mut lifecycle);
        builders::collect(session, &mut lifecycle)?;
        seed::collect(session, &mut lifecycle, ctx)?;
        seed::is_settled(session, &lifecycle, ctx)?;
        lifecycle.remark_delay(session);
        Ok(lifecycle)
    }

    /// Says so where the run began later than it does now, or perhaps not at all.
    fn remark_delay(&mut self, session: &Sessions<'_, '_>) {
        let syntax = session.cx.syntax(self.file);
        let is_handed_on = |node: NodeId| {
            let call = syntax.parent(node).filter(|&call| syntax.kind(call) == "call_expression");
            syntax.kind(node) == "func_literal" && call.is_none_or(|call| syntax.child(call, "function") != Some(node))
        };
        if syntax.ancestors(self.run).take_while(|&node| node != self.at).any(is_handed_on) {
            self.remarks
                .push((Trap::EagerStart, "the run used to begin when the function that is handed on was called"));
        } else if seed::in_front(session, self).into_iter().any(|stmt| seed::is_noticeable(syntax, stmt)) {
            self.remarks
                .push((Trap::EagerStart, "the run begins at the claim now, in front of what stood in front of it"));
        }
        if self.claim.tells_error(session) {
            self.remarks.push((Trap::ErrorIdentity, "the error of a refused start has another text"));
        }
    }

    /// Whether everything that `node` names is declared in front of the start.
    fn is_in_scope(&self, session: &Sessions<'_, '_>, node: NodeId) -> bool {
        let Sessions { cx, .. } = session;
        let syntax = cx.syntax(self.file);
        let start = syntax.start(self.at);
        syntax.below(node).filter(|&name| syntax.kind(name) == "identifier").all(|name| {
            match cx.inferred(self.file).meaning(name) {
                Some(Ref::Local(declared)) => syntax.start(declared) < start || syntax.is_inside(declared, node),
                _ => true,
            }
        })
    }
}

pub(crate) fn lost(why: &str) -> Outcome {
    Outcome::report(
        why,
        "start the run where it was claimed: handle, err := sess.StartInference(ctx), and wait for it where it ran",
    )
}
