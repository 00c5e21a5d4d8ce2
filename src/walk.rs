//! Which files there are below the given roots, in the order of their paths.
//!
//! Out are hidden and ignored files (as git sees it), cargo's `target`, vendored dependencies and `node_modules`. A root is
//! always entered, whatever it is called. Links to folders are not followed, links to files are. A root that is only a
//! part of a package stands for the whole package.

mod widen;

use std::collections::HashMap;
use std::fs::{self, FileType};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;

use ignore::gitignore::GitignoreBuilder;
use ignore::{DirEntry, WalkBuilder, WalkState};

use self::widen::package_around;
use crate::source::Source;
use crate::tree::{Problem, ProblemKind};

/// The files below some roots and what of them could not be looked at.
#[derive(Debug, Default)]
pub struct Walked {
    /// The roots, in the order in which they were given. In place of one that is a part of a package stands the package.
    pub roots: Vec<PathBuf>,
    /// Files, sorted by path, each once even where roots overlap (under the spelling of the first root that holds it).
    pub files: Vec<PathBuf>,
    /// Folders that cannot be listed, links that lead nowhere.
    pub problems: Vec<Problem>,
}

/// A root that cannot be walked at all.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{}`", path.display())]
pub struct RootError {
    /// The root as it was given.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// Lists the files below `roots` whose path `claims` accepts.
///
/// # Errors
/// [`RootError`] for a root that is missing or cannot be read. Everything below a root that cannot be read is a
/// [`Problem`].
pub fn walk(roots: &[PathBuf], claims: &(dyn Fn(&Path) -> bool + Sync)) -> Result<Walked, RootError> {
    let mut all = Walked::default();
    let mut files = HashMap::new();
    for root in roots {
        let found = walk_root(root, claims).map_err(|source| RootError { path: root.clone(), source })?;
        for (key, path) in found.files {
            files.entry(key).or_insert(path);
        }
        all.problems.extend(found.problems);
        all.roots.push(found.root);
    }
    all.files = files.into_values().collect();
    all.files.sort();
    all.problems.sort();
    all.problems.dedup();
    Ok(all)
}

/// What one root holds.
struct Found {
    root: PathBuf,
    /// Paths by the same paths below the root's canonical one: as no link to a folder is followed, these tell files apart.
    files: Vec<(PathBuf, PathBuf)>,
    problems: Vec<Problem>,
}

fn walk_root(root: &Path, claims: &(dyn Fn(&Path) -> bool + Sync)) -> io::Result<Found> {
    let root = without_dots(root);
    let opened = if root.as_os_str().is_empty() { Path::new(".") } else { &root };
    let real = fs::canonicalize(opened)?;
    let (paths, problems) = if real.is_dir() {
        fs::read_dir(&real)?;
        walk_folder(opened, &real, claims)
    } else if real.is_file() {
        (claims(opened).then(|| opened.to_owned()).into_iter().collect(), Vec::new())
    } else {
        return Err(io::Error::other("neither a file nor a folder"));
    };
    if let Some(package) = package_around(opened, &real, &paths) {
        return walk_root(&package, claims);
    }
    let key = |path: &Path| real.join(path.strip_prefix(opened).expect("the walk stays below its root"));
    let files = paths.iter().map(|path| (key(path), without_dots(path))).collect();
    Ok(Found { root: opened.to_owned(), files, problems })
}

/// Reads one file.
///
/// # Errors
/// A [`Problem`] that says why there is no text.
pub fn read_source(path: &Path) -> Result<Source, Problem> {
    let bytes = fs::read(path).map_err(|error| unreadable(path, error.to_string()))?;
    source_of(path, bytes)
}

/// Takes what was read from `path` as text.
///
/// # Errors
/// A [`Problem`] with the place of the first byte that is not UTF-8.
pub(crate) fn source_of(path: &Path, bytes: Vec<u8>) -> Result<Source, Problem> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(path, text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let valid = String::from_utf8_lossy(&error.as_bytes()[..at]);
            Err(Problem {
                path: path.to_owned(),
                position: Some(Source::new(path, valid).position(at)),
                kind: ProblemKind::NotUtf8,
                message: "the file is not UTF-8".to_owned(),
            })
        }
    }
}

