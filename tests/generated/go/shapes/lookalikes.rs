//! Packages, types, functions and fields that are called as those of the legacy API, and are not.

use crate::go::complications::{asking, run, session};
use crate::go::scene::Scene;

/// Both in one package, each in a file of its own.
pub(crate) fn lookalikes(scene: &mut Scene<'_>) {
    scene.export(&["OwnState", "NewOwnState", "ErrOwn"], "state");
    scene.export(&["OwnOption", "OwnConfig", "WithOwnSink", "ApplyOwn"], "engine");
    scene.in_file("state/state.go", |scene| {
        scene.items(
            r#"
// @ErrOwn is the error of a machine that runs.
var @ErrOwn = @errors.New("machine running")

// @OwnState is the state of a machine.
type @OwnState struct {
	RunID   string
	Turn    int
	running bool
}

func @NewOwnState(runID string, turn int) *@OwnState {
	return &@OwnState{RunID: runID, Turn: turn}
}

func (@me *@OwnState) StartRun() error {
	if @me.running {
		return @ErrOwn
	}
	@me.running = true
	return nil
}

func (@me *@OwnState) FinishRun() {
	@me.running = false
}

func (@me *@OwnState) IsRunning() bool {
	return @me.running
}

func (@me *@OwnState) CancelRun() error {
	@me.FinishRun()
	return nil
}"#,
            &[],
        );
    });
    scene.in_file("engine/engine.go", |scene| {
        scene.items(
            r#"
// @OwnConfig is that of a motor.
type @OwnConfig struct {
	Sinks []string
}

// @OwnOption sets a part of it.
type @OwnOption func(*@OwnConfig)

func @WithOwnSink(name string) @OwnOption {
	return func(config *@OwnConfig) { config.Sinks = append(config.Sinks, name) }
}

func @ApplyOwn(config *@OwnConfig, @options ...@OwnOption) {
	for _, option := range @options {
		option(config)
	}
}"#,
            &[],
        );
    });
    scene.items(
        r#"
func motor(@options ...@OwnOption) int {
	var config @OwnConfig
	@ApplyOwn(&config, append(@options, @WithOwnSink("last"))...)
	return len(config.Sinks)
}

func Run() {
	machine := @NewOwnState("m", 3)
	@fmt.Println(machine.StartRun(), machine.IsRunning(), @errors.Is(machine.StartRun(), @ErrOwn))
	machine.Turn++
	defer machine.FinishRun()
	@fmt.Println(machine.CancelRun(), machine.Turn, machine.RunID)
	@fmt.Println(motor(@WithOwnSink("one"), @WithOwnSink("two")), motor())
	legacy()
}"#,
        &[],
    );
    let (seed, session) = (asking(scene, "\"hello\""), session(scene, "@inf", "@sink"));
    let run = run(scene, "@sess", "@seed").replace("<<ctx>>", "@context.Background()");
    scene.in_file("legacy.go", |scene| {
        scene.items(
            "func legacy() {\n@sink := @NewEar()\n@inf := @NewInferenceState(\"beside\", nil, @NewActor())\n<<session>>\n@seed := <<seed>>\n@out, @err := <<run>>\n@fmt.Println(@Said(@out), @err, @sink.Heard())\n}",
            &[("session", &session), ("seed", &seed), ("run", &run)],
        );
    });
}
