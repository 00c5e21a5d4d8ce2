//! One group of packages from their files to findings and edits.

pub(crate) mod audit;
mod outcomes;

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use rayon::prelude::*;

pub(crate) use self::outcomes::PackageOutcome;
use super::cx::{Change, Cx};
use super::flow;
use super::hir::Span;
use super::impls::Impls;
use super::index::{CrateId, FileIdx, ImportId, Program};
use super::infer::{Inferred, infer_file};
use super::legacy::Legacy;
use super::models::{self, Models};
use super::references::{self, Reference};
use super::resolve::Resolver;
use super::rules::engine_options::attach;
use super::rules::legacy_docs;
use super::rules::legacy_import::{self as imports, Fate, ImportPlan};
use super::store::FileStore;
use super::unit::{self, UnitPlan, examples};
use super::{ledger, rescue, sites};
use crate::docs::{Documented, Examples};
use crate::edit::Edit;
use crate::finding::{Finding, Level, Mention, UnitId};
use crate::frontend::Selection;
use crate::marker::Question;
use crate::outcome::keeps_import;
use crate::rules::Rule;
use crate::tree::{FileId, Problem, Tree};

/// A crate to be indexed.
#[derive(Clone, Debug)]
pub(crate) struct CrateInput {
    pub(crate) name: String,
    pub(crate) root: PathBuf,
    pub(crate) is_library: bool,
    /// Whether code outside the tree may call it.
    pub(crate) is_published: bool,
}

/// What a name of a dependency stands for in code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Dependency {
    Legacy,
    Runtime,
    Tokio,
    /// The library of another package of the group, by its index.
    Package(usize),
}

/// A package to be looked into.
#[derive(Clone, Debug, Default)]
pub(crate) struct PackageInput {
    pub(crate) crates: Vec<CrateInput>,
    pub(crate) dependencies: Vec<(String, Dependency)>,
    pub(crate) files: Vec<FileId>,
    /// Its Markdown files.
    pub(crate) guides: Vec<FileId>,
    /// What its code calls the new crate.
    pub(crate) runtime: String,
}

/// What was found in a group.
#[derive(Debug, Default)]
pub(crate) struct GroupAnalysis {
    pub(crate) findings: Vec<Finding>,
    pub(crate) edits: Vec<(FileId, Edit)>,
    pub(crate) questions: Vec<(FileId, usize, Question)>,
    pub(crate) mentions: Vec<Mention>,
    pub(crate) problems: Vec<Problem>,
    /// By package: whether anything legacy is named in it after the selected changes, and after those of each level.
    pub(crate) packages: Vec<PackageOutcome>,
}

/// Looks into a group of packages that may name each other.
pub(crate) fn analyze(
    tree: &Tree,
    packages: &[PackageInput],
    examples: &Examples,
    selection: &Selection,
) -> GroupAnalysis {
    let files = packages.iter().flat_map(|package| package.files.iter().copied()).collect();
    let dependencies = packages.iter().flat_map(|package| &package.dependencies);
    let legacy = dependencies.filter(|(_, dependency)| *dependency == Dependency::Legacy);
    let mut problems = Vec::new();
    let mut store = FileStore::load(tree, &files, &legacy.map(|(name, _)| name.clone()).collect(), &mut problems);
    loop {
        let mut out = GroupAnalysis::default();
        let (broken, of_files): (Vec<Problem>, Vec<Problem>) =
            problems.iter().cloned().partition(|problem| examples.named(&problem.path).is_some());
        let broken = broken.into_iter().filter_map(|problem| Some((examples.named(&problem.path)?, problem.message)));
        let documented = Documented { examples, broken: broken.collect() };
        let asked = look(tree, packages, &documented, selection, &store, &mut out);
        // Who calls a function is only known when every file that names it was parsed.
        if !store.grow(tree, &asked, &mut problems) {
            out.problems = of_files;
            return out;
        }
    }
}

