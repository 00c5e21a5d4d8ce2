//! Moves downstream packages from geppetto's legacy run lifecycle to the session API.
//!
//! The way of the data: walk → prefilter → front ends (parse, index, infer, rules) → plan → views or apply. Imports point
//! to the left only. See `ARCHITECTURE.md`.

pub mod edit;
pub mod finding;
pub mod frontend;
pub mod rules;
pub mod rust;
pub mod source;
pub mod tree;
pub mod walk;
