//! One example in documentation, as a program of its own, and the way back from that program to the bytes of its file.

use std::ops::Range;

use crate::edit::Edit;
use crate::tree::FileId;

use super::super::ledger;
use super::super::manifest::LEGACY_PACKAGE;
use super::shape::{Shape, shape};

/// Code that stands in a doc comment or a Markdown file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Example {
    /// The file it stands in.
    pub(crate) host: FileId,
    /// Whether rustdoc builds it, or might.
    pub(crate) is_built: bool,
    /// Whether it names the legacy API and imports nothing, so that its names are taken for those of the legacy prelude.
    pub(crate) is_assumed: bool,
    /// Whether `*/` would end the comment around it.
    is_delimited: bool,
    /// How the lines of its file end.
    newline: &'static str,
    /// The program: the example's lines without what stands in front of them, in a function where they need one.
    text: String,
    lines: Vec<Line>,
}

/// One line of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    /// Where it begins in the program.
    at: usize,
    len: usize,
    /// Where it stands in the file; `None` for lines that only the program has.
    place: Option<Place>,
}

/// An edit of an example that has no place in the documentation around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Misplaced;

/// How an example is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading<'a> {
    pub(super) is_built: bool,
    pub(super) is_delimited: bool,
    /// What the code calls the legacy crate.
    pub(super) legacy: &'a str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    /// Where the line begins in the file.
    line: usize,
    /// Where its code begins.
    code: usize,
    /// Where the next line begins.
    next: usize,
    /// What a new line beside it begins with.
    prefix: String,
    /// How much of that is not the mark of a hidden line.
    front: usize,
}

impl Example {
    /// The example whose lines stand at `lines` in the text of its file; `None` where something else stands in front of
    /// one of them than what a comment, a list or a quotation begins its lines with.
    pub(super) fn new(host: FileId, file: &str, lines: &[Range<usize>], reading: Reading<'_>) -> Option<Self> {
        let mut places = lines.iter().map(|line| place(file, line)).collect::<Option<Vec<Place>>>()?;
        give_empty_lines_a_front(&mut places, lines);
        let code: Vec<&str> = places.iter().zip(lines).map(|(place, line)| &file[place.code..line.end]).collect();
        let shape = shape(&code.join("\n"));
        let imports = |line: &&str| line.trim_start().trim_start_matches("pub ").starts_with("use ");
        let names_legacy = |line: &&str| ledger::occurrences(line).iter().any(|(_, name)| *name != LEGACY_PACKAGE);
        let is_assumed = !reading.is_built && !code.iter().any(imports) && code.iter().any(names_legacy);
        let mut example = Self {
            host,
            is_built: reading.is_built,
            is_assumed,
            is_delimited: reading.is_delimited,
            newline: if places.first().is_some_and(|place| file[..place.next].ends_with("\r\n")) {
                "\r\n"
            } else {
                "\n"
            },
            text: String::new(),
            lines: Vec::new(),
        };
        if example.is_assumed {
            example.push(&format!("use {}::prelude::*; use std::sync::Arc;", reading.legacy), None);
        }
        let mut all = code.into_iter().zip(places);
        if let Shape::Statements { imports, signature } = &shape {
            for (code, place) in all.by_ref().take(*imports) {
                example.push(code, Some(place));
            }
            example.push(&format!("{signature} {{"), None);
        }
        for (code, place) in all {
            example.push(code, Some(place));
        }
        if matches!(shape, Shape::Statements { .. }) {
            example.push("}", None);
        }
        example.lines.push(Line { at: example.text.len(), len: 0, place: None });
        Some(example)
    }

    fn push(&mut self, code: &str, place: Option<Place>) {
        self.lines.push(Line { at: self.text.len(), len: code.len(), place });
        self.text.push_str(code);
        self.text.push('\n');
    }

    /// The program.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The program as it would be laid out, with what stands in its function indented.
    pub(super) fn indented(&self) -> String {
        let own = |line: &Line| &self.text[line.at..line.at + line.len];
        let Some((open, close)) = self.function() else { return self.text.clone() };
        let lines = self.lines[..=close].iter().enumerate().map(|(index, line)| match own(line) {
            code if index > open && index < close && !code.is_empty() => format!("    {code}\n"),
            code => format!("{code}\n"),
        });
        lines.collect()
    }

