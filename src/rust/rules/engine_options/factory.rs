//! The legacy factory trait: its implementations and callers get the new signature together.

use super::super::super::cx::{Change, Cx};
use super::super::super::flow::{self, scope_of_type};
use super::super::super::hir::{ExprId, ExprKind, ItemId, ItemKind, PatId, PatKind, Path, Span, TypeId, TypeKind};
use super::super::super::index::{DefId, FileIdx};
use super::super::super::infer::ValueRes;
use super::super::super::legacy::Tracked;
use super::super::super::resolve::{Namespace, Res};
use super::super::super::text::delete_from_list;
use super::super::engine_sink::is_construction_argument;
use super::sinks::sink_type;

const TRAIT: &str = "engine::factory::EngineFactory";
const STANDARD: &str = "engine::factory::StandardEngineFactory";

/// An implementation of the legacy trait, and what it does with its options.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Maker {
    pub(crate) method: DefId,
    pub(crate) file: FileIdx,
    /// The name of the options, where the body uses them.
    pub(crate) options: Option<PatId>,
    /// Whether it gives them to an engine and does nothing else with them.
    pub(crate) attaches: bool,
    /// Whether its body does more with them, as counting them, and then does so with none.
    pub(crate) looks: bool,
}

/// Whether a function is the `create_engine` of an implementation of the legacy trait.
pub(crate) fn implements_factory(cx: &Cx<'_>, def: DefId) -> bool {
    let Some(owner) = cx.program.def(def).parent else { return false };
    let Some(ItemKind::Impl { trait_path: Some(path), .. }) = cx.program.item(owner).map(|item| &item.kind) else {
        return false;
    };
    let scope = cx.resolver.ty_scope(owner).scope;
    let found = cx.resolver.path(scope, path, Namespace::Type).map(|found| found.res);
    matches!(found, Some(Res::Def(declared)) if cx.resolver.known(flow::FACTORY) == Some(declared))
}

/// The implementations in the program.
pub(crate) fn makers(cx: &Cx<'_>) -> Vec<Maker> {
    let methods = cx.program.impls.iter().flat_map(|block| &block.methods).copied();
    methods
        .filter(|&def| !cx.program.is_model(def) && implements_factory(cx, def))
        .filter_map(|def| maker(cx, def))
        .collect()
}

fn maker(cx: &Cx<'_>, method: DefId) -> Option<Maker> {
    let file = cx.program.def(method).file;
    let pat = cx.program.fn_item(method)?.params.get(1)?.pat;
    let is_named = matches!(cx.hir(file)[pat].kind, PatKind::Bind { sub: None, .. });
    let uses = cx.uses_of(file, pat);
    let attaches = matches!(uses, [only] if is_construction_argument(cx, file, *only));
    let looks = !uses.iter().all(|&use_| is_construction_argument(cx, file, use_));
    Some(Maker { method, file, options: (is_named && !uses.is_empty()).then_some(pat), attaches, looks })
}

/// Takes the options out of an implementation's signature; where its body looks at them, it has none.
pub(crate) fn signature(cx: &Cx<'_>, maker: &Maker) -> Vec<Change> {
    let Some(function) = cx.program.fn_item(maker.method) else { return Vec::new() };
    let file = maker.file;
    let own = function.self_param.as_ref().map(|own| own.span);
    let spans: Vec<Span> = own.into_iter().chain(function.params.iter().map(|param| param.span)).collect();
    let mut changes = vec![delete_from_list(cx, file, &spans, spans.len() - 1)];
    let Some(options) = maker.options else { return changes };
    if let (true, Some(body)) = (maker.looks, function.body) {
        let hir = cx.hir(file);
        let ExprKind::Block { stmts, .. } = &hir[body].kind else { return changes };
        let Some(&first) = stmts.first() else { return changes };
        let (Some(name), start) = (cx.bound_name(file, options), hir[first].span.start) else { return changes };
        let mutable = matches!(hir[options].kind, PatKind::Bind { mutable: true, .. });
        let ty = sink_type(cx, file, cx.program.scope_of_expr(file, body));
        let source = &cx.program.unit(file).source;
        let line = format!(
            "let {}{name}: Vec<{ty}> = Vec::new();{}{}",
            if mutable { "mut " } else { "" },
            source.newline(),
            source.indent_at(start as usize)
        );
        changes.push(cx.insert(file, start, line));
    }
    changes
}

