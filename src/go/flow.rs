//! Which places hold the same legacy value: variables, fields, parameters and results that a value goes through.

mod edges;

use std::cell::RefCell;
use std::collections::HashMap;

use super::index::{DefId, DefKind, FileIdx, Program};
use super::infer::{Inferred, Ref};
use super::surface::{Legacy, LegacyDefs};
use super::syntax::{NodeId, Syntax};
use super::ty::{Ty, Types};

/// A place that holds a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Slot {
    /// A variable of a function, by the name that declares it.
    Local(FileIdx, NodeId),
    /// A field, a package-level variable, a type.
    Def(DefId),
    /// A parameter of the function that is declared at a node; the receiver is none.
    Param(FileIdx, NodeId, usize),
    /// A result of the function that is declared at a node.
    Result(FileIdx, NodeId, usize),
    /// A value that has no other place.
    Expr(FileIdx, NodeId),
}

/// Slots tied together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct UnitIdx(pub(crate) u32);

/// The values that are followed: all of them keep one unit together.
pub(crate) const FOLLOWED: &[Legacy] = &[
    Legacy::InferenceState,
    Legacy::CoreSession,
    Legacy::Runner,
    Legacy::TurnPersister,
    Legacy::Option,
    Legacy::Config,
];

/// A place where a legacy value goes to something that is not known to be legacy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Escape {
    pub(crate) file: FileIdx,
    /// The value.
    pub(crate) node: NodeId,
    pub(crate) slot: Slot,
}

/// The flow of legacy values through a program.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    slots: RefCell<Slots>,
    pub(crate) escapes: Vec<Escape>,
}

#[derive(Debug, Default)]
struct Slots {
    index: HashMap<Slot, u32>,
    parent: Vec<u32>,
}

impl Slots {
    fn id(&mut self, slot: Slot) -> u32 {
        let next = self.parent.len() as u32;
        let id = *self.index.entry(slot).or_insert(next);
        if id == next {
            self.parent.push(id);
        }
        id
    }

    fn root(&mut self, mut id: u32) -> u32 {
        while self.parent[id as usize] != id {
            let above = self.parent[self.parent[id as usize] as usize];
            self.parent[id as usize] = above;
            id = above;
        }
        id
    }

    fn unite(&mut self, a: Slot, b: Slot) {
        let (a, b) = (self.id(a), self.id(b));
        let (a, b) = (self.root(a), self.root(b));
        let (low, high) = (a.min(b), a.max(b));
        self.parent[high as usize] = low;
    }
}

impl Flow {
    /// Follows every legacy value of the program.
    pub(crate) fn of(program: &Program, legacy: &LegacyDefs, inferred: &HashMap<FileIdx, Inferred>) -> Self {
        let mut flow = Self::default();
        edges::follow(&View { program, legacy, inferred }, &mut flow);
        flow.escapes.sort();
        flow.escapes.dedup();
        flow
    }

    pub(crate) fn unite(&self, a: Slot, b: Slot) {
        self.slots.borrow_mut().unite(a, b);
    }

    /// The unit of a slot.
    pub(crate) fn unit(&self, slot: Slot) -> UnitIdx {
        let mut slots = self.slots.borrow_mut();
        let id = slots.id(slot);
        UnitIdx(slots.root(id))
    }

    /// All slots of a unit, sorted.
    pub(crate) fn slots_of(&self, unit: UnitIdx) -> Vec<Slot> {
        let all: Vec<Slot> = self.slots.borrow().index.keys().copied().collect();
        let mut slots: Vec<Slot> = all.into_iter().filter(|&slot| self.unit(slot) == unit).collect();
        slots.sort();
        slots
    }
}

/// What is known of a program, for whoever follows values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub(crate) program: &'a Program,
    pub(crate) legacy: &'a LegacyDefs,
    pub(crate) inferred: &'a HashMap<FileIdx, Inferred>,
}

