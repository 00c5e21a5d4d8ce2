//! Lowering over small sources, over this project's own, and over noise.

mod check;

use std::path::Path;

use self::check::check;
use super::super::hir::{ExprId, ExprKind, Hir, ItemKind, MacroCall, MacroContent, StmtKind};
use super::{MAX_DEPTH, lower};
use crate::tree::FileId;

fn lowered(text: &str) -> Hir {
    match lower(FileId(0), text) {
        Ok(hir) => {
            check(&hir, text).unwrap_or_else(|flaw| panic!("{flaw} in {text:?}"));
            hir
        }
        Err(error) => panic!("{error:?} in {text:?}"),
    }
}

fn in_fn(body: &str) -> String {
    format!("fn f() {{ {body} }}")
}

/// The first macro call of the body of a function.
fn macro_in(body: &str) -> (Hir, MacroCall, String) {
    let text = in_fn(body);
    let hir = lowered(&text);
    let call = hir.exprs.iter().find_map(|expr| match &expr.kind {
        ExprKind::Macro(call) => Some(call.clone()),
        _ => None,
    });
    (hir, call.expect("a macro"), text)
}

fn texts(hir: &Hir, text: &str, exprs: &[ExprId]) -> Vec<String> {
    exprs.iter().map(|&expr| text[hir[expr].span.range()].to_owned()).collect()
}

fn arguments(body: &str) -> Vec<String> {
    let (hir, call, text) = macro_in(body);
    match &call.content {
        MacroContent::Exprs(exprs) => texts(&hir, &text, exprs),
        other => panic!("{other:?} in {body}"),
    }
}

fn captures(body: &str) -> Vec<String> {
    macro_in(body).1.captures.into_iter().map(|name| name.text).collect()
}

#[test]
fn every_kind_of_syntax_keeps_spans_and_parents() {
    lowered(include_str!("tests/syntax.rs.txt"));
}

#[test]
fn offsets_count_mark_and_shebang() {
    for prologue in ["\u{feff}", "#!/usr/bin/env run\n", "\u{feff}#!/bin/x\r\n"] {
        let text = format!("{prologue}//! Ünder\r\n\r\nfn ä(r#type: u8) {{ r#type }}\r\n");
        let hir = lowered(&text);
        assert_eq!(hir.prologue, prologue.len());
        assert_eq!(&text[hir.attrs[0].span.range()], "//! Ünder");
        assert_eq!(hir.items[0].name.as_ref().unwrap().text, "ä");
    }
    assert_eq!(lowered("#![allow(unused)]\nfn f() {}").prologue, 0);
}

#[test]
fn statements_reach_from_their_attributes_to_the_semicolon() {
    let text = in_fn("#[cfg(a)] x.y()?.z(); /// doc\n let a = 1; println!(\"\"); ; #[b] { c() } d");
    let hir = lowered(&text);
    let found: Vec<&str> = hir.stmts.iter().map(|stmt| &text[stmt.span.range()]).collect();
    let expected =
        ["#[cfg(a)] x.y()?.z();", "/// doc\n let a = 1;", "println!(\"\");", ";", "#[b] { c() }", "c()", "d"];
    assert_eq!(found, expected);
    assert!(matches!(hir.stmts[6].kind, StmtKind::Expr { semi: false, .. }));
}

#[test]
fn arguments_of_macros_are_expressions() {
    let cases: &[(&str, &[&str])] = &[
        ("println!(\"{}\", a.b());", &["\"{}\"", "a.b()"]),
        (
            "info!(target: \"t\", parent: &s, x, ?y, %z, a.b = %c, q = d, \"m {}\", e);",
            &["\"t\"", "&s", "x", "y", "z", "c", "d", "\"m {}\"", "e"],
        ),
        ("info!({ a = %b, c = 1 }, \"text\");", &["b", "1", "\"text\""]),
        ("event!(L, { { KEY } = %b, c = 1 }, \"text\");", &["L", "{ KEY }", "b", "1", "\"text\""]),
        ("info!({ ?a.b }, \"text\");", &["a.b", "\"text\""]),
        ("assert_snapshot!(a(), @\"text\");", &["a()", "\"text\""]),
        ("info!(a = 1, b:? = c; \"text\");", &["1", "c", "\"text\""]),
        ("vec![a(); n];", &["a()", "n"]),
        ("tokio::try_join!(biased; a, b())?;", &["a", "b()"]),
        ("reply!(404, { \"a\": b(), \"c\": [d] });", &["404", "b()", "d"]),
        ("json!({ \"a\": [b, null], c: { (d()): 1 } });", &["b", "c", "(d())", "1"]),
        ("assert!(matches!(a, B), \"{c}\");", &["matches!(a, B)", "\"{c}\""]),
        ("custom!(a, b = c, |x| x.y());", &["a", "c", "|x| x.y()"]),
        ("hashmap! { a => b(), c => d };", &["a", "b()", "c", "d"]),
        ("custom!();", &[]),
    ];
    for (body, expected) in cases {
        assert_eq!(&arguments(body), expected, "{body}");
    }
}

