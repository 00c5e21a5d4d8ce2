//! Comments inside text that goes are kept: they move in front of the line on which the change begins.

use super::comments::comments;
use super::cx::Change;
use super::index::Program;
use crate::edit::Edit;

/// The same changes with the comments they would have eaten.
pub(crate) fn rescue(program: &Program, changes: &[Change]) -> Vec<Change> {
    let mut out = Vec::with_capacity(changes.len());
    // Text that moves takes its comments along.
    let is_written = |comment: &str, change: &Change| {
        changes.iter().any(|other| other.file == change.file && other.edit.text().contains(comment))
    };
    for change in changes {
        let source = &program.unit(change.file).source;
        let range = change.edit.range();
        let old = source.slice(range.clone());
        let lost: Vec<&str> = comments(old)
            .into_iter()
            .map(|at| &old[at])
            .filter(|comment| !is_doc(comment) && !is_written(comment, change))
            .collect();
        if lost.is_empty() {
            out.push(change.clone());
            continue;
        }
        let indent = source.indent_at(range.start);
        let newline = source.newline();
        let line = source.text()[..range.start].rfind('\n').map_or(source.bom_len(), |at| at + 1) + indent.len();
        let text: String = lost.iter().map(|comment| format!("{comment}{newline}{indent}")).collect();
        let is_free = |at: usize| {
            changes.iter().all(|other| {
                let other_range = other.edit.range();
                other.file != change.file || at <= other_range.start || at >= other_range.end
            })
        };
        if line >= range.start {
            // The change takes whole lines: the comments stand in for them.
            let ends_line = old.ends_with('\n');
            let lines: String = lost.iter().map(|comment| format!("{indent}{comment}{newline}")).collect();
            let text = match (ends_line, change.edit.text().is_empty()) {
                (true, true) => lines,
                _ => format!("{text}{}", change.edit.text()),
            };
            out.push(Change { file: change.file, edit: Edit::replace(range, text) });
        } else if is_free(line) {
            out.push(Change { file: change.file, edit: Edit::insert(line, text) });
            out.push(change.clone());
        } else {
            let text = format!("{newline}{indent}{text}{}", change.edit.text());
            out.push(Change { file: change.file, edit: Edit::replace(range, text) });
        }
    }
    out
}

/// Documentation goes with what it documents.
fn is_doc(comment: &str) -> bool {
    (comment.starts_with("///") && !comment.starts_with("////"))
        || (comment.starts_with("/**") && !comment.starts_with("/***"))
}
