//! Fields of a core session that are set after it was made: the builder has what they are set to.

use super::super::super::cx::{Change, Cx};
use super::super::super::hir::{ExprId, ExprKind, Span};
use super::super::super::index::FileIdx;
use super::super::super::outcome::Outcome;
use super::super::super::pairing::is_given_anew;
use super::super::super::settings::settings;
use super::super::super::sites::Site;
use super::super::super::unit::Facts;
use super::super::inference_state::delete_line;
use super::{apart, later, unreadable};

/// A field of a core session: its state is the session itself, and what is set behind its construction goes there.
pub(crate) fn field(cx: &Cx<'_>, facts: &Facts, site: &Site, access: ExprId, name: &str) -> Outcome {
    let file = site.file;
    let ExprKind::Field { base, .. } = cx.hir(file)[access].kind else { return unreadable() };
    if name == "state" && !is_assigned(cx, file, access) {
        let dot = Span { start: cx.span(file, base).end, end: cx.span(file, access).end };
        return Outcome::safe(vec![cx.replace(file, dot, "")], "the session itself");
    }
    match facts.pairing.setting_of(file, access).and_then(|core| set(cx, file, core, access)) {
        Some(change) => Outcome::safe(vec![change], "the session's `Builder` has it"),
        None => later::set(cx, file, access).or_else(|| apart::read(cx, file, access, name)).unwrap_or_else(|| {
            Outcome::report(
                format!("the core session's `{name}` is read or written from outside"),
                "keep what the builder is made of beside the session, or give the session another builder with `set_builder`",
            )
        }),
    }
}

fn is_assigned(cx: &Cx<'_>, file: FileIdx, access: ExprId) -> bool {
    let parent = cx.parent_expr(file, access);
    parent.is_some_and(|parent| matches!(cx.hir(file)[parent].kind, ExprKind::Assign { lhs, .. } if lhs == access))
}

/// What becomes of the statement that sets a field.
fn set(cx: &Cx<'_>, file: FileIdx, core: ExprId, access: ExprId) -> Option<Change> {
    let settings = settings(cx, file, core)?;
    let setting = settings.all.iter().find(|setting| setting.access == access)?;
    let stmt = cx.hir(file)[setting.stmt].span;
    let behind = cx.text(file, Span { start: stmt.end, end: line_end(cx, file, stmt) });
    let blank = behind.len() - behind.trim_start().len();
    Some(match behind.is_empty() {
        true => delete_line(cx, file, stmt),
        false => cx.replace(file, Span { start: stmt.start, end: stmt.end + blank as u32 }, ""),
    })
}

/// The end of a statement, with a comment behind it.
fn line_end(cx: &Cx<'_>, file: FileIdx, stmt: Span) -> u32 {
    let after = &cx.source(file)[stmt.end as usize..];
    let line = after.lines().next().unwrap_or_default();
    let is_comment = line.trim_start().starts_with("//");
    stmt.end + if is_comment { line.trim_end().len() as u32 } else { 0 }
}

/// A local whose fields were set needs no `mut` any more.
pub(super) fn unchanged_from_now_on(cx: &Cx<'_>, file: FileIdx, core: ExprId) -> Vec<Change> {
    let local = settings(cx, file, core).map(|settings| settings.local);
    let local = local.filter(|&local| !is_given_anew(cx, file, local));
    let name = local.and_then(|local| Some((local, cx.bound_name(file, local)?)));
    name.map(|(local, name)| cx.replace(file, cx.hir(file)[local].span, name)).into_iter().collect()
}
