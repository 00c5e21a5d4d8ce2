//! `core-session`: the core session and its fields become the builder of the session.

use super::run_lifecycle::Lifecycles;
use crate::go::cx::Outcome;
use crate::go::infer::Ref;
use crate::go::session::equipment::Equipment;
use crate::go::session::settings::{self, Plan};
use crate::go::session::{Literal, Sessions, literal, on_the_spot, persisters, rivals, steady};
use crate::go::sites::Site;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::rules::Trap;

/// Decides a core session that is made, or its written type.
pub(crate) fn decide(session: &Sessions<'_, '_>, lifecycles: &Lifecycles, site: &Site) -> Outcome {
    let Sessions { cx, draft, facts, .. } = session;
    let syntax = cx.syntax(site.file);
    let above = syntax.parent(site.whole).map_or("", |parent| syntax.kind(parent));
    if above == "composite_literal" {
        let found = facts.literals.iter().find(|literal| {
            literal.file == site.file
                && syntax.is_inside(site.whole, literal.node)
                && !syntax.is_inside(site.whole, literal.body)
        });
        if let Some(report) = found.and_then(|literal| rivals::rivalry(session, literal)) {
            return report;
        }
        return match found {
            Some(literal) if lifecycles.builder_of(literal) == Some("") => {
                Outcome::safe(Vec::new(), "the session itself; sinks go into the context of the run")
            }
            Some(literal) if lifecycles.builder_of(literal).is_some() => {
                offer_builder_of_run(session, Outcome::safe(Vec::new(), "the builder is set in front of the start"))
            }
            Some(literal) => made(session, literal).unwrap_or_else(|report| report),
            None => {
                Outcome::report("the fields are given without their names", "name the fields: core.Session{State: …}")
            }
        };
    }
    if matches!(above, "argument_list" | "type_spec") {
        return Outcome::report("the core session is made without its state", "make one session, and set its Builder");
    }
    if super::inference_state::is_in_open_type(session, site) {
        return Outcome::report(
            "the type is a part of another one, whose values are not followed",
            "change the type and what goes through it by hand, by the guide",
        );
    }
    if super::inference_state::is_told_apart(session, site) {
        return super::inference_state::told_apart();
    }
    let package = cx.package(site.file, "inference/session");
    // A core session may be a value; a session is none.
    let star = if above == "pointer_type" { "" } else { "*" };
    draft.small(site.file, syntax.range(site.whole), format!("{star}{package}Session"));
    Outcome::safe(Vec::new(), format!("`*{package}Session`"))
}

/// A core session is the session of its state, with a builder.
fn made(session: &Sessions<'_, '_>, made: &Literal) -> Result<Outcome, Outcome> {
    let Sessions { cx, draft, facts, names, .. } = session;
    let (file, syntax) = (made.file, cx.syntax(made.file));
    let Some(state) = made.state else {
        return Err(Outcome::report("the core session gets its state later", "give it its state where it is made"));
    };
    let text = names.text(cx, file, state);
    let plan = settings::plan(session, made)?;
    let needs_builder = !made.parts.is_empty() || plan.sets_something() || is_at_creation(session, made, state);
    let equipment = match (needs_builder, literal::base(session, made)) {
        (false, _) => None,
        (true, Some(base)) => Some(Equipment::of(session, made, &plan, &base)?),
        (true, None) => {
            return Err(Outcome::report(
                "the builder needs the engine, and the engine of this state is not at hand here",
                format!("keep the engine where this code can reach it, then: {text}.Builder = enginebuilder.New(enginebuilder.WithBase(eng), …)"),
            )
            .because(Trap::PerRunSession, "the builder is the run's"));
        }
    };
    if let Some(creation) = literal::creation_at(session, file, state) {
        return inline(session, made, creation, &equipment.unwrap_or_default());
    }
    let Some(stmt) = cx.stmt(file, made.node) else {
        return Err(Outcome::report("here is no place to set the session's builder", "make the session in a function"));
    };
    if names.keeps(cx, made, &text) {
        return Ok(kept(session, made, stmt, &text, equipment.as_ref()));
    }
    if equipment.is_some() && !steady::is_steady(cx, file, state) {
        return Err(Outcome::report(
            "the state comes out of an expression that may give another one the next time",
            format!("put it into a variable first: sess := {text}"),
        ));
    }
    let lines = equipment.as_ref().map_or(Vec::new(), |equipment| equipment.lines(&text));
    match (is_whole_statement(session, made, stmt, &text), lines.is_empty()) {
        (true, false) => draft.replace_stmt(file, stmt, &lines),
        (true, true) => draft.remove_stmt(file, stmt),
        (false, is_empty) => {
            if !is_empty {
                draft.insert_before(file, stmt, &lines);
            }
            draft.large(file, syntax.range(made.node), text.clone());
        }
    }
    let help = match &equipment {
        Some(equipment) => format!("`{}`", first_line(&equipment.set(&text))),
        None => format!("`{text}` itself"),
    };
    if let Some(equipment) = &equipment {
        equipment.set_behind(session, made, &text);
    }
    let outcome = Outcome::safe(Vec::new(), help);
    let has_parts = !made.parts.is_empty() || plan.sets_something();
    let is_per_run = facts.is_shared && has_parts && !is_beside_creation(session, made, state);
    Ok(if is_per_run { offer_builder_of_run(session, outcome) } else { outcome })
}

