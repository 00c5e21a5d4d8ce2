//! A struct that holds a state and its core session keeps one field, that of the core session.

use std::collections::HashMap;

use super::facts::{Facts, Literal};
use crate::go::cx::Cx;
use crate::go::draft::Draft;
use crate::go::flow::Slot;
use crate::go::index::{DefId, DefKind, FileIdx};
use crate::go::infer::Ref;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::go::ty::{Ty, Types};
use crate::go::unit::Unit;

/// The fields of states that go, and the fields that stay in their place.
pub(super) fn merged(cx: &Cx<'_>, unit: &Unit, facts: &Facts) -> HashMap<DefId, DefId> {
    let fields: Vec<DefId> = unit
        .slots
        .iter()
        .filter_map(|slot| match slot {
            Slot::Def(def) if cx.program.def(*def).kind == DefKind::Field => Some(*def),
            _ => None,
        })
        .collect();
    let cores: Vec<DefId> = fields.iter().copied().filter(|&def| is_alone(cx, def, Legacy::CoreSession)).collect();
    let states = fields.into_iter().filter(|&def| is_alone(cx, def, Legacy::InferenceState));
    let merged = states.filter_map(|state| {
        let mut beside = cores.iter().copied().filter(|&core| owner(cx, core) == owner(cx, state));
        match (beside.next(), beside.next()) {
            (Some(core), None) if hold_the_same(cx, facts, state, core) => Some((state, core)),
            _ => None,
        }
    });
    merged.collect()
}

/// Whether the field has its declaration for itself, and is of this type.
fn is_alone(cx: &Cx<'_>, def: DefId, kind: Legacy) -> bool {
    let data = cx.program.def(def);
    let names = cx.syntax(data.file).children_as(data.node, "name").count();
    let ty = Types { program: cx.program }.of_value(def);
    !data.is_embedded && names == 1 && cx.legacy.of_type(&ty) == Some(kind)
}

fn owner(cx: &Cx<'_>, def: DefId) -> (FileIdx, Option<NodeId>) {
    let data = cx.program.def(def);
    (data.file, cx.syntax(data.file).enclosing(data.node, &["struct_type"]))
}

/// Whether the core session of every struct is made over the state beside it.
fn hold_the_same(cx: &Cx<'_>, facts: &Facts, state: DefId, core: DefId) -> bool {
    let is_positional = cx.program.own_files().any(|file| has_positional_literal(cx, file, owner(cx, state)));
    let over = |file: FileIdx, used: NodeId| match assigned_value(cx, file, used) {
        Some(value) => is_made_over_field(cx, facts, file, used, value, state),
        None => !cx.syntax(file).may_be_put_into(cx.syntax(file).with_operand(used)),
    };
    !is_positional
        && cx.uses_of_def(core).iter().all(|&(file, used)| element_value(cx, file, used).is_some() || over(file, used))
        && cx.uses_of_def(state).iter().all(|&(file, used)| {
            if let Some(value) = element_value(cx, file, used) {
                return match sibling(cx, file, used, core) {
                    Some(beside) => is_made_over(cx, facts, file, beside, value),
                    None => true,
                };
            }
            !cx.syntax(file).may_be_put_into(cx.syntax(file).with_operand(used)) || is_paired(cx, file, used, core)
        })
}

/// The value that is assigned to the field whose name stands at `used`, alone.
fn assigned_value(cx: &Cx<'_>, file: FileIdx, used: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let selector = syntax.parent(used)?;
    let left = syntax.parent(selector).filter(|&list| syntax.role(list) == "left")?;
    let stmt = syntax.parent(left).filter(|&stmt| syntax.kind(stmt) == "assignment_statement")?;
    match (&syntax.list(left)[..], &syntax.list(syntax.child(stmt, "right")?)[..]) {
        ([_], [value]) => Some(*value),
        _ => None,
    }
}

/// Whether `c.core = &core.Session{State: c.state, …}` assigns a core session over the field beside it.
fn is_made_over_field(cx: &Cx<'_>, facts: &Facts, file: FileIdx, used: NodeId, value: NodeId, state: DefId) -> bool {
    let syntax = cx.syntax(file);
    let holder = |name: NodeId| {
        syntax.parent(name).and_then(|selector| syntax.child(selector, "operand")).map(|of| syntax.text(of))
    };
    let made = facts.literals.iter().find(|literal| literal.file == file && literal.node == value);
    let of = made.and_then(|made| made.state);
    if let Some(Ref::Local(variable)) = of.and_then(|of| cx.inferred(file).meaning(of)) {
        // The same variable was put into the field of the state here.
        return cx.uses_of_def(state).iter().any(|&(other, name)| {
            let value = element_value(cx, other, name).or_else(|| assigned_value(cx, other, name));
            let is_it = value.and_then(|value| cx.inferred(other).meaning(value)) == Some(Ref::Local(variable));
            other == file && is_it && cx.function(file, name) == cx.function(file, used)
        });
    }
    let of = of.and_then(|of| syntax.child(of, "field"));
    of.is_some_and(|field| cx.inferred(file).meaning(field) == Some(Ref::Def(state)) && holder(field) == holder(used))
}

