//! Implementations of one trait that fall together because their types become one.

use std::collections::HashMap;

use super::hir::ItemKind;
use super::index::DefId;
use super::legacy::{Legacy, Tracked, is_shared_pointer};
use super::resolve::{Namespace, Res, Resolver};
use super::ty::Ty;

/// What an implementation is for, as it will be.
#[derive(Debug, PartialEq)]
struct Header {
    of: String,
    args: Vec<Ty>,
    self_ty: Ty,
}

/// Each implementation that will be the same as another one, with that other one.
pub(crate) fn all(resolver: &Resolver<'_>, legacy: &Legacy) -> HashMap<DefId, DefId> {
    let headers: Vec<(DefId, Header)> = resolver
        .program
        .impls
        .iter()
        .filter(|block| !resolver.program.is_model(block.def))
        .filter_map(|block| Some((block.def, header(resolver, legacy, block.def)?)))
        .collect();
    let mut found = HashMap::new();
    for (index, (def, header)) in headers.iter().enumerate() {
        if let Some((other, _)) = headers[index + 1..].iter().find(|(_, other)| other == header) {
            found.insert(*def, *other);
            found.insert(*other, *def);
        }
    }
    found
}

/// The header of an implementation that names a type that changes.
fn header(resolver: &Resolver<'_>, legacy: &Legacy, block: DefId) -> Option<Header> {
    let ItemKind::Impl { self_ty, trait_path: Some(path), .. } = &resolver.program.item(block)?.kind else {
        return None;
    };
    let scope = resolver.ty_scope(block);
    let self_ty = resolver.lower(*self_ty, &scope);
    let args = resolver.path_args(&path.segments.last()?.args, &scope).types;
    if !args.iter().chain([&self_ty]).any(|ty| legacy.mentions_any(ty)) {
        return None;
    }
    let of = match resolver.path(scope.scope, path, Namespace::Type).map(|found| found.res) {
        Some(Res::Def(def)) => format!("{def:?}"),
        Some(Res::Extern(path)) => path,
        None => path.segments.last()?.name.text.clone(),
    };
    let args = args.iter().map(|ty| migrated(resolver, legacy, ty)).collect();
    Some(Header { of, args, self_ty: migrated(resolver, legacy, &self_ty) })
}

/// A type as it will be: state and core session are one, and so are their errors; a session needs no pointer.
fn migrated(resolver: &Resolver<'_>, legacy: &Legacy, ty: &Ty) -> Ty {
    let session = Ty::Prim("Session".to_owned());
    ty.map(&mut |part| match part {
        Ty::Adt(def, args) => match (legacy.kind(*def), args.as_slice()) {
            (Some(Tracked::State | Tracked::CoreSession), _) => Some(session.clone()),
            (Some(Tracked::StateError | Tracked::RunError), _) => Some(Ty::Prim("SessionError".to_owned())),
            (None, [inner]) if is_shared_pointer(resolver, *def) => {
                (migrated(resolver, legacy, inner) == session).then(|| session.clone())
            }
            _ => None,
        },
        _ => None,
    })
}
