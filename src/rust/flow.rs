//! What belongs together: sites tied by a value or a type form one unit, which changes whole or not at all.
//!
//! A node is an expression, binding, written type, field, parameter, result or item. Two nodes are joined where a
//! value of a tracked type passes from one to the other, so that a connected component holds every place that must
//! change when one of them does.

mod exprs;
mod lifecycles;
mod options;
mod traits;
mod unknown;

use std::collections::HashMap;

use super::conversions;
use super::gates::Twins;
use super::hir::{self, ExprId, ExprKind, ItemId, ItemKind, PatId, PatKind, PatParent, StmtKind, TypeId, TypeParent};
use super::index::{DefId, DefKind, FileIdx};
use super::infer::Inferred;
use super::legacy::{Legacy, Tracked};
use super::resolve::Resolver;
use super::ty::Ty;

/// A place that can hold or name a tracked value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Node {
    Expr(FileIdx, ExprId),
    Binding(FileIdx, PatId),
    Type(FileIdx, TypeId),
    Field(DefId, String),
    Param(DefId, usize),
    Return(DefId),
    Item(DefId),
}

/// Index of a unit of one analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct UnitIdx(pub(crate) u32);

/// The nodes of a program, grouped.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    ids: HashMap<Node, u32>,
    parents: Vec<u32>,
    /// Nodes of definitions that stand for each other, and those of them that only one has.
    twins: Vec<Node>,
    one_sided: Vec<Node>,
}

impl Flow {
    fn id(&mut self, node: Node) -> u32 {
        let next = self.parents.len() as u32;
        let id = *self.ids.entry(node).or_insert(next);
        if id == next {
            self.parents.push(next);
        }
        id
    }

    fn find(&self, mut id: u32) -> u32 {
        while self.parents[id as usize] != id {
            id = self.parents[id as usize];
        }
        id
    }

    /// Notes a node.
    pub(crate) fn add(&mut self, node: Node) {
        self.id(node);
    }

    /// Ties two nodes.
    pub(crate) fn join(&mut self, a: Node, b: Node) {
        let (a, b) = (self.id(a), self.id(b));
        let (a, b) = (self.find(a), self.find(b));
        // The smaller root wins, so that the result does not depend on the order of the joins.
        self.parents[a.max(b) as usize] = a.min(b);
    }

    /// All nodes with their units, in a fixed order.
    pub(crate) fn nodes(&self) -> Vec<(UnitIdx, &Node)> {
        let mut nodes: Vec<(UnitIdx, &Node)> =
            self.ids.iter().map(|(node, &id)| (UnitIdx(self.find(id)), node)).collect();
        nodes.sort();
        nodes
    }

    /// Whether a unit belongs to definitions between which conditions choose.
    pub(crate) fn has_twins(&self, unit: UnitIdx) -> bool {
        self.twins.iter().any(|node| self.unit_of(node) == Some(unit))
    }

    /// Whether such a unit has a part that not all of these definitions have.
    pub(crate) fn is_one_sided(&self, unit: UnitIdx) -> bool {
        self.one_sided.iter().any(|node| self.unit_of(node) == Some(unit))
    }

    /// The unit of a node, if it is part of one.
    pub(crate) fn unit_of(&self, node: &Node) -> Option<UnitIdx> {
        self.ids.get(node).map(|&id| UnitIdx(self.find(id)))
    }
}

/// Builds the flow of all files that are not embedded descriptions.
pub(crate) fn build(resolver: &Resolver<'_>, legacy: &Legacy, inferred: &HashMap<FileIdx, Inferred>) -> Flow {
    let mut flow = Flow::default();
    let mut files: Vec<_> = inferred.keys().copied().collect();
    files.sort();
    let (mut downcasts, mut errors, mut bounds) = (Vec::new(), Vec::new(), Vec::new());
    flow.add(persister_node(resolver));
    for file in files {
        let walk = Walk { resolver, legacy, inferred: &inferred[&file], file, hir: resolver.program.hir(file) };
        walk.types(&mut flow);
        walk.impls(&mut flow);
        walk.bindings(&mut flow);
        walk.exprs(&mut flow);
        walk.alternatives(&mut flow);
        walk.handle_bounds(&mut flow);
        downcasts.extend(walk.downcasts());
        errors.extend(walk.errors());
        bounds.extend(walk.error_bounds());
    }
    options::join_loose(resolver, legacy, inferred, &mut flow);
    lifecycles::join(resolver, legacy, inferred, &mut flow);
    // An error that leaves its type behind may come out of any downcast.
    if let Some(first) = downcasts.first().cloned() {
        downcasts.into_iter().chain(errors).for_each(|node| flow.join(first.clone(), node));
    }
    let conversions = conversions::all(resolver, legacy);
    for (index, one) in conversions.iter().enumerate() {
        conversions[..index]
            .iter()
            .filter(|other| other.target == one.target)
            .for_each(|other| flow.join(one.node.clone(), other.node.clone()));
    }
    // Whatever is converted may be asked for by any bound.
    if let Some(first) = bounds.first().cloned() {
        let converted = conversions.into_iter().map(|conversion| conversion.node);
        bounds.into_iter().chain(converted).for_each(|node| flow.join(first.clone(), node));
    }
    let twins = Twins::find(resolver.program);
    flow.one_sided = twins.tie(resolver.program, &mut flow);
    flow.twins = twins.slots(resolver.program).into_iter().collect();
    flow
}

