//! One-shots whose callers see where they run: they recover panics, and wait for what an engine leaves behind.

use crate::go::complications::{asking, run, session, state};
use crate::go::scene::Scene;

const TRIED: &str = r#"
// tried says what came of a run, also of one that panics.
func tried(@eng @Engine, @sink @EventSink, @prompt string) (said string) {
	defer func() {
		if why := recover(); why != nil {
			said = @fmt.Sprint("panicked: ", why)
		}
	}()
	<<setup>>
	<<body>>
}"#;

/// An engine that leaves a goroutine behind, which goes with the context of the run.
const WATCHER: &str = r#"
type watcher struct {
	inner @Engine
	left *@sync.WaitGroup
}

func (w watcher) RunInference(@ctx @context.Context, @seed *@Turn) (*@Turn, error) {
	w.left.Add(1)
	go func() {
		defer w.left.Done()
		<-@ctx.Done()
	}()
	return w.inner.RunInference(@ctx, @seed)
}"#;

const STORE: &str = r#"
type store struct{}

func (store) PersistTurn(_ @context.Context, _ string, @out *@Turn) error {
	@fmt.Println("  kept", @Said(@out))
	return nil
}"#;

pub(crate) fn recovered(scene: &mut Scene<'_>) {
    let seed = asking(scene, "@prompt");
    let (turn, prepared, argument) = match scene.pick("turn", 6) {
        1 => (seed, String::new(), "nil".to_owned()),
        2 => ("nil".to_owned(), String::new(), seed),
        3 => ("nil".to_owned(), String::new(), "nil".to_owned()),
        4 => (
            "@seed".to_owned(),
            format!("var @seed *@Turn\nif @prompt != \"\" {{\n@seed = {seed}\n}}"),
            "nil".to_owned(),
        ),
        5 => (
            "nil".to_owned(),
            format!("var @seed *@Turn\nif @prompt != \"\" {{\n@seed = {seed}\n}}"),
            "@seed".to_owned(),
        ),
        _ => ("nil".to_owned(), format!("@seed := {seed}"), "@seed".to_owned()),
    };
    let id = scene.one_of("id", &["\"recovered\"", "\"\"", "@prompt", "@fmt.Sprintf(\"run-%d\", len(@prompt))"]);
    let made = state(scene, id, &turn, "@eng");
    let made = match scene.pick("inline", 3) {
        1 => session(scene, &made, "@sink"),
        _ => format!("@inf := {made}\n{}", session(scene, "@inf", "@sink")),
    };
    let part = part(scene);
    let run = run(scene, "@sess", &argument).replace("<<ctx>>", "@context.Background()");
    let body = body(scene, &run);
    scene.items(TRIED, &[("setup", &format!("{prepared}\n{made}\n{part}")), ("body", &body)]);
    ask_all(scene);
}

/// What the core session has besides its sink.
fn part(scene: &mut Scene<'_>) -> &'static str {
    match scene.pick("part", 7) {
        4 => "@sess.Registry = @NewInMemoryToolRegistry()",
        5 => {
            "@sess.SnapshotHook = func(_ @context.Context, @out *@Turn, phase string) {\n@fmt.Println(\"  \", phase, len(@out.Blocks))\n}"
        }
        6 => {
            scene.items(STORE, &[]);
            "@sess.Persister = store{}"
        }
        _ => "",
    }
}

/// The run, and what comes of it where it does not panic.
fn body(scene: &mut Scene<'_>, run: &str) -> String {
    let judged = "if @err != nil {\nreturn \"failed: \" + @err.Error()\n}\nreturn @Said(@out)";
    match scene.pick("form", 6) {
        1 => format!(
            "if @out, @err := {run}; @err != nil {{\nreturn \"failed: \" + @err.Error()\n}} else {{\nreturn @Said(@out)\n}}"
        ),
        2 => format!("var @out *@Turn\nvar @err error\nfunc() {{\n@out, @err = {run}\n}}()\n{judged}"),
        3 => format!("@out, @err := {run}\nif @out == nil {{\nreturn @fmt.Sprint(\"nothing: \", @err)\n}}\n{judged}"),
        4 => format!("if _, @err := {run}; @err != nil {{\nreturn \"failed: \" + @err.Error()\n}}\nreturn \"done\""),
        _ => format!("@out, @err := {run}\n{judged}"),
    }
}

fn ask_all(scene: &mut Scene<'_>) {
    let engine = match scene.pick("watcher", 3) {
        2 => {
            scene.items(WATCHER, &[]);
            "watcher{@actor, left}"
        }
        _ => "@actor",
    };
    scene.items(
        r#"
func Run() {
	@sink, @actor := @NewEar(), @NewActor()
	left := &@sync.WaitGroup{}
	for _, prompt := range []string{"hello", "panic please", "", "fail please", "panic again"} {
		@fmt.Printf("%s: %s\n", prompt, tried(<<engine>>, @sink, prompt))
	}
	left.Wait()
	@fmt.Println("heard", @sink.Heard())
}"#,
        &[("engine", engine)],
    );
}
