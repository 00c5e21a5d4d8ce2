//! The declarations as they are written after a choice of changes.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::cx::Change;
use super::super::super::hir::{Item, ItemKind, Span, Visibility};
use super::super::super::index::{DefId, FileIdx, ImportId};
use super::super::super::references::{counterpart, target};
use super::super::inference_state::delete_line;
use super::declarations::{
    Leaf, first_place, has_group, in_prelude, is_directly_in, is_root_group, join, last_use, statements,
};
use super::gated::Gated;
use super::{Fate, Planner, brings};

impl Planner<'_> {
    pub(super) fn emit(&mut self) {
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
        let mut missing = self.missing(file, scope, imports);
        let mut gated = self.gated(file, scope, &mut missing);
        let mut pool = missing.clone();
        let mut by_item: BTreeMap<_, Vec<ImportId>> = BTreeMap::new();
        for &import in imports {
            by_item.entry(cx.program.import(import).item).or_default().push(import);
        }
        let mut dissolved: Vec<(Span, String)> = Vec::new();
        let mut nested = false;
        let mut anchor = None;
        let is_hidden = |item: super::super::super::hir::ItemId| cx.is_hidden(file, cx.hir(file)[item].span);
        let all_hidden = by_item.keys().all(|&item| is_hidden(item));
        for (&item, leaves) in &by_item {
            let node = &cx.hir(file)[item];
            if let ItemKind::ExternCrate { .. } = node.kind {
                self.extern_crate(file, leaves);
                continue;
            }
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
            let under = self.attribute_of(file, node).and_then(|attr| gated.remove(&attr)).unwrap_or_default();
            let joins = plain && !stays_hidden && self.joins(file, node, leaves, &missing) || !under.is_empty();
            match self.in_place(file, leaves, item).filter(|_| !joins) {
                Some(changes) => self.plan.changes.extend(changes),
                None => {
                    let kept = self.kept_text(file, item, leaves);
                    let mut own: BTreeSet<Leaf> = leaves.iter().filter_map(|&leaf| self.rewritten(leaf)).collect();
                    own.extend(under);
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
        self.place(file, scope, (&pool, &gated), dissolved, nested, anchor);
    }

    /// `extern crate geppetto;` becomes that of the new crate, or stands beside it: old editions need it.
    fn extern_crate(&mut self, file: FileIdx, leaves: &[ImportId]) {
        let cx = self.cx;
        let runtime = cx.runtime(file).trim_start_matches("::");
        let is_extern = |item: &Item| matches!(item.kind, ItemKind::ExternCrate { .. });
        let is_there = |name: &str| {
            let mut own = cx.program.imports.iter().filter(|import| import.file == file);
            own.any(|import| is_extern(&cx.hir(file)[import.item]) && import.path[0].text == name)
        };
        for (leaf, data) in leaves.iter().map(|&leaf| (leaf, cx.program.import(leaf))) {
            let item = cx.hir(file)[data.item].span;
            let change = match &self.plan.fates[&leaf] {
                Fate::Keep if is_there(runtime) => continue,
                Fate::Keep => cx.insert(file, item.end, format!("{}extern crate {runtime};", self.newline(file, item))),
                _ if is_there(runtime) => delete_line(cx, file, item),
                _ => cx.replace(file, Span { start: data.span.start, end: item.end - 1 }, runtime),
            };
            self.plan.changes.push(change);
        }
    }

    fn newline(&self, file: FileIdx, at: Span) -> String {
        let source = &self.cx.program.unit(file).source;
        format!("{}{}", source.newline(), source.indent_at(at.start as usize))
    }

    /// Whether names that are missing go best into a declaration that is there: one group for all of the crate, or one
    /// for the same module.
    fn joins(
        &self,
        file: FileIdx,
        item: &super::super::super::hir::Item,
        leaves: &[ImportId],
        missing: &BTreeSet<Leaf>,
    ) -> bool {
        let has_comment = !super::super::super::comments::comments(self.cx.text(file, item.span)).is_empty();
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
        let used = self.left_through(import).chain(self.moved_through(import));
        let named = used.filter(|reference| reference.rest.is_empty());
        let paths = named.filter_map(|reference| counterpart(self.cx, reference.def));
        paths.filter(|path| !brought(path)).map(|path| Leaf { path, rename: None }).collect()
    }

    fn brought(&self, scope: DefId, path: &str, imports: &[ImportId]) -> bool {
        let cx = self.cx;
        let short = path.rsplit("::").next().unwrap_or(path);
        let by_rewrite = imports.iter().any(|import| match &self.plan.fates[import] {
            Fate::Rewrite(module) if cx.program.import(*import).is_glob => is_directly_in(path, module),
            Fate::Rewrite(new) => cx.program.import(*import).rename.is_none() && new == path,
            _ => false,
        });
        let already = [super::super::super::resolve::Namespace::Type, super::super::super::resolve::Namespace::Value]
            .iter()
            .any(|&namespace| match cx.resolver.member(scope, short, namespace) {
                Some((super::super::super::resolve::Res::Def(def), Some(import))) => {
                    !self.plan.fates.contains_key(&import) && counterpart(cx, def).as_deref() == Some(path)
                }
                _ => false,
            });
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
    fn in_place(
        &self,
        file: FileIdx,
        leaves: &[ImportId],
        item: super::super::super::hir::ItemId,
    ) -> Option<Vec<Change>> {
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
    fn kept_text(&self, file: FileIdx, item: super::super::super::hir::ItemId, leaves: &[ImportId]) -> String {
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
    fn decorated(
        &self,
        file: FileIdx,
        item: super::super::super::hir::ItemId,
        kept: String,
        own: &BTreeSet<Leaf>,
    ) -> String {
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
        (pool, gated): (&BTreeSet<Leaf>, &Gated),
        dissolved: Vec<(Span, String)>,
        nested: bool,
        anchor: Option<Span>,
    ) {
        let cx = self.cx;
        let source = &cx.program.unit(file).source;
        let mut lines = statements(cx.runtime(file), pool, nested);
        for (attr, leaves) in gated {
            let own = statements(cx.runtime(file), leaves, nested);
            lines.extend(own.into_iter().flat_map(|statement| [attr.clone(), statement]));
        }
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
