use super::*;
use crate::edit::EditSet;

const DONE: Need = Need { legacy: false, runtime: true };
const PARTLY: Need = Need { legacy: true, runtime: true };
const UNUSED: Need = Need { legacy: false, runtime: false };
const UNTOUCHED: Need = Need::UNCHANGED;

fn runtime(given: &str) -> RuntimeDependency {
    RuntimeDependency::parse(Some(given), Path::new("/home/me")).unwrap()
}

fn planned(before: &str, request: &ManifestRequest<'_>) -> (String, ManifestPlan) {
    let plan = plan_manifest(&Source::new("/home/me/app/Cargo.toml", before), request).unwrap();
    let after = EditSet::new(plan.edits.clone()).unwrap().apply(before);
    Manifest::parse(&after).unwrap_or_else(|error| panic!("{error}\n{after}"));
    (after, plan)
}

fn after(before: &str, package: Need) -> String {
    let runtime = runtime("0.1.0");
    planned(before, &ManifestRequest { runtime: &runtime, package, members: UNTOUCHED, workspace: None }).0
}

fn after_with(before: &str, package: Need, given: &str) -> String {
    let runtime = runtime(given);
    planned(before, &ManifestRequest { runtime: &runtime, package, members: UNTOUCHED, workspace: None }).0
}

/// The manifest when all is migrated, and when part of the code is.
fn check(before: &str, done: &str, partly: &str) {
    assert_eq!(after(before, DONE), done, "all of\n{before}");
    assert_eq!(after(before, PARTLY), partly, "a part of\n{before}");
    assert_eq!(after(before, UNTOUCHED), before);
    for reached in [done, partly] {
        assert_eq!(after(reached, if reached == done { DONE } else { PARTLY }), reached, "again");
    }
}

#[test]
fn lines_change_in_place() {
    check(
        "[dependencies]\nanyhow = \"1\"\ngeppetto = \"0.9\" # the runs\nserde = \"1\"\n",
        "[dependencies]\nanyhow = \"1\"\ngeppetto-runtime = \"0.1.0\" # the runs\nserde = \"1\"\n",
        "[dependencies]\nanyhow = \"1\"\ngeppetto = \"0.9\" # the runs\ngeppetto-runtime = \"0.1.0\"\nserde = \"1\"\n",
    );
    check(
        "[dependencies]\r\ngeppetto    = { version = \"0.9\", registry = \"x\" }",
        "[dependencies]\r\ngeppetto-runtime = \"0.1.0\"",
        "[dependencies]\r\ngeppetto    = { version = \"0.9\", registry = \"x\" }\r\ngeppetto-runtime = \"0.1.0\"",
    );
    check(
        "\u{feff}dependencies.geppetto = \"0.9\"\n",
        "\u{feff}dependencies.geppetto-runtime = \"0.1.0\"\n",
        "\u{feff}dependencies.geppetto = \"0.9\"\ndependencies.geppetto-runtime = \"0.1.0\"\n",
    );
    check(
        "dependencies = { a = \"1\", geppetto = \"0.9\" }\n",
        "dependencies = { a = \"1\", geppetto-runtime = \"0.1.0\" }\n",
        "dependencies = { a = \"1\", geppetto = \"0.9\", geppetto-runtime = \"0.1.0\" }\n",
    );
    check(
        "dependencies = { geppetto.version = \"0.9\", a = \"1\" }\n",
        "dependencies = { geppetto-runtime = \"0.1.0\", a = \"1\" }\n",
        "dependencies = { geppetto.version = \"0.9\", geppetto-runtime = \"0.1.0\", a = \"1\" }\n",
    );
}

