//! Compiles and plays many programs as few crates: each program is a module of a crate.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::program::{Files, is_rust};

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

/// The programs of one crate, and what came of them, by their names.
pub(crate) type Half = BTreeMap<String, Files>;
pub(crate) type Performance = BTreeMap<String, Played>;

/// Plays the halves of the workspace in the folder called `stage`.
pub(crate) fn play(stage: &str, halves: &BTreeMap<&'static str, Half>) -> BTreeMap<&'static str, Performance> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated").join(stage);
    let theatre = Theatre { folder };
    let mut performances: BTreeMap<&'static str, Performance> = BTreeMap::new();
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

struct Theatre {
    folder: PathBuf,
}

impl Theatre {
    fn write(&self, halves: &BTreeMap<&'static str, Half>) {
        let project = Path::new(env!("CARGO_MANIFEST_DIR"));
        let members: Vec<String> = halves.keys().map(|half| format!("\"{half}\"")).collect();
        let mut files = Files::new();
        files.insert(
            "Cargo.toml".into(),
            format!("[workspace]\nresolver = \"3\"\nmembers = [{}]\n", members.join(", ")),
        );
        let lock = fs::read_to_string(project.join("Cargo.lock")).expect("the project has a lock file");
        files.insert("Cargo.lock".into(), lock);
        for (half, programs) in halves {
            let at = |path: &str| Path::new(half).join(path);
            files.insert(at("Cargo.toml"), manifest(half, project));
            files.insert(at("src/main.rs"), main(programs));
            for (name, texts) in programs {
                for (path, text) in texts.iter().filter(|(path, _)| is_rust(path)) {
                    files.insert(Path::new(half).join(placed(name, path)), as_module(name, text));
                }
            }
        }
        for entry in
            walkdir::WalkDir::new(&self.folder).into_iter().filter_entry(|it| it.file_name() != "target").flatten()
        {
            let relative = entry.path().strip_prefix(&self.folder).expect("the walk stays below its root");
            if entry.file_type().is_file() && !files.contains_key(relative) {
                fs::remove_file(entry.path()).expect("a stale file can be removed");
            }
        }
        crate::tool::write(&self.folder, &files);
    }

    /// Builds all halves; returns the programs that do not compile.
    fn build(
        &self,
        halves: &BTreeMap<&'static str, Half>,
        performances: &mut BTreeMap<&'static str, Performance>,
    ) -> BTreeSet<(&'static str, String)> {
        let build = ["build", "--workspace", "--keep-going", "--message-format=short"];
        let (mut is_done, mut said) = self.cargo(&[build.as_slice(), &["--offline"]].concat());
        if said.contains("--offline was specified") {
            (is_done, said) = self.cargo(&build);
        }
        let mut broken = BTreeSet::new();
        for (&half, programs) in halves {
            let performance = performances.entry(half).or_default();
            for name in programs.keys() {
                performance.entry(name.clone()).or_default().warnings.clear();
            }
        }
        let is_message = |line: &&str| line.contains(": warning: ") || line.contains(": error");
        for line in said.lines().filter(is_message) {
            let owner = halves.iter().find_map(|(&half, programs)| {
                let rest = line.strip_prefix(half)?.strip_prefix("/src/")?;
                let end = rest.find(['.', '/'])?;
                programs.contains_key(&rest[..end]).then(|| (half, rest[..end].to_owned(), rest))
            });
            let Some((half, name, message)) = owner else { continue };
            let played = performances.entry(half).or_default().entry(name.clone()).or_default();
            if line.contains(": error") {
                played.errors.push(message.to_owned());
                broken.insert((half, name));
            } else {
                played.warnings.push(message.to_owned());
            }
        }
        assert!(is_done || !broken.is_empty(), "the crate itself is broken:\n{said}");
        broken
    }

    fn cargo(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new(env!("CARGO"))
            .args(arguments)
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", self.folder.with_file_name("target"))
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_TERM_COLOR", "never")
            .output()
            .expect("cargo can be started");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
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
        let target = self.folder.with_file_name("target");
        let binary = target.join("debug").join(format!("{half}{}", std::env::consts::EXE_SUFFIX));
        let out = target.join(format!("{half}.out"));
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

fn manifest(half: &str, project: &Path) -> String {
    let at = |folder: &str| project.join(folder).display().to_string();
    format!(
        "[package]\nname = \"{half}\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n[dependencies]\nasync-trait = \"0.1\"\ngeppetto = {{ path = {:?} }}\ngeppetto-runtime = {{ path = {:?} }}\ntokio = {{ version = \"1\", features = [\"macros\", \"rt\", \"sync\"] }}\n",
        at("fixtures/legacy"),
        at("runtime"),
    )
}

fn main(programs: &Half) -> String {
    let mut text = String::new();
    for name in programs.keys() {
        let _ = writeln!(text, "mod {name};");
    }
    text.push_str(
        "\ntype Play = fn() -> std::pin::Pin<Box<dyn Future<Output = ()>>>;\n\nconst PROGRAMS: &[(&str, Play)] = &[\n",
    );
    for name in programs.keys() {
        let _ = writeln!(text, "    (\"{name}\", || Box::pin({name}::main())),");
    }
    text.push_str(
        r#"];

fn main() {
    let first = std::env::args().nth(1).and_then(|first| first.parse().ok()).unwrap_or(0);
    std::panic::set_hook(Box::new(|info| {
        let text = info.payload_as_str().unwrap_or("no message").to_owned();
        println!("panic: {text}");
    }));
    for (name, play) in &PROGRAMS[first..] {
        println!("== {name}");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let play = std::panic::AssertUnwindSafe(|| runtime.block_on(play()));
        let _ = std::panic::catch_unwind(play);
    }
}
"#,
    );
    text
}

/// Where a file of a package stands in the crate.
fn placed(name: &str, path: &Path) -> PathBuf {
    let below = path.strip_prefix("src").expect("a program's code stands in `src`");
    match below.to_str() {
        Some("main.rs") => PathBuf::from(format!("src/{name}.rs")),
        _ => Path::new("src").join(name).join(below),
    }
}

/// The text of a crate's file as that of a module.
fn as_module(name: &str, text: &str) -> String {
    text.replace("#[tokio::main(flavor = \"current_thread\")]", "")
        .replace("async fn main()", "pub async fn main()")
        .replace("crate::", &format!("crate::{name}::"))
}
