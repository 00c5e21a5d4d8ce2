//! `legacy-import`: imports and paths of the legacy crate follow what became of the names they bring.
//!
//! What is decided here depends on which units change: a name that is still used keeps its import.

mod declarations;
mod emit;
mod fate;
mod gated;
mod idle;

use std::collections::{BTreeMap, BTreeSet};

use self::declarations::{in_prelude, is_directly_in, join};

use super::super::cx::{Change, Cx, Need};
use super::super::index::{DefKind, FileIdx, ImportId};
use super::super::references::{
    Reference, closure, closure_up_to, counterpart, is_direct, leads_through_legacy, target,
};
use super::super::text::holds_word;

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
        changes,
        plan: ImportPlan::default(),
        left: Vec::new(),
        moved: Vec::new(),
        trails: BTreeSet::new(),
        dropped: BTreeSet::new(),
        legacy_trails: BTreeSet::new(),
        lost: BTreeSet::new(),
        inserted: BTreeMap::new(),
    };
    for change in moved {
        planner.inserted.entry(change.file).or_default().push(change.edit.text().to_owned());
    }
    let (gone, left): (Vec<&Reference>, Vec<&Reference>) =
        references.iter().partition(|reference| is_gone(reference, changes));
    planner.left = left.into_iter().cloned().collect();
    planner.moved = gone.iter().filter(|reference| planner.moves(reference)).map(|&one| one.clone()).collect();
    planner.dropped = planner.dropped(changes);
    let led = gone.iter().flat_map(|reference| reference.trail.iter().copied());
    planner.lost = closure(cx, led.chain(planner.dropped.iter().copied()));
    let passed_on = (0..cx.program.imports.len() as u32).map(ImportId).filter(|&import| {
        let data = cx.program.import(import);
        cx.inferred.contains_key(&data.file)
            && !data.is_glob
            && !is_direct(cx, import)
            && !planner.dropped.contains(&import)
    });
    let stays = planner.left.iter().chain(&planner.moved);
    let trails = stays.flat_map(|reference| reference.trail.iter().copied());
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
    changes: &'a [Change],
    plan: ImportPlan,
    /// References that stay.
    left: Vec<Reference>,
    /// References that stand in new text again; the next round sees them there.
    moved: Vec<Reference>,
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
    /// Whether new text of the file still names what a reference names.
    fn moves(&self, reference: &Reference) -> bool {
        let cx = self.cx;
        let Some(texts) = self.inserted.get(&reference.file) else { return false };
        let stands = |word: &str| texts.iter().any(|text| holds_word(text, word));
        let def = cx.program.def(reference.def);
        if cx.legacy.is_legacy(cx.program, reference.def) && self.is_short_needed(&def.name) {
            return false;
        }
        if !self.is_written(reference) && def.kind == DefKind::Trait {
            // Only its methods are named.
            let methods = cx.program.members.get(&reference.def).into_iter().flatten();
            return methods.into_iter().any(|&method| stands(&cx.program.def(method).name));
        }
        stands(cx.text(reference.file, reference.span))
    }

    /// Whether a reference stands where its definition is named, not where a method of a trait is called.
    fn is_written(&self, reference: &Reference) -> bool {
        let written = self.cx.text(reference.file, reference.span);
        let binds = |import| self.cx.program.import(import).binds.as_deref() == Some(written);
        written.ends_with(self.cx.program.def(reference.def).name.as_str()) || reference.import.is_some_and(binds)
    }

    fn is_short_needed(&self, name: &str) -> bool {
        self.needs.iter().any(|need| need.path.rsplit("::").next() == Some(name))
    }

    /// References in moved text that lead through `import`.
    fn moved_through(&self, import: ImportId) -> impl Iterator<Item = &Reference> {
        self.moved.iter().filter(move |reference| reference.trail.contains(&import))
    }

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
                || self.is_bound_elsewhere_only(need, short)
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
            let orphaned =
                !reference.rest.is_empty() && reference.trail.iter().any(|&import| self.loses(reference, import));
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
    /// Whether a path no longer leads through an import: it goes, or what it brings has another path below it now.
    fn loses(&self, reference: &Reference, import: ImportId) -> bool {
        match self.plan.fates.get(&import) {
            Some(Fate::Delete) => true,
            Some(Fate::Rewrite(module)) if self.cx.program.import(import).is_glob => {
                let written = self.cx.text(reference.file, reference.span);
                let first = written.split("::").next().map_or("", str::trim);
                !same_below(self.cx, reference, &join(module, first))
            }
            _ => false,
        }
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
    use super::super::super::testing::{migrated, plan_of, rewritten as after};

    fn imports_of(code: &str) -> Vec<String> {
        after(code).lines().filter(|line| line.contains("use ")).map(str::to_owned).collect()
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
    fn a_prelude_beside_another_glob_with_one_of_its_names_names_what_is_used() {
        let ours = "mod http { pub struct Builder; pub enum SessionError { Closed } }\nuse http::*;\n";
        let code = format!(
            "{ours}use geppetto::prelude::*;\nfn f(_: Context, _: Turn, _: Builder) -> SessionError {{ SessionError::Closed }}\n\
             fn g(state: InferenceState) {{ drop(state); }}\nfn main() {{}}\n"
        );
        assert_eq!(
            imports_of(&code)[1..],
            [
                "use geppetto_runtime::context::Context;",
                "use geppetto_runtime::session::Session;",
                "use geppetto_runtime::turns::Turn;"
            ]
        );
        let unused = code.replace("SessionError", "Closing").replace("Builder", "Maker");
        assert_eq!(imports_of(&unused)[1..], ["use geppetto_runtime::prelude::*;"]);
    }

    #[test]
    fn an_item_that_is_called_as_the_new_crate_hides_it_from_no_path() {
        let code = "mod geppetto_runtime {}\nuse geppetto::prelude::*;\nfn f(_: Context, _: InferenceState) {}\nfn main() {}\n";
        assert_eq!(imports_of(code), ["use ::geppetto_runtime::prelude::*;"]);
    }

    #[test]
    fn extern_crates_are_named_anew() {
        let code = "extern crate geppetto;\nuse geppetto::prelude::*;\nfn f(_: InferenceState) {}\nfn main() {}\n";
        assert!(
            after(code).starts_with("extern crate geppetto_runtime;\nuse geppetto_runtime::prelude::*;"),
            "{}",
            after(code)
        );
        let renamed = code.replace("geppetto;", "geppetto as g;").replace("use geppetto", "use g");
        assert!(after(&renamed).starts_with("extern crate geppetto_runtime;\n"), "{}", after(&renamed));
        let kept = "extern crate geppetto;\nfn f(s: &geppetto::inference::state::InferenceState) { drop(s.engine()); }\n\
                    fn g(s: &geppetto::inference::state::InferenceState) { s.cancel_run().ok(); }\nfn main() {}\n";
        let both = "extern crate geppetto;\nextern crate geppetto_runtime;\n";
        assert!(after(kept).starts_with(both), "{}", after(kept));
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
                "mod words {{\npub use geppetto::inference::engine::Engine;\n\
                 pub use geppetto::inference::core::RunError;\n}}\n{import}\n\
                 fn f(e: &RunError) -> bool {{ matches!(e, RunError::Engine(_)) }}\n\
                 fn g(_: &dyn Engine) {{}}\nfn main() {{}}\n"
            )
        };
        let after = ["pub use geppetto_runtime::engine::Engine;", "use geppetto_runtime::session::SessionError;"];
        assert_eq!(imports_of(&code("use words::*;")), [after[0], "use words::*;", after[1]]);
        assert_eq!(imports_of(&code("use words::{Engine, RunError};")), [after[0], "use words::Engine;", after[1]]);
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
    fn what_moved_text_names_through_a_glob_is_imported() {
        let code = |import: &str, engine: &str| {
            format!(
                "{import}\nuse geppetto::inference::{{core::*, state::*}};\nuse std::sync::Arc;\n\
                 async fn f(ctx: &geppetto::context::Context) {{\n\
                 let state = Arc::new(InferenceState::new(\"a\", None, Arc::new({engine}::new())));\n\
                 let session = Session::new(state);\nlet _ = session.run_inference(ctx, None).await;\n}}\nfn main() {{}}\n"
            )
        };
        let direct = "use geppetto_runtime::engine::EchoEngine;";
        for (import, engine, after) in [
            ("use geppetto::prelude::*;", "EchoEngine", direct),
            ("use geppetto::inference::engine::*;", "EchoEngine", "use geppetto_runtime::engine::*;"),
            ("use geppetto::inference::{engine as eng};", "eng::EchoEngine", "use geppetto_runtime::engine as eng;"),
            ("use geppetto::inference::engine;", "engine::EchoEngine", "use geppetto_runtime::engine;"),
        ] {
            let imports = imports_of(&code(import, engine));
            assert!(imports.contains(&after.to_owned()), "{import} {imports:?}");
        }
        // A later round, which sees the path in its new place, writes it anew.
        let imports = imports_of(&code("use geppetto::inference::*;", "engine::EchoEngine"));
        assert!(!imports.iter().any(|line| line.contains("EchoEngine")), "{imports:?}");
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
