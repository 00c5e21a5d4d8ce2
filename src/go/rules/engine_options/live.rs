//! Options that somebody gives: sinks take their place along the whole flow, and go to the runs of the engines.

use std::ops::Range;

use super::forwarders::Forwarder;
use super::wrapped::{self, Wrapped};
use super::{Options, conditions, config, declaration_of, sink_of, uses};
use crate::finding::Level;
use crate::go::cx::{Change, Cx, Outcome};
use crate::go::index::FileIdx;
use crate::go::lists;
use crate::go::rules::engine_sink;
use crate::go::rules::engine_sink::absent::{Absence, absence, is_open};
use crate::go::rules::engine_sink::carry::written;
use crate::go::sites::Site;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::go::unit::{Decision, Unit};
use crate::rules::Trap;

/// Decides a unit whose options are sinks from now on.
pub(crate) fn decide(cx: &Cx<'_>, unit: &Unit, forwarders: Vec<Forwarder>) -> Decision {
    let mut options = Options { unit, forwarders, edits: Vec::new(), has_absent: false };
    let wrapped: Vec<Wrapped> = unit.sites.iter().filter_map(|site| of_with_sink(cx, site)).flatten().collect();
    let handed_on: Vec<&Wrapped> = wrapped.iter().filter(|wrapped| is_handed_on(cx, &options, wrapped)).collect();
    options.edits = unit.sites.iter().flat_map(|site| edits(cx, site)).collect();
    let conditions = match uses::are_counted(cx, unit) {
        true => Vec::new(),
        false => conditions::of(cx, &options, &handed_on),
    };
    let is_absent = |wrapped: &&Wrapped| {
        absence(cx, wrapped.file, wrapped.sink) != Absence::Never
            && !conditions.iter().any(|condition| condition.covers(cx, wrapped))
    };
    let absent: Vec<&Wrapped> = handed_on.into_iter().filter(is_absent).collect();
    options.has_absent = !absent.is_empty();
    let mut decision = Decision { remarks: uses::problems(cx, unit), ..Decision::default() };
    let mut gone: Vec<(FileIdx, Range<usize>)> =
        conditions.iter().map(|condition| (condition.change.file, condition.change.edit.range())).collect();
    decision.changes.extend(conditions.iter().map(|condition| condition.change.clone()));
    for own in &options.forwarders {
        let (changes, outcome) = loses_options(cx, own);
        gone.extend(changes.iter().map(|change| (change.file, change.edit.range())));
        decision.changes.extend(changes);
        decision.remarks.extend(outcome.map(|outcome| (own.file, own.decl, outcome)));
    }
    let mut outcomes: Vec<(Site, Outcome)> = Vec::new();
    for (file, call) in constructions(cx, &options) {
        let mut outcome = construction(cx, &options, file, call);
        if let Some(given) = options.given(cx, file, call) {
            gone.extend(given.removal().iter().map(|change| (file, change.edit.range())));
        }
        let site = unit.sites.iter().find(|site| {
            site.file == file
                && matches!(site.legacy, Legacy::NewEngine | Legacy::CreateEngine)
                && cx.call_of_name(file, site.name) == Some(call)
        });
        match site {
            Some(site) => outcomes.push((*site, outcome)),
            None => {
                decision.changes.append(&mut outcome.changes);
                decision.remarks.push((file, call, outcome));
            }
        }
    }
    let is_gone = |change: &Change| {
        let range = change.edit.range();
        gone.iter().any(|(file, own)| *file == change.file && own.start <= range.start && range.end <= own.end)
    };
    for site in &unit.sites {
        if outcomes.iter().any(|(other, _)| other == site) {
            continue;
        }
        let mut outcome = site_outcome(cx, &absent, site);
        let before = outcome.changes.len();
        outcome.changes.retain(|change| !is_gone(change));
        if site.legacy == Legacy::Option && outcome.changes.len() < before {
            outcome.help = "the options go".to_owned();
        }
        outcomes.push((*site, outcome));
    }
    decision.outcomes = outcomes;
    decision.needs_new_version = options.forwarders.iter().any(|own| own.is_maker);
    decision
}

fn of_with_sink(cx: &Cx<'_>, site: &Site) -> Option<Vec<Wrapped>> {
    wrapped::of_site(cx, site).filter(|_| site.legacy == Legacy::WithSink)
}

/// Every call that is given options: of factories, and of functions that hand them on to one.
fn constructions(cx: &Cx<'_>, options: &Options<'_>) -> Vec<(FileIdx, NodeId)> {
    let by_site =
        options.unit.sites.iter().filter(|site| matches!(site.legacy, Legacy::NewEngine | Legacy::CreateEngine));
    let by_site = by_site.filter_map(|site| Some((site.file, cx.call_of_name(site.file, site.name)?)));
    let by_forwarder = options.forwarders.iter().filter_map(|own| own.def).flat_map(|def| cx.calls_of(def).0);
    let mut all: Vec<_> =
        by_site.chain(by_forwarder).filter(|&(file, call)| options.given(cx, file, call).is_some()).collect();
    all.sort();
    all.dedup();
    all
}

