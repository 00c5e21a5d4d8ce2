//! What drafted code leaves to a person: comments `// MIGRATE(<trap>): <what to decide>`, written and read here only.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use crate::edit::Edit;
use crate::rules::Trap;
use crate::source::Source;
use crate::tree::FileId;

/// What every marker contains.
pub(crate) const NEEDLE: &str = "MIGRATE(";

/// What a person has to decide in drafted code, and the behaviour that it is about. It is shown as the comment that says it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// The behaviour.
    pub trap: Trap,
    /// What to decide, in one line.
    pub text: String,
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.text.split_whitespace().collect();
        write!(f, "// {NEEDLE}{}): {}", self.trap, words.join(" "))
    }
}

/// A comment in the code that says what is still to be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// The file it stands in.
    pub file: FileId,
    /// Its bytes, from the mark of the comment on.
    pub range: Range<usize>,
    /// The id of its trap, as it stands there.
    pub id: String,
    /// What to decide.
    pub text: String,
}

impl Marker {
    /// Its trap; `None` where the catalogue has none of this id.
    pub fn trap(&self) -> Option<Trap> {
        Trap::from_id(&self.id)
    }
}

/// Where the text of a file is no code, in the order of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lexis {
    /// The comments, those left out that are documentation by the language's grammar.
    pub comments: Vec<Range<usize>>,
    /// The literals of characters and texts, and such documentation.
    pub literals: Vec<Range<usize>>,
}

impl Lexis {
    /// The comment or literal that the byte at `offset` is inside of, behind its first byte.
    fn around(&self, offset: usize) -> Option<&Range<usize>> {
        let mut all = self.comments.iter().chain(&self.literals);
        all.find(|range| range.start < offset && offset < range.end)
    }
}

/// The markers in a text, in its order.
pub(crate) fn find(file: FileId, text: &str, lexis: &Lexis) -> Vec<Marker> {
    let in_comment = |comment: &Range<usize>| {
        let mut at = comment.start;
        let lines: Vec<Marker> = text[comment.clone()]
            .split_inclusive('\n')
            .filter_map(|line| {
                let start = at;
                at += line.len();
                read(file, line, start)
            })
            .collect();
        lines
    };
    lexis.comments.iter().flat_map(in_comment).collect()
}

/// The marker that a line of a comment is, which begins at `start`.
fn read(file: FileId, line: &str, start: usize) -> Option<Marker> {
    let words = line.trim_start_matches(['/', '*', '!', ' ', '\t']);
    let (id, rest) = words.strip_prefix(NEEDLE)?.split_once(')')?;
    let text = rest.strip_prefix(':').unwrap_or(rest).trim().trim_end_matches("*/").trim_end();
    let indent = line.len() - line.trim_start().len();
    Some(Marker {
        file,
        range: start + indent..start + line.trim_end().len(),
        id: id.trim().to_owned(),
        text: text.to_owned(),
    })
}

/// A question and the place that it is about.
#[derive(Clone, Debug)]
pub(crate) struct Placed<'a> {
    pub(crate) offset: usize,
    /// The line of the place where it has gone.
    pub(crate) gone: Option<Gone<'a>>,
    pub(crate) question: &'a Question,
}

/// A line that has gone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gone<'a> {
    pub(crate) indent: &'a str,
    /// Whether the end of the line in front of it went, too, and not its own.
    pub(crate) with_end_before: bool,
}

