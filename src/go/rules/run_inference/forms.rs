//! What becomes of the statement in which a run stands: something is started, which may fail, and then waited for.

use super::results;
use crate::go::cx::Outcome;
use crate::go::index::FileIdx;
use crate::go::layout::nested;
use crate::go::runs::{Assigned, Form, is_new, leaves};
use crate::go::session::Sessions;
use crate::go::syntax::NodeId;

/// A run in two steps.
pub(super) struct Run {
    pub(super) file: FileIdx,
    pub(super) stmt: NodeId,
    /// The session, where somebody else may run it and see the turn of a run that is refused.
    pub(super) shared: Option<String>,
    /// The statement in front, which makes the turn the session's.
    pub(super) in_front: Option<String>,
    /// What is started is called so, and of this type of the package of sessions.
    pub(super) handle: String,
    pub(super) handle_type: &'static str,
    pub(super) start: String,
    pub(super) wait: String,
}

impl Run {
    /// The declaration of what is started.
    fn declaration(&self, session: &Sessions<'_, '_>) -> String {
        let package = session.cx.package(self.file, "inference/session");
        let (star, name) = match self.handle_type.strip_prefix('*') {
            Some(name) => ("*", name),
            None => ("", self.handle_type),
        };
        format!("var {} {star}{package}{name}", self.handle)
    }

    /// Whether something of it would mean the variable `name` if that were declared in front.
    fn mentions(&self, name: &str) -> bool {
        [&self.start, &self.wait].into_iter().chain(&self.in_front).any(|text| mentions(text, name))
    }
}

/// Writes a run in the place of its statement.
///
/// # Errors
/// What is said where it has no place there.
pub(super) fn rewrite(session: &Sessions<'_, '_>, run: &Run, form: &Form) -> Result<(), Outcome> {
    let Sessions { cx, draft, .. } = session;
    let syntax = cx.syntax(run.file);
    let Run { handle, in_front, start, wait, .. } = run;
    let mut lines = Vec::new();
    match form {
        Form::Alone { assigned, check } => {
            lines.extend(alone(session, run, assigned, *check)?);
        }
        Form::InIf { assigned, arm, other } => {
            let [out, error] = [0, 1].map(|at| syntax.text(assigned.left[at]));
            let again = if assigned.declares { ":=" } else { "=" };
            let declared = (!assigned.declares).then(|| run.declaration(session));
            if assigned.declares && results::are_read(session, run.file, assigned.left[0], *arm) {
                return Err(results::read_in_arm());
            }
            let reset = results::reset(session, run.file, run.stmt, assigned.left[0], Some(*arm));
            let arm_text = draft.block(run.file, *arm);
            let refused = results::reset_in(&reset, &arm_text);
            let rest = other.map_or(String::new(), |other| format!(" else {}", draft.block(run.file, other)));
            let attempt = format!(
                "if {handle}, {error} {again} {start}; {error} != nil {refused} else if {out}, {error} {again} {wait}; {error} != nil {arm_text}{rest}"
            );
            let begun: Vec<String> = in_front.iter().cloned().chain(declared).chain([attempt]).collect();
            match guard(session, run, Some(*arm)).map(|guard| results::reset_in(&reset, &guard)) {
                Some(guard) if !leaves(cx, run.file, *arm) => {
                    lines.push(format!("{guard} else {{\n{}\n}}", nested(&begun)));
                }
                guard => lines.extend(guard.into_iter().chain(begun)),
            }
        }
        Form::Returned => {
            let results = results_of(session, run);
            if results != 2 {
                return Err(Outcome::report(
                    "the results of the run go through a function type",
                    "start the run in front",
                ));
            }
            lines.extend(run.shared.as_ref().map(|shared| {
                format!(
                    "if {shared}.IsRunning() {{\n\treturn nil, {}ErrSessionAlreadyActive\n}}",
                    cx.package(run.file, "inference/session")
                )
            }));
            lines.extend(in_front.clone());
            lines.push(format!("{handle}, err := {start}"));
            lines.push("if err != nil {\n\treturn nil, err\n}".to_owned());
            lines.push(format!("return {wait}"));
        }
        Form::Ignored => {
            let attempt = format!("if {handle}, err := {start}; err == nil {{\n\t_, _ = {wait}\n}}");
            lines.extend(unless_busy(run, attempt));
        }
    }
    draft.replace_stmt(run.file, run.stmt, &lines);
    Ok(())
}

fn results_of(session: &Sessions<'_, '_>, run: &Run) -> usize {
    let cx = session.cx;
    let types = crate::go::ty::Types { program: cx.program };
    let function = cx.function(run.file, run.stmt);
    function.map_or(0, |function| types.signature(run.file, function, &Default::default()).results.len())
}

/// Keeps a refused prompt out of the history.
fn guard(session: &Sessions<'_, '_>, run: &Run, arm: Option<NodeId>) -> Option<String> {
    let shared = run.shared.as_ref()?;
    let busy = busy_arm(session, run.file, arm?)?;
    Some(format!("if {shared}.IsRunning() {busy}"))
}

