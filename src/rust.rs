//! Rust downstreams: parse, index, infer, rules. The only place that knows syn.

mod analysis;
mod cargo;
mod collisions;
mod comments;
mod conversions;
mod cx;
mod cycles;
mod docs;
mod equipment;
mod flow;
mod frontend;
mod gates;
mod handles;
#[allow(dead_code, reason = "a complete picture of the language, of which the rules read what they need")]
mod hir;
mod impls;
mod index;
mod infer;
mod layout;
mod ledger;
mod legacy;
mod lower;
mod manifest;
mod mentions;
mod merged;
mod models;
mod moved;
mod order;
mod origins;
mod outcome;
mod package;
mod pairing;
mod permits;
mod proof;
mod purity;
mod references;
mod rescue;
mod resolve;
mod rules;
mod settings;
mod shown;
mod sites;
mod store;
#[cfg(test)]
mod testing;
mod text;
mod ty;
mod type_keys;
mod unfollowed;
mod unit;
mod visit;

pub use frontend::{RustFrontend, check_runtime_dependency};
