//! Many programs at once: laid out, migrated, compiled, played, judged.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use geppetto_migrate::finding::Level;
use rayon::prelude::*;
use similar::TextDiff;

use crate::language::{ByHalf, Language};
use crate::oracle::{Failure, Kind, Table, judge};
use crate::program::Program;
use crate::theatre::{Halves, Performance, Played, play};
use crate::tool::{self, Migrated};

/// The levels up to which programs are migrated.
const LEVELS: [Level; 2] = [Level::Safe, Level::Offered];

/// The half in which programs are played as they are.
pub(crate) const BEFORE: &str = "before";

/// Programs, and what came of them.
pub(crate) struct Batch {
    pub(crate) programs: Vec<Program>,
    /// The same programs after the tool, one a level.
    pub(crate) migrated: Vec<[Migrated; 2]>,
    pub(crate) failures: Vec<Vec<Failure>>,
    /// How many were played, of how many that were changed.
    played: [(usize, usize); 2],
}

impl Batch {
    /// Plays `programs` in the folder called `stage`, migrated up to each of `levels`.
    pub(crate) fn play(
        language: &'static dyn Language,
        stage: &str,
        mut programs: Vec<Program>,
        levels: &[Level],
    ) -> Self {
        let migrated = migrate(language, &mut programs);
        let mut halves = Halves::new();
        for (program, [safe, offered]) in programs.iter().zip(&migrated) {
            let mut add = |half, files: &_| {
                halves.entry(half).or_default().insert(program.name.clone(), Clone::clone(files));
            };
            add(BEFORE, &program.files);
            if safe.files != program.files && levels.contains(&Level::Safe) {
                add(language.half(Level::Safe, safe.is_done), &safe.files);
            }
            if offered.files != safe.files && levels.contains(&Level::Offered) {
                add(language.half(Level::Offered, offered.is_done), &offered.files);
            }
        }
        let performances = play(language, stage, &halves);
        assert_sound(&programs, &performances[BEFORE]);
        let mut played = [(0, 0); 2];
        let mut failures = Vec::new();
        for (program, migrated) in programs.iter().zip(&migrated) {
            let before = &performances[BEFORE][&program.name];
            let mut found = Vec::new();
            for (index, (level, migrated)) in LEVELS.into_iter().zip(migrated).enumerate() {
                let after = played_after(&performances, program, level, migrated);
                found.extend(judge(program, level, migrated, before, after));
                if let Some(after) = after {
                    played[index].0 += usize::from(after.errors.is_empty());
                    played[index].1 += 1;
                }
            }
            failures.push(found);
        }
        Self { programs, migrated, failures, played }
    }

    /// Failures with the programs that have them, one for each cause, most frequent first.
    pub(crate) fn clusters(&self) -> Vec<(&Failure, Vec<&Program>)> {
        let mut clusters: BTreeMap<(Kind, String), (&Failure, Vec<&Program>)> = BTreeMap::new();
        for (program, failures) in self.programs.iter().zip(&self.failures) {
            for failure in failures {
                let (_, programs) = clusters.entry(failure.cluster()).or_insert((failure, Vec::new()));
                if programs.last().is_none_or(|last| last.name != program.name) {
                    programs.push(program);
                }
            }
        }
        let mut clusters: Vec<_> = clusters.into_values().collect();
        clusters.sort_by_key(|(_, programs)| std::cmp::Reverse(programs.len()));
        clusters
    }

    /// What was tried and how it went.
    pub(crate) fn statistics(&self) -> String {
        let mut out = format!("{} programs\n", self.programs.len());
        for (level, (compile, changed)) in LEVELS.iter().zip(self.played) {
            let _ = writeln!(out, "  {}: {changed} changed, {compile} of them compile", level.name());
        }
        let failing = self.failures.iter().filter(|failures| !failures.is_empty()).count();
        let _ = writeln!(out, "  {} without any failure", self.programs.len() - failing);
        let mut by_rule = Table::new();
        let mut by_shape = Table::new();
        for [_, offered] in &self.migrated {
            for site in &offered.sites {
                let shape =
                    site.scene.as_deref().and_then(|scene| scene.split_once('_')).map_or("-", |(_, shape)| shape);
                for (table, key) in [(&mut by_rule, site.rule.id()), (&mut by_shape, shape)] {
                    table.entry(key.to_owned()).or_default().count(site.level);
                    table.entry("all".to_owned()).or_default().count(site.level);
                }
            }
        }
        for table in [by_rule, by_shape] {
            for (key, shares) in table {
                let _ = writeln!(out, "  {key:20} {shares}");
            }
        }
        out
    }
}

