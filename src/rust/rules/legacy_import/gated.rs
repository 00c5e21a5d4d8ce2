//! Imports that only code under a `#[cfg(…)]` needs stand under it themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::cx::Need;
use super::super::super::hir::{Item, ItemKind, Span};
use super::super::super::index::{DefId, FileIdx, Import};
use super::super::super::text::holds_word;
use super::Planner;
use super::declarations::Leaf;

/// Leaves by the attribute that their declaration has.
pub(super) type Gated = BTreeMap<String, BTreeSet<Leaf>>;

impl Planner<'_> {
    /// Takes those leaves out of `missing` that are not needed wherever the module is.
    pub(super) fn gated(&self, file: FileIdx, scope: DefId, missing: &mut BTreeSet<Leaf>) -> Gated {
        let mut gated = Gated::new();
        missing.retain(|leaf| match self.condition(file, scope, leaf) {
            Some(attr) => {
                gated.entry(attr).or_default().insert(leaf.clone());
                false
            }
            None => true,
        });
        gated
    }

    /// The attribute that holds wherever the code that names a leaf is compiled, and only there.
    fn condition(&self, file: FileIdx, scope: DefId, leaf: &Leaf) -> Option<String> {
        let name = leaf.path.rsplit("::").next()?;
        let uses = self.uses_in_new_text(file, name);
        let mut alternatives: Vec<BTreeSet<&str>> =
            uses.iter().map(|&span| self.predicates(file, scope, span)).collect();
        if alternatives.is_empty() || alternatives.iter().any(BTreeSet::is_empty) {
            return None;
        }
        alternatives.sort_by_key(BTreeSet::len);
        let mut needed: Vec<BTreeSet<&str>> = Vec::new();
        for one in alternatives {
            if !needed.iter().any(|other| other.is_subset(&one)) {
                needed.push(one);
            }
        }
        let texts: BTreeSet<String> = needed.iter().map(|all| joined("all", all.iter().copied())).collect();
        Some(format!("#[cfg({})]", joined("any", texts.iter().map(String::as_str))))
    }

    /// Whether an import under a condition has a needed name that code without that condition needs, too.
    pub(super) fn is_bound_elsewhere_only(&self, need: &Need, short: &str) -> bool {
        let cx = self.cx;
        let under = |import: &&Import| {
            let span = cx.hir(need.file)[import.item].span;
            let own = self.predicates(need.file, need.scope, span);
            let mut uses = self.uses_in_new_text(need.file, short).into_iter();
            !own.is_empty() && uses.any(|at| !own.is_subset(&self.predicates(need.file, need.scope, at)))
        };
        let mut same = cx.program.imports.iter().filter(|import| {
            import.file == need.file && import.scope == need.scope && import.binds.as_deref() == Some(short)
        });
        same.any(|import| under(&import))
    }

    /// Where the file names a word once the changes are done.
    fn uses_in_new_text(&self, file: FileIdx, name: &str) -> Vec<Span> {
        let changes = self.changes.iter().filter(|change| change.file == file && holds_word(change.edit.text(), name));
        let written = changes.map(|change| Span::new(change.edit.range().start, change.edit.range().end));
        let left = self.left.iter().chain(&self.moved).filter(|reference| reference.file == file);
        let named = left.filter(|reference| holds_word(self.cx.text(file, reference.span), name));
        written.chain(named.map(|reference| reference.span)).collect()
    }

    /// What the conditions between a place and the module it stands in ask for.
    fn predicates(&self, file: FileIdx, scope: DefId, at: Span) -> BTreeSet<&str> {
        let module = self.cx.program.item(scope).map(|item| item.span);
        let around = |whole: Span| module.is_some_and(|module| whole.contains(module));
        let gates = self.cx.hir(file).gates.iter().filter(|gate| gate.whole.contains(at) && !around(gate.whole));
        gates.filter_map(|gate| predicate(self.cx.text(file, gate.attr))).collect()
    }

    /// What must hold for a declaration, as the attribute of a new one beside it would say it.
    pub(super) fn attribute_of(&self, file: FileIdx, item: &Item) -> Option<String> {
        let [attr] = item.attrs.as_slice() else { return None };
        let text = self.cx.text(file, attr.span);
        matches!(item.kind, ItemKind::Use(_))
            .then(|| predicate(text).map(|predicate| format!("#[cfg({predicate})]")))?
    }
}

