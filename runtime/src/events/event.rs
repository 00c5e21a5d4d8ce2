//! The events themselves.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::context::Context;
use crate::session;
use crate::turns::{Metadata, Turn};

/// Where an event comes from; empty where the context does not say.
///
/// ```
/// use geppetto_runtime::events::EventMetadata;
///
/// let metadata = EventMetadata { turn_id: "t1".into(), ..EventMetadata::default() };
/// assert_eq!(metadata.session_id, "");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventMetadata {
    /// The session that runs.
    pub session_id: String,
    /// The run.
    pub inference_id: String,
    /// The turn it works on.
    pub turn_id: String,
    /// How many engine calls of this run came before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_call_index: Option<u32>,
    /// Anything else, under typed keys.
    #[serde(skip_serializing_if = "Metadata::is_empty")]
    pub extra: Metadata,
}

impl EventMetadata {
    /// What `ctx` and `turn` say about the run.
    ///
    /// ```
    /// use geppetto_runtime::context::Context;
    /// use geppetto_runtime::events::EventMetadata;
    /// use geppetto_runtime::session::with_session_meta;
    /// use geppetto_runtime::turns::Turn;
    ///
    /// let ctx = with_session_meta(&Context::background(), "s1", "i1");
    /// let metadata = EventMetadata::from_run(&ctx, &Turn::builder().with_id("t1").build());
    /// assert_eq!((metadata.session_id.as_str(), metadata.turn_id.as_str()), ("s1", "t1"));
    /// ```
    pub fn from_run(ctx: &Context, turn: &Turn) -> Self {
        Self {
            session_id: session::session_id(ctx).unwrap_or_default(),
            inference_id: session::inference_id(ctx).unwrap_or_default(),
            turn_id: turn.id.clone(),
            provider_call_index: session::provider_call_index(ctx),
            extra: Metadata::default(),
        }
    }
}

/// How much a [`Event::Log`] matters.
///
/// ```
/// use geppetto_runtime::events::LogLevel;
///
/// assert!(LogLevel::Warn > LogLevel::default());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LogLevel {
    /// For whoever looks for a fault.
    Debug,
    /// For everyone.
    #[default]
    Info,
    /// Something is off.
    Warn,
    /// Something failed.
    Error,
}

/// One thing a run tells.
///
/// ```
/// use geppetto_runtime::events::{Event, EventMetadata};
///
/// let event = Event::final_text(EventMetadata::default(), "done");
/// assert!(matches!(&event, Event::Final { text, .. } if text == "done"));
/// assert_eq!(event.text(), Some("done"));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// An engine begins.
    Start {
        /// Where it comes from.
        metadata: EventMetadata,
    },
    /// A piece of the answer.
    Partial {
        /// Where it comes from.
        metadata: EventMetadata,
        /// What is new since the last piece.
        delta: String,
    },
    /// The whole answer of one engine call.
    Final {
        /// Where it comes from.
        metadata: EventMetadata,
        /// The answer.
        text: String,
    },
    /// The tool loop is about to call a tool.
    ToolCall {
        /// Where it comes from.
        metadata: EventMetadata,
        /// The call.
        id: String,
        /// The tool.
        name: String,
        /// What it is called with.
        args: Value,
    },
    /// A tool has answered.
    ToolResult {
        /// Where it comes from.
        metadata: EventMetadata,
        /// The call.
        id: String,
        /// The answer, as it stands in the turn.
        result: Value,
    },
    /// The run was cancelled.
    Interrupt {
        /// Where it comes from.
        metadata: EventMetadata,
        /// What had been answered until then.
        text: String,
    },
    /// The run failed.
    Error {
        /// Where it comes from.
        metadata: EventMetadata,
        /// Why.
        message: String,
    },
    /// A line for a log.
    Log {
        /// Where it comes from.
        metadata: EventMetadata,
        /// How much it matters.
        level: LogLevel,
        /// The line.
        message: String,
    },
    /// A line for the user.
    Info {
        /// Where it comes from.
        metadata: EventMetadata,
        /// The line.
        message: String,
    },
    /// A step controller holds the run until it is told to continue.
    DebuggerPause {
        /// Where it comes from.
        metadata: EventMetadata,
        /// What to continue.
        pause_id: String,
        /// The phase that has just ended.
        phase: String,
        /// How long the pause may last.
        timeout_ms: u64,
    },
}

