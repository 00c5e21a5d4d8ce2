//! The builder that a core session's fields become.

use super::facts::{Creation, Literal};
use super::settings::{self, Plan, Setting};
use super::{Sessions, steady};
use crate::go::cx::{Cx, Outcome};
use crate::go::index::FileIdx;
use crate::go::infer::Ref;
use crate::go::proof;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::go::ty::{Ty, Types};
use crate::go::variables;

/// One line for a builder's option, with the comment behind it; or a comment of its own.
type Line = String;

/// `enginebuilder.New(…)` for an engine and the fields of a core session, which are all there when it is made.
///
/// # Errors
/// What is said where a field cannot be given to a builder, or not at once.
pub(crate) fn builder(session: &Sessions<'_, '_>, literal: &Literal, base: &str) -> Result<String, Outcome> {
    match settings::plan(session, literal)? {
        Plan::AtOnce(later) if later.is_empty() => at_once(session, literal, base, &later),
        _ => Err(settings::apart()),
    }
}

/// `enginebuilder.New(…)`, with fields that are set behind the core session.
pub(super) fn at_once(
    session: &Sessions<'_, '_>,
    literal: &Literal,
    base: &str,
    later: &[Setting],
) -> Result<String, Outcome> {
    let package = session.cx.package(literal.file, "inference/toolloop/enginebuilder");
    let lines = lines(session, literal, base, later)?;
    Ok(call(&format!("{package}New"), ["(", ")"], &lines, is_wide(session, literal, &lines)))
}

/// `[]enginebuilder.Option{…}`, to which more is added later.
pub(super) fn options(session: &Sessions<'_, '_>, literal: &Literal, base: &str) -> Result<String, Outcome> {
    let package = session.cx.package(literal.file, "inference/toolloop/enginebuilder");
    let lines = lines(session, literal, base, &[])?;
    Ok(call(&format!("[]{package}Option"), ["{", "}"], &lines, is_wide(session, literal, &lines)))
}

/// The options of a builder, and the comments beside the fields that they come from.
fn lines(session: &Sessions<'_, '_>, literal: &Literal, base: &str, later: &[Setting]) -> Result<Vec<Line>, Outcome> {
    let Sessions { cx, .. } = session;
    let file = literal.file;
    let package = cx.package(file, "inference/toolloop/enginebuilder");
    let base = format!("{package}WithBase({base})");
    let syntax = cx.syntax(file);
    let mut lines: Vec<Line> = vec![format!("{base},")];
    let mut end = syntax.start(literal.body);
    for &child in syntax.all_children(literal.body) {
        if syntax.kind(child) == "comment" {
            let is_behind = !syntax.slice(end..syntax.start(child)).contains('\n');
            match lines.last_mut().filter(|_| is_behind) {
                Some(line) => *line = format!("{line} {}", syntax.text(child)),
                None => lines.push(syntax.text(child).to_owned()),
            }
        } else if let Some((part, _, value)) = literal.parts.iter().find(|(_, element, _)| *element == child)
            && !settings::is_conditional(session, file, *part, *value)
        {
            lines.push(format!("{package}{},", option(session, file, *part, *value)?));
        }
        end = syntax.end(child);
    }
    for setting in later {
        lines.push(format!("{package}{},", option(session, file, setting.part, setting.value)?));
    }
    Ok(lines)
}

/// Whether every option gets a line of its own.
fn is_wide(session: &Sessions<'_, '_>, literal: &Literal, lines: &[Line]) -> bool {
    let is_comment = |line: &Line| !line.ends_with(',');
    let text = session.cx.text(literal.file, literal.body);
    lines.iter().any(is_comment) || lines.len() > 2 && text.contains('\n')
}

fn call(function: &str, [open, close]: [&str; 2], lines: &[Line], is_wide: bool) -> String {
    if !is_wide {
        let options: Vec<&str> = lines.iter().map(|line| line.trim_end_matches(',')).collect();
        let line = format!("{function}{open}{}{close}", options.join(", "));
        if line.len() <= 110 || lines.len() == 1 {
            return line;
        }
    }
    let inner: String = lines.iter().map(|line| format!("\t{line}\n")).collect();
    format!("{function}{open}\n{inner}{close}")
}

/// The option of a builder that a field with this value becomes.
///
/// # Errors
/// What is said where nobody knows whether there is a value.
pub(super) fn option(
    session: &Sessions<'_, '_>,
    file: FileIdx,
    part: Legacy,
    value: NodeId,
) -> Result<String, Outcome> {
    let Sessions { cx, draft, .. } = session;
    let syntax = cx.syntax(file);
    let text = draft.text(file, value);
    Ok(match part {
        Legacy::Registry => format!("WithToolRegistry({text})"),
        Legacy::SnapshotHook => format!("WithSnapshotHook({text})"),
        Legacy::Persister => format!("WithPersister({text})"),
        Legacy::EventSinks => match appended(session, file, value).or_else(|| listed(session, file, value)) {
            Some(elements) => format!("WithEventSinks({elements})"),
            None if is_filled_later(session, file, value) => {
                return Err(Outcome::report(
                    "an element of this slice is set, which a builder that has copied it does not see",
                    "fill the slice before the builder is made",
                ));
            }
            None => format!("WithEventSinks({text}...)"),
        },
        _ => match text.strip_prefix('&') {
            Some(place) if syntax.kind(value) == "unary_expression" => format!("WithToolConfig({place})"),
            _ if proof::is_not_nil(cx, file, value) => format!("WithToolConfig(*{text})"),
            _ => {
                return Err(Outcome::report(
                    "the tool configuration may be nil, and a builder takes it by value",
                    "give it to the builder where it is there: enginebuilder.WithToolConfig(*config)",
                ));
            }
        },
    })
}

