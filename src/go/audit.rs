//! What does not hold in the texts of some files: the core compares what was there before with what is there now.
//!
//! Each file is looked at by itself, with what is known of the library: names of other files mean nothing, before and after.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::index::{FileIdx, Program};
use super::infer::{Inferred, Ref, infer};
use super::models;
use super::syntax::{NodeId, Syntax};
use super::usage::Usage;
use crate::frontend::Flaw;
use crate::tree::{FileId, Tree};

/// What flaws of its kind have in common, the place, and what is wrong.
type Fault = (String, usize, String);

/// The flaws of some `files`.
pub(crate) fn flaws(tree: &Tree, files: &[FileId]) -> Vec<Flaw> {
    let parsed = files.par_iter().filter_map(|&file| Syntax::parse(file, tree.source(file).ok()?).ok());
    let mut program = Program::default();
    models::add(&mut program);
    for syntax in parsed.collect::<Vec<_>>() {
        let package = program.add_package("", "", false);
        program.add_file(package, syntax, false);
    }
    program.connect(&|program, _, path| models::find(program, path));
    let inferred = infer(&program);
    let look = |(&file, inferred)| {
        let look = Look { program: &program, file, syntax: program.syntax(file), inferred };
        let faults = [look.unused_variables(), look.packages(), look.members()].concat().into_iter();
        let file = look.syntax.file;
        faults.map(move |(like, offset, what)| Flaw { file, offset, like, what }).collect::<Vec<_>>()
    };
    inferred.par_iter().flat_map_iter(look).collect()
}

struct Look<'a> {
    program: &'a Program,
    file: FileIdx,
    syntax: &'a Syntax,
    inferred: &'a Inferred,
}

impl Look<'_> {
    /// Variables of functions that are declared and not used: no Go program has one.
    fn unused_variables(&self) -> Vec<Fault> {
        let mut uses: BTreeMap<NodeId, bool> = BTreeMap::new();
        for (name, meaning) in self.inferred.names() {
            let Ref::Local(declared) = meaning else { continue };
            let is_read = name != declared && !self.syntax.is_put_into(name);
            *uses.entry(declared).or_default() |= is_read;
        }
        let is_parameter = |name: NodeId| {
            let declares = ["parameter_declaration", "variadic_parameter_declaration", "type_parameter_declaration"];
            let parent = self.syntax.parent(name);
            parent.is_some_and(|parent| {
                declares.contains(&self.syntax.kind(parent)) || self.syntax.kind(parent) == "const_spec"
            })
        };
        let unused = uses.into_iter().filter(|(name, is_read)| !is_read && !is_parameter(*name));
        unused
            .filter(|(name, _)| self.syntax.text(*name) != "_")
            .map(|(name, _)| {
                let text = self.syntax.text(name);
                (format!("unused {text}"), self.syntax.start(name), format!("nothing uses the variable `{text}`"))
            })
            .collect()
    }

    /// Imports that nothing uses, and packages that nothing imports.
    fn packages(&self) -> Vec<Fault> {
        let Some(usage) = Usage::of(self.syntax.slice(self.syntax.range(NodeId::ROOT))) else { return Vec::new() };
        let mut faults = Vec::new();
        let imports = &self.program.file(self.file).imports;
        for import in imports.iter().filter(|import| !matches!(import.name.as_str(), "." | "_")) {
            if !usage.names_package(&import.name) {
                let what = format!("the import of `{}` is not used", import.path);
                faults.push((format!("import {}", import.path), self.syntax.start(import.node), what));
            }
        }
        for (name, members) in usage.packages() {
            let is_known = imports.iter().any(|import| import.name == name)
                || self.program.lookup(self.program.file(self.file).package, name).is_some();
            let place = || {
                self.syntax.nodes().find(|&node| {
                    matches!(self.syntax.kind(node), "identifier" | "package_identifier")
                        && self.syntax.text(node) == name
                })
            };
            if !is_known && let Some(place) = place() {
                let member = members.first().map_or("", String::as_str);
                let what = format!("`{name}.{member}` names nothing");
                faults.push((format!("name {name}"), self.syntax.start(place), what));
            }
        }
        faults
    }

    /// Names behind a dot that the library does not have.
    fn members(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for selector in self.syntax.nodes().filter(|&node| self.syntax.kind(node) == "selector_expression") {
            let (Some(operand), Some(field)) =
                (self.syntax.child(selector, "operand"), self.syntax.child(selector, "field"))
            else {
                continue;
            };
            if self.inferred.meaning(field).is_some() {
                continue;
            }
            let name = self.syntax.text(field);
            let owner = match self.inferred.meaning(operand) {
                Some(Ref::Package(import)) => {
                    let import = &self.program.file(self.file).imports[import];
                    import.target.filter(|_| is_new(&import.path)).map(|_| import.path.clone())
                }
                _ => self.new_type(operand),
            };
            if let Some(owner) = owner {
                let what = format!("`{owner}` has no `{name}`");
                faults.push((format!("member {owner}.{name}"), self.syntax.start(field), what));
            }
        }
        faults
    }

    /// The type of an expression, if it is one of the new API.
    fn new_type(&self, operand: NodeId) -> Option<String> {
        let def = self.inferred.ty(operand).pointee().def()?;
        let def = self.program.def(def);
        is_new(&self.program.package(def.package).path).then(|| def.name.clone())
    }
}

