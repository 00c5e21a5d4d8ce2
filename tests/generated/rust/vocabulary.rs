//! The names of libraries that programs use, and every way to bring them into a file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// What programs use, by the module that has it.
const MODULES: &[(&str, &[&str])] = &[
    ("geppetto::inference::state", &["InferenceState", "StateError"]),
    ("geppetto::inference::core", &["Session", "RunError"]),
    ("geppetto::inference::engine", &["Engine", "EngineError", "EngineOption", "Config", "with_sink", "apply_options"]),
    (
        "geppetto::inference::engine::factory",
        &["EngineFactory", "FactoryError", "ParsedValues", "StandardEngineFactory", "new_engine_from_parsed_values"],
    ),
    ("geppetto::context", &["Context", "CancelHandle"]),
    ("geppetto::turns", &["Turn", "Block"]),
    (
        "geppetto::events",
        &["Event", "EventSink", "EventMetadata", "SinkError", "NullSink", "publish", "with_event_sink"],
    ),
    ("geppetto::tools", &["InMemoryToolRegistry", "Tool", "ToolConfig", "ToolError"]),
    ("std::sync", &["Arc", "Mutex", "OnceLock", "RwLock"]),
    ("std::collections", &["HashMap"]),
    ("std::error", &["Error"]),
    ("std::future", &["Future"]),
    ("std::pin", &["Pin"]),
    ("tokio::sync", &["Notify"]),
    ("crate::stage", &["Actor", "Ear", "said", "asked"]),
];

/// Names by which files call what they import.
const ALIASES: &[(&str, &str)] = &[
    ("InferenceState", "Conversation"),
    ("StateError", "Busy"),
    ("Session", "CoreSession"),
    ("RunError", "Failure"),
    ("Engine", "Model"),
    ("EngineOption", "Setting"),
    ("with_sink", "heard_by"),
    ("new_engine_from_parsed_values", "make_engine"),
    ("Context", "Ctx"),
    ("Turn", "Exchange"),
    ("EventSink", "Sink"),
];

/// How one name comes into a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// `use a::b::Name;`
    Direct,
    /// `use a::b;` and `b::Name`
    Module,
    /// `a::b::Name`
    Full,
    /// `use a::b::Name as Other;`
    Alias,
    /// `use geppetto::prelude::*;`
    Prelude,
    /// `use a::b::*;`
    Glob,
    /// `use crate::words::Name;`, which re-exports it
    Reexport,
    /// `use super::words::*;`
    ReexportGlob,
}

/// How many styles there are.
pub(crate) const STYLES: usize = 12;

/// The names that one file uses.
#[derive(Debug)]
pub(crate) struct Imports {
    style: usize,
    ways: BTreeMap<&'static str, Way>,
    traits: BTreeSet<&'static str>,
}

impl Imports {
    pub(crate) fn new(style: usize) -> Self {
        Self { style, ways: BTreeMap::new(), traits: BTreeSet::new() }
    }

    /// How the file spells `name`; nothing if no library has it.
    pub(crate) fn spell(&mut self, name: &str) -> Option<String> {
        let (module, name) = find(name)?;
        let way = self.way(module, name);
        self.ways.insert(name, way);
        Some(match way {
            Way::Module => format!("{}::{name}", last(module)),
            Way::Full => format!("{module}::{name}"),
            Way::Alias => alias(name).unwrap_or(name).to_owned(),
            _ => name.to_owned(),
        })
    }

    /// Methods of the trait `name` are called.
    pub(crate) fn call_methods_of(&mut self, name: &'static str) {
        self.traits.insert(name);
    }

    fn way(&self, module: &str, name: &'static str) -> Way {
        if !module.starts_with("geppetto") {
            return match self.style {
                4 if module != "crate::stage" => Way::Full,
                _ => Way::Direct,
            };
        }
        // Where styles are mixed, each name has its own.
        let mixed = name.bytes().fold(self.style, |sum, byte| (sum * 31 + usize::from(byte)) % 1009);
        match self.style {
            0 | 1 => Way::Direct,
            2 => Way::Prelude,
            3 => Way::Module,
            4 => Way::Full,
            5 if alias(name).is_some() => Way::Alias,
            5 => Way::Direct,
            6 => Way::Glob,
            7 => Way::Reexport,
            8 => Way::ReexportGlob,
            _ => match mixed % 5 {
                0 => Way::Module,
                1 if alias(name).is_some() => Way::Alias,
                2 => Way::Full,
                3 => Way::Reexport,
                _ => Way::Direct,
            },
        }
    }