impl Event {
    /// A [`Start`](Self::Start).
    pub fn start(metadata: EventMetadata) -> Self {
        Self::Start { metadata }
    }

    /// A [`Partial`](Self::Partial).
    pub fn partial(metadata: EventMetadata, delta: impl Into<String>) -> Self {
        Self::Partial { metadata, delta: delta.into() }
    }

    /// A [`Final`](Self::Final).
    pub fn final_text(metadata: EventMetadata, text: impl Into<String>) -> Self {
        Self::Final { metadata, text: text.into() }
    }

    /// A [`ToolCall`](Self::ToolCall).
    pub fn tool_call(metadata: EventMetadata, id: impl Into<String>, name: impl Into<String>, args: Value) -> Self {
        Self::ToolCall { metadata, id: id.into(), name: name.into(), args }
    }

    /// A [`ToolResult`](Self::ToolResult).
    pub fn tool_result(metadata: EventMetadata, id: impl Into<String>, result: Value) -> Self {
        Self::ToolResult { metadata, id: id.into(), result }
    }

    /// An [`Interrupt`](Self::Interrupt).
    pub fn interrupt(metadata: EventMetadata, text: impl Into<String>) -> Self {
        Self::Interrupt { metadata, text: text.into() }
    }

    /// An [`Error`](Self::Error).
    pub fn error(metadata: EventMetadata, message: impl Into<String>) -> Self {
        Self::Error { metadata, message: message.into() }
    }

    /// A [`Log`](Self::Log).
    pub fn log(metadata: EventMetadata, level: LogLevel, message: impl Into<String>) -> Self {
        Self::Log { metadata, level, message: message.into() }
    }

    /// An [`Info`](Self::Info).
    pub fn info(metadata: EventMetadata, message: impl Into<String>) -> Self {
        Self::Info { metadata, message: message.into() }
    }

    /// A [`DebuggerPause`](Self::DebuggerPause).
    pub fn debugger_pause(
        metadata: EventMetadata,
        pause_id: impl Into<String>,
        phase: impl Into<String>,
        timeout_ms: u64,
    ) -> Self {
        Self::DebuggerPause { metadata, pause_id: pause_id.into(), phase: phase.into(), timeout_ms }
    }

    /// Where the event comes from.
    pub fn metadata(&self) -> &EventMetadata {
        match self {
            Self::Start { metadata }
            | Self::Partial { metadata, .. }
            | Self::Final { metadata, .. }
            | Self::ToolCall { metadata, .. }
            | Self::ToolResult { metadata, .. }
            | Self::Interrupt { metadata, .. }
            | Self::Error { metadata, .. }
            | Self::Log { metadata, .. }
            | Self::Info { metadata, .. }
            | Self::DebuggerPause { metadata, .. } => metadata,
        }
    }

    /// The delta, the final or interrupted text, or the message; `None` for events without words.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Partial { delta: text, .. }
            | Self::Final { text, .. }
            | Self::Interrupt { text, .. }
            | Self::Error { message: text, .. }
            | Self::Log { message: text, .. }
            | Self::Info { message: text, .. } => Some(text),
            Self::Start { .. } | Self::ToolCall { .. } | Self::ToolResult { .. } | Self::DebuggerPause { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_tagged_in_json() {
        let event = Event::partial(EventMetadata::default(), "x");
        let value = serde_json::to_value(&event).expect("serializes");
        assert_eq!((&value["type"], &value["delta"]), (&json!("partial"), &json!("x")));
        assert_eq!(serde_json::from_value::<Event>(value).expect("deserializes"), event);
    }

    #[test]
    fn every_event_carries_its_metadata() {
        let meta = EventMetadata { inference_id: "i".into(), ..EventMetadata::default() };
        let events = [
            Event::start(meta.clone()),
            Event::partial(meta.clone(), ""),
            Event::final_text(meta.clone(), ""),
            Event::tool_call(meta.clone(), "", "", json!({})),
            Event::tool_result(meta.clone(), "", json!({})),
            Event::interrupt(meta.clone(), ""),
            Event::error(meta.clone(), ""),
            Event::log(meta.clone(), LogLevel::Warn, ""),
            Event::info(meta.clone(), ""),
            Event::debugger_pause(meta.clone(), "", "", 0),
        ];
        assert!(events.iter().all(|event| *event.metadata() == meta));
    }
}