/// The core session's variable holds the session from here on: what it was read from may hold another one later.
fn kept(
    session: &Sessions<'_, '_>,
    made: &Literal,
    stmt: NodeId,
    text: &str,
    equipment: Option<&Equipment>,
) -> Outcome {
    let Sessions { cx, draft, .. } = session;
    let name = made.variable.map_or("", |variable| cx.text(made.file, variable));
    draft.large(made.file, cx.syntax(made.file).range(made.node), text);
    let outcome = Outcome::safe(Vec::new(), format!("`{name}` is the session itself"));
    let Some(equipment) = equipment else { return outcome };
    draft.insert_after(made.file, stmt, &equipment.lines(name));
    equipment.set_behind(session, made, name);
    offer_builder_of_run(session, outcome)
}

/// A builder of one run is set on a session that others may start at the same time.
fn offer_builder_of_run(session: &Sessions<'_, '_>, outcome: Outcome) -> Outcome {
    match session.facts.is_shared {
        true => outcome.offered(
            Trap::PerRunSession,
            "the builder is set on the session that several runs share: two that come at once may swap their builders",
        ),
        false => outcome,
    }
}

fn first_line(text: &str) -> String {
    match text.split_once('\n') {
        Some((first, _)) => format!("{first}…"),
        None => text.to_owned(),
    }
}

/// Whether the state is the variable of a creation in the same list of statements, which leaves the builder to it.
fn is_at_creation(session: &Sessions<'_, '_>, made: &Literal, state: NodeId) -> bool {
    literal::creation_at(session, made.file, state).is_some() || is_beside_creation(session, made, state)
}

pub(crate) fn is_beside_creation(session: &Sessions<'_, '_>, made: &Literal, state: NodeId) -> bool {
    let Sessions { cx, facts, .. } = session;
    match cx.inferred(made.file).meaning(state) {
        Some(Ref::Local(declared)) => facts
            .creation_of(made.file, declared)
            .is_some_and(|creation| cx.function(made.file, creation.call) == cx.function(made.file, made.node)),
        _ => !made.parts.is_empty() && literal::creation_put(session, made, state).is_some(),
    }
}

