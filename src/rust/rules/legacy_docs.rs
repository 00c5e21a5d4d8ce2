//! `legacy-docs`: documentation that names the legacy API.

use super::super::cx::Cx;
use super::super::hir::Span;
use super::super::index::FileIdx;
use crate::finding::{Finding, Level, UnitId};
use crate::rules::Rule;

/// A comment or doc comment that names the legacy API at `offset`.
pub(crate) fn comment(cx: &Cx<'_>, file: FileIdx, offset: usize, name: &str) -> Finding {
    let span = Span::new(offset, offset + name.len());
    Finding {
        rule: Rule::LegacyDocs,
        file: cx.hir(file).file,
        range: span.range(),
        level: Level::Report,
        what: format!("a comment names `{name}`"),
        why: "prose is not rewritten".to_owned(),
        help: "say it in the words of the new API: session, builder, execution handle".to_owned(),
        traps: Vec::new(),
        unit: UnitId(cx.place(file, span)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::finding_at;
    use crate::finding::Level;
    use crate::rules::Rule;

    #[test]
    fn prose_is_reported_where_it_stands() {
        let finding = finding_at("// call start_run first\ndrop((ctx, engine, values));", "start_run");
        assert_eq!((finding.rule, finding.level), (Rule::LegacyDocs, Level::Report));
    }
}
