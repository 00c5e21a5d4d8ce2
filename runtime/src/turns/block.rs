//! One contribution to a conversation.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Metadata;

/// One contribution: a text, a tool call, a tool's result, …
///
/// ```
/// use geppetto_runtime::turns::Block;
///
/// let block = Block::user_text("hello");
/// assert_eq!((block.role.as_str(), block.text()), ("user", Some("hello")));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// Names the block; empty for texts made here.
    #[serde(default)]
    pub id: String,
    /// What the block is.
    pub kind: BlockKind,
    /// Who it is from: `user`, `assistant`, `system` or `tool`.
    #[serde(default)]
    pub role: String,
    /// What it says; the keys depend on the kind.
    #[serde(default)]
    pub payload: Map<String, Value>,
    /// Facts about the block, such as who inserted it.
    #[serde(default)]
    pub metadata: Metadata,
}

/// What a [`Block`] is. A kind this version does not know is read as [`Other`](Self::Other).
///
/// ```
/// use geppetto_runtime::turns::{Block, BlockKind};
///
/// assert_eq!(Block::assistant_text("hi").kind, BlockKind::LlmText);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    /// Text from the user.
    User,
    /// Text from the model.
    LlmText,
    /// The model asks for a tool.
    ToolCall,
    /// A tool's result.
    ToolUse,
    /// Instructions to the model.
    System,
    /// The model's reasoning.
    Reasoning,
    /// Anything else.
    #[serde(other)]
    Other,
}

impl BlockKind {
    fn role(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::System => "system",
            Self::ToolUse => "tool",
            Self::LlmText | Self::ToolCall | Self::Reasoning | Self::Other => "assistant",
        }
    }
}

impl Block {
    /// A user's text: kind [`User`](BlockKind::User), role `user`.
    pub fn user_text(text: impl Into<String>) -> Self {
        Self::of_text(BlockKind::User, text)
    }

    /// Instructions: kind [`System`](BlockKind::System), role `system`.
    pub fn system_text(text: impl Into<String>) -> Self {
        Self::of_text(BlockKind::System, text)
    }

    /// The model's text: kind [`LlmText`](BlockKind::LlmText), role `assistant`.
    pub fn assistant_text(text: impl Into<String>) -> Self {
        Self::of_text(BlockKind::LlmText, text)
    }

    /// The model's reasoning: kind [`Reasoning`](BlockKind::Reasoning), role `assistant`.
    pub fn reasoning_text(text: impl Into<String>) -> Self {
        Self::of_text(BlockKind::Reasoning, text)
    }

    /// The model's wish to call the tool `name`; role `assistant`, payload `id`, `name`, `args`.
    pub fn tool_call(id: impl Into<String>, name: impl Into<String>, args: Value) -> Self {
        let payload = [("id", id.into().into()), ("name", name.into().into()), ("args", args)];
        Self::new(BlockKind::ToolCall, payload)
    }

    /// The answer to the call `id`; role `tool`, payload `id` and `result` (kept as it is).
    pub fn tool_use(id: impl Into<String>, result: Value) -> Self {
        Self::new(BlockKind::ToolUse, [("id", id.into().into()), ("result", result)])
    }

    /// The payload's `text`, if it has one.
    pub fn text(&self) -> Option<&str> {
        self.payload_str("text")
    }

    /// The id of the tool call that this block makes or answers.
    pub fn tool_call_id(&self) -> Option<&str> {
        self.payload_str("id")
    }

    pub(crate) fn payload_str(&self, key: &str) -> Option<&str> {
        self.payload.get(key)?.as_str()
    }

    fn of_text(kind: BlockKind, text: impl Into<String>) -> Self {
        Self::new(kind, [("text", text.into().into())])
    }

    fn new<const N: usize>(kind: BlockKind, payload: [(&str, Value); N]) -> Self {
        Self {
            id: String::new(),
            kind,
            role: kind.role().into(),
            payload: payload.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
            metadata: Metadata::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_kind_has_its_role() {
        assert_eq!(Block::user_text("").role, "user");
        assert_eq!(Block::assistant_text("").role, "assistant");
        assert_eq!(Block::system_text("").role, "system");
        assert_eq!(Block::tool_call("1", "add", json!({})).role, "assistant");
        assert_eq!(Block::tool_use("1", json!(3)).role, "tool");
    }

    #[test]
    fn a_tools_result_is_kept_as_it_is() {
        let block = Block::tool_use("1", json!({"sum": [1, 2]}));
        assert_eq!(block.payload["result"], json!({"sum": [1, 2]}));
        assert_eq!(block.tool_call_id(), Some("1"));
        assert_eq!(block.text(), None);
    }

    #[test]
    fn an_unknown_kind_is_other() {
        let block: Block = serde_json::from_value(json!({"kind": "image"})).expect("tolerant");
        assert_eq!(block.kind, BlockKind::Other);
    }
}
