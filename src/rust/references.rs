//! Every path of a file that leads into the legacy crate, and through which import.

use std::collections::BTreeSet;

use super::cx::Cx;
use super::flow::scope_of_type;
use super::hir::{ExprId, ExprKind, ItemId, ItemKind, PatId, PatKind, Path, Span, TypeId, TypeKind};
use super::index::{DefId, DefKind, FileIdx, ImportId};
use super::legacy::Tracked;
use super::resolve::{Namespace, Res, Resolution};

/// One path that names something of the legacy crate, or something shared through it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reference {
    pub(crate) file: FileIdx,
    /// From the first segment to the segment that names `def`.
    pub(crate) span: Span,
    pub(crate) scope: DefId,
    pub(crate) def: DefId,
    /// The import that binds the first segment; `None` for paths that begin with the crate's own name.
    pub(crate) import: Option<ImportId>,
    /// All imports that the path leads through.
    pub(crate) trail: Vec<ImportId>,
    /// The segments behind the first.
    pub(crate) rest: Vec<String>,
}

/// References of one file, in source order.
pub(crate) fn in_file(cx: &Cx<'_>, file: FileIdx) -> Vec<Reference> {
    let hir = cx.hir(file);
    let mut out = Vec::new();
    for index in 0..hir.exprs.len() {
        let id = ExprId(index as u32);
        let path = match &hir[id].kind {
            ExprKind::Path(path) if cx.inferred(file).local(id).is_none() => path,
            ExprKind::Struct { path, .. } => path,
            _ => continue,
        };
        out.extend(resolve(cx, file, cx.program.scope_of_expr(file, id), path));
    }
    for index in 0..hir.types.len() {
        let id = TypeId(index as u32);
        let scope = scope_of_type(cx.resolver, file, id);
        match &hir[id].kind {
            TypeKind::Path(path) => out.extend(resolve(cx, file, scope, path)),
            TypeKind::DynTrait(bounds) | TypeKind::ImplTrait(bounds) => {
                out.extend(bounds.iter().filter_map(|bound| resolve(cx, file, scope, bound)));
            }
            _ => {}
        }
    }
    for index in 0..hir.pats.len() {
        out.extend(in_pattern(cx, file, PatId(index as u32)));
    }
    for index in 0..hir.items.len() {
        in_item(cx, file, ItemId(index as u32), &mut out);
    }
    implicit(cx, file, &mut out);
    out.sort_by_key(|reference| reference.span);
    out.dedup();
    out
}

