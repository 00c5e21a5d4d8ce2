//! What stands between a run and its engine.
//!
//! A [`Middleware`] sees every engine call: it may change the turn on its way in, the answer on its way out, or
//! answer itself. The handler it wraps is an [`Engine`], so a wrapped engine is used like any other.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! use std::sync::Arc;
//! use geppetto_runtime::prelude::*;
//! use geppetto_runtime::engine::EchoEngine;
//! use geppetto_runtime::middleware::{chain, logging, system_prompt, wrap};
//!
//! let both = chain(logging(), system_prompt("be brief"));
//! let engine = wrap(Arc::new(EchoEngine::new()), [both]);
//! let turn = Turn::builder().with_user_prompt("hello").build();
//! let answered = engine.run_inference(&Context::background(), turn).await.unwrap();
//! assert_eq!(answered.blocks[0].text(), Some("be brief"));
//! # }
//! ```

mod logging;
mod system_prompt;

use std::sync::Arc;

use async_trait::async_trait;

pub use logging::{Logging, logging};
pub use system_prompt::{SystemPrompt, system_prompt};

use crate::context::Context;
use crate::engine::{Engine, EngineError};
use crate::turns::Turn;

/// Wraps a handler.
///
/// Cancel safety is that of an [`Engine`]: the future may be dropped at any await point.
///
/// ```
/// use async_trait::async_trait;
/// use geppetto_runtime::prelude::*;
/// use geppetto_runtime::middleware::Middleware;
///
/// /// Tries once more.
/// struct Retry;
///
/// #[async_trait]
/// impl Middleware for Retry {
///     async fn handle(&self, ctx: &Context, turn: Turn, next: &dyn Engine) -> Result<Turn, EngineError> {
///         match next.run_inference(ctx, turn.clone()).await {
///             Err(EngineError::Cancelled) => Err(EngineError::Cancelled),
///             Err(_) => next.run_inference(ctx, turn).await,
///             answered => answered,
///         }
///     }
/// }
/// ```
#[async_trait]
pub trait Middleware: Send + Sync {
    /// Answers `turn`, as a rule by calling `next`.
    ///
    /// # Errors
    /// Those of `next`, or its own.
    async fn handle(&self, ctx: &Context, turn: Turn, next: &dyn Engine) -> Result<Turn, EngineError>;
}

#[async_trait]
impl<M: Middleware + ?Sized> Middleware for Arc<M> {
    async fn handle(&self, ctx: &Context, turn: Turn, next: &dyn Engine) -> Result<Turn, EngineError> {
        (**self).handle(ctx, turn, next).await
    }
}

/// One middleware of two: runs `outer(inner(handler))`.
pub fn chain(outer: Arc<dyn Middleware>, inner: Arc<dyn Middleware>) -> Arc<dyn Middleware> {
    Arc::new(Chain { outer, inner })
}

/// `handler` behind the middlewares; the first is the outermost.
pub fn wrap(
    handler: Arc<dyn Engine>,
    middlewares: impl IntoIterator<Item = Arc<dyn Middleware>, IntoIter: DoubleEndedIterator>,
) -> Arc<dyn Engine> {
    let behind = |handler, middleware| Arc::new(Wrapped { middleware, handler }) as Arc<dyn Engine>;
    middlewares.into_iter().rev().fold(handler, behind)
}

struct Chain {
    outer: Arc<dyn Middleware>,
    inner: Arc<dyn Middleware>,
}

#[async_trait]
impl Middleware for Chain {
    async fn handle(&self, ctx: &Context, turn: Turn, next: &dyn Engine) -> Result<Turn, EngineError> {
        self.outer.handle(ctx, turn, &Behind { middleware: &*self.inner, handler: next }).await
    }
}

/// A handler behind a middleware, borrowed for one call.
struct Behind<'a> {
    middleware: &'a dyn Middleware,
    handler: &'a dyn Engine,
}

#[async_trait]
impl Engine for Behind<'_> {
    async fn run_inference(&self, ctx: &Context, turn: Turn) -> Result<Turn, EngineError> {
        self.middleware.handle(ctx, turn, self.handler).await
    }
}

/// A handler behind a middleware, to keep.
struct Wrapped {
    middleware: Arc<dyn Middleware>,
    handler: Arc<dyn Engine>,
}

#[async_trait]
impl Engine for Wrapped {
    async fn run_inference(&self, ctx: &Context, turn: Turn) -> Result<Turn, EngineError> {
        self.middleware.handle(ctx, turn, &*self.handler).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ScriptedEngine;
    use crate::turns::Block;

    struct Mark(&'static str);

    #[async_trait]
    impl Middleware for Mark {
        async fn handle(&self, ctx: &Context, mut turn: Turn, next: &dyn Engine) -> Result<Turn, EngineError> {
            turn.append(Block::user_text(format!("{}>", self.0)));
            let mut turn = next.run_inference(ctx, turn).await?;
            turn.append(Block::assistant_text(format!("<{}", self.0)));
            Ok(turn)
        }
    }

    async fn said_by(engine: &dyn Engine) -> String {
        let turn = engine.run_inference(&Context::background(), Turn::default()).await.expect("an answer");
        turn.blocks.iter().filter_map(Block::text).collect()
    }

    #[tokio::test]
    async fn the_first_middleware_is_the_outermost() {
        let handler = Arc::new(ScriptedEngine::texts([".", ".", "."]));
        let (m1, m2) = (Arc::new(Mark("1")), Arc::new(Mark("2")));
        let wrapped = wrap(handler.clone(), [m1.clone() as Arc<dyn Middleware>, m2.clone()]);
        assert_eq!(said_by(&*wrapped).await, "1>2>.<2<1");
        let chained = wrap(handler.clone(), [chain(m1, m2)]);
        assert_eq!(said_by(&*chained).await, "1>2>.<2<1");
        assert_eq!(said_by(&*wrap(handler, [])).await, ".");
    }
}
