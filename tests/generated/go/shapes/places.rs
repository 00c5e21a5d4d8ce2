//! Where states live, and what code runs them: handlers of requests, maps, variables of a package, alternatives of a build.

use geppetto_migrate::rules::Trap;

use crate::go::complications::{Answer, answer, asking, seeding};
use crate::go::scene::Scene;

/// A handler of requests that runs while the request waits.
pub(crate) fn web_handler(scene: &mut Scene<'_>) {
    let seed = asking(scene, "r.FormValue(\"q\")");
    let parent =
        scene.one_of("parent", &["r.Context()", "@context.Background()", "@context.WithoutCancel(r.Context())"]);
    let busy = "@http.Error(w, \"busy\", @http.StatusConflict)\nreturn";
    let guard = match scene.pick("guard", 3) {
        1 => format!(
            "switch @err := @me.@State.StartRun(); {{\ncase @errors.Is(@err, @ErrInferenceRunning):\n{busy}\ncase @err != nil:\n@http.Error(w, @err.Error(), 500)\nreturn\n}}"
        ),
        2 => format!("@err := @me.@State.StartRun()\nif @err != nil {{\n{busy}\n}}"),
        _ => format!("if @err := @me.@State.StartRun(); @err != nil {{\n{busy}\n}}"),
    };
    let finish = match scene.pick("finish", 3) {
        1 => "defer @me.@State.FinishRun()\ndefer @cancel()",
        2 => "defer @cancel()\ndefer func() {\n@me.@State.FinishRun()\n}()",
        _ => "defer func() {\n@cancel()\n@me.@State.FinishRun()\n}()",
    };
    let handler = match scene.pick("handler", 2) {
        1 => {
            "func (@me *@Chat) handle() @http.HandlerFunc {\nreturn func(w @http.ResponseWriter, r *@http.Request) {\n<<body>>\n}\n}"
        }
        _ => "func (@me *@Chat) ServeHTTP(w @http.ResponseWriter, r *@http.Request) {\n<<body>>\n}",
    };
    let served = if handler.contains("handle()") { "@chat.handle()" } else { "@chat" };
    let body = format!(
        "{guard}\n@ctx, @cancel := @context.WithCancel({parent})\n@me.@State.SetCancel(@cancel)\n{finish}\n@out, @err := @me.@Core.RunInferenceStarted(@ctx, {seed})\nif @err != nil {{\n@http.Error(w, @err.Error(), @http.StatusBadGateway)\nreturn\n}}\n@fmt.Fprint(w, @Said(@out))"
    );
    scene.items(
        "type @Chat struct {\n@State *@InferenceState\n@Core *@Session\n}\n\nfunc @NewChat(@eng @Engine, @sink @EventSink) *@Chat {\n@inf := @NewInferenceState(\"web\", nil, @eng)\nreturn &@Chat{@inf, &@Session{State: @inf, EventSinks: []@EventSink{@sink}}}\n}",
        &[],
    );
    scene.items(handler, &[("body", &body)]);
    scene.items(
        r#"
func get(@ctx @context.Context, handler @http.Handler, query string) string {
	answer := @httptest.NewRecorder()
	handler.ServeHTTP(answer, @httptest.NewRequestWithContext(@ctx, "GET", "/?q="+query, nil))
	return @fmt.Sprint(answer.Code, " ", @strings.TrimSpace(answer.Body.String()))
}

func Run() {
	@sink, @actor := @NewEar(), @NewActor()
	@chat := @NewChat(@actor, @sink)
	@ctx := @context.Background()
	@fmt.Println("hello:", get(@ctx, <<served>>, "hello"))
	@done := make(chan string)
	go func() {
		@done <- get(@ctx, <<served>>, "wait")
	}()
	@actor.Begun(2)
	@fmt.Println("second:", get(@ctx, <<served>>, "second"), @chat.@State.IsRunning())
	@fmt.Println("stopped:", @chat.@State.CancelRun() == nil)
	@fmt.Println("waited:", <-@done)
	@fmt.Println("failing:", get(@ctx, <<served>>, "fail"))
	@fmt.Println("last:", get(@ctx, <<served>>, "last"), @chat.@State.IsRunning())
	@fmt.Println("heard", @sink.Heard())
}"#,
        &[("served", served)],
    );
}

