//! The fenced code blocks of a Markdown text.

/// A fenced code block.
pub(crate) struct Block<'a> {
    /// What stands behind the opening fence.
    pub(crate) info: &'a str,
    /// The number of the line with the opening fence.
    pub(crate) line: usize,
    pub(crate) text: String,
}

impl Block<'_> {
    /// The language: the first word behind the fence.
    pub(crate) fn kind(&self) -> &str {
        self.info.split_whitespace().next().unwrap_or_default()
    }
}

/// All blocks, in order.
pub(crate) fn blocks(markdown: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut lines = markdown.lines().zip(1..);
    while let Some((opening, line)) = lines.next() {
        let Some(info) = opening.strip_prefix("```") else { continue };
        let text = lines.by_ref().map(|(line, _)| line).take_while(|line| *line != "```");
        blocks.push(Block { info, line, text: text.flat_map(|line| [line, "\n"]).collect() });
    }
    blocks
}

#[test]
fn blocks_are_found_with_what_stands_in_them() {
    let found = blocks("text\n```rust before\na\n\nb\n```\nmore\n```\n```\n");
    let seen: Vec<_> = found.iter().map(|block| (block.kind(), block.line, block.text.as_str())).collect();
    assert_eq!(seen, [("rust", 2, "a\n\nb\n"), ("", 8, "")]);
}
