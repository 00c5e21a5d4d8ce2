//! The persister: another trait of the same name, which is not told the run id any more.

use super::super::super::cx::{Change, Cx};
use super::super::super::flow::scope_of_type;
use super::super::super::hir::{
    ExprId, ExprKind, FnItem, ItemId, ItemKind, PatId, PatKind, Path, Span, TypeId, TypeKind,
};
use super::super::super::index::{DefId, FileIdx};
use super::super::super::legacy::Tracked;
use super::super::super::outcome::Outcome;
use super::super::super::resolve::{Namespace, Res};
use super::super::super::sites::arguments;
use super::super::super::text::delete_argument;
use super::super::super::ty::Ty;
use super::super::super::unit::Facts;
use crate::rules::Trap;

const TRAIT: &str = "builder::TurnPersister";

fn is_trait(cx: &Cx<'_>, scope: DefId, path: &Path) -> bool {
    let found = cx.resolver.path(scope, path, Namespace::Type).map(|found| found.res);
    matches!(found, Some(Res::Def(def)) if cx.legacy.kind(def) == Some(Tracked::Persister))
}

/// Whether a function is the program's own implementation of `persist_turn`.
pub(crate) fn is_persist_turn(cx: &Cx<'_>, def: DefId) -> bool {
    let data = cx.program.def(def);
    let owner = data.parent.filter(|_| data.name == "persist_turn");
    let path = owner.and_then(|owner| match &cx.program.item(owner)?.kind {
        ItemKind::Impl { trait_path, .. } => trait_path.as_ref().map(|path| (owner, path)),
        _ => None,
    });
    path.is_some_and(|(owner, path)| is_trait(cx, cx.resolver.ty_scope(owner).scope, path))
}

/// The trait in a type: `Arc<dyn TurnPersister>`.
pub(crate) fn type_mention(cx: &Cx<'_>, file: FileIdx, ty: TypeId) -> Outcome {
    let scope = scope_of_type(cx.resolver, file, ty);
    let (TypeKind::DynTrait(bounds) | TypeKind::ImplTrait(bounds)) = &cx.hir(file)[ty].kind else {
        return unreadable();
    };
    let paths = bounds.iter().filter(|path| is_trait(cx, scope, path));
    let changes = paths.map(|path| cx.replace(file, path.span, cx.name(file, scope, TRAIT))).collect();
    Outcome::safe(changes, "the builder's trait of that name")
}

fn unreadable() -> Outcome {
    Outcome::report(
        "the persister's trait is named in a way that the tool does not know",
        "implement `geppetto_runtime::builder::TurnPersister` and give it to the builder with `with_persister`; the run id \
         is `session_id(ctx)`",
    )
    .because(Trap::PersistSignature, "it no longer receives the run id")
}

/// The trait in a bound, or implemented.
pub(crate) fn bound(cx: &Cx<'_>, facts: &Facts, file: FileIdx, item: ItemId, span: Span) -> Outcome {
    let scope = cx.program.scope_of_item(file, item);
    let mut changes = vec![cx.replace(file, span, cx.name(file, scope, TRAIT))];
    let ItemKind::Impl { trait_path: Some(path), items, .. } = &cx.hir(file)[item].kind else {
        return Outcome::safe(changes, "the builder's trait of that name");
    };
    let functions = items.iter().filter_map(|&item| match &cx.hir(file)[item].kind {
        ItemKind::Fn(function) => Some((item, function)),
        _ => None,
    });
    let (Some((id, function)), true) = (functions.last(), path.span == span) else {
        return Outcome::safe(changes, "the builder's trait of that name");
    };
    let Some(reads_id) = without_run_id(cx, file, id, function, &mut changes) else { return unreadable() };
    let mut outcome = Outcome::safe(changes, "the builder's trait of that name; the run id is `session_id(ctx)`")
        .because(Trap::PersistSignature, "it no longer receives the run id, which the context tells");
    if holds_state(cx, file, item) {
        outcome = outcome.reserved("it is told of a turn before the session that it holds shows it");
    }
    match reads_id && facts.adopts_ids {
        true => outcome
            .offered(Trap::LostRunId, "this package names the id in turns' metadata, which a run no longer adopts"),
        false => outcome,
    }
}

/// Whether what implements the trait holds a state or core session itself.
fn holds_state(cx: &Cx<'_>, file: FileIdx, item: ItemId) -> bool {
    let ItemKind::Impl { self_ty, .. } = cx.hir(file)[item].kind else { return false };
    let Some(def) = cx.program.def_of_item(file, item) else { return true };
    let Ty::Adt(owner, args) = cx.resolver.lower(self_ty, &cx.resolver.ty_scope(def)) else { return true };
    let holds = |kind: &Tracked| matches!(kind, Tracked::State | Tracked::CoreSession);
    cx.resolver.field_types(owner, &args).iter().any(|(_, ty, _)| cx.legacy.mentioned(ty).iter().any(holds))
}

