// What the inference knows of the legacy crate: the whole public API, signatures only. What is shared with the new
// crate is a re-export here as it is there, so that both names lead to one definition.

pub use geppetto_runtime::{context, events, middleware, toolloop, tools, turns};

pub mod inference {
    pub mod engine {
        pub struct Config { pub event_sinks: Vec<std::sync::Arc<dyn geppetto_runtime::events::EventSink>> }
        pub type EngineOption = std::sync::Arc<OptionFn>;
        pub struct OptionFn;
        pub fn with_sink(sink: std::sync::Arc<dyn geppetto_runtime::events::EventSink>) -> EngineOption;
        pub fn apply_options(config: &mut Config, options: Vec<EngineOption>);
        pub use geppetto_runtime::engine::{EchoEngine, Engine, EngineError, ScriptedEngine, Step};
        pub mod factory {
            pub use geppetto_runtime::engine::factory::{FactoryError, ParsedValues};
            pub fn new_engine_from_parsed_values(values: &ParsedValues, options: Vec<super::EngineOption>) -> Result<std::sync::Arc<dyn super::Engine>, FactoryError>;
            pub trait EngineFactory {
                fn create_engine(&self, values: &ParsedValues, options: Vec<super::EngineOption>) -> Result<std::sync::Arc<dyn super::Engine>, FactoryError>;
            }
            pub struct StandardEngineFactory;
            impl EngineFactory for StandardEngineFactory {}
        }
    }
    pub mod state {
        pub struct InferenceState { hidden: () }
        impl InferenceState {
            pub fn new(run_id: String, turn: Option<geppetto_runtime::turns::Turn>, engine: std::sync::Arc<dyn geppetto_runtime::engine::Engine>) -> Self;
            pub fn run_id(&self) -> String;
            pub fn set_run_id(&self, id: String);
            pub fn turn(&self) -> Option<geppetto_runtime::turns::Turn>;
            pub fn set_turn(&self, turn: geppetto_runtime::turns::Turn);
            pub fn engine(&self) -> std::sync::Arc<dyn geppetto_runtime::engine::Engine>;
            pub fn start_run(&self) -> Result<(), StateError>;
            pub fn finish_run(&self);
            pub fn is_running(&self) -> bool;
            pub fn set_cancel(&self, cancel: geppetto_runtime::context::CancelHandle);
            pub fn has_cancel(&self) -> bool;
            pub fn cancel_run(&self) -> Result<(), StateError>;
        }
        pub enum StateError { AlreadyRunning, NotRunning }
    }
    pub mod core {
        pub struct Session {
            pub state: std::sync::Arc<super::state::InferenceState>,
            pub registry: Option<std::sync::Arc<dyn geppetto_runtime::tools::ToolRegistry>>,
            pub tool_config: Option<geppetto_runtime::tools::ToolConfig>,
            pub event_sinks: Vec<std::sync::Arc<dyn geppetto_runtime::events::EventSink>>,
            pub snapshot_hook: Option<geppetto_runtime::toolloop::SnapshotHook>,
            pub persister: Option<std::sync::Arc<dyn TurnPersister>>,
        }
        impl Session {
            pub fn new(state: std::sync::Arc<super::state::InferenceState>) -> Self;
            pub async fn run_inference(&self, ctx: &geppetto_runtime::context::Context, seed: Option<geppetto_runtime::turns::Turn>) -> Result<geppetto_runtime::turns::Turn, RunError>;
            pub async fn run_inference_started(&self, ctx: &geppetto_runtime::context::Context, seed: Option<geppetto_runtime::turns::Turn>) -> Result<geppetto_runtime::turns::Turn, RunError>;
        }
        pub trait TurnPersister {
            async fn persist_turn(&self, ctx: &geppetto_runtime::context::Context, run_id: &str, turn: &geppetto_runtime::turns::Turn) -> Result<(), geppetto_runtime::builder::PersistError>;
        }
        pub enum RunError { State(super::state::StateError), Engine(geppetto_runtime::engine::EngineError) }
        impl From<super::state::StateError> for RunError { fn from(error: super::state::StateError) -> RunError; }
        impl From<geppetto_runtime::engine::EngineError> for RunError { fn from(error: geppetto_runtime::engine::EngineError) -> RunError; }
        pub use geppetto_runtime::builder::PersistError;
    }
}

pub mod prelude {
    pub use crate::inference::core::{PersistError, RunError, Session, TurnPersister};
    pub use crate::inference::engine::factory::{EngineFactory, FactoryError, ParsedValues, StandardEngineFactory, new_engine_from_parsed_values};
    pub use crate::inference::engine::{Config, EchoEngine, Engine, EngineError, EngineOption, ScriptedEngine, Step, apply_options, with_sink};
    pub use crate::inference::state::{InferenceState, StateError};
    pub use geppetto_runtime::context::*;
    pub use geppetto_runtime::events::*;
    pub use geppetto_runtime::middleware::*;
    pub use geppetto_runtime::toolloop::*;
    pub use geppetto_runtime::tools::*;
    pub use geppetto_runtime::turns::*;
}
