//! Wrappers around cancel, is-running and kill.

use geppetto_migrate::rules::Trap;

use crate::go::complications::{Answer, Keeping, answer};
use crate::go::scene::Scene;

/// Small functions, methods or closures that hide the state's own.
pub(crate) fn wrappers(scene: &mut Scene<'_>) {
    let kills = scene.pick("kills", 3) == 1;
    let made = match scene.pick("wrapped-by", 6) {
        1 => methods(scene, false),
        2 => methods(scene, true),
        3 => closures(scene),
        4 => embedded(scene),
        5 => method_values(scene),
        _ => functions(scene),
    };
    let ask = answer(
        scene,
        &Answer {
            receiver: "",
            name: "@ask",
            parameters: "@sess *@Session, @prompt string",
            arguments: "@sess, @prompt",
            setup: "@seed := @NewTurnBuilder().WithUserPrompt(@prompt).Build()",
            run: "@sess.RunInference(<<ctx>>, @seed)",
            ctx: "@context.Background()",
            can_be_busy: true,
        },
    );
    scene.items(&ask, &[]);
    let stopped = match kills {
        true => format!("{}\n@fmt.Println(\"killed:\", {})", made.kill, made.busy),
        false => format!("@fmt.Println(\"stopped:\", {})", made.stop),
    };
    scene.items(
        r#"
func Run() {
	@sink, @actor := @NewEar(), @NewActor()
	@inf := @NewInferenceState("wrapped", nil, @actor)
	@sess := &@Session{State: @inf, EventSinks: []@EventSink{@sink}}
	<<prepared>>
	@fmt.Println("idle:", <<busy>>, <<stop>>)
	@fmt.Println("hello:", @ask(@sess, "hello"))
	@done := make(chan string)
	go func() {
		@done <- @ask(@sess, "wait")
	}()
	@actor.Begun(2)
	@fmt.Println("running:", <<busy>>)
	<<stopped>>
	@fmt.Println("waited:", <-@done)
	@fmt.Println("idle:", <<busy>>, <<stop>>)
	@fmt.Println("heard", @sink.Heard())
}"#,
        &[("prepared", made.prepared), ("stopped", &stopped), ("busy", made.busy), ("stop", made.stop)],
    );
    if kills {
        scene.may_differ(Trap::KillFreesLater, "killed: false", "killed: true");
    }
    scene.texts_of_errors_may_differ();
}

/// How `Run` uses the wrappers.
struct Wrapped {
    prepared: &'static str,
    busy: &'static str,
    stop: &'static str,
    kill: String,
}

/// Statements that cancel and say how that went.
pub(super) fn stop_body(scene: &mut Scene<'_>, state: &str) -> String {
    match scene.pick("stop", 7) {
        1 => format!("if @err := {state}.CancelRun(); @err != nil {{\nreturn @err.Error()\n}}\nreturn \"ok\""),
        2 => format!(
            "@err := {state}.CancelRun()\nswitch {{\ncase @err == nil:\nreturn \"ok\"\ncase @errors.Is(@err, @ErrInferenceNotRunning):\nreturn \"idle\"\n}}\nreturn \"never\""
        ),
        3 => format!("if !{state}.IsRunning() {{\nreturn \"idle\"\n}}\n_ = {state}.CancelRun()\nreturn \"ok\""),
        4 => format!("if {state}.CancelRun() == @ErrInferenceNotRunning {{\nreturn \"idle\"\n}}\nreturn \"ok\""),
        5 => format!(
            "switch {state}.CancelRun() {{\ncase nil:\nreturn \"ok\"\ncase @ErrInferenceNotRunning:\nreturn \"idle\"\ndefault:\nreturn \"never\"\n}}"
        ),
        6 => format!("return @fmt.Sprint({state}.CancelRun())"),
        _ => format!("if @err := {state}.CancelRun(); @err != nil {{\nreturn \"idle\"\n}}\nreturn \"ok\""),
    }
}

fn kill_body(scene: &mut Scene<'_>, state: &str) -> String {
    match scene.pick("kill", 3) {
        1 => format!("if {state}.CancelRun() == nil {{\n{state}.FinishRun()\n}}"),
        2 => format!("if {state}.IsRunning() {{\n_ = {state}.CancelRun()\n{state}.FinishRun()\n}}"),
        _ => format!("_ = {state}.CancelRun()\n{state}.FinishRun()"),
    }
}

