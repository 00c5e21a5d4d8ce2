//! What a core session has besides its state and is asked for: a session does not give back what its builder has.

use super::super::super::cx::Cx;
use super::super::super::hir::{ExprId, ExprKind, FieldPat, PatId, PatKind, PatParent, Span, StmtKind};
use super::super::super::index::{DefId, FileIdx};
use super::super::super::moved::moved;
use super::super::super::outcome::Outcome;
use super::super::super::ty::Ty;
use super::super::engine_options::sinks::{arc_name, sink_type};
use super::unreadable;
use crate::rules::Trap;

/// A pattern of a core session: one that only wants the state gets the session itself.
pub(crate) fn taken_apart(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> Outcome {
    let hir = cx.hir(file);
    let PatKind::Struct { fields, .. } = &hir[pat].kind else { return unreadable() };
    if let [field] = fields.as_slice()
        && field.name.text == "state"
    {
        let state = cx.text(file, hir[field.pat].span);
        let is_several = matches!(hir[field.pat].kind, PatKind::Or(_));
        let state = if is_several { format!("({state})") } else { state.to_owned() };
        let change = cx.replace(file, hir[pat].span, state);
        return Outcome::safe(vec![change], "the session itself");
    }
    apart(cx, file, pat, fields).unwrap_or_else(|| Outcome::report("a core session is taken apart", HELP))
}

const HELP: &str = "name the session itself, and keep what its builder is made of beside it";

/// `let Session { state, event_sinks, .. } = core;`
fn apart(cx: &Cx<'_>, file: FileIdx, pat: PatId, fields: &[FieldPat]) -> Option<Outcome> {
    let hir = cx.hir(file);
    let PatParent::Stmt(stmt) = hir[pat].parent else { return None };
    let StmtKind::Let { ty: None, init: Some(init), otherwise: None, .. } = hir[stmt].kind else { return None };
    let is_value = matches!(cx.ty(file, init), Ty::Adt(..)) && !matches!(hir[init].kind, ExprKind::Field { .. });
    let is_name = |field: &&FieldPat| matches!(hir[field.pat].kind, PatKind::Bind { by_ref: false, sub: None, .. });
    let named: Vec<&FieldPat> = fields.iter().filter(is_name).collect();
    let others = || fields.iter().filter(|field| !is_name(field));
    if !is_value || !others().all(|field| matches!(hir[field.pat].kind, PatKind::Wild)) {
        return None;
    }
    let session = moved(cx, file, init);
    let scope = cx.program.scope_of_expr(file, init);
    let (mut names, mut values) = (Vec::new(), Vec::new());
    match named.iter().find(|field| field.name.text == "state") {
        Some(state) => {
            names.push(cx.text(file, hir[state.pat].span));
            values.push(session);
        }
        None => {
            names.push("_");
            values.push(format!("&{session}"));
        }
    }
    for field in named.iter().filter(|field| field.name.text != "state") {
        names.push(cx.text(file, hir[field.pat].span));
        values.push(empty(cx, file, scope, &field.name.text)?);
    }
    let whole = Span { start: hir[pat].span.start, end: cx.span(file, init).end };
    let text = format!("({}) = ({})", names.join(", "), values.join(", "));
    let asked: Vec<&str> = named.iter().map(|field| field.name.text.as_str()).filter(|name| *name != "state").collect();
    Some(Outcome::safe(vec![cx.replace(file, whole, text)], HELP).drafted(Trap::NoCounterpart, WHY, question(&asked)))
}

/// `core.event_sinks.len()`, of which the access is given: the field is asked for something on the spot.
pub(super) fn read(cx: &Cx<'_>, file: FileIdx, access: ExprId, name: &str) -> Option<Outcome> {
    let asked = cx.parent_expr(file, access)?;
    let ExprKind::MethodCall { receiver, method, .. } = &cx.hir(file)[asked].kind else { return None };
    let gives_a_value = ["clone", "is_empty", "is_none", "is_some", "len", "to_vec"];
    (*receiver == access && gives_a_value.contains(&method.text.as_str())).then_some(())?;
    let ExprKind::Field { base, .. } = cx.hir(file)[access].kind else { return None };
    // Else nothing would use the session any more.
    cx.local(file, base).is_none_or(|local| cx.uses_of(file, local).len() > 1).then_some(())?;
    let empty = empty(cx, file, cx.program.scope_of_expr(file, access), name)?;
    let change = cx.replace(file, cx.span(file, access), empty);
    Some(Outcome::safe(vec![change], HELP).drafted(Trap::NoCounterpart, WHY, question(&[name])))
}

const WHY: &str = "a session does not tell what its builder has";

fn question(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("{} cannot be had from the session: put what its builder was given here", names.join(" and "))
}

/// A field of a core session that was given nothing, as code in a scope writes it.
fn empty(cx: &Cx<'_>, file: FileIdx, scope: DefId, field: &str) -> Option<String> {
    let shared = |path| format!("{}<dyn {}>", arc_name(cx, scope), cx.name(file, scope, path));
    Some(match field {
        "event_sinks" => format!("Vec::<{}>::new()", sink_type(cx, file, scope)),
        "registry" => format!("None::<{}>", shared("tools::ToolRegistry")),
        "tool_config" => format!("None::<{}>", cx.name(file, scope, "tools::ToolConfig")),
        "snapshot_hook" => format!("None::<{}>", cx.name(file, scope, "toolloop::SnapshotHook")),
        "persister" => format!("None::<{}>", shared("builder::TurnPersister")),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::super::testing::{drafted, finding_at, migrated};
    use crate::finding::Level;
    use crate::rules::Trap;

    const MADE: &str =
        "let state = Arc::new(InferenceState::new(\"a\", None, engine));\nlet core = Session::new(state);\n";

    fn behind_the_session(body: &str) -> String {
        let after = drafted(&format!("{MADE}{body}"));
        after[after.find('\n').unwrap() + 1..].to_owned()
    }

    #[test]
    fn what_a_session_does_not_give_back_is_left_to_a_person() {
        let body = "let Session { state, event_sinks: sinks, registry: _, .. } = core;\ndrop((state, sinks.len()));";
        let finding = finding_at(&format!("{MADE}{body}"), "Session { state");
        assert_eq!((finding.level, finding.traps), (Level::Draft, vec![Trap::NoCounterpart]));
        assert_eq!(migrated(&format!("{MADE}{body}")), format!("{MADE}{body}"));
        assert_eq!(
            behind_the_session(body),
            "// MIGRATE(no-counterpart): `event_sinks` cannot be had from the session: put what its builder was given here\n\
             let (state, sinks) = (core, Vec::<Arc<dyn EventSink>>::new());\ndrop((state, sinks.len()));"
        );
        let body = "let Session { tool_config, persister, .. } = core;\ndrop((tool_config, persister));";
        assert!(
            behind_the_session(body).contains(
                "let (_, tool_config, persister) = (&core, None::<ToolConfig>, None::<Arc<dyn TurnPersister>>);"
            ),
            "{}",
            behind_the_session(body)
        );
    }

    #[test]
    fn a_field_that_is_asked_on_the_spot_is_left_to_a_person() {
        let after = behind_the_session("drop((core.event_sinks.len(), core.registry.is_some(), core));");
        assert!(
            after.ends_with(
                "drop((Vec::<Arc<dyn EventSink>>::new().len(), None::<Arc<dyn ToolRegistry>>.is_some(), core));"
            ),
            "{after}"
        );
        let last = format!("{MADE}drop(core.event_sinks.len());");
        assert_eq!(finding_at(&last, "event_sinks").level, Level::Report);
        for asked in ["&core.event_sinks", "core.event_sinks.iter()", "core.event_sinks.first()"] {
            let body = format!("{MADE}drop(({asked}, core));");
            assert_eq!(finding_at(&body, "event_sinks").level, Level::Report, "{asked}");
        }
    }

    #[test]
    fn a_reference_is_not_taken_apart() {
        let body = format!("{MADE}let Session {{ state, event_sinks, .. }} = &core;\ndrop((state, event_sinks));");
        assert_eq!(finding_at(&body, "Session { state").level, Level::Report);
    }
}
