//! What becomes of each import.

use super::super::super::hir::Visibility;
use super::super::super::index::{DefId, DefKind, ImportId};
use super::super::super::references::{Reference, counterpart, is_direct, target};
use super::super::super::resolve::{Namespace, Res};
use super::super::super::text::{holds_word, words};
use super::declarations::{in_prelude, prelude_names};
use super::{Fate, Planner, brings, same_below};

impl Planner<'_> {
    pub(super) fn fate(&self, import: ImportId) -> Fate {
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
        let mut texts = self.inserted.get(&data.file).into_iter().flatten();
        !self.is_short_needed(name) && texts.any(|text| holds_word(text, name))
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
        let moved: Vec<&Reference> = self.moved_through(import).collect();
        let used = || left.iter().copied().chain(moved.iter().copied());
        if used().any(|reference| cx.legacy.is_legacy(cx.program, reference.def)) {
            return Fate::Keep;
        }
        let data = cx.program.import(import);
        let keeps_name = |new: &str| data.rename.is_some() || new.rsplit("::").next() == data.binds.as_deref();
        match counterpart(cx, def) {
            Some(new) if keeps_name(&new) && used().all(|reference| same_below(cx, reference, &new)) => {
                Fate::Rewrite(new)
            }
            // The references are written with their full path, those in moved text when the next round sees them.
            _ if moved.is_empty() => Fate::Delete,
            _ => Fate::Keep,
        }
    }

    fn fate_of_glob(&self, import: ImportId, def: DefId, left: &[&Reference]) -> Fate {
        let cx = self.cx;
        let moved: Vec<&Reference> = self.moved_through(import).collect();
        // A path in moved text is only written anew when the next round sees it.
        let is_held = |moved: &&Reference| !moved.rest.is_empty() || cx.legacy.is_legacy(cx.program, moved.def);
        let legacy_left = self.legacy_trails.contains(&import)
            || self.is_named_unread(import)
            || is_direct(cx, import) && moved.iter().any(is_held);
        if !is_direct(cx, import) {
            // What brought the variants of an error brings nothing any more.
            let is_error = cx.legacy.kind(def).is_some_and(super::super::legacy_error::is_error);
            return if is_error && left.is_empty() && !legacy_left { Fate::Delete } else { Fate::Keep };
        }
        let visibility = cx.program.import(import).visibility;
        let used: Vec<&Reference> = left.iter().copied().chain(moved).collect();
        match counterpart(cx, def) {
            Some(new) if !legacy_left && visibility == Visibility::Private && self.is_crowded(import, def, &new) => {
                Fate::Delete
            }
            _ if legacy_left
                || visibility == Visibility::Public
                    && cx.legacy.is_legacy(cx.program, def)
                    && self.reexports_left(import) =>
            {
                Fate::Keep
            }
            Some(new) if self.is_used_through(&new, &used) || self.needs_here(import, &new) => Fate::Rewrite(new),
            Some(new) if visibility == Visibility::Public && !left.is_empty() => Fate::Rewrite(new),
            Some(new) if used.is_empty() && self.trails.contains(&import) => Fate::Rewrite(new),
            _ => Fate::Delete,
        }
    }

    /// Whether a glob of the new module brings a name that the scope has from another glob, which the old one did not bring.
    fn is_crowded(&self, import: ImportId, old: DefId, new: &str) -> bool {
        let cx = self.cx;
        let data = cx.program.import(import);
        let others = cx.program.scopes.get(&data.scope).map_or(&[][..], |scope| scope.globs.as_slice());
        let has = |module: DefId, name: &str| {
            [Namespace::Type, Namespace::Value]
                .iter()
                .find_map(|&namespace| cx.resolver.member(module, name, namespace).map(|(res, _)| res))
        };
        let is_ours = |res: &Res| !matches!(res, Res::Def(def) if cx.program.is_model(*def));
        let brings = |glob: ImportId, name: &str| match target(cx, glob) {
            Some(module) => has(module, name).is_some_and(|res| is_ours(&res)),
            None => true,
        };
        let names = self.names_in(new).into_iter().filter(|name| has(old, name).is_none());
        names.filter(|name| holds_word(cx.source(data.file), name)).any(|name| {
            let own = cx.program.scopes.get(&data.scope).is_some_and(|scope| scope.names.contains_key(name));
            !own && others.iter().any(|&glob| glob != import && brings(glob, name))
        })
    }

    /// What a glob of a module of the new crate brings.
    fn names_in(&self, module: &str) -> Vec<&str> {
        if module == "prelude" {
            return prelude_names().collect();
        }
        let def = self.cx.resolver.known(&format!("geppetto_runtime::{module}"));
        let scope = def.and_then(|def| self.cx.program.scopes.get(&def));
        scope.map_or_else(Vec::new, |scope| scope.names.keys().map(String::as_str).collect())
    }

    /// Whether a glob of the new module brings what some references name.
    fn is_used_through(&self, module: &str, left: &[&Reference]) -> bool {
        left.iter().any(|reference| counterpart(self.cx, reference.def).is_none_or(|path| brings(module, &path)))
    }

    /// Whether a macro that is not read names something that a legacy glob brings.
    fn is_named_unread(&self, glob: ImportId) -> bool {
        let file = self.cx.program.import(glob).file;
        let source = self.cx.source(file);
        let names = super::super::super::ledger::NAMES.iter().copied().filter(|name| *name != "geppetto");
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
}
