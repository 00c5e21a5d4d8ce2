//! How an entry is written, and the edits that write another one in its place or beside it.

use std::ops::Range;

use toml_edit::{Item, Key};

use super::entries::{Entry, Manifest};
use crate::edit::Edit;

/// Keys that say where a dependency comes from and what of it is built. All others carry over.
const ORIGIN: [&str; 14] = [
    "version",
    "path",
    "git",
    "branch",
    "tag",
    "rev",
    "registry",
    "registry-index",
    "base",
    "package",
    "workspace",
    "features",
    "default-features",
    "default_features",
];

/// `key = value` of an entry; the value is TOML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) key: String,
    pub(super) value: String,
}

impl Field {
    pub(super) fn new(key: &str, value: impl Into<String>) -> Self {
        Self { key: key.to_owned(), value: value.into() }
    }
}

/// One key and value of an entry that is written as a table or with dotted keys.
struct Leaf {
    name: String,
    key: Range<usize>,
    value: Range<usize>,
}

impl Leaf {
    fn carries_over(&self) -> bool {
        !ORIGIN.contains(&&*self.name)
    }
}

enum Shape {
    /// `key = value`
    Line { value: Range<usize> },
    /// `key = value` in an inline table
    Inline { value: Range<usize> },
    /// `key.version = …`, in lines of their own
    Dotted(Vec<Leaf>),
    /// `[dependencies.key]`
    Table { header: Range<usize>, leaves: Vec<Leaf> },
}

/// An entry as it is written.
pub(super) struct Form<'a> {
    text: &'a str,
    newline: &'static str,
    key: Range<usize>,
    carried: Vec<Field>,
    shape: Shape,
}

impl<'a> Form<'a> {
    pub(super) fn of(manifest: &Manifest<'a>, entry: &Entry<'_>, newline: &'static str) -> Self {
        let leaves = leaves(manifest, entry.item);
        let carried = leaves.iter().filter(|leaf| leaf.carries_over());
        let carried = carried.map(|leaf| Field::new(&leaf.name, &manifest.text[leaf.value.clone()]));
        Self {
            text: manifest.text,
            newline,
            key: entry.key_place.clone(),
            carried: carried.collect(),
            shape: match entry.item {
                Item::Table(table) if table.is_dotted() => Shape::Dotted(leaves),
                Item::Table(table) => Shape::Table { header: manifest.place(table.span()), leaves },
                other if entry.is_inline => Shape::Inline { value: inline_value(manifest, entry, other) },
                other => Shape::Line { value: manifest.place(other.span()) },
            },
        }
    }

    /// Takes the entry out.
    pub(super) fn remove(&self) -> Vec<Edit> {
        match &self.shape {
            Shape::Line { value } => vec![Edit::delete(self.whole_lines(self.key.start..value.end))],
            Shape::Inline { value } => vec![Edit::delete(with_comma(self.text, self.key.start..value.end))],
            Shape::Dotted(leaves) => {
                leaves.iter().map(|leaf| Edit::delete(self.whole_lines(leaf.key.start..leaf.value.end))).collect()
            }
            Shape::Table { header, leaves } => {
                let end = leaves.last().map_or(header.end, |leaf| leaf.value.end);
                vec![Edit::delete(self.without_gap(self.whole_lines(header.start..end)))]
            }
        }
    }

    /// Puts another entry in the place of this one.
    pub(super) fn replace(&self, key: &str, origin: &[Field]) -> Vec<Edit> {
        match &self.shape {
            Shape::Line { value } | Shape::Inline { value } => {
                let between = match &self.text[self.key.end..value.start] {
                    "" => " = ".to_owned(),
                    between => narrowed(between, key.len(), self.key.len()),
                };
                let text = format!("{}{between}{}", quoted(key), self.value(origin));
                vec![Edit::replace(self.key.start..value.end, text)]
            }
            Shape::Dotted(leaves) => self.replace_leaves(leaves, key, origin),
            Shape::Table { header, leaves } => {
                let mut edits = vec![Edit::replace(self.key.clone(), quoted(key))];
                match leaves.iter().any(|leaf| !leaf.carries_over()) {
                    true => edits.extend(self.replace_leaves(leaves, key, origin)),
                    false => edits.push(Edit::insert(self.line_end(header.end), self.lines("", origin))),
                }
                edits
            }
        }
    }