pub(crate) fn unreadable(path: &Path, message: String) -> Problem {
    Problem { path: without_dots(path), position: None, kind: ProblemKind::Unreadable, message }
}

fn walk_folder(root: &Path, real: &Path, claims: &(dyn Fn(&Path) -> bool + Sync)) -> (Vec<PathBuf>, Vec<Problem>) {
    let walked = Mutex::new((Vec::new(), Vec::new()));
    WalkBuilder::new(root)
        .parents(!ignored_by_parents(real))
        .threads(rayon::current_num_threads())
        .filter_entry(|entry| entry.depth() == 0 || !is_foreign_folder(entry))
        .build_parallel()
        .run(|| {
            Box::new(|entry| {
                let seen = match &entry {
                    Ok(entry) => look_at(entry, claims),
                    Err(error) => Some(Err(walk_problem(root, error))),
                };
                let mut walked = walked.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                match seen {
                    Some(Ok(path)) => walked.0.push(path),
                    Some(Err(problem)) => walked.1.push(problem),
                    None => {}
                }
                WalkState::Continue
            })
        });
    walked.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The entry's path if it is a file that is claimed.
fn look_at(entry: &DirEntry, claims: &dyn Fn(&Path) -> bool) -> Option<Result<PathBuf, Problem>> {
    let (path, kind) = (entry.path(), entry.file_type()?);
    if kind.is_dir() || !claims(path) {
        return None;
    }
    match kind_behind_link(path, kind) {
        Ok(kind) if kind.is_file() => Some(Ok(path.to_owned())),
        Ok(kind) if kind.is_dir() => None,
        Ok(_) => Some(Err(unreadable(path, "not a regular file".to_owned()))),
        Err(error) => Some(Err(unreadable(path, error.to_string()))),
    }
}

fn kind_behind_link(path: &Path, kind: FileType) -> io::Result<FileType> {
    if kind.is_symlink() { fs::metadata(path).map(|metadata| metadata.file_type()) } else { Ok(kind) }
}

/// Whether the folder holds code that its package did not write: build output, vendored and installed dependencies. A
/// folder of that name that is a Rust module is the package's own.
fn is_foreign_folder(entry: &DirEntry) -> bool {
    if !entry.file_type().is_some_and(|kind| kind.is_dir()) {
        return false;
    }
    let path = entry.path();
    match path.file_name().and_then(|name| name.to_str()) {
        Some("node_modules") => true,
        Some("target") => {
            !is_rust_module(path) && (path.join("CACHEDIR.TAG").exists() || path.with_file_name("Cargo.toml").exists())
        }
        Some("vendor") => !is_rust_module(path),
        _ => false,
    }
}

fn is_rust_module(folder: &Path) -> bool {
    folder.join("mod.rs").exists() || folder.with_extension("rs").exists()
}

/// Whether an ignore file above `root`, in the same repository, hides `root` itself. Such rules would hide everything in
/// a root that was asked for by name.
fn ignored_by_parents(root: &Path) -> bool {
    for folder in root.ancestors() {
        let is_top = folder.join(".git").exists();
        if folder != root {
            let mut rules = GitignoreBuilder::new(folder);
            for name in [".gitignore", ".ignore"] {
                rules.add(folder.join(name));
            }
            if is_top {
                rules.add(folder.join(".git/info/exclude"));
            }
            if rules.build().is_ok_and(|rules| rules.matched_path_or_any_parents(root, true).is_ignore()) {
                return true;
            }
        }
        if is_top {
            break;
        }
    }
    false
}

fn walk_problem(root: &Path, error: &ignore::Error) -> Problem {
    let path = error_path(error).unwrap_or(root);
    let message = match error.io_error() {
        Some(error) => error.to_string(),
        None => error.to_string(),
    };
    unreadable(path, message)
}

fn error_path(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => error_path(err),
        _ => None,
    }
}