/// Many conversations by their ids.
pub(crate) fn conversations(scene: &mut Scene<'_>) {
    let seed = seeding(scene, "one.@State");
    let kept = scene.one_of("kept", &["map[string]*thread", "map[string]thread"]);
    let (made, star) = if kept.contains('*') { ("&thread", "*") } else { ("thread", "") };
    let read = match scene.pick("read", 2) {
        1 => "if one, ok := @me.all[id]; ok {\nreturn one\n}",
        _ => "one, ok := @me.all[id]\nif ok {\nreturn one\n}",
    };
    scene.items(
        r#"
// thread is one of many.
type thread struct {
	@State *@InferenceState
	@Core *@Session
}

// @Chat keeps all of them.
type @Chat struct {
	mu @sync.Mutex
	all <<kept>>
	eng @Engine
	@Sink @EventSink
}

func (@me *@Chat) of(id string) <<star>>thread {
	@me.mu.Lock()
	defer @me.mu.Unlock()
	<<read>>
	@inf := @NewInferenceState(id, nil, @me.eng)
	fresh := <<made>>{@State: @inf, @Core: &@Session{State: @inf, EventSinks: []@EventSink{@me.@Sink}}}
	@me.all[id] = fresh
	return fresh
}
"#,
        &[("kept", kept), ("made", made), ("star", star), ("read", read)],
    );
    let text = answer(
        scene,
        &Answer {
            receiver: "(@me *@Chat)",
            name: "@Ask",
            parameters: "id, @prompt string",
            arguments: "id, @prompt",
            setup: &format!("one := @me.of(id)\n{seed}"),
            run: "one.@Core.RunInference(<<ctx>>, @seed)",
            ctx: "@context.Background()",
            can_be_busy: true,
        },
    );
    scene.items(&text, &[]);
    scene.items(
        r#"
func (@me *@Chat) @Stop(id string) bool {
	return @me.of(id).@State.CancelRun() == nil
}

// running counts those that run.
func (@me *@Chat) running() (count int) {
	@me.mu.Lock()
	defer @me.mu.Unlock()
	for _, one := range @me.all {
		if one.@State.IsRunning() {
			count++
		}
	}
	return count
}

func Run() {
	@sink, @actor := @NewEar(), @NewActor()
	@chat := &@Chat{all: <<kept>>{}, eng: @actor, @Sink: @sink}
	@fmt.Println("a:", @chat.@Ask("a", "hello"))
	@done := make(chan string)
	go func() {
		@done <- @chat.@Ask("b", "wait")
	}()
	@actor.Begun(2)
	@fmt.Println("running:", @chat.running(), @chat.@Stop("a"), @chat.@Stop("b"))
	@fmt.Println("b:", <-@done)
	@fmt.Println("a:", @chat.@Ask("a", "again"), @chat.running())
	@fmt.Println("b:", @chat.@Ask("b", "again"), @chat.of("b").@State.RunID)
	@fmt.Println("heard", @sink.Heard())
}"#,
        &[("kept", kept)],
    );
    scene.may_differ(Trap::FailedPromptStays, "b: user again", "b: user wait | user again");
}

/// A state and a core session that are variables of the package.
pub(crate) fn of_package(scene: &mut Scene<'_>) {
    let variables = match scene.pick("variables", 4) {
        1 => {
            "var theState = @NewInferenceState(\"global\", nil, theActor)\n\nvar theSession = @Session{State: theState, EventSinks: []@EventSink{theEar}}"
        }
        2 => {
            "var (\ntheState = &@InferenceState{RunID: \"global\", Eng: theActor}\ntheSession = &@Session{State: theState, EventSinks: []@EventSink{theEar}}\n)"
        }
        3 => {
            "var (\ntheState *@InferenceState\ntheSession *@Session\n)\n\nfunc init() {\ntheState = @NewInferenceState(\"global\", nil, theActor)\ntheSession = &@Session{State: theState, EventSinks: []@EventSink{theEar}}\n}"
        }
        _ => {
            "var theState = @NewInferenceState(\"global\", nil, theActor)\n\nvar theSession = &@Session{State: theState, EventSinks: []@EventSink{theEar}}"
        }
    };
    scene.items("var theActor, theEar = @NewActor(), @NewEar()", &[]);
    scene.items(variables, &[]);
    let seed = seeding(scene, "theState");
    let text = answer(
        scene,
        &Answer {
            receiver: "",
            name: "@ask",
            parameters: "@prompt string",
            arguments: "@prompt",
            setup: &seed,
            run: "theSession.RunInference(<<ctx>>, @seed)",
            ctx: "@context.Background()",
            can_be_busy: true,
        },
    );
    scene.items(&text, &[]);
    scene.items(
        r#"
func Run() {
	@fmt.Println("one:", @ask("one"), theState.RunID)
	@done := make(chan string)
	go func() {
		@done <- @ask("wait")
	}()
	theActor.Begun(2)
	@fmt.Println("running:", theState.IsRunning(), theState.CancelRun() == nil)
	@fmt.Println("waited:", <-@done)
	@fmt.Println("two:", @ask("two"), @Said(theState.Turn))
	@fmt.Println("heard", theEar.Heard())
}"#,
        &[],
    );
    let one = "user one | assistant re one";
    scene.may_differ(Trap::FailedPromptStays, format!("{one} | user two"), format!("{one} | user wait | user two"));
}

/// Engines that depend on the tags of a build, of which this machine sees one.
pub(crate) fn tagged(scene: &mut Scene<'_>) {
    let other = match scene.pick("other", 3) {
        1 => "func newEngine(_ @EventSink) (@Engine, error) {\nreturn @NewEngineFromParsedValues(&@ParsedValues{})\n}",
        2 => {
            "func newEngine(@sink @EventSink) (@Engine, error) {\nvar @options []@Option\n@options = append(@options, @WithSink(@sink))\nreturn @NewEngineFromParsedValues(&@ParsedValues{}, @options...)\n}"
        }
        _ => {
            "func newEngine(@sink @EventSink) (@Engine, error) {\nreturn @NewEngineFromParsedValues(&@ParsedValues{}, @WithSink(@sink), @WithSink(@sink))\n}"
        }
    };
    let this = "func newEngine(@sink @EventSink) (@Engine, error) {\nreturn @NewEngineFromParsedValues(&@ParsedValues{}, @WithSink(@sink))\n}";
    scene.in_tagged_file("fast.go", "//go:build fast\n\n", |scene| scene.items(other, &[]));
    scene.in_tagged_file("slow.go", "//go:build !fast\n\n", |scene| scene.items(this, &[]));
    let seed = asking(scene, "@prompt");
    let text = answer(
        scene,
        &Answer {
            receiver: "",
            name: "@ask",
            parameters: "@sink, @other @EventSink, @prompt string",
            arguments: "@sink, @other, @prompt",
            setup: "_ = @other\n@eng, @err := newEngine(@sink)\nif @err != nil {\npanic(@err)\n}",
            run: &format!("@eng.RunInference(<<ctx>>, {seed})"),
            ctx: "@context.Background()",
            can_be_busy: false,
        },
    );
    scene.items(&text, &[]);
    super::sinks::listen(scene);
}
