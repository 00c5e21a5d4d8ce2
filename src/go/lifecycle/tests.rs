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
            "changes inside",
        ),
    ];
    for (run, reason) in cases {
        let (level, said, _) = why(&format!("{claim}{run}"));
        assert_eq!(level, Level::Report, "{run}");
        assert!(said.contains(reason), "{run}: {said}");
    }
}

#[test]
fn a_run_that_may_not_come_or_come_twice_is_reported() {
    let claim = "if err := d.sess.State.StartRun(); err != nil {\n\treturn err\n}\n";
    let given = "defer d.sess.State.FinishRun()\nreturn again(func() error {\n\t_, err := d.sess.RunInferenceStarted(ctx, seed)\n\treturn err\n})";
    let early = "go func() {\n\tdefer d.sess.State.FinishRun()\n\tif !d.open {\n\t\treturn\n\t}\n\t_, _ = d.sess.RunInferenceStarted(ctx, seed)\n}()\nreturn nil";
    let again = "func again(f func() error) error {\n\tfor f() != nil {\n\t}\n\treturn nil\n}\n";
    let once = "func again(f func() error) error {\n\treturn f()\n}\n";
    let level = |body: &str, beside: &str| {
        let finding = finding_at(&format!("{}\n{beside}", method(&format!("{claim}{body}"))), "StartRun");
        (finding.level, finding.why)
    };
    assert!(level(given, again).1.contains("any number of times"));
    assert_eq!(level(given, once).0, Level::Offered);
    assert!(level(early, "").1.contains("decides whether it takes place"));
}

