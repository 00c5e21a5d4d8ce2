//! Fields of a core session that are set behind it, or that may be unset: what its builder takes, and when it is made.

use super::Sessions;
use super::facts::Literal;
use super::literal;
use crate::go::cx::{Cx, Outcome};
use crate::go::index::FileIdx;
use crate::go::infer::Ref;
use crate::go::proof;
use crate::go::sites::Site;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;

/// A statement that sets a field: `sess.Registry = registry`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// The name of the field.
    name: NodeId,
    pub(crate) stmt: NodeId,
    pub(crate) part: Legacy,
    pub(crate) value: NodeId,
}

/// When the builder of a core session has all of its parts.
#[derive(Clone, Debug)]
pub(crate) enum Plan {
    /// Where the core session is made: what is set, is set right behind it.
    AtOnce(Vec<Setting>),
    /// Later: its options are collected first.
    Collected(Vec<Setting>),
}

impl Plan {
    /// What is set behind the core session.
    pub(crate) fn settings(&self) -> &[Setting] {
        let (Plan::AtOnce(settings) | Plan::Collected(settings)) = self;
        settings
    }

    /// Whether fields are set behind the core session.
    pub(crate) fn sets_something(&self) -> bool {
        !self.settings().is_empty()
    }
}

/// What is said where the parts of a builder do not come together where the core session is made.
pub(crate) fn apart() -> Outcome {
    Outcome::report(
        "the field of a core session is used on its own",
        "give it to the builder of the session: enginebuilder.New(enginebuilder.WithBase(eng), …)",
    )
}

/// How the builder of a core session comes by its parts.
///
/// # Errors
/// What is said where that cannot be followed.
pub(crate) fn plan(session: &Sessions<'_, '_>, made: &Literal) -> Result<Plan, Outcome> {
    let cx = session.cx;
    let settings = all(session, made)?;
    refuse_later_changes(cx, made, &settings)?;
    let is_late = |&(part, _, value): &(Legacy, NodeId, NodeId)| is_conditional(session, made.file, part, value);
    let has_late = made.parts.iter().any(is_late)
        || settings.iter().any(|setting| is_conditional(session, made.file, setting.part, setting.value));
    Ok(match !has_late && follow_at_once(cx, made, &settings) {
        true => Plan::AtOnce(settings),
        false => Plan::Collected(settings),
    })
}

/// Whether the field may be nil where a builder takes a value.
pub(crate) fn is_conditional(session: &Sessions<'_, '_>, file: FileIdx, part: Legacy, value: NodeId) -> bool {
    let cx = session.cx;
    let is_address = cx.syntax(file).kind(value) == "unary_expression";
    part == Legacy::ToolConfig && !is_address && !proof::is_not_nil(cx, file, value)
}

/// What sets fields of the core session in a variable.
fn all(session: &Sessions<'_, '_>, made: &Literal) -> Result<Vec<Setting>, Outcome> {
    let cx = session.cx;
    let Some(variable) = made.variable else { return Ok(Vec::new()) };
    let of_variable = |site: &&Site| {
        let operand = cx.syntax(site.file).child(site.whole, "operand").filter(|_| site.file == made.file);
        is_part(site.legacy)
            && operand.is_some_and(|operand| cx.inferred(made.file).meaning(operand) == Some(Ref::Local(variable)))
    };
    let sites = session.unit.sites.iter().filter(of_variable).filter(|site| !is_appended_to(cx, site));
    let settings: Option<Vec<Setting>> = sites.map(|site| setting(cx, site)).collect();
    let settings = settings.ok_or_else(apart)?;
    match is_in_order(cx, made, variable, &settings) && replaces_no_sinks(cx, made, &settings) {
        true => Ok(settings),
        false => Err(apart()),
    }
}

fn is_part(legacy: Legacy) -> bool {
    matches!(
        legacy,
        Legacy::Registry | Legacy::ToolConfig | Legacy::EventSinks | Legacy::SnapshotHook | Legacy::Persister
    )
}

