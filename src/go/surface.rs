//! The definitions of the legacy API.

use std::collections::HashMap;

use super::index::{Def, DefId, DefKind, Program};
use super::models::GEPPETTO_MODULE;
use super::ty::Ty;

/// A definition of the legacy API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Legacy {
    // pkg/inference/state
    InferenceState,
    NewInferenceState,
    RunId,
    Turn,
    Eng,
    StartRun,
    FinishRun,
    IsRunning,
    SetCancel,
    HasCancel,
    CancelRun,
    ErrRunning,
    ErrNotRunning,
    ErrStateNil,
    // pkg/inference/core
    CoreSession,
    State,
    Registry,
    ToolConfig,
    EventSinks,
    SnapshotHook,
    Persister,
    RunInference,
    RunInferenceStarted,
    Runner,
    /// What an implementation of `Runner` or `TurnPersister` may call itself.
    RunnerMethod,
    TurnPersister,
    PersisterMethod,
    // pkg/inference/engine
    Config,
    ConfigSinks,
    Option,
    NewConfig,
    ApplyOptions,
    WithSink,
    // pkg/inference/engine/factory: what takes options
    NewEngine,
    CreateEngine,
}

impl Legacy {
    /// Whether the name itself goes: a factory's stays, only its options go.
    pub(crate) fn goes(self) -> bool {
        !matches!(self, Legacy::NewEngine | Legacy::CreateEngine)
    }

    fn of(package: &str, owner: Option<&str>, name: &str) -> Option<Self> {
        Some(match (package, owner, name) {
            ("inference/state", None, "InferenceState") => Legacy::InferenceState,
            ("inference/state", None, "NewInferenceState") => Legacy::NewInferenceState,
            ("inference/state", Some(_), "RunID") => Legacy::RunId,
            ("inference/state", Some(_), "Turn") => Legacy::Turn,
            ("inference/state", Some(_), "Eng") => Legacy::Eng,
            ("inference/state", Some(_), "StartRun") => Legacy::StartRun,
            ("inference/state", Some(_), "FinishRun") => Legacy::FinishRun,
            ("inference/state", Some(_), "IsRunning") => Legacy::IsRunning,
            ("inference/state", Some(_), "SetCancel") => Legacy::SetCancel,
            ("inference/state", Some(_), "HasCancel") => Legacy::HasCancel,
            ("inference/state", Some(_), "CancelRun") => Legacy::CancelRun,
            ("inference/state", None, "ErrInferenceRunning") => Legacy::ErrRunning,
            ("inference/state", None, "ErrInferenceNotRunning") => Legacy::ErrNotRunning,
            ("inference/state", None, "ErrInferenceStateNil") => Legacy::ErrStateNil,
            ("inference/core", None, "Session") => Legacy::CoreSession,
            ("inference/core", None, "Runner") => Legacy::Runner,
            ("inference/core", None, "TurnPersister") => Legacy::TurnPersister,
            ("inference/core", Some("Runner"), _) => Legacy::RunnerMethod,
            ("inference/core", Some("TurnPersister"), _) => Legacy::PersisterMethod,
            ("inference/core", Some(_), "State") => Legacy::State,
            ("inference/core", Some(_), "Registry") => Legacy::Registry,
            ("inference/core", Some(_), "ToolConfig") => Legacy::ToolConfig,
            ("inference/core", Some(_), "EventSinks") => Legacy::EventSinks,
            ("inference/core", Some(_), "SnapshotHook") => Legacy::SnapshotHook,
            ("inference/core", Some(_), "Persister") => Legacy::Persister,
            ("inference/core", Some(_), "RunInference") => Legacy::RunInference,
            ("inference/core", Some(_), "RunInferenceStarted") => Legacy::RunInferenceStarted,
            ("inference/engine", None, "Config") => Legacy::Config,
            ("inference/engine", Some("Config"), "EventSinks") => Legacy::ConfigSinks,
            ("inference/engine", None, "Option") => Legacy::Option,
            ("inference/engine", None, "NewConfig") => Legacy::NewConfig,
            ("inference/engine", None, "ApplyOptions") => Legacy::ApplyOptions,
            ("inference/engine", None, "WithSink") => Legacy::WithSink,
            ("inference/engine/factory", Some(_), "CreateEngine") => Legacy::CreateEngine,
            ("inference/engine/factory", None, name) if name.starts_with("NewEngineFrom") => Legacy::NewEngine,
            _ => return None,
        })
    }
}

/// Which definitions of a program are legacy.
#[derive(Debug, Default)]
pub(crate) struct LegacyDefs {
    by_def: HashMap<DefId, Legacy>,
}

impl LegacyDefs {
    pub(crate) fn find(program: &Program) -> Self {
        let prefix = format!("{GEPPETTO_MODULE}/pkg/");
        let mut by_def = HashMap::new();
        for (id, def) in program.defs() {
            let package = program.package(def.package);
            let Some(path) = package.path.strip_prefix(&prefix).filter(|_| package.is_model) else { continue };
            let owner = owner(program, def);
            if let Some(legacy) = Legacy::of(path, owner.as_deref(), &def.name) {
                by_def.insert(id, legacy);
            }
        }
        Self { by_def }
    }

    pub(crate) fn get(&self, def: DefId) -> Option<Legacy> {
        self.by_def.get(&def).copied()
    }

    /// What the type behind pointers is of the legacy API.
    pub(crate) fn of_type(&self, ty: &Ty) -> Option<Legacy> {
        self.get(ty.def()?)
    }

    /// Whether a type has values of `kinds` somewhere in it.
    pub(crate) fn mentions(&self, ty: &Ty, kinds: &[Legacy]) -> bool {
        ty.mentions(&|def| self.get(def).is_some_and(|legacy| kinds.contains(&legacy)))
    }
}

/// The type whose field or method it is.
fn owner(program: &Program, def: &Def) -> Option<String> {
    let syntax = program.syntax(def.file);
    if let Some(receiver) = syntax.child(def.node, "receiver").filter(|_| def.kind == DefKind::Method) {
        let name = syntax.below(receiver).find(|&node| syntax.kind(node) == "type_identifier")?;
        return Some(syntax.text(name).to_owned());
    }
    if !matches!(def.kind, DefKind::Field | DefKind::Method) {
        return None;
    }
    let spec = syntax.enclosing(def.node, &["type_spec"])?;
    Some(syntax.text(syntax.child(spec, "name")?).to_owned())
}
