//! Programs that nobody wrote: shapes of legacy code, composed and complicated at random, are migrated, compiled and
//! played before and after.
//!
//! `GENERATED_PROGRAMS` and `GENERATED_SEED` say how many and which; `GENERATED_FOLDER` is where they are
//! written to as well, `GENERATED_REPORTS` the beginning of the names of files, one a language, for the smallest programs
//! in which something is only reported.

mod batch;
mod choices;
mod comments;
mod go;
mod language;
mod oracle;
mod program;
mod reports;
mod rust;
mod shape;
mod shrink;
mod template;
mod theatre;
mod tool;

use std::fmt::Write;
use std::path::Path;

use batch::Batch;
use geppetto_migrate::finding::Level;
use language::Language;
use program::{Program, Recipe};

const PROGRAMS: u64 = 48;
const GO_PROGRAMS: u64 = 24;
const SEED: u64 = 1;

/// Failures that have one cause are shrunk once; more causes than this wait for the next run.
const SHRUNK: usize = 6;

#[test]
fn generated_rust_programs_behave_as_before() {
    behave_as_before(&rust::Rust, PROGRAMS);
}

#[test]
fn generated_go_programs_behave_as_before() {
    if go::tools::is_there() {
        behave_as_before(&go::Go, GO_PROGRAMS);
    }
}

/// Plays `count` programs, or as many as the environment says.
fn behave_as_before(language: &'static dyn Language, count: u64) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let (count, first) = (number("GENERATED_PROGRAMS").unwrap_or(count), number("GENERATED_SEED").unwrap_or(SEED));
    let programs: Vec<Program> =
        (first..first + count).map(|seed| Recipe::drawn(language, seed).program(&format!("p{seed:05}"))).collect();
    if let Ok(folder) = std::env::var("GENERATED_FOLDER") {
        let folder = Path::new(&folder).join(language.name());
        programs.iter().for_each(|program| tool::write(&folder.join(&program.name), &program.files));
    }
    let batch = Batch::play(language, "all", programs, &[Level::Safe, Level::Offered]);
    println!("{}: {}", language.name(), batch.statistics());
    if let Ok(path) = std::env::var("GENERATED_REPORTS") {
        let path = format!("{path}.{}", language.name());
        std::fs::write(path, reports::of(&batch)).expect("the reports can be written");
    }
    let told = failures(&batch);
    assert!(told.is_empty(), "{told}");
}

/// What is wrong, each cause with the smallest program that shows it.
fn failures(batch: &Batch) -> String {
    let mut told = String::new();
    let clusters = batch.clusters();
    for (failure, programs) in clusters.iter().take(SHRUNK) {
        let (program, failure) = shrink::smallest(programs[0], failure);
        let seeds: Vec<&str> = programs.iter().map(|program| &program.name[1..]).take(8).collect();
        let count = programs.len();
        let _ = writeln!(told, "\n==== {count} programs, seeds {}\n{failure}", seeds.join(" "));
        let changes = batch::changes(&program, failure.level);
        let _ = writeln!(told, "smallest: {}\n{}{changes}", program.recipe, program.text());
    }
    for (failure, programs) in clusters.iter().skip(SHRUNK) {
        let _ = writeln!(told, "\n==== {} programs, as {}\n{failure}", programs.len(), programs[0].name);
    }
    told
}
