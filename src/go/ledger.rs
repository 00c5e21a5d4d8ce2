//! The class of every textual occurrence of a legacy name in a file that was looked into.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::cx::Cx;
use super::index::{DefId, FileIdx, PackageIdx, Program};
use super::infer::Ref;
use super::models::GEPPETTO_MODULE;
use super::rules::legacy_docs;
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
            let (path, position) = self.cx.position(file, offset);
            let place = format!("{}:{}:{}", path.display(), position.line, position.column);
            let (class, finding) = self.class(file, Named { file: syntax.file, offset, name, place }, &own)?;
            Some(Entry { mention: Mention { file: syntax.file, offset, class }, finding })
        };
        occurrences(syntax.source.text()).into_iter().filter_map(entry).collect()
    }

    /// The class of a name and what there is to say; nothing about one in an example, which speaks for itself.
    fn class(&self, file: FileIdx, named: Named, findings: &[&Finding]) -> Option<(Class, Option<Finding>)> {
        let (syntax, offset) = (self.cx.syntax(file), named.offset);
        if let Some(finding) = findings.iter().find(|finding| finding.range.contains(&offset)) {
            return Some((class_of(finding.level), None));
        }
        let Some(node) = syntax.nodes().filter(|&node| syntax.range(node).contains(&offset)).last() else {
            return Some((Class::Unrelated, None));
        };
        match syntax.kind(node) {
            // What a program wrote nobody reads as documentation.
            "comment" if self.cx.program.file(file).is_generated => Some((Class::Unrelated, None)),
            "comment" => {
                let is_meant =
                    !self.is_own(file, named.name, findings) && !self.is_of_what_follows(file, node, named.name);
                self.cx.documented.in_prose(named, "a comment", is_meant)
            }
            "identifier" | "field_identifier" | "type_identifier" => Some(match self.class_of_name(file, node) {
                Class::Opaque if self.cx.example(file).is_some() => {
                    (Class::Documentation, Some(legacy_docs::unknown(named)))
                }
                Class::Opaque => (Class::Opaque, Some(unread(named))),
                class => (class, None),
            }),
            _ => Some((Class::Unrelated, None)),
        }
    }

    /// Whether a comment means what the package itself calls so.
    fn is_own(&self, file: FileIdx, name: &str, findings: &[&Finding]) -> bool {
        let (program, syntax) = (self.cx.program, self.cx.syntax(file));
        let package = program.file(file).package;
        declares(program, &program.package(package).files, name)
            && !findings.iter().any(|finding| syntax.slice(finding.range.clone()) == name)
    }

    /// Whether a comment documents a declaration that is called so, or has a part that is.
    fn is_of_what_follows(&self, file: FileIdx, comment: NodeId, name: &str) -> bool {
        let (program, syntax) = (self.cx.program, self.cx.syntax(file));
        let siblings = syntax.parent(comment).map_or(&[][..], |parent| syntax.all_children(parent));
        let next = siblings.iter().copied().find(|&node| node > comment && syntax.kind(node) != "comment");
        next.is_some_and(|next| {
            let between = syntax.slice(syntax.end(comment)..syntax.start(next)).replace('\r', "");
            let is_called_so = |def: &DefId| {
                let data = program.def(*def);
                data.name == name && !data.is_embedded && syntax.is_inside(data.node, next)
            };
            !between.contains("\n\n") && program.file(file).defs.iter().any(is_called_so)
        })
    }

    fn class_of_name(&self, file: FileIdx, name: NodeId) -> Class {
        let declared = self.cx.program.declared(file, name).map(Ref::Def);
        match declared.or_else(|| self.cx.inferred(file).meaning(name)) {
            Some(Ref::Def(def)) if self.stands_for_legacy(def) => Class::Reported,
            Some(Ref::Def(_) | Ref::Local(_) | Ref::Package(_)) => Class::Unrelated,
            Some(Ref::Predeclared) | None => {
                // Nobody says which packages reach a fragment.
                let is_reached = self.is_reached(file) || self.cx.example(file).is_some();
                if is_reached && !self.is_from_elsewhere(file, name) { Class::Opaque } else { Class::Unrelated }
            }
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

/// Whether one of the files declares something that is called so, by itself and not by what is embedded there.
pub(crate) fn declares(program: &Program, files: &[FileIdx], name: &str) -> bool {
    files.iter().flat_map(|&file| &program.file(file).defs).any(|&def| {
        let data = program.def(def);
        data.name == name && !data.is_embedded
    })
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
    fn the_documentation_of_a_declaration_means_that() {
        let text = program(
            "// WithSink tells a sink.\nfunc WithSink(s events.EventSink) {}\n\n// WithSink is old.\n\n\
             var eng, _ = factory.NewEngineFromParsedValues(nil, engine.WithSink(nil))\n",
        );
        assert_eq!(classes(&text)[..3], [Class::Unrelated, Class::Unrelated, Class::Documentation]);
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
