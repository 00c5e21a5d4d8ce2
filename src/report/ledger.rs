//! The ledger as text.

use std::io::{self, Write};

use super::Palette;
use crate::finding::{Class, Level, Mention};
use crate::frontend::Frontend;
use crate::plan::Plan;

/// Prints how many occurrences of legacy names ended in which class, and where those stand that nobody could read.
///
/// # Errors
/// Those of `out`.
pub fn ledger(out: &mut dyn Write, palette: &Palette, plan: &Plan) -> io::Result<()> {
    counts(out, palette, plan)?;
    let unread = |mention: &&Mention| matches!(mention.class, Class::Opaque | Class::Unparsable);
    mentions(out, plan, plan.ledger.mentions.iter().filter(unread))
}

fn counts(out: &mut dyn Write, palette: &Palette, plan: &Plan) -> io::Result<()> {
    let strong = palette.strong;
    writeln!(out, "{strong}ledger{strong:#}: {}", counted(plan))?;
    for class in Class::ALL {
        let count = plan.ledger.count(class);
        if count > 0 {
            writeln!(out, "  {count:>6}  {}", class.name())?;
        }
    }
    Ok(())
}

/// Prints one line for every occurrence of a legacy name, with its class, and below them how many there are of each.
///
/// # Errors
/// Those of `out`.
pub fn places(out: &mut dyn Write, palette: &Palette, plan: &Plan, frontends: &[&dyn Frontend]) -> io::Result<()> {
    let places = plan.ledger.places(&plan.tree, frontends);
    for place in &places {
        let (path, at) = (plan.tree.entry(place.file).path.display(), place.position);
        writeln!(out, "{path}:{}:{}: {}: `{}`", at.line, at.column, place.class.name(), place.name)?;
    }
    if !places.is_empty() {
        writeln!(out)?;
    }
    counts(out, palette, plan)
}

/// One line with the numbers of occurrences by class; nothing where there are no occurrences.
pub fn totals(plan: &Plan) -> Option<String> {
    let counts = Class::ALL.into_iter().map(|class| (class, plan.ledger.count(class)));
    let by_class: Vec<String> =
        counts.filter(|(_, count)| *count > 0).map(|(class, count)| format!("{count} {}", class.name())).collect();
    (!by_class.is_empty()).then(|| format!("ledger: {}: {}", counted(plan), by_class.join(", ")))
}

/// How many names the ledger accounts for, and how many markers of drafts stand in the code.
fn counted(plan: &Plan) -> String {
    let (total, markers) = (plan.ledger.total(), plan.ledger.markers.len());
    let names = format!("{total} {} of legacy names", plural(total, "occurrence"));
    match markers {
        0 => names,
        _ => format!("{names}, {markers} {} of drafts", plural(markers, "marker")),
    }
}

/// Prints how many occurrences there are, and what is left to do.
///
/// # Errors
/// Those of `out`.
pub fn verdict(out: &mut dyn Write, palette: &Palette, plan: &Plan) -> io::Result<()> {
    let strong = palette.strong;
    if let Some(totals) = totals(plan) {
        writeln!(out, "{totals}")?;
    }
    if plan.is_done() {
        let suppressed = plan.ledger.count(Class::Suppressed);
        return writeln!(out, "{strong}nothing legacy is left{strong:#} ({suppressed} suppressed)");
    }
    let markers = plan.ledger.markers.len();
    let to_decide = format!("{markers} {} of drafts to decide", plural(markers, "marker"));
    let sites = plan.findings.len();
    if sites == 0 && plan.ledger.failing().next().is_none() {
        return writeln!(out, "{strong}something is left to decide{strong:#}: {to_decide}");
    }
    let others = plan.ledger.failing().filter(is_unnamed).count();
    writeln!(
        out,
        "{strong}legacy code is left{strong:#}: {sites} {} ({}), {others} other {}{}",
        plural(sites, "site"),
        Level::ALL.map(|level| format!("{} {}", plan.sites(level), level.name())).join(", "),
        plural(others, "occurrence"),
        if markers > 0 { format!(", {to_decide}") } else { String::new() },
    )
}

/// Prints one line for every occurrence on which `check` fails although no finding names it.
///
/// # Errors
/// Those of `out`.
pub fn failing_mentions(out: &mut dyn Write, plan: &Plan) -> io::Result<()> {
    mentions(out, plan, plan.ledger.failing().filter(is_unnamed))
}

/// Whether the occurrence belongs to no finding.
fn is_unnamed(mention: &&Mention) -> bool {
    matches!(mention.class, Class::Documentation | Class::Opaque | Class::Unparsable)
}

fn mentions<'a>(out: &mut dyn Write, plan: &Plan, mentions: impl Iterator<Item = &'a Mention>) -> io::Result<()> {
    for mention in mentions {
        let Ok(source) = plan.tree.source(mention.file) else {
            continue;
        };
        let position = source.position(mention.offset);
        let rest = &source.text()[mention.offset..];
        let name = rest.split(|char| !unicode_ident::is_xid_continue(char)).next().unwrap_or_default();
        writeln!(
            out,
            "{}:{}:{}: {}: `{name}`",
            source.path().display(),
            position.line,
            position.column,
            mention.class.name()
        )?;
    }
    Ok(())
}

/// `word`, with an s unless it is about one.
pub(super) fn plural(count: usize, word: &str) -> String {
    match count {
        1 => word.to_owned(),
        _ => format!("{word}s"),
    }
}
