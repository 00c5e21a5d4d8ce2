use crate::finding::Level;
use crate::go::testing::{finding_at, migrated};

const TURN: &str = "&turns.Turn{Blocks: []turns.Block{turns.NewUserTextBlock(\"hi\")}}";

/// A function whose state is asked whether it runs, so that it must stay a session.
fn of_session(results: &str, body: &str) -> String {
    format!(
        "func f(ctx context.Context, eng engine.Engine) {results} {{\n\
         \tinf := state.NewInferenceState(\"a\", nil, eng)\n\tfmt.Println(inf.IsRunning())\n\
         \tsess := &core.Session{{State: inf}}\n{body}}}\n"
    )
}

#[test]
fn runs_in_one_list_have_handles_of_their_own() {
    let run = |name: &str| {
        format!("\t{name}, err := sess.RunInference(ctx, {TURN})\n\tif err != nil {{\n\t\treturn err\n\t}}\n")
    };
    let body = format!("{}{}\tfmt.Println(len(a.Blocks), len(b.Blocks))\n\treturn nil\n", run("a"), run("b"));
    let after = migrated(&of_session("error", &body), Level::Safe);
    for expected in
        ["\thandle, err := ", "\ta, err := handle.Wait()", "\texecution, err := ", "\tb, err := execution.Wait()"]
    {
        assert_eq!(after.matches(expected).count(), 1, "{expected}: {after}");
    }
}

#[test]
fn a_refused_start_leaves_no_older_result() {
    let code = |first: &str, arm: &str| {
        let run = format!(
            "{first}\tif out, err = sess.RunInference(ctx, {TURN}); err != nil {{\n\t\t{arm}\n\t}}\n\treturn\n"
        );
        of_session("(out *turns.Turn, err error)", &run)
    };
    assert!(!migrated(&code("", "return"), Level::Safe).contains("out = nil"));
    let after = migrated(&code("\tout = &turns.Turn{}\n", "return"), Level::Safe);
    assert_eq!(after.matches("err != nil {\n\t\tout = nil\n\t\treturn\n").count(), 1, "{after}");
}

#[test]
fn a_block_that_reads_the_result_waits_for_it() {
    let run = format!(
        "\tout, err := sess.RunInference(ctx, {TURN})\n\tif err != nil {{\n\t\treturn out, err\n\t}}\n\treturn out, nil\n"
    );
    let after = migrated(&of_session("(*turns.Turn, error)", &run), Level::Safe);
    assert!(after.contains("\tvar out *turns.Turn\n"), "{after}");
    assert!(
        after
            .contains("\tif err == nil {\n\t\tout, err = handle.Wait()\n\t}\n\tif err != nil {\n\t\treturn out, err\n"),
        "{after}"
    );
}

#[test]
fn a_state_in_a_header_is_made_there() {
    let code = format!(
        "func f(ctx context.Context, eng engine.Engine) (*turns.Turn, error) {{\n\
         \tif inf := state.NewInferenceState(\"a\", nil, eng); !inf.IsRunning() {{\n\t\tsess := &core.Session{{State: inf}}\n\
         \t\treturn sess.RunInference(ctx, {TURN})\n\t}}\n\treturn nil, nil\n}}\n"
    );
    let made =
        "if inf := (&session.Session{SessionID: \"a\", Builder: enginebuilder.New(enginebuilder.WithBase(eng))}); !";
    let after = migrated(&code, Level::Safe);
    assert!(after.contains(made), "{after}");
}

/// What becomes of `body` in a function that has an engine, sinks and turns; all of it is safe.
fn in_place(body: &str) -> String {
    let head = "(ctx context.Context, eng, other engine.Engine, p events.EventSink, seed *turns.Turn) (*turns.Turn, error) {\n";
    let after = migrated(&format!("func f{head}{body}}}\n"), Level::Safe);
    let start = after.find(head).map_or(0, |at| at + head.len());
    after[start..after.rfind('}').unwrap_or(after.len())].to_owned()
}

fn one_shot(parts: &str, seed: &str) -> String {
    in_place(&format!(
        "\tinf := state.NewInferenceState(\"a\", nil, eng)\n\tsess := &core.Session{{State: inf{parts}}}\n\
         \treturn sess.RunInference(ctx, {seed})\n"
    ))
}

