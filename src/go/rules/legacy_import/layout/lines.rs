//! The lines from the package clause to the last import.

use std::ops::Range;

use similar::{Algorithm, capture_diff_slices};

use crate::edit::Edit;
use crate::go::index::Import;
use crate::go::syntax::{NodeId, Syntax};

/// What stands on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The package clause.
    Clause,
    /// `import (`
    Open,
    /// `)`
    Close,
    /// A spec between parentheses.
    Grouped,
    /// `import "x"`
    Single,
    Blank,
    /// Comments, and the import of cgo.
    Other,
    /// Nothing any more.
    Gone,
}

/// One line without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) kind: Kind,
    pub(super) text: String,
    /// The place of the import among those of the file.
    pub(super) import: Option<usize>,
    /// The path that is imported.
    pub(super) path: Option<String>,
    /// Where the comment behind it begins.
    comment: Option<usize>,
}

impl Line {
    pub(super) fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), import: None, path: None, comment: None }
    }

    /// A line with a new import.
    pub(super) fn import(kind: Kind, indent: &str, path: &str, spec: &str) -> Self {
        let keyword = if kind == Kind::Single { "import " } else { "" };
        let text = format!("{indent}{keyword}{spec}");
        Self { path: Some(path.to_owned()), ..Self::new(kind, text) }
    }

    pub(super) fn indent(&self) -> &str {
        &self.text[..self.text.len() - self.text.trim_start().len()]
    }

    /// What gofmt sorts imports by.
    pub(super) fn order(&self) -> (Option<String>, String) {
        (self.path.clone(), self.code().trim_start().to_owned())
    }

    pub(super) fn is_remote(&self) -> bool {
        let host = self.path.as_deref().and_then(|path| path.split('/').next());
        host.is_some_and(|host| host.contains('.'))
    }

    /// The comment behind an import.
    pub(super) fn comment(&self) -> Option<&str> {
        self.comment.map(|at| &self.text[at..])
    }

    fn code(&self) -> &str {
        self.text[..self.comment.unwrap_or(self.text.len())].trim_end()
    }

    /// `import "x"` as a line between parentheses.
    pub(super) fn grouped(self) -> Self {
        let text = format!("\t{}", self.text.trim_start().trim_start_matches("import").trim_start());
        let comment = self.comment.map(|at| at + text.len() - self.text.len());
        Self { kind: Kind::Grouped, text, comment, ..self }
    }
}

/// The lines of a file's head, with the blank ones behind it; `None` where imports share their lines with something else.
pub(super) fn of(syntax: &Syntax, imports: &[Import]) -> Option<Vec<Line>> {
    let text = syntax.source.text();
    let clause = syntax.child_of_kind(NodeId::ROOT, "package_clause")?;
    let declarations: Vec<NodeId> =
        syntax.children(NodeId::ROOT).filter(|&node| syntax.kind(node) == "import_declaration").collect();
    let head_end = syntax.end(*declarations.last().unwrap_or(&clause));
    let row = |offset: usize| text[..offset].matches('\n').count();
    let mut lines: Vec<Line> = Vec::new();
    for line in text.lines() {
        let is_blank = line.trim().is_empty();
        if lines.len() > row(head_end) && !is_blank {
            break;
        }
        lines.push(Line::new(if is_blank { Kind::Blank } else { Kind::Other }, line));
    }
    let (clause_row, after) = (row(syntax.start(clause)), syntax.end(clause));
    if text[after..].lines().next().is_some_and(|rest| rest.trim_start().starts_with(';')) {
        return None;
    }
    lines.get_mut(clause_row)?.kind = Kind::Clause;
    for &declaration in &declarations {
        let Some(list) = syntax.child_of_kind(declaration, "import_spec_list") else { continue };
        let (open, close) = (row(syntax.start(list)), row(syntax.end(list) - 1));
        let rest = text[syntax.end(list)..].lines().next().unwrap_or_default().trim_start();
        let is_alone = lines[open].text.starts_with("import") && is_end_of_line(rest);
        if open == close || !lines[close].text.trim_start().starts_with(')') || !is_alone {
            return None;
        }
        (lines[open].kind, lines[close].kind) = (Kind::Open, Kind::Close);
    }
    for (index, import) in imports.iter().enumerate() {
        let grouped = syntax.enclosing(import.node, &["import_spec_list"]).is_some();
        let outer = if grouped { import.node } else { syntax.enclosing(import.node, &["import_declaration"])? };
        let line = lines.get_mut(row(syntax.start(outer)))?;
        let code = syntax.text(outer);
        let rest = line.text.trim_start().strip_prefix(code)?.trim_start();
        if line.kind != Kind::Other || !is_end_of_line(rest) {
            return None;
        }
        if import.path == "C" {
            continue;
        }
        line.comment = (!rest.is_empty()).then(|| line.text.len() - rest.len());
        line.kind = if grouped { Kind::Grouped } else { Kind::Single };
        (line.import, line.path) = (Some(index), Some(import.path.clone()));
    }
    Some(lines)
}

