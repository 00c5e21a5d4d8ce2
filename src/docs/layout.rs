//! Examples whose code its language's formatter had laid out stay so.

use similar::{DiffOp, TextDiff};

use super::Example;
use crate::edit::{Edit, EditSet};

/// The formatter of a language.
#[derive(Clone, Copy)]
pub(crate) struct Formatter<'a> {
    /// By how much it indents what stands in a function.
    pub(crate) indent: &'static str,
    /// A text as it lays it out; `None` where it cannot.
    pub(crate) run: &'a dyn Fn(&str) -> Option<String>,
}

/// `after` with the `examples` that differ from those of `before` laid out, if they were before.
pub(crate) fn format(
    before: &str,
    after: &str,
    examples: &dyn Fn(&str) -> Vec<Example>,
    formatter: Formatter<'_>,
) -> String {
    let (old, new) = (examples(before), examples(after));
    if old.len() != new.len() {
        return after.to_owned();
    }
    let changed = old.iter().zip(&new).filter(|(old, new)| old.text() != new.text());
    let edits = changed.flat_map(|(old, new)| {
        let before = old.indented(formatter.indent);
        let is_formatted = (formatter.run)(&before).is_some_and(|formatted| formatted == before);
        let laid_out = is_formatted.then(|| laid_out(new, formatter)).flatten();
        laid_out.unwrap_or_else(|| without_first_blanks(old, new).into_iter().collect())
    });
    let edits: Vec<Edit> = edits.collect();
    match EditSet::new(edits) {
        Ok(edits) if edits.fits(after) => edits.apply(after),
        _ => after.to_owned(),
    }
}

/// Where lines went from the top of an example, the blank ones behind them go too.
fn without_first_blanks(old: &Example, new: &Example) -> Option<Edit> {
    let blank = new.text().len() - new.text().trim_start_matches('\n').len();
    (blank > 0 && !old.text().starts_with('\n')).then(|| new.edit(&Edit::delete(0..blank)).ok().flatten())?
}

/// The edits of the file that lay out one example.
fn laid_out(example: &Example, formatter: Formatter<'_>) -> Option<Vec<Edit>> {
    let formatted = (formatter.run)(&example.indented(formatter.indent))?;
    let formatted = example.outdented(&formatted, formatter.indent);
    let diff = TextDiff::from_lines(example.text(), &formatted);
    let mut edits = Vec::new();
    let starts = |text: &str| -> Vec<usize> {
        let ends = text.split_inclusive('\n').scan(0, |at, line| {
            *at += line.len();
            Some(*at)
        });
        std::iter::once(0).chain(ends).collect()
    };
    let (old_starts, new_starts) = (starts(example.text()), starts(&formatted));
    for op in diff.ops().iter().filter(|op| !matches!(op, DiffOp::Equal { .. })) {
        let (old, new) = (op.old_range(), op.new_range());
        let text = &formatted[new_starts[new.start]..new_starts[new.end]];
        edits.extend(example.edit(&Edit::replace(old_starts[old.start]..old_starts[old.end], text)).ok()?);
    }
    Some(edits)
}
