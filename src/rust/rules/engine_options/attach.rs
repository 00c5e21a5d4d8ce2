//! Sinks of an engine that only one session runs: its builder has them.
//!
//! Legacy told the context's sinks first, then the core session's, then the engine's, and so does a context to which the
//! builder adds them in this order. The scope is the same where nothing but the engine publishes inside of a run: no
//! tools, no hook and no persister, and no code out of sight that could add them to a session that it has.

use super::super::super::cx::{Change, Cx};
use super::super::super::hir::{ExprId, ExprKind, MacroCall, MacroContent, PatId, PatKind, PatParent, StmtKind};
use super::super::super::index::FileIdx;
use super::super::super::outcome::Outcome;
use super::super::super::pairing::{CoreParts, core_parts};
use super::super::super::proof::is_shared_with_outside;
use super::super::super::sites::{At, Site, SiteKind};
use super::super::super::text::{delete_argument, is_none};
use super::super::super::unit::{Survey, UnitPlan, plan};
use super::super::engine_sink::{self, To, reach, runs};
use super::{Options, argument, options};
use crate::finding::Level;
use crate::rules::Trap;

/// A state, and the construction of the engine that it is made over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Link {
    pub(crate) file: FileIdx,
    pub(crate) state: ExprId,
    pub(crate) construction: ExprId,
    core: ExprId,
    /// Whether the core session has nothing but the state.
    is_bare: bool,
}

/// Plans a session and the engine that only it runs together where the session's builder can have the engine's sinks.
pub(crate) fn together(cx: &mut Cx<'_>, survey: &Survey, mut plans: Vec<UnitPlan>) -> Vec<UnitPlan> {
    let own_sites = |plan: &UnitPlan| plan.sites.iter().map(|(site, _)| site.clone()).collect::<Vec<_>>();
    let links: Vec<_> = plans.iter().flat_map(|plan| links(cx, &own_sites(plan))).collect();
    for link in links {
        let session = unit_with(&plans, link.file, link.state, &SiteKind::StateNew);
        let engine = unit_with(&plans, link.file, link.construction, &SiteKind::Factory);
        let (Some(session), Some(engine)) = (session, engine) else { continue };
        let twice = is_told_twice(cx, &link);
        let hopeless = plans[engine].level == Level::Report || (plans[session].level == Level::Report && !twice);
        if session == engine || hopeless {
            continue;
        }
        cx.attached.insert(link);
        let mut sites = own_sites(&plans[engine]);
        if !twice {
            sites.extend(own_sites(&plans[session]));
            sites.sort_by_key(|site| (site.file, site.span));
        }
        let mut planned = plan(cx, survey, sites);
        let Some(planned) = planned.pop().filter(|_| planned.is_empty()) else {
            cx.attached.remove(&link);
            continue;
        };
        if twice && planned.level < Level::Report {
            plans[engine] = planned;
        } else if !twice && holds(cx, &link, &planned, plans[session].level) {
            plans[session.min(engine)] = planned;
            plans.remove(session.max(engine));
        } else {
            cx.attached.remove(&link);
        }
        cx.take_needs();
    }
    plans
}

/// The states among some sites over whose engine nothing but one core session without tools runs.
fn links(cx: &Cx<'_>, sites: &[Site]) -> Vec<Link> {
    let of_kind = |kinds: &[SiteKind]| -> Vec<(FileIdx, ExprId)> {
        let own = sites.iter().filter(|site| kinds.contains(&site.kind));
        own.filter_map(|site| Some((site.file, site.expr()?))).collect()
    };
    let states = of_kind(&[SiteKind::StateNew]);
    let cores = of_kind(&[SiteKind::CoreNew, SiteKind::CoreLiteral]);
    let ([(file, state)], [(core_file, core)]) = (states.as_slice(), cores.as_slice()) else { return Vec::new() };
    let publishes_more = |site: &Site| match &site.kind {
        SiteKind::CoreField(name) => !matches!(name.as_str(), "state" | "event_sinks" | "tool_config"),
        kind => *kind == SiteKind::TakenApart,
    };
    let is_hidden = !sites.iter().any(|site| is_shared_with_outside(cx, site));
    if file != core_file || !is_hidden || sites.iter().any(publishes_more) {
        return Vec::new();
    }
    let is_set = |site: &Site| matches!(&site.kind, SiteKind::CoreField(name) if name != "state");
    let is_bare = core_parts(cx, *file, *core).fields.iter().all(|(_, value)| is_none(cx, *file, *value))
        && !sites.iter().any(is_set);
    let found = construction_of(cx, *file, *state).map(|construction| Link {
        file: *file,
        state: *state,
        construction,
        core: *core,
        is_bare,
    });
    found.filter(|link| is_provable(cx, link)).into_iter().collect()
}

/// The construction whose engine goes into a state, and nowhere else.
fn construction_of(cx: &Cx<'_>, file: FileIdx, state: ExprId) -> Option<ExprId> {
    let ExprKind::Call { args, .. } = &cx.hir(file)[state].kind else { return None };
    let engine = cx.peel_parens(file, *args.get(2)?);
    let made = match cx.local(file, engine) {
        Some(local) => sole_init(cx, file, local, engine)?,
        None => engine,
    };
    let call = unwrapped(cx, file, made);
    engine_sink::is_construction(cx, file, call).then_some(call)
}

