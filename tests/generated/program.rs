//! Whole programs: one to four scenes, a stage, a `main`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use geppetto_migrate::rules::Trap;

use crate::choices::{Choices, Decisions, Rng};
use crate::language::Language;

/// The files of a package with their paths relative to it.
pub(crate) type Files = BTreeMap<PathBuf, String>;

/// Everything that makes a program, in a form that can be made smaller.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    pub(crate) language: &'static dyn Language,
    /// The scenes by name; a name is a letter and a shape.
    pub(crate) scenes: Vec<String>,
    pub(crate) decisions: Decisions,
}

/// How a finding announces a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Announced {
    /// It names the trap.
    Trap(Trap),
    /// Its reason has these words.
    Reason(&'static str),
}

/// What an offered change may change in a line of the transcript, and into what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// What a finding of the scene has to say.
    pub(crate) announced: Announced,
    /// What stands in the line.
    pub(crate) before: String,
    /// What may stand there afterwards.
    pub(crate) after: String,
}

/// What a language makes of a recipe.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    pub(crate) files: Files,
    /// What may differ afterwards, by scene.
    pub(crate) differences: BTreeMap<String, Vec<Difference>>,
    /// Whether the language's formatter is to lay it out.
    pub(crate) is_formatted: bool,
    /// Whether its lines end as on Windows after that.
    pub(crate) has_carriage_returns: bool,
}

/// One program.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) recipe: Recipe,
    pub(crate) files: Files,
    pub(crate) differences: BTreeMap<String, Vec<Difference>>,
    pub(crate) is_formatted: bool,
    pub(crate) has_carriage_returns: bool,
}

impl Recipe {
    /// The recipe of a seed.
    pub(crate) fn drawn(language: &'static dyn Language, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let count = 1 + rng.below(4);
        let scenes: Vec<String> =
            ('a'..).take(count).map(|letter| format!("{letter}_{}", language.drawn(&mut rng))).collect();
        let mut choices = Choices::drawn(rng);
        language.composed(&scenes, &mut choices);
        Self { language, scenes, decisions: choices.into_decisions() }
    }

    /// The program.
    pub(crate) fn program(&self, name: &str) -> Program {
        let mut choices = Choices::replayed(self.decisions.clone());
        let Draft { files, differences, is_formatted, has_carriage_returns } =
            self.language.composed(&self.scenes, &mut choices);
        let name = name.to_owned();
        Program { name, recipe: self.clone(), files, differences, is_formatted, has_carriage_returns }
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.scenes.join(" "), self.decisions)
    }
}

impl Program {
    /// The scene that a file belongs to.
    pub(crate) fn scene_of(&self, path: &Path) -> Option<&str> {
        let name = self.recipe.language.scene_of(path)?;
        self.recipe.scenes.iter().find(|scene| *scene == name).map(String::as_str)
    }

    /// All its texts that a person wants to read.
    pub(crate) fn text(&self) -> String {
        let shown = self.files.iter().filter(|(path, _)| self.recipe.language.is_shown(path));
        shown.map(|(path, text)| format!("--- {}\n{text}", path.display())).collect()
    }
}
