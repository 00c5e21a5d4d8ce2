//! Runs that are started, run and finished by hand.

use crate::rust::complications::asking;
use crate::rust::scene::Scene;

/// A handler that answers busy, and runs on a task of its own.
pub(crate) fn http_guard(scene: &mut Scene<'_>) {
    let finish = finish(scene);
    let seed = asking(scene, "@prompt");
    let guard = guard(scene, "return (409, None);");
    let seeded = scene.pick("seeded", 2);
    let (early, late) = match seeded {
        1 => (String::new(), format!("let @seed = {seed};")),
        _ => (format!("let @seed = {seed};"), String::new()),
    };
    let late = late.replace("@prompt", "&@prompt");
    let owned = if seeded == 1 { "let @prompt = @prompt.to_owned();" } else { "" };
    let handler = format!(
        r#"
    pub fn @ask(&self, @prompt: &str) -> (u16, Option<tokio::task::JoinHandle<String>>) {{
        {guard}
        let (@ctx, cancel) = @Context::background().with_cancel();
        self.@state.set_cancel(cancel);
        {early}
        {owned}
        let (@state, @session) = (self.@state.clone(), self.@session.clone());
        let @task = tokio::spawn(async move {{
            {late}
            {}
        }});
        (202, Some(@task))
    }}"#,
        finish.around("@session.run_inference_started(&@ctx, Some(@seed))")
    );
    service(scene, &handler);
    scene.items(
        r#"
pub async fn run() {
    let (@actor, @sink) = (@Actor::new(), @Ear::new());
    let @chat = @Chat::new(@actor.clone(), @sink.clone());
    let (status, first) = @chat.@ask("later");
    println!("first: {status}");
    @actor.begun(1).await;
    println!("second: {} {}", @chat.@ask("second").0, @chat.@busy());
    @actor.go.notify_one();
    println!("answer: {}", first.unwrap().await.unwrap());
    println!("idle: {} {}", @chat.@busy(), @chat.@stop());
    let (status, third) = @chat.@ask("wait");
    @actor.begun(2).await;
    println!("third: {status} {}", @chat.@stop());
    println!("answer: {}", third.unwrap().await.unwrap());
    println!("failing: {}", @chat.@ask("fail").1.unwrap().await.unwrap());
    println!("last: {}", @chat.@ask("last").1.unwrap().await.unwrap());
    println!("heard {}", @sink.heard());
}"#,
        &[],
    );
}

/// A guard now, a future or a closure for later that gives the state back.
pub(crate) fn later(scene: &mut Scene<'_>) {
    let finish = finish(scene);
    let seed = asking(scene, "@prompt");
    let guard = guard(scene, "return Err(\"busy\".to_owned());");
    let (of, open, close, call) = match scene.pick("later", 2) {
        1 => (
            "Box<dyn FnOnce() -> @Pin<Box<dyn @Future<Output = String> + Send>> + Send>",
            "Box::new(move || Box::pin(async move {",
            "}))",
            "()",
        ),
        _ => ("@Pin<Box<dyn @Future<Output = String> + Send>>", "Box::pin(async move {", "})", ""),
    };
    let close = if close == "}))" { "}) as @Pin<Box<dyn @Future<Output = String> + Send>>)" } else { close };
    let handler = format!(
        r#"
    pub fn @ask(&self, @prompt: &str) -> Result<{of}, String> {{
        {guard}
        let @seed = {seed};
        let (@state, @session) = (self.@state.clone(), self.@session.clone());
        Ok({open}
            let (@ctx, cancel) = @Context::background().with_cancel();
            @state.set_cancel(cancel);
            {}
        {close})
    }}"#,
        finish.around("@session.run_inference_started(&@ctx, Some(@seed))")
    );
    service(scene, &handler);
    scene.items(
        r#"
pub async fn run() {
    let (@actor, @sink) = (@Actor::new(), @Ear::new());
    let @chat = @Chat::new(@actor.clone(), @sink.clone());
    let first = @chat.@ask("first").unwrap();
    println!("second: {:?} {}", @chat.@ask("second").err(), @chat.@busy());
    println!("first: {}", first<<call>>.await);
    println!("idle: {} {}", @chat.@busy(), @chat.@stop());
    let third = tokio::spawn(@chat.@ask("wait").unwrap()<<call>>);
    @actor.begun(2).await;
    println!("stopped: {}", @chat.@stop());
    println!("third: {}", third.await.unwrap());
    println!("failing: {}", @chat.@ask("fail").unwrap()<<call>>.await);
    println!("last: {}", @chat.@ask("last").unwrap()<<call>>.await);
    println!("heard {}", @sink.heard());
}"#,
        &[("call", call)],
    );
}

