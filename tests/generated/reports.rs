//! What is only reported, with the smallest program in which it is.

use std::collections::BTreeMap;
use std::fmt::Write;

use geppetto_migrate::finding::Level;
use geppetto_migrate::rules::Rule;
use rayon::prelude::*;

use crate::batch::Batch;
use crate::program::{Program, Recipe};
use crate::shrink::shrunk;
use crate::tool::{self, Site};

/// What a report is about: the shape, the rule, and why.
type Key = (String, String);

/// A text with one section for each reason to only report, most frequent first.
pub(crate) fn of(batch: &Batch) -> String {
    let mut reports: BTreeMap<Key, (usize, &Program)> = BTreeMap::new();
    for (program, [_, offered]) in batch.programs.iter().zip(&batch.migrated) {
        for key in offered.sites.iter().filter_map(key) {
            let (count, smallest) = reports.entry(key).or_insert((0, program));
            *count += 1;
            if program.recipe.decisions.0.len() < smallest.recipe.decisions.0.len() {
                *smallest = program;
            }
        }
    }
    let mut reports: Vec<(Key, (usize, &Program))> = reports.into_iter().collect();
    reports.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    let mut out = batch.statistics();
    for ((shape, why), (count, _)) in &reports {
        let _ = writeln!(out, "{count:5} {shape:16} {why}");
    }
    for ((shape, why), (count, program)) in &reports {
        let key = (shape.clone(), why.clone());
        let found = smallest(&program.recipe, &key);
        let _ = writeln!(out, "\n==== {count} sites in {shape}: {why}\n{}\n{}", found.recipe, found.text());
    }
    out
}

fn smallest(recipe: &Recipe, wanted: &Key) -> Program {
    let shows = |recipes: &[Recipe]| {
        let is_reported =
            |recipe: &Recipe| tool::scan(&recipe.program("p")).iter().filter_map(key).any(|key| key == *wanted);
        recipes.par_iter().map(is_reported).collect()
    };
    shrunk(recipe, shows).program("p")
}

/// What a site is reported for; imports, prose and what is held back follow from others.
fn key(site: &Site) -> Option<Key> {
    let (_, shape) = site.scene.as_deref()?.split_once('_')?;
    let follows = matches!(site.rule, Rule::LegacyImport | Rule::LegacyDocs | Rule::LegacyDependency)
        || site.why.starts_with("held back by");
    (site.level == Level::Report && !follows).then(|| (shape.to_owned(), format!("{}: {}", site.rule, site.why)))
}
