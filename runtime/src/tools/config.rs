//! The rules for tool calls.

use std::collections::BTreeSet;
use std::time::Duration;

/// The rules for tool calls of a run. The default: enabled, every tool, no timeout, errors go to the model.
///
/// ```
/// use std::time::Duration;
/// use geppetto_runtime::tools::ToolConfig;
///
/// let config = ToolConfig { timeout: Some(Duration::from_secs(30)), ..ToolConfig::default() };
/// assert!(config.enabled && config.allows("add"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolConfig {
    /// Whether tools are offered and called at all.
    pub enabled: bool,
    /// The names that may be called; `None` is all.
    pub allowed_tools: Option<BTreeSet<String>>,
    /// How long one call may take; `None` is as long as the run.
    pub timeout: Option<Duration>,
    /// What a failing tool means for the run.
    pub on_error: ToolErrorPolicy,
}

impl Default for ToolConfig {
    fn default() -> Self {
        Self { enabled: true, allowed_tools: None, timeout: None, on_error: ToolErrorPolicy::default() }
    }
}

impl ToolConfig {
    /// No tools.
    pub fn disabled() -> Self {
        Self { enabled: false, ..Self::default() }
    }

    /// Whether the tool of this name may be called.
    pub fn allows(&self, name: &str) -> bool {
        self.enabled && self.allowed_tools.as_ref().is_none_or(|allowed| allowed.contains(name))
    }
}

/// What a failing tool means for the run.
///
/// ```
/// use geppetto_runtime::tools::{ToolConfig, ToolErrorPolicy};
///
/// let strict = ToolConfig { on_error: ToolErrorPolicy::Abort, ..ToolConfig::default() };
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ToolErrorPolicy {
    /// The error is the tool's result, and the model goes on: `{"error": "…"}`.
    #[default]
    Report,
    /// The run fails.
    Abort,
}
