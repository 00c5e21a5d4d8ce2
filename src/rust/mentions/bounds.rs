//! The state in bounds of generic parameters and in arguments of traits.

use super::super::cx::{Change, Cx};
use super::super::hir::{
    ExprId, ExprKind, GenericArgs, Hir, ItemId, ItemKind, Parent, Path, TypeId, TypeKind, TypeParent,
};
use super::super::index::{DefId, FileIdx};
use super::super::outcome::Outcome;
use super::super::resolve::{Namespace, Res};
use super::super::ty::Ty;
use super::top_of;

/// Traits of the standard library of which a session is as much as the state in its pointer was.
const KEPT: &[&str] = &[
    "AsRef",
    "Borrow",
    "Into",
    "From",
    "TryInto",
    "TryFrom",
    "Fn",
    "FnMut",
    "FnOnce",
    "AsyncFn",
    "AsyncFnMut",
    "AsyncFnOnce",
    "Iterator",
    "IntoIterator",
    "DoubleEndedIterator",
    "ExactSizeIterator",
    "Extend",
    "FromIterator",
    "Future",
    "IntoFuture",
    "Stream",
    "PartialEq",
];

/// The bound, or the trait of an implementation, in which a type stands, and the item it belongs to.
fn bound_around(hir: &Hir, ty: TypeId) -> Option<(&Path, Option<ItemId>)> {
    let span = hir[ty].span;
    let holds = |path: &&Path| path.span.contains(span);
    let mut at = ty;
    loop {
        match hir[at].parent {
            TypeParent::Type(outer) => {
                at = outer;
                if let TypeKind::ImplTrait(bounds) | TypeKind::DynTrait(bounds) = &hir[at].kind {
                    let item = match hir[top_of(hir, at)].parent {
                        TypeParent::Item(item) => Some(item),
                        _ => None,
                    };
                    // `dyn Trait` itself is no bound on anything.
                    return bounds.iter().filter(|path| path.span != span).find(holds).map(|path| (path, item));
                }
            }
            TypeParent::Item(item) => {
                let generics = &hir[item].generics;
                let params = generics.params.iter().flat_map(|param| &param.bounds);
                let predicates = generics.predicates.iter().flat_map(|(_, bounds)| bounds);
                let own: Vec<&Path> = match &hir[item].kind {
                    ItemKind::Impl { trait_path: Some(path), .. } => vec![path],
                    ItemKind::Trait { supertraits, .. } => supertraits.iter().collect(),
                    _ => Vec::new(),
                };
                return params.chain(predicates).chain(own).find(holds).map(|path| (path, Some(item)));
            }
            _ => return None,
        }
    }
}

fn is_deref(path: &Path) -> bool {
    path.segments.last().is_some_and(|last| matches!(last.name.text.as_str(), "Deref" | "DerefMut"))
}

/// The report for a bound that a session cannot satisfy, or of which nothing is known.
pub(super) fn verdict(cx: &Cx<'_>, file: FileIdx, ty: TypeId) -> Option<Outcome> {
    let (path, item) = bound_around(cx.hir(file), ty)?;
    if is_deref(path) {
        let is_safe = item.is_some_and(|item| is_given_handles(cx, file, item, path));
        return (!is_safe).then(|| {
            Outcome::report(
                "the bound asks for a pointer to the state, and a `Session` is no pointer",
                "ask for `AsRef<Session>` and call `as_ref()`, then run the tool again",
            )
        });
    }
    let name = path.segments.last().map_or("", |last| last.name.text.as_str());
    let scope = super::super::flow::scope_of_type(cx.resolver, file, ty);
    let is_own = match cx.resolver.path(scope, path, Namespace::Type).map(|found| found.res) {
        Some(Res::Def(def)) => !cx.program.is_model(def),
        _ => false,
    };
    (!is_own && !KEPT.contains(&name)).then(|| {
        Outcome::report(
            format!("the type is an argument of `{name}`, whose users the tool does not follow"),
            "ask for `&Session` instead, then run the tool again",
        )
    })
}

/// `Deref<Target = InferenceState>` becomes `AsRef<Session>`, and what was dereferenced calls `as_ref()`.
pub(super) fn dereferenced(cx: &Cx<'_>, file: FileIdx, ty: TypeId, scope: DefId) -> Option<Outcome> {
    let hir = cx.hir(file);
    let (path, item) = bound_around(hir, ty).filter(|(path, _)| is_deref(path))?;
    if !matches!(hir[item?].kind, ItemKind::Fn(_)) {
        return None;
    }
    let session = cx.name(file, scope, "session::Session");
    let mut changes = vec![cx.replace(file, path.span, format!("AsRef<{session}>"))];
    changes.extend(bounded_values(cx, file, item?, path).into_iter().filter_map(|value| as_ref(cx, file, value)));
    Some(Outcome::safe(changes, "`AsRef<Session>`"))
}

