//! One example in documentation, as a program of its own, and the way back from that program to the bytes of its file.

use std::ops::Range;

use crate::edit::Edit;
use crate::tree::FileId;

/// Code that stands in a comment or a Markdown file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Example {
    /// The file it stands in.
    pub(crate) host: FileId,
    /// Whether the tools of its language build it, or might.
    pub(crate) is_built: bool,
    /// Whether it names the legacy API and imports nothing, so that its names are taken for the usual ones.
    pub(crate) is_assumed: bool,
    standing: Standing,
    /// How the lines of its file end.
    newline: &'static str,
    /// The program: the example's lines without what stands in front of them, in a function where they need one.
    text: String,
    lines: Vec<Line>,
    /// The line of the frame's head.
    head: Option<usize>,
    /// The lines that open and close the function around the statements.
    function: Option<(usize, usize)>,
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

/// What has to stand around the lines of an example to make it a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) is_built: bool,
    pub(crate) is_assumed: bool,
    /// A line in front of the one with this index. What changes in it changes nothing in the file.
    pub(crate) head: Option<(usize, String)>,
    /// The line that opens a function in front of the one with this index; the last line closes it.
    pub(crate) function: Option<(usize, String)>,
}

/// How the lines of an example stand in their file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Whether `*/` would end the comment around them.
    pub(crate) is_delimited: bool,
    /// Whether lines may be hidden from readers, by `# ` in front of them.
    pub(crate) may_be_hidden: bool,
}

/// The lines of an example.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    host: FileId,
    standing: Standing,
    newline: &'static str,
    lines: Vec<(String, Place)>,
}

impl Listing {
    /// The lines at `lines` in the text of a file; `None` where something else stands in front of one of them than what a
    /// comment, a list or a quotation begins its lines with.
    pub(crate) fn new(host: FileId, file: &str, lines: &[Range<usize>], standing: Standing) -> Option<Self> {
        let mut places =
            lines.iter().map(|line| place(file, line, standing.may_be_hidden)).collect::<Option<Vec<Place>>>()?;
        give_empty_lines_a_front(&mut places, lines);
        let ends_with_return = places.first().is_some_and(|place| file[..place.next].ends_with("\r\n"));
        let lines = places.into_iter().zip(lines).map(|(place, line)| (file[place.code..line.end].to_owned(), place));
        let newline = if ends_with_return { "\r\n" } else { "\n" };
        Some(Self { host, standing, newline, lines: lines.collect() })
    }

    /// The code as readers take it, with what is hidden from them.
    pub(crate) fn code(&self) -> String {
        let lines: Vec<&str> = self.lines.iter().map(|(code, _)| code.as_str()).collect();
        lines.join("\n")
    }

    /// The example that the lines are in this frame.
    pub(crate) fn framed(self, frame: &Frame) -> Example {
        let mut example = Example {
            host: self.host,
            is_built: frame.is_built,
            is_assumed: frame.is_assumed,
            standing: self.standing,
            newline: self.newline,
            text: String::new(),
            lines: Vec::new(),
            head: None,
            function: None,
        };
        let mut open = None;
        for (index, (code, place)) in self.lines.into_iter().enumerate() {
            example.head = example.head.or_else(|| example.push_added(index, frame.head.as_ref()));
            open = open.or_else(|| example.push_added(index, frame.function.as_ref()));
            example.push(&code, Some(place));
        }
        if let Some(open) = open {
            example.function = Some((open, example.lines.len()));
            example.push("}", None);
        }
        example.lines.push(Line { at: example.text.len(), len: 0, place: None });
        example
    }
}

impl Example {
    /// Adds a line that only the program has where it belongs in front of the line with this index.
    fn push_added(&mut self, index: usize, added: Option<&(usize, String)>) -> Option<usize> {
        let (_, text) = added.filter(|(before, _)| *before == index)?;
        self.push(text, None);
        Some(self.lines.len() - 1)
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

    /// The program as it would be laid out, with what stands in its function indented by `indent`.
    pub(super) fn indented(&self, indent: &str) -> String {
        let own = |line: &Line| &self.text[line.at..line.at + line.len];
        let Some((open, close)) = self.function else { return self.text.clone() };
        let lines = self.lines[..=close].iter().enumerate().map(|(index, line)| match own(line) {
            code if index > open && index < close && !code.is_empty() => format!("{indent}{code}\n"),
            code => format!("{code}\n"),
        });
        lines.collect()
    }

    /// The same way back.
    pub(super) fn outdented(&self, indented: &str, indent: &str) -> String {
        let Some((open, _)) = self.function else { return indented.to_owned() };
        let count = indented.lines().count();
        let signature = &self.lines[open];
        let opened = indented.lines().position(|line| line == &self.text[signature.at..signature.at + signature.len]);
        let lines = indented.lines().enumerate().map(|(index, line)| match opened {
            Some(opened) if index > opened && index + 1 < count => line.strip_prefix(indent).unwrap_or(line),
            _ => line,
        });
        lines.map(|line| format!("{line}\n")).collect()
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

    /// Whether an offset of the program belongs to the line that its frame has at its head.
    pub(crate) fn is_in_head(&self, offset: usize) -> bool {
        self.head == Some(self.index(offset))
    }

    /// The edit of the file that an edit of the program stands for; nothing for one of the frame's head.
    ///
    /// # Errors
    /// [`Misplaced`] where it changes what only the program has, or its text would mean something else in the
    /// documentation.
    pub(crate) fn edit(&self, edit: &Edit) -> Result<Option<Edit>, Misplaced> {
        if self.is_in_head(edit.range().start) && self.is_in_head(edit.range().end) {
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
        let is_mark = |line: &str| line == "#" || line.starts_with("# ") || line.starts_with("##");
        let is_hidden = |line: &str| self.standing.may_be_hidden && is_mark(line);
        let is_fence = |line: &str| line.starts_with("```") || line.starts_with("~~~");
        let ends_comment = self.standing.is_delimited && (text.contains("*/") || text.contains("/*"));
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
fn place(file: &str, line: &Range<usize>, may_be_hidden: bool) -> Option<Place> {
    let start = file[..line.start].rfind('\n').map_or(0, |at| at + 1);
    let next = file[line.end..].find('\n').map_or(file.len(), |at| line.end + at + 1);
    let front = &file[start..line.start];
    let is_mark = |char: char| char.is_whitespace() || matches!(char, '/' | '!' | '*' | '>');
    if !front.chars().all(is_mark) {
        return None;
    }
    if !may_be_hidden {
        return Some(Place { line: start, code: line.start, next, prefix: front.to_owned(), front: front.len() });
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
