//! What was found once: the smallest code that broke a promise.

use crate::package::Package;
use crate::promises;

#[track_caller]
fn holds(lib: impl Into<Vec<u8>>) {
    let package = Package::with([("src/lib.rs", lib)]);
    if let Err(why) = promises::all(&package) {
        panic!("{why}");
    }
}

#[test]
fn a_leaf_that_is_idle_goes_from_a_declaration_that_is_rewritten() {
    holds(
        "use {geppetto::turns::{Block, Turn}, std::sync::Arc};\n\
         enum E { A(Result<u8, Arc<geppetto::inference::state::InferenceState>>) }\n",
    );
}

#[test]
fn types_that_are_written_by_themselves_have_an_end() {
    for lib in [
        "use geppetto as g;\ntype State = (g::turns::Turn, &'static mut State);\nfn f(s: State) { s.0.cancel_run(); }\n",
        "use geppetto as g;\nstruct State<T = State>(T, g::turns::Turn);\nfn f(s: State) { s.0.cancel_run(); }\n",
        "use geppetto as g;\ntype A = Vec<B>;\ntype B = Vec<A>;\nfn f(a: A, g: g::turns::Turn) { a.cancel_run(); }\n",
    ] {
        holds(lib);
    }
}

#[test]
fn a_let_takes_several_patterns_in_parentheses_only() {
    holds(
        "use geppetto::inference::core::Session;\nfn f() { let Session { state: a | a, .. } = s; a.cancel_run(); }\n",
    );
}

#[test]
fn an_example_in_a_file_that_does_not_parse_stays() {
    holds("/*!\n```\nuse geppetto::turns::Turn;\nlet turn = Turn::default();\n```\n");
}

#[test]
fn a_byte_that_is_no_text_ends_a_word() {
    holds(b"0\x80with_sink!(start_run);\n");
}

#[test]
fn types_that_nest_deeply_have_the_stack_they_need() {
    let opening = "use geppetto::inference::state::InferenceState;\n";
    let (path, refs) = ("Arc<".repeat(180), "&".repeat(180));
    let package = |lib: String| Package::with([("src/lib.rs", lib)]);
    for lib in [
        format!("{opening}struct S {{ s: {path}u8{} }}\n", ">".repeat(180)),
        format!("{opening}struct S {{ s: {refs}u8 }}\n"),
    ] {
        promises::has_a_plan(&package(lib)).unwrap();
    }
}
