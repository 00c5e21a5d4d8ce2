//! Options of engines that travel: slices, variadic parameters, fields, factories.

use geppetto_migrate::rules::Trap;

use crate::go::complications::{Answer, answer, asking};
use crate::go::scene::Scene;
use crate::go::shapes::sinks::{listen, made, making};

/// A slice that is filled where the engine is made.
pub(crate) fn option_slice(scene: &mut Scene<'_>) {
    let slice = match scene.pick("slice", 10) {
        1 => {
            "var @options []@Option\n@options = append(@options, @WithSink(@sink))\nif len(@prompt) > 5 {\n@options = append(@options, @WithSink(@other))\n}"
        }
        2 => {
            "@options := make([]@Option, 0, 2)\n@options = append(@options, @WithSink(@sink))\n@options = append(@options, @WithSink(@other))"
        }
        3 => {
            "@options := []@Option{}\nfor _, one := range []@EventSink{@sink, @other} {\n@options = append(@options, @WithSink(one))\n}"
        }
        4 => {
            "@options := []@Option{@WithSink(@sink)}\nif @other != nil {\n@options = append(@options, @WithSink(@other))\n}"
        }
        5 => "@options := append([]@Option(nil), @WithSink(@sink), @WithSink(@other))",
        6 => "with := @WithSink\n@options := []@Option{with(@sink), with(@other)}",
        7 => {
            "var loud @EventSink\nif len(@prompt) > 5 {\nloud = @other\n}\n@options := []@Option{@WithSink(@sink)}\nif loud != nil {\n@options = append(@options, @WithSink(loud))\n}"
        }
        8 => {
            "var loud @EventSink\nif len(@prompt) > 5 {\nloud = @other\n}\n@options := []@Option{@WithSink(@sink), @WithSink(loud)}"
        }
        9 => {
            "@options := []@Option{\n@WithSink(@sink), // the first\n@WithSink(@other),\n}\n@fmt.Println(\" \", len(@options), \"options\")"
        }
        _ => "@options := []@Option{@WithSink(@sink), @WithSink(@other)}",
    };
    let make = making(scene, "@options...");
    let seed = asking(scene, "@prompt");
    let twice = match scene.pick("twice", 3) {
        1 => format!("_, twice := @eng.RunInference(@context.Background(), {seed})\n@fmt.Println(\" \", twice)"),
        _ => String::new(),
    };
    ask_and_run(scene, &format!("{slice}\n{make}\n{twice}"), &seed);
}

/// Functions that fill a slice on conditions, and hand it on.
pub(crate) fn options_through(scene: &mut Scene<'_>) {
    let filled = match scene.pick("filled", 4) {
        1 => {
            "@options := []@Option{@WithSink(@sink)}\nif loud {\n@options = append(@options, @WithSink(@other))\n}\nreturn @options"
        }
        2 => {
            "switch {\ncase loud:\nreturn []@Option{@WithSink(@sink), @WithSink(@other)}\ndefault:\nreturn []@Option{@WithSink(@sink)}\n}"
        }
        3 => "if !loud {\nreturn nil\n}\nreturn []@Option{@WithSink(@sink), @WithSink(@other)}",
        _ => {
            "var @options []@Option\n@options = append(@options, @WithSink(@sink))\nif loud {\n@options = append(@options, @WithSink(@other))\n}\nreturn @options"
        }
    };
    let make = making(scene, "@options...");
    let (parameter, given) = match scene.pick("variadic", 2) {
        1 => ("@options []@Option", ""),
        _ => ("@options ...@Option", "..."),
    };
    scene.items(
        r#"
func wanted(loud bool, @sink, @other @EventSink) []@Option {
	<<filled>>
}

func @Make(<<parameter>>) @Engine {
	<<make>>
	return @eng
}"#,
        &[("filled", filled), ("make", &make), ("parameter", parameter)],
    );
    let used = match scene.pick("handed-on", 3) {
        1 => format!("@options := wanted(len(@prompt) > 5, @sink, @other)\n@eng := @Make(@options{given})"),
        2 => {
            let none = if given.is_empty() { "nil" } else { "" };
            format!(
                "var @eng @Engine\nif @prompt == \"\" {{\n@eng = @Make({none})\n}} else {{\n@eng = @Make(wanted(len(@prompt) > 5, @sink, @other){given})\n}}"
            )
        }
        _ => format!("@eng := @Make(wanted(len(@prompt) > 5, @sink, @other){given})"),
    };
    let seed = asking(scene, "@prompt");
    ask_and_run(scene, &used, &seed);
}

