//! Engines of the program's own that succeed although they were cancelled, which a session's run never does.

use super::cx::Cx;
use super::hir::{ItemKind, Span};
use super::index::{DefId, FileIdx};
use super::resolve::{Namespace, Res};

/// Where an engine stands that may succeed although it was cancelled, if anything in the program cancels.
pub(crate) fn polite(cx: &Cx<'_>) -> Option<(FileIdx, Span)> {
    let engine = cx.resolver.known("geppetto_runtime::engine::Engine")?;
    let mut files: Vec<FileIdx> = cx.inferred.keys().copied().collect();
    files.sort();
    cancels(cx).then(|| files.into_iter().find_map(|file| polite_in(cx, file, engine))).flatten()
}

/// Whether the program cancels runs or contexts, or puts a limit to them.
fn cancels(cx: &Cx<'_>) -> bool {
    let is_cancel = |def: DefId| {
        cx.program.is_model(def)
            && matches!(cx.program.def(def).name.as_str(), "cancel_run" | "with_cancel" | "with_timeout" | "cancel")
    };
    cx.inferred.values().any(|inferred| inferred.methods.values().any(|&def| is_cancel(def)))
}

fn polite_in(cx: &Cx<'_>, file: FileIdx, engine: DefId) -> Option<(FileIdx, Span)> {
    let hir = cx.hir(file);
    let implements = |item: &ItemKind| match item {
        ItemKind::Impl { trait_path: Some(path), items, .. } => {
            let first = *items.first()?;
            let scope = cx.program.scope_of_item(file, first);
            let found = cx.resolver.path(scope, path, Namespace::Type).map(|found| found.res);
            (found == Some(Res::Def(engine))).then(|| items.clone())
        }
        _ => None,
    };
    let functions = hir.items.iter().filter_map(|item| implements(&item.kind)).flatten();
    functions.into_iter().map(|function| &hir[function]).find_map(|function| {
        let ItemKind::Fn(declared) = &function.kind else { return None };
        let body = cx.text(file, hir[declared.body?].span);
        // One that never waits cannot be cancelled on its way; one that calls another answers as that does.
        let is_polite = body.contains(".await") && !body.contains("Cancelled") && !body.contains(".run_inference(");
        is_polite.then_some((file, function.span))
    })
}