fn setting(cx: &Cx<'_>, site: &Site) -> Option<Setting> {
    let syntax = cx.syntax(site.file);
    let stmt = cx.stmt(site.file, site.name).filter(|&stmt| syntax.kind(stmt) == "assignment_statement")?;
    let (left, right) = (syntax.list(syntax.child(stmt, "left")?), syntax.list(syntax.child(stmt, "right")?));
    let is_plain = syntax.child(stmt, "operator").is_none_or(|operator| syntax.text(operator) == "=");
    match (&left[..], &right[..]) {
        (&[place], &[value]) if place == site.whole && is_plain => {
            Some(Setting { name: site.name, stmt, part: site.legacy, value })
        }
        _ => None,
    }
}

/// Whether everything is set in the function that makes the core session, before anything else is done with it.
fn is_in_order(cx: &Cx<'_>, made: &Literal, variable: NodeId, settings: &[Setting]) -> bool {
    let (file, syntax) = (made.file, cx.syntax(made.file));
    let Some(last) = settings.iter().map(|setting| syntax.end(setting.stmt)).max() else { return true };
    let Some(stmt) = cx.stmt(file, made.node) else { return false };
    let list = syntax.parent(stmt).unwrap_or(stmt);
    let is_straight = |setting: &Setting| {
        let mut above = syntax.ancestors(setting.stmt).skip(1).take_while(|&node| node != list);
        syntax.is_inside(setting.stmt, list)
            && !above.any(|node| matches!(syntax.kind(node), "for_statement" | "func_literal" | "select_statement"))
    };
    let is_set = |used: NodeId| settings.iter().any(|setting| syntax.is_inside(used, setting.stmt));
    settings.iter().all(is_straight)
        && cx.uses(file, variable).iter().all(|&used| is_set(used) || syntax.start(used) > last)
}

/// Whether no sinks are replaced: options for sinks add to each other.
fn replaces_no_sinks(cx: &Cx<'_>, made: &Literal, settings: &[Setting]) -> bool {
    let given = made.parts.iter().filter(|(part, ..)| *part == Legacy::EventSinks).count();
    let mut later = settings.iter().filter(|setting| setting.part == Legacy::EventSinks);
    later.all(|setting| {
        let is_first = given == 0 && settings.iter().find(|other| other.part == setting.part) == Some(setting);
        is_first || literal::appended_sinks(cx, made.file, setting.value).is_some()
    })
}

/// Whether the field is what `sess.EventSinks = append(sess.EventSinks, …)` begins with.
fn is_appended_to(cx: &Cx<'_>, site: &Site) -> bool {
    let syntax = cx.syntax(site.file);
    let call = syntax.parent(site.whole).and_then(|list| syntax.parent(list));
    let left = syntax.enclosing(site.whole, &["assignment_statement"]).and_then(|stmt| syntax.child(stmt, "left"));
    let is_same = left.is_some_and(|left| syntax.text(left) == syntax.text(site.whole) && left != site.whole);
    is_same
        && call.is_some_and(|call| {
            literal::appended_sinks(cx, site.file, call).is_some() && cx.args(site.file, call)[0] == site.whole
        })
}

/// A builder has a copy of the tool configuration: what changes behind it would be lost.
fn refuse_later_changes(cx: &Cx<'_>, made: &Literal, settings: &[Setting]) -> Result<(), Outcome> {
    let given = made.parts.iter().map(|&(part, _, value)| (part, value));
    let set = settings.iter().map(|setting| (setting.part, setting.value));
    for (_, value) in given.chain(set).filter(|(part, _)| *part == Legacy::ToolConfig) {
        if changes_behind(cx, made.file, value) {
            return Err(Outcome::report(
                "the tool configuration is changed later, and a builder has a copy of it",
                "give it to the builder when it is done: enginebuilder.WithToolConfig(config)",
            ));
        }
    }
    Ok(())
}

