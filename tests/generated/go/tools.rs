//! The programs of Go's toolchain.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The folder of the toolchain; nothing where there is none.
fn root() -> Option<&'static Path> {
    static ROOT: OnceLock<Option<PathBuf>> = OnceLock::new();
    let find = || {
        let output = Command::new("go").args(["env", "GOROOT"]).env("GOTOOLCHAIN", "local").output().ok()?;
        let root = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| PathBuf::from(root.trim()))
    };
    ROOT.get_or_init(find).as_deref()
}

/// Whether there is a toolchain. Where none is, it is said aloud, and where all tests have to run it is a failure.
pub(crate) fn is_there() -> bool {
    if root().is_some() {
        return true;
    }
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "there is no `go`, and nothing about Go is proven");
    eprintln!("SKIPPED: there is no `go`, and nothing about Go is proven");
    false
}

/// `go`, which asks no one for anything.
pub(super) fn go() -> Command {
    let mut command = Command::new(program("go"));
    command
        .env("GOFLAGS", "-mod=mod")
        .env("GOPROXY", "off")
        .env("GONOSUMDB", "*")
        .env("GOTOOLCHAIN", "local")
        .env("GOWORK", "off")
        .env("CGO_ENABLED", "0");
    command
}

pub(super) fn gofmt() -> PathBuf {
    program("gofmt")
}

fn program(name: &str) -> PathBuf {
    root().map_or_else(|| PathBuf::from(name), |root| root.join("bin").join(name))
}
