//! `undo` takes back what `apply` did, all of it or nothing.

use std::fs;

use crate::support::{LEGACY, Tree};

#[test]
fn an_apply_is_undone_and_git_sees_nothing_of_it() {
    let tree = Tree::legacy().committed();
    let manifest = tree.read("Cargo.toml");
    tree.run(&["apply"]).expect(0);
    let run = tree.run(&["undo"]).expect(0);
    assert_eq!(run.stdout, "put back Cargo.toml\nput back src/lib.rs\n");
    assert_eq!((tree.read("src/lib.rs").as_str(), tree.read("Cargo.toml")), (LEGACY, manifest));
    tree.git(&["diff", "--exit-code"]);
    assert_eq!(tree.run(&["undo"]).expect(0).stdout, "nothing to undo\n");
    assert!(!tree.join(".git/geppetto-migrate").exists());
}

#[test]
fn a_part_of_the_repository_stands_for_the_apply() {
    let tree = Tree::legacy().committed();
    tree.run(&["apply"]).expect(0);
    tree.run(&["undo", "src/lib.rs"]).expect(0);
    tree.git(&["diff", "--exit-code"]);
}

#[test]
fn files_that_were_changed_since_stop_it_without_a_flag() {
    let tree = Tree::legacy().committed();
    tree.run(&["apply"]).expect(0);
    let (mine, manifest) = (format!("{LEGACY}// mine\n"), tree.read("Cargo.toml"));
    fs::write(tree.join("src/lib.rs"), &mine).unwrap();
    let run = tree.run(&["undo"]).expect(2);
    assert!(run.stderr.contains("src/lib.rs") && run.stderr.contains("--allow-changed"), "{}", run.stderr);
    assert_eq!((tree.read("src/lib.rs"), tree.read("Cargo.toml")), (mine, manifest));
    tree.run(&["undo", "--allow-changed"]).expect(0);
    tree.git(&["diff", "--exit-code"]);
}

#[test]
fn outside_of_version_control_the_record_lies_beside_the_files() {
    let tree = Tree::legacy();
    tree.run(&["apply", "--allow-no-vcs"]).expect(0);
    assert!(tree.join(".geppetto-migrate").is_dir());
    tree.run(&["undo", "src"]).expect(0);
    assert_eq!(tree.read("src/lib.rs"), LEGACY);
    assert!(!tree.join(".geppetto-migrate").exists());
}

#[test]
fn several_repositories_are_undone_together_or_not_at_all() {
    let (one, other) = (Tree::legacy().committed(), Tree::legacy().committed());
    let both = |command: &'static str| one.run(&[command, ".", other.path().to_str().unwrap()]);
    both("apply").expect(0);
    fs::write(other.join("src/lib.rs"), "// mine\n").unwrap();
    both("undo").expect(2);
    assert_ne!(one.read("src/lib.rs"), LEGACY);
    other.git(&["checkout", "--quiet", "src/lib.rs"]);
    both("undo").expect(0);
    assert_eq!([one.read("src/lib.rs"), other.read("src/lib.rs")], [LEGACY, LEGACY]);
}

#[test]
fn without_anything_to_undo_there_is_nothing_to_do() {
    let tree = Tree::empty();
    assert_eq!(tree.run(&["undo"]).expect(0).stdout, "nothing to undo\n");
    tree.run(&["undo", "gone"]).expect(2);
}
