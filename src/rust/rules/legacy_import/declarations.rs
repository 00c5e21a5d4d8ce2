//! The text of `use` declarations: which names the new prelude has, where declarations go, how they are written.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::cx::{Change, Cx};
use super::super::super::hir::{ItemKind, Span, UseKind};
use super::super::super::index::{DefId, FileIdx};
use super::super::inference_state::delete_line;

/// The last `use` of a scope.
pub(super) fn last_use(cx: &Cx<'_>, file: FileIdx, scope: DefId) -> Option<Span> {
    let spans = cx.program.imports.iter().filter(|import| import.file == file && import.scope == scope);
    spans.map(|import| cx.hir(file)[import.item].span).max()
}

/// In front of the first item of a module without any import.
pub(super) fn first_place(cx: &Cx<'_>, file: FileIdx, scope: DefId, lines: &[String]) -> (u32, String) {
    let hir = cx.hir(file);
    let newline = cx.program.unit(file).source.newline();
    let first = match cx.program.item(scope).map(|item| &item.kind) {
        Some(ItemKind::Module { items: Some(items), .. }) => items.first(),
        _ => hir.roots.first(),
    };
    let at = first.map_or(hir.prologue as u32, |&item| hir[item].span.start);
    let indent = cx.program.unit(file).source.indent_at(at as usize);
    let text = lines.iter().map(|line| format!("{line}{newline}{indent}")).collect::<String>();
    let blank = text.trim_end_matches(indent).to_owned();
    (at, format!("{blank}{newline}{indent}"))
}

pub(super) fn is_root_group(item: &super::super::super::hir::Item) -> bool {
    match &item.kind {
        ItemKind::Use(tree) => {
            matches!(&tree.kind, UseKind::Path { rest, .. } if matches!(rest.kind, UseKind::Group(_)))
        }
        _ => false,
    }
}

pub(super) fn has_group(tree: &super::super::super::hir::UseTree) -> bool {
    match &tree.kind {
        UseKind::Group(_) => true,
        UseKind::Path { rest, .. } => has_group(rest),
        _ => false,
    }
}

pub(super) fn is_directly_in(path: &str, module: &str) -> bool {
    path.rsplit_once("::").map_or("", |(module, _)| module) == module
}

pub(super) fn join(module: &str, name: &str) -> String {
    match (module.is_empty(), name.is_empty()) {
        (true, _) => name.to_owned(),
        (_, true) => module.to_owned(),
        _ => format!("{module}::{name}"),
    }
}

/// Takes one leaf out of its declaration: the whole declaration where it is the only one, its place in the group else.
pub(super) fn remove_leaf(cx: &Cx<'_>, import: &super::super::super::index::Import) -> Option<Change> {
    let file = import.file;
    let beside: Vec<&super::super::super::index::Import> =
        cx.program.imports.iter().filter(|other| other.file == file && other.item == import.item).collect();
    let item = cx.hir(file)[import.item].span;
    if beside.len() == 1 {
        return Some(delete_line(cx, file, item));
    }
    let source = cx.source(file);
    let Span { mut start, mut end } = import.span;
    loop {
        let before = &source[item.start as usize..start as usize];
        let opened = before.rfind(['{', ','])?;
        start -= before[opened + 1..].trim_start().len() as u32;
        let after = &source[end as usize..item.end as usize];
        let rest = after.trim_start().trim_start_matches(',').trim_start();
        match (before[opened..].starts_with('{'), rest.starts_with('}')) {
            // It is all that the braces hold, so they go, too.
            (true, true) => {
                start = item.start + opened as u32;
                end = item.end - rest.len() as u32 + 1;
            }
            (false, true) => return Some(cx.replace(file, Span { start: item.start + opened as u32, end }, "")),
            _ => {
                let rest = &after[after.find(',')? + 1..];
                let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
                let end = item.end - rest.len() as u32 + blank as u32;
                return Some(cx.replace(file, Span { start, end }, ""));
            }
        }
    }
}