/// Says so where the tool configuration may be changed by somebody else while the session lives.
pub(crate) fn judge_copy(session: &Sessions<'_, '_>, site: &Site, outcome: Outcome) -> Outcome {
    let given = session.facts.literals.iter().filter(|literal| literal.file == site.file).find_map(|literal| {
        let syntax = session.cx.syntax(site.file);
        let part = literal.parts.iter().find(|(_, element, _)| syntax.is_inside(site.name, *element));
        part.map(|&(_, _, value)| value)
    });
    let value = given.or_else(|| of_site(session, site).map(|(_, _, setting)| setting.value));
    let is_copied = site.legacy == Legacy::ToolConfig
        && session.facts.is_shared
        && value.is_some_and(|value| !proof::is_own_value(session.cx, site.file, value));
    match is_copied {
        true => outcome.reserved(
            "a builder has a copy of the tool configuration: what others change in it later does not reach the runs",
        ),
        false => outcome,
    }
}

/// Whether the variable or field whose address `value` is, or that points to it, is written to: behind it where it is one
/// of the function, anywhere where others have it, too.
fn changes_behind(cx: &Cx<'_>, file: FileIdx, value: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let place = syntax.child(value, "operand").filter(|_| syntax.kind(value) == "unary_expression").unwrap_or(value);
    let name = syntax.child(place, "field").unwrap_or(place);
    match cx.inferred(file).meaning(name) {
        Some(Ref::Local(declared)) => {
            let mut behind = cx.uses(file, declared).iter().filter(|&&used| syntax.start(used) > syntax.end(value));
            behind.any(|&used| is_written(cx, file, used))
        }
        Some(Ref::Def(def)) => {
            let given = |&&(other, used): &&(FileIdx, NodeId)| !(other == file && syntax.is_inside(used, value));
            cx.uses_of_def(def).iter().filter(given).any(|&(file, used)| is_written(cx, file, used))
        }
        _ => false,
    }
}

/// Whether what `used` names, or a part of it, is assigned to, or its address is taken.
fn is_written(cx: &Cx<'_>, file: FileIdx, used: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let outermost = syntax.ancestors(used).take_while(|&node| {
        let kinds = ["identifier", "field_identifier", "selector_expression", "index_expression", "unary_expression"];
        kinds.contains(&syntax.kind(node))
    });
    let whole = outermost.last().unwrap_or(used);
    let list = syntax.parent(whole).unwrap_or(whole);
    syntax.role(list) == "left" || syntax.text(whole).starts_with('&')
}

/// Whether nothing stands between the core session and what is set.
fn follow_at_once(cx: &Cx<'_>, made: &Literal, settings: &[Setting]) -> bool {
    let (file, syntax) = (made.file, cx.syntax(made.file));
    let Some(stmt) = cx.stmt(file, made.node).filter(|_| !settings.is_empty()) else { return settings.is_empty() };
    let list = syntax.parent(stmt).unwrap_or(stmt);
    let all = syntax.all_children(list).iter().copied().skip_while(|&node| node != stmt).skip(1);
    all.filter(|&node| !matches!(syntax.kind(node), "\n" | ";"))
        .zip(settings)
        .filter(|(node, setting)| *node == setting.stmt)
        .count()
        == settings.len()
}

/// The statements behind which the options are complete, and where they were begun.
pub(crate) fn last_statement(session: &Sessions<'_, '_>, made: &Literal, settings: &[Setting]) -> Option<NodeId> {
    let syntax = session.cx.syntax(made.file);
    let stmt = session.cx.stmt(made.file, made.node)?;
    let list = syntax.parent(stmt)?;
    let inside = |setting: &Setting| syntax.ancestors(setting.stmt).find(|&node| syntax.parent(node) == Some(list));
    Some(settings.iter().filter_map(inside).max_by_key(|&stmt| syntax.start(stmt)).unwrap_or(stmt))
}

/// What the slice of options is called.
pub(crate) fn options_name(session: &Sessions<'_, '_>, made: &Literal) -> String {
    session.fresh(made.file, made.node, &["options", "builderOptions", "sessionOptions"])
}

