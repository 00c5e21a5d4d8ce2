//! Compares what a command prints with what the README says.

/// Whether `actual` consists of the `expected` lines, where a line `...` stands for any number of lines.
pub(crate) fn matches(expected: &[&str], actual: &str) -> bool {
    let actual: Vec<&str> = actual.lines().collect();
    let mut parts = expected.split(|line| *line == "...");
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = actual.strip_prefix(first) else { return false };
    let mut parts: Vec<&[&str]> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        let Some(at) = rest.windows(part.len()).position(|lines| lines == part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[test]
fn dots_stand_for_any_number_of_lines() {
    let printed = "a\nb\nc\nd\n";
    for expected in [vec!["a", "b", "c", "d"], vec!["...", "b", "...", "d"], vec!["a", "...", "c", "..."], vec!["..."]]
    {
        assert!(matches(&expected, printed), "{expected:?}");
    }
    for expected in
        [vec!["a", "b", "c"], vec!["b", "..."], vec!["...", "c", "...", "b", "..."], vec!["a", "...", "c"], vec![]]
    {
        assert!(!matches(&expected, printed), "{expected:?}");
    }
}
