//! Names of a legacy API in texts, and what is said of those that no change reaches.

use aho_corasick::{AhoCorasick, MatchKind};

use crate::finding::{Class, Finding, Level, UnitId};
use crate::rules::Rule;
use crate::tree::FileId;

/// Finds names that stand as whole identifiers.
#[derive(Debug)]
pub(crate) struct Names {
    finder: AhoCorasick,
    names: &'static [&'static str],
}

impl Names {
    /// Finds these names.
    pub(crate) fn new(names: &'static [&'static str]) -> Self {
        Self { finder: matcher(names), names }
    }

    /// The places of the names in a text, in its order.
    pub(crate) fn find<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = (usize, &'static str)> + 'a {
        // Leftmost-longest finds every whole identifier: a match cannot begin before it and reach into it.
        self.finder
            .find_iter(text)
            .filter(|found| is_whole_identifier(text, found.start(), found.end()))
            .map(|found| (found.start(), self.names[found.pattern().as_usize()]))
    }
}

/// Finds the longest of `patterns` at every place.
pub(crate) fn matcher(patterns: &[&str]) -> AhoCorasick {
    AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(patterns)
        .expect("a front end's needles and names are few and short")
}

fn is_whole_identifier(text: &[u8], start: usize, end: usize) -> bool {
    !last_char(&text[..start]).is_some_and(unicode_ident::is_xid_continue)
        && !first_char(&text[end..]).is_some_and(unicode_ident::is_xid_continue)
}

fn first_char(text: &[u8]) -> Option<char> {
    let head = &text[..text.len().min(4)];
    head.utf8_chunks().next()?.valid().chars().next()
}

fn last_char(text: &[u8]) -> Option<char> {
    let tail = &text[text.len().saturating_sub(4)..];
    let from = tail.iter().rposition(|byte| byte & 0b1100_0000 != 0b1000_0000)?;
    let last = tail[from..].utf8_chunks().last()?;
    last.invalid().is_empty().then(|| last.valid().chars().next_back())?
}

/// The class of a name that is part of a finding of `level`.
pub(crate) fn class_of(level: Level) -> Class {
    match level {
        Level::Safe => Class::Rewritten,
        Level::Offered => Class::Offered,
        Level::Draft => Class::Draft,
        Level::Report => Class::Reported,
    }
}

/// A name that stands at `offset` of a file.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) file: FileId,
    pub(crate) offset: usize,
    pub(crate) name: &'static str,
    /// The place as units are called by it.
    pub(crate) place: String,
}

impl Named {
    /// Prose that names the legacy API; `what` says where it stands.
    pub(crate) fn in_prose(self, what: &str) -> Finding {
        let help = "say it in the words of the new API: session, builder, execution handle";
        let what = format!("{what} names `{}`", self.name);
        self.reported(Rule::LegacyDocs, what, "prose is not rewritten", help)
    }

    /// An example that does not parse.
    pub(crate) fn in_broken_example(self, why: &str) -> Finding {
        let why = format!("the example does not parse: {why}");
        self.in_example(&why, "write it as code that parses (what is left out as a comment), then run the tool again")
    }

    /// An example that does not say what the name means.
    pub(crate) fn unexplained(self, help: &str) -> Finding {
        self.in_example("the example does not say what that is: an import or the value's type is missing", help)
    }

    fn in_example(self, why: &str, help: &str) -> Finding {
        let what = format!("an example names `{}`", self.name);
        self.reported(Rule::LegacyDocs, what, why, help)
    }

    /// What is left to a person.
    pub(crate) fn reported(self, rule: Rule, what: String, why: &str, help: &str) -> Finding {
        Finding {
            rule,
            file: self.file,
            range: self.offset..self.offset + self.name.len(),
            level: Level::Report,
            what,
            why: why.to_owned(),
            help: help.to_owned(),
            traps: Vec::new(),
            questions: Vec::new(),
            notes: Vec::new(),
            unit: UnitId(self.place),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole_identifiers() {
        let names = Names::new(&["with_sink"]);
        let offsets = |text: &[u8]| names.find(text).map(|(offset, _)| offset).collect::<Vec<_>>();
        assert_eq!(offsets(b"with_sink"), [0]);
        assert_eq!(offsets(b"a.with_sink(r#with_sink)"), [2, 14]);
        assert_eq!(offsets("with_sinks xwith_sink _with_sink with_sink2 äwith_sink with_sinkß".as_bytes()), [0; 0]);
        assert_eq!(offsets("→with_sink→".as_bytes()), [3]);
        assert_eq!(offsets(b"\xffwith_sink\xff"), [1]);
        assert_eq!(offsets(b"a\x80with_sink\xc3"), [2]);
    }
}