/// Whether nothing but a comment follows.
fn is_end_of_line(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with("//") || (rest.starts_with("/*") && rest.find("*/") == Some(rest.len() - 2))
}

/// Removes lines that are gone, and the blank ones that would stand beside blank ones or parentheses then.
pub(super) fn close_gaps(lines: &mut Vec<Line>) {
    let old = std::mem::take(lines);
    let mut at = 0;
    while let Some(line) = old.get(at) {
        let gap = old[at..].iter().take_while(|line| matches!(line.kind, Kind::Gone | Kind::Blank)).count();
        if gap == 0 {
            lines.push(line.clone());
            at += 1;
            continue;
        }
        let stretch = &old[at..at + gap];
        let is_edge = lines.last().is_some_and(|line| line.kind == Kind::Open)
            || old.get(at + gap).is_some_and(|line| line.kind == Kind::Close);
        match stretch.iter().any(|line| line.kind == Kind::Gone) {
            true => lines.extend(stretch.iter().find(|line| line.kind == Kind::Blank && !is_edge).cloned()),
            false => lines.extend_from_slice(stretch),
        }
        at += gap;
    }
}

/// Lets comments behind imports stand below each other as gofmt does, if they did before.
pub(super) fn align_comments(old: &[Line], new: &mut [Line]) {
    let is_aligned = |run: &[Line]| run.iter().zip(aligned(run)).all(|(line, text)| line.text == text);
    if !runs(old).into_iter().all(|run| is_aligned(&old[run])) {
        return;
    }
    for run in runs(new) {
        let texts = aligned(&new[run.clone()]);
        for (line, text) in new[run].iter_mut().zip(texts) {
            line.text = text;
        }
    }
}

/// Stretches of imports with comments behind them.
fn runs(lines: &[Line]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (index, _) in lines.iter().enumerate().filter(|(_, line)| line.kind == Kind::Grouped && line.comment.is_some())
    {
        match runs.last_mut() {
            Some(run) if run.end == index => run.end += 1,
            _ => runs.push(index..index + 1),
        }
    }
    runs
}

fn aligned(run: &[Line]) -> Vec<String> {
    let width = run.iter().map(|line| line.code().chars().count()).max().unwrap_or(0);
    run.iter().map(|line| format!("{:width$} {}", line.code(), line.comment().unwrap_or_default())).collect()
}

/// The edits that make the new lines out of the old ones.
pub(super) fn difference(syntax: &Syntax, old: &[Line], new: &[Line]) -> Vec<Edit> {
    let text = syntax.source.text();
    let mut starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    starts.push(text.len());
    let place = |row: usize| starts.get(row).copied().unwrap_or(text.len());
    let texts = |lines: &[Line]| lines.iter().map(|line| line.text.clone()).collect::<Vec<_>>();
    let (before, after) = (texts(old), texts(new));
    capture_diff_slices(Algorithm::Myers, &before, &after)
        .iter()
        .filter(|op| op.old_range().len() != op.new_range().len() || before[op.old_range()] != after[op.new_range()])
        .map(|op| {
            let new: String = after[op.new_range()].iter().map(|line| format!("{line}\n")).collect();
            Edit::replace(place(op.old_range().start)..place(op.old_range().end), new)
        })
        .collect()
}
