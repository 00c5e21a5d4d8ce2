//! What a rule decides about one site of a Rust program.

use super::cx::Change;

/// The decision about a site.
pub(crate) type Outcome = crate::outcome::Outcome<Change>;
