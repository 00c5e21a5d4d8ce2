//! Whole programs: one to four scenes, a stage, a `main`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use crate::choices::{Choices, Decisions, Rng};
use crate::layout;
use crate::scene::{Difference, Scene};
use crate::shapes::Shape;
use crate::stage::STAGE;
use crate::vocabulary;

/// The files of a package with their paths relative to it.
pub(crate) type Files = BTreeMap<PathBuf, String>;

/// Everything that makes a program, in a form that can be made smaller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recipe {
    /// The scenes by name; a name is a letter and a shape.
    pub(crate) scenes: Vec<String>,
    pub(crate) decisions: Decisions,
}

/// One program.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) recipe: Recipe,
    pub(crate) files: Files,
    pub(crate) differences: BTreeMap<String, Vec<Difference>>,
    /// Whether rustfmt is to lay it out.
    pub(crate) is_formatted: bool,
}

const MANIFEST: &str = "[package]\nname = \"program\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n[dependencies]\nasync-trait = \"0.1\"\ngeppetto = \"0.9\"\ntokio = { version = \"1\", features = [\"macros\", \"rt\", \"sync\"] }\n";

impl Recipe {
    /// The recipe of a seed, drawn from `shapes`.
    pub(crate) fn drawn(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let count = 1 + rng.below(4);
        let scene = |(letter, shape): (char, Shape)| format!("{letter}_{}", shape.name);
        let scenes = ('a'..).take(count).map(|letter| scene((letter, Shape::drawn(&mut rng)))).collect();
        let mut recipe = Self { scenes, decisions: Decisions::default() };
        recipe.decisions = recipe.written(Choices::drawn(rng)).1;
        recipe
    }

    /// The program.
    pub(crate) fn program(&self, name: &str) -> Program {
        let (mut program, _) = self.written(Choices::replayed(self.decisions.clone()));
        program.name = name.to_owned();
        program
    }

    fn written(&self, mut choices: Choices) -> (Program, Decisions) {
        let mut files = Files::from([(PathBuf::from("Cargo.toml"), MANIFEST.to_owned())]);
        let mut differences = BTreeMap::new();
        let mut reexported = BTreeSet::new();
        let shape = |scene: &str| scene.split_once('_').and_then(|(_, shape)| Shape::named(shape));
        for name in &self.scenes {
            let mut scene = Scene::new(name.clone(), &mut choices);
            (shape(name).expect("the shape is known").write)(&mut scene);
            let (texts, words, may_differ) = scene.into_files();
            files.extend(texts);
            reexported.extend(words);
            differences.insert(name.clone(), may_differ);
        }
        let mut stage = Scene::new("stage".to_owned(), &mut choices);
        stage.items(STAGE, &[]);
        let (texts, words, _) = stage.into_files();
        files.extend(texts);
        reexported.extend(words);
        files.insert("src/main.rs".into(), self.root(!reexported.is_empty()));
        if !reexported.is_empty() {
            files.insert("src/words.rs".into(), vocabulary::words(&reexported));
        }
        choices.enter("program");
        let layout = layout::Layout::picked(&mut choices);
        for (_, text) in files.iter_mut().filter(|(path, _)| is_rust(path)) {
            *text = layout.of(text);
        }
        let program = Program {
            name: String::new(),
            recipe: self.clone(),
            files,
            differences,
            is_formatted: layout.is_formatted(),
        };
        (program, choices.into_decisions())
    }

    fn root(&self, has_words: bool) -> String {
        let mut modules: Vec<&str> = self.scenes.iter().map(String::as_str).collect();
        modules.extend(has_words.then_some("words"));
        let modules: String = modules.iter().map(|module| format!("mod {module};\n")).collect();
        let modules = format!("{modules}#[allow(dead_code)]\nmod stage;\n");
        let calls: String = self
            .scenes
            .iter()
            .map(|scene| format!("    println!(\"# {scene}\");\n    {scene}::run().await;\n"))
            .collect();
        format!("{modules}\n#[tokio::main(flavor = \"current_thread\")]\nasync fn main() {{\n{calls}}}\n")
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.scenes.join(" "), self.decisions)
    }
}

pub(crate) fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

impl Program {
    /// The scene that a file belongs to.
    pub(crate) fn scene_of(&self, path: &Path) -> Option<&str> {
        let below = path.strip_prefix("src").ok()?;
        let first = below.components().next()?.as_os_str().to_str()?;
        let name = first.strip_suffix(".rs").unwrap_or(first);
        self.recipe.scenes.iter().find(|scene| *scene == name).map(String::as_str)
    }

    /// All its texts, for a person to read.
    pub(crate) fn text(&self) -> String {
        text(&self.files)
    }
}

/// All texts of a package but its stage, for a person to read.
pub(crate) fn text(files: &Files) -> String {
    let shown = files.iter().filter(|(path, _)| !matches!(path.to_str(), Some("src/stage.rs" | "Cargo.toml")));
    shown.map(|(path, text)| format!("--- {}\n{text}", path.display())).collect()
}
