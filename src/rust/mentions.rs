//! Written types that change.

mod aliases;
mod bounds;

use super::cx::Cx;
use super::flow::scope_of_type;
use super::hir::{Hir, StmtKind, TypeId, TypeKind, TypeParent};
use super::index::DefId;
use super::legacy::Tracked;
use super::outcome::Outcome;
use super::resolve::{Namespace, Res};
use super::rules::{core_session, engine_options, inference_state, legacy_error};
use super::sites::Site;
use super::ty::Ty;
use super::unit::Survey;
use crate::rules::Trap;

/// What becomes of a written type.
pub(crate) fn mention(cx: &Cx<'_>, survey: &Survey, site: &Site, kinds: &[Tracked], ty: TypeId) -> Outcome {
    let scope = scope_of_type(cx.resolver, site.file, ty);
    if let Some(outcome) = collides(cx, survey, site, ty) {
        return outcome;
    }
    if let Some(&kind) = kinds.first().filter(|kind| legacy_error::is_error(**kind))
        && let Some(outcome) = legacy_error::downcasts::asked(cx, survey.errors.reach, site.file, ty, kind, scope)
    {
        return outcome;
    }
    if let Some(outcome) = unfollowed_type(cx, site, kinds, ty) {
        return outcome;
    }
    if let Some(outcome) = aliases::generic(cx, site.file, ty, scope) {
        return outcome;
    }
    if let Some(outcome) = bounds::dereferenced(cx, site.file, ty, scope) {
        return outcome;
    }
    if is_alias_mention(cx, site, scope, ty) {
        return Outcome::safe(Vec::new(), "the alias stands for `Session`");
    }
    match kinds.first() {
        Some(Tracked::State | Tracked::CoreSession) => {
            inference_state::type_mention(cx, site.file, ty, scope, survey.claims_by_hand)
        }
        Some(Tracked::StateError | Tracked::RunError) => legacy_error::type_mention(cx, site.file, ty, scope),
        Some(Tracked::Persister) => core_session::persister::type_mention(cx, site.file, ty),
        _ => engine_options::flow(),
    }
}

/// The report for an implementation that another one falls together with.
fn collides(cx: &Cx<'_>, survey: &Survey, site: &Site, ty: TypeId) -> Option<Outcome> {
    let hir = cx.hir(site.file);
    let TypeParent::Item(item) = hir[top_of(hir, ty)].parent else { return None };
    let def = cx.program.def_of_item(site.file, item)?;
    let &other = survey.collisions.get(&def)?;
    if legacy_error::conversions::are_merged(&survey.errors.conversions, &[def, other]) {
        return None;
    }
    let place = cx.program.item(other).map(|item| cx.place(cx.program.def(other).file, item.span))?;
    Some(Outcome::report(
        format!("this implementation and the one at {place} are for one type now"),
        "keep one of the two, then run the tool again",
    ))
}

/// The report for a type where the tool does not see which values are meant: a `let` that says the type of an expression
/// it knows nothing of, a bound that asks for something a session is not.
fn unfollowed_type(cx: &Cx<'_>, site: &Site, kinds: &[Tracked], ty: TypeId) -> Option<Outcome> {
    let hir = cx.hir(site.file);
    match hir[top_of(hir, ty)].parent {
        TypeParent::Stmt(stmt) => match hir[stmt].kind {
            StmtKind::Let { init: Some(init), .. } if *cx.ty(site.file, init) == Ty::Unknown => {
                let report = Outcome::report(
                    "the value comes from an expression whose type the tool does not know",
                    "change it by hand where the value is made, then run the tool again",
                );
                Some(report.because(Trap::ErrorIdentity, "it may be asked for its type there"))
            }
            _ => None,
        },
        _ if kinds.iter().all(|&kind| legacy_error::is_error(kind)) => None,
        _ => bounds::verdict(cx, site.file, ty),
    }
}

/// A type that is named through an alias of the user's keeps the alias.
fn is_alias_mention(cx: &Cx<'_>, site: &Site, scope: DefId, ty: TypeId) -> bool {
    let TypeKind::Path(path) = &cx.hir(site.file)[ty].kind else { return false };
    match cx.resolver.path(scope, path, Namespace::Type).map(|found| found.res) {
        Some(Res::Def(def)) => !cx.program.is_model(def),
        _ => false,
    }
}

/// The whole type that a written type is a part of.
fn top_of(hir: &Hir, ty: TypeId) -> TypeId {
    let mut top = ty;
    while let TypeParent::Type(outer) = hir[top].parent {
        top = outer;
    }
    top
}
