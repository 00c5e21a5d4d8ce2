//! Where import specs stand: groups, order and comments as goimports keeps them.

mod lines;

use std::collections::BTreeSet;

use self::lines::{Kind, Line};
use crate::edit::Edit;
use crate::go::index::Import;
use crate::go::syntax::{NodeId, Syntax};

/// An import that a file needs and does not have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Coming {
    path: String,
    /// The name in front of the path, where the package is called otherwise.
    alias: Option<String>,
}

impl Coming {
    /// The import of `path` that code calls `name`.
    pub(super) fn new(path: &str, name: &str) -> Self {
        let is_own = path.rsplit('/').next() == Some(name);
        Self { path: path.to_owned(), alias: (!is_own).then(|| name.to_owned()) }
    }

    fn line(&self, kind: Kind, indent: &str) -> Line {
        Line::import(kind, indent, &self.path, &self.spec())
    }

    fn spec(&self) -> String {
        let alias = self.alias.as_ref().map_or_else(String::new, |alias| format!("{alias} "));
        format!("{alias}\"{}\"", self.path)
    }
}

/// The edits by which the imports at `going` leave a file and those of `coming` enter it.
pub(super) fn edits(
    syntax: &Syntax,
    imports: &[Import],
    going: &BTreeSet<usize>,
    coming: &BTreeSet<Coming>,
) -> Vec<Edit> {
    if going.is_empty() && coming.is_empty() {
        return Vec::new();
    }
    let Some(old) = lines::of(syntax, imports) else { return crowded(syntax, imports, going, coming) };
    let mut new = old.clone();
    coming.iter().for_each(|import| enter(&mut new, import));
    leave(&mut new, going);
    unite_single(&old, &mut new);
    lines::close_gaps(&mut new);
    lines::align_comments(&old, &mut new);
    lines::difference(syntax, &old, &new)
}

/// Puts a new import beside its relatives.
fn enter(lines: &mut Vec<Line>, import: &Coming) {
    let Some(beside) = relative(lines, import) else { return enter_alone(lines, import) };
    let kind = lines[beside].kind;
    let run = run_around(lines, beside);
    let new = import.line(kind, lines[beside].indent());
    let is_sorted = lines[run.clone()].is_sorted_by_key(Line::order);
    let at = match is_sorted {
        true => run.start + lines[run].partition_point(|line| line.order() < new.order()),
        false => beside + 1,
    };
    lines.insert(at, new);
}

/// The line beside which an import belongs: the nearest of the same module, else one of another module, or of the
/// standard library where it is of that.
fn relative(lines: &[Line], import: &Coming) -> Option<usize> {
    let segments = |path: &str| path.split('/').zip(import.path.split('/')).take_while(|(a, b)| a == b).count();
    let is_remote = |path: &str| path.split('/').next().is_some_and(|host| host.contains('.'));
    let module = import.path.split("/pkg/").next().map_or(0, |module| module.split('/').count());
    let rank = |line: &Line| match &line.path {
        Some(path) if segments(path) >= module => Some(segments(path)),
        Some(path) if is_remote(path) == is_remote(&import.path) => Some(0),
        _ => None,
    };
    let ranked = lines.iter().enumerate().filter_map(|(index, line)| Some((rank(line)?, index)));
    // The first of the best, the last of the strangers.
    ranked
        .max_by_key(|&(rank, index)| (rank, if rank > 0 { -(index as isize) } else { index as isize }))
        .map(|(_, index)| index)
}

/// The lines of the same kind around one, without a gap.
fn run_around(lines: &[Line], at: usize) -> std::ops::Range<usize> {
    let is_part = |line: &Line| line.kind == lines[at].kind;
    let start = lines[..at].iter().rposition(|line| !is_part(line)).map_or(0, |before| before + 1);
    let end = lines[at..].iter().position(|line| !is_part(line)).map_or(lines.len(), |behind| at + behind);
    start..end
}

/// Puts an import where there is none of its kind: into a group of its own.
fn enter_alone(lines: &mut Vec<Line>, import: &Coming) {
    if let Some(close) = lines.iter().rposition(|line| line.kind == Kind::Close) {
        lines.splice(close..close, [Line::new(Kind::Blank, ""), import.line(Kind::Grouped, "\t")]);
    } else if let Some(last) = lines.iter().rposition(|line| line.kind == Kind::Single) {
        lines.insert(last + 1, import.line(Kind::Single, ""));
    } else if let Some(clause) = lines.iter().position(|line| line.kind == Kind::Clause) {
        let mut block = vec![Line::new(Kind::Blank, ""), import.line(Kind::Single, "")];
        if lines.get(clause + 1).is_some_and(|line| line.kind != Kind::Blank) {
            block.push(Line::new(Kind::Blank, ""));
        }
        lines.splice(clause + 1..clause + 1, block);
    }
}

