//! Units of states and core sessions: what becomes one session, how it is written, and where its builder is set.

mod creation;
pub(crate) mod equipment;
mod facts;
mod fields;
pub(crate) mod in_place;
pub(crate) mod leftovers;
pub(crate) mod literal;
mod names;
pub(crate) mod on_the_spot;
pub(crate) mod persisters;
pub(crate) mod restored;
pub(crate) mod rivals;
pub(crate) mod settings;
pub(crate) mod steady;

pub(crate) use creation::{new_session, statements};
pub(crate) use facts::{Creation, Facts, Literal};
pub(crate) use names::Names;

use super::cx::{Cx, Outcome};
use super::draft::Draft;
use super::index::FileIdx;
use super::rules::{cancel, core_session, inference_state, legacy_error, run_inference, run_lifecycle, state_access};
use super::sites::Site;
use super::surface::Legacy;
use super::syntax::NodeId;
use super::unit::{Decision, Unit};
use super::variables::free;

/// Decides a unit of states and core sessions.
pub(crate) fn decide(cx: &Cx<'_>, unit: &Unit) -> Decision {
    let mut facts = Facts::of(cx, unit);
    let draft = Draft::new(cx);
    let names = Names::default();
    let in_place = in_place::find(&Sessions { cx, unit, facts: &facts, names: &names, draft: &draft });
    facts.look(cx, unit, &in_place);
    let names = Names::of(cx, unit, &facts, &in_place);
    let session = Sessions { cx, unit, facts: &facts, names: &names, draft: &draft };
    names.draft(cx, unit, &facts, &draft);
    let mut outcomes: Vec<(Site, Outcome)> = Vec::new();
    let (of_runs, sites): (Vec<Site>, Vec<Site>) =
        unit.sites.iter().partition(|site| in_place.iter().any(|one| one.owns(cx, site)));
    // What only changes a name comes first: code that moves takes these changes along.
    let (simple, structural): (Vec<Site>, Vec<Site>) = sites.iter().partition(|site| is_simple(site.legacy));
    outcomes.extend(simple.into_iter().map(|site| (site, decide_simple(&session, &site))));
    outcomes.extend(run_inference::in_place::decide(&session, &in_place, &of_runs));
    let lifecycles = run_lifecycle::Lifecycles::find(&session);
    outcomes.extend(structural.into_iter().map(|site| (site, decide_structural(&session, &lifecycles, &site))));
    let remarks = generic_origin(cx, unit).into_iter().collect();
    Decision { outcomes, changes: draft.finish(), remarks, ..Decision::default() }
}

/// What is said of values that come out of generic code.
fn generic_origin(cx: &Cx<'_>, unit: &Unit) -> Option<(FileIdx, NodeId, Outcome)> {
    let site = unit.sites.first().filter(|_| facts::comes_out_of_generics(cx, unit))?;
    let outcome = Outcome::report(
        "the value comes out of generic code, which is not followed to where it is made",
        "change the type and what goes through it by hand, by the guide",
    );
    Some((site.file, site.name, outcome))
}

/// What the rules see of a unit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sessions<'a, 'c> {
    pub(crate) cx: &'a Cx<'c>,
    pub(crate) unit: &'a Unit,
    pub(crate) facts: &'a Facts,
    pub(crate) names: &'a Names,
    pub(crate) draft: &'a Draft<'a, 'c>,
}

impl Sessions<'_, '_> {
    /// The first of `names` that the function around `node` does not use, or one with a number.
    pub(crate) fn fresh(&self, file: FileIdx, node: NodeId, names: &[&str]) -> String {
        let syntax = self.cx.syntax(file);
        let top = syntax.enclosing(node, &["function_declaration", "method_declaration"]).unwrap_or(NodeId::ROOT);
        let is_free = |name: &str| {
            !syntax.below(top).any(|node| syntax.kind(node) == "identifier" && syntax.text(node) == name)
                && !self.cx.is_declared(file, self.list(file, node), name)
        };
        let numbered = (2..).map(|number| format!("{}{number}", names[0]));
        let mut all = names.iter().map(|&name| name.to_owned()).chain(numbered);
        all.find(|name| is_free(name)).unwrap_or_default()
    }

    /// Such a name for a variable that changed code declares beside `node`: no other change has declared it.
    pub(crate) fn declared(&self, file: FileIdx, node: NodeId, names: &[&str]) -> String {
        let list = self.list(file, node);
        let is_free =
            |name: &String| free(self.cx, file, node, name) == *name && !self.cx.is_declared(file, list, name);
        let numbered = (2..).map(|number| format!("{}{number}", names[0]));
        let mut all = names.iter().map(|&name| name.to_owned()).chain(numbered);
        let name = all.find(is_free).unwrap_or_default();
        self.cx.declare(file, list, &name);
        name
    }

    /// The list of statements around `node`.
    fn list(&self, file: FileIdx, node: NodeId) -> NodeId {
        self.cx.stmt(file, node).and_then(|stmt| self.cx.syntax(file).parent(stmt)).unwrap_or(node)
    }
}

fn is_simple(legacy: Legacy) -> bool {
    !matches!(
        legacy,
        Legacy::NewInferenceState
            | Legacy::CoreSession
            | Legacy::StartRun
            | Legacy::FinishRun
            | Legacy::SetCancel
            | Legacy::RunInference
            | Legacy::RunInferenceStarted
            | Legacy::State
            | Legacy::Registry
            | Legacy::ToolConfig
            | Legacy::EventSinks
            | Legacy::SnapshotHook
            | Legacy::Persister
    )
}

fn decide_simple(session: &Sessions<'_, '_>, site: &Site) -> Outcome {
    match site.legacy {
        Legacy::InferenceState => inference_state::named_type(session, site),
        Legacy::RunId | Legacy::Turn | Legacy::Eng => state_access::decide(session, site),
        Legacy::IsRunning | Legacy::HasCancel | Legacy::CancelRun => cancel::decide(session, site),
        Legacy::ErrRunning | Legacy::ErrNotRunning | Legacy::ErrStateNil => legacy_error::decide(session, site),
        Legacy::TurnPersister | Legacy::PersisterMethod => persisters::decide(session, site),
        Legacy::Runner | Legacy::RunnerMethod => run_inference::runner(session, site),
        _ => Outcome::report("", "migrate it by hand, by the guide"),
    }
}

fn decide_structural(session: &Sessions<'_, '_>, lifecycles: &run_lifecycle::Lifecycles, site: &Site) -> Outcome {
    match site.legacy {
        Legacy::NewInferenceState => creation::decide(session, site),
        Legacy::CoreSession => core_session::decide(session, lifecycles, site),
        Legacy::RunInference => run_inference::decide(session, site),
        Legacy::StartRun | Legacy::FinishRun | Legacy::RunInferenceStarted => {
            run_lifecycle::decide(session, lifecycles, site)
        }
        Legacy::SetCancel => cancel::set_cancel(session, lifecycles, site),
        _ => core_session::part(session, site),
    }
}
