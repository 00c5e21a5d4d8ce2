//! A state, a core session, one run.

use crate::go::complications::{Answer, answer, asking, run, session, state};
use crate::go::scene::Scene;

pub(crate) fn one_shot(scene: &mut Scene<'_>) {
    if scene.pick("place", 4) == 3 {
        return in_run(scene);
    }
    ask(scene);
    scene.items(
        r#"
func Run() {
	@sink, @actor := @NewEar(), @NewActor()
	for _, prompt := range []string{"hello", "fail please", "hello again"} {
		@fmt.Printf("%s: %s\n", prompt, @ask(@actor, @sink, prompt))
	}
	@fmt.Println("heard", @sink.Heard())
}"#,
        &[],
    );
}

/// `@ask`, which makes everything anew for one run.
fn ask(scene: &mut Scene<'_>) {
    let seed = asking(scene, "@prompt");
    let (turn, prepared, argument) = match scene.pick("turn", 6) {
        1 => (seed, String::new(), "nil".to_owned()),
        2 => ("nil".to_owned(), String::new(), seed),
        3 => ("@seed".to_owned(), format!("@seed := {seed}"), "@seed".to_owned()),
        4 => ("@seed".to_owned(), format!("@seed := {seed}"), "nil".to_owned()),
        5 => ("&@Turn{}".to_owned(), format!("@seed := {seed}"), "@seed".to_owned()),
        _ => ("nil".to_owned(), format!("@seed := {seed}"), "@seed".to_owned()),
    };
    let id = scene.one_of("id", &["\"one-shot\"", "@fmt.Sprintf(\"run-%d\", len(@prompt))", "\"\"", "@prompt"]);
    let made = state(scene, id, &turn, "@eng");
    let (state, session) = match scene.pick("inline", 3) {
        1 => (String::new(), session(scene, &made, "@sink")),
        _ => (format!("@inf := {made}"), session(scene, "@inf", "@sink")),
    };
    let (value, run) = match scene.pick("run-through", 8) {
        1 => ("begin := @sess.RunInference", format!("begin(<<ctx>>, {argument})")),
        2 if session.contains("&@Session") => {
            ("var run @Runner = @sess", format!("run.RunInference(<<ctx>>, {argument})"))
        }
        3 if session.contains("&@Session") => ("", format!("(*@Session).RunInference(@sess, <<ctx>>, {argument})")),
        _ => ("", run(scene, "@sess", &argument)),
    };
    let text = answer(
        scene,
        &Answer {
            receiver: "",
            name: "@ask",
            parameters: "@eng @Engine, @sink @EventSink, @prompt string",
            arguments: "@eng, @sink, @prompt",
            setup: &format!("{prepared}\n{state}\n{session}\n{value}"),
            run: &run,
            ctx: "@context.Background()",
            can_be_busy: true,
        },
    );
    scene.items(&text, &[]);
}

/// All in one function, which ends the program if anything fails.
fn in_run(scene: &mut Scene<'_>) {
    let seed = asking(scene, "\"hello\"");
    let made = state(scene, "\"main\"", "nil", "@eng");
    let session = session(scene, "@inf", "@sink");
    let run = run(scene, "@sess", "@seed").replace("<<ctx>>", "@ctx");
    let fatal = scene.one_of(
        "fatal",
        &["@log.Fatal(@err)", "@log.Fatalf(\"run: %v\", @err)", "panic(@err)", "@fmt.Println(@err)\n@os.Exit(1)"],
    );
    let by = scene.pick("engine", 3);
    if by == 1 {
        // The engine writes into the turn that it is given.
        for (was, is) in [(" | assistant written <nil>", " <nil>"), ("written 2", "written 1")] {
            scene.may_differ_for("read the result of the run", was, is);
        }
    }
    let engine = match by {
        1 => "@eng := @Scribe{}",
        _ => "@eng, @err := @NewEngineFromParsedValues(&@ParsedValues{})\nif @err != nil {\n<<fatal>>\n}",
    }
    .replace("<<fatal>>", fatal);
    let runs = match scene.pick("runs", 5) {
        3 => format!("_, failure := {run}\n@fmt.Println(@Said(@seed), failure)"),
        4 => format!(
            "@out, failure := {run}\nif failure != nil {{\n{}\n}}\n@fmt.Println(@Said(@out), len(@seed.Blocks), @inf.Turn == @out)",
            fatal.replace("@err", "failure")
        ),
        1 => format!("@out, @err := {run}\nif @err != nil {{\n{fatal}\n}}\n@fmt.Println(@Said(@out))"),
        2 => format!("if _, @err := {run}; @err != nil {{\n{fatal}\n}}\n@fmt.Println(@Said(@inf.Turn))"),
        _ => format!("@out, @err := {run}\nif @err != nil {{\n{fatal}\n}}\n@fmt.Println(@Said(@out), @inf.RunID)"),
    };
    scene.items(
        r#"
func Run() {
	@sink := @NewEar()
	<<engine>>
	@ctx := @context.Background()
	@inf := <<made>>
	<<session>>
	@seed := <<seed>>
	<<runs>>
	@fmt.Println("heard", @sink.Heard())
}"#,
        &[("engine", &engine), ("made", &made), ("session", &session), ("seed", &seed), ("runs", &runs)],
    );
}

/// The same, and tests of it inside and outside of the package.
pub(crate) fn tests(scene: &mut Scene<'_>) {
    ask(scene);
    let check = r#"
func TestRun(t *@testing.T) {
	@sink := @NewEar()
	@inf := @NewInferenceState("test", nil, @NewActor())
	@sess := &@Session{State: @inf, EventSinks: []@EventSink{@sink}}
	@out, @err := @sess.RunInference(@context.Background(), @Asked("hello"))
	if @err != nil {
		t.Fatal(@err)
	}
	if @Said(@out) == "" || @inf.IsRunning() {
		t.Errorf("%v", @out)
	}
}"#;
    let guard = r#"
func TestGuard(t *@testing.T) {
	@inf := @NewInferenceState("test", nil, @NewActor())
	if @err := @inf.CancelRun(); !@errors.Is(@err, @ErrInferenceNotRunning) {
		t.Fatal(@err)
	}
	@eng, @err := @NewEngineFromParsedValues(&@ParsedValues{}, @WithSink(@NewEar()))
	if @err != nil {
		t.Fatal(@err)
	}
	if _, @err := @eng.RunInference(@context.Background(), @Asked("hello")); @err != nil {
		t.Fatal(@err)
	}
}"#;
    scene.in_file("inside_test.go", |scene| scene.items(check, &[]));
    scene.in_file("outside_test.go", |scene| scene.items(guard, &[]));
    scene.items(
        r#"
func Run() {
	@sink := @NewEar()
	@fmt.Println("tested:", @ask(@NewActor(), @sink, "hello"))
	@fmt.Println("heard", @sink.Heard())
}"#,
        &[],
    );
}
