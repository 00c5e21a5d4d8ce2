//! Core sessions that are made where the run is: their builders are set in front of the start.

use super::{Lifecycle, lost};
use crate::go::cx::Outcome;
use crate::go::session::{Sessions, literal};

/// Collects the core sessions between the claim and the run.
pub(super) fn collect(session: &Sessions<'_, '_>, lifecycle: &mut Lifecycle) -> Result<(), Outcome> {
    let Sessions { cx, facts, names, .. } = session;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let inside =
        facts.literals.iter().filter(|literal| literal.file == file && syntax.is_inside(literal.node, lifecycle.at));
    for made in inside {
        let text = made.state.map(|state| names.text(cx, file, state));
        if text.as_ref() != Some(&lifecycle.session) || made.variable.is_none() {
            return Err(lost(
                "the core session of the run is made where it runs, over another state than the claimed one",
            ));
        }
        if text.is_some_and(|text| names.keeps(cx, made, &text)) {
            return Err(lost("the claimed state may be replaced by another one before it runs"));
        }
        let stmt = cx.stmt(file, made.node).ok_or_else(|| lost("the core session is made in no statement"))?;
        lifecycle.removed.push(stmt);
        if made.parts.is_empty() {
            lifecycle.builders.push((made.clone(), String::new()));
            continue;
        }
        let base =
            literal::base(session, made).ok_or_else(|| lost("the engine of the claimed state is not at hand here"))?;
        let builder = literal::builder(session, made, &base)?;
        lifecycle.builders.push((made.clone(), builder));
    }
    Ok(())
}
