//! `legacy-docs`: documentation that names the legacy API.
//!
//! Examples are code, which the other rules change. What is found here is what they cannot read.

use std::collections::BTreeSet;

use crate::docs::Guide;
use crate::finding::{Finding, Level};
use crate::frontend::Analysis;
use crate::go::build::Built;
use crate::go::cx::{Cx, Outcome};
use crate::go::docs::ModuleDocs;
use crate::go::index::FileIdx;
use crate::go::ledger::{declares, occurrences};
use crate::go::sites::Site;
use crate::go::surface::Legacy;
use crate::go::unit::UnitPlan;
use crate::names::Named;
use crate::tree::Tree;

/// The names in Markdown files, but for those in examples that were read.
pub(crate) fn in_guides(tree: &Tree, built: &Built, docs: &ModuleDocs, out: &mut Analysis) {
    let documented = docs.documented();
    for &(module, file) in &docs.guides {
        let Ok(source) = tree.source(file) else { continue };
        let own: Vec<FileIdx> =
            built.program.own_files().filter(|file| built.modules.get(file) == Some(&module)).collect();
        let is_meant = |_, name: &str| !declares(&built.program, &own, name);
        let guide = Guide { file, source: &source, language: "go" };
        let (mentions, findings) = guide.classify(&documented, occurrences(source.text()), &is_meant);
        out.mentions.extend(mentions);
        out.findings.extend(findings);
    }
}

/// A name in an example that does not say what it means.
pub(crate) fn unknown(named: Named) -> Finding {
    named.unexplained("add what is missing, then run the tool again")
}

/// A fragment that imports nothing means the usual packages, most probably.
pub(crate) fn offer_what_is_assumed(cx: &Cx<'_>, plan: &mut UnitPlan) {
    let is_assumed = |file: FileIdx| cx.example(file).is_some_and(|example| example.is_assumed);
    if plan.level == Level::Report || !plan.sites.iter().any(|(site, _)| is_assumed(site.file)) {
        return;
    }
    plan.level = plan.level.max(Level::Offered);
    for (_, outcome) in &mut plan.sites {
        *outcome = std::mem::replace(outcome, Outcome::report("", ""))
            .reserved("the fragment imports nothing: its names are taken for those of the usual packages");
    }
}

/// What nobody runs cannot be decided there, and what a comment in it says nobody would look for.
pub(crate) fn refuse_drafts(cx: &Cx<'_>, plan: &mut UnitPlan) {
    let is_drafted =
        |(site, outcome): &(Site, Outcome)| !outcome.said.questions.is_empty() && cx.example(site.file).is_some();
    let drafted = plan.sites.iter().position(is_drafted).filter(|_| plan.level == Level::Draft);
    let refused = drafted.map(|site| plan.sites[site].1.clone().undrafted());
    if let Some(refused) = refused {
        hold(cx, plan, drafted, refused);
    }
}

/// Where an example does not show the runs of its engine, the sink would be lost to who reads it.
pub(crate) fn keep_sinks_without_runs(cx: &Cx<'_>, plan: &mut UnitPlan) {
    let is_carried = |file: FileIdx| {
        plan.changes.iter().any(|change| change.file == file && change.edit.text().contains("WithEventSinks("))
    };
    let is_lost = |(site, _): &(Site, Outcome)| {
        site.legacy == Legacy::WithSink && cx.example(site.file).is_some() && !is_carried(site.file)
    };
    let lost = plan.sites.iter().position(is_lost).filter(|_| plan.level != Level::Report);
    let outcome = Outcome::report(
        "the example does not show the runs of the engine, which carry its sink now",
        "show a run: eng.RunInference(events.WithEventSinks(ctx, sink), turn)",
    );
    hold(cx, plan, lost, outcome);
}

