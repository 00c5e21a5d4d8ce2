//! A copy of what the README's commands look at, in which they may write.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, iter};

use tempfile::TempDir;
use walkdir::WalkDir;

use crate::project;

/// What a fresh checkout holds of what the commands look at.
const COPIED: [&str; 7] = ["benches", "Cargo.lock", "Cargo.toml", "fixtures", "runtime", "rustfmt.toml", "src"];

/// A repository in which everything is committed.
pub(crate) struct Place(TempDir);

/// How a command ended, and what it printed on both streams.
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) output: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        for name in COPIED {
            copy(&project(name), &place.0.path().join(name));
        }
        let committed = place.shell(
            "git init --quiet && git add --all && \
             git -c user.name=A -c user.email=a@example.org commit --quiet --message all",
        );
        assert_eq!(committed.status, 0, "{}", committed.output);
        place
    }

    /// Runs a command after one that ended with `status`. Other commands of cargo than runs of the tool build the project
    /// anew; `.ci/run` runs those.
    pub(crate) fn run(&self, command: &str, status: i32) -> Option<Run> {
        let command = command.replace("cargo run --release -- ", "geppetto-migrate ");
        (!command.starts_with("cargo ")).then(|| self.shell(&format!("(exit {status})\n{command}")))
    }

    fn shell(&self, script: &str) -> Run {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("exec 2>&1\n{script}")]).current_dir(self.0.path()).env("PATH", path());
        for (variable, _) in env::vars_os().filter(|(name, _)| is_of_surroundings(&name.to_string_lossy())) {
            shell.env_remove(variable);
        }
        let run = shell.env("GIT_CONFIG_GLOBAL", "/dev/null").output().expect("there is a shell");
        Run {
            status: run.status.code().expect("commands end by themselves"),
            output: String::from_utf8(run.stdout).expect("commands print UTF-8"),
        }
    }
}

/// Finds the tool's binary first.
fn path() -> OsString {
    let tool = Path::new(env!("CARGO_BIN_EXE_geppetto-migrate")).parent().expect("it lies in a folder");
    let others = env::var_os("PATH").unwrap_or_default();
    env::join_paths(iter::once(PathBuf::from(tool)).chain(env::split_paths(&others)))
        .expect("the folders have plain names")
}

/// What a hook or a terminal around the tests would change.
fn is_of_surroundings(variable: &str) -> bool {
    variable.starts_with("GIT_") || variable.starts_with("CLICOLOR") || variable == "NO_COLOR"
}

/// Copies a file or a folder without what was built in it.
fn copy(from: &Path, to: &Path) {
    let entries = WalkDir::new(from).into_iter().filter_entry(|entry| entry.file_name() != "target");
    for entry in entries.map(Result::unwrap).filter(|entry| entry.file_type().is_file()) {
        let to = to.components().chain(entry.path().strip_prefix(from).unwrap().components()).collect::<PathBuf>();
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(entry.path(), to).unwrap();
    }
}
