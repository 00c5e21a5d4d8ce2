//! A line of source with a part of it underlined.

use std::io::{self, Write};
use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use super::Palette;
use crate::source::Source;

const TAB: &str = "    ";

/// Prints the first line of `range` with the range underlined; a range that goes on says so.
pub(super) fn excerpt(out: &mut dyn Write, palette: &Palette, source: &Source, range: &Range<usize>) -> io::Result<()> {
    let from = source.position(range.start);
    let line = source.line_range(from.line);
    let shown_from = line.start + if from.line == 1 { source.bom_len() } else { 0 };
    let marked = range.start..range.end.min(line.end).max(range.start);
    let before = printable(source.slice(shown_from..marked.start.max(shown_from)));
    let inside = printable(source.slice(marked));
    let text = printable(source.slice(shown_from..line.end.max(shown_from)));

    let number = from.line.to_string();
    let gutter = " ".repeat(number.len());
    let (frame, mark) = (palette.frame, palette.report);
    let carets = "^".repeat(width(&inside).max(1));
    let goes_on = lines_below(source, range, from.line);
    writeln!(out, "{gutter} {frame}|{frame:#}")?;
    writeln!(out, "{frame}{number} |{frame:#} {text}")?;
    writeln!(out, "{gutter} {frame}|{frame:#} {}{mark}{carets}{goes_on}{mark:#}", " ".repeat(width(&before)))
}

fn lines_below(source: &Source, range: &Range<usize>, first: usize) -> String {
    match source.position(range.end.max(range.start)).line - first {
        0 => String::new(),
        1 => " … and 1 line more".to_owned(),
        more => format!(" … and {more} lines more"),
    }
}

/// `text` as a terminal can show it in known columns: tabs are spaces, control characters are visible.
fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\t' => out.push_str(TAB),
            char if char.is_control() => out.push('\u{fffd}'),
            char => out.push(char),
        }
    }
    out
}

fn width(text: &str) -> usize {
    text.chars().map(|char| char.width().unwrap_or(0)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, range: Range<usize>) -> String {
        let mut out = Vec::new();
        excerpt(&mut out, &Palette::plain(), &Source::new("a.rs", text), &range).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn carets_under(text: &str, word: &str) -> String {
        let at = text.find(word).unwrap();
        shown(text, at..at + word.len())
    }

    #[test]
    fn carets_stand_under_the_word() {
        insta::assert_snapshot!(carets_under("\u{feff}a(word)\r\n", "word"), @r"
          |
        1 | a(word)
          |   ^^^^
        ");
        insta::assert_snapshot!(carets_under("\n\ta(\"日本\u{7}\", word)\r\n", "word"), @r#"
          |
        2 |     a("日本�", word)
          |                ^^^^
        "#);
    }

    #[test]
    fn ranges_that_go_on_say_so() {
        insta::assert_snapshot!(shown("call(\n  a,\n)\n", 0..12), @r"
          |
        1 | call(
          | ^^^^^ … and 2 lines more
        ");
    }
}
