//! The dependency tables of a manifest and their entries, with the places where they stand.

use std::ops::Range;

use toml_edit::{Document, Item, Table, TableLike, TomlError};

/// The purpose of a dependency table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum SectionKind {
    /// `[dependencies]`
    Normal,
    /// `[dev-dependencies]`
    Dev,
    /// `[build-dependencies]`
    Build,
    /// `[workspace.dependencies]`
    Workspace,
}

/// One dependency table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Section {
    pub(crate) kind: SectionKind,
    /// The key below `[target]`.
    pub(crate) target: Option<String>,
}

/// A parsed manifest with its text; a byte order mark is accounted for.
pub(crate) struct Manifest<'a> {
    pub(super) text: &'a str,
    pub(super) document: Document<&'a str>,
    mark: usize,
}

impl<'a> Manifest<'a> {
    /// Parses `text`.
    ///
    /// # Errors
    /// The parser's, if this is not TOML.
    pub(crate) fn parse(text: &'a str) -> Result<Self, TomlError> {
        let code = text.trim_start_matches('\u{feff}');
        Ok(Self { text, document: Document::parse(code)?, mark: text.len() - code.len() })
    }

    /// The top of the document.
    pub(crate) fn root(&self) -> &Table {
        self.document.as_table()
    }

    /// The place of a span that the parser gave.
    pub(super) fn place(&self, span: Option<Range<usize>>) -> Range<usize> {
        let span = span.unwrap_or_default();
        span.start + self.mark..span.end + self.mark
    }

    /// All entries of all dependency tables.
    pub(crate) fn entries(&self) -> Vec<Entry<'_>> {
        let sections = sections(self.document.as_table());
        sections.into_iter().flat_map(|(section, table)| self.entries_of(&section, table)).collect()
    }

    fn entries_of<'t>(&self, section: &Section, table: &'t dyn TableLike) -> Vec<Entry<'t>> {
        let is_inline = self.is_inline(section);
        let keys = table.iter().filter(|(_, item)| !item.is_none());
        keys.map(|(key, item)| {
            let span = table.get_key_value(key).and_then(|(key, _)| key.span());
            Entry { section: section.clone(), key: key.to_owned(), key_place: self.place(span), item, is_inline }
        })
        .collect()
    }

    /// Whether the section is written `dependencies = { … }`.
    fn is_inline(&self, section: &Section) -> bool {
        let mut item = self.document.as_item();
        for key in section.path() {
            match item.get(&key) {
                Some(inner) => item = inner,
                None => return false,
            }
            if item.is_inline_table() {
                return true;
            }
        }
        false
    }
}

impl Section {
    /// Whether what stands here is there for all code that `other` serves.
    pub(super) fn covers(&self, other: &Section) -> bool {
        let kind = self.kind == other.kind || (self.kind == SectionKind::Normal && other.kind == SectionKind::Dev);
        kind && (self.target.is_none() || self.target == other.target)
    }

    /// The keys that lead to the table, as cargo prefers to spell them.
    fn path(&self) -> Vec<String> {
        let name = match self.kind {
            SectionKind::Normal | SectionKind::Workspace => "dependencies",
            SectionKind::Dev => "dev-dependencies",
            SectionKind::Build => "build-dependencies",
        };
        let mut path = Vec::new();
        if self.kind == SectionKind::Workspace {
            path.push("workspace".to_owned());
        }
        if let Some(target) = &self.target {
            path.extend(["target".to_owned(), target.clone()]);
        }
        path.push(name.to_owned());
        path
    }
}

fn sections(root: &dyn TableLike) -> Vec<(Section, &dyn TableLike)> {
    let mut found = sections_of(root, None);
    let targets = root.get("target").and_then(Item::as_table_like);
    for (target, item) in targets.iter().flat_map(|targets| targets.iter()) {
        if let Some(table) = item.as_table_like() {
            found.extend(sections_of(table, Some(target)));
        }
    }
    let workspace = root.get("workspace").and_then(Item::as_table_like);
    let shared = workspace.and_then(|table| table.get("dependencies")).and_then(Item::as_table_like);
    found.extend(shared.map(|table| (Section { kind: SectionKind::Workspace, target: None }, table)));
    found
}

fn sections_of<'a>(table: &'a dyn TableLike, target: Option<&str>) -> Vec<(Section, &'a dyn TableLike)> {
    let names = [
        ("dependencies", SectionKind::Normal),
        ("dev-dependencies", SectionKind::Dev),
        ("dev_dependencies", SectionKind::Dev),
        ("build-dependencies", SectionKind::Build),
        ("build_dependencies", SectionKind::Build),
    ];
    let found = names.into_iter().filter_map(|(name, kind)| {
        let table = table.get(name)?.as_table_like()?;
        Some((Section { kind, target: target.map(str::to_owned) }, table))
    });
    found.collect()
}

/// One entry of a dependency table.
#[derive(Clone)]
pub(crate) struct Entry<'a> {
    pub(crate) section: Section,
    pub(crate) key: String,
    /// The bytes of its key; the last segment where keys are dotted.
    pub(crate) key_place: Range<usize>,
    pub(super) item: &'a Item,
    /// It stands in an inline table, among commas.
    pub(super) is_inline: bool,
}

impl Entry<'_> {
    /// The name of the package, which a rename puts behind `package`. The entry of a member that inherits only says it
    /// in the workspace.
    pub(crate) fn package(&self) -> &str {
        self.text("package").unwrap_or(&self.key)
    }

    /// Whether it says `workspace = true`.
    pub(crate) fn inherits(&self) -> bool {
        self.flag("workspace")
    }

    pub(crate) fn is_optional(&self) -> bool {
        self.flag("optional")
    }

    /// Whether it is written with several dotted keys in an inline table, where others may stand between them.
    pub(super) fn is_scattered(&self) -> bool {
        self.item.as_inline_table().is_some_and(|table| table.is_dotted() && table.len() > 1)
    }

    /// The features it asks for.
    pub(super) fn features(&self) -> Vec<&str> {
        let list = self.item.as_table_like().and_then(|table| table.get("features")).and_then(Item::as_array);
        list.iter().flat_map(|list| list.iter()).filter_map(|feature| feature.as_str()).collect()
    }

    pub(super) fn is_without_default_features(&self) -> bool {
        let table = self.item.as_table_like();
        let value = table.and_then(|table| table.get("default-features").or(table.get("default_features")));
        value.and_then(Item::as_bool) == Some(false)
    }

    /// The value of `path`.
    pub(crate) fn path(&self) -> Option<&str> {
        self.text("path")
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.item.as_table_like()?.get(key)?.as_str()
    }

    fn flag(&self, key: &str) -> bool {
        self.item.as_table_like().and_then(|table| table.get(key)).and_then(Item::as_bool).unwrap_or(false)
    }
}