fn functions(scene: &mut Scene<'_>) -> Wrapped {
    let stop = stop_body(scene, "@inf");
    scene.items("func @halt(@inf *@InferenceState) string {\n<<stop>>\n}", &[("stop", &stop)]);
    let busy = scene.one_of(
        "busy",
        &[
            "return @inf.IsRunning()",
            "return @inf != nil && @inf.IsRunning()",
            "if @inf == nil {\nreturn false\n}\nreturn @inf.IsRunning()",
        ],
    );
    scene.items("func busy(@inf *@InferenceState) bool {\n<<busy>>\n}", &[("busy", busy)]);
    let kill = kill_body(scene, "@inf");
    scene.items("// kill ends it for good.\nfunc kill(@inf *@InferenceState) {\n<<kill>>\n}", &[("kill", &kill)]);
    Wrapped { prepared: "", busy: "busy(@inf)", stop: "@halt(@inf)", kill: "kill(@inf)".to_owned() }
}

/// Methods of a struct, maybe those that an interface asks for.
fn methods(scene: &mut Scene<'_>, of_interface: bool) -> Wrapped {
    let keeping = Keeping::new(scene);
    let stop = stop_body(scene, keeping.control());
    let kill = kill_body(scene, keeping.read());
    let controlled = match of_interface {
        true => {
            scene.items("type control interface {\n@Stop() string\n@Busy() bool\n@Finished() bool\n@Kill()\n}\n\nvar _ control = (*@Chat)(nil)", &[]);
            "control"
        }
        false => "*@Chat",
    };
    scene.items(
        r#"
// @Chat is what the buttons do.
type @Chat struct {
	<<fields>>
}

func (@me *@Chat) @Stop() string {
	<<stop>>
}

func (@me *@Chat) @Busy() bool {
	return <<control>>.IsRunning()
}

func (@me *@Chat) @Finished() bool {
	return !<<control>>.IsRunning()
}

func (@me *@Chat) @Kill() {
	<<kill>>
}

func controlled(@inf *@InferenceState) <<controlled>> {
	@me := &@Chat{}
	<<filled>>
	return @me
}"#,
        &[
            ("fields", keeping.fields()),
            ("stop", &stop),
            ("control", keeping.control()),
            ("kill", &kill),
            ("controlled", controlled),
            ("filled", &keeping.filled("@inf")),
        ],
    );
    Wrapped {
        prepared: "@chat := controlled(@inf)",
        busy: "@chat.@Busy()",
        stop: "@chat.@Stop()",
        kill: "@chat.@Kill()\n@fmt.Println(\"finished:\", @chat.@Finished() == !@chat.@Busy())".to_owned(),
    }
}

/// A struct that has the methods of the state because it is one.
fn embedded(scene: &mut Scene<'_>) -> Wrapped {
    let stop = stop_body(scene, "@me");
    scene.items(
        "type @Chat struct {\n*@InferenceState\nname string\n}\n\nfunc (@me *@Chat) @Kill() {\n_ = @me.CancelRun()\n@me.FinishRun()\n}\n\nfunc (@me *@Chat) halted() string {\n<<stop>>\n}",
        &[("stop", &stop)],
    );
    Wrapped {
        prepared: "@chat := &@Chat{InferenceState: @inf, name: \"chat\"}",
        busy: "@chat.InferenceState.IsRunning()",
        stop: "@chat.halted()",
        kill: "@chat.@Kill()".to_owned(),
    }
}

fn closures(scene: &mut Scene<'_>) -> Wrapped {
    let kill = kill_body(scene, "@inf");
    Wrapped {
        prepared: "busy := func() bool { return @inf.IsRunning() }\nhalt := func() bool { return @inf.CancelRun() == nil }",
        busy: "busy()",
        stop: "halt()",
        kill,
    }
}

fn method_values(scene: &mut Scene<'_>) -> Wrapped {
    let kill = kill_body(scene, "@inf");
    Wrapped { prepared: "busy, halt := @inf.IsRunning, @inf.CancelRun", busy: "busy()", stop: "halt() == nil", kill }
}
