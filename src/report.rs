//! Views of a [`Plan`](crate::plan::Plan), one file a format.

mod diff;
mod excerpt;
mod findings;
mod ledger;
mod packages;
mod palette;

pub use diff::diff;
pub use findings::{findings, short_findings};
pub use ledger::{failing_mentions, ledger, places, totals, verdict};
pub use packages::packages;
pub use palette::Palette;

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::finding::Level;
    use crate::frontend::Package;
    use crate::marker::Question;
    use crate::plan::Plan;
    use crate::rules::{Rule, Trap};
    use crate::testing::{folder, plan_of};

    type View = fn(&mut dyn io::Write, &Palette, &Plan) -> io::Result<()>;

    /// What `view` prints about two packages with a site of every level, without the folder's name.
    fn shown(view: View) -> String {
        let dir = folder([
            ("one/lib.rs", "use geppetto;\nwith_sink(with_sink);\n// with_sink\n"),
            ("two/inner/lib.rs", "geppetto::with_sink(with_sink)\n"),
            (
                "two/done.rs",
                "// MIGRATE(no-counterpart): which id it is\nf();\t// MIGRATE(odd-trap): why `with_sink`\n",
            ),
        ]);
        let mut plan = plan_of(dir.path());
        for (finding, level) in plan.findings.iter_mut().zip(Level::ALL) {
            finding.level = level;
        }
        plan.findings[1].traps = vec![Trap::DoubleSink, Trap::SinkScope];
        let question = Question { trap: Trap::NoCounterpart, text: "what becomes of it".to_owned() };
        plan.findings[2].questions = vec![question];
        plan.findings[2].notes = vec!["it is told besides".to_owned()];
        plan.findings[3].rule = Rule::RunLifecycle;
        let package =
            |name: &str| Package { language: "words", name: format!("package-{name}"), root: dir.path().join(name) };
        plan.packages = vec![package("one"), package("two"), package("two/inner")];
        let mut out = Vec::new();
        view(&mut out, &Palette::plain(), &plan).unwrap();
        let text = String::from_utf8(out).unwrap();
        text.replace(&format!("{}/", dir.path().display()), "")
    }

    #[test]
    fn findings_say_where_what_why_and_what_to_do() {
        insta::assert_snapshot!(shown(findings));
    }

    #[test]
    fn short_findings_are_a_line_each() {
        insta::assert_snapshot!(shown(short_findings));
    }

    #[test]
    fn the_ledger_counts_by_class() {
        insta::assert_snapshot!(shown(ledger));
    }

    #[test]
    fn the_verdict_sums_up() {
        insta::assert_snapshot!(shown(verdict));
    }

    #[test]
    fn packages_are_counted_by_rule() {
        insta::assert_snapshot!(shown(packages));
    }
}
