//! Patterns: what they bind, and the types of what they bind.

use super::super::gates;
use super::super::hir::{PatId, PatKind};
use super::super::index::{DefId, DefKind};
use super::super::resolve::{Namespace, Res};
use super::super::ty::Ty;
use super::Body;

impl Body<'_> {
    /// Matches `pat` against a value of type `ty`; its names are bound in the innermost scope.
    pub(super) fn pattern(&mut self, pat: PatId, ty: &Ty) {
        let hir = self.hir;
        match &hir[pat].kind {
            PatKind::Bind { name, sub, .. } => {
                if sub.is_none()
                    && let Some(def) = self.constant_pattern(&name.text)
                {
                    self.out.pattern_defs.insert(pat, def);
                    return;
                }
                if let Some(known) = self.known.get(&pat).filter(|known| **known != Ty::Unknown).cloned() {
                    let known = self.open(&known);
                    self.unify(ty, &known);
                }
                self.out.bindings.insert(pat, ty.clone());
                let earlier = self.locals.last_mut().and_then(|scope| scope.insert(name.text.clone(), pat));
                if let Some(earlier) = earlier.filter(|&earlier| gates::are_alternatives(hir, earlier, pat)) {
                    self.out.alternatives.push((earlier, pat));
                }
                if let Some(sub) = sub {
                    self.pattern(*sub, ty);
                }
            }
            PatKind::Path(path) => {
                if let Some(def) = self.resolver.constructor(path, &self.scope) {
                    self.out.pattern_defs.insert(pat, def);
                }
            }
            PatKind::TupleStruct { path, pats } => {
                let types = self.constructed(pat, self.resolver.constructor(path, &self.scope), ty);
                let types: Vec<Ty> = types.into_iter().map(|(_, ty)| ty).collect();
                self.sequence(pats, &types);
            }
            PatKind::Struct { path, fields, .. } => {
                let types = self.constructed(pat, self.resolver.constructor(path, &self.scope), ty);
                for field in fields {
                    let found = types.iter().find(|(name, _)| *name == field.name.text);
                    let ty = found.map_or(Ty::Unknown, |(_, ty)| ty.clone());
                    self.pattern(field.pat, &ty);
                }
            }
            PatKind::Tuple(pats) => {
                let ty = self.deep(ty);
                match ty.peeled() {
                    Ty::Tuple(types) => self.sequence(pats, types),
                    _ => self.sequence(pats, &[]),
                }
            }
            PatKind::Ref(inner) => {
                let ty = self.deep(ty);
                let inner_ty = match ty {
                    Ty::Ref(inner) => *inner,
                    other => other,
                };
                self.pattern(*inner, &inner_ty);
            }
            PatKind::Slice(pats) => {
                let item = self.element_of(ty);
                for &pat in pats {
                    self.pattern(pat, &item);
                }
            }
            PatKind::Or(pats) => {
                for &pat in pats {
                    self.pattern(pat, ty);
                }
            }
            PatKind::Lit(_) | PatKind::Wild | PatKind::Rest | PatKind::Other => {}
        }
    }

    /// Patterns in a row, of which one may be `..`.
    fn sequence(&mut self, pats: &[PatId], types: &[Ty]) {
        let hir = self.hir;
        let rest = pats.iter().position(|&pat| matches!(hir[pat].kind, PatKind::Rest));
        for (index, &pat) in pats.iter().enumerate() {
            let at = match rest {
                Some(rest) if index > rest => (types.len() + index).checked_sub(pats.len()),
                _ => Some(index),
            };
            let ty = at.and_then(|at| types.get(at)).cloned().unwrap_or(Ty::Unknown);
            self.pattern(pat, &ty);
        }
    }

    /// Field types of the constructor that a pattern names; a reference matched through makes them references.
    fn constructed(&mut self, pat: PatId, def: Option<DefId>, ty: &Ty) -> Vec<(String, Ty)> {
        let Some(def) = def else { return Vec::new() };
        self.out.pattern_defs.insert(pat, def);
        let owner = self.owner_type(def);
        let params = self.resolver.generics_of(owner);
        let args: Vec<Ty> = params.iter().map(|_| self.var()).collect();
        let ty = self.deep(ty);
        let constructed = Ty::Adt(owner, args.clone());
        self.unify(ty.peeled(), &constructed);
        if matches!(ty, Ty::Var(_)) {
            self.unify(&ty, &constructed);
        }
        let by_ref = matches!(ty, Ty::Ref(_));
        let fields = self.resolver.field_types(def, &args);
        fields.into_iter().map(|(name, ty, _)| (name, if by_ref { Ty::Ref(Box::new(ty)) } else { ty })).collect()
    }

    /// A name in a pattern that is a unit struct, unit variant or constant and binds nothing.
    fn constant_pattern(&self, name: &str) -> Option<DefId> {
        let found = self.resolver.names(self.scope.scope, &[name], false, Namespace::Value)?;
        let Res::Def(def) = found.res else { return None };
        match self.resolver.program.def(def).kind {
            DefKind::Const | DefKind::Static => Some(def),
            DefKind::Variant(_) | DefKind::Struct => {
                matches!(self.resolver.program.fields(def), Some(super::super::hir::Fields::Unit)).then_some(def)
            }
            _ => None,
        }
    }
}