    /// The same way back.
    pub(super) fn outdented(&self, indented: &str) -> String {
        let Some((open, _)) = self.function() else { return indented.to_owned() };
        let count = indented.lines().count();
        let signature = &self.lines[open];
        let opened = indented.lines().position(|line| line == &self.text[signature.at..signature.at + signature.len]);
        let lines = indented.lines().enumerate().map(|(index, line)| match opened {
            Some(opened) if index > opened && index + 1 < count => line.strip_prefix("    ").unwrap_or(line),
            _ => line,
        });
        lines.map(|line| format!("{line}\n")).collect()
    }

    /// The lines that open and close the function around the statements.
    fn function(&self) -> Option<(usize, usize)> {
        let first = usize::from(self.is_assumed);
        let mut own = (first..self.lines.len() - 1).filter(|&index| self.lines[index].place.is_none());
        Some((own.next()?, own.next()?))
    }

    /// The bytes in the file from the first line's code to the last one's end.
    pub(crate) fn range(&self) -> Range<usize> {
        let mut places = self.lines.iter().filter_map(|line| Some((line.place.as_ref()?, line.len)));
        let first = places.next();
        let last = places.next_back().or(first);
        match (first, last) {
            (Some((first, _)), Some((last, len))) => first.line..last.code + len,
            _ => 0..0,
        }
    }

    /// Whether the line with an offset of the program is hidden from readers.
    pub(crate) fn is_hidden(&self, offset: usize) -> bool {
        let place = self.lines.get(self.index(offset)).and_then(|line| line.place.as_ref());
        place.is_some_and(|place| place.front < place.prefix.len())
    }

    /// The line in which an offset of the program lies.
    fn index(&self, offset: usize) -> usize {
        self.lines.partition_point(|line| line.at <= offset).saturating_sub(1)
    }

    /// The place in the file of an offset of the program; for what only the program has the nearest code.
    pub(crate) fn place(&self, offset: usize) -> usize {
        let index = self.index(offset);
        let Some(line) = self.lines.get(index) else { return 0 };
        match &line.place {
            Some(place) => place.code + (offset - line.at).min(line.len),
            None => {
                let after = self.lines[index..].iter().find_map(|line| line.place.as_ref().map(|place| place.code));
                after.unwrap_or_else(|| self.range().end)
            }
        }
    }

    /// Whether an offset of the program belongs to the import that is only assumed.
    pub(crate) fn is_in_assumed(&self, offset: usize) -> bool {
        self.is_assumed && self.index(offset) == 0
    }

    /// The edit of the file that an edit of the program stands for; nothing for one of the assumed import.
    ///
    /// # Errors
    /// [`Misplaced`] where it changes what only the program has, or its text would mean something else in the
    /// documentation.
    pub(crate) fn edit(&self, edit: &Edit) -> Result<Option<Edit>, Misplaced> {
        if self.is_in_assumed(edit.range().start) && self.is_in_assumed(edit.range().end) {
            return Ok(None);
        }
        self.placed(edit).map(Some).ok_or(Misplaced)
    }

    fn placed(&self, edit: &Edit) -> Option<Edit> {
        let range = edit.range();
        if !self.may_hold(edit.text()) {
            return None;
        }
        let (first, last) = (self.index(range.start), self.index(range.end));
        let starts_line = range.start == self.lines.get(first)?.at;
        let ends_line = range.end == self.lines[last].at && (edit.text().is_empty() || edit.text().ends_with('\n'));
        if starts_line && ends_line && (range.is_empty() || last > first) {
            return self.whole_lines(edit, first, last);
        }
        self.lines[first..=last].iter().all(|line| line.place.is_some()).then_some(())?;
        let prefix = &self.lines[first].place.as_ref()?.prefix;
        let ending = self.lines[last].place.as_ref()?;
        if ends_line && last > first {
            let text = self.prefixed(edit.text().trim_end_matches('\n'), prefix);
            let text = if edit.text().is_empty() { text } else { format!("{text}{}", self.newline) };
            let end = if edit.text().is_empty() { ending.code } else { ending.line };
            return Some(Edit::replace(self.place(range.start)..end, text));
        }
        Some(Edit::replace(self.place(range.start)..self.place(range.end), self.prefixed(edit.text(), prefix)))
    }

