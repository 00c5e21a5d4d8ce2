//! `inference-state`: the legacy type in fields, signatures and variables.

use crate::go::cx::Outcome;
use crate::go::flow::Slot;
use crate::go::infer::Ref;
use crate::go::session::Sessions;
use crate::go::sites::Site;
use crate::go::surface::Legacy;
use crate::rules::Trap;

/// A written type becomes the session's. An embedded field takes its name from its type, so its uses change, too.
pub(crate) fn named_type(session: &Sessions<'_, '_>, site: &Site) -> Outcome {
    let Sessions { cx, draft, names, .. } = session;
    let (file, syntax) = (site.file, cx.syntax(site.file));
    let above = syntax.parent(site.whole).map_or("", |parent| syntax.kind(parent));
    if matches!(above, "composite_literal" | "argument_list") {
        return Outcome::report(
            "the state is made without its constructor",
            "make a session: session.NewSessionWithID(id), and set its Builder",
        );
    }
    if is_in_open_type(session, site) {
        return Outcome::report(
            "the type is a part of another one, whose values are not followed",
            "change the type and what goes through it by hand, by the guide",
        );
    }
    if !matches!(above, "pointer_type" | "type_spec" | "type_alias" | "field_declaration") {
        return Outcome::report(
            "the state is a value here, and not made by its constructor",
            "keep a *session.Session, made by session.NewSessionWithID(id)",
        );
    }
    if is_told_apart(session, site) {
        return told_apart();
    }
    if above == "type_spec" {
        return Outcome::report("a type of its own is made of the legacy one", "make it of session.Session by hand");
    }
    if let Slot::Def(def) = site.slot {
        if names.fields.contains_key(&def) {
            return Outcome::safe(Vec::new(), "the field goes: the one beside it holds the same session");
        }
        if cx.program.def(def).is_embedded && cx.program.def(def).name_node == site.name {
            if let Some(method) = promoted(session) {
                return Outcome::report(
                    format!("an interface asks for `{method}`, and the embedded state brings it"),
                    "write the method for the struct itself, or ask for what a session has: StartInference, CancelActive, IsRunning",
                )
                .because(Trap::NoCounterpart, &format!("there is no counterpart to `{method}`"));
            }
            for &(file, used) in cx.uses_of_def(def) {
                draft.small(file, cx.syntax(file).range(used), "Session");
            }
        }
    }
    let package = cx.package(file, "inference/session");
    draft.small(file, syntax.range(site.whole), format!("{package}Session"));
    Outcome::safe(Vec::new(), format!("`{package}Session`"))
}

/// Whether a type switch has cases for both legacy types.
pub(crate) fn is_told_apart(session: &Sessions<'_, '_>, site: &Site) -> bool {
    let (cx, syntax) = (session.cx, session.cx.syntax(site.file));
    let case = syntax.enclosing(site.whole, &["type_case", "block"]).filter(|&case| syntax.kind(case) == "type_case");
    let types = case.and_then(|case| syntax.parent(case)).into_iter().flat_map(|switch| syntax.below(switch));
    let named: Vec<Legacy> = types
        .filter_map(|name| match cx.inferred(site.file).meaning(name)? {
            Ref::Def(def) => cx.legacy.get(def),
            _ => None,
        })
        .collect();
    [Legacy::InferenceState, Legacy::CoreSession].iter().all(|ty| named.contains(ty))
}

/// What is said of such a switch.
pub(crate) fn told_apart() -> Outcome {
    Outcome::report(
        "a type switch tells states and core sessions apart, which have one type now",
        "make one case of the two",
    )
}

/// The method of a state, gone with it, that an interface of the tree asks for.
fn promoted(session: &Sessions<'_, '_>) -> Option<&'static str> {
    let program = session.cx.program;
    let gone = ["StartRun", "FinishRun", "SetCancel", "HasCancel", "CancelRun"];
    gone.into_iter().find(|&name| {
        program.defs().any(|(_, def)| {
            def.name == name && program.is_own(def.file) && program.syntax(def.file).kind(def.node) == "method_elem"
        })
    })
}

/// Whether the type stands in type arguments, in the signature of a function that is a value, or in a method expression.
pub(crate) fn is_in_open_type(session: &Sessions<'_, '_>, site: &Site) -> bool {
    let syntax = session.cx.syntax(site.file);
    let mut above = syntax.ancestors(site.whole).skip(1);
    let open = ["type_arguments", "function_type", "func_literal", "parenthesized_expression", "parenthesized_type"];
    let closed = ["block", "source_file", "field_declaration_list"];
    let found = above.find(|&node| open.contains(&syntax.kind(node)) || closed.contains(&syntax.kind(node)));
    found.is_some_and(|node| open.contains(&syntax.kind(node)))
}

#[cfg(test)]
mod tests {
    use crate::finding::Level;
    use crate::go::testing::finding_at;

    #[test]
    fn a_type_switch_does_not_tell_apart_what_becomes_one() {
        let code = |others: &str| {
            format!(
                "func kind(v any) bool {{\n\tswitch v.(type) {{\n\tcase *state.InferenceState:\n\t\treturn true\n{others}\t}}\n\treturn false\n}}\n"
            )
        };
        assert_eq!(finding_at(&code(""), "InferenceState").level, Level::Safe);
        let both = code("\tcase *core.Session:\n");
        for ty in ["InferenceState", "core.Session"] {
            assert_eq!(finding_at(&both, ty).level, Level::Report, "{ty}");
        }
    }
}
