//! Drafts: changes that compile and leave something to a person, which a comment says until it is decided.

use crate::support::Tree;

const LIB: &str = "\
use geppetto::prelude::*;

pub fn adopt(state: &InferenceState, id: &str) -> bool {
    state.set_run_id(id);
    state.is_running()
}
";

const MARKER: &str = "    // MIGRATE(no-counterpart): the id `id` is not taken: make the session with it (`Session::with_id`), or do without\n";

/// A package whose only unit is a draft.
fn draft() -> Tree {
    Tree::package(LIB).committed()
}

/// The same after it was made.
fn drafted() -> Tree {
    let tree = draft();
    tree.run(&["apply", "--draft"]).expect(0);
    tree
}

#[test]
fn drafts_are_made_when_they_are_asked_for() {
    let tree = draft();
    for args in [&["diff"][..], &["diff", "--offered"]] {
        assert_eq!(tree.run(args).expect(0).stdout, "");
    }
    let diff = tree.run(&["diff", "--draft"]).expect(0).stdout;
    let marker = MARKER.trim_end();
    assert!(diff.contains(&format!("\n+{marker}\n+    drop::<(_, String)>((&state, id.into()));\n")), "{diff}");
    let offered = tree.run(&["apply", "--offered"]).expect(0).stdout;
    assert!(offered.contains("\n5 draft: see `scan`, make them with `apply --draft`\n"), "{offered}");
    let applied = tree.run(&["apply", "--draft"]).expect(0).stdout;
    assert!(applied.contains("changed src/lib.rs\n"), "{applied}");
    assert!(applied.ends_with("\n1 to decide: see the comments `// MIGRATE(…)`, which `scan` lists\n"), "{applied}");
    assert!(tree.read("src/lib.rs").contains(MARKER));
}

#[test]
fn it_makes_what_is_offered_as_well() {
    let offered = "\npub fn label(state: &InferenceState) -> String {\n    format!(\"{state:?}\")\n}\n";
    let tree = Tree::package(&format!("{LIB}{offered}")).committed();
    let applied = tree.run(&["apply", "--draft"]).expect(0).stdout;
    assert!(!applied.contains("offered: see"), "{applied}");
    assert!(tree.read("src/lib.rs").contains("pub fn label(state: &Session) -> String"));
    assert!(!tree.read("Cargo.toml").contains("geppetto ="));
}

#[test]
fn a_marker_is_listed_and_fails_the_check_until_it_goes() {
    let tree = drafted();
    let check = tree.run(&["check"]).expect(1).stdout;
    assert!(
        check.starts_with("src/lib.rs:4:5: draft[no-counterpart]: drafted, to be decided: the id `id` is"),
        "{check}"
    );
    assert!(check.ends_with("\nsomething is left to decide: 1 marker of drafts to decide\n"), "{check}");
    insta::assert_snapshot!("draft_scan", tree.run(&["scan"]).expect(0).stdout);
    let ledger = tree.run(&["scan", "--ledger"]).expect(0).stdout;
    assert!(ledger.contains("src/lib.rs:4:5: draft: `MIGRATE(no-counterpart)`\n"), "{ledger}");
    let decided = tree.read("src/lib.rs").replace(MARKER, "");
    tree.with("src/lib.rs", decided).run(&["check"]).expect(0);
}

#[test]
fn a_second_run_leaves_drafts_alone_and_undo_takes_them_back() {
    let tree = drafted();
    assert_eq!(tree.run(&["diff", "--draft"]).expect(0).stdout, "");
    let again = tree.run(&["apply", "--draft", "--allow-dirty"]).expect(0).stdout;
    assert!(again.starts_with("nothing to change\n") && again.contains("\n1 to decide: "), "{again}");
    tree.run(&["undo"]).expect(0);
    assert_eq!(tree.read("src/lib.rs"), LIB);
    tree.git(&["diff", "--exit-code"]);
}

#[test]
fn lines_end_as_the_file_does() {
    let tree = Tree::package(&LIB.replace('\n', "\r\n")).committed();
    tree.run(&["apply", "--draft"]).expect(0);
    let after = tree.read("src/lib.rs");
    assert!(after.contains(&MARKER.replace('\n', "\r\n")), "{after}");
    assert_eq!(after.matches('\n').count(), after.matches("\r\n").count());
}

