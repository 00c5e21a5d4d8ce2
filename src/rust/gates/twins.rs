//! Definitions of one name in one place, of which conditions choose one: functions, types, modules and what is in them.

use std::collections::{BTreeMap, BTreeSet};

use super::super::flow::{Flow, Node};
use super::super::hir::{Fields, ItemKind};
use super::super::index::{DefId, DefKind, Program};

/// Definitions that stand for each other, those that code is taken to mean first.
#[derive(Debug, Default)]
pub(crate) struct Twins {
    groups: Vec<Vec<DefId>>,
}

impl Twins {
    /// The twins among the definitions of `program`.
    pub(crate) fn find(program: &Program) -> Self {
        let mut places: BTreeMap<(String, u8), Vec<DefId>> = BTreeMap::new();
        for id in (0..program.defs.len() as u32).map(DefId).filter(|&id| !program.is_model(id)) {
            let Some(namespace) = namespace(program.def(id).kind) else { continue };
            places.entry((place(program, id), namespace)).or_default().push(id);
        }
        Self { groups: places.into_values().filter(|group| group.len() > 1).collect() }
    }

    /// The others that stand for a definition.
    pub(crate) fn of(&self, def: DefId) -> impl Iterator<Item = DefId> + '_ {
        let groups = self.groups.iter().filter(move |group| group.contains(&def));
        groups.flatten().copied().filter(move |&other| other != def)
    }

    /// Ties what twins take, give and hold. The nodes that have no counterpart in the definition that code is taken to mean.
    pub(crate) fn tie(&self, program: &Program, flow: &mut Flow) -> Vec<Node> {
        let mut alone = Vec::new();
        for group in &self.groups {
            let slots: Vec<Vec<Node>> = group.iter().map(|&def| slots(program, def)).collect();
            for (twin, nodes) in group.iter().zip(&slots).skip(1) {
                let both = [(nodes, *twin, &slots[0], group[0]), (&slots[0], group[0], nodes, *twin)];
                for (own, from, others, to) in both {
                    for node in own {
                        if flow.unit_of(node).is_none() {
                            continue;
                        }
                        match counterpart(node, from, to).filter(|other| others.contains(other)) {
                            Some(other) => flow.join(node.clone(), other),
                            None => alone.push(node.clone()),
                        }
                    }
                }
            }
        }
        alone
    }

    /// Everything that twins take, give and hold.
    pub(crate) fn slots(&self, program: &Program) -> BTreeSet<Node> {
        self.groups.iter().flatten().flat_map(|&def| slots(program, def)).collect()
    }
}

fn namespace(kind: DefKind) -> Option<u8> {
    match kind {
        DefKind::Fn | DefKind::Const | DefKind::Static => Some(0),
        DefKind::Struct | DefKind::Enum | DefKind::TypeAlias | DefKind::Trait => Some(1),
        DefKind::Module => Some(2),
        _ => None,
    }
}

/// Where a definition stands, as twins share it: the names around it, and what an impl is for.
fn place(program: &Program, id: DefId) -> String {
    let def = program.def(id);
    let own = match program.item(id).map(|item| &item.kind) {
        Some(ItemKind::Impl { self_ty, trait_path, .. }) => {
            let text = |span: super::super::hir::Span| program.unit(def.file).source.slice(span.range());
            let of = trait_path.as_ref().map_or("", |path| text(path.span));
            format!("<{} as {of}>", text(program.hir(def.file)[*self_ty].span))
        }
        // A block is no other block's twin.
        _ if def.name.is_empty() => format!("{{{}}}", id.0),
        _ => def.name.clone(),
    };
    match def.parent {
        Some(parent) => format!("{}::{own}", place(program, parent)),
        None => format!("{}", def.krate.0),
    }
}

fn slots(program: &Program, def: DefId) -> Vec<Node> {
    let fields = |fields: &Fields| -> Vec<Node> {
        match fields {
            Fields::Named(fields) => {
                fields.iter().filter_map(|field| Some(Node::Field(def, field.name.as_ref()?.text.clone()))).collect()
            }
            Fields::Tuple(fields) => (0..fields.len()).map(|index| Node::Field(def, index.to_string())).collect(),
            Fields::Unit => Vec::new(),
        }
    };
    match program.item(def).map(|item| &item.kind) {
        Some(ItemKind::Fn(function)) => {
            let params = (0..function.params.len()).map(|index| Node::Param(def, index));
            params.chain([Node::Return(def)]).collect()
        }
        Some(ItemKind::Struct(of)) => fields(of),
        _ => vec![Node::Item(def)],
    }
}

fn counterpart(node: &Node, from: DefId, to: DefId) -> Option<Node> {
    match node {
        Node::Param(def, index) if *def == from => Some(Node::Param(to, *index)),
        Node::Return(def) if *def == from => Some(Node::Return(to)),
        Node::Field(def, name) if *def == from => Some(Node::Field(to, name.clone())),
        Node::Item(def) if *def == from => Some(Node::Item(to)),
        _ => None,
    }
}