/// A unit that would change an example in a way for which its documentation has no place stays as it is.
pub(crate) fn hold_where_fixed(cx: &Cx<'_>, plan: &mut UnitPlan, fixed: &BTreeSet<FileIdx>) {
    if plan.level == Level::Report || !plan.changes.iter().any(|change| fixed.contains(&change.file)) {
        return;
    }
    let place = plan.sites.iter().position(|(site, _)| fixed.contains(&site.file)).unwrap_or_default();
    let outcome = Outcome::report(
        "the new code of this example would not stay code in the documentation around it",
        "write it by hand, then run the tool again",
    );
    hold(cx, plan, Some(place), outcome);
}

/// Reports the unit because of one of its sites.
fn hold(cx: &Cx<'_>, plan: &mut UnitPlan, site: Option<usize>, verdict: Outcome) {
    let Some((_, outcome)) = site.and_then(|site| plan.sites.get_mut(site)) else { return };
    *outcome = verdict;
    plan.changes.clear();
    plan.hold_back(cx);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::go::testing::{plan_of, program, text_after};
    use crate::plan::Plan;
    use crate::rules::Rule;

    fn with_readme(readme: &str, files: &[(&str, &str)]) -> Plan {
        let code = program("func F() {}\n");
        plan_of(&[&[("main.go", &*code), ("README.md", readme)], files].concat(), Level::Offered)
    }

    fn found(plan: &Plan) -> Vec<(Rule, Level)> {
        plan.findings.iter().map(|finding| (finding.rule, finding.level)).collect()
    }

    const RUN: &str = "```go\neng, err := factory.NewEngineFromParsedValues(nil, engine.WithSink(printer{}))\nout, err := eng.RunInference(ctx, seed)\n```\n";

    #[test]
    fn a_fragment_means_the_usual_packages() {
        let plan = with_readme(RUN, &[]);
        assert_eq!(found(&plan)[..2], [(Rule::EngineOptions, Level::Offered), (Rule::EngineSink, Level::Offered)]);
        assert!(text_after(&plan, "README.md").contains("eng.RunInference(events.WithEventSinks(ctx, sink), seed)\n"));
    }

    #[test]
    fn where_the_module_has_a_package_of_that_name_nobody_knows() {
        let plan = with_readme(RUN, &[("engine/engine.go", "package engine\n\nfunc WithSink(x any) {}\n")]);
        assert_eq!(text_after(&plan, "README.md"), RUN);
        let plan = with_readme(RUN, &[("engine/engine.go", "package engine\n")]);
        assert!(found(&plan).contains(&(Rule::LegacyDocs, Level::Report)), "{:?}", plan.findings);
    }

    #[test]
    fn a_sink_whose_runs_are_not_shown_stays() {
        let readme = RUN.replace("out, err := eng.RunInference(ctx, seed)\n", "");
        let plan = with_readme(&readme, &[]);
        assert_eq!(found(&plan)[..2], [(Rule::EngineOptions, Level::Report), (Rule::EngineSink, Level::Report)]);
        assert_eq!(text_after(&plan, "README.md"), readme);
    }

    #[test]
    fn what_an_example_shows_holds_no_code_back() {
        let code = program(
            "func Ask(ctx context.Context, seed *turns.Turn, options ...engine.Option) (*turns.Turn, error) {\n\
             \teng, err := factory.NewEngineFromParsedValues(nil, options...)\n\tif err != nil {\n\t\treturn nil, err\n\t}\n\
             \treturn eng.RunInference(ctx, seed)\n}\n",
        );
        let code = code.replace("package main", "package p");
        let readme = "```go\nimport (\n\t\"example.com/p\"\n\t\"github.com/go-go-golems/geppetto/pkg/inference/engine\"\n)\n\n\
                      later(engine.WithSink, p.Ask)\n```\n";
        let plan = plan_of(&[("main.go", &code), ("README.md", readme)], Level::Safe);
        assert!(text_after(&plan, "main.go").contains("options ...events.EventSink"));
        assert_eq!(text_after(&plan, "README.md"), readme);
    }
}