/// Deletions of stretches, those that touch as one.
pub(super) fn joined(cx: &Cx<'_>, file: FileIdx, mut ranges: Vec<std::ops::Range<usize>>) -> Vec<Change> {
    ranges.sort_by_key(|range| range.start);
    let mut joined: Vec<std::ops::Range<usize>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined.into_iter().map(|range| cx.replace(file, Span::new(range.start, range.end), "")).collect()
}

/// Whether a file calls what a trait brings into scope: of the traits that go, only `Deref` is seldom imported for that.
pub(super) fn gives_methods(cx: &Cx<'_>, file: FileIdx, def: DefId) -> bool {
    cx.program.path_of(def) != "std::ops::Deref" || cx.source(file).contains(".deref()")
}

/// The names of the new prelude.
const PRELUDE: &[&str] = &[
    "builder::Builder",
    "context::Context",
    "engine::Engine",
    "engine::EngineError",
    "events::Event",
    "events::EventMetadata",
    "events::EventSink",
    "events::SinkError",
    "events::publish",
    "events::with_event_sink",
    "events::with_event_sinks",
    "session::ExecutionHandle",
    "session::Session",
    "session::SessionError",
    "turns::Block",
    "turns::BlockKind",
    "turns::Turn",
];

pub(super) fn prelude_names() -> impl Iterator<Item = &'static str> {
    PRELUDE.iter().filter_map(|path| path.rsplit("::").next())
}

pub(super) fn in_prelude(path: &str) -> bool {
    PRELUDE.contains(&path)
}

/// A leaf of a declaration to be written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Leaf {
    pub(super) path: String,
    pub(super) rename: Option<String>,
}

impl Leaf {
    pub(super) fn module(&self) -> &str {
        self.path.rsplit_once("::").map_or("", |(module, _)| module)
    }

    fn text(&self) -> String {
        let name = self.path.rsplit("::").next().unwrap_or(&self.path);
        match &self.rename {
            Some(rename) => format!("{name} as {rename}"),
            None => name.to_owned(),
        }
    }
}

/// `use` declarations of the leaves below `root`: one nested declaration, or one for each module.
pub(super) fn statements(root: &str, leaves: &BTreeSet<Leaf>, nested: bool) -> Vec<String> {
    if leaves.is_empty() {
        return Vec::new();
    }
    let mut modules: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for leaf in leaves {
        modules.entry(leaf.module()).or_default().push(leaf.text());
    }
    fold_modules(&mut modules);
    let parts: Vec<String> = modules.iter().map(|(module, names)| join(module, &group(names))).collect();
    match (root.is_empty(), nested && parts.len() > 1) {
        (false, true) => vec![nested_statement(root, &parts)],
        (false, false) => parts.iter().map(|part| format!("use {root}::{part};")).collect(),
        (true, _) => parts.iter().map(|part| format!("use {part};")).collect(),
    }
}

/// `use root::{a, b};`, over several lines where one would be long.
pub(super) fn nested_statement(root: &str, parts: &[String]) -> String {
    let line = format!("use {root}::{{{}}};", parts.join(", "));
    if line.len() <= 100 {
        return line;
    }
    let parts: String = parts.iter().map(|part| format!("    {part},\n")).collect();
    format!("use {root}::{{\n{parts}}};")
}

/// `events` beside `events::Event` becomes `events::{self, Event}`.
pub(super) fn fold_modules(modules: &mut BTreeMap<&str, Vec<String>>) {
    let paths: Vec<String> = modules.keys().map(|module| (*module).to_owned()).collect();
    for path in paths {
        let (outer, name) = path.rsplit_once("::").unwrap_or(("", &path));
        let Some(beside) = modules.get_mut(outer) else { continue };
        let count = beside.len();
        beside.retain(|leaf| leaf != name);
        if beside.len() == count {
            continue;
        }
        if beside.is_empty() {
            modules.remove(outer);
        }
        if let Some(names) = modules.get_mut(path.as_str()) {
            names.insert(0, "self".to_owned());
        }
    }
}

pub(super) fn group(names: &[String]) -> String {
    match names {
        [only] => only.clone(),
        _ => format!("{{{}}}", names.join(", ")),
    }
}