#[test]
fn what_answers_a_refused_claim_is_not_done_twice() {
    let body = "d.lock()\nif err := d.sess.State.StartRun(); err != nil {\n\td.unlock()\n\treturn err\n}\nd.unlock()\n_, err := d.sess.RunInferenceStarted(ctx, seed)\nd.sess.State.FinishRun()\nreturn err";
    let code = format!("{}\nfunc (d *desk) lock() {{}}\n\nfunc (d *desk) unlock() {{}}\n", method(body));
    let after = migrated(&code, Level::Offered);
    let start = after.find("StartInference(ctx)").unwrap_or_else(|| panic!("{after}"));
    assert!(after.rfind("\td.unlock()\n").is_some_and(|at| at > start), "{after}");
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

const CLAIM: &str = "if err := d.sess.State.StartRun(); err != nil {\n\treturn err\n}\n";

#[test]
fn a_run_of_another_state_than_the_claimed_one_is_reported() {
    let other = "defer d.sess.State.FinishRun()\n_, err := other.desk.sess.RunInferenceStarted(ctx, seed)\nreturn err";
    let (level, said, _) = why(&format!("other := struct{{ desk *desk }}{{d}}\n{CLAIM}{other}"));
    assert!(level == Level::Report && said.contains("another state"), "{said}");
    let called = "if err := pick().sess.State.StartRun(); err != nil {\n\treturn err\n}\n_, err := pick().sess.RunInferenceStarted(ctx, seed)\npick().sess.State.FinishRun()\nreturn err";
    let code = format!("{}\nfunc pick() *desk {{ return nil }}\n", method(called));
    let finding = finding_at(&code, "StartRun");
    assert!(finding.level == Level::Report && finding.why.contains("each time"), "{}", finding.why);
}

#[test]
fn what_is_changed_in_front_of_the_run_does_not_move() {
    let run = "\t_, _ = d.sess.RunInferenceStarted(ctx, turn)\n\td.sess.State.FinishRun()\n}()\nreturn nil";
    let make = "\tturn := turns.NewTurnBuilder().WithUserPrompt(text).Build()\n";
    let cases = [
        ("\ttext = text + \"!\"\n", "changes inside"),
        ("\td.open = true\n", "may change"),
        ("\tfmt.Println(\"begin\")\n", "may change"),
    ];
    for (first, reason) in cases {
        let (level, said, _) = why(&format!("text := \"hello\"\n{CLAIM}go func() {{\n{first}{make}{run}"));
        assert!(level == Level::Report && said.contains(reason), "{first}: {said}");
    }
    let slow = "\tturn := ask(ctx)\n";
    let code = format!(
        "{}\nfunc ask(ctx context.Context) *turns.Turn {{\n\t<-ctx.Done()\n\treturn nil\n}}\n",
        method(&format!("{CLAIM}go func() {{\n{slow}{run}"))
    );
    let finding = finding_at(&code, "StartRun");
    assert!(finding.level == Level::Report && finding.why.contains("`ask(ctx)`"), "{}", finding.why);
}

#[test]
fn what_comes_in_front_of_the_run_or_frees_early_is_named() {
    let waits = "go func() {\n\tdefer d.sess.State.FinishRun()\n\t<-ctx.Done()\n\t_, _ = d.sess.RunInferenceStarted(ctx, seed)\n}()\nreturn nil";
    let (level, _, traps) = why(&format!("{CLAIM}{waits}"));
    assert!(level == Level::Report || traps.contains(&Trap::EagerStart), "{traps:?}");
    let early =
        "defer d.sess.State.FinishRun()\ngo func() {\n\t_, _ = d.sess.RunInferenceStarted(ctx, seed)\n}()\nreturn nil";
    let (_, _, traps) = why(&format!("{CLAIM}{early}"));
    assert!(traps.contains(&Trap::KillFreesLater), "{traps:?}");
}

#[test]
fn a_start_stands_where_its_run_is_certain() {
    let body = "if err := d.sess.State.StartRun(); err != nil {\n\treturn err\n}\ndefer d.sess.State.FinishRun()\nif d.open {\n\t_, err := d.sess.RunInferenceStarted(ctx, seed)\n\treturn err\n}\nreturn nil";
    let after = migrated(&method(body), Level::Offered);
    let start = after.find("handle, startErr := d.sess.StartInference(ctx)").unwrap_or_else(|| panic!("{after}"));
    assert!(after.find("if d.open {").is_some_and(|at| at < start), "{after}");
}

#[test]
fn a_function_that_may_be_called_often_or_never_is_reported() {
    let run = "_, err := d.sess.RunInferenceStarted(ctx, seed)";
    let cases = [
        format!("run := func() error {{\n\t{run}\n\treturn err\n}}\nif d.open {{\n\treturn nil\n}}\nreturn run()"),
        format!("return retry(func() error {{\n\t{run}\n\treturn err\n}})"),
        format!("go func() {{\n\tif d.open {{\n\t\treturn\n\t}}\n\t{run}\n\tfmt.Println(err)\n}}()\nreturn nil"),
    ];
    for case in cases {
        let retry = "func retry(f func() error) error {\n\tfor f() != nil {\n\t}\n\treturn nil\n}\n";
        let code = format!("{}\n{retry}", method(&format!("{CLAIM}defer d.sess.State.FinishRun()\n{case}")));
        let finding = finding_at(&code, "StartRun");
        assert_eq!(finding.level, Level::Report, "{case}: {}", finding.why);
    }
}

#[test]
fn what_is_told_or_given_back_behind_the_claim_stays_behind_the_start() {
    let claim = "d.Lock()\nif err := d.sess.State.StartRun(); err != nil {\n\td.Unlock()\n\treturn err\n}\nd.open = true\nd.Unlock()\n";
    let run = "_, err := d.sess.RunInferenceStarted(ctx, seed)\nd.sess.State.FinishRun()\nreturn err";
    let lock = "func (d *desk) Lock() {}\n\nfunc (d *desk) Unlock() {}\n";
    let after = migrated(&format!("{}\n{lock}", method(&format!("{claim}{run}"))), Level::Offered);
    let [start, told] = ["d.sess.StartInference(ctx)", "d.Unlock()\n\t_, err"].map(|text| after.find(text));
    assert!(start.is_some() && start < told, "{after}");
}
