//! The README is true: its commands are run, its output is compared, its example compiles.

mod blocks;
mod commands;
mod example;
mod output;
mod place;

use std::fs;
use std::path::{Path, PathBuf};

use geppetto_migrate::rules::Rule;

use crate::blocks::blocks;
use crate::commands::commands;
use crate::place::Place;

const README: &str = include_str!("../../README.md");

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn every_block_is_of_a_kind_that_is_checked() {
    for block in blocks(README) {
        assert!(["console", "diff", "rust"].contains(&block.kind()), "line {}: {}", block.line, block.info);
    }
}

#[test]
fn commands_print_what_the_readme_says() {
    let mut wrong = String::new();
    for block in blocks(README).iter().filter(|block| block.kind() == "console") {
        let place = Place::new();
        let mut status = 0;
        for command in commands(block) {
            if status != 0 && command.text != "echo $?" {
                wrong += &format!("line {}: the command before fails, which nothing says\n", command.line);
            }
            let Some(run) = place.run(command.text, status) else { continue };
            if !output::matches(&command.expected, &run.output) {
                wrong += &format!("line {}: `{}` prints\n{}\n", command.line, command.text, run.output);
            }
            status = run.status;
        }
        if status != 0 {
            wrong += &format!("line {}: the last command fails, which nothing says\n", block.line);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn diffs_are_parts_of_what_their_command_prints() {
    let place = Place::new();
    for block in blocks(README).iter().filter(|block| block.kind() == "diff") {
        let (_, command) = block.info.split_once(" from ").expect("a diff names its command");
        let run = place.run(command, 0).expect("diffs are those of the tool");
        let lines: Vec<&str> = ["..."].into_iter().chain(block.text.lines()).chain(["..."]).collect();
        assert!(output::matches(&lines, &run.output), "line {}: `{command}` prints\n{}", block.line, run.output);
    }
}

#[test]
fn commands_of_cargo_are_run_by_ci() {
    let ci = fs::read_to_string(project(".ci/run")).unwrap();
    for block in blocks(README).iter().filter(|block| block.kind() == "console") {
        for command in commands(block).iter().filter(|command| command.text.starts_with("cargo ")) {
            assert!(ci.lines().any(|line| line == command.text), ".ci/run lacks `{}`", command.text);
        }
    }
}

#[test]
fn the_example_is_the_one_that_compiles() {
    let examples: Vec<String> =
        blocks(README).into_iter().filter(|block| block.kind() == "rust").map(|block| block.text).collect();
    assert_eq!(examples, [include_str!("sessions.rs")]);
}

#[test]
fn every_rule_is_listed_in_the_order_of_the_catalogue() {
    let listed: Vec<&str> = README
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .filter(|id| is_rule(id))
        .collect();
    assert_eq!(listed, Rule::ALL.iter().map(|rule| rule.id()).collect::<Vec<_>>());
}

fn is_rule(id: &str) -> bool {
    Rule::from_id(id).is_some()
}

#[test]
fn links_lead_somewhere() {
    let targets = README.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    for target in targets.filter(|target| !target.contains("://") && !target.starts_with('#')) {
        assert!(project(target).exists(), "{target}");
    }
}
