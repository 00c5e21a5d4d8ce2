//! A state, a core session, one run.

use crate::rust::complications::{Answer, Failure, answer, asking};
use crate::rust::scene::Scene;

pub(crate) fn one_shot(scene: &mut Scene<'_>) {
    let seed = asking(scene, "@prompt");
    let (turn, argument) = match scene.pick("turn", 4) {
        // The state holds the turn.
        1 => (format!("Some({seed})"), "None".to_owned()),
        2 => ("None".to_owned(), "@seed".to_owned()),
        3 => ("None".to_owned(), format!("Some({seed})")),
        _ => ("None".to_owned(), "Some(@seed)".to_owned()),
    };
    let prepared = match argument.as_str() {
        "@seed" => format!("let @seed = Some({seed});"),
        "Some(@seed)" => format!("let @seed = {seed};"),
        _ => String::new(),
    };
    let id = scene.one_of("id", &["\"one-shot\"", "format!(\"run-{}\", @prompt.len())", "String::from(\"once\")"]);
    let shared = scene.share("state", "@state");
    let session = session(scene, &shared);
    let run = scene.call("run", "@session", "Session::run_inference", &format!("<<ctx>>, {argument}"));
    let setup = format!("let @state = @Arc::new(@InferenceState::new({id}, {turn}, @engine));\n{session}\n{prepared}");
    let text = answer(
        scene,
        &Answer {
            name: "@ask",
            parameters: "@engine: @Arc<dyn @Engine>, @sink: @Arc<dyn @EventSink>, @prompt: &str",
            arguments: "@engine, @sink, @prompt",
            setup: &setup,
            run: &run,
            ctx: "@Context::background()",
            error: Failure::Run,
        },
    );
    scene.items(&text, &[]);
    scene.items(
        r#"
pub async fn run() {
    let @sink = @Ear::new();
    let @actor: @Arc<dyn @Engine> = @Actor::new();
    for prompt in ["hello", "fail please", "hello again"] {
        println!("{prompt}: {}", @ask(@actor.clone(), @sink.clone(), prompt).await);
    }
    println!("heard {}", @sink.heard());
}"#,
        &[],
    );
}

/// Statements that make the core session of a state, which tells `@sink`.
fn session(scene: &mut Scene<'_>, state: &str) -> String {
    match scene.pick("session", 5) {
        1 => format!(
            "let @session = @Session {{\n    state: {state},\n    registry: None,\n    tool_config: None,\n    event_sinks: vec![@sink],\n    snapshot_hook: None,\n    persister: None,\n}};"
        ),
        2 => format!("let mut @session = @Session::new({state});\n@session.event_sinks.push(@sink);"),
        3 => format!("let mut @session = @Session::new({state});\n@session.event_sinks = vec![@sink];"),
        4 => format!("let _ = @sink;\nlet @session = @Session::new({state});"),
        _ => format!("let @session = @Session {{\n    event_sinks: vec![@sink],\n    ..@Session::new({state})\n}};"),
    }
}