/// Everything about the files parsed so far; the functions whose callers were asked for.
fn look(
    tree: &Tree,
    packages: &[PackageInput],
    documented: &Documented<'_>,
    selection: &Selection,
    store: &FileStore,
    out: &mut GroupAnalysis,
) -> BTreeSet<String> {
    let mut program = Program::default();
    let models = models::add(&mut program);
    let owners = index(&mut program, &models, packages, documented.examples, tree, store);
    let resolver = Resolver::new(&program);
    let impls = Impls::new(&resolver);
    let legacy = Legacy::new(&resolver);
    let inferred = infer(&program, &impls, store);
    let flow = flow::build(&resolver, &legacy, &inferred);
    let called = |&id: &CrateId, owner: usize| root_of_paths(&program, id, &packages[owner].runtime);
    let runtimes = owners.iter().map(|(id, &owner)| (*id, called(id, owner))).collect();
    let mut cx = Cx::new(&resolver, &legacy, &flow, &inferred, runtimes, documented);
    let mut files: Vec<FileIdx> = inferred.keys().copied().collect();
    files.sort();
    let references: Vec<Reference> = files.iter().flat_map(|&file| references::in_file(&cx, file)).collect();
    let decided = decide(&mut cx, &references, selection);
    report(&cx, &references, &decided, out);
    for &guide in packages.iter().flat_map(|package| &package.guides) {
        let (mentions, docs) = legacy_docs::in_guide(&cx, tree, guide);
        out.mentions.extend(mentions);
        out.findings.extend(docs);
    }
    out.packages = outcomes::of_packages(&cx, &owners, packages.len(), &decided);
    if store.includes {
        // Code that is generated may name the legacy crate.
        out.packages.iter_mut().for_each(PackageOutcome::keep_legacy);
    }
    out.edits = merged(&program, &decided.chosen.changes);
    out.questions = decided.chosen.questions;
    cx.take_asked()
}

/// The units with their imports under the levels that findings speak of, and the changes that were asked for.
struct Decided {
    plans: Vec<UnitPlan>,
    safe: Accepted,
    offered: Accepted,
    drafted: Accepted,
    chosen: Accepted,
}

impl Decided {
    /// What is made at each level, the lowest first.
    fn by_level(&self) -> [(Level, &Accepted); 3] {
        [(Level::Safe, &self.safe), (Level::Offered, &self.offered), (Level::Draft, &self.drafted)]
    }
}

/// Changes that are made together, with the imports that go with just these.
struct Accepted {
    changes: Vec<Change>,
    imports: ImportPlan,
    questions: Vec<(FileId, usize, Question)>,
}

fn decide(cx: &mut Cx<'_>, references: &[Reference], selection: &Selection) -> Decided {
    let survey = unit::Survey::new(cx);
    let mut fixed: BTreeSet<FileIdx> = BTreeSet::new();
    loop {
        let plans = plan_units(cx, &survey, &fixed);
        let mut under =
            |selection: &Selection, rounds| named(cx, &survey, references, (&plans, &fixed), selection, rounds);
        let safe = under(&Selection::up_to(Level::Safe), Rounds::All);
        let offered = under(&Selection::up_to(Level::Offered), Rounds::All);
        let drafted = under(&Selection::up_to(Level::Draft), Rounds::All);
        let chosen = under(selection, Rounds::This);
        let misplaced: BTreeSet<FileIdx> =
            [&safe, &offered, &drafted, &chosen].into_iter().flat_map(|accepted| misplaced(cx, accepted)).collect();
        if misplaced.is_subset(&fixed) {
            return Decided { plans, safe, offered, drafted, chosen };
        }
        fixed.extend(misplaced);
    }
}

/// Plans all units; those that would change a `fixed` example are only reported.
fn plan_units(cx: &mut Cx<'_>, survey: &unit::Survey, fixed: &BTreeSet<FileIdx>) -> Vec<UnitPlan> {
    cx.attached.clear();
    let plans = sites::collect(cx).into_iter().flat_map(|sites| unit::plan(cx, survey, sites)).collect();
    let mut plans = attach::together(cx, survey, plans);
    plans.iter_mut().for_each(|plan| examples::hold_where_fixed(cx, plan, fixed));
    plans
}

