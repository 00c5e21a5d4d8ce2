//! How a permit is named where it is needed.

use super::super::cx::{Change, Cx};
use super::super::hir::{ExprId, Span};
use super::super::index::FileIdx;
use super::super::sites::arguments;
use super::claim::{Claim, Holds};

/// A permit at hand: its name, and what may be done with it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hand {
    pub(super) file: FileIdx,
    pub(super) name: String,
    pub(super) holds: Holds,
    /// Whether the name is of a reference.
    pub(super) is_reference: bool,
    /// Whether the permit may be moved away.
    pub(super) is_owned: bool,
    /// Where the name is seen.
    pub(super) scope: Span,
}

impl Hand {
    pub(super) fn of(claim: &Claim) -> Self {
        Self {
            file: claim.file,
            name: claim.name.clone(),
            holds: claim.holds,
            is_reference: false,
            is_owned: !claim.is_shared && !claim.is_renewed,
            scope: claim.scope,
        }
    }

    /// A reference to the permit.
    pub(super) fn reference(&self) -> String {
        if self.is_reference { self.name.clone() } else { format!("&{}", self.name) }
    }

    /// `state.method(` becomes `permit.method(`.
    pub(super) fn call(&self, cx: &Cx<'_>, call: ExprId, method: &str) -> Change {
        let span = cx.span(self.file, call);
        let args = arguments(cx, self.file, call);
        let until = args.first().map_or(span.end - 1, |&arg| cx.span(self.file, arg).start);
        cx.replace(self.file, Span { start: span.start, end: until }, format!("{}.{method}(", self.name))
    }
}
