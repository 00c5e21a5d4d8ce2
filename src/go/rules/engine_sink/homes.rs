//! Engines that go into sessions: the session's own sinks are told behind those of the context, as the engine's were.

use super::carry::Carried;
use super::reach::is_call_of;
use crate::go::cx::{Change, Cx};
use crate::go::flow::Slot;
use crate::go::index::FileIdx;
use crate::go::infer::Ref;
use crate::go::rules::engine_sink::absent::is_open;
use crate::go::sites;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::go::variables::{Value, writes};

/// Where a session is given its sinks.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    pub(crate) file: FileIdx,
    /// The elements of the core session's literal, or the arguments of `enginebuilder.New`.
    pub(crate) list: NodeId,
    /// What gives it sinks already: the value of `EventSinks`, or a call of `WithEventSinks`.
    sinks: Option<NodeId>,
    is_builder: bool,
    /// Why its sinks see more than the engine's own events.
    pub(crate) wider: Option<String>,
}

/// The core session of a state that is made over the engine, if the state is in no other.
pub(crate) fn of_state(cx: &Cx<'_>, file: FileIdx, state: NodeId) -> Option<Home> {
    let list = match core_session_with(cx, file, state) {
        Some(list) => list,
        None => of_variable(cx, file, state)?,
    };
    let syntax = cx.syntax(file);
    let literal = syntax.parent(list)?;
    let unit = cx.flow.unit(Slot::Expr(file, literal));
    let mut home = Home { file, list, sinks: None, is_builder: false, wider: None };
    for own in cx.program.own_files() {
        for site in sites::in_file(&cx.view, own).into_iter().filter(|site| cx.flow.unit(site.slot) == unit) {
            let is_inside = own == file && cx.syntax(own).is_inside(site.name, list);
            match site.legacy {
                Legacy::EventSinks if is_inside => home.sinks = element_value(cx, file, site.name),
                // Sinks that come later would be put in the place of these, and an engine that is read may run on its own.
                Legacy::EventSinks | Legacy::Eng => return None,
                Legacy::Registry | Legacy::SnapshotHook | Legacy::Persister => {
                    let place = cx.place(own, site.name);
                    home.wider = Some(format!("what else the session runs with ({place}) tells its sinks, too"));
                }
                _ => {}
            }
        }
    }
    let slots = cx.flow.slots_of(unit);
    if home.wider.is_none() && slots.iter().any(|slot| is_public(cx, slot)) {
        home.wider = Some("code outside of the tree may give the session tools, which tell its sinks, too".to_owned());
    }
    Some(home)
}

/// Whether code outside of the tree can get at what is in a place.
fn is_public(cx: &Cx<'_>, slot: &Slot) -> bool {
    let (file, name) = match *slot {
        Slot::Def(def) => (cx.program.def(def).file, Some(cx.program.def(def).name.as_str())),
        Slot::Result(file, decl, _) | Slot::Param(file, decl, _) => {
            let syntax = cx.syntax(file);
            (file, syntax.child(decl, "name").map(|name| syntax.text(name)))
        }
        _ => return false,
    };
    cx.program.is_own(file) && name.is_some_and(|name| name.starts_with(char::is_uppercase)) && is_open(cx, file)
}

/// The elements of the literal in which `state` is the state.
fn core_session_with(cx: &Cx<'_>, file: FileIdx, state: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let above = syntax.parent(state)?;
    let value = if syntax.kind(above) == "literal_element" { above } else { state };
    let element = syntax.parent(value).filter(|&element| syntax.child(element, "value") == Some(value))?;
    let key = syntax.child(element, "key").and_then(|key| syntax.below(key).last())?;
    let is_state =
        matches!(cx.inferred(file).meaning(key), Some(Ref::Def(def)) if cx.legacy.get(def) == Some(Legacy::State));
    let list = syntax.parent(element).filter(|_| is_state)?;
    let literal = syntax.parent(list)?;
    (syntax.kind(literal) == "composite_literal").then_some(list)
}

/// The elements of the only literal whose state is the variable that a state is put into.
fn of_variable(cx: &Cx<'_>, file: FileIdx, state: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let stmt = syntax.enclosing(state, &["short_var_declaration", "var_spec"])?;
    let declared = syntax.below(stmt).find(|&name| cx.inferred(file).meaning(name) == Some(Ref::Local(name)))?;
    let all = writes(cx, file, declared);
    if !matches!(all[..], [ref only] if only.value == Value::Expr(state)) {
        return None;
    }
    let mut home = None;
    for &use_ in cx.uses(file, declared) {
        if let Some(list) = core_session_with(cx, file, use_) {
            if home.replace(list).is_some() {
                return None;
            }
        } else if !only_asked(cx, file, use_) {
            return None;
        }
    }
    home
}

