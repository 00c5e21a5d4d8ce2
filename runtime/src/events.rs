//! What a run tells while it works, and who listens.
//!
//! Sinks travel in the [`Context`]: whoever holds it can attach one for everything below, and whoever runs
//! publishes to all of them, in the order of attachment. A sink attached twice is told twice. A sink's error is
//! logged and never stops the run.
//!
//! ```
//! use std::sync::Arc;
//! use geppetto_runtime::context::Context;
//! use geppetto_runtime::events::{CollectingSink, Event, EventMetadata, publish, with_event_sink};
//!
//! let sink = Arc::new(CollectingSink::new());
//! let ctx = with_event_sink(&Context::background(), sink.clone());
//! publish(&ctx, &Event::partial(EventMetadata::default(), "hel"));
//!
//! assert_eq!(sink.events()[0].text(), Some("hel"));
//! ```

mod event;
mod sinks;

use std::sync::Arc;

pub use event::{Event, EventMetadata, LogLevel};
pub use sinks::{ChannelSink, CollectingSink, NullSink, WriterSink};

use crate::context::Context;

/// Receives the events of runs. Called on the run's task: return soon, hand slow work elsewhere.
///
/// ```
/// use geppetto_runtime::events::{Event, EventMetadata, EventSink, SinkError};
///
/// struct OnlyErrors;
/// impl EventSink for OnlyErrors {
///     fn publish_event(&self, event: &Event) -> Result<(), SinkError> {
///         match event {
///             Event::Error { message, .. } => Err(SinkError::message(message)),
///             _ => Ok(()),
///         }
///     }
/// }
/// assert!(OnlyErrors.publish_event(&Event::start(EventMetadata::default())).is_ok());
/// ```
pub trait EventSink: Send + Sync {
    /// Takes one event.
    ///
    /// # Errors
    /// [`SinkError`] when the event could not be delivered; [`publish`] logs it and goes on.
    fn publish_event(&self, event: &Event) -> Result<(), SinkError>;
}

impl<S: EventSink + ?Sized> EventSink for Arc<S> {
    fn publish_event(&self, event: &Event) -> Result<(), SinkError> {
        (**self).publish_event(event)
    }
}

/// Why a sink did not take an event.
///
/// ```
/// use geppetto_runtime::events::SinkError;
///
/// assert_eq!(SinkError::message("disk full").to_string(), "disk full");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// Nobody listens any more.
    #[error("event sink closed")]
    Closed,
    /// The listener is too slow; the event was dropped.
    #[error("event sink full")]
    Full,
    /// Any other reason.
    #[error("{0}")]
    Message(String),
}

impl SinkError {
    /// An error that displays as `text`.
    pub fn message(text: impl Into<String>) -> Self {
        Self::Message(text.into())
    }
}

/// The sinks of a context, in the order of attachment.
struct Sinks(Vec<Arc<dyn EventSink>>);

/// A child of `ctx` with one more sink, after those that `ctx` already carries.
pub fn with_event_sink(ctx: &Context, sink: Arc<dyn EventSink>) -> Context {
    with_event_sinks(ctx, [sink])
}

/// A child of `ctx` with more sinks, after those that `ctx` already carries.
pub fn with_event_sinks<I>(ctx: &Context, sinks: I) -> Context
where
    I: IntoIterator<Item = Arc<dyn EventSink>>,
{
    let mut all = event_sinks(ctx);
    all.extend(sinks);
    ctx.with_value(Sinks(all))
}

/// The sinks that `ctx` carries, in the order of attachment.
pub fn event_sinks(ctx: &Context) -> Vec<Arc<dyn EventSink>> {
    ctx.value::<Sinks>().map(|sinks| sinks.0.clone()).unwrap_or_default()
}

/// Gives the event to every sink of `ctx`, in order. Errors of a sink are logged.
pub fn publish(ctx: &Context, event: &Event) {
    let Some(sinks) = ctx.value::<Sinks>() else { return };
    for sink in &sinks.0 {
        if let Err(error) = sink.publish_event(event) {
            tracing::warn!(%error, "event not delivered");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Failing;
    impl EventSink for Failing {
        fn publish_event(&self, _: &Event) -> Result<(), SinkError> {
            Err(SinkError::Closed)
        }
    }

    #[test]
    fn sinks_are_told_in_the_order_of_attachment_and_twice_when_attached_twice() {
        let (first, second) = (Arc::new(CollectingSink::new()), Arc::new(CollectingSink::new()));
        let ctx = with_event_sink(&Context::background(), first.clone());
        let ctx = with_event_sinks(&ctx, [second.clone() as Arc<dyn EventSink>, first.clone()]);
        publish(&ctx, &Event::start(EventMetadata::default()));
        assert_eq!((first.events().len(), second.events().len()), (2, 1));
        let order: Vec<_> = event_sinks(&ctx).iter().map(Arc::as_ptr).map(<*const _>::cast::<()>).collect();
        let (first, second) = (Arc::as_ptr(&first).cast::<()>(), Arc::as_ptr(&second).cast::<()>());
        assert_eq!(order, [first, second, first]);
    }

    #[test]
    fn a_failing_sink_does_not_stop_the_next() {
        let sink = Arc::new(CollectingSink::new());
        let ctx = with_event_sinks(&Context::background(), [Arc::new(Failing) as _, sink.clone() as _]);
        publish(&ctx, &Event::start(EventMetadata::default()));
        assert_eq!(sink.events().len(), 1);
    }

    #[test]
    fn a_child_does_not_change_its_parent() {
        let parent = Context::background();
        let _child = with_event_sink(&parent, Arc::new(NullSink));
        assert!(event_sinks(&parent).is_empty());
    }
}