/// Whether all of a package is known: those of the new API.
fn is_new(path: &str) -> bool {
    ["/inference/session", "/inference/toolloop/enginebuilder"].iter().any(|end| path.ends_with(end))
}

#[cfg(test)]
mod tests {
    use crate::go::GoFrontend;
    use crate::plan::new_flaws;
    use crate::testing::tree;
    use crate::tree::FileId;

    const IMPORTS: &str =
        "import (\n\t\"context\"\n\n\t\"github.com/go-go-golems/geppetto/pkg/inference/session\"\n)\n";

    fn flaws(before: &str, after: &str) -> Vec<String> {
        let at = |text: &str| tree(&[("p.go", text)]);
        let found = new_flaws(&GoFrontend::new(), &at(before), &at(after), &[FileId(0)].into());
        found.into_iter().map(|flaw| flaw.what).collect()
    }

    /// What is wrong with a function whose body is written.
    fn flaws_in(body: &str) -> Vec<String> {
        let before = "package p\n\nfunc f() {}\n";
        flaws(
            before,
            &format!("package p\n\n{IMPORTS}\nfunc f(ctx context.Context, s *session.Session) {{\n{body}\n}}\n"),
        )
    }

    #[test]
    fn what_holds_has_no_flaws() {
        for fine in [
            "h, err := s.StartInference(ctx)\nif err != nil {\nreturn\n}\n_, _ = h.Wait()",
            "t := session.NewSession()\nt.Append(nil)",
            "for i := range 3 {\n_ = i\n}",
            "const n = 1",
            "x := 1\ngo func() { x++; _ = x }()",
        ] {
            assert_eq!(flaws_in(fine), [""; 0], "{fine}");
        }
    }

    #[test]
    fn variables_must_be_used() {
        assert_eq!(flaws_in("x := 1"), ["nothing uses the variable `x`"]);
        assert_eq!(flaws_in("h, err := s.StartInference(ctx)\n_ = h\nerr = nil"), ["nothing uses the variable `err`"]);
    }

    #[test]
    fn packages_must_be_imported_and_used() {
        assert_eq!(flaws_in("events.Publish(ctx)"), ["`events.Publish` names nothing"]);
        let after = format!("package p\n\n{IMPORTS}\nfunc f(ctx context.Context) {{}}\n");
        let unused = "the import of `github.com/go-go-golems/geppetto/pkg/inference/session` is not used";
        assert_eq!(flaws("package p\n", &after), [unused]);
    }

    #[test]
    fn the_library_must_have_what_is_named_of_it() {
        assert_eq!(flaws_in("s.RunInference(ctx)"), ["`Session` has no `RunInference`"]);
        let package = "github.com/go-go-golems/geppetto/pkg/inference/session";
        assert_eq!(flaws_in("session.NewState()"), [format!("`{package}` has no `NewState`")]);
    }

    #[test]
    fn what_was_there_before_is_nobodys_fault() {
        let odd = "package p\n\nimport \"odd\"\n\nfunc f() {\n\tx := other.Thing()\n}\n";
        assert_eq!(flaws(odd, odd), [""; 0]);
    }
}