fn construction(cx: &Cx<'_>, options: &Options<'_>, file: FileIdx, call: NodeId) -> Outcome {
    let Some(given) = options.given(cx, file, call) else { return Outcome::safe(Vec::new(), "the same call") };
    let is_unknown = |&arg: &NodeId| sink_of(cx, file, arg).is_none() && !is_options(cx, file, arg);
    if given.args.iter().any(is_unknown) {
        return uses::untyped();
    }
    let inner = |arg: NodeId| cx.syntax(file).children(arg).next().unwrap_or(arg);
    if given.args.iter().all(|&arg| options.is_gone(cx, file, arg) || options.is_gone(cx, file, inner(arg))) {
        return Outcome::safe(given.removal(), "the same call without options");
    }
    let outcome = engine_sink::construction(cx, options, file, call);
    let places: Vec<String> = options
        .forwarders
        .iter()
        .filter(|own| own.is_maker && !own.attaches)
        .map(|own| cx.place(own.file, own.decl))
        .collect();
    if places.is_empty() || outcome.level == Level::Report {
        return outcome;
    }
    let why = format!(
        "a factory does something else with its options than giving them to its engine ({})",
        places.join(", ")
    );
    outcome.offered(Trap::SinkScope, &why)
}

fn is_options(cx: &Cx<'_>, file: FileIdx, arg: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let inner = match syntax.kind(arg) {
        "variadic_argument" => syntax.children(arg).next().unwrap_or(arg),
        _ => arg,
    };
    let ty = cx.ty(file, inner);
    cx.is_followed(ty) || *ty == crate::go::ty::Ty::Nil
}

/// Takes the options out of a forwarder's parameters; where it looks at them, it has none.
fn loses_options(cx: &Cx<'_>, own: &Forwarder) -> (Vec<Change>, Option<Outcome>) {
    let syntax = cx.syntax(own.file);
    let list = syntax.child(own.decl, "parameters");
    let params: Vec<NodeId> = list.into_iter().flat_map(|list| syntax.children(list)).collect();
    let Some(index) = declaration_of(cx, own.file, &params, own.param) else {
        let why = "the options are declared together with another parameter";
        return (Vec::new(), Some(Outcome::report(why, "declare them on their own, then run the tool again")));
    };
    let mut changes = lists::remove(cx, own.file, &params, index..index + 1);
    if own.is_maker && own.def.is_some_and(|def| !cx.calls_of(def).1.is_empty()) {
        let why = "the factory's method is used as a value";
        return (changes, Some(Outcome::report(why, "call it in a function literal, then run the tool again")));
    }
    if own.is_maker && own.looks {
        changes.extend(none_instead(cx, own));
        let why = "its body does something else with its options than giving them to its engine, and gets none any more: \
                   what it counts or keeps of them is empty";
        return (changes, Some(Outcome::safe(Vec::new(), "").offered(Trap::SinkScope, why)));
    }
    let is_exported = own.def.is_some_and(|def| cx.program.def(def).name.starts_with(char::is_uppercase));
    let reserve = (!own.is_maker && is_exported && is_open(cx, own.file)).then(|| {
        let why =
            "the function is exported by a package that no command of the tree imports: others may give it options";
        Outcome::safe(Vec::new(), "").reserved(why)
    });
    (changes, reserve)
}

/// `var options []events.EventSink` at the beginning of a function.
fn none_instead(cx: &Cx<'_>, own: &Forwarder) -> Option<Change> {
    let syntax = cx.syntax(own.file);
    let body = syntax.child(own.decl, "body")?;
    let list = syntax.child_of_kind(body, "statement_list")?;
    let first = syntax.children(list).next()?;
    let (name, start) = (syntax.text(own.name?), syntax.start(first));
    let events = cx.package(own.file, "events");
    let line = format!("var {name} []{events}EventSink\n{}", cx.indent(own.file, first));
    Some(cx.edit(own.file, start..start, line))
}

/// Whether a sink becomes an element of a slice or another value, and is not written in a construction.
fn is_handed_on(cx: &Cx<'_>, options: &Options<'_>, wrapped: &Wrapped) -> bool {
    !constructions(cx, options).iter().any(|&(file, construction)| {
        file == wrapped.file
            && options
                .given(cx, file, construction)
                .is_some_and(|given| written(cx, file, &given).contains(&wrapped.call))
    })
}

/// What stands for a legacy name wherever it is: the type of sinks, or the sink itself.
fn edits(cx: &Cx<'_>, site: &Site) -> Vec<Change> {
    let file = site.file;
    match site.legacy {
        Legacy::Option => {
            let events = cx.package(file, "events");
            vec![cx.replace(file, site.whole, format!("{events}EventSink"))]
        }
        Legacy::WithSink => wrapped::edits(cx, site),
        _ => Vec::new(),
    }
}

fn site_outcome(cx: &Cx<'_>, absent: &[&Wrapped], site: &Site) -> Outcome {
    match site.legacy {
        Legacy::Option => Outcome::safe(edits(cx, site), "sinks are passed on in place of options"),
        Legacy::WithSink => with_sink(cx, absent, site),
        Legacy::NewEngine | Legacy::CreateEngine if cx.call_of_name(site.file, site.name).is_none() => Outcome::report(
            "the factory is used as a value, whose type has options",
            "call it in a function literal without options, then run the tool again",
        ),
        Legacy::NewEngine | Legacy::CreateEngine => Outcome::safe(Vec::new(), "the same call"),
        _ => match config::changes(cx, site) {
            Ok(changes) => Outcome::safe(changes, "the sinks are a plain slice"),
            Err(report) => report,
        },
    }
}

fn with_sink(cx: &Cx<'_>, absent: &[&Wrapped], site: &Site) -> Outcome {
    let Some(calls) = wrapped::of_site(cx, site) else {
        return Outcome::report(
            "`engine.WithSink` is used as a value, not called",
            "call it in a function literal, then run the tool again",
        );
    };
    let outcome = Outcome::safe(edits(cx, site), "the sink is attached to the context of the engine's runs");
    if !calls.iter().any(|call| absent.contains(&call)) {
        return outcome;
    }
    // A sink that is handed on as an element of a slice must be there.
    outcome.offered(
        Trap::NilSink,
        "the sink may be nil, which legacy engines left out; a context keeps it, and the run panics",
    )
}
