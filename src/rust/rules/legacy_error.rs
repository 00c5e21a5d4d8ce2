//! `legacy-error`: `StateError` and `RunError` become `SessionError`.
//!
//! The texts of the errors are the same on both sides, so a binding that is only displayed may hold the new error.
//! The new enum is non-exhaustive. An engine's error is what it was, a cancelled run's too.

pub(crate) mod conversions;
mod copies;
pub(crate) mod downcasts;
mod engine;
mod exhaustive;
mod patterns;
pub(crate) mod survey;
mod uses;
mod values;

use super::super::cx::Cx;
use super::super::hir::{PatId, PatKind, TypeId};
use super::super::index::{DefId, FileIdx};
use super::super::legacy::Tracked;
use super::super::outcome::Outcome;
use super::super::ty::Ty;

pub(crate) use patterns::pattern;
pub(crate) use uses::use_of;
pub(crate) use values::{path, value};

const HELP: &str = "`SessionError`";

/// A written error type.
pub(crate) fn type_mention(cx: &Cx<'_>, file: FileIdx, ty: TypeId, scope: DefId) -> Outcome {
    if copies::is_in_copy_type(cx, file, ty) {
        return Outcome::report(
            "the type around it is `Copy`, and a `SessionError` is not",
            "take `Copy` off that type and clone where it was copied, then run the tool again",
        );
    }
    let name = cx.name(file, scope, "session::SessionError");
    Outcome::safe(vec![cx.replace(file, cx.hir(file)[ty].span, name)], HELP)
}

/// The legacy error that a type is, behind references.
pub(crate) fn error_of(cx: &Cx<'_>, ty: &Ty) -> Option<Tracked> {
    match ty.peeled() {
        Ty::Adt(def, _) => cx.legacy.kind(*def).filter(|kind| is_error(*kind)),
        _ => None,
    }
}

pub(crate) fn is_error(kind: Tracked) -> bool {
    matches!(kind, Tracked::StateError | Tracked::RunError)
}

fn mentions(cx: &Cx<'_>, ty: &Ty, kind: Tracked) -> bool {
    ty.any(&mut |part| matches!(part, Ty::Adt(def, _) if cx.legacy.kind(*def) == Some(kind)))
}

/// The error type of a `Result`.
fn error_type(cx: &Cx<'_>, ty: &Ty) -> Option<Ty> {
    match ty.peeled() {
        Ty::Adt(def, args) if cx.resolver.known("std::result::Result") == Some(*def) => args.get(1).cloned(),
        _ => None,
    }
}

/// The legacy variant that a pattern names.
fn variant_name(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> Option<&'static str> {
    cx.legacy.variant(*cx.inferred(file).pattern_defs.get(&pat)?)
}

/// The one part of `Variant(part)`.
fn part(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> Option<PatId> {
    match &cx.hir(file)[pat].kind {
        PatKind::TupleStruct { pats, .. } => match pats.as_slice() {
            [only] => Some(*only),
            _ => None,
        },
        _ => None,
    }
}
