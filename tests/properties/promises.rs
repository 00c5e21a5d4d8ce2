//! What holds for every package.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use geppetto_migrate::FRONTENDS;
use geppetto_migrate::edit::EditSet;
use geppetto_migrate::finding::{Class, Level};
use geppetto_migrate::frontend::Selection;
use geppetto_migrate::plan::{Change, Plan};
use geppetto_migrate::source::Source;
use geppetto_migrate::tree::{FileId, ProblemKind};

use crate::package::{Package, Written};

/// The tool comes to an end with what it can do.
pub(crate) fn has_a_plan(package: &Package) -> Result<(), String> {
    package.written().plan(Level::Draft).map(drop)
}

/// Memory for code that nests deeply: the tests have to read it, too.
const STACK: usize = 256 * 1024 * 1024;

/// All promises, at all levels of changes.
pub(crate) fn all(package: &Package) -> Result<(), String> {
    ledger_is_complete(package)?;
    for level in [Level::Safe, Level::Offered, Level::Draft] {
        let written = package.written();
        let plan = written.plan(level)?;
        for change in &plan.changes {
            let name = written.name(change.before.path());
            at(has_finding(&plan, change), level, &name)?;
            at(still_parses(change), level, &name)?;
        }
        only_edits_change_bytes(&plan, level)?;
        for change in &plan.changes {
            fs::write(change.before.path(), change.after.text()).map_err(|error| error.to_string())?;
        }
        nothing_is_left(&written, level)?;
    }
    Ok(())
}

fn at(done: Result<(), String>, level: Level, name: &Path) -> Result<(), String> {
    done.map_err(|why| format!("{} changes of {}: {why}", level.name(), name.display()))
}

/// A manifest may gain an entry for what is found in the code beside it.
fn has_finding(plan: &Plan, change: &Change) -> Result<(), String> {
    let path = change.before.path();
    let is_manifest = path.ends_with("Cargo.toml") || path.ends_with("go.mod");
    let is_beside = |file: &Path| is_manifest && path.parent().is_some_and(|folder| file.starts_with(folder));
    let mut found = plan.findings.iter().map(|finding| &plan.tree.entry(finding.file).path);
    match found.any(|file| file == path || is_beside(file)) {
        true => Ok(()),
        false => Err(format!("no finding in it, but it becomes\n{}", change.after.text())),
    }
}

/// Only what can be read is changed, and it can still be read.
fn still_parses(change: &Change) -> Result<(), String> {
    let parses = |text: &str| match change.before.path().extension().and_then(|extension| extension.to_str()) {
        Some("rs") => is_rust(text),
        Some("go") => is_go(text),
        Some("toml") => text.parse::<toml_edit::DocumentMut>().map(drop).map_err(|error| error.to_string()),
        _ => Ok(()),
    };
    parses(change.before.text()).map_err(|why| format!("it did not parse before: {why}"))?;
    parses(change.after.text()).map_err(|why| format!("{why}\n{}", change.after.text()))
}

/// Whether syn reads it, which recurses.
fn is_rust(text: &str) -> Result<(), String> {
    let parse = || syn::parse_file(text).map(drop).map_err(|error| error.to_string());
    thread::scope(|scope| {
        let parsing =
            thread::Builder::new().stack_size(STACK).spawn_scoped(scope, parse).expect("threads can be started");
        parsing.join().expect("syn does not panic")
    })
}

/// Whether tree-sitter reads it.
fn is_go(text: &str) -> Result<(), String> {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_go::LANGUAGE.into()).map_err(|error| error.to_string())?;
    match parser.parse(text, None) {
        Some(tree) if !tree.root_node().has_error() => Ok(()),
        _ => Err("it is no Go".to_owned()),
    }
}

