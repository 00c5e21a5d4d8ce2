//! The tool on one program: what it changes and says, and what must hold of that without compiling anything.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use geppetto_migrate::finding::{Finding, Level};
use geppetto_migrate::frontend::Selection;
use geppetto_migrate::plan::Plan;
use geppetto_migrate::rules::{Rule, Trap};
use geppetto_migrate::{FRONTENDS, plan_roots};

use crate::program::{Files, Program, is_rust};

/// How manifests name the new crate. The tool reads the path as one from the working directory, which is the project's.
const RUNTIME: &str = r#"{ path = "runtime" }"#;

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
    /// What is wrong with what the tool did, in words.
    pub(crate) complaints: Vec<String>,
}

/// Migrates the package in `directory`, which holds `program` as it is. Its files are the migrated ones afterwards.
pub(crate) fn migrate(directory: &Path, program: &Program, level: Level) -> Migrated {
    let mut migrated = Migrated { files: program.files.clone(), sites: Vec::new(), complaints: Vec::new() };
    let plan = match plan(directory, level) {
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
        migrated.complaints.push(format!("ledger: {} of {names} names", plan.ledger.total()));
    }
    migrated.complaints.extend(wrong_manifest(&migrated.files));
    write(directory, &migrated.files);
    migrated.complaints.extend(not_done(directory, level));
    migrated
}

/// The sites of `program`, of which nothing is changed.
pub(crate) fn scan(program: &Program) -> Vec<Site> {
    let folder = tempfile::tempdir().expect("a folder for a program");
    let directory = folder.path().join("program");
    write(&directory, &program.files);
    plan(&directory, Level::Report)
        .map_or_else(|_| Vec::new(), |plan| sites(&directory, program, &plan, &mut Vec::new()))
}

/// What a second run still wants.
fn not_done(directory: &Path, level: Level) -> Option<String> {
    let again = match plan(directory, level) {
        Ok(again) => again,
        Err(complaint) => return Some(format!("second run: {complaint}")),
    };
    let change = again.changes.first()?;
    let diff = similar::TextDiff::from_lines(change.before.text(), change.after.text());
    Some(format!("second run: changes again\n{}", diff.unified_diff()))
}

fn plan(directory: &Path, level: Level) -> Result<Plan, String> {
    let selection = Selection { runtime_dependency: Some(RUNTIME.to_owned()), ..Selection::up_to(level) };
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

/// What the manifest names and the code does not use, or the other way round.
fn wrong_manifest(files: &Files) -> Option<String> {
    let manifest = &files[Path::new("Cargo.toml")];
    let declares = |key: &str| manifest.lines().any(|line| line.starts_with(&format!("{key} =")));
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let code: String = files.iter().filter(|(path, _)| is_rust(path)).map(|(_, text)| text.as_str()).collect();
    let uses = |name: &str| code.lines().filter(is_code).any(|line| words(line).any(|word| word == name));
    let wrong = |key: &str, name: &str| {
        (declares(key) != uses(name))
            .then(|| format!("manifest: `{key}` is declared: {}, used: {}", declares(key), uses(name)))
    };
    wrong("geppetto", "geppetto").or_else(|| wrong("geppetto-runtime", "geppetto_runtime"))
}

/// How often legacy names stand as whole words in the texts.
fn names_in(files: &Files) -> usize {
    let is_ours = |path: &Path| FRONTENDS.iter().any(|frontend| frontend.claims(path));
    let is_name = |word: &&str| FRONTENDS.iter().any(|frontend| frontend.ledger_names().contains(word));
    files.iter().filter(|(path, _)| is_ours(path)).map(|(_, text)| words(text).filter(is_name).count()).sum()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
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
