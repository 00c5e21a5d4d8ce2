//! Compiles many programs as few modules: each program is a folder of packages of a module.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::go::vocabulary::PROGRAM;
use crate::go::{is_go, is_new, tools};
use crate::program::Files;
use crate::theatre::{Half, Halves, Message};

/// The modules.
pub(super) fn staged(halves: &Halves) -> Files {
    let mut files = Files::new();
    for (half, programs) in halves {
        let at = |path: &str| Path::new(half).join(path);
        files.insert(at("go.mod"), manifest(half));
        files.insert(at("main.go"), main(programs));
        for (name, texts) in programs {
            for (path, text) in texts.iter().filter(|(path, _)| is_go(path)) {
                files.insert(at(name).join(path), as_folder(name, text));
            }
        }
    }
    files
}

/// Builds the halves, and vets those that can be built.
pub(super) fn compiled(folder: &Path, halves: &Halves) -> Vec<Message> {
    let mut messages = Vec::new();
    for (&half, programs) in halves {
        let module = folder.join(half);
        let message = |line: &str, is_error| message(half, programs, line, is_error);
        let mut build = tools::go();
        let (is_built, said) = run(build.args(["build", "-ldflags=-s -w", "-o"]).arg(binary(folder, half)), &module);
        let errors: Vec<Message> = said.lines().filter_map(|line| message(line, true)).collect();
        assert!(is_built || !errors.is_empty(), "the module itself is broken:\n{said}");
        if is_built {
            let (_, said) = run(tools::go().args(["vet", "./..."]), &module);
            let is_error = |line: &str| line.starts_with("vet: ");
            messages.extend(said.lines().filter_map(|line| message(line, is_error(line))));
        }
        messages.extend(errors);
    }
    messages
}

pub(super) fn binary(folder: &Path, half: &str) -> PathBuf {
    folder.join("target").join(format!("{half}{}", std::env::consts::EXE_SUFFIX))
}

fn run(command: &mut Command, folder: &Path) -> (bool, String) {
    let output = command.current_dir(folder).output().expect("go can be started");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// `p00001/a_chat/scene.go:3:1: what is wrong`
fn message(half: &'static str, programs: &Half, line: &str, is_error: bool) -> Option<Message> {
    let text = line.strip_prefix("vet: ").unwrap_or(line);
    let text = text.strip_prefix("./").unwrap_or(text);
    let (program, _) = text.split_once('/')?;
    let message = || Message { half, program: program.to_owned(), text: text.to_owned(), is_error };
    (text.contains(".go:") && programs.contains_key(program)).then(message)
}

fn manifest(half: &str) -> String {
    let version = if is_new(half) { "runtime" } else { "legacy" };
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/go").join(version);
    super::manifest(&format!("\nreplace github.com/go-go-golems/geppetto => {:?}\n", library.display().to_string()))
}

fn main(programs: &Half) -> String {
    let mut imports = String::new();
    let mut list = String::new();
    for name in programs.keys() {
        let _ = writeln!(imports, "\t\"{PROGRAM}/{name}\"");
        let _ = writeln!(list, "\t{{\"{name}\", {name}.Main}},");
    }
    format!(
        r#"package main

import (
	"fmt"
	"os"
	"strconv"

{imports})

var programs = []struct {{
	name string
	play func()
}}{{
{list}}}

func main() {{
	first, _ := strconv.Atoi(os.Args[1])
	for _, program := range programs[first:] {{
		fmt.Println("== " + program.name)
		play(program.play)
	}}
}}

func play(program func()) {{
	defer func() {{
		if why := recover(); why != nil {{
			fmt.Println("panic:", why)
		}}
	}}()
	program()
}}
"#
    )
}

/// The text of a module's file as that of a folder of another module.
fn as_folder(name: &str, text: &str) -> String {
    text.replace(&format!("\"{PROGRAM}/"), &format!("\"{PROGRAM}/{name}/"))
        .replace("package main", &format!("package {name}"))
        .replace("func main()", "func Main()")
}
