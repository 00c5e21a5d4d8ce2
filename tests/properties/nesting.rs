//! Code that nests deeply overflows no stack.

use crate::package::Package;
use crate::promises;

/// `open` and `close` around `core`, so many times.
fn nested(depth: usize, open: &str, core: &str, close: &str) -> String {
    format!("{}{core}{}", open.repeat(depth), close.repeat(depth))
}

/// Expressions, types, patterns, items and macros inside each other; and what follows each other without an end.
fn shapes(depth: usize) -> Vec<String> {
    let run = "state.start_run().unwrap()";
    let expressions = [
        nested(depth, "(", run, ")"),
        nested(depth, "{ ", run, " }"),
        nested(depth, "[", run, "]"),
        nested(depth, "f(", run, ")"),
        nested(depth, "state.set_turn(", run, ")"),
        nested(depth, "Some(", run, ")"),
        nested(depth, "S { x: ", run, " }"),
        nested(depth, "|| ", run, ""),
        nested(depth, "async move { ", run, " }.await"),
        nested(depth, "if a { ", run, " } else { b }"),
        nested(depth, "match a { _ => ", run, " }"),
        nested(depth, "vec![", run, "]"),
        nested(depth, "m!{ ", run, " }"),
        nested(depth, "println!(\"{}\", ", run, ")"),
        nested(depth, "&", run, ""),
        nested(depth, "!", run, ""),
        nested(depth, "", run, ".clone()"),
        nested(depth, "", "state", ".cancel_run()?"),
        nested(depth, "", run, " + 1"),
        nested(depth, "", run, " as u8"),
        nested(depth, "", run, "[0]"),
        nested(depth, "x = ", run, ""),
        nested(depth, "if a { 1 } else ", "{ 2 }", ""),
        nested(depth, "return ", run, ""),
        nested(depth, "fn f() { ", run, " }"),
        nested(depth, "let x = { ", run, " };"),
        nested(depth, "loop { ", run, " }"),
    ];
    let types = [
        nested(depth, "Arc<", "InferenceState", ">"),
        nested(depth, "&", "InferenceState", ""),
        nested(depth, "(", "InferenceState", ",)"),
        nested(depth, "[", "InferenceState", "; 1]"),
        nested(depth, "fn(", "InferenceState", ")"),
        nested(depth, "Box<dyn Fn(", "InferenceState", ")>"),
        nested(depth, "impl Into<", "InferenceState", ">"),
        nested(depth, "", "InferenceState", "::X"),
    ];
    // rustfmt takes twice as long for every level of these.
    let few = depth.min(10);
    let patterns = [
        nested(few, "Some(", "x", ")"),
        nested(depth, "&", "x", ""),
        nested(few, "(", "x", ",)"),
        nested(depth, "[", "x", "]"),
        nested(depth, "S { x: ", "x", " }"),
        nested(depth, "", "x", " | x"),
    ];
    let items = [
        nested(depth, "mod m { ", "use geppetto::prelude::*;", " }"),
        format!("use geppetto::{};", nested(depth, "a::{", "with_sink", "}")),
        format!("use geppetto::{}with_sink;", "a::".repeat(depth)),
        format!("#![{}]\nuse geppetto::x;", nested(depth, "cfg(all(", "geppetto", "))")),
        format!("{}\nuse geppetto::x;", nested(depth, "/* ", "with_sink", " */")),
        format!("macro_rules! m {{ {} }}", nested(depth, "(", "geppetto::with_sink", ") => {}")),
        format!("{}fn f() {{ geppetto::x() }}", "#[inline] ".repeat(depth)),
    ];
    let in_body = |code: &String| format!("fn f(state: &InferenceState) {{ {code}; }}");
    let bodies = expressions
        .iter()
        .flat_map(|code| [in_body(code), format!("fn f(state: &InferenceState) {{ let _ = {code}; }}")]);
    let in_types = types.iter().flat_map(|code| {
        [format!("struct S {{ s: {code} }}"), format!("fn f(state: {code}) {{ state.cancel_run(); }}")]
    });
    let in_patterns = patterns
        .iter()
        .map(|code| format!("fn f(s: InferenceState) {{ let {code} = s.turn(); match s {{ {code} => 1 }} }}"));
    let opening = "use geppetto::inference::state::InferenceState;\n";
    bodies.chain(in_types).chain(in_patterns).map(|code| format!("{opening}{code}\n")).chain(items).collect()
}

fn hold(depth: usize, promise: impl Fn(&Package) -> Result<(), String>) {
    for code in shapes(depth) {
        let package = Package::with([("src/lib.rs", code.as_str())]);
        if let Err(why) = promise(&package) {
            let shown: String = code.chars().take(300).collect();
            panic!("depth {depth}: {shown}\n{}", why.chars().take(600).collect::<String>());
        }
    }
}

#[test]
fn deep_code_keeps_the_promises() {
    hold(20, promises::all);
}

#[test]
fn code_of_the_greatest_depth_that_is_read_keeps_the_promises() {
    hold(180, promises::has_a_plan);
}

#[test]
fn code_that_is_too_deep_keeps_the_promises() {
    hold(3000, promises::has_a_plan);
}
