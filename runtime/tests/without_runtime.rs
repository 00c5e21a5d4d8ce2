//! What works without a tokio runtime, and in one that was built without a time driver. Nothing here panics.

mod support;

use std::sync::{Arc, mpsc};
use std::time::Duration;

use geppetto_runtime::engine::{EchoEngine, Step};
use geppetto_runtime::prelude::*;
use geppetto_runtime::toolloop::StepController;
use geppetto_runtime::tools::{InMemoryToolRegistry, Tool, ToolConfig};
use support::{scripted, session_of};
use tokio::runtime::Runtime;

fn without_time_driver() -> Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
}

fn background() -> Context {
    Context::background()
}

#[test]
fn a_session_needs_no_runtime_until_it_starts() {
    let session = session_of(Arc::new(EchoEngine::new()));
    session.append_new_turn_from_user_prompt("x").expect("a prompt");
    assert_eq!(session.start_inference(&background()).expect_err("no runtime"), SessionError::NoRuntime);
    assert_eq!(session.start_with_prompt(&background(), "y").expect_err("no runtime"), SessionError::NoRuntime);
    assert_eq!((session.turn_count(), session.is_running()), (1, false));
    assert_eq!(session.cancel_active(), Err(SessionError::NoActive));
}

#[test]
fn a_thread_outside_of_the_runtime_waits_by_blocking() {
    let session = session_of(Arc::new(EchoEngine::new()));
    let (send, receive) = mpsc::channel();
    let ui = std::thread::spawn(move || {
        let handle: ExecutionHandle = receive.recv().expect("a handle");
        handle.blocking_wait()
    });
    let answered = without_time_driver().block_on(async {
        let handle = session.start_with_prompt(&background(), "x").expect("starts");
        assert_eq!(handle.blocking_wait(), Err(SessionError::BlockingInRuntime));
        send.send(handle.clone()).expect("the thread listens");
        let answered = handle.wait().await;
        assert_eq!(handle.blocking_wait(), Err(SessionError::BlockingInRuntime), "also after the end");
        answered
    });
    assert!(answered.is_ok());
    assert_eq!(ui.join().expect("no panic"), answered);
}

#[test]
fn a_deadline_cancels_without_a_time_driver() {
    without_time_driver().block_on(async {
        let session = scripted([Step::until_cancelled()]);
        let ctx = background().with_timeout(Duration::from_millis(5));
        let handle = session.start_with_prompt(&ctx, "x").expect("starts");
        assert_eq!(handle.wait().await, Err(SessionError::Cancelled));
    });
}

#[test]
fn the_cancel_grace_ends_without_a_time_driver() {
    without_time_driver().block_on(async {
        let session = scripted([Step::forever()]).with_cancel_grace(Duration::from_millis(5));
        let handle = session.start_with_prompt(&background(), "x").expect("starts");
        handle.cancel();
        assert_eq!(handle.wait().await, Err(SessionError::Cancelled));
    });
}

#[test]
fn pauses_and_tools_time_out_without_a_time_driver() {
    let tools = InMemoryToolRegistry::new();
    tools.register(Tool::from_async_fn("hang", "never answers", |_, (): ()| std::future::pending::<Result<(), _>>()));
    let script = [Step::tool_call("c1", "hang", serde_json::Value::Null), Step::text("done")];
    let engine = geppetto_runtime::engine::ScriptedEngine::new(script);
    let builder = Builder::new(Arc::new(engine))
        .with_tool_registry(Arc::new(tools))
        .with_tool_config(ToolConfig { timeout: Some(Duration::from_millis(5)), ..ToolConfig::default() })
        .with_step_controller(Arc::new(StepController::new()), Duration::from_millis(5));
    let session = Session::new().with_builder(builder);
    without_time_driver().block_on(async {
        let answered = session.start_with_prompt(&background(), "x").expect("starts").wait().await;
        assert_eq!(answered.expect("an answer").last_assistant_text(), Some("done"));
    });
}

#[test]
fn engines_run_on_any_executor() {
    let engine = EchoEngine::new().with_delay(Duration::from_millis(1));
    let ctx = background().with_timeout(Duration::from_secs(60));
    let turn = Turn::builder().with_user_prompt("a b").build();
    let answered = block_on(engine.run_inference(&ctx, turn)).expect("an answer");
    assert_eq!(answered.last_assistant_text(), Some("echo: a b"));
}

/// The smallest executor there is.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut std::task::Context::from_waker(&waker)) {
            std::task::Poll::Ready(output) => return output,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}
