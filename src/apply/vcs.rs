//! The version-control guard: what is changed must be possible to take back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Waivers;

/// Why the changes could not be taken back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GuardError {
    /// No repository holds the path.
    #[error(
        "`{}` is not under version control, so the changes could not be taken back; \
         commit it somewhere first, or pass `--allow-no-vcs`",
        path.display()
    )]
    NoVcs {
        /// The root or file.
        path: PathBuf,
    },
    /// The repository holds changes of its own.
    #[error(
        "the repository `{}` has uncommitted changes, with which those of the tool would mix; \
         commit or stash them first, or pass `--allow-dirty`:{}",
        repository.display(),
        listed(files)
    )]
    Dirty {
        /// The top folder of the repository.
        repository: PathBuf,
        /// What is modified, staged or untracked.
        files: Vec<String>,
    },
    /// The version control program cannot be asked.
    #[error("cannot ask `{program}` about the repository `{}`: {message}; pass `--allow-dirty` to go on without", repository.display())]
    NoAnswer {
        /// The program.
        program: &'static str,
        /// The top folder of the repository.
        repository: PathBuf,
        /// What the program or the system said.
        message: String,
    },
}

/// What git sets for a hook; it would point every question at the hook's repository.
const HOOK_VARIABLES: [&str; 4] = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"];

/// How many uncommitted files a message names.
const LISTED: usize = 10;

fn listed(files: &[String]) -> String {
    let mut text = String::new();
    for file in files.iter().take(LISTED) {
        text.push_str("\n    ");
        text.push_str(file);
    }
    if files.len() > LISTED {
        text.push_str(&format!("\n    … and {} more", files.len() - LISTED));
    }
    text
}

/// Refuses unless every one of `paths` (canonical) is in a repository that has nothing uncommitted, or that is waived.
pub(super) fn guard(paths: &BTreeSet<PathBuf>, waivers: Waivers) -> Result<(), GuardError> {
    let mut repositories: BTreeMap<Repository, Vec<&Path>> = BTreeMap::new();
    for path in paths {
        match Repository::around(path) {
            Some(repository) => repositories.entry(repository).or_default().push(path),
            None if waivers.no_vcs => {}
            None => return Err(GuardError::NoVcs { path: path.clone() }),
        }
    }
    for (repository, paths) in &repositories {
        repository.guard(paths, waivers)?;
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum System {
    Jujutsu,
    Git,
    Mercurial,
}

impl System {
    // A Jujutsu repository often holds a Git one: it is the one people work with.
    const ALL: [System; 3] = [System::Jujutsu, System::Git, System::Mercurial];

    fn marker(self) -> &'static str {
        match self {
            System::Jujutsu => ".jj",
            System::Git => ".git",
            System::Mercurial => ".hg",
        }
    }

    fn program(self) -> &'static str {
        match self {
            System::Jujutsu => "jj",
            System::Git => "git",
            System::Mercurial => "hg",
        }
    }

    /// What makes the program print one line per uncommitted file, and nothing for a clean repository.
    fn status(self) -> &'static [&'static str] {
        match self {
            System::Jujutsu => &["diff", "--summary", "--color=never"],
            System::Git => &["--no-optional-locks", "status", "--porcelain", "--untracked-files=normal"],
            System::Mercurial => &["status"],
        }
    }
}

/// A repository, known by its top folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Repository {
    pub(super) top: PathBuf,
    system: System,
}

impl Repository {
    pub(super) fn around(path: &Path) -> Option<Self> {
        path.ancestors().find_map(Self::at)
    }

    /// The repository whose top is `folder`.
    pub(super) fn at(folder: &Path) -> Option<Self> {
        let system = System::ALL.into_iter().find(|system| folder.join(system.marker()).exists())?;
        Some(Self { top: folder.to_owned(), system })
    }

    /// The folder in which the system keeps what is its own; of a linked worktree, that of the worktree.
    pub(super) fn inside(&self) -> Option<PathBuf> {
        let marker = self.top.join(self.system.marker());
        if marker.is_dir() {
            return Some(marker);
        }
        let text = fs::read_to_string(marker).ok()?;
        let linked = self.top.join(text.strip_prefix("gitdir: ")?.trim_end());
        linked.is_dir().then_some(linked)
    }

    /// Files that the repository ignores are under no version control: it could not bring them back.
    fn guard(&self, paths: &[&Path], waivers: Waivers) -> Result<(), GuardError> {
        if waivers.dirty {
            return Ok(());
        }
        let ignored = self.ignored(paths)?;
        match ignored.first() {
            Some(path) if !waivers.no_vcs => return Err(GuardError::NoVcs { path: path.clone() }),
            _ if ignored.len() == paths.len() => return Ok(()),
            _ => {}
        }
        let files = self.uncommitted()?;
        if files.is_empty() {
            return Ok(());
        }
        Err(GuardError::Dirty { repository: self.top.clone(), files })
    }

    fn uncommitted(&self) -> Result<Vec<String>, GuardError> {
        let answer = self.ask(self.system.status(), Stdio::null(), &[0])?;
        Ok(answer.lines().map(str::to_owned).collect())
    }

