//! The class of every textual occurrence of a legacy name in a file that was looked into.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::cx::Cx;
use super::index::{DefId, FileIdx, PackageIdx};
use super::infer::Ref;
use super::models::GEPPETTO_MODULE;
use super::syntax::NodeId;
use crate::finding::{Class, Finding, Mention};
use crate::frontend::Analysis;
use crate::names::{Named, Names, class_of};
use crate::rules::Rule;

/// Names of the legacy API that mean nothing else in code that knows geppetto.
pub(crate) const NAMES: &[&str] = &[
    "WithSink",
    "ApplyOptions",
    "InferenceState",
    "NewInferenceState",
    "StartRun",
    "FinishRun",
    "SetCancel",
    "HasCancel",
    "CancelRun",
    "RunInferenceStarted",
    "ErrInferenceRunning",
    "ErrInferenceNotRunning",
    "ErrInferenceStateNil",
];

/// Occurrences of legacy names in a text: offset and name.
pub(crate) fn occurrences(text: &str) -> Vec<(usize, &'static str)> {
    static FINDER: LazyLock<Names> = LazyLock::new(|| Names::new(NAMES));
    FINDER.find(text.as_bytes()).collect()
}

/// Classifies every occurrence in the program, beside what was found already.
pub(crate) fn draw_up(cx: &Cx<'_>, out: &mut Analysis) {
    let ledger = Ledger { cx, touched: touched(cx) };
    let found: Vec<Entry> = cx.program.own_files().flat_map(|file| ledger.of_file(file, &out.findings)).collect();
    for entry in found {
        out.mentions.push(entry.mention);
        out.findings.extend(entry.finding);
    }
}

/// An occurrence, and what there is to say about it.
struct Entry {
    mention: Mention,
    finding: Option<Finding>,
}

struct Ledger<'a> {
    cx: &'a Cx<'a>,
    /// The packages that legacy values may reach.
    touched: HashSet<PackageIdx>,
}

impl Ledger<'_> {
    fn of_file(&self, file: FileIdx, findings: &[Finding]) -> Vec<Entry> {
        let syntax = self.cx.syntax(file);
        let own: Vec<&Finding> = findings.iter().filter(|finding| finding.file == syntax.file).collect();
        let entry = |(offset, name)| {
            let class = self.class(file, (offset, name), &own);
            let position = syntax.source.position(offset);
            let place = format!("{}:{}:{}", syntax.source.path().display(), position.line, position.column);
            let named = Named { file: syntax.file, offset, name, place };
            let finding = match class {
                Class::Documentation => Some(named.in_prose("a comment")),
                Class::Opaque => Some(unread(named)),
                _ => None,
            };
            Entry { mention: Mention { file: syntax.file, offset, class }, finding }
        };
        occurrences(syntax.source.text()).into_iter().map(entry).collect()
    }

    fn class(&self, file: FileIdx, (offset, name): (usize, &str), findings: &[&Finding]) -> Class {
        let syntax = self.cx.syntax(file);
        if let Some(finding) = findings.iter().find(|finding| finding.range.contains(&offset)) {
            return class_of(finding.level);
        }
        let Some(node) = syntax.nodes().filter(|&node| syntax.range(node).contains(&offset)).last() else {
            return Class::Unrelated;
        };
        match syntax.kind(node) {
            // What a program wrote nobody reads as documentation.
            "comment" if self.cx.program.file(file).is_generated => Class::Unrelated,
            "comment" if self.is_own(file, name, findings) => Class::Unrelated,
            "comment" => Class::Documentation,
            "identifier" | "field_identifier" | "type_identifier" => self.class_of_name(file, node),
            _ => Class::Unrelated,
        }
    }

    /// Whether a comment means what the package itself calls so.
    fn is_own(&self, file: FileIdx, name: &str, findings: &[&Finding]) -> bool {
        let (program, syntax) = (self.cx.program, self.cx.syntax(file));
        let package = program.file(file).package;
        let is_declared = || {
            program.package(package).files.iter().flat_map(|&file| &program.file(file).defs).any(|&def| {
                let data = program.def(def);
                data.name == name && !data.is_embedded
            })
        };
        is_declared() && !findings.iter().any(|finding| syntax.slice(finding.range.clone()) == name)
    }

    fn class_of_name(&self, file: FileIdx, name: NodeId) -> Class {
        let declared = self.cx.program.declared(file, name).map(Ref::Def);
        match declared.or_else(|| self.cx.inferred(file).meaning(name)) {
            Some(Ref::Def(def)) if self.stands_for_legacy(def) => Class::Reported,
            Some(Ref::Def(_) | Ref::Local(_) | Ref::Package(_)) => Class::Unrelated,
            Some(Ref::Predeclared) | None => match self.is_reached(file) && !self.is_from_elsewhere(file, name) {
                true => Class::Opaque,
                false => Class::Unrelated,
            },
        }
    }

    /// Whether a declaration is legacy, or is called after something legacy that is embedded there.
    fn stands_for_legacy(&self, def: DefId) -> bool {
        let data = self.cx.program.def(def);
        let is_legacy = |def: DefId| self.cx.legacy.get(def).is_some();
        let embedded = || match self.cx.view.inferred.get(&data.file)?.meaning(data.name_node)? {
            Ref::Def(embedded) => Some(embedded),
            _ => None,
        };
        is_legacy(def) || (data.is_embedded && embedded().is_some_and(is_legacy))
    }

    fn is_reached(&self, file: FileIdx) -> bool {
        self.touched.contains(&self.cx.program.file(file).package)
    }

    /// Whether a name belongs to a package that is not in the tree: `zap.WithSink`, a field of `zap.Config{…}`.
    fn is_from_elsewhere(&self, file: FileIdx, name: NodeId) -> bool {
        let syntax = self.cx.syntax(file);
        let Some(parent) = syntax.parent(name) else { return false };
        let package = match syntax.kind(parent) {
            "selector_expression" => syntax.child(parent, "operand").filter(|&operand| operand != name),
            "qualified_type" => syntax.child(parent, "package"),
            _ => syntax
                .enclosing(name, &["composite_literal"])
                .and_then(|literal| syntax.child(literal, "type"))
                .and_then(|ty| syntax.below(ty).find(|&node| syntax.kind(node) == "package_identifier")),
        };
        let Some(Ref::Package(import)) = package.and_then(|package| self.cx.inferred(file).meaning(package)) else {
            return false;
        };
        let imports = &self.cx.program.file(file).imports;
        imports.get(import).is_some_and(|import| import.target.is_none())
    }
}

