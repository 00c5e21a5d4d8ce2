//! A session's builder with changes: what one run has besides.

use std::sync::Arc;

use super::Builder;
use crate::context::Context;
use crate::session::{BuildError, EngineBuilder, InferenceRunner, Session};

/// What [`Session::derived_builder`] makes.
#[derive(Clone, Debug)]
pub struct DerivedBuilder(Option<Builder>);

impl EngineBuilder for DerivedBuilder {
    fn build(&self, ctx: &Context, session_id: &str) -> Result<Arc<dyn InferenceRunner>, BuildError> {
        match &self.0 {
            Some(builder) => builder.build(ctx, session_id),
            None => Err(BuildError::message("the session has no standard builder to derive another one from")),
        }
    }
}

impl Session {
    /// This handle's [`Builder`] as `change` leaves it: for one run that has more than the session's others (a web
    /// handler's tools). The session's own builder stays untouched.
    ///
    /// Where there is none, or a builder of another type, the start or run that is given the result fails with
    /// [`SessionError::Build`](crate::session::SessionError::Build).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), geppetto_runtime::session::SessionError> {
    /// use std::sync::Arc;
    /// use geppetto_runtime::prelude::*;
    /// use geppetto_runtime::engine::EchoEngine;
    /// use geppetto_runtime::tools::InMemoryToolRegistry;
    ///
    /// let session = Session::new().with_builder(Builder::new(Arc::new(EchoEngine::new())));
    /// let tools = Arc::new(InMemoryToolRegistry::new());
    /// let turn = Turn::builder().with_user_prompt("hello").build();
    ///
    /// let builder = session.derived_builder(|builder| builder.with_tool_registry(tools));
    /// session.start_with(&Context::background(), turn, &builder)?.wait().await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn derived_builder(&self, change: impl FnOnce(Builder) -> Builder) -> DerivedBuilder {
        let own = self.builder::<Builder>().or_else(|| self.builder::<Arc<Builder>>().map(Arc::unwrap_or_clone));
        let own = own.or_else(|| self.builder::<DerivedBuilder>().and_then(|derived| derived.0));
        DerivedBuilder(own.map(change))
    }

    /// A second handle on the same session with a [`derived_builder`](Self::derived_builder) of its own, see
    /// [`handle_with`](Self::handle_with).
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use std::sync::Arc;
    /// use geppetto_runtime::prelude::*;
    /// use geppetto_runtime::engine::EchoEngine;
    /// use geppetto_runtime::events::CollectingSink;
    ///
    /// let session = Session::new().with_builder(Builder::new(Arc::new(EchoEngine::new())));
    /// let sink = Arc::new(CollectingSink::new());
    /// let request = session.derived_handle(|builder| builder.with_event_sink(sink.clone()));
    ///
    /// request.run_prompt(&Context::background(), "hello").await?;
    /// assert!(!sink.events().is_empty());
    /// # Ok::<_, SessionError>(()) }).unwrap();
    /// ```
    #[must_use = "the handle is returned"]
    pub fn derived_handle(&self, change: impl FnOnce(Builder) -> Builder) -> Self {
        self.handle_with(self.derived_builder(change))
    }

    /// Replaces this handle's builder (the session's, unless it has its own) by a
    /// [`derived_builder`](Self::derived_builder), for a session that another function made.
    #[must_use = "the session is returned"]
    pub fn with_derived_builder(self, change: impl FnOnce(Builder) -> Builder) -> Self {
        let derived = self.derived_builder(change);
        if self.has_own_builder() { self.handle_with(derived) } else { self.with_builder(derived) }
    }
}