/// Whether the field of the core session is assigned behind that of its state, in the same list.
fn is_paired(cx: &Cx<'_>, file: FileIdx, used: NodeId, core: DefId) -> bool {
    let syntax = cx.syntax(file);
    let Some(holder) = syntax.parent(used).and_then(|selector| syntax.child(selector, "operand")) else { return false };
    let Some(stmt) = cx.stmt(file, used).filter(|_| assigned_value(cx, file, used).is_some()) else { return false };
    let wanted = format!("{}.{}", syntax.text(holder), cx.program.def(core).name);
    let (_, behind) = cx.siblings(file, stmt);
    behind.iter().any(|&stmt| {
        syntax.kind(stmt) == "assignment_statement"
            && syntax.child(stmt, "left").is_some_and(|left| syntax.text(left) == wanted)
    })
}

/// Whether a struct is made without the names of its fields.
fn has_positional_literal(cx: &Cx<'_>, file: FileIdx, owner: (FileIdx, Option<NodeId>)) -> bool {
    let syntax = cx.syntax(file);
    let types = Types { program: cx.program };
    syntax.nodes().filter(|&node| syntax.kind(node) == "literal_value").any(|body| {
        let is_keyed = syntax.children(body).next().is_none_or(|element| syntax.kind(element) == "keyed_element");
        !is_keyed
            && matches!(types.underlying(cx.ty(file, body).pointee()), Ty::Struct(of, node) if (of, Some(node)) == owner)
    })
}

/// The value of the element whose key is `name`.
fn element_value(cx: &Cx<'_>, file: FileIdx, name: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let element = syntax.enclosing(name, &["keyed_element"])?;
    syntax.child(element, "key").filter(|&key| syntax.is_inside(name, key))?;
    let value = syntax.child(element, "value")?;
    match syntax.kind(value) {
        "literal_element" => syntax.children(value).next(),
        _ => Some(value),
    }
}

/// The value of the other field in the same literal.
fn sibling(cx: &Cx<'_>, file: FileIdx, name: NodeId, other: DefId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let body = syntax.enclosing(name, &["literal_value"])?;
    let keys = syntax.children(body).filter_map(|element| syntax.child(element, "key"));
    let mut names = keys.filter_map(|key| syntax.below(key).last());
    let found = names.find(|&name| cx.inferred(file).meaning(name) == Some(Ref::Def(other)))?;
    element_value(cx, file, found)
}

fn is_made_over(cx: &Cx<'_>, facts: &Facts, file: FileIdx, core: NodeId, state: NodeId) -> bool {
    let literal: Option<&Literal> = match cx.inferred(file).meaning(core) {
        Some(Ref::Local(declared)) => {
            facts.literals.iter().find(|literal| literal.file == file && literal.variable == Some(declared))
        }
        _ => facts.literals.iter().find(|literal| literal.file == file && literal.node == core),
    };
    let of = literal.and_then(|literal| literal.state).and_then(|state| cx.inferred(file).meaning(state));
    matches!(of, Some(Ref::Local(_))) && of == cx.inferred(file).meaning(state)
}

/// Takes the field of the state out of its struct and its literals, and writes the other one wherever it was used.
pub(super) fn draft(cx: &Cx<'_>, draft: &Draft<'_, '_>, state: DefId, core: DefId) {
    let data = cx.program.def(state);
    draft.remove_stmt(data.file, data.node);
    for &(file, used) in cx.uses_of_def(state) {
        let syntax = cx.syntax(file);
        let element = element_value(cx, file, used).and_then(|_| syntax.enclosing(used, &["keyed_element"]));
        match element {
            Some(element) if sibling(cx, file, used, core).is_some() => {
                let change = cx.remove_element(file, element);
                draft.large(file, change.edit.range(), "");
            }
            _ => draft.small(file, syntax.range(used), cx.program.def(core).name.clone()),
        }
    }
}
