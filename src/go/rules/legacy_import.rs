//! `legacy-import`: imports that lose their last use go, missing ones come, groups and order stay.

mod layout;

use std::collections::BTreeSet;

use self::layout::Coming;
use crate::edit::{Edit, EditSet};
use crate::finding::{Finding, Level, UnitId};
use crate::frontend::Analysis;
use crate::go::analysis::Accepted;
use crate::go::cx::{Change, Cx, Need};
use crate::go::index::{FileIdx, Import};
use crate::go::models::GEPPETTO_MODULE;
use crate::go::usage::Usage;
use crate::outcome::keeps_import;
use crate::rules::Rule;

/// What becomes of imports with all safe changes, with those that are offered, and with those that are drafted.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) safe: Accepted,
    pub(crate) offered: Accepted,
    pub(crate) drafted: Accepted,
}

/// The changes of a file's imports that go with `changes` of its code, which names the packages of `needs`.
pub(crate) fn changes(cx: &Cx<'_>, file: FileIdx, changes: &[Change], needs: &[Need]) -> Vec<Change> {
    let edits = edits(cx, file, changes, needs).unwrap_or_default();
    edits.into_iter().map(|edit| Change { file, edit }).collect()
}

fn edits(cx: &Cx<'_>, file: FileIdx, changes: &[Change], needs: &[Need]) -> Option<Vec<Edit>> {
    let syntax = cx.syntax(file);
    let text = syntax.source.text();
    let set = EditSet::new(changes.iter().map(|change| change.edit.clone())).ok().filter(|set| set.fits(text))?;
    let (before, after) = (Usage::of(text)?, Usage::of(&set.apply(text))?);
    let imports = &cx.program.file(file).imports;
    let loses_last_use = |import: &Import| uses(cx, &before, import) && !uses(cx, &after, import);
    let going: BTreeSet<usize> = (0..imports.len()).filter(|&index| loses_last_use(&imports[index])).collect();
    let is_there = |need: &Need| imports.iter().any(|import| import.name == need.name && import.path == need.path);
    let coming: BTreeSet<Coming> = needs
        .iter()
        .filter(|need| after.names_package(&need.name) && !is_there(need))
        .map(|need| Coming::new(&need.path, &need.name))
        .collect();
    Some(layout::edits(syntax, imports, &going, &coming))
}

/// Whether code uses what an import brings. One that is there for its effects is always used.
fn uses(cx: &Cx<'_>, usage: &Usage, import: &Import) -> bool {
    match (import.name.as_str(), import.target) {
        ("_", _) | (".", None) => true,
        (".", Some(package)) => cx.program.package(package).scope.keys().any(|name| usage.names(name)),
        (name, _) => import.path == "C" || usage.names_package(name),
    }
}

/// A finding for every import of a legacy package, and for those that go because nothing uses them any more.
pub(crate) fn report(cx: &Cx<'_>, decided: &Decided, out: &mut Analysis) {
    for file in cx.program.own_files() {
        let imports = &cx.program.file(file).imports;
        out.findings.extend(imports.iter().filter_map(|import| finding(cx, decided, file, import)));
    }
}

fn finding(cx: &Cx<'_>, decided: &Decided, file: FileIdx, import: &Import) -> Option<Finding> {
    let package = cx.program.package(import.target?);
    let below = package.path.strip_prefix(GEPPETTO_MODULE).filter(|_| package.is_model)?;
    let is_legacy = matches!(below, "/pkg/inference/state" | "/pkg/inference/core");
    let may_be_legacy = matches!(below, "/pkg/inference/engine" | "/pkg/inference/engine/factory");
    let syntax = cx.syntax(file);
    let goes = |accepted: &Accepted| {
        if is_legacy && import.name != "_" && accepted.unfinished.contains(&file) {
            return true;
        }
        let changes = accepted.imports.get(&file).into_iter().flatten();
        let (range, text) = (syntax.range(import.node), syntax.text(import.node));
        changes.into_iter().any(|change| {
            let taken = change.edit.range();
            taken.start <= range.start && range.end <= taken.end && !change.edit.text().contains(text)
        })
    };
    let by_level = [(Level::Safe, &decided.safe), (Level::Offered, &decided.offered), (Level::Draft, &decided.drafted)];
    let level = by_level.into_iter().find(|(_, accepted)| goes(accepted)).map_or(Level::Report, |(level, _)| level);
    let why = match level {
        Level::Report if !is_legacy => return None,
        Level::Report if import.name == "_" => "the new version has no such package",
        _ => keeps_import(level),
    };
    let help = match level {
        Level::Report if import.name == "_" => "nothing uses it: remove it",
        Level::Report => "it goes with its last use",
        Level::Safe | Level::Offered | Level::Draft => "nothing uses it any more",
    };
    (is_legacy || may_be_legacy).then(|| Finding {
        rule: Rule::LegacyImport,
        file: syntax.file,
        range: syntax.range(import.node),
        level,
        what: match is_legacy {
            true => format!("the legacy package `{}` is imported", below.trim_start_matches('/')),
            false => format!("`{}` is imported for legacy names", below.trim_start_matches('/')),
        },
        why: why.to_owned(),
        help: help.to_owned(),
        traps: Vec::new(),
        questions: Vec::new(),
        notes: Vec::new(),
        unit: UnitId(cx.place(file, import.node)),
    })
}
