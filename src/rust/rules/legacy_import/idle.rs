//! Imports of anything else that the changes leave without a use.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::comments::comments;
use super::super::super::cx::{Change, Cx};
use super::super::super::hir::{ItemId, ItemKind, Span, Visibility};
use super::super::super::index::{Binding, DefId, DefKind, FileIdx, ImportId};
use super::super::super::references::{leads_through_legacy, target};
use super::super::super::text::{holds_word, words};
use super::super::inference_state::delete_line;
use super::declarations::{gives_methods, joined, remove_leaf};
use super::{Fate, Planner};
use crate::edit::Edit;

/// The imports of all files that change.
fn in_changed_files(cx: &Cx<'_>, changes: &[Change]) -> Vec<ImportId> {
    let files: BTreeSet<FileIdx> = changes.iter().map(|change| change.file).collect();
    let imports = cx.program.imports.iter().zip((0..).map(ImportId));
    imports.filter(|(data, _)| files.contains(&data.file)).map(|(_, import)| import).collect()
}

impl Planner<'_> {
    /// Imports by name whose last use the changes take.
    pub(super) fn dropped(&self, changes: &[Change]) -> BTreeSet<ImportId> {
        let cx = self.cx;
        let is_dropped = |import: ImportId| {
            let data = cx.program.import(import);
            let (Some(name), Some(def)) = (data.binds.as_deref(), target(cx, import)) else { return false };
            data.visibility == Visibility::Private
                && !leads_through_legacy(cx, import)
                && (cx.program.def(def).kind != DefKind::Trait || !gives_methods(cx, data.file, def))
                && self.lost_last_use(data.file, name, changes)
        };
        in_changed_files(cx, changes).into_iter().filter(|&import| is_dropped(import)).collect()
    }

    /// Other imports, such as `use std::sync::Arc`, go where the changes took their last use.
    pub(super) fn drop_idle(&mut self, changes: &[Change]) {
        let cx = self.cx;
        let mut idle: BTreeMap<(FileIdx, ItemId), Vec<ImportId>> = BTreeMap::new();
        for import in in_changed_files(cx, changes) {
            let data = cx.program.import(import);
            let is_empty_glob = || {
                data.is_glob
                    && data.visibility == Visibility::Private
                    && !self.plan.fates.get(&import).is_some_and(|fate| *fate != Fate::Keep)
                    && target(cx, import).is_some_and(|def| self.brings_nothing_more(data.file, def, changes))
            };
            if self.dropped.contains(&import) || is_empty_glob() {
                idle.entry((data.file, data.item)).or_default().push(import);
            }
        }
        for ((file, item), imports) in idle {
            let all = cx.program.imports.iter().filter(|data| (data.file, data.item) == (file, item)).count();
            if imports.len() == all {
                let span = cx.hir(file)[item].span;
                let line = self.with_what_stands_behind(delete_line(cx, file, span), span);
                self.plan.changes.push(line);
                continue;
            }
            let removed = imports.iter().filter_map(|&import| remove_leaf(cx, cx.program.import(import)));
            for removed in joined(cx, file, removed.map(|change| change.edit.range()).collect()) {
                if !self.goes_with_rewritten(&removed) {
                    self.plan.changes.push(removed);
                }
            }
        }
    }

    /// Whether the declaration around a leaf is rewritten as a whole; the leaf goes from its new text, if it stands there.
    fn goes_with_rewritten(&mut self, removed: &Change) -> bool {
        let range = removed.edit.range();
        let rewritten = self.plan.changes.iter_mut().find(|change| {
            let around = change.edit.range();
            let is_around = around.start <= range.start && range.end <= around.end && around != range;
            change.file == removed.file && is_around
        });
        let Some(change) = rewritten else { return false };
        let gone = self.cx.program.unit(removed.file).source.slice(range);
        if change.edit.text().matches(gone).count() == 1 {
            change.edit = Edit::replace(change.edit.range(), change.edit.text().replace(gone, ""));
        }
        true
    }

    /// New declarations that were to stand behind one that goes take its place.
    fn with_what_stands_behind(&mut self, removed: Change, item: Span) -> Change {
        let is_behind = |change: &Change| {
            change.file == removed.file && change.edit.range() == (item.end as usize..item.end as usize)
        };
        let goes_whole =
            removed.edit.range().start <= item.start as usize && item.end as usize <= removed.edit.range().end;
        match self.plan.changes.iter().position(is_behind).filter(|_| goes_whole) {
            Some(index) => {
                let behind = self.plan.changes.remove(index);
                self.cx.replace(removed.file, item, behind.edit.text().trim_start())
            }
            None => removed,
        }
    }

    /// Whether a name stood in text that goes and stands nowhere else outside imports and comments.
    fn lost_last_use(&self, file: FileIdx, name: &str, changes: &[Change]) -> bool {
        let (gone, left) = self.uses(file, name, changes);
        gone > 0 && left == 0
    }

    /// How often a name stands in text that goes, and how often in what is left or new, outside imports and comments.
    fn uses(&self, file: FileIdx, name: &str, changes: &[Change]) -> (usize, usize) {
        let cx = self.cx;
        let source = cx.source(file);
        let own: Vec<&Change> = changes.iter().filter(|change| change.file == file).collect();
        let imports: Vec<Span> = cx
            .program
            .imports
            .iter()
            .filter(|import| import.file == file)
            .map(|import| cx.hir(file)[import.item].span)
            .collect();
        let comments = comments(source);
        let in_code = |at: usize| {
            !imports.iter().any(|span| span.range().contains(&at))
                && !comments.iter().any(|comment| comment.contains(&at))
        };
        let goes = |at: usize| own.iter().any(|change| change.edit.range().contains(&at));
        let (gone, left): (Vec<usize>, Vec<usize>) =
            words(source, name).filter(|&at| in_code(at)).partition(|&at| goes(at));
        let inserted = own.iter().filter(|change| holds_word(change.edit.text(), name)).count();
        (gone.len(), left.len() + inserted)
    }

    /// Whether a glob's module of the user's loses what it brought, and nothing that it still brings is named.
    fn brings_nothing_more(&self, file: FileIdx, module: DefId, changes: &[Change]) -> bool {
        let cx = self.cx;
        let Some(scope) = cx.program.scopes.get(&module).filter(|_| !cx.program.is_model(module)) else {
            return false;
        };
        let goes = |binding: &Binding| match binding {
            Binding::Import(import) => self.plan.fates.get(import) == Some(&Fate::Delete),
            Binding::Def(def) => cx.program.item(*def).is_some_and(|item| {
                let place = cx.program.def(*def).file;
                changes.iter().any(|change| {
                    let range = change.edit.range();
                    change.file == place && Span::new(range.start, range.end).contains(item.span)
                })
            }),
        };
        let stays = |bindings: &[Binding]| bindings.iter().any(|binding| !goes(binding));
        let is_trait = |binding: &Binding| match binding {
            Binding::Def(def) => cx.program.def(*def).kind == DefKind::Trait,
            Binding::Import(import) => target(cx, *import).is_none_or(|def| cx.program.def(def).kind == DefKind::Trait),
        };
        // What a macro among the items makes is not known.
        let makes_more =
            cx.hir(cx.program.def(module).file).items.iter().any(|item| matches!(item.kind, ItemKind::Macro(_)));
        let loses = scope.names.values().flatten().any(goes);
        let is_fed = self.needs.iter().any(|need| need.scope == module);
        loses
            && !is_fed
            && !makes_more
            && scope.globs.is_empty()
            && scope
                .names
                .iter()
                .filter(|(_, bindings)| stays(bindings))
                .all(|(name, bindings)| !bindings.iter().any(is_trait) && self.uses(file, name, changes).1 == 0)
    }
}
