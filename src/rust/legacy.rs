//! The definitions of the legacy API that the rules look for, and what became of them.

use std::collections::HashMap;

use super::index::{Binding, DefId, Program};
use super::resolve::Resolver;
use super::ty::Ty;

/// A legacy type whose values and mentions are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Tracked {
    State,
    CoreSession,
    StateError,
    RunError,
    EngineOption,
    Config,
    Persister,
    Factory,
}

/// The legacy and new definitions by name.
#[derive(Debug)]
pub(crate) struct Legacy {
    tracked: HashMap<DefId, Tracked>,
    methods: HashMap<DefId, &'static str>,
    functions: HashMap<DefId, &'static str>,
    variants: HashMap<DefId, &'static str>,
}

impl Legacy {
    pub(crate) fn new(resolver: &Resolver<'_>) -> Self {
        let mut legacy = Self {
            tracked: HashMap::new(),
            methods: HashMap::new(),
            functions: HashMap::new(),
            variants: HashMap::new(),
        };
        for (path, kind) in TYPES {
            if let Some(def) = resolver.known(path) {
                legacy.tracked.insert(def, *kind);
                legacy.collect_members(resolver.program, def);
            }
        }
        for path in FUNCTIONS {
            if let Some(def) = resolver.known(path) {
                legacy.functions.insert(def, path.rsplit("::").next().unwrap_or(path));
            }
        }
        legacy.functions.retain(|def, _| resolver.program.is_model(*def));
        legacy
    }

    fn collect_members(&mut self, program: &Program, owner: DefId) {
        let impls = program.impls.iter().map(|block| block.def);
        let own = impls.filter(|&block| program.is_model(block) && impl_is_for(program, block, owner)).chain([owner]);
        let members: Vec<DefId> =
            own.flat_map(|parent| program.members.get(&parent).into_iter().flatten()).copied().collect();
        for def in members {
            if let Some(name) = METHODS.iter().find(|name| **name == program.def(def).name) {
                self.methods.insert(def, name);
            }
        }
        let variants = program.scopes.get(&owner).into_iter().flat_map(|scope| scope.names.values().flatten());
        for binding in variants {
            let Binding::Def(def) = *binding else { continue };
            if let Some(name) = VARIANTS.iter().find(|name| **name == program.def(def).name) {
                self.variants.insert(def, name);
            }
        }
    }

    /// Which tracked type a definition is.
    pub(crate) fn kind(&self, def: DefId) -> Option<Tracked> {
        self.tracked.get(&def).copied()
    }

    /// The name of a legacy method.
    pub(crate) fn method(&self, def: DefId) -> Option<&'static str> {
        self.methods.get(&def).copied()
    }

    /// The name of a legacy free function.
    pub(crate) fn function(&self, def: DefId) -> Option<&'static str> {
        self.functions.get(&def).copied()
    }

    /// The name of a variant of a legacy error.
    pub(crate) fn variant(&self, def: DefId) -> Option<&'static str> {
        self.variants.get(&def).copied()
    }

    /// Whether a definition has no place in the new API.
    pub(crate) fn is_legacy(&self, program: &Program, def: DefId) -> bool {
        let data = program.def(def);
        program.is_model(def) && program.krate(data.krate).name == "geppetto"
    }

    /// The tracked types a type mentions, in order and once each.
    pub(crate) fn mentioned(&self, ty: &Ty) -> Vec<Tracked> {
        let mut found = Vec::new();
        ty.any(&mut |part| {
            if let Ty::Adt(def, _) | Ty::Trait(def, _) = part
                && let Some(kind) = self.kind(*def)
                && !found.contains(&kind)
            {
                found.push(kind);
            }
            false
        });
        found
    }

    pub(crate) fn mentions_any(&self, ty: &Ty) -> bool {
        ty.any(&mut |part| matches!(part, Ty::Adt(def, _) | Ty::Trait(def, _) if self.kind(*def).is_some()))
    }

    /// The tracked type behind references and shared pointers: what a handle of the type is a handle of.
    pub(crate) fn handle_of(&self, resolver: &Resolver<'_>, ty: &Ty) -> Option<Tracked> {
        match ty {
            Ty::Ref(inner) => self.handle_of(resolver, inner),
            Ty::Adt(def, args) => match (self.kind(*def), args.as_slice()) {
                (Some(kind @ (Tracked::State | Tracked::CoreSession)), _) => Some(kind),
                (None, [inner]) if is_shared_pointer(resolver, *def) => self.handle_of(resolver, inner),
                _ => None,
            },
            _ => None,
        }
    }
}

/// `Arc` and `Rc`: a session is a handle itself and needs neither.
pub(crate) fn is_shared_pointer(resolver: &Resolver<'_>, def: DefId) -> bool {
    ["std::sync::Arc", "std::rc::Rc"].iter().any(|path| resolver.known(path) == Some(def))
}

fn impl_is_for(program: &Program, block: DefId, owner: DefId) -> bool {
    use super::hir::{ItemKind, TypeKind};
    let Some(item) = program.item(block) else { return false };
    let ItemKind::Impl { self_ty, .. } = &item.kind else { return false };
    let hir = program.hir(program.def(block).file);
    let TypeKind::Path(path) = &hir[*self_ty].kind else { return false };
    let same_module = program.def(block).parent == program.def(owner).parent;
    same_module && path.segments.last().is_some_and(|segment| segment.name.text == program.def(owner).name)
}

const TYPES: &[(&str, Tracked)] = &[
    ("geppetto::inference::state::InferenceState", Tracked::State),
    ("geppetto::inference::state::StateError", Tracked::StateError),
    ("geppetto::inference::core::Session", Tracked::CoreSession),
    ("geppetto::inference::core::RunError", Tracked::RunError),
    ("geppetto::inference::core::TurnPersister", Tracked::Persister),
    ("geppetto::inference::engine::OptionFn", Tracked::EngineOption),
    ("geppetto::inference::engine::Config", Tracked::Config),
    ("geppetto::inference::engine::factory::EngineFactory", Tracked::Factory),
    ("geppetto::inference::engine::factory::StandardEngineFactory", Tracked::Factory),
];

const FUNCTIONS: &[&str] = &[
    "geppetto::inference::engine::with_sink",
    "geppetto::inference::engine::apply_options",
    "geppetto::inference::engine::factory::new_engine_from_parsed_values",
];

const METHODS: &[&str] = &[
    "new",
    "run_id",
    "set_run_id",
    "turn",
    "set_turn",
    "engine",
    "start_run",
    "finish_run",
    "is_running",
    "set_cancel",
    "has_cancel",
    "cancel_run",
    "run_inference",
    "run_inference_started",
    "create_engine",
    "persist_turn",
];

const VARIANTS: &[&str] = &["AlreadyRunning", "NotRunning", "State", "Engine"];