/// A parameter or a field for options that nobody fills.
pub(crate) fn dead_options(scene: &mut Scene<'_>) {
    let used = match scene.pick("dead", 4) {
        1 => {
            let make = making(scene, "@me.@Options...");
            scene.items(
                r#"
// maker makes engines.
type maker struct {
	@Options []@Option
}

func newMaker(@options ...@Option) *maker {
	return &maker{@Options: @options}
}

func (@me *maker) @Make() @Engine {
	<<make>>
	return @eng
}"#,
                &[("make", &make)],
            );
            "@eng := newMaker().@Make()"
        }
        2 => {
            let make = making(scene, "append([]@Option{}, @options...)...");
            scene.items(
                "func @Make(name string, @options ...@Option) @Engine {\n<<make>>\nreturn @eng\n}",
                &[("make", &make)],
            );
            "@eng := @Make(\"one\")"
        }
        3 => {
            let make = making(scene, "@options...");
            scene.items(
                "func @Make(@options ...@Option) @Engine {\n<<make>>\nreturn @eng\n}\n\nfunc through(@options ...@Option) @Engine {\nreturn @Make(@options...)\n}",
                &[("make", &make)],
            );
            "@eng := through()"
        }
        _ => {
            let make = making(scene, "@options...");
            scene.items("func @Make(@options ...@Option) @Engine {\n<<make>>\nreturn @eng\n}", &[("make", &make)]);
            "@eng := @Make()"
        }
    };
    let seed = asking(scene, "@prompt");
    ask_and_run_on(scene, used, &seed, "@WithEventSinks(@context.Background(), @sink, @other)");
}

/// An engine with a sink that leaves the function that made it.
pub(crate) fn escaping_engine(scene: &mut Scene<'_>) {
    let used = match scene.pick("escapes", 5) {
        1 => {
            let make = making(scene, "@WithSink(@sink), @WithSink(@other)");
            scene.items(
                r#"
// pool keeps engines to take turns.
type pool struct {
	engines []@Engine
}

func newPool(@sink, @other @EventSink) *pool {
	<<make>>
	return &pool{engines: []@Engine{@eng}}
}"#,
                &[("make", &make)],
            );
            "@eng := newPool(@sink, @other).engines[0]"
        }
        2 => {
            let (before, made) = made(scene, "@WithSink(@sink)");
            scene.items(
                "func @Make(@sink @EventSink) (@Engine, error) {\n<<before>>\nreturn <<made>>\n}",
                &[("before", before), ("made", &made)],
            );
            "_ = @other\n@eng, @err := @Make(@sink)\nif @err != nil {\npanic(@err)\n}"
        }
        3 => {
            let make = making(scene, "@WithSink(@sink), @WithSink(@other)");
            scene.items(
                "var shared @Engine\n\nfunc @Make(@sink, @other @EventSink) {\n<<make>>\nshared = @eng\n}",
                &[("make", &make)],
            );
            "@Make(@sink, @other)\n@eng := shared"
        }
        4 => {
            let make = making(scene, "@WithSink(@sink), @WithSink(@other)");
            scene.items(
                "// tapped is an engine with a name.\ntype tapped struct {\n@Engine\nname string\n}\n\nfunc @Make(@sink, @other @EventSink) *tapped {\n<<make>>\nreturn &tapped{Engine: @eng, name: \"tapped\"}\n}",
                &[("make", &make)],
            );
            "@eng := @Make(@sink, @other)"
        }
        _ => {
            let make = making(scene, "@WithSink(@sink), @WithSink(@other)");
            scene.items("func @Make(@sink, @other @EventSink) @Engine {\n<<make>>\nreturn @eng\n}", &[("make", &make)]);
            "@eng := @Make(@sink, @other)"
        }
    };
    let seed = asking(scene, "@prompt");
    ask_and_run(scene, used, &seed);
}