/// The changes of a selection, written with longer names while a short one would mean two things.
fn named(
    cx: &mut Cx<'_>,
    survey: &unit::Survey,
    references: &[Reference],
    (plans, fixed): (&[UnitPlan], &BTreeSet<FileIdx>),
    selection: &Selection,
    rounds: Rounds,
) -> Accepted {
    cx.qualified.clear();
    let mut accepted = accept(cx, references, plans, selection, rounds);
    while !accepted.imports.conflicts.iter().all(|conflict| cx.qualified.contains(conflict)) {
        cx.qualified.extend(accepted.imports.conflicts.iter().cloned());
        let plans = plan_units(cx, survey, fixed);
        accepted = accept(cx, references, &plans, selection, rounds);
    }
    accepted
}

/// The examples in which a change has no place in the documentation around.
fn misplaced(cx: &Cx<'_>, accepted: &Accepted) -> Vec<FileIdx> {
    let examples = cx.documented.examples;
    let changes = rescue::rescue(cx.program, &accepted.changes).into_iter();
    let has_place = |change: &Change| {
        examples.get(cx.hir(change.file).file).is_none_or(|example| example.edit(&change.edit).is_ok())
    };
    changes.filter(|change| !has_place(change)).map(|change| change.file).collect()
}

/// Whether changes that have to wait for the next round count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rounds {
    This,
    All,
}

/// The changes of the wanted units. One that would touch the bytes of an earlier one waits for the next round.
fn accept(
    cx: &Cx<'_>,
    references: &[Reference],
    plans: &[UnitPlan],
    selection: &Selection,
    rounds: Rounds,
) -> Accepted {
    let mut changes: Vec<Change> = Vec::new();
    let (mut needs, mut questions) = (Vec::new(), Vec::new());
    // What lies inside another change goes first; the outer one follows in the next round, on the new text.
    let (outer, inner): (Vec<&UnitPlan>, Vec<&UnitPlan>) = plans.iter().partition(|plan| encloses_another(plan, plans));
    for plan in inner.into_iter().chain(outer) {
        let waits = rounds == Rounds::This && plan.changes.iter().any(|new| collides(new, &changes));
        if waits || !selection.wants(plan.level, &UnitId(plan.id.clone())) {
            continue;
        }
        changes.extend(plan.changes.iter().cloned());
        needs.extend(plan.needs.iter().cloned());
        questions.extend(plan.questions(cx));
    }
    needs.sort();
    needs.dedup();
    // Text that moves is moved as it will be when its own changes are done, which only a later round sees.
    let moved: &[Change] = if rounds == Rounds::This { &changes } else { &[] };
    let imports = imports::plan(cx, references, &changes, moved, &needs);
    if selection.level != Level::Report {
        changes.extend(imports.changes.iter().cloned());
    }
    Accepted { changes, imports, questions }
}

fn encloses_another(plan: &UnitPlan, plans: &[UnitPlan]) -> bool {
    let encloses = |outer: &Change, inner: &Change| {
        let (a, b) = (outer.edit.range(), inner.edit.range());
        outer.file == inner.file && a.start <= b.start && b.end <= a.end && a != b
    };
    let others = plans.iter().filter(|other| other.id != plan.id && other.level != Level::Report);
    others.flat_map(|other| &other.changes).any(|inner| plan.changes.iter().any(|outer| encloses(outer, inner)))
}

fn collides(new: &Change, taken: &[Change]) -> bool {
    let range = new.edit.range();
    taken.iter().any(|other| {
        let other_range = other.edit.range();
        other.file == new.file && *other != *new && range.start < other_range.end && other_range.start < range.end
            || other.file == new.file && *other != *new && range == other_range
    })
}

fn merged(program: &Program, changes: &[Change]) -> Vec<(FileId, Edit)> {
    let mut edits: Vec<(FileId, Edit)> = rescue::rescue(program, changes)
        .into_iter()
        .filter(|change| program.unit(change.file).source.slice(change.edit.range()) != change.edit.text())
        .map(|change| (program.hir(change.file).file, with_newlines(program, &change)))
        .collect();
    // A file that two crates share is looked at twice and changed once.
    let mut seen = BTreeSet::new();
    edits.retain(|(file, edit)| seen.insert((*file, edit.range().start, edit.range().end, edit.text().to_owned())));
    edits
}

/// New lines end as the file's do.
fn with_newlines(program: &Program, change: &Change) -> Edit {
    let text = change.edit.text();
    match program.unit(change.file).source.newline() {
        "\r\n" => Edit::replace(change.edit.range(), text.replace("\r\n", "\n").replace('\n', "\r\n")),
        _ => change.edit.clone(),
    }
}