/// Whether the slice is in a variable whose elements are set.
pub(crate) fn is_filled_later(session: &Sessions<'_, '_>, file: FileIdx, slice: NodeId) -> bool {
    match session.cx.inferred(file).meaning(slice) {
        Some(Ref::Local(declared)) => variables::has_elements_set(session.cx, file, declared),
        _ => false,
    }
}

/// Sinks as variadic arguments.
pub(crate) fn variadic(session: &Sessions<'_, '_>, file: FileIdx, value: NodeId) -> String {
    listed(session, file, value).unwrap_or_else(|| format!("{}...", session.draft.text(file, value)))
}

fn appended(session: &Sessions<'_, '_>, file: FileIdx, value: NodeId) -> Option<String> {
    let sinks = appended_sinks(session.cx, file, value)?;
    let sinks: Vec<String> = sinks.into_iter().map(|sink| session.draft.text(file, sink)).collect();
    Some(sinks.join(", "))
}

/// What `append(sess.EventSinks, …)` appends.
pub(super) fn appended_sinks(cx: &Cx<'_>, file: FileIdx, value: NodeId) -> Option<Vec<NodeId>> {
    let syntax = cx.syntax(file);
    let function = syntax.child(value, "function").filter(|&function| syntax.text(function) == "append")?;
    let args = cx.args(file, value);
    let (&first, rest) = args.split_first()?;
    let field = syntax.child(first, "field").and_then(|field| cx.inferred(file).meaning(field));
    let is_sinks = matches!(field, Some(Ref::Def(def)) if cx.legacy.get(def) == Some(Legacy::EventSinks));
    let is_spread = rest.iter().any(|&sink| syntax.kind(sink) == "variadic_argument");
    let is_plain = !is_spread || rest.len() == 1;
    let is_predeclared = cx.inferred(file).meaning(function).is_none_or(|meaning| meaning == Ref::Predeclared);
    (is_sinks && is_plain && is_predeclared && !rest.is_empty()).then(|| rest.to_vec())
}

/// The elements of a slice literal, without its braces.
fn listed(session: &Sessions<'_, '_>, file: FileIdx, value: NodeId) -> Option<String> {
    let elements = elements(session.cx, file, value)?;
    let texts: Vec<String> = elements.into_iter().map(|element| session.draft.text(file, element)).collect();
    Some(texts.join(", "))
}

/// The elements of a slice literal that says nothing else: no index, no comment.
pub(crate) fn elements(cx: &Cx<'_>, file: FileIdx, value: NodeId) -> Option<Vec<NodeId>> {
    let syntax = cx.syntax(file);
    let body = syntax.child(value, "body").filter(|_| syntax.kind(value) == "composite_literal")?;
    let is_other = |&child: &NodeId| matches!(syntax.kind(child), "comment" | "keyed_element");
    if syntax.all_children(body).iter().any(is_other) {
        return None;
    }
    Some(syntax.children(body).map(|element| syntax.of_element(element)).collect())
}

/// How the engine of a core session's state is written where the core session is made.
pub(crate) fn base(session: &Sessions<'_, '_>, literal: &Literal) -> Option<String> {
    let Sessions { cx, facts, draft, .. } = session;
    let state = literal.state?;
    if let Some(creation) = creation_at(session, literal.file, state) {
        return Some(draft.text(creation.file, creation.engine));
    }
    if let Some(creation) = creation_put(session, literal, state) {
        return Some(draft.text(creation.file, creation.engine));
    }
    let beside = match cx.inferred(literal.file).meaning(state) {
        Some(Ref::Local(declared)) => {
            let creation = facts.creation_of(literal.file, declared)?;
            let is_near = cx.function(creation.file, creation.call) == cx.function(literal.file, literal.node);
            is_near.then(|| engine_of(session, creation, literal))
        }
        _ => None,
    };
    beside.or_else(|| engine_in_holder(session, literal, state)).or_else(|| engine_field(session, literal.file, state))
}

