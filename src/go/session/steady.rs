//! Expressions that give the same session each time they are written.

use crate::go::cx::Cx;
use crate::go::index::{DefId, DefKind, FileIdx};
use crate::go::infer::Ref;
use crate::go::proof;
use crate::go::syntax::NodeId;
use crate::go::variables;

/// Whether `node` may stand for its value wherever the function goes on: a variable that gets no other value, a field that
/// only those set who make its struct.
pub(crate) fn is_steady(cx: &Cx<'_>, file: FileIdx, node: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let is_operand_steady = |role| syntax.child(node, role).is_some_and(|operand| is_steady(cx, file, operand));
    match syntax.kind(node) {
        "identifier" => match cx.inferred(file).meaning(node) {
            Some(Ref::Local(declared)) => !proof::is_assigned(cx, file, declared),
            Some(Ref::Def(def)) => is_set_by_makers(cx, def),
            _ => true,
        },
        "selector_expression" => {
            let field = syntax.child(node, "field").and_then(|field| cx.inferred(file).meaning(field));
            let is_field = match field {
                Some(Ref::Def(def)) => is_set_by_makers(cx, def) && cx.program.def(def).kind != DefKind::Method,
                _ => false,
            };
            is_field && is_operand_steady("operand")
        }
        "parenthesized_expression" => syntax.children(node).next().is_some_and(|inner| is_steady(cx, file, inner)),
        "unary_expression" => syntax.text(node).starts_with('&') && is_operand_steady("operand"),
        _ => false,
    }
}

/// Whether an expression gives the same at `to` as at `from`: nothing stands between the two, or it is made of names that
/// are steady.
pub(crate) fn may_move(cx: &Cx<'_>, file: FileIdx, node: NodeId, from: NodeId, to: NodeId) -> bool {
    let next = cx.stmt(file, from).and_then(|stmt| cx.siblings(file, stmt).1.first().copied());
    next.is_some() && next == cx.stmt(file, to) || is_fixed(cx, file, node)
}

/// Whether an expression gives the same behind `from` as there.
pub(crate) fn is_kept(cx: &Cx<'_>, file: FileIdx, node: NodeId, from: NodeId) -> bool {
    is_fixed(cx, file, node) || is_set_before(cx, file, node, from)
}

/// Whether a variable gets values in front of `from` only.
fn is_set_before(cx: &Cx<'_>, file: FileIdx, node: NodeId, from: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let Some(Ref::Local(declared)) = cx.inferred(file).meaning(node) else { return false };
    let mut around = syntax.ancestors(from).take_while(|&above| !syntax.is_inside(declared, above));
    let is_before = |write: &variables::Write| {
        syntax.end(write.name) <= syntax.start(from)
            && cx.function(file, write.name) == cx.function(file, from)
            && syntax.is_put_into(write.name)
    };
    !around.any(|above| matches!(syntax.kind(above), "for_statement" | "func_literal"))
        && variables::writes(cx, file, declared).iter().skip(1).all(is_before)
}

/// Whether an expression is made of constants and steady names, and calls nothing.
pub(crate) fn is_fixed(cx: &Cx<'_>, file: FileIdx, node: NodeId) -> bool {
    let syntax = cx.syntax(file);
    match syntax.kind(node) {
        kind if kind.ends_with("_literal") && kind != "composite_literal" && kind != "func_literal" => true,
        "true" | "false" | "nil" => true,
        "composite_literal" => syntax.child(node, "body").is_none_or(|body| is_fixed(cx, file, body)),
        "literal_value" | "literal_element" => syntax.children(node).all(|element| is_fixed(cx, file, element)),
        "keyed_element" => syntax.child(node, "value").is_none_or(|value| is_fixed(cx, file, value)),
        "unary_expression" if syntax.text(node).starts_with('&') => {
            syntax.child(node, "operand").is_some_and(|operand| is_fixed(cx, file, operand))
        }
        _ => is_steady(cx, file, node),
    }
}

/// Whether a variable or field is set nowhere but in its declaration, in literals, and on structs that were just made.
fn is_set_by_makers(cx: &Cx<'_>, def: DefId) -> bool {
    let put_into = cx.uses_of_def(def).iter().filter(|&&(file, used)| {
        let syntax = cx.syntax(file);
        syntax.may_be_put_into(syntax.with_operand(used))
    });
    put_into.into_iter().all(|&(file, used)| is_of_new_struct(cx, file, used))
}

/// Whether the field is that of a struct that this function has made.
fn is_of_new_struct(cx: &Cx<'_>, file: FileIdx, field: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let operand = syntax.parent(field).and_then(|selector| syntax.child(selector, "operand"));
    let made = operand.and_then(|operand| proof::initial(cx, file, operand));
    made.is_some_and(|made| syntax.text(made).starts_with('&') || syntax.kind(made) == "composite_literal")
}

#[cfg(test)]
mod tests {
    use crate::finding::Level;
    use crate::go::testing::{finding_at, migrated};

    fn code(state: &str, between: &str, core: &str) -> String {
        format!(
            "func fresh() engine.Engine {{\n\treturn nil\n}}\n\ntype pool struct {{\n\tengines []engine.Engine\n\tnext    int\n}}\n\n\
             func (p *pool) f(ctx context.Context, eng, other engine.Engine, list []events.EventSink) error {{\n\
             \tinf := {state}\n{between}\tsess := {core}\n\tfmt.Println(inf.IsRunning())\n\
             \t_, err := sess.RunInference(ctx, turns.NewTurnBuilder().WithUserPrompt(\"hi\").Build())\n\
             \treturn err\n}}\n"
        )
    }

    /// The level of a core session with `between` between the state and it.
    fn level(state: &str, between: &str, core: &str) -> Level {
        finding_at(&code(state, between, core), "core.Session").level
    }

    /// What the builder's engine is called.
    fn engine(state: &str, between: &str) -> String {
        let after = migrated(&code(state, between, "&core.Session{State: inf}"), Level::Safe);
        let (_, engine) = after.split_once("WithBase(").expect("a builder");
        engine.split(')').next().unwrap_or_default().to_owned()
    }

    #[test]
    fn an_engine_goes_to_the_builder_only_if_it_is_the_same_there() {
        let core = "&core.Session{State: inf}";
        let one = "state.NewInferenceState(\"id\", nil, eng)";
        let of_pool = "state.NewInferenceState(\"id\", nil, p.engines[p.next])";
        assert_eq!(level(one, "", core), Level::Safe);
        assert_eq!(level(one, "\tfmt.Println()\n", core), Level::Safe);
        assert_eq!(level(of_pool, "", core), Level::Safe);
        assert_eq!(engine(one, "\tfmt.Println()\n"), "eng");
        assert_eq!(engine(one, "\teng = other\n"), "base");
        assert_eq!(engine(of_pool, "\tp.next++\n"), "base");
        assert_eq!(engine("state.NewInferenceState(\"id\", nil, fresh())", "\tfmt.Println()\n"), "base");
    }

    #[test]
    fn a_builder_does_not_see_elements_that_are_set_later() {
        let core = "&core.Session{State: inf, EventSinks: list}\n\tlist[0] = nil";
        assert_eq!(level("state.NewInferenceState(\"id\", nil, eng)", "", core), Level::Report);
    }
}
