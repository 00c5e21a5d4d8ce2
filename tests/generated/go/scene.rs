//! One scene of a program: a package, and at times packages below it, spelled in the scene's own style.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use geppetto_migrate::rules::Trap;

use crate::choices::Choices;
use crate::go::names::{self, Name};
use crate::go::vocabulary::{self, Imports};
use crate::program::{Announced, Difference, Files};
use crate::template::{filled, spelled};

/// One file under construction.
#[derive(Debug)]
struct File {
    /// Its path below the scene's folder.
    path: String,
    /// What stands above the clause that names the package.
    head: String,
    imports: Imports,
    declarations: Vec<String>,
}

impl File {
    fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }
}

/// A scene under construction. Templates name what packages and programs have by `@Name`, and leave gaps `<<gap>>`.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    name: String,
    choices: &'a mut Choices,
    names: usize,
    imports: usize,
    files: Vec<File>,
    current: usize,
    /// What stands in a package below the scene's, by the folder of that.
    exported: BTreeMap<&'static str, String>,
    differences: Vec<Difference>,
}

impl<'a> Scene<'a> {
    pub(super) fn new(name: String, choices: &'a mut Choices) -> Self {
        choices.enter(&name);
        let names = choices.pick("names", names::STYLES);
        let imports = choices.pick("imports", vocabulary::STYLES);
        let mut scene = Self {
            name,
            choices,
            names,
            imports,
            files: Vec::new(),
            current: 0,
            exported: BTreeMap::new(),
            differences: Vec::new(),
        };
        let head = match scene.pick("head", 6) {
            1 => "//go:build !plan9\n\n",
            2 => "// Package doc: one scene of several.\n",
            3 => "// Copyright nobody.\n\n//go:build linux || darwin || windows\n\n",
            4 => "//go:generate echo nothing\n\n",
            _ => "",
        };
        scene.open("scene.go", head);
        scene
    }

    fn open(&mut self, path: &str, head: &str) -> usize {
        let imports = Imports::new(self.imports);
        self.files.push(File { path: path.to_owned(), head: head.to_owned(), imports, declarations: Vec::new() });
        self.files.len() - 1
    }

    /// One of `ways`.
    pub(super) fn pick(&mut self, name: &str, ways: usize) -> usize {
        self.choices.pick(name, ways)
    }