/// The packages that import what is legacy, and those that import one of these.
fn touched(cx: &Cx<'_>) -> HashSet<PackageIdx> {
    let program = cx.program;
    let is_legacy = |package: PackageIdx| {
        let package = program.package(package);
        let below = package.path.strip_prefix(GEPPETTO_MODULE).filter(|_| package.is_model);
        below.is_some_and(|below| {
            matches!(below, "/pkg/inference/state" | "/pkg/inference/core")
                || below.starts_with("/pkg/inference/engine")
        })
    };
    let mut touched = HashSet::new();
    loop {
        let reaches = |package: PackageIdx| is_legacy(package) || touched.contains(&package);
        let more: Vec<PackageIdx> = program
            .own_files()
            .map(|file| program.file(file))
            .filter(|file| !touched.contains(&file.package))
            .filter(|file| file.imports.iter().filter_map(|import| import.target).any(reaches))
            .map(|file| file.package)
            .collect();
        if more.is_empty() {
            return touched;
        }
        touched.extend(more);
    }
}

/// A name of the legacy API on a value of which nothing is known.
fn unread(named: Named) -> Finding {
    let rule = match named.name {
        "WithSink" => Rule::EngineSink,
        "ApplyOptions" => Rule::EngineOptions,
        "InferenceState" | "NewInferenceState" => Rule::InferenceState,
        "SetCancel" | "HasCancel" | "CancelRun" => Rule::Cancel,
        name if name.starts_with("Err") => Rule::LegacyError,
        _ => Rule::RunLifecycle,
    };
    let what = format!("`{}` of something whose type is not known", named.name);
    let help = format!(
        "write the type where the value is declared, then run the tool again, or migrate it as `explain {rule}` shows"
    );
    named.reported(rule, what, "the value comes from code that is not in the tree", &help)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{plan_of, program};
    use crate::finding::{Class, Level};
    use crate::rules::Rule;

    fn classes(text: &str) -> Vec<Class> {
        let plan = plan_of(&[("main.go", text)], Level::Offered);
        plan.ledger.mentions.iter().map(|mention| mention.class).collect()
    }

    #[test]
    fn names_of_something_else_are_unrelated() {
        let text = program(
            "type Job struct {\n\tSetCancel bool `json:\"StartRun\"`\n}\n\nfunc (j Job) StartRun() string {\n\tFinishRun := \"CancelRun\"\n\
             \treturn FinishRun\n}\n\nfunc f(j Job) { j.StartRun() }\n",
        );
        assert_eq!(classes(&text), [Class::Unrelated; 7]);
        let text = "package main\n\nimport (\n\t\"example.com/log\"\n\t\"github.com/go-go-golems/geppetto/pkg/inference/engine\"\n)\n\n\
                    var e engine.Engine\nvar c = log.Config{WithSink: 1}\nvar l = log.New(log.WithSink(c))\n";
        assert_eq!(classes(text), [Class::Unrelated; 2]);
    }

    #[test]
    fn names_of_nobody_knows_what_are_opaque_and_told() {
        let text = "package main\n\nimport (\n\t\"example.com/log\"\n\t\"github.com/go-go-golems/geppetto/pkg/inference/state\"\n)\n\n\
                    func f(_ *state.InferenceState) { log.Current().StartRun() }\n";
        assert_eq!(classes(text), [Class::Rewritten, Class::Opaque]);
        let plan = plan_of(&[("main.go", text)], Level::Offered);
        assert!(plan.findings.iter().any(|finding| finding.rule == Rule::RunLifecycle));
    }

    #[test]
    fn comments_are_documentation() {
        let text = program("// f calls StartRun.\nfunc f() {}\n");
        assert_eq!(classes(&text), [Class::Documentation]);
        let plan = plan_of(&[("main.go", &text)], Level::Offered);
        let finding = plan.findings.iter().find(|finding| finding.rule == Rule::LegacyDocs).unwrap();
        assert_eq!(finding.what, "a comment names `StartRun`");
    }
}
