//! Sinks that are given to the construction of an engine.

use crate::rust::complications::{Answer, Failure, answer, asking};
use crate::rust::scene::Scene;

/// The sink stands inline in the call of the factory.
pub(crate) fn inline_sink(scene: &mut Scene<'_>) {
    let seed = asking(scene, "@prompt");
    let make = making(scene, "vec![@with_sink(@sink)]");
    let (before, ctx) = match scene.pick("context", 3) {
        1 => ("", "@with_event_sink(&@Context::background(), @other.clone())"),
        2 => ("let _ = @other;\nlet (upper, _stop) = @Context::background().with_cancel();", "upper.clone()"),
        _ => ("let _ = @other;", "@Context::background()"),
    };
    let (warm_up, run) = match scene.pick("runs", 4) {
        1 => (
            format!(
                "let first = @engine.run_inference(&{ctx}, {seed}).await;\nprintln!(\"  first {{}}\", first.is_ok());"
            ),
            format!("@engine.run_inference(<<ctx>>, {seed})"),
        ),
        2 => (
            format!(
                "for round in 0..2 {{\n    let heard = @engine.run_inference(&{ctx}, {seed}).await.is_ok();\n    println!(\"  {{round}} {{heard}}\");\n}}"
            ),
            format!("@engine.run_inference(<<ctx>>, {seed})"),
        ),
        3 => (format!("let @seed = {seed};"), scene.call("run", "@engine", "Engine::run_inference", "<<ctx>>, @seed")),
        _ => (String::new(), format!("@engine.run_inference(<<ctx>>, {seed})")),
    };
    if format!("{warm_up}{run}").contains("@engine.run_inference") {
        scene.calls_methods_of("Engine");
    }
    let text = answer(
        scene,
        &Answer {
            name: "@ask",
            parameters: "@sink: @Arc<dyn @EventSink>, @other: @Arc<dyn @EventSink>, @prompt: &str",
            arguments: "@sink, @other, @prompt",
            setup: &format!("{make}\n{before}\n{warm_up}"),
            run: &run,
            ctx,
            error: Failure::Engine,
        },
    );
    scene.items(&text, &[]);
    scene.items(
        r#"
pub async fn run() {
    let (@sink, @other) = (@Ear::new(), @Ear::new());
    for prompt in ["hello", "good bye"] {
        println!("{prompt}: {}", @ask(@sink.clone(), @other.clone(), prompt).await);
    }
    println!("heard {}", @sink.heard());
    println!("other {}", @other.heard());
}"#,
        &[],
    );
}

/// Statements that make `@engine` with these options.
pub(crate) fn making(scene: &mut Scene<'_>, options: &str) -> String {
    let (before, values) = match scene.pick("values", 2) {
        1 => ("let @values = @ParsedValues::default();\n", "&@values"),
        _ => ("", "&@ParsedValues::default()"),
    };
    let made = match scene.pick("factory", 3) {
        1 => {
            scene.calls_methods_of("EngineFactory");
            format!("@StandardEngineFactory.create_engine({values}, {options})")
        }
        2 => {
            scene.calls_methods_of("EngineFactory");
            format!("@StandardEngineFactory::default().create_engine({values}, {options})")
        }
        _ => format!("@new_engine_from_parsed_values({values}, {options})"),
    };
    let engine = match scene.pick("made", 4) {
        1 => format!("let Ok(@engine) = {made} else {{\n    panic!(\"no engine\");\n}};"),
        2 => format!(
            "let @engine = match {made} {{\n    Ok(@engine) => @engine,\n    Err(@error) => panic!(\"{{@error}}\"),\n}};"
        ),
        3 => format!("let @engine = {made}.unwrap();"),
        _ => format!("let @engine = {made}.expect(\"the echo engine is there\");"),
    };
    format!("{before}{engine}")
}
