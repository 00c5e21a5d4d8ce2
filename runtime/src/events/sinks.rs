//! Ready-made sinks.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio::sync::mpsc::{self, error::TrySendError};

use super::{Event, EventSink, SinkError};

/// Forgets every event.
///
/// ```
/// use geppetto_runtime::events::{Event, EventMetadata, EventSink, NullSink};
///
/// assert!(NullSink.publish_event(&Event::start(EventMetadata::default())).is_ok());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct NullSink;

impl EventSink for NullSink {
    fn publish_event(&self, _: &Event) -> Result<(), SinkError> {
        Ok(())
    }
}

/// Keeps every event in memory, for tests and for looking back.
///
/// ```
/// use geppetto_runtime::events::{CollectingSink, Event, EventMetadata, EventSink};
///
/// let sink = CollectingSink::new();
/// sink.publish_event(&Event::info(EventMetadata::default(), "ready")).unwrap();
/// assert_eq!(sink.events()[0].text(), Some("ready"));
/// ```
#[derive(Debug, Default)]
pub struct CollectingSink {
    events: Mutex<Vec<Event>>,
}

impl CollectingSink {
    /// A sink that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// What came so far, in order.
    pub fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What came so far; the sink starts afresh.
    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl EventSink for CollectingSink {
    fn publish_event(&self, event: &Event) -> Result<(), SinkError> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
        Ok(())
    }
}

/// Sends every event through a bounded channel. A run never waits for a slow reader: a full channel drops the
/// event with [`SinkError::Full`].
///
/// ```
/// use geppetto_runtime::events::{ChannelSink, Event, EventMetadata, EventSink, SinkError};
///
/// let (sink, mut events) = ChannelSink::new(1);
/// let event = Event::info(EventMetadata::default(), "ready");
/// assert_eq!(sink.publish_event(&event), Ok(()));
/// assert_eq!(sink.publish_event(&event), Err(SinkError::Full));
/// assert_eq!(events.try_recv().unwrap(), event);
/// ```
#[derive(Clone, Debug)]
pub struct ChannelSink {
    sender: mpsc::Sender<Event>,
}

impl ChannelSink {
    /// A channel for `capacity` events (at least one) and the end to read from. Dropping the receiver closes the
    /// sink; dropping every clone of the sink ends the channel.
    pub fn new(capacity: usize) -> (Self, mpsc::Receiver<Event>) {
        let (sender, receiver) = mpsc::channel(capacity.clamp(1, Semaphore::MAX_PERMITS));
        (Self { sender }, receiver)
    }
}

impl From<mpsc::Sender<Event>> for ChannelSink {
    fn from(sender: mpsc::Sender<Event>) -> Self {
        Self { sender }
    }
}

impl EventSink for ChannelSink {
    fn publish_event(&self, event: &Event) -> Result<(), SinkError> {
        self.sender.try_send(event.clone()).map_err(|error| match error {
            TrySendError::Full(_) => SinkError::Full,
            TrySendError::Closed(_) => SinkError::Closed,
        })
    }
}

/// Writes a stream for a person to read: deltas as they come, one line for everything else.
///
/// ```
/// use geppetto_runtime::events::{Event, EventMetadata, EventSink, WriterSink};
///
/// let sink = WriterSink::stdout();
/// sink.publish_event(&Event::partial(EventMetadata::default(), "hello")).unwrap();
/// ```
pub struct WriterSink {
    output: Mutex<Output>,
}

struct Output {
    writer: Box<dyn Write + Send>,
    mid_line: bool,
}

impl WriterSink {
    /// Writes to `writer`, flushing after each event.
    pub fn new(writer: impl Write + Send + 'static) -> Self {
        Self { output: Mutex::new(Output { writer: Box::new(writer), mid_line: false }) }
    }

    /// Writes to the standard output.
    pub fn stdout() -> Self {
        Self::new(io::stdout())
    }
}

impl EventSink for WriterSink {
    fn publish_event(&self, event: &Event) -> Result<(), SinkError> {
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        output.write(event).map_err(|error| SinkError::message(error.to_string()))
    }
}

impl Output {
    fn write(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Start { .. } => Ok(()),
            Event::Partial { delta, .. } => self.delta(delta),
            Event::Final { text, .. } if !self.mid_line => self.line(text),
            Event::Final { .. } => self.end_line(),
            Event::ToolCall { name, args, .. } => self.line(&format!("→ {name} {args}")),
            Event::ToolResult { result, .. } => self.line(&format!("← {result}")),
            Event::Interrupt { .. } => self.line("(interrupted)"),
            Event::Error { message, .. } => self.line(&format!("error: {message}")),
            Event::Log { message, .. } | Event::Info { message, .. } => self.line(message),
            Event::DebuggerPause { phase, .. } => self.line(&format!("(paused after {phase})")),
        }?;
        self.writer.flush()
    }

    fn delta(&mut self, delta: &str) -> io::Result<()> {
        if let Some(last) = delta.chars().last() {
            self.mid_line = last != '\n';
        }
        self.writer.write_all(delta.as_bytes())
    }

    fn line(&mut self, line: &str) -> io::Result<()> {
        self.end_line()?;
        writeln!(self.writer, "{line}")
    }

    fn end_line(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.mid_line) { writeln!(self.writer) } else { Ok(()) }
    }
}

impl fmt::Debug for WriterSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriterSink").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::events::EventMetadata;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("not poisoned").write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_writer_prints_deltas_once_and_the_rest_on_lines() {
        let (shared, meta) = (Shared::default(), EventMetadata::default());
        let sink = WriterSink::new(shared.clone());
        let events = [
            Event::start(meta.clone()),
            Event::partial(meta.clone(), "hel"),
            Event::partial(meta.clone(), "lo"),
            Event::final_text(meta.clone(), "hello"),
            Event::final_text(meta.clone(), "not streamed"),
            Event::partial(meta.clone(), "cut"),
            Event::interrupt(meta, "cut"),
        ];
        for event in &events {
            sink.publish_event(event).expect("written");
        }
        let printed = String::from_utf8(shared.0.lock().expect("not poisoned").clone()).expect("text");
        assert_eq!(printed, "hello\nnot streamed\ncut\n(interrupted)\n");
    }

    #[test]
    fn a_channel_tells_when_nobody_listens() {
        let (sink, receiver) = ChannelSink::new(0);
        drop(receiver);
        let event = Event::start(EventMetadata::default());
        assert_eq!(sink.publish_event(&event), Err(SinkError::Closed));
    }

    #[test]
    fn taking_empties_the_collection() {
        let sink = CollectingSink::new();
        sink.publish_event(&Event::start(EventMetadata::default())).expect("kept");
        assert_eq!((sink.take().len(), sink.events().len()), (1, 0));
    }
}