    /// Lines that come or go as a whole, with what stands in front of them.
    fn whole_lines(&self, edit: &Edit, first: usize, last: usize) -> Option<Edit> {
        let going = &self.lines[first..last];
        going.iter().all(|line| line.place.is_some()).then_some(())?;
        // Beside a line that only the program has, the nearest line of the file.
        let beside = self.lines[first..].iter().find_map(|line| line.place.as_ref());
        let before = || self.lines[..first].iter().rev().find_map(|line| line.place.as_ref());
        let (start, prefix) = match beside {
            Some(place) => (place.line, &place.prefix),
            None => before().map(|place| (place.next, &place.prefix))?,
        };
        let end = going.last().and_then(|line| line.place.as_ref()).map_or(start, |place| place.next);
        let new = edit.text().lines().map(|line| format!("{}{}", line_with(prefix, line), self.newline));
        Some(Edit::replace(start..end, new.collect::<String>()))
    }

    /// `text` with what a line of this example begins with behind each of its line ends.
    fn prefixed(&self, text: &str, prefix: &str) -> String {
        let mut lines = text.split('\n');
        let first = lines.next().unwrap_or_default().to_owned();
        lines.fold(first, |text, line| format!("{text}{}{}", self.newline, line_with(prefix, line)))
    }

    /// Whether `text` stays code where the example stands.
    fn may_hold(&self, text: &str) -> bool {
        let is_hidden = |line: &str| line == "#" || line.starts_with("# ") || line.starts_with("##");
        let is_fence = |line: &str| line.starts_with("```") || line.starts_with("~~~");
        let ends_comment = self.is_delimited && (text.contains("*/") || text.contains("/*"));
        !ends_comment && !text.lines().map(str::trim_start).any(|line| is_hidden(line) || is_fence(line))
    }
}

/// An empty line has nothing behind its prefix, white space included.
fn line_with(prefix: &str, line: &str) -> String {
    match line.is_empty() {
        true => prefix.trim_end().to_owned(),
        false => format!("{prefix}{line}"),
    }
}

/// Where one line stands; `line` is its text behind what containers put in front of it.
fn place(file: &str, line: &Range<usize>) -> Option<Place> {
    let start = file[..line.start].rfind('\n').map_or(0, |at| at + 1);
    let next = file[line.end..].find('\n').map_or(file.len(), |at| line.end + at + 1);
    let front = &file[start..line.start];
    let is_mark = |char: char| char.is_whitespace() || matches!(char, '/' | '!' | '*' | '>');
    if !front.chars().all(is_mark) {
        return None;
    }
    let text = &file[line.clone()];
    let blank = text.len() - text.trim_start().len();
    let hidden = match &text[blank..] {
        "#" => 1,
        trimmed if trimmed.starts_with("# ") => 2,
        _ => 0,
    };
    let is_escaped = text[blank..].starts_with("##");
    let cut = match (hidden, is_escaped) {
        (0, false) => 0,
        (0, true) => blank + 1,
        (len, _) => blank + len,
    };
    let mark = if hidden > 0 { format!("{}# ", &text[..blank]) } else { String::new() };
    Some(Place { line: start, code: line.start + cut, next, prefix: format!("{front}{mark}"), front: front.len() })
}