#[test]
fn tables_and_dotted_keys_keep_their_style() {
    check(
        "[dependencies.geppetto] # head\n# why\nversion = \"0.9\" # v\nfeatures = [\n  \"x\",\n]\n\n[features]\n",
        "[dependencies.geppetto-runtime] # head\n# why\nversion = \"0.1.0\" # v\n\n[features]\n",
        "[dependencies.geppetto] # head\n# why\nversion = \"0.9\" # v\nfeatures = [\n  \"x\",\n]\n\n[dependencies.geppetto-runtime]\nversion = \"0.1.0\"\n\n[features]\n",
    );
    check(
        "[dependencies]\ngeppetto.version = \"0.9\" # v\ngeppetto.default-features = false\nz = \"1\"\n",
        "[dependencies]\ngeppetto-runtime.version = \"0.1.0\" # v\nz = \"1\"\n",
        "[dependencies]\ngeppetto.version = \"0.9\" # v\ngeppetto.default-features = false\ngeppetto-runtime.version = \"0.1.0\"\nz = \"1\"\n",
    );
}

#[test]
fn scattered_keys_are_left_to_a_person() {
    let before = "dependencies = { geppetto.version = \"0.9\", a = \"1\", geppetto.optional = true }\n";
    let runtime = runtime("0.1.0");
    let request = ManifestRequest { runtime: &runtime, package: DONE, members: UNTOUCHED, workspace: None };
    let (text, plan) = planned(before, &request);
    assert_eq!(text, before);
    assert_eq!(plan.notes, ["`geppetto` is written in a way that has to be changed by hand"]);
}

#[test]
fn patches_stay_and_are_named() {
    let runtime = runtime("0.1.0");
    let request = ManifestRequest { runtime: &runtime, package: DONE, members: UNTOUCHED, workspace: None };
    let patches = [
        "[patch.crates-io]\ngeppetto = { path = \"../g\" }\n",
        "[patch.crates-io.gp]\npackage = \"geppetto\"\npath = \"../g\"\n",
        "[replace]\n\"geppetto:0.9.0\" = { path = \"../g\" }\n",
    ];
    for patch in patches {
        let (text, plan) = planned(&format!("[dependencies]\ngeppetto = \"0.9\"\n\n{patch}"), &request);
        assert_eq!(text, format!("[dependencies]\ngeppetto-runtime = \"0.1.0\"\n\n{patch}"));
        assert_eq!(plan.notes, ["the patch of `geppetto` stays: take it out if nothing else needs it"]);
    }
}

#[test]
fn every_section_changes_for_itself() {
    check(
        "[dependencies]\ngp = { package = \"geppetto\", version = \"0.9\" }\n\n[dev-dependencies.gp]\npackage = \"geppetto\"\nversion = \"0.9\"\n\n[target.'cfg(unix)'.build-dependencies]\ngeppetto = \"0.9\"\n",
        "[dependencies]\ngeppetto-runtime = \"0.1.0\"\n\n[dev-dependencies.geppetto-runtime]\nversion = \"0.1.0\"\n\n[target.'cfg(unix)'.build-dependencies]\ngeppetto-runtime = \"0.1.0\"\n",
        "[dependencies]\ngp = { package = \"geppetto\", version = \"0.9\" }\ngeppetto-runtime = \"0.1.0\"\n\n[dev-dependencies.gp]\npackage = \"geppetto\"\nversion = \"0.9\"\n\n[dev-dependencies.geppetto-runtime]\nversion = \"0.1.0\"\n\n[target.'cfg(unix)'.build-dependencies]\ngeppetto = \"0.9\"\ngeppetto-runtime = \"0.1.0\"\n",
    );
}

#[test]
fn an_entry_that_is_there_is_used() {
    let before = "[dependencies]\ngeppetto = \"0.9\"\nrt = { package = \"geppetto-runtime\", version = \"0.1\" }\n\n[dev-dependencies]\ngeppetto = { version = \"0.9\", features = [\"t\"] }\n\n[build-dependencies]\ngeppetto = \"0.9\"\n";
    assert_eq!(
        after(before, DONE),
        "[dependencies]\nrt = { package = \"geppetto-runtime\", version = \"0.1\" }\n\n[dev-dependencies]\n\n[build-dependencies]\nrt = { package = \"geppetto-runtime\", version = \"0.1.0\" }\n"
    );
}