/// Takes the run id out of a signature and, where the body reads it, gets it from the context; whether it does.
fn without_run_id(
    cx: &Cx<'_>,
    file: FileIdx,
    item: ItemId,
    function: &FnItem,
    changes: &mut Vec<Change>,
) -> Option<bool> {
    let hir = cx.hir(file);
    let [ctx, run_id, turn] = function.params.as_slice() else { return None };
    changes.push(cx.replace(file, Span { start: run_id.span.start, end: turn.span.start }, ""));
    let name = named(cx, file, run_id.pat);
    if !reads_run_id(cx, file, function) {
        return name.map(|_| false);
    }
    let body = hir[function.body?].span;
    let context = match named(cx, file, ctx.pat)? {
        name if !name.starts_with('_') => name.to_owned(),
        _ if reads(cx, file, ctx.pat) || cx.binds_name(file, function.body?, "ctx", &[ctx.pat]) => return None,
        _ => {
            changes.push(cx.replace(file, hir[ctx.pat].span, "ctx"));
            "ctx".to_owned()
        }
    };
    let scope = cx.program.scope_of_item(file, item);
    let session_id = cx.name(file, scope, "session::session_id");
    let source = &cx.program.unit(file).source;
    let indent = source.indent_at(hir[item].span.start as usize);
    let line =
        format!("{}{indent}    let {}: &str = &{session_id}({context}).unwrap_or_default();", source.newline(), name?);
    changes.push(cx.insert(file, body.start + 1, line));
    Some(true)
}

/// Whether the body does more with the run id than to hand it on with the context.
fn reads_run_id(cx: &Cx<'_>, file: FileIdx, function: &FnItem) -> bool {
    let [ctx, run_id, _] = function.params.as_slice() else { return true };
    let is_handed_on = |use_: ExprId| {
        let call = cx.parent_expr(file, use_).filter(|&call| is_call(cx, file, call));
        call.is_some_and(|call| hands_on(cx, file, call, ctx.pat, run_id.pat))
    };
    let captured = cx.inferred(file).captures.iter().any(|(_, own)| *own == run_id.pat);
    captured || !cx.uses_of(file, run_id.pat).iter().all(|&use_| is_handed_on(use_))
}

/// Whether an expression calls `persist_turn` of the trait or of an implementation.
fn is_call(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let def = cx.inferred(file).methods.get(&expr);
    def.is_some_and(|&def| cx.legacy.method(def) == Some("persist_turn") || is_persist_turn(cx, def))
}

fn hands_on(cx: &Cx<'_>, file: FileIdx, call: ExprId, ctx: PatId, run_id: PatId) -> bool {
    let &[given_ctx, given_id, _] = arguments(cx, file, call) else { return false };
    cx.local(file, given_ctx) == Some(ctx) && cx.local(file, given_id) == Some(run_id)
}

/// Whether a call inside an implementation hands on what that was given.
fn is_handed_on(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> bool {
    let owner = cx.function_of(file, call);
    let own = cx.program.def_of_item(file, owner).is_some_and(|def| is_persist_turn(cx, def));
    match &cx.hir(file)[owner].kind {
        ItemKind::Fn(function) if own => match function.params.as_slice() {
            [ctx, run_id, _] => hands_on(cx, file, call, ctx.pat, run_id.pat),
            _ => false,
        },
        _ => false,
    }
}

fn reads(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> bool {
    !cx.uses_of(file, pat).is_empty() || cx.inferred(file).captures.iter().any(|(_, own)| *own == pat)
}

fn named<'a>(cx: &Cx<'a>, file: FileIdx, pat: PatId) -> Option<&'a str> {
    match &cx.hir(file)[pat].kind {
        PatKind::Wild => Some("_"),
        _ => cx.bound_name(file, pat),
    }
}

/// Whether some implementation of the trait reads the run id, which then must be told.
pub(crate) fn reads_id(cx: &Cx<'_>, file: FileIdx, item: ItemId) -> bool {
    let ItemKind::Impl { items, .. } = &cx.hir(file)[item].kind else { return false };
    items.iter().any(|&item| match &cx.hir(file)[item].kind {
        ItemKind::Fn(function) => reads_run_id(cx, file, function),
        _ => false,
    })
}

/// `persister.persist_turn(ctx, run_id, turn)`, called by the program.
pub(crate) fn call(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> Outcome {
    let (&[ctx, run_id, _], ExprKind::MethodCall { args, .. }) = (arguments(cx, file, call), &cx.hir(file)[call].kind)
    else {
        return unreadable();
    };
    // The method is called on what the new trait is in scope for.
    let _ = cx.name_at(file, call, TRAIT);
    if is_handed_on(cx, file, call) {
        return Outcome::safe(vec![delete_argument(cx, file, args, 1)], "the context tells the run id");
    }
    let meta = cx.name_at(file, call, "session::with_session_meta");
    let id = cx.expr_text(file, run_id);
    let span = cx.span(file, ctx);
    let changes = vec![
        cx.insert(file, span.start, format!("&{meta}(")),
        cx.insert(file, span.end, format!(", {id}, \"\")")),
        delete_argument(cx, file, args, 1),
    ];
    Outcome::safe(changes, "the context tells the run id: `with_session_meta(&ctx, run_id, \"\")`")
        .because(Trap::PersistSignature, "it no longer receives the run id, which the context tells")
}
