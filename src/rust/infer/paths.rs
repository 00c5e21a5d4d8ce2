//! Paths in value position.

use super::super::hir::Path;
use super::super::index::{DefKind, ImportId};
use super::super::resolve::{Namespace, Res};
use super::super::ty::Ty;
use super::{Body, ValueRes};

/// What a value path names, with its type.
pub(super) struct FoundValue {
    pub(super) res: ValueRes,
    pub(super) ty: Ty,
    pub(super) import: Option<ImportId>,
}

impl Body<'_> {
    /// A path in value position: a function, constant, constructor or associated function.
    pub(super) fn value_path(&mut self, path: &Path) -> Option<FoundValue> {
        if let Some(qself) = path.qself {
            let ty = self.resolver.lower(qself, &self.scope);
            let name = &path.segments.last()?.name.text;
            return self.associated_value(&ty, name, None);
        }
        let first = path.segments.first()?;
        if path.segments.len() == 1 && first.name.text == "Self" {
            let Some(Ty::Adt(def, _)) = self.scope.self_ty else { return None };
            let ty = self.def_value(def, &[]);
            return Some(FoundValue { res: ValueRes::Def(def), ty, import: None });
        }
        if path.segments.len() == 2 {
            let name = &path.segments[1].name.text;
            if first.name.text == "Self" {
                let ty = self.scope.self_ty.clone()?;
                return self.associated_or_variant(&ty, name, None);
            }
            if self.scope.params.contains(&first.name.text) {
                return self.associated_value(&Ty::Param(first.name.text.clone()), name, None);
            }
        }
        let found = self.resolver.path(self.scope.scope, path, Namespace::Value)?;
        let left = path.segments.len() - found.used;
        match (found.res, left) {
            (Res::Extern(name), _) => {
                let rest: Vec<&str> = path.segments[found.used..].iter().map(|part| part.name.text.as_str()).collect();
                let full = if rest.is_empty() { name } else { format!("{name}::{}", rest.join("::")) };
                Some(FoundValue { res: ValueRes::Extern(full), ty: Ty::Unknown, import: found.import })
            }
            (Res::Def(def), 0) => {
                let args = self.resolver.path_args(&path.segments[found.used - 1].args, &self.scope).types;
                let ty = self.def_value(def, &args);
                Some(FoundValue { res: ValueRes::Def(def), ty, import: found.import })
            }
            (Res::Def(def), 1) => {
                let args = self.resolver.path_args(&path.segments[found.used - 1].args, &self.scope).types;
                let ty = match self.resolver.program.def(def).kind {
                    DefKind::Trait => Ty::Trait(def, args),
                    _ => self.resolver.instantiate_type(def, args),
                };
                let ty = self.open(&ty);
                let name = &path.segments[found.used].name.text;
                let value = self.associated_or_variant(&ty, name, found.import)?;
                Some(if matches!(ty, Ty::Trait(..)) { self.with_open_self(value, &ty) } else { value })
            }
            _ => None,
        }
    }

    /// `Trait::method` is one for whatever it is called with.
    fn with_open_self(&mut self, value: FoundValue, of: &Ty) -> FoundValue {
        let Ty::Fn(mut params, mut ret) = value.ty else { return value };
        let this = self.var();
        for ty in params.iter_mut().chain([&mut *ret]) {
            match ty {
                Ty::Ref(inner) if **inner == *of => **inner = this.clone(),
                ty if *ty == *of => *ty = this.clone(),
                _ => {}
            }
        }
        FoundValue { ty: Ty::Fn(params, ret), ..value }
    }

    pub(super) fn associated_or_variant(
        &mut self,
        ty: &Ty,
        name: &str,
        import: Option<ImportId>,
    ) -> Option<FoundValue> {
        if let Ty::Adt(owner, _) = ty
            && let Some((Res::Def(variant), _)) = self.resolver.member(*owner, name, Namespace::Value)
        {
            let ty = self.def_value(variant, &[]);
            return Some(FoundValue { res: ValueRes::Def(variant), ty, import });
        }
        self.associated_value(ty, name, import)
    }
}
