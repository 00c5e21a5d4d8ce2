//! Small edits of calls that keep the text around them: arguments and wrappers go, names change.

use super::cx::{Change, Cx};
use super::hir::{ExprId, ExprKind, Span};
use super::index::FileIdx;
use crate::edit::Edit;

/// Deletes one argument of a call with its comma; comments beside the other arguments stay.
pub(crate) fn delete_argument(cx: &Cx<'_>, file: FileIdx, args: &[ExprId], index: usize) -> Change {
    let spans: Vec<Span> = args.iter().map(|&arg| cx.span(file, arg)).collect();
    delete_from_list(cx, file, &spans, index)
}

/// Deletes one part of a list with its comma: a parameter, a field, an argument.
pub(crate) fn delete_from_list(cx: &Cx<'_>, file: FileIdx, parts: &[Span], index: usize) -> Change {
    let source = cx.source(file);
    let span = parts[index];
    let after = &source[span.end as usize..];
    let blank = after.len() - after.trim_start().len();
    let comma_follows = after.trim_start().starts_with(',');
    let (mut start, mut end) = (span.start as usize, span.end as usize);
    if comma_follows {
        end += blank + 1;
    }
    let before = &source[..start];
    if comma_follows && index + 1 < parts.len() {
        let rest = source[end..].trim_start_matches([' ', '\t']);
        let line = before.trim_end_matches([' ', '\t']);
        if line.ends_with('\n') && rest.starts_with(['\n', '\r']) {
            // Its own line in the middle of the list goes.
            start = line.trim_end_matches(['\n', '\r']).len();
        } else {
            end = source.len() - rest.len();
        }
    } else if comma_follows {
        // The last argument of a call laid out over several lines: its whole line goes.
        start = before.trim_end().len();
    } else if let Some(&previous) = index.checked_sub(1).and_then(|index| parts.get(index)) {
        let from = previous.end as usize;
        let between = &source[from..start];
        start = match between.rfind(',') {
            Some(comma) if !between.contains("//") => from + comma,
            _ => before.trim_end().len(),
        };
    }
    // What closes the list must not end up in a comment.
    let last_line = source[..start].rsplit('\n').next().unwrap_or("");
    let rest = source[end..].trim_start_matches([' ', '\t']);
    if last_line.contains("//") && !rest.starts_with(['\n', '\r']) {
        (start, end) = (span.start as usize, source.len() - rest.len());
    }
    Change { file, edit: Edit::delete(start..end) }
}

/// Takes the call `wrapper(inner)` away around `inner`.
pub(crate) fn unwrap_call(cx: &Cx<'_>, file: FileIdx, call: ExprId, inner: ExprId) -> Vec<Change> {
    let (outer, inner) = (cx.span(file, call), cx.span(file, inner));
    vec![
        cx.replace(file, Span { start: outer.start, end: inner.start }, ""),
        cx.replace(file, Span { start: inner.end, end: outer.end }, ""),
    ]
}

/// Calls another method: `x.old()` or `Type::old(&x)`.
pub(crate) fn rename_method(cx: &Cx<'_>, file: FileIdx, call: ExprId, name: &str) -> Vec<Change> {
    match &cx.hir(file)[call].kind {
        ExprKind::MethodCall { method, .. } => vec![cx.replace(file, method.span, name)],
        ExprKind::Call { callee, .. } => {
            let owner = cx.name_at(file, call, "session::Session");
            vec![cx.replace(file, cx.span(file, *callee), format!("{owner}::{name}"))]
        }
        _ => Vec::new(),
    }
}

/// A name as code writes it: keywords are raw.
pub(crate) fn identifier(name: &str) -> String {
    let is_keyword =
        syn::parse_str::<syn::Ident>(name).is_err() && !matches!(name, "self" | "Self" | "super" | "crate");
    if is_keyword { format!("r#{name}") } else { name.to_owned() }
}

/// Whether evaluating an expression only reads or clones names, or makes plain values of literals: it may move.
pub(crate) fn is_plain(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let hir = cx.hir(file);
    match &hir[expr].kind {
        ExprKind::Path(_) | ExprKind::Lit(_) => true,
        ExprKind::Ref { expr, .. } | ExprKind::Paren(expr) | ExprKind::Field { base: expr, .. } => {
            is_plain(cx, file, *expr)
        }
        ExprKind::MethodCall { receiver, method, args, .. } => {
            let plain = ["clone", "to_string", "to_owned", "into", "as_str"];
            plain.contains(&method.text.as_str()) && args.is_empty() && is_plain(cx, file, *receiver)
        }
        ExprKind::Call { args, .. } => {
            let conversion = cx.cloned(file, expr).is_some()
                || ["std::string::String::from", "std::string::String::new", "std::option::Option::Some"]
                    .iter()
                    .any(|path| cx.calls_known(file, expr, path).is_some());
            conversion && args.iter().all(|&arg| is_plain(cx, file, arg))
        }
        _ => false,
    }
}

/// Whether an expression is `None`.
pub(crate) fn is_none(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    is_variant(cx, file, expr, "std::option::Option::None")
}

/// The `x` of `Some(x)`.
pub(crate) fn some_of(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<ExprId> {
    let args = cx.calls_known(file, cx.peel_parens(file, expr), "std::option::Option::Some")?;
    args.first().copied()
}

fn is_variant(cx: &Cx<'_>, file: FileIdx, expr: ExprId, path: &str) -> bool {
    cx.value_def(file, expr).is_some_and(|def| cx.program.path_of(def) == path)
}

/// Where `text` holds `word` as a whole identifier.
pub(crate) fn words<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        !text[..at].chars().next_back().is_some_and(is_part)
            && !text[at + word.len()..].chars().next().is_some_and(is_part)
    })
}

/// Whether `text` holds `word` as a whole identifier.
pub(crate) fn holds_word(text: &str, word: &str) -> bool {
    words(text, word).next().is_some()
}

/// Whether `.method()` may follow the text of an expression.
pub(crate) fn is_postfix(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    matches!(
        cx.hir(file)[expr].kind,
        ExprKind::Path(_)
            | ExprKind::Call { .. }
            | ExprKind::MethodCall { .. }
            | ExprKind::Field { .. }
            | ExprKind::Index { .. }
            | ExprKind::Paren(_)
            | ExprKind::Await(_)
            | ExprKind::Try(_)
            | ExprKind::Macro(_)
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn keywords_are_raw_identifiers() {
        for (name, written) in [("match", "r#match"), ("state", "state"), ("self", "self")] {
            assert_eq!(super::identifier(name), written);
        }
    }
}
