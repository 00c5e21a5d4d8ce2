//! What most programs need, for `use geppetto_runtime::prelude::*`.
//!
//! ```
//! use geppetto_runtime::prelude::*;
//!
//! let session = Session::new();
//! session.append(Turn::builder().with_user_prompt("hello").build());
//! ```

pub use crate::builder::Builder;
pub use crate::context::Context;
pub use crate::engine::{Engine, EngineError};
pub use crate::events::{Event, EventMetadata, EventSink, SinkError, publish, with_event_sink, with_event_sinks};
pub use crate::session::{ExecutionHandle, Session, SessionError};
pub use crate::turns::{Block, BlockKind, Turn};
