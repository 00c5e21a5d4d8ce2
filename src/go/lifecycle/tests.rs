//! Runs that do not become a start and a wait, and what is said of them.

use crate::finding::Level;
use crate::go::testing::{finding_at, migrated};
use crate::rules::Trap;

const HEAD: &str = "type desk struct {\n\tsess *core.Session\n\topen bool\n}\n\n";

/// A method of the desk with this body, which runs and finishes.
fn method(body: &str) -> String {
    let lines: String = body.lines().map(|line| format!("\t{}\n", line.trim_start_matches("        "))).collect();
    format!("{HEAD}func (d *desk) do(ctx context.Context, seed *turns.Turn) error {{\n{lines}}}\n")
}

fn why(body: &str) -> (Level, String, Vec<Trap>) {
    let finding = finding_at(&method(body), "StartRun");
    (finding.level, finding.why, finding.traps)
}

#[test]
fn a_run_that_is_repeated_or_uncertain_is_reported() {
    let claim = "if err := d.sess.State.StartRun(); err != nil {\n\treturn err\n}\ndefer d.sess.State.FinishRun()\n";
    let cases = [
        ("for range 3 {\n\t_, _ = d.sess.RunInferenceStarted(ctx, seed)\n}\nreturn nil", "repeated"),
        (
            "go func() {\n\tif d.open {\n\t\t_, _ = d.sess.RunInferenceStarted(ctx, seed)\n\t}\n}()\nreturn nil",
            "decided after",
        ),
        ("defer func() { _, _ = d.sess.RunInferenceStarted(ctx, seed) }()\nreturn nil", "deferred"),
        (
            "go func() {\n\tturns.AppendBlock(seed, turns.NewUserTextBlock(\"x\"))\n\t_, _ = d.sess.RunInferenceStarted(ctx, seed)\n}()\nreturn nil",
            "changes inside",
        ),
        (
            "go func() {\n\tctx = events.WithEventSinks(ctx, nil)\n\t_, _ = d.sess.RunInferenceStarted(ctx, seed)\n}()\nreturn nil",
            "is made inside",
        ),
    ];
    for (run, reason) in cases {
        let (level, said, _) = why(&format!("{claim}{run}"));
        assert_eq!(level, Level::Report, "{run}");
        assert!(said.contains(reason), "{run}: {said}");
    }
}

#[test]
fn a_claim_whose_refusal_cannot_be_read_is_reported() {
    let run = "_, err := d.sess.RunInferenceStarted(ctx, seed)\nd.sess.State.FinishRun()\nreturn err";
    let cases = [
        ("_ = d.sess.State.StartRun()", "nobody looks"),
        ("d.sess.State.StartRun()", "nobody looks"),
        ("if claimed := d.sess.State.StartRun(); claimed != nil {\n\tfmt.Println(claimed)\n}", "does not leave"),
        (
            "if claimed := d.sess.State.StartRun(); errors.Is(claimed, state.ErrInferenceRunning) {\n\treturn claimed\n}",
            "other ways",
        ),
    ];
    for (claim, reason) in cases {
        let (level, said, traps) = why(&format!("{claim}\n{run}"));
        assert_eq!(level, Level::Report, "{claim}");
        assert!(said.contains(reason), "{claim}: {said}");
        assert_eq!(traps.contains(&Trap::DroppedStartError), reason == "nobody looks", "{claim}");
    }
}

#[test]
fn a_stored_function_that_does_more_than_cancelling_is_reported() {
    let body = "if err := d.sess.State.StartRun(); err != nil {\n\treturn err\n}\nrunCtx, cancel := context.WithCancel(ctx)\nd.sess.State.SetCancel(func() {\n\td.open = false\n\tcancel()\n})\n_, err := d.sess.RunInferenceStarted(runCtx, seed)\nd.sess.State.FinishRun()\nreturn err";
    let (level, said, traps) = why(body);
    assert_eq!((level, traps.contains(&Trap::RunContext)), (Level::Report, true), "{said}");
}

#[test]
fn a_start_stands_where_its_run_is_certain() {
    let body = "if err := d.sess.State.StartRun(); err != nil {\n\treturn err\n}\ndefer d.sess.State.FinishRun()\nif d.open {\n\t_, err := d.sess.RunInferenceStarted(ctx, seed)\n\treturn err\n}\nreturn nil";
    let after = migrated(&method(body), Level::Offered);
    let start = after.find("handle, startErr := d.sess.StartInference(ctx)").unwrap_or_else(|| panic!("{after}"));
    assert!(after.find("if d.open {").is_some_and(|at| at < start), "{after}");
}
