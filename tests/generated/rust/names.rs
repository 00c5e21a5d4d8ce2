//! What programs call their own things.

/// Each line: what a template calls it, and what programs may call it.
const NAMES: &[(&str, [&str; 4])] = &[
    ("state", ["state", "conversation", "st", "shared"]),
    ("session", ["session", "runner", "core", "sess"]),
    ("engine", ["engine", "model", "eng", "llm"]),
    ("actor", ["actor", "puppet", "fake", "inner_engine"]),
    ("ctx", ["ctx", "cx", "context", "parent"]),
    ("seed", ["seed", "input", "start", "r#in"]),
    ("sink", ["sink", "ear", "listener", "out"]),
    ("other", ["other", "second_ear", "log", "audit"]),
    ("prompt", ["prompt", "question", "text", "q"]),
    ("turn", ["turn", "answer", "done", "t"]),
    ("error", ["error", "err", "e", "why"]),
    ("options", ["options", "opts", "engine_options", "settings"]),
    ("values", ["values", "parsed", "cfg", "vals"]),
    ("chat", ["chat", "backend", "app", "service"]),
    ("Chat", ["Chat", "Backend", "App", "Service"]),
    ("task", ["task", "running", "handle", "job"]),
    ("id", ["id", "run", "name", "key"]),
    ("ask", ["ask", "submit", "say", "post"]),
    ("stop", ["stop", "cancel", "interrupt", "abort"]),
    ("busy", ["is_busy", "is_running", "active", "running_now"]),
    ("make", ["make", "build", "engine_for", "create"]),
    ("Guard", ["Guard", "Finish", "OnDrop", "RunGuard"]),
];

/// How many styles there are.
pub(crate) const STYLES: usize = 4;

/// What a program of `style` calls `name`.
pub(crate) fn spell(name: &str, style: usize) -> Option<&'static str> {
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, names)| names[style % STYLES])
}
