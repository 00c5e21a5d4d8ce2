//! Fields of a core session that are set while it is in use: it becomes a handle with more in its builder.

use super::super::super::cx::Cx;
use super::super::super::equipment::added;
use super::super::super::gates;
use super::super::super::hir::{ExprId, ExprKind};
use super::super::super::index::FileIdx;
use super::super::super::legacy::Tracked;
use super::super::super::moved::moved;
use super::super::super::outcome::Outcome;
use super::super::super::settings::set_in;
use super::super::super::text::is_plain;
use super::super::super::ty::Ty;
use super::runs;

/// `x.event_sinks.push(sink)`: as before, nobody who has a copy gets the sink.
pub(super) fn set(cx: &Cx<'_>, file: FileIdx, access: ExprId) -> Option<Outcome> {
    let hir = cx.hir(file);
    let stmt = cx.stmt_of(file, access)?;
    let setting = set_in(cx, file, stmt).filter(|setting| setting.access == access)?;
    let parts = added(cx, file, &setting)?;
    let ExprKind::Field { base, .. } = hir[access].kind else { return None };
    let span = hir[stmt].span;
    let is_bare = !gates::is_gated(hir, span) && !cx.text(file, span).starts_with('#');
    (is_bare && is_plain(cx, file, base)).then_some(())?;
    let session = moved(cx, file, base);
    let place = if is_core_itself(cx, file, base) { session.clone() } else { format!("*{session}") };
    let handle = runs::derived(cx, file, base, &session, &parts, "");
    let end = if cx.text(file, span).ends_with(';') { ";" } else { "" };
    let text = format!("{place} = {handle}{end}");
    Some(Outcome::safe(vec![cx.replace(file, span, text)], "a handle of the session with more in its builder"))
}

/// Whether an expression is the core session, not a reference or guard of it.
fn is_core_itself(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    matches!(cx.ty(file, expr), Ty::Adt(def, _) if cx.legacy.kind(*def) == Some(Tracked::CoreSession))
}
