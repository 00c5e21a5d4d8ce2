//! What programs call their own things.

/// How many styles there are.
pub(super) const STYLES: usize = 4;

/// What a word in a template stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// Something of a whole scene.
    Shared(&'static str),
    /// Something of one function, and a name that no package has.
    Local(&'static str, &'static str),
}

/// Variables, each with four spellings, the first of which is no package's. No two lines have a spelling in common.
const LOCALS: &[(&str, [&str; STYLES])] = &[
    ("inf", ["inf", "state", "st", "conversation"]),
    ("sess", ["sess", "session", "core", "runner"]),
    ("eng", ["eng", "engine", "model", "llm"]),
    ("ctx", ["ctx", "ctx", "parent", "context"]),
    ("seed", ["seed", "turn", "input", "in"]),
    ("sink", ["sink", "ear", "listener", "events"]),
    ("other", ["other", "audit", "second", "log"]),
    ("prompt", ["prompt", "question", "text", "q"]),
    ("out", ["out", "answer", "result", "turns"]),
    ("err", ["err", "err", "e", "err"]),
    ("options", ["options", "opts", "engineOptions", "settings"]),
    ("values", ["values", "parsed", "cfg", "vals"]),
    ("chat", ["chat", "backend", "app", "service"]),
    ("me", ["c", "b", "a", "s"]),
    ("actor", ["actor", "puppet", "fake", "inner"]),
    ("done", ["done", "finished", "ended", "handle"]),
    ("cancel", ["cancel", "stop", "cancelFn", "cancel"]),
    ("maker", ["maker", "producer", "f", "factory"]),
    ("registry", ["registry", "reg", "toolbox", "tools"]),
];

/// Types, functions, methods and fields.
const SHARED: &[(&str, [&str; STYLES])] = &[
    ("Chat", ["Chat", "Backend", "App", "Service"]),
    ("NewChat", ["NewChat", "NewBackend", "NewApp", "NewService"]),
    ("Ask", ["Ask", "Submit", "Say", "Post"]),
    ("Stop", ["Stop", "Cancel", "Interrupt", "Abort"]),
    ("Busy", ["IsBusy", "IsRunning", "Active", "Running"]),
    ("Finished", ["IsFinished", "Idle", "IsFinished", "Done"]),
    ("Kill", ["Kill", "Terminate", "ForceStop", "Kill"]),
    ("History", ["History", "Transcript", "Turns", "Said"]),
    ("Make", ["makeEngine", "buildEngine", "engineFor", "newEngine"]),
    ("ask", ["ask", "submit", "say", "post"]),
    ("halt", ["halt", "cancelRun", "interrupt", "abort"]),
    ("State", ["state", "inf", "inference", "st"]),
    ("Core", ["session", "sess", "core", "runner"]),
    ("Sink", ["sink", "ear", "sinks", "events"]),
    ("Options", ["options", "opts", "engineOptions", "extra"]),
    ("OwnState", ["InferenceState"; STYLES]),
    ("NewOwnState", ["NewInferenceState"; STYLES]),
    ("ErrOwn", ["ErrInferenceRunning"; STYLES]),
    ("OwnConfig", ["Config"; STYLES]),
    ("OwnOption", ["Option"; STYLES]),
    ("WithOwnSink", ["WithSink"; STYLES]),
    ("ApplyOwn", ["ApplyOptions"; STYLES]),
];

/// What a program of `style` calls `word`.
pub(super) fn spell(word: &str, style: usize) -> Option<Name> {
    let find = |table: &'static [(&str, [&'static str; STYLES])]| table.iter().find(|(known, _)| *known == word);
    let shared = || find(SHARED).map(|(_, names)| Name::Shared(names[style % STYLES]));
    find(LOCALS).map(|(_, names)| Name::Local(names[style % STYLES], names[0])).or_else(shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_variables_share_a_spelling() {
        for (word, names) in LOCALS {
            for (other, others) in LOCALS.iter().filter(|(other, _)| other != word) {
                assert!(!names.iter().any(|name| others.contains(name)), "{word} {other}");
            }
        }
    }
}