/// The new texts are the old ones with edits done, laid out at most; those of units that are left out are not told apart here.
fn only_edits_change_bytes(plan: &Plan, level: Level) -> Result<(), String> {
    if plan.problems.iter().any(|problem| problem.kind == ProblemKind::Defect) {
        return Ok(());
    }
    let mut texts: BTreeMap<FileId, Arc<Source>> = BTreeMap::new();
    let selection = Selection::up_to(level);
    for _ in 0..9 {
        let tree = plan.tree.with_texts(texts.clone());
        let mut edits: BTreeMap<FileId, Vec<_>> = BTreeMap::new();
        for (file, edit) in FRONTENDS.iter().flat_map(|frontend| frontend.analyze(&tree, &selection).edits) {
            edits.entry(file).or_default().push(edit);
        }
        if edits.is_empty() {
            break;
        }
        for (file, edits) in edits {
            let source = tree.source(file).map_err(|problem| problem.message)?;
            let text = EditSet::new(edits).map_err(|conflict| conflict.to_string())?.apply(source.text());
            texts.insert(file, Arc::new(Source::new(source.path(), text)));
        }
    }
    for change in &plan.changes {
        let edited = texts.get(&change.file).ok_or("a file without edits changes")?;
        let after = without_markers(change.after.text(), edited.text());
        if edited.text() != after && !only_layout(edited.text(), &after) {
            return Err(format!("bytes outside of edits change:\n{}\n====\n{after}", edited.text()));
        }
    }
    Ok(())
}

/// A text without the lines that say what is to be decided and are not in the other one: the core writes these.
fn without_markers(text: &str, other: &str) -> String {
    let is_marker = |line: &&str| line.trim_start().starts_with("// MIGRATE(") && !other.contains(line.trim());
    text.split_inclusive('\n').filter(|line| !is_marker(line)).collect()
}

/// Whether the texts differ in white space (an empty line of an example too) and the commas and braces that a formatter
/// adds.
fn only_layout(one: &str, other: &str) -> bool {
    let bare = |text: &str| -> Vec<char> {
        let is_empty = |line: &&str| matches!(line.trim(), "//!" | "///");
        let chars = text.lines().filter(|line| !is_empty(line)).flat_map(str::chars);
        let mut kept: Vec<char> =
            chars.filter(|char| !char.is_whitespace() && !matches!(char, ',' | '{' | '}' | ';')).collect();
        // Imports are sorted.
        kept.sort_unstable();
        kept
    };
    bare(one) == bare(other)
}

fn nothing_is_left(written: &Written, level: Level) -> Result<(), String> {
    let again = written.plan(level)?;
    match again.changes.first() {
        None => Ok(()),
        Some(change) => Err(format!(
            "a second run at level {} changes {}:\n{}\n==== becomes\n{}",
            level.name(),
            written.name(change.before.path()).display(),
            change.before.text(),
            change.after.text()
        )),
    }
}

/// The classes of the ledger add up to what a plain search for words finds.
pub(crate) fn ledger_is_complete(package: &Package) -> Result<(), String> {
    let written = package.written();
    let ledger = written.plan(Level::Report)?;
    let searched: usize = package.0.iter().map(|(name, content)| names(Path::new(name), content)).sum();
    let by_class: usize = Class::ALL.iter().map(|class| ledger.ledger.count(*class)).sum();
    let listed = ledger.ledger.places(&ledger.tree, FRONTENDS);
    let markers = ledger.ledger.markers.len();
    if (by_class, listed.len()) != (searched + markers, searched + markers) {
        return Err(format!(
            "a search finds {searched} beside {markers} markers, the classes hold {by_class}, {} are listed",
            listed.len()
        ));
    }
    let sorted = listed.windows(2).all(|pair| (pair[0].file, pair[0].position) < (pair[1].file, pair[1].position));
    if sorted { Ok(()) } else { Err("the list is not sorted".to_owned()) }
}

/// How many words of a file are legacy names, found without any of the tool's means.
fn names(path: &Path, content: &[u8]) -> usize {
    let text = String::from_utf8_lossy(content);
    let claiming: Vec<_> = FRONTENDS.iter().filter(|frontend| frontend.claims(path)).collect();
    let is_name = |word: &&str| claiming.iter().any(|frontend| frontend.ledger_names().contains(word));
    text.split(|char| !unicode_ident::is_xid_continue(char)).filter(is_name).count()
}
