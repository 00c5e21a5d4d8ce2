//! `legacy-import`: imports that lose their last use go, missing ones come, groups and order stay.

use crate::frontend::Analysis;
use crate::go::analysis::Accepted;
use crate::go::cx::{Change, Cx, Need};
use crate::go::index::FileIdx;

/// What becomes of imports with all safe changes, and with those that are offered.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) safe: Accepted,
    pub(crate) offered: Accepted,
}

/// The changes of a file's imports that go with `changes` of its code, which names the packages of `needs`.
pub(crate) fn changes(cx: &Cx<'_>, file: FileIdx, changes: &[Change], needs: &[Need]) -> Vec<Change> {
    let _ = (cx, file, changes, needs);
    Vec::new()
}

/// A finding for every import of a legacy package.
pub(crate) fn report(cx: &Cx<'_>, decided: &Decided, out: &mut Analysis) {
    let _ = (cx, &decided.safe.imports, &decided.offered.imports, out);
}