/// The statement that adds an option for a field.
///
/// # Errors
/// What is said where the field cannot be given to a builder.
pub(crate) fn addition(
    session: &Sessions<'_, '_>,
    file: FileIdx,
    options: &str,
    (part, value): (Legacy, NodeId),
) -> Result<String, Outcome> {
    let package = session.cx.package(file, "inference/toolloop/enginebuilder");
    if !is_conditional(session, file, part, value) {
        let option = literal::option(session, file, part, value)?;
        return Ok(format!("{options} = append({options}, {package}{option})"));
    }
    if !proof::is_stable(session.cx, file, value) {
        return literal::option(session, file, part, value);
    }
    let text = session.draft.text(file, value);
    Ok(format!("if {text} != nil {{\n\t{options} = append({options}, {package}WithToolConfig(*{text}))\n}}"))
}

/// The core session and the plan that a statement sets a field for.
pub(crate) fn of_site<'a>(session: &Sessions<'a, '_>, site: &Site) -> Option<(&'a Literal, Plan, Setting)> {
    session.facts.literals.iter().filter(|literal| literal.file == site.file).find_map(|literal| {
        let plan = plan(session, literal).ok()?;
        let syntax = session.cx.syntax(site.file);
        let is_of_site = |setting: &Setting| {
            setting.name == site.name || is_appended_to(session.cx, site) && syntax.is_inside(site.name, setting.stmt)
        };
        let setting = plan.settings().iter().copied().find(is_of_site)?;
        Some((literal, plan, setting))
    })
}

#[cfg(test)]
mod tests {
    use crate::finding::Level;
    use crate::go::testing::finding_at;

    /// The level of a core session with `parts`, and `behind` behind it.
    fn level(parts: &str, behind: &str) -> Level {
        let code = format!(
            "var rules tools.ToolConfig\n\n\
             func f(ctx context.Context, eng engine.Engine, hook toolloop.SnapshotHook) error {{\n\
             \tvar own tools.ToolConfig\n\
             \tsess := &core.Session{{State: state.NewInferenceState(\"id\", nil, eng){parts}}}\n{behind}\
             \t_, err := sess.RunInference(ctx, turns.NewTurnBuilder().WithUserPrompt(\"hi\").Build())\n\
             \t_ = own\n\treturn err\n}}\n"
        );
        finding_at(&code, "core.Session").level
    }

    #[test]
    fn a_copied_configuration_must_stay_as_it_is() {
        for (given, name) in [(", ToolConfig: &own", "own"), (", ToolConfig: &rules", "rules")] {
            assert_eq!(level(given, ""), Level::Safe, "{name}");
            assert_eq!(level(given, &format!("\t{name}.Enabled = true\n")), Level::Report, "{name}");
        }
    }

    #[test]
    fn fields_are_set_in_front_of_the_first_use() {
        assert_eq!(level("", "\tsess.SnapshotHook = hook\n"), Level::Safe);
        assert_eq!(level("", "\tif hook != nil {\n\t\tsess.SnapshotHook = hook\n\t}\n"), Level::Safe);
        assert_eq!(level("", "\tfor range 2 {\n\t\tsess.SnapshotHook = hook\n\t}\n"), Level::Report);
        assert_eq!(level("", "\tfmt.Println(sess.Registry == nil)\n\tsess.SnapshotHook = hook\n"), Level::Report);
    }

    #[test]
    fn sinks_add_to_each_other() {
        let (set, add) = ("\tsess.EventSinks = nil\n", "\tsess.EventSinks = append(sess.EventSinks, nil)\n");
        assert_eq!(level("", &format!("{set}{add}{add}")), Level::Safe);
        assert_eq!(level("", &format!("{add}{set}")), Level::Report);
        assert_eq!(level(", EventSinks: nil", set), Level::Report);
        assert_eq!(level(", EventSinks: nil", add), Level::Safe);
    }
}
