//! The tool calls of a turn: finding those without an answer, and answering one.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::Loop;
use crate::context::Context;
use crate::engine::EngineError;
use crate::events::{Event, EventMetadata, publish};
use crate::timer;
use crate::tools::{ToolError, ToolErrorPolicy};
use crate::turns::{Block, BlockKind, Turn};

/// A tool call as the model wrote it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    id: String,
    name: String,
    args: Value,
}

impl Call {
    fn of_block(block: &Block) -> Self {
        Self {
            id: block.tool_call_id().unwrap_or_default().to_owned(),
            name: block.payload_str("name").unwrap_or_default().to_owned(),
            args: block.payload.get("args").cloned().unwrap_or_default(),
        }
    }
}

/// The tool calls of `turn` that no later block answers, in order.
pub(super) fn pending(turn: &Turn) -> Vec<Call> {
    let mut answered = HashSet::new();
    let mut calls = Vec::new();
    for block in turn.blocks.iter().rev() {
        match block.kind {
            BlockKind::ToolUse => {
                answered.insert(block.tool_call_id());
            }
            BlockKind::ToolCall if !answered.contains(&block.tool_call_id()) => {
                calls.push(Call::of_block(block));
            }
            _ => {}
        }
    }
    calls.reverse();
    calls
}

impl Loop {
    /// The block that answers `call`.
    pub(super) async fn answer(&self, ctx: &Context, turn: &Turn, call: Call) -> Result<Block, EngineError> {
        let metadata = EventMetadata::from_run(ctx, turn);
        publish(ctx, &Event::tool_call(metadata.clone(), &call.id, &call.name, call.args.clone()));
        let result = match self.execute(ctx, &call).await {
            Ok(result) => result,
            Err(ToolError::Cancelled) => return Err(EngineError::Cancelled),
            Err(error) if self.tool_config.on_error == ToolErrorPolicy::Abort => {
                return Err(EngineError::failed(format!("tool `{}` failed", call.name), error));
            }
            Err(error) => json!({ "error": error.to_string() }),
        };
        publish(ctx, &Event::tool_result(metadata, &call.id, result.clone()));
        Ok(Block::tool_use(call.id, result))
    }

    async fn execute(&self, ctx: &Context, call: &Call) -> Result<Value, ToolError> {
        if !self.tool_config.allows(&call.name) {
            return Err(ToolError::NotAllowed { name: call.name.clone() });
        }
        let tool = self.registry.tool(&call.name);
        let tool = tool.ok_or_else(|| ToolError::Unknown { name: call.name.clone() })?;
        tokio::select! {
            biased;
            () = ctx.cancelled() => Err(ToolError::Cancelled),
            result = self.executor.execute(ctx, &tool, call.args.clone()) => result,
            error = self.timed_out() => Err(error),
        }
    }

    async fn timed_out(&self) -> ToolError {
        match self.tool_config.timeout {
            Some(after) => {
                timer::sleep(after).await;
                ToolError::TimedOut { after }
            }
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_pending_until_a_later_block_answers_it() {
        let call = |id: &str| Block::tool_call(id, "t", json!({}));
        let turn = Turn::builder()
            .with_blocks([call("a"), call("b"), Block::tool_use("a", json!(1)), call("c"), call("a")])
            .build();
        let ids: Vec<_> = pending(&turn).into_iter().map(|call| call.id).collect();
        assert_eq!(ids, ["b", "c", "a"]);
    }
}
