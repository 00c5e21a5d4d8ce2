//! What complicates any shape: how a run's outcome is looked at, how a value is kept, where a seed comes from.

use crate::go::scene::Scene;

/// A function that runs and says in a `string` what came of it.
pub(super) struct Answer<'a> {
    /// The receiver in parentheses, or nothing.
    pub(super) receiver: &'a str,
    pub(super) name: &'a str,
    pub(super) parameters: &'a str,
    /// What hands the parameters on.
    pub(super) arguments: &'a str,
    /// Statements before the run; `<<refuse>>` in them returns without one.
    pub(super) setup: &'a str,
    /// The run, a turn and an error, on the context `<<ctx>>`.
    pub(super) run: &'a str,
    /// An expression for that context, which the function may name first.
    pub(super) ctx: &'a str,
    /// Whether the run's error may be one of the state's.
    pub(super) can_be_busy: bool,
}

const OUTCOMES: usize = 20;

/// The function, and in some forms another one that it calls.
pub(super) fn answer(scene: &mut Scene<'_>, answer: &Answer<'_>) -> String {
    let form = match scene.pick("outcome", OUTCOMES) {
        7 | 11 | 18 if answer.setup.contains("@err := ") => 0,
        form => form,
    };
    let Answer { receiver, name, parameters, arguments, .. } = answer;
    let (named, ctx) = match scene.pick("ctx", 4) {
        1 => (String::new(), answer.ctx.to_owned()),
        2 if answer.ctx.ends_with("Background()") => (
            "@ctx, @cancel := @context.WithCancel(@context.Background())\ndefer @cancel()".to_owned(),
            "@ctx".to_owned(),
        ),
        3 if answer.ctx.ends_with("Background()") => (String::new(), "@context.TODO()".to_owned()),
        _ => (format!("@ctx := {}", answer.ctx), "@ctx".to_owned()),
    };
    let run = answer.run.replace("<<ctx>>", &ctx);
    let setup = format!("{}\n{named}", answer.setup);
    let setup = |refusal: &str| setup.replace("<<refuse>>", refusal);
    let attempt = match form {
        8 => Some(format!("return {run}")),
        9 => Some(format!("@out, @err := {run}\nif @err != nil {{\nreturn nil, @err\n}}\nreturn @out, nil")),
        10 => Some(format!(
            "@out, @err := {run}\nif @err != nil {{\nreturn nil, @fmt.Errorf(\"run: %w\", @err)\n}}\nreturn @out, nil"
        )),
        11 => Some(format!("var @out *@Turn\nvar @err error\n@out, @err = {run}\nreturn @out, @err")),
        12 => {
            Some(format!("if @out, @err := {run}; @err == nil {{\nreturn @out, nil\n}} else {{\nreturn nil, @err\n}}"))
        }
        13 => Some(format!("@out, @err = {run}\nreturn")),
        _ => None,
    };
    if let Some(body) = attempt {
        let setup = setup("return nil, @errors.New(\"refused\")");
        let result = if form == 13 { "(@out *@Turn, @err error)" } else { "(*@Turn, error)" };
        let me = if receiver.is_empty() { "" } else { "@me." };
        return format!(
            "func {receiver} attempt({parameters}) {result} {{\n{setup}\n{body}\n}}\n\nfunc {receiver} {name}({parameters}) string {{\n@out, @err := {me}attempt({arguments})\nif @err != nil {{\nreturn \"failed: \" + @err.Error()\n}}\nreturn @Said(@out)\n}}"
        );
    }
    let judged = "if @err != nil {\nreturn \"failed: \" + @err.Error()\n}\nreturn @Said(@out)";
    let body = match form {
        1 => format!(
            "if @out, @err := {run}; @err != nil {{\nreturn @fmt.Sprintf(\"failed: %v\", @err)\n}} else {{\nreturn @Said(@out)\n}}"
        ),
        2 => format!("if _, @err := {run}; @err != nil {{\nreturn \"failed: \" + @err.Error()\n}}\nreturn \"done\""),
        3 if answer.can_be_busy => format!(
            "@out, @err := {run}\nswitch {{\ncase @errors.Is(@err, @ErrInferenceRunning):\nreturn \"busy\"\ncase @err != nil:\nreturn \"failed: \" + @err.Error()\ndefault:\nreturn @Said(@out)\n}}"
        ),
        4 if answer.can_be_busy => {
            format!("@out, @err := {run}\nif @err == @ErrInferenceRunning {{\nreturn \"busy\"\n}}\n{judged}")
        }
        5 if answer.can_be_busy => format!(
            "@out, @err := {run}\nswitch @err {{\ncase nil:\nreturn @Said(@out)\ncase @ErrInferenceRunning, @ErrInferenceStateNil:\nreturn \"busy\"\n}}\nreturn \"failed: \" + @err.Error()"
        ),
        6 => format!(
            "@out, @err := {run}\nif @errors.Is(@err, @context.Canceled) {{\nreturn \"cancelled\"\n}}\n{judged}"
        ),
        7 => format!(
            "var @out *@Turn\nvar @err error\nif @out, @err = {run}; @err != nil {{\nreturn \"failed: \" + @err.Error()\n}}\nreturn @Said(@out)"
        ),
        14 => {
            scene.items("func told(@out *@Turn, @err error) string {\nif @err != nil {\nreturn \"failed: \" + @err.Error()\n}\nreturn @Said(@out)\n}", &[]);
            format!("return told({run})")
        }
        15 => format!(
            "type outcome struct {{\nturn *@Turn\nerr error\n}}\n@done := make(chan outcome, 1)\ngo func() {{\n@out, @err := {run}\n@done <- outcome{{@out, @err}}\n}}()\ncame := <-@done\nif came.err != nil {{\nreturn \"failed: \" + came.err.Error()\n}}\nreturn @Said(came.turn)"
        ),
        16 => {
            scene.items(
                "func orEmpty[T any](value *T, @err error) *T {\nif @err != nil {\nreturn new(T)\n}\nreturn value\n}",
                &[],
            );
            format!("return @Said(orEmpty({run}))")
        }
        17 => format!("@out, @err := func() (*@Turn, error) {{\nreturn {run}\n}}()\n{judged}"),
        18 => format!(
            "var @out *@Turn\nvar @err error\nvar @done @sync.WaitGroup\n@done.Add(1)\ngo func() {{\ndefer @done.Done()\n@out, @err = {run}\n}}()\n@done.Wait()\n{judged}"
        ),
        19 => format!("@out, _ := {run}\nreturn @Said(@out)"),
        _ => format!("@out, @err := {run}\n{judged}"),
    };
    let setup = setup("return \"refused\"");
    format!("func {receiver} {name}({parameters}) string {{\n{setup}\n{body}\n}}")
}

