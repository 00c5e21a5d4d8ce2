//! A tree in two languages is one tree: one `scan`, one `diff`, one `check`.

use std::path::Path;

use crate::support::Tree;

const GUIDE: &str = "\
# Engines

To watch a run in Rust, attach a sink:

```rust
let engine = new_engine_from_parsed_values(&values, vec![with_sink(sink)])?;
let answer = engine.run_inference(&ctx, seed).await?;
```

and in Go:

```go
eng, err := factory.NewEngineFromParsedValues(values, engine.WithSink(sink))
answer, err := eng.RunInference(ctx, seed)
```
";

/// A workspace of cargo with a guide, and below it a workspace of two Go modules.
fn mixed() -> Tree {
    let tree = copied(Tree::empty(), "fixtures/rust/workspace-reexports", "");
    copied(tree, "fixtures/go/two-modules", "go").with("docs/engines.md", GUIDE)
}

/// `tree` with the files of a fixture in `folder`.
fn copied(tree: Tree, fixture: &str, folder: &str) -> Tree {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(fixture);
    let is_part = |name: &str| !matches!(name, "target" | "Cargo.lock" | "fixture.toml");
    let entries = walkdir::WalkDir::new(&root)
        .into_iter()
        .filter_entry(|entry| is_part(&entry.file_name().to_string_lossy()))
        .map(Result::unwrap);
    entries.filter(|entry| entry.file_type().is_file()).fold(tree, |tree, entry| {
        let name = Path::new(folder).join(entry.path().strip_prefix(&root).unwrap());
        tree.with(name.to_str().unwrap(), std::fs::read(entry.path()).unwrap())
    })
}

#[test]
fn one_scan_counts_both_languages() {
    let scan = mixed().run(&["scan"]).expect(0).stdout;
    assert!(scan.contains("\nledger: 20 occurrences of legacy names\n"), "{scan}");
    let (_, table) = scan.split_once("\npackage ").unwrap();
    // At which level a site changes is for the fixtures to say.
    let sites = table.lines().skip(1).filter(|line| !line.starts_with("total"));
    let sites: Vec<String> =
        sites.map(|line| line[..line.len() - " safe offered draft report".len()].trim_end().to_owned()).collect();
    insta::assert_snapshot!("mixed_scan", sites.join("\n"));
}

#[test]
fn one_check_fails_on_either_language() {
    let tree = mixed();
    let check = tree.run(&["check"]).expect(1).stdout;
    for site in [" go/kit/assistant.go:", " base/src/lib.rs:", " docs/engines.md:"] {
        assert!(format!("\n{check}").replace('\n', " \n ").contains(site), "{site}: {check}");
    }
}

#[test]
fn one_diff_and_one_apply_change_both_languages_and_leave_nothing() {
    let tree = mixed();
    let diff = tree.run(&["diff", "--offered"]).expect(0).stdout;
    for file in ["base/src/lib.rs", "cli/src/main.rs", "docs/engines.md", "go/kit/assistant.go", "go/app/main.go"] {
        assert!(diff.contains(&format!("\n--- a/{file}\n")), "{file}: {diff}");
    }
    let applied = tree.run(&["apply", "--offered", "--allow-no-vcs", "--require", "v0.5.0"]).expect(0).stdout;
    assert!(applied.contains("changed go/kit/go.mod\n") && applied.contains("changed base/Cargo.toml\n"), "{applied}");
    assert_eq!(tree.run(&["diff", "--offered"]).expect(0).stdout, "");
    tree.run(&["check"]).expect(0);
}

#[test]
fn prose_that_both_languages_know_is_told_once() {
    let tree = mixed().with("docs/engines.md", format!("{GUIDE}\nThere is an `InferenceState`.\n"));
    let run = tree.run(&["check"]).expect(1);
    assert_eq!(run.stdout.matches("documentation names `InferenceState`").count(), 1, "{}", run.stdout);
    assert!(run.stdout.contains("ledger: 21 occurrences of legacy names"), "{}", run.stdout);
}

#[test]
fn a_guide_above_packages_of_both_languages_is_about_both() {
    let tree = copied(Tree::empty(), "fixtures/rust/workspace-reexports", "rust");
    let tree =
        copied(tree, "fixtures/go/two-modules", "go").with("README.md", format!("{GUIDE}`start_run`, `StartRun`\n"));
    let ledger = tree.run(&["scan", "--ledger"]).expect(0).stdout;
    let in_guide = ledger.lines().filter(|line| line.starts_with("README.md:"));
    let classes: Vec<&str> = in_guide.map(|line| line.splitn(4, ':').last().unwrap()).collect();
    let expected =
        [" offered: `with_sink`", " offered: `WithSink`", " documentation: `start_run`", " documentation: `StartRun`"];
    assert_eq!(classes, expected);
}

#[test]
fn the_number_of_threads_changes_nothing_in_either_language() {
    let tree = mixed();
    for command in [&["scan"][..], &["scan", "--ledger"], &["diff", "--offered"], &["check"]] {
        let with = |threads: &str| tree.run(&[command, &["--threads", threads]].concat());
        let (one, four) = (with("1"), with("4"));
        assert_eq!((one.code, one.stdout, one.stderr), (four.code, four.stdout, four.stderr));
    }
}
