//! Options of engines that travel: vectors, parameters, fields, factories.

use geppetto_migrate::rules::Trap;

use crate::rust::complications::{Answer, Failure, answer, asking};
use crate::rust::scene::Scene;
use crate::rust::shapes::sinks::making;

/// A vector that is built where the engine is made.
pub(crate) fn option_vector(scene: &mut Scene<'_>) {
    let vector = match scene.pick("vector", 7) {
        1 => "let @options = vec![@with_sink(@sink), @with_sink(@other)];",
        2 => {
            "let mut @options: Vec<@EngineOption> = Vec::new();\n@options.push(@with_sink(@sink));\nif @prompt.len() > 5 {\n    @options.push(@with_sink(@other));\n}"
        }
        3 => "let mut @options = vec![@with_sink(@sink)];\n@options.extend(vec![@with_sink(@other)]);",
        4 => {
            "let loud = (@prompt.len() > 5).then_some(@other);\nlet mut @options = vec![@with_sink(@sink)];\nif let Some(loud) = loud {\n    @options.push(@with_sink(loud));\n}"
        }
        5 => {
            "let mut @options = Vec::with_capacity(2);\nfor ear in [@sink, @other] {\n    @options.push(@with_sink(ear));\n}"
        }
        6 => "let @options: Vec<@EngineOption> = [@sink, @other].into_iter().map(@with_sink).collect();",
        _ => "let mut @options = Vec::new();\n@options.push(@with_sink(@sink));\n@options.push(@with_sink(@other));",
    };
    let make = making(scene, "@options");
    let asks_twice = scene.pick("twice", 3) == 1;
    let seed = asking(scene, "@prompt");
    let twice = if asks_twice {
        format!(
            "let twice = @engine.run_inference(&@Context::background(), {seed}).await.is_ok();\nprintln!(\"  {{twice}}\");"
        )
    } else {
        String::new()
    };
    ask_and_run(scene, &format!("{vector}\n{make}\n{twice}"), &seed);
}

/// Functions that fill a vector on conditions, and hand it on.
pub(crate) fn options_through(scene: &mut Scene<'_>) {
    let filled = match scene.pick("filled", 4) {
        1 => {
            "let mut @options = vec![@with_sink(@sink)];\nif loud {\n    @options.push(@with_sink(@other));\n}\n@options"
        }
        2 => {
            "match loud {\n    true => vec![@with_sink(@sink), @with_sink(@other)],\n    false => vec![@with_sink(@sink)],\n}"
        }
        3 => "if !loud {\n    return Vec::new();\n}\nvec![@with_sink(@sink), @with_sink(@other)]",
        _ => {
            "let mut @options = Vec::new();\n@options.push(@with_sink(@sink));\nif loud {\n    @options.push(@with_sink(@other));\n}\n@options"
        }
    };
    let make = making(scene, "@options");
    scene.items(
        r#"
fn wanted(loud: bool, @sink: @Arc<dyn @EventSink>, @other: @Arc<dyn @EventSink>) -> Vec<@EngineOption> {
    <<filled>>
}

fn @make(@options: Vec<@EngineOption>) -> @Arc<dyn @Engine> {
    <<make>>
    @engine
}"#,
        &[("filled", filled), ("make", &make)],
    );
    let used = match scene.pick("handed-on", 3) {
        1 => "let @options = wanted(@prompt.len() > 5, @sink, @other);\nlet @engine = @make(@options);",
        2 => {
            "let @engine = match @prompt.is_empty() {\n    true => @make(vec![]),\n    false => @make(wanted(@prompt.len() > 5, @sink, @other)),\n};"
        }
        _ => "let @engine = @make(wanted(@prompt.len() > 5, @sink, @other));",
    };
    let seed = asking(scene, "@prompt");
    ask_and_run(scene, used, &seed);
}

/// A parameter or a field for options that nobody fills.
pub(crate) fn dead_options(scene: &mut Scene<'_>) {
    let in_struct = scene.pick("dead", 2) == 1;
    let used = if in_struct {
        let make = making(scene, "self.@options.clone()");
        let empty = scene.one_of("empty", &["Vec::new()", "vec![]", "Default::default()"]);
        scene.items(
            r#"
/// Makes engines.
pub struct Maker {
    @options: Vec<@EngineOption>,
}

impl Maker {
    pub fn new() -> Self {
        Self { @options: <<empty>> }
    }

    pub fn @make(&self) -> @Arc<dyn @Engine> {
        <<make>>
        @engine
    }
}"#,
            &[("make", &make), ("empty", &empty)],
        );
        "let @engine = Maker::new().@make();"
    } else {
        let make = making(scene, "@options");
        scene.items(
            r#"
fn @make(@options: Vec<@EngineOption>) -> @Arc<dyn @Engine> {
    <<make>>
    @engine
}"#,
            &[("make", &make)],
        );
        match scene.pick("empty", 2) {
            1 => "let @engine = @make(vec![]);",
            _ => "let @engine = @make(Vec::new());",
        }
    };
    let ctx = "@with_event_sink(&@with_event_sink(&@Context::background(), @sink), @other)";
    let seed = asking(scene, "@prompt");
    ask_and_run_on(scene, used, &seed, ctx);
}

