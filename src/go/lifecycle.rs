//! A run by hand, from its claim to its end, and what it becomes: one start where it was claimed, one wait where it ran.

mod between;
mod builders;
mod cancel;
mod claim;
mod finish;
mod place;
mod refusal;
mod seed;
mod split;
mod start;
#[cfg(test)]
mod tests;
pub(crate) mod wrapper;

pub(crate) use claim::Claim;
use split::Split;
pub(crate) use start::rewrite;
use wrapper::Claiming;

use crate::go::cx::{Cx, Outcome};
use crate::go::index::FileIdx;
use crate::go::infer::Ref;
use crate::go::proof;
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
    /// What the start takes: the seed, the context and what builders take.
    inputs: Vec<NodeId>,
    /// The statement in front of which the start stands where that is not `at`.
    at_before: Option<NodeId>,
    /// Sinks of core sessions that go into the context of the run.
    sinks: Vec<String>,
    /// Where the run stands in a function of its own.
    split: Option<Split>,
}

impl Lifecycle {
    /// The run that `claim` claims the state for.
    ///
    /// # Errors
    /// What is said where it cannot be found, or not be started at the claim.
    pub(crate) fn of(session: &Sessions<'_, '_>, site: &Site, claim: &Claiming) -> Result<Self, Outcome> {
        let Sessions { cx, unit, .. } = session;
        let (file, syntax) = (claim.file, cx.syntax(claim.file));
        let function = cx.function(file, claim.call).ok_or_else(|| lost("the claim stands in no function"))?;
        let inside: Vec<Site> = unit
            .sites
            .iter()
            .filter(|site| site.file == file && syntax.is_inside(site.name, function))
            .copied()
            .collect();
        let of_kind = |legacy: Legacy| inside.iter().filter(move |site| site.legacy == legacy).collect::<Vec<_>>();
        let runs = of_kind(Legacy::RunInferenceStarted);
        let split = if runs.is_empty() { Split::of(session, file, function)? } else { None };
        let run_site = match (&runs[..], &split) {
            ([run], _) => **run,
            ([], Some(split)) => split.run,
            ([], None) => {
                return Err(lost("no run follows in this function")
                    .because(Trap::NoCounterpart, "a claim without a run is a plain lock"));
            }
            _ => return Err(lost("more than one run follows in this function")),
        };
        let sites: Vec<Site> = match &split {
            Some(split) => {
                let runs =
                    unit.sites.iter().filter(|site| site.file == file && syntax.is_inside(site.name, split.decl));
                inside.iter().chain(runs).copied().collect()
            }
            None => inside.clone(),
        };
        let run = cx.call_of_name(file, run_site.name).ok_or_else(|| lost("the run is used as a value"))?;
        let [ctx, seed] = cx.args(file, run)[..] else { return Err(lost("the run has other arguments")) };
        if of_kind(Legacy::StartRun).len() > 1 {
            return Err(lost("the state is claimed more than once in this function"));
        }
        let claimed = Claim::of(session, claim)?;
        let at = place::of(cx, &claimed, run, split.as_ref())?;
        let mut lifecycle = Self {
            file,
            claim: claimed,
            run,
            seed,
            at,
            session: claim.session.clone(),
            start: String::new(),
            handle: handle(session, file, run, claim.call)?,
            sites: sites
                .iter()
                .filter(|site| {
                    matches!(
                        site.legacy,
                        Legacy::StartRun | Legacy::FinishRun | Legacy::RunInferenceStarted | Legacy::SetCancel
                    )
                })
                .copied()
                .chain([*site])
                .collect(),
            remarks: Vec::new(),
            builders: Vec::new(),
            removed: Vec::new(),
            hoisted: Vec::new(),
            replaced: Vec::new(),
            added: Vec::new(),
            on_failure: None,
            makes_ctx: false,
            inputs: vec![seed, ctx],
            at_before: None,
            sinks: Vec::new(),
            split,
        };
        finish::collect(session, &mut lifecycle)?;
        lifecycle.is_of_session(session, run_site)?;
        let text = cancel::context(session, &mut lifecycle, ctx)?;
        finish::tidy(session, &mut lifecycle);
        builders::collect(session, &mut lifecycle)?;
        let text = builders::with_sinks(session, &lifecycle, text);
        lifecycle.start = format!("{}.StartInference({text})", lifecycle.session);
        seed::collect(session, &mut lifecycle, ctx)?;
        seed::is_settled(session, &lifecycle)?;
        between::settle(session, &mut lifecycle)?;
        between::remark(session, &mut lifecycle);
        lifecycle.remark_delay(session);
        lifecycle.remark_early_end(session);
        Ok(lifecycle)
    }

