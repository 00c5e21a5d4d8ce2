//! What a rule consists of is complete: documentation, implementation, a downstream package; and its example is true.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use geppetto_migrate::rules::{Rule, Trap};

const SECTIONS: [&str; 5] = ["What it finds", "Why it is legacy", "Example", "Level", "Traps"];

fn project(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The content of the code block that is opened by these words.
fn block<'a>(docs: &'a str, words: &str) -> Option<&'a str> {
    let (_, rest) = docs.split_once(&format!("\n```{words}\n"))?;
    rest.split_once("```\n").map(|(block, _)| block)
}

#[test]
fn every_documentation_has_all_sections() {
    for rule in Rule::ALL {
        let docs = rule.docs();
        let mut lines = docs.lines();
        assert_eq!(lines.next(), Some(format!("# {rule}").as_str()));
        let summary = docs.lines().nth(2).unwrap().trim_end_matches('.');
        assert_eq!(summary.to_lowercase(), rule.title().to_lowercase(), "{rule}");
        let sections: Vec<&str> = lines.filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(sections, SECTIONS, "{rule}");
    }
}

#[test]
fn documentation_names_only_traps_that_there_are() {
    for rule in Rule::ALL {
        let (_, traps) = rule.docs().split_once("## Traps\n").unwrap();
        for name in traps.lines().filter_map(|line| line.strip_prefix("- `")?.split('`').next()) {
            assert!(Trap::from_id(name).is_some(), "{rule} names the trap {name}");
        }
    }
}

#[test]
fn every_trap_is_documented() {
    let docs: String = Rule::ALL.iter().map(|rule| rule.docs()).collect();
    let missing: Vec<&str> =
        Trap::ALL.iter().map(|trap| trap.id()).filter(|id| !docs.contains(&format!("\n- `{id}`"))).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn no_documentation_is_without_its_rule() {
    let files: BTreeSet<String> = fs::read_dir(project("src/rules"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let expected: BTreeSet<String> = Rule::ALL.iter().map(|rule| format!("{rule}.md")).collect();
    assert_eq!(files, expected);
}

#[test]
fn every_rule_has_a_file_of_its_own() {
    for rule in Rule::ALL {
        let file = project(&format!("src/rust/rules/{}.rs", rule.id().replace('-', "_")));
        assert!(file.is_file(), "{} is missing", file.display());
    }
}

#[test]
fn every_rule_has_a_downstream_package() {
    let expectations: String = fs::read_dir(project("fixtures/rust"))
        .unwrap()
        .filter_map(|entry| fs::read_to_string(entry.unwrap().path().join("fixture.toml")).ok())
        .collect();
    for rule in Rule::ALL {
        assert!(expectations.contains(&format!("\"{rule}\"")), "no fixture expects {rule}");
    }
}

/// A package with this manifest and library, after `apply`: both files, and what `check` still says.
fn applied(manifest: &str, lib: &str) -> (String, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let (manifest_path, lib_path) = (dir.path().join("Cargo.toml"), dir.path().join("src/lib.rs"));
    fs::create_dir(dir.path().join("src")).unwrap();
    fs::write(&manifest_path, manifest).unwrap();
    fs::write(&lib_path, lib).unwrap();
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_geppetto-migrate"));
        command.args(args).arg(dir.path()).output().unwrap()
    };
    let before = run(&["check"]);
    let apply = run(&["apply", "--allow-no-vcs"]);
    assert!(apply.status.success(), "{}", String::from_utf8_lossy(&apply.stderr));
    let read = |path| fs::read_to_string(path).unwrap();
    (read(manifest_path), read(lib_path), String::from_utf8(before.stdout).unwrap())
}

/// What a published library exports may be called by code that nobody sees, which the examples leave out.
const MANIFEST: &str = "\
[package]
name = \"example\"
version = \"0.1.0\"
edition = \"2024\"
publish = false

[dependencies]
geppetto = \"0.9\"
tokio = \"1\"
";

#[test]
fn examples_become_what_the_documentation_says() {
    let mut wrong = String::new();
    for rule in Rule::ALL {
        let (Some(before), Some(after)) = (block(rule.docs(), "rust before"), block(rule.docs(), "rust after")) else {
            continue;
        };
        let (_, lib, check) = applied(MANIFEST, before);
        if !check.contains(&format!("[{rule}]")) {
            wrong += &format!("{rule} does not find its own example:\n{check}\n");
        }
        if lib != after {
            wrong += &format!("{rule} makes of its example:\n{lib}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn examples_that_a_person_changes_are_reported() {
    let by_hand: Vec<&Rule> = Rule::ALL.iter().filter(|rule| block(rule.docs(), "rust by-hand").is_some()).collect();
    assert!(!by_hand.is_empty());
    for rule in by_hand {
        let (_, _, check) = applied(MANIFEST, block(rule.docs(), "rust before").unwrap());
        assert!(check.contains(&format!("report[{rule}]")), "{rule}:\n{check}");
    }
}

#[test]
fn the_manifest_in_the_documentation_becomes_what_it_says() {
    let docs = Rule::LegacyDependency.docs();
    let lib = block(Rule::LegacyImport.docs(), "rust before").unwrap();
    let (manifest, _, check) = applied(block(docs, "toml before").unwrap(), lib);
    assert_eq!(manifest, block(docs, "toml after").unwrap());
    assert!(check.contains("[legacy-dependency]"), "{check}");
}
