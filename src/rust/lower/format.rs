//! Names that format strings take from the scope.

use super::super::hir::{Name, Span};

/// The implicit captures of the string literal whose source text is `literal` and which starts at `start`: `{name}`,
/// `{name:?}`, `{:width$}`, `{:.precision$}`. Names for which `is_given` holds are arguments of the macro. What is not
/// a plain or raw string literal has none.
pub(super) fn captures(literal: &str, start: usize, is_given: impl Fn(&str) -> bool) -> Vec<Name> {
    let chars: Vec<(usize, char)> = match Contents::of(literal) {
        Some(contents) => contents.collect(),
        None => return Vec::new(),
    };
    let mut names = Vec::new();
    for placeholder in placeholders(&chars) {
        let (argument, spec) = split(placeholder);
        names.extend(capture(argument, start));
        names.extend(counts(spec).filter_map(|count| capture(count, start)));
    }
    let is_spelled_out = |name: &Name| literal[name.span.start as usize - start..].starts_with(&name.text);
    names.retain(|name| is_spelled_out(name) && !is_given(&name.text));
    names
}

/// Characters with their offsets in the literal.
type Chars<'a> = &'a [(usize, char)];

/// Iterates over the characters that a literal stands for, each with its offset in the literal. Escapes
/// have the offset of the backslash.
struct Contents<'a> {
    literal: &'a str,
    at: usize,
    end: usize,
    raw: bool,
}

impl<'a> Contents<'a> {
    fn of(literal: &'a str) -> Option<Self> {
        let raw = literal.strip_prefix('r');
        let hashes = raw.map_or(0, |rest| rest.len() - rest.trim_start_matches('#').len());
        let at = usize::from(raw.is_some()) + hashes + 1;
        let end = literal.len().checked_sub(hashes + 1)?;
        let quoted = literal[at - 1..].starts_with('"') && literal.get(end..)?.starts_with('"');
        (quoted && at <= end).then_some(Self { literal, at, end, raw: raw.is_some() })
    }

    /// Length of the escape at the present place and what it stands for.
    fn escape(rest: &str) -> (usize, Option<char>) {
        let mut chars = rest.char_indices().skip(1);
        match chars.next() {
            Some((_, 'u')) => {
                let end = rest.find('}').map_or(rest.len(), |end| end + 1);
                let digits: String = rest[..end].chars().filter(char::is_ascii_hexdigit).collect();
                (end, u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32))
            }
            Some((_, 'x')) => {
                let end = rest.char_indices().nth(4).map_or(rest.len(), |(end, _)| end);
                (end, rest.get(2..end).and_then(|hex| u8::from_str_radix(hex, 16).ok()).map(char::from))
            }
            Some((_, '\n' | '\r')) => {
                let after = rest[1..].trim_start_matches([' ', '\t', '\n', '\r']);
                (rest.len() - after.len(), None)
            }
            Some((at, other)) => (at + other.len_utf8(), Some('\\')),
            None => (rest.len(), None),
        }
    }
}

impl Iterator for Contents<'_> {
    type Item = (usize, char);

    fn next(&mut self) -> Option<(usize, char)> {
        while self.at < self.end {
            let at = self.at;
            let rest = &self.literal[at..self.end];
            let first = rest.chars().next()?;
            let (len, value) =
                if first == '\\' && !self.raw { Self::escape(rest) } else { (first.len_utf8(), Some(first)) };
            self.at += len;
            if let Some(value) = value {
                return Some((at, value));
            }
        }
        None
    }
}

/// What stands between the braces, escaped braces left out.
fn placeholders(chars: Chars<'_>) -> Vec<Chars<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let doubled = chars.get(at + 1).is_some_and(|next| next.1 == chars[at].1);
        match chars[at].1 {
            '{' | '}' if doubled => at += 2,
            '{' => {
                let Some(len) = chars[at + 1..].iter().position(|next| next.1 == '}') else { break };
                found.push(&chars[at + 1..at + 1 + len]);
                at += len + 2;
            }
            _ => at += 1,
        }
    }
    found
}

/// The argument in front of the colon, the format behind it.
fn split(placeholder: Chars<'_>) -> (Chars<'_>, Chars<'_>) {
    match placeholder.iter().position(|next| next.1 == ':') {
        Some(colon) => (&placeholder[..colon], &placeholder[colon + 1..]),
        None => (placeholder, &[]),
    }
}

/// The words in front of a `$`.
fn counts(spec: Chars<'_>) -> impl Iterator<Item = Chars<'_>> {
    let is_aligned = spec.get(1).is_some_and(|next| matches!(next.1, '<' | '^' | '>'));
    let spec = if is_aligned { &spec[2..] } else { spec };
    let mut words: Vec<_> = spec.split(|next| next.1 == '$').collect();
    words.pop();
    words.into_iter().map(|word| {
        let start = word.iter().rposition(|next| !is_word(next.1)).map_or(0, |at| at + 1);
        let word = &word[start..];
        let flag = usize::from(word.len() > 1 && word[0].1 == '0' && !word[1].1.is_ascii_digit());
        &word[flag..]
    })
}

fn is_word(char: char) -> bool {
    char == '_' || char.is_alphanumeric()
}

/// The name that `chars` spell, white space around it left out; positions are no names.
fn capture(chars: Chars<'_>, start: usize) -> Option<Name> {
    let first = chars.iter().position(|next| !next.1.is_whitespace())?;
    let last = chars.iter().rposition(|next| !next.1.is_whitespace())?;
    let word = &chars[first..=last];
    let is_name = word.iter().all(|next| is_word(next.1)) && !word[0].1.is_ascii_digit();
    is_name.then(|| {
        let end = word[word.len() - 1];
        Name {
            text: word.iter().map(|next| next.1).collect(),
            span: Span::new(start + word[0].0, start + end.0 + end.1.len_utf8()),
        }
    })
}