/// The engine of a state for the core session that is made further down: in a variable of its own where it may be another
/// one by then.
fn engine_of(session: &Sessions<'_, '_>, creation: &Creation, literal: &Literal) -> String {
    let Sessions { cx, facts, draft, .. } = session;
    let (file, engine) = (creation.file, draft.text(creation.file, creation.engine));
    let stmt = cx.stmt(file, creation.call);
    let (Some(stmt), false) = (stmt, steady::may_move(cx, file, creation.engine, creation.call, literal.node)) else {
        return engine;
    };
    let beside = facts
        .creations
        .iter()
        .filter(|other| other.file == file && cx.function(file, other.call) == cx.function(file, creation.call));
    let name = match (beside.count(), creation.variable) {
        (2.., Some(variable)) => session.fresh(file, creation.call, &[&format!("{}Engine", cx.text(file, variable))]),
        _ => session.fresh(file, creation.call, &["eng", "base"]),
    };
    draft.insert_before(file, stmt, &[format!("{name} := {engine}")]);
    name
}

/// The engine of a state that this function has made and put into the variable through which it is reached.
fn engine_in_holder(session: &Sessions<'_, '_>, literal: &Literal, state: NodeId) -> Option<String> {
    let Sessions { cx, facts, draft, .. } = session;
    let (file, syntax) = (literal.file, cx.syntax(literal.file));
    let operand = syntax.child(state, "operand").filter(|_| syntax.kind(state) == "selector_expression")?;
    let made = proof::initial(cx, file, operand)?;
    let is_held = |creation: &&Creation| {
        let uses = creation.variable.map_or(&[][..], |variable| cx.uses(file, variable));
        creation.file == file
            && cx.function(file, creation.call) == cx.function(file, literal.node)
            && proof::is_stable(cx, file, creation.engine)
            && uses.iter().any(|&used| syntax.is_inside(used, made))
    };
    let creation = facts.creations.iter().find(is_held)?;
    Some(draft.text(file, creation.engine))
}

/// The creation that stands where a state is expected.
pub(crate) fn creation_at<'a>(session: &Sessions<'a, '_>, file: FileIdx, node: NodeId) -> Option<&'a Creation> {
    session.facts.creations.iter().find(|creation| creation.file == file && creation.call == node)
}

/// The creation whose state this function has put where `state` reads it: `c.inf = NewInferenceState(…)`, or in the literal
/// that `c` is declared with.
pub(crate) fn creation_put<'a>(session: &Sessions<'a, '_>, literal: &Literal, state: NodeId) -> Option<&'a Creation> {
    let Sessions { cx, facts, .. } = session;
    let (file, syntax) = (literal.file, cx.syntax(literal.file));
    let operand = syntax.child(state, "operand").filter(|_| syntax.kind(state) == "selector_expression")?;
    let made = proof::initial(cx, file, operand);
    let is_put = |creation: &&Creation| {
        let element = syntax.enclosing(creation.call, &["keyed_element", "block"]);
        let key = element.and_then(|element| syntax.child(element, "key"));
        let is_element = key
            .is_some_and(|key| Some(syntax.text(key)) == syntax.child(state, "field").map(|field| syntax.text(field)))
            && made.is_some_and(|made| syntax.is_inside(creation.call, made));
        let place = syntax.parent(creation.call).and_then(|list| syntax.parent(list));
        let left = place.and_then(|stmt| syntax.child(stmt, "left")).map(|left| syntax.text(left));
        let is_near = cx.function(creation.file, creation.call) == cx.function(file, literal.node);
        creation.file == file
            && is_near
            && syntax.start(creation.call) < syntax.start(literal.node)
            && proof::is_stable(cx, file, creation.engine)
            && (is_element || left == Some(syntax.text(state)))
    };
    let mut put = facts.creations.iter().filter(is_put);
    put.next().filter(|_| put.next().is_none())
}

/// The field with the engine beside the field with the state: `b.eng` for `b.inf`, if every `b` is made with both.
fn engine_field(session: &Sessions<'_, '_>, file: FileIdx, state: NodeId) -> Option<String> {
    let Sessions { cx, facts, names, .. } = session;
    let syntax = cx.syntax(file);
    let operand = syntax.child(state, "operand").filter(|_| syntax.kind(state) == "selector_expression")?;
    let types = Types { program: cx.program };
    let Ty::Struct(of, node) = types.underlying(cx.ty(file, operand).pointee()) else { return None };
    let is_engine = |ty: &Ty| {
        ty.def().is_some_and(|def| cx.program.def(def).name == "Engine" && !cx.program.is_own(cx.program.def(def).file))
    };
    let mut engines = cx.program.members(of, node).iter().filter(|&&member| is_engine(&types.of_value(member)));
    let (Some(&field), None) = (engines.next(), engines.next()) else { return None };
    let is_set_with = |creation: &Creation| {
        let syntax = cx.syntax(creation.file);
        let Some(function) = cx.function(creation.file, creation.call) else { return false };
        cx.uses_of_def(field).iter().any(|&(file, used)| {
            file == creation.file
                && syntax.is_inside(used, function)
                && syntax
                    .enclosing(used, &["keyed_element"])
                    .and_then(|element| syntax.child(element, "value"))
                    .is_some_and(|value| syntax.text(value) == syntax.text(creation.engine))
        })
    };
    if facts.creations.is_empty() || !facts.creations.iter().all(is_set_with) {
        return None;
    }
    Some(format!("{}.{}", names.text(cx, file, operand), cx.program.def(field).name))
}