/// A package that has been migrated, under a name of its own for the new crate.
fn renamed(lib: &str) -> Tree {
    let manifest = "[package]\nname = \"downstream\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
                    rt = { package = \"geppetto-runtime\", version = \"0.1\" }\n";
    Tree::empty().with("Cargo.toml", manifest).with("src/lib.rs", lib)
}

#[test]
fn only_comments_are_markers_and_only_where_an_api_is_known() {
    let lib = "pub use rt::session::Session;\n\n/* MIGRATE(odd-trap): what? */\n\
               /// // MIGRATE(no-counterpart): in an example\npub const TEXT: &str = \"\n// MIGRATE(no-counterpart): no\n\";\n";
    let tree = renamed(lib).with("README.md", "```rust\n// MIGRATE(no-counterpart): no\n```\n");
    let check = tree.run(&["check"]).expect(1).stdout;
    let told = "src/lib.rs:3:1: draft[odd-trap]: drafted, to be decided: what?\n\
                ledger: 1 occurrence of legacy names, 1 marker of drafts: 1 draft, 1 unrelated\n\
                something is left to decide: 1 marker of drafts to decide\n";
    assert_eq!(check, told);
    assert!(tree.run(&["scan"]).expect(0).stdout.contains("= trap: odd-trap — there is no such trap\n"));
    Tree::empty().with("src/lib.rs", lib.replace("rt::", "other::")).run(&["check"]).expect(0);
}

const GO_MAIN: &str = "\
package main

import (
	\"context\"

	\"github.com/go-go-golems/geppetto/pkg/inference/core\"
	\"github.com/go-go-golems/geppetto/pkg/inference/engine\"
	\"github.com/go-go-golems/geppetto/pkg/inference/state\"
	\"github.com/go-go-golems/geppetto/pkg/turns\"
)

type Chat struct{ inf *state.InferenceState }

func NewChat(eng engine.Engine) *Chat {
	return &Chat{inf: state.NewInferenceState(\"chat\", nil, eng)}
}

func (c *Chat) Ask(ctx context.Context) error {
	run := &core.Session{State: c.inf}
	_, err := run.RunInference(ctx, turns.NewTurnBuilder().WithUserPrompt(\"hi\").Build())
	return err
}

func (c *Chat) Reset() {
	println(`
// MIGRATE(kill-frees-later): in a text
`); c.inf.FinishRun()
}
";

#[test]
fn a_draft_in_go_is_made_told_and_taken_back() {
    let manifest = "module example.com/app\n\ngo 1.24\n\nrequire github.com/go-go-golems/geppetto v0.4.0\n";
    let tree = Tree::empty().with("go.mod", manifest).with("main.go", GO_MAIN).committed();
    assert_eq!(tree.run(&["diff", "--offered"]).expect(0).stdout, "");
    tree.run(&["apply", "--draft"]).expect(0);
    let after = tree.read("main.go");
    let asked = "\n\t// MIGRATE(kill-frees-later): the session was freed here, whatever ran; now its run frees it: cancel that here \
                 (`CancelActive()`), or leave it so\n\tprintln(`\n// MIGRATE(kill-frees-later): in a text\n`)";
    assert!(after.contains(asked) && !after.contains("FinishRun"), "{after}");
    let check = tree.run(&["check"]).expect(1).stdout;
    assert!(check.contains("draft[kill-frees-later]: drafted, to be decided: the session was freed here"), "{check}");
    assert!(check.ends_with("\nsomething is left to decide: 1 marker of drafts to decide\n"), "{check}");
    assert_eq!(tree.run(&["diff", "--draft"]).expect(0).stdout, "");
    tree.run(&["undo"]).expect(0);
    assert_eq!(tree.read("main.go"), GO_MAIN);
}

#[test]
fn markers_in_go_modules_are_told_as_well() {
    let mod_file = "module example.com/app\n\ngo 1.24\n\nrequire github.com/go-go-golems/geppetto v0.5.0\n";
    let main = "package main\n\nfunc main() {\n\tprintln(`\n// MIGRATE(check-then-act): no\n`)\n\
                \t// MIGRATE(check-then-act): lock it, or refuse\n\tprintln(2)\n}\n";
    let tree = Tree::empty().with("go.mod", mod_file).with("main.go", main).committed();
    let check = tree.run(&["check"]).expect(1).stdout;
    let told = "main.go:7:2: draft[check-then-act]: drafted, to be decided: lock it, or refuse\n";
    assert!(check.starts_with(told), "{check}");
    assert_eq!(tree.run(&["diff", "--draft"]).expect(0).stdout, "");
    let elsewhere = Tree::empty().with("go.mod", mod_file.replace("geppetto", "other")).with("main.go", main);
    elsewhere.run(&["check"]).expect(0);
}

#[test]
fn a_marked_file_that_cannot_be_read_is_no_verdict() {
    let tree = renamed("pub use rt::session::Session;\n").with("src/latin.rs", b"// MIGRATE(odd): caf\xe9\n");
    let check = tree.run(&["check"]).expect(2);
    assert!(check.stderr.contains("src/latin.rs:1:21: the file is not UTF-8"), "{}", check.stderr);
}
