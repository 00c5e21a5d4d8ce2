//! The words of `go.mod` and `go.work`.

use super::{Flaw, Text};

/// One line that holds something besides a comment.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Where its first word begins.
    pub(super) start: usize,
    pub(super) words: Vec<Word>,
    /// What its comment says.
    pub(super) comment: String,
}

/// A word, a quoted text or a sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: Text,
    is_quoted: bool,
}

impl Word {
    /// Whether it is this sign, and not a quoted text.
    pub(super) fn is(&self, sign: &str) -> bool {
        !self.is_quoted && self.text.text == sign
    }
}

/// The lines of a file that say something.
pub(super) fn lines(text: &str) -> Result<Vec<Line>, Flaw> {
    let mark = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut lines = Vec::new();
    let mut at = mark;
    while at < text.len() {
        let mut line = Line { start: at, words: Vec::new(), comment: String::new() };
        at = read_line(text, at, &mut line)?;
        if let Some(first) = line.words.first() {
            line.start = first.text.range.start;
            lines.push(line);
        }
    }
    Ok(lines)
}

/// Reads the line that begins at `at`, and says where the next one does. A quoted text may go over several lines.
fn read_line(text: &str, mut at: usize, line: &mut Line) -> Result<usize, Flaw> {
    while let Some(first) = text[at..].chars().next() {
        match first {
            '\n' => return Ok(at + 1),
            _ if first.is_whitespace() => at += first.len_utf8(),
            '"' | '`' => {
                let word = quoted(text, at, first)?;
                at = word.text.range.end;
                line.words.push(word);
            }
            _ if text[at..].starts_with("//") => {
                let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
                line.comment = text[at + "//".len()..end].trim().to_owned();
                at = end;
            }
            _ => {
                let end = at + length(&text[at..]);
                if let Some(comment) = text[at..end].find("/*") {
                    return Err(Flaw::new(at + comment, "only `//` begins a comment here"));
                }
                let text = Text { text: text[at..end].to_owned(), range: at..end };
                line.words.push(Word { text, is_quoted: false });
                at = end;
            }
        }
    }
    Ok(at)
}

/// How long the word or sign is with which `text` begins.
fn length(text: &str) -> usize {
    let is_sign = |char: char| "()[]{},".contains(char);
    if text.starts_with("=>") {
        return "=>".len();
    }
    if text.starts_with(is_sign) {
        return 1;
    }
    let end = text.find(|char: char| char.is_whitespace() || is_sign(char)).unwrap_or(text.len());
    text[..end].find("//").unwrap_or(end)
}

/// The quoted text that begins at `at`. Between `"` a backslash takes the next character as it is.
fn quoted(text: &str, at: usize, quote: char) -> Result<Word, Flaw> {
    let not_closed = || Flaw::new(at, "this quoted text is not closed");
    let mut content = String::new();
    let mut chars = text[at + 1..].char_indices();
    while let Some((index, char)) = chars.next() {
        match char {
            _ if char == quote => {
                let text = Text { text: content, range: at..at + 1 + index + 1 };
                return Ok(Word { text, is_quoted: true });
            }
            '\n' if quote == '"' => return Err(not_closed()),
            '\\' if quote == '"' => content.push(chars.next().ok_or_else(not_closed)?.1),
            _ => content.push(char),
        }
    }
    Err(not_closed())
}
