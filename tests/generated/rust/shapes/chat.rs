//! A struct that keeps the state, the core session, or both.

use geppetto_migrate::rules::Trap;

use crate::rust::complications::{Answer, Failure, Keeping, answer};
use crate::rust::scene::Scene;

/// State and core session side by side, seeds from the state's turn, wrappers around cancel and is-running.
pub(crate) fn chat(scene: &mut Scene<'_>) {
    scene.part("parts", &["@Chat"], |scene| write_struct(scene, true));
    play(scene);
}

/// The state alone; each run makes a core session.
pub(crate) fn stored_state(scene: &mut Scene<'_>) {
    scene.part("parts", &["@Chat"], |scene| write_struct(scene, false));
    play(scene);
}

fn play(scene: &mut Scene<'_>) {
    scene.items(
        r#"
pub async fn run() {
    let (@actor, @sink) = (@Actor::new(), @Ear::new());
    let @chat = @Arc::new(@Chat::new("chat-1", @actor.clone(), @sink.clone()));
    println!("{} {} {}", @chat.id(), @chat.@busy(), @chat.@stop());
    println!("hello: {}", @chat.@ask("hello").await);
    let @task = tokio::spawn({
        let @chat = @chat.clone();
        async move { @chat.@ask("wait").await }
    });
    @actor.begun(2).await;
    println!("busy: {} {}", @chat.@busy(), @chat.@ask("second").await);
    println!("stopped: {}", @chat.@stop());
    println!("waited: {}", @task.await.unwrap());
    println!("idle: {} {}", @chat.@busy(), @chat.@stop());
    println!("history: {}", @chat.history());
    println!("again: {}", @chat.@ask("again").await);
    println!("heard {}", @sink.heard());
}"#,
        &[],
    );
    let hello = "user hello | assistant re hello";
    let stays = Trap::FailedPromptStays;
    scene.may_differ(stays, format!("history: {hello}"), format!("history: {hello} | user wait"));
    scene.may_differ(stays, format!("{hello} | user again"), format!("{hello} | user wait | user again"));
}

/// The struct; without a core session of its own it makes one for each run.
fn write_struct(scene: &mut Scene<'_>, has_session: bool) {
    let state = Keeping::new(scene, "state");
    let order = scene.pick("fields", 2);
    let fields = {
        let other = if has_session { "@session: @Session," } else { "@sink: @Arc<dyn @EventSink>," };
        let fields = [format!("@state: {},", state.of("@Arc<@InferenceState>")), other.to_owned()];
        if order == 0 { fields.concat() } else { format!("{}{}", fields[1], fields[0]) }
    };
    let shared = scene.share("state", "@state");
    scene.items(
        r#"
/// One conversation.
pub struct @Chat {
    <<fields>>
}"#,
        &[("fields", &fields)],
    );
    let read = state.read("self.@state");
    let append = "@seed.append(@Block::user_text(@prompt));";
    let setup = match scene.pick("seeding", 3) {
        1 => format!("let mut @seed = {read}.turn().unwrap_or_else(@Turn::default);\n{append}"),
        2 => format!(
            "let mut @seed = match {read}.turn() {{\n    Some(@turn) => @turn,\n    None => @Turn::default(),\n}};\n{append}"
        ),
        _ => format!("let mut @seed = {read}.turn().unwrap_or_default();\n{append}"),
    };
    let place = if has_session { "self.@session" } else { "@session" };
    let run = scene.call("run", place, "Session::run_inference", "<<ctx>>, Some(@seed)");
    let own = format!(
        "let @session = @Session {{\n    event_sinks: vec![self.@sink.clone()],\n    ..@Session::new({})\n}};",
        state.taken("self.@state")
    );
    let setup = if has_session { setup } else { format!("{own}\n{setup}") };
    let ask = answer(
        scene,
        &Answer {
            name: "@ask",
            parameters: "&self, @prompt: &str",
            arguments: "@prompt",
            setup: &setup,
            run: &run,
            ctx: "@Context::background()",
            error: Failure::Run,
        },
    );
    let other = match has_session {
        true => format!("@session: @Session {{\n    event_sinks: vec![@sink],\n    ..@Session::new({shared})\n}}"),
        false => "@sink".to_owned(),
    };
    let stop = match scene.pick("stop", 4) {
        1 => format!(
            "if let Err(@error) = {read}.cancel_run() {{\n    return @error.to_string();\n}}\n\"ok\".to_string()"
        ),
        2 => format!("{read}.cancel_run().map_or_else(|@error| @error.to_string(), |()| String::from(\"ok\"))"),
        3 => format!(
            "match {read}.cancel_run() {{\n    Ok(()) => \"ok\".into(),\n    Err(@StateError::NotRunning) => \"inference not running\".into(),\n    Err(@error) => @error.to_string(),\n}}"
        ),
        _ => format!(
            "match {read}.cancel_run() {{\n    Ok(()) => \"ok\".into(),\n    Err(@error) => @error.to_string(),\n}}"
        ),
    };
    scene.items(
        r#"
impl @Chat {
    pub fn new(@id: &str, @engine: @Arc<dyn @Engine>, @sink: @Arc<dyn @EventSink>) -> Self {
        let @state = @Arc::new(@InferenceState::new(@id, None, @engine));
        Self {
            <<other>>,
            @state: <<state>>,
        }
    }

    <<ask>>

    pub fn @stop(&self) -> String {
        <<stop>>
    }

    pub fn @busy(&self) -> bool {
        <<read>>.is_running()
    }

    pub fn id(&self) -> String {
        <<read>>.run_id()
    }

    pub fn history(&self) -> String {
        <<read>>.turn().map_or_else(String::new, |@turn| @said(&@turn))
    }
}"#,
        &[("other", &other), ("state", &state.made("@state")), ("ask", &ask), ("stop", &stop), ("read", &read)],
    );
}
