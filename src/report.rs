//! Views of a [`Plan`](crate::plan::Plan), one file a format.

mod diff;
mod excerpt;
mod findings;
mod ledger;
mod packages;
mod palette;

pub use diff::diff;
pub use findings::{findings, short_findings};
pub use ledger::{failing_mentions, ledger, verdict};
pub use packages::packages;
pub use palette::Palette;
