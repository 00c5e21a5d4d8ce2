//! A struct that keeps the state, the core session, or both.

use geppetto_migrate::rules::Trap;

use crate::go::complications::{Answer, Keeping, answer, seeding, state};
use crate::go::scene::Scene;
use crate::go::shapes::wrappers::stop_body;

/// State and core session side by side, seeds from the state's turn, wrappers around cancel and is-running.
pub(crate) fn chat(scene: &mut Scene<'_>) {
    scene.part(&["Chat", "NewChat"], |scene| write_struct(scene, true));
    play(scene);
}

/// The state alone; each run makes a core session.
pub(crate) fn stored_state(scene: &mut Scene<'_>) {
    scene.part(&["Chat", "NewChat"], |scene| write_struct(scene, false));
    play(scene);
}

fn play(scene: &mut Scene<'_>) {
    scene.items(
        r#"
func Run() {
	@sink, @actor := @NewEar(), @NewActor()
	@chat := @NewChat("chat-1", @actor, @sink)
	@fmt.Println(@chat.ID(), @chat.@Busy(), @chat.@Stop())
	@fmt.Println("hello:", @chat.@Ask("hello"))
	@done := make(chan string)
	go func() {
		@done <- @chat.@Ask("wait")
	}()
	@actor.Begun(2)
	@fmt.Println("busy:", @chat.@Busy(), @chat.@Ask("second"))
	@fmt.Println("stopped:", @chat.@Stop())
	@fmt.Println("waited:", <-@done)
	@fmt.Println("idle:", @chat.@Busy(), @chat.@Stop())
	@fmt.Println("history:", @chat.@History())
	@fmt.Println("again:", @chat.@Ask("again"))
	@fmt.Println("heard", @sink.Heard())
}"#,
        &[],
    );
    let hello = "user hello | assistant re hello";
    let stays = Trap::FailedPromptStays;
    scene.may_differ(stays, format!("history: {hello}"), format!("history: {hello} | user wait"));
    scene.may_differ(stays, format!("{hello} | user again"), format!("{hello} | user wait | user again"));
    scene.texts_of_errors_may_differ();
}

/// The struct; without a core session of its own it makes one for each run.
fn write_struct(scene: &mut Scene<'_>, has_session: bool) {
    let keeping = Keeping::new(scene);
    let other = match (has_session, scene.pick("kept-as", 3)) {
        (true, 1) => "@Core @Session",
        (true, 2) => "@Core @Runner",
        (true, _) => "@Core *@Session",
        (false, _) => "@Sink @EventSink",
    };
    let fields = match scene.pick("fields", 3) {
        1 => format!("{other}\n{}", keeping.fields()),
        2 => format!("mu @sync.Mutex\n{}\n{other} // told of all", keeping.fields()),
        _ => format!("{}\n{other}", keeping.fields()),
    };
    scene.items("// @Chat is one conversation.\ntype @Chat struct {\n<<fields>>\n}", &[("fields", &fields)]);
    let value = if other == "@Core @Session" { "@Session" } else { "&@Session" };
    let kept = if other.starts_with("@Core") {
        format!("@me.@Core = {value}{{State: {}, EventSinks: []@EventSink{{@sink}}}}", keeping.read())
    } else {
        "@me.@Sink = @sink".to_owned()
    };
    let made = state(scene, "id", "nil", "@eng");
    scene.items(
        "func @NewChat(id string, @eng @Engine, @sink @EventSink) *@Chat {\n@me := &@Chat{}\n<<state>>\n<<kept>>\nreturn @me\n}",
        &[("state", &keeping.filled(&made)), ("kept", &kept)],
    );
    let setup = seeding(scene, keeping.read());
    let place = if has_session { "@me.@Core" } else { "@sess" };
    let own = match scene.pick("own", 2) {
        1 => "@sess := @Session{State: <<state>>, EventSinks: []@EventSink{@me.@Sink}}",
        _ => "@sess := &@Session{\nState: <<state>>,\nEventSinks: []@EventSink{@me.@Sink},\n}",
    }
    .replace("<<state>>", keeping.read());
    let checked = match scene.pick("checked", 3) {
        1 => format!("if {} == nil {{\n<<refuse>>\n}}\n", keeping.read()),
        _ => String::new(),
    };
    let setup = if has_session { format!("{checked}{setup}") } else { format!("{checked}{own}\n{setup}") };
    let run = match scene.pick("run", 4) {
        1 => format!("{place}.RunInference(<<ctx>> /* its own */, @seed)"),
        _ => format!("{place}.RunInference(<<ctx>>, @seed)"),
    };
    let ask = answer(
        scene,
        &Answer {
            receiver: "(@me *@Chat)",
            name: "@Ask",
            parameters: "@prompt string",
            arguments: "@prompt",
            setup: &setup,
            run: &run,
            ctx: "@context.Background()",
            can_be_busy: true,
        },
    );
    scene.items(&ask, &[]);
    let stop = stop_body(scene, keeping.control());
    scene.items(
        r#"
func (@me *@Chat) @Stop() string {
	<<stop>>
}

func (@me *@Chat) @Busy() bool {
	return <<control>>.IsRunning()
}

func (@me *@Chat) ID() string {
	return <<read>>.RunID
}

func (@me *@Chat) @History() string {
	return @Said(<<read>>.Turn)
}"#,
        &[("stop", &stop), ("control", keeping.control()), ("read", keeping.read())],
    );
}
