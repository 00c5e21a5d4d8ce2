//! Asks the Go tools: whether a module compiles, and how its code is laid out.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use crate::formatter::formatted;
use crate::frontend::{CompileError, Diagnostic};

/// How many lines of a message without a place are kept.
const LINES: usize = 12;

/// Where programs are written to that nobody wants.
const NOWHERE: &str = if cfg!(windows) { "NUL" } else { "/dev/null" };

/// Builds and vets all packages of the module in `root`, with their tests.
pub(super) fn check(root: &Path) -> Result<(), CompileError> {
    if !root.join("go.mod").is_file() {
        return Err(CompileError::NoManifest);
    }
    for args in [&["build", "-o", NOWHERE, "./..."][..], &["vet", "./..."]] {
        let output = go(root, args)?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() && !said.contains("no packages to vet") {
            return Err(CompileError::Refused(diagnostics(&said, root)));
        }
    }
    Ok(())
}

/// The files with the sums of what the module in `root` depends on.
pub(super) fn sums(root: &Path) -> Vec<PathBuf> {
    let work = go(root, &["env", "GOWORK"]).ok().map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let work = work.map(|path| PathBuf::from(path.trim_end())).filter(|path| path.is_file());
    let shared = work.map(|path| path.with_file_name("go.work.sum"));
    std::iter::once(root.join("go.sum")).chain(shared).collect()
}

/// The text as gofmt lays it out.
pub(super) fn gofmt(text: &str) -> Option<String> {
    static PROGRAM: OnceLock<OsString> = OnceLock::new();
    formatted(&mut Command::new(PROGRAM.get_or_init(gofmt_program)), text)
}

/// gofmt on the path, or else the one of the Go installation: some installations have only `go` on the path.
fn gofmt_program() -> OsString {
    let is_on_path = Command::new("gofmt").arg("-h").output().is_ok();
    let installed = || {
        let output = go(Path::new(""), &["env", "GOROOT"]).ok()?;
        let root = String::from_utf8(output.stdout).ok()?;
        let program =
            Path::new(root.trim_end()).join("bin").join("gofmt").with_extension(std::env::consts::EXE_EXTENSION);
        program.is_file().then(|| program.into_os_string())
    };
    is_on_path.then(|| OsString::from("gofmt")).or_else(installed).unwrap_or_else(|| OsString::from("gofmt"))
}

fn go(root: &Path, args: &[&str]) -> Result<Output, CompileError> {
    let folder = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    Command::new("go")
        .args(args)
        .current_dir(folder)
        .output()
        .map_err(|error| CompileError::NoTools { program: "go".to_owned(), message: error.to_string() })
}

/// The errors in what the tools printed; paths are those from the module's `root`. There is at least one.
fn diagnostics(said: &str, root: &Path) -> Vec<Diagnostic> {
    let placed: Vec<Diagnostic> = said.lines().filter_map(|line| placed(line, root)).collect();
    if placed.is_empty() { vec![Diagnostic { place: None, text: unplaced(said) }] } else { placed }
}

/// What the tools say where no compiler ran, or none pointed at a line.
fn unplaced(said: &str) -> String {
    let lines: Vec<&str> = said.lines().filter(|line| !line.starts_with('#')).take(LINES).collect();
    if lines.is_empty() { "go says nothing".to_owned() } else { lines.join("\n") }
}

/// `chat/chat.go:12:3: undefined: x`, `vet: ./chat_test.go:5:2: …`; lines that belong to the one before are indented.
fn placed(line: &str, root: &Path) -> Option<Diagnostic> {
    if line.starts_with(char::is_whitespace) {
        return None;
    }
    let bare = line.strip_prefix("vet: ").unwrap_or(line);
    let (path, rest) = bare.split_once(".go:")?;
    let row = rest.split(':').next()?.parse().ok()?;
    let path = format!("{path}.go");
    let path = root.join(path.strip_prefix("./").unwrap_or(&path));
    Some(Diagnostic { place: Some((path, row)), text: bare.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formatter::keep_layout;
    use crate::testing::folder;

    #[test]
    fn errors_have_their_places() {
        let said = "# example.com/app\n# [example.com/app]\nvet: ./main_test.go:5:28: undefined: x\n\
            chat/chat.go:12:3: undefined: y\n\tchat/chat.go:1:1: other declaration of y\n";
        let errors = diagnostics(said, Path::new("app"));
        let places: Vec<_> = errors.iter().map(|error| error.place.clone().unwrap()).collect();
        assert_eq!(places, [(PathBuf::from("app/main_test.go"), 5), (PathBuf::from("app/chat/chat.go"), 12)]);
        assert_eq!(errors[0].text, "./main_test.go:5:28: undefined: x");
    }

    #[test]
    fn what_the_tools_say_themselves_has_no_place() {
        let errors = diagnostics("go: errors parsing go.mod:\ngo.mod:3: unknown block type: x\n", Path::new(""));
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].place, None);
        assert!(errors[0].text.contains("unknown block type"), "{}", errors[0].text);
        assert_eq!(diagnostics("", Path::new(""))[0].text, "go says nothing");
    }

    #[test]
    fn folders_without_a_manifest_are_not_compiled() {
        let dir = folder([("a.go", "package a\n")]);
        assert!(matches!(check(dir.path()), Err(CompileError::NoManifest)));
    }

    /// Whether there is a Go installation to ask. Where this project is proven there must be one.
    fn has_go() -> bool {
        let has = go(Path::new(""), &["version"]).is_ok();
        if !has {
            assert!(std::env::var_os("CI").is_none_or(|value| value != "true"), "there is no `go`");
            eprintln!("SKIPPED: there is no `go`");
        }
        has
    }

    const MOD: &str = "module example.com/app\n\ngo 1.21\n";

    #[test]
    fn modules_are_built_and_vetted_with_their_tests() {
        if !has_go() {
            return;
        }
        let dir = folder([("go.mod", MOD), ("a.go", "package a\n"), ("a_test.go", "package a\n\nfunc f() { g() }\n")]);
        let Err(CompileError::Refused(errors)) = check(dir.path()) else { panic!("`g` is not there") };
        assert_eq!(errors[0].place, Some((dir.path().join("a_test.go"), 3)));
        std::fs::write(dir.path().join("a.go"), "package a\n\nfunc g() {}\n").unwrap();
        check(dir.path()).unwrap();
        check(folder([("go.mod", MOD)]).path()).unwrap();
    }

    #[test]
    fn programs_leave_nothing_behind() {
        if !has_go() {
            return;
        }
        let dir = folder([("go.mod", MOD), ("main.go", "package main\n\nfunc main() {}\n")]);
        check(dir.path()).unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn code_is_laid_out_if_it_was() {
        if !has_go() {
            return;
        }
        let (clean, loose) = ("package a\n\nfunc f() { g(1, 2) }\n", "package a\nfunc f()  { }\n");
        let written = "package a\n\nfunc f() {g( 1)}\n";
        assert_eq!(keep_layout(clean, written, &gofmt), "package a\n\nfunc f() { g(1) }\n");
        assert_eq!(keep_layout(loose, written, &gofmt), written);
        assert_eq!(gofmt("no go"), None);
    }
}
