//! Comments and literals in a stretch of Rust text, found without a parser.

use std::ops::Range;

use crate::marker::Lexis;

/// Byte ranges of the comments in `text`, which must not begin inside a literal.
pub(crate) fn comments(text: &str) -> Vec<Range<usize>> {
    scan(text).0
}

/// The same for a whole file, in which documentation counts as a literal: it is an attribute with a text.
pub(crate) fn lexis(text: &str) -> Lexis {
    let (comments, mut literals) = scan(text);
    let (documentation, comments): (Vec<_>, Vec<_>) =
        comments.into_iter().partition(|comment| is_documentation(&text[comment.clone()]));
    literals.extend(documentation);
    literals.sort_by_key(|literal| literal.start);
    Lexis { comments, literals }
}

/// Whether a comment documents what it stands in front of or in.
fn is_documentation(comment: &str) -> bool {
    let begins = |mark: &str, more: &str| comment.starts_with(mark) && !comment.starts_with(more);
    comment.starts_with("//!")
        || comment.starts_with("/*!")
        || begins("///", "////")
        || (begins("/**", "/***") && comment != "/**/")
}

/// The comments and the literals.
fn scan(text: &str) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let (mut found, mut literals) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        at = match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |len| at + len);
                let end = if text[..end].ends_with('\r') { end - 1 } else { end };
                found.push(at..end);
                end
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                let end = block_end(bytes, at);
                found.push(at..end);
                end
            }
            b'"' => string_end(bytes, at),
            b'r' if !is_word_before(bytes, at) => raw_string_end(bytes, at).unwrap_or(at + 1),
            b'\'' => char_end(bytes, at),
            _ => at + 1,
        };
        // A quote or an `r` alone opens nothing.
        if matches!(bytes[start], b'"' | b'r' | b'\'') && at > start + 1 {
            literals.push(start..at);
        }
    }
    (found, literals)
}

fn is_word_before(bytes: &[u8], at: usize) -> bool {
    at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_') && bytes[at - 1] != b'b'
}

fn block_end(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0;
    let mut at = start;
    while at < bytes.len() {
        match &bytes[at..bytes.len().min(at + 2)] {
            b"/*" => {
                depth += 1;
                at += 2;
            }
            b"*/" => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn raw_string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let hashes = bytes[start + 1..].iter().take_while(|&&byte| byte == b'#').count();
    let open = start + 1 + hashes;
    if bytes.get(open) != Some(&b'"') {
        return None;
    }
    let mut at = open + 1;
    while at < bytes.len() {
        if bytes[at] == b'"' && bytes[at + 1..].iter().take_while(|&&byte| byte == b'#').count() >= hashes {
            return Some(at + 1 + hashes);
        }
        at += 1;
    }
    Some(bytes.len())
}

/// A character literal's end; a lifetime's quote is stepped over.
fn char_end(bytes: &[u8], start: usize) -> usize {
    match bytes.get(start + 1) {
        Some(b'\\') => {
            let rest = &bytes[(start + 3).min(bytes.len())..];
            memchr::memchr(b'\'', rest).map_or(bytes.len(), |len| start + 3 + len + 1)
        }
        Some(_) => {
            let width = bytes[start + 1..].iter().take(4).position(|&byte| byte == b'\'');
            match width {
                Some(len) if len > 0 && (len == 1 || bytes[start + 1] >= 0x80) => start + len + 2,
                _ => start + 1,
            }
        }
        None => start + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        comments(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn comments_are_told_from_literals() {
        let text = "f(\"// no\", r#\"/* no \"# , 'a', '\\'', /* yes /* nested */ */ x<'a>, b\"//\") // end";
        assert_eq!(texts(text), ["/* yes /* nested */ */", "// end"]);
    }

    #[test]
    fn literals_of_several_lines_and_documentation_are_no_code() {
        let text = "/// a\nf(r#\"x\ny\"#, \"\", 'b', x<'a>) // c\n//! d\n//// e\n/**/ /** f */";
        let lexis = lexis(text);
        let shown = |ranges: Vec<Range<usize>>| ranges.into_iter().map(|range| &text[range]).collect::<Vec<_>>();
        assert_eq!(shown(lexis.comments), ["// c", "//// e", "/**/"]);
        assert_eq!(shown(lexis.literals), ["/// a", "r#\"x\ny\"#", "\"\"", "'b'", "//! d", "/** f */"]);
    }

    #[test]
    fn a_line_comment_ends_before_a_carriage_return() {
        assert_eq!(texts("a, // one\r\n b /* two */"), ["// one", "/* two */"]);
        assert_eq!(texts("'ä', // one"), ["// one"]);
    }
}
