//! The files of a group of packages: those that can matter are parsed, the others only skimmed for their modules.
//!
//! A file matters if it holds a name of the legacy API, or the name of an item of the user's that carries it further: a
//! type with a legacy field, a function with a legacy parameter, a re-export. Such names join the needles until no file
//! is added. Later questions ("who calls this function?") may ask for more names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use rayon::prelude::*;

use super::hir::{Hir, ItemKind, UseKind, UseTree, Visibility};
use super::index::{Files, Unit};
use super::ledger;
use super::lower::lower;
use crate::source::Source;
use crate::tree::{FileId, Problem, ProblemKind, Tree};

/// Parsed and skimmed files by path.
#[derive(Debug, Default)]
pub(crate) struct FileStore {
    units: BTreeMap<PathBuf, (FileId, Unit)>,
    parsed: BTreeSet<FileId>,
    /// Files that are not parsed.
    skimmed: BTreeSet<FileId>,
    names: BTreeSet<String>,
    /// Whether some file includes code from elsewhere.
    pub(crate) includes: bool,
}

/// What one look at a file gave.
enum Look {
    Parsed(Unit, BTreeSet<String>, BTreeSet<String>),
    Skimmed(Unit),
    Failed(Problem),
}

impl FileStore {
    /// Looks at `files`. `crates` are the names by which code calls the legacy crate.
    pub(crate) fn load(
        tree: &Tree,
        files: &BTreeSet<FileId>,
        crates: &BTreeSet<String>,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut store = Self { skimmed: files.clone(), ..Self::default() };
        let legacy = ledger::NAMES.iter().copied().chain(["run_inference", "create_engine"]).map(str::to_owned);
        store.grow(tree, &legacy.chain(crates.iter().cloned()).collect(), problems);
        store
    }

    /// The same `files`, of which just `parsed` are parsed.
    pub(crate) fn of(tree: &Tree, files: &BTreeSet<FileId>, parsed: &BTreeSet<FileId>) -> Self {
        let mut store = Self::default();
        let none = Needles::new(&BTreeSet::new());
        let looks: Vec<(FileId, Look)> = files
            .par_iter()
            .filter_map(|&id| {
                let source = tree.source(id).ok()?;
                Some((id, if parsed.contains(&id) { parse(id, source, &none) } else { skim(id, source, &none) }))
            })
            .collect();
        for (id, look) in looks {
            match look {
                Look::Parsed(unit, ..) => {
                    store.parsed.insert(id);
                    store.units.insert(tree.entry(id).path.clone(), (id, unit));
                }
                Look::Skimmed(unit) => drop(store.units.insert(tree.entry(id).path.clone(), (id, unit))),
                Look::Failed(_) => {}
            }
        }
        store
    }

    /// Parses the files that hold one of `names` as well, and those that these lead to. Whether there were any.
    pub(crate) fn grow(&mut self, tree: &Tree, names: &BTreeSet<String>, problems: &mut Vec<Problem>) -> bool {
        let before = self.parsed.len();
        let mut fresh: BTreeSet<String> = names.difference(&self.names).cloned().collect();
        let mut stems = BTreeSet::new();
        while !fresh.is_empty() || !stems.is_empty() {
            self.names.extend(fresh.iter().cloned());
            let (next, more) = self.look(tree, &fresh, &stems, problems);
            fresh = next.difference(&self.names).cloned().collect();
            stems = more;
        }
        self.parsed.len() > before
    }