#[test]
fn what_nothing_uses_goes() {
    let cases = [
        ("[dependencies]\na = \"1\"\ngeppetto = \"0.9\" # c\nb = \"1\"\n", "[dependencies]\na = \"1\"\nb = \"1\"\n"),
        ("dependencies = { geppetto = \"0.9\", a = \"1\" }\n", "dependencies = { a = \"1\" }\n"),
        ("dependencies = { a = \"1\", geppetto = \"0.9\" }\n", "dependencies = { a = \"1\" }\n"),
        ("[a]\n\n[dependencies.geppetto]\nversion = \"0.9\"\n\n[b]\n", "[a]\n\n[b]\n"),
        ("[dependencies.geppetto]\nversion = \"0.9\"\n\n[b]\n", "[b]\n"),
        (
            "[dependencies]\ngeppetto.version = \"0.9\"\na = \"1\"\ngeppetto.features = []\n",
            "[dependencies]\na = \"1\"\n",
        ),
    ];
    for (before, expected) in cases {
        assert_eq!(after(before, UNUSED), expected);
    }
}

#[test]
fn features_follow_optional_entries() {
    check(
        "[features]\nllm = [\n    \"dep:geppetto\", # c\n    \"geppetto/tls\",\n    \"x\",\n]\n[dependencies]\ngeppetto = { version = \"0.9\", optional = true }\n",
        "[features]\nllm = [\n    \"dep:geppetto-runtime\", # c\n    \"x\",\n]\n[dependencies]\ngeppetto-runtime = { version = \"0.1.0\", optional = true }\n",
        "[features]\nllm = [\n    \"dep:geppetto\", \"dep:geppetto-runtime\", # c\n    \"geppetto/tls\",\n    \"x\",\n]\n[dependencies]\ngeppetto = { version = \"0.9\", optional = true }\ngeppetto-runtime = { version = \"0.1.0\", optional = true }\n",
    );
    check(
        "[features]\nllm = [\"dep:geppetto\", \"geppetto/tls\"]\n[dependencies]\ngeppetto = { version = \"0.9\", optional = true }\n",
        "[features]\nllm = [\"dep:geppetto-runtime\"]\n[dependencies]\ngeppetto-runtime = { version = \"0.1.0\", optional = true }\n",
        "[features]\nllm = [\"dep:geppetto\", \"dep:geppetto-runtime\", \"geppetto/tls\"]\n[dependencies]\ngeppetto = { version = \"0.9\", optional = true }\ngeppetto-runtime = { version = \"0.1.0\", optional = true }\n",
    );
    check(
        "[dependencies.geppetto]\nversion = \"0.9\"\noptional = true\n\n[features]\na = [\"geppetto\"]\nb = [\"geppetto?/x\"]\n",
        "[dependencies.geppetto-runtime]\nversion = \"0.1.0\"\noptional = true\n\n[features]\na = [\"geppetto\"]\nb = []\ngeppetto = [\"dep:geppetto-runtime\"]\n",
        "[dependencies.geppetto]\nversion = \"0.9\"\noptional = true\n\n[dependencies.geppetto-runtime]\nversion = \"0.1.0\"\noptional = true\n\n[features]\na = [\"geppetto\"]\nb = [\"geppetto?/x\"]\ngeppetto = [\"dep:geppetto\", \"dep:geppetto-runtime\"]\n",
    );
    check(
        "[dependencies]\ngeppetto.optional = true\ngeppetto.path = \"x\"",
        "[dependencies]\ngeppetto-runtime.optional = true\ngeppetto-runtime.version = \"0.1.0\"\n\n[features]\ngeppetto = [\"dep:geppetto-runtime\"]\n",
        "[dependencies]\ngeppetto.optional = true\ngeppetto.path = \"x\"\ngeppetto-runtime.version = \"0.1.0\"\ngeppetto-runtime.optional = true\n\n[features]\ngeppetto = [\"dep:geppetto\", \"dep:geppetto-runtime\"]\n",
    );
    check(
        "[features]\na = [\"geppetto/x\", \"b\"]\n[dependencies]\ngeppetto = \"0.9\"\n",
        "[features]\na = [\"b\"]\n[dependencies]\ngeppetto-runtime = \"0.1.0\"\n",
        "[features]\na = [\"geppetto/x\", \"b\"]\n[dependencies]\ngeppetto = \"0.9\"\ngeppetto-runtime = \"0.1.0\"\n",
    );
}

