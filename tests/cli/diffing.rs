//! `diff` and `apply` say the same.

use std::fs;

use crate::support::{LEGACY, Tree};

/// Everything that is easily lost: a byte order mark, carriage returns, tabs, other scripts, no newline at the end.
fn awkward() -> String {
    let text =
        LEGACY.replace("    let engine", "\t// Größe → 日本\n\tlet engine").replace("    ", "\t").replace('\n', "\r\n");
    format!("\u{feff}{}", text.trim_end())
}

#[test]
fn git_apply_makes_of_the_diff_what_apply_makes() {
    for lib in [LEGACY.to_owned(), awkward()] {
        let (patched, applied) = (Tree::package(&lib).committed(), Tree::package(&lib).committed());
        let patch = patched.run(&["diff"]).expect(0).stdout;
        fs::write(patched.join("the.patch"), patch).unwrap();
        patched.git(&["apply", "--whitespace=nowarn", "the.patch"]);
        applied.run(&["apply"]).expect(0);
        for file in ["src/lib.rs", "Cargo.toml"] {
            assert_eq!(patched.read(file), applied.read(file));
        }
        assert_ne!(applied.read("src/lib.rs"), lib);
    }
}

#[test]
fn untouched_bytes_stay() {
    let tree = Tree::package(&awkward()).committed();
    tree.run(&["apply"]).expect(0);
    let after = tree.read("src/lib.rs");
    assert!(after.starts_with('\u{feff}'));
    assert!(after.contains("\t// Größe → 日本\r\n"));
    assert_eq!(after.matches('\n').count(), after.matches("\r\n").count());
    assert!(after.ends_with('}'));
}

#[test]
fn paths_are_relative_to_the_one_folder_and_as_given_for_several() {
    let tree = Tree::empty();
    for package in ["one", "two"] {
        let made = Tree::legacy();
        fs::create_dir_all(tree.join(package).join("src")).unwrap();
        for file in ["Cargo.toml", "src/lib.rs"] {
            fs::copy(made.join(file), tree.join(package).join(file)).unwrap();
        }
    }
    let one = tree.run(&["diff", "one"]).expect(0).stdout;
    assert!(one.lines().any(|line| line == "--- a/src/lib.rs"), "{one}");
    let both = tree.run(&["diff", "one", "two"]).expect(0).stdout;
    assert!(both.lines().any(|line| line == "+++ b/two/src/lib.rs"), "{both}");
}

#[test]
fn nothing_to_change_is_an_empty_diff() {
    let tree = Tree::empty().with("src/lib.rs", "fn main() {}\n");
    assert_eq!(tree.run(&["diff"]).expect(0).stdout, "");
}

#[test]
fn the_manifest_names_the_runtime_as_it_was_told() {
    let tree = Tree::legacy();
    for toml in
        ["9.9", "\"9.9\"", "{ path = \"../somewhere\" }", "rt = { package = \"geppetto-runtime\", version = \"9.9\" }"]
    {
        let diff = tree.run(&["diff", "--runtime-dependency", toml]).expect(0).stdout;
        let told = toml.trim_start_matches("rt = ");
        assert!(diff.lines().any(|line| line.starts_with('+') && line.contains(told)), "{diff}");
    }
}