/// What a local that is named only once is made of.
fn sole_init(cx: &Cx<'_>, file: FileIdx, local: PatId, only: ExprId) -> Option<ExprId> {
    let hir = cx.hir(file);
    let PatParent::Stmt(stmt) = hir[local].parent else { return None };
    let StmtKind::Let { init: Some(init), otherwise: None, .. } = hir[stmt].kind else { return None };
    let captured = cx.inferred(file).captures.iter().any(|(_, own)| *own == local);
    let is_bound = matches!(hir[local].kind, PatKind::Bind { sub: None, mutable: false, .. });
    (is_bound && !captured && cx.uses_of(file, local) == [only]).then_some(init)
}

/// The engine's construction inside of `…?`, `….unwrap()`, `….map_err(…)?` and a match that leaves with the error.
fn unwrapped(cx: &Cx<'_>, file: FileIdx, mut expr: ExprId) -> ExprId {
    loop {
        match &cx.hir(file)[expr].kind {
            ExprKind::Paren(inner) | ExprKind::Try(inner) => expr = *inner,
            ExprKind::MethodCall { receiver, method, .. }
                if matches!(method.text.as_str(), "unwrap" | "expect" | "map_err") =>
            {
                expr = *receiver;
            }
            ExprKind::Match { .. } => match runs::matched_result(cx, file, expr) {
                Some(result) => expr = result,
                None => return expr,
            },
            _ => return expr,
        }
    }
}

fn is_provable(cx: &Cx<'_>, link: &Link) -> bool {
    let Link { file, state, construction, core, .. } = *link;
    let CoreParts { fields, is_partial, .. } = core_parts(cx, file, core);
    let only_engine_publishes = fields.iter().all(|(name, value)| match name.as_str() {
        "event_sinks" | "tool_config" => true,
        _ => is_none(cx, file, *value),
    });
    let inside = cx.span(file, core).contains(cx.span(file, construction));
    let same_function = cx.function_of(file, construction) == cx.function_of(file, core);
    let reached = inside && fields.is_empty()
        || !inside
            && [state, core].into_iter().all(|made| {
                !reach::in_own_closure(cx, file, construction, made) && !reach::in_loop(cx, file, construction, made)
            });
    let Some((args, index)) = argument(cx, file, construction) else { return false };
    let carried = match options(cx, file, args[index]) {
        Options::Inline(sinks) => {
            sinks.iter().all(|&sink| inside || reach::can_be_carried(cx, file, sink, construction, &[core]))
        }
        Options::Local(vector) => {
            let is_moved = matches!(cx.hir(file)[args[index]].kind, ExprKind::Path(_));
            is_moved
                && reach::lives(cx, file, args[index], construction, &[core])
                && reach::stays(cx, file, vector, construction, &[core])
        }
        _ => false,
    };
    only_engine_publishes && !is_partial && same_function && reached && carried
}

/// The sinks of an attached construction as calls on a builder, and the locals that they need.
fn carry(cx: &Cx<'_>, link: &Link) -> (String, Vec<Change>) {
    let Link { file, construction, core, .. } = *link;
    let mut changes = Vec::new();
    let Some((args, index)) = argument(cx, file, construction) else { return (String::new(), changes) };
    let calls = match options(cx, file, args[index]) {
        Options::Inline(sinks) => {
            let hoists = reach::is_first_of_statement(cx, file, construction);
            let mut taken = Vec::new();
            let to = To { call: construction, runs: &[core], again: false };
            let texts = sinks.iter().map(|&sink| match hoists {
                true => engine_sink::carried(cx, file, &to, sink, &mut taken, &mut changes),
                false => cx.expr_text(file, sink).to_owned(),
            });
            texts.map(|text| format!(".with_event_sink({text})")).collect()
        }
        _ => format!(".with_event_sinks({})", cx.expr_text(file, args[index])),
    };
    (calls, changes)
}

/// The calls for the sinks of the engine that a state is made over, if the session's builder has them.
pub(crate) fn builder_calls(cx: &Cx<'_>, file: FileIdx, state: ExprId) -> String {
    let link = cx.attached.iter().find(|link| link.file == file && link.state == state);
    link.filter(|link| !is_told_twice(cx, link)).map_or_else(String::new, |link| carry(cx, link).0)
}

/// The same where the session is made in place of the state, and the core session has nothing for its runs.
pub(crate) fn builder_calls_of_state(cx: &Cx<'_>, file: FileIdx, state: ExprId) -> String {
    let link = cx.attached.iter().find(|link| link.file == file && link.state == state);
    link.filter(|link| link.is_bare).map_or_else(String::new, |_| builder_calls(cx, file, state))
}