#[test]
fn members_inherit_and_the_workspace_provides() {
    let runtime = runtime("rt = { package = \"geppetto-runtime\", path = \"libs/rt\" }");
    let legacy = ["gp".to_owned()];
    let workspace = Some(SharedKeys { legacy: &legacy, runtime: Some("rt") });
    let request = |package, members| ManifestRequest { runtime: &runtime, package, members, workspace };
    let member =
        "[dependencies]\ngp.workspace = true\n[dev-dependencies]\ngp = { workspace = true, features = [\"t\"] }\n";
    let (text, plan) = planned(member, &request(DONE, UNTOUCHED));
    assert_eq!(text, "[dependencies]\nrt.workspace = true\n[dev-dependencies]\nrt = { workspace = true }\n");
    assert_eq!(plan.notes, ["features of the legacy crate are left out: `t`"]);
    assert_eq!(plan.entries.len(), 2);

    let root = "[workspace.dependencies]\ngp = { package = \"geppetto\", version = \"0.9\" }\n";
    let path = "{ package = \"geppetto-runtime\", path = \"../libs/rt\" }";
    assert_eq!(planned(root, &request(UNTOUCHED, DONE)).0, format!("[workspace.dependencies]\nrt = {path}\n"));
    assert_eq!(planned(root, &request(UNTOUCHED, PARTLY)).0, format!("{root}rt = {path}\n"));
    assert_eq!(planned(root, &request(UNTOUCHED, UNTOUCHED)).0, root);
}

#[test]
fn a_member_without_a_legacy_entry_inherits_only_what_is_shared() {
    let runtime = runtime("0.1.0");
    let shares = ["geppetto".to_owned()];
    for (legacy, expected) in [(&shares[..], "{ workspace = true }"), (&[], "\"0.1.0\"")] {
        let workspace = Some(SharedKeys { legacy, runtime: Some("geppetto-runtime") });
        let request = ManifestRequest { runtime: &runtime, package: DONE, members: UNTOUCHED, workspace };
        let (text, _) = planned("[dependencies]\n", &request);
        assert_eq!(text, format!("[dependencies]\ngeppetto-runtime = {expected}\n"));
    }
}

#[test]
fn without_the_workspace_a_member_writes_it_out() {
    check(
        "[dependencies]\ngeppetto = { workspace = true, optional = true }\n[features]\nx = [\"dep:geppetto\"]\n",
        "[dependencies]\ngeppetto-runtime = { version = \"0.1.0\", optional = true }\n[features]\nx = [\"dep:geppetto-runtime\"]\n",
        "[dependencies]\ngeppetto = { workspace = true, optional = true }\ngeppetto-runtime = { version = \"0.1.0\", optional = true }\n[features]\nx = [\"dep:geppetto\", \"dep:geppetto-runtime\"]\n",
    );
}

