//! The commands in a `console` block: a line that begins with `$ ` is one, the lines below it are what it prints.

use crate::blocks::Block;

/// A command and what the README says about it.
pub(crate) struct Command<'a> {
    pub(crate) text: &'a str,
    /// Lines; `...` stands for any number of them.
    pub(crate) expected: Vec<&'a str>,
    /// Where it stands in the README.
    pub(crate) line: usize,
}

pub(crate) fn commands<'a>(block: &'a Block<'_>) -> Vec<Command<'a>> {
    let mut commands: Vec<Command<'_>> = Vec::new();
    for (line, number) in block.text.lines().zip(block.line + 1..) {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(text), _) => commands.push(Command { text, expected: Vec::new(), line: number }),
            (None, Some(command)) => command.expected.push(line),
            (None, None) => panic!("line {number}: output without a command"),
        }
    }
    commands
}
