//! Holding a run between two steps, for a debugger.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::context::Context;
use crate::events::{Event, EventMetadata, publish};
use crate::ids::fresh_id;
use crate::timer;
use crate::turns::Turn;

/// A run that waits, see [`StepController::paused`].
///
/// ```
/// use geppetto_runtime::toolloop::StepController;
///
/// let controller = StepController::new();
/// for pause in controller.paused() {
///     controller.continue_pause(&pause.id);
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pause {
    /// What to give to [`StepController::continue_pause`]; also in the `DebuggerPause` event.
    pub id: String,
    /// The phase that has just ended.
    pub phase: String,
    /// The session that waits; empty outside of one.
    pub session_id: String,
}

/// Holds the tool loops it was given to between two steps, until told to continue. Enabled when new.
///
/// A pause publishes a `DebuggerPause` event and ends with [`continue_pause`](Self::continue_pause),
/// [`continue_all`](Self::continue_all), [`disable`](Self::disable), the run's cancellation, or its timeout (the run
/// then goes on).
///
/// ```
/// use geppetto_runtime::toolloop::StepController;
///
/// let controller = StepController::new();
/// assert!(controller.is_enabled() && controller.paused().is_empty());
/// controller.disable();
/// assert!(!controller.continue_pause("no such pause"));
/// ```
#[derive(Debug)]
pub struct StepController {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    enabled: bool,
    waiting: BTreeMap<String, (Pause, oneshot::Sender<()>)>,
}

impl Default for StepController {
    fn default() -> Self {
        Self { state: Mutex::new(State { enabled: true, waiting: BTreeMap::new() }) }
    }
}

impl StepController {
    /// An enabled controller.
    pub fn new() -> Self {
        Self::default()
    }

    /// Pauses from the next step on.
    pub fn enable(&self) {
        self.state().enabled = true;
    }

    /// Stops pausing, and lets go what waits.
    pub fn disable(&self) {
        let mut state = self.state();
        state.enabled = false;
        state.waiting.clear();
    }

    /// Whether the next step pauses.
    pub fn is_enabled(&self) -> bool {
        self.state().enabled
    }

    /// What waits now.
    pub fn paused(&self) -> Vec<Pause> {
        self.state().waiting.values().map(|(pause, _)| pause.clone()).collect()
    }

    /// Lets one pause end; whether it was there.
    pub fn continue_pause(&self, id: &str) -> bool {
        self.state().waiting.remove(id).is_some()
    }

    /// Lets every pause end; how many there were.
    pub fn continue_all(&self) -> usize {
        std::mem::take(&mut self.state().waiting).len()
    }

    /// Waits, when enabled. Dropping the future ends the pause.
    pub(super) async fn pause(&self, ctx: &Context, turn: &Turn, phase: &str, timeout: Duration) {
        let metadata = EventMetadata::from_run(ctx, turn);
        let Some((waiting, released)) = self.begin(phase, &metadata.session_id) else {
            return;
        };
        let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        publish(ctx, &Event::debugger_pause(metadata, &waiting.id, phase, timeout_ms));
        tokio::select! {
            biased;
            () = ctx.cancelled() => {}
            _ = released => {}
            () = timer::sleep(timeout) => tracing::debug!(phase, "pause timed out"),
        }
    }

    /// Registers a pause, when enabled. The receiver ends when its sender is dropped.
    fn begin(&self, phase: &str, session_id: &str) -> Option<(Waiting<'_>, oneshot::Receiver<()>)> {
        let mut state = self.state();
        if !state.enabled {
            return None;
        }
        let (sender, receiver) = oneshot::channel();
        let pause = Pause { id: fresh_id(), phase: phase.to_owned(), session_id: session_id.to_owned() };
        let waiting = Waiting { controller: self, id: pause.id.clone() };
        state.waiting.insert(pause.id.clone(), (pause, sender));
        Some((waiting, receiver))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the pause off the list, however it ends.
struct Waiting<'a> {
    controller: &'a StepController,
    id: String,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.controller.continue_pause(&self.id);
    }
}
