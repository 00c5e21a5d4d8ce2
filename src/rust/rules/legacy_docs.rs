//! `legacy-docs`: documentation that names the legacy API.
//!
//! Examples are code, which the other rules change. What is found here is what they cannot read.

use std::path::Path;

use super::super::cx::Cx;
use super::super::{docs, ledger};
use crate::finding::{Class, Finding};
use crate::names::Named;

/// The class of a name in documentation and the finding about it; `None` where it belongs to an example that was read.
pub(crate) fn in_prose(cx: &Cx<'_>, path: &Path, text: &str, named: Named) -> Option<(Class, Option<Finding>)> {
    let example = cx.documented.examples.at(named.file, named.offset);
    let broken = example.and_then(|example| cx.documented.broken.get(&example));
    match (example, broken) {
        (Some(_), None) => None,
        (_, Some(why)) => Some((Class::Documentation, Some(named.in_broken_example(why)))),
        _ if named.name == "geppetto" && !ledger::names_path(text, named.offset + named.name.len()) => {
            Some((Class::Unrelated, None))
        }
        _ => {
            let what = if docs::is_guide(path) { "documentation" } else { "a comment" };
            Some((Class::Documentation, Some(named.in_prose(what))))
        }
    }
}

/// A name in an example that does not say what it means.
pub(crate) fn unknown(named: Named) -> Finding {
    named.unexplained("add what is missing (rustdoc hides lines that begin with `# `), then run the tool again")
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::finding_at;
    use crate::finding::Level;
    use crate::rules::Rule;

    #[test]
    fn prose_is_reported_where_it_stands() {
        let finding = finding_at("// call start_run first\ndrop((ctx, engine, values));", "start_run");
        assert_eq!((finding.rule, finding.level), (Rule::LegacyDocs, Level::Report));
    }
}
