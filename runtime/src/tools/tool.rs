//! One tool.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cause::{Cause, failure_constructors};
use crate::context::Context;

type Called = Pin<Box<dyn Future<Output = Result<Value, ToolError>> + Send>>;
type Function = Arc<dyn Fn(&Context, Value) -> Called + Send + Sync>;

/// A function with a name, a description and a schema of its arguments. Clones share the function.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use geppetto_runtime::context::Context;
/// use geppetto_runtime::tools::{Tool, ToolError};
/// use schemars::JsonSchema;
/// use serde::Deserialize;
/// use serde_json::json;
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Divide { a: i64, b: i64 }
///
/// let divide = Tool::from_fn("divide", "divides", |Divide { a, b }: Divide| {
///     a.checked_div(b).ok_or_else(|| ToolError::message("division by zero"))
/// });
/// let ctx = Context::background();
/// assert_eq!(divide.call(&ctx, json!({"a": 6, "b": 2})).await.unwrap(), json!(3));
/// assert_eq!(divide.call(&ctx, json!({"a": 6, "b": 0})).await.unwrap_err().to_string(), "division by zero");
/// # }
/// ```
#[derive(Clone)]
pub struct Tool {
    name: String,
    description: String,
    parameters: Schema,
    function: Function,
}

impl Tool {
    /// A tool from a function that answers at once. It runs on the run's task: one that blocks or computes for
    /// long belongs into [`from_async_fn`](Self::from_async_fn) with `spawn_blocking`.
    pub fn from_fn<A, R, F>(name: impl Into<String>, description: impl Into<String>, function: F) -> Self
    where
        A: DeserializeOwned + JsonSchema + 'static,
        R: Serialize + 'static,
        F: Fn(A) -> Result<R, ToolError> + Send + Sync + 'static,
    {
        let call = move |_: &Context, args| -> Called {
            let result = arguments(args).and_then(&function).and_then(|result| returned(&result));
            Box::pin(std::future::ready(result))
        };
        Self::new::<A>(name.into(), description.into(), Arc::new(call))
    }

    /// A tool from an async function. The future is dropped when the run is cancelled or the call's time is up;
    /// one that wants to end its own way watches the context.
    ///
    /// ```
    /// use geppetto_runtime::context::Context;
    /// use geppetto_runtime::tools::{Tool, ToolError};
    ///
    /// let greet = Tool::from_async_fn("greet", "greets", |_ctx: Context, name: String| async move {
    ///     Ok::<_, ToolError>(format!("hello {name}"))
    /// });
    /// assert_eq!(greet.description(), "greets");
    /// ```
    pub fn from_async_fn<A, R, F, Fut>(name: impl Into<String>, description: impl Into<String>, function: F) -> Self
    where
        A: DeserializeOwned + JsonSchema + Send + 'static,
        R: Serialize + 'static,
        F: Fn(Context, A) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, ToolError>> + Send + 'static,
    {
        let call = move |ctx: &Context, args| -> Called {
            match arguments(args) {
                Ok(args) => {
                    let running = function(ctx.clone(), args);
                    Box::pin(async move { returned(&running.await?) })
                }
                Err(error) => Box::pin(std::future::ready(Err(error))),
            }
        };
        Self::new::<A>(name.into(), description.into(), Arc::new(call))
    }

    fn new<A: JsonSchema>(name: String, description: String, function: Function) -> Self {
        Self { name, description, parameters: schema_for!(A), function }
    }

    /// What the model calls it by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the model is told about it.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The JSON schema of the arguments.
    pub fn parameters(&self) -> &Value {
        self.parameters.as_value()
    }

    /// Calls the function.
    ///
    /// # Errors
    /// [`ToolError::Arguments`] when `args` do not fit the schema, [`ToolError::Returned`] when JSON cannot hold
    /// the result, else the function's own error.
    pub async fn call(&self, ctx: &Context, args: Value) -> Result<Value, ToolError> {
        (self.function)(ctx, args).await
    }
}

fn arguments<A: DeserializeOwned>(args: Value) -> Result<A, ToolError> {
    serde_json::from_value(args).map_err(|error| ToolError::Arguments { reason: error.to_string() })
}

fn returned(result: &impl Serialize) -> Result<Value, ToolError> {
    serde_json::to_value(result).map_err(|error| ToolError::Returned { reason: error.to_string() })
}

impl fmt::Debug for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tool").field("name", &self.name).field("description", &self.description).finish_non_exhaustive()
    }
}

/// Why a tool call has no result.
///
/// ```
/// use geppetto_runtime::tools::ToolError;
///
/// assert_eq!(ToolError::message("no such city").to_string(), "no such city");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ToolError {
    /// The registry has no tool of this name.
    #[error("unknown tool `{name}`")]
    Unknown {
        /// The name that was called.
        name: String,
    },
    /// The run's rules forbid the tool.
    #[error("tool `{name}` is not allowed")]
    NotAllowed {
        /// The name that was called.
        name: String,
    },
    /// The arguments do not fit.
    #[error("arguments not understood: {reason}")]
    Arguments {
        /// What does not fit.
        reason: String,
    },
    /// JSON cannot hold the result.
    #[error("result not understood: {reason}")]
    Returned {
        /// What does not fit.
        reason: String,
    },
    /// The call took too long.
    #[error("tool timed out after {after:?}")]
    TimedOut {
        /// The time it had.
        after: Duration,
    },
    /// The run was cancelled.
    #[error("tool call cancelled")]
    Cancelled,
    /// A failure in words.
    #[error("{0}")]
    Message(String),
    /// A failure with a cause.
    #[error("{message}")]
    Failed {
        /// What was attempted.
        message: String,
        /// What went wrong.
        source: Cause,
    },
}

failure_constructors!(ToolError);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn echo() -> Tool {
        Tool::from_fn("echo", "", |value: Value| Ok::<_, ToolError>(value))
    }

    #[tokio::test]
    async fn any_json_is_an_argument_and_a_result() {
        let called = echo().call(&Context::background(), json!({"a": [1]})).await;
        assert_eq!(called.expect("a result"), json!({"a": [1]}));
    }

    #[tokio::test]
    async fn arguments_that_do_not_fit_never_reach_the_function() {
        let double = Tool::from_async_fn("double", "", |_, n: i64| async move { Ok::<_, ToolError>(n * 2) });
        let ctx = Context::background();
        assert!(matches!(double.call(&ctx, json!("two")).await, Err(ToolError::Arguments { .. })));
        assert_eq!(double.call(&ctx, json!(2)).await.expect("a result"), json!(4));
        assert_eq!(double.parameters()["type"], "integer");
    }
}
