//! Runs the whole front end over one file held in memory, for the tests of the rules.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::RustFrontend;
use crate::finding::{Finding, Level};
use crate::frontend::Selection;
use crate::marker::NEEDLE;
use crate::plan::{Plan, plan};
use crate::source::Source;
use crate::tree::{FileEntry, Tree};

const MANIFEST: &str = "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\ngeppetto = \"0.9\"\ntokio = \"1\"\n";

/// What every test's code begins with.
const HEAD: &str = "use geppetto::prelude::*;\nuse std::sync::Arc;\n";

/// The plan of a package whose `main.rs` is `code`, with all offered changes.
pub(crate) fn plan_of(code: &str) -> Plan {
    plan_with("p/src/main.rs", code)
}

/// The plan of a published library whose `lib.rs` is `code`, with all offered changes.
pub(crate) fn library_plan_of(code: &str) -> Plan {
    plan_with("p/src/lib.rs", code)
}

fn plan_with(path: &str, code: &str) -> Plan {
    plan_up_to(Level::Offered, path, code)
}

fn plan_up_to(level: Level, path: &str, code: &str) -> Plan {
    let texts = [("p/Cargo.toml", MANIFEST.to_owned()), (path, code.to_owned())];
    let entry = |(path, text): &(&str, String)| FileEntry {
        path: PathBuf::from(path),
        hit: true,
        is_marked: text.contains(NEEDLE),
        mentions: 0,
    };
    let files = texts.iter().map(entry).collect();
    let sources: BTreeMap<_, _> = texts
        .into_iter()
        .zip(0..)
        .map(|((path, text), index)| (crate::tree::FileId(index), Arc::new(Source::new(path, text))))
        .collect();
    let tree = Tree::new(vec![PathBuf::from("p")], files, sources);
    plan(tree, Vec::new(), &[&RustFrontend], &Selection::up_to(level)).unwrap()
}

/// A program with `body` in an async function that has a context, an engine and values, and returns a boxed error.
fn program(body: &str) -> String {
    let signature = "async fn f(ctx: Context, engine: Arc<dyn Engine>, values: ParsedValues)";
    format!("{HEAD}{signature} -> Result<(), Box<dyn std::error::Error>> {{\n{body}\nOk(())\n}}\nfn main() {{}}\n")
}

/// What a package's `main.rs` becomes with all offered changes.
pub(crate) fn rewritten(code: &str) -> String {
    text_after(&plan_of(code), code)
}

fn text_after(plan: &Plan, code: &str) -> String {
    let change = plan.changes.iter().find(|change| change.before.path().ends_with("main.rs"));
    change.map_or_else(|| code.to_owned(), |change| change.after.text().to_owned())
}

/// What `body` becomes with all offered changes.
pub(crate) fn migrated(body: &str) -> String {
    migrated_up_to(Level::Offered, body)
}

/// What `body` becomes with all changes, also those that leave something to a person.
pub(crate) fn drafted(body: &str) -> String {
    migrated_up_to(Level::Draft, body)
}

fn migrated_up_to(level: Level, body: &str) -> String {
    let code = program(body);
    let after = text_after(&plan_up_to(level, "p/src/main.rs", &code), &code);
    let start = after.find("Error>> {\n").map_or(0, |at| at + "Error>> {\n".len());
    after[start..after.rfind("\nOk(())\n}").unwrap_or(after.len())].to_owned()
}

/// The finding of `body` at the first occurrence of `name`.
pub(crate) fn finding_at(body: &str, name: &str) -> Finding {
    let code = program(body);
    let at = code.find(name).unwrap();
    let plan = plan_of(&code);
    let here =
        |finding: &&Finding| finding.range.contains(&at) && plan.tree.entry(finding.file).path.ends_with("main.rs");
    plan.findings.iter().find(here).unwrap_or_else(|| panic!("nothing is found at {name}: {:?}", plan.findings)).clone()
}
