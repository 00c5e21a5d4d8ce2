//! `legacy-import`: imports and paths of the legacy crate follow what became of the names they bring.
//!
//! What is decided here depends on which units change: a name that is still used keeps its import.

mod declarations;
mod idle;

use std::collections::{BTreeMap, BTreeSet};

use self::declarations::{
    Leaf, first_place, has_group, in_prelude, is_directly_in, is_root_group, join, last_use, statements,
};

use super::super::cx::{Change, Cx, Need};
use super::super::hir::{ItemKind, Span, Visibility};
use super::super::index::{DefId, DefKind, FileIdx, ImportId};
use super::super::references::{
    Reference, closure, closure_up_to, counterpart, is_direct, leads_through_legacy, target,
};
use super::super::text::{holds_word, words};
use super::inference_state::delete_line;

/// What becomes of one leaf of a `use` declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Keep,
    Delete,
    /// The path below the new crate's root.
    Rewrite(String),
}

/// The imports of all files for one choice of changes.
#[derive(Debug, Default)]
pub(crate) struct ImportPlan {
    pub(crate) changes: Vec<Change>,
    pub(crate) fates: BTreeMap<ImportId, Fate>,
    /// Paths in code that begin with the crate's name: the place, and whether they could be rewritten.
    pub(crate) paths: Vec<(Reference, bool)>,
    /// Names whose short form means something else as long as legacy uses remain.
    pub(crate) conflicts: BTreeSet<Need>,
    /// Files in which something legacy is still named.
    pub(crate) legacy_left: BTreeSet<FileIdx>,
}

/// Works the imports out for `changes`, whose new code needs `needs`. Names in the text of `moved` are still used.
pub(crate) fn plan(
    cx: &Cx<'_>,
    references: &[Reference],
    changes: &[Change],
    moved: &[Change],
    needs: &[Need],
) -> ImportPlan {
    let mut planner = Planner {
        cx,
        needs,
        plan: ImportPlan::default(),
        left: Vec::new(),
        trails: BTreeSet::new(),
        dropped: BTreeSet::new(),
        legacy_trails: BTreeSet::new(),
        lost: BTreeSet::new(),
        inserted: BTreeMap::new(),
    };
    for change in moved {
        planner.inserted.entry(change.file).or_default().push(change.edit.text().to_owned());
    }
    planner.left = references.iter().filter(|reference| !is_gone(reference, changes)).cloned().collect();
    planner.dropped = planner.dropped(changes);
    let gone = || references.iter().filter(|reference| is_gone(reference, changes));
    let led = gone().flat_map(|reference| reference.trail.iter().copied());
    planner.lost = closure(cx, led.chain(planner.dropped.iter().copied()));
    let passed_on = (0..cx.program.imports.len() as u32).map(ImportId).filter(|&import| {
        let data = cx.program.import(import);
        cx.inferred.contains_key(&data.file)
            && !data.is_glob
            && !is_direct(cx, import)
            && !planner.dropped.contains(&import)
    });
    let moves = |reference: &&Reference| {
        let name = &cx.program.def(reference.def).name;
        let texts = planner.inserted.get(&reference.file).filter(|_| reference.rest.is_empty());
        texts.is_some_and(|texts| texts.iter().any(|text| holds_word(text, name)))
    };
    let trails = planner.left.iter().chain(gone().filter(moves)).flat_map(|reference| reference.trail.iter().copied());
    planner.trails = closure_up_to(cx, trails.chain(passed_on), |import| is_direct(cx, import));
    let legacy = planner.left.iter().filter(|reference| cx.legacy.is_legacy(cx.program, reference.def));
    planner.legacy_trails = closure(cx, legacy.flat_map(|reference| reference.trail.iter().copied()));
    planner.decide_leaves();
    planner.keep_what_others_lead_through();
    planner.find_conflicts();
    planner.rewrite_paths();
    planner.emit();
    planner.drop_idle(changes);
    planner.plan
}

/// Whether a change takes a reference away.
fn is_gone(reference: &Reference, changes: &[Change]) -> bool {
    let span = reference.span.range();
    !span.is_empty()
        && changes.iter().any(|change| {
            let range = change.edit.range();
            change.file == reference.file && range.start <= span.start && span.end <= range.end
        })
}

struct Planner<'a> {
    cx: &'a Cx<'a>,
    needs: &'a [Need],
    plan: ImportPlan,
    /// References that stay.
    left: Vec<Reference>,
    /// Imports through which they, names in moved text, and imports from other modules lead.
    trails: BTreeSet<ImportId>,
    /// Imports whose last use goes.
    dropped: BTreeSet<ImportId>,
    /// Imports through which those of them lead that name something legacy.
    legacy_trails: BTreeSet<ImportId>,
    /// Imports through which references and imports lead that go.
    lost: BTreeSet<ImportId>,
    inserted: BTreeMap<FileIdx, Vec<String>>,
}

