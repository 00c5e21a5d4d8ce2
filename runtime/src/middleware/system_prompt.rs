//! One system prompt at the head of every turn.

use std::sync::Arc;

use async_trait::async_trait;

use super::Middleware;
use crate::context::Context;
use crate::engine::{Engine, EngineError};
use crate::turns::{Block, BlockKind, Key, Turn};

/// Marks the block that this middleware inserted.
const INSERTED_BY: Key<String> = Key::new("geppetto.middleware@v1");

/// Keeps one system prompt at the head of the turn.
///
/// Idempotent: the block it inserted in an earlier turn gets the new text instead of a twin, and a system block
/// that already says the same is enough.
///
/// ```
/// use geppetto_runtime::middleware::{Middleware, system_prompt};
///
/// let middleware: std::sync::Arc<dyn Middleware> = system_prompt("be brief");
/// ```
#[derive(Clone, Debug)]
pub struct SystemPrompt {
    prompt: String,
}

impl SystemPrompt {
    /// A middleware for this prompt.
    pub fn new(prompt: impl Into<String>) -> Self {
        Self { prompt: prompt.into() }
    }

    fn ensure(&self, turn: &mut Turn) {
        if let Some(own) = turn.blocks.iter_mut().find(|block| is_own(block)) {
            own.payload.insert("text".into(), self.prompt.clone().into());
        } else if !turn.blocks.iter().any(|block| self.is_said_by(block)) {
            let mut block = Block::system_text(&self.prompt);
            INSERTED_BY.set(&mut block.metadata, "system_prompt".into());
            turn.blocks.insert(0, block);
        }
    }

    fn is_said_by(&self, block: &Block) -> bool {
        block.kind == BlockKind::System && block.text() == Some(&self.prompt)
    }
}

fn is_own(block: &Block) -> bool {
    INSERTED_BY.get(&block.metadata).is_some_and(|name| name == "system_prompt")
}

/// The [`SystemPrompt`] middleware.
pub fn system_prompt(prompt: impl Into<String>) -> Arc<dyn Middleware> {
    Arc::new(SystemPrompt::new(prompt))
}

#[async_trait]
impl Middleware for SystemPrompt {
    async fn handle(&self, ctx: &Context, mut turn: Turn, next: &dyn Engine) -> Result<Turn, EngineError> {
        self.ensure(&mut turn);
        next.run_inference(ctx, turn).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(turn: &Turn) -> Vec<&str> {
        turn.blocks.iter().filter_map(Block::text).collect()
    }

    #[test]
    fn the_prompt_is_inserted_once_and_replaced_when_it_changes() {
        let mut turn = Turn::builder().with_user_prompt("u").build();
        SystemPrompt::new("a").ensure(&mut turn);
        SystemPrompt::new("a").ensure(&mut turn);
        assert_eq!(texts(&turn), ["a", "u"]);
        SystemPrompt::new("b").ensure(&mut turn);
        assert_eq!(texts(&turn), ["b", "u"]);
    }

    #[test]
    fn a_prompt_the_caller_wrote_is_enough() {
        let mut turn = Turn::builder().with_system_prompt("a").build();
        SystemPrompt::new("a").ensure(&mut turn);
        assert_eq!(texts(&turn), ["a"]);
        SystemPrompt::new("b").ensure(&mut turn);
        assert_eq!(texts(&turn), ["b", "a"]);
    }
}