/// Expressions in a function whose type is the one that a bound is for.
fn bounded_values(cx: &Cx<'_>, file: FileIdx, item: ItemId, path: &Path) -> Vec<ExprId> {
    let hir = cx.hir(file);
    let ItemKind::Fn(function) = &hir[item].kind else { return Vec::new() };
    if let Some(name) = bounded_param(cx, file, item, path) {
        let around = hir[item].span;
        let exprs = (0..hir.exprs.len() as u32).map(ExprId);
        return exprs
            .filter(|&expr| around.contains(hir[expr].span) && *cx.ty(file, expr) == Ty::Param(name.clone()))
            .collect();
    }
    let params = function.params.iter().filter(|param| hir[param.ty].span.contains(path.span));
    params.flat_map(|param| cx.uses_of(file, param.pat).to_vec()).collect()
}

/// The generic parameter that a bound is for.
fn bounded_param(cx: &Cx<'_>, file: FileIdx, item: ItemId, path: &Path) -> Option<String> {
    let hir = cx.hir(file);
    let generics = &hir[item].generics;
    let is_it = |bounds: &[Path]| bounds.iter().any(|bound| bound.span == path.span);
    let declared = generics.params.iter().find(|param| is_it(&param.bounds)).map(|param| param.name.text.clone());
    declared.or_else(|| {
        let (ty, _) = generics.predicates.iter().find(|(_, bounds)| is_it(bounds))?;
        match &hir[*ty].kind {
            TypeKind::Path(path) => path.segments.last().map(|last| last.name.text.clone()),
            _ => None,
        }
    })
}

fn as_ref(cx: &Cx<'_>, file: FileIdx, value: ExprId) -> Option<Change> {
    let hir = cx.hir(file);
    let Parent::Expr(parent) = hir[value].parent else { return None };
    let is_looked_through = match &hir[parent].kind {
        ExprKind::MethodCall { receiver, method, .. } => *receiver == value && method.text != "clone",
        ExprKind::Deref(_) | ExprKind::Ref { .. } => true,
        _ => false,
    };
    is_looked_through.then(|| cx.insert(file, hir[value].span.end, ".as_ref()"))
}

/// Whether every caller of a function gives a handle, or a box around one, where a bound asks for a pointer.
fn is_given_handles(cx: &Cx<'_>, file: FileIdx, item: ItemId, path: &Path) -> bool {
    let hir = cx.hir(file);
    let (ItemKind::Fn(function), Some(def)) = (&hir[item].kind, cx.program.def_of_item(file, item)) else {
        return false;
    };
    let name = bounded_param(cx, file, item, path);
    let of_bound = |ty: TypeId| match (&name, &hir[ty].kind) {
        (Some(name), TypeKind::Path(path)) => path.segments.len() == 1 && path.segments[0].name.text == *name,
        _ => hir[ty].span.contains(path.span),
    };
    let places: Vec<usize> =
        function.params.iter().enumerate().filter(|(_, param)| of_bound(param.ty)).map(|(index, _)| index).collect();
    let is_written_so = path.segments.last().is_some_and(|last| matches!(last.args, GenericArgs::Angle { .. }));
    is_written_so
        && !places.is_empty()
        && function.self_param.is_none()
        && cx.callers(def).iter().all(|&(file, callee)| {
            let call = cx.parent_expr(file, callee).map(|parent| &cx.hir(file)[parent].kind);
            let Some(ExprKind::Call { callee: own, args }) = call else { return false };
            cx.peel_parens(file, *own) == callee
                && places.iter().all(|&place| args.get(place).is_some_and(|&arg| is_handle(cx, file, arg)))
        })
}

fn is_handle(cx: &Cx<'_>, file: FileIdx, arg: ExprId) -> bool {
    cx.handle(file, arg).is_some()
        || match cx.ty(file, arg) {
            Ty::Adt(def, args) => {
                cx.resolver.known("std::boxed::Box") == Some(*def)
                    && matches!(args.as_slice(), [inner] if cx.legacy.handle_of(cx.resolver, inner).is_some())
            }
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{finding_at, migrated};
    use crate::finding::Level;

    const MADE: &str = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\n";

    #[test]
    fn what_leads_to_the_state_leads_to_the_session() {
        let body =
            format!("fn g(s: impl AsRef<InferenceState>) -> bool {{ s.as_ref().is_running() }}\n{MADE}drop(g(state));");
        assert!(migrated(&body).starts_with("fn g(s: impl AsRef<Session>) -> bool { s.as_ref().is_running() }\n"));
    }

    #[test]
    fn what_dereferences_to_the_state_is_asked_for_the_session() {
        let body = format!(
            "fn g<S: std::ops::Deref<Target = InferenceState>>(s: S) {{ let _ = s.cancel_run(); }}\n{MADE}g(state);"
        );
        assert!(migrated(&body).starts_with("fn g<S: AsRef<Session>>(s: S) { let _ = s.as_ref().cancel_active(); }\n"));
    }

    #[test]
    fn a_guard_that_dereferences_to_the_state_is_reported() {
        let body = "fn g(s: impl std::ops::Deref<Target = InferenceState>) -> bool { s.is_running() }\n\
                    let state = std::sync::Mutex::new(InferenceState::new(\"a\", None, engine));\ndrop(g(state.lock().unwrap()));";
        assert_eq!(finding_at(body, "InferenceState>").level, Level::Report);
    }

    #[test]
    fn two_implementations_that_fall_together_are_reported() {
        let body = "trait Stop {}\nimpl Stop for InferenceState {}\nimpl Stop for Session {}\n";
        assert_eq!(finding_at(body, "InferenceState {}").level, Level::Report);
    }
}
