//! A table of sites per package and rule.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use super::Palette;
use crate::finding::{Finding, Level};
use crate::frontend::Package;
use crate::plan::Plan;
use crate::rules::Rule;

/// Sites of one package and rule by level.
#[derive(Clone, Copy, Default)]
struct Sites {
    safe: usize,
    offered: usize,
    report: usize,
}

impl Sites {
    fn add(&mut self, level: Level, count: usize) {
        match level {
            Level::Safe => self.safe += count,
            Level::Offered => self.offered += count,
            Level::Report => self.report += count,
        }
    }

    fn plus(mut self, other: Sites) -> Self {
        self.add(Level::Safe, other.safe);
        self.add(Level::Offered, other.offered);
        self.add(Level::Report, other.report);
        self
    }
}

/// Prints how many sites of which rule every package holds, and how many of them are safe, offered and reported.
///
/// # Errors
/// Those of `out`.
pub fn packages(out: &mut dyn Write, palette: &Palette, plan: &Plan) -> io::Result<()> {
    let mut table: BTreeMap<Option<&Package>, BTreeMap<Rule, Sites>> = BTreeMap::new();
    for finding in &plan.findings {
        let rules = table.entry(package_of(plan, finding)).or_default();
        rules.entry(finding.rule).or_default().add(finding.level, 1);
    }
    if table.is_empty() {
        return Ok(());
    }
    let names = table.keys().map(|package| name(*package).chars().count());
    let width = names.chain(["package".len()]).max().unwrap_or_default();
    let strong = palette.strong;
    writeln!(
        out,
        "{strong}{:width$}  {:<18}{:>6}{:>6}{:>9}{:>8}{strong:#}",
        "package", "rule", "sites", "safe", "offered", "report"
    )?;
    let mut all = Sites::default();
    for (package, rules) in &table {
        let mut shown = name(*package);
        for (rule, sites) in rules {
            row(out, width, shown, rule.id(), *sites)?;
            shown = "";
            all = all.plus(*sites);
        }
    }
    row(out, width, "total", "", all)
}

fn row(out: &mut dyn Write, width: usize, package: &str, rule: &str, sites: Sites) -> io::Result<()> {
    let Sites { safe, offered, report } = sites;
    let count = safe + offered + report;
    writeln!(out, "{package:width$}  {rule:<18}{count:>6}{safe:>6}{offered:>9}{report:>8}")
}

fn name(package: Option<&Package>) -> &str {
    package.map_or("(no package)", |package| &package.name)
}

/// The innermost package around the finding's file.
fn package_of<'a>(plan: &'a Plan, finding: &Finding) -> Option<&'a Package> {
    let path: &Path = &plan.tree.entry(finding.file).path;
    plan.packages
        .iter()
        .filter(|package| path.starts_with(&package.root))
        .max_by_key(|package| package.root.components().count())
}
