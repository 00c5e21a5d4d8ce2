//! Compiles many programs as few crates: each program is a module of a crate.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::Files;
use crate::rust::is_rust;
use crate::theatre::{Half, Halves, Message};

/// The workspace.
pub(super) fn staged(halves: &Halves) -> Files {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let members: Vec<String> = halves.keys().map(|half| format!("\"{half}\"")).collect();
    let mut files = Files::new();
    files.insert("Cargo.toml".into(), format!("[workspace]\nresolver = \"3\"\nmembers = [{}]\n", members.join(", ")));
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
    files
}

pub(super) fn compiled(folder: &Path, halves: &Halves) -> Vec<Message> {
    let build = ["build", "--workspace", "--keep-going", "--message-format=short"];
    let (mut is_done, mut said) = cargo(folder, &[build.as_slice(), &["--offline"]].concat());
    if said.contains("--offline was specified") {
        (is_done, said) = cargo(folder, &build);
    }
    let messages: Vec<Message> = said.lines().filter_map(|line| message(line, halves)).collect();
    assert!(is_done || messages.iter().any(|message| message.is_error), "the crate itself is broken:\n{said}");
    messages
}

fn message(line: &str, halves: &Halves) -> Option<Message> {
    let is_error = line.contains(": error");
    if !is_error && !line.contains(": warning: ") {
        return None;
    }
    halves.iter().find_map(|(&half, programs)| {
        let text = line.strip_prefix(half)?.strip_prefix("/src/")?;
        let program = &text[..text.find(['.', '/'])?];
        let message = || Message { half, program: program.to_owned(), text: text.to_owned(), is_error };
        programs.contains_key(program).then(message)
    })
}

pub(super) fn binary(folder: &Path, half: &str) -> PathBuf {
    target(folder).join("debug").join(format!("{half}{}", std::env::consts::EXE_SUFFIX))
}

fn target(folder: &Path) -> PathBuf {
    folder.with_file_name("target")
}

fn cargo(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target(folder))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_TERM_COLOR", "never")
        .output()
        .expect("cargo can be started");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
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
