//! What an example is, a whole file, declarations or statements, and what stands around it to make it a file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::docs::Frame;
use crate::go::index::{FileIdx, Program};
use crate::go::models;
use crate::go::modules::{ModuleId, Modules};
use crate::go::syntax::{NodeId, Syntax};
use crate::go::usage::Usage;
use crate::source::Source;
use crate::tree::FileId;

/// What an example consists of.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// The line behind the package clause, where there is one.
    clause: Option<usize>,
    pub(super) has_imports: bool,
    /// The line of the first statement, and what opens a function for it.
    function: Option<(usize, String)>,
}

impl Shape {
    /// Works out what `code` is. Code that does not parse is taken for declarations.
    pub(super) fn of(code: &str) -> Self {
        // The last statement ends with its line.
        let source = Arc::new(Source::new("", format!("{code}\n")));
        let Ok(syntax) = Syntax::parse(FileId(0), source) else { return Self::default() };
        let behind = |node: NodeId| line(code, syntax.end(node).saturating_sub(1)) + 1;
        let parts: Vec<NodeId> = syntax.children(NodeId::ROOT).collect();
        let of_kind = |kind: &str| parts.iter().copied().rfind(|&part| syntax.kind(part) == kind);
        let (clause, imports) = (of_kind("package_clause"), of_kind("import_declaration"));
        let is_statement = |&part: &NodeId| {
            !matches!(
                syntax.kind(part),
                "package_clause"
                    | "import_declaration"
                    | "function_declaration"
                    | "method_declaration"
                    | "type_declaration"
                    | "const_declaration"
                    | "var_declaration"
            )
        };
        let opens = imports.or(clause).map_or(0, behind);
        Self {
            clause: clause.map(behind),
            has_imports: imports.is_some(),
            function: parts.iter().any(is_statement).then(|| (opens, signature(&syntax))),
        }
    }

    /// What stands around the code, with these packages imported by these names.
    pub(super) fn frame(&self, imports: &[(String, String)]) -> Frame {
        let imports: Vec<String> = imports.iter().map(|(name, path)| format!("import {name} \"{path}\"")).collect();
        let clause = self.clause.is_none().then(|| "package example".to_owned());
        let head: Vec<String> = clause.into_iter().chain(imports.iter().cloned()).collect();
        Frame {
            is_built: false,
            is_assumed: !imports.is_empty(),
            head: (!head.is_empty()).then(|| (self.clause.unwrap_or(0), head.join("; ") + "\n")),
            function: self.function.clone(),
        }
    }
}

fn line(code: &str, offset: usize) -> usize {
    code[..offset].matches('\n').count()
}

/// A function that may return what the statements return.
fn signature(syntax: &Syntax) -> String {
    let is_own =
        |&node: &NodeId| syntax.kind(node) == "return_statement" && syntax.enclosing(node, &["func_literal"]).is_none();
    let values = |node: NodeId| syntax.children(node).next().map_or(0, |list| syntax.list(list).len());
    let results = match syntax.nodes().filter(is_own).map(values).max() {
        None | Some(0) => String::new(),
        Some(1) => " error".to_owned(),
        Some(count) => format!(" ({}error)", "any, ".repeat(count - 1)),
    };
    format!("func example(){results} {{")
}

/// The packages that names in an example may mean, though it imports none.
#[derive(Debug)]
pub(super) struct Known<'a> {
    /// The signatures of libraries, which are known by their usual names.
    models: Program,
    /// Import paths by the names that the file around the example has for them.
    host: BTreeMap<&'a str, &'a str>,
    /// Import paths of the module's own packages by their names.
    own: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Known<'a> {
    /// For examples in the documentation of `module`, and in the comments of the file `host`.
    pub(super) fn new(modules: &'a Modules, module: ModuleId, host: Option<(&'a Program, FileIdx)>) -> Self {
        let mut known = Self { models: Program::default(), host: BTreeMap::new(), own: BTreeMap::new() };
        models::add(&mut known.models);
        if let Some((program, file)) = host {
            let file = program.file(file);
            known.host = file.imports.iter().map(|import| (import.name.as_str(), import.path.as_str())).collect();
            let package = program.package(file.package);
            known.host.insert(package.name.trim_end_matches("_test"), package.path.as_str());
        }
        let paths = modules.get(module).packages.iter().map(|package| package.import_path.as_str());
        for path in paths.filter(|path| !path.is_empty()) {
            known.own.entry(path.rsplit('/').next().unwrap_or(path)).or_default().insert(path);
        }
        known
    }

    /// The imports, by their names, that the names of packages in `program` certainly stand for.
    pub(super) fn imports(&self, program: &str) -> Vec<(String, String)> {
        let usage = Usage::of(program).unwrap_or_default();
        let imports = usage.packages().filter_map(|(name, members)| Some((name, self.path(name, members)?)));
        imports.map(|(name, path)| (name.to_owned(), path.to_owned())).collect()
    }

    /// The path of the package `name`, of which `members` are named. What two packages may be called is none of them.
    fn path(&self, name: &str, members: &BTreeSet<String>) -> Option<&str> {
        if let Some(path) = self.host.get(name) {
            return Some(path);
        }
        let has_members = |package: &_| members.iter().all(|member| self.models.lookup(*package, member).is_some());
        let usual = self.models.packages.iter().filter(|package| package.name == name);
        let usual = usual
            .filter(|package| models::find(&self.models, &package.path).is_some_and(|package| has_members(&package)));
        let own = self.own.get(name).into_iter().flatten().copied();
        let mut all = usual.map(|package| package.path.as_str()).chain(own);
        all.next().filter(|_| all.next().is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening(code: &str) -> Option<(usize, String)> {
        Shape::of(code).function
    }

    #[test]
    fn statements_get_a_function_behind_clause_and_imports() {
        assert_eq!(opening("package a\n\nimport \"b\"\n\nfunc f() { b.C() }\n"), None);
        assert_eq!(opening("type a struct{}\n\nvar b a\n"), None);
        assert_eq!(opening("a()\n"), Some((0, "func example() {".to_owned())));
        assert_eq!(opening("import (\n\t\"a\"\n)\n\na.B()\n"), Some((3, "func example() {".to_owned())));
    }

    #[test]
    fn the_function_returns_what_the_statements_return() {
        let signature = |code: &str| opening(code).unwrap().1;
        assert_eq!(signature("if err := a(); err != nil {\n\treturn err\n}\n"), "func example() error {");
        assert_eq!(signature("a()\nreturn nil, err\n"), "func example() (any, error) {");
        assert_eq!(signature("a(func() error { return b })\n"), "func example() {");
    }
}
