//! Runs the whole front end over a module held in memory, for the tests of the rules.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::{GoFrontend, ledger};
use crate::finding::{Finding, Level};
use crate::frontend::Selection;
use crate::marker::NEEDLE;
use crate::plan::{Plan, plan};
use crate::source::Source;
use crate::tree::{FileEntry, FileId, Tree};

const MANIFEST: &str = "module example.com/p\n\ngo 1.24\n\nrequire github.com/go-go-golems/geppetto v0.4.0\n";

/// What every test's code is given: all packages that a migration meets, each with a use.
const HEAD: &str = r#"package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-go-golems/geppetto/pkg/events"
	"github.com/go-go-golems/geppetto/pkg/inference/core"
	"github.com/go-go-golems/geppetto/pkg/inference/engine"
	"github.com/go-go-golems/geppetto/pkg/inference/engine/factory"
	"github.com/go-go-golems/geppetto/pkg/inference/state"
	"github.com/go-go-golems/geppetto/pkg/turns"
)

"#;

/// The plan of a module with these files, with all changes up to `level`.
pub(crate) fn plan_of(files: &[(&str, &str)], level: Level) -> Plan {
    let mut texts: BTreeMap<PathBuf, &str> = BTreeMap::from([(PathBuf::from("p/go.mod"), MANIFEST)]);
    texts.extend(files.iter().map(|(name, text)| (PathBuf::from("p").join(name), *text)));
    let mentions = |text: &str| ledger::occurrences(text).len();
    let entries = texts.iter().map(|(path, text)| FileEntry {
        path: path.clone(),
        hit: true,
        is_marked: text.contains(NEEDLE),
        mentions: mentions(text),
    });
    let entries: Vec<FileEntry> = entries.collect();
    let sources: BTreeMap<FileId, Arc<Source>> = texts
        .iter()
        .zip(0..)
        .map(|((path, text), index)| (FileId(index), Arc::new(Source::new(path, *text))))
        .collect();
    let tree = Tree::new(vec![PathBuf::from("p")], entries, sources);
    plan(tree, Vec::new(), &[&GoFrontend::new()], &Selection::up_to(level)).unwrap()
}

/// What becomes of the file `name`.
pub(crate) fn text_after(plan: &Plan, name: &str) -> String {
    let path = PathBuf::from("p").join(name);
    if let Some(change) = plan.changes.iter().find(|change| change.before.path() == path) {
        return change.after.text().to_owned();
    }
    let (file, _) = plan.tree.files().find(|(_, entry)| entry.path == path).unwrap();
    plan.tree.source(file).unwrap().text().to_owned()
}

/// A program with `code` behind the usual imports.
pub(crate) fn program(code: &str) -> String {
    format!("{HEAD}{code}")
}

/// What `code` behind the usual imports becomes with all changes up to `level`; without the head of the file.
pub(crate) fn migrated(code: &str, level: Level) -> String {
    let after = text_after(&plan_of(&[("main.go", &program(code))], level), "main.go");
    let end_of_imports = after.find("\n)\n\n").map_or(0, |at| at + "\n)\n\n".len());
    after[end_of_imports..].to_owned()
}

/// The finding of `code` behind the usual imports at the first occurrence of `name`.
pub(crate) fn finding_at(code: &str, name: &str) -> Finding {
    let text = program(code);
    let at = HEAD.len() + code.find(name).unwrap();
    let plan = plan_of(&[("main.go", &text)], Level::Offered);
    let is_here =
        |finding: &&Finding| finding.range.contains(&at) || (at..at + name.len()).contains(&finding.range.start);
    let found = plan.findings.iter().find(is_here);
    found.unwrap_or_else(|| panic!("nothing is found at {name}: {:?}", plan.findings)).clone()
}

#[test]
fn findings_have_their_place_in_the_code() {
    let code = "func f() { eng, _ := factory.NewEngineFromParsedValues(nil, engine.WithSink(nil)) }\n";
    assert_eq!(finding_at(code, "WithSink").rule, crate::rules::Rule::EngineSink);
    assert_eq!(migrated("func f() {}\n", Level::Safe), "func f() {}\n");
}
