//! The code blocks of a Markdown text.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// One code block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CodeBlock {
    /// What stands behind the opening fence; `None` where the block is made by indentation.
    pub(super) info: Option<String>,
    /// The text of each of its lines, without the line's end and what the containers around put in front of it.
    pub(super) lines: Vec<Range<usize>>,
}

/// The code blocks of `text`, whose lines end with `\n`, in the order in which they stand.
pub(super) fn code_blocks(text: &str) -> Vec<CodeBlock> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_TASKLISTS;
    let mut found = Vec::new();
    let mut current: Option<CodeBlock> = None;
    let mut is_faithful = true;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let info = match kind {
                    CodeBlockKind::Fenced(info) => Some(info.into_string()),
                    CodeBlockKind::Indented => None,
                };
                current = Some(CodeBlock { info, lines: Vec::new() });
                is_faithful = true;
            }
            Event::Text(code) => {
                if let Some(block) = &mut current {
                    is_faithful &= text[range.clone()] == *code;
                    add_lines(text, range, &mut block.lines);
                }
            }
            Event::End(TagEnd::CodeBlock) => found.extend(current.take().filter(|_| is_faithful)),
            _ => {}
        }
    }
    found
}

fn add_lines(text: &str, range: Range<usize>, lines: &mut Vec<Range<usize>>) {
    let mut at = range.start;
    for line in text[range].split_inclusive('\n') {
        let end = at + line.trim_end_matches('\n').len();
        match lines.last_mut().filter(|last| last.end == at && !text[..at].ends_with('\n')) {
            Some(last) => last.end = end,
            None => lines.push(at..end),
        }
        at += line.len();
    }
}

/// What is known of a code block by the words behind its fence.
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
        let words = info.split([',', ' ', '\t']).map(|word| word.trim_matches(['{', '}']).trim_start_matches('.'));
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
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

    fn texts(text: &str) -> Vec<Vec<&str>> {
        code_blocks(text).iter().map(|block| block.lines.iter().map(|line| &text[line.clone()]).collect()).collect()
    }

    #[test]
    fn lines_come_without_what_containers_put_in_front() {
        let text =
            "a\n\n```rust\nf();\n\n  g();\n```\n\n- b\n\n  ```\n  h();\n\n    i();\n  ```\n\n> ~~~\n> j();\n> ~~~\n";
        assert_eq!(texts(text), [vec!["f();", "", "  g();"], vec!["h();", "", "  i();"], vec!["j();"]]);
        assert_eq!(texts("a\n\n    f();\n\n    g();\n"), [["f();", "", "g();"]]);
    }

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
