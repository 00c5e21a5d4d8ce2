//! The sites where a program uses the legacy API.

use super::flow::{Slot, View};
use super::index::FileIdx;
use super::infer::Ref;
use super::surface::Legacy;
use super::syntax::NodeId;

/// One use of a legacy name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Site {
    pub(crate) file: FileIdx,
    /// The name.
    pub(crate) name: NodeId,
    /// The name with its package or operand: `state.InferenceState`, `b.inf.StartRun`; the name alone where it stands alone.
    pub(crate) whole: NodeId,
    pub(crate) legacy: Legacy,
    /// The place of the value that it is about.
    pub(crate) slot: Slot,
}

/// All sites of a file, in the order of the text.
pub(crate) fn in_file(view: &View<'_>, file: FileIdx) -> Vec<Site> {
    let mut sites: Vec<Site> = view
        .inferred(file)
        .names()
        .filter_map(|(name, meaning)| match meaning {
            Ref::Def(def) => site(view, file, name, view.legacy.get(def)?),
            _ => None,
        })
        .collect();
    sites.sort_by_key(|site| view.syntax(file).start(site.name));
    sites
}

fn site(view: &View<'_>, file: FileIdx, name: NodeId, legacy: Legacy) -> Option<Site> {
    let syntax = view.syntax(file);
    let parent = syntax.parent(name)?;
    let is_qualified = matches!(syntax.kind(parent), "selector_expression" | "qualified_type");
    let whole = if is_qualified && syntax.children(parent).next() != Some(name) { parent } else { name };
    let slot = match syntax.kind(name) {
        "type_identifier" => declared_with(view, file, name).first().copied().unwrap_or(Slot::Expr(file, whole)),
        // What is given to a factory is told by the call, whatever the factory is.
        "field_identifier" if legacy == Legacy::CreateEngine || names_value(view, file, whole) => {
            Slot::Expr(file, call_of(view, file, whole))
        }
        "field_identifier" if whole != name => {
            let operand = syntax.child(whole, "operand")?;
            view.receiver(file, operand)
        }
        _ => match key_of(view, file, name) {
            Some(literal) => Slot::Expr(file, literal),
            None if names_type(legacy) => {
                declared_with(view, file, name).first().copied().unwrap_or(Slot::Expr(file, whole))
            }
            None => Slot::Expr(file, call_of(view, file, whole)),
        },
    };
    Some(Site { file, name, whole, legacy, slot })
}

fn names_type(legacy: Legacy) -> bool {
    matches!(
        legacy,
        Legacy::InferenceState
            | Legacy::CoreSession
            | Legacy::Runner
            | Legacy::TurnPersister
            | Legacy::Config
            | Legacy::Option
    )
}

/// Whether `package.Name` stands there, and not a field or method of a value.
fn names_value(view: &View<'_>, file: FileIdx, selector: NodeId) -> bool {
    let syntax = view.syntax(file);
    let operand = syntax.child(selector, "operand");
    operand.is_some_and(|operand| matches!(view.inferred(file).meaning(operand), Some(Ref::Package(_))))
}

/// The call of a function, or the function where it is not called.
fn call_of(view: &View<'_>, file: FileIdx, function: NodeId) -> NodeId {
    let syntax = view.syntax(file);
    let call = syntax.parent(function).filter(|&call| syntax.kind(call) == "call_expression");
    call.filter(|&call| syntax.child(call, "function") == Some(function)).unwrap_or(function)
}

/// The composite literal of which `name` is a key.
fn key_of(view: &View<'_>, file: FileIdx, name: NodeId) -> Option<NodeId> {
    let syntax = view.syntax(file);
    let element = syntax.enclosing(name, &["keyed_element"])?;
    let key = syntax.child(element, "key").filter(|&key| syntax.is_inside(name, key))?;
    let _ = key;
    let body = syntax.parent(element)?;
    let outer = syntax.parent(body).filter(|&outer| syntax.kind(outer) == "composite_literal");
    Some(outer.unwrap_or(body))
}

/// The places that are declared with the type whose name stands at `name`.
pub(crate) fn declared_with(view: &View<'_>, file: FileIdx, name: NodeId) -> Vec<Slot> {
    let syntax = view.syntax(file);
    let names_of = |node: NodeId| syntax.names(node).collect::<Vec<_>>();
    for node in syntax.ancestors(name) {
        match syntax.kind(node) {
            "parameter_declaration" | "variadic_parameter_declaration" => return parameters(view, file, node),
            "field_declaration" => {
                let mut names = names_of(node);
                if names.is_empty() {
                    names = syntax.below(node).filter(|&node| syntax.kind(node) == "type_identifier").collect();
                }
                let fields = names.into_iter().filter_map(|name| view.program.declared(file, name));
                return fields.map(Slot::Def).collect();
            }
            "var_spec" => {
                return names_of(node)
                    .into_iter()
                    .map(|name| match view.program.declared(file, name) {
                        Some(def) => Slot::Def(def),
                        None => view.local(file, name),
                    })
                    .collect();
            }
            "type_spec" | "type_alias" => {
                let declared = syntax.child(node, "name").and_then(|name| view.program.declared(file, name));
                return declared.map(Slot::Def).into_iter().collect();
            }
            "function_declaration" | "method_declaration" | "func_literal" | "method_elem" | "function_type" => {
                return vec![Slot::Result(file, node, 0)];
            }
            "composite_literal" => return vec![Slot::Expr(file, node)],
            "call_expression" => return vec![view.slot(file, node)],
            "type_assertion_expression" => return vec![view.slot(file, node)],
            "statement_list" | "block" => return Vec::new(),
            _ => {}
        }
    }
    Vec::new()
}

fn parameters(view: &View<'_>, file: FileIdx, param: NodeId) -> Vec<Slot> {
    let syntax = view.syntax(file);
    let Some(list) = syntax.parent(param) else { return Vec::new() };
    let Some(function) = syntax.parent(list) else { return Vec::new() };
    let mut index = 0;
    for other in syntax.children(list) {
        let names = syntax.names(other).count();
        if other == param {
            return (index..index + names.max(1))
                .map(|at| match syntax.role(list) {
                    "result" => Slot::Result(file, function, at),
                    _ => Slot::Param(file, function, at),
                })
                .collect();
        }
        index += names.max(1);
    }
    Vec::new()
}
