//! Code in comments: indented lines, as the Go tools see them, and fenced ones, as people write them.

use std::ops::Range;

use crate::docs::{language_of, lines};
use crate::go::syntax::{NodeId, Syntax};

/// Lines of code in a comment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Block {
    /// The text of each line, without what the comment puts in front of it.
    pub(super) lines: Vec<Range<usize>>,
    /// Whether it stands in a comment that `*/` would end.
    pub(super) is_delimited: bool,
    /// Whether it says that it is Go.
    pub(super) is_said: bool,
}

/// The code in the comments of a file, without those inside of functions: they are no documentation.
pub(super) fn comment_blocks(syntax: &Syntax) -> Vec<Block> {
    let text = syntax.source.text();
    let groups = groups(syntax).into_iter();
    groups
        .flat_map(|group| {
            let blocks = blocks(text, &group.lines).into_iter();
            blocks.map(move |block| Block { is_delimited: group.is_delimited, ..block })
        })
        .collect()
}

/// The contents of comments; those of lines that follow each other as one.
fn groups(syntax: &Syntax) -> Vec<Block> {
    let text = syntax.source.text();
    let is_doc = |&node: &NodeId| {
        syntax.kind(node) == "comment" && syntax.enclosing(node, &["block"]).is_none() && opens_line(syntax, node)
    };
    let mut groups: Vec<Block> = Vec::new();
    let mut end = None;
    for node in syntax.nodes().filter(is_doc) {
        let range = syntax.range(node);
        if text[range.clone()].starts_with("/*") {
            let inner = range.start + 2..range.end - 2;
            groups.push(Block { lines: lines(text, inner).collect(), is_delimited: true, is_said: false });
            end = None;
            continue;
        }
        let line = content(text, range.clone());
        let follows = end.is_some_and(|end: usize| text[end..range.start].trim_matches([' ', '\t', '\r']) == "\n");
        match groups.last_mut().filter(|_| follows) {
            Some(group) => group.lines.push(line),
            None => groups.push(Block { lines: vec![line], ..Block::default() }),
        }
        end = Some(range.end);
    }
    groups
}

fn opens_line(syntax: &Syntax, node: NodeId) -> bool {
    let before = &syntax.source.text()[syntax.source.bom_len()..syntax.start(node)];
    before.rsplit('\n').next().is_none_or(|line| line.trim().is_empty())
}

/// What `//` and the space behind it leave of a line.
fn content(text: &str, comment: Range<usize>) -> Range<usize> {
    let end = comment.start + text[comment.clone()].trim_end().len();
    let start = comment.start + 2;
    let space = usize::from(text[start..end].starts_with(' '));
    start + space..end
}

/// The stretches of code in the lines of a comment.
fn blocks(text: &str, lines: &[Range<usize>]) -> Vec<Block> {
    let of = |line: &Range<usize>| &text[line.clone()];
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(line) = lines.get(at) {
        let from = at;
        if let Some(info) = of(line).strip_prefix("```") {
            let rest = &lines[at + 1..];
            let len = rest.iter().position(|line| of(line).trim_end() == "```").unwrap_or(rest.len());
            at += len + 2;
            let is_said = language_of(info) == Some("go");
            let is_go = is_said || info.trim().is_empty();
            found.extend(is_go.then(|| (is_said, &rest[..len])));
        } else if is_indented(of(line)) {
            at += lines[at..].iter().take_while(|line| is_indented(of(line)) || of(line).trim().is_empty()).count();
            found.extend((!is_list(of(line))).then(|| (false, &lines[from..at])));
        } else {
            at += 1;
        }
    }
    let block = |(is_said, lines)| Block { lines: outdented(text, lines), is_said, ..Block::default() };
    found.into_iter().map(block).filter(|block| !block.lines.is_empty()).collect()
}

fn is_indented(line: &str) -> bool {
    line.starts_with([' ', '\t']) && !line.trim().is_empty()
}

/// Whether the first line of an indented stretch makes a list of it.
fn is_list(line: &str) -> bool {
    let line = line.trim_start();
    let number = line.trim_start_matches(|char: char| char.is_ascii_digit());
    let is_numbered = number.len() < line.len() && number.starts_with(['.', ')']);
    let behind = if is_numbered { Some(&number[1..]) } else { line.strip_prefix(['-', '*', '+', '•']) };
    behind.is_some_and(|rest| rest.starts_with([' ', '\t']))
}

/// The lines without the indentation that they have in common, and without empty ones at the end.
fn outdented(text: &str, lines: &[Range<usize>]) -> Vec<Range<usize>> {
    let is_blank = |line: &Range<usize>| text[line.clone()].trim().is_empty();
    let len = lines.iter().rposition(|line| !is_blank(line)).map_or(0, |last| last + 1);
    let lines = &lines[..len];
    let indent = |line: &Range<usize>| {
        let line = &text[line.clone()];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    };
    let common = lines.iter().filter(|line| !is_blank(line)).map(indent).reduce(|one, other| {
        let len = one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
        &one[..len]
    });
    let cut = common.unwrap_or_default().len();
    let without = |line: &Range<usize>| match is_blank(line) {
        true => line.end..line.end,
        false => line.start + cut..line.end,
    };
    lines.iter().map(without).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::Source;
    use crate::tree::FileId;

    fn shown(file: &str) -> Vec<String> {
        let syntax = Syntax::parse(FileId(0), Arc::new(Source::new("a.go", file))).unwrap();
        let text = |block: Block| block.lines.iter().map(|line| format!("{}\n", &file[line.clone()])).collect();
        comment_blocks(&syntax).into_iter().map(text).collect()
    }

    #[test]
    fn indented_and_fenced_lines_are_code() {
        let file = "// Package a does:\n//\n//\tx := 1\n//\n//\tif x {\n//\t\ty()\n//\t}\n//\n// And:\n// ```go\n// z()\n// ```\n\
                    // ```sh\n// ls\n// ```\npackage a\n\n/*\nF does:\n\n\tw()\n*/\nfunc F() {}\n";
        assert_eq!(shown(file), ["x := 1\n\nif x {\n\ty()\n}\n", "z()\n", "w()\n"]);
    }

    #[test]
    fn lists_and_comments_in_functions_are_no_code() {
        let file = "package a\n\n//   - b()\n//   - c()\n\n//  1. d()\nfunc F() {\n\t//\te()\n}\n\nvar x int //\tf()\n";
        assert_eq!(shown(file), [""; 0]);
    }
}
