//! The rules for Rust: one file each, named after the rule.

pub(crate) mod cancel;
pub(crate) mod core_session;
pub(crate) mod engine_options;
pub(crate) mod engine_sink;
pub(crate) mod inference_state;
pub(crate) mod legacy_dependency;
pub(crate) mod legacy_docs;
pub(crate) mod legacy_error;
pub(crate) mod legacy_import;
pub(crate) mod run_inference;
pub(crate) mod run_lifecycle;
pub(crate) mod state_access;