    /// One round over the files that are not parsed; the names and module names that the newly parsed ones add.
    fn look(
        &mut self,
        tree: &Tree,
        fresh: &BTreeSet<String>,
        stems: &BTreeSet<String>,
        problems: &mut Vec<Problem>,
    ) -> (BTreeSet<String>, BTreeSet<String>) {
        let needles = Needles::new(fresh);
        let all = Needles::new(&self.names);
        let known = |id: &FileId| self.units.contains_key(&tree.entry(*id).path);
        let looks: Vec<(FileId, Option<Look>, bool)> = self
            .skimmed
            .par_iter()
            .map(|&id| {
                let is_asked = stems.contains(&module_name(&tree.entry(id).path));
                match tree.source(id) {
                    Err(problem) => (id, Some(Look::Failed(problem)), false),
                    Ok(source) => {
                        let includes = source.text().contains("include!(");
                        let matters = is_asked || needles.is_in(source.text());
                        let look = if matters {
                            Some(parse(id, source, &all))
                        } else {
                            (!known(&id)).then(|| skim(id, source, &all))
                        };
                        (id, look, includes)
                    }
                }
            })
            .collect();
        let (mut names, mut modules) = (BTreeSet::new(), BTreeSet::new());
        for (id, look, includes) in looks {
            self.includes |= includes;
            let path = tree.entry(id).path.clone();
            match look {
                Some(Look::Parsed(unit, carried, globs)) => {
                    self.units.insert(path, (id, unit));
                    self.parsed.insert(id);
                    self.skimmed.remove(&id);
                    names.extend(carried);
                    modules.extend(globs);
                }
                Some(Look::Skimmed(unit)) => {
                    self.units.insert(path, (id, unit));
                }
                Some(Look::Failed(problem)) => {
                    self.skimmed.remove(&id);
                    problems.push(problem);
                }
                None => {}
            }
        }
        // Names that other files carry on were not yet needles when these were read.
        for (_, unit) in self.parsed.iter().filter_map(|id| self.units.get(&tree.entry(*id).path)) {
            names.extend(carried_names(unit, &all));
        }
        (names, modules)
    }

    /// Whether a file's code is known, and not just its modules.
    pub(crate) fn is_parsed(&self, file: FileId) -> bool {
        self.parsed.contains(&file)
    }
}

impl Files for FileStore {
    fn open(&self, path: &Path) -> Option<(FileId, Unit)> {
        let (id, unit) = self.units.get(path)?;
        Some((*id, unit.clone()))
    }
}

/// Names, matched as whole identifiers.
struct Needles {
    finder: Option<AhoCorasick>,
}

impl Needles {
    fn new(names: &BTreeSet<String>) -> Self {
        let builder = AhoCorasick::builder().match_kind(aho_corasick::MatchKind::LeftmostLongest).build(names);
        Self { finder: builder.ok().filter(|_| !names.is_empty()) }
    }

    fn is_in(&self, text: &str) -> bool {
        let Some(finder) = &self.finder else { return false };
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        finder.find_iter(text).any(|found| {
            !text[..found.start()].chars().next_back().is_some_and(is_part)
                && !text[found.end()..].chars().next().is_some_and(is_part)
        })
    }
}

fn parse(id: FileId, source: Arc<Source>, needles: &Needles) -> Look {
    match lower(id, source.text()) {
        Ok(hir) => {
            let globs = glob_modules(&hir);
            let unit = Unit { hir: Arc::new(hir), source };
            let names = carried_names(&unit, needles);
            Look::Parsed(unit, names, globs)
        }
        Err(error) => Look::Failed(Problem {
            path: source.path().to_owned(),
            position: Some(source.position(error.offset)),
            kind: ProblemKind::Unparsable,
            message: error.message,
        }),
    }
}

/// Just the modules of a file; all of it where they are written in a way that lines do not show.
fn skim(id: FileId, source: Arc<Source>, needles: &Needles) -> Look {
    let Some(modules) = module_lines(source.text()) else { return parse(id, source, needles) };
    match lower(id, &modules) {
        Ok(hir) => Look::Skimmed(Unit { hir: Arc::new(hir), source: Arc::new(Source::new(source.path(), modules)) }),
        Err(_) => parse(id, source, needles),
    }
}

/// The lines that declare modules with files of their own; `None` where an inline module may hold some, or where a line
/// that speaks of a module holds something else as well.
fn module_lines(text: &str) -> Option<String> {
    let mut found = String::new();
    let mut path_attr = None;
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with("#[path") {
            path_attr = Some(line);
            continue;
        }
        let declares = line.starts_with("mod ") || (line.starts_with("pub") && line.contains(" mod "));
        if declares && line.ends_with(';') {
            for part in path_attr.take().into_iter().chain([line]) {
                found.push_str(part);
                found.push('\n');
            }
        } else if speaks_of_module(line) && !(declares && line.ends_with('{') && line.contains("mod tests")) {
            return None;
        }
    }
    Some(found)
}

fn speaks_of_module(line: &str) -> bool {
    let is_part = |char: char| char.is_alphanumeric() || char == '_';
    let is_conditional = line.contains("cfg_attr") && line.contains("path");
    !line.starts_with("//") && (is_conditional || line.split(|char| !is_part(char)).any(|word| word == "mod"))
}

