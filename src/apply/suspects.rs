//! From the place of a compiler's error to the units whose changes stand there.

use std::fs;
use std::ops::Range;
use std::path::Path;

use similar::TextDiff;

use super::bisect::Units;
use crate::finding::Finding;
use crate::frontend::Diagnostic;
use crate::plan::Change;

/// Those of `units` that the errors point at, in a tree that stands as `changes` say. An error outside of the changed files
/// points at none.
pub(super) fn suspects(findings: &[Finding], units: &Units, changes: &[Change], errors: &[Diagnostic]) -> Units {
    let places = errors.iter().filter_map(|error| error.place.as_ref());
    places.flat_map(|(path, line)| at(findings, units, changes, path, *line)).collect()
}

fn at(findings: &[Finding], units: &Units, changes: &[Change], path: &Path, line: usize) -> Units {
    let Some(change) = changes.iter().find(|change| is_same(change.before.path(), path)) else { return Units::new() };
    let lines = lines_before(change, line.saturating_sub(1));
    let sites = lines_of_sites(findings, units, change);
    let nearest = sites.iter().map(|(site, _)| distance(site, &lines)).min();
    let near = sites.iter().filter(|(site, _)| Some(distance(site, &lines)) == nearest);
    near.map(|(_, finding)| finding.unit.clone()).collect()
}

fn is_same(one: &Path, other: &Path) -> bool {
    one == other || fs::canonicalize(one).is_ok_and(|one| fs::canonicalize(other).is_ok_and(|other| one == other))
}

/// The old lines (from 0) that became the new one.
fn lines_before(change: &Change, line: usize) -> Range<usize> {
    let diff = TextDiff::from_lines(change.before.text(), change.after.text());
    let operation = diff.ops().iter().find(|operation| operation.new_range().contains(&line));
    match operation {
        Some(operation) if operation.old_range().len() == operation.new_range().len() => {
            let line = operation.old_range().start + line - operation.new_range().start;
            line..line + 1
        }
        Some(operation) => operation.old_range(),
        None => line..line + 1,
    }
}

/// The sites of the units in the changed file with their lines (from 0).
fn lines_of_sites<'a>(findings: &'a [Finding], units: &Units, change: &Change) -> Vec<(Range<usize>, &'a Finding)> {
    let line = |offset| change.before.position(offset).line - 1;
    let here = findings.iter().filter(|finding| finding.file == change.file && units.contains(&finding.unit));
    here.map(|finding| (line(finding.range.start)..line(finding.range.end) + 1, finding)).collect()
}

/// How far apart they are; nothing where they overlap.
fn distance(one: &Range<usize>, other: &Range<usize>) -> usize {
    (one.start + 1).saturating_sub(other.end).max((other.start + 1).saturating_sub(one.end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{folder, plan_of};

    #[test]
    fn errors_point_at_the_nearest_changes() {
        let text = "geppetto\nwith_sink\n\n\n\n\nwith_sink with_sink\n\n";
        let dir = folder([("a.rs", text), ("b.rs", "geppetto")]);
        let plan = plan_of(dir.path());
        let unit = |index: usize| plan.findings[index].unit.clone();
        let all = Units::from([unit(0), unit(1), unit(2)]);
        let at = |name: &str, line| {
            let place = Some((dir.path().join(name), line));
            suspects(&plan.findings, &all, &plan.changes, &[Diagnostic { place, text: String::new() }])
        };
        for line in [1, 2, 3] {
            assert_eq!(at("a.rs", line), [unit(0)].into(), "{line}");
        }
        for line in [6, 7, 8, 99] {
            assert_eq!(at("a.rs", line), [unit(1), unit(2)].into(), "{line}");
        }
        assert_eq!(at("b.rs", 1), Units::new());
        assert_eq!(at("gone.rs", 1), Units::new());
    }
}
