//! `NewInferenceState(id, turn, engine)` becomes a session.

use super::Sessions;
use super::facts::Creation;
use crate::go::cx::Outcome;
use crate::go::infer::Ref;
use crate::go::proof::{self, Id};
use crate::go::sites::Site;
use crate::go::syntax::NodeId;
use crate::rules::Trap;

/// Decides a state that is made.
pub(super) fn decide(session: &Sessions<'_, '_>, site: &Site) -> Outcome {
    let Some(creation) = session.facts.creations.iter().find(|creation| {
        creation.file == site.file && session.cx.syntax(site.file).is_inside(site.name, creation.call)
    }) else {
        return Outcome::report(
            "the constructor is used as a value",
            "make a session instead: session.NewSessionWithID(id), and set its Builder",
        );
    };
    let id = proof::id(session.cx, creation.file, creation.id);
    let made = make(session, creation, id);
    let outcome = match made {
        Ok(help) => Outcome::safe(Vec::new(), help),
        Err(report) => return report,
    };
    match id {
        Id::Empty | Id::Unknown if session.facts.reads_id => outcome.offered(
            Trap::EmptyId,
            "an empty run id stayed empty; a session without an id gets a generated one, which this program reads",
        ),
        _ => outcome,
    }
}

/// The initial turn, where there is one.
fn initial_turn(session: &Sessions<'_, '_>, creation: &Creation) -> Option<String> {
    let Sessions { cx, draft, .. } = session;
    let text = cx.text(creation.file, creation.turn);
    (text != "nil").then(|| draft.text(creation.file, creation.turn))
}

/// Whether a core session beside it gives the session its builder.
fn is_built_by_literal(session: &Sessions<'_, '_>, creation: &Creation) -> bool {
    let cx = session.cx;
    let Some(variable) = creation.variable else { return is_put_below_literal(session, creation) };
    let mut paired = session.facts.literals.iter().filter(|literal| {
        let declared = literal.state.and_then(|state| cx.inferred(literal.file).meaning(state));
        literal.file == creation.file && declared == Some(Ref::Local(variable))
    });
    let (Some(literal), None) = (paired.next(), paired.next()) else { return false };
    let list = |node| cx.stmt(creation.file, node).and_then(|stmt| cx.syntax(creation.file).parent(stmt));
    list(creation.call) == list(literal.node)
}

/// Whether a core session over the place of the state follows in the same list of statements, with a builder for it.
fn is_put_below_literal(session: &Sessions<'_, '_>, creation: &Creation) -> bool {
    let cx = session.cx;
    let list = |node| cx.stmt(creation.file, node).and_then(|stmt| cx.syntax(creation.file).parent(stmt));
    let is_over = |literal: &&super::Literal| {
        let put = literal.state.and_then(|state| super::literal::creation_put(session, literal, state));
        put == Some(creation) && !literal.parts.is_empty() && list(literal.node) == list(creation.call)
    };
    session.facts.literals.iter().filter(is_over).count() == 1
}

fn make(session: &Sessions<'_, '_>, creation: &Creation, id: Id) -> Result<String, Outcome> {
    let Sessions { cx, draft, names, .. } = session;
    let (file, syntax) = (creation.file, cx.syntax(creation.file));
    if syntax.text(creation.engine) == "nil" {
        return Err(Outcome::report("the state has no engine", "give the session a builder with an engine"));
    }
    if session.facts.literals.iter().any(|literal| literal.file == file && literal.state == Some(creation.call)) {
        return Ok("one session, with the builder of its core session".to_owned());
    }
    let package = cx.package(file, "inference/session");
    let new = constructor(&package, id, &draft.text(file, creation.id));
    let is_built = is_built_by_literal(session, creation);
    let builder = cx.package(file, "inference/toolloop/enginebuilder");
    let builder = format!("{builder}New({builder}WithBase({}))", draft.text(file, creation.engine));
    let turn = initial_turn(session, creation);
    let target = target(session, creation);
    let lines = |name: &str| {
        let mut lines = Vec::new();
        if !is_built {
            lines.push(format!("{name}.Builder = {builder}"));
        }
        if let Some(turn) = &turn {
            lines.push(append(name, turn, proof::is_not_nil(cx, file, creation.turn)));
        }
        lines
    };
    if let (Some(name), Some(stmt)) = (target, cx.stmt(file, creation.call)) {
        if let Some(variable) = creation.variable.filter(|&variable| names.goes(file, variable)) {
            draft.small(file, syntax.range(variable), name.clone());
        }
        draft.large(file, syntax.range(creation.call), new);
        draft.insert_after(file, stmt, &lines(&name));
        return Ok(format!("`{name}` is a session with a builder"));
    }
    let builder = if is_built { "" } else { &builder };
    let mut text = new_session(session, creation, builder, creation.call)?;
    let stmt = cx.stmt(file, creation.call).map_or("", |stmt| syntax.kind(stmt));
    let is_in_header = ["if_statement", "for_statement", "expression_switch_statement"].contains(&stmt);
    if is_in_header && text.ends_with('}') {
        text = format!("({text})");
    }
    draft.large(file, syntax.range(creation.call), text);
    Ok("a session with a builder".to_owned())
}

