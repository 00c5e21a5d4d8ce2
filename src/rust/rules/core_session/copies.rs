//! Core sessions made from others: `core::Session { registry: Some(tools), ..other.clone() }`.

use super::super::super::cx::Cx;
use super::super::super::equipment::left_behind;
use super::super::super::hir::ExprId;
use super::super::super::index::FileIdx;
use super::super::super::outcome::Outcome;
use crate::rules::Trap;

/// A copy of a core session that does without something that the other has.
pub(super) fn kept(cx: &Cx<'_>, file: FileIdx, core: ExprId, outcome: Outcome) -> Outcome {
    let left = left_behind(cx, file, core);
    if left.is_empty() {
        return outcome;
    }
    let names: Vec<String> = left.iter().map(|name| format!("`{name}`")).collect();
    outcome.drafted(
        Trap::PerRunSession,
        "a handle made from another has all that the other's builder has",
        format!(
            "this handle keeps {} of the session that it is made from: make both from one that has none",
            names.join(" and ")
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::super::testing::{drafted, finding_at, migrated};
    use crate::finding::Level;
    use crate::rules::Trap;

    fn copy(fields: &str) -> String {
        format!(
            "let made = InferenceState::new(\"a\", None, engine);\n\
             let loud = Session {{ event_sinks: vec![sink.clone()], tool_config: Some(ToolConfig::default()), \
             ..Session::new(Arc::new(made)) }};\n\
             let copy = Session {{ {fields} ..loud.clone() }};\ndrop((loud, copy, sink, tools));"
        )
    }

    fn copied(fields: &str) -> String {
        let after = drafted(&copy(fields));
        after.lines().filter(|line| line.contains("copy =") || line.contains("MIGRATE")).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_copy_has_what_the_other_has_and_what_it_is_given() {
        assert_eq!(copied(""), "let copy = loud.clone();");
        for fields in ["registry: Some(tools.clone()),", "tool_config: Some(ToolConfig::default()),"] {
            assert_eq!(finding_at(&copy(fields), &format!("Session {{ {fields} ..loud")).level, Level::Safe);
        }
        let with_tools = "let copy = loud.derived_handle(|builder| builder.with_tool_registry(tools.clone()));";
        assert_eq!(copied("registry: Some(tools.clone()),"), with_tools);
    }

    #[test]
    fn a_copy_that_does_without_something_is_left_to_a_person() {
        for (field, value) in [
            ("event_sinks", "Vec::new()"),
            ("event_sinks", "vec![sink.clone()]"),
            ("tool_config", "None"),
            ("tool_config", "may_be()"),
        ] {
            let body = copy(&format!("{field}: {value},"));
            assert_eq!(migrated(&body), body);
            let finding = finding_at(&body, &format!("Session {{ {field}: {value}, ..loud"));
            assert_eq!((finding.level, finding.traps), (Level::Draft, vec![Trap::PerRunSession]), "{field}: {value}");
            assert!(copied(&format!("{field}: {value},")).contains(&format!("this handle keeps `{field}` of")));
        }
    }

    #[test]
    fn what_a_copy_is_given_later_counts_too() {
        let body =
            copy("").replace("let copy =", "let mut copy =").replace(";\ndrop", ";\ncopy.tool_config = None;\ndrop");
        assert_eq!(finding_at(&body, "Session {  ..loud").level, Level::Draft);
    }
}