/// Names the new trait where a bound or an impl names the legacy one.
pub(crate) fn bound(cx: &Cx<'_>, file: FileIdx, item: ItemId, span: Span) -> Change {
    let scope = cx.program.scope_of_item(file, item);
    cx.replace(file, span, cx.name(file, scope, TRAIT))
}

/// Whether a written type names the trait or the standard factory.
pub(crate) fn names_factory(cx: &Cx<'_>, file: FileIdx, ty: TypeId) -> bool {
    flow::type_mention(cx.resolver, cx.legacy, file, ty).contains(&Tracked::Factory)
}

/// Names the new trait, or the new standard factory, in a written type.
pub(crate) fn type_mention(cx: &Cx<'_>, file: FileIdx, ty: TypeId) -> Vec<Change> {
    let scope = scope_of_type(cx.resolver, file, ty);
    let paths: Vec<&Path> = match &cx.hir(file)[ty].kind {
        TypeKind::Path(path) => vec![path],
        TypeKind::DynTrait(bounds) | TypeKind::ImplTrait(bounds) => bounds.iter().collect(),
        _ => Vec::new(),
    };
    paths.into_iter().filter_map(|path| renamed(cx, file, scope, path)).collect()
}

/// Names the new standard factory in a value, or the new trait in `EngineFactory::create_engine`.
pub(crate) fn value(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<Change> {
    let hir = cx.hir(file);
    let path = match &hir[expr].kind {
        ExprKind::Path(path) if cx.local(file, expr).is_none() => path,
        ExprKind::Struct { path, .. } => path,
        ExprKind::Call { callee, .. } => match &hir[*callee].kind {
            ExprKind::Path(path) if !matches!(cx.inferred(file).values.get(callee), Some(ValueRes::Local(_))) => path,
            _ => return None,
        },
        _ => return None,
    };
    renamed(cx, file, cx.program.scope_of_expr(file, expr), path)
}

/// The part of a path that names the trait or the standard factory, under its new name.
fn renamed(cx: &Cx<'_>, file: FileIdx, scope: DefId, path: &Path) -> Option<Change> {
    if path.qself.is_some() {
        return None;
    }
    let names: Vec<&str> = path.segments.iter().map(|segment| segment.name.text.as_str()).collect();
    let found = [Namespace::Type, Namespace::Value].iter().find_map(|&namespace| {
        let found = cx.resolver.names(scope, &names, path.leading_colon, namespace)?;
        match found.res {
            Res::Def(def) if cx.legacy.kind(def) == Some(Tracked::Factory) => Some((def, found.used)),
            _ => None,
        }
    });
    let (def, used) = found?;
    let new = if cx.resolver.known(flow::FACTORY) == Some(def) { TRAIT } else { STANDARD };
    let first = path.segments.first()?.name.span;
    let span =
        Span { start: path.span.start.min(first.start), end: path.segments.get(used.checked_sub(1)?)?.name.span.end };
    Some(cx.replace(file, span, cx.name(file, scope, new)))
}

/// A call of the trait's method needs the new trait in its scope.
pub(crate) fn caller(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> Option<Change> {
    match &cx.hir(file)[call].kind {
        ExprKind::MethodCall { method, .. } => {
            let is_short = !cx.name_at(file, call, TRAIT).contains("::");
            is_short.then(|| cx.replace(file, method.span, method.text.as_str()))
        }
        _ => value(cx, file, call),
    }
}

/// Whether code that is not read may implement or call the trait.
pub(crate) fn is_named_unread(cx: &Cx<'_>) -> bool {
    let names = ["EngineFactory", "create_engine"];
    cx.inferred.keys().any(|&file| {
        let source = cx.source(file);
        cx.hir(file).opaque.iter().any(|span| names.iter().any(|name| source[span.range()].contains(name)))
    })
}
