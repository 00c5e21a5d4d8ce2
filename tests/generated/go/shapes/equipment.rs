//! What reaches a run besides its session: tools, configurations, hooks, persisters.

use crate::go::complications::{Answer, answer, asking};
use crate::go::scene::Scene;

const ENGINE: &str = "@eng, @err := @NewEngineFromParsedValues(&@ParsedValues{Engine: \"scripted\", Script: []@Step{\n{Tool: \"double\", Args: 21},\n{Deltas: []string{\"it is\", \" 42\"}},\n{Tool: \"double\", Args: 4},\n{Deltas: []string{\"it is 8\"}},\n{Deltas: []string{\"once more\"}},\n}})\nif @err != nil {\npanic(@err)\n}";

const TOOLS: &str = r#"
func toolsOf(factor int) @ToolRegistry {
	@registry := @NewInMemoryToolRegistry()
	work := func(_ @context.Context, args any) (any, error) {
		return args.(int) * factor, nil
	}
	if @err := @registry.RegisterTool("double", @ToolDefinition{Description: "twice", Function: work}); @err != nil {
		panic(@err)
	}
	return @registry
}"#;

/// A core session for each run, with tools of its own, over a state that lives long.
pub(crate) fn per_run(scene: &mut Scene<'_>) {
    let seed = asking(scene, "@prompt");
    let config = match scene.pick("config", 3) {
        1 => ("config := @DefaultToolConfig()\n", ", ToolConfig: &config"),
        2 => ("", ", ToolConfig: &@ToolConfig{Enabled: true, AllowedTools: []string{\"double\"}}"),
        _ => ("", ""),
    };
    let sess = match scene.pick("literal", 3) {
        1 => format!(
            "{}@sess := &@Session{{\nState: @me.@State,\nRegistry: @registry,\nEventSinks: []@EventSink{{@sink}},\n}}",
            ""
        ),
        2 => format!(
            "{}@sess := @Session{{State: @me.@State, EventSinks: []@EventSink{{@sink}}{}}}\n@sess.Registry = @registry",
            config.0, config.1
        ),
        _ => format!(
            "{}@sess := &@Session{{State: @me.@State, Registry: @registry, EventSinks: []@EventSink{{@sink}}{}}}",
            config.0, config.1
        ),
    };
    scene.items(TOOLS, &[]);
    scene.items(
        "type @Chat struct {\n@State *@InferenceState\n}\n\nfunc @NewChat() *@Chat {\n<<engine>>\nreturn &@Chat{@State: @NewInferenceState(\"long\", nil, @eng)}\n}",
        &[("engine", ENGINE)],
    );
    let ask = answer(
        scene,
        &Answer {
            receiver: "(@me *@Chat)",
            name: "@Ask",
            parameters: "@registry @ToolRegistry, @sink @EventSink, @prompt string",
            arguments: "@registry, @sink, @prompt",
            setup: &format!("{sess}\n@seed := {seed}"),
            run: "@sess.RunInference(<<ctx>>, @seed)",
            ctx: "@context.Background()",
            can_be_busy: true,
        },
    );
    scene.items(&ask, &[]);
    scene.items(
        r#"
func Run() {
	@sink, @other := @NewEar(), @NewEar()
	@chat := @NewChat()
	@fmt.Println("one:", @chat.@Ask(toolsOf(2), @sink, "what is it"))
	@fmt.Println("two:", @chat.@Ask(toolsOf(3), @other, "and now"))
	@fmt.Println("three:", @chat.@Ask(nil, @sink, "without"))
	@fmt.Println("history:", @Said(@chat.@State.Turn), @chat.@State.RunID, @chat.@State.IsRunning())
	@fmt.Println("heard", @sink.Heard())
	@fmt.Println("other", @other.Heard())
}"#,
        &[],
    );
}

/// One core session with everything it may have.
pub(crate) fn equipped(scene: &mut Scene<'_>) {
    let has = |scene: &mut Scene<'_>, name: &str| scene.pick(name, 2) == 1;
    let mut fields = vec!["State: @inf", "EventSinks: []@EventSink{@sink}", "Registry: toolsOf(2)"];
    if has(scene, "hook") {
        scene.items(
            "func hook(_ @context.Context, @seed *@Turn, phase string) {\n@fmt.Println(\"  \", phase, len(@seed.Blocks))\n}",
            &[],
        );
        fields.push(scene.one_of("hook-as", &["SnapshotHook: hook", "SnapshotHook: @SnapshotHook(hook)", "SnapshotHook: func(@ctx @context.Context, @seed *@Turn, phase string) {\nhook(@ctx, @seed, phase+\"!\")\n}"]));
    }
    if has(scene, "persister") {
        let kept = scene
            .one_of("kept", &["@fmt.Println(\"  kept\", @Said(@out))", "@fmt.Println(\"  kept\", runID, @Said(@out))"]);
        let id = if kept.contains("runID") { "runID" } else { "_" };
        scene.items(
            "// store keeps what was said.\ntype store struct{}\n\nfunc (*store) PersistTurn(_ @context.Context, <<id>> string, @out *@Turn) error {\n<<kept>>\nreturn nil\n}",
            &[("id", id), ("kept", kept)],
        );
        fields.push(scene.one_of(
            "persister-as",
            &["Persister: &store{}", "Persister: new(store)", "Persister: @TurnPersister(&store{})"],
        ));
    }
    let config = match scene.pick("config", 3) {
        1 => {
            fields.push("ToolConfig: &config");
            "config := @DefaultToolConfig()\nconfig.AllowedTools = []string{\"none\"}"
        }
        2 => {
            fields.push("ToolConfig: &@ToolConfig{}");
            ""
        }
        _ => "",
    };
    let literal = match scene.pick("lines", 2) {
        1 => format!("&@Session{{\n{},\n}}", fields.join(",\n")),
        _ => format!("&@Session{{{}}}", fields.join(", ")),
    };
    scene.items(TOOLS, &[]);
    let seed = asking(scene, "@prompt");
    let ask = answer(
        scene,
        &Answer {
            receiver: "",
            name: "@ask",
            parameters: "@sess *@Session, @prompt string",
            arguments: "@sess, @prompt",
            setup: &format!("@seed := {seed}"),
            run: "@sess.RunInference(<<ctx>>, @seed)",
            ctx: "@context.Background()",
            can_be_busy: true,
        },
    );
    scene.items(&ask, &[]);
    scene.items(
        r#"
func Run() {
	@sink := @NewEar()
	<<engine>>
	@inf := @NewInferenceState("equipped", nil, @eng)
	<<config>>
	@sess := <<literal>>
	for _, prompt := range []string{"one", "two", "three"} {
		@fmt.Printf("%s: %s\n", prompt, @ask(@sess, prompt))
	}
	@fmt.Println("heard", @sink.Heard())
}"#,
        &[("engine", ENGINE), ("config", config), ("literal", &literal)],
    );
}