fn in_pattern(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> Option<Reference> {
    let hir = cx.hir(file);
    let scope = || cx.program.scope_of_pat(file, pat);
    match &hir[pat].kind {
        PatKind::Path(path) | PatKind::TupleStruct { path, .. } | PatKind::Struct { path, .. } => {
            resolve(cx, file, scope(), path)
        }
        PatKind::Bind { name, .. } if cx.inferred(file).pattern_defs.contains_key(&pat) => {
            let found = found(cx, scope(), &[name.text.as_str()])?;
            reference(cx, file, name.span, scope(), found, Vec::new())
        }
        _ => None,
    }
}

fn in_item(cx: &Cx<'_>, file: FileIdx, id: ItemId, out: &mut Vec<Reference>) {
    let item = &cx.hir(file)[id];
    let scope = match &item.kind {
        ItemKind::Use(_) | ItemKind::ExternCrate { .. } => return,
        _ => cx.program.scope_of_item(file, id),
    };
    let mut paths: Vec<&Path> = Vec::new();
    match &item.kind {
        ItemKind::Impl { trait_path: Some(path), .. } => paths.push(path),
        ItemKind::Trait { supertraits, .. } => paths.extend(supertraits),
        ItemKind::TypeAlias { bounds, .. } => paths.extend(bounds),
        _ => {}
    }
    paths.extend(item.generics.params.iter().flat_map(|param| &param.bounds));
    paths.extend(item.generics.predicates.iter().flat_map(|(_, bounds)| bounds));
    out.extend(paths.into_iter().filter_map(|path| resolve(cx, file, scope, path)));
}

/// Traits whose methods are called need their import although no path names them. The reference stands at the receiver,
/// that to the factory trait at the method's name: the receiver may name the factory itself.
fn implicit(cx: &Cx<'_>, file: FileIdx, out: &mut Vec<Reference>) {
    for (&call, &method) in &cx.inferred(file).methods {
        let Some(owner) = cx.program.def(method).parent else { continue };
        let ExprKind::MethodCall { receiver, method: called, args, .. } = &cx.hir(file)[call].kind else { continue };
        if cx.program.def(owner).kind != DefKind::Trait || !cx.program.is_model(owner) {
            continue;
        }
        let scope = cx.program.scope_of_expr(file, call);
        let name = cx.program.def(owner).name.clone();
        let named = found(cx, scope, &[&name]).filter(|found| found.res == Res::Def(owner));
        if let Some(found) = named.or_else(|| unnamed(cx, file, owner)) {
            // A persister's run id goes with the legacy trait.
            let place = match (cx.legacy.kind(owner), args.get(1)) {
                (Some(Tracked::Factory), _) => called.span,
                (Some(Tracked::Persister), Some(&run_id)) => cx.span(file, run_id),
                _ => cx.span(file, *receiver),
            };
            out.extend(reference(cx, file, place, scope, found, Vec::new()));
        }
    }
}

/// The `use … as _` of a file that brings a trait's methods.
fn unnamed(cx: &Cx<'_>, file: FileIdx, owner: DefId) -> Option<Resolution> {
    let mut imports = cx.program.imports.iter().zip((0..).map(ImportId));
    let (_, import) = imports.find(|(data, import)| {
        data.file == file && data.rename.as_deref() == Some("_") && target(cx, *import) == Some(owner)
    })?;
    Some(Resolution { res: Res::Def(owner), used: 1, import: Some(import), trail: vec![import] })
}

fn found(cx: &Cx<'_>, scope: DefId, names: &[&str]) -> Option<Resolution> {
    let namespaces = [Namespace::Value, Namespace::Type];
    namespaces.iter().find_map(|&namespace| cx.resolver.names(scope, names, false, namespace))
}

fn resolve(cx: &Cx<'_>, file: FileIdx, scope: DefId, path: &Path) -> Option<Reference> {
    let first = path.segments.first()?;
    if path.qself.is_some() || first.name.text == "Self" {
        return None;
    }
    let names: Vec<&str> = path.segments.iter().map(|segment| segment.name.text.as_str()).collect();
    let mut best = [Namespace::Value, Namespace::Type]
        .iter()
        .filter_map(|&namespace| cx.resolver.names(scope, &names, path.leading_colon, namespace))
        .filter(|found| matches!(found.res, Res::Def(_)))
        .max_by_key(|found| found.used)?;
    let Res::Def(mut def) = best.res else { return None };
    let mut used = best.used;
    // A variant is named by its enum, which is what moves.
    if matches!(cx.program.def(def).kind, DefKind::Variant(_)) && used > 1 {
        def = cx.program.def(def).parent?;
        used -= 1;
    }
    let span = Span { start: first.name.span.start, end: path.segments[used - 1].name.span.end };
    let rest = names[1..used].iter().map(|name| (*name).to_owned()).collect();
    best.res = Res::Def(def);
    reference(cx, file, span, scope, best, rest)
}

fn reference(
    cx: &Cx<'_>,
    file: FileIdx,
    span: Span,
    scope: DefId,
    found: Resolution,
    rest: Vec<String>,
) -> Option<Reference> {
    let Res::Def(def) = found.res else { return None };
    let krate = cx.program.krate(cx.program.def(def).krate);
    let relevant = krate.model && matches!(krate.name.as_str(), "geppetto" | "geppetto_runtime");
    let through_legacy = match found.import {
        Some(_) => found.trail.iter().any(|&import| leads_through_legacy(cx, import)),
        None => names_legacy_crate(cx, file, span, scope) || cx.legacy.is_legacy(cx.program, def),
    };
    let Resolution { import, trail, .. } = found;
    (relevant && through_legacy).then_some(Reference { file, span, scope, def, import, trail, rest })
}

/// The imports that some imports lead through, themselves included.
pub(crate) fn closure(cx: &Cx<'_>, imports: impl IntoIterator<Item = ImportId>) -> BTreeSet<ImportId> {
    closure_up_to(cx, imports, |_| false)
}

/// Like [`closure`], without what those imports lead through that `ends` says yes to.
pub(crate) fn closure_up_to(
    cx: &Cx<'_>,
    imports: impl IntoIterator<Item = ImportId>,
    ends: impl Fn(ImportId) -> bool,
) -> BTreeSet<ImportId> {
    let mut seen = BTreeSet::new();
    let mut todo: Vec<ImportId> = imports.into_iter().collect();
    while let Some(import) = todo.pop() {
        if !seen.insert(import) || ends(import) {
            continue;
        }
        let data = cx.program.import(import);
        let names: Vec<&str> = data.path.iter().map(|name| name.text.as_str()).collect();
        for namespace in [Namespace::Type, Namespace::Value] {
            let found = cx.resolver.names(data.scope, &names, data.leading_colon, namespace);
            todo.extend(found.into_iter().flat_map(|found| found.trail));
        }
    }
    seen
}

/// Whether an import's path begins at the legacy crate, or leads to something legacy through the user's own modules.
pub(crate) fn leads_through_legacy(cx: &Cx<'_>, import: ImportId) -> bool {
    is_direct(cx, import) || target(cx, import).is_some_and(|def| cx.legacy.is_legacy(cx.program, def))
}

/// Whether an import's own path leads into the legacy crate before its last segment, so that it must be written anew.
pub(crate) fn is_direct(cx: &Cx<'_>, import: ImportId) -> bool {
    let data = cx.program.import(import);
    let names: Vec<&str> = data.path.iter().map(|name| name.text.as_str()).collect();
    let module = if data.is_glob || names.len() == 1 { &names[..] } else { &names[..names.len() - 1] };
    let Some(found) = cx.resolver.names(data.scope, module, data.leading_colon, Namespace::Type) else { return false };
    match found.res {
        Res::Def(def) if found.used == module.len() => {
            let root = cx.program.krate(cx.program.def(def).krate);
            let own_root = names.len() > 1 || data.is_glob || is_legacy_root(cx, def);
            root.model && own_root && begins_legacy(cx, data.scope, &names, data.leading_colon)
        }
        _ => false,
    }
}

/// Whether some proper part of a path names the legacy crate or a module of it.
fn begins_legacy(cx: &Cx<'_>, scope: DefId, names: &[&str], leading: bool) -> bool {
    (1..=names.len()).any(|len| {
        let found = cx.resolver.names(scope, &names[..len], leading, Namespace::Type);
        match found.map(|found| (found.res, found.used)) {
            Some((Res::Def(def), used)) if used == len => {
                cx.program.is_model(def)
                    && cx.program.krate(cx.program.def(def).krate).name == "geppetto"
                    && cx.program.def(def).kind == DefKind::Module
            }
            _ => false,
        }
    })
}

fn is_legacy_root(cx: &Cx<'_>, def: DefId) -> bool {
    cx.program.is_model(def) && cx.program.def(def).parent.is_none() && cx.program.def(def).name == "geppetto"
}

fn names_legacy_crate(cx: &Cx<'_>, file: FileIdx, span: Span, scope: DefId) -> bool {
    let text = cx.text(file, span);
    let first = text.split("::").next().unwrap_or(text).trim();
    matches!(
        cx.resolver.names(scope, &[first], false, Namespace::Type).map(|found| found.res),
        Some(Res::Def(def)) if is_legacy_root(cx, def)
    )
}

/// What an import leads to; for a glob the module.
pub(crate) fn target(cx: &Cx<'_>, import: ImportId) -> Option<DefId> {
    [Namespace::Type, Namespace::Value].iter().find_map(|&namespace| match cx.resolver.import(import, namespace)? {
        Res::Def(def) => Some(def),
        Res::Extern(_) => None,
    })
}

/// The path below the new crate's root of what a legacy or shared definition has become; `None` where it is gone.
pub(crate) fn counterpart(cx: &Cx<'_>, def: DefId) -> Option<String> {
    let path = cx.program.path_of(def);
    if let Some(shared) = path.strip_prefix("geppetto_runtime") {
        return Some(shared.trim_start_matches("::").to_owned());
    }
    MODULES.iter().find(|(old, _)| *old == path).map(|(_, new)| (*new).to_owned())
}

/// Legacy modules that have a module of their own in the new crate.
const MODULES: &[(&str, &str)] = &[
    ("geppetto", ""),
    ("geppetto::inference::engine", "engine"),
    ("geppetto::inference::engine::factory", "engine::factory"),
    ("geppetto::prelude", "prelude"),
];