/// Takes imports away, and declarations that hold none any more. What comments say stays.
fn leave(lines: &mut [Line], going: &BTreeSet<usize>) {
    for index in 0..lines.len() {
        let is_going = lines[index].import.is_some_and(|import| going.contains(&import));
        if !is_going {
            continue;
        }
        // What would stand above `import "C"` then would be taken for its preamble.
        let is_before_cgo = lines.get(index + 1).is_some_and(|next| next.text.starts_with("import \"C\""));
        lines[index] = match lines[index].comment() {
            _ if is_before_cgo => Line::new(Kind::Blank, ""),
            Some(comment) if !is_about_spec(comment) => {
                Line::new(Kind::Other, format!("{}{comment}", lines[index].indent()))
            }
            _ => Line::new(Kind::Gone, ""),
        };
    }
    let mut open = None;
    for index in 0..lines.len() {
        match lines[index].kind {
            Kind::Open => open = Some(index),
            Kind::Close => {
                if let Some(open) = open.take().filter(|&open| is_emptied(&lines[open + 1..index])) {
                    lines[open..=index].iter_mut().for_each(|line| *line = Line::new(Kind::Gone, ""));
                }
            }
            _ => {}
        }
    }
}

fn is_emptied(inner: &[Line]) -> bool {
    inner.iter().any(|line| line.kind == Kind::Gone)
        && inner.iter().all(|line| matches!(line.kind, Kind::Gone | Kind::Blank))
}

/// What tools are told about the line.
fn is_about_spec(comment: &str) -> bool {
    let words = comment.trim_start_matches('/').trim_start();
    ["nolint", "lint:", "indirect"].iter().any(|mark| words.starts_with(mark))
}

/// A declaration of one import gets parentheses when it has more than one to declare.
fn unite_single(old: &[Line], new: &mut Vec<Line>) {
    let is_single = |line: &&Line| line.kind == Kind::Single;
    let is_only = old.iter().filter(is_single).count() <= 1 && !old.iter().any(|line| line.kind == Kind::Open);
    let singles: Vec<Line> = new.iter().filter(is_single).cloned().collect();
    let Some(first) = new.iter().position(|line| line.kind == Kind::Single) else { return };
    if !is_only || singles.len() < 2 {
        return;
    }
    let (mut remote, mut std): (Vec<Line>, Vec<Line>) =
        singles.into_iter().map(Line::grouped).partition(|line| line.is_remote());
    remote.sort_by_key(Line::order);
    std.sort_by_key(Line::order);
    let gap = (!std.is_empty() && !remote.is_empty()).then(|| Line::new(Kind::Blank, ""));
    let mut block = vec![Line::new(Kind::Open, "import (")];
    block.extend(std.into_iter().chain(gap).chain(remote));
    block.push(Line::new(Kind::Close, ")"));
    new.retain(|line| line.kind != Kind::Single);
    new.splice(first..first, block);
}

/// Imports that share their lines with others, or with other code, go and come without their layout being kept.
fn crowded(syntax: &Syntax, imports: &[Import], going: &BTreeSet<usize>, coming: &BTreeSet<Coming>) -> Vec<Edit> {
    let text = syntax.source.text();
    let declaration = |spec: NodeId| syntax.enclosing(spec, &["import_declaration"]).unwrap_or(spec);
    let mut edits: Vec<Edit> = going
        .iter()
        .map(|&index| {
            let spec = imports[index].node;
            let is_grouped = syntax.enclosing(spec, &["import_spec_list"]).is_some();
            let range = syntax.range(if is_grouped { spec } else { declaration(spec) });
            let behind = &text[range.end..];
            let semicolon = behind.trim_start_matches([' ', '\t']).strip_prefix(';');
            let end = semicolon.map_or(range.end, |rest| text.len() - rest.len());
            Edit::delete(range.start..end)
        })
        .collect();
    let last = imports.iter().map(|import| syntax.end(declaration(import.node))).max();
    let at = last.or_else(|| syntax.child_of_kind(NodeId::ROOT, "package_clause").map(|clause| syntax.end(clause)));
    if let (Some(at), false) = (at, coming.is_empty()) {
        let new: String = coming.iter().map(|import| format!("\nimport {}", import.spec())).collect();
        // An import that goes may end in a semicolon behind that place.
        let end = edits
            .iter()
            .map(Edit::range)
            .find(|range| range.start < at && range.end > at)
            .map_or(at, |range| range.end);
        edits.push(Edit::insert(end, if end > at { format!("{new}\n") } else { new }));
    }
    edits
}

#[cfg(test)]
mod tests;
