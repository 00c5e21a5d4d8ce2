//! Runs that are started, run and finished by hand.

use crate::go::complications::asking;
use crate::go::scene::Scene;

/// A handler that answers busy, and runs on a goroutine.
pub(crate) fn http_guard(scene: &mut Scene<'_>) {
    service(scene, http_guard_ask);
    scene.items(
        r#"
func Run() {
	@sink, @actor := @NewEar(), @NewActor()
	@chat := @NewChat(@actor, @sink)
	status, first := @chat.@Ask("later")
	@fmt.Println("first:", status)
	@actor.Begun(1)
	status, _ = @chat.@Ask("second")
	@fmt.Println("second:", status, @chat.@Busy())
	@actor.Go <- struct{}{}
	@fmt.Println("answer:", <-first)
	@fmt.Println("idle:", @chat.@Busy(), @chat.@Stop())
	status, third := @chat.@Ask("wait")
	@actor.Begun(2)
	@fmt.Println("third:", status, @chat.@Stop())
	@fmt.Println("answer:", <-third)
	_, fourth := @chat.@Ask("fail")
	@fmt.Println("failing:", <-fourth)
	_, fifth := @chat.@Ask("last")
	@fmt.Println("last:", <-fifth)
	@fmt.Println("heard", @sink.Heard())
}"#,
        &[],
    );
}

/// A guard now, and a closure for later that gives the state back.
pub(crate) fn later(scene: &mut Scene<'_>) {
    service(scene, later_ask);
    scene.items(
        r#"
func Run() {
	@sink, @actor := @NewEar(), @NewActor()
	@chat := @NewChat(@actor, @sink)
	first, _ := @chat.@Ask("later")
	_, @err := @chat.@Ask("second")
	@fmt.Println("second:", @err, @chat.@Busy())
	@actor.Go <- struct{}{}
	@fmt.Println("first:", first())
	@fmt.Println("idle:", @chat.@Busy(), @chat.@Stop())
	third, _ := @chat.@Ask("wait")
	@done := make(chan string)
	go func() {
		@done <- third()
	}()
	@actor.Begun(2)
	@fmt.Println("stopped:", @chat.@Stop())
	@fmt.Println("third:", <-@done)
	fourth, _ := @chat.@Ask("fail")
	@fmt.Println("failing:", fourth())
	fifth, _ := @chat.@Ask("last")
	@fmt.Println("last:", fifth())
	@fmt.Println("heard", @sink.Heard())
}"#,
        &[],
    );
    scene.texts_of_errors_may_differ();
}

/// The whole lifecycle in one function.
pub(crate) fn lifecycle(scene: &mut Scene<'_>) {
    service(scene, lifecycle_ask);
    scene.items(
        r#"
func Run() {
	@sink, @actor := @NewEar(), @NewActor()
	@chat := @NewChat(@actor, @sink)
	@fmt.Println("first:", @chat.@Ask("first"))
	@done := make(chan string)
	go func() {
		@done <- @chat.@Ask("wait")
	}()
	@actor.Begun(2)
	@fmt.Println("busy:", @chat.@Busy(), @chat.@Ask("third"))
	@fmt.Println("stopped:", @chat.@Stop())
	@fmt.Println("second:", <-@done)
	@fmt.Println("failing:", @chat.@Ask("fail"))
	@fmt.Println("last:", @chat.@Ask("last"), @chat.@Stop())
	@fmt.Println("heard", @sink.Heard())
}"#,
        &[],
    );
}

fn http_guard_ask(scene: &mut Scene<'_>) -> String {
    let seed = asking(scene, "@prompt");
    let guard = guard(scene, "return 409, nil", "return 500, nil");
    let (early, late) = match scene.pick("seeded", 2) {
        1 => (String::new(), format!("@seed := {seed}")),
        _ => (format!("@seed := {seed}"), String::new()),
    };
    let finish = finish(scene, "@done <- said");
    if scene.pick("split", 3) == 1 {
        return format!(
            r#"
func (@me *@Chat) @Ask(@prompt string) (int, <-chan string) {{
	{guard}
	@done := make(chan string, 1)
	go @me.goOn(@context.Background(), @prompt, @done)
	return 202, @done
}}

func (@me *@Chat) goOn(parent @context.Context, words string, @done chan<- string) {{
	@ctx, @cancel := @context.WithCancel(parent)
	@me.@State.SetCancel(@cancel)
	@seed := {}
	said := "nothing"
	{finish}
}}"#,
            seed.replace("@prompt", "words")
        );
    }
    format!(
        r#"
func (@me *@Chat) @Ask(@prompt string) (int, <-chan string) {{
	{guard}
	@ctx, @cancel := @context.WithCancel(@context.Background())
	@me.@State.SetCancel(@cancel)
	{early}
	@done := make(chan string, 1)
	go func() {{
		{late}
		said := "nothing"
		{finish}
	}}()
	return 202, @done
}}"#
    )
}

fn later_ask(scene: &mut Scene<'_>) -> String {
    let seed = asking(scene, "@prompt");
    let busy = scene.one_of(
        "refusal",
        &["return nil, @errors.New(\"busy\")", "return nil, @fmt.Errorf(\"busy: %w\", @err)", "return nil, @err"],
    );
    let guard = match busy.contains("@err)") || busy.ends_with("@err") {
        true => format!("if @err := @me.@State.StartRun(); @err != nil {{\n{busy}\n}}"),
        false => guard(scene, busy, "return nil, @errors.New(\"other\")"),
    };
    let (early, late) = match scene.pick("cancel", 3) {
        1 => ("", "@ctx, @cancel := @context.WithCancel(@context.Background())\n@me.@State.SetCancel(@cancel)"),
        _ => ("@ctx, @cancel := @context.WithCancel(@context.Background())\n@me.@State.SetCancel(@cancel)", ""),
    };
    let finish = finish(scene, "reply = said").replace("@done <- said", "reply = said");
    format!(
        r#"
func (@me *@Chat) @Ask(@prompt string) (func() string, error) {{
	{guard}
	{early}
	@seed := {seed}
	return func() (reply string) {{
		{late}
		said := "nothing"
		{finish}
		return
	}}, nil
}}"#
    )
}

