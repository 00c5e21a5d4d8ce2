//! The doc comments of a Rust file as Markdown texts.

use std::ops::Range;

use super::super::comments::comments;
use crate::docs::{Prose, lines};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `///`
    Outer,
    /// `//!`
    Inner,
    /// `/** */`, `/*! */`
    Delimited,
}

fn kind(comment: &str) -> Option<Kind> {
    if comment.starts_with("//!") {
        Some(Kind::Inner)
    } else if comment.starts_with("///") && !comment.starts_with("////") {
        Some(Kind::Outer)
    } else if comment.starts_with("/*!") || (comment.starts_with("/**") && !comment.starts_with("/***")) {
        (comment.len() > "/**/".len()).then_some(Kind::Delimited)
    } else {
        None
    }
}

/// The doc comments of a Rust file; those of lines that follow each other as one.
pub(super) fn doc_comments(file: &str) -> Vec<Prose> {
    let mut groups: Vec<(Kind, Vec<Range<usize>>)> = Vec::new();
    let mut end = 0;
    for comment in comments(file) {
        let Some(kind) = kind(&file[comment.clone()]) else { continue };
        match groups.last_mut() {
            Some((last, group))
                if *last == kind && kind != Kind::Delimited && file[end..comment.start].trim().is_empty() =>
            {
                group.push(comment.clone());
            }
            _ => groups.push((kind, vec![comment.clone()])),
        }
        end = comment.end;
    }
    groups.into_iter().map(|(kind, group)| prose(file, kind, &group)).collect()
}

fn prose(file: &str, kind: Kind, group: &[Range<usize>]) -> Prose {
    let mark = "///".len();
    let contents: Vec<Range<usize>> = match (kind, group) {
        (Kind::Delimited, [comment]) => delimited(file, comment.start + mark..comment.end - "*/".len()),
        _ => group.iter().map(|comment| comment.start + mark..comment.end).collect(),
    };
    let indent = |line: &Range<usize>| {
        let text = &file[line.clone()];
        (!text.trim().is_empty()).then(|| text.len() - text.trim_start_matches(' ').len())
    };
    let common = contents.iter().filter_map(indent).min().unwrap_or(0);
    let mut prose = Prose::new(kind == Kind::Delimited);
    for line in contents {
        let cut = common.min(line.len());
        prose.push(file, line.start + cut..line.end);
    }
    prose
}

/// The lines between `/**` and `*/`, without the stars where every line has one.
fn delimited(file: &str, inner: Range<usize>) -> Vec<Range<usize>> {
    let all: Vec<Range<usize>> = lines(file, inner).collect();
    let star = |line: &Range<usize>| {
        let text = &file[line.clone()];
        let blank = text.len() - text.trim_start_matches([' ', '\t']).len();
        text[blank..].starts_with('*').then_some(line.start + blank + 1)
    };
    let rest = all.get(1..).unwrap_or_default();
    let is_last = |index: usize| index + 1 == rest.len();
    let is_closing = |line: &Range<usize>| file[line.clone()].trim().is_empty();
    let has_stars = !rest.is_empty()
        && rest.iter().enumerate().all(|(index, line)| star(line).is_some() || (is_last(index) && is_closing(line)));
    let cut = |(index, line): (usize, &Range<usize>)| match star(line).filter(|_| has_stars && index > 0) {
        Some(start) => start..line.end,
        None => line.clone(),
    };
    all.iter().enumerate().map(cut).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doc_comments_lose_their_marks_and_common_indentation() {
        let file = "//! a\r\n//!\r\n//!   b\r\n\n// no\n/// c\n    /// d\nfn f() {} //// no\n/** e\n * f\n *\n */\n/*!\n  g\n   h\n*/";
        let texts: Vec<String> = doc_comments(file).into_iter().map(|prose| prose.text).collect();
        assert_eq!(texts, ["a\n\n  b\n", "c\nd\n", "e\nf\n\n\n", "\ng\n h\n"]);
        let prose = &doc_comments(file)[0];
        assert_eq!(&file[prose.place(prose.text.find('b').unwrap())..][..1], "b");
    }
}
