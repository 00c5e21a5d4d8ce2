//! Wrappers around cancel, is-running and kill.

use geppetto_migrate::rules::Trap;

use crate::rust::complications::{Answer, Failure, Keeping, answer};
use crate::rust::scene::Scene;

/// Small functions, methods or closures that hide the state's own.
pub(crate) fn wrappers(scene: &mut Scene<'_>) {
    let kills = scene.pick("kills", 3) == 1;
    let made = match scene.pick("wrapped-by", 6) {
        1 => functions(scene, "&@Arc<@InferenceState>", "&@state"),
        2 => functions(scene, "@Arc<@InferenceState>", "@state.clone()"),
        3 => methods(scene, ""),
        4 => methods(scene, "Control"),
        5 => closures(scene),
        _ => functions(scene, "&@InferenceState", "&@state"),
    };
    let ask = answer(
        scene,
        &Answer {
            name: "@ask",
            parameters: "@session: &@Session, @prompt: &str",
            arguments: "@session, @prompt",
            setup: "let @seed = @Turn::builder().with_user_prompt(@prompt).build();",
            run: "@session.run_inference(<<ctx>>, Some(@seed))",
            ctx: "@Context::background()",
            error: Failure::Run,
        },
    );
    scene.items(&ask, &[]);
    let shared = scene.share("state", "@state");
    let stopped = match kills {
        true => made.kill,
        false => format!("println!(\"stopped: {{}}\", {});", made.stop),
    };
    let stopped = if kills { format!("{stopped}\n    println!(\"killed: {{}}\", {});", made.busy) } else { stopped };
    scene.items(
        r#"
pub async fn run() {
    let (@actor, @sink) = (@Actor::new(), @Ear::new());
    let @state = @Arc::new(@InferenceState::new("wrapped", None, @actor.clone()));
    let @session = @Session { event_sinks: vec![@sink.clone()], ..@Session::new(<<shared>>) };
    <<prepared>>
    println!("idle: {} {}", <<busy>>, <<stop>>);
    println!("hello: {}", @ask(&@session, "hello").await);
    let @task = tokio::spawn(async move { @ask(&@session, "wait").await });
    @actor.begun(2).await;
    println!("running: {}", <<busy>>);
    <<stopped>>
    println!("waited: {}", @task.await.unwrap());
    println!("idle: {} {}", <<busy>>, <<stop>>);
    println!("heard {}", @sink.heard());
}"#,
        &[
            ("shared", &shared),
            ("prepared", made.prepared),
            ("stopped", &stopped),
            ("busy", made.busy),
            ("stop", made.stop),
        ],
    );
    if kills {
        scene.may_differ(Trap::KillFreesLater, "killed: false", "killed: true");
    }
}

/// How `run` uses the wrappers.
struct Wrapped {
    prepared: &'static str,
    busy: &'static str,
    stop: &'static str,
    kill: String,
}

fn stop_body(scene: &mut Scene<'_>, state: &str) -> String {
    match scene.pick("stop", 4) {
        1 => format!(
            "if let Err(@error) = {state}.cancel_run() {{\n    return @error.to_string();\n}}\n\"ok\".to_owned()"
        ),
        2 => format!(
            "match {state}.cancel_run() {{\n    Ok(()) => \"ok\".to_owned(),\n    Err(@StateError::NotRunning) => \"inference not running\".to_owned(),\n    Err(@error) => panic!(\"{{@error}}\"),\n}}"
        ),
        3 => format!(
            "if !{state}.is_running() {{\n    return \"inference not running\".to_owned();\n}}\n{state}.cancel_run().map_or_else(|@error| @error.to_string(), |()| \"ok\".to_owned())"
        ),
        _ => format!(
            "match {state}.cancel_run() {{\n    Ok(()) => \"ok\".to_owned(),\n    Err(@error) => @error.to_string(),\n}}"
        ),
    }
}

fn kill_body(scene: &mut Scene<'_>, state: &str) -> String {
    match scene.pick("kill", 2) {
        1 => format!("if {state}.cancel_run().is_ok() {{\n    {state}.finish_run();\n}}"),
        _ => format!("let _ = {state}.cancel_run();\n{state}.finish_run();"),
    }
}

fn functions(scene: &mut Scene<'_>, of: &str, given: &'static str) -> Wrapped {
    let stop = stop_body(scene, "@state");
    scene.items("pub fn @stop(@state: <<of>>) -> String {\n    <<stop>>\n}", &[("of", of), ("stop", &stop)]);
    scene.items("pub fn @busy(@state: <<of>>) -> bool {\n    @state.is_running()\n}", &[("of", of)]);
    if scene.pick("kills", 3) == 1 {
        let kill = kill_body(scene, "@state");
        scene.items(
            "/// Ends it for good.\npub fn kill(@state: <<of>>) {\n    <<kill>>\n}",
            &[("of", of), ("kill", &kill)],
        );
    }
    let (busy, stop) = match given {
        "&@state" => ("@busy(&@state)", "@stop(&@state)"),
        _ => ("@busy(@state.clone())", "@stop(@state.clone())"),
    };
    Wrapped { prepared: "", busy, stop, kill: format!("kill({given});") }
}

/// Methods of a struct, or of a trait that it implements.
fn methods(scene: &mut Scene<'_>, of_trait: &str) -> Wrapped {
    let keeping = Keeping::new(scene, "state");
    let read = keeping.read("self.@state");
    let stop = stop_body(scene, &read);
    let kill = if scene.pick("kills", 3) == 1 { kill_body(scene, &read) } else { String::new() };
    let (visible, of, killing) = match of_trait {
        "" => ("pub ", String::new(), true),
        name => ("", format!("{name} for "), !kill.is_empty()),
    };
    if !of_trait.is_empty() {
        scene.items(
            "pub trait Control {\n    fn @stop(&self) -> String;\n    fn @busy(&self) -> bool;\n    <<kill>>\n}",
            &[("kill", if killing { "fn kill(&self);" } else { "" })],
        );
    }
    let kill = match kill.as_str() {
        "" => String::new(),
        body => format!("{visible}fn kill(&self) {{\n        {body}\n    }}"),
    };
    scene.items(
        r#"
/// What the buttons do.
pub struct @Chat {
    @state: <<kept>>,
}

impl <<of>>@Chat {
    <<visible>>fn @stop(&self) -> String {
        <<stop>>
    }

    <<visible>>fn @busy(&self) -> bool {
        <<read>>.is_running()
    }

    <<kill>>
}"#,
        &[
            ("kept", &keeping.of("@Arc<@InferenceState>")),
            ("of", &of),
            ("visible", visible),
            ("stop", &stop),
            ("read", &read),
            ("kill", &kill),
        ],
    );
    let made = keeping.made("@state.clone()");
    scene.items(
        "fn controlled(@state: &@Arc<@InferenceState>) -> @Chat {\n    @Chat { @state: <<made>> }\n}",
        &[("made", &made)],
    );
    Wrapped {
        prepared: "let @chat = controlled(&@state);",
        busy: "@chat.@busy()",
        stop: "@chat.@stop()",
        kill: "@chat.kill();".to_owned(),
    }
}

fn closures(scene: &mut Scene<'_>) -> Wrapped {
    let kill = kill_body(scene, "@state");
    Wrapped {
        prepared: "let @busy = || @state.is_running();\n    let @stop = || @state.cancel_run().map_or_else(|@error| @error.to_string(), |()| \"ok\".to_owned());",
        busy: "@busy()",
        stop: "@stop()",
        kill,
    }
}