fn lifecycle_ask(scene: &mut Scene<'_>) -> String {
    let seed = asking(scene, "@prompt");
    let guard = guard(scene, "return \"busy\"", "return \"other\"");
    let finish = finish(scene, "reply = said").replace("@done <- said", "reply = said");
    format!(
        r#"
func (@me *@Chat) @Ask(@prompt string) (reply string) {{
	{guard}
	@ctx, @cancel := @context.WithCancel(@context.Background())
	@me.@State.SetCancel(@cancel)
	@seed := {seed}
	said := "nothing"
	{finish}
	return
}}"#
    )
}

/// What claims the state, or answers busy.
fn guard(scene: &mut Scene<'_>, busy: &str, other: &str) -> String {
    match scene.pick("guard", 9) {
        1 => format!("@err := @me.@State.StartRun()\nif @err != nil {{\n{busy}\n}}"),
        2 => format!("if @errors.Is(@me.@State.StartRun(), @ErrInferenceRunning) {{\n{busy}\n}}"),
        3 => format!(
            "switch @err := @me.@State.StartRun(); {{\ncase @errors.Is(@err, @ErrInferenceRunning):\n{busy}\ncase @err != nil:\n{other}\n}}"
        ),
        4 => format!(
            "if @me.@State.IsRunning() {{\n{busy}\n}}\nif @err := @me.@State.StartRun(); @err != nil {{\n{busy}\n}}"
        ),
        5 => format!("if @me.@State.StartRun() != nil {{\n{busy}\n}}"),
        6 => format!(
            "if @err := @me.@State.StartRun(); @errors.Is(@err, @ErrInferenceRunning) {{\n{busy}\n}} else if @err != nil {{\n{other}\n}}"
        ),
        7 => format!(
            "@err := @me.@State.StartRun()\nif @err == @ErrInferenceRunning {{\n{busy}\n}}\nif @err != nil {{\n{other}\n}}"
        ),
        8 => format!(
            "switch @err := @me.@State.StartRun(); @err {{\ncase nil:\ncase @ErrInferenceRunning:\n{busy}\ndefault:\n{other}\n}}"
        ),
        _ => format!("if @err := @me.@State.StartRun(); @err != nil {{\n{busy}\n}}"),
    }
}

/// Statements that run, give the state back however that went, and only then tell what was `said`.
fn finish(scene: &mut Scene<'_>, tell: &str) -> String {
    let run = "@me.@Core.RunInferenceStarted(@ctx, @seed)";
    let judged = match scene.pick("judged", 4) {
        1 => format!(
            "if @out, @err := {run}; @err != nil {{\nsaid = \"failed: \" + @err.Error()\n}} else {{\nsaid = @Said(@out)\n}}"
        ),
        2 => format!(
            "@out, @err := {run}\nswitch {{\ncase @errors.Is(@err, @context.Canceled):\nsaid = \"cancelled\"\ncase @err != nil:\nsaid = @err.Error()\ndefault:\nsaid = @Said(@out)\n}}"
        ),
        3 => format!("if _, @err := {run}; @err == nil {{\nsaid = \"done\"\n}}"),
        _ => format!(
            "@out, @err := {run}\nif @err != nil {{\nsaid = \"failed: \" + @err.Error()\nreturn\n}}\nsaid = @Said(@out)"
        ),
    };
    match scene.pick("finish", 5) {
        1 => format!("defer func() {{\n{tell}\n}}()\ndefer @me.@State.FinishRun()\ndefer @cancel()\n{judged}"),
        2 if !judged.contains("return") => format!("{judged}\n@cancel()\n@me.@State.FinishRun()\n{tell}"),
        3 => format!("defer func() {{\n@me.@State.FinishRun()\n{tell}\n}}()\ndefer @cancel()\n{judged}"),
        4 => format!(
            "@inf := @me.@State\ndefer func() {{\n@cancel()\n@inf.FinishRun() // free again\n{tell}\n}}()\n{judged}"
        ),
        _ => format!("defer func() {{\n@cancel()\n@me.@State.FinishRun()\n{tell}\n}}()\n{judged}"),
    }
}

/// A struct with state and core session, `ask`, and what every such struct has.
fn service(scene: &mut Scene<'_>, ask: fn(&mut Scene<'_>) -> String) {
    scene.part(&["Chat", "NewChat"], |scene| {
        let ask = ask(scene);
        scene.items(
            r#"
// @Chat is one conversation.
type @Chat struct {
	@State *@InferenceState
	@Core *@Session
}

func @NewChat(@eng @Engine, @sink @EventSink) *@Chat {
	@inf := @NewInferenceState("guarded", nil, @eng)
	return &@Chat{
		@State: @inf,
		@Core: &@Session{State: @inf, EventSinks: []@EventSink{@sink}},
	}
}
<<ask>>

func (@me *@Chat) @Stop() string {
	if @err := @me.@State.CancelRun(); @err != nil {
		return "idle"
	}
	return "ok"
}

func (@me *@Chat) @Busy() bool {
	return @me.@State.IsRunning()
}"#,
            &[("ask", &ask)],
        );
    });
}