    /// Says so where the run began later than it does now, or perhaps not at all.
    fn remark_delay(&mut self, session: &Sessions<'_, '_>) {
        let syntax = session.cx.syntax(self.file);
        let is_handed_on = |node: NodeId| {
            let call = syntax.parent(node).filter(|&call| syntax.kind(call) == "call_expression");
            syntax.kind(node) == "func_literal" && call.is_none_or(|call| syntax.child(call, "function") != Some(node))
        };
        let called = self.split.as_ref().map_or(self.run, |split| split.call);
        let around = syntax.ancestors(self.run).take_while(|&node| node != self.frame());
        if around.chain(syntax.ancestors(called).take_while(|&node| node != self.at)).any(is_handed_on) {
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

    /// What is declared inside of it is not there at the start: the statement with the run, or the function that runs.
    fn frame(&self) -> NodeId {
        self.split.as_ref().map_or(self.at, |split| split.decl)
    }

    /// Whether a variable is there at the start.
    fn is_known(&self, session: &Sessions<'_, '_>, declared: NodeId) -> bool {
        let syntax = session.cx.syntax(self.file);
        match &self.split {
            Some(split) => split.binds(declared),
            None => syntax.start(declared) < syntax.start(self.at),
        }
    }

    /// Whether everything that `node` names is declared in front of the start.
    fn is_in_scope(&self, session: &Sessions<'_, '_>, node: NodeId) -> bool {
        let Sessions { cx, .. } = session;
        let syntax = cx.syntax(self.file);
        syntax.below(node).filter(|&name| syntax.kind(name) == "identifier").all(|name| {
            match cx.inferred(self.file).meaning(name) {
                Some(Ref::Local(declared)) => self.is_known(session, declared) || syntax.is_inside(declared, node),
                _ => true,
            }
        })
    }

    /// Code from where the run is, as it is written at the start.
    fn at_start(&self, session: &Sessions<'_, '_>, text: String) -> String {
        match &self.split {
            Some(split) => split.at_call(session, &text),
            None => text,
        }
    }

    /// The seed, and where it has its blocks: the argument of the function that runs where it is a parameter of it.
    pub(crate) fn seed_at_start(&self, session: &Sessions<'_, '_>) -> (NodeId, NodeId) {
        let Some(split) = &self.split else { return (self.seed, self.run) };
        let given = match session.cx.inferred(self.file).meaning(self.seed) {
            Some(Ref::Local(declared)) => split.given(declared),
            _ => None,
        };
        given.map_or((self.seed, self.run), |given| (given, split.call))
    }

    /// Whether a call stands in one of the functions of the run.
    pub(crate) fn surrounds(&self, cx: &Cx<'_>, file: FileIdx, call: NodeId) -> bool {
        let functions = [cx.function(self.file, self.claim.stmt), self.split.as_ref().map(|split| split.decl)];
        let is_around = |function: NodeId| cx.syntax(file).is_inside(call, function);
        file == self.file && functions.into_iter().flatten().any(is_around)
    }

    /// Whether the run is of the session that was claimed, as far as can be seen.
    fn is_of_session(&self, session: &Sessions<'_, '_>, run: Site) -> Result<(), Outcome> {
        let Sessions { cx, names, .. } = session;
        let Some(of) = cx.syntax(self.file).child(run.whole, "operand") else { return Ok(()) };
        let whole =
            |node: NodeId| proof::initial(cx, self.file, node).filter(|&value| proof::is_stable(cx, self.file, value));
        let text = |node: NodeId| self.at_start(session, names.text(cx, self.file, node));
        let holder = |text: &str| text.rsplit_once('.').map_or(String::new(), |(holder, _)| holder.to_owned());
        let texts = [Some(text(of)), whole(of).map(text)];
        let is_same = texts.iter().flatten().any(|text| *text == self.session || holder(text) == holder(&self.session));
        // A variable may hold the same session under another name; where both are fields, they are of one holder.
        let is_variable = self.split.is_none() && texts.iter().flatten().any(|text| !text.contains('.'));
        match is_same || is_variable || self.split.is_none() && !self.session.contains('.') {
            true => Ok(()),
            false => Err(lost("the run may be of another state than the claimed one")),
        }
    }

    /// Says so where the state was freed while the run went on.
    fn remark_early_end(&mut self, session: &Sessions<'_, '_>) {
        let Sessions { cx, .. } = session;
        let (file, syntax) = (self.file, cx.syntax(self.file));
        let (_, behind) = cx.siblings(file, self.at);
        let is_elsewhere = cx.function(file, self.run) != cx.function(file, self.at);
        let ends = |site: &Site| {
            site.legacy == Legacy::FinishRun
                && cx.function(file, site.name) == cx.function(file, self.at)
                && (behind.iter().any(|&stmt| syntax.is_inside(site.name, stmt))
                    || syntax.enclosing(site.name, &["defer_statement"]).is_some())
        };
        if is_elsewhere && self.sites.iter().any(ends) {
            self.remarks.push((Trap::KillFreesLater, "the state was freed while the run went on"));
        }
    }
}

/// A name for the handle that is free where the run is and where it was claimed.
fn handle(session: &Sessions<'_, '_>, file: FileIdx, run: NodeId, claim: NodeId) -> Result<String, Outcome> {
    let here = session.fresh(file, run, &["handle", "execution"]);
    match here == session.fresh(file, claim, &["handle", "execution"]) {
        true => Ok(here),
        false => Err(lost("the handle of the run has no name that is free in both functions")),
    }
}

pub(crate) fn lost(why: &str) -> Outcome {
    Outcome::report(
        why,
        "start the run where it was claimed: handle, err := sess.StartInference(ctx), and wait for it where it ran",
    )
}