/// The turn joins the session and runs, unless another run is on: nobody looks at the error.
fn unless_busy(run: &Run, attempt: String) -> Vec<String> {
    let begun: Vec<String> = run.in_front.iter().cloned().chain([attempt]).collect();
    match &run.shared {
        Some(shared) => vec![format!("if !{shared}.IsRunning() {{\n{}\n}}", nested(&begun))],
        None => begun,
    }
}

/// The block of a failed start for a session that runs already: its error is known by name.
fn busy_arm(session: &Sessions<'_, '_>, file: FileIdx, arm: NodeId) -> Option<String> {
    let Sessions { cx, draft, .. } = session;
    let syntax = cx.syntax(file);
    let check = syntax.parent(arm)?;
    let condition = syntax.child(check, "condition")?;
    let error = syntax.text(condition).strip_suffix(" != nil")?.to_owned();
    let package = cx.package(file, "inference/session");
    let mut text = draft.block(file, arm);
    let uses = syntax.below(arm).filter(|&node| syntax.kind(node) == "identifier" && syntax.text(node) == error);
    if uses.count() > 0 {
        text = crate::go::words::replace(&text, &error, &format!("{package}ErrSessionAlreadyActive"));
    }
    Some(text)
}

fn alone(
    session: &Sessions<'_, '_>,
    run: &Run,
    assigned: &Assigned,
    check: Option<NodeId>,
) -> Result<Vec<String>, Outcome> {
    let Sessions { cx, draft, .. } = session;
    let syntax = cx.syntax(run.file);
    let Run { handle, in_front, start, wait, .. } = run;
    let [out, error] = [assigned.left[0], assigned.left[1]];
    let (out_text, error_text) = (draft.text(run.file, out), draft.text(run.file, error));
    if error_text == "_" {
        let declared = is_new(cx, run.file, out);
        if declared && run.mentions(&out_text) {
            return Err(hidden());
        }
        let mut lines = Vec::new();
        if declared {
            lines.push(format!("var {out_text} *{}Turn", cx.package(run.file, "turns")));
        }
        let reset = results::reset(session, run.file, run.stmt, out, None);
        if reset.is_some() && run.mentions(&out_text) {
            return Err(hidden());
        }
        lines.extend(reset);
        let attempt = format!("if {handle}, err := {start}; err == nil {{\n\t{out_text}, _ = {wait}\n}}");
        lines.extend(unless_busy(run, attempt));
        return Ok(lines);
    }
    let reset = results::reset(session, run.file, run.stmt, out, check);
    let is_plain = |arm: NodeId| !is_new(cx, run.file, out) || !results::are_read(session, run.file, out, arm);
    if assigned.declares
        && check.is_some_and(|arm| is_short(syntax.text(arm)) && leaves(cx, run.file, arm) && is_plain(arm))
        && let Some(arm) = check
    {
        let again = if is_new(cx, run.file, out) { ":=" } else { "=" };
        let guard = guard(session, run, check).map(|guard| results::reset_in(&reset, &guard));
        let mut lines: Vec<String> = guard.into_iter().collect();
        lines.extend(in_front.clone());
        lines.push(format!("{handle}, {error_text} := {start}"));
        lines.push(format!("if {error_text} != nil {}", results::reset_in(&reset, &draft.block(run.file, arm))));
        lines.push(format!("{out_text}, {error_text} {again} {wait}"));
        return Ok(lines);
    }
    let mut lines = Vec::new();
    if is_new(cx, run.file, out) {
        if run.mentions(&out_text) {
            return Err(hidden());
        }
        lines.push(format!("var {out_text} *{}Turn", cx.package(run.file, "turns")));
    }
    if let Some(shared) = &run.shared {
        let package = cx.package(run.file, "inference/session");
        let again = if is_new(cx, run.file, error) { ":=" } else { "=" };
        let append = in_front.as_ref().map_or(String::new(), |append| format!("\t{append}\n"));
        lines.push(run.declaration(session));
        lines.push(format!("{error_text} {again} {package}ErrSessionAlreadyActive"));
        lines.push(format!("if !{shared}.IsRunning() {{\n{append}\t{handle}, {error_text} = {start}\n}}"));
    } else if assigned.declares {
        lines.extend(in_front.clone());
        lines.push(format!("{handle}, {error_text} := {start}"));
    } else {
        lines.extend(in_front.clone());
        lines.push(run.declaration(session));
        lines.push(format!("{handle}, {error_text} = {start}"));
    }
    let refused = reset.map_or(String::new(), |reset| format!(" else {{\n\t{reset}\n}}"));
    lines.push(format!("if {error_text} == nil {{\n\t{out_text}, {error_text} = {wait}\n}}{refused}"));
    Ok(lines)
}

fn mentions(text: &str, name: &str) -> bool {
    crate::go::words::replace(text, name, "") != text
}

fn hidden() -> Outcome {
    Outcome::report("the result's name hides what the run is started with", "give the result another name")
}

fn is_short(arm: &str) -> bool {
    arm.lines().count() <= 6
}
