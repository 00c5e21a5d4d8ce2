//! Markdown texts with the places of their lines.

use std::ops::Range;

/// A Markdown text put together from lines of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Prose {
    /// Its lines, each ended by `\n`.
    pub(crate) text: String,
    /// For every line the place in the text, and the place in the file.
    lines: Vec<(usize, usize)>,
    /// Whether it stands in a comment that `*/` would end.
    pub(crate) is_delimited: bool,
}

impl Prose {
    /// A text without lines, in a comment that `*/` would end or not.
    pub(crate) fn new(is_delimited: bool) -> Self {
        Self { is_delimited, ..Self::default() }
    }

    /// Adds a line of the file.
    pub(crate) fn push(&mut self, file: &str, line: Range<usize>) {
        self.lines.push((self.text.len(), line.start));
        self.text.push_str(&file[line]);
        self.text.push('\n');
    }

    /// The place in the file of an offset into the text.
    pub(crate) fn place(&self, offset: usize) -> usize {
        let index = self.lines.partition_point(|&(at, _)| at <= offset).saturating_sub(1);
        self.lines.get(index).map_or(0, |&(at, place)| place + (offset - at))
    }

    /// The whole of a Markdown file.
    pub(crate) fn of_markdown(file: &str) -> Self {
        let mut prose = Self::default();
        for line in lines(file, 0..file.len()) {
            prose.push(file, line);
        }
        prose
    }
}

/// The places of the lines of a stretch, without their ends.
pub(crate) fn lines(text: &str, range: Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = range.start;
    text[range].split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        start..start + line.trim_end_matches('\n').trim_end_matches('\r').len()
    })
}
