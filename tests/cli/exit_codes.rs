//! 0: a verdict · 1: `check` found something · 2: no verdict.

use crate::support::{LEGACY, Tree};

const LOOKING: [&str; 3] = ["scan", "diff", "check"];

#[test]
fn wrong_usage_is_no_verdict() {
    let tree = Tree::empty();
    for args in [
        &[][..],
        &["scam"],
        &["scan", "--offered"],
        &["scan", "--threads", "0"],
        &["diff", "--runtime-dependency", "{"],
    ] {
        tree.run(args).expect(2);
    }
}

#[test]
fn a_missing_path_is_no_verdict() {
    let tree = Tree::legacy();
    for command in ["scan", "diff", "check", "apply"] {
        let run = tree.run(&[command, ".", "gone"]).expect(2);
        assert!(run.stderr.contains("cannot read `gone`"), "{}", run.stderr);
        assert_eq!(run.stdout, "");
    }
    assert_eq!(tree.read("src/lib.rs"), LEGACY);
}

#[test]
fn legacy_code_fails_the_check_only() {
    let tree = Tree::legacy();
    tree.run(&["scan"]).expect(0);
    tree.run(&["diff"]).expect(0);
    let check = tree.run(&["check"]).expect(1);
    assert!(check.stdout.contains("src/lib.rs:12:"), "{}", check.stdout);
}

#[test]
fn code_that_has_nothing_to_do_with_it_passes() {
    let tree = Tree::empty().with("src/lib.rs", "pub fn with_sink() {}\n");
    for command in LOOKING {
        let run = tree.run(&[command]).expect(0);
        assert_eq!(run.stderr, "");
    }
    assert!(tree.run(&["scan"]).stdout.contains("unrelated"));
}

#[test]
fn an_empty_folder_is_remarked_upon() {
    let run = Tree::empty().run(&["check"]).expect(0);
    assert!(run.stderr.starts_with("warning: "), "{}", run.stderr);
}

#[test]
fn a_file_that_is_not_utf8_is_no_verdict_and_the_rest_is_reported() {
    let tree = Tree::legacy().with("src/latin.rs", b"// geppetto caf\xe9\n");
    for command in LOOKING {
        let run = tree.run(&[command]).expect(2);
        assert!(run.stderr.contains("src/latin.rs:1:16: the file is not UTF-8"), "{}", run.stderr);
        assert!(run.stdout.contains("src/lib.rs"), "{}", run.stdout);
    }
}

#[test]
fn other_encodings_are_fine_where_nothing_legacy_is() {
    let tree = Tree::empty().with("src/lib.rs", b"// caf\xe9\n");
    for command in LOOKING {
        tree.run(&[command]).expect(0);
    }
}

#[test]
fn a_file_that_does_not_parse_is_no_verdict() {
    let tree = Tree::legacy().with("src/bin/broken.rs", "use geppetto::inference::engine::with_sink;\nfn main( {}\n");
    for command in LOOKING {
        let run = tree.run(&[command]).expect(2);
        assert!(run.stderr.contains("src/bin/broken.rs:2:"), "{}", run.stderr);
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_no_verdict() {
    let tree = Tree::legacy();
    std::os::unix::fs::symlink("nowhere", tree.join("src/dangling.rs")).unwrap();
    for command in LOOKING {
        let run = tree.run(&[command]).expect(2);
        assert!(run.stderr.contains("error: src/dangling.rs: "), "{}", run.stderr);
    }
    // What could not be read may use the legacy crate, so its entry stays.
    let diff = tree.run(&["diff"]).expect(2).stdout;
    assert!(!diff.lines().any(|line| line.starts_with("-geppetto")), "{diff}");
}

#[test]
fn a_part_of_a_package_is_judged_with_the_package() {
    let tree = Tree::legacy().with("src/other.rs", "");
    for part in ["src", "src/other.rs"] {
        let run = tree.run(&["check", part]).expect(1);
        assert!(run.stderr.starts_with(&format!("note: `{part}` is a part of the package in `.`")), "{}", run.stderr);
        assert!(run.stdout.contains("src/lib.rs:12:"), "{}", run.stdout);
    }
}