/// Whether a state is only compared, or asked for something else than its engine.
fn only_asked(cx: &Cx<'_>, file: FileIdx, use_: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let Some(above) = syntax.parent(use_) else { return false };
    match syntax.kind(above) {
        "binary_expression" => true,
        "selector_expression" => {
            let field = syntax.child(above, "field").and_then(|field| cx.inferred(file).meaning(field));
            matches!(field, Some(Ref::Def(def)) if cx.legacy.get(def).is_some_and(|legacy| legacy != Legacy::Eng))
        }
        _ => false,
    }
}

fn element_value(cx: &Cx<'_>, file: FileIdx, key: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let value = syntax.child(syntax.enclosing(key, &["keyed_element"])?, "value")?;
    match syntax.kind(value) {
        "literal_element" => syntax.children(value).next(),
        _ => Some(value),
    }
}

/// The builder that the engine is given to by `enginebuilder.WithBase(engine)`.
pub(crate) fn of_builder(cx: &Cx<'_>, file: FileIdx, with_base: NodeId) -> Option<Home> {
    const PACKAGE: &str = "inference/toolloop/enginebuilder";
    let syntax = cx.syntax(file);
    let list = syntax.parent(with_base).filter(|&list| syntax.kind(list) == "argument_list")?;
    let call = syntax.parent(list).filter(|&call| is_call_of(cx, file, call, PACKAGE, "New"))?;
    let options = cx.args(file, call);
    let named = |name: &str| options.iter().copied().find(|&option| is_call_of(cx, file, option, PACKAGE, name));
    let plain = ["WithBase", "WithEventSinks", "WithToolConfig", "WithLoopConfig"];
    let more = options.iter().find(|&&option| !plain.iter().any(|name| is_call_of(cx, file, option, PACKAGE, name)));
    let wider = more
        .map(|&option| format!("what else the session runs with ({}) tells its sinks, too", cx.place(file, option)));
    Some(Home { file, list, sinks: named("WithEventSinks"), is_builder: true, wider })
}

/// Whether a session has a sink already.
pub(crate) fn has(cx: &Cx<'_>, home: &Home, sink: Option<Ref>) -> bool {
    let Some(sinks) = home.sinks else { return false };
    given(cx, home, sinks).iter().any(|&own| cx.inferred(home.file).meaning(cx.syntax(home.file).bare(own)) == sink)
}

/// The sinks that stand where a session is given them.
fn given(cx: &Cx<'_>, home: &Home, sinks: NodeId) -> Vec<NodeId> {
    let syntax = cx.syntax(home.file);
    if home.is_builder {
        return cx.args(home.file, sinks);
    }
    let body = syntax.child(sinks, "body").filter(|_| syntax.kind(sinks) == "composite_literal");
    let elements = body.into_iter().flat_map(|body| syntax.children(body));
    elements
        .map(|element| {
            syntax.children(element).next().filter(|_| syntax.kind(element) == "literal_element").unwrap_or(element)
        })
        .collect()
}

/// Gives a session the sinks behind those that it has.
pub(crate) fn with_sinks(cx: &Cx<'_>, home: &Home, carried: &Carried) -> Change {
    let file = home.file;
    let syntax = cx.syntax(file);
    let own = home.sinks.map_or(Vec::new(), |sinks| given(cx, home, sinks));
    let is_listed = own.last().is_some_and(|&last| syntax.kind(last) != "variadic_argument");
    if let (Some(&last), true, false) = (own.last(), is_listed, carried.is_spread) {
        return cx.edit(file, syntax.end(last)..syntax.end(last), format!(", {}", carried.args));
    }
    if home.is_builder {
        let package = cx.package(file, "inference/toolloop/enginebuilder");
        return added(cx, home, &format!("{package}WithEventSinks({})", carried.args));
    }
    let events = cx.package(file, "events");
    match home.sinks {
        Some(sinks) => {
            let text = syntax.text(sinks);
            let args = &carried.args;
            let copied = format!("append([]{events}EventSink(nil), {text}...)");
            let first = if syntax.kind(sinks) == "composite_literal" { text } else { &copied };
            cx.replace(file, sinks, format!("append({first}, {args})"))
        }
        None => {
            let value = match carried.args.strip_suffix("...").filter(|_| carried.is_spread) {
                Some(slice) => slice.to_owned(),
                None => format!("[]{events}EventSink{{{}}}", carried.args),
            };
            added(cx, home, &format!("EventSinks: {value}"))
        }
    }
}

/// Adds an element to the end of a list: on a line of its own where the last one has one.
fn added(cx: &Cx<'_>, home: &Home, element: &str) -> Change {
    let syntax = cx.syntax(home.file);
    let text = syntax.source.text();
    let Some(last) = syntax.children(home.list).last() else {
        let start = syntax.start(home.list) + 1;
        return cx.edit(home.file, start..start, element);
    };
    let end = syntax.end(last);
    let rest = text[end..].lines().next().unwrap_or("");
    match rest.strip_prefix(',').map(str::trim_start) {
        Some(behind) if behind.is_empty() || behind.starts_with("//") => {
            let at = end + rest.len();
            cx.edit(home.file, at..at, format!("\n{}{element},", syntax.source.indent_at(end)))
        }
        _ => cx.edit(home.file, end..end, format!(", {element}")),
    }
}
