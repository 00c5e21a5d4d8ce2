//! What the words behind a code block's fence say.

/// The words behind a fence, without the marks that some renderers have around them.
pub(crate) fn words(info: &str) -> Vec<&str> {
    let words = info.split([',', ' ', '\t']).map(|word| word.trim_matches(['{', '}']).trim_start_matches('.'));
    words.filter(|word| !word.is_empty()).collect()
}

/// The language of a front end that a code block says it is written in.
pub(crate) fn language_of(info: &str) -> Option<&'static str> {
    words(info).into_iter().find_map(|word| match word {
        "rust" | "rs" => Some("rust"),
        "go" | "golang" => Some("go"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_known_by_what_renderers_call_them() {
        for (info, language) in [
            ("rust,no_run", Some("rust")),
            ("{.rs}", Some("rust")),
            ("go", Some("go")),
            ("golang title=\"main.go\"", Some("go")),
            ("gomod", None),
            ("", None),
        ] {
            assert_eq!(language_of(info), language, "{info}");
        }
    }
}
