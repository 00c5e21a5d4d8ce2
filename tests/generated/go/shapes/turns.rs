//! Turns and ids that are read from the state, or written to it.

use geppetto_migrate::rules::Trap;

use crate::go::complications::{Answer, answer, seeding, state};
use crate::go::scene::Scene;

/// A seed made of the state's turn and id.
pub(crate) fn seed_from_state(scene: &mut Scene<'_>) {
    let turn = seeding(scene, "@inf");
    let id = match scene.pick("turn-id", 3) {
        1 => "@seed.ID = @fmt.Sprintf(\"%s/%d\", @inf.RunID, len(@seed.Blocks))",
        2 => "if id := @inf.RunID; id != \"\" {\n@seed.ID = id + \"/next\"\n}",
        _ => "",
    };
    // An id made of what the history holds tells about it, too.
    let prompts = if id.is_empty() { "\"one\", \"two\", \"fail\", \"three\"" } else { "\"one\", \"two\", \"three\"" };
    let text = answer(
        scene,
        &Answer {
            receiver: "",
            name: "@ask",
            parameters: "@inf *@InferenceState, @sess *@Session, @prompt string",
            arguments: "@inf, @sess, @prompt",
            setup: &format!("{turn}\n{id}"),
            run: "@sess.RunInference(<<ctx>>, @seed)",
            ctx: "@context.Background()",
            can_be_busy: true,
        },
    );
    scene.items(&text, &[]);
    let made = state(scene, "\"seeded\"", "nil", "@actor");
    scene.items(
        r#"
func Run() {
	@sink, @actor := @NewEar(), @NewActor()
	@inf := <<made>>
	@sess := &@Session{State: @inf, EventSinks: []@EventSink{@sink}}
	for _, prompt := range []string{<<prompts>>} {
		@fmt.Printf("%s: %s\n", prompt, @ask(@inf, @sess, prompt))
		latest := "no turn"
		if @inf.Turn != nil {
			latest = @inf.Turn.ID + " " + @Said(@inf.Turn)
		}
		@fmt.Println("latest:", latest, @inf.RunID)
	}
	@fmt.Println("heard", @sink.Heard())
}"#,
        &[("made", &made), ("prompts", prompts)],
    );
    let two = "user one | assistant re one | user two | assistant re two";
    scene.may_differ(Trap::FailedPromptStays, format!("{two} seeded"), format!("{two} | user fail seeded"));
    scene.may_differ(Trap::FailedPromptStays, format!("{two} | user three"), format!("{two} | user fail | user three"));
}

/// The turn changed through a field.
pub(crate) fn reach_in(scene: &mut Scene<'_>) {
    let note = match scene.pick("note", 3) {
        1 => "@AppendBlock(@chat.State.Turn, @NewSystemTextBlock(\"note\"))",
        2 => "@chat.State.Turn = @Asked(\"from outside\")",
        _ => "if @chat.State.Turn != nil {\n@AppendBlock(@chat.State.Turn, @NewSystemTextBlock(\"note\"))\n}",
    };
    written(scene, note);
}

/// The turn, the id or the engine overwritten.
pub(crate) fn overwritten(scene: &mut Scene<'_>) {
    let write = match scene.pick("write", 4) {
        1 => "@chat.State.RunID = \"restored\"",
        2 => "@chat.State.Turn = @Asked(\"restored\")\n@chat.State.RunID = \"restored\"",
        3 => "@chat.State.Eng = @NewActor()",
        _ => "@chat.State.Turn = nil",
    };
    written(scene, write);
}

/// A struct whose state is written to from outside.
fn written(scene: &mut Scene<'_>, write: &str) {
    scene.items(
        r#"
// @Chat is one conversation, open to all.
type @Chat struct {
	State *@InferenceState
	Core  *@Session
}

func @NewChat(@eng @Engine) *@Chat {
	@inf := @NewInferenceState("open", nil, @eng)
	return &@Chat{State: @inf, Core: &@Session{State: @inf}}
}"#,
        &[],
    );
    let setup = seeding(scene, "@chat.State");
    let text = answer(
        scene,
        &Answer {
            receiver: "",
            name: "@ask",
            parameters: "@chat *@Chat, @prompt string",
            arguments: "@chat, @prompt",
            setup: &setup,
            run: "@chat.Core.RunInference(<<ctx>>, @seed)",
            ctx: "@context.Background()",
            can_be_busy: true,
        },
    );
    scene.items(&text, &[]);
    scene.items(
        r#"
func Run() {
	@chat := @NewChat(@NewActor())
	@fmt.Println("one:", @ask(@chat, "one"))
	<<write>>
	@fmt.Println("two:", @ask(@chat, "two"), @chat.State.RunID)
}"#,
        &[("write", write)],
    );
}
