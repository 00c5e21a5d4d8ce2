//! Help texts, and what there is to read about rules.

use crate::support::Tree;

#[test]
fn help_texts_are_as_they_were() {
    let tree = Tree::empty();
    for command in ["scan", "diff", "apply", "undo", "check", "rules", "explain"] {
        let help = tree.run(&[command, "--help"]).expect(0).stdout;
        assert!(help.contains("Examples:\n  geppetto-migrate "), "{help}");
        insta::assert_snapshot!(format!("help_{command}"), help);
    }
    insta::assert_snapshot!("help", tree.run(&["--help"]).expect(0).stdout);
}

#[test]
fn every_rule_is_listed_and_explained() {
    let tree = Tree::empty();
    let listed = tree.run(&["rules"]).expect(0).stdout;
    assert_eq!(listed.lines().count(), 12);
    for line in listed.lines() {
        let id = line.split(' ').next().unwrap();
        let docs = tree.run(&["explain", id]).expect(0).stdout;
        assert!(docs.starts_with(&format!("# {id}\n")), "{docs}");
    }
}

#[test]
fn traps_and_levels_are_explained() {
    let tree = Tree::empty();
    let explain = |id: &str| tree.run(&["explain", id]).expect(0).stdout;
    insta::assert_snapshot!("explain_draft", explain("draft"));
    assert_eq!(explain("safe"), explain("draft"));
    let trap = explain("no-counterpart");
    assert!(trap.starts_with("# no-counterpart\n\nA trap, a behavior that may differ: the new API has no"), "{trap}");
    assert!(trap.contains("\n- `state-access`: a session's engine cannot be asked for"), "{trap}");
}

#[test]
fn an_unknown_rule_gets_a_suggestion() {
    let run = Tree::empty().run(&["explain", "engine-snk"]).expect(2);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("did you mean `engine-sink`"), "{}", run.stderr);
}
