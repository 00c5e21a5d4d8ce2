//! A run whose future loses against something else is waited for where the session is used afterwards.

use super::super::super::super::cx::{Change, Cx};
use super::super::super::super::hir::{ExprId, ExprKind, MacroContent, Parent, StmtKind};
use super::super::super::super::moved::{instead, moved};
use super::super::super::super::unit::Facts;
use super::super::dropping::{Fate, last_name};
use super::super::seed::{Seed, unwrapped};
use super::super::start::Parts;

/// The changes for a run that a timeout or a `select!` on the spot may drop.
pub(super) fn awaited(cx: &Cx<'_>, facts: &Facts, parts: &Parts, seed: Seed, fate: &Fate) -> Option<Vec<Change>> {
    if !fate.cancels || super::leaves_early(cx, parts.file, parts.run) || !is_used_later(cx, facts, parts) {
        return None;
    }
    in_timeout(cx, parts, seed).or_else(|| in_select(cx, parts, seed))
}

/// Whether the session may be used behind the run.
fn is_used_later(cx: &Cx<'_>, facts: &Facts, parts: &Parts) -> bool {
    let hir = cx.hir(parts.file);
    let function = cx.function_of(parts.file, parts.run);
    let end = cx.span(parts.file, parts.run).end;
    let repeats = cx.ancestors(parts.file, parts.run).any(|at| {
        matches!(
            hir[at].kind,
            ExprKind::Loop { .. } | ExprKind::While { .. } | ExprKind::For { .. } | ExprKind::Closure { .. }
        )
    });
    let later = facts.touches.iter().any(|&(file, at)| {
        file != parts.file || cx.function_of(file, at) != function || cx.span(file, at).start >= end
    });
    facts.made_in != Some((parts.file, function)) || repeats || later
}

/// `timeout(d, run).await`
fn in_timeout(cx: &Cx<'_>, parts: &Parts, seed: Seed) -> Option<Vec<Change>> {
    let file = parts.file;
    let hir = cx.hir(file);
    let call = cx.parent_expr(file, parts.run)?;
    let ExprKind::Call { callee, args } = &hir[call].kind else { return None };
    let is_timeout = matches!(last_name(cx, file, *callee), "timeout" | "timeout_at") && args.len() == 2;
    let awaited = cx.parent_expr(file, call)?;
    if !is_timeout || !matches!(hir[awaited].kind, ExprKind::Await(_)) || super::leaves_early(cx, file, args[0]) {
        return None;
    }
    let start = start_text(cx, parts, seed)?;
    let indent = cx.program.unit(file).source.indent_at(cx.span(file, call).start as usize);
    let line = format!("\n{indent}    ");
    let before = format!(
        "async {{{line}let run = match {start} {{{line}    Ok(run) => run,{line}    Err(error) => return Ok(Err(error)),\
         {line}}};{line}let ended = "
    );
    let waited = format!("if ended.is_err() {{{line}    let _ = run.wait().await;{line}}}");
    let after = format!(";{line}{waited}{line}ended\n{indent}}}.await");
    let mut changes = parts.edited(cx, seed).unwrap_or_else(|| unwrapped(cx, file, seed));
    changes.push(cx.insert(file, cx.span(file, call).start, before));
    changes.push(cx.replace(file, cx.span(file, parts.run), instead("run.wait_or_cancel()")));
    changes.push(cx.insert(file, cx.span(file, awaited).end, after));
    Some(changes)
}

fn start_text(cx: &Cx<'_>, parts: &Parts, seed: Seed) -> Option<String> {
    match parts.edited(cx, seed) {
        Some(_) => Some(moved(cx, parts.file, parts.run)),
        None => parts.composed(cx, seed, &parts.pieces(cx, seed)).ok(),
    }
}

/// `select! { out = run => …, … }` as a statement or the value of a `let`: the other arms wait for the end of the run.
fn in_select(cx: &Cx<'_>, parts: &Parts, seed: Seed) -> Option<Vec<Change>> {
    let file = parts.file;
    let hir = cx.hir(file);
    let select = cx.parent_expr(file, parts.run)?;
    let ExprKind::Macro(call) = &hir[select].kind else { return None };
    let MacroContent::Select { arms, .. } = &call.content else { return None };
    let is_own = |future: ExprId| cx.peel_parens(file, future) == parts.run;
    let Parent::Stmt(stmt) = hir[select].parent else { return None };
    if !arms.iter().any(|arm| is_own(arm.future)) || matches!(hir[stmt].kind, StmtKind::Let { otherwise: Some(_), .. })
    {
        return None;
    }
    let name = cx.free_name(file, parts.run, "run", &[]);
    let start = start_text(cx, parts, seed)?;
    let mut changes = parts.edited(cx, seed).unwrap_or_else(|| unwrapped(cx, file, seed));
    let future = format!("async {{ {name}.insert({start}?).wait_or_cancel().await }}");
    changes.push(cx.replace(file, cx.span(file, parts.run), instead(&future)));
    let indent = cx.program.unit(file).source.indent_at(hir[stmt].span.start as usize);
    changes.push(cx.insert(file, hir[stmt].span.start, format!("let mut {name} = None;\n{indent}")));
    for arm in arms.iter().filter(|arm| !is_own(arm.future)) {
        changes.extend(waited(cx, parts, arm.body, &name));
    }
    Some(changes)
}

/// The wait for the end of the run `name` in front of what an arm does.
fn waited(cx: &Cx<'_>, parts: &Parts, arm: ExprId, name: &str) -> Vec<Change> {
    let file = parts.file;
    let body = cx.span(file, arm);
    let indent = cx.program.unit(file).source.indent_at(body.start as usize);
    let line = format!("\n{indent}    ");
    let waited = format!("if let Some({name}) = {name} {{{line}    let _ = {name}.wait().await;{line}}}");
    if matches!(cx.hir(file)[arm].kind, ExprKind::Block { .. }) && cx.text(file, body).starts_with('{') {
        let opens_line = cx.text(file, body)[1..].trim_start_matches([' ', '\t']).starts_with(['\n', '\r']);
        let gap = if opens_line { "" } else { line.as_str() };
        return vec![cx.insert(file, body.start + 1, format!("{line}{waited}{gap}"))];
    }
    vec![
        cx.insert(file, body.start, format!("{{{line}{waited}{line}")),
        cx.insert(file, body.end, format!("\n{indent}}}")),
    ]
}