    /// The declarations for all of it, and what [`WORDS`](words) has to re-export for them.
    pub(crate) fn declarations(&self) -> (String, BTreeSet<&'static str>) {
        let mut lines = BTreeSet::new();
        let mut words = BTreeSet::new();
        for (&name, &way) in &self.ways {
            let module = find(name).expect("it was found before").0;
            let line = match way {
                Way::Direct => Some(format!("{module}::{name}")),
                Way::Module => Some(module.to_owned()),
                Way::Alias => Some(format!("{module}::{name} as {}", alias(name).unwrap_or(name))),
                Way::Prelude => Some("geppetto::prelude::*".to_owned()),
                Way::Glob => Some(format!("{module}::*")),
                Way::Reexport => Some(format!("crate::words::{name}")),
                Way::ReexportGlob => Some("crate::words::*".to_owned()),
                Way::Full => None,
            };
            if matches!(way, Way::Reexport | Way::ReexportGlob) {
                words.insert(name);
            }
            lines.extend(line);
        }
        for name in &self.traits {
            let is_in_scope = self.ways.get(name).is_some_and(|way| !matches!(way, Way::Module | Way::Full));
            let module = find(name).expect("the trait is in the vocabulary").0;
            let by_glob = lines.contains("geppetto::prelude::*") || lines.contains(&format!("{module}::*"));
            if !is_in_scope && !by_glob {
                lines.insert(format!("{module}::{name} as _"));
            }
        }
        let is_nested = matches!(self.style, 1 | 10);
        (if is_nested { nested(&lines) } else { one_by_one(&lines) }, words)
    }
}

/// The module that re-exports `names` for the rest of the program.
pub(crate) fn words(names: &BTreeSet<&'static str>) -> String {
    let lines: BTreeSet<String> =
        names.iter().filter_map(|name| find(name)).map(|(module, name)| format!("{module}::{name}")).collect();
    one_by_one(&lines).replace("use ", "pub use ")
}

fn one_by_one(paths: &BTreeSet<String>) -> String {
    paths.iter().fold(String::new(), |mut out, path| {
        let _ = writeln!(out, "use {path};");
        out
    })
}

/// One declaration for each crate, with groups in groups.
fn nested(paths: &BTreeSet<String>) -> String {
    #[derive(Default)]
    struct Node(BTreeMap<String, Node>);
    fn write(node: &Node) -> String {
        let parts: Vec<String> = node
            .0
            .iter()
            .map(|(name, below)| match below.0.len() {
                0 => name.clone(),
                _ => format!("{name}::{}", write(below)),
            })
            .collect();
        if let [one] = parts.as_slice() { one.clone() } else { format!("{{{}}}", parts.join(", ")) }
    }
    let mut root = Node::default();
    for path in paths {
        let mut node = &mut root;
        for part in path.split("::") {
            node = node.0.entry(part.to_owned()).or_default();
        }
    }
    // A module that is imported beside its own items.
    for path in paths {
        let mut node = &mut root;
        for part in path.split("::") {
            node = node.0.entry(part.to_owned()).or_default();
        }
        if !node.0.is_empty() {
            node.0.insert("self".to_owned(), Node::default());
        }
    }
    root.0.iter().fold(String::new(), |mut out, (name, node)| {
        let _ = writeln!(out, "use {name}::{};", write(node));
        out
    })
}

fn find(name: &str) -> Option<(&'static str, &'static str)> {
    MODULES.iter().find_map(|(module, names)| Some((*module, *names.iter().find(|&&known| known == name)?)))
}

fn alias(name: &str) -> Option<&'static str> {
    ALIASES.iter().find(|(known, _)| *known == name).map(|(_, alias)| *alias)
}

fn last(module: &str) -> &str {
    module.rsplit("::").next().unwrap_or(module)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_can_be_nested() {
        let paths = ["a::b", "a::b::C", "a::d::E as F", "g::H"].map(str::to_owned).into();
        assert_eq!(nested(&paths), "use a::{b::{C, self}, d::E as F};\nuse g::H;\n");
    }

    #[test]
    fn traits_whose_methods_are_called_are_in_scope() {
        let mut imports = Imports::new(4);
        assert_eq!(imports.spell("Engine").as_deref(), Some("geppetto::inference::engine::Engine"));
        imports.call_methods_of("Engine");
        assert_eq!(imports.declarations().0, "use geppetto::inference::engine::Engine as _;\n");
    }
}
