//! Programs in Go.

mod complications;
mod layout;
mod names;
mod scene;
mod shapes;
mod stage;
mod theatre;
pub(crate) mod tools;
mod vocabulary;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use geppetto_migrate::finding::Level;

use self::scene::Scene;
use self::shapes::SHAPES;
use self::stage::STAGE;
use self::vocabulary::PROGRAM;
use crate::choices::{Choices, Rng};
use crate::language::Language;
use crate::program::{Draft, Files};
use crate::shape;
use crate::theatre::{Halves, Message};

/// The language.
#[derive(Debug)]
pub(crate) struct Go;

impl Language for Go {
    fn name(&self) -> &'static str {
        "go"
    }

    fn drawn(&self, rng: &mut Rng) -> &'static str {
        shape::drawn(SHAPES, rng)
    }

    fn composed(&self, scenes: &[String], choices: &mut Choices) -> Draft {
        let mut draft = Draft::default();
        for name in scenes {
            let mut scene = Scene::new(name.clone(), choices);
            (shape::shape_of(SHAPES, name).write)(&mut scene);
            let (texts, may_differ) = scene.into_files();
            draft.files.extend(texts);
            draft.differences.insert(name.clone(), may_differ);
        }
        choices.enter("program");
        let layout = layout::Layout::picked(choices);
        for text in draft.files.values_mut() {
            *text = layout.of(text);
        }
        draft.files.insert("stage/stage.go".into(), STAGE.to_owned());
        draft.files.insert("main.go".into(), root(scenes));
        draft.files.insert("go.mod".into(), manifest(""));
        draft.is_formatted = true;
        draft.has_carriage_returns = layout.has_carriage_returns();
        draft
    }

    fn scene_of<'a>(&self, path: &'a Path) -> Option<&'a str> {
        path.components().next()?.as_os_str().to_str()
    }

    fn is_shown(&self, path: &Path) -> bool {
        !matches!(path.to_str(), Some("stage/stage.go" | "main.go" | "go.mod"))
    }

    fn extension(&self) -> &'static str {
        "go"
    }

    fn flaw(&self, before: &Files, after: &Files) -> Option<String> {
        let is_other = |path: &&str| before.get(Path::new(path)) != after.get(Path::new(path));
        let untouched = ["stage/stage.go", "main.go"].into_iter().find(is_other);
        untouched.map(|path| format!("files: {path} names nothing that is legacy, and changes"))
    }

    fn lay_out(&self, folders: &[PathBuf]) {
        layout::format(folders);
    }

    fn unformatted(&self, folders: &[PathBuf]) -> Vec<String> {
        layout::unformatted(folders)
    }

    /// Old and new are two versions of one module: a program in which something is left to do is compiled with the old one,
    /// which has what is new, too.
    fn half(&self, level: Level, is_done: bool) -> &'static str {
        match (level, is_done) {
            (Level::Safe, true) => "safe-new",
            (Level::Safe, false) => "safe",
            (_, true) => "offered-new",
            (_, false) => "offered",
        }
    }

    fn staged(&self, halves: &Halves) -> Files {
        theatre::staged(halves)
    }

    fn compiled(&self, folder: &Path, halves: &Halves) -> Vec<Message> {
        theatre::compiled(folder, halves)
    }

    fn binary(&self, folder: &Path, half: &str) -> PathBuf {
        theatre::binary(folder, half)
    }

    fn is_leftover(&self, _warning: &str) -> bool {
        false
    }
}

fn is_go(path: &Path) -> bool {
    Go.is_code(path)
}

/// Whether the programs of a half are compiled with the new version of the library.
fn is_new(half: &str) -> bool {
    half.ends_with("-new")
}

fn manifest(more: &str) -> String {
    format!("module {PROGRAM}\n\ngo 1.23\n\nrequire github.com/go-go-golems/geppetto v0.4.0\n{more}")
}

fn root(scenes: &[String]) -> String {
    let mut imports = String::new();
    let mut calls = String::new();
    for scene in scenes {
        let _ = writeln!(imports, "\t\"{PROGRAM}/{scene}\"");
        let _ = writeln!(calls, "\tfmt.Println(\"# {scene}\")\n\t{scene}.Run()");
    }
    format!("package main\n\nimport (\n\t\"fmt\"\n\n{imports})\n\nfunc main() {{\n{calls}}}\n")
}
