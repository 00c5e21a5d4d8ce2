//! Locals that nothing uses, that are used behind their move, or that are `mut` for nothing.

use std::collections::BTreeMap;

use super::super::super::hir::{ExprId, ExprKind, ItemKind, Parent, PatId, PatKind, PatParent, StmtId, StmtKind};
use super::super::super::index::DefId;
use super::super::super::infer::ValueRes;
use super::super::super::text::{holds_word, words};
use super::super::super::ty::Ty;
use super::{Fault, Look};

impl Look<'_> {
    /// The faults of all locals of a file.
    pub(super) fn locals(&self) -> Vec<Fault> {
        let mut uses: BTreeMap<PatId, Vec<ExprId>> = BTreeMap::new();
        for (&expr, value) in &self.inferred.values {
            if let ValueRes::Local(pat) = value {
                uses.entry(*pat).or_default().push(expr);
            }
        }
        uses.values_mut().for_each(|uses| uses.sort_by_key(|&use_| self.hir[use_].span));
        let mut faults = Vec::new();
        for stmt in &self.hir.stmts {
            let StmtKind::Let { pat, .. } = stmt.kind else { continue };
            let PatKind::Bind { name, mutable, .. } = &self.hir[pat].kind else { continue };
            let own = uses.get(&pat).map_or(&[][..], Vec::as_slice);
            if matches!(self.hir[pat].parent, PatParent::Stmt(_)) && !self.is_named_unread(pat, &name.text) {
                let fault = |what: &str| (format!("{what} {}", name.text), name.span.start);
                if own.is_empty() && !name.text.starts_with('_') {
                    let (like, at) = fault("unused variable");
                    faults.push((like, at, format!("nothing uses the variable `{}`", name.text)));
                } else if *mutable && !own.iter().any(|&use_| self.may_change(use_)) {
                    let (like, at) = fault("unused mut");
                    faults.push((like, at, format!("the variable `{}` need not be mutable", name.text)));
                }
            }
        }
        for (&pat, uses) in uses.iter().filter(|(pat, _)| self.is_moved_by_value(**pat)) {
            let taken = uses.iter().find_map(|&use_| Some((use_, self.taking(use_)?)));
            let Some((taken, block)) = taken else { continue };
            let is_behind = |use_: &&ExprId| {
                let span = self.hir[**use_].span;
                span.start >= self.hir[taken].span.end && self.hir[block].span.contains(span)
            };
            if let Some(&late) = uses.iter().find(is_behind).filter(|&&late| !self.is_given_anew(late)) {
                let name = self.text(self.hir[late].span);
                let what = format!("`{name}` is used where it was moved away");
                faults.push((format!("moved {}", self.text(self.hir[pat].span)), self.hir[late].span.start, what));
            }
        }
        faults
    }

    /// Whether a format string or a macro that is not read names a local.
    fn is_named_unread(&self, pat: PatId, name: &str) -> bool {
        let source = self.program().unit(self.file).source.text();
        self.inferred.captures.iter().any(|(_, own)| *own == pat)
            || self.hir.opaque.iter().any(|span| words(&source[span.range()], name).next().is_some())
    }

    /// Whether values of a local's type are moved, as far as that is known.
    fn is_moved_by_value(&self, pat: PatId) -> bool {
        match self.inferred.bindings.get(&pat) {
            Some(Ty::Adt(def, _)) if self.is_ours(*def) => true,
            Some(Ty::Adt(def, _)) if self.program().is_model(*def) => {
                ["std::string::String", "std::vec::Vec", "std::sync::Arc", "std::rc::Rc", "std::boxed::Box"]
                    .contains(&self.program().path_of(*def).as_str())
            }
            Some(Ty::Adt(def, _)) => !self.is_copy(*def),
            _ => false,
        }
    }

    /// Whether a type of the program's is `Copy`, by a derive or an implementation.
    fn is_copy(&self, def: DefId) -> bool {
        let Some(item) = self.program().item(def) else { return true };
        let source = self.program().unit(self.program().def(def).file).source.text();
        item.attrs.iter().any(|attr| holds_word(&source[attr.span.range()], "Copy"))
            || self.program().impls.iter().any(|block| self.is_copy_impl(block.def, def))
    }

    fn is_copy_impl(&self, block: DefId, of: DefId) -> bool {
        let Some(ItemKind::Impl { self_ty, trait_path: Some(path), .. }) =
            self.program().item(block).map(|item| &item.kind)
        else {
            return false;
        };
        let ty = || self.resolver.lower(*self_ty, &self.resolver.ty_scope(block));
        path.segments.last().is_some_and(|last| last.name.text == "Copy")
            && matches!(ty(), Ty::Adt(def, _) if def == of)
    }

    /// The block in which a use takes a local's value away whatever happens.
    fn taking(&self, use_: ExprId) -> Option<ExprId> {
        let hir = self.hir;
        let takes = match hir[use_].parent {
            Parent::Expr(parent) => match &hir[parent].kind {
                ExprKind::MethodCall { receiver, method, .. } if *receiver == use_ => {
                    self.takes_self(parent, &method.text)
                }
                ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. } => args.contains(&use_),
                ExprKind::Struct { fields, .. } => fields.iter().any(|field| field.value == use_),
                ExprKind::Tuple(_) | ExprKind::Array(_) => true,
                _ => false,
            },
            Parent::Stmt(stmt) => {
                matches!(hir[stmt].kind, StmtKind::Let { pat, .. } if matches!(hir[pat].kind, PatKind::Bind { by_ref: false, .. }))
            }
            _ => false,
        };
        let stmt = self.always_in(use_).filter(|_| takes)?;
        Some(hir[stmt].block)
    }

    /// Whether a method call takes its receiver away.
    fn takes_self(&self, call: ExprId, name: &str) -> bool {
        match self.inferred.methods.get(&call).and_then(|&def| self.program().fn_item(def)?.self_param.as_ref()) {
            Some(own) => !own.by_ref && own.ty.is_none(),
            None => name == "into",
        }
    }

    /// The statement that evaluates an expression whatever else it does, and once.
    fn always_in(&self, expr: ExprId) -> Option<StmtId> {
        let mut at = expr;
        loop {
            at = match self.hir[at].parent {
                Parent::Stmt(stmt) => return Some(stmt),
                Parent::Expr(parent) => match &self.hir[parent].kind {
                    ExprKind::Call { .. }
                    | ExprKind::MethodCall { .. }
                    | ExprKind::Struct { .. }
                    | ExprKind::Tuple(_)
                    | ExprKind::Array(_)
                    | ExprKind::Paren(_)
                    | ExprKind::Try(_)
                    | ExprKind::Await(_)
                    | ExprKind::Ref { .. } => parent,
                    _ => return None,
                },
                _ => return None,
            };
        }
    }

    /// Whether a use gives a local another value.
    fn is_given_anew(&self, use_: ExprId) -> bool {
        matches!(self.hir[use_].parent, Parent::Expr(parent)
            if matches!(self.hir[parent].kind, ExprKind::Assign { lhs, .. } if lhs == use_))
    }

    /// Whether a use may change what a local holds.
    fn may_change(&self, use_: ExprId) -> bool {
        let Parent::Expr(parent) = self.hir[use_].parent else { return false };
        match &self.hir[parent].kind {
            ExprKind::MethodCall { receiver, .. } if *receiver == use_ => {
                let method = self.inferred.methods.get(&parent).and_then(|&def| self.program().fn_item(def));
                method.and_then(|method| method.self_param.as_ref()).is_none_or(|own| own.by_ref && own.mutable)
            }
            ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. } => !args.contains(&use_),
            ExprKind::Ref { mutable, .. } => *mutable,
            ExprKind::Struct { .. } | ExprKind::Tuple(_) | ExprKind::Await(_) | ExprKind::Try(_) => false,
            _ => true,
        }
    }
}