/// Whether the core session has the engine's sinks already, so that they were told twice.
fn is_told_twice(cx: &Cx<'_>, link: &Link) -> bool {
    let file = link.file;
    let Some((args, index)) = argument(cx, file, link.construction) else { return false };
    let Options::Inline(sinks) = options(cx, file, args[index]) else { return false };
    let fields = core_parts(cx, file, link.core).fields;
    let given = fields.iter().find(|(name, _)| name == "event_sinks").map(|(_, value)| &cx.hir(file)[*value].kind);
    let Some(ExprKind::Macro(MacroCall { content: MacroContent::Exprs(given), .. })) = given else { return false };
    let named: Vec<Option<PatId>> = given.iter().map(|&sink| engine_sink::named_sink(cx, file, sink)).collect();
    sinks.iter().all(|&sink| {
        let own = engine_sink::named_sink(cx, file, sink);
        own.is_some() && named.contains(&own)
    })
}

/// The decision about a construction whose sinks a builder has.
pub(crate) fn given_up(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> Option<Outcome> {
    let link = cx.attached.iter().find(|link| link.file == file && link.construction == call)?;
    let (args, index) = argument(cx, file, call)?;
    let mut changes = vec![delete_argument(cx, file, args, index)];
    if is_told_twice(cx, link) {
        return Some(Outcome::safe(changes, "the session's builder has the sink").offered(
            Trap::DoubleSink,
            "the core session has the sink already, so legacy told it twice; it is told once then",
        ));
    }
    changes.extend(carry(cx, link).1);
    Some(Outcome::safe(changes, "the builder of the session that has the engine has the sink"))
}

/// Whether the plan of both units together does what it is for: the builder says the sinks, and the session's own changes
/// are at no worse level than before.
fn holds(cx: &Cx<'_>, link: &Link, both: &UnitPlan, apart: Level) -> bool {
    let calls = builder_calls(cx, link.file, link.state);
    both.level <= apart && !calls.is_empty() && both.changes.iter().any(|change| change.edit.text().contains(&calls))
}

/// The place of a unit among the plans that holds a site.
fn unit_with(plans: &[UnitPlan], file: FileIdx, expr: ExprId, kind: &SiteKind) -> Option<usize> {
    let here = |(site, _): &(Site, Outcome)| site.file == file && site.at == At::Expr(expr) && site.kind == *kind;
    plans.iter().position(|plan| plan.sites.iter().any(here))
}

#[cfg(test)]
mod tests {
    use super::super::super::super::testing::{finding_at, library_plan_of, migrated};
    use crate::finding::Level;
    use crate::rules::Trap;

    #[test]
    fn a_session_that_is_never_named_has_the_engine_s_sink_too() {
        let body = "let engine = new_engine_from_parsed_values(&values, vec![with_sink(Arc::new(NullSink))])?;\n\
                    let state = Arc::new(InferenceState::new(\"a\", None, engine));\n\
                    let turn = Session::new(state.clone()).run_inference(&ctx, Some(Turn::builder().with_user_prompt(\"x\").build())).await?;\n\
                    drop((state.run_id(), turn));";
        let after = migrated(body);
        assert!(after.contains(".with_builder(Builder::new(engine).with_event_sink(sink))"), "{after}");
        assert_eq!(finding_at(body, "new_engine").level, Level::Safe);
    }

    #[test]
    fn a_session_that_gets_tools_after_it_was_made_does_not_have_the_engine_s_sink() {
        let set = |field: &str| {
            let body = format!(
                "let registry: Arc<dyn ToolRegistry> = make();\n\
                 let engine = new_engine_from_parsed_values(&values, vec![with_sink(Arc::new(NullSink))])?;\n\
                 let mut session = Session::new(Arc::new(InferenceState::new(\"a\", None, engine)));\n\
                 session.{field};\nsession.run_inference(&ctx, Some(Turn::builder().with_user_prompt(\"x\").build())).await?;"
            );
            let finding = finding_at(&body, "new_engine");
            (finding.level, finding.traps)
        };
        assert_eq!(set("registry = Some(registry)"), (Level::Offered, vec![Trap::SinkScope]));
        assert_eq!(set("event_sinks = vec![Arc::new(NullSink)]"), (Level::Safe, vec![]));
    }

    #[test]
    fn a_state_that_code_out_of_sight_has_keeps_the_sink_with_its_engine() {
        let code = |visibility: &str| {
            format!(
                "use geppetto::prelude::*;\nuse std::sync::Arc;\n\
                 {visibility} async fn ask(ctx: &Context, values: &ParsedValues) -> Result<Arc<InferenceState>, Box<dyn std::error::Error>> {{\n\
                 let engine = new_engine_from_parsed_values(values, vec![with_sink(Arc::new(NullSink))])?;\n\
                 let state = Arc::new(InferenceState::new(\"a\", None, engine));\n\
                 Session::new(state.clone()).run_inference(ctx, Some(Turn::builder().with_user_prompt(\"x\").build())).await?;\n\
                 Ok(state)\n}}\n"
            )
        };
        let after = |visibility: &str| {
            library_plan_of(&code(visibility)).changes.iter().map(|c| c.after.text().to_owned()).collect::<String>()
        };
        assert!(after("pub").contains("SinkScopedEngine"));
        assert!(!after("pub(crate)").contains("SinkScopedEngine"));
    }
}
