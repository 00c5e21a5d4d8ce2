//! How deep a token stream may nest, estimated from above before anything recurses over it.
//!
//! Delimiters are counted as they are. Nesting without delimiters (operators, method chains, references) takes at least
//! one token a level, and ends at a comma, a semicolon or a block that nothing continues.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

/// Deepest nesting of delimiters that is parsed.
const MAX_GROUPS: usize = 200;
/// Longest run of tokens that may nest in each other.
const MAX_RUN: usize = 20_000;
/// Builds without optimization have frames about four times as large.
const FRAME_FACTOR: usize = if cfg!(debug_assertions) { 4 } else { 1 };
/// Stack that one level of delimiters takes at most (measured, with room to spare).
const BYTES_PER_GROUP: usize = 16 * 1024 * FRAME_FACTOR;
/// The same for one token.
const BYTES_PER_TOKEN: usize = 12 * 1024 * FRAME_FACTOR;
/// What is left at least on the stack of any thread.
const SMALL_STACK: usize = 1024 * 1024;

/// The nesting of one token stream.
#[derive(Debug, Default)]
pub(super) struct Nesting {
    /// Where delimiters or runs get longer than can be parsed.
    pub(super) too_deep: Option<Span>,
    groups: usize,
    run: usize,
}

impl Nesting {
    /// Whether the content of a macro is better left unread.
    pub(super) fn is_too_deep_for_macro(&self) -> bool {
        self.too_deep.is_some()
    }

    /// The size of the stack to parse on, if the present one may be too small.
    pub(super) fn needs_own_stack(&self) -> Option<usize> {
        let needed = self.groups * BYTES_PER_GROUP + self.run * BYTES_PER_TOKEN;
        (needed > SMALL_STACK).then_some(SMALL_STACK + needed)
    }
}

/// One level of delimiters on the way down.
struct Level {
    trees: std::iter::Peekable<proc_macro2::token_stream::IntoIter>,
    run: usize,
}

/// Measures without recursion.
pub(super) fn measure(tokens: &TokenStream) -> Nesting {
    let mut nesting = Nesting::default();
    let mut levels = vec![Level { trees: tokens.clone().into_iter().peekable(), run: 0 }];
    while let Some(level) = levels.last_mut() {
        let Some(tree) = level.trees.next() else {
            levels.pop();
            continue;
        };
        level.run = if ends_run(&tree, level.trees.peek()) { 0 } else { level.run + 1 };
        if level.run > MAX_RUN || levels.len() > MAX_GROUPS {
            nesting.too_deep.get_or_insert(tree.span());
            return nesting;
        }
        nesting.run = nesting.run.max(levels.iter().map(|level| level.run).sum());
        if let TokenTree::Group(group) = tree {
            levels.push(Level { trees: group.stream().into_iter().peekable(), run: 0 });
            nesting.groups = nesting.groups.max(levels.len());
        }
    }
    nesting
}

fn ends_run(tree: &TokenTree, next: Option<&TokenTree>) -> bool {
    match tree {
        TokenTree::Punct(punct) => matches!(punct.as_char(), ',' | ';'),
        TokenTree::Group(group) => is_block(group) && !next.is_some_and(continues),
        TokenTree::Ident(_) | TokenTree::Literal(_) => false,
    }
}

fn is_block(group: &Group) -> bool {
    group.delimiter() == Delimiter::Brace
}

/// Whether `tree` behind a block goes on with the same expression.
fn continues(tree: &TokenTree) -> bool {
    match tree {
        TokenTree::Punct(punct) => punct.as_char() != '#',
        TokenTree::Ident(ident) => ident == "else" || ident == "as",
        TokenTree::Group(group) => !is_block(group),
        TokenTree::Literal(_) => false,
    }
}
