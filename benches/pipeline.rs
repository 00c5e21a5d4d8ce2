//! How long it takes to look at a large tree of which little matters: walking, reading and filtering, the whole way.

use std::fs;
use std::path::{Path, PathBuf};

use divan::Bencher;
use geppetto_migrate::finding::Level;
use geppetto_migrate::frontend::Selection;
use geppetto_migrate::{FRONTENDS, plan_roots, prefilter, walk};
use tempfile::TempDir;

fn main() {
    divan::main();
}

/// Packages of the tree; every hundredth of them uses the legacy crate.
const PACKAGES: usize = 300;
/// Files of a package.
const FILES: usize = 10;

const BULK: &str = "
/// Adds what the session's options say.
pub fn with_options(values: &[u64], turn: &str) -> Option<u64> {
    let state = values.iter().copied().filter(|value| value % 3 == 0).max()?;
    Some(state + turn.len() as u64)
}
";

const LEGACY: &str = "
use std::sync::Arc;
use geppetto::inference::engine::{Engine, factory::{ParsedValues, new_engine_from_parsed_values}, with_sink};

pub async fn ask(ctx: &geppetto::context::Context, sink: Arc<dyn geppetto::events::EventSink>, seed: geppetto::turns::Turn) {
    let engine = new_engine_from_parsed_values(&ParsedValues::default(), vec![with_sink(sink)]).unwrap();
    let _ = engine.run_inference(ctx, seed).await;
}
";

fn tree() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for package in 0..PACKAGES {
        write_package(&dir.path().join(format!("package-{package:03}")), package % 100 == 0);
    }
    dir
}

fn write_package(folder: &Path, legacy: bool) {
    let dependency = if legacy { "geppetto = \"0.9\"\n" } else { "" };
    let name = folder.file_name().unwrap().display();
    let manifest = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[dependencies]\n{dependency}");
    let src = folder.join("src");
    fs::create_dir_all(&src).unwrap();
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    let modules: String = (1..FILES).map(|file| format!("mod m{file};\n")).collect();
    let legacy = if legacy { LEGACY } else { "" };
    fs::write(src.join("lib.rs"), modules + legacy).unwrap();
    for file in 1..FILES {
        fs::write(src.join(format!("m{file}.rs")), BULK.repeat(40)).unwrap();
    }
}

fn claims(path: &Path) -> bool {
    FRONTENDS.iter().any(|frontend| frontend.claims(path))
}

#[divan::bench]
fn walking(bencher: Bencher<'_, '_>) {
    let dir = tree();
    let roots = [dir.path().to_owned()];
    bencher.bench_local(|| walk::walk(&roots, &claims).unwrap());
}

#[divan::bench]
fn walking_and_reading(bencher: Bencher<'_, '_>) {
    let dir = tree();
    let roots = [dir.path().to_owned()];
    bencher.bench_local(|| {
        let walked = walk::walk(&roots, &claims).unwrap();
        prefilter::read_tree(walked, FRONTENDS)
    });
}

#[divan::bench]
fn whole_way(bencher: Bencher<'_, '_>) {
    let dir = tree();
    let roots: [PathBuf; 1] = [dir.path().to_owned()];
    let selection = Selection::up_to(Level::Safe);
    bencher.bench_local(|| plan_roots(&roots, FRONTENDS, &selection, &|_| {}).unwrap());
}
