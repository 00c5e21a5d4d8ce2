//! The Rust examples. That both halves of each compile their doctests show.

use std::fs;

use geppetto_migrate::rules::Rule;

use crate::block;

/// A package with this manifest and library, after `apply`: both files, and what `check` said before.
fn applied(manifest: &str, lib: &str) -> (String, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let (manifest_path, lib_path) = (dir.path().join("Cargo.toml"), dir.path().join("src/lib.rs"));
    fs::create_dir(dir.path().join("src")).unwrap();
    fs::write(&manifest_path, manifest).unwrap();
    fs::write(&lib_path, lib).unwrap();
    let check = crate::applied(dir.path(), &[]);
    let read = |path| fs::read_to_string(path).unwrap();
    (read(manifest_path), read(lib_path), check)
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
