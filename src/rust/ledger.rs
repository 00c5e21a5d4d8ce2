//! The class of every textual occurrence of a legacy name in a file that was looked into.

mod unknown;

use std::sync::LazyLock;

use super::comments::comments;
use super::cx::Cx;
use super::hir::Span;
use super::index::FileIdx;
use super::references::Reference;
use super::rules::legacy_docs;
use super::unit::UnitPlan;
use crate::finding::{Class, Finding, Mention};
use crate::names::{Named, Names, class_of};
use crate::rules::Rule;

/// Names of the legacy API that mean nothing else in code that knows geppetto, and the crate's own name.
pub(crate) const NAMES: &[&str] = &[
    "InferenceState",
    "StateError",
    "RunError",
    "EngineOption",
    "with_sink",
    "apply_options",
    "start_run",
    "finish_run",
    "run_inference_started",
    "cancel_run",
    "set_cancel",
    "has_cancel",
    "set_run_id",
    "geppetto",
];

/// Occurrences of legacy names in a text: offset and name.
pub(crate) fn occurrences(text: &str) -> Vec<(usize, &'static str)> {
    static FINDER: LazyLock<Names> = LazyLock::new(|| Names::new(NAMES));
    FINDER.find(text.as_bytes()).collect()
}

/// The classes of a file's occurrences, and findings for documentation that names the legacy API.
pub(crate) fn of_file(
    cx: &Cx<'_>,
    file: FileIdx,
    references: &[Reference],
    findings: &[Finding],
    plans: &[UnitPlan],
) -> (Vec<Mention>, Vec<Finding>) {
    let text = cx.source(file);
    let id = cx.hir(file).file;
    let in_comment = comments(text);
    let own: Vec<&Finding> = findings.iter().filter(|finding| finding.file == id).collect();
    let is_example = cx.documented.examples.get(id).is_some();
    let mut mentions = Vec::new();
    let mut docs = Vec::new();
    for (offset, name) in occurrences(text) {
        let named = || {
            let place = cx.place(file, Span::new(offset, offset + name.len()));
            Named { file: id, offset, name, place }
        };
        let mut class = if in_comment.iter().any(|comment| comment.contains(&offset)) {
            match legacy_docs::in_comment(cx, text, named()) {
                Some((class, finding)) => {
                    docs.extend(finding);
                    class
                }
                None => continue,
            }
        } else {
            class_in_code(cx, file, offset, &own, references, plans)
        };
        if is_example && class == Class::Unrelated && unknown::is_unknown(cx, file, offset) {
            class = Class::Documentation;
            docs.push(legacy_docs::unknown(named()));
        }
        if class == Class::Opaque {
            docs.push(unread(named()));
        }
        mentions.push(Mention { file: id, offset, class });
    }
    (mentions, docs)
}

/// A legacy name in tokens of a macro that are no code as they stand.
fn unread(named: Named) -> Finding {
    let rule = match named.name {
        "with_sink" => Rule::EngineSink,
        "EngineOption" | "apply_options" => Rule::EngineOptions,
        "InferenceState" => Rule::InferenceState,
        "StateError" | "RunError" => Rule::LegacyError,
        "cancel_run" | "has_cancel" => Rule::Cancel,
        "start_run" | "finish_run" | "run_inference_started" | "set_cancel" => Rule::RunLifecycle,
        "set_run_id" => Rule::StateAccess,
        _ => Rule::LegacyImport,
    };
    let what = format!("`{}` in a macro", named.name);
    let help =
        format!("write it by hand as `explain {rule}` shows, or move it into a function, then run the tool again");
    named.reported(rule, what, "the macro's tokens are no code that can be read as it stands", &help)
}

/// Whether a path follows.
pub(crate) fn names_path(text: &str, end: usize) -> bool {
    text[end..].starts_with("::")
}

fn class_in_code(
    cx: &Cx<'_>,
    file: FileIdx,
    offset: usize,
    findings: &[&Finding],
    references: &[Reference],
    plans: &[UnitPlan],
) -> Class {
    if let Some(finding) = findings.iter().find(|finding| finding.range.contains(&offset)) {
        return class_of(finding.level);
    }
    // Parts of a declaration in front of its leaves, and what stands inside a larger site.
    let imported = cx
        .program
        .imports
        .iter()
        .filter(|import| import.file == file)
        .find(|import| import.path.iter().any(|name| name.span.range().contains(&offset)));
    if let Some(import) = imported {
        let item = cx.hir(file)[import.item].span.range();
        let worst =
            findings.iter().filter(|finding| item.contains(&finding.range.start)).map(|finding| finding.level).max();
        return worst.map_or(Class::Unrelated, class_of);
    }
    let inside = plans.iter().filter(|plan| {
        plan.sites.iter().any(|(site, _)| {
            site.file == file && site.expr().is_some_and(|expr| cx.span(file, expr).range().contains(&offset))
        })
    });
    let legacy_path =
        references.iter().any(|reference| reference.file == file && reference.span.range().contains(&offset));
    if legacy_path && let Some(worst) = inside.map(|plan| plan.level).max() {
        return class_of(worst);
    }
    if legacy_path {
        return Class::Reported;
    }
    match cx.hir(file).opaque.iter().any(|span| span.range().contains(&offset)) {
        true => Class::Opaque,
        false => Class::Unrelated,
    }
}

/// Whether code that is not read (macros, doctests) names the legacy crate.
pub(crate) fn names_crate_unread(cx: &Cx<'_>, file: FileIdx) -> bool {
    let text = cx.source(file);
    let in_comment = comments(text);
    let opaque = &cx.hir(file).opaque;
    let id = cx.hir(file).file;
    let is_read = |offset: usize| {
        let example = cx.documented.examples.at(id, offset);
        example.is_some_and(|example| !cx.documented.broken.contains_key(&example))
    };
    occurrences(text).into_iter().any(|(offset, name)| {
        name == "geppetto"
            && !is_read(offset)
            && (opaque.iter().any(|span| span.range().contains(&offset))
                || (names_path(text, offset + name.len())
                    && in_comment.iter().any(|comment| comment.contains(&offset))))
    })
}
