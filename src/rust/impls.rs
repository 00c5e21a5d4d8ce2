//! Which methods a type has: inherent ones, those of traits, and through `Deref`.

use std::collections::HashMap;

use super::hir::ItemKind;
use super::index::{DefId, DefKind};
use super::resolve::{Namespace, Res, Resolver};
use super::ty::{Ty, TyScope};

/// One impl block with its types lowered.
#[derive(Debug)]
struct ImplData {
    params: Vec<String>,
    self_ty: Ty,
    trait_def: Option<DefId>,
    /// `type Target = …` / `type Output = …`
    assoc: Vec<(String, Ty)>,
    methods: Vec<(String, DefId)>,
}

/// A method or associated function found for a type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Method {
    pub(crate) def: DefId,
    /// What is known of the generic parameters of the impl or trait it stands in.
    pub(crate) bindings: Vec<(String, Ty)>,
    /// The receiver after the dereferences that were needed.
    pub(crate) receiver: Ty,
}

/// The impl blocks of a program, by the type they are for.
#[derive(Debug)]
pub(crate) struct Impls {
    blocks: Vec<ImplData>,
    by_head: HashMap<DefId, Vec<usize>>,
    /// `impl<T> Trait for T`
    blanket: Vec<usize>,
    /// Slices have the methods of vectors.
    vec: Option<DefId>,
}

impl Impls {
    pub(crate) fn new(resolver: &Resolver<'_>) -> Self {
        let vec = resolver.known("std::vec::Vec");
        let mut impls = Self { blocks: Vec::new(), by_head: HashMap::new(), blanket: Vec::new(), vec };
        for block in &resolver.program.impls {
            let Some(data) = lower_impl(resolver, block.def, &block.methods) else { continue };
            let index = impls.blocks.len();
            match data.self_ty.peeled() {
                Ty::Adt(def, _) | Ty::Trait(def, _) => impls.by_head.entry(*def).or_default().push(index),
                Ty::Param(_) => impls.blanket.push(index),
                _ => continue,
            }
            impls.blocks.push(data);
        }
        impls
    }

    /// The method `name` of a value of type `ty`, dereferencing as the language does.
    pub(crate) fn method(
        &self,
        resolver: &Resolver<'_>,
        ty: &Ty,
        name: &str,
        bounds: &dyn Fn(&str) -> Vec<Ty>,
    ) -> Option<Method> {
        let mut at = ty.clone();
        for _ in 0..12 {
            if let Some(found) = self.associated(resolver, &at, name, bounds) {
                return Some(found);
            }
            at = match &at {
                Ty::Param(name) => bounds(name).into_iter().find_map(|bound| self.deref(&bound))?,
                other => self.deref(other)?,
            };
        }
        None
    }

    /// The associated function `name` of `ty` itself.
    pub(crate) fn associated(
        &self,
        resolver: &Resolver<'_>,
        ty: &Ty,
        name: &str,
        bounds: &dyn Fn(&str) -> Vec<Ty>,
    ) -> Option<Method> {
        match ty {
            Ty::Adt(def, _) => self.of_head(resolver, *def, ty, name),
            Ty::Trait(def, args) => {
                trait_method(resolver, *def, args, ty, name).or_else(|| self.of_head(resolver, *def, ty, name))
            }
            Ty::Param(param) => bounds(param).iter().find_map(|bound| match bound {
                Ty::Trait(def, args) => trait_method(resolver, *def, args, ty, name),
                // Any iterator.
                Ty::Adt(..) => self.associated(resolver, bound, name, bounds),
                _ => None,
            }),
            _ => None,
        }
        .or_else(|| self.of_blanket(ty, name))
    }

    fn of_head(&self, resolver: &Resolver<'_>, head: DefId, ty: &Ty, name: &str) -> Option<Method> {
        let blocks = self.by_head.get(&head)?;
        let inherent = blocks.iter().filter(|&&index| self.blocks[index].trait_def.is_none());
        let of_traits = blocks.iter().filter(|&&index| self.blocks[index].trait_def.is_some());
        inherent.chain(of_traits).find_map(|&index| {
            let block = &self.blocks[index];
            let bindings = match_self(block, ty)?;
            let own = block.methods.iter().find(|(method, _)| method == name).map(|(_, def)| *def);
            let def = own.or_else(|| {
                let (found, _) = find_member(resolver, block.trait_def?, name)?;
                Some(found)
            })?;
            Some(Method { def, bindings, receiver: ty.clone() })
        })
    }

    fn of_blanket(&self, ty: &Ty, name: &str) -> Option<Method> {
        if matches!(ty, Ty::Unknown | Ty::Var(_)) {
            return None;
        }
        self.blanket.iter().find_map(|&index| {
            let block = &self.blocks[index];
            let (_, def) = block.methods.iter().find(|(method, _)| method == name)?;
            Some(Method { def: *def, bindings: match_self(block, ty)?, receiver: ty.clone() })
        })
    }

