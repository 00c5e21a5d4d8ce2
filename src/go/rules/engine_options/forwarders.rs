//! Functions that only hand their options on to the engine that they return, and implementations of the engine factory.

use crate::go::cx::Cx;
use crate::go::flow::Slot;
use crate::go::index::{DefId, FileIdx};
use crate::go::rules::engine_sink::reach::{self, parameters};
use crate::go::syntax::NodeId;
use crate::go::unit::Unit;
use crate::go::variables::{Value, only_value};

/// A function that loses its options.
#[derive(Clone, Debug)]
pub(crate) struct Forwarder {
    pub(crate) file: FileIdx,
    pub(crate) decl: NodeId,
    pub(crate) param: usize,
    pub(crate) is_variadic: bool,
    /// The name of the options, where there is one.
    pub(crate) name: Option<NodeId>,
    pub(crate) def: Option<DefId>,
    has_body: bool,
    /// Whether it implements the engine factory, whose signature changes whatever the function does.
    pub(crate) is_maker: bool,
    /// Whether it hands all options on, and does nothing else with them.
    pub(crate) attaches: bool,
    /// Whether it looks at its options besides handing them on.
    pub(crate) looks: bool,
}

/// The functions of a unit that lose their options.
pub(crate) fn of(cx: &Cx<'_>, unit: &Unit) -> Vec<Forwarder> {
    let is_about_factory =
        unit.slots.iter().any(|slot| matches!(slot, Slot::Def(def) if cx.legacy.get(*def).is_some()));
    let params = unit.slots.iter().filter_map(|slot| match *slot {
        Slot::Param(file, decl, param) => Some((file, decl, param)),
        _ => None,
    });
    let mut found: Vec<Forwarder> =
        params.filter_map(|(file, decl, param)| candidate(cx, unit, (file, decl, param), is_about_factory)).collect();
    // One that hands on to another which does not is none itself.
    loop {
        let before = found.len();
        let known = found.clone();
        found.retain_mut(|own| {
            own.attaches = !own.has_body || attaches(cx, own, &known);
            own.looks = own.name.filter(|_| own.has_body).is_some_and(|name| {
                cx.uses(own.file, name).iter().any(|&use_| handed_to(cx, own.file, use_, &known).is_none())
            });
            own.is_maker || own.attaches
        });
        if found.len() == before {
            return found;
        }
    }
}

fn candidate(
    cx: &Cx<'_>,
    unit: &Unit,
    (file, decl, param): (FileIdx, NodeId, usize),
    is_about_factory: bool,
) -> Option<Forwarder> {
    let syntax = cx.syntax(file);
    let has_body = syntax.child(decl, "body").is_some();
    let list = syntax.child(decl, "parameters")?;
    let last = syntax.children(list).next_back()?;
    let params = parameters(cx, file, decl);
    let is_variadic = syntax.kind(last) == "variadic_parameter_declaration" && param + 1 == params.len();
    let name = params.get(param).copied().flatten();
    let def = syntax.child(decl, "name").and_then(|name| cx.program.declared(file, name));
    let is_maker = is_about_factory
        && is_variadic
        && matches!(syntax.kind(decl), "method_declaration" | "method_elem")
        && def.is_some_and(|def| cx.program.def(def).name == "CreateEngine");
    if !(is_maker || has_body && is_only_called(cx, unit, (file, decl), def?)) {
        return None;
    }
    Some(Forwarder { file, decl, param, is_variadic, name, def, has_body, is_maker, attaches: true, looks: false })
}

/// Whether a function is never used as a value, and no interface asks for it.
fn is_only_called(cx: &Cx<'_>, unit: &Unit, decl: (FileIdx, NodeId), def: DefId) -> bool {
    let name = &cx.program.def(def).name;
    let is_same = |slot: &Slot| match *slot {
        Slot::Param(file, other, _) if (file, other) != decl => {
            let syntax = cx.syntax(file);
            syntax.child(other, "name").is_some_and(|other| syntax.text(other) == name)
        }
        _ => false,
    };
    cx.calls_of(def).1.is_empty() && !unit.slots.iter().any(is_same)
}

/// Whether a function hands its options on to just the engine that it returns.
fn attaches(cx: &Cx<'_>, own: &Forwarder, known: &[Forwarder]) -> bool {
    let Some(name) = own.name.filter(|&name| cx.text(own.file, name) != "_") else { return false };
    if !matches!(only_value(cx, own.file, name), Some(Value::Param)) {
        return false;
    }
    let uses = cx.uses(own.file, name);
    let [use_] = uses else { return false };
    let Some(call) = handed_to(cx, own.file, *use_, known) else { return false };
    let reach = reach::of(cx, own.file, call);
    let is_own = |&(file, function): &(FileIdx, NodeId)| (file, function) == (own.file, own.decl);
    let only_returned = reach.runs.is_empty()
        && reach.states.is_empty()
        && reach.builders.is_empty()
        && reach.escapes.is_empty()
        && reach.wider.is_empty();
    only_returned
        && !reach.returns.is_empty()
        && reach.returns.iter().all(is_own)
        && cx.function(own.file, call) == Some(own.decl)
}

/// The construction, or the call of a forwarder, that options are handed to as all options that it gets.
fn handed_to(cx: &Cx<'_>, file: FileIdx, use_: NodeId, known: &[Forwarder]) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let mut arg = use_;
    let mut above = syntax.parent(arg)?;
    if syntax.kind(above) == "variadic_argument" {
        arg = above;
        above = syntax.parent(arg)?;
    }
    let call = syntax.parent(above).filter(|_| syntax.kind(above) == "argument_list")?;
    let args = cx.args(file, call);
    let index = args.iter().position(|&other| other == arg)?;
    let is_spread = syntax.kind(arg) == "variadic_argument";
    let called = cx.function_called(file, call);
    let by_forwarder = known
        .iter()
        .any(|own| called == Some((own.file, own.decl)) && own.param == index && own.is_variadic == is_spread);
    let by_factory = super::is_factory(cx, file, call) && index == 1 && is_spread;
    (by_forwarder || by_factory).then_some(call)
}