    /// Those of `paths` that the repository ignores. Only Git is asked.
    fn ignored(&self, paths: &[&Path]) -> Result<Vec<PathBuf>, GuardError> {
        let below: Vec<&Path> = paths.iter().copied().filter(|path| *path != self.top).collect();
        if self.system != System::Git || below.is_empty() {
            return Ok(Vec::new());
        }
        let names = null_separated(&below).map_err(|error| self.no_answer(error.to_string()))?;
        let answer = self.ask(&["check-ignore", "--stdin", "-z"], names.into(), &[0, 1])?;
        Ok(answer.split_terminator('\0').map(PathBuf::from).collect())
    }

    /// What the program prints; it must end with one of the `expected` codes.
    fn ask(&self, args: &[&str], stdin: Stdio, expected: &[i32]) -> Result<String, GuardError> {
        let mut command = Command::new(self.system.program());
        command.args(args).current_dir(&self.top).stdin(stdin);
        for variable in HOOK_VARIABLES {
            command.env_remove(variable);
        }
        let output = command.output().map_err(|error| self.no_answer(error.to_string()))?;
        match output.status.code() {
            Some(code) if expected.contains(&code) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            _ => Err(self.no_answer(String::from_utf8_lossy(&output.stderr).trim().to_owned())),
        }
    }

    fn no_answer(&self, message: String) -> GuardError {
        GuardError::NoAnswer { program: self.system.program(), repository: self.top.clone(), message }
    }
}

/// An open file that holds the `paths` as `git check-ignore -z` reads them.
fn null_separated(paths: &[&Path]) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    for path in paths {
        file.write_all(path.as_os_str().as_encoded_bytes())?;
        file.write_all(b"\0")?;
    }
    file.rewind()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::folder;

    fn git(folder: &Path, args: &[&str]) {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=A", "-c", "user.email=a@example.org"]).args(args).current_dir(folder);
        for variable in HOOK_VARIABLES {
            command.env_remove(variable);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    fn committed(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = folder(files.iter().copied());
        git(dir.path(), &["init", "--quiet"]);
        git(dir.path(), &["add", "--all"]);
        git(dir.path(), &["commit", "--quiet", "--message", "all"]);
        dir
    }

    fn ask(paths: &[&Path], waivers: Waivers) -> Result<(), GuardError> {
        guard(&paths.iter().map(|path| fs::canonicalize(path).unwrap()).collect(), waivers)
    }

    const NONE: Waivers = Waivers { dirty: false, no_vcs: false };
    const DIRTY: Waivers = Waivers { dirty: true, no_vcs: false };
    const NO_VCS: Waivers = Waivers { dirty: false, no_vcs: true };

    #[test]
    fn a_clean_repository_may_be_changed() {
        let dir = committed(&[("src/a.rs", ""), (".gitignore", "out\n"), ("out/b.rs", "")]);
        ask(&[dir.path(), &dir.path().join("src/a.rs")], NONE).unwrap();
    }

    #[test]
    fn modified_staged_and_untracked_files_are_dirt() {
        let modify = |dir: &Path| fs::write(dir.join("a.rs"), "x").unwrap();
        let stage = |dir: &Path| {
            fs::write(dir.join("a.rs"), "y").unwrap();
            git(dir, &["add", "a.rs"]);
        };
        let create = |dir: &Path| fs::write(dir.join("new.txt"), "").unwrap();
        let ways: [&dyn Fn(&Path); 3] = [&modify, &stage, &create];
        for soil in ways {
            let dir = committed(&[("a.rs", ""), ("b/c.rs", "")]);
            soil(dir.path());
            for waivers in [NONE, NO_VCS] {
                let error = ask(&[&dir.path().join("b")], waivers).unwrap_err();
                assert!(matches!(error, GuardError::Dirty { .. }), "{error:?}");
            }
            ask(&[dir.path()], DIRTY).unwrap();
        }
    }

    #[test]
    fn every_repository_is_asked() {
        let (clean, dirty) = (committed(&[("a.rs", "")]), committed(&[("a.rs", "")]));
        fs::write(dirty.path().join("a.rs"), "x").unwrap();
        assert!(ask(&[clean.path(), dirty.path()], NONE).is_err());
    }

    #[test]
    fn without_version_control_it_takes_a_waiver() {
        let dir = folder([("a.rs", "")]);
        let error = ask(&[dir.path()], DIRTY).unwrap_err();
        assert!(matches!(error, GuardError::NoVcs { .. }), "{error:?}");
        ask(&[dir.path()], NO_VCS).unwrap();
    }

    #[test]
    fn ignored_files_are_under_no_version_control() {
        let dir = committed(&[(".gitignore", "out\n"), ("a.rs", "")]);
        fs::create_dir(dir.path().join("out")).unwrap();
        let out = dir.path().join("out");
        let error = ask(&[&out], NONE).unwrap_err();
        assert!(matches!(error, GuardError::NoVcs { .. }), "{error:?}");
        ask(&[&out], NO_VCS).unwrap();
    }

    #[test]
    fn a_repository_that_git_does_not_understand_is_refused() {
        let dir = folder([("a.rs", ""), (".git/HEAD", "nonsense")]);
        let error = ask(&[dir.path()], NONE).unwrap_err();
        assert!(matches!(error, GuardError::NoAnswer { .. }), "{error:?}");
        ask(&[dir.path()], DIRTY).unwrap();
    }

    #[test]
    fn repositories_of_other_systems_are_asked_too() {
        for marker in [".jj/repo", ".hg/requires"] {
            let dir = folder([("a.rs", ""), (marker, "nonsense")]);
            ask(&[dir.path()], NONE).unwrap_err();
            ask(&[dir.path()], DIRTY).unwrap();
        }
    }
}