/// A parameter or the result of a function.
#[derive(Clone, Copy, Debug)]
enum SignatureSlot {
    Param(usize),
    Return,
}

impl SignatureSlot {
    fn of(self, function: DefId) -> Node {
        match self {
            SignatureSlot::Param(index) => Node::Param(function, index),
            SignatureSlot::Return => Node::Return(function),
        }
    }
}

/// The legacy trait whose implementations and callers have one signature.
pub(crate) const FACTORY: &str = "geppetto::inference::engine::factory::EngineFactory";

/// What ties all users of the legacy factory trait: its declaration.
pub(crate) fn factory_node(resolver: &Resolver<'_>) -> Node {
    Node::Item(resolver.known(FACTORY).unwrap_or(DefId(0)))
}

/// What ties all users of the legacy persister trait: its declaration.
pub(crate) fn persister_node(resolver: &Resolver<'_>) -> Node {
    Node::Item(resolver.known("geppetto::inference::core::TurnPersister").unwrap_or(DefId(0)))
}

struct Walk<'a> {
    resolver: &'a Resolver<'a>,
    legacy: &'a Legacy,
    inferred: &'a Inferred,
    file: FileIdx,
    hir: &'a hir::Hir,
}

impl Walk<'_> {
    fn tracked(&self, ty: &Ty) -> bool {
        self.legacy.mentions_any(ty)
    }

    fn expr_node(&self, id: ExprId) -> Node {
        Node::Expr(self.file, id)
    }

    fn is_tracked_expr(&self, id: ExprId) -> bool {
        self.tracked(self.inferred.ty(id))
    }

    /// Of bindings between which conditions choose, the one is what the other is.
    fn alternatives(&self, flow: &mut Flow) {
        for &(earlier, later) in &self.inferred.alternatives {
            let is_tracked = |pat| self.inferred.bindings.get(pat).is_some_and(|ty| self.tracked(ty));
            if is_tracked(&earlier) || is_tracked(&later) {
                flow.join(Node::Binding(self.file, earlier), Node::Binding(self.file, later));
            }
        }
    }

    /// Written types that name a tracked type, each tied to what it is the type of.
    fn types(&self, flow: &mut Flow) {
        for index in 0..self.hir.types.len() {
            let id = TypeId(index as u32);
            if self.type_names(id).is_empty() {
                continue;
            }
            let node = Node::Type(self.file, id);
            flow.add(node.clone());
            for slot in self.slots_of_type(id) {
                flow.join(node.clone(), slot);
            }
            if self.type_names(id).contains(&Tracked::Factory) {
                flow.join(node.clone(), self.factory_node());
            }
            if self.type_names(id).contains(&Tracked::Persister) {
                flow.join(node.clone(), persister_node(self.resolver));
            }
            self.trait_of_argument(id, &node, flow);
            if let Some(alias) = self.alias(id) {
                flow.join(node, Node::Item(alias));
            }
        }
    }

    /// The tracked types that a written type itself (not its parts) names, also through the user's own aliases.
    fn type_names(&self, id: TypeId) -> Vec<Tracked> {
        type_mention(self.resolver, self.legacy, self.file, id)
    }

    /// The user's own alias that a written type names.
    fn alias(&self, id: TypeId) -> Option<DefId> {
        let hir::TypeKind::Path(path) = &self.hir[id].kind else { return None };
        let scope = scope_of_type(self.resolver, self.file, id);
        match self.resolver.path(scope, path, super::resolve::Namespace::Type)?.res {
            super::resolve::Res::Def(def) => {
                let is_alias = self.resolver.program.def(def).kind == DefKind::TypeAlias;
                (is_alias && !self.resolver.program.is_model(def)).then_some(def)
            }
            super::resolve::Res::Extern(_) => None,
        }
    }

    fn slots_of_type(&self, id: TypeId) -> Vec<Node> {
        let mut top = id;
        while let TypeParent::Type(outer) = self.hir[top].parent {
            top = outer;
        }
        match self.hir[top].parent {
            TypeParent::Expr(expr) => vec![self.expr_node(expr)],
            TypeParent::Stmt(stmt) => match &self.hir[stmt].kind {
                StmtKind::Let { pat, .. } => self.bound_by(*pat),
                _ => Vec::new(),
            },
            TypeParent::Pat(pat) => self.bound_by(pat),
            TypeParent::Item(item) => self.slots_in_item(item, top),
            TypeParent::Type(_) => Vec::new(),
        }
    }

    fn slots_in_item(&self, item: ItemId, top: TypeId) -> Vec<Node> {
        let Some(def) = self.resolver.program.def_of_item(self.file, item) else { return Vec::new() };
        match &self.hir[item].kind {
            ItemKind::Fn(function) => {
                if function.ret == Some(top) {
                    return vec![Node::Return(def)];
                }
                let param = function.params.iter().position(|param| param.ty == top);
                match param {
                    Some(index) => vec![Node::Param(def, index)],
                    // A bound: whatever is passed may be of the type.
                    None => {
                        let params = (0..function.params.len()).map(|index| Node::Param(def, index));
                        params.chain([Node::Item(def)]).collect()
                    }
                }
            }
            ItemKind::Struct(fields) => self.field_slot(def, fields, top).into_iter().collect(),
            ItemKind::Enum(variants) => variants
                .iter()
                .enumerate()
                .find_map(|(index, variant)| {
                    let variant_def = self.variant_def(def, index)?;
                    self.field_slot(variant_def, &variant.fields, top)
                })
                .into_iter()
                .collect(),
            _ => vec![Node::Item(def)],
        }
    }

    fn variant_def(&self, owner: DefId, index: usize) -> Option<DefId> {
        let program = self.resolver.program;
        let bindings = program.scopes.get(&owner)?.names.values().flatten();
        bindings.copied().find_map(|binding| match binding {
            super::index::Binding::Def(def) if program.def(def).kind == DefKind::Variant(index as u32) => Some(def),
            _ => None,
        })
    }

    fn field_slot(&self, def: DefId, fields: &hir::Fields, top: TypeId) -> Option<Node> {
        let (hir::Fields::Named(fields) | hir::Fields::Tuple(fields)) = fields else { return None };
        let index = fields.iter().position(|field| field.ty == top)?;
        let name = fields[index].name.as_ref().map_or_else(|| index.to_string(), |name| name.text.clone());
        Some(Node::Field(def, name))
    }

    /// The methods of an impl have the signatures that its trait gives them, and change with what it is for.
    fn impls(&self, flow: &mut Flow) {
        let program = self.resolver.program;
        for block in program.impls.iter().filter(|block| program.def(block.def).file == self.file) {
            let Some(ItemKind::Impl { trait_path: Some(path), .. }) = program.item(block.def).map(|item| &item.kind)
            else {
                continue;
            };
            let scope = self.resolver.ty_scope(block.def);
            let names_tracked = path.segments.last().is_some_and(|last| {
                self.resolver.path_args(&last.args, &scope).types.iter().any(|ty| self.tracked(ty))
            });
            let owner =
                match self.resolver.path(scope.scope, path, super::resolve::Namespace::Type).map(|found| found.res) {
                    Some(super::resolve::Res::Def(def)) if !program.is_model(def) => Some(def),
                    _ => None,
                };
            if self.implements_factory(path, scope.scope) {
                flow.add(Node::Item(block.def));
                for &method in &block.methods {
                    self.tie_signature(method, |_| self.factory_node(), flow);
                    flow.join(Node::Item(block.def), self.factory_node());
                }
            }
            for &member in &block.methods {
                self.associated_type(member, &block.methods, flow);
            }
            for &method in &block.methods {
                if names_tracked {
                    self.tie_signature(method, |_| Node::Item(block.def), flow);
                }
                let declared = owner.and_then(|owner| program.members.get(&owner)).into_iter().flatten();
                let same_name = |other: &&DefId| program.def(**other).name == program.def(method).name;
                if let Some(&declared) = declared.into_iter().find(same_name) {
                    self.tie_signature(method, |slot| slot.of(declared), flow);
                }
            }
        }
    }

    fn implements_factory(&self, path: &hir::Path, scope: DefId) -> bool {
        let found = self.resolver.path(scope, path, super::resolve::Namespace::Type).map(|found| found.res);
        matches!(found, Some(super::resolve::Res::Def(def)) if Some(def) == self.resolver.known(FACTORY))
    }

    fn factory_node(&self) -> Node {
        factory_node(self.resolver)
    }

    /// `type Error = RunError;` changes with the signatures of the methods beside it.
    fn associated_type(&self, member: DefId, methods: &[DefId], flow: &mut Flow) {
        let program = self.resolver.program;
        let Some(ItemKind::TypeAlias { ty: Some(ty), .. }) = program.item(member).map(|item| &item.kind) else {
            return;
        };
        if self.tracked(&self.resolver.lower(*ty, &self.resolver.ty_scope(member))) {
            methods.iter().for_each(|&method| self.tie_signature(method, |_| Node::Item(member), flow));
        }
    }

    /// Ties the slots of a function that hold tracked values, each to what `to` says.
    fn tie_signature(&self, function: DefId, to: impl Fn(SignatureSlot) -> Node, flow: &mut Flow) {
        let Some(item) = self.resolver.program.fn_item(function) else { return };
        let scope = self.resolver.ty_scope(function);
        for (index, param) in item.params.iter().enumerate() {
            if self.tracked(&self.resolver.lower(param.ty, &scope)) {
                flow.join(Node::Param(function, index), to(SignatureSlot::Param(index)));
            }
        }
        if item.ret.is_some_and(|ret| self.tracked(&self.resolver.lower(ret, &scope))) {
            flow.join(Node::Return(function), to(SignatureSlot::Return));
        }
    }

    /// Bindings of a pattern that hold tracked values.
    fn bound_by(&self, pat: PatId) -> Vec<Node> {
        let mut found = Vec::new();
        let mut todo = vec![pat];
        while let Some(pat) = todo.pop() {
            if self.inferred.bindings.get(&pat).is_some_and(|ty| self.tracked(ty)) {
                found.push(Node::Binding(self.file, pat));
            }
            todo.extend(sub_patterns(&self.hir[pat].kind));
        }
        found
    }

    fn bindings(&self, flow: &mut Flow) {
        for (&pat, ty) in &self.inferred.bindings {
            if !self.tracked(ty) {
                continue;
            }
            let node = Node::Binding(self.file, pat);
            flow.add(node.clone());
            if let Some(source) = self.source_of_binding(pat) {
                flow.join(node, source);
            }
        }
        for (&pat, &def) in &self.inferred.pattern_defs {
            self.pattern_fields(pat, def, flow);
            if self.legacy.variant(def).is_some()
                && let Some(source) = self.source_of_binding(pat)
            {
                flow.join(Node::Binding(self.file, pat), source);
            }
        }
    }

    /// What a binding takes its value from: the matched expression or the parameter.
    fn source_of_binding(&self, pat: PatId) -> Option<Node> {
        let mut top = pat;
        while let PatParent::Pat(outer) = self.hir[top].parent {
            top = outer;
        }
        match self.hir[top].parent {
            PatParent::Pat(_) => None,
            PatParent::Expr(expr) => {
                let is_closure = matches!(self.hir[expr].kind, ExprKind::Closure { .. });
                let source = if is_closure { expr } else { matched_expr(self.hir, expr, top)? };
                Some(self.expr_node(source))
            }
            PatParent::Stmt(stmt) => match &self.hir[stmt].kind {
                StmtKind::Let { init: Some(init), .. } => Some(self.expr_node(*init)),
                _ => None,
            },
            PatParent::Item(item) => {
                let def = self.resolver.program.def_of_item(self.file, item)?;
                let ItemKind::Fn(function) = &self.hir[item].kind else { return None };
                let index = function.params.iter().position(|param| param.pat == top)?;
                Some(Node::Param(def, index))
            }
        }
    }

    /// A constructor pattern ties what it matches to the constructor's fields.
    fn pattern_fields(&self, pat: PatId, def: DefId, flow: &mut Flow) {
        let parts: Vec<(String, PatId)> = match &self.hir[pat].kind {
            PatKind::TupleStruct { pats, .. } => {
                pats.iter().enumerate().map(|(index, &pat)| (index.to_string(), pat)).collect()
            }
            PatKind::Struct { fields, .. } => fields.iter().map(|field| (field.name.text.clone(), field.pat)).collect(),
            _ => return,
        };
        if self.resolver.program.is_model(def) {
            return;
        }
        for (name, pat) in parts {
            for binding in self.bound_by(pat) {
                flow.join(binding, Node::Field(def, name.clone()));
            }
        }
    }
}