/// An engine with a sink that leaves the function that made it.
pub(crate) fn escaping_engine(scene: &mut Scene<'_>) {
    let used = match scene.pick("escapes", 3) {
        1 => {
            let make = making(scene, "vec![@with_sink(@sink), @with_sink(@other)]");
            scene.items(
                r#"
/// Engines to take turns.
pub struct Pool {
    engines: Vec<@Arc<dyn @Engine>>,
}

impl Pool {
    pub fn new(@sink: @Arc<dyn @EventSink>, @other: @Arc<dyn @EventSink>) -> Self {
        <<make>>
        Self { engines: vec![@engine] }
    }
}"#,
                &[("make", &make)],
            );
            "let pool = Pool::new(@sink, @other);\nlet @engine = pool.engines[0].clone();"
        }
        2 => {
            let make = match scene.pick("values", 2) {
                1 => "@new_engine_from_parsed_values(&@ParsedValues::default(), vec![@with_sink(@sink)])",
                _ => "@StandardEngineFactory.create_engine(&@ParsedValues::default(), vec![@with_sink(@sink)])",
            };
            if make.starts_with("@Standard") {
                scene.calls_methods_of("EngineFactory");
            }
            scene.items(
                "fn @make(@sink: @Arc<dyn @EventSink>) -> Result<@Arc<dyn @Engine>, @FactoryError> {\n    <<make>>\n}",
                &[("make", make)],
            );
            "let _ = @other;\nlet @engine = @make(@sink).unwrap();"
        }
        _ => {
            let make = making(scene, "vec![@with_sink(@sink), @with_sink(@other)]");
            scene.items(
                "fn @make(@sink: @Arc<dyn @EventSink>, @other: @Arc<dyn @EventSink>) -> @Arc<dyn @Engine> {\n    <<make>>\n    @engine\n}",
                &[("make", &make)],
            );
            "let @engine = @make(@sink, @other);"
        }
    };
    let seed = asking(scene, "@prompt");
    ask_and_run(scene, used, &seed);
}

/// Factories of the package's own, given as `dyn` or as a generic parameter.
pub(crate) fn factories(scene: &mut Scene<'_>) {
    let ignored = scene.one_of("ignored", &["_", "_options", "@options"]);
    let made = match ignored.starts_with('_') {
        true => "let _ = values;\n        Ok(@Actor::new())".to_owned(),
        false => format!("@new_engine_from_parsed_values(values, {ignored})"),
    };
    scene.items(
        r#"
/// Stands in for the real one.
pub struct Mock;

impl @EngineFactory for Mock {
    fn create_engine(&self, values: &@ParsedValues, <<ignored>>: Vec<@EngineOption>) -> Result<@Arc<dyn @Engine>, @FactoryError> {
        <<made>>
    }
}"#,
        &[("ignored", &ignored), ("made", &made)],
    );
    let (signature, given) = match scene.pick("given-as", 3) {
        1 => ("fn @make<F: @EngineFactory>(factory: &F, @options: Vec<@EngineOption>)", "&Mock"),
        2 => ("fn @make(factory: @Arc<dyn @EngineFactory>, @options: Vec<@EngineOption>)", "@Arc::new(Mock)"),
        _ => ("fn @make(factory: &dyn @EngineFactory, @options: Vec<@EngineOption>)", "&Mock"),
    };
    scene.items(
        r#"
<<signature>> -> @Arc<dyn @Engine> {
    factory.create_engine(&@ParsedValues::default(), @options).unwrap()
}"#,
        &[("signature", signature)],
    );
    let options = match scene.pick("options", 2) {
        1 => "vec![@with_sink(@sink), @with_sink(@other)]",
        _ => "Vec::new()",
    };
    if options != "Vec::new()" && ignored.starts_with('_') {
        // Nobody told the sinks that the mock ignores.
        let told = "start , partial re, final re hello, start , partial re, final re good bye";
        for sink in ["heard ", "other "] {
            scene.may_differ(Trap::SinkScope, sink, format!("{sink}{told}"));
        }
    }
    let sinks = if options == "Vec::new()" { "let _ = (@sink, @other);\n" } else { "" };
    let seed = asking(scene, "@prompt");
    ask_and_run(scene, &format!("{sinks}let @engine = @make({given}, {options});"), &seed);
}

/// A field for options in a config of which only others are used.
pub(crate) fn dead_config(scene: &mut Scene<'_>) {
    let read = scene.pick("read", 2) == 1;
    let make = making(scene, "vec![]");
    let shown = if read { "println!(\"{} options\", config.@options.len());" } else { "" };
    scene.items(
        r#"
/// What a user may set.
#[allow(dead_code)]
pub struct Settings {
    verbose: bool,
    @options: Vec<@EngineOption>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { verbose: true, @options: Vec::new() }
    }
}

fn @make(config: &Settings) -> @Arc<dyn @Engine> {
    if config.verbose {
        <<shown>>
    }
    <<make>>
    @engine
}"#,
        &[("make", &make), ("shown", shown)],
    );
    let seed = asking(scene, "@prompt");
    let ctx = "@with_event_sink(&@with_event_sink(&@Context::background(), @sink), @other)";
    ask_and_run_on(scene, "let @engine = @make(&Settings::default());", &seed, ctx);
}

fn ask_and_run(scene: &mut Scene<'_>, setup: &str, seed: &str) {
    ask_and_run_on(scene, setup, seed, "@Context::background()");
}

/// `@ask`, which runs `@engine` on `ctx`, and `run`, which asks twice.
fn ask_and_run_on(scene: &mut Scene<'_>, setup: &str, seed: &str, ctx: &str) {
    scene.calls_methods_of("Engine");
    let run = format!("@engine.run_inference(<<ctx>>, {seed})");
    let text = answer(
        scene,
        &Answer {
            name: "@ask",
            parameters: "@sink: @Arc<dyn @EventSink>, @other: @Arc<dyn @EventSink>, @prompt: &str",
            arguments: "@sink, @other, @prompt",
            setup,
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
