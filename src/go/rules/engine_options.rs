//! `engine-options`: option slices, parameters, fields, `Config`, `ApplyOptions`, factory signatures with options.

use crate::go::cx::{Cx, Outcome};
use crate::go::sites::Site;
use crate::go::unit::{Decision, Unit};

/// Whether a factory is called with options.
pub(crate) fn has_options(cx: &Cx<'_>, site: &Site) -> bool {
    let call = cx.call_of_name(site.file, site.name);
    call.is_some_and(|call| cx.args(site.file, call).len() > 1)
}

/// Decides a unit of options.
pub(crate) fn decide(cx: &Cx<'_>, unit: &Unit) -> Decision {
    let _ = cx;
    let outcomes = unit.sites.iter().map(|&site| {
        let outcome = Outcome::report("", "give the sink to the context of the run: events.WithEventSinks(ctx, sink)");
        (site, outcome)
    });
    Decision { outcomes: outcomes.collect(), ..Decision::default() }
}
