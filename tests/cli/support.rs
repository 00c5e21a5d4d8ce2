//! Trees, and runs of the binary on them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A file with one site of `engine-sink`.
pub(crate) const LEGACY: &str = "\
use std::sync::Arc;

use geppetto::context::Context;
use geppetto::events::EventSink;
use geppetto::inference::engine::factory::{
    FactoryError, ParsedValues, new_engine_from_parsed_values,
};
use geppetto::inference::engine::with_sink;
use geppetto::turns::Turn;

pub async fn ask(ctx: &Context, sink: Arc<dyn EventSink>, seed: Turn) -> Result<(), FactoryError> {
    let engine = new_engine_from_parsed_values(&ParsedValues::default(), vec![with_sink(sink)])?;
    if let Err(error) = engine.run_inference(ctx, seed).await {
        eprintln!(\"{error}\");
    }
    Ok(())
}
";

const MANIFEST: &str = "\
[package]
name = \"downstream\"
version = \"0.1.0\"
edition = \"2024\"

[dependencies]
geppetto = \"0.9\"
";

/// A folder that goes when it is dropped.
pub(crate) struct Tree(TempDir);

impl Tree {
    /// A folder without anything.
    pub(crate) fn empty() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A package that depends on the legacy crate, with this library.
    pub(crate) fn package(lib: &str) -> Self {
        Self::empty().with("Cargo.toml", MANIFEST).with("src/lib.rs", lib)
    }

    /// A package with one site of `engine-sink`.
    pub(crate) fn legacy() -> Self {
        Self::package(LEGACY)
    }

    /// The same tree with one more file.
    pub(crate) fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// The same tree as a repository in which everything is committed.
    pub(crate) fn committed(self) -> Self {
        self.git(&["init", "--quiet"]);
        self.git(&["add", "--all"]);
        self.git(&["-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet", "--message", "all"]);
        self
    }

    pub(crate) fn git(&self, args: &[&str]) {
        let output = without_surroundings(Command::new("git").args(args).current_dir(self.path())).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.join(name)).unwrap()
    }

    /// The binary, in this folder.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_geppetto-migrate"));
        without_surroundings(command.args(args).current_dir(self.path()));
        command
    }

    /// Runs the binary in this folder.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        Run::of(self.command(args).output().unwrap())
    }
}

/// What a hook or a terminal around the tests would change.
fn without_surroundings(command: &mut Command) -> &mut Command {
    for variable in
        ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"]
    {
        command.env_remove(variable);
    }
    command
}

/// What a run left.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().expect("the binary ends by itself"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The run, if it ended with `code`.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}