/// What makes a session where `at` stands: one expression, or the name of a variable that is made in front of the statement.
///
/// # Errors
/// What is said where neither has a place.
pub(crate) fn new_session(
    session: &Sessions<'_, '_>,
    creation: &Creation,
    builder: &str,
    at: NodeId,
) -> Result<String, Outcome> {
    let Sessions { cx, draft, .. } = session;
    let file = creation.file;
    let id = proof::id(cx, file, creation.id);
    let turn = initial_turn(session, creation);
    let is_there = turn.is_none() || proof::is_not_nil(cx, file, creation.turn);
    let package = cx.package(file, "inference/session");
    let id_text = draft.text(file, creation.id);
    if id == Id::Present && is_there {
        let turns = match turn {
            Some(turn) => format!(", Turns: []*{}Turn{{{turn}}}", cx.package(file, "turns")),
            None => String::new(),
        };
        let builder = if builder.is_empty() { String::new() } else { format!(", Builder: {builder}") };
        return Ok(format!("&{package}Session{{SessionID: {id_text}{builder}{turns}}}"));
    }
    let Some(stmt) = cx.stmt(file, at) else {
        return Err(Outcome::report(
            "a session needs an id, and here is no place to make one",
            "make the session in a function: session.NewSessionWithID(id), then set its Builder",
        ));
    };
    let name = session.fresh(file, at, &["sess", "newSession", "freshSession"]);
    draft.insert_before(file, stmt, &statements(session, creation, &name, Some(builder)));
    Ok(name)
}

/// The statements that make a session called `name`; its builder may come later.
pub(crate) fn statements(
    session: &Sessions<'_, '_>,
    creation: &Creation,
    name: &str,
    builder: Option<&str>,
) -> Vec<String> {
    let Sessions { cx, draft, .. } = session;
    let file = creation.file;
    let package = cx.package(file, "inference/session");
    let id = proof::id(cx, file, creation.id);
    let mut lines = vec![format!("{name} := {}", constructor(&package, id, &draft.text(file, creation.id)))];
    lines.extend(builder.map(|builder| format!("{name}.Builder = {builder}")));
    if let Some(turn) = initial_turn(session, creation) {
        lines.push(append(name, &turn, proof::is_not_nil(cx, file, creation.turn)));
    }
    lines
}

fn constructor(package: &str, id: Id, text: &str) -> String {
    match id {
        Id::Empty if text.len() == 2 => format!("{package}NewSession()"),
        _ => format!("{package}NewSessionWithID({text})"),
    }
}

fn append(name: &str, turn: &str, is_there: bool) -> String {
    match is_there {
        true => format!("{name}.Append({turn})"),
        false => format!("if {turn} != nil {{\n\t{name}.Append({turn})\n}}"),
    }
}

/// What the new session is called in its statement: the variable, or the place it is assigned to.
fn target(session: &Sessions<'_, '_>, creation: &Creation) -> Option<String> {
    let Sessions { cx, names, .. } = session;
    let (file, syntax) = (creation.file, cx.syntax(creation.file));
    let stmt = cx.stmt(file, creation.call).map_or("", |stmt| syntax.kind(stmt));
    if !["short_var_declaration", "var_declaration", "assignment_statement"].contains(&stmt) {
        return None;
    }
    if let Some(variable) = creation.variable {
        return Some(match names.goes(file, variable) {
            true => names.variable(file, variable)?,
            false => syntax.text(variable).to_owned(),
        });
    }
    let list = syntax.parent(creation.call).filter(|&list| syntax.kind(list) == "expression_list")?;
    let assignment = syntax.parent(list).filter(|&stmt| syntax.kind(stmt) == "assignment_statement")?;
    let left = syntax.list(syntax.child(assignment, "left")?);
    let is_stmt = cx.stmt(file, creation.call) == Some(assignment);
    match left.as_slice() {
        [place] if is_stmt && proof::is_stable(cx, file, *place) => Some(names.text(cx, file, *place)),
        _ => None,
    }
}
