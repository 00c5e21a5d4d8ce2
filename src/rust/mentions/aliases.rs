//! Generic aliases of the user's own that put a pointer around what they are given: `type Registry<S> = Vec<Arc<S>>`.

use super::super::cx::{Change, Cx};
use super::super::flow::scope_of_type;
use super::super::handles::pointers::is_generic_pointer;
use super::super::hir::{GenericArgs, ItemId, ItemKind, TypeId, TypeKind, TypeParent};
use super::super::index::{DefId, DefKind, FileIdx};
use super::super::legacy::is_shared_pointer;
use super::super::outcome::Outcome;
use super::super::resolve::{Namespace, Res};

/// What becomes of a state that is given to such an alias, or is its default.
pub(super) fn generic(cx: &Cx<'_>, file: FileIdx, ty: TypeId, scope: DefId) -> Option<Outcome> {
    let hir = cx.hir(file);
    let mut at = ty;
    while let TypeParent::Type(outer) = hir[at].parent {
        at = outer;
        let direct = cx.pointer_around(file, ty) == Some(at);
        if !direct && alias_of(cx, file, at).is_some_and(|def| points_to_param(cx, def)) {
            return Some(by_hand());
        }
    }
    let TypeParent::Item(item) = hir[at].parent else { return None };
    let def = cx.program.def_of_item(file, item)?;
    if !matches!(hir[item].kind, ItemKind::TypeAlias { .. }) || !points_to_param(cx, def) {
        return None;
    }
    let param = hir[item].generics.params.iter().find(|param| param.default == Some(at))?;
    if at != ty || is_given_arguments(cx, def) {
        return Some(by_hand());
    }
    let session = cx.name(file, scope, "session::Session");
    let mut changes = vec![cx.replace(file, hir[ty].span, session)];
    changes.extend(without_pointers(cx, file, item, &param.name.text));
    Some(Outcome::safe(changes, "the type is `Session`, which is a handle itself"))
}

fn by_hand() -> Outcome {
    Outcome::report(
        "a generic alias puts a pointer around the state, and a `Session` has none",
        "take the pointer out of the alias, then run the tool again",
    )
}

/// The user's own alias that a written type names.
fn alias_of(cx: &Cx<'_>, file: FileIdx, ty: TypeId) -> Option<DefId> {
    let TypeKind::Path(path) = &cx.hir(file)[ty].kind else { return None };
    let found = cx.resolver.path(scope_of_type(cx.resolver, file, ty), path, Namespace::Type)?;
    match found.res {
        Res::Def(def) => (cx.program.def(def).kind == DefKind::TypeAlias && !cx.program.is_model(def)).then_some(def),
        Res::Extern(_) => None,
    }
}

fn points_to_param(cx: &Cx<'_>, alias: DefId) -> bool {
    match cx.program.item(alias).map(|item| &item.kind) {
        Some(ItemKind::TypeAlias { ty: Some(ty), .. }) => {
            is_generic_pointer(cx, &cx.resolver.lower(*ty, &cx.resolver.ty_scope(alias)))
        }
        _ => false,
    }
}

/// Whether an alias is ever given something else than its defaults.
fn is_given_arguments(cx: &Cx<'_>, alias: DefId) -> bool {
    cx.inferred.keys().any(|&file| {
        let hir = cx.hir(file);
        (0..hir.types.len() as u32).map(TypeId).any(|ty| {
            let TypeKind::Path(path) = &hir[ty].kind else { return false };
            let given = path.segments.last().is_some_and(|last| !matches!(last.args, GenericArgs::None));
            given && alias_of(cx, file, ty) == Some(alias)
        })
    })
}

/// The pointers around a parameter in an alias go.
fn without_pointers(cx: &Cx<'_>, file: FileIdx, alias: ItemId, param: &str) -> Vec<Change> {
    let hir = cx.hir(file);
    let around = hir[alias].span;
    let types = (0..hir.types.len() as u32).map(TypeId).filter(|&ty| around.contains(hir[ty].span));
    types
        .filter(|&ty| cx.text(file, hir[ty].span) == param)
        .filter_map(|ty| {
            let TypeParent::Type(outer) = hir[ty].parent else { return None };
            let TypeKind::Path(path) = &hir[outer].kind else { return None };
            let scope = scope_of_type(cx.resolver, file, outer);
            match cx.resolver.path(scope, path, Namespace::Type)?.res {
                Res::Def(def) if is_shared_pointer(cx.resolver, def) => Some(cx.replace(file, hir[outer].span, param)),
                _ => None,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{finding_at, migrated};
    use crate::finding::Level;

    const MADE: &str = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\n";

    #[test]
    fn a_pointer_around_a_parameter_goes_with_the_state() {
        let body = format!("type All<S = InferenceState> = Vec<Arc<S>>;\n{MADE}let all: All = vec![state];");
        assert!(migrated(&body).starts_with("type All<S = Session> = Vec<S>;\n"), "{}", migrated(&body));
        let body = format!("type Shared<T> = Arc<T>;\n{MADE}let one: Shared<InferenceState> = state;");
        assert!(migrated(&body).ends_with("let one: Session = state;"), "{}", migrated(&body));
    }

    #[test]
    fn an_alias_that_is_given_other_types_is_reported() {
        let body = format!("type All<S> = Vec<Arc<S>>;\n{MADE}let all: All<InferenceState> = vec![state];");
        assert_eq!(finding_at(&body, "InferenceState>").level, Level::Report);
    }
}
