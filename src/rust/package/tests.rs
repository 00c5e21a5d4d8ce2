use std::collections::BTreeMap;

use super::*;
use crate::testing::tree;
use crate::tree::FileEntry;

fn discover(files: &[(&str, &str)]) -> (Tree, Packages, Vec<Problem>) {
    let tree = tree(files);
    let (packages, problems) = Packages::discover(&tree);
    (tree, packages, problems)
}

fn named<'a>(packages: &'a Packages, name: &str) -> &'a CargoPackage {
    packages.iter().map(|(_, package)| package).find(|package| package.name == name).unwrap()
}

fn targets(tree: &Tree, package: &CargoPackage) -> Vec<String> {
    let show =
        |target: &Target| format!("{:?} {} {}", target.kind, target.crate_name, tree.entry(target.root).path.display());
    package.targets.iter().map(show).collect()
}

#[test]
fn crates_are_found_where_cargo_finds_them() {
    let (tree, packages, _) = discover(&[
        (
            "Cargo.toml",
            "[package]\nname = \"my-app\"\nedition = \"2021\"\n[dependencies]\ngeppetto = \"0.9\"\n[[test]]\nname = \"odd\"\npath = \"checks/odd.rs\"\n",
        ),
        ("build.rs", ""),
        ("src/lib.rs", ""),
        ("src/main.rs", ""),
        ("src/module.rs", ""),
        ("src/bin/one-two.rs", ""),
        ("src/bin/big/main.rs", ""),
        ("src/bin/big/part.rs", ""),
        ("examples/show.rs", ""),
        ("examples/large/main.rs", ""),
        ("tests/it.rs", ""),
        ("tests/common/mod.rs", ""),
        ("benches/speed.rs", ""),
        ("checks/odd.rs", ""),
    ]);
    let package = named(&packages, "my-app");
    let expected = [
        "Lib my_app src/lib.rs",
        "Bin big src/bin/big/main.rs",
        "Bin one_two src/bin/one-two.rs",
        "Bin my_app src/main.rs",
        "Example large examples/large/main.rs",
        "Example show examples/show.rs",
        "Test odd checks/odd.rs",
        "Test it tests/it.rs",
        "Bench speed benches/speed.rs",
        "BuildScript build_script_build build.rs",
    ];
    assert_eq!(targets(&tree, package), expected);
    assert_eq!(package.files.len(), 13);
}

#[test]
fn the_manifest_overrides_what_folders_imply() {
    let (tree, packages, _) = discover(&[
        (
            "a/Cargo.toml",
            "[package]\nname = \"a\"\nautobins = false\nautotests = false\nbuild = \"make.rs\"\n[lib]\nname = \"core_of_a\"\npath = \"lib.rs\"\n[[bin]]\nname = \"a\"\n[[bin]]\nname = \"b\"\n[dependencies]\ngeppetto = \"0.9\"\n",
        ),
        ("a/lib.rs", ""),
        ("a/build.rs", ""),
        ("a/make.rs", ""),
        ("a/src/main.rs", ""),
        ("a/src/bin/b.rs", ""),
        ("a/src/bin/c.rs", ""),
        ("a/tests/t.rs", ""),
    ]);
    let expected = [
        "Lib core_of_a a/lib.rs",
        "Bin a a/src/main.rs",
        "Bin b a/src/bin/b.rs",
        "BuildScript build_script_make a/make.rs",
    ];
    assert_eq!(targets(&tree, named(&packages, "a")), expected);
}

#[test]
fn dependencies_carry_rename_section_and_inheritance() {
    let (_, packages, _) = discover(&[
        (
            "Cargo.toml",
            "[workspace]\nmembers = [\"m\"]\n[workspace.package]\nedition = \"2024\"\n[workspace.dependencies]\ngp = { package = \"geppetto\", path = \"vendor/legacy\" }\n",
        ),
        (
            "m/Cargo.toml",
            "[package]\nname = \"m\"\nedition.workspace = true\n[dependencies]\ngp = { workspace = true, optional = true }\nutil-x = { path = \"../util\" }\n[target.'cfg(unix)'.dev-dependencies]\nother = { package = \"geppetto\", version = \"0.9\" }\n",
        ),
        ("m/src/lib.rs", ""),
        ("util/Cargo.toml", "[package]\nname = \"util-x\"\n"),
        ("util/src/lib.rs", ""),
        ("vendor/legacy/Cargo.toml", "[package]\nname = \"geppetto\"\n"),
        ("vendor/legacy/src/lib.rs", "//! geppetto\n"),
    ]);
    let member = named(&packages, "m");
    let legacy: Vec<&Dependency> = member.legacy_dependencies().collect();
    assert_eq!((&*legacy[0].code_name, legacy[0].inherited, legacy[0].optional), ("gp", true, true));
    assert_eq!(packages.get(legacy[0].local.unwrap()).name, "geppetto");
    let section = Section { kind: SectionKind::Dev, target: Some("cfg(unix)".to_owned()) };
    assert_eq!((&*legacy[1].code_name, &legacy[1].section), ("other", &section));
    let util = member.dependencies.iter().find(|dependency| dependency.key == "util-x").unwrap();
    assert_eq!((&*util.code_name, packages.get(util.local.unwrap()).name.as_str()), ("util_x", "util-x"));
    let relevant: Vec<&str> = packages.relevant().map(|(_, package)| &*package.name).collect();
    assert_eq!(relevant, ["m"]);
}

