//! Versions of Go modules.

use std::cmp::Ordering;

/// Which of two versions is the older one; one that is none is older than all that are.
pub(crate) fn compare(one: &str, other: &str) -> Ordering {
    let ([one, one_pre], [other, other_pre]) = (parts(one), parts(other));
    let numbers = |text: &str| -> Vec<u64> { text.split('.').filter_map(|part| part.parse().ok()).collect() };
    numbers(one).cmp(&numbers(other)).then_with(|| match (one_pre, other_pre) {
        ("", "") => Ordering::Equal,
        ("", _) => Ordering::Greater,
        (_, "") => Ordering::Less,
        _ => prereleases(one_pre, other_pre),
    })
}

/// What is in front of the first `-`, and what is behind it. What follows `+` says nothing.
fn parts(version: &str) -> [&str; 2] {
    let version = version.split('+').next().unwrap_or_default();
    let (numbers, prerelease) = version.split_once('-').unwrap_or((version, ""));
    [numbers.strip_prefix('v').unwrap_or_default(), prerelease]
}

/// Numbers are older than words; a part that is missing is the oldest.
fn prereleases(one: &str, other: &str) -> Ordering {
    let key = |part: &str| -> (Option<u64>, String) { (part.parse().ok(), part.to_owned()) };
    let order = |one: &str, other: &str| match (key(one), key(other)) {
        ((Some(one), _), (Some(other), _)) => one.cmp(&other),
        ((Some(_), _), (None, _)) => Ordering::Less,
        ((None, _), (Some(_), _)) => Ordering::Greater,
        ((None, one), (None, other)) => one.cmp(&other),
    };
    let pairs = one.split('.').zip(other.split('.')).map(|(one, other)| order(one, other));
    let lengths = one.split('.').count().cmp(&other.split('.').count());
    pairs.fold(Ordering::Equal, Ordering::then).then(lengths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_in_the_order_of_their_releases() {
        let sorted = [
            "",
            "v0.0.0-20240101000000-abcdef123456",
            "v0.4.0",
            "v0.5.0-2",
            "v0.5.0-10",
            "v0.5.0-beta",
            "v0.5.0-beta.2",
            "v0.5.0",
            "v0.10.0",
            "v1.0.0",
        ];
        for (index, one) in sorted.iter().enumerate() {
            for (other_index, other) in sorted.iter().enumerate() {
                assert_eq!(compare(one, other), index.cmp(&other_index), "{one} {other}");
            }
        }
        assert_eq!(compare("v2.0.0+incompatible", "v2.0.0"), Ordering::Equal);
    }
}
