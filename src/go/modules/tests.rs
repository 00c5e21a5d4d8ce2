use super::*;
use crate::testing::tree;

const APP: &str = "module example.com/app\n\nrequire github.com/go-go-golems/geppetto v0.4.0\n";
const USE: &str = "package app\n\nimport \"github.com/go-go-golems/geppetto/pkg/events\"\n";
const LEGACY: &str = "github.com/go-go-golems/geppetto/pkg/inference/state";

fn discover(files: &[(&str, &str)]) -> (Tree, Modules, Vec<Problem>) {
    let tree = tree(files);
    let (modules, problems) = Modules::discover(&tree, &LegacyPaths::own());
    (tree, modules, problems)
}

fn id(modules: &Modules, name: &str) -> ModuleId {
    modules.iter().find(|(_, module)| module.name() == name).map(|(id, _)| id).unwrap()
}

/// The import paths of a module's packages and how many files they have.
fn packages<'a>(modules: &'a Modules, name: &str) -> Vec<(&'a str, usize)> {
    let packages = modules.get(id(modules, name)).packages.iter();
    packages.map(|package| (package.import_path.as_str(), package.files.len())).collect()
}

/// The import path and the module's folder of what an import stands for.
fn import(modules: &Modules, from: &str, path: &str) -> String {
    match modules.import(id(modules, from), path) {
        Import::Local(module, package) => {
            let module = modules.get(module);
            format!("{} in {}", module.packages[package].import_path, module.root.display())
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn packages_are_the_folders_that_the_go_tools_see() {
    let (tree, modules, problems) = discover(&[
        ("app/go.mod", APP),
        ("app/main.go", USE),
        ("app/main_test.go", "package app_test\n"),
        ("app/_old.go", USE),
        ("app/internal/chat/chat.go", "package chat\n"),
        ("app/internal/testdata/input.go", USE),
        ("app/vendor/example.com/x/x.go", USE),
        ("app/_attic/a.go", USE),
        ("app/tools/go.mod", "module example.com/app/tools\n"),
        ("app/tools/gen/gen.go", "package main\n"),
        ("scripts/one.go", USE),
    ]);
    assert_eq!(problems, []);
    assert_eq!(packages(&modules, "example.com/app"), [("example.com/app", 2), ("example.com/app/internal/chat", 1)]);
    assert_eq!(packages(&modules, "example.com/app/tools"), [("example.com/app/tools/gen", 1)]);
    assert_eq!(packages(&modules, "scripts"), [("", 1)]);
    let app = modules.get(id(&modules, "example.com/app"));
    assert_eq!(app.root, Path::new("app"));
    assert_eq!(app.manifest, tree.find(Path::new("app/go.mod")));
    let relevant: Vec<String> = modules.relevant().map(|(_, module)| module.name()).collect();
    assert_eq!(relevant, ["example.com/app", "scripts"]);
}

#[test]
fn imports_lead_into_the_tree_or_into_geppetto() {
    let (_, modules, _) = discover(&[
        ("app/go.mod", APP),
        ("app/main.go", USE),
        ("app/chat/chat.go", "package chat\n"),
        ("app/tools/go.mod", "module example.com/app/tools\nreplace example.com/lib => ../../fork\n"),
        ("app/tools/gen.go", "package main\n"),
        ("fork/go.mod", "module example.com/other\n"),
        ("fork/x/x.go", "package x\n"),
        ("lib/go.mod", "module example.com/lib\n"),
        ("lib/x/x.go", "package x\n"),
    ]);
    let app = |path| import(&modules, "example.com/app", path);
    assert_eq!(app("example.com/app"), "example.com/app in app");
    assert_eq!(app("example.com/app/chat"), "example.com/app/chat in app");
    assert_eq!(app("example.com/app/tools"), "example.com/app/tools in app/tools");
    assert_eq!(app("example.com/lib/x"), "example.com/lib/x in lib");
    assert_eq!(import(&modules, "example.com/app/tools", "example.com/lib/x"), "example.com/other/x in fork");
    for other in ["example.com/app/gone", "example.com/application", "fmt", ""] {
        assert_eq!(app(other), "Other", "{other}");
    }
    assert_eq!(app(LEGACY), "Legacy(State)");
}

#[test]
fn of_modules_with_one_path_the_nearest_is_meant() {
    let (_, modules, _) = discover(&[
        ("a/app/go.mod", "module example.com/a\nrequire example.com/lib v1.0.0\n"),
        ("a/app/a.go", USE),
        ("a/lib/go.mod", "module example.com/lib\n"),
        ("a/lib/lib.go", "package lib\n"),
        ("b/app/go.mod", "module example.com/b\n"),
        ("b/app/b.go", USE),
        ("b/lib/go.mod", "module example.com/lib\n"),
        ("b/lib/lib.go", "package lib\n"),
    ]);
    assert_eq!(import(&modules, "example.com/a", "example.com/lib"), "example.com/lib in a/lib");
    assert_eq!(import(&modules, "example.com/b", "example.com/lib"), "example.com/lib in b/lib");
}

#[test]
fn what_a_module_that_matters_is_imported_by_matters() {
    let (_, modules, _) = discover(&[
        ("app/go.mod", APP),
        ("app/main.go", "package app\n"),
        ("idle/go.mod", "module example.com/idle\n"),
        ("idle/i.go", "package idle\n"),
        ("user/go.mod", "module example.com/user\nrequire example.com/app v1.0.0\n"),
        ("user/u.go", "package user\n"),
        ("work/go.work", "use (\n\t../app\n\t./beside\n)\n"),
        ("work/beside/go.mod", "module example.com/beside\n"),
        ("work/beside/b.go", "package beside\n"),
        ("work/out/go.mod", "module example.com/out\n"),
    ]);
    let relevant: Vec<String> = modules.relevant().map(|(_, module)| module.name()).collect();
    assert_eq!(relevant, ["example.com/app", "example.com/user", "example.com/beside"]);
}

#[test]
fn geppetto_itself_is_no_downstream() {
    let (_, modules, _) = discover(&[
        ("app/go.mod", APP),
        ("app/main.go", USE),
        ("geppetto/go.mod", "module github.com/go-go-golems/geppetto\n"),
        ("geppetto/pkg/inference/state/state.go", "package state // geppetto\n"),
    ]);
    assert_eq!(import(&modules, "example.com/app", LEGACY), "Legacy(State)");
    assert_eq!(modules.relevant().count(), 1);
}

#[test]
fn a_module_that_only_has_geppettos_path_is_what_it_is() {
    let (_, modules, _) = discover(&[
        ("app/go.mod", APP),
        ("app/main.go", USE),
        ("puppets/go.mod", "module github.com/go-go-golems/geppetto\n"),
        ("puppets/pkg/events/events.go", "package events\n"),
    ]);
    let events = "github.com/go-go-golems/geppetto/pkg/events";
    assert_eq!(import(&modules, "example.com/app", events), format!("{events} in puppets"));
}

#[test]
fn only_manifests_that_matter_are_problems() {
    let broken = "module example.com/a\n\nrequire (\n";
    let (_, modules, problems) = discover(&[
        ("idle/go.mod", broken),
        ("app/go.mod", broken),
        ("app/main.go", USE),
        ("app/chat/chat.go", "package chat\n"),
        ("go.work", "use\n"),
    ]);
    let shown: Vec<String> = problems
        .iter()
        .map(|problem| {
            let at = problem.position.unwrap();
            format!("{}:{}:{}: {}", problem.path.display(), at.line, at.column, problem.message)
        })
        .collect();
    assert_eq!(shown, ["app/go.mod:3:1: this block is not closed", "go.work:1:1: write `use FOLDER`"]);
    assert_eq!(packages(&modules, "app"), [("", 1), ("", 1)]);
}

#[test]
fn nothing_is_read_where_nothing_names_geppetto() {
    let (_, modules, problems) = discover(&[("app/go.mod", "module"), ("app/main.go", "package app\n")]);
    assert_eq!((modules.iter().count(), problems.len()), (0, 0));
}

#[test]
fn programs_say_that_they_made_a_file_before_its_code() {
    let line = "// Code generated by protoc. DO NOT EDIT.";
    for text in [line, &format!("//go:build x\n\n/* a\n b */\n{line}\r\npackage a\n")] {
        assert!(is_generated(text), "{text}");
    }
    for text in [format!("package a\n{line}"), format!(" {line}"), format!("/*\n{line}\n*/"), line.replace('.', "!")] {
        assert!(!is_generated(&text), "{text}");
    }
}
