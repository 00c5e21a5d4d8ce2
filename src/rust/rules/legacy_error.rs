//! `legacy-error`: `StateError` and `RunError` become `SessionError`.
//!
//! The texts of the errors are the same on both sides, so a binding that is only displayed may hold the new error.
//! The new enum is non-exhaustive, and a cancelled run is an error of its own in it.

use super::super::cx::Cx;
use super::super::flow::sub_patterns;
use super::super::hir::{Arm, ExprId, ExprKind, MacroContent, PatId, PatKind, PatParent, TypeId};
use super::super::index::{DefId, FileIdx};
use super::super::legacy::Tracked;
use super::super::outcome::Outcome;
use super::super::sites::Site;
use crate::rules::Trap;

const HELP: &str = "`SessionError`";

/// A written error type.
pub(crate) fn type_mention(cx: &Cx<'_>, file: FileIdx, ty: TypeId, scope: DefId) -> Outcome {
    let name = cx.name(file, scope, "session::SessionError");
    Outcome::safe(vec![cx.replace(file, cx.hir(file)[ty].span, name)], HELP)
}

/// An error as a value: `StateError::NotRunning`, `RunError::Engine(e)`.
pub(crate) fn value(cx: &Cx<'_>, site: &Site, expr: ExprId, variant: &str) -> Outcome {
    let file = site.file;
    let error = cx.name_at(file, expr, "session::SessionError");
    let span = cx.span(file, expr);
    match variant {
        "AlreadyRunning" | "NotRunning" if inside_state_value(cx, file, expr) => Outcome::safe(Vec::new(), HELP),
        "AlreadyRunning" => Outcome::safe(vec![cx.replace(file, span, format!("{error}::AlreadyActive"))], HELP),
        "NotRunning" => Outcome::safe(vec![cx.replace(file, span, format!("{error}::NoActive"))], HELP),
        "Engine" => Outcome::safe(vec![cx.replace(file, span, format!("{error}::Engine"))], HELP),
        _ => match call_of(cx, file, expr) {
            Some((call, arg)) => match variant_of_value(cx, file, arg) {
                Some(new) => {
                    Outcome::safe(vec![cx.replace(file, cx.span(file, call), format!("{error}::{new}"))], HELP)
                }
                None => Outcome::safe(super::super::text::unwrap_call(cx, file, call, arg), HELP),
            },
            None => Outcome::report(
                "`RunError::State` is used as a function",
                "the error itself: it is a `SessionError` already",
            ),
        },
    }
}

fn call_of(cx: &Cx<'_>, file: FileIdx, callee: ExprId) -> Option<(ExprId, ExprId)> {
    let call = cx.parent_expr(file, callee)?;
    match &cx.hir(file)[call].kind {
        ExprKind::Call { callee: own, args } if *own == callee => Some((call, *args.first()?)),
        _ => None,
    }
}

fn variant_of_value(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<&'static str> {
    match cx.legacy.variant(cx.value_def(file, expr)?)? {
        "AlreadyRunning" => Some("AlreadyActive"),
        "NotRunning" => Some("NoActive"),
        _ => None,
    }
}

fn inside_state_value(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let Some(call) = cx.parent_expr(file, expr) else { return false };
    match cx.hir(file)[call].kind {
        ExprKind::Call { callee, .. } => {
            cx.value_def(file, callee).and_then(|def| cx.legacy.variant(def)) == Some("State")
        }
        _ => false,
    }
}

/// An error in a pattern.
pub(crate) fn pattern(cx: &Cx<'_>, site: &Site, pat: PatId, variant: &str, scope: DefId) -> Outcome {
    let file = site.file;
    if inside_state_pattern(cx, file, pat) {
        return Outcome::safe(Vec::new(), HELP);
    }
    let closing = closing(cx, file, pat);
    if closing == Closing::Missing {
        return no_fallback();
    }
    let closes = closing == Closing::By(pat);
    let error = cx.name(file, scope, "session::SessionError");
    let text = match variant {
        "AlreadyRunning" | "NotRunning" if closes => Some("_".to_owned()),
        "AlreadyRunning" => Some(format!("{error}::AlreadyActive")),
        "NotRunning" => Some(format!("{error}::NoActive")),
        "State" => state_pattern(cx, file, pat, &error),
        _ if closes => closing_pattern(cx, file, pat),
        _ => return engine_pattern(cx, file, pat, &error),
    };
    match text {
        Some(text) => Outcome::safe(vec![cx.replace(file, cx.hir(file)[pat].span, text)], HELP),
        None => unreadable(),
    }
}

fn no_fallback() -> Outcome {
    Outcome::report(
        "the match names every legacy error, and the new error has more of them",
        "match `SessionError::AlreadyActive` or `NoActive` first and give the other errors one arm: `Err(error) => …`",
    )
    .because(Trap::ErrorIdentity, "`SessionError` is non-exhaustive")
}