    /// The first leaf that does not carry over makes room for the new ones, the others of its kind go.
    fn replace_leaves(&self, leaves: &[Leaf], key: &str, origin: &[Field]) -> Vec<Edit> {
        let mut edits = Vec::new();
        let mut origin = Some(origin);
        for leaf in leaves {
            let start = self.line_start(leaf.key.start);
            let prefix = self.prefix(leaf, key);
            match (leaf.carries_over(), origin) {
                (true, _) => edits.push(Edit::replace(start..leaf.key.start, prefix)),
                (false, Some(fields)) => {
                    let lines = self.lines(&prefix, fields);
                    edits.push(Edit::replace(start..leaf.value.end, lines.trim_start_matches(['\r', '\n'])));
                    origin = None;
                }
                (false, None) => edits.push(Edit::delete(self.whole_lines(leaf.key.start..leaf.value.end))),
            }
        }
        edits.retain(|edit| edit.text() != &self.text[edit.range()]);
        edits
    }

    /// Writes another entry in the same style behind this one.
    pub(super) fn accompany(&self, key: &str, origin: &[Field]) -> Vec<Edit> {
        let fields: Vec<Field> = origin.iter().chain(&self.carried).cloned().collect();
        let edit = match &self.shape {
            Shape::Line { value } => {
                let prefix = &self.text[self.line_start(self.key.start)..self.key.start];
                let line = format!("{}{prefix}{} = {}", self.newline, quoted(key), self.value(origin));
                Edit::insert(self.line_end(value.end), line)
            }
            Shape::Inline { value } => Edit::insert(value.end, format!(", {} = {}", quoted(key), self.value(origin))),
            Shape::Dotted(leaves) => {
                let Some(last) = leaves.last() else { return Vec::new() };
                Edit::insert(self.line_end(last.value.end), self.lines(&self.prefix(last, key), &fields))
            }
            Shape::Table { header, leaves } => {
                let end = leaves.last().map_or(header.end, |leaf| leaf.value.end);
                let (before, after) = (header.start..self.key.start, self.key.end..header.end);
                let head = format!("{}{}{}", &self.text[before], quoted(key), &self.text[after]);
                let lines = self.lines("", &fields);
                Edit::insert(self.line_end(end), format!("{0}{0}{head}{lines}", self.newline))
            }
        };
        vec![edit]
    }

    /// What stands in front of a leaf's key on its line, with another key for the entry's own.
    fn prefix(&self, leaf: &Leaf, key: &str) -> String {
        let prefix = &self.text[self.line_start(leaf.key.start)..leaf.key.start];
        let own = &self.text[self.key.clone()];
        match (&self.shape, prefix.rfind(own)) {
            (Shape::Dotted(_), Some(at)) => format!("{}{}{}", &prefix[..at], quoted(key), &prefix[at + own.len()..]),
            _ => prefix.to_owned(),
        }
    }

    /// `fields` in lines of their own, each behind a line ending.
    fn lines(&self, prefix: &str, fields: &[Field]) -> String {
        fields.iter().map(|field| format!("{}{prefix}{} = {}", self.newline, quoted(&field.key), field.value)).collect()
    }

    fn value(&self, origin: &[Field]) -> String {
        let fields: Vec<Field> = origin.iter().chain(&self.carried).cloned().collect();
        value(&fields)
    }

    fn line_start(&self, offset: usize) -> usize {
        line_start(self.text, offset)
    }

    fn line_end(&self, offset: usize) -> usize {
        line_end(self.text, offset)
    }

    /// The lines of `range` with their line endings.
    fn whole_lines(&self, range: Range<usize>) -> Range<usize> {
        whole_lines(self.text, range)
    }

    /// `lines` with the blank lines in front of them, or those behind them at the top of the file.
    fn without_gap(&self, lines: Range<usize>) -> Range<usize> {
        let above = self.text[..lines.start].trim_end();
        if above.trim_start_matches('\u{feff}').is_empty() {
            let below = self.text[lines.end..].trim_start_matches(['\r', '\n']);
            return lines.start..self.text.len() - below.len();
        }
        let end_of_above = line_end(self.text, above.len());
        let next = self.text[end_of_above..].find('\n').map_or(lines.start, |at| end_of_above + at + 1);
        next.min(lines.start)..lines.end
    }
}

/// The value of an entry among commas; of `key.version = …` all behind the key.
fn inline_value(manifest: &Manifest<'_>, entry: &Entry<'_>, item: &Item) -> Range<usize> {
    match (item.as_inline_table(), leaves(manifest, item).last()) {
        (Some(table), Some(last)) if table.is_dotted() => entry.key_place.end..last.value.end,
        _ => manifest.place(item.span()),
    }
}

fn leaves(manifest: &Manifest<'_>, item: &Item) -> Vec<Leaf> {
    let table = item.as_table_like();
    let mut leaves: Vec<Leaf> = table
        .iter()
        .flat_map(|table| table.iter().map(move |(name, item)| (*table, name, item)))
        .map(|(table, name, item)| Leaf {
            name: name.to_owned(),
            key: manifest.place(table.get_key_value(name).and_then(|(key, _)| key.span())),
            value: manifest.place(item.span()),
        })
        .collect();
    leaves.sort_by_key(|leaf| leaf.key.start);
    leaves
}

