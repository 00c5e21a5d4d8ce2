use crate::finding::Level;
use crate::go::testing::migrated;

const TURN: &str = "&turns.Turn{Blocks: []turns.Block{turns.NewUserTextBlock(\"hi\")}}";

#[test]
fn runs_in_one_list_have_handles_of_their_own() {
    let run = |name: &str| {
        format!("\t{name}, err := sess.RunInference(ctx, {TURN})\n\tif err != nil {{\n\t\treturn err\n\t}}\n")
    };
    let code = format!(
        "func f(ctx context.Context, eng engine.Engine) error {{\n\
         \tsess := &core.Session{{State: state.NewInferenceState(\"a\", nil, eng)}}\n\
         {}{}\tfmt.Println(len(a.Blocks), len(b.Blocks))\n\treturn nil\n}}\n",
        run("a"),
        run("b")
    );
    let after = migrated(&code, Level::Safe);
    for expected in
        ["\thandle, err := ", "\ta, err := handle.Wait()", "\thandle2, err := ", "\tb, err := handle2.Wait()"]
    {
        assert_eq!(after.matches(expected).count(), 1, "{expected}: {after}");
    }
}

#[test]
fn core_sessions_that_run_where_they_are_made_get_names() {
    let run = format!(
        "\tif _, err := (&core.Session{{State: state.NewInferenceState(\"\", nil, eng)}}).RunInference(ctx, {TURN}); err != nil {{\n\t\treturn err\n\t}}\n"
    );
    let code = format!("func f(ctx context.Context, eng engine.Engine) error {{\n{run}{run}\treturn nil\n}}\n");
    let after = migrated(&code, Level::Safe);
    for expected in ["\tsess := session.NewSession()\n", "\tsess2 := session.NewSession()\n", "handle, err := sess2."] {
        assert_eq!(after.matches(expected).count(), 1, "{expected}: {after}");
    }
}

#[test]
fn a_state_that_is_there_already_runs_itself() {
    let code = format!(
        "func f(ctx context.Context, eng engine.Engine) (*turns.Turn, error) {{\n\
         \tinf := state.NewInferenceState(\"a\", {TURN}, eng)\n\
         \treturn (&core.Session{{State: inf}}).RunInference(ctx, inf.Turn)\n}}\n"
    );
    let after = migrated(&code, Level::Safe);
    assert!(after.contains("\thandle, err := inf.StartInference(ctx)\n"), "{after}");
    assert_eq!(after.matches("inf.Builder = ").count(), 1, "{after}");
}

#[test]
fn a_refused_start_leaves_no_older_result() {
    let code = |first: &str, arm: &str| {
        format!(
            "func f(ctx context.Context, eng engine.Engine) (out *turns.Turn, err error) {{\n\
             \tsess := &core.Session{{State: state.NewInferenceState(\"a\", nil, eng)}}\n{first}\
             \tif out, err = sess.RunInference(ctx, {TURN}); err != nil {{\n\t\t{arm}\n\t}}\n\treturn\n}}\n"
        )
    };
    assert!(!migrated(&code("", "return"), Level::Safe).contains("out = nil"));
    let after = migrated(&code("\tout = &turns.Turn{}\n", "return"), Level::Safe);
    assert_eq!(after.matches("err != nil {\n\t\tout = nil\n\t\treturn\n").count(), 1, "{after}");
}

#[test]
fn a_block_that_reads_the_result_waits_for_it() {
    let code = format!(
        "func f(ctx context.Context, eng engine.Engine) (*turns.Turn, error) {{\n\
         \tsess := &core.Session{{State: state.NewInferenceState(\"a\", nil, eng)}}\n\
         \tout, err := sess.RunInference(ctx, {TURN})\n\tif err != nil {{\n\t\treturn out, err\n\t}}\n\treturn out, nil\n}}\n"
    );
    let after = migrated(&code, Level::Safe);
    assert!(after.contains("\tvar out *turns.Turn\n"), "{after}");
    assert!(
        after
            .contains("\tif err == nil {\n\t\tout, err = handle.Wait()\n\t}\n\tif err != nil {\n\t\treturn out, err\n"),
        "{after}"
    );
}
