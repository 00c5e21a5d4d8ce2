//! Comments before and behind statements.

/// What people write.
const COMMENTS: &[&str] = &["not obvious", "see the manual", "kept"];

/// How many ways of commenting there are.
pub(crate) const WAYS: usize = 6;

/// Where a language has room for comments.
pub(crate) struct Places {
    /// Whether a line may have one above it.
    pub(crate) above: fn(&str) -> bool,
    /// Whether a line may have one behind it.
    pub(crate) behind: fn(&str) -> bool,
    /// Comments that name the legacy API: one of each in a file, in one way of commenting. Real code seldom has any.
    pub(crate) lures: &'static [&'static str],
}

/// `text` with comments in one of the [`WAYS`].
pub(crate) fn commented(text: &str, way: usize, places: &Places) -> String {
    if way == 0 {
        return text.to_owned();
    }
    let mut out = String::new();
    let lures = if way == 5 { places.lures } else { &[] };
    let mut comments = COMMENTS.iter().chain(lures).chain(COMMENTS.iter().cycle()).skip(way % COMMENTS.len());
    for (index, line) in text.lines().enumerate() {
        let is_code = !line.trim_start().starts_with("//");
        if is_code && (places.above)(line.trim_start()) && (index + way).is_multiple_of(3) {
            out.push_str(&format!("// {}\n", comments.next().unwrap_or(&"")));
        }
        out.push_str(line);
        if is_code && (places.behind)(line) && (index * 7 + way).is_multiple_of(5) {
            out.push_str(&format!(" // {}", comments.next().unwrap_or(&"")));
        }
        out.push('\n');
    }
    out
}