/// Empty lines may lack the space or the indentation that the lines beside them have.
fn give_empty_lines_a_front(places: &mut [Place], lines: &[Range<usize>]) {
    let is_empty = |index: usize| lines[index].is_empty();
    for index in (0..places.len()).filter(|&index| is_empty(index)) {
        let beside = (0..index).rev().chain(index + 1..places.len()).find(|&other| !is_empty(other));
        let front = beside.map(|beside| places[beside].prefix[..places[beside].front].to_owned());
        if let Some(front) = front {
            places[index].front = front.len();
            places[index].prefix = front;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::EditSet;

    fn example(file: &str) -> Example {
        let prose = if file.starts_with("//") {
            super::super::prose::doc_comments(file).swap_remove(0)
        } else {
            super::super::prose::Prose::of_markdown(file)
        };
        let block = super::super::markdown::code_blocks(&prose.text).swap_remove(0);
        let lines: Vec<Range<usize>> =
            block.lines.iter().map(|line| prose.place(line.start)..prose.place(line.end)).collect();
        let reading =
            Reading { is_built: file.starts_with("//"), is_delimited: prose.is_delimited, legacy: "geppetto" };
        Example::new(FileId(0), file, &lines, reading).unwrap()
    }

    /// What becomes of `file` when `old` in its example becomes `new`.
    fn replaced(file: &str, old: &str, new: &str) -> String {
        let example = example(file);
        let at = example.text().find(old).unwrap();
        let edit = example.edit(&Edit::replace(at..at + old.len(), new)).unwrap().unwrap();
        EditSet::new([edit]).unwrap().apply(file)
    }

    #[test]
    fn statements_become_a_function_behind_their_imports() {
        let example =
            example("/// ```\n/// use a::b;\n///\n/// # let x = b()?;\n/// ##[x]\n/// #\n/// f();\n/// ```\n");
        let main = "fn main() -> Result<(), Box<dyn std::error::Error>> {";
        assert_eq!(example.text(), format!("use a::b;\n\n{main}\nlet x = b()?;\n#[x]\n\nf();\n}}\n"));
    }

    #[test]
    fn new_lines_begin_as_the_lines_beside_them() {
        let file = "/// ```\n/// # f();\n/// g();\n/// ```\n";
        assert_eq!(
            replaced(file, "f();", "f();\nh();\n\ni();"),
            "/// ```\n/// # f();\n/// # h();\n/// #\n/// # i();\n/// g();\n/// ```\n"
        );
        assert_eq!(replaced(file, "f();\n", ""), "/// ```\n/// g();\n/// ```\n");
        assert_eq!(replaced(file, "f();\n", "h();\n"), "/// ```\n/// # h();\n/// g();\n/// ```\n");
        assert_eq!(replaced(file, "();\ng", ""), "/// ```\n/// # f();\n/// ```\n");
        let crlf = "- a\r\n\r\n  ```rust\r\n  g();\r\n  ```\r\n";
        assert_eq!(replaced(crlf, "g();", "g();\nh();"), "- a\r\n\r\n  ```rust\r\n  g();\r\n  h();\r\n  ```\r\n");
    }

    #[test]
    fn imports_in_front_of_the_function_go_in_front_of_its_lines() {
        let file = "/// ```\n/// g();\n/// ```\n";
        let example = example(file);
        let edit = example.edit(&Edit::insert(0, "use a;\n\n")).unwrap().unwrap();
        let after = EditSet::new([edit]).unwrap().apply(file);
        assert_eq!(after, "/// ```\n/// use a;\n///\n/// g();\n/// ```\n");
        assert_eq!(example.edit(&Edit::replace(0..2, "pub")), Err(Misplaced));
    }

    #[test]
    fn text_that_would_not_stay_code_is_refused() {
        let example = example("/// ```\n/// g();\n/// ```\n");
        let at = example.text().find("g()").unwrap();
        for text in ["# x", "a\n#", "\n```"] {
            assert_eq!(example.edit(&Edit::insert(at, text)), Err(Misplaced), "{text}");
        }
    }

    #[test]
    fn the_assumed_import_of_a_fragment_stands_nowhere() {
        let example = example("```rust\nstate.cancel_run();\n```\n");
        assert_eq!(
            example.text(),
            "use geppetto::prelude::*; use std::sync::Arc;\nfn main() {\nstate.cancel_run();\n}\n"
        );
        assert_eq!(example.edit(&Edit::replace(4..12, "geppetto_runtime")), Ok(None));
    }
}
