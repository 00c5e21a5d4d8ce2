//! Whatever the code: the tool does not panic, changes nothing without a finding, breaks no file that parsed, accounts for
//! every legacy name, and has nothing left to do after it has done its work.
//!
//! `PROPTEST_CASES` sets the number of cases of each property, `PROPTEST_RNG_SEED` other cases than those of every day:
//! `PROPTEST_CASES=20000 PROPTEST_RNG_SEED=7 cargo test --release --test properties`. What fails is made smaller; a stack
//! that overflows leaves the package in the temporary folder.

mod go;
mod grammar;
mod nesting;
mod package;
mod promises;
mod regressions;
mod texts;
mod tokens;
mod words;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use crate::package::Package;

/// Runs `property` on what `packages` makes: this many, or as many as the environment says.
#[track_caller]
fn hold(cases: u32, packages: impl Strategy<Value = Package>, property: impl Fn(&Package) -> Result<(), String>) {
    let given = Config::default();
    let config = Config {
        cases: if std::env::var_os("PROPTEST_CASES").is_some() { given.cases } else { cases },
        rng_seed: if given.rng_seed == RngSeed::Random { RngSeed::Fixed(1) } else { given.rng_seed },
        failure_persistence: None,
        max_shrink_iters: 4000,
        ..Config::default()
    };
    let tested = TestRunner::new(config).run(&packages, |package| property(&package).map_err(TestCaseError::fail));
    if let Err(error) = tested {
        panic!("{error}");
    }
}

#[test]
fn generated_code_keeps_the_promises() {
    hold(30, grammar::package(), promises::all);
}

#[test]
fn spoilt_downstream_packages_keep_the_promises() {
    hold(12, tokens::spoilt_fixture(tokens::fixtures(&["rust", "lookalikes"]), words::RUST), promises::all);
}

#[test]
fn soups_of_tokens_keep_the_promises() {
    hold(40, tokens::soup(), promises::all);
}

#[test]
fn arbitrary_bytes_keep_the_promises() {
    hold(40, tokens::bytes(), promises::all);
}

#[test]
fn the_ledger_counts_what_a_search_finds() {
    hold(80, tokens::mix(), promises::ledger_is_complete);
}

#[test]
fn generated_code_of_go_keeps_the_promises() {
    hold(40, go::grammar::module(), promises::all);
}

#[test]
fn guides_in_both_languages_keep_the_promises() {
    hold(20, go::guides::mixed(), promises::all);
}

#[test]
fn spoilt_downstream_modules_of_go_keep_the_promises() {
    hold(16, tokens::spoilt_fixture(tokens::fixtures(&["go"]), words::GO), promises::all);
}

#[test]
fn soups_of_tokens_of_go_keep_the_promises() {
    hold(60, go::soup(), promises::all);
}

#[test]
fn arbitrary_bytes_in_files_of_go_keep_the_promises() {
    hold(60, go::bytes(), promises::all);
}

#[test]
fn the_ledger_counts_what_a_search_finds_in_files_of_go() {
    hold(80, go::mix(), promises::ledger_is_complete);
}
