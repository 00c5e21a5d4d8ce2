//! A front end of words whose compiler dislikes some of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tempfile::TempDir;

use super::*;
use crate::finding::Level;
use crate::frontend::Analysis;
use crate::testing::{WordFrontend, folder};
use crate::tree::Tree;

/// Lines with the new word and one of these do not compile: `bad` where it stands, `far` at the first line of the tree,
/// `cargo` nowhere in particular. A line `broken` never does.
struct Compiler {
    folder: TempDir,
    words: WordFrontend,
    runs: Mutex<usize>,
    /// Fails to answer from this run on.
    gives_up: Option<usize>,
}

impl Compiler {
    fn of(files: &[(&str, &str)]) -> Self {
        let words = WordFrontend { becomes: "with_event_sink" };
        Self { folder: folder(files.iter().copied()), words, runs: Mutex::new(0), gives_up: None }
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn texts(&self) -> Vec<(PathBuf, String)> {
        let mut paths: Vec<PathBuf> = fs::read_dir(self.root()).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.retain(|path| self.claims(path));
        paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.root().join(name)).unwrap()
    }

    fn apply(&self) -> Result<Verified, ApplyError> {
        let selection = Selection::up_to(Level::Safe);
        let plan = crate::plan_roots(&[self.root().to_owned()], &[self], &selection, &|_| {}).unwrap();
        apply_verified(plan, &[self], &selection, Waivers { dirty: true, no_vcs: true }, &|_| {})
    }
}

impl Frontend for Compiler {
    fn language(&self) -> &'static str {
        self.words.language()
    }
    fn claims(&self, path: &Path) -> bool {
        self.words.claims(path)
    }
    fn ledger_names(&self) -> &'static [&'static str] {
        self.words.ledger_names()
    }
    fn needles(&self) -> Vec<&str> {
        self.words.needles()
    }
    fn analyze(&self, tree: &Tree, selection: &Selection) -> Analysis {
        self.words.analyze(tree, selection)
    }
    fn compile(&self, _: &Package) -> Result<(), CompileError> {
        let mut runs = self.runs.lock().unwrap();
        *runs += 1;
        if self.gives_up.is_some_and(|last| *runs > last) {
            return Err(CompileError::NoTools { program: "words".to_owned(), message: "gone".to_owned() });
        }
        fs::write(self.root().join("lock"), "locked").unwrap();
        let mut errors = Vec::new();
        for (path, text) in self.texts() {
            for (line, number) in text.lines().zip(1..) {
                let is_changed = line.contains("with_event_sink");
                let place = match line {
                    _ if line.contains("broken") || (is_changed && line.contains("bad")) => {
                        Some((path.clone(), number))
                    }
                    _ if is_changed && line.contains("far") => Some((path.clone(), 1)),
                    _ if is_changed && line.contains("cargo") => None,
                    _ => continue,
                };
                errors.push(Diagnostic { place, text: line.to_owned() });
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(CompileError::Refused(errors)) }
    }
    fn lock_files(&self, _: &Package) -> Vec<PathBuf> {
        vec![self.root().join("lock")]
    }
}

const GOOD: &str = "geppetto\nwith_sink\nwith_sink\n";

fn errors(verified: &Verified) -> Vec<&str> {
    verified.blamed.iter().map(|blamed| blamed.error.text.as_str()).collect()
}

#[test]
fn what_compiles_stays_and_takes_two_runs() {
    let compiler = Compiler::of(&[("a.rs", GOOD), ("b.rs", GOOD)]);
    let verified = compiler.apply().unwrap();
    assert!(matches!(verified.packages[..], [(_, Verdict::Compiles)]));
    assert!(verified.blamed.is_empty() && verified.all_back.is_none());
    assert_eq!(verified.plan.changes.len(), 2);
    assert_eq!(compiler.read("a.rs"), GOOD.replace("with_sink", "with_event_sink"));
    assert_eq!(*compiler.runs.lock().unwrap(), 2);
}

#[test]
fn a_unit_that_breaks_its_package_is_taken_back_alone() {
    for spoilt in ["bad", "far", "cargo"] {
        let text = format!("geppetto\n{}{spoilt} with_sink\n{}", "with_sink\n".repeat(9), "with_sink\n".repeat(9));
        let compiler = Compiler::of(&[("a.rs", &text), ("b.rs", GOOD)]);
        let verified = compiler.apply().unwrap();
        let spoilt_line = format!("{spoilt} with_event_sink");
        assert_eq!(errors(&verified), [spoilt_line.as_str()]);
        assert_eq!(verified.blamed[0].sites.len(), 1);
        let expected =
            text.replace("with_sink", "with_event_sink").replace(&spoilt_line, &format!("{spoilt} with_sink"));
        assert_eq!(compiler.read("a.rs"), expected);
        assert_eq!(compiler.read("b.rs"), GOOD.replace("with_sink", "with_event_sink"));
        let runs = *compiler.runs.lock().unwrap();
        assert!(runs <= if spoilt == "bad" { 3 } else { 16 }, "{spoilt}: {runs}");
    }
}