#[test]
fn other_macros_are_statements_or_opaque() {
    let (hir, call, text) = macro_in("stream! { let a = b(); yield a; };");
    let MacroContent::Block(block) = call.content else { panic!("{call:?}") };
    assert_eq!(hir[block].span, call.inner);
    assert_eq!(texts(&hir, &text, &hir.children(block)), ["b()", "yield a"]);
    let (hir, call, _) = macro_in("html! { <div>{ state }</div> };");
    assert!(matches!(call.content, MacroContent::Opaque));
    assert_eq!(hir.opaque, [call.inner]);
    let (hir, call, _) = macro_in("quote!(state.run());");
    assert_eq!(hir.opaque, [call.inner]);
}

#[test]
fn select_has_arms() {
    let (hir, call, text) = macro_in(
        "tokio::select! { biased; Some(x) = rx.recv(), if open => use_it(x), _ = &mut done => { stop() } else => end() }",
    );
    let MacroContent::Select { arms, otherwise } = call.content else { panic!("{call:?}") };
    let parts: Vec<ExprId> =
        arms.iter().flat_map(|arm| [Some(arm.future), arm.guard, Some(arm.body)]).flatten().chain(otherwise).collect();
    let expected = ["rx.recv()", "open", "use_it(x)", "&mut done", "{ stop() }", "end()"];
    assert_eq!(texts(&hir, &text, &parts), expected);
}

#[test]
fn matches_has_a_pattern() {
    let (hir, call, text) = macro_in("assert_matches!(f(), | Some(x) | Ok(x) if x > 1, \"{x}\");");
    let MacroContent::Matches { expr, pat, guard, rest } = call.content else { panic!("{call:?}") };
    assert_eq!(&text[hir[pat].span.range()], "| Some(x) | Ok(x)");
    let parts = [expr, guard.unwrap(), rest[0]];
    assert_eq!(texts(&hir, &text, &parts), ["f()", "x > 1", "\"{x}\""]);
}

#[test]
fn item_macros_hold_items() {
    let text = "thread_local! { static A: B = c(); }\nlazy_static! { /// d\n pub static ref E: F = g(); }\n\
                cfg_if! { if #[cfg(a)] { mod x; } else if #[cfg(b)] { fn y() {} } else { use z; } }\n\
                cfg_rt! { pub struct S(u8); }\nbitflags! { struct A: u8 { const X = 1; } }\nset!(a(), b);";
    let hir = lowered(text);
    let names: Vec<&str> = hir.items.iter().filter_map(|item| Some(&*item.name.as_ref()?.text)).collect();
    assert_eq!(names, ["A", "E", "x", "y", "S"]);
    assert_eq!(&text[hir.opaque[0].range()], " struct A: u8 { const X = 1; } ");
    assert_eq!(hir.opaque.len(), 1);
}

#[test]
fn arguments_of_attributes_are_code_or_opaque() {
    let opaque =
        |text: &str| -> Vec<String> { lowered(text).opaque.iter().map(|span| text[span.range()].to_owned()).collect() };
    assert_eq!(opaque("#[note(a, b.c(), d = %e, f(g = ?h(i)))]\n#[allow(x)]\nfn f() {}"), [""; 0]);
    assert_eq!(opaque("#[odd(a => ; )]\nfn f() {}"), ["a", "=", ">", ";"]);
    let field = |value: &str| opaque(&format!("struct A {{ #[serde(default = \"{value}\")] n: u8 }}"));
    assert_eq!(field("of::mine"), ["default", "=", "\"of::mine\""]);
    assert_eq!(field("a text"), ["default", "="]);
}

#[test]
fn definitions_of_macros_are_opaque() {
    let text = "macro_rules! m { ($a:expr) => { $a.run() }; }";
    let hir = lowered(text);
    let ItemKind::MacroRules { body } = hir.items[0].kind else { panic!() };
    assert_eq!(hir.opaque, [body]);
}

#[test]
fn format_strings_capture_names() {
    let cases: &[(&str, &[&str])] = &[
        ("println!(\"{a} {b:?} {{c}} {} {0} {d:>w$.p$} {:08$} {:0x$}\", e);", &["a", "b", "d", "w", "p", "x"]),
        ("println!(\"\\n\\u{41} \\\"{a}\\\\ {b}\\\n   {c}\");", &["a", "b", "c"]),
        ("println!(r#\"\"{ä}\" {b}\"#);", &["ä", "b"]),
        ("write!(f, \"{a}\", b = c)?;", &["a"]),
        ("write!(f, \"{a}{b}\", b = c)?;", &["a"]),
        ("info!(target: \"{x}\", y = \"{z}\", \"{a}\");", &["a"]),
        ("assert_eq!(s, \"{x}\", \"{a}\");", &["a"]),
        ("assert_eq!(\"{x}\", s);", &[]),
        ("custom!(\"{a}\");", &["a"]),
        ("json!(\"{a}\");", &[]),
        ("println!(\"{\");", &[]),
        ("println!(b\"{a}\");", &[]),
        ("println!(\"{\\x61}\");", &[]),
    ];
    for (body, expected) in cases {
        assert_eq!(&captures(body), expected, "{body}");
    }
}