/// The tracked types that a written type's own path (not its arguments) names.
pub(crate) fn type_mention(resolver: &Resolver<'_>, legacy: &Legacy, file: FileIdx, id: TypeId) -> Vec<Tracked> {
    let hir = resolver.program.hir(file);
    let paths: Vec<&hir::Path> = match &hir[id].kind {
        hir::TypeKind::Path(path) => vec![path],
        hir::TypeKind::DynTrait(bounds) | hir::TypeKind::ImplTrait(bounds) => bounds.iter().collect(),
        _ => return Vec::new(),
    };
    let scope = scope_of_type(resolver, file, id);
    paths
        .into_iter()
        .filter_map(|path| {
            let found = resolver.path(scope, path, super::resolve::Namespace::Type)?;
            let super::resolve::Res::Def(def) = found.res else { return None };
            if let Some(kind) = legacy.kind(def) {
                return Some(vec![kind]);
            }
            match resolver.program.def(def).kind {
                DefKind::TypeAlias => Some(legacy.mentioned(&resolver.instantiate_type(def, Vec::new()))),
                _ => None,
            }
        })
        .flatten()
        .collect()
}

/// The scope in which a written type's names are looked up.
pub(crate) fn scope_of_type(resolver: &Resolver<'_>, file: FileIdx, id: TypeId) -> DefId {
    let program = resolver.program;
    let hir = program.hir(file);
    let mut at = hir[id].parent;
    loop {
        at = match at {
            TypeParent::Type(outer) => hir[outer].parent,
            TypeParent::Expr(expr) => return program.scope_of_expr(file, expr),
            TypeParent::Stmt(stmt) => return program.scope_of_expr(file, hir[stmt].block),
            TypeParent::Item(item) => return program.scope_of_item(file, item),
            TypeParent::Pat(pat) => return program.scope_of_pat(file, pat),
        };
    }
}

