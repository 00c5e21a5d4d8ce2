//! Sinks that are given to the construction of an engine.

use geppetto_migrate::rules::Trap;

use crate::go::complications::{Answer, answer, asking};
use crate::go::scene::Scene;

/// What was told `often` by one sink on the context and on the engine may be told once.
fn told_once(scene: &mut Scene<'_>, often: usize) {
    let told =
        ["start", "partial echo:", "partial hello", "final echo: hello", "partial good bye", "final echo: good bye"];
    for event in told {
        scene.may_differ(Trap::DoubleSink, vec![event; often].join(", "), event);
    }
}

/// The sink stands inline in the call of the factory.
pub(crate) fn inline_sink(scene: &mut Scene<'_>) {
    let seed = asking(scene, "@prompt");
    let options = scene.one_of(
        "options",
        &["@WithSink(@sink)", "@WithSink(@sink), @WithSink(@sink)", "@WithSink(/* all of it */ @sink)"],
    );
    let make = making(scene, options);
    let context = scene.pick("context", 4);
    if context == 3 {
        told_once(scene, 1 + options.matches("@WithSink").count());
    }
    let (before, ctx) = match context {
        1 => ("", "@WithEventSinks(@context.Background(), @other)"),
        2 => ("_ = @other\nupper, stopUpper := @context.WithCancel(@context.Background())\ndefer stopUpper()", "upper"),
        3 => ("_ = @other", "@WithEventSinks(@context.Background(), @sink)"),
        _ => ("_ = @other", "@context.Background()"),
    };
    let warm_up = match scene.pick("runs", 4) {
        1 => format!("_, first := @eng.RunInference({ctx}, {seed})\n@fmt.Println(\"  first\", first)"),
        2 => format!(
            "for round := 0; round < 2; round++ {{\n_, heard := @eng.RunInference({ctx}, {seed})\n@fmt.Println(\" \", round, heard)\n}}"
        ),
        _ => String::new(),
    };
    let (prepared, run) = match scene.pick("through", 4) {
        1 => (format!("@seed := {seed}"), "@eng.RunInference(<<ctx>>, @seed)".to_owned()),
        2 => ("play := @eng.RunInference".to_owned(), format!("play(<<ctx>>, {seed})")),
        3 => {
            scene.items("func played(@ctx @context.Context, @eng @Engine, @seed *@Turn) (*@Turn, error) {\nreturn @eng.RunInference(@ctx, @seed)\n}", &[]);
            (String::new(), format!("played(<<ctx>>, @eng, {seed})"))
        }
        _ => (String::new(), format!("@eng.RunInference(<<ctx>>, {seed})")),
    };
    let text = answer(
        scene,
        &Answer {
            receiver: "",
            name: "@ask",
            parameters: "@sink, @other @EventSink, @prompt string",
            arguments: "@sink, @other, @prompt",
            setup: &format!("{make}\n{before}\n{warm_up}\n{prepared}"),
            run: &run,
            ctx,
            can_be_busy: false,
        },
    );
    scene.items(&text, &[]);
    listen(scene);
}

/// `Run`, which asks twice with two sinks.
pub(super) fn listen(scene: &mut Scene<'_>) {
    scene.items(
        r#"
func Run() {
	@sink, @other := @NewEar(), @NewEar()
	for _, prompt := range []string{"hello", "good bye"} {
		@fmt.Printf("%s: %s\n", prompt, @ask(@sink, @other, prompt))
	}
	@fmt.Println("heard", @sink.Heard())
	@fmt.Println("other", @other.Heard())
}"#,
        &[],
    );
}

/// A call that makes an engine with these options, and what stands before it.
pub(super) fn made(scene: &mut Scene<'_>, options: &str) -> (&'static str, String) {
    let comma = if options.is_empty() { "" } else { ", " };
    let (before, values) = match scene.pick("values", 2) {
        1 => ("@values := &@ParsedValues{}\n", "@values"),
        _ => ("", "&@ParsedValues{}"),
    };
    match scene.pick("factory", 6) {
        1 => (before, format!("@NewStandardEngineFactory().CreateEngine({values}{comma}{options})")),
        2 => (before, format!("(&@StandardEngineFactory{{}}).CreateEngine({values}{comma}{options})")),
        3 => ("", format!("@NewEngineFromParsedLayers(&@ParsedLayers{{}}{comma}{options})")),
        4 if !comma.is_empty() => (before, format!("@NewEngineFromParsedValues(\n{values},\n{options},\n)")),
        _ => (before, format!("@NewEngineFromParsedValues({values}{comma}{options})")),
    }
}

/// Statements that make `@eng` with these options.
pub(super) fn making(scene: &mut Scene<'_>, options: &str) -> String {
    let (before, made) = made(scene, options);
    let engine = match scene.pick("engine", 4) {
        1 => {
            scene.items(
                "func must[T any](value T, @err error) T {\nif @err != nil {\npanic(@err)\n}\nreturn value\n}",
                &[],
            );
            format!("@eng := must({made})")
        }
        2 => format!(
            "var @eng @Engine\nif made, @err := {made}; @err != nil {{\npanic(@err)\n}} else {{\n@eng = made\n}}"
        ),
        3 => format!("@eng, _ := {made}"),
        _ => format!("@eng, @err := {made}\nif @err != nil {{\npanic(@err)\n}}"),
    };
    format!("{before}{engine}")
}
