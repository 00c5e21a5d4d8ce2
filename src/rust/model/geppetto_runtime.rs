// What the inference knows of geppetto-runtime: the public API, signatures only.

pub struct Cause;
pub mod context {
    pub struct Context;
    impl Context {
        pub fn background() -> Self;
        pub fn with_cancel(&self) -> (Context, CancelHandle);
        pub fn with_timeout(&self, timeout: std::time::Duration) -> Context;
        pub fn with_value<T>(&self, value: T) -> Context;
        pub fn value<T>(&self) -> Option<std::sync::Arc<T>>;
        pub fn is_cancelled(&self) -> bool;
        pub fn remaining(&self) -> Option<std::time::Duration>;
        pub async fn cancelled(&self);
    }
    pub struct CancelHandle;
    impl CancelHandle { pub fn cancel(&self); }
}
pub mod turns {
    pub struct Metadata;
    pub struct Data;
    pub struct KeyError;
    pub struct KeyedMap;
    pub const SESSION_ID: Key<String> = ();
    pub const INFERENCE_ID: Key<String> = ();
    pub struct Key<T> { value: T }
    impl<T> Key<T> {
        pub fn new(name: &str) -> Self;
        pub fn name(&self) -> &str;
        pub fn get<M>(&self, map: &M) -> Option<T>;
        pub fn try_get<M>(&self, map: &M) -> Result<Option<T>, KeyError>;
        pub fn set<M>(&self, map: &mut M, value: T);
        pub fn try_set<M>(&self, map: &mut M, value: T) -> Result<(), KeyError>;
        pub fn remove<M>(&self, map: &mut M) -> bool;
    }
    pub struct Turn { pub id: String, pub blocks: Vec<Block>, pub metadata: Metadata, pub data: Data }
    impl Turn {
        pub fn builder() -> TurnBuilder;
        pub fn append(&mut self, block: Block);
        pub fn last_assistant_text(&self) -> Option<&str>;
        pub fn last_user_text(&self) -> Option<&str>;
        pub fn default() -> Turn;
    }
    pub struct TurnBuilder;
    impl TurnBuilder {
        pub fn with_system_prompt(self, text: &str) -> Self;
        pub fn with_user_prompt(self, text: &str) -> Self;
        pub fn with_assistant_text(self, text: &str) -> Self;
        pub fn with_block(self, block: Block) -> Self;
        pub fn with_blocks<I>(self, blocks: I) -> Self;
        pub fn with_id(self, id: &str) -> Self;
        pub fn build(self) -> Turn;
    }
    pub struct Block { pub id: String, pub kind: BlockKind, pub role: String, pub metadata: Metadata }
    impl Block {
        pub fn user_text(text: &str) -> Self;
        pub fn system_text(text: &str) -> Self;
        pub fn assistant_text(text: &str) -> Self;
        pub fn tool_call(id: &str, name: &str, args: ()) -> Self;
        pub fn tool_use(id: &str, result: ()) -> Self;
        pub fn text(&self) -> Option<&str>;
        pub fn tool_call_id(&self) -> Option<&str>;
        pub fn reasoning_text(text: &str) -> Self;
    }
    pub enum BlockKind { User, LlmText, ToolCall, ToolUse, System, Reasoning, Other }
}
pub mod events {
    pub trait EventSink { fn publish_event(&self, event: &Event) -> Result<(), SinkError>; }
    pub struct Event;
    impl Event {
        pub fn metadata(&self) -> &EventMetadata;
        pub fn text(&self) -> Option<&str>;
        pub fn start(metadata: EventMetadata) -> Self;
        pub fn partial(metadata: EventMetadata, delta: &str) -> Self;
        pub fn final_text(metadata: EventMetadata, text: &str) -> Self;
        pub fn tool_call(metadata: EventMetadata, id: &str, name: &str, args: ()) -> Self;
        pub fn tool_result(metadata: EventMetadata, id: &str, result: ()) -> Self;
        pub fn interrupt(metadata: EventMetadata, text: &str) -> Self;
        pub fn error(metadata: EventMetadata, message: &str) -> Self;
        pub fn log(metadata: EventMetadata, level: LogLevel, message: &str) -> Self;
        pub fn info(metadata: EventMetadata, message: &str) -> Self;
        pub fn debugger_pause(metadata: EventMetadata) -> Self;
    }
    pub struct EventMetadata { pub session_id: String, pub inference_id: String, pub turn_id: String }
    pub struct SinkError;
    pub enum LogLevel {}
    pub fn with_event_sink(ctx: &crate::context::Context, sink: std::sync::Arc<dyn EventSink>) -> crate::context::Context;
    pub fn with_event_sinks<I: IntoIterator<Item = std::sync::Arc<dyn EventSink>>>(ctx: &crate::context::Context, sinks: I) -> crate::context::Context;
    pub fn event_sinks(ctx: &crate::context::Context) -> Vec<std::sync::Arc<dyn EventSink>>;
    pub fn publish(ctx: &crate::context::Context, event: &Event);
    pub struct NullSink;
    impl EventSink for NullSink {}
    pub struct CollectingSink;
    impl CollectingSink { pub fn new() -> Self; pub fn events(&self) -> Vec<Event>; pub fn take(&self) -> Vec<Event>; }
    impl EventSink for CollectingSink {}
    pub struct ChannelSink;
    impl EventSink for ChannelSink {}
    pub struct WriterSink<W> { writer: W }
    impl<W> WriterSink<W> { pub fn new(writer: W) -> Self; pub fn stdout() -> Self; }
    impl<W> EventSink for WriterSink<W> {}
}
pub mod engine {
    pub trait Engine {
        async fn run_inference(&self, ctx: &crate::context::Context, turn: crate::turns::Turn) -> Result<crate::turns::Turn, EngineError>;
    }
    pub mod factory {
        pub struct ParsedValues;
        pub struct FactoryError;
        pub fn new_engine_from_parsed_values(values: &ParsedValues) -> Result<std::sync::Arc<dyn super::Engine>, FactoryError>;
        pub trait EngineFactory { fn create_engine(&self, values: &ParsedValues) -> Result<std::sync::Arc<dyn super::Engine>, FactoryError>; }
        pub struct StandardEngineFactory;
        impl EngineFactory for StandardEngineFactory {}
    }
    pub enum EngineError { Cancelled, Message(String), Failed { message: String, source: crate::Cause }, MaxIterations { limit: usize } }
    impl EngineError { pub fn message(text: &str) -> Self; pub fn failed<E>(message: &str, source: E) -> Self; }
    pub struct SinkScopedEngine;
    impl SinkScopedEngine { pub fn new(inner: std::sync::Arc<dyn Engine>, sinks: Vec<std::sync::Arc<dyn crate::events::EventSink>>) -> Self; }
    impl Engine for SinkScopedEngine {}
    pub struct Step;
    pub struct EchoEngine;
    impl EchoEngine { pub fn new() -> Self; pub fn with_delay(self, delay: std::time::Duration) -> Self; }
    impl Engine for EchoEngine {}
    pub struct ScriptedEngine;
    impl ScriptedEngine {
        pub fn new<I>(steps: I) -> Self;
        pub fn texts<I>(texts: I) -> Self;
        pub fn push(&self, step: Step);
        pub fn calls(&self) -> Vec<crate::turns::Turn>;
    }
    impl Engine for ScriptedEngine {}
}
pub mod middleware {
    pub trait Middleware {}
    pub struct Logging;
    impl Middleware for Logging {}
    pub struct SystemPrompt;
    impl Middleware for SystemPrompt {}
    pub fn chain<A>(first: A);
    pub fn wrap<A>(handler: A);
    pub fn logging() -> Logging;
    pub fn system_prompt<S>(text: S) -> SystemPrompt;
}
pub mod tools {
    pub struct Tool;
    pub struct ToolError;
    pub trait ToolRegistry {}
    pub struct InMemoryToolRegistry;
    impl InMemoryToolRegistry { pub fn new() -> Self; pub fn register(&self, tool: Tool); pub fn unregister(&self, name: &str) -> Option<Tool>; }
    impl ToolRegistry for InMemoryToolRegistry {}
    pub struct ToolConfig;
    pub trait ToolExecutor {}
    pub struct DefaultToolExecutor;
    impl ToolExecutor for DefaultToolExecutor {}
    pub enum ToolErrorPolicy {}
    pub fn tool_config(ctx: &crate::context::Context) -> Option<std::sync::Arc<ToolConfig>>;
    pub fn tool_registry(ctx: &crate::context::Context) -> Option<std::sync::Arc<dyn ToolRegistry>>;
    pub fn with_tool_config(ctx: &crate::context::Context, config: ToolConfig) -> crate::context::Context;
    pub fn with_tool_registry(ctx: &crate::context::Context, registry: std::sync::Arc<dyn ToolRegistry>) -> crate::context::Context;
}
pub mod toolloop {
    pub type SnapshotHook = std::sync::Arc<dyn Fn(&crate::context::Context, &crate::turns::Turn, &str)>;
    pub struct LoopConfig { pub max_iterations: usize }
    pub struct Loop;
    pub struct Pause;
    pub struct StepController;
    pub fn run_once();
    pub fn with_snapshot_hook(ctx: &crate::context::Context, hook: SnapshotHook) -> crate::context::Context;
    pub mod phase {
        pub const PRE_INFERENCE: &str = "";
        pub const POST_INFERENCE: &str = "";
        pub const POST_TOOLS: &str = "";
    }
}
pub mod session {
    pub struct Session;
    impl Session {
        pub fn new() -> Self;
        pub fn with_id(session_id: &str) -> Self;
        pub fn with_builder(self, builder: crate::builder::Builder) -> Self;
        pub fn with_derived_builder(self, change: ()) -> Self;
        pub fn set_builder(&self, builder: crate::builder::Builder);
        pub fn derived_builder(&self, change: ()) -> crate::builder::DerivedBuilder;
        pub fn with_turn(self, turn: crate::turns::Turn) -> Self;
        pub fn derived_handle(&self, change: ()) -> Self;
        pub fn without_failed_turns(self) -> Self;
        pub fn with_cancel_grace(self, grace: std::time::Duration) -> Self;
        pub fn set_cancel_grace(&self, grace: std::time::Duration);
        pub fn keep_latest(&self, turns: usize);
        pub fn keeping_latest(self, turns: usize) -> Self;
        pub fn append_new_turn_from_user_prompt(&self, prompt: &str) -> Result<crate::turns::Turn, SessionError>;
        pub fn append_new_turn_from_user_prompts<I>(&self, prompts: I) -> Result<crate::turns::Turn, SessionError>;
        pub fn update_latest<R, F: FnOnce(&mut crate::turns::Turn) -> R>(&self, f: F) -> Result<R, SessionError>;
        pub fn turn(&self, index: usize) -> Option<crate::turns::Turn>;
        pub fn turns(&self) -> Vec<crate::turns::Turn>;
        pub fn turn_count(&self) -> usize;
        pub fn start_with_latest<C>(&self, ctx: &crate::context::Context, change: C) -> Result<ExecutionHandle, SessionError>;
        pub fn start_with_latest_with<C>(&self, ctx: &crate::context::Context, change: C, builder: &crate::builder::Builder) -> Result<ExecutionHandle, SessionError>;
        pub fn session_id(&self) -> &str;
        pub fn append(&self, turn: crate::turns::Turn);
        pub fn latest(&self) -> Option<crate::turns::Turn>;
        pub fn is_running(&self) -> bool;
        pub fn start_inference(&self, ctx: &crate::context::Context) -> Result<ExecutionHandle, SessionError>;
        pub fn start_with_turn(&self, ctx: &crate::context::Context, turn: crate::turns::Turn) -> Result<ExecutionHandle, SessionError>;
        pub fn start_with(&self, ctx: &crate::context::Context, turn: crate::turns::Turn, builder: &crate::builder::Builder) -> Result<ExecutionHandle, SessionError>;
        pub fn start_inference_with(&self, ctx: &crate::context::Context, builder: &crate::builder::Builder) -> Result<ExecutionHandle, SessionError>;
        pub fn start_with_prompt(&self, ctx: &crate::context::Context, prompt: &str) -> Result<ExecutionHandle, SessionError>;
        pub fn cancel_active(&self) -> Result<(), SessionError>;
        pub async fn run(&self, ctx: &crate::context::Context, turn: crate::turns::Turn) -> Result<crate::turns::Turn, SessionError>;
        pub async fn run_latest(&self, ctx: &crate::context::Context) -> Result<crate::turns::Turn, SessionError>;
        pub async fn run_seed(&self, ctx: &crate::context::Context, seed: Option<crate::turns::Turn>) -> Result<crate::turns::Turn, SessionError>;
        pub async fn run_prompt(&self, ctx: &crate::context::Context, prompt: &str) -> Result<crate::turns::Turn, SessionError>;
        pub async fn run_with(&self, ctx: &crate::context::Context, turn: crate::turns::Turn, builder: &crate::builder::Builder) -> Result<crate::turns::Turn, SessionError>;
        pub async fn run_under(&self, permit: &RunPermit, ctx: &crate::context::Context, seed: Option<crate::turns::Turn>) -> Result<crate::turns::Turn, SessionError>;
        pub fn reserve(&self) -> Result<RunPermit, SessionError>;
        pub fn handle_with(&self, builder: crate::builder::Builder) -> Self;
        pub fn context(&self, parent: &crate::context::Context) -> crate::context::Context;
        pub fn downgrade(&self) -> WeakSession;
        pub fn same_session(&self, other: &Session) -> bool;
    }
    impl AsRef<Session> for Session { fn as_ref(&self) -> &Session; }
    pub struct WeakSession;
    impl WeakSession { pub fn new() -> Self; pub fn upgrade(&self) -> Option<Session>; }
    pub enum SessionError { AlreadyActive, NoActive, EmptyTurn, BuilderMissing, NoRuntime, Engine(crate::engine::EngineError), Cancelled }
    impl SessionError { pub fn into_engine_error(self) -> crate::engine::EngineError; }
    pub struct RunPermit;
    impl RunPermit {
        pub fn session(&self) -> &Session;
        pub async fn run(&self, ctx: &crate::context::Context, turn: crate::turns::Turn) -> Result<crate::turns::Turn, SessionError>;
        pub async fn run_latest(&self, ctx: &crate::context::Context) -> Result<crate::turns::Turn, SessionError>;
        pub async fn run_seed(&self, ctx: &crate::context::Context, seed: Option<crate::turns::Turn>) -> Result<crate::turns::Turn, SessionError>;
        pub async fn run_with(&self, ctx: &crate::context::Context, turn: crate::turns::Turn, builder: &crate::builder::Builder) -> Result<crate::turns::Turn, SessionError>;
        pub fn release(&self);
        pub fn set_cancel(&self, cancel: crate::context::CancelHandle);
        pub fn start(self, ctx: &crate::context::Context, turn: crate::turns::Turn) -> Result<ExecutionHandle, SessionError>;
    }
    pub struct ExecutionHandle;
    impl ExecutionHandle {
        pub async fn wait(&self) -> Result<crate::turns::Turn, SessionError>;
        pub async fn wait_or_cancel(&self) -> Result<crate::turns::Turn, SessionError>;
        pub fn blocking_wait(&self) -> Result<crate::turns::Turn, SessionError>;
        pub fn cancel(&self);
        pub fn is_running(&self) -> bool;
        pub fn input(&self) -> &crate::turns::Turn;
        pub fn session_id(&self) -> &str;
        pub fn inference_id(&self) -> &str;
    }
    pub trait EngineBuilder {}
    pub trait InferenceRunner {}
    pub struct BuildError;
    pub fn session_id(ctx: &crate::context::Context) -> Option<String>;
    pub fn inference_id(ctx: &crate::context::Context) -> Option<String>;
    pub fn provider_call_index(ctx: &crate::context::Context) -> Option<usize>;
    pub fn run_tags(ctx: &crate::context::Context) -> Option<()>;
    pub fn with_session_meta(ctx: &crate::context::Context) -> crate::context::Context;
    pub fn with_provider_call_index(ctx: &crate::context::Context) -> crate::context::Context;
    pub fn with_run_tags(ctx: &crate::context::Context) -> crate::context::Context;
}
pub mod builder {
    pub struct Builder;
    impl Builder {
        pub fn new(base: std::sync::Arc<dyn crate::engine::Engine>) -> Self;
        pub fn with_event_sink(self, s: std::sync::Arc<dyn crate::events::EventSink>) -> Self;
        pub fn with_event_sinks<I>(self, s: I) -> Self;
        pub fn with_loop_config(self, c: crate::toolloop::LoopConfig) -> Self;
        pub fn with_middleware(self, m: std::sync::Arc<dyn crate::middleware::Middleware>) -> Self;
        pub fn with_middlewares<I>(self, m: I) -> Self;
        pub fn with_persister(self, p: std::sync::Arc<dyn TurnPersister>) -> Self;
        pub fn with_snapshot_hook(self, h: crate::toolloop::SnapshotHook) -> Self;
        pub fn with_step_controller(self, s: std::sync::Arc<crate::toolloop::StepController>, pause_timeout: std::time::Duration) -> Self;
        pub fn with_tool_config(self, c: crate::tools::ToolConfig) -> Self;
        pub fn with_tool_executor(self, e: std::sync::Arc<dyn crate::tools::ToolExecutor>) -> Self;
        pub fn with_tool_registry(self, r: std::sync::Arc<dyn crate::tools::ToolRegistry>) -> Self;
    }
    pub struct DerivedBuilder;
    pub trait TurnPersister {}
    pub struct PersistError;
}
pub mod prelude {
    pub use crate::builder::Builder;
    pub use crate::context::Context;
    pub use crate::engine::{Engine, EngineError};
    pub use crate::events::{Event, EventMetadata, EventSink, SinkError, publish, with_event_sink, with_event_sinks};
    pub use crate::session::{ExecutionHandle, Session, SessionError};
    pub use crate::turns::{Block, BlockKind, Turn};
}
