//! Byte-range edits of one text: disjoint, sorted, applied once.

use std::ops::Range;

/// Replaces the bytes of `range` by `text`. An empty range inserts, an empty text deletes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    start: usize,
    end: usize,
    text: String,
}

impl Edit {
    /// Replaces `range` by `text`.
    pub fn replace(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { start: range.start, end: range.end, text: text.into() }
    }

    /// Inserts `text` in front of the byte at `offset`.
    pub fn insert(offset: usize, text: impl Into<String>) -> Self {
        Self::replace(offset..offset, text)
    }

    /// Deletes `range`.
    pub fn delete(range: Range<usize>) -> Self {
        Self::replace(range, "")
    }

    /// The bytes that go.
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// The text that comes.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Edits of one text, sorted and disjoint by construction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EditSet {
    edits: Vec<Edit>,
}

/// Two edits that want the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("two edits overlap at bytes {0:?} and {1:?}")]
pub struct Conflict(pub Range<usize>, pub Range<usize>);

impl EditSet {
    /// Sorts `edits`; equal edits count once.
    ///
    /// # Errors
    /// [`Conflict`] where two edits overlap. Two insertions at one place keep the order in which they were given.
    pub fn new(edits: impl IntoIterator<Item = Edit>) -> Result<Self, Conflict> {
        let mut edits: Vec<Edit> = edits.into_iter().collect();
        edits.sort_by_key(|edit| (edit.start, edit.end));
        edits.dedup();
        match edits.windows(2).find(|pair| pair[1].start < pair[0].end) {
            Some(pair) => Err(Conflict(pair[0].range(), pair[1].range())),
            None => Ok(Self { edits }),
        }
    }

    /// The edits in the order of their places.
    pub fn iter(&self) -> impl Iterator<Item = &Edit> {
        self.edits.iter()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// Whether every edit lies inside `text` and on its character boundaries.
    pub fn fits(&self, text: &str) -> bool {
        self.edits.iter().all(|edit| edit.start <= edit.end && text.get(edit.range()).is_some())
    }

    /// Where the bytes of `range` are once every edit is done. What an edit replaces is in its new text.
    pub fn moved(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.moved_offset(range.start, |new| new.start);
        let end = self.moved_offset(range.end, |new| new.end);
        start..end.max(start)
    }

    /// The new place of `offset`; inside an edit it is what `inside` makes of the range of its text.
    fn moved_offset(&self, offset: usize, inside: impl Fn(Range<usize>) -> usize) -> usize {
        let (mut grown, mut gone) = (0, 0);
        for edit in self.edits.iter().take_while(|edit| edit.start < offset) {
            if edit.end > offset {
                let start = edit.start + grown - gone;
                return inside(start..start + edit.text.len());
            }
            grown += edit.text.len();
            gone += edit.end - edit.start;
        }
        offset + grown - gone
    }

    /// `text` with every edit done; bytes outside the edits are copied as they are. The edits must [fit](Self::fits).
    pub fn apply(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut copied = 0;
        for edit in &self.edits {
            out.push_str(&text[copied..edit.start]);
            out.push_str(&edit.text);
            copied = edit.end;
        }
        out.push_str(&text[copied..]);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_apply_in_the_order_of_their_places() {
        let set = EditSet::new([Edit::delete(4..5), Edit::replace(0..1, "X"), Edit::insert(2, "--")]).unwrap();
        assert_eq!(set.apply("abcde"), "Xb--cd");
    }

    #[test]
    fn overlapping_edits_are_refused() {
        assert!(EditSet::new([Edit::delete(0..3), Edit::delete(2..4)]).is_err());
        assert!(EditSet::new([Edit::delete(0..3), Edit::delete(3..4)]).is_ok());
        assert!(EditSet::new([Edit::delete(0..3), Edit::delete(0..3)]).is_ok());
    }

    #[test]
    fn ranges_move_with_the_text_around_them() {
        let set = EditSet::new([Edit::insert(1, "--"), Edit::delete(2..4), Edit::replace(6..8, "xyz")]).unwrap();
        assert_eq!(set.apply("abcdefghij"), "a--befxyzij");
        let moves =
            [(0..1, 0..1), (4..6, 4..6), (8..10, 9..11), (6..8, 6..9), (7..9, 6..10), (3..3, 4..4), (5..7, 5..9)];
        for (old, new) in moves {
            assert_eq!(set.moved(&old), new, "{old:?}");
        }
    }
}