#[test]
fn the_new_crate_comes_also_where_the_old_one_never_was() {
    let cases = [
        (
            "[dependencies]\na = \"1\" # c\nz = \"1\"\n",
            "[dependencies]\na = \"1\" # c\ngeppetto-runtime = \"0.1.0\"\nz = \"1\"\n",
        ),
        (
            "[dependencies]\nz = \"1\"\na = \"1\"\n",
            "[dependencies]\nz = \"1\"\na = \"1\"\ngeppetto-runtime = \"0.1.0\"\n",
        ),
        ("[dependencies]\nz.path = \"z\"\n", "[dependencies]\ngeppetto-runtime = \"0.1.0\"\nz.path = \"z\"\n"),
        ("[dependencies]\n\n[features]\n", "[dependencies]\ngeppetto-runtime = \"0.1.0\"\n\n[features]\n"),
        ("[package]\nname = \"a\"\n\n", "[package]\nname = \"a\"\n\n[dependencies]\ngeppetto-runtime = \"0.1.0\"\n"),
        ("[dependencies]\ngeppetto-runtime = \"0.1\"\n", "[dependencies]\ngeppetto-runtime = \"0.1\"\n"),
    ];
    for (before, expected) in cases {
        assert_eq!(after(before, DONE), expected);
    }
}

#[test]
fn the_user_says_how_the_new_crate_is_named() {
    let before = "[dependencies]\ngeppetto = \"0.9\"\n[dev-dependencies.geppetto]\nversion = \"0.9\"\n";
    let cases = [
        ("\"0.2\"", "geppetto-runtime = \"0.2\"", "geppetto-runtime]\nversion = \"0.2\""),
        (">=0.1, <0.3", "geppetto-runtime = \">=0.1, <0.3\"", "geppetto-runtime]\nversion = \">=0.1, <0.3\""),
        (
            "{ path = \"app/../rt\", features = ['a'] }",
            "geppetto-runtime = { path = \"../rt\", features = ['a'] }",
            "geppetto-runtime]\npath = \"../rt\"\nfeatures = ['a']",
        ),
        (
            "{ path = \"/opt/rt\" }",
            "geppetto-runtime = { path = \"/opt/rt\" }",
            "geppetto-runtime]\npath = \"/opt/rt\"",
        ),
        (
            "rt = { package = \"geppetto-runtime\", version = \"1\" }",
            "rt = { package = \"geppetto-runtime\", version = \"1\" }",
            "rt]\npackage = \"geppetto-runtime\"\nversion = \"1\"",
        ),
        ("geppetto-runtime.git = \"u\"", "geppetto-runtime = { git = \"u\" }", "geppetto-runtime]\ngit = \"u\""),
    ];
    for (given, line, table) in cases {
        let expected = format!("[dependencies]\n{line}\n[dev-dependencies.{table}\n");
        assert_eq!(after_with(before, DONE, given), expected, "{given}");
    }
    assert_eq!(runtime("my-rt = { package = \"geppetto-runtime\", path = \"x\" }").code_name(), "my_rt");
    let default = RuntimeDependency::parse(None, Path::new("")).unwrap();
    assert_eq!(default.fields(default.key(), Path::new(""))[0].value, format!("\"{}\"", env!("CARGO_PKG_VERSION")));
}

#[test]
fn what_is_no_dependency_on_the_new_crate_is_refused() {
    let cases = [
        ("", RuntimeDependencyError::NotOneEntry),
        ("a = \"1\"\nb = \"1\"", RuntimeDependencyError::NotOneEntry),
        ("geppetto-runtime = 1", RuntimeDependencyError::NotOneEntry),
        ("rt = \"0.1\"", RuntimeDependencyError::OtherPackage("rt".to_owned())),
        ("{ package = \"geppetto\", version = \"1\" }", RuntimeDependencyError::OtherPackage("geppetto".to_owned())),
        ("{ features = [] }", RuntimeDependencyError::NoOrigin),
        ("{ workspace = true }", RuntimeDependencyError::Inherits),
    ];
    for (given, expected) in cases {
        assert_eq!(RuntimeDependency::parse(Some(given), Path::new("/")), Err(expected), "{given}");
    }
    let broken = RuntimeDependency::parse(Some("{ path = "), Path::new("/"));
    assert!(matches!(broken, Err(RuntimeDependencyError::NotToml(_))), "{broken:?}");
}
