//! `apply --verify` compiles before and after, and takes back what does not compile.

use std::path::Path;
use std::process::Command;

use crate::support::{LEGACY, Run, Tree};

/// The part of the legacy crate that the packages here use.
const LEGACY_CRATE: &str = "\
pub use geppetto_runtime::{context, events, turns};
pub mod inference {
    pub mod engine {
        pub struct EngineOption;
        pub fn with_sink(_: std::sync::Arc<dyn crate::events::EventSink>) -> EngineOption { EngineOption }
        pub mod factory {
            use std::sync::Arc;
            use geppetto_runtime::engine::Engine;
            pub use geppetto_runtime::engine::factory::{FactoryError, ParsedValues};
            pub fn new_engine_from_parsed_values(
                _: &ParsedValues, _: Vec<super::EngineOption>,
            ) -> Result<Arc<dyn Engine>, FactoryError> { Err(FactoryError) }
        }
    }
}
";

/// A new crate that lacks `with_event_sink`.
const RUNTIME_CRATE: &str = "\
pub mod context { pub struct Context; }
pub mod turns { pub struct Turn; }
pub mod events { pub trait EventSink {} }
pub mod engine {
    use std::future::Ready;
    pub trait Engine {
        fn run_inference(&self, _: &crate::context::Context, _: crate::turns::Turn) -> Ready<Result<(), String>>;
    }
    pub mod factory {
        use std::sync::Arc;
        #[derive(Default)] pub struct ParsedValues;
        pub struct FactoryError;
        pub fn new_engine_from_parsed_values(_: &ParsedValues) -> Result<Arc<dyn super::Engine>, FactoryError> {
            Err(FactoryError)
        }
    }
}
";

/// Makes an engine without options: a unit of its own.
const PLAIN: &str = "\
use geppetto::inference::engine::factory::{ParsedValues, new_engine_from_parsed_values};

pub fn has_engine() -> bool {
    new_engine_from_parsed_values(&ParsedValues::default(), vec![]).is_ok()
}
";

fn manifest(name: &str, dependencies: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.9.0\"\nedition = \"2024\"\npublish = false\n\n[workspace]\n\n[dependencies]\n{dependencies}"
    )
}

/// A package beside small versions of both crates.
fn downstream(lib: &str) -> Tree {
    Tree::empty()
        .with(".gitignore", "target\n")
        .with("legacy/Cargo.toml", manifest("geppetto", "geppetto-runtime = { path = \"../runtime\" }\n"))
        .with("legacy/src/lib.rs", LEGACY_CRATE)
        .with("runtime/Cargo.toml", manifest("geppetto-runtime", ""))
        .with("runtime/src/lib.rs", RUNTIME_CRATE)
        .with("app/Cargo.toml", manifest("downstream", "geppetto = { path = \"../legacy\" }\n"))
        .with("app/src/lib.rs", lib)
        .with("app/src/plain.rs", PLAIN)
}

fn verify(tree: &Tree, runtime: &str) -> Run {
    let runtime = format!("{{ path = \"{runtime}\" }}");
    let mut command = tree.command(&["apply", "--verify", "--runtime-dependency", &runtime, "app"]);
    Run::of(command.env("CARGO_NET_OFFLINE", "true").env_remove("CARGO_TARGET_DIR").output().unwrap())
}

