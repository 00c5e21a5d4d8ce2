//! An id that a state gets later, which a session does not take.

use super::super::inference_state::delete_line;
use crate::rules::Trap;
use crate::rust::cx::{Change, Cx};
use crate::rust::hir::{ExprId, ExprKind, Parent, Span, StmtId};
use crate::rust::index::FileIdx;
use crate::rust::outcome::Outcome;
use crate::rust::resolve::{Namespace, Res};
use crate::rust::text::is_postfix;

/// `state.set_run_id(id)`: the session keeps the id that it has. Receiver and id are still evaluated, where somebody could see.
pub(super) fn outcome(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> Outcome {
    let Some((receiver, id)) = parts(cx, file, call) else {
        let why = "`set_run_id` has no counterpart";
        return Outcome::report("a session keeps its id", HELP).because(Trap::NoCounterpart, why);
    };
    let changes = match statement_without_effect(cx, file, call, receiver, id) {
        Some(stmt) => vec![delete_line(cx, file, cx.hir(file)[stmt].span)],
        None => evaluated(cx, file, call, receiver, id),
    };
    let asked = cx.expr_text(file, id);
    Outcome::safe(changes, HELP).drafted(
        Trap::NoCounterpart,
        "`set_run_id` has no counterpart: a session keeps its id",
        format!("the id `{asked}` is not taken: make the session with it (`Session::with_id`), or do without"),
    )
}

const HELP: &str = "make the session with `Session::with_id(id)`";

/// The state and the id.
fn parts(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> Option<(ExprId, ExprId)> {
    match &cx.hir(file)[call].kind {
        ExprKind::MethodCall { receiver, args, .. } => Some((*receiver, *args.first()?)),
        ExprKind::Call { args, .. } => Some((*args.first()?, *args.get(1)?)),
        _ => None,
    }
}

/// The statement that the call is, if nobody misses it: it gives a literal to a local that has other uses.
fn statement_without_effect(cx: &Cx<'_>, file: FileIdx, call: ExprId, receiver: ExprId, id: ExprId) -> Option<StmtId> {
    let hir = cx.hir(file);
    let Parent::Stmt(stmt) = hir[call].parent else { return None };
    let is_used = cx.local(file, receiver).is_some_and(|local| cx.uses_of(file, local).len() > 1);
    (is_used && matches!(hir[id].kind, ExprKind::Lit(_))).then_some(stmt)
}

/// Receiver and id in their order, the id as the text that it was made.
fn evaluated(cx: &Cx<'_>, file: FileIdx, call: ExprId, receiver: ExprId, id: ExprId) -> Vec<Change> {
    let (whole, state, text) = (cx.span(file, call), cx.span(file, receiver), cx.span(file, id));
    let borrow = if matches!(cx.hir(file)[call].kind, ExprKind::MethodCall { .. }) { "&" } else { "" };
    let is_closed = is_postfix(cx, file, id) || matches!(cx.hir(file)[id].kind, ExprKind::Lit(_));
    let (open, close) = if is_closed { ("", "") } else { ("(", ")") };
    let drop = known(cx, file, call, "std::mem::drop", Namespace::Value);
    let string = known(cx, file, call, "std::string::String", Namespace::Type);
    vec![
        cx.replace(file, Span { start: whole.start, end: state.start }, format!("{drop}::<(_, {string})>(({borrow}")),
        cx.replace(file, Span { start: state.end, end: text.start }, format!(", {open}")),
        cx.replace(file, Span { start: text.end, end: whole.end }, format!("{close}.into()))")),
    ]
}

/// What code at `at` calls an item of std's prelude: by its last name, where that means nothing else.
fn known(cx: &Cx<'_>, file: FileIdx, at: ExprId, path: &str, namespace: Namespace) -> String {
    let short = path.rsplit("::").next().unwrap_or(path);
    let found = cx.resolver.names(cx.program.scope_of_expr(file, at), &[short], false, namespace);
    let is_meant = found.is_none_or(|found| match found.res {
        Res::Def(def) => cx.program.path_of(def) == path,
        Res::Extern(other) => other == path,
    });
    if is_meant && !cx.binds_name(file, at, short, &[]) { short.to_owned() } else { format!("::{path}") }
}

#[cfg(test)]
mod tests {
    use crate::finding::Level;
    use crate::rules::Trap;
    use crate::rust::testing::{drafted, finding_at, migrated};

    const MADE: &str = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\n";
    const ASKED: &str = "is not taken: make the session with it (`Session::with_id`), or do without";

    #[test]
    fn an_id_that_is_set_later_is_left_to_a_person() {
        let body = format!("{MADE}drop(state.clone());\nstate.set_run_id(\"b\");");
        let finding = finding_at(&body, "set_run_id");
        assert_eq!((finding.level, finding.traps), (Level::Draft, vec![Trap::NoCounterpart]));
        assert_eq!(migrated(&body), body);
        let after = drafted(&body);
        let marker = format!("// MIGRATE(no-counterpart): the id `\"b\"` {ASKED}");
        assert!(after.ends_with(&format!("drop(state.clone());\n{marker}")), "{after}");
    }

    #[test]
    fn what_an_id_is_made_of_is_still_evaluated() {
        let head = format!("{MADE}drop(state.clone());\n");
        let cases = [
            ("state.set_run_id(name);", "drop::<(_, String)>((&state, name.into()));"),
            ("state.set_run_id(name + \"b\");", "drop::<(_, String)>((&state, (name + \"b\").into()));"),
            ("InferenceState::set_run_id(&state, name,);", "drop::<(_, String)>((&state, name.into()));"),
            ("if true { state.set_run_id(name) }", "if true { drop::<(_, String)>((&state, name.into())) }"),
        ];
        for (set, gone) in cases {
            let after = drafted(&format!("let name = String::from(\"b\");\n{head}{set}"));
            let (code, marker) = (after.lines().last().unwrap(), after.lines().rev().nth(1).unwrap());
            assert_eq!(code, gone);
            assert!(marker.starts_with("// MIGRATE(no-counterpart): the id `name"), "{marker}");
        }
    }

    #[test]
    fn names_of_the_prelude_that_mean_something_else_are_written_out() {
        let own = "fn drop<T>(_: T) {}\nstruct String;\n";
        let body = format!("let name = \"b\".to_owned();\n{own}{MADE}drop(state.clone());\nstate.set_run_id(name);");
        let after = drafted(&body);
        let line = "::std::mem::drop::<(_, ::std::string::String)>((&state, name.into()));";
        assert_eq!(after.lines().last(), Some(line), "{after}");
    }
}
