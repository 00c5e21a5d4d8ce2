//! The packages that programs use, and every way to bring them into a file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The module that programs are.
pub(super) const PROGRAM: &str = "example.com/program";

const GEPPETTO: &str = "github.com/go-go-golems/geppetto/pkg/";

/// What programs use of the library, by the package below its `pkg` that has it.
const PACKAGES: &[(&str, &[&str])] = &[
    (
        "inference/state",
        &[
            "InferenceState",
            "NewInferenceState",
            "ErrInferenceRunning",
            "ErrInferenceNotRunning",
            "ErrInferenceStateNil",
        ],
    ),
    ("inference/core", &["Session", "Runner", "TurnPersister"]),
    ("inference/engine", &["Engine", "Option", "Config", "NewConfig", "WithSink", "ApplyOptions"]),
    (
        "inference/engine/factory",
        &[
            "ParsedValues",
            "ParsedLayers",
            "Step",
            "NewEngineFromParsedValues",
            "NewEngineFromParsedLayers",
            "EngineFactory",
            "StandardEngineFactory",
            "NewStandardEngineFactory",
        ],
    ),
    (
        "turns",
        &[
            "Turn",
            "Block",
            "NewUserTextBlock",
            "NewSystemTextBlock",
            "NewAssistantTextBlock",
            "NewTurnBuilder",
            "AppendBlock",
        ],
    ),
    (
        "events",
        &[
            "Event",
            "EventSink",
            "EventMetadata",
            "WithEventSinks",
            "PublishEventToContext",
            "NewStartEvent",
            "NewPartialCompletionEvent",
            "NewFinalEvent",
            "NewErrorEvent",
            "NewInterruptEvent",
            "TextOf",
        ],
    ),
    (
        "inference/tools",
        &[
            "ToolRegistry",
            "InMemoryToolRegistry",
            "NewInMemoryToolRegistry",
            "ToolDefinition",
            "ToolConfig",
            "DefaultToolConfig",
        ],
    ),
    ("inference/toolloop", &["SnapshotHook"]),
];

/// What the stage of a program has.
const STAGE: &[&str] = &["Actor", "NewActor", "Ear", "NewEar", "Scribe", "Said", "Asked"];

/// Packages of the standard library; templates name them by their last name.
const STANDARD: &[&str] = &[
    "context",
    "errors",
    "fmt",
    "io",
    "log",
    "os",
    "strings",
    "sync",
    "sync/atomic",
    "testing",
    "net/http",
    "net/http/httptest",
];

/// Names by which files call what they import.
const ALIASES: &[(&str, &str)] = &[
    ("inference/state", "infstate"),
    ("inference/core", "infcore"),
    ("inference/engine", "geng"),
    ("inference/engine/factory", "engines"),
    ("turns", "gturns"),
    ("events", "gevents"),
];

/// How a package comes into a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// `import "a/b"`
    Plain,
    /// `import c "a/b"`
    Alias,
    /// `import b "a/b"`
    Same,
    /// `import . "a/b"`
    Dot,
}

/// How many styles there are.
pub(super) const STYLES: usize = 9;

/// The packages that one file uses.
#[derive(Clone, Debug)]
pub(super) struct Imports {
    style: usize,
    paths: BTreeSet<String>,
}

impl Imports {
    pub(super) fn new(style: usize) -> Self {
        Self { style, paths: BTreeSet::new() }
    }

    /// How the file spells `word`, and the name that the file gives the package which has it; nothing if none has it.
    pub(super) fn spell(&mut self, word: &str) -> Option<(String, String)> {
        if let Some(path) = STANDARD.iter().find(|path| last(path) == word) {
            self.paths.insert((*path).to_owned());
            return Some((word.to_owned(), word.to_owned()));
        }
        if STAGE.contains(&word) {
            return Some(self.own("stage", word));
        }
        let (package, _) = PACKAGES.iter().find(|(_, words)| words.contains(&word))?;
        self.paths.insert(format!("{GEPPETTO}{package}"));
        Some(match self.way(package) {
            Way::Dot => (word.to_owned(), String::new()),
            Way::Alias => qualified(alias(package), word),
            Way::Plain | Way::Same => qualified(last(package), word),
        })
    }

