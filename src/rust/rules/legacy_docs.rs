//! `legacy-docs`: documentation that names the legacy API.
//!
//! Examples are code, which the other rules change. What is found here is what they cannot read.

use crate::finding::{Finding, Level, UnitId};
use crate::rules::Rule;
use crate::tree::FileId;

/// Prose that names the legacy API at `offset`; `what` says where it stands.
pub(crate) fn prose(file: FileId, offset: usize, what: &str, name: &str, place: String) -> Finding {
    Finding {
        rule: Rule::LegacyDocs,
        file,
        range: offset..offset + name.len(),
        level: Level::Report,
        what: format!("{what} names `{name}`"),
        why: "prose is not rewritten".to_owned(),
        help: "say it in the words of the new API: session, builder, execution handle".to_owned(),
        traps: Vec::new(),
        unit: UnitId(place),
    }
}

/// An example that is no Rust.
pub(crate) fn broken(file: FileId, offset: usize, name: &str, why: &str, place: String) -> Finding {
    Finding {
        why: format!("the example does not parse: {why}"),
        help: "write it as code that parses (what is left out as a comment), then run the tool again".to_owned(),
        ..prose(file, offset, "an example", name, place)
    }
}

/// An example that does not say what it means.
pub(crate) fn unknown(file: FileId, offset: usize, name: &str, place: String) -> Finding {
    Finding {
        why: "the example does not say what that is: an import or the value's type is missing".to_owned(),
        help: "add what is missing (rustdoc hides lines that begin with `# `), then run the tool again".to_owned(),
        ..prose(file, offset, "an example", name, place)
    }
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
