//! The catalogue of rules and traps: ids, titles and documentation, shared by every language.
//!
//! A rule's documentation is one Markdown file in `src/rules/`, which is what `explain` prints.

macro_rules! catalogue {
    ($(#[$meta:meta])* $name:ident documented in $folder:literal {
        $($variant:ident = $id:literal : $title:literal because $reason:literal,)*
    }) => {
        catalogue! {
            $(#[$meta])*
            $name { $(#[doc = include_str!(concat!($folder, "/", $id, ".md"))] $variant = $id : $title,)* }
        }

        impl $name {
            /// Why what it finds is legacy, as a fragment; a front end may [say more](crate::frontend::Frontend::reason).
            pub fn reason(self) -> &'static str {
                match self { $($name::$variant => $reason,)* }
            }

            /// The whole documentation, as Markdown.
            pub fn docs(self) -> &'static str {
                match self { $($name::$variant => include_str!(concat!($folder, "/", $id, ".md")),)* }
            }
        }
    };
    ($(#[$meta:meta])* $name:ident { $($(#[$docs:meta])* $variant:ident = $id:literal : $title:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $(#[doc = $title] #[doc = ""] $(#[$docs])* $variant,)* }

        impl $name {
            /// All of them, in the order of the catalogue.
            pub const ALL: &[$name] = &[$($name::$variant,)*];

            /// The stable public id.
            pub fn id(self) -> &'static str {
                match self { $($name::$variant => $id,)* }
            }

            /// One line that says what it is about.
            pub fn title(self) -> &'static str {
                match self { $($name::$variant => $title,)* }
            }

            /// Looks an id up.
            pub fn from_id(id: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|item| item.id() == id)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.id())
            }
        }
    };
}

catalogue! {
    /// A rule: what it finds and what becomes of it.
    Rule documented in "rules" {
        EngineSink = "engine-sink": "a sink given to an engine's construction"
            because "an engine no longer carries sinks: they travel in the context of a run",
        EngineOptions = "engine-options": "option vectors, parameters and factory signatures with engine options"
            because "engines are built without options",
        InferenceState = "inference-state": "the legacy run state, where it is made or named"
            because "a `Session` owns the turns and lets one inference run at a time",
        CoreSession = "core-session": "the legacy core session, where it is made or named"
            because "the state and the core session are one `Session`, made with a `Builder`",
        RunInference = "run-inference": "a legacy run"
            because "a run is started, and waited for through its handle",
        RunLifecycle = "run-lifecycle": "a run split into start, run and finish"
            because "a session claims itself when a run starts and frees itself when it has ended",
        Cancel = "cancel": "cancelling a run through the legacy state"
            because "the session itself holds what is in flight",
        StateAccess = "state-access": "reading or writing the legacy state's turn, id or engine"
            because "the session owns the turns and the id",
        LegacyError = "legacy-error": "the legacy error types"
            because "a session has errors of its own",
        LegacyImport = "legacy-import": "imports, re-exports and paths of the legacy API"
            because "the new API has other paths",
        LegacyDependency = "legacy-dependency": "the legacy library in a manifest"
            because "what is required still has the legacy API",
        LegacyDocs = "legacy-docs": "documentation that names the legacy API"
            because "what it describes no longer compiles",
    }
}

catalogue! {
    /// A behaviour that a naive rewrite would change silently.
    Trap {
        DoubleSink = "double-sink": "a sink attached twice delivers every event twice",
        SinkScope = "sink-scope": "engine-level sinks saw only the engine's own events",
        NilSink = "nil-sink": "an optional sink must not be attached unconditionally",
        EmptyTurn = "empty-turn": "a run on an empty turn was legal and is an error now",
        EmptyId = "empty-id": "an empty run id stayed empty and is generated now",
        EmptyPrompt = "empty-prompt": "an empty prompt was legal and is an error now",
        DroppedStartError = "dropped-start-error": "the start's error must not be discarded",
        CheckThenAct = "check-then-act": "the claim of a run must stay atomic",
        PerRunSession = "per-run-session": "a session per run would lose history, guard and cancel",
        EagerStart = "eager-start": "the run used to begin only when what was returned was polled or called",
        FailedPromptStays = "failed-prompt-stays": "after a failed run the prompt's turn stays in the history",
        LostRunId = "lost-run-id": "a run id found in the returned turn was adopted; the session's id wins now",
        ClaimLeak = "claim-leak": "a claim that was never given back is free again",
        CancelReaches = "cancel-reaches": "a cancel stops a run now that it did not reach",
        UnclaimedRun = "unclaimed-run": "a run that nobody had claimed claims its session now",
        SessionCycle = "session-cycle": "two objects that became one keep each other alive",
        DebugText = "debug-text": "`{:?}` shows a session's fields, not those of the state",
        DropStopsRun = "drop-stops-run": "dropping the future stopped the run; a started run goes on",
        KillFreesLater = "kill-frees-later": "the session is free when the runner has returned, not at once",
        ErrorIdentity = "error-identity": "comparisons with, or texts of, the legacy errors",
        PersistSignature = "persist-signature": "the persister no longer receives the run id",
        NoCounterpart = "no-counterpart": "the new API has no such operation",
        TypeMerge = "type-merge": "two legacy types are one now, also for whoever tells values apart by their types",
        IdsAppear = "ids-appear": "events and turns carry the ids of their session, inference and turn",
        HistoryGrows = "history-grows": "a state kept one turn, a session keeps all",
        OtherTask = "other-task": "a run has a goroutine of its own",
        BlocksCaller = "blocks-caller": "a wait that stood in the run's goroutine holds the caller",
        FailedResultDropped = "failed-result-dropped": "a turn that came back with an error was kept and is dropped now",
        AppendWhileRunning = "append-while-running": "a turn that comes during a run ends up below its result",
        ConfigCopied = "config-copied": "a configuration that was read at the run is copied at its start",
        RunIdSerialised = "run-id-serialised": "a run id has another name in JSON and YAML",
        RunContext = "run-context": "a run must hang on the same parent context as before",
    }
}

impl Trap {
    /// What the documentation of rules says of it, in one line for each rule.
    pub fn told_by_rules(self) -> impl Iterator<Item = (Rule, String)> {
        let item = format!("\n- `{}`: ", self.id());
        Rule::ALL.iter().filter_map(move |rule| {
            let (_, told) = rule.docs().split_once(&item)?;
            let lines = told.lines().enumerate().take_while(|(at, line)| *at == 0 || line.starts_with("  "));
            let lines: Vec<&str> = lines.map(|(_, line)| line.trim()).collect();
            Some((*rule, lines.join(" ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_tells_of_a_trap_in_one_line() {
        let told: Vec<(Rule, String)> = Trap::CheckThenAct.told_by_rules().collect();
        let [(rule, line)] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!(*rule, Rule::RunLifecycle);
        assert!(line.starts_with("in Go the start is the guard. ") && line.ends_with("that come at once."), "{line}");
        assert!(!line.contains('\n') && !line.contains("eager-start"), "{line}");
    }
}
