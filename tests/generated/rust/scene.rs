//! One scene of a program: the text of a shape, spelled in the scene's own style.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use geppetto_migrate::rules::Trap;

use crate::choices::Choices;
use crate::program::{Announced, Difference};
use crate::rust::names;
use crate::rust::vocabulary::{self, Imports};
use crate::template::{filled, spelled};

/// One file under construction.
#[derive(Debug)]
struct Part {
    name: String,
    imports: Imports,
    items: String,
}

/// A scene under construction. Templates name what libraries and programs have by `@Name`, and leave gaps `<<gap>>`.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) name: String,
    choices: &'a mut Choices,
    names: usize,
    imports: usize,
    parts: Vec<Part>,
    current: usize,
    pub(crate) differences: Vec<Difference>,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(name: String, choices: &'a mut Choices) -> Self {
        choices.enter(&name);
        let names = choices.pick("names", names::STYLES);
        let imports = choices.pick("imports", vocabulary::STYLES);
        let root = Part { name: String::new(), imports: Imports::new(imports), items: String::new() };
        Self { name, choices, names, imports, parts: vec![root], current: 0, differences: Vec::new() }
    }

    /// One of `ways`.
    pub(crate) fn pick(&mut self, name: &str, ways: usize) -> usize {
        self.choices.pick(name, ways)
    }

    /// One of `texts`, expanded.
    pub(crate) fn one_of(&mut self, name: &str, texts: &[&str]) -> String {
        let way = self.pick(name, texts.len());
        self.text(texts[way])
    }

    /// The file calls methods of the trait `name`.
    pub(crate) fn calls_methods_of(&mut self, name: &'static str) {
        self.parts[self.current].imports.call_methods_of(name);
    }

    /// `template` in the style of the current file.
    pub(crate) fn text(&mut self, template: &str) -> String {
        spelled(template, |name| self.spell(name))
    }

    fn spell(&mut self, name: &str) -> String {
        match self.parts[self.current].imports.spell(name) {
            Some(spelled) => spelled,
            None => names::spell(name, self.names).unwrap_or_else(|| panic!("no one knows `@{name}`")).to_owned(),
        }
    }

    /// `template` with its gaps filled, in the style of the current file.
    pub(crate) fn filled(&mut self, template: &str, gaps: &[(&str, &str)]) -> String {
        let filled = filled(template, gaps);
        self.text(&filled)
    }

    /// Adds items to the current file.
    pub(crate) fn items(&mut self, template: &str, gaps: &[(&str, &str)]) {
        let text = self.filled(template, gaps);
        let items = &mut self.parts[self.current].items;
        items.push('\n');
        items.push_str(text.trim_matches('\n'));
        items.push('\n');
    }

    /// Items that may stand in a module of their own, called `module`, from which the scene uses `used`.
    pub(crate) fn part(&mut self, module: &str, used: &[&str], write: impl FnOnce(&mut Self)) {
        let uses: String = used.iter().map(|name| format!("use {module}::{name};\n")).collect();
        match self.pick(&format!("{module}-stands"), 4) {
            0 => write(self),
            1 => self.in_file(module, &uses, write),
            2 => self.inline(module, &format!("use self::{module}::*;\n"), write),
            _ => self.inline(module, &uses, write),
        }
    }

    fn in_file(&mut self, module: &str, uses: &str, write: impl FnOnce(&mut Self)) {
        self.items(&format!("mod {module};\n{uses}"), &[]);
        let part = Part { name: module.to_owned(), imports: Imports::new(self.imports), items: String::new() };
        self.parts.push(part);
        let outer = std::mem::replace(&mut self.current, self.parts.len() - 1);
        write(self);
        self.current = outer;
    }

    /// A module in the same file that sees the file's names.
    fn inline(&mut self, module: &str, uses: &str, write: impl FnOnce(&mut Self)) {
        let before = std::mem::take(&mut self.parts[self.current].items);
        write(self);
        let inside = std::mem::take(&mut self.parts[self.current].items);
        let indented: String = inside.lines().map(|line| format!("    {line}\n").replace("    \n", "\n")).collect();
        self.parts[self.current].items = format!("{before}\nmod {module} {{\n    use super::*;\n{indented}}}\n");
        self.items(uses, &[]);
    }

    /// An offered change of the scene may change this in a line of its transcript.
    pub(crate) fn may_differ(&mut self, trap: Trap, before: impl Into<String>, after: impl Into<String>) {
        self.differences.push(Difference {
            announced: Announced::Trap(trap),
            before: before.into(),
            after: after.into(),
        });
    }

    /// Another shared handle on what `place` holds.
    pub(crate) fn share(&mut self, name: &str, place: &str) -> String {
        match self.pick(&format!("share-{name}"), 4) {
            0 => format!("{place}.clone()"),
            1 => self.text(&format!("@Arc::clone(&{place})")),
            2 => format!("Clone::clone(&{place})"),
            _ => format!("(&{place}).clone()"),
        }
    }

    /// A call of a method, which may be written as one of a function.
    pub(crate) fn call(&mut self, name: &str, receiver: &str, method: &str, arguments: &str) -> String {
        let (owner, method) = method.split_once("::").expect("a method has an owner");
        match self.pick(&format!("call-{name}"), 4) {
            3 if arguments.is_empty() => self.text(&format!("@{owner}::{method}(&{receiver})")),
            3 => self.text(&format!("@{owner}::{method}(&{receiver}, {arguments})")),
            _ => format!("{receiver}.{method}({arguments})"),
        }
    }

    /// The files of the scene, and what the program's `words` module has to re-export.
    pub(crate) fn into_files(self) -> (BTreeMap<PathBuf, String>, BTreeSet<&'static str>, Vec<Difference>) {
        let mut words = BTreeSet::new();
        let mut files = BTreeMap::new();
        for part in &self.parts {
            let (declarations, reexported) = part.imports.declarations();
            words.extend(reexported);
            let path = match part.name.as_str() {
                "" => format!("src/{}.rs", self.name),
                name => format!("src/{}/{name}.rs", self.name),
            };
            files.insert(PathBuf::from(path), format!("{declarations}{}", part.items));
        }
        (files, words, self.differences)
    }
}
