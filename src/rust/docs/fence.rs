//! What is known of a code block by the words behind its fence.

use crate::docs::words;

/// How rustdoc takes a code block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Rust,
    /// Rust that must not compile.
    Broken,
    /// There is no word.
    Unsaid,
    Other,
}

impl Language {
    /// As rustdoc reads it, and `rs` besides, which renderers know.
    pub(super) fn of(info: &str) -> Self {
        let words = words(info);
        let is_flag = |word: &&str| {
            matches!(*word, "should_panic" | "no_run" | "ignore" | "compile_fail" | "test_harness" | "standalone_crate")
                || word.starts_with("ignore-")
                || word.starts_with("edition")
                || is_error_code(word)
        };
        let is_rust = words.iter().any(|word| matches!(*word, "rust" | "rs"));
        if words.is_empty() {
            Language::Unsaid
        } else if !is_rust && !words.iter().all(is_flag) {
            Language::Other
        } else if words.contains(&"compile_fail") {
            Language::Broken
        } else {
            Language::Rust
        }
    }
}

/// `E0308`
fn is_error_code(word: &str) -> bool {
    word.strip_prefix('E').is_some_and(|digits| digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_behind_a_fence_say_the_language() {
        for rust in ["rust", "rust,no_run", "no_run", "should_panic,edition2021", "{.rust}", "rs", "ignore-windows"] {
            assert_eq!(Language::of(rust), Language::Rust, "{rust}");
        }
        assert_eq!(Language::of(""), Language::Unsaid);
        assert_eq!(Language::of("compile_fail,E0308"), Language::Broken);
        for other in ["text", "toml", "sh", "console,ignore"] {
            assert_eq!(Language::of(other), Language::Other, "{other}");
        }
    }
}