/// What came of a migrated program; nothing if it was not played.
fn played_after<'a>(
    performances: &'a ByHalf<Performance>,
    program: &Program,
    level: Level,
    migrated: &Migrated,
) -> Option<&'a Played> {
    performances.get(program.recipe.language.half(level, migrated.is_done))?.get(&program.name)
}

/// Lays out and migrates all programs, each as a package of its own.
fn migrate(language: &'static dyn Language, programs: &mut [Program]) -> Vec<[Migrated; 2]> {
    let folder = tempfile::tempdir().expect("a folder for programs");
    let place = |level: Level, program: &Program| folder.path().join(level.name()).join(&program.name);
    let formatted = |programs: &[Program], level: Level| -> Vec<PathBuf> {
        programs.iter().filter(|program| program.is_formatted).map(|program| place(level, program)).collect()
    };
    for program in &*programs {
        tool::write(&place(Level::Safe, program), &program.files);
    }
    language.lay_out(&formatted(programs, Level::Safe));
    for program in &mut *programs {
        program.files = tool::read(&place(Level::Safe, program), &program.files);
        if program.has_carriage_returns {
            program.files.values_mut().for_each(|text| *text = text.replace('\n', "\r\n"));
            tool::write(&place(Level::Safe, program), &program.files);
        }
        tool::write(&place(Level::Offered, program), &program.files);
    }
    let mut migrated: Vec<[Migrated; 2]> = programs
        .par_iter()
        .map(|program| LEVELS.map(|level| tool::migrate(&place(level, program), program, level)))
        .collect();
    for (index, level) in LEVELS.into_iter().enumerate() {
        for (program, migrated) in
            programs.iter().zip(&mut migrated).filter(|(program, _)| program.has_carriage_returns)
        {
            let files = &mut migrated[index];
            let is_mixed = |text: &str| text.matches('\n').count() != text.matches("\r\n").count();
            if files.files.values().any(|text| is_mixed(text)) {
                files.complaints.push("layout: the line endings are mixed".to_owned());
            }
            let unified = files.files.iter().map(|(path, text)| (path.clone(), text.replace("\r\n", "\n"))).collect();
            tool::write(&place(level, program), &unified);
        }
        let said = language.unformatted(&formatted(programs, level));
        let below = folder.path().join(level.name());
        let spoilt: BTreeSet<String> = said.iter().filter_map(|line| owner(line, &below)).collect();
        for (program, migrated) in programs.iter().zip(&mut migrated) {
            if spoilt.contains(&program.name) {
                migrated[index].complaints.push("layout: the formatter would change the new text".to_owned());
            }
        }
    }
    migrated
}

/// The program that a path belongs to.
fn owner(line: &str, half: &Path) -> Option<String> {
    let at = line.find(half.to_str()?)?;
    let rest = line[at..].strip_prefix(half.to_str()?)?.strip_prefix('/')?;
    Some(rest.split('/').next()?.to_owned())
}

/// The generator itself is wrong where a program does not compile or panics before anything was done to it.
fn assert_sound(programs: &[Program], before: &Performance) {
    let mut broken = String::new();
    for program in programs {
        let Played { errors, warnings, transcript } = &before[&program.name];
        let ends = !transcript.is_empty() && !transcript.lines().any(is_no_end);
        if !errors.is_empty() || !warnings.is_empty() || !ends {
            let said = [errors.as_slice(), warnings, std::slice::from_ref(transcript)].concat().join("\n");
            let _ = writeln!(broken, "{} {}\n{said}", program.name, program.recipe);
        }
    }
    assert!(broken.is_empty(), "the programs themselves are broken:\n{broken}");
}

/// Whether a program broke off, other than by its own decision.
fn is_no_end(line: &str) -> bool {
    let breaks_off = line.starts_with("ended with ") && !line.ends_with(" 1");
    breaks_off || line.contains("panic: ") || line.contains("does not end")
}

/// What the tool makes of `program`.
pub(crate) fn changes(program: &Program, level: Level) -> String {
    let mut programs = [program.clone()];
    let [safe, offered] = migrate(program.recipe.language, &mut programs).pop().expect("there is one program");
    let migrated = if level == Level::Safe { safe } else { offered };
    let mut out = String::new();
    for (path, before) in &programs[0].files {
        let diff = TextDiff::from_lines(before, &migrated.files[path]);
        let path = path.display().to_string();
        let _ = write!(out, "{}", diff.unified_diff().header(&path, &path));
    }
    out
}