/// The value of an entry with these fields; a version alone is a string.
pub(super) fn value(fields: &[Field]) -> String {
    match fields {
        [Field { key, value }] if key == "version" => value.clone(),
        _ => {
            let fields: Vec<String> =
                fields.iter().map(|field| format!("{} = {}", quoted(&field.key), field.value)).collect();
            format!("{{ {} }}", fields.join(", "))
        }
    }
}

/// Adds an entry to `[dependencies]`, whose entries are `siblings`: in its place if they are sorted, else at the end.
pub(super) fn add(
    manifest: &Manifest<'_>,
    siblings: &[&Entry<'_>],
    newline: &'static str,
    key: &str,
    fields: &[Field],
) -> Edit {
    let line = format!("{} = {}", quoted(key), value(fields));
    let mut written: Vec<(&str, usize, usize)> = Vec::new();
    for entry in siblings {
        let last = leaves(manifest, entry.item).last().map(|leaf| leaf.value.end);
        match entry.item {
            Item::Table(table) if !table.is_dotted() => {}
            Item::Value(value) if entry.is_inline => {
                return Edit::insert(manifest.place(value.span()).end, format!(", {line}"));
            }
            item => {
                let end = last.unwrap_or_default().max(manifest.place(item.span()).end);
                written.push((&entry.key, entry.key_place.start, end));
            }
        }
    }
    let is_sorted = written.is_sorted_by_key(|(key, ..)| *key);
    let behind = written.iter().rfind(|(sibling, ..)| !is_sorted || *sibling < key);
    match (behind, written.first()) {
        (Some((_, _, end)), _) => Edit::insert(line_end(manifest.text, *end), format!("{newline}{line}")),
        (None, Some((_, start, _))) => Edit::insert(line_start(manifest.text, *start), format!("{line}{newline}")),
        (None, None) => add_to_table(manifest, "dependencies", &line, newline),
    }
}

/// Writes `line` into the top-level table `name`, which may be missing and has no lines of its own.
pub(super) fn add_to_table(manifest: &Manifest<'_>, name: &str, line: &str, newline: &str) -> Edit {
    let text = manifest.text;
    match manifest.root().get(name) {
        Some(Item::Table(table)) if !table.is_implicit() => {
            Edit::insert(line_end(text, manifest.place(table.span()).end), format!("{newline}{line}"))
        }
        _ => {
            let end = text.trim_end().len();
            let gap = if end == 0 { "" } else { newline };
            Edit::replace(end..text.len(), format!("{gap}{gap}[{name}]{newline}{line}{newline}"))
        }
    }
}

/// `range` with the comma behind it, or else the one in front of it. An element alone on its lines takes them along.
pub(super) fn with_comma(text: &str, range: Range<usize>) -> Range<usize> {
    let after = text[range.end..].trim_start();
    let before = text[..range.start].trim_end();
    if let Some(rest) = after.strip_prefix(',') {
        let end = text.len() - rest.len();
        let line = line_start(text, range.start)..line_end(text, end);
        let is_alone = text[line.start..range.start].trim().is_empty() && text[end..line.end].trim().is_empty();
        if is_alone {
            return whole_lines(text, range.start..end);
        }
        return range.start..text.len() - rest.trim_start_matches([' ', '\t']).len();
    }
    match before.strip_suffix(',') {
        Some(rest) => rest.len()..range.end,
        None => range,
    }
}

pub(super) fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].rfind('\n').map_or(text.len() - text.trim_start_matches('\u{feff}').len(), |at| at + 1)
}

/// In front of the line ending.
pub(super) fn line_end(text: &str, offset: usize) -> usize {
    let end = text[offset..].find('\n').map_or(text.len(), |at| offset + at);
    if text[offset..end].ends_with('\r') { end - 1 } else { end }
}

fn whole_lines(text: &str, range: Range<usize>) -> Range<usize> {
    let end = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at + 1);
    line_start(text, range.start)..end
}

/// The text between key and value, with as much less padding as the key got longer.
fn narrowed(between: &str, new: usize, old: usize) -> String {
    let spaces = between.len() - between.trim_start_matches(' ').len();
    let fewer = new.saturating_sub(old).min(spaces.saturating_sub(1));
    between[fewer..].to_owned()
}

/// A key as TOML spells it.
pub(super) fn quoted(key: &str) -> String {
    Key::new(key).display_repr().into_owned()
}
