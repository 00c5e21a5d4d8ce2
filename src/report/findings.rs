//! Findings as text, in the manner of compilers.

use std::io::{self, Write};
use std::ops::Range;

use super::{Palette, excerpt::excerpt};
use crate::finding::{Finding, Level};
use crate::marker::Marker;
use crate::plan::Plan;
use crate::rules::Trap;
use crate::source::Source;
use crate::tree::FileId;

/// Prints every finding with its place, an excerpt of the source, why it is legacy, what to do and what would change; and
/// every marker with what is to be decided.
///
/// # Errors
/// Those of `out`.
pub fn findings(out: &mut dyn Write, palette: &Palette, plan: &Plan) -> io::Result<()> {
    for told in told(plan) {
        let source = plan.tree.source(told.file()).ok();
        headline(out, palette, &told)?;
        let frame = palette.frame;
        match &source {
            Some(source) => {
                let range = told.range();
                let width = source.position(range.start).line.to_string().len();
                writeln!(out, "{}{frame}-->{frame:#} {}", " ".repeat(width), place(source, range.start))?;
                excerpt(out, palette, source, range)?;
            }
            None => writeln!(out, " {frame}-->{frame:#} {}", plan.tree.entry(told.file()).path.display())?,
        }
        for (word, text) in told.notes() {
            note(out, palette, word, &text)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Prints one line a finding, and one a marker.
///
/// # Errors
/// Those of `out`.
pub fn short_findings(out: &mut dyn Write, palette: &Palette, plan: &Plan) -> io::Result<()> {
    for told in told(plan) {
        match plan.tree.source(told.file()) {
            Ok(source) => write!(out, "{}: ", place(&source, told.range().start))?,
            Err(problem) => write!(out, "{}: ", problem.path.display())?,
        }
        headline(out, palette, &told)?;
    }
    Ok(())
}

/// What is told with a place of its own.
enum Told<'a> {
    Finding(&'a Finding),
    Marker(&'a Marker),
}

/// Findings and markers in the order of their places.
fn told(plan: &Plan) -> Vec<Told<'_>> {
    let findings = plan.findings.iter().map(Told::Finding);
    let mut all: Vec<Told> = findings.chain(plan.ledger.markers.iter().map(Told::Marker)).collect();
    all.sort_by_key(|told| (told.file(), told.range().start));
    all
}

impl Told<'_> {
    fn file(&self) -> FileId {
        match self {
            Told::Finding(finding) => finding.file,
            Told::Marker(marker) => marker.file,
        }
    }

    fn range(&self) -> &Range<usize> {
        match self {
            Told::Finding(finding) => &finding.range,
            Told::Marker(marker) => &marker.range,
        }
    }

    /// The level, what it is about, and what there is.
    fn head(&self) -> (Level, &str, String) {
        match self {
            Told::Finding(finding) => (finding.level, finding.rule.id(), finding.what.clone()),
            Told::Marker(marker) => (Level::Draft, &marker.id, format!("drafted, to be decided: {}", marker.text)),
        }
    }

    fn notes(&self) -> Vec<(&'static str, String)> {
        match self {
            Told::Finding(finding) => of_finding(finding),
            Told::Marker(marker) => of_marker(marker),
        }
    }
}

fn of_finding(finding: &Finding) -> Vec<(&'static str, String)> {
    let said = [("why", finding.why.clone()), ("help", finding.help.clone())];
    let questions = finding.questions.iter().map(|question| ("decide", question.text.clone()));
    let traps = finding.traps.iter().map(|trap| ("trap", described(*trap)));
    let notes = finding.notes.iter().map(|note| ("note", note.clone()));
    said.into_iter().chain(questions).chain(traps).chain(notes).collect()
}

fn of_marker(marker: &Marker) -> Vec<(&'static str, String)> {
    let help = "decide it, change the code if need be, and remove the comment";
    let trap = match marker.trap() {
        Some(trap) => described(trap),
        None => format!("{} — there is no such trap", marker.id),
    };
    vec![("help", help.to_owned()), ("trap", trap)]
}

fn described(trap: Trap) -> String {
    format!("{} — {}", trap.id(), trap.title())
}

fn headline(out: &mut dyn Write, palette: &Palette, told: &Told<'_>) -> io::Result<()> {
    let (level, about, what) = told.head();
    let (style, strong) = (palette.level(level), palette.strong);
    writeln!(out, "{style}{}[{about}]{style:#}{strong}: {what}{strong:#}", level.name())
}

fn place(source: &Source, offset: usize) -> String {
    let position = source.position(offset);
    format!("{}:{}:{}", source.path().display(), position.line, position.column)
}

fn note(out: &mut dyn Write, palette: &Palette, word: &str, text: &str) -> io::Result<()> {
    let (frame, strong) = (palette.frame, palette.strong);
    match text {
        "" => Ok(()),
        text => writeln!(out, "  {frame}={frame:#} {strong}{word}{strong:#}: {text}"),
    }
}