#[test]
fn the_tree_can_be_walked_upward() {
    let text = in_fn("if let Some(0) = a { b(c); } const D: u8 = e();");
    let hir = lowered(&text);
    let find = |wanted: &str| {
        let found = hir.exprs.iter().position(|expr| &text[expr.span.range()] == wanted);
        ExprId(found.unwrap() as u32)
    };
    let around: Vec<&str> = hir.ancestors(find("c")).map(|expr| &text[hir[expr].span.range()]).collect();
    let branch = "if let Some(0) = a { b(c); }";
    let body = &text["fn f() ".len()..];
    assert_eq!(around, ["b(c)", "{ b(c); }", branch, body]);
    assert_eq!(&text[hir[hir.enclosing_stmt(find("c")).unwrap()].span.range()], "b(c);");
    assert_eq!(hir.descendants(find(branch)).count(), 7);
}

#[test]
fn errors_say_where() {
    let error = lower(FileId(0), "\u{feff}fn f( {}").unwrap_err();
    assert_eq!(error.offset, 7);
    let error = lower(FileId(0), "fn f() { let x }").unwrap_err();
    assert_eq!(error.offset, 15);
    let error = lower(FileId(0), "fn f()").unwrap_err();
    assert_eq!(error.offset, 6);
}

#[test]
fn depth_is_an_error_and_no_crash() {
    let nested: &[(&str, &str, &str)] = &[
        ("(", "1", ")"),
        ("[", "", "]"),
        ("{", "", "}"),
        ("!", "1", ""),
        ("-", "1", ""),
        ("&", "1", ""),
        ("1 + ", "1", ""),
        ("", "a", ".b()"),
        ("", "a", "?"),
        ("a = ", "1", ""),
        ("|| ", "1", ""),
        ("return ", "", ""),
        ("if a {} else ", "{}", ""),
        ("m!(", "", ")"),
        ("m!{", "", "}"),
        ("<", "T", ">::a"),
        ("a::<", "B", ">"),
        ("1 as &", "&T", ""),
        ("move || ", "1", ""),
        ("async {", "", "}"),
        ("match a { _ => ", "1", "}"),
        ("let ", "a", ""),
        ("a[", "1", "]"),
        ("\"{", "", "\""),
        ("x => ", "1", ""),
        ("A { a: ", "1", "}"),
        ("'a: loop {", "", "}"),
    ];
    for (open, middle, close) in nested {
        for count in [40, 10_000] {
            let text = in_fn(&format!("{}{middle}{}", open.repeat(count), close.repeat(count)));
            if let Ok(hir) = lower(FileId(0), &text) {
                check(&hir, &text).unwrap();
            }
        }
    }
    let text = in_fn(&format!("1{}", " + 1".repeat(MAX_DEPTH - 10)));
    lowered(&text);
    let text = in_fn(&format!("1{}", " + 1".repeat(MAX_DEPTH + 1)));
    assert!(lower(FileId(0), &text).is_err());
}

#[test]
fn the_sources_of_this_project_are_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["src", "runtime/src", "fixtures/legacy/src"] {
        for entry in walkdir::WalkDir::new(root.join(folder)) {
            let entry = entry.unwrap();
            if entry.path().extension().is_some_and(|extension| extension == "rs") {
                lowered(&std::fs::read_to_string(entry.path()).unwrap());
            }
        }
    }
}

/// Every text is either lowered soundly or refused.
#[test]
fn noise_is_read_or_refused() {
    let words = [
        "fn",
        "f",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        "<",
        ">",
        "let",
        "=",
        "==",
        "=>",
        ";",
        ",",
        ":",
        "::",
        ".",
        "..",
        "#",
        "!",
        "?",
        "%",
        "'a",
        "\"{x}\"",
        "r#\"{y}\"#",
        "1",
        "1.0",
        "x",
        "r#if",
        "async",
        "move",
        "|",
        "||",
        "&",
        "&&",
        "mut",
        "match",
        "if",
        "else",
        "println",
        "select",
        "matches",
        "json",
        "info",
        "struct",
        "impl",
        "for",
        "in",
        "use",
        "as",
        "pub",
        "///d\n",
        "//c\n",
        "/*",
        "*/",
        "ä",
        "\u{feff}",
        "\r\n",
        "\\",
        "@",
        "_",
        "-",
        "*",
        "return",
        "dyn",
    ];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut draw = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % bound as u64) as usize
    };
    for _ in 0..4000 {
        let len = draw(24);
        let soup: Vec<&str> = (0..len).map(|_| words[draw(words.len())]).collect();
        let soup = soup.join(" ");
        for text in [in_fn(&format!("m!({soup})")), in_fn(&format!("select!{{{soup}}}")), in_fn(&soup), soup] {
            if let Ok(hir) = lower(FileId(0), &text) {
                check(&hir, &text).unwrap_or_else(|flaw| panic!("{flaw} in {text:?}"));
            }
        }
    }
}