/// `path` without its `.` parts, as people write it.
fn without_dots(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::folder;

    fn names(roots: &[&Path]) -> Vec<String> {
        let walked = rust_files(roots);
        assert_eq!(walked.problems, []);
        let base = roots[0];
        let short = |path: &PathBuf| path.strip_prefix(base).unwrap_or(path).display().to_string();
        walked.files.iter().map(short).collect()
    }

    fn rust_files(roots: &[&Path]) -> Walked {
        let roots: Vec<PathBuf> = roots.iter().map(|root| root.to_path_buf()).collect();
        walk(&roots, &|path| path.extension().is_some_and(|extension| extension == "rs")).unwrap()
    }

    #[test]
    fn files_come_sorted_by_path_and_only_claimed_ones() {
        let dir = folder([("b.rs", ""), ("a/z.rs", ""), ("a.rs", ""), ("a/notes.txt", "")]);
        assert_eq!(names(&[dir.path()]), ["a/z.rs", "a.rs", "b.rs"]);
    }

    #[test]
    fn hidden_ignored_and_foreign_folders_are_out() {
        let dir = folder([
            ("src/lib.rs", ""),
            (".hidden/a.rs", ""),
            ("vendor/dep/lib.rs", ""),
            ("node_modules/dep/a.rs", ""),
            ("Cargo.toml", ""),
            ("target/debug/a.rs", ""),
            ("elsewhere/target/CACHEDIR.TAG", ""),
            ("elsewhere/target/a.rs", ""),
            (".git/HEAD", ""),
            (".gitignore", "generated.rs\n"),
            ("src/generated.rs", ""),
        ]);
        assert_eq!(names(&[dir.path()]), ["src/lib.rs"]);
    }

    #[test]
    fn modules_that_are_called_like_foreign_folders_are_in() {
        let dir = folder([
            ("src/target/mod.rs", ""),
            ("src/vendor.rs", ""),
            ("src/vendor/acme.rs", ""),
            ("shop/target/audience.rs", ""),
        ]);
        let expected = ["shop/target/audience.rs", "src/target/mod.rs", "src/vendor/acme.rs", "src/vendor.rs"];
        assert_eq!(names(&[dir.path()]), expected);
    }

    #[test]
    fn a_root_is_entered_whatever_it_is_called_and_whoever_ignores_it() {
        let dir =
            folder([(".cargo/registry/src/a.rs", ""), ("vendor/a.rs", ""), (".git/HEAD", ""), (".gitignore", "*\n")]);
        for root in [".cargo/registry/src", "vendor"] {
            assert_eq!(names(&[&dir.path().join(root)]), ["a.rs"], "{root}");
        }
    }

    #[test]
    fn overlapping_roots_and_files_count_once() {
        let dir = folder([("a/x.rs", ""), ("a/target/CACHEDIR.TAG", ""), ("a/target/y.rs", "")]);
        let (all, inner) = (dir.path(), dir.path().join("a/target"));
        let (detour, file) = (dir.path().join("a/../a/./x.rs"), dir.path().join("a/x.rs"));
        assert_eq!(names(&[all, &inner, &detour, &file, all]), ["a/target/y.rs", "a/x.rs"]);
    }

    #[test]
    fn a_part_of_a_package_stands_for_the_package() {
        let manifest = "[package]\nname = \"one\"\n";
        let dir = folder([
            ("Cargo.toml", "[workspace]\n"),
            ("scripts/a.rs", ""),
            ("crates/one/Cargo.toml", manifest),
            ("crates/one/src/lib.rs", ""),
            ("crates/one/src/deep/mod.rs", ""),
            ("crates/one/tests/t.rs", ""),
        ]);
        let looked_at = |root: &str| {
            let walked = walk(&[dir.path().join(root)], &|path| path.to_string_lossy().ends_with("rs")).unwrap();
            (walked.roots[0].strip_prefix(dir.path()).unwrap().display().to_string(), walked.files.len())
        };
        for part in ["crates/one/src", "crates/one/src/lib.rs", "crates/one/src/deep", "crates/one"] {
            assert_eq!(looked_at(part), ("crates/one".to_owned(), 3), "{part}");
        }
        assert_eq!(looked_at("scripts"), ("scripts".to_owned(), 1));
        assert_eq!(looked_at(""), (String::new(), 4));
    }

    #[test]
    fn every_language_has_its_own_packages() {
        let dir = folder([
            ("Cargo.toml", "[package]\n"),
            ("src/lib.rs", ""),
            ("tools/one.go", ""),
            ("service/go.mod", "module example.com/service\n"),
            ("service/chat/chat.go", ""),
            ("mixed/go.mod", "module example.com/mixed\n"),
            ("mixed/ffi/lib.rs", ""),
        ]);
        let looked_at = |root: &str| {
            let walked = walk(&[dir.path().join(root)], &|_| true).unwrap();
            walked.roots[0].strip_prefix(dir.path()).unwrap().display().to_string()
        };
        let expected =
            [("tools", "tools"), ("service/chat", "service"), ("service/chat/chat.go", "service"), ("mixed", "")];
        for (root, package) in expected {
            assert_eq!(looked_at(root), package, "{root}");
        }
    }

    #[test]
    fn a_folder_of_packages_does_not_stand_for_the_package_around_it() {
        let manifest = "[package]\nname = \"one\"\n";
        let dir = folder([
            ("Cargo.toml", manifest),
            ("src/lib.rs", ""),
            ("crates/one/Cargo.toml", manifest),
            ("crates/one/src/lib.rs", ""),
            ("crates/README.md", ""),
        ]);
        let walked = walk(&[dir.path().join("crates")], &|_| true).unwrap();
        assert_eq!(walked.files.len(), 3);
    }

    #[test]
    fn a_workspace_of_go_modules_does_not_stand_for_the_package_around_it() {
        let dir = folder([
            ("Cargo.toml", "[package]\nname = \"one\"\n"),
            ("src/lib.rs", ""),
            ("tools/go.work", "go 1.23\n\nuse ./a\n"),
            ("tools/a/go.mod", "module example.com/a\n"),
            ("tools/a/main.go", ""),
        ]);
        let walked = walk(&[dir.path().join("tools")], &|_| true).unwrap();
        assert_eq!(walked.files.len(), 3);
    }

    #[test]
    fn a_missing_root_is_an_error() {
        let dir = folder([]);
        let error = walk(&[dir.path().join("gone")], &|_| true).unwrap_err();
        assert_eq!(error.source.kind(), io::ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn links_to_files_are_read_loops_are_not_entered_and_dangling_ones_are_problems() {
        use std::os::unix::fs::symlink;
        let dir = folder([("a/x.rs", ""), ("outside.txt", "")]);
        symlink("..", dir.path().join("a/loop")).unwrap();
        symlink("../outside.txt", dir.path().join("a/link.rs")).unwrap();
        symlink(".", dir.path().join("a/folder.rs")).unwrap();
        assert_eq!(names(&[dir.path()]), ["a/link.rs", "a/x.rs"]);

        symlink("nowhere", dir.path().join("a/dangling.rs")).unwrap();
        let walked = rust_files(&[dir.path()]);
        assert_eq!(walked.problems.len(), 1);
        assert_eq!(walked.problems[0].kind, ProblemKind::Unreadable);
        assert!(walked.problems[0].path.ends_with("a/dangling.rs"));
    }
}