/// `a` for `src/a.rs` and `src/a/mod.rs`.
fn module_name(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    let named = if stem == "mod" { path.parent().and_then(Path::file_name).unwrap_or_default() } else { stem };
    named.to_string_lossy().into_owned()
}

/// Names of items by which legacy types travel to other files.
fn carried_names(unit: &Unit, needles: &Needles) -> BTreeSet<String> {
    let text = unit.source.text();
    let hir = &unit.hir;
    let mut names = BTreeSet::new();
    for item in &hir.items {
        let start = item.span.start as usize;
        let shown = match &item.kind {
            ItemKind::Use(tree) if item.visibility != Visibility::Private => {
                if needles.is_in(&text[item.span.range()]) {
                    bound_names(tree, &mut names);
                }
                continue;
            }
            ItemKind::Fn(function) if matches!(item.parent, super::hir::ItemParent::File) => match function.body {
                Some(body) => &text[start..hir[body].span.start as usize],
                None => &text[item.span.range()],
            },
            ItemKind::Struct(_)
            | ItemKind::Enum(_)
            | ItemKind::TypeAlias { .. }
            | ItemKind::Trait { .. }
            | ItemKind::Const { .. }
            | ItemKind::Static { .. }
            | ItemKind::MacroRules { .. } => &text[item.span.range()],
            _ => continue,
        };
        if let Some(name) = &item.name
            && needles.is_in(shown)
        {
            names.insert(name.text.clone());
        }
    }
    names
}

fn bound_names(tree: &UseTree, names: &mut BTreeSet<String>) {
    match &tree.kind {
        UseKind::Path { name, rest } => {
            if let UseKind::Name(last) = &rest.kind
                && last.text == "self"
            {
                names.insert(name.text.clone());
            }
            bound_names(rest, names);
        }
        UseKind::Name(name) => {
            names.insert(name.text.clone());
        }
        UseKind::Rename { rename, .. } => {
            names.insert(rename.text.clone());
        }
        // What it brings are the legacy names, of which all but this one are needles.
        UseKind::Glob => {
            names.insert("Session".to_owned());
        }
        UseKind::Group(trees) => trees.iter().for_each(|tree| bound_names(tree, names)),
    }
}

/// Modules whose names a glob import brings: they may hold names that clash with new ones.
fn glob_modules(hir: &Hir) -> BTreeSet<String> {
    let mut modules = BTreeSet::new();
    for item in &hir.items {
        if let ItemKind::Use(tree) = &item.kind {
            glob_parents(tree, None, &mut modules);
        }
    }
    modules
}

fn glob_parents(tree: &UseTree, parent: Option<&str>, modules: &mut BTreeSet<String>) {
    match &tree.kind {
        UseKind::Path { name, rest } => glob_parents(rest, Some(&name.text), modules),
        UseKind::Group(trees) => trees.iter().for_each(|tree| glob_parents(tree, parent, modules)),
        UseKind::Glob => modules.extend(parent.map(str::to_owned)),
        UseKind::Name(_) | UseKind::Rename { .. } => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_lines_keep_paths_and_give_up_on_inline_modules() {
        let text =
            "//! x\n#[path = \"y.rs\"]\npub(crate) mod a;\nfn f() { 1; }\nmod b;\n#[cfg(test)]\nmod tests {\n}\n";
        assert_eq!(module_lines(text).as_deref(), Some("#[path = \"y.rs\"]\npub(crate) mod a;\nmod b;\n"));
        assert_eq!(module_lines("pub mod outer {\n    mod inner;\n}\n"), None);
        let mixed =
            ["mod a; // x\n", "mod a; #[allow(dead_code)]\nmod b;\n", "#[rustfmt::skip] mod a;\n", "mod\n    a;\n"];
        assert_eq!(mixed.map(module_lines), [None, None, None, None]);
        assert_eq!(module_lines("#[cfg_attr(unix, path = \"x.rs\")]\nmod a;\n"), None);
        assert_eq!(module_lines("// a mod\nlet model = modern;\n").as_deref(), Some(""));
    }

    #[test]
    fn needles_are_whole_identifiers() {
        let needles = Needles::new(&["with_sink".to_owned()].into());
        assert!(needles.is_in("x(with_sink(a))"));
        assert!(!needles.is_in("with_sinks my_with_sink"));
    }
}
