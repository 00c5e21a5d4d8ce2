//! The builder of a core session: what it is made of, in the order in which that was evaluated.

use super::super::super::cx::Cx;
use super::super::super::equipment::{Kind, Part, leaves_closure};
use super::super::super::hir::ExprId;
use super::super::super::index::FileIdx;
use super::super::super::moved::moved;
use super::super::super::purity::{is_pure, needs_what_is_taken};
use super::super::super::settings::condition;
use super::super::super::text::{holds_word, is_plain, some_of};

/// A handle of a session whose builder has more, with `more` calls behind those of the parts.
pub(super) fn derived(cx: &Cx<'_>, file: FileIdx, at: ExprId, session: &str, parts: &[Part], more: &str) -> String {
    let texts: Vec<(&Part, String)> = parts.iter().map(|part| (part, moved(cx, file, part.value))).collect();
    let builder = with_parts(cx, file, at, "builder", &texts);
    let text = format!("{session}.derived_handle(|builder| {builder}{more})");
    let exprs: Vec<(ExprId, &'static str)> = parts.iter().map(|part| (part.value, part.kind.name())).collect();
    let leaves = parts.iter().flat_map(|part| part.exprs(cx, file)).any(|expr| leaves_closure(cx, file, expr));
    let names_builder = parts.iter().any(|part| names(cx, file, part.value, "builder"));
    in_order(cx, file, at, text, &exprs, leaves || names_builder)
}

fn names(cx: &Cx<'_>, file: FileIdx, expr: ExprId, name: &str) -> bool {
    holds_word(cx.expr_text(file, expr), name)
}

/// Whether an expression stands in a `Some`.
fn is_some(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    cx.parent_expr(file, expr).is_some_and(|outer| some_of(cx, file, outer) == Some(expr))
}

/// The text with what it is made of evaluated in the order of the source: in front of it where its own order is another
/// one, or `always`.
pub(super) fn in_order(
    cx: &Cx<'_>,
    file: FileIdx,
    at: ExprId,
    text: String,
    parts: &[(ExprId, &'static str)],
    always: bool,
) -> String {
    let mut sorted: Vec<(ExprId, &'static str)> = parts.to_vec();
    sorted.sort_by_key(|(expr, _)| cx.span(file, *expr).start);
    let place = |expr: ExprId| text.find(&moved(cx, file, expr));
    let has_effect = |expr: ExprId| !is_pure(cx, file, expr) && !is_plain(cx, file, expr);
    let effects = sorted.iter().map(|(expr, _)| *expr).filter(|&expr| has_effect(expr));
    let is_disordered = always || !effects.map(place).is_sorted();
    let comes_too_late = |index: usize, expr: ExprId| {
        let mut behind = sorted[index + 1..].iter().map(|(other, _)| *other);
        behind.any(|other| place(other) < place(expr) && needs_what_is_taken(cx, file, expr, other))
    };
    let is_made_first = |index: usize, expr: ExprId| (is_disordered && has_effect(expr)) || comes_too_late(index, expr);
    let first = sorted.iter().enumerate().filter(|&(index, (expr, _))| is_made_first(index, *expr));
    let first: Vec<(ExprId, &'static str)> = first.map(|(_, part)| *part).collect();
    if first.is_empty() && !always {
        return text;
    }
    let line = format!("\n{}", cx.program.unit(file).source.indent_at(cx.span(file, at).start as usize));
    let (mut made, mut text, mut taken) = (String::new(), text, Vec::new());
    for (expr, wish) in first {
        let name = cx.free_name(file, at, wish, &taken);
        let value = moved(cx, file, expr);
        // A closure needs to be told what it is.
        let ty = match wish == Kind::SnapshotHook.name() && is_some(cx, file, expr) {
            true => format!(": {}", cx.name_at(file, at, "toolloop::SnapshotHook")),
            false => String::new(),
        };
        text = text.replace(&value, &name);
        made += &format!("{line}    let {name}{ty} = {value};");
        taken.push(name);
    }
    format!("{{{made}{line}    {text}{line}}}")
}

/// A builder's expression with calls for all parts; those that may be missing are asked for.
pub(super) fn with_parts(cx: &Cx<'_>, file: FileIdx, at: ExprId, builder: &str, parts: &[(&Part, String)]) -> String {
    let may_miss = |part: &Part| part.optional || part.under.is_some();
    let (mut ordered, set): (Vec<_>, Vec<_>) = parts.iter().partition(|(part, _)| !part.is_set);
    ordered.sort_by_key(|(part, _)| part.optional);
    ordered.extend(set);
    let asked = ordered.iter().position(|(part, _)| may_miss(part)).unwrap_or(ordered.len());
    let chained = ordered.drain(..asked).map(|(part, text)| format!(".{}({text})", part.kind.method()));
    let chain = format!("{builder}{}", chained.collect::<String>());
    if ordered.is_empty() {
        return chain;
    }
    let outer = cx.program.unit(file).source.indent_at(cx.span(file, at).start as usize);
    let mut statements = String::new();
    for group in ordered.chunk_by(|(a, _), (b, _)| a.under == b.under) {
        let under = group.first().and_then(|(part, _)| condition(cx, file, part.under?));
        let (open, close, deeper) = match under {
            Some(at) => (format!("\n{outer}    if {} {{", moved(cx, file, at)), format!("\n{outer}    }}"), "        "),
            None => (String::new(), String::new(), "    "),
        };
        let calls = group.iter().map(|(part, text)| statement(part, text, &format!("\n{outer}{deeper}")));
        statements += &format!("{open}{}{close}", calls.collect::<String>());
    }
    format!("{{\n{outer}    let mut builder = {chain};{statements}\n{outer}    builder\n{outer}}}")
}

/// The statement that gives a builder one part more.
fn statement(part: &Part, text: &str, line: &str) -> String {
    let (name, method) = (part.kind.name(), part.kind.method());
    match part.optional {
        true => format!("{line}if let Some({name}) = {text} {{{line}    builder = builder.{method}({name});{line}}}"),
        false => format!("{line}builder = builder.{method}({text});"),
    }
}