#[test]
fn a_one_shot_is_the_run_of_its_engine() {
    assert_eq!(one_shot("", TURN), format!("\treturn eng.RunInference(ctx, {TURN})\n"));
    let sinks = ", EventSinks: []events.EventSink{p, nil}";
    let after = format!("\treturn eng.RunInference(events.WithEventSinks(ctx, p, nil), {TURN})\n");
    assert_eq!(one_shot(sinks, TURN), after);
    let on_the_spot = format!(
        "\treturn (&core.Session{{State: state.NewInferenceState(\"\", nil, eng)}}).RunInference(ctx, {TURN})\n"
    );
    assert_eq!(in_place(&on_the_spot), one_shot("", TURN));
}

#[test]
fn statements_that_share_a_line_go_with_their_semicolon() {
    let line = format!(
        "\tif eng != nil {{ s := core.Session{{State: state.NewInferenceState(\"\", nil, eng)}}; s.RunInference(ctx, {TURN}) }}\n\
         \treturn nil, nil\n"
    );
    let after = format!("\tif eng != nil {{ eng.RunInference(ctx, {TURN}) }}\n\treturn nil, nil\n");
    assert_eq!(in_place(&line), after);
}

#[test]
fn a_turn_that_may_be_nil_is_an_empty_one() {
    assert_eq!(one_shot("", "nil"), "\treturn eng.RunInference(ctx, &turns.Turn{})\n");
    assert_eq!(one_shot("", "seed"), "\treturn eng.RunInference(ctx, cmp.Or(seed, &turns.Turn{}))\n");
    let own = "\tinf := state.NewInferenceState(\"a\", seed, eng)\n\tsess := core.Session{State: inf}\n";
    let run = |seed: &str| in_place(&format!("{own}\treturn sess.RunInference(ctx, {seed})\n"));
    let after = "\treturn eng.RunInference(ctx, cmp.Or(seed, &turns.Turn{}))\n";
    assert_eq!([run("nil"), run("inf.Turn"), run("seed")], [after; 3]);
}

#[test]
fn what_may_change_is_taken_down_where_the_state_was_made() {
    let body = |between: &str| {
        in_place(&format!(
            "\tinf := state.NewInferenceState(\"a\", nil, eng)\n{between}\tsess := &core.Session{{State: inf}}\n\
             \treturn sess.RunInference(ctx, {TURN})\n"
        ))
    };
    assert_eq!(body("\tfmt.Println()\n"), format!("\tfmt.Println()\n\treturn eng.RunInference(ctx, {TURN})\n"));
    let after = format!("\tbase := eng\n\teng = other\n\treturn base.RunInference(ctx, {TURN})\n");
    assert_eq!(body("\teng = other\n"), after);
}

#[test]
fn what_was_there_for_the_state_alone_goes() {
    let body = |id: &str, before: &str| {
        in_place(&format!(
            "{before}\tsess := &core.Session{{State: state.NewInferenceState({id}, nil, eng)}}\n\
             \treturn sess.RunInference(ctx, {TURN})\n"
        ))
    };
    let run = format!("\treturn eng.RunInference(ctx, {TURN})\n");
    assert_eq!(body("id", "\tid := uuid.NewString()\n"), run);
    assert_eq!(body("id", "\tid := next()\n"), format!("\tid := next()\n\t_ = id\n{run}"));
    assert_eq!(body("next()", ""), format!("\t_ = next()\n{run}"));
    let twice = format!(
        "\tid := uuid.NewString()\n\tfirst := &core.Session{{State: state.NewInferenceState(id, nil, eng)}}\n\
         \tfirst.RunInference(ctx, {TURN})\n"
    );
    let first = format!("\tid := uuid.NewString()\n\t_ = id\n\teng.RunInference(ctx, {TURN})\n\t_ = id\n");
    assert_eq!(body("id", &twice), format!("{first}{run}"));
    let used = "\tid := \"b\"\n\tfmt.Println(id)\n";
    assert_eq!(body("id", used), format!("{used}{run}"));
}