/// Whether a written type is what `downcast_ref::<T>()`, `downcast::<T>()` or `is::<T>()` asks for.
pub(crate) fn is_downcast(hir: &hir::Hir, ty: TypeId) -> bool {
    let TypeParent::Expr(expr) = hir[ty].parent else { return false };
    match &hir[expr].kind {
        ExprKind::MethodCall { method, .. } => method.text.starts_with("downcast") || method.text == "is",
        _ => false,
    }
}

/// Direct parts of a pattern.
pub(crate) fn sub_patterns(kind: &PatKind) -> Vec<PatId> {
    match kind {
        PatKind::Bind { sub, .. } => sub.iter().copied().collect(),
        PatKind::TupleStruct { pats, .. } | PatKind::Tuple(pats) | PatKind::Slice(pats) | PatKind::Or(pats) => {
            pats.clone()
        }
        PatKind::Struct { fields, .. } => fields.iter().map(|field| field.pat).collect(),
        PatKind::Ref(inner) => vec![*inner],
        PatKind::Path(_) | PatKind::Wild | PatKind::Rest | PatKind::Lit(_) | PatKind::Other => Vec::new(),
    }
}

/// The expression that a pattern of `match`, `if let`, `for`, `matches!` or a select arm is matched against.
pub(crate) fn matched_expr(hir: &hir::Hir, expr: ExprId, pat: PatId) -> Option<ExprId> {
    match &hir[expr].kind {
        ExprKind::Match { scrutinee, .. } => Some(*scrutinee),
        ExprKind::Let { expr, .. } => Some(*expr),
        ExprKind::For { iter, .. } => Some(*iter),
        ExprKind::Macro(call) => match &call.content {
            hir::MacroContent::Matches { expr, .. } => Some(*expr),
            hir::MacroContent::Select { arms, .. } => arms.iter().find(|arm| arm.pat == pat).map(|arm| arm.future),
            _ => None,
        },
        _ => None,
    }
}