/// An expression for a turn that asks `prompt`, a `string`.
pub(super) fn asking(scene: &mut Scene<'_>, prompt: &str) -> String {
    match scene.pick("seed", 5) {
        1 => format!("@Asked({prompt})"),
        2 => format!("@NewTurnBuilder().WithSystemPrompt(\"be brief\").WithUserPrompt({prompt}).Build()"),
        3 => format!("&@Turn{{Blocks: []@Block{{@NewUserTextBlock({prompt})}}}}"),
        4 => {
            scene.items("func fresh(text string) *@Turn {\nstarted := &@Turn{}\n@AppendBlock(started, @NewUserTextBlock(text))\nreturn started\n}", &[]);
            format!("fresh({prompt})")
        }
        _ => format!("@NewTurnBuilder().WithUserPrompt({prompt}).Build()"),
    }
}

/// Statements that make `@seed` of the turn of `inf`, an expression for a state, and of `@prompt`.
pub(super) fn seeding(scene: &mut Scene<'_>, inf: &str) -> String {
    let append = "@AppendBlock(@seed, @NewUserTextBlock(@prompt))";
    match scene.pick("seeding", 6) {
        1 => format!("@seed := {inf}.Turn.Clone()\nif @seed == nil {{\n@seed = &@Turn{{}}\n}}\n{append}"),
        2 => format!(
            "var @seed *@Turn\nif latest := {inf}.Turn; latest == nil {{\n@seed = @Asked(@prompt)\n}} else {{\n@seed = latest.Clone()\n{append}\n}}"
        ),
        3 => format!("@seed := {inf}.Turn\nif @seed == nil {{\n@seed = new(@Turn)\n}}\n{append}"),
        4 => {
            scene.items(
                "func seedFrom(@inf *@InferenceState, @prompt string) *@Turn {\n@seed := &@Turn{}\nif @inf.Turn != nil {\n@seed.Blocks = append(@seed.Blocks, @inf.Turn.Blocks...)\n}\n@AppendBlock(@seed, @NewUserTextBlock(@prompt))\nreturn @seed\n}",
                &[],
            );
            format!("@seed := seedFrom({inf}, @prompt)")
        }
        _ => format!("@seed := &@Turn{{}}\nif {inf}.Turn != nil {{\n@seed = {inf}.Turn.Clone()\n}}\n{append}"),
    }
}

