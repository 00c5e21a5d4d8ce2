//! What becomes of a site: one file a rule.

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

use super::surface::Legacy;
use crate::rules::Rule;

/// The rule that a legacy name belongs to.
pub(crate) fn rule_of(legacy: Legacy) -> Rule {
    match legacy {
        Legacy::InferenceState | Legacy::NewInferenceState => Rule::InferenceState,
        Legacy::RunId | Legacy::Turn | Legacy::Eng => Rule::StateAccess,
        Legacy::StartRun | Legacy::FinishRun | Legacy::RunInferenceStarted | Legacy::IsRunning => Rule::RunLifecycle,
        Legacy::SetCancel | Legacy::HasCancel | Legacy::CancelRun => Rule::Cancel,
        Legacy::ErrRunning | Legacy::ErrNotRunning | Legacy::ErrStateNil => Rule::LegacyError,
        Legacy::CoreSession
        | Legacy::State
        | Legacy::Registry
        | Legacy::ToolConfig
        | Legacy::EventSinks
        | Legacy::SnapshotHook
        | Legacy::Persister
        | Legacy::TurnPersister
        | Legacy::PersisterMethod => Rule::CoreSession,
        Legacy::RunInference | Legacy::Runner | Legacy::RunnerMethod => Rule::RunInference,
        Legacy::WithSink => Rule::EngineSink,
        Legacy::Config
        | Legacy::ConfigSinks
        | Legacy::Option
        | Legacy::NewConfig
        | Legacy::ApplyOptions
        | Legacy::NewEngine
        | Legacy::CreateEngine => Rule::EngineOptions,
    }
}

/// What stands at a site, as people say it.
pub(crate) fn what(legacy: Legacy) -> &'static str {
    match legacy {
        Legacy::InferenceState => "the legacy type `InferenceState`",
        Legacy::NewInferenceState => "a legacy state is made",
        Legacy::RunId => "the run id of a legacy state",
        Legacy::Turn => "the turn of a legacy state",
        Legacy::Eng => "the engine of a legacy state",
        Legacy::StartRun => "a legacy state is claimed by hand",
        Legacy::FinishRun => "a legacy state is freed by hand",
        Legacy::IsRunning => "a legacy state is asked whether it runs",
        Legacy::SetCancel => "a cancel function is stored in a legacy state",
        Legacy::HasCancel => "a legacy state is asked for a cancel function",
        Legacy::CancelRun => "a run is cancelled through a legacy state",
        Legacy::ErrRunning => "the legacy error `ErrInferenceRunning`",
        Legacy::ErrNotRunning => "the legacy error `ErrInferenceNotRunning`",
        Legacy::ErrStateNil => "the legacy error `ErrInferenceStateNil`",
        Legacy::CoreSession => "the legacy type `core.Session`",
        Legacy::State => "the state of a core session",
        Legacy::Registry => "the tools of a core session",
        Legacy::ToolConfig => "the tool configuration of a core session",
        Legacy::EventSinks => "the sinks of a core session",
        Legacy::SnapshotHook => "the snapshot hook of a core session",
        Legacy::Persister => "the persister of a core session",
        Legacy::TurnPersister => "the legacy interface `core.TurnPersister`",
        Legacy::PersisterMethod => "a turn is persisted with its run id",
        Legacy::RunInference => "a run of a core session",
        Legacy::RunInferenceStarted => "a run of a core session that was claimed before",
        Legacy::Runner => "the legacy interface `core.Runner`",
        Legacy::RunnerMethod => "a run of a legacy runner",
        Legacy::WithSink => "a sink is given to an engine's construction",
        Legacy::Config => "the legacy type `engine.Config`",
        Legacy::ConfigSinks => "the sinks of a legacy engine configuration",
        Legacy::Option => "the legacy type `engine.Option`",
        Legacy::NewConfig => "a legacy engine configuration is made",
        Legacy::ApplyOptions => "legacy options are applied",
        Legacy::NewEngine | Legacy::CreateEngine => "an engine is made with options",
    }
}
