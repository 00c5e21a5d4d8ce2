//! Looking at the turn between two steps of a run.

use std::sync::Arc;

use crate::context::Context;
use crate::turns::Turn;

/// Called with the turn and the name of the [`phase`], on the run's task: return soon.
///
/// ```
/// use std::sync::Arc;
/// use geppetto_runtime::toolloop::SnapshotHook;
///
/// let hook: SnapshotHook = Arc::new(|_ctx, turn, phase| tracing::debug!(phase, blocks = turn.blocks.len()));
/// ```
pub type SnapshotHook = Arc<dyn Fn(&Context, &Turn, &str /* phase */) + Send + Sync>;

/// The phases a [`SnapshotHook`] is told.
pub mod phase {
    /// Before an engine call.
    pub const PRE_INFERENCE: &str = "pre_inference";
    /// After an engine call.
    pub const POST_INFERENCE: &str = "post_inference";
    /// After the tools of one iteration.
    pub const POST_TOOLS: &str = "post_tools";
}

struct Hook(SnapshotHook);

/// A child of `ctx` whose runs call `hook`; it takes the place of an earlier one.
pub fn with_snapshot_hook(ctx: &Context, hook: SnapshotHook) -> Context {
    ctx.with_value(Hook(hook))
}

/// Calls the hook of `ctx`, if there is one.
pub fn snapshot(ctx: &Context, turn: &Turn, phase: &str) {
    if let Some(hook) = ctx.value::<Hook>() {
        (hook.0)(ctx, turn, phase);
    }
}