/// Indexes all crates; files that no `mod` reaches become crates of their own. The owner of a crate is its package.
fn index(
    program: &mut Program,
    models: &Models,
    packages: &[PackageInput],
    examples: &Examples,
    tree: &Tree,
    store: &FileStore,
) -> HashMap<CrateId, usize> {
    let mut owners = HashMap::new();
    let mut crates: Vec<(CrateId, usize, PathBuf)> = Vec::new();
    let mut libraries: HashMap<usize, CrateId> = HashMap::new();
    for (owner, package) in packages.iter().enumerate() {
        for input in &package.crates {
            let id = program.add_crate(&input.name, false);
            program.crates[id.0 as usize].is_library = input.is_library;
            program.crates[id.0 as usize].is_open = input.is_library && input.is_published;
            if input.is_library {
                libraries.insert(owner, id);
            }
            crates.push((id, owner, input.root.clone()));
        }
    }
    for (id, owner, root) in &crates {
        connect(program, models, &packages[*owner], &libraries, *id);
        if let Some(&library) = libraries.get(owner)
            && library != *id
        {
            let name = program.krate(library).name.clone();
            program.depend(*id, &name, library);
        }
        program.index_crate(*id, root, store);
        owners.insert(*id, *owner);
    }
    let reached: BTreeSet<FileId> = program.units.iter().map(|unit| unit.hir.file).collect();
    for (owner, package) in packages.iter().enumerate() {
        for &file in package.files.iter().filter(|&&file| !reached.contains(&file) && store.is_parsed(file)) {
            let path = &tree.entry(file).path;
            let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().replace('-', "_"));
            let id = program.add_crate(&name, false);
            connect(program, models, package, &libraries, id);
            if examples.get(file).is_some() {
                connect_example(program, &libraries, owner, id);
            }
            program.index_crate(id, path, store);
            owners.insert(id, owner);
        }
    }
    owners
}

/// The new crate's name as paths of a crate begin with it, which may have an item of that name.
fn root_of_paths(program: &Program, krate: CrateId, runtime: &str) -> String {
    let is_taken = program.defs.iter().any(|def| def.krate == krate && def.name == runtime);
    if is_taken { format!("::{runtime}") } else { runtime.to_owned() }
}

/// An example may name the library that it documents, and those beside it.
fn connect_example(program: &mut Program, libraries: &HashMap<usize, CrateId>, owner: usize, id: CrateId) {
    let mut near: Vec<(&usize, &CrateId)> = libraries.iter().collect();
    near.sort_by_key(|(package, _)| (**package != owner, **package));
    for (_, &library) in near {
        let name = program.krate(library).name.clone();
        if !program.krate(id).dependencies.contains_key(&name) {
            program.depend(id, &name, library);
        }
    }
}

fn connect(
    program: &mut Program,
    models: &Models,
    package: &PackageInput,
    libraries: &HashMap<usize, CrateId>,
    id: CrateId,
) {
    for (name, dependency) in &package.dependencies {
        let on = match dependency {
            Dependency::Legacy => Some(models.legacy),
            Dependency::Runtime => Some(models.runtime),
            Dependency::Tokio => Some(models.tokio),
            Dependency::Package(index) => libraries.get(index).copied(),
        };
        if let Some(on) = on {
            program.depend(id, name, on);
        }
    }
}

fn infer(program: &Program, impls: &Impls, store: &FileStore) -> HashMap<FileIdx, Inferred> {
    let files: Vec<FileIdx> = (0..program.units.len() as u32)
        .map(FileIdx)
        .filter(|&file| program.module_of_file(file).is_some_and(|module| !program.is_model(module)))
        .filter(|&file| store.is_parsed(program.hir(file).file))
        .collect();
    files
        .into_par_iter()
        .map(|file| {
            let resolver = Resolver::new(program);
            (file, infer_file(&resolver, impls, file))
        })
        .collect()
}

