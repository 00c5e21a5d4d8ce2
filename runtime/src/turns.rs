//! The conversation as data: a [`Turn`] is an ordered list of [`Block`]s with typed metadata.
//!
//! Turns are plain values: equal when their fields are, serializable, without identity of their own beyond the
//! `id` they carry. Ids are free for the caller; a session gives a fresh one to the turns it makes from a prompt.
//!
//! ```
//! use geppetto_runtime::turns::{Block, BlockKind, Turn};
//!
//! let mut turn = Turn::builder().with_system_prompt("be brief").with_user_prompt("hello").build();
//! turn.append(Block::assistant_text("hi"));
//!
//! assert_eq!(turn.blocks[2].kind, BlockKind::LlmText);
//! assert_eq!(turn.blocks[2].text(), Some("hi"));
//! ```

mod block;
mod keys;

use serde::{Deserialize, Serialize};

pub use block::{Block, BlockKind};
pub use keys::{Data, INFERENCE_ID, Key, KeyError, KeyedMap, Metadata, SESSION_ID};

use crate::ids::fresh_id;

/// One state of a conversation: what goes into an engine, and what comes out with the answer appended.
///
/// ```
/// use geppetto_runtime::turns::Turn;
///
/// let turn = Turn::builder().with_system_prompt("be brief").with_user_prompt("hello").build();
/// assert_eq!(turn.last_user_text(), Some("hello"));
/// assert_eq!(turn, turn.clone());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Turn {
    /// Names the turn; may be empty.
    pub id: String,
    /// What was said, in order.
    pub blocks: Vec<Block>,
    /// Facts about the turn, such as the run that made it.
    pub metadata: Metadata,
    /// Input for engines and middleware that is not part of the conversation.
    pub data: Data,
}

impl Turn {
    /// Starts an empty turn with an empty id.
    pub fn builder() -> TurnBuilder {
        TurnBuilder::default()
    }

    /// Adds a block at the end.
    pub fn append(&mut self, block: Block) {
        self.blocks.push(block);
    }

    /// The text of the last user block that has one.
    pub fn last_user_text(&self) -> Option<&str> {
        let users = self.blocks.iter().rev().filter(|block| block.kind == BlockKind::User);
        users.filter_map(Block::text).next()
    }

    /// The text of the last block the model wrote.
    pub fn last_assistant_text(&self) -> Option<&str> {
        let answers = self.blocks.iter().rev().filter(|block| block.kind == BlockKind::LlmText);
        answers.filter_map(Block::text).next()
    }

    /// This conversation continued: a fresh id and one user block a prompt. Empty prompts are left out; `None`
    /// when nothing is left.
    pub(crate) fn continued<I, S>(&self, prompts: I) -> Option<Self>
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        let prompts = prompts.into_iter().map(Into::into).filter(|prompt: &String| !prompt.is_empty());
        let blocks: Vec<_> = prompts.map(Block::user_text).collect();
        if blocks.is_empty() {
            return None;
        }
        let mut next = Self { id: fresh_id(), ..self.clone() };
        next.blocks.extend(blocks);
        Some(next)
    }
}

/// Builds a [`Turn`] block by block; the order of the calls is the order of the blocks.
///
/// ```
/// use geppetto_runtime::turns::Turn;
///
/// let turn = Turn::builder().with_id("t1").with_user_prompt("hello").build();
/// assert_eq!((turn.id.as_str(), turn.blocks.len()), ("t1", 1));
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct TurnBuilder {
    turn: Turn,
}

impl TurnBuilder {
    /// Names the turn.
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.turn.id = id.into();
        self
    }

    /// Adds a system block.
    pub fn with_system_prompt(self, prompt: impl Into<String>) -> Self {
        self.with_block(Block::system_text(prompt))
    }

    /// Adds a user block.
    pub fn with_user_prompt(self, prompt: impl Into<String>) -> Self {
        self.with_block(Block::user_text(prompt))
    }

    /// Adds an assistant block.
    pub fn with_assistant_text(self, text: impl Into<String>) -> Self {
        self.with_block(Block::assistant_text(text))
    }

    /// Adds any block.
    pub fn with_block(mut self, block: Block) -> Self {
        self.turn.append(block);
        self
    }

    /// Adds several blocks.
    pub fn with_blocks(mut self, blocks: impl IntoIterator<Item = Block>) -> Self {
        self.turn.blocks.extend(blocks);
        self
    }

    /// The turn.
    pub fn build(self) -> Turn {
        self.turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_calls_build_equal_turns() {
        let build = || Turn::builder().with_system_prompt("s").with_user_prompt("u").build();
        assert_eq!(build(), build());
    }

    #[test]
    fn turns_survive_json() {
        let mut turn = Turn::builder().with_id("t").with_user_prompt("u").build();
        turn.append(Block::tool_call("c1", "add", serde_json::json!({"a": 1})));
        SESSION_ID.set(&mut turn.metadata, "s".to_owned());
        let json = serde_json::to_string(&turn).expect("serializes");
        assert_eq!(serde_json::from_str::<Turn>(&json).expect("deserializes"), turn);
        assert_eq!(serde_json::from_str::<Turn>("{}").expect("every field is optional"), Turn::default());
    }

    #[test]
    fn continuing_keeps_the_past_and_skips_empty_prompts() {
        let first = Turn::builder().with_id("t").with_user_prompt("a").build();
        let next = first.continued(["", "b", "c"]).expect("two prompts");
        let texts: Vec<_> = next.blocks.iter().filter_map(Block::text).collect();
        assert_eq!(texts, ["a", "b", "c"]);
        assert_ne!(next.id, first.id);
        assert_eq!(first.continued(["", ""]), None);
    }
}
