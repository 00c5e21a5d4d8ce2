//! Comments and literals of a Go text, found without a parser.

use crate::marker::Lexis;

/// Where a text is no code.
pub(crate) fn lexis(text: &str) -> Lexis {
    let bytes = text.as_bytes();
    let mut lexis = Lexis::default();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        at = match &bytes[at..bytes.len().min(at + 2)] {
            b"//" => line_end(text, at),
            b"/*" => text[at + 2..].find("*/").map_or(text.len(), |len| at + 2 + len + 2),
            [b'`', ..] => text[at + 1..].find('`').map_or(text.len(), |len| at + 1 + len + 1),
            [quote @ (b'"' | b'\''), ..] => quoted_end(bytes, at, *quote),
            _ => {
                at += 1;
                continue;
            }
        };
        match bytes[start] {
            b'/' => lexis.comments.push(start..at),
            _ => lexis.literals.push(start..at),
        }
    }
    lexis
}

fn line_end(text: &str, start: usize) -> usize {
    let line = text[start..].lines().next().unwrap_or_default();
    start + line.len()
}

/// Behind the quote that closes a literal, which ends with its line at the latest.
fn quoted_end(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'\n' => return at,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_told_from_literals() {
        let text = "a := \"// no \\\" \" + `/* no\n` // one\r\nb('\"', '\\'') /* two\n*/ c(\"open\n// three";
        let lexis = lexis(text);
        let shown = |ranges: Vec<std::ops::Range<usize>>| {
            ranges.into_iter().map(|range| text[range].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(shown(lexis.comments), ["// one", "/* two\n*/", "// three"]);
        assert_eq!(shown(lexis.literals), ["\"// no \\\" \"", "`/* no\n`", "'\"'", "'\\''", "\"open"]);
    }
}
