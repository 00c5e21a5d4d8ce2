//! Traits of the program's own that a legacy type implements: what is taken for such a trait changes with the
//! implementation.

use super::super::hir::{ExprId, ExprKind, GenericArgs, Generics, ItemKind, Path, TypeId, TypeKind, TypeParent};
use super::super::index::{DefId, DefKind};
use super::super::infer::ValueRes;
use super::super::legacy::Tracked;
use super::super::resolve::{Namespace, Res};
use super::super::ty::Ty;
use super::{Flow, Node, Walk, scope_of_type};

impl Walk<'_> {
    /// Ties tracked values to the implementations that let them be where they stand: given to a function that asks for a
    /// trait, or made an object of one.
    pub(super) fn trait_edges(&self, id: ExprId, flow: &mut Flow) {
        if let Some(wanted) = self.inferred.wanted.get(&id)
            && self.is_tracked_expr(id)
        {
            let kinds = self.legacy.mentioned(self.inferred.ty(id));
            self.join_impls(&self.expr_node(id), &kinds, self.traits_in(wanted), flow);
        }
        let (callee, given) = match &self.hir[id].kind {
            ExprKind::Call { callee, args } => match self.inferred.values.get(callee) {
                Some(ValueRes::Def(def)) => (*def, args.clone()),
                _ => return,
            },
            ExprKind::MethodCall { receiver, args, .. } => match self.inferred.methods.get(&id) {
                Some(&def) => (def, std::iter::once(*receiver).chain(args.iter().copied()).collect()),
                None => return,
            },
            ExprKind::Struct { fields, .. } => match self.inferred.literals.get(&id) {
                Some(&def) => (def, fields.iter().map(|field| field.value).collect()),
                None => return,
            },
            _ => return,
        };
        let given: Vec<ExprId> = given.into_iter().filter(|&arg| self.is_tracked_expr(arg)).collect();
        if given.is_empty() || self.resolver.program.is_model(callee) {
            return;
        }
        let asked = self.traits_asked(callee);
        for arg in given {
            let kinds = self.legacy.mentioned(self.inferred.ty(arg));
            self.join_impls(&self.expr_node(arg), &kinds, asked.clone(), flow);
        }
    }

    /// Ties a written type that is an argument of one of the program's own types to what that type asks of it.
    pub(super) fn trait_of_argument(&self, id: TypeId, node: &Node, flow: &mut Flow) {
        let mut at = id;
        while let TypeParent::Type(outer) = self.hir[at].parent {
            at = outer;
            let TypeKind::Path(path) = &self.hir[at].kind else { continue };
            let scope = scope_of_type(self.resolver, self.file, at);
            if let Some(def) = self.own_def(scope, path) {
                self.join_impls(node, &self.type_names(id), self.traits_asked(def), flow);
            }
        }
    }

    /// Ties a node that holds something of `kinds` to each implementation of `traits`, and of what they build on, for it.
    fn join_impls(&self, node: &Node, kinds: &[Tracked], traits: Vec<DefId>, flow: &mut Flow) {
        let program = self.resolver.program;
        let traits = self.with_supertraits(traits);
        if traits.is_empty() {
            return;
        }
        for block in program.impls.iter().map(|block| block.def).filter(|&block| !program.is_model(block)) {
            let Some(self_ty) = self.resolver.ty_scope(block).self_ty else { continue };
            let is_for_it = self.legacy.mentioned(&self_ty).iter().any(|kind| kinds.contains(kind));
            if is_for_it && traits.iter().any(|&asked| self.implements(block, asked)) {
                flow.join(node.clone(), Node::Item(block));
            }
        }
    }

    /// The program's own traits that the generics of a definition, and of the block around it, ask for, those that its
    /// parameters name, and the trait that it belongs to.
    fn traits_asked(&self, def: DefId) -> Vec<DefId> {
        let program = self.resolver.program;
        let mut found = Vec::new();
        let owner = program
            .def(def)
            .parent
            .filter(|&owner| matches!(program.def(owner).kind, DefKind::Impl | DefKind::Trait | DefKind::Enum));
        for part in [Some(def), owner].into_iter().flatten() {
            if program.def(part).kind == DefKind::Trait {
                found.push(part);
            }
            if let Some(item) = program.item(part) {
                found.extend(self.traits_of(&item.generics, self.resolver.ty_scope(part).scope));
            }
        }
        if let Some(function) = program.fn_item(def) {
            let scope = self.resolver.ty_scope(def);
            found.extend(
                function.params.iter().flat_map(|param| self.traits_in(&self.resolver.lower(param.ty, &scope))),
            );
        }
        found
    }

    fn traits_of(&self, generics: &Generics, scope: DefId) -> Vec<DefId> {
        let declared = generics.params.iter().flat_map(|param| &param.bounds);
        let bounds = declared.chain(generics.predicates.iter().flat_map(|(_, bounds)| bounds));
        bounds.filter_map(|bound| self.own_def(scope, bound)).collect()
    }

    /// The program's own traits whose objects a type holds.
    fn traits_in(&self, ty: &Ty) -> Vec<DefId> {
        let mut found = Vec::new();
        ty.any(&mut |part| {
            if let Ty::Trait(def, _) = part
                && !self.resolver.program.is_model(*def)
            {
                found.push(*def);
            }
            false
        });
        found
    }

    fn with_supertraits(&self, mut traits: Vec<DefId>) -> Vec<DefId> {
        let mut next = 0;
        while let Some(&def) = traits.get(next) {
            next += 1;
            let Some(ItemKind::Trait { supertraits, .. }) = self.resolver.program.item(def).map(|item| &item.kind)
            else {
                continue;
            };
            let scope = self.resolver.ty_scope(def).scope;
            for above in supertraits.iter().filter_map(|bound| self.own_def(scope, bound)) {
                if !traits.contains(&above) {
                    traits.push(above);
                }
            }
        }
        traits
    }

    fn own_def(&self, scope: DefId, path: &Path) -> Option<DefId> {
        let is_function = path.segments.last().is_some_and(|last| matches!(last.args, GenericArgs::Paren { .. }));
        match self.resolver.path(scope, path, Namespace::Type).filter(|_| !is_function)?.res {
            Res::Def(def) => (!self.resolver.program.is_model(def)).then_some(def),
            Res::Extern(_) => None,
        }
    }
}