/// Creates the lock file, so that it is under version control.
fn locked(tree: Tree) -> Tree {
    let mut cargo = Command::new(env!("CARGO"));
    let output = cargo.args(["generate-lockfile", "--offline"]).current_dir(tree.join("app")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    tree.committed()
}

fn status(tree: &Tree) -> String {
    let mut git = Command::new("git");
    git.args(["status", "--porcelain"]).current_dir(tree.path()).env_remove("GIT_DIR").env_remove("GIT_INDEX_FILE");
    String::from_utf8(git.output().unwrap().stdout).unwrap()
}

#[test]
fn what_compiles_stays_and_the_lock_file_is_named() {
    let tree = locked(downstream("pub mod plain;\n"));
    let run = verify(&tree, "runtime").expect(0);
    assert!(run.stdout.contains("verified downstream: it compiles, before and after\n"), "{}", run.stdout);
    assert!(run.stdout.contains("updated app/Cargo.lock, which belongs to the changes\n"), "{}", run.stdout);
    assert_eq!(status(&tree), " M app/Cargo.lock\n M app/Cargo.toml\n M app/src/plain.rs\n");
}

#[test]
fn a_unit_that_does_not_compile_is_taken_back_and_the_rest_stays() {
    let lib = format!("pub mod plain;\n{LEGACY}");
    let tree = locked(downstream(&lib));
    let run = verify(&tree, "runtime").expect(1);
    let body = |text: &str| text.split_once("pub async fn").unwrap().1.to_owned();
    assert_eq!(body(&tree.read("app/src/lib.rs")), body(&lib));
    assert!(tree.read("app/src/plain.rs").contains("new_engine_from_parsed_values(&ParsedValues::default())"));
    assert!(run.stdout.contains("changed app/src/plain.rs\n"), "{}", run.stdout);
    assert!(run.stdout.contains("2 taken back: see the errors\n"), "{}", run.stdout);
    for part in ["taken back: app/src/lib.rs:13:18: ", "and 1 more of its unit", "with_event_sink", "= help: "] {
        assert!(run.stderr.contains(part), "{}", run.stderr);
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["check", "--offline", "--quiet"]).current_dir(tree.join("app")).env_remove("CARGO_TARGET_DIR");
    assert!(cargo.output().unwrap().status.success());
}

#[test]
fn where_nothing_compiles_everything_is_as_it_was() {
    let tree = locked(downstream("pub mod plain;\n"));
    let run = verify(&tree, "nowhere").expect(1);
    assert!(run.stderr.contains("everything was taken back"), "{}", run.stderr);
    assert!(run.stderr.contains("--runtime-dependency"), "{}", run.stderr);
    assert_eq!(run.stdout, "nothing is changed\n");
    assert_eq!(status(&tree), "");
}

#[test]
fn a_package_that_was_broken_before_is_no_verdict() {
    let tree = locked(downstream("pub mod plain;\nfn broken() -> u8 {}\n"));
    let run = verify(&tree, "runtime").expect(2);
    for part in ["no verdict on `downstream`: it did not compile before the changes", "src/lib.rs:2:", "E0308"] {
        assert!(run.stderr.contains(part), "{}", run.stderr);
    }
    assert!(run.stdout.contains("changed app/src/plain.rs\n"), "{}", run.stdout);
}

#[test]
fn files_without_a_manifest_are_no_verdict() {
    let tree = Tree::empty().with("plain.rs", PLAIN).committed();
    let run = tree.run(&["apply", "--verify"]).expect(2);
    assert!(run.stderr.contains("there is no manifest to compile it by"), "{}", run.stderr);
    assert!(run.stdout.starts_with("changed plain.rs\n"), "{}", run.stdout);
}

#[test]
fn without_cargo_nothing_is_changed() {
    let tree = locked(downstream("pub mod plain;\n"));
    let mut command = tree.command(&["apply", "--verify", "app"]);
    let run = Run::of(command.env("CARGO", "no-such-cargo").output().unwrap()).expect(2);
    assert!(run.stderr.contains("cannot run `no-such-cargo`"), "{}", run.stderr);
    assert_eq!(status(&tree), "");
}

#[test]
fn nothing_to_change_is_nothing_to_verify() {
    let tree = Tree::empty().with("src/lib.rs", "").committed();
    assert_eq!(tree.run(&["apply", "--verify"]).expect(0).stdout, "nothing to change\n");
}

#[test]
fn a_package_is_verified_against_the_real_crates() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let legacy = format!("geppetto = {{ path = \"{}\" }}\n", project.join("fixtures/legacy").display());
    let lock = std::fs::read(project.join("Cargo.lock")).unwrap();
    let tree = Tree::empty()
        .with("app/Cargo.toml", manifest("downstream", &legacy))
        .with("app/Cargo.lock", lock)
        .with("app/src/lib.rs", LEGACY)
        .committed();
    let runtime = format!("{{ path = \"{}\" }}", project.join("runtime").display());
    let mut command = tree.command(&["apply", "--verify", "--runtime-dependency", &runtime, "app"]);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("verifying");
    let run = Run::of(command.env("CARGO_TARGET_DIR", target).output().unwrap()).expect(0);
    assert!(run.stdout.contains("verified downstream: it compiles, before and after\n"), "{}", run.stdout);
    assert!(tree.read("app/src/lib.rs").contains("with_event_sink"));
}
