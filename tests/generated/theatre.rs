//! Compiles and plays many programs as few binaries.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::language::{ByHalf, Language};
use crate::program::Files;

/// A program that has not ended by then hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// What came of one program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Played {
    /// What the compiler said, the errors if there are any.
    pub(crate) errors: Vec<String>,
    pub(crate) warnings: Vec<String>,
    pub(crate) transcript: String,
}

/// The programs of one binary, and what came of them, by their names.
pub(crate) type Half = BTreeMap<String, Files>;
pub(crate) type Halves = ByHalf<Half>;
pub(crate) type Performance = BTreeMap<String, Played>;

/// What a compiler says about a program.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) half: &'static str,
    pub(crate) program: String,
    pub(crate) text: String,
    pub(crate) is_error: bool,
}

/// Plays the halves in the folder called `stage`.
pub(crate) fn play(language: &dyn Language, stage: &str, halves: &Halves) -> ByHalf<Performance> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated").join(language.name()).join(stage);
    let theatre = Theatre { language, folder };
    let mut performances: ByHalf<Performance> = BTreeMap::new();
    let mut left = halves.clone();
    left.retain(|_, half| !half.is_empty());
    loop {
        theatre.write(&left);
        let broken = theatre.build(&left, &mut performances);
        if broken.is_empty() {
            break;
        }
        for (half, program) in broken {
            left.get_mut(half).expect("it was built").remove(&program);
        }
    }
    for (&half, programs) in &left {
        let names: Vec<&String> = programs.keys().collect();
        theatre.run(half, &names, performances.entry(half).or_default());
    }
    performances
}

struct Theatre<'a> {
    language: &'a dyn Language,
    folder: PathBuf,
}

impl Theatre<'_> {
    /// Writes what is staged, and nothing else stays.
    fn write(&self, halves: &Halves) {
        let files = self.language.staged(halves);
        let is_kept = |entry: &walkdir::DirEntry| entry.file_name() != "target";
        for entry in walkdir::WalkDir::new(&self.folder).into_iter().filter_entry(is_kept).flatten() {
            let relative = entry.path().strip_prefix(&self.folder).expect("the walk stays below its root");
            if entry.file_type().is_file() && !files.contains_key(relative) {
                fs::remove_file(entry.path()).expect("a stale file can be removed");
            }
        }
        crate::tool::write(&self.folder, &files);
    }

    /// Builds all halves; returns the programs that do not compile.
    fn build(&self, halves: &Halves, performances: &mut ByHalf<Performance>) -> BTreeSet<(&'static str, String)> {
        let mut broken = BTreeSet::new();
        for (&half, programs) in halves {
            let performance = performances.entry(half).or_default();
            for name in programs.keys() {
                performance.entry(name.clone()).or_default().warnings.clear();
            }
        }
        for Message { half, program, text, is_error } in self.language.compiled(&self.folder, halves) {
            let played = performances.entry(half).or_default().entry(program.clone()).or_default();
            if is_error {
                played.errors.push(text);
                broken.insert((half, program));
            } else {
                played.warnings.push(text);
            }
        }
        broken
    }

    /// Plays all programs in order. One that hangs or ends the process is noted, and the others are played without it.
    fn run(&self, half: &str, names: &[&String], performance: &mut Performance) {
        let mut next = 0;
        while next < names.len() {
            let (said, ended) = self.watch(half, next);
            let mut played = next;
            for section in said.split("== ").skip(1) {
                let (name, transcript) = section.split_once('\n').unwrap_or((section, ""));
                performance.entry(name.to_owned()).or_default().transcript = transcript.to_owned();
                played += 1;
            }
            if let Some(how) = ended {
                let last = names[played.max(next + 1) - 1];
                performance.entry(last.clone()).or_default().transcript.push_str(&how);
            }
            next = played.max(next + 1);
        }
    }

    /// What the half says from its program `first` on, and how it ends if not well.
    fn watch(&self, half: &str, first: usize) -> (String, Option<String>) {
        let binary = self.language.binary(&self.folder, half);
        let out = binary.with_extension("out");
        let mut child = Command::new(&binary)
            .arg(first.to_string())
            .stdin(Stdio::null())
            .stdout(File::create(&out).expect("the output can be kept"))
            .stderr(Stdio::null())
            .spawn()
            .expect("a half can be started");
        let ended = wait(&mut child);
        (String::from_utf8_lossy(&fs::read(&out).unwrap_or_default()).into_owned(), ended)
    }
}

fn wait(child: &mut Child) -> Option<String> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().expect("the half can be watched") {
            return (!status.success()).then(|| format!("ended with {status}\n"));
        }
        thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    let _ = child.wait();
    Some("does not end\n".to_owned())
}