/// Findings of units, imports and paths, and the classes of the names they account for.
fn report(cx: &Cx<'_>, references: &[Reference], decided: &Decided, out: &mut GroupAnalysis) {
    for plan in &decided.plans {
        for (site, outcome) in &plan.sites {
            out.findings.push(Finding {
                rule: site.rule,
                file: cx.hir(site.file).file,
                range: site.span.range(),
                level: plan.level,
                what: site.what.clone(),
                why: outcome.why.clone(),
                help: outcome.help.clone(),
                traps: outcome.said.traps.clone(),
                questions: outcome.said.questions_at(plan.level),
                notes: outcome.said.notes.clone(),
                unit: UnitId(plan.id.clone()),
            });
        }
    }
    for &import in decided.drafted.imports.fates.keys() {
        out.findings.extend(import_finding(cx, decided, import));
    }
    for (reference, rewritten) in &decided.drafted.imports.paths {
        out.findings.extend(path_finding(cx, decided, reference, *rewritten));
    }
    let mut seen = BTreeSet::new();
    out.findings.retain(|finding| seen.insert((finding.file, finding.range.start, finding.range.end, finding.rule)));
    let mut files = BTreeSet::new();
    for &file in cx.inferred.keys().collect::<BTreeSet<_>>() {
        if files.insert(cx.hir(file).file) {
            let (mentions, docs) = ledger::of_file(cx, file, references, &out.findings, &decided.plans);
            out.mentions.extend(mentions);
            out.findings.extend(docs);
        }
    }
}

fn import_finding(cx: &Cx<'_>, decided: &Decided, import: ImportId) -> Option<Finding> {
    if !references::is_direct(cx, import) {
        return None;
    }
    let data = cx.program.import(import);
    let fate = |accepted: &Accepted| accepted.imports.fates.get(&import).cloned().unwrap_or(Fate::Keep);
    let goes = decided.by_level().into_iter().find(|(_, accepted)| fate(accepted) != Fate::Keep);
    let level = goes.map_or(Level::Report, |(level, _)| level);
    let help = match fate(&decided.drafted) {
        Fate::Keep => "it goes with its last use".to_owned(),
        Fate::Delete => "nothing uses it any more".to_owned(),
        Fate::Rewrite(path) => format!("`{}::{path}`", cx.runtime(data.file)),
    };
    let path: Vec<&str> = data.path.iter().map(|name| name.text.as_str()).collect();
    let start = data.path.first().map_or(data.span.start, |first| first.span.start);
    let span =
        if start < data.span.start && !is_grouped(cx, import) { Span { start, end: data.span.end } } else { data.span };
    Some(Finding {
        rule: Rule::LegacyImport,
        file: cx.hir(data.file).file,
        range: span.range(),
        level,
        what: format!("`{}` is imported from the legacy crate", path.join("::")),
        why: keeps_import(level).to_owned(),
        help,
        traps: Vec::new(),
        questions: Vec::new(),
        notes: Vec::new(),
        unit: UnitId(cx.place(data.file, data.span)),
    })
}

fn is_grouped(cx: &Cx<'_>, import: ImportId) -> bool {
    let data = cx.program.import(import);
    cx.program.imports.iter().filter(|other| other.file == data.file && other.item == data.item).count() > 1
}

fn path_finding(cx: &Cx<'_>, decided: &Decided, reference: &Reference, rewritten: bool) -> Option<Finding> {
    if !rewritten && inside_site(decided, reference) {
        return None;
    }
    Some(Finding {
        rule: Rule::LegacyImport,
        file: cx.hir(reference.file).file,
        range: reference.span.range(),
        level: if rewritten { Level::Safe } else { Level::Report },
        what: "a path that begins with the legacy crate".to_owned(),
        why: if rewritten { String::new() } else { "what it names is legacy and still used".to_owned() },
        help: match references::counterpart(cx, reference.def) {
            Some(path) => format!("`{}::{path}`", cx.runtime(reference.file)),
            None => "it goes with the use it belongs to".to_owned(),
        },
        traps: Vec::new(),
        questions: Vec::new(),
        notes: Vec::new(),
        unit: UnitId(cx.place(reference.file, reference.span)),
    })
}

fn inside_site(decided: &Decided, reference: &Reference) -> bool {
    decided.plans.iter().flat_map(|plan| &plan.sites).any(|(site, _)| {
        site.file == reference.file && (site.span.contains(reference.span) || reference.span.contains(site.span))
    })
}
