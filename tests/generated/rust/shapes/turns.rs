//! Turns and ids that are read from the state, or written to it.

use geppetto_migrate::rules::Trap;

use crate::rust::complications::{Answer, Failure, answer};
use crate::rust::scene::Scene;

/// A seed made of the state's turn and id.
pub(crate) fn seed_from_state(scene: &mut Scene<'_>) {
    let turn = match scene.pick("turn", 3) {
        1 => "let mut @seed = match @state.turn() {\n    Some(@turn) => @turn,\n    None => @Turn::default(),\n};",
        2 => "let mut @seed = if let Some(@turn) = @state.turn() { @turn } else { @Turn::default() };",
        _ => "let mut @seed = @state.turn().unwrap_or_default();",
    };
    let id = match scene.pick("turn-id", 3) {
        1 => "@seed.id = format!(\"{}/{}\", @state.run_id(), @seed.blocks.len());",
        2 => "let @id = @state.run_id();\n@seed.id = format!(\"{@id}/next\");",
        _ => "",
    };
    // An id made of what the history holds tells about it, too.
    let prompts =
        if id.is_empty() { "[\"one\", \"two\", \"fail\", \"three\"]" } else { "[\"one\", \"two\", \"three\"]" };
    let owner = scene.one_of("owner", &["&@Arc<@InferenceState>", "&@InferenceState", "@Arc<@InferenceState>"]);
    let given = if owner.starts_with('&') { "&@state" } else { "@state.clone()" };
    let text = answer(
        scene,
        &Answer {
            name: "@ask",
            parameters: &format!("@state: {owner}, @session: &@Session, @prompt: &str"),
            arguments: "@state, @session, @prompt",
            setup: &format!("{turn}\n{id}\n@seed.append(@Block::user_text(@prompt));"),
            run: "@session.run_inference(<<ctx>>, Some(@seed))",
            ctx: "@Context::background()",
            error: Failure::Run,
        },
    );
    scene.items(&text, &[]);
    let shared = scene.share("state", "@state");
    scene.items(
        r#"
pub async fn run() {
    let (@actor, @sink) = (@Actor::new(), @Ear::new());
    let @state = @Arc::new(@InferenceState::new("seeded", None, @actor.clone()));
    let @session = @Session { event_sinks: vec![@sink.clone()], ..@Session::new(<<shared>>) };
    for prompt in <<prompts>> {
        println!("{prompt}: {}", @ask(<<given>>, &@session, prompt).await);
        let latest = @state.turn().map(|@turn| (@turn.id.clone(), @said(&@turn)));
        println!("latest after {prompt}: {latest:?} {}", @state.run_id());
    }
    println!("heard {}", @sink.heard());
}"#,
        &[("shared", &shared), ("given", given), ("prompts", prompts)],
    );
    let two = "user one | assistant re one | user two | assistant re two";
    scene.may_differ(Trap::FailedPromptStays, format!("{two}\""), format!("{two} | user fail\""));
    scene.may_differ(Trap::FailedPromptStays, format!("{two} | user three"), format!("{two} | user fail | user three"));
}

/// The turn changed through a public field.
pub(crate) fn reach_in(scene: &mut Scene<'_>) {
    let note = match scene.pick("note", 3) {
        1 => {
            "let mut @turn = @chat.@state.turn().unwrap_or_default();\n@turn.append(@Block::system_text(\"note\"));\n@chat.@state.set_turn(@turn);"
        }
        2 => "@chat.@state.set_turn(@asked(\"from outside\"));",
        _ => {
            "if let Some(mut @turn) = @chat.@state.turn() {\n    @turn.append(@Block::system_text(\"note\"));\n    @chat.@state.set_turn(@turn);\n}"
        }
    };
    written(scene, note);
}

/// The turn or the id overwritten before anything runs.
pub(crate) fn overwritten(scene: &mut Scene<'_>) {
    let write = match scene.pick("write", 3) {
        1 => "@chat.@state.set_run_id(\"restored\");",
        2 => "@chat.@state.set_turn(@asked(\"restored\"));\n@chat.@state.set_run_id(String::from(\"restored\"));",
        _ => "@chat.@state.set_turn(@asked(\"restored\"));",
    };
    written(scene, write);
}

/// A struct whose public state is written to from outside.
fn written(scene: &mut Scene<'_>, write: &str) {
    let shared = scene.share("state", "@state");
    scene.items(
        r#"
/// One conversation, open to all.
pub struct @Chat {
    pub @state: @Arc<@InferenceState>,
    pub @session: @Session,
}

impl @Chat {
    pub fn new(@engine: @Arc<dyn @Engine>) -> Self {
        let @state = @Arc::new(@InferenceState::new("open", None, @engine));
        Self { @session: @Session::new(<<shared>>), @state }
    }
}"#,
        &[("shared", &shared)],
    );
    let text = answer(
        scene,
        &Answer {
            name: "@ask",
            parameters: "@chat: &@Chat, @prompt: &str",
            arguments: "@chat, @prompt",
            setup: "let mut @seed = @chat.@state.turn().unwrap_or_default();\n@seed.append(@Block::user_text(@prompt));",
            run: "@chat.@session.run_inference(<<ctx>>, Some(@seed))",
            ctx: "@Context::background()",
            error: Failure::Run,
        },
    );
    scene.items(&text, &[]);
    scene.items(
        r#"
pub async fn run() {
    let @chat = @Chat::new(@Actor::new());
    println!("one: {}", @ask(&@chat, "one").await);
    <<write>>
    println!("two: {} {}", @ask(&@chat, "two").await, @chat.@state.run_id());
}"#,
        &[("write", write)],
    );
}
