//! Texts with words that are spelled later, `@word`, and gaps, `<<gap>>`.

/// `template` with every word as `spell` says.
pub(crate) fn spelled(template: &str, mut spell: impl FnMut(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('@') {
        let (head, tail) = (&rest[..at], &rest[at + 1..]);
        let end = tail.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(tail.len());
        out.push_str(head);
        out.push_str(&spell(&tail[..end]));
        rest = &tail[end..];
    }
    out + rest
}

/// `template` without gaps.
pub(crate) fn filled(template: &str, gaps: &[(&str, &str)]) -> String {
    let mut filled = template.to_owned();
    for (gap, text) in gaps {
        filled = filled.replace(&format!("<<{gap}>>"), text);
    }
    assert!(!filled.contains("<<"), "a gap is left in {filled}");
    filled
}
