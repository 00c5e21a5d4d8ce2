//! Functions that a model may call.
//!
//! ```
//! use geppetto_runtime::tools::{InMemoryToolRegistry, Tool, ToolError, ToolRegistry};
//! use schemars::JsonSchema;
//! use serde::Deserialize;
//!
//! #[derive(Deserialize, JsonSchema)]
//! struct Add { a: i64, b: i64 }
//!
//! let registry = InMemoryToolRegistry::new();
//! registry.register(Tool::from_fn("add", "adds two numbers", |Add { a, b }: Add| Ok::<_, ToolError>(a + b)));
//! assert_eq!(registry.tools()[0].name(), "add");
//! ```

mod config;
mod executor;
mod registry;
mod tool;

use std::sync::Arc;

pub use config::{ToolConfig, ToolErrorPolicy};
pub use executor::{DefaultToolExecutor, ToolExecutor};
pub use registry::{InMemoryToolRegistry, ToolRegistry};
pub use tool::{Tool, ToolError};

use crate::context::Context;

/// The registry of a run, as its context carries it.
struct Registry(Arc<dyn ToolRegistry>);

/// A child of `ctx` that tells engines which tools they may offer to the model. The tool loop attaches it.
pub fn with_tool_registry(ctx: &Context, registry: Arc<dyn ToolRegistry>) -> Context {
    ctx.with_value(Registry(registry))
}

/// The tools that the engine may offer to the model.
pub fn tool_registry(ctx: &Context) -> Option<Arc<dyn ToolRegistry>> {
    ctx.value::<Registry>().map(|registry| Arc::clone(&registry.0))
}

/// A child of `ctx` that carries the rules for tools. The tool loop attaches it.
pub fn with_tool_config(ctx: &Context, config: ToolConfig) -> Context {
    ctx.with_value(config)
}

/// The rules for tools of this run.
pub fn tool_config(ctx: &Context) -> Option<ToolConfig> {
    ctx.value::<ToolConfig>().map(|config| (*config).clone())
}
