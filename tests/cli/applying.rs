//! `apply` changes everything or nothing, and only what can be taken back.

use std::fs;

use crate::support::{LEGACY, Run, Tree};

#[track_caller]
fn refused(tree: &Tree, run: Run, reason: &str) {
    let run = run.expect(2);
    assert!(run.stderr.contains(reason), "{}", run.stderr);
    assert_eq!(run.stdout, "");
    assert_eq!(tree.read("src/lib.rs"), LEGACY);
}

#[track_caller]
fn changed(tree: &Tree, run: Run) {
    let run = run.expect(0);
    assert!(run.stdout.contains("changed src/lib.rs\n"), "{}", run.stdout);
    assert!(tree.read("src/lib.rs").contains("with_event_sink"));
}

#[test]
fn a_clean_repository_is_changed_and_a_second_run_finds_nothing() {
    let tree = Tree::legacy().committed();
    changed(&tree, tree.run(&["apply"]));
    let again = tree.run(&["apply"]).expect(0);
    assert_eq!(again.stdout, "nothing to change\nledger: 1 occurrence of legacy names: 1 unrelated\n");
    tree.run(&["check"]).expect(0);
}

#[test]
fn outside_of_version_control_it_takes_a_flag() {
    let tree = Tree::legacy();
    refused(&tree, tree.run(&["apply"]), "--allow-no-vcs");
    refused(&tree, tree.run(&["apply", "--allow-dirty"]), "--allow-no-vcs");
    changed(&tree, tree.run(&["apply", "--allow-no-vcs"]));
}

#[test]
fn uncommitted_changes_take_a_flag() {
    let tree = Tree::legacy().committed().with("notes.txt", "");
    refused(&tree, tree.run(&["apply"]), "notes.txt");
    refused(&tree, tree.run(&["apply", "--allow-no-vcs"]), "--allow-dirty");
    changed(&tree, tree.run(&["apply", "--allow-dirty"]));
}

#[test]
fn each_repository_is_asked() {
    let (clean, dirty) = (Tree::legacy().committed(), Tree::legacy().committed().with("notes.txt", ""));
    let other = dirty.path().to_str().unwrap();
    refused(&clean, clean.run(&["apply", ".", other]), "notes.txt");
    assert_eq!(dirty.read("src/lib.rs"), LEGACY);
}

#[test]
fn a_read_only_file_stops_all() {
    let tree = Tree::legacy().with("src/main.rs", LEGACY).committed();
    let path = tree.join("src/main.rs");
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    refused(&tree, tree.run(&["apply"]), "main.rs` is read-only");
}

#[test]
fn without_git_nobody_knows() {
    let tree = Tree::legacy().committed();
    let output = tree.command(&["apply"]).env("PATH", "").output().unwrap();
    refused(&tree, Run::of(output), "cannot ask `git`");
}

#[test]
fn a_file_without_a_verdict_does_not_hide_behind_the_changes() {
    let tree = Tree::legacy().with("src/latin.rs", b"// geppetto caf\xe9\n").committed();
    let run = tree.run(&["apply"]).expect(2);
    assert!(run.stderr.contains("src/latin.rs"), "{}", run.stderr);
}

/// A Go module whose command gives options to a package of its own.
fn of_go(manifest: &str) -> Tree {
    let kit = "package kit\n\nimport (\n\t\"github.com/go-go-golems/geppetto/pkg/inference/engine\"\n\
               \t\"github.com/go-go-golems/geppetto/pkg/inference/engine/factory\"\n)\n\n\
               func New(opts ...engine.Option) (engine.Engine, error) {\n\treturn factory.NewEngineFromParsedValues(nil, opts...)\n}\n";
    let main = "package main\n\nimport (\n\t\"example.com/app/kit\"\n\
                \t\"github.com/go-go-golems/geppetto/pkg/inference/engine\"\n)\n\n\
                func main() {\n\t_, _ = kit.New(engine.WithSink(nil))\n}\n";
    Tree::empty().with("go.mod", manifest).with("kit/kit.go", kit).with("main.go", main)
}

#[test]
fn what_an_unreadable_file_may_use_is_left_alone() {
    let manifest = "module example.com/app\n\ngo 1.24\n\nrequire github.com/go-go-golems/geppetto v0.4.0\n";
    let whole = of_go(manifest).committed();
    assert!(whole.run(&["diff", "--offered"]).expect(0).stdout.contains("+func New() (engine.Engine, error) {\n"));
    let half = "package main\n\nfunc broken() {{{ kit.New(engine.WithSink(nil)) // geppetto\n";
    for tree in [of_go("module \"example.com/app\n"), of_go(manifest).with("broken.go", half)] {
        let tree = tree.committed();
        let run = tree.run(&["apply", "--offered"]).expect(2);
        assert!(!run.stdout.contains("changed"), "{}", run.stdout);
    }
}