#[test]
fn code_calls_a_library_by_its_own_name_or_the_new_key() {
    let manifest = "[package]\nname = \"app\"\n[dependencies]\nmarionette = { path = \"m\" }\nother = { package = \"marionette\", path = \"m\" }\n";
    let (_, packages, _) = discover(&[
        ("Cargo.toml", manifest),
        ("src/main.rs", "use geppetto::x;"),
        ("m/Cargo.toml", "[package]\nname = \"marionette\"\n[lib]\nname = \"geppetto\"\n"),
        ("m/src/lib.rs", ""),
    ]);
    let names = named(&packages, "app").dependencies.iter().map(|dependency| &*dependency.code_name);
    assert_eq!(names.collect::<Vec<_>>(), ["geppetto", "other"]);
}

#[test]
fn what_depends_on_a_mattering_package_matters() {
    let manifest = |name: &str, rest: &str| format!("[package]\nname = \"{name}\"\n[dependencies]\n{rest}");
    let base = manifest("base", "geppetto = \"0.9\"");
    let middle = manifest("middle", "base = { path = \"../base\" }");
    let top = manifest("top", "middle = { path = \"../middle\" }");
    let apart = manifest("apart", "geppetto-runtime = \"0.1\"");
    let (_, packages, _) = discover(&[
        ("./base/Cargo.toml", &base),
        ("./base/src/lib.rs", ""),
        ("./middle/Cargo.toml", &middle),
        ("./middle/src/lib.rs", ""),
        ("./top/Cargo.toml", &top),
        ("./top/src/main.rs", ""),
        ("./apart/Cargo.toml", &apart),
        ("./apart/src/main.rs", ""),
        ("./notes/one.rs", "use geppetto::x;"),
    ]);
    let relevant: Vec<&str> = packages.relevant().map(|(_, package)| &*package.name).collect();
    assert_eq!(relevant, ["base", "middle", "notes", "top"]);
    assert_eq!(named(&packages, "apart").runtime_name(), Some("geppetto_runtime"));
}

#[test]
fn files_belong_to_the_nearest_manifest() {
    let (tree, packages, _) = discover(&[
        (
            "Cargo.toml",
            "[package]\nname = \"outer\"\n[workspace]\nexclude = [\"fuzz\"]\n[dependencies]\ngeppetto = \"0.9\"\n",
        ),
        ("src/lib.rs", ""),
        ("fuzz/Cargo.toml", "[package]\nname = \"inner\"\n"),
        ("fuzz/src/main.rs", ""),
        ("member/Cargo.toml", "[package]\nname = \"member\"\n"),
        ("member/src/main.rs", ""),
    ]);
    let file = tree.find(Path::new("fuzz/src/main.rs")).unwrap();
    assert_eq!(packages.get(packages.owner(file).unwrap()).name, "inner");
    assert_eq!(named(&packages, "outer").files.len(), 1);
    let root = tree.find(Path::new("Cargo.toml"));
    assert_eq!(named(&packages, "outer").workspace, root);
    assert_eq!(named(&packages, "member").workspace, root);
    assert_eq!(named(&packages, "inner").workspace, None);
}

#[test]
fn broken_manifests_are_problems_where_they_matter() {
    let (_, packages, problems) = discover(&[
        ("a/Cargo.toml", "[package]\nname = \n"),
        ("a/src/lib.rs", "use geppetto::x;"),
        ("b/Cargo.toml", "[[["),
        ("b/src/lib.rs", ""),
        ("c/Cargo.toml", "geppetto = ["),
    ]);
    let paths: Vec<&Path> = problems.iter().map(|problem| &*problem.path).collect();
    assert_eq!(paths, [Path::new("a/Cargo.toml"), Path::new("c/Cargo.toml")]);
    assert_eq!(problems[0].position.unwrap().line, 2);
    assert_eq!(named(&packages, "a").targets.len(), 1);
    assert!(named(&packages, "a").matters);
}

#[test]
fn nothing_is_read_where_nothing_matters() {
    let entries = vec![FileEntry { path: PathBuf::from("gone/Cargo.toml"), hit: false, is_marked: false, mentions: 0 }];
    let (packages, problems) = Packages::discover(&Tree::new(Vec::new(), entries, BTreeMap::new()));
    assert_eq!((packages.iter().count(), problems), (0, Vec::new()));
}

#[test]
fn the_name_of_the_new_crate_is_the_one_that_a_workspace_shares() {
    let root = "[workspace]\n[workspace.dependencies]\ngeppetto = \"0.9\"\nrt = { package = \"geppetto-runtime\", version = \"0.1\" }\n";
    let member = |name: &str, entry: &str| format!("[package]\nname = \"{name}\"\n[dependencies]\n{entry}\n");
    let (_, packages, _) = discover(&[
        ("Cargo.toml", root),
        ("a/Cargo.toml", &member("a", "geppetto.workspace = true")),
        ("b/Cargo.toml", &member("b", "geppetto = \"0.9\"")),
        ("c/Cargo.toml", &member("c", "geppetto-runtime = \"0.1\"")),
    ]);
    let names = ["a", "b", "c"].map(|name| named(&packages, name).runtime_name());
    assert_eq!(names, [Some("rt"), None, Some("geppetto_runtime")]);
}
