//! Asks cargo whether a package compiles.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::frontend::{CompileError, Diagnostic};

/// How many lines of a message without a place are kept.
const LINES: usize = 12;

/// Checks the package in `root` with all its targets, its default features, and the user's target folder.
pub(super) fn check(root: &Path) -> Result<(), CompileError> {
    if !root.join("Cargo.toml").is_file() {
        return Err(CompileError::NoManifest);
    }
    let output = run(root, &["check", "--all-targets", "--message-format=short", "--quiet", "--color=never"])?;
    if output.status.success() {
        return Ok(());
    }
    let workspace = workspace_root(root).unwrap_or_else(|| root.to_owned());
    Err(CompileError::Refused(diagnostics(&String::from_utf8_lossy(&output.stderr), &workspace)))
}

/// The folder of the workspace that the package in `root` belongs to; its own where it stands alone.
pub(super) fn workspace_root(root: &Path) -> Option<PathBuf> {
    let output = run(root, &["locate-project", "--workspace", "--message-format=plain", "--quiet"]).ok()?;
    let manifest = String::from_utf8(output.stdout).ok()?;
    let folder = Path::new(manifest.trim_end()).parent()?;
    (output.status.success() && folder.is_dir()).then(|| folder.to_owned())
}

fn run(root: &Path, args: &[&str]) -> Result<Output, CompileError> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let folder = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    Command::new(&program).args(args).current_dir(folder).output().map_err(|error| CompileError::NoTools {
        program: program.to_string_lossy().into_owned(),
        message: error.to_string(),
    })
}

/// The errors in what cargo printed; paths are those from the `workspace`. There is at least one.
fn diagnostics(stderr: &str, workspace: &Path) -> Vec<Diagnostic> {
    let placed: Vec<Diagnostic> = stderr.lines().filter_map(|line| placed(line, workspace)).collect();
    if placed.is_empty() { vec![Diagnostic { place: None, text: unplaced(stderr) }] } else { placed }
}

/// `src/lib.rs:3:5: error[E0425]: …`
fn placed(line: &str, workspace: &Path) -> Option<Diagnostic> {
    let (place, _) = line.split_once(": error")?;
    let mut parts = place.rsplitn(3, ':');
    let (_, row, path) = (parts.next()?.parse::<usize>().ok()?, parts.next()?.parse().ok()?, parts.next()?);
    Some(Diagnostic { place: Some((workspace.join(path), row)), text: line.to_owned() })
}

/// What cargo says where no compiler ran, or none pointed at a line.
fn unplaced(stderr: &str) -> String {
    let lines: Vec<&str> = stderr.lines().skip_while(|line| !line.starts_with("error")).take(LINES).collect();
    let text = if lines.is_empty() { stderr.trim().to_owned() } else { lines.join("\n") };
    if text.is_empty() { "cargo says nothing".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::folder;

    const MANIFEST: &str = "[package]\nname = \"one\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n";

    #[test]
    fn errors_have_their_places() {
        let dir = folder([("Cargo.toml", MANIFEST), ("src/lib.rs", "pub fn f() {}\n"), ("tests/t.rs", "")]);
        check(dir.path()).unwrap();
        std::fs::write(dir.path().join("tests/t.rs"), "fn g() -> u8 {\n    one::f()\n}\n").unwrap();
        let Err(CompileError::Refused(errors)) = check(dir.path()) else { panic!("it does not compile") };
        let (path, line) = errors[0].place.clone().unwrap();
        assert!(path.ends_with("tests/t.rs"), "{path:?}");
        assert_eq!(line, 2);
        assert!(errors[0].text.starts_with("tests/t.rs:2:5: error[E0308]: "), "{}", errors[0].text);
    }

    #[test]
    fn what_cargo_says_itself_has_no_place() {
        let dir = folder([("Cargo.toml", MANIFEST), ("src/other.rs", "")]);
        let Err(CompileError::Refused(errors)) = check(dir.path()) else { panic!("there is no target") };
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].place, None);
        assert!(errors[0].text.contains("Cargo.toml"), "{}", errors[0].text);
    }

    #[test]
    fn folders_without_a_manifest_are_not_compiled() {
        let dir = folder([("a.rs", "")]);
        assert!(matches!(check(dir.path()), Err(CompileError::NoManifest)));
    }
}
