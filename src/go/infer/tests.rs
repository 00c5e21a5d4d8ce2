use std::sync::Arc;

use super::*;
use crate::source::Source;
use crate::tree::FileId;

/// A program of packages `p` and, where its text begins with that clause, `q`; imports of `m/q` lead there.
fn program(files: &[&str]) -> Program {
    let mut program = Program::default();
    let packages: HashMap<&str, _> =
        ["p", "q"].map(|name| (name, program.add_package(&format!("m/{name}"), name, false))).into();
    for (index, text) in files.iter().enumerate() {
        let syntax = Syntax::parse(FileId(index as u32), Arc::new(Source::new("a.go", *text))).unwrap();
        let name = text.split_whitespace().nth(1).unwrap();
        program.add_file(packages[name], syntax, false);
    }
    program.connect(&|program, _, path| {
        let found = program.packages.iter().position(|package| package.path == path)?;
        Some(super::super::index::PackageIdx(found as u32))
    });
    program
}

/// The type of the last expression with this text in the first file, in words.
fn type_of(files: &[&str], text: &str) -> String {
    let program = program(files);
    let inferred = infer(&program);
    let file = FileIdx(0);
    let syntax = program.syntax(file);
    let nodes = syntax.nodes().filter(|&node| syntax.text(node) == text);
    let typed: Vec<String> = nodes.map(|node| words(&program, inferred[&file].ty(node))).collect();
    typed.into_iter().rfind(|ty| ty != "?").unwrap_or_else(|| "?".to_owned())
}

fn words(program: &Program, ty: &Ty) -> String {
    let all = |types: &[Ty]| types.iter().map(|ty| words(program, ty)).collect::<Vec<_>>().join(", ");
    match ty {
        Ty::Named(def, args) if args.is_empty() => program.def(*def).name.clone(),
        Ty::Named(def, args) => format!("{}[{}]", program.def(*def).name, all(args)),
        Ty::Basic(name) => name.to_string(),
        Ty::Pointer(inner) => format!("*{}", words(program, inner)),
        Ty::Slice(inner) => format!("[]{}", words(program, inner)),
        Ty::Map(key, value) => format!("map[{}]{}", words(program, key), words(program, value)),
        Ty::Tuple(parts) => format!("({})", all(parts)),
        Ty::Func(signature) => format!("func({}) ({})", all(&signature.params), all(&signature.results)),
        _ => "?".to_owned(),
    }
}

const Q: &str = "package q\n\ntype State struct{ Turn *Turn }\ntype Turn struct{}\nfunc New(x int) (*State, error) { return nil, nil }\nfunc (s *State) Start() error { return nil }\n";

#[test]
fn values_have_the_types_of_what_they_come_from() {
    let p = "package p\n\nimport \"m/q\"\n\nfunc f() {\n\ts, err := q.New(1)\n\tuse(s)\n\tuse(err)\n\tt := s.Turn\n\tuse(t)\n\te := s.Start()\n\tuse(e)\n}\n";
    assert_eq!(type_of(&[p, Q], "s"), "*State");
    assert_eq!(type_of(&[p, Q], "err"), "error");
    assert_eq!(type_of(&[p, Q], "t"), "*Turn");
    assert_eq!(type_of(&[p, Q], "e"), "error");
}

#[test]
fn names_of_packages_can_be_hidden_and_changed() {
    let hidden = "package p\n\nimport \"m/q\"\n\nfunc f(q int) { use(q.New) }\n";
    assert_eq!(type_of(&[hidden, Q], "q.New"), "?");
    let alias = "package p\n\nimport other \"m/q\"\n\nvar s, _ = other.New(2)\nfunc f() { use(s) }\n";
    assert_eq!(type_of(&[alias, Q], "s"), "*State");
    let dot = "package p\n\nimport . \"m/q\"\n\nvar s = &State{}\nfunc f() { use(s.Turn) }\n";
    assert_eq!(type_of(&[dot, Q], "s.Turn"), "*Turn");
}

#[test]
fn embedded_fields_interfaces_and_generics_are_seen_through() {
    let p = "package p\n\nimport \"m/q\"\n\ntype Base struct{ *q.State }\ntype Box[T any] struct{ value T }\nfunc (b *Box[T]) Get() T { return b.value }\ntype Runner interface{ Start() error }\n\nfunc first[T any](xs []T) T { return xs[0] }\n\nfunc f(b Base, box *Box[*q.State], r Runner, m map[string][]*q.State) {\n\tuse(b.Turn)\n\tuse(box.Get())\n\tuse(r.Start())\n\tuse(first(m[\"a\"]))\n\tfor _, one := range m[\"b\"] {\n\t\tuse(one)\n\t}\n\tswitch v := any(r).(type) {\n\tcase *q.State:\n\t\tuse(v)\n\t}\n}\n";
    assert_eq!(type_of(&[p, Q], "b.Turn"), "*Turn");
    assert_eq!(type_of(&[p, Q], "box.Get()"), "*State");
    assert_eq!(type_of(&[p, Q], "r.Start()"), "error");
    assert_eq!(type_of(&[p, Q], "first(m[\"a\"])"), "*State");
    assert_eq!(type_of(&[p, Q], "one"), "*State");
    assert_eq!(type_of(&[p, Q], "v"), "*State");
}

#[test]
fn method_values_and_literals_keep_their_types() {
    let p = "package p\n\nimport \"m/q\"\n\nfunc f() {\n\tstart := (&q.State{}).Start\n\tuse(start)\n\tall := []*q.State{{Turn: nil}}\n\tuse(all[0])\n\tg := func(s *q.State) *q.Turn { return s.Turn }\n\tuse(g(all[0]))\n\tp := new(q.State)\n\tuse(p)\n}\n";
    assert_eq!(type_of(&[p, Q], "start"), "func() (error)");
    assert_eq!(type_of(&[p, Q], "all[0]"), "*State");
    assert_eq!(type_of(&[p, Q], "g(all[0])"), "*Turn");
    assert_eq!(type_of(&[p, Q], "p"), "*State");
}
