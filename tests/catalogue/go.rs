//! The Go examples. They are built as one module before and one after, against the two versions of the library.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use geppetto_migrate::rules::Rule;

use crate::{block, project};

const MANIFEST: &str = "\
module example.com/chat

go 1.23

require github.com/go-go-golems/geppetto v0.4.0
";

/// A module with this manifest and this file, after `apply --offered`: both files, and what `check` said before.
fn applied(manifest: &str, code: &str) -> (String, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let (manifest_path, code_path) = (dir.path().join("go.mod"), dir.path().join("chat.go"));
    fs::write(&manifest_path, manifest).unwrap();
    fs::write(&code_path, code).unwrap();
    let check = crate::applied(dir.path(), &["--offered", "--require", "v0.5.0"]);
    let read = |path| fs::read_to_string(path).unwrap();
    (read(manifest_path), read(code_path), check)
}

/// The rules with an example in Go code, and its half that is opened by these words.
fn halves(words: &str) -> impl Iterator<Item = (Rule, &'static str)> {
    Rule::ALL.iter().filter_map(move |&rule| Some((rule, block(rule.docs(), words)?)))
}

#[test]
fn examples_become_what_the_documentation_says() {
    let mut wrong = String::new();
    for (rule, after) in halves("go after") {
        let (_, code, check) = applied(MANIFEST, block(rule.docs(), "go before").unwrap());
        if !check.contains(&format!("[{rule}]")) {
            wrong += &format!("{rule} does not find its own example:\n{check}\n");
        }
        if code != after {
            wrong += &format!("{rule} makes of its example:\n{code}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn examples_that_a_person_changes_are_reported() {
    for (rule, _) in halves("go by-hand") {
        let before = block(rule.docs(), "go before").unwrap();
        let (_, code, check) = applied(MANIFEST, before);
        assert!(check.contains(&format!("report[{rule}]")), "{rule}:\n{check}");
        assert_eq!(code, before);
    }
}

#[test]
fn the_manifest_in_the_documentation_becomes_what_it_says() {
    let docs = Rule::LegacyDependency.docs();
    let code = block(Rule::LegacyImport.docs(), "go before").unwrap();
    let (manifest, _, _) = applied(block(docs, "gomod before").unwrap(), code);
    assert_eq!(manifest, block(docs, "gomod after").unwrap());
}

#[test]
fn both_halves_of_every_example_build() {
    if !has_go() {
        return;
    }
    for (version, kinds) in [("legacy", &["go before"][..]), ("runtime", &["go after", "go by-hand"])] {
        let module = Path::new(env!("CARGO_TARGET_TMPDIR")).join("catalogue").join(version);
        write_module(&module, version, kinds.iter().flat_map(|words| halves(words)));
        for command in ["build", "vet"] {
            let output = go(&module, &[command, "./..."]);
            assert!(output.status.success(), "{version}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

/// A module with a package for every example, in which the library is the one in `fixtures/go`.
fn write_module(module: &Path, version: &str, examples: impl Iterator<Item = (Rule, &'static str)>) {
    let library = project("fixtures/go").join(version);
    let workspace = format!("go 1.23\n\nuse .\n\nreplace github.com/go-go-golems/geppetto => {}\n", library.display());
    let mut files: Vec<(PathBuf, &str)> = vec![("go.mod".into(), MANIFEST), ("go.work".into(), &workspace)];
    files.extend(examples.map(|(rule, code)| (Path::new(rule.id()).join("chat.go"), code)));
    for (name, text) in files {
        let path = module.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// Runs the go command without the network.
fn go(module: &Path, args: &[&str]) -> std::process::Output {
    let mut command = Command::new("go");
    command.args(args).current_dir(module).env("GOWORK", module.join("go.work")).env("GOFLAGS", "");
    command.env("GOPROXY", "off").env("GOTOOLCHAIN", "local").env("CGO_ENABLED", "0").output().unwrap()
}

/// Whether there is a Go installation to ask. Where this project is proven there must be one.
fn has_go() -> bool {
    let has = Command::new("go").arg("version").output().is_ok_and(|output| output.status.success());
    if !has {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "the command `go` is missing");
        eprintln!("SKIPPED: the command `go` is missing: the examples in Go are not built");
    }
    has
}
