//! The code blocks of a Markdown text.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// One code block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CodeBlock {
    /// What stands behind the opening fence; `None` where the block is made by indentation.
    pub(crate) info: Option<String>,
    /// The text of each of its lines, without the line's end and what the containers around put in front of it.
    pub(crate) lines: Vec<Range<usize>>,
}

/// The code blocks of `text`, whose lines end with `\n`, in the order in which they stand.
pub(crate) fn code_blocks(text: &str) -> Vec<CodeBlock> {
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
}
