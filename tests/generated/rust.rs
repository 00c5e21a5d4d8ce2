//! Programs in Rust.

mod complications;
mod layout;
mod names;
mod scene;
mod shapes;
mod stage;
mod theatre;
mod vocabulary;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use geppetto_migrate::finding::Level;
use geppetto_migrate::frontend::Selection;

use self::scene::Scene;
use self::shapes::SHAPES;
use self::stage::STAGE;
use crate::choices::{Choices, Rng};
use crate::language::Language;
use crate::program::{Draft, Files};
use crate::shape;
use crate::theatre::{Halves, Message};

/// The language, edition 2024.
#[derive(Debug)]
pub(crate) struct Rust;

/// How manifests name the new crate. The tool reads the path as one from the working directory, which is the project's.
const RUNTIME: &str = r#"{ path = "runtime" }"#;

const MANIFEST: &str = "[package]\nname = \"program\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n[dependencies]\nasync-trait = \"0.1\"\ngeppetto = \"0.9\"\ntokio = { version = \"1\", features = [\"macros\", \"rt\", \"sync\"] }\n";

impl Language for Rust {
    fn name(&self) -> &'static str {
        "rust"
    }

    fn drawn(&self, rng: &mut Rng) -> &'static str {
        shape::drawn(SHAPES, rng)
    }

    fn composed(&self, scenes: &[String], choices: &mut Choices) -> Draft {
        let mut draft = Draft::default();
        draft.files.insert("Cargo.toml".into(), MANIFEST.to_owned());
        let mut reexported = BTreeSet::new();
        for name in scenes {
            let mut scene = Scene::new(name.clone(), choices);
            (shape::shape_of(SHAPES, name).write)(&mut scene);
            let (texts, words, may_differ) = scene.into_files();
            draft.files.extend(texts);
            reexported.extend(words);
            draft.differences.insert(name.clone(), may_differ);
        }
        let mut stage = Scene::new("stage".to_owned(), choices);
        stage.items(STAGE, &[]);
        let (texts, words, _) = stage.into_files();
        draft.files.extend(texts);
        reexported.extend(words);
        draft.files.insert("src/main.rs".into(), root(scenes, !reexported.is_empty()));
        if !reexported.is_empty() {
            draft.files.insert("src/words.rs".into(), vocabulary::words(&reexported));
        }
        choices.enter("program");
        let layout = layout::Layout::picked(choices);
        for (_, text) in draft.files.iter_mut().filter(|(path, _)| is_rust(path)) {
            *text = layout.of(text);
        }
        draft.is_formatted = layout.is_formatted();
        draft
    }

    fn scene_of<'a>(&self, path: &'a Path) -> Option<&'a str> {
        let below = path.strip_prefix("src").ok()?;
        let first = below.components().next()?.as_os_str().to_str()?;
        Some(first.strip_suffix(".rs").unwrap_or(first))
    }

    fn is_shown(&self, path: &Path) -> bool {
        !matches!(path.to_str(), Some("src/stage.rs" | "Cargo.toml"))
    }

    fn extension(&self) -> &'static str {
        "rs"
    }

    fn selection(&self, level: Level) -> Selection {
        Selection { runtime_dependency: Some(RUNTIME.to_owned()), ..Selection::up_to(level) }
    }

    fn flaw(&self, _before: &Files, after: &Files) -> Option<String> {
        wrong_manifest(after)
    }

    fn lay_out(&self, folders: &[PathBuf]) {
        layout::format(folders);
    }

    fn unformatted(&self, folders: &[PathBuf]) -> Vec<String> {
        layout::unformatted(folders)
    }

    fn half(&self, level: Level, _is_done: bool) -> &'static str {
        level.name()
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

    /// Whether the compiler only says that a variable or a field has lost its last use: a person sees to that.
    fn is_leftover(&self, warning: &str) -> bool {
        ["unused variable", "is never read", "are never read"].iter().any(|text| warning.contains(text))
    }
}

fn root(scenes: &[String], has_words: bool) -> String {
    let mut modules: Vec<&str> = scenes.iter().map(String::as_str).collect();
    modules.extend(has_words.then_some("words"));
    let modules: String = modules.iter().map(|module| format!("mod {module};\n")).collect();
    let modules = format!("{modules}#[allow(dead_code)]\nmod stage;\n");
    let calls: String =
        scenes.iter().map(|scene| format!("    println!(\"# {scene}\");\n    {scene}::run().await;\n")).collect();
    format!("{modules}\n#[tokio::main(flavor = \"current_thread\")]\nasync fn main() {{\n{calls}}}\n")
}

fn is_rust(path: &Path) -> bool {
    Rust.is_code(path)
}

/// What the manifest names and the code does not use, or the other way round.
fn wrong_manifest(files: &Files) -> Option<String> {
    let manifest = &files[Path::new("Cargo.toml")];
    let declares = |key: &str| manifest.lines().any(|line| line.starts_with(&format!("{key} =")));
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let code: String = files.iter().filter(|(path, _)| is_rust(path)).map(|(_, text)| text.as_str()).collect();
    let uses = |name: &str| code.lines().filter(is_code).any(|line| crate::tool::words(line).any(|word| word == name));
    let wrong = |key: &str, name: &str| {
        (declares(key) != uses(name))
            .then(|| format!("manifest: `{key}` is declared: {}, used: {}", declares(key), uses(name)))
    };
    wrong("geppetto", "geppetto").or_else(|| wrong("geppetto-runtime", "geppetto_runtime"))
}
