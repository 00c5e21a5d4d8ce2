//! `legacy-docs`: documentation that names the legacy API.
//!
//! Examples are code, which the other rules change. What is found here is what they cannot read.

use super::super::cx::Cx;
use super::super::ledger;
use super::super::manifest::LEGACY_PACKAGE;
use crate::docs::Guide;
use crate::finding::{Class, Finding, Mention};
use crate::names::Named;
use crate::source::Source;
use crate::tree::{FileId, Tree};

/// The class of a name in a comment and the finding about it; `None` where it belongs to an example that was read.
pub(crate) fn in_comment(cx: &Cx<'_>, text: &str, named: Named) -> Option<(Class, Option<Finding>)> {
    let is_meant = is_meant(text, named.offset, named.name);
    cx.documented.in_prose(named, "a comment", is_meant)
}

/// The same for all names of a Markdown file.
pub(crate) fn in_guide(cx: &Cx<'_>, tree: &Tree, file: FileId) -> (Vec<Mention>, Vec<Finding>) {
    let Ok(source) = tree.source(file) else { return Default::default() };
    let source: &Source = &source;
    let is_meant = |offset: usize, name: &str| is_meant(source.text(), offset, name);
    let names = ledger::occurrences(source.text());
    Guide { file, source, language: "rust" }.classify(cx.documented, names, &is_meant)
}

/// The name of the crate alone is one of many things that are called so.
fn is_meant(text: &str, offset: usize, name: &str) -> bool {
    name != LEGACY_PACKAGE || ledger::names_path(text, offset + name.len())
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
