//! What `[features]` says about the legacy crate.

use std::ops::Range;

use toml_edit::Item;

use super::entries::Manifest;
use super::layout::{add_to_table, line_end, quoted, with_comma};
use crate::edit::Edit;

/// What happens to the features that name a legacy entry.
pub(super) struct Change<'a> {
    /// The key of the legacy entry.
    pub(super) legacy: &'a str,
    /// The legacy entry is optional.
    pub(super) optional: bool,
    pub(super) keeps_legacy: bool,
    /// The key of the new entry, if that is optional.
    pub(super) successor: Option<&'a str>,
}

/// One string in the list of a feature.
struct Element {
    text: String,
    place: Range<usize>,
}

impl Change<'_> {
    pub(super) fn edits(&self, manifest: &Manifest<'_>, newline: &str) -> Vec<Edit> {
        let features = manifest.root().get("features").and_then(Item::as_table_like);
        let lists = features.iter().flat_map(|table| table.iter());
        let lists: Vec<(&str, Vec<Element>)> = lists.map(|(name, item)| (name, elements(manifest, item))).collect();
        let mut edits: Vec<Edit> = lists.iter().flat_map(|(_, list)| self.edits_of_list(manifest.text, list)).collect();
        let is_named = |list: &Vec<Element>| list.iter().any(|element| element.text == self.enabling());
        let is_explicit = lists.iter().any(|(name, list)| *name == self.legacy || is_named(list));
        if self.optional && !is_explicit {
            edits.push(self.explicit_feature(manifest, newline));
        }
        edits
    }

    fn enabling(&self) -> String {
        format!("dep:{}", self.legacy)
    }

    fn edits_of_list(&self, text: &str, list: &[Element]) -> Vec<Edit> {
        let successor = self.successor.map(|key| format!("\"dep:{key}\""));
        let mut missing = successor.filter(|new| !list.iter().any(|element| text[element.place.clone()] == **new));
        let strong = format!("{}/", self.legacy);
        let weak = format!("{}?/", self.legacy);
        let mut edits = Vec::new();
        for element in list {
            let enables = element.text == self.enabling() || (self.optional && element.text.starts_with(&strong));
            let is_about = enables || element.text.starts_with(&strong) || element.text.starts_with(&weak);
            match (enables.then(|| missing.take()).flatten(), self.keeps_legacy) {
                (Some(new), true) => edits.push(Edit::insert(element.place.end, format!(", {new}"))),
                (Some(new), false) => edits.push(Edit::replace(element.place.clone(), new)),
                (None, false) if is_about => edits.push(Edit::delete(with_comma(text, element.place.clone()))),
                (None, _) => {}
            }
        }
        disjoint(edits)
    }

    /// An optional dependency is a feature of its name as long as nothing says `dep:`. The name is public, so it stays.
    fn explicit_feature(&self, manifest: &Manifest<'_>, newline: &str) -> Edit {
        let kept = self.keeps_legacy.then_some(self.legacy);
        let names: Vec<String> = kept.into_iter().chain(self.successor).map(|key| format!("\"dep:{key}\"")).collect();
        let line = format!("{} = [{}]", quoted(self.legacy), names.join(", "));
        let features = manifest.root().get("features").and_then(Item::as_table_like);
        let ends = features.iter().flat_map(|table| table.iter()).map(|(_, item)| manifest.place(item.span()).end);
        match ends.max() {
            Some(end) => Edit::insert(line_end(manifest.text, end), format!("{newline}{line}")),
            None => add_to_table(manifest, "features", &line, newline),
        }
    }
}

/// Neighbours that both go share the comma between them: the later edit leaves it to the earlier one.
fn disjoint(edits: Vec<Edit>) -> Vec<Edit> {
    let mut taken = 0;
    edits
        .into_iter()
        .map(|edit| {
            let range = edit.range();
            let start = range.start.max(taken).min(range.end);
            taken = range.end;
            Edit::replace(start..range.end, edit.text())
        })
        .collect()
}

fn elements(manifest: &Manifest<'_>, list: &Item) -> Vec<Element> {
    let list = list.as_array();
    let elements = list
        .iter()
        .flat_map(|list| list.iter())
        .filter_map(|value| Some(Element { text: value.as_str()?.to_owned(), place: manifest.place(value.span()) }));
    elements.collect()
}
