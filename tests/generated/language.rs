//! What is particular to the programs of one language.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use geppetto_migrate::finding::Level;
use geppetto_migrate::frontend::Selection;

use crate::choices::{Choices, Rng};
use crate::program::{Draft, Files};
use crate::theatre::{Halves, Message};

/// One language.
pub(crate) trait Language: fmt::Debug + Sync {
    /// Its name, in folders too.
    fn name(&self) -> &'static str;

    /// The name of a shape of legacy code, each as often as it was seen.
    fn drawn(&self, rng: &mut Rng) -> &'static str;

    /// The program of these scenes; a scene is called by a letter and its shape.
    fn composed(&self, scenes: &[String], choices: &mut Choices) -> Draft;

    /// The scene that a file of a program would belong to.
    fn scene_of<'a>(&self, path: &'a Path) -> Option<&'a str>;

    /// Whether a person who looks for a defect wants to read this file.
    fn is_shown(&self, path: &Path) -> bool;

    /// Whether a file is code.
    fn is_code(&self, path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == self.extension())
    }

    /// What the names of files with code end with.
    fn extension(&self) -> &'static str;

    /// What the tool is asked for.
    fn selection(&self, level: Level) -> Selection {
        Selection::up_to(level)
    }

    /// What is wrong with a migrated program before anyone compiles it.
    fn flaw(&self, before: &Files, after: &Files) -> Option<String>;

    /// Lays out all programs below these folders.
    fn lay_out(&self, folders: &[PathBuf]);

    /// The files below these folders that would be laid out otherwise, and those that cannot be read.
    fn unformatted(&self, folders: &[PathBuf]) -> Vec<String>;

    /// The half in which a program is played after its changes up to `level`, if nothing else is left to do in it or if
    /// something is.
    fn half(&self, level: Level, is_done: bool) -> &'static str;

    /// The files by which the programs of all halves are compiled, each half as one binary.
    fn staged(&self, halves: &Halves) -> Files;

    /// Compiles the halves in `folder`, which holds what is staged.
    fn compiled(&self, folder: &Path, halves: &Halves) -> Vec<Message>;

    /// The binary of a half.
    fn binary(&self, folder: &Path, half: &str) -> PathBuf;

    /// Whether a warning only says what a person sees to.
    fn is_leftover(&self, warning: &str) -> bool;
}

/// The halves by their names.
pub(crate) type ByHalf<T> = BTreeMap<&'static str, T>;
