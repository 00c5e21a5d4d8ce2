//! The tool on one program: what it changes and says, and what must hold of that without compiling anything.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use geppetto_migrate::finding::{Class, Finding, Level};
use geppetto_migrate::plan::{Change, Plan};
use geppetto_migrate::rules::{Rule, Trap};
use geppetto_migrate::{FRONTENDS, plan_roots};

use crate::language::Language;
use crate::program::{Files, Program};

/// A site as the tool sees it.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) scene: Option<String>,
    pub(crate) rule: Rule,
    pub(crate) level: Level,
    pub(crate) traps: Vec<Trap>,
    pub(crate) why: String,
}

/// A program after the tool.
#[derive(Clone, Debug)]
pub(crate) struct Migrated {
    pub(crate) files: Files,
    pub(crate) sites: Vec<Site>,
    /// Whether no site is left.
    pub(crate) is_done: bool,
    /// What is wrong with what the tool did, in words.
    pub(crate) complaints: Vec<String>,
}

/// Migrates the package in `directory`, which holds `program` as it is. Its files are the migrated ones afterwards.
pub(crate) fn migrate(directory: &Path, program: &Program, level: Level) -> Migrated {
    let language = program.recipe.language;
    let mut migrated =
        Migrated { files: program.files.clone(), sites: Vec::new(), is_done: false, complaints: Vec::new() };
    let plan = match plan(language, directory, level) {
        Ok(plan) => plan,
        Err(complaint) => {
            migrated.complaints.push(complaint);
            return migrated;
        }
    };
    for change in &plan.changes {
        let path = relative(directory, change.before.path());
        migrated.files.insert(path, change.after.text().to_owned());
    }
    migrated.sites = sites(directory, program, &plan, &mut migrated.complaints);
    migrated.complaints.extend(plan.problems.iter().map(|problem| format!("problem: {problem:?}")));
    let names = names_in(&program.files);
    if plan.ledger.total() != names {
        migrated.complaints.push(format!("the ledger holds {} of {names} names", plan.ledger.total()));
    }
    let opaque = plan.ledger.count(Class::Opaque);
    if opaque > 0 {
        migrated.complaints.push(format!("{opaque} names cannot be read"));
    }
    migrated.complaints.extend(language.flaw(&program.files, &migrated.files));
    write(directory, &migrated.files);
    match plan_again(language, directory, level) {
        Ok(again) => {
            migrated.is_done = again.findings.iter().all(|finding| finding.rule == Rule::LegacyDocs);
            migrated.complaints.extend(again.changes.first().map(changes_again));
        }
        Err(complaint) => migrated.complaints.push(complaint),
    }
    migrated
}

/// The sites of `program`, of which nothing is changed.
pub(crate) fn scan(program: &Program) -> Vec<Site> {
    let folder = tempfile::tempdir().expect("a folder for a program");
    let directory = folder.path().join("program");
    write(&directory, &program.files);
    plan(program.recipe.language, &directory, Level::Report)
        .map_or_else(|_| Vec::new(), |plan| sites(&directory, program, &plan, &mut Vec::new()))
}

fn plan_again(language: &dyn Language, directory: &Path, level: Level) -> Result<Plan, String> {
    plan(language, directory, level).map_err(|complaint| format!("second run: {complaint}"))
}

/// A second run has nothing to change.
fn changes_again(change: &Change) -> String {
    let diff = similar::TextDiff::from_lines(change.before.text(), change.after.text());
    format!("second run: changes again\n{}", diff.unified_diff())
}

fn plan(language: &dyn Language, directory: &Path, level: Level) -> Result<Plan, String> {
    let selection = language.selection(level);
    let planned =
        catch_unwind(AssertUnwindSafe(|| plan_roots(&[directory.to_owned()], FRONTENDS, &selection, &|_| ())));
    match planned {
        Ok(Ok(plan)) => Ok(plan),
        Ok(Err(error)) => {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            Err(format!("no plan: {error}{}", cause.replace(&directory.display().to_string(), "")))
        }
        Err(_) => Err("no plan: the tool panics".to_owned()),
    }
}

fn sites(directory: &Path, program: &Program, plan: &Plan, complaints: &mut Vec<String>) -> Vec<Site> {
    let mut sites = Vec::new();
    for finding in &plan.findings {
        let source = plan.tree.source(finding.file).expect("a file with a finding can be read");
        let path = relative(directory, source.path());
        if source.text().get(finding.range.clone()).is_none_or(|text| text.trim().is_empty()) {
            complaints.push(format!("position: {} points to nothing in {}", finding.what, path.display()));
        }
        let scene = program.scene_of(&path).map(str::to_owned);
        let Finding { rule, level, traps, why, .. } = finding.clone();
        sites.push(Site { scene, rule, level, traps, why });
    }
    sites
}

/// How often legacy names stand as whole words in the texts.
fn names_in(files: &Files) -> usize {
    let is_name = |path: &Path, word: &str| {
        let mut claiming = FRONTENDS.iter().filter(|frontend| frontend.claims(path));
        claiming.any(|frontend| frontend.ledger_names().contains(&word))
    };
    files.iter().map(|(path, text)| words(text).filter(|word| is_name(path, word)).count()).sum()
}

/// The words of a text.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| !char.is_alphanumeric() && char != '_')
}

fn relative(directory: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(directory).expect("the tool stays in the package").to_owned()
}

/// Writes `files` below `directory`.
pub(crate) fn write(directory: &Path, files: &Files) {
    for (relative, text) in files {
        let path = directory.join(relative);
        if fs::read_to_string(&path).ok().as_ref() != Some(text) {
            fs::create_dir_all(path.parent().expect("a file stands in a folder")).expect("folders can be made");
            fs::write(&path, text).expect("a file can be written");
        }
    }
}

/// Reads what stands below `directory` under the paths of `files`.
pub(crate) fn read(directory: &Path, files: &Files) -> Files {
    let text = |path: &PathBuf| fs::read_to_string(directory.join(path)).expect("what was written can be read");
    files.keys().map(|path| (path.clone(), text(path))).collect::<BTreeMap<_, _>>()
}