/// Factories of the module's own, given as an interface or as a type parameter.
pub(crate) fn factories(scene: &mut Scene<'_>) {
    let form = scene.pick("mock", 4);
    let body = match form {
        1 => "return @NewEngineFromParsedValues(@values, @options...)",
        2 => {
            "config := @NewConfig()\nif @err := @ApplyOptions(config, @options...); @err != nil {\nreturn nil, @err\n}\nreturn &loud{inner: @NewActor(), sinks: config.EventSinks}, nil"
        }
        3 => {
            "var config @Config\nfor _, option := range @options {\nif @err := option(&config); @err != nil {\nreturn nil, @err\n}\n}\nreturn &loud{inner: @NewActor(), sinks: config.EventSinks}, nil"
        }
        _ => "return @NewActor(), nil",
    };
    let parameter = if form == 0 { "_" } else { "@options" };
    let values = if form == 1 { "@values" } else { "_" };
    if form >= 2 {
        scene.items(
            r#"
// loud is an engine with sinks of its own.
type loud struct {
	inner @Engine
	sinks []@EventSink
}

func (@me *loud) RunInference(@ctx @context.Context, @seed *@Turn) (*@Turn, error) {
	return @me.inner.RunInference(@WithEventSinks(@ctx, @me.sinks...), @seed)
}"#,
            &[],
        );
    }
    scene.items(
        r#"
// mock stands in for the real one.
type mock struct{}

func (mock) CreateEngine(<<values>> *@ParsedValues, <<parameter>> ...@Option) (@Engine, error) {
	<<body>>
}"#,
        &[("values", values), ("parameter", parameter), ("body", body)],
    );
    if scene.pick("asserted", 2) == 1 {
        scene.items("var _ @EngineFactory = mock{}", &[]);
    }
    let signature = match scene.pick("given-as", 3) {
        1 => "func @Make[F @EngineFactory](@maker F, @options ...@Option) @Engine",
        2 => {
            "func @Make(@maker interface {\nCreateEngine(*@ParsedValues, ...@Option) (@Engine, error)\n}, @options ...@Option) @Engine"
        }
        _ => "func @Make(@maker @EngineFactory, @options ...@Option) @Engine",
    };
    scene.items(
        "<<signature>> {\n@eng, @err := @maker.CreateEngine(&@ParsedValues{}, @options...)\nif @err != nil {\npanic(@err)\n}\nreturn @eng\n}",
        &[("signature", signature)],
    );
    let options = scene.one_of("options", &["", ", @WithSink(@sink), @WithSink(@other)"]);
    if !options.is_empty() && form == 0 {
        // Nobody told the sinks that the mock ignores.
        let told = " start, partial re, final re hello, start, partial re, final re good bye";
        for sink in ["heard", "other"] {
            scene.may_differ(Trap::SinkScope, format!("{sink} "), format!("{sink}{told}"));
        }
    }
    let sinks = if options.is_empty() { "_, _ = @sink, @other\n" } else { "" };
    let seed = asking(scene, "@prompt");
    ask_and_run(scene, &format!("{sinks}@eng := @Make(mock{{}}{options})"), &seed);
}

/// A field for options in a config of which only others are used.
pub(crate) fn dead_config(scene: &mut Scene<'_>) {
    let make = making(scene, "");
    let shown = match scene.pick("read", 3) {
        1 => "@fmt.Println(len(config.@Options), \"options\")",
        2 => "if config.@Options != nil {\n@fmt.Println(\"with options\")\n}",
        _ => "@fmt.Println(\"verbose\")",
    };
    scene.items(
        r#"
// userConfig is what a user may set.
type userConfig struct {
	verbose bool
	@Options []@Option // for later
}

func defaults() userConfig {
	return userConfig{verbose: true, @Options: nil}
}

func @Make(config userConfig) @Engine {
	if config.verbose {
		<<shown>>
	}
	<<make>>
	return @eng
}"#,
        &[("make", &make), ("shown", shown)],
    );
    let seed = asking(scene, "@prompt");
    ask_and_run_on(scene, "@eng := @Make(defaults())", &seed, "@WithEventSinks(@context.Background(), @sink, @other)");
}

fn ask_and_run(scene: &mut Scene<'_>, setup: &str, seed: &str) {
    ask_and_run_on(scene, setup, seed, "@context.Background()");
}

/// `@ask`, which runs `@eng` on `ctx`, and `Run`, which asks twice.
fn ask_and_run_on(scene: &mut Scene<'_>, setup: &str, seed: &str, ctx: &str) {
    let run = format!("@eng.RunInference(<<ctx>>, {seed})");
    let text = answer(
        scene,
        &Answer {
            receiver: "",
            name: "@ask",
            parameters: "@sink, @other @EventSink, @prompt string",
            arguments: "@sink, @other, @prompt",
            setup,
            run: &run,
            ctx,
            can_be_busy: false,
        },
    );
    scene.items(&text, &[]);
    listen(scene);
}