#[test]
fn the_turn_of_a_state_behind_its_run_is_the_result() {
    let body = |seed: &str, reads: &str| {
        in_place(&format!(
            "\tinf := state.NewInferenceState(\"a\", nil, eng)\n\tsess := &core.Session{{State: inf}}\n\
             \t_, err := sess.RunInference(ctx, {seed})\n\tif err != nil {{\n\t\treturn nil, err\n\t}}\n{reads}"
        ))
    };
    let after = format!(
        "\tout, err := eng.RunInference(ctx, {TURN})\n\tif err != nil {{\n\t\treturn nil, err\n\t}}\n\
         \tfmt.Println(\"a\")\n\treturn out, nil\n"
    );
    assert_eq!(body(TURN, "\tfmt.Println(inf.RunID)\n\treturn inf.Turn, nil\n"), after);
    let again = format!("\treturn sess.RunInference(ctx, {TURN})\n");
    assert_eq!(body(TURN, &again).matches("eng.RunInference").count(), 2);
    let of_history = [body("nil", &again), body(TURN, "\treturn sess.RunInference(ctx, nil)\n")];
    assert!(of_history.iter().all(|after| !after.contains("eng.RunInference")), "{of_history:?}");
}

#[test]
fn what_has_more_than_sinks_runs_through_a_builder() {
    let after = one_shot(", SnapshotHook: nil", TURN);
    assert_eq!(after, one_shot("", TURN));
    let after = one_shot(", Registry: tools.NewInMemoryToolRegistry(), EventSinks: []events.EventSink{p}", TURN);
    assert_eq!(
        after,
        format!(
            "\tbuilder := enginebuilder.New(\n\t\tenginebuilder.WithBase(eng),\n\
             \t\tenginebuilder.WithToolRegistry(tools.NewInMemoryToolRegistry()),\n\
             \t\tenginebuilder.WithEventSinks(p),\n\t)\n\
             \trunner, err := builder.Build(ctx, \"\")\n\tif err != nil {{\n\t\treturn nil, err\n\t}}\n\
             \treturn runner.RunInference(ctx, {TURN})\n"
        )
    );
}

#[test]
fn a_context_that_is_kept_ends_with_its_run() {
    let watching = "type watcher struct{ engine.Engine }\n\n\
                    func (w watcher) RunInference(ctx context.Context, t *turns.Turn) (*turns.Turn, error) {\n\
                    \tgo func() { <-ctx.Done() }()\n\treturn w.Engine.RunInference(ctx, t)\n}\n";
    let code = format!(
        "{watching}\nfunc f(ctx context.Context, eng engine.Engine) (*turns.Turn, error) {{\n\
         \tsess := &core.Session{{State: state.NewInferenceState(\"\", nil, eng)}}\n\
         \treturn sess.RunInference(ctx, {TURN})\n}}\n"
    );
    let lines = |indent: &str| {
        format!(
            "{indent}runCtx, cancel := context.WithCancel(ctx)\n{indent}defer cancel()\n\
             {indent}return eng.RunInference(runCtx, {TURN})\n"
        )
    };
    let after = migrated(&code, Level::Safe);
    assert!(after.contains(&lines("\t")), "{after}");
    let assigned =
        code.replace("\treturn sess.Run", "\tout, err := sess.Run").replace(")\n}\n", ")\n\treturn out, err\n}\n");
    let call = format!("\tout, err := func() (*turns.Turn, error) {{\n{}\t}}()\n", lines("\t\t"));
    let after = migrated(&assigned, Level::Safe);
    assert!(after.contains(&call), "{after}");
    let waiting = code.replace("go func() { <-ctx.Done() }()", "<-ctx.Done()");
    assert!(migrated(&waiting, Level::Safe).contains("\treturn eng.RunInference(ctx, "));
}

#[test]
fn a_runner_gives_ids_to_who_looks_at_them() {
    let code = |look: &str| {
        format!(
            "func f(ctx context.Context, eng engine.Engine, hook toolloop.SnapshotHook) (*turns.Turn, error) {{\n\
             \tsess := &core.Session{{State: state.NewInferenceState(\"\", nil, eng), SnapshotHook: hook}}\n\
             \tout, err := sess.RunInference(ctx, {TURN})\n\t{look}\n\treturn out, err\n}}\n"
        )
    };
    assert_eq!(finding_at(&code("fmt.Println(len(out.Blocks))"), "RunInference").level, Level::Safe);
    for look in ["fmt.Println(out.ID)", "fmt.Println(out)"] {
        assert_eq!(finding_at(&code(look), "RunInference").level, Level::Offered, "{look}");
    }
}
