//! What a rule consists of is complete: documentation, implementation, a downstream package; and its example is true.

mod go;
mod rust;

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
fn every_trap_that_the_code_names_is_documented() {
    let code = code();
    let is_named = |trap: &&Trap| holds_word(&code, &format!("Trap::{trap:?}"));
    let is_told = |trap: &Trap| trap.told_by_rules().next().is_some();
    let missing: Vec<&Trap> = Trap::ALL.iter().filter(is_named).filter(|trap| !is_told(trap)).collect();
    assert_eq!(missing, Vec::<&Trap>::new());
    // The others wait for their rules: what is told in documentation and in no code would be a promise.
    let early: Vec<&Trap> = Trap::ALL.iter().filter(|trap| is_told(trap) && !is_named(trap)).collect();
    assert_eq!(early, Vec::<&Trap>::new());
}

/// The code of both languages.
fn code() -> String {
    let folders = LANGUAGES.map(|language| project(&format!("src/{language}")));
    let entries = folders.iter().flat_map(walkdir::WalkDir::new).map(Result::unwrap);
    let files = entries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "rs"));
    files.map(|entry| fs::read_to_string(entry.path()).unwrap()).collect()
}

/// Whether `text` holds `word` and does not go on with it.
fn holds_word(text: &str, word: &str) -> bool {
    let goes_on = |at: usize| text[at + word.len()..].starts_with(char::is_alphanumeric);
    text.match_indices(word).any(|(at, _)| !goes_on(at))
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

const LANGUAGES: [&str; 2] = ["rust", "go"];

#[test]
fn every_rule_has_a_file_of_its_own_in_each_language() {
    for (rule, language) in Rule::ALL.iter().flat_map(|rule| LANGUAGES.map(|language| (rule, language))) {
        let file = project(&format!("src/{language}/rules/{}.rs", rule.id().replace('-', "_")));
        assert!(file.is_file(), "{} is missing", file.display());
    }
}

#[test]
fn every_rule_has_a_downstream_package_in_each_language() {
    for language in LANGUAGES {
        let expectations: String = fs::read_dir(project("fixtures").join(language))
            .unwrap()
            .filter_map(|entry| fs::read_to_string(entry.unwrap().path().join("fixture.toml")).ok())
            .collect();
        for rule in Rule::ALL {
            assert!(expectations.contains(&format!("\"{rule}\"")), "no fixture in {language} expects {rule}");
        }
    }
}

#[test]
fn every_rule_has_examples_in_each_language() {
    for rule in Rule::ALL {
        let opened = |words: &str| block(rule.docs(), words).is_some();
        for language in LANGUAGES {
            let manifest = if language == "rust" { "toml" } else { "gomod" };
            let has_half = |half: &str| opened(&format!("{language} {half}")) || opened(&format!("{manifest} {half}"));
            assert!(has_half("before") && (has_half("after") || has_half("by-hand")), "{rule} in {language}");
        }
    }
}

/// What the tool makes of a folder: what `check` said before, and how `apply` went, with these words behind it.
fn applied(folder: &Path, words: &[&str]) -> String {
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_geppetto-migrate"));
        command.args(args).arg(folder).output().unwrap()
    };
    let check = run(&["check"]);
    let apply = run(&[&["apply", "--allow-no-vcs"], words].concat());
    assert!(apply.status.success(), "{}", String::from_utf8_lossy(&apply.stderr));
    String::from_utf8(check.stdout).unwrap()
}
