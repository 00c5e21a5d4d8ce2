//! Names in a piece of code that is no file of its own.

/// `text` with the name `old` replaced wherever it stands outside of strings and behind no dot.
pub(crate) fn replace(text: &str, old: &str, new: &str) -> String {
    let is_part = |char: char| char.is_alphanumeric() || char == '_';
    let mut out = String::with_capacity(text.len());
    let mut quote: Option<char> = None;
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let before = out.chars().last();
        let begins = !before.is_some_and(|char| is_part(char) || char == '.');
        if quote.is_none() && begins && rest.starts_with(old) && !rest[old.len()..].starts_with(is_part) {
            out.push_str(new);
            rest = &rest[old.len()..];
            continue;
        }
        match quote {
            Some(open) if char == open && (before != Some('\\') || open == '`') => quote = None,
            None if matches!(char, '"' | '`' | '\'') => quote = Some(char),
            _ => {}
        }
        out.push(char);
        rest = &rest[char.len_utf8()..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_itself_is_replaced() {
        let text = "return errors.Wrap(err, \"err: \" + x.err + `err` + stderr)";
        assert_eq!(replace(text, "err", "e"), "return errors.Wrap(e, \"err: \" + x.err + `err` + stderr)");
    }
}
