//! What is printed: the form, the colours, the same for any number of threads, and into a closed pipe.

use std::process::Stdio;

use crate::support::{LEGACY, Run, Tree};

#[test]
fn scan_shows_sites_ledger_and_packages() {
    insta::assert_snapshot!("scan", Tree::legacy().run(&["scan"]).expect(0).stdout);
}

#[test]
fn the_ledger_lists_every_occurrence() {
    let tree = Tree::legacy()
        .with("src/broken.rs", "use geppetto::inference::engine::with_sink;\nfn main( {}\n")
        .with("src/other.rs", "mod with_sink {}\n")
        .with("build.rs", b"// \xe9 start_run\n");
    insta::assert_snapshot!("ledger", tree.run(&["scan", "--ledger"]).expect(2).stdout);
}

#[test]
fn check_shows_a_line_a_site() {
    insta::assert_snapshot!("check", Tree::legacy().run(&["check"]).expect(1).stdout);
}

#[test]
fn paths_are_shown_as_they_were_given() {
    let tree = Tree::legacy();
    let whole = tree.path().to_str().unwrap();
    for (root, shown) in [("./.", " src/lib.rs:12:"), ("src/..", " src/../src/lib.rs:12:"), (whole, whole)] {
        let run = tree.run(&["scan", root]).expect(0);
        assert!(run.stdout.contains(shown), "{root}: {}", run.stdout);
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let mut tree = Tree::legacy();
    for number in 0..40 {
        tree = tree.with(&format!("examples/example{number}.rs"), LEGACY);
    }
    for command in ["scan", "diff", "check"] {
        let one = tree.run(&[command, "--threads", "1"]);
        let four = tree.run(&[command, "--threads", "4"]);
        assert!(one.stdout.contains("examples/example39.rs"), "{}", one.stdout);
        assert_eq!((one.code, one.stdout, one.stderr), (four.code, four.stdout, four.stderr));
    }
}

#[test]
fn colors_come_when_they_are_wanted() {
    let tree = Tree::legacy();
    let colored = |args: &[&str], variables: &[(&str, &str)]| {
        let mut command = tree.command(args);
        command.envs(variables.iter().copied());
        Run::of(command.output().unwrap()).stdout.contains('\u{1b}')
    };
    for command in ["scan", "diff", "check"] {
        assert!(!colored(&[command], &[]));
        assert!(colored(&[command], &[("CLICOLOR_FORCE", "1")]));
        assert!(colored(&[command, "--color", "always"], &[("NO_COLOR", "1")]));
        assert!(!colored(&[command, "--color=never"], &[("CLICOLOR_FORCE", "1")]));
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let tree = Tree::legacy();
    let totals = "note: ledger: 8 occurrences of legacy names: 8 rewritten\n";
    for (command, code, told) in [("scan", 0, ""), ("diff", 0, totals), ("check", 1, ""), ("rules", 0, "")] {
        let mut child = tree.command(&[command]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let run = Run::of(child.wait_with_output().unwrap()).expect(code);
        assert_eq!(run.stderr, told);
    }
}
