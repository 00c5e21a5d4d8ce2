//! Which packages and bare names a text uses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::index::{FileIdx, Program};
use super::infer::{Ref, infer};
use super::syntax::{NodeId, Syntax};
use crate::source::Source;
use crate::tree::FileId;

/// The names of a file that its own declarations do not explain.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    /// What is named of each package.
    packages: BTreeMap<String, BTreeSet<String>>,
    bare: BTreeSet<String>,
}

impl Usage {
    /// Looks at a text; nothing is known of one that does not parse.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let syntax = Syntax::parse(FileId(0), Arc::new(Source::new("", text))).ok()?;
        let mut program = Program::default();
        let package = program.add_package("", "", false);
        let file = program.add_file(package, syntax, false);
        Some(Self::of_file(&program, file))
    }

    fn of_file(program: &Program, file: FileIdx) -> Self {
        let syntax = program.syntax(file);
        let inferred = infer(program);
        let is_declared = |name: NodeId| {
            let meaning = inferred.get(&file).and_then(|inferred| inferred.meaning(name));
            matches!(meaning, Some(Ref::Local(_) | Ref::Def(_)))
        };
        let mut usage = Self::default();
        for name in syntax.nodes() {
            let Some(parent) = syntax.parent(name) else { continue };
            let text = || syntax.text(name).to_owned();
            let member = |role: &str| syntax.child(parent, role).map(|member| syntax.text(member).to_owned());
            match (syntax.kind(name), syntax.kind(parent)) {
                ("package_identifier", "qualified_type") => {
                    usage.packages.entry(text()).or_default().extend(member("name"));
                }
                ("identifier", "selector_expression") if !is_declared(name) => {
                    usage.packages.entry(text()).or_default().extend(member("field"));
                    usage.bare.insert(text());
                }
                ("type_identifier", "qualified_type") => {}
                ("identifier" | "type_identifier", _) if !is_declared(name) => {
                    usage.bare.insert(text());
                }
                _ => {}
            }
        }
        usage
    }

    /// Whether `name` stands for a package somewhere.
    pub(crate) fn names_package(&self, name: &str) -> bool {
        self.packages.contains_key(name)
    }

    /// What may be packages, and what is named of each.
    pub(crate) fn packages(&self) -> impl Iterator<Item = (&str, &BTreeSet<String>)> {
        self.packages.iter().map(|(name, members)| (name.as_str(), members))
    }

    /// Whether `name` stands somewhere without a package in front of it.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.bare.contains(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_hide_packages_only_where_they_are_seen() {
        let hidden = "package p\n\nfunc f() {\n\tengine, err := g()\n\tengine.Run()\n\t_ = err\n}\n";
        assert!(!Usage::of(hidden).unwrap().names_package("engine"));
        let seen = "package p\n\nfunc f() {\n\t{\n\t\tengine := 1\n\t\t_ = engine\n\t}\n\tengine.New()\n}\n";
        assert!(Usage::of(seen).unwrap().names_package("engine"));
        let right = "package p\n\nfunc f() {\n\tengine := engine.New()\n\tengine.Run()\n}\n";
        assert!(Usage::of(right).unwrap().names_package("engine"));
    }

    #[test]
    fn packages_are_used_wherever_types_and_values_stand() {
        for text in [
            "var x pkg.A",
            "var x = []pkg.A{}",
            "type x struct{ pkg.A }",
            "type x[T pkg.A] struct{}",
            "func f(x ...pkg.A) {}",
            "var x = pkg.A[int](1)",
            "var x = map[string]int{pkg.A: 1}",
            "func f() { switch x := y.(type) { case *pkg.A: _ = x } }",
            "func f() { select { case <-pkg.A: } }",
            "func f() { for range pkg.A { } }",
            "func f() { defer func() { pkg.A() }() }",
            "func (x *a) f() (y func(pkg.A)) { return nil }",
            "const x = 1 << pkg.A",
            "func f() { x.(pkg.A).B() }",
            "func f() { const x = pkg.A }",
            "func f() { type x = pkg.A }",
            "var x = func() int { return pkg.A }()",
            "func f() { if x := pkg.A; x {} }",
            "func f() { go pkg.A() }",
            "func f() { x <- pkg.A }",
            "func f() { pkg.A++ }",
            "func f() { l: for { pkg.A(); break l } }",
        ] {
            let usage = Usage::of(&format!("package p\n\n{text}\n"));
            assert!(usage.is_some_and(|usage| usage.names_package("pkg")), "{text}");
        }
    }
}