impl<'a> View<'a> {
    pub(crate) fn syntax(&self, file: FileIdx) -> &'a Syntax {
        self.program.syntax(file)
    }

    pub(crate) fn inferred(&self, file: FileIdx) -> &'a Inferred {
        &self.inferred[&file]
    }

    pub(crate) fn ty(&self, file: FileIdx, node: NodeId) -> &'a Ty {
        self.inferred(file).ty(node)
    }

    /// Whether values of this type are followed: those of type parameters, too, which may stand for a legacy type.
    pub(crate) fn is_followed(&self, ty: &Ty) -> bool {
        self.legacy.mentions(ty, FOLLOWED) || ty.is_open()
    }

    /// The place of the variable that `name` declares: parameters and results are places of their functions.
    pub(crate) fn local(&self, file: FileIdx, name: NodeId) -> Slot {
        let syntax = self.syntax(file);
        let place = || {
            let param = syntax.parent(name)?;
            let list = syntax.parent(param).filter(|&list| syntax.kind(list) == "parameter_list")?;
            let function = syntax.parent(list)?;
            let mut index = 0;
            for other in syntax.children(list) {
                let names: Vec<NodeId> = syntax.names(other).collect();
                if let Some(at) = names.iter().position(|&other| other == name) {
                    return match syntax.role(list) {
                        "parameters" => Some(Slot::Param(file, function, index + at)),
                        "result" => Some(Slot::Result(file, function, index + at)),
                        _ => None,
                    };
                }
                index += names.len().max(1);
            }
            None
        };
        place().unwrap_or(Slot::Local(file, name))
    }

    /// The place of an expression's value. Containers are where their elements are.
    pub(crate) fn slot(&self, file: FileIdx, node: NodeId) -> Slot {
        let syntax = self.syntax(file);
        let first = || syntax.children(node).next().map_or(Slot::Expr(file, node), |inner| self.slot(file, inner));
        let operand = || syntax.child(node, "operand").map_or(Slot::Expr(file, node), |inner| self.slot(file, inner));
        match syntax.kind(node) {
            "identifier" => match self.inferred(file).meaning(node) {
                Some(Ref::Local(declared)) => self.local(file, declared),
                Some(Ref::Def(def)) => self.def(file, node, def),
                _ => Slot::Expr(file, node),
            },
            "parenthesized_expression" | "variadic_argument" | "literal_element" => first(),
            "unary_expression" | "index_expression" | "slice_expression" | "type_assertion_expression" => operand(),
            "selector_expression" => self.selector(file, node),
            "call_expression" => self.call(file, node),
            _ => Slot::Expr(file, node),
        }
    }

    fn def(&self, file: FileIdx, node: NodeId, def: DefId) -> Slot {
        match self.program.def(def).kind {
            DefKind::Var | DefKind::Field if self.program.is_own(self.program.def(def).file) => Slot::Def(def),
            _ => Slot::Expr(file, node),
        }
    }

    fn selector(&self, file: FileIdx, node: NodeId) -> Slot {
        let syntax = self.syntax(file);
        let (Some(operand), Some(field)) = (syntax.child(node, "operand"), syntax.child(node, "field")) else {
            return Slot::Expr(file, node);
        };
        match self.inferred(file).meaning(field) {
            // The state of a core session is one with it.
            Some(Ref::Def(def)) if self.legacy.get(def) == Some(Legacy::State) => self.receiver(file, operand),
            Some(Ref::Def(def)) => self.def(file, node, def),
            _ => Slot::Expr(file, node),
        }
    }

    fn call(&self, file: FileIdx, node: NodeId) -> Slot {
        let syntax = self.syntax(file);
        let Some(function) = syntax.child(node, "function") else { return Slot::Expr(file, node) };
        let args = || syntax.child(node, "arguments").into_iter().flat_map(|list| syntax.children(list));
        let is_append =
            syntax.text(function) == "append" && self.inferred(file).meaning(function) == Some(Ref::Predeclared);
        if is_append && let Some(first) = args().next() {
            return self.slot(file, first);
        }
        match self.function_called(file, node) {
            Some((decl_file, decl)) if self.program.is_own(decl_file) => Slot::Result(decl_file, decl, 0),
            _ => Slot::Expr(file, node),
        }
    }

    /// The declaration of the function, method or function type that a call goes to.
    pub(crate) fn function_called(&self, file: FileIdx, call: NodeId) -> Option<(FileIdx, NodeId)> {
        if let Some(def) = self.inferred(file).callee(call) {
            let def = self.program.def(def);
            return Some((def.file, def.node));
        }
        let function = self.syntax(file).child(call, "function")?;
        match (Types { program: self.program }).underlying(self.ty(file, function)) {
            Ty::Func(signature) => signature.decl,
            _ => None,
        }
    }

    /// The place of the legacy value whose field or method is selected of `operand`: that of an embedded field where the
    /// operand itself is something else.
    pub(crate) fn receiver(&self, file: FileIdx, operand: NodeId) -> Slot {
        let ty = self.ty(file, operand);
        if self.is_followed(ty) {
            return self.slot(file, operand);
        }
        match self.embedded(ty, 0) {
            Some(def) => Slot::Def(def),
            None => self.slot(file, operand),
        }
    }

    /// The embedded field through which a legacy value is reached.
    fn embedded(&self, ty: &Ty, depth: usize) -> Option<DefId> {
        let types = Types { program: self.program };
        let Ty::Struct(file, node) = types.underlying(ty.pointee()) else { return None };
        let members = self.program.members(file, node).iter().copied();
        let mut embedded = members.filter(|&member| self.program.def(member).is_embedded);
        embedded.find_map(|member| {
            let inner = types.of_value(member);
            match self.is_followed(&inner) {
                true => Some(member),
                false if depth < 6 => self.embedded(&inner, depth + 1),
                false => None,
            }
        })
    }
}
