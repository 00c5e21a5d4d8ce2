//! Names of a unit that stand in macros which the tool cannot read.

use super::super::cx::Cx;
use super::super::flow::{Node, matched_expr};
use super::super::hir::{Hir, ItemKind, PatId, PatParent, Span, StmtKind};
use super::super::index::FileIdx;
use super::super::outcome::Outcome;
use super::super::sites::Site;
use super::super::ty::Ty;
use super::units_of;
use crate::finding::Level;
use crate::rules::Trap;

/// A unit stays as it is while a macro that is not read names a local, a field or an item of it: its tokens would not
/// change with it.
pub(super) fn hold(cx: &Cx<'_>, decided: &mut [(Site, Outcome)]) {
    if decided.iter().any(|(_, outcome)| outcome.level == Level::Report) {
        return;
    }
    let Some((name, place, file)) = named_unread(cx, decided) else { return };
    let own = decided.iter().position(|(site, _)| site.file == file).unwrap_or_default();
    if let Some((_, outcome)) = decided.get_mut(own) {
        *outcome = Outcome::report(
            format!("a macro that the tool cannot read names `{name}` ({place})"),
            "change it by hand there, or move what it needs into a function, then run the tool again",
        );
    }
}

/// Whether a pattern is matched against something of which the tool knows no type, and so not what it changes with.
pub(super) fn is_matched_blindly(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> bool {
    let hir = cx.hir(file);
    let mut top = pat;
    while let PatParent::Pat(outer) = hir[top].parent {
        top = outer;
    }
    let matched = match hir[top].parent {
        PatParent::Expr(expr) => matched_expr(hir, expr, top),
        PatParent::Stmt(stmt) => match hir[stmt].kind {
            StmtKind::Let { init, .. } => init,
            _ => None,
        },
        _ => None,
    };
    matched.is_some_and(|matched| *cx.ty(file, matched) == Ty::Unknown)
}

pub(super) fn blind_match() -> Outcome {
    let report = Outcome::report(
        "the error comes from an expression whose type the tool does not know",
        "write the type where the value is bound, then run the tool again",
    );
    report.because(Trap::ErrorIdentity, "it may still be the legacy error")
}

fn named_unread(cx: &Cx<'_>, decided: &[(Site, Outcome)]) -> Option<(String, String, FileIdx)> {
    let files: Vec<FileIdx> = {
        let mut files: Vec<FileIdx> = cx.inferred.keys().copied().collect();
        files.retain(|&file| !cx.hir(file).opaque.is_empty());
        files.sort();
        files
    };
    if files.is_empty() {
        return None;
    }
    let units = units_of(cx, decided);
    let nodes = cx.flow.nodes();
    nodes.into_iter().filter(|(unit, _)| units.contains(unit)).find_map(|(_, node)| {
        let (name, at) = match node {
            Node::Binding(file, pat) => {
                let name = cx.bound_name(*file, *pat)?;
                let owner = function_around(cx.hir(*file), cx.hir(*file)[*pat].span)?;
                (name, files.contains(file).then(|| in_calls(cx, *file, owner, name))?.map(|span| (*file, span)))
            }
            Node::Field(_, name) => (name.as_str(), in_files(cx, &files, |text| holds(text, name, &["."], &[]))),
            Node::Return(def) | Node::Param(def, _) => {
                let name = cx.program.def(*def).name.as_str();
                (name, in_files(cx, &files, |text| holds(text, name, &[], &["("])))
            }
            _ => return None,
        };
        let (file, span) = at?;
        Some((name.to_owned(), cx.place(file, span), file))
    })
}

fn function_around(hir: &Hir, span: Span) -> Option<Span> {
    let around = hir.items.iter().filter(|item| matches!(item.kind, ItemKind::Fn(_)) && item.span.contains(span));
    around.map(|item| item.span).min_by_key(|span| span.end - span.start)
}

/// The first unread call inside `owner` that names a local. The bodies of macros do not see locals.
fn in_calls(cx: &Cx<'_>, file: FileIdx, owner: Span, name: &str) -> Option<Span> {
    let hir = cx.hir(file);
    let in_body = |span: &Span| {
        hir.items.iter().any(|item| matches!(item.kind, ItemKind::MacroRules { .. }) && item.span.contains(*span))
    };
    let inside = hir.opaque.iter().filter(|span| owner.contains(**span) && !in_body(span));
    inside.copied().find(|&span| holds(cx.text(file, span), name, &[], &[]))
}

fn in_files(cx: &Cx<'_>, files: &[FileIdx], holds: impl Fn(&str) -> bool) -> Option<(FileIdx, Span)> {
    files.iter().find_map(|&file| {
        let found = cx.hir(file).opaque.iter().find(|&&span| holds(cx.text(file, span)));
        found.map(|&span| (file, span))
    })
}

/// Whether `text` holds a whole word behind one of `before` and in front of one of `after`, where there are any.
fn holds(text: &str, word: &str, before: &[&str], after: &[&str]) -> bool {
    let is_part = |char: char| char.is_alphanumeric() || char == '_';
    text.match_indices(word).any(|(at, _)| {
        let (head, tail) = (&text[..at], &text[at + word.len()..]);
        let is_whole = !head.ends_with(is_part) && !tail.starts_with(is_part);
        let fits_head = before.is_empty() || before.iter().any(|mark| head.trim_end().ends_with(mark));
        let fits_tail = after.is_empty() || after.iter().any(|mark| tail.trim_start().starts_with(mark));
        is_whole && fits_head && fits_tail
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{finding_at, migrated};
    use crate::finding::Level;

    #[test]
    fn what_an_unread_macro_names_stays() {
        let body = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\n\
                    let session = Session::new(state.clone());\nodd!(session -> run it);\ndrop((ctx, values));";
        assert_eq!(migrated(body), body);
        let finding = finding_at(body, "InferenceState::new");
        assert_eq!(finding.level, Level::Report);
    }

    #[test]
    fn statements_behind_arguments_of_a_macro_are_read() {
        let body = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\n\
                    step!(\"stop\", let s = state.clone(); s.cancel_run().ok(););\ndrop((ctx, values));";
        assert!(migrated(body).contains("s.cancel_active().ok()"), "{}", migrated(body));
    }
}