/// The whole lifecycle in one function.
pub(crate) fn lifecycle(scene: &mut Scene<'_>) {
    let finish = finish(scene);
    let seed = asking(scene, "@prompt");
    let guard = guard(scene, "return \"busy\".to_owned();");
    let cancel = match scene.pick("cancel", 3) {
        1 => "let (@ctx, cancel) = @Context::background().with_cancel();\nself.@state.set_cancel(cancel.clone());",
        2 => "let @ctx = @Context::background();",
        _ => "let (@ctx, cancel) = @Context::background().with_cancel();\nself.@state.set_cancel(cancel);",
    };
    let stops = scene.pick("cancel", 3) != 2;
    let handler = format!(
        r#"
    pub async fn @ask(&self, @prompt: &str) -> String {{
        {guard}
        {cancel}
        let @seed = {seed};
        let @state = self.@state.clone();
        {}
    }}"#,
        finish.around("self.@session.run_inference_started(&@ctx, Some(@seed))")
    );
    service(scene, &handler);
    let (prompt, end) = match stops {
        true => ("wait", "println!(\"stopped: {}\", @chat.@stop());"),
        false => ("later", "@actor.go.notify_one();"),
    };
    scene.items(
        r#"
pub async fn run() {
    let (@actor, @sink) = (@Actor::new(), @Ear::new());
    let @chat = @Arc::new(@Chat::new(@actor.clone(), @sink.clone()));
    println!("first: {}", @chat.@ask("first").await);
    let @task = tokio::spawn({
        let @chat = @chat.clone();
        async move { @chat.@ask("<<prompt>>").await }
    });
    @actor.begun(2).await;
    println!("busy: {} {}", @chat.@busy(), @chat.@ask("third").await);
    <<end>>
    println!("second: {}", @task.await.unwrap());
    println!("failing: {}", @chat.@ask("fail").await);
    println!("last: {} {}", @chat.@ask("last").await, @chat.@stop());
    println!("heard {}", @sink.heard());
}"#,
        &[("prompt", prompt), ("end", end)],
    );
}

/// What claims the state, or answers busy.
fn guard(scene: &mut Scene<'_>, busy: &str) -> String {
    match scene.pick("guard", 5) {
        1 => format!("if let Err(_busy) = self.@state.start_run() {{\n    {busy}\n}}"),
        2 => format!("let Ok(()) = self.@state.start_run() else {{\n    {busy}\n}};"),
        3 => format!(
            "match self.@state.start_run() {{\n    Ok(()) => {{}}\n    Err(@StateError::AlreadyRunning | @StateError::NotRunning) => {{ {busy} }}\n}}"
        ),
        4 => format!("if self.@state.is_running() || self.@state.start_run().is_err() {{\n    {busy}\n}}"),
        _ => format!("if self.@state.start_run().is_err() {{\n    {busy}\n}}"),
    }
}

/// How the state is given back.
#[derive(Clone, Copy)]
enum Finish {
    AfterRun,
    OnEachPath,
    Guard,
    Closure,
}

fn finish(scene: &mut Scene<'_>) -> Finish {
    match scene.pick("finish", 4) {
        1 => Finish::OnEachPath,
        2 => {
            scene.items(
                "/// Gives the state back, however the run ends.\nstruct @Guard(@Arc<@InferenceState>);\n\nimpl Drop for @Guard {\n    fn drop(&mut self) {\n        self.0.finish_run();\n    }\n}",
                &[],
            );
            Finish::Guard
        }
        3 => {
            scene.items(
                "/// Does it at the end of the scope.\nstruct Defer<F: FnMut()>(F);\n\nimpl<F: FnMut()> Drop for Defer<F> {\n    fn drop(&mut self) {\n        (self.0)();\n    }\n}",
                &[],
            );
            Finish::Closure
        }
        _ => Finish::AfterRun,
    }
}

impl Finish {
    /// Statements that run on `@state` and end with what came of it.
    fn around(self, run: &str) -> String {
        let arms = |finish: &str| {
            format!(
                "{{\n    Ok(@turn) => {{\n        {finish}\n        @said(&@turn)\n    }}\n    Err(@error) => {{\n        {finish}\n        format!(\"failed: {{@error}}\")\n    }}\n}}"
            )
        };
        match self {
            Self::AfterRun => {
                format!("let result = {run}.await;\n@state.finish_run();\nmatch result {}", arms(""))
            }
            Self::OnEachPath => format!("match {run}.await {}", arms("@state.finish_run();")),
            Self::Guard => format!("let _finish = @Guard(@state.clone());\nmatch {run}.await {}", arms("")),
            Self::Closure => {
                format!("let _finish = Defer(|| @state.finish_run());\nmatch {run}.await {}", arms(""))
            }
        }
    }
}

/// A struct with state and core session, `ask`, and what every such struct has.
fn service(scene: &mut Scene<'_>, ask: &str) {
    let shared = scene.share("state", "@state");
    scene.items(
        r#"
/// One conversation.
pub struct @Chat {
    @state: @Arc<@InferenceState>,
    @session: @Session,
}

impl @Chat {
    pub fn new(@engine: @Arc<dyn @Engine>, @sink: @Arc<dyn @EventSink>) -> Self {
        let @state = @Arc::new(@InferenceState::new("guarded", None, @engine));
        let @session = @Session { event_sinks: vec![@sink], ..@Session::new(<<shared>>) };
        Self { @state, @session }
    }
    <<ask>>

    pub fn @stop(&self) -> String {
        match self.@state.cancel_run() {
            Ok(()) => "ok".to_owned(),
            Err(@error) => @error.to_string(),
        }
    }

    pub fn @busy(&self) -> bool {
        self.@state.is_running()
    }
}"#,
        &[("shared", &shared), ("ask", ask)],
    );
}
