//! Markers of drafts: which there are, and what the selected units add to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::claiming;
use crate::edit::{Edit, EditSet};
use crate::finding::{Class, Mention};
use crate::frontend::{Analysis, Frontend};
use crate::marker::{self, Gone, Lexis, Marker, Placed, Question};
use crate::prefilter::Prefilter;
use crate::rules::Rule;
use crate::source::Source;
use crate::tree::{FileId, Tree};

/// The markers in the files that a front end says may hold some. Legacy names in them are parts of the draft, and not prose.
pub(super) fn read(tree: &Tree, frontend: &dyn Frontend, said: &mut Analysis) -> Vec<Marker> {
    let prefilter = Prefilter::new(frontend);
    let mut found = Vec::new();
    for file in std::mem::take(&mut said.marked) {
        match tree.source(file) {
            Ok(source) => {
                let lexis = frontend.lexis(source.path(), source.text()).unwrap_or_default();
                let markers = marker::find(file, source.text(), &lexis);
                markers.iter().for_each(|marker| claim_names(&prefilter, &source, marker, said));
                found.extend(markers);
            }
            Err(problem) => said.problems.push(problem),
        }
    }
    found
}

fn claim_names(prefilter: &Prefilter, source: &Source, marker: &Marker, said: &mut Analysis) {
    let is_inside = |file: FileId, offset: usize| file == marker.file && marker.range.contains(&offset);
    said.mentions.retain(|mention| !is_inside(mention.file, mention.offset));
    said.findings.retain(|finding| finding.rule != Rule::LegacyDocs || !is_inside(finding.file, finding.range.start));
    let names = prefilter.names_in(source.slice(marker.range.clone()).as_bytes());
    let offsets = names.map(|name| marker.range.start + name.start);
    said.mentions.extend(offsets.map(|offset| Mention { file: marker.file, offset, class: Class::Draft }));
}

/// The edits that write the `questions` into the texts that come out of `sets`, which are in `changed` where they differ
/// from those of the tree.
pub(super) fn write(
    tree: &Tree,
    sets: &BTreeMap<FileId, EditSet>,
    changed: &BTreeMap<FileId, Arc<Source>>,
    questions: &[(FileId, usize, Question)],
    frontends: &[&dyn Frontend],
) -> BTreeMap<FileId, EditSet> {
    let mut by_file: BTreeMap<FileId, Vec<(usize, &Question)>> = BTreeMap::new();
    for (file, offset, question) in questions {
        by_file.entry(*file).or_default().push((*offset, question));
    }
    let in_file = |(file, questions): (FileId, Vec<(usize, &Question)>)| {
        let before = tree.source(file).ok()?;
        let after = changed.get(&file).unwrap_or(&before);
        let lexis = lexis(frontends, after)?;
        let set = sets.get(&file);
        let placed: Vec<Placed> =
            questions.into_iter().map(|(offset, question)| place(&before, set, offset, question)).collect();
        let edits = EditSet::new(marker::written(after, &lexis, &placed)).expect("insertions do not overlap");
        (!edits.is_empty()).then_some((file, edits))
    };
    by_file.into_iter().filter_map(in_file).collect()
}

fn lexis(frontends: &[&dyn Frontend], source: &Source) -> Option<Lexis> {
    claiming(frontends, source.path()).find_map(|frontend| frontend.lexis(source.path(), source.text()))
}

/// Where the place of a question is once the edits are done.
fn place<'a>(before: &'a Source, set: Option<&EditSet>, offset: usize, question: &'a Question) -> Placed<'a> {
    let gone = set.and_then(|set| set.iter().find_map(|edit| gone(before, edit, offset)));
    Placed { offset: set.map_or(offset, |set| set.moved(&(offset..offset)).start), gone, question }
}

/// The line of an offset, if an edit takes all of it and puts nothing in its place.
fn gone<'a>(before: &'a Source, edit: &Edit, offset: usize) -> Option<Gone<'a>> {
    let (range, line) = (edit.range(), before.line_range(before.position(offset).line));
    let indent = before.indent_at(offset);
    let takes_line = range.start <= line.start + indent.len() && line.end <= range.end && range.contains(&offset);
    let with_end_before = range.start < line.start && range.end == line.end;
    (takes_line && edit.text().trim().is_empty()).then_some(Gone { indent, with_end_before })
}