/// Whether the statement only gives the core session a name: one that goes, or one that the session has already.
fn is_whole_statement(session: &Sessions<'_, '_>, made: &Literal, stmt: NodeId, text: &str) -> bool {
    let Sessions { cx, names, .. } = session;
    let syntax = cx.syntax(made.file);
    if syntax.kind(stmt) == "var_declaration" {
        let specs: Vec<NodeId> = syntax.children(stmt).collect();
        return made.variable.is_some() && matches!(specs[..], [spec] if syntax.kind(spec) == "var_spec");
    }
    let (Some(left), Some(right)) = (syntax.child(stmt, "left"), syntax.child(stmt, "right")) else { return false };
    let ([place], [value]) = (&syntax.list(left)[..], &syntax.list(right)[..]) else { return false };
    *value == made.node
        && match syntax.kind(stmt) {
            "short_var_declaration" => made.variable.is_some(),
            _ => names.text(cx, made.file, *place) == text,
        }
}

/// `&core.Session{State: state.NewInferenceState(…), …}`.
fn inline(
    session: &Sessions<'_, '_>,
    made: &Literal,
    creation: &crate::go::session::Creation,
    equipment: &Equipment,
) -> Result<Outcome, Outcome> {
    let Sessions { cx, draft, .. } = session;
    let stmt = cx.stmt(made.file, made.node);
    if let (Some(variable), Some(stmt)) = (made.variable, stmt)
        && is_whole_statement(session, made, stmt, cx.text(made.file, variable))
    {
        let name = cx.text(made.file, variable);
        draft.replace_stmt(made.file, stmt, &equipment.statements(session, creation, name));
        equipment.set_behind(session, made, name);
        return Ok(Outcome::safe(Vec::new(), format!("`{name}` is a session with a builder")));
    }
    if let Some(stmt) = stmt.filter(|_| on_the_spot::is_one(cx, made.file, made.node)) {
        let name = on_the_spot::name(session, made.file, made.node);
        draft.insert_before(made.file, stmt, &equipment.statements(session, creation, &name));
        return Ok(Outcome::safe(Vec::new(), format!("`{name}` is a session with a builder")));
    }
    if equipment.is_behind() {
        return Err(settings::apart());
    }
    match stmt {
        Some(stmt) if !equipment.before.is_empty() => draft.insert_before(made.file, stmt, &equipment.before),
        None if !equipment.before.is_empty() => return Err(settings::apart()),
        _ => {}
    }
    let text = crate::go::session::new_session(session, creation, &equipment.builder, made.node)?;
    session.draft.large(made.file, session.cx.syntax(made.file).range(made.node), text);
    Ok(Outcome::safe(Vec::new(), "one session with a builder"))
}

/// Decides a field of a core session.
pub(crate) fn part(session: &Sessions<'_, '_>, site: &Site) -> Outcome {
    let Sessions { cx, facts, .. } = session;
    let syntax = cx.syntax(site.file);
    let is_in_literal =
        facts.literals.iter().any(|literal| literal.file == site.file && syntax.is_inside(site.name, literal.body));
    match site.legacy {
        Legacy::State if site.whole != site.name => match syntax.is_put_into(site.whole) {
            true => Outcome::report("the core session gets its state later", "give it its state where it is made"),
            false => Outcome::safe(Vec::new(), "the session itself"),
        },
        Legacy::Persister if is_in_literal && site.whole == site.name => persisters::decide(session, site),
        _ if is_in_literal && site.whole == site.name => {
            settings::judge_copy(session, site, Outcome::safe(Vec::new(), "an option of the session's builder"))
        }
        _ => set_later(session, site).unwrap_or_else(|report| report),
    }
}

/// A field that is set behind the literal.
fn set_later(session: &Sessions<'_, '_>, site: &Site) -> Result<Outcome, Outcome> {
    let (made, plan, setting) = settings::of_site(session, site).ok_or_else(settings::apart)?;
    match plan {
        Plan::AtOnce(_) => session.draft.remove_stmt(site.file, setting.stmt),
        Plan::Collected(_) => {
            let options = settings::options_name(session, made);
            let line = settings::addition(session, site.file, &options, (setting.part, setting.value))?;
            session.draft.replace_stmt(site.file, setting.stmt, &[line]);
        }
    }
    Ok(match site.legacy {
        Legacy::Persister => persisters::decide(session, site),
        _ => settings::judge_copy(session, site, Outcome::safe(Vec::new(), "an option of the session's builder")),
    })
}