impl Planner<'_> {
    /// References that lead through `import`, also those of a module below that has `use super::*`.
    fn left_through(&self, import: ImportId) -> impl Iterator<Item = &Reference> {
        self.left.iter().filter(move |reference| reference.trail.contains(&import))
    }

    fn decide_leaves(&mut self) {
        for index in 0..self.cx.program.imports.len() as u32 {
            let import = ImportId(index);
            let file = self.cx.program.import(import).file;
            if !self.cx.inferred.contains_key(&file) || !leads_through_legacy(self.cx, import) {
                continue;
            }
            let fate = self.fate(import);
            self.plan.fates.insert(import, fate);
        }
    }

    /// An import stays while references or imports that stay lead through it to something legacy.
    fn keep_what_others_lead_through(&mut self) {
        let cx = self.cx;
        loop {
            let kept = (0..cx.program.imports.len() as u32).map(ImportId).filter(|import| {
                let own = cx.inferred.contains_key(&cx.program.import(*import).file);
                own && self.plan.fates.get(import).is_none_or(|fate| *fate == Fate::Keep)
            });
            let needed = closure(cx, kept.chain(self.legacy_trails.iter().copied()));
            let mut changed = false;
            for (import, fate) in self.plan.fates.iter_mut() {
                let is_legacy = target(cx, *import).is_some_and(|def| cx.legacy.is_legacy(cx.program, def));
                if is_legacy && *fate != Fate::Keep && needed.contains(import) && !cx.program.import(*import).is_glob {
                    *fate = Fate::Keep;
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }

    fn fate(&self, import: ImportId) -> Fate {
        let cx = self.cx;
        let data = cx.program.import(import);
        let Some(def) = target(cx, import) else { return Fate::Keep };
        let is_legacy = cx.legacy.is_legacy(cx.program, def);
        let is_module = cx.program.def(def).kind == DefKind::Module;
        let left: Vec<&Reference> = self.left_through(import).collect();
        if data.is_glob {
            return self.fate_of_glob(import, def, &left);
        }
        if !is_direct(cx, import) {
            let used = !left.is_empty() || data.visibility == Visibility::Public || self.copied(import);
            return if used || !is_legacy { Fate::Keep } else { Fate::Delete };
        }
        if is_legacy && data.visibility == Visibility::Public && self.is_api(data.scope) {
            return Fate::Keep;
        }
        if is_legacy && is_module {
            return self.fate_of_module(import, def, &left);
        }
        if is_legacy {
            return if left.is_empty() && !self.copied(import) { Fate::Delete } else { Fate::Keep };
        }
        let was_used = match data.visibility {
            Visibility::Private => self.is_used_before(import),
            _ => !self.is_api(data.scope) && self.lost.contains(&import) && !self.is_needed(def),
        };
        let is_idle = left.is_empty() && !self.trails.contains(&import);
        if was_used && is_idle && !self.copied(import) {
            let is_trait = cx.program.def(def).kind == DefKind::Trait;
            if !is_trait {
                return Fate::Delete;
            }
        }
        counterpart(cx, def).map_or(Fate::Keep, Fate::Rewrite)
    }

    /// Whether new code names what is defined, or a macro that is not read may.
    fn is_needed(&self, def: DefId) -> bool {
        let path = counterpart(self.cx, def);
        let name = &self.cx.program.def(def).name;
        self.needs.iter().any(|need| Some(need.path) == path.as_deref())
            || self.cx.inferred.keys().any(|&file| self.is_unread(file, name))
    }

    /// Whether people outside the tree may use what a scope re-exports.
    fn is_api(&self, scope: DefId) -> bool {
        self.cx.program.krate(self.cx.program.def(scope).krate).is_open
    }

    /// Whether new code holds the bound name because text was moved, or an unread macro may.
    fn copied(&self, import: ImportId) -> bool {
        let data = self.cx.program.import(import);
        let Some(name) = data.binds.as_deref() else { return false };
        let is_module = target(self.cx, import).is_some_and(|def| self.cx.program.def(def).kind == DefKind::Module);
        let holds_word = |text: &str, name: &str| {
            words(text, name).any(|at| !is_module || text[at + name.len()..].trim_start().starts_with("::"))
        };
        let source = self.cx.source(data.file);
        if self.cx.hir(data.file).opaque.iter().any(|span| holds_word(&source[span.range()], name)) {
            return true;
        }
        let is_needed = self.needs.iter().any(|need| need.path.rsplit("::").next() == Some(name));
        let mut texts = self.inserted.get(&data.file).into_iter().flatten();
        !is_needed && texts.any(|text| holds_word(text, name))
    }

    fn is_used_before(&self, import: ImportId) -> bool {
        let data = self.cx.program.import(import);
        let Some(name) = data.binds.as_deref() else { return false };
        let source = self.cx.source(data.file);
        let item = self.cx.hir(data.file)[data.item].span;
        holds_word(&source[..item.start as usize], name) || holds_word(&source[item.end as usize..], name)
    }

    fn fate_of_module(&self, import: ImportId, def: DefId, left: &[&Reference]) -> Fate {
        let cx = self.cx;
        if left.is_empty() && !self.trails.contains(&import) {
            return if self.copied(import) { Fate::Keep } else { Fate::Delete };
        }
        if left.iter().any(|reference| cx.legacy.is_legacy(cx.program, reference.def)) {
            return Fate::Keep;
        }
        match counterpart(cx, def) {
            Some(new) if left.iter().all(|reference| same_below(cx, reference, &new)) => {
                let binds = cx.program.import(import).binds.clone().unwrap_or_default();
                let same_name = new.rsplit("::").next() == Some(binds.as_str());
                let renamed = cx.program.import(import).rename.is_some();
                if same_name || renamed { Fate::Rewrite(new) } else { Fate::Delete }
            }
            // The references are written with their full path.
            _ => Fate::Delete,
        }
    }

    fn fate_of_glob(&self, import: ImportId, def: DefId, left: &[&Reference]) -> Fate {
        let cx = self.cx;
        let legacy_left = self.legacy_trails.contains(&import) || self.is_named_unread(import);
        if !is_direct(cx, import) {
            // What brought the variants of an error brings nothing any more.
            let is_error = cx.legacy.kind(def).is_some_and(super::legacy_error::is_error);
            return if is_error && left.is_empty() && !legacy_left { Fate::Delete } else { Fate::Keep };
        }
        let visibility = cx.program.import(import).visibility;
        match counterpart(cx, def) {
            _ if legacy_left
                || visibility == Visibility::Public
                    && cx.legacy.is_legacy(cx.program, def)
                    && self.reexports_left(import) =>
            {
                Fate::Keep
            }
            Some(new) if self.is_used_through(&new, left) || self.needs_here(import, &new) => Fate::Rewrite(new),
            Some(new) if visibility == Visibility::Public && !left.is_empty() => Fate::Rewrite(new),
            Some(new) if left.is_empty() && self.trails.contains(&import) => Fate::Rewrite(new),
            _ => Fate::Delete,
        }
    }

    /// Whether a glob of the new module brings what some references name.
    fn is_used_through(&self, module: &str, left: &[&Reference]) -> bool {
        left.iter().any(|reference| counterpart(self.cx, reference.def).is_none_or(|path| brings(module, &path)))
    }

    /// Whether a macro that is not read names something that a legacy glob brings.
    fn is_named_unread(&self, glob: ImportId) -> bool {
        let file = self.cx.program.import(glob).file;
        let source = self.cx.source(file);
        let names = super::super::ledger::NAMES.iter().copied().filter(|name| *name != "geppetto");
        let names: Vec<&str> =
            names.chain(["Session", "run_inference", "TurnPersister", "new_engine_from_parsed_values"]).collect();
        let opaque = &self.cx.hir(file).opaque;
        opaque.iter().any(|span| names.iter().any(|name| holds_word(&source[span.range()], name)))
    }

    /// Whether references elsewhere still come through a re-exporting glob.
    fn reexports_left(&self, import: ImportId) -> bool {
        let scope = self.cx.program.import(import).scope;
        self.left.iter().any(|reference| {
            reference.import.is_some_and(|through| through != import && target(self.cx, through) == Some(scope))
                && self.cx.legacy.is_legacy(self.cx.program, reference.def)
        })
    }

    /// Whether the new prelude brings a name that the scope needs.
    fn needs_here(&self, import: ImportId, new: &str) -> bool {
        let scope = self.cx.program.import(import).scope;
        new == "prelude" && self.needs.iter().any(|need| need.scope == scope && in_prelude(need.path))
    }

    /// A needed short name that legacy code left in the scope still means otherwise.
    fn find_conflicts(&mut self) {
        for need in self.needs {
            let short = need.path.rsplit("::").next().unwrap_or(need.path);
            let clash = self.left.iter().any(|reference| {
                let bound = reference.import.map(|import| self.cx.program.import(import));
                let same_scope = bound.is_some_and(|bound| bound.scope == need.scope);
                let same_name = match bound {
                    Some(bound) if bound.is_glob => self.cx.program.def(reference.def).name == short,
                    Some(bound) => bound.binds.as_deref() == Some(short),
                    None => false,
                };
                same_scope && same_name && self.cx.legacy.is_legacy(self.cx.program, reference.def)
            }) || self.kept_binding(need, short)
                || self.is_unread(need.file, short);
            if clash {
                self.plan.conflicts.insert(need.clone());
            }
        }
    }

    /// Whether a macro that is not read names `short`, and so may mean the legacy item.
    fn is_unread(&self, file: FileIdx, short: &str) -> bool {
        let source = self.cx.source(file);
        self.cx.hir(file).opaque.iter().any(|span| holds_word(&source[span.range()], short))
    }

    fn kept_binding(&self, need: &Need, short: &str) -> bool {
        self.plan.fates.iter().any(|(&import, fate)| {
            let data = self.cx.program.import(import);
            *fate == Fate::Keep && data.scope == need.scope && data.binds.as_deref() == Some(short)
        })
    }

    /// Paths that begin with the crate's name, and those through a module import that goes.
    fn rewrite_paths(&mut self) {
        let cx = self.cx;
        for reference in &self.left {
            let is_legacy = cx.legacy.is_legacy(cx.program, reference.def);
            if is_legacy {
                self.plan.legacy_left.insert(reference.file);
            }
            let written = reference.import.is_none();
            let goes = |import| self.plan.fates.get(import) == Some(&Fate::Delete);
            let orphaned = !reference.rest.is_empty() && reference.trail.iter().any(goes);
            if !written && !orphaned {
                continue;
            }
            let new = counterpart(cx, reference.def).filter(|_| !is_legacy);
            if let Some(new) = &new {
                let text = format!("{}::{new}", cx.runtime(reference.file));
                self.plan.changes.push(cx.replace(reference.file, reference.span, text));
            }
            if written {
                self.plan.paths.push((reference.clone(), new.is_some()));
            }
        }
        for (&import, fate) in &self.plan.fates {
            if *fate == Fate::Keep && is_direct(cx, import) {
                self.plan.legacy_left.insert(cx.program.import(import).file);
            }
        }
    }

    fn emit(&mut self) {
        let mut scopes: BTreeMap<(FileIdx, DefId), Vec<ImportId>> = BTreeMap::new();
        for (&import, fate) in &self.plan.fates {
            let data = self.cx.program.import(import);
            if *fate != Fate::Keep || self.needs.iter().any(|need| need.scope == data.scope) {
                scopes.entry((data.file, data.scope)).or_default().push(import);
            }
        }
        for need in self.needs {
            scopes.entry((need.file, need.scope)).or_default();
        }
        for ((file, scope), imports) in scopes {
            self.emit_scope(file, scope, &imports);
        }
    }

    fn emit_scope(&mut self, file: FileIdx, scope: DefId, imports: &[ImportId]) {
        let cx = self.cx;
        let missing = self.missing(file, scope, imports);
        let mut pool = missing.clone();
        let mut by_item: BTreeMap<_, Vec<ImportId>> = BTreeMap::new();
        for &import in imports {
            by_item.entry(cx.program.import(import).item).or_default().push(import);
        }
        let mut dissolved: Vec<(Span, String)> = Vec::new();
        let mut nested = false;
        let mut anchor = None;
        let is_hidden = |item: super::super::hir::ItemId| cx.is_hidden(file, cx.hir(file)[item].span);
        let all_hidden = by_item.keys().all(|&item| is_hidden(item));
        for (&item, leaves) in &by_item {
            let node = &cx.hir(file)[item];
            // What readers of an example do not see does not join what they see.
            let stays_hidden = is_hidden(item) && !all_hidden;
            if !stays_hidden {
                anchor = Some(node.span);
                nested |= is_root_group(node);
            }
            if leaves.iter().all(|leaf| self.plan.fates[leaf] == Fate::Keep) {
                continue;
            }
            let plain = node.attrs.is_empty() && node.visibility == Visibility::Private;
            let joins = plain && !stays_hidden && self.joins(file, node, leaves, &missing);
            match self.in_place(file, leaves, item).filter(|_| !joins) {
                Some(changes) => self.plan.changes.extend(changes),
                None => {
                    let kept = self.kept_text(file, item, leaves);
                    let own: BTreeSet<Leaf> = leaves.iter().filter_map(|&leaf| self.rewritten(leaf)).collect();
                    if plain {
                        pool.extend(own);
                        dissolved.push((node.span, kept));
                    } else {
                        let text = self.decorated(file, item, kept, &own);
                        dissolved.push((node.span, text));
                    }
                }
            }
        }
        // A trait imported by its name needs no import without one.
        let named: BTreeSet<String> =
            pool.iter().filter(|leaf| leaf.rename.is_none()).map(|leaf| leaf.path.clone()).collect();
        pool.retain(|leaf| leaf.rename.as_deref() != Some("_") || !named.contains(&leaf.path));
        self.place(file, scope, &pool, dissolved, nested, anchor);
    }

    /// Whether names that are missing go best into a declaration that is there: one group for all of the crate, or one
    /// for the same module.
    fn joins(
        &self,
        file: FileIdx,
        item: &super::super::hir::Item,
        leaves: &[ImportId],
        missing: &BTreeSet<Leaf>,
    ) -> bool {
        let has_comment = !super::super::comments::comments(self.cx.text(file, item.span)).is_empty();
        let own: Vec<Leaf> = leaves.iter().filter_map(|&leaf| self.rewritten(leaf)).collect();
        let shares = missing.iter().any(|new| own.iter().any(|leaf| leaf.module() == new.module()));
        !has_comment && !missing.is_empty() && (is_root_group(item) || shares)
    }

    /// Names that the scope needs and no import of it brings.
    fn missing(&self, file: FileIdx, scope: DefId, imports: &[ImportId]) -> BTreeSet<Leaf> {
        let cx = self.cx;
        let mut missing = BTreeSet::new();
        let prelude = imports.iter().any(|import| {
            cx.program.import(*import).is_glob && self.plan.fates[import] == Fate::Rewrite("prelude".into())
        });
        for need in self.needs.iter().filter(|need| need.scope == scope && need.file == file) {
            if self.plan.conflicts.contains(need) || (prelude && in_prelude(need.path)) {
                continue;
            }
            if !self.brought(scope, need.path, imports) && !self.inherited(scope, need.path) {
                missing.insert(Leaf { path: need.path.to_owned(), rename: None });
            }
        }
        for &import in imports.iter().filter(|import| cx.program.import(**import).is_glob) {
            missing.extend(self.beyond_glob(import));
        }
        missing
    }

    /// What came through a prelude glob and is not in the new prelude.
    fn beyond_glob(&self, import: ImportId) -> Vec<Leaf> {
        let brought = |path: &str| match self.plan.fates.get(&import) {
            Some(Fate::Rewrite(new)) => brings(new, path),
            Some(Fate::Delete) => false,
            _ => true,
        };
        let left = self.left_through(import).filter_map(|reference| counterpart(self.cx, reference.def));
        left.filter(|path| !brought(path)).map(|path| Leaf { path, rename: None }).collect()
    }

    fn brought(&self, scope: DefId, path: &str, imports: &[ImportId]) -> bool {
        let cx = self.cx;
        let short = path.rsplit("::").next().unwrap_or(path);
        let by_rewrite = imports.iter().any(|import| match &self.plan.fates[import] {
            Fate::Rewrite(module) if cx.program.import(*import).is_glob => is_directly_in(path, module),
            Fate::Rewrite(new) => cx.program.import(*import).rename.is_none() && new == path,
            _ => false,
        });
        let already = [super::super::resolve::Namespace::Type, super::super::resolve::Namespace::Value].iter().any(
            |&namespace| match cx.resolver.member(scope, short, namespace) {
                Some((super::super::resolve::Res::Def(def), Some(import))) => {
                    !self.plan.fates.contains_key(&import) && counterpart(cx, def).as_deref() == Some(path)
                }
                _ => false,
            },
        );
        by_rewrite || already
    }

    /// `use super::*` brings what the module above imports.
    fn inherited(&self, scope: DefId, path: &str) -> bool {
        let cx = self.cx;
        let Some(data) = cx.program.scopes.get(&scope) else { return false };
        data.globs.iter().filter_map(|&glob| target(cx, glob)).any(|module| {
            !cx.program.is_model(module)
                && module != scope
                && (self.needs.iter().any(|need| need.scope == module && need.path == path)
                    || self.plan.fates.iter().any(|(&import, fate)| {
                        cx.program.import(import).scope == module && *fate == Fate::Rewrite(path.to_owned())
                    }))
        })
    }

    fn rewritten(&self, import: ImportId) -> Option<Leaf> {
        let data = self.cx.program.import(import);
        let Fate::Rewrite(new) = &self.plan.fates[&import] else { return None };
        let path = if data.is_glob { join(new, "*") } else { new.clone() };
        Some(Leaf { path, rename: data.rename.clone() })
    }

    /// Edits of one declaration that keep its form: another root, or another path of its only leaf.
    fn in_place(&self, file: FileIdx, leaves: &[ImportId], item: super::super::hir::ItemId) -> Option<Vec<Change>> {
        let cx = self.cx;
        let node = &cx.hir(file)[item];
        let all = cx.program.imports.iter().filter(|import| import.file == file && import.item == item).count();
        if all != leaves.len() {
            return None;
        }
        if let [only] = leaves {
            let data = cx.program.import(*only);
            let grouped = matches!(&node.kind, ItemKind::Use(tree) if has_group(tree));
            return match &self.plan.fates[only] {
                Fate::Rewrite(new) if !grouped => {
                    let first = data.path.first()?.span;
                    let last = data.path.last()?.span;
                    let span = Span { start: first.start, end: last.end };
                    Some(vec![cx.replace(file, span, join(cx.runtime(file), new))])
                }
                _ => None,
            };
        }
        let swaps = leaves.iter().all(|leaf| {
            let data = cx.program.import(*leaf);
            let old: Vec<&str> = data.path.iter().skip(1).map(|name| name.text.as_str()).collect();
            self.plan.fates[leaf] == Fate::Rewrite(old.join("::"))
        });
        let root = cx.program.import(*leaves.first()?).path.first()?.span;
        let one_root =
            leaves.iter().all(|leaf| cx.program.import(*leaf).path.first().is_some_and(|name| name.span == root));
        (swaps && one_root).then(|| vec![cx.replace(file, root, cx.runtime(file))])
    }

    /// The legacy leaves that stay, as a declaration.
    fn kept_text(&self, file: FileIdx, item: super::super::hir::ItemId, leaves: &[ImportId]) -> String {
        let cx = self.cx;
        let kept: BTreeSet<Leaf> = cx
            .program
            .imports
            .iter()
            .enumerate()
            .filter(|(_, import)| import.file == file && import.item == item)
            .filter(|(index, _)| {
                let id = ImportId(*index as u32);
                !self.dropped.contains(&id) && (!leaves.contains(&id) || self.plan.fates[&id] == Fate::Keep)
            })
            .map(|(_, import)| {
                let path: Vec<&str> = import.path.iter().map(|name| name.text.as_str()).collect();
                let path = path.join("::");
                let path = if import.is_glob { join(&path, "*") } else { path };
                Leaf { path, rename: import.rename.clone() }
            })
            .collect();
        if kept.is_empty() {
            String::new()
        } else {
            statements("", &kept, true).join(cx.program.unit(file).source.newline())
        }
    }

    /// A declaration with attributes or a visibility is written again with them.
    fn decorated(&self, file: FileIdx, item: super::super::hir::ItemId, kept: String, own: &BTreeSet<Leaf>) -> String {
        let cx = self.cx;
        let node = &cx.hir(file)[item];
        let text = cx.text(file, node.span);
        let prefix = &text[..text.find("use ").unwrap_or(0)];
        let source = &cx.program.unit(file).source;
        let between = format!("{}{}", source.newline(), source.indent_at(node.span.start as usize));
        let new = statements(cx.runtime(file), own, is_root_group(node));
        let lines: Vec<String> = std::iter::once(kept)
            .filter(|kept| !kept.is_empty())
            .chain(new)
            .map(|line| format!("{prefix}{line}"))
            .collect();
        lines.join(&between)
    }

    /// Puts the declarations where the first that goes stood, or behind the last legacy one, or behind the last of all.
    fn place(
        &mut self,
        file: FileIdx,
        scope: DefId,
        pool: &BTreeSet<Leaf>,
        dissolved: Vec<(Span, String)>,
        nested: bool,
        anchor: Option<Span>,
    ) {
        let cx = self.cx;
        let source = &cx.program.unit(file).source;
        let mut lines = statements(cx.runtime(file), pool, nested);
        for (span, text) in dissolved {
            let between = format!("{}{}", source.newline(), source.indent_at(span.start as usize));
            let mut own: Vec<String> = if text.is_empty() { Vec::new() } else { vec![text] };
            own.append(&mut lines);
            let change = match own.is_empty() {
                true => delete_line(cx, file, span),
                false => cx.replace(file, span, own.join(&between)),
            };
            self.plan.changes.push(change);
        }
        if lines.is_empty() {
            return;
        }
        let anchor = anchor.or_else(|| last_use(cx, file, scope));
        let (at, text) = match anchor {
            Some(span) => {
                let between = format!("{}{}", source.newline(), source.indent_at(span.start as usize));
                let text = lines.iter().map(|line| format!("{between}{line}")).collect::<String>();
                (span.end, text)
            }
            None => first_place(cx, file, scope, &lines),
        };
        self.plan.changes.push(cx.insert(file, at, text));
    }
}

/// Whether a glob import of a module of the new crate brings what stands at `path`.
fn brings(module: &str, path: &str) -> bool {
    if module == "prelude" { in_prelude(path) } else { is_directly_in(path, module) }
}

/// Whether the path below a module import leads to the same in the new crate.
fn same_below(cx: &Cx<'_>, reference: &Reference, module: &str) -> bool {
    let below = reference.rest.join("::");
    counterpart(cx, reference.def).is_some_and(|new| new == join(module, &below))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{migrated, plan_of};

    fn imports_of(code: &str) -> Vec<String> {
        let plan = plan_of(code);
        let change = plan.changes.iter().find(|change| change.before.path().ends_with("main.rs"));
        let after = change.map_or_else(|| code.to_owned(), |change| change.after.text().to_owned());
        after.lines().filter(|line| line.contains("use ")).map(str::to_owned).collect()
    }

    #[test]
    fn a_prelude_keeps_its_glob_and_names_what_the_new_one_lacks() {
        let code = "use geppetto::prelude::*;\nfn f(_: Context, _: ParsedValues, _: Turn) {}\nfn main() {}\n";
        assert_eq!(
            imports_of(code),
            ["use geppetto_runtime::prelude::*;", "use geppetto_runtime::engine::factory::ParsedValues;"]
        );
    }

    #[test]
    fn a_prelude_that_brings_nothing_more_goes() {
        let code = "use geppetto::prelude::*;\nfn f(_: ParsedValues) {}\nfn main() {}\n";
        assert_eq!(imports_of(code), ["use geppetto_runtime::engine::factory::ParsedValues;"]);
    }

    #[test]
    fn a_trait_that_is_needed_by_name_is_not_imported_twice() {
        let code = "use geppetto::inference::engine::{self as eng, factory as fac, Engine as _};\n\
                    use std::sync::Arc;\nasync fn f(sink: Arc<dyn geppetto::events::EventSink>) {\n\
                    let e = fac::new_engine_from_parsed_values(&Default::default(), vec![eng::with_sink(sink)]).unwrap();\n\
                    keep(e);\n}\nfn main() {}\n";
        let imports = imports_of(code);
        assert!(imports.iter().any(|line| line.contains("engine::{Engine, SinkScopedEngine}")), "{imports:?}");
        assert!(!imports.iter().any(|line| line.contains("as _")), "{imports:?}");
    }

    #[test]
    fn a_legacy_trait_without_a_name_goes_with_the_last_call_of_its_methods() {
        let code = "use geppetto::inference::engine::factory::{EngineFactory as _, ParsedValues, StandardEngineFactory};\n\
                    fn f() {\nlet _ = StandardEngineFactory.create_engine(&ParsedValues::default(), vec![]);\n}\nfn main() {}\n";
        assert_eq!(
            imports_of(code),
            ["use geppetto_runtime::engine::factory::{EngineFactory, ParsedValues, StandardEngineFactory};"]
        );
    }

    #[test]
    fn a_re_export_of_a_binary_goes_with_its_last_use() {
        let code = |import: &str| {
            format!(
                "mod words {{\npub use geppetto::inference::engine::{{Engine, EngineError}};\n\
                 pub use geppetto::inference::core::RunError;\n}}\n{import}\n\
                 fn f(e: &RunError) -> bool {{ matches!(e, RunError::Engine(EngineError::Cancelled)) }}\n\
                 fn g(_: &dyn Engine) {{}}\nfn main() {{}}\n"
            )
        };
        let after = ["pub use geppetto_runtime::engine::Engine;", "use geppetto_runtime::session::SessionError;"];
        assert_eq!(imports_of(&code("use words::*;")), [after[0], "use words::*;", after[1]]);
        assert_eq!(
            imports_of(&code("use words::{Engine, EngineError, RunError};")),
            [after[0], "use words::Engine;", after[1]]
        );
    }

    #[test]
    fn the_factory_trait_follows_a_factory_that_is_named_by_its_path() {
        for (import, factory) in [
            ("factory::*", "geppetto::inference::engine::factory::StandardEngineFactory::default()"),
            ("factory::{self, EngineFactory as _, ParsedValues}", "factory::StandardEngineFactory::default()"),
            (
                "factory::{EngineFactory, ParsedValues}",
                "geppetto::inference::engine::factory::StandardEngineFactory {}",
            ),
        ] {
            let code = format!(
                "use geppetto::inference::engine::{import};\nfn f(values: &ParsedValues) {{\n\
                 let _ = {factory}.create_engine(values, vec![]);\n}}\nfn main() {{}}\n"
            );
            let plan = plan_of(&code);
            let after = plan.changes.iter().find(|change| change.before.path().ends_with("main.rs"));
            let after = after.map(|change| change.after.text().to_owned()).unwrap_or_default();
            assert!(after.contains("= StandardEngineFactory"), "{after}");
            assert!(after.contains(".create_engine(values);"), "{after}");
            assert!(!after.contains(" as _"), "{after}");
        }
    }

    #[test]
    fn what_a_module_below_uses_through_super_stays_imported() {
        let code = |below: &str| {
            format!(
                "use geppetto::context::Context;\nuse geppetto::turns;\nfn g(_: &Context) {{}}\n\
                 mod below {{\n{below}\npub fn f(_: Context, _: turns::Turn) {{}}\n}}\nfn main() {{}}\n"
            )
        };
        for below in ["use super::*;", "use super::{Context, turns};"] {
            assert_eq!(
                imports_of(&code(below)),
                ["use geppetto_runtime::context::Context;", "use geppetto_runtime::turns;", below]
            );
        }
        let code = "use geppetto::prelude::*;\nmod below {\nuse super::*;\npub fn f(_: Context) {}\n}\nfn main() {}\n";
        assert_eq!(imports_of(code), ["use geppetto_runtime::prelude::*;", "use super::*;"]);
    }

    #[test]
    fn new_declarations_may_follow_one_that_goes() {
        let code = "use geppetto::inference::{core::*, state::*};\nuse std::sync::Arc;\n\
                    fn f(s: Arc<InferenceState>) -> bool {\ns.is_running()\n}\nfn main() {}\n";
        assert_eq!(imports_of(code), ["use geppetto_runtime::session::Session;"]);
        let code = "mod words {\npub use geppetto::inference::state::InferenceState;\n}\nuse words::*;\nuse std::sync::Arc;\n\
                    fn f(s: Arc<InferenceState>) -> bool {\ns.is_running()\n}\nfn main() {}\n";
        assert_eq!(imports_of(code), ["use geppetto_runtime::session::Session;"]);
        let code = code
            .replace("mod words {\n", "mod words {\npub struct Kept;\n")
            .replace("fn main() {}", "fn main() {\nKept;\n}");
        assert_eq!(imports_of(&code), ["use words::*;", "use geppetto_runtime::session::Session;"]);
    }

    #[test]
    fn what_is_idle_goes_from_nested_groups() {
        let body = "fn f(s: Arc<InferenceState>) -> bool {\ns.is_running()\n}\nfn main() {}\n";
        for (before, after) in [
            ("use std::{sync::Arc, fmt as _};", "use std::{fmt as _};"),
            ("use std::{fmt as _, sync::Arc};", "use std::{fmt as _};"),
            ("use std::{fmt as _, sync::{Arc}};", "use std::{fmt as _};"),
            ("use std::{sync::{Arc}, fmt as _};", "use std::{fmt as _};"),
            ("use std::{sync::{Arc, Mutex as _}, fmt as _};", "use std::{sync::{Mutex as _}, fmt as _};"),
        ] {
            let code = format!("use geppetto::inference::state::InferenceState;\n{before}\n{body}");
            assert_eq!(imports_of(&code), ["use geppetto_runtime::session::Session;", after], "{before}");
        }
    }

    #[test]
    fn a_glob_of_an_errors_variants_goes_with_its_last_use() {
        let body = "fn g(e: RunError) -> u8 {\n    use RunError::*;\n    match e {\n        State(_) => 1,\n        Engine(_) => 2,\n    }\n}";
        assert_eq!(
            migrated(body),
            "fn g(e: SessionError) -> u8 {\n    match e {\n        SessionError::AlreadyActive => 1,\n        _ => 2,\n    }\n}"
        );
    }

    #[test]
    fn a_glob_stays_for_a_name_in_moved_text() {
        let code = "use geppetto::inference::{core::*, state::*};\nuse geppetto::turns::*;\n\
                    async fn f(ctx: geppetto::context::Context, engine: std::sync::Arc<dyn geppetto::inference::engine::Engine>) {\n\
                    let state = std::sync::Arc::new(InferenceState::new(\"a\", Some(Turn::builder().with_user_prompt(\"a\").build()), engine));\n\
                    let session = Session::new(state);\nlet _ = session.run_inference(&ctx, None).await;\n}\nfn main() {}\n";
        let imports = imports_of(code);
        assert!(imports.contains(&"use geppetto_runtime::turns::*;".to_owned()), "{imports:?}");
    }

    #[test]
    fn aliases_and_groups_keep_their_form() {
        let code = "use geppetto::{context::Context as Ctx, turns};\nfn f(_: Ctx, _: turns::Turn) {}\nfn main() {}\n";
        assert_eq!(imports_of(code), ["use geppetto_runtime::{context::Context as Ctx, turns};"]);
    }

    #[test]
    fn new_imports_take_the_place_of_the_only_one_that_goes() {
        let code = "use std::sync::Arc;\nfn f() {\nlet engine = geppetto::inference::engine::factory::new_engine_from_parsed_values(\n\
                    &Default::default(), vec![]).unwrap();\n\
                    let state = Arc::new(geppetto::inference::state::InferenceState::new(\"a\", None, engine));\n\
                    drop(state.is_running());\n}\nfn main() {}\n";
        assert_eq!(
            imports_of(code),
            [
                "use geppetto_runtime::builder::Builder;",
                "use geppetto_runtime::engine::factory::new_engine_from_parsed_values;",
                "use geppetto_runtime::session::Session;"
            ]
        );
    }
}
