//! Findings as text, in the manner of compilers.

use std::io::{self, Write};

use super::{Palette, excerpt::excerpt};
use crate::finding::Finding;
use crate::plan::Plan;
use crate::source::Source;

/// Prints every finding with its place, an excerpt of the source, why it is legacy, what to do and what would change.
///
/// # Errors
/// Those of `out`.
pub fn findings(out: &mut dyn Write, palette: &Palette, plan: &Plan) -> io::Result<()> {
    for finding in &plan.findings {
        let source = plan.tree.source(finding.file).ok();
        headline(out, palette, finding)?;
        let frame = palette.frame;
        match &source {
            Some(source) => {
                let width = source.position(finding.range.start).line.to_string().len();
                writeln!(out, "{}{frame}-->{frame:#} {}", " ".repeat(width), place(source, finding))?;
                excerpt(out, palette, source, &finding.range)?;
            }
            None => writeln!(out, " {frame}-->{frame:#} {}", plan.tree.entry(finding.file).path.display())?,
        }
        notes(out, palette, finding)?;
        writeln!(out)?;
    }
    Ok(())
}

/// Prints one line a finding.
///
/// # Errors
/// Those of `out`.
pub fn short_findings(out: &mut dyn Write, palette: &Palette, plan: &Plan) -> io::Result<()> {
    for finding in &plan.findings {
        match plan.tree.source(finding.file) {
            Ok(source) => write!(out, "{}: ", place(&source, finding))?,
            Err(problem) => write!(out, "{}: ", problem.path.display())?,
        }
        headline(out, palette, finding)?;
    }
    Ok(())
}

fn headline(out: &mut dyn Write, palette: &Palette, finding: &Finding) -> io::Result<()> {
    let (level, strong) = (palette.level(finding.level), palette.strong);
    let Finding { rule, what, .. } = finding;
    writeln!(out, "{level}{}[{rule}]{level:#}{strong}: {what}{strong:#}", finding.level.name())
}

fn place(source: &Source, finding: &Finding) -> String {
    let position = source.position(finding.range.start);
    format!("{}:{}:{}", source.path().display(), position.line, position.column)
}

fn notes(out: &mut dyn Write, palette: &Palette, finding: &Finding) -> io::Result<()> {
    let (frame, strong) = (palette.frame, palette.strong);
    let mut note = |word: &str, text: &str| match text {
        "" => Ok(()),
        text => writeln!(out, "  {frame}={frame:#} {strong}{word}{strong:#}: {text}"),
    };
    note("why", &finding.why)?;
    note("help", &finding.help)?;
    for trap in &finding.traps {
        note("trap", &format!("{} — {}", trap.id(), trap.title()))?;
    }
    Ok(())
}