    /// The same for what the program's own package at `below` has.
    pub(super) fn own(&mut self, below: &str, word: &str) -> (String, String) {
        self.paths.insert(format!("{PROGRAM}/{below}"));
        qualified(last(below), word)
    }

    fn way(&self, package: &str) -> Way {
        let mixed = package.bytes().fold(self.style, |sum, byte| (sum * 31 + usize::from(byte)) % 1009);
        match self.style {
            3 if package != last(alias(package)) => Way::Alias,
            4 if matches!(package, "inference/state" | "inference/core" | "inference/engine") => Way::Dot,
            5 => Way::Same,
            8 => match mixed % 4 {
                0 if matches!(package, "inference/state" | "inference/core" | "turns") => Way::Dot,
                1 => Way::Alias,
                2 => Way::Same,
                _ => Way::Plain,
            },
            _ => Way::Plain,
        }
    }

    /// The declarations for all of it.
    pub(super) fn declarations(&self) -> String {
        let mut groups: BTreeMap<usize, String> = BTreeMap::new();
        for path in &self.paths {
            let group = match path {
                path if path.starts_with(GEPPETTO) => 1,
                path if path.starts_with(PROGRAM) => 2,
                _ => 0,
            };
            let group = if self.style == 1 { 0 } else { group };
            let name = match path.strip_prefix(GEPPETTO).map(|package| (package, self.way(package))) {
                Some((package, Way::Alias)) => format!("{} ", alias(package)),
                Some((package, Way::Same)) => format!("{} ", last(package)),
                Some((_, Way::Dot)) => ". ".to_owned(),
                _ => String::new(),
            };
            let _ = writeln!(groups.entry(group).or_default(), "{name}\"{path}\"");
        }
        let groups: Vec<String> = groups.into_values().collect();
        match self.style {
            2 => groups.concat().lines().map(|line| format!("import {line}\n")).collect(),
            6 => groups.iter().map(|group| declaration(group)).collect::<Vec<_>>().join("\n"),
            7 => declaration(&groups.iter().rev().cloned().collect::<Vec<_>>().join("\n")),
            _ if groups.is_empty() => String::new(),
            _ => declaration(&groups.join("\n")),
        }
    }
}

fn declaration(lines: &str) -> String {
    match lines.lines().collect::<Vec<_>>().as_slice() {
        [one] => format!("import {one}\n"),
        _ => format!("import (\n{lines})\n"),
    }
}

fn qualified(package: &str, word: &str) -> (String, String) {
    (format!("{package}.{word}"), package.to_owned())
}

fn alias(package: &str) -> &str {
    ALIASES.iter().find(|(known, _)| *known == package).map_or(last(package), |(_, alias)| alias)
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_come_by_their_own_name_by_another_or_by_none() {
        let spelled = |style: usize| {
            let mut imports = Imports::new(style);
            let word = imports.spell("InferenceState").expect("the library has it").0;
            imports.spell("fmt");
            format!("{word} {}", imports.declarations())
        };
        let path = "\"github.com/go-go-golems/geppetto/pkg/inference/state\"";
        assert_eq!(spelled(0), format!("state.InferenceState import (\n\"fmt\"\n\n{path}\n)\n"));
        assert_eq!(spelled(2), format!("state.InferenceState import \"fmt\"\nimport {path}\n"));
        assert_eq!(spelled(3), format!("infstate.InferenceState import (\n\"fmt\"\n\ninfstate {path}\n)\n"));
        assert_eq!(spelled(4), format!("InferenceState import (\n\"fmt\"\n\n. {path}\n)\n"));
    }
}
