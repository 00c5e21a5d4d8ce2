//! The class of every textual occurrence of a legacy name in a file that was looked into.

use aho_corasick::AhoCorasick;

use super::comments::comments;
use super::cx::Cx;
use super::index::FileIdx;
use super::references::Reference;
use super::rules::legacy_docs;
use super::unit::UnitPlan;
use crate::finding::{Class, Finding, Level, Mention};

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

/// Occurrences of legacy names in a text, as whole identifiers: offset and name.
pub(crate) fn occurrences(text: &str) -> Vec<(usize, &'static str)> {
    static FINDER: std::sync::OnceLock<Option<AhoCorasick>> = std::sync::OnceLock::new();
    let finder = FINDER
        .get_or_init(|| AhoCorasick::builder().match_kind(aho_corasick::MatchKind::LeftmostLongest).build(NAMES).ok());
    let Some(finder) = finder else { return Vec::new() };
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    finder
        .find_iter(text)
        .filter(|found| {
            !text[..found.start()].chars().next_back().is_some_and(is_part)
                && !text[found.end()..].chars().next().is_some_and(is_part)
        })
        .map(|found| (found.start(), NAMES[found.pattern().as_usize()]))
        .collect()
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
    let mut mentions = Vec::new();
    let mut docs = Vec::new();
    for (offset, name) in occurrences(text) {
        let class = if in_comment.iter().any(|comment| comment.contains(&offset)) {
            if name == "geppetto" && !names_path(text, offset + name.len()) {
                Class::Unrelated
            } else {
                docs.push(legacy_docs::comment(cx, file, offset, name));
                Class::Documentation
            }
        } else {
            class_in_code(cx, file, offset, &own, references, plans)
        };
        mentions.push(Mention { file: id, offset, class });
    }
    (mentions, docs)
}

fn names_path(text: &str, end: usize) -> bool {
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
    let level = |level: Level| match level {
        Level::Safe => Class::Rewritten,
        Level::Offered => Class::Offered,
        Level::Report => Class::Reported,
    };
    if let Some(finding) = findings.iter().find(|finding| finding.range.contains(&offset)) {
        return level(finding.level);
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
        return worst.map_or(Class::Unrelated, level);
    }
    let inside = plans.iter().filter(|plan| {
        plan.sites.iter().any(|(site, _)| {
            site.file == file && site.expr().is_some_and(|expr| cx.span(file, expr).range().contains(&offset))
        })
    });
    let legacy_path =
        references.iter().any(|reference| reference.file == file && reference.span.range().contains(&offset));
    if legacy_path && let Some(worst) = inside.map(|plan| plan.level).max() {
        return level(worst);
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
    occurrences(text).into_iter().any(|(offset, name)| {
        name == "geppetto"
            && (opaque.iter().any(|span| span.range().contains(&offset))
                || (names_path(text, offset + name.len())
                    && in_comment.iter().any(|comment| comment.contains(&offset))))
    })
}