/// `feature = "x"` of `#[cfg(feature = "x")]`.
fn predicate(attr: &str) -> Option<&str> {
    let inner = attr.trim().strip_prefix("#[")?.trim_start().strip_prefix("cfg")?.trim_start();
    let inner = inner.strip_prefix('(')?.trim_end().strip_suffix(']')?.trim_end().strip_suffix(')')?;
    Some(inner.trim().trim_end_matches(',').trim_end())
}

fn joined<'a>(name: &str, parts: impl Iterator<Item = &'a str>) -> String {
    let parts: Vec<&str> = parts.collect();
    match parts.as_slice() {
        [only] => (*only).to_owned(),
        several => format!("{name}({})", several.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::super::testing::rewritten as after;

    const MADE: &str = "{ drop(geppetto::inference::state::InferenceState::new(\"a\", None, engine)); }\n";
    const ENGINE: &str = "(engine: std::sync::Arc<dyn geppetto::inference::engine::Engine>)";

    fn function(attrs: &str, name: &str) -> String {
        format!("{attrs}fn {name}{ENGINE} {MADE}")
    }

    #[test]
    fn what_only_gated_code_needs_is_imported_under_its_condition() {
        let gate = "#[cfg(feature = \"extra\")]\n";
        let code =
            format!("use geppetto::turns::Turn;\n{}fn main() {{ drop(Turn::default()); }}\n", function(gate, "a"));
        let after = after(&code);
        assert!(after.contains("#[cfg(feature = \"extra\")]\nuse geppetto_runtime::session::Session;"), "{after}");
        assert!(after.contains("use geppetto_runtime::turns::Turn;\n"), "{after}");
    }

    #[test]
    fn conditions_of_several_uses_are_joined() {
        let both = format!("{}{}", function("#[cfg(unix)]\n", "a"), function("#[cfg(windows)]\n", "b"));
        let new = after(&format!("{both}fn main() {{}}\n"));
        assert!(new.contains("#[cfg(any(unix, windows))]\nuse geppetto_runtime::builder::Builder;"), "{new}");
        let within = function("#[cfg(unix)]\n#[cfg(feature = \"x\")]\n", "b");
        let new = after(&format!("{within}fn main() {{}}\n"));
        assert!(new.contains("#[cfg(all(feature = \"x\", unix))]\nuse"), "{new}");
        let open = after(&format!("{both}{}fn main() {{}}\n", function("", "c")));
        assert!(!open.contains("#[cfg(any"), "{open}");
    }

    #[test]
    fn the_condition_of_the_module_around_is_not_repeated() {
        let code = format!("#[cfg(test)]\nmod tests {{\n    {}}}\nfn main() {{}}\n", function("", "a"));
        assert_eq!(after(&code).matches("#[cfg").count(), 1, "{}", after(&code));
    }

    #[test]
    fn an_import_under_another_condition_brings_nothing() {
        let code = format!(
            "#[cfg(test)]\nuse geppetto_runtime::session::Session;\n{}#[cfg(test)]\nfn t(_: Session) {{}}\nfn main() {{}}\n",
            function("", "a")
        );
        let after = after(&code);
        assert!(after.contains("geppetto_runtime::session::Session::with_id"), "{after}");
        assert_eq!(after.matches("session::Session;").count(), 1, "{after}");
    }

    #[test]
    fn a_declaration_under_the_same_condition_takes_the_name() {
        let code = "#[cfg(unix)]\nuse geppetto::inference::engine::factory::{ParsedValues, new_engine_from_parsed_values};\n\
             #[cfg(unix)]\nfn a() { drop(new_engine_from_parsed_values(&ParsedValues::default(), vec![])); }\nfn main() {}\n";
        let after = after(code);
        assert!(
            after.contains(
                "#[cfg(unix)]\nuse geppetto_runtime::engine::factory::{ParsedValues, new_engine_from_parsed_values};"
            ),
            "{after}"
        );
        assert_eq!(after.matches("use ").count(), 1, "{after}");
    }
}
