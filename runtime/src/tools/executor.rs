//! How a tool is called.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use super::{Tool, ToolError};
use crate::context::Context;

/// Calls tools on behalf of the tool loop; the seam for asking the user first, for a sandbox, for a log.
///
/// The loop has already looked the tool up and checked that it is allowed; it drops the future when the run is
/// cancelled or the call's time is up.
///
/// ```
/// use async_trait::async_trait;
/// use geppetto_runtime::context::Context;
/// use geppetto_runtime::tools::{Tool, ToolError, ToolExecutor};
/// use serde_json::Value;
///
/// struct DryRun;
///
/// #[async_trait]
/// impl ToolExecutor for DryRun {
///     async fn execute(&self, _: &Context, tool: &Tool, args: Value) -> Result<Value, ToolError> {
///         Ok(format!("would call {} with {args}", tool.name()).into())
///     }
/// }
/// ```
#[async_trait]
pub trait ToolExecutor: Send + Sync {
    /// Calls `tool` with `args`.
    ///
    /// # Errors
    /// The tool's, or the executor's own.
    async fn execute(&self, ctx: &Context, tool: &Tool, args: Value) -> Result<Value, ToolError>;
}

#[async_trait]
impl<E: ToolExecutor + ?Sized> ToolExecutor for Arc<E> {
    async fn execute(&self, ctx: &Context, tool: &Tool, args: Value) -> Result<Value, ToolError> {
        (**self).execute(ctx, tool, args).await
    }
}

/// Calls the tool, nothing else.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use geppetto_runtime::context::Context;
/// use geppetto_runtime::tools::{DefaultToolExecutor, Tool, ToolError, ToolExecutor};
///
/// let double = Tool::from_fn("double", "", |n: i64| Ok::<_, ToolError>(n * 2));
/// let result = DefaultToolExecutor.execute(&Context::background(), &double, 21.into()).await;
/// assert_eq!(result.unwrap(), 42);
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct DefaultToolExecutor;

#[async_trait]
impl ToolExecutor for DefaultToolExecutor {
    async fn execute(&self, ctx: &Context, tool: &Tool, args: Value) -> Result<Value, ToolError> {
        tool.call(ctx, args).await
    }
}