    /// One step of dereferencing.
    pub(crate) fn deref(&self, ty: &Ty) -> Option<Ty> {
        match ty {
            Ty::Ref(inner) => Some((**inner).clone()),
            Ty::Adt(def, _) => self.assoc_type(*def, ty, "Target"),
            Ty::Slice(item) => self.vec.map(|vec| Ty::Adt(vec, vec![(**item).clone()])),
            _ => None,
        }
    }

    /// What awaiting a value of the type gives.
    pub(crate) fn awaited(&self, ty: &Ty) -> Ty {
        let mut at = ty.clone();
        for _ in 0..6 {
            match &at {
                Ty::Future(output) => return (**output).clone(),
                Ty::Adt(def, _) => {
                    if let Some(output) = self.assoc_type(*def, &at, "Output") {
                        return output;
                    }
                }
                _ => {}
            }
            match self.deref(&at) {
                Some(inner) => at = inner,
                None => break,
            }
        }
        Ty::Unknown
    }

    fn assoc_type(&self, head: DefId, ty: &Ty, name: &str) -> Option<Ty> {
        self.by_head.get(&head)?.iter().find_map(|&index| {
            let block = &self.blocks[index];
            let (_, assoc) = block.assoc.iter().find(|(key, _)| key == name)?;
            let bindings = match_self(block, ty)?;
            let (params, args): (Vec<String>, Vec<Ty>) = bindings.into_iter().unzip();
            Some(assoc.substitute(&params, &args))
        })
    }
}

fn lower_impl(resolver: &Resolver<'_>, def: DefId, methods: &[DefId]) -> Option<ImplData> {
    let program = resolver.program;
    let ItemKind::Impl { trait_path, .. } = &program.item(def)?.kind else { return None };
    let scope = resolver.ty_scope(def);
    let trait_def = trait_path.as_ref().and_then(|path| match resolver.path(scope.scope, path, Namespace::Type)?.res {
        Res::Def(def) if program.def(def).kind == DefKind::Trait => Some(def),
        _ => None,
    });
    let mut data = ImplData {
        self_ty: scope.self_ty.clone()?,
        params: scope.params.clone(),
        trait_def,
        assoc: Vec::new(),
        methods: Vec::new(),
    };
    for &method in methods {
        let member = program.def(method);
        match &program.item(method)?.kind {
            ItemKind::TypeAlias { ty: Some(ty), .. } => {
                data.assoc.push((member.name.clone(), resolver.lower(*ty, &scope)));
            }
            ItemKind::Fn(_) => data.methods.push((member.name.clone(), method)),
            _ => {}
        }
    }
    Some(data)
}

/// The generic parameters of the impl for which its self type is `ty`.
fn match_self(block: &ImplData, ty: &Ty) -> Option<Vec<(String, Ty)>> {
    let mut bindings: Vec<(String, Ty)> = Vec::new();
    bind(&block.self_ty, ty, &block.params, &mut bindings).then_some(bindings)
}

fn bind(pattern: &Ty, ty: &Ty, params: &[String], bindings: &mut Vec<(String, Ty)>) -> bool {
    match (pattern, ty) {
        (Ty::Param(name), _) if params.contains(name) => {
            if !bindings.iter().any(|(known, _)| known == name) {
                bindings.push((name.clone(), ty.clone()));
            }
            true
        }
        (_, Ty::Unknown | Ty::Var(_)) | (Ty::Unknown, _) => true,
        (Ty::Adt(a, xs), Ty::Adt(b, ys)) | (Ty::Trait(a, xs), Ty::Trait(b, ys)) => {
            a == b && xs.iter().zip(ys).all(|(x, y)| bind(x, y, params, bindings))
        }
        (Ty::Ref(x), y) => bind(x, y.peeled(), params, bindings),
        (x, y) => std::mem::discriminant(x) == std::mem::discriminant(y),
    }
}

/// A method that a trait (or one of its supertraits) declares.
fn find_member(resolver: &Resolver<'_>, trait_def: DefId, name: &str) -> Option<(DefId, DefId)> {
    let program = resolver.program;
    let own = program.members.get(&trait_def)?.iter().find(|&&member| program.def(member).name == name);
    if let Some(&member) = own {
        return Some((member, trait_def));
    }
    let ItemKind::Trait { supertraits, .. } = &program.item(trait_def)?.kind else { return None };
    let scope: TyScope = resolver.ty_scope(trait_def);
    supertraits.iter().find_map(|path| match resolver.lower_bounds(std::slice::from_ref(path), &scope) {
        Ty::Trait(next, _) if next != trait_def => find_member(resolver, next, name),
        _ => None,
    })
}

fn trait_method(resolver: &Resolver<'_>, trait_def: DefId, args: &[Ty], ty: &Ty, name: &str) -> Option<Method> {
    let (def, owner) = find_member(resolver, trait_def, name)?;
    let params = resolver.generics_of(owner);
    let bindings = if owner == trait_def { params.into_iter().zip(args.iter().cloned()).collect() } else { Vec::new() };
    Some(Method { def, bindings, receiver: ty.clone() })
}