/// The edits that put markers in front of the lines on which the places stand, one line each. A marker that stands there
/// already is not written twice.
pub(crate) fn written(source: &Source, lexis: &Lexis, questions: &[Placed<'_>]) -> Vec<Edit> {
    let mut seen = BTreeSet::new();
    let mut edits = Vec::new();
    for placed in questions {
        let line = line_for(source, lexis, placed);
        let marker = placed.question.to_string();
        if !stands_above(source.text(), line, &marker) && seen.insert((line, marker.clone())) {
            let indent = placed.gone.map_or_else(|| source.indent_at(line), |gone| gone.indent);
            edits.push(Edit::insert(line, format!("{indent}{marker}{}", source.newline())));
        }
    }
    edits
}

/// The start of the line in front of which a comment may stand on a line of its own.
fn line_for(source: &Source, lexis: &Lexis, placed: &Placed<'_>) -> usize {
    let text = source.text();
    let start_of = |offset: usize| text[..offset].rfind('\n').map_or(source.bom_len(), |at| at + 1);
    let mut line = start_of(placed.offset.max(source.bom_len()));
    if placed.gone.is_some_and(|gone| gone.with_end_before) {
        line = text[placed.offset..].find('\n').map_or(line, |rest| placed.offset + rest + 1);
    }
    while let Some(around) = lexis.around(line) {
        line = start_of(around.start);
    }
    line
}

/// Whether a marker is among those in front of the line that begins at `line`.
fn stands_above(text: &str, line: usize, marker: &str) -> bool {
    let above = text[..line].lines().rev().map(str::trim);
    above.take_while(|line| line.starts_with("//") && line.contains(NEEDLE)).any(|line| line == marker)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: FileId = FileId(0);

    fn question(text: &str) -> Question {
        Question { trap: Trap::NoCounterpart, text: text.to_owned() }
    }

    /// `text` after a question was asked at every `§`, which goes.
    fn asked(text: &str, questions: &[Question], literal: &str) -> String {
        let at: Vec<usize> = text.match_indices('§').enumerate().map(|(index, (at, _))| at - index * 2).collect();
        let source = Source::new("a.rs", text.replace('§', ""));
        let literals = source.text().match_indices(literal).map(|(at, text)| at..at + text.len());
        let lexis = Lexis { literals: literals.filter(|range| !range.is_empty()).collect(), ..Lexis::default() };
        let placed: Vec<Placed> = at
            .iter()
            .zip(questions.iter().cycle())
            .map(|(&offset, question)| Placed { offset, gone: None, question })
            .collect();
        crate::edit::EditSet::new(written(&source, &lexis, &placed)).unwrap().apply(source.text())
    }

    #[test]
    fn a_marker_stands_above_the_line_with_its_indentation_and_its_end() {
        let one = [question("what?")];
        assert_eq!(asked("a(\r\n\tb,\t§c)\r\n", &one, ""), "a(\r\n\t// MIGRATE(no-counterpart): what?\r\n\tb,\tc)\r\n");
        assert_eq!(asked("\u{feff}§a", &one, ""), "\u{feff}// MIGRATE(no-counterpart): what?\na");
        let lines = [question("a\n  b")];
        assert_eq!(asked("§a", &lines, ""), "// MIGRATE(no-counterpart): a b\na");
    }

    #[test]
    fn each_question_is_asked_once_a_line() {
        let two = [question("one"), question("two")];
        let after = " // MIGRATE(no-counterpart): one\n // MIGRATE(no-counterpart): two\n a b c\n";
        assert_eq!(asked(" §a §b §c\n", &two, ""), after);
        let again = after.replace(" a b c", " §a §b c");
        assert_eq!(asked(&again, &two, ""), after);
    }

    #[test]
    fn a_literal_of_several_lines_stays_whole() {
        let one = [question("what?")];
        let text = "  a = \"x\n  y\" + §b";
        assert_eq!(asked(text, &one, "\"x\n  y\""), "  // MIGRATE(no-counterpart): what?\n  a = \"x\n  y\" + b");
    }

    #[test]
    fn what_went_with_its_line_is_asked_where_that_was() {
        let question = question("what?");
        let marker = "    // MIGRATE(no-counterpart): what?\n";
        for (offset, with_end_before) in [(2, false), (1, true)] {
            let gone = Some(Gone { indent: "    ", with_end_before });
            let source = Source::new("a.rs", "{\n}\n");
            let edits = written(&source, &Lexis::default(), &[Placed { offset, gone, question: &question }]);
            let after = crate::edit::EditSet::new(edits).unwrap().apply(source.text());
            assert_eq!(after, format!("{{\n{marker}}}\n"));
        }
    }

    fn found(text: &str, comments: &[&str]) -> Vec<(String, String, String)> {
        let comments = comments.iter().map(|comment| text.find(comment).unwrap()).zip(comments);
        let comments = comments.map(|(at, comment)| at..at + comment.len()).collect();
        let markers = find(FILE, text, &Lexis { comments, ..Lexis::default() });
        markers.into_iter().map(|marker| (text[marker.range].to_owned(), marker.id, marker.text)).collect()
    }

    #[test]
    fn markers_are_comments_that_begin_so() {
        let own = |range: &str, id: &str, text: &str| (range.to_owned(), id.to_owned(), text.to_owned());
        let line = "// MIGRATE(no-counterpart): decide (both).";
        assert_eq!(found(line, &[line]), [own(line, "no-counterpart", "decide (both).")]);
        let block = "/* a\n * MIGRATE( odd ) b */";
        assert_eq!(found(block, &[block]), [own("* MIGRATE( odd ) b */", "odd", "b")]);
        let disabled = "//\t// MIGRATE(x):";
        assert_eq!(found(disabled, &[disabled]), [own(disabled, "x", "")]);
        for prose in ["// see MIGRATE(x): y", "// MIGRATE(x", "// MIGRATE x", "// IMMIGRATE(x)"] {
            assert_eq!(found(prose, &[prose]), []);
        }
        assert_eq!(found("\"// MIGRATE(x): y\"", &[]), []);
    }
}
