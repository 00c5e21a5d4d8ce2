//! A file's text with what is needed to talk about places in it: lines, columns, line endings.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The text of one file. Offsets are bytes into [`Source::text`], which is exactly what the disk holds (a byte
/// order mark and carriage returns included).
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    text: Arc<str>,
    line_starts: OnceLock<Vec<usize>>,
}

/// A place as people read it: both numbers start at 1, columns count characters, a byte order mark is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Source {
    /// Wraps `text`, shown to people under `path`.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), text: text.into(), line_starts: OnceLock::new() }
    }

    /// The path under which the file was found.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of a range; the range must lie on character boundaries.
    pub fn slice(&self, range: Range<usize>) -> &str {
        &self.text[range]
    }

    /// Length of a leading byte order mark: 3 or 0.
    pub fn bom_len(&self) -> usize {
        if self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
    }

    /// The line ending that new lines get: that of the first line, `\n` where there is only one line.
    pub fn newline(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if self.text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    /// Line and column of a byte offset.
    pub fn position(&self, offset: usize) -> Position {
        let starts = self.line_starts();
        let line = starts.partition_point(|&start| start <= offset) - 1;
        let mut from = starts[line];
        if line == 0 {
            from = from.max(self.bom_len().min(offset));
        }
        Position { line: line + 1, column: self.text[from..offset].chars().count() + 1 }
    }

    /// Byte range of a line (from 1) without its line ending.
    pub fn line_range(&self, line: usize) -> Range<usize> {
        let starts = self.line_starts();
        let start = starts[line - 1];
        let end = starts.get(line).copied().unwrap_or(self.text.len());
        let trimmed = self.text[start..end].trim_end_matches(['\n', '\r']);
        start..start + trimmed.len()
    }

    /// The white space that opens the line on which `offset` lies.
    pub fn indent_at(&self, offset: usize) -> &str {
        let start = self.text[..offset].rfind('\n').map_or(self.bom_len(), |at| at + 1);
        let line = &self.text[start..];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    fn line_starts(&self) -> &[usize] {
        self.line_starts.get_or_init(|| {
            std::iter::once(0).chain(memchr::memchr_iter(b'\n', self.text.as_bytes()).map(|at| at + 1)).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_skip_the_mark() {
        let source = Source::new("a.rs", "\u{feff}fn ä() {}\r\n\tx();\n");
        assert_eq!(source.position(3), Position { line: 1, column: 1 });
        let brace = source.text().find('{').unwrap();
        assert_eq!(source.position(brace), Position { line: 1, column: 8 });
        let x = source.text().find('x').unwrap();
        assert_eq!(source.position(x), Position { line: 2, column: 2 });
        assert_eq!(source.newline(), "\r\n");
        assert_eq!(source.indent_at(x), "\t");
        assert_eq!(source.slice(source.line_range(2)), "\tx();");
    }

    #[test]
    fn the_end_of_the_text_has_a_position() {
        let source = Source::new("a.rs", "a\n");
        assert_eq!(source.position(2), Position { line: 2, column: 1 });
    }
}