#[test]
fn several_units_to_blame_are_all_found() {
    let text =
        format!("geppetto\nbad with_sink\n{}cargo with_sink\n{}", "with_sink\n".repeat(5), "with_sink\n".repeat(4));
    let compiler = Compiler::of(&[("a.rs", &text), ("b.rs", "geppetto\nbad with_sink\n")]);
    let verified = compiler.apply().unwrap();
    assert_eq!(verified.blamed.len(), 3);
    assert_eq!(compiler.read("a.rs").matches("with_event_sink").count(), 9);
    assert_eq!(compiler.read("b.rs"), "geppetto\nbad with_sink\n");
    assert_eq!(verified.plan.changes.len(), 1);
}

#[test]
fn where_all_is_to_blame_nothing_is_changed() {
    let text = "geppetto\nbad with_sink\n";
    let compiler = Compiler::of(&[("a.rs", text)]);
    let verified = compiler.apply().unwrap();
    assert_eq!((verified.blamed.len(), verified.plan.changes.len()), (1, 0));
    assert_eq!(compiler.read("a.rs"), text);
}

#[test]
fn a_package_that_was_broken_before_is_no_verdict_and_blames_nobody() {
    let text = format!("{GOOD}broken\nbad with_sink\n");
    let compiler = Compiler::of(&[("a.rs", &text)]);
    let verified = compiler.apply().unwrap();
    let [(_, Verdict::BrokenBefore(error))] = &verified.packages[..] else { panic!("{:?}", verified.packages) };
    assert_eq!(error.text, "broken");
    assert!(verified.blamed.is_empty());
    assert_eq!(compiler.read("a.rs"), text.replace("with_sink", "with_event_sink"));
    assert_eq!(*compiler.runs.lock().unwrap(), 1);
}

#[test]
fn a_compiler_that_goes_away_leaves_everything_as_it_was() {
    let text = "geppetto\nbad with_sink\nwith_sink\nfar with_sink\n";
    for last in 0..5 {
        let compiler = Compiler { gives_up: Some(last), ..Compiler::of(&[("a.rs", text), ("b.rs", GOOD)]) };
        let error = compiler.apply().unwrap_err();
        assert!(matches!(error, ApplyError::Compile(_)), "{error:?}");
        assert_eq!((compiler.read("a.rs").as_str(), compiler.read("b.rs").as_str()), (text, GOOD), "{last}");
    }
}

#[test]
fn nothing_to_change_is_nothing_to_compile() {
    let compiler = Compiler::of(&[("a.rs", "geppetto\n")]);
    let verified = compiler.apply().unwrap();
    assert!(verified.packages.is_empty());
    assert_eq!(*compiler.runs.lock().unwrap(), 0);
}

#[test]
fn a_search_is_undone_as_one_apply() {
    let text = "geppetto\nbad with_sink\nwith_sink\nfar with_sink\ncargo with_sink\nwith_sink\n";
    let compiler = Compiler::of(&[("a.rs", text), ("b.rs", GOOD)]);
    assert_eq!(compiler.apply().unwrap().blamed.len(), 3);
    fs::write(compiler.root().join("lock"), "locked anew").unwrap();
    assert_eq!(crate::apply::undo(&[compiler.root().to_owned()], false).unwrap().len(), 2);
    assert_eq!((compiler.read("a.rs").as_str(), compiler.read("b.rs").as_str()), (text, GOOD));
    assert_eq!(compiler.read("lock"), "locked anew");
    assert!(!compiler.root().join(".geppetto-migrate").exists());
}

#[test]
fn what_is_taken_back_leaves_nothing_to_undo() {
    let compiler = Compiler::of(&[("a.rs", "geppetto\nbad with_sink\n")]);
    compiler.apply().unwrap();
    let compiler_that_leaves =
        Compiler { gives_up: Some(2), ..Compiler::of(&[("a.rs", "geppetto\nbad with_sink\nfar with_sink\n")]) };
    compiler_that_leaves.apply().unwrap_err();
    for root in [compiler.root(), compiler_that_leaves.root()] {
        assert_eq!(crate::apply::undo(&[root.to_owned()], false).unwrap(), Vec::<PathBuf>::new());
        assert!(!root.join(".geppetto-migrate").exists());
    }
}