/// An expression for a new state, of which the arguments are known.
pub(super) fn state(scene: &mut Scene<'_>, id: &str, turn: &str, engine: &str) -> String {
    let field = |name: &str, value: &str| if value == "nil" { String::new() } else { format!("{name}: {value}, ") };
    match scene.pick("made", 4) {
        3 => {
            let fields = format!("RunID: {id}, {}{}", field("Turn", turn), field("Eng", engine));
            format!("&@InferenceState{{{}}}", fields.trim_end_matches(", "))
        }
        _ => format!("@NewInferenceState({id}, {turn}, {engine})"),
    }
}

/// Statements that make `@sess`, the core session of `state`, which tells `sink`.
pub(super) fn session(scene: &mut Scene<'_>, state: &str, sink: &str) -> String {
    let sinks = format!("[]@EventSink{{{sink}}}");
    match scene.pick("session", 8) {
        1 => format!("@sess := &@Session{{\nState: {state},\nRegistry: nil,\nEventSinks: {sinks},\n}}"),
        2 => format!("@sess := @Session{{State: {state}, EventSinks: {sinks}}}"),
        3 => format!("@sess := &@Session{{State: {state}}}\n@sess.EventSinks = append(@sess.EventSinks, {sink})"),
        4 => format!("@sess := &@Session{{State: {state}}}\n@sess.EventSinks = {sinks}"),
        5 => format!("@sess := new(@Session)\n@sess.State = {state}\n@sess.EventSinks = {sinks}"),
        6 => format!("var @sess @Session\n@sess.State = {state}\n@sess.EventSinks = append(@sess.EventSinks, {sink})"),
        7 => format!("var @sess = &@Session{{EventSinks: {sinks}, State: {state}}}"),
        _ => format!("@sess := &@Session{{State: {state}, EventSinks: {sinks}}}"),
    }
}

/// A call of `sess.RunInference` on `<<ctx>>`, in one of its forms; `sess` is a pointer or a variable.
pub(super) fn run(scene: &mut Scene<'_>, sess: &str, seed: &str) -> String {
    match scene.pick("run", 6) {
        3 => format!("{sess}.RunInference(<<ctx>> /* the caller's */, {seed})"),
        4 => format!("{sess}.RunInference(\n<<ctx>>,\n{seed}, // as asked\n)"),
        _ => format!("{sess}.RunInference(<<ctx>>, {seed})"),
    }
}

/// How a struct keeps a state.
pub(super) struct Keeping {
    way: usize,
}

impl Keeping {
    pub(super) fn new(scene: &mut Scene<'_>) -> Self {
        let way = scene.pick("keeping", 9);
        if way == 4 {
            scene.items("// box keeps one thing.\ntype box[T any] struct {\nkept T\n}\n\nfunc (b *box[T]) get() T {\nreturn b.kept\n}", &[]);
        }
        if way == 7 {
            scene.items("// held is what a part of the code may know of a state.\ntype held interface {\nIsRunning() bool\nCancelRun() error\n}", &[]);
        }
        if way == 8 {
            scene.items("type shared = @InferenceState", &[]);
        }
        Self { way }
    }

    /// The fields that keep it.
    pub(super) fn fields(&self) -> &'static str {
        match self.way {
            1 => "*@InferenceState",
            2 => "@State map[string]*@InferenceState",
            3 => "@State []*@InferenceState",
            4 => "@State box[*@InferenceState]",
            5 => "@State @atomic.Pointer[@InferenceState]",
            6 => "@State func() *@InferenceState",
            7 => "@State *@InferenceState\nheld held",
            8 => "@State *shared",
            _ => "@State *@InferenceState",
        }
    }

    /// Statements that fill the fields of `@me` with `value`, an expression for a pointer.
    pub(super) fn filled(&self, value: &str) -> String {
        match self.way {
            1 => format!("@me.InferenceState = {value}"),
            2 => format!("@me.@State = map[string]*@InferenceState{{\"one\": {value}}}"),
            3 => format!("@me.@State = append(@me.@State, {value})"),
            4 => format!("@me.@State.kept = {value}"),
            5 => format!("@me.@State.Store({value})"),
            6 => format!("kept := {value}\n@me.@State = func() *@InferenceState {{ return kept }}"),
            7 => format!("@me.@State = {value}\n@me.held = @me.@State"),
            _ => format!("@me.@State = {value}"),
        }
    }

    /// The pointer.
    pub(super) fn read(&self) -> &'static str {
        match self.way {
            1 => "@me.InferenceState",
            2 => "@me.@State[\"one\"]",
            3 => "@me.@State[0]",
            4 => "@me.@State.get()",
            5 => "@me.@State.Load()",
            6 => "@me.@State()",
            _ => "@me.@State",
        }
    }

    /// What stands before the dot of a method that asks whether it runs, or cancels it.
    pub(super) fn control(&self) -> &'static str {
        match self.way {
            7 => "@me.held",
            _ => self.read(),
        }
    }
}