fn inside_state_pattern(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> bool {
    let mut at = pat;
    while let PatParent::Pat(outer) = cx.hir(file)[at].parent {
        if variant_name(cx, file, outer) == Some("State") {
            return true;
        }
        at = outer;
    }
    false
}

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

fn state_pattern(cx: &Cx<'_>, file: FileIdx, pat: PatId, error: &str) -> Option<String> {
    let inner = part(cx, file, pat)?;
    match (&cx.hir(file)[inner].kind, variant_name(cx, file, inner)) {
        (_, Some("NotRunning")) => Some(format!("{error}::NoActive")),
        (_, Some("AlreadyRunning")) | (PatKind::Wild | PatKind::Rest, _) => Some(format!("{error}::AlreadyActive")),
        (PatKind::Bind { name, sub: None, .. }, None) if is_displayed_only(cx, file, inner) => {
            Some(format!("{} @ {error}::AlreadyActive", name.text))
        }
        _ => None,
    }
}

/// What the pattern of the last error arm becomes where no arm takes the errors that the match does not name.
fn closing_pattern(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> Option<String> {
    match &cx.hir(file)[part(cx, file, pat)?].kind {
        PatKind::Bind { name, .. } => Some(name.text.clone()),
        _ => Some("_".to_owned()),
    }
}

fn unreadable() -> Outcome {
    Outcome::report(
        "the error is taken apart in a way that has no equal",
        "match `SessionError::AlreadyActive`, `SessionError::Cancelled` and `SessionError::Engine(error)`",
    )
    .because(Trap::ErrorIdentity, "a cancelled run and a busy session are errors of their own now")
}

fn engine_pattern(cx: &Cx<'_>, file: FileIdx, pat: PatId, error: &str) -> Outcome {
    let span = cx.hir(file)[pat].span;
    let replaced = |text: String| Outcome::safe(vec![cx.replace(file, span, text)], HELP);
    let Some(inner) = part(cx, file, pat) else { return unreadable() };
    match &cx.hir(file)[inner].kind {
        PatKind::Wild | PatKind::Rest if is_bound_whole(cx, file, pat) => {
            replaced(format!("({error}::Engine(_) | {error}::Cancelled)"))
        }
        PatKind::Wild | PatKind::Rest => replaced(format!("{error}::Engine(_) | {error}::Cancelled")),
        PatKind::Bind { name, sub: None, .. } if is_displayed_only(cx, file, inner) => {
            replaced(format!("{} @ ({error}::Engine(_) | {error}::Cancelled)", name.text))
        }
        _ if is_cancelled(cx, file, inner) => replaced(format!("{error}::Cancelled")),
        _ => {
            let PatKind::TupleStruct { path, .. } = &cx.hir(file)[pat].kind else { return unreadable() };
            Outcome::safe(vec![cx.replace(file, path.span, format!("{error}::Engine"))], HELP).offered(
                Trap::ErrorIdentity,
                "a cancelled run was an engine's error and is `SessionError::Cancelled` now, which this pattern does not take",
            )
        }
    }
}

/// `name @ pattern` and `&pattern` bind more tightly than alternatives.
fn is_bound_whole(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> bool {
    match cx.hir(file)[pat].parent {
        PatParent::Pat(outer) => matches!(cx.hir(file)[outer].kind, PatKind::Bind { .. } | PatKind::Ref(_)),
        _ => false,
    }
}

fn is_cancelled(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> bool {
    cx.inferred(file)
        .pattern_defs
        .get(&pat)
        .is_some_and(|&def| cx.program.path_of(def) == "geppetto_runtime::engine::EngineError::Cancelled")
}

/// The arms of the match that a pattern stands in, and which of them it is.
fn arms_of<'a>(cx: &Cx<'a>, file: FileIdx, pat: PatId) -> Option<(&'a [Arm], usize)> {
    let hir = cx.hir(file);
    let mut top = pat;
    while let PatParent::Pat(outer) = hir[top].parent {
        top = outer;
    }
    let PatParent::Expr(expr) = hir[top].parent else { return None };
    match &hir[expr].kind {
        ExprKind::Match { arms, .. } => Some((arms, arms.iter().position(|arm| arm.pat == top)?)),
        _ => None,
    }
}

/// How a match takes the errors that it does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    /// It has an arm for them, or needs none.
    Open,
    /// Its last error arm can take them.
    By(PatId),
    /// Nothing can.
    Missing,
}

fn closing(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> Closing {
    let Some((arms, _)) = arms_of(cx, file, pat) else { return Closing::Open };
    let taken = arms
        .iter()
        .any(|arm| arm.guard.is_none() && tail_of(cx, file, arm.pat).iter().any(|&pat| takes_any_error(cx, file, pat)));
    if taken {
        return Closing::Open;
    }
    let Some(last) = arms.iter().rev().find(|arm| names_error(cx, file, arm.pat)) else { return Closing::Open };
    match (last.guard, tail_of(cx, file, last.pat).as_slice()) {
        (None, &[only]) if can_close(cx, file, only) => Closing::By(only),
        _ => Closing::Missing,
    }
}

/// Whether a pattern may take every error: what it binds, if anything, is only displayed.
fn can_close(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> bool {
    match variant_name(cx, file, pat) {
        Some("AlreadyRunning" | "NotRunning") => true,
        Some("Engine") => part(cx, file, pat).is_some_and(|inner| match cx.hir(file)[inner].kind {
            PatKind::Wild | PatKind::Rest => true,
            PatKind::Bind { sub: None, .. } => is_displayed_only(cx, file, inner),
            _ => false,
        }),
        _ => false,
    }
}

/// The alternatives of an arm's pattern, inside `Err(…)` and or-patterns.
fn tail_of(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> Vec<PatId> {
    let hir = cx.hir(file);
    match &hir[pat].kind {
        PatKind::Or(pats) => pats.iter().flat_map(|&pat| tail_of(cx, file, pat)).collect(),
        PatKind::TupleStruct { pats, .. } if variant_name(cx, file, pat).is_none() && pats.len() == 1 => {
            let is_err = cx
                .inferred(file)
                .pattern_defs
                .get(&pat)
                .is_some_and(|&def| cx.program.path_of(def) == "std::result::Result::Err");
            if is_err { tail_of(cx, file, pats[0]) } else { Vec::new() }
        }
        PatKind::Ref(inner) => tail_of(cx, file, *inner),
        _ => vec![pat],
    }
}

fn takes_any_error(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> bool {
    match cx.hir(file)[pat].kind {
        PatKind::Wild => true,
        PatKind::Bind { sub: None, .. } => !cx.inferred(file).pattern_defs.contains_key(&pat),
        _ => false,
    }
}

fn names_error(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> bool {
    variant_name(cx, file, pat).is_some()
        || sub_patterns(&cx.hir(file)[pat].kind).into_iter().any(|sub| names_error(cx, file, sub))
}

/// Whether a binding is only ever displayed: `{e}`, `{}`, `e.to_string()`.
fn is_displayed_only(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> bool {
    let inferred = cx.inferred(file);
    let captured = inferred.captures.iter().filter(|(_, own)| *own == pat).all(|(name, _)| {
        let after = &cx.source(file)[name.span.end as usize..];
        let spec = &after[..after.find('}').unwrap_or(0)];
        !spec.contains('?')
    });
    captured && cx.uses_of(file, pat).iter().all(|&use_| is_displayed(cx, file, use_))
}

/// Whether a use of an error only displays it.
fn is_displayed(cx: &Cx<'_>, file: FileIdx, use_: ExprId) -> bool {
    let hir = cx.hir(file);
    match cx.parent_expr(file, use_).map(|parent| (&hir[parent].kind, parent)) {
        Some((ExprKind::MethodCall { receiver, method, .. }, _)) => *receiver == use_ && method.text == "to_string",
        Some((ExprKind::Ref { .. }, parent)) => is_displayed(cx, file, parent),
        Some((ExprKind::Macro(call), _)) => {
            let MacroContent::Exprs(_) = &call.content else { return false };
            let name = call.path.segments.last().map_or("", |last| last.name.text.as_str());
            let formats = ["println", "print", "eprintln", "eprint", "format", "write", "writeln", "panic"];
            formats.contains(&name) && !cx.text(file, call.inner).contains('?')
        }
        _ => false,
    }
}

/// Where an error that changes its type is printed with `Debug`, which shows other names.
pub(crate) fn printed_for_debugging(cx: &Cx<'_>, file: FileIdx) -> Vec<ExprId> {
    let hir = cx.hir(file);
    let mut found = Vec::new();
    for id in (0..hir.exprs.len() as u32).map(ExprId) {
        let mentions = cx.legacy.mentioned(cx.ty(file, id));
        if !mentions.iter().any(|kind| matches!(kind, Tracked::RunError | Tracked::StateError)) {
            continue;
        }
        let Some(parent) = cx.parent_expr(file, id) else { continue };
        if let ExprKind::Macro(call) = &hir[parent].kind
            && cx.text(file, call.inner).contains(":?")
        {
            found.push(id);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::migrated;

    #[test]
    fn the_last_arm_of_an_exhaustive_match_takes_the_errors_it_does_not_name() {
        let body = "let session = Session::new(Arc::new(InferenceState::new(\"a\", None, engine)));\n\
                    match session.run_inference(&ctx, Some(Turn::builder().with_user_prompt(\"x\").build())).await {\n\
                    Ok(_) => {}\nErr(RunError::State(e)) => println!(\"busy: {e}\"),\nErr(RunError::Engine(e)) => println!(\"{e}\"),\n}";
        let after = migrated(body);
        assert!(
            after.contains("Err(e @ SessionError::AlreadyActive) => println!(\"busy: {e}\"),\nErr(e) => println!"),
            "{after}"
        );
    }
}
