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

/// The same in Go.
fn go_shapes(depth: usize) -> Vec<String> {
    let run = "inf.StartRun()";
    let expressions = [
        nested(depth, "(", run, ")"),
        nested(depth, "f(", run, ")"),
        nested(depth, "[]any{", run, "}"),
        nested(depth, "func() any { return ", run, " }()"),
        nested(depth, "!", run, ""),
        nested(depth, "&T{x: ", run, "}"),
        nested(depth, "", run, ".Error()"),
        nested(depth, "", run, "[0]"),
        nested(depth, "", run, ".(any)"),
        nested(depth, "", run, " + 1"),
        nested(depth, "append(nil, ", run, ")"),
    ];
    let statements = [
        nested(depth, "if x {\n", run, "\n}"),
        nested(depth, "for {\n", run, "\n}"),
        nested(depth, "{\n", run, "\n}"),
        nested(depth, "switch {\ndefault:\n", run, "\n}"),
        nested(depth, "go func() {\n", run, "\n}()"),
        nested(depth, "if x {\n} else ", "if y {\n}", ""),
        nested(depth, "select {\ndefault:\n", run, "\n}"),
        "inf.CancelRun()\n".repeat(depth),
    ];
    let types = [
        nested(depth, "*", "state.InferenceState", ""),
        nested(depth, "[]", "state.InferenceState", ""),
        nested(depth, "map[string]", "state.InferenceState", ""),
        nested(depth, "func(", "state.InferenceState", ")"),
        nested(depth, "chan ", "state.InferenceState", ""),
        nested(depth, "struct{ x ", "*state.InferenceState", " }"),
        nested(depth, "box[", "state.InferenceState", "]"),
        nested(depth, "interface{ m(", "state.InferenceState", ") }"),
    ];
    let opening = "package a\n\nimport \"github.com/go-go-golems/geppetto/pkg/inference/state\"\n\n";
    let bodies = expressions.iter().map(|code| format!("_ = {code}")).chain(statements);
    let functions = bodies.map(|code| format!("func f(inf *state.InferenceState) {{\n{code}\n}}\n"));
    let in_types = types.iter().flat_map(|code| {
        [format!("type t struct {{\nx {code}\n}}\n"), format!("func f(x {code}) {{ x.CancelRun() }}\n")]
    });
    functions.chain(in_types).map(|code| format!("{opening}{code}")).collect()
}

fn hold(depth: usize, promise: impl Fn(&Package) -> Result<(), String>) {
    let rust = shapes(depth).into_iter().map(|code| (Package::with([("src/lib.rs", code.as_str())]), code));
    let go = go_shapes(depth).into_iter().map(|code| (Package::go([("a.go", code.as_str())]), code));
    for (package, code) in rust.chain(go) {
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
