//! Sessions, engines, turns, events and tools for LLM inference.
//!
//! An [engine](engine::Engine) takes a [turn](turns::Turn) and returns it with the model's answer appended,
//! publishing [events](events::Event) while it works. A [session](session::Session) keeps the turns of one
//! interaction and runs one inference at a time; the [builder](builder::Builder) says what a run consists of.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), geppetto_runtime::session::SessionError> {
//! use std::sync::Arc;
//! use geppetto_runtime::prelude::*;
//! use geppetto_runtime::engine::EchoEngine;
//! use geppetto_runtime::events::WriterSink;
//!
//! let builder = Builder::new(Arc::new(EchoEngine::new())).with_event_sink(Arc::new(WriterSink::stdout()));
//! let session = Session::new().with_builder(builder);
//!
//! for prompt in ["hello", "and again"] {
//!     session.start_with_prompt(&Context::background(), prompt)?.wait().await?;
//! }
//! assert_eq!(session.turn_count(), 2);
//! # Ok(()) }
//! ```
//!
//! # Conventions
//! - Everything is `Send + Sync`; traits stand behind `Arc<dyn …>`.
//! - Only the starts of a session need a tokio runtime; its runs in place go on any executor. Timeouts and graces
//!   need no time driver.
//! - Library code does not panic. Panics of runners and builders become errors where a run has a task of its own; in
//!   the caller's task they pass through, and so do those of closures that a method calls for its caller.

pub mod builder;
pub mod context;
pub mod engine;
pub mod events;
pub mod middleware;
pub mod prelude;
pub mod session;
pub mod toolloop;
pub mod tools;
pub mod turns;

mod cause;
mod ids;
mod timer;

pub use cause::Cause;

/// Compiles the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
