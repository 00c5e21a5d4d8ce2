//! Engine options that a trait can carry anywhere: all of a program's options belong together then.

use std::collections::HashMap;

use super::super::hir::{ExprId, ItemKind, ItemParent, TypeId, TypeParent};
use super::super::index::FileIdx;
use super::super::infer::Inferred;
use super::super::legacy::{Legacy, Tracked};
use super::super::resolve::Resolver;
use super::super::ty::Ty;
use super::{Flow, Node, Walk};

/// Ties all options of the program if the header of an impl, or a type in one, names them.
pub(super) fn join_loose(
    resolver: &Resolver<'_>,
    legacy: &Legacy,
    inferred: &HashMap<FileIdx, Inferred>,
    flow: &mut Flow,
) {
    let mut files: Vec<_> = inferred.keys().copied().collect();
    files.sort();
    let walk =
        |file: FileIdx| Walk { resolver, legacy, inferred: &inferred[&file], file, hir: resolver.program.hir(file) };
    let Some(first) = files.iter().find_map(|&file| walk(file).loose_option()) else { return };
    for &file in &files {
        walk(file).join_options(&first, flow);
    }
}

impl Walk<'_> {
    fn is_options(&self, kinds: &[Tracked]) -> bool {
        kinds.iter().any(|kind| matches!(kind, Tracked::EngineOption | Tracked::Config))
    }

    fn option_types(&self) -> impl Iterator<Item = TypeId> {
        let types = (0..self.hir.types.len() as u32).map(TypeId);
        types.filter(|&ty| self.is_options(&self.type_names(ty)))
    }

    /// A written option in the header of an impl or trait, or as a type inside of one.
    fn loose_option(&self) -> Option<Node> {
        let is_loose = |&ty: &TypeId| {
            let mut top = ty;
            while let TypeParent::Type(outer) = self.hir[top].parent {
                top = outer;
            }
            let TypeParent::Item(item) = self.hir[top].parent else { return false };
            let is_inside = matches!(self.hir[item].parent, ItemParent::Item(outer)
                if matches!(self.hir[outer].kind, ItemKind::Impl { .. } | ItemKind::Trait { .. }));
            match self.hir[item].kind {
                ItemKind::Impl { .. } | ItemKind::Trait { .. } => true,
                ItemKind::Fn(_) => false,
                _ => is_inside,
            }
        };
        let found = self.option_types().find(is_loose);
        found.map(|ty| Node::Type(self.file, ty))
    }

    fn join_options(&self, to: &Node, flow: &mut Flow) {
        for ty in self.option_types() {
            flow.join(Node::Type(self.file, ty), to.clone());
        }
        let holds = |ty: &Ty| self.is_options(&self.legacy.mentioned(ty));
        for id in (0..self.hir.exprs.len() as u32).map(ExprId).filter(|&id| holds(self.inferred.ty(id))) {
            flow.join(self.expr_node(id), to.clone());
        }
        for (&pat, _) in self.inferred.bindings.iter().filter(|(_, ty)| holds(ty)) {
            flow.join(Node::Binding(self.file, pat), to.clone());
        }
    }
}