    /// One of `texts`.
    pub(super) fn one_of(&mut self, name: &str, texts: &[&'static str]) -> &'static str {
        texts[self.pick(name, texts.len())]
    }

    /// Adds declarations to the current file.
    pub(super) fn items(&mut self, template: &str, gaps: &[(&str, &str)]) {
        let text = filled(template, gaps);
        let mut declaration = String::new();
        let mut parts = Vec::new();
        for line in text.trim_matches('\n').lines() {
            let is_whole = declaration.matches('{').count() == declaration.matches('}').count();
            if is_whole && declaration.ends_with("\n\n") {
                parts.push(std::mem::take(&mut declaration));
            }
            declaration.push_str(line);
            declaration.push('\n');
        }
        parts.push(declaration);
        for part in parts {
            if !self.is_declared(&part) {
                self.files[self.current].declarations.push(part);
            }
        }
    }

    /// Whether the current package has just that already.
    fn is_declared(&self, declaration: &String) -> bool {
        let folder = self.files[self.current].folder();
        self.files.iter().any(|file| file.folder() == folder && file.declarations.contains(declaration))
    }

    /// Declarations that may stand in a file or a package of their own, from which the scene uses `used`.
    pub(super) fn part(&mut self, used: &[&'static str], write: impl FnOnce(&mut Self)) {
        let path = match self.pick("part", 4) {
            1 => "parts.go",
            2 => "parts/parts.go",
            3 => "internal/kept/kept.go",
            _ => return write(self),
        };
        if let Some((folder, _)) = path.rsplit_once('/') {
            self.export(used, folder);
        }
        self.in_file(path, write);
    }

    /// The package in `folder` has `words`.
    pub(super) fn export(&mut self, words: &[&'static str], folder: &str) {
        self.exported.extend(words.iter().map(|&word| (word, folder.to_owned())));
    }

    /// Declarations of another file.
    pub(super) fn in_file(&mut self, path: &str, write: impl FnOnce(&mut Self)) {
        self.in_tagged_file(path, "", write);
    }

    /// Declarations of another file, which has `head` above all.
    pub(super) fn in_tagged_file(&mut self, path: &str, head: &str, write: impl FnOnce(&mut Self)) {
        let opened = self.open(path, head);
        let outer = std::mem::replace(&mut self.current, opened);
        write(self);
        self.current = outer;
    }

    /// An offered change of the scene may change this in a line of its transcript.
    pub(super) fn may_differ(&mut self, trap: Trap, before: impl Into<String>, after: impl Into<String>) {
        self.differ(Announced::Trap(trap), before, after);
    }

    /// The same for a change whose reason, which is no trap of its own, has these words.
    pub(super) fn may_differ_for(&mut self, reason: &'static str, before: impl Into<String>, after: impl Into<String>) {
        self.differ(Announced::Reason(reason), before, after);
    }

    fn differ(&mut self, announced: Announced, before: impl Into<String>, after: impl Into<String>) {
        self.differences.push(Difference { announced, before: before.into(), after: after.into() });
    }

    /// The errors of a session say the same in other words.
    pub(super) fn texts_of_errors_may_differ(&mut self) {
        self.may_differ(Trap::ErrorIdentity, "inference already running", "session already has an active inference");
        self.may_differ(Trap::ErrorIdentity, "inference not running", "session has no active inference");
    }

    /// The files of the scene, and what may differ.
    pub(super) fn into_files(mut self) -> (Files, Vec<Difference>) {
        let mut files = Files::new();
        for index in 0..self.files.len() {
            let declarations = std::mem::take(&mut self.files[index].declarations);
            let texts: Vec<String> = declarations.iter().map(|text| self.rendered(index, text)).collect();
            let file = &self.files[index];
            let package = file.folder().rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(&self.name);
            let package = match file.path.ends_with("outside_test.go") {
                true => format!("{package}_test"),
                false => package.to_owned(),
            };
            let text =
                format!("{}package {package}\n\n{}\n{}", file.head, file.imports.declarations(), texts.join("\n"));
            files.insert(PathBuf::from(&self.name).join(&file.path), text);
        }
        (files, self.differences)
    }

    /// A declaration of a file, in which no variable hides a package that is used below.
    fn rendered(&mut self, file: usize, template: &str) -> String {
        let mut hides = BTreeMap::new();
        let mut used = BTreeMap::new();
        for (line, text) in template.lines().enumerate() {
            spelled(text, |word| {
                match self.spell(file, word) {
                    Spelled::Local(name, _) => drop(hides.entry(name).or_insert(line)),
                    Spelled::Packaged(_, package) => drop(used.insert(package, line)),
                    Spelled::Plain(_) => {}
                }
                String::new()
            });
        }
        let clashes: BTreeSet<&str> = hides
            .iter()
            .filter(|(name, line)| used.get(**name).is_some_and(|used| used > line))
            .map(|(name, _)| *name)
            .collect();
        spelled(template, |word| match self.spell(file, word) {
            Spelled::Local(name, other) => if clashes.contains(name) { other } else { name }.to_owned(),
            Spelled::Packaged(text, _) | Spelled::Plain(text) => text,
        })
    }

    fn spell(&mut self, file: usize, word: &str) -> Spelled {
        if let Some((text, package)) = self.files[file].imports.spell(word) {
            return Spelled::Packaged(text, package);
        }
        let name = match names::spell(word, self.names) {
            Some(Name::Local(name, other)) => return Spelled::Local(name, other),
            Some(Name::Shared(name)) => name,
            None => panic!("no one knows `@{word}`"),
        };
        match self.exported.get(word) {
            Some(folder) if folder != self.files[file].folder() => {
                let below = format!("{}/{folder}", self.name);
                let (text, package) = self.files[file].imports.own(&below, name);
                Spelled::Packaged(text, package)
            }
            _ => Spelled::Plain(name.to_owned()),
        }
    }
}

/// How a word of a template is spelled.
enum Spelled {
    /// As a variable, or as that where the first would hide a package.
    Local(&'static str, &'static str),
    /// As something of a package, whose name in the file this is.
    Packaged(String, String),
    Plain(String),
}
