//! A table of sites per package and rule.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use super::Palette;
use crate::finding::Level;
use crate::frontend::Package;
use crate::plan::Plan;
use crate::rules::Rule;
use crate::tree::FileId;

/// Sites of one package and rule by level.
type Sites = BTreeMap<Level, usize>;

/// Prints how many sites of which rule every package holds, and how many of them are of which level. What is drafted and
/// still to be decided is counted with them.
///
/// # Errors
/// Those of `out`.
pub fn packages(out: &mut dyn Write, palette: &Palette, plan: &Plan) -> io::Result<()> {
    let mut table: BTreeMap<Option<&Package>, BTreeMap<&str, Sites>> = BTreeMap::new();
    let findings = plan.findings.iter().map(|finding| (finding.file, finding.rule.id(), finding.level));
    let markers = plan.ledger.markers.iter().map(|marker| (marker.file, "to be decided", Level::Draft));
    for (file, row, level) in findings.chain(markers) {
        let rows = table.entry(package_of(plan, file)).or_default();
        *rows.entry(row).or_default().entry(level).or_default() += 1;
    }
    if table.is_empty() {
        return Ok(());
    }
    let names = table.keys().map(|package| name(*package).chars().count());
    let width = names.chain(["package".len()]).max().unwrap_or_default();
    let strong = palette.strong;
    let heads = Level::ALL.map(|level| format!("{:>1$}", level.name(), column(level)));
    writeln!(out, "{strong}{:width$}  {:<18}{:>6}{}{strong:#}", "package", "rule", "sites", heads.concat())?;
    let mut all = Sites::default();
    for (package, rows) in &table {
        let mut shown = name(*package);
        for (label, sites) in in_order(rows) {
            row(out, width, shown, label, sites)?;
            shown = "";
            sites.iter().for_each(|(level, count)| *all.entry(*level).or_default() += count);
        }
    }
    row(out, width, "total", "", &all)
}

/// The rules in the order of the catalogue, then what is to be decided.
fn in_order<'a>(rows: &'a BTreeMap<&'a str, Sites>) -> impl Iterator<Item = (&'a str, &'a Sites)> {
    let place = |label: &str| Rule::from_id(label).map_or(Rule::ALL.len(), |rule| rule as usize);
    let mut rows: Vec<(&str, &Sites)> = rows.iter().map(|(label, sites)| (*label, sites)).collect();
    rows.sort_by_key(|(label, _)| place(label));
    rows.into_iter()
}

fn row(out: &mut dyn Write, width: usize, package: &str, rule: &str, sites: &Sites) -> io::Result<()> {
    let count: usize = sites.values().sum();
    let of = |level: Level| sites.get(&level).copied().unwrap_or_default();
    let counts = Level::ALL.map(|level| format!("{:>1$}", of(level), column(level)));
    writeln!(out, "{package:width$}  {rule:<18}{count:>6}{}", counts.concat())
}

/// How wide the column of a level is.
fn column(level: Level) -> usize {
    level.name().len() + 2
}

fn name(package: Option<&Package>) -> &str {
    package.map_or("(no package)", |package| &package.name)
}

/// The innermost package around a file.
fn package_of(plan: &Plan, file: FileId) -> Option<&Package> {
    let path: &Path = &plan.tree.entry(file).path;
    plan.packages
        .iter()
        .filter(|package| path.starts_with(&package.root))
        .max_by_key(|package| package.root.components().count())
}
