//! Go downstreams: parse, index, infer, rules. The only place that knows tree-sitter.

mod analysis;
mod audit;
mod build;
mod cx;
mod docs;
mod draft;
mod flow;
mod frontend;
mod gomod;
mod index;
mod infer;
mod layout;
mod ledger;
mod legacy;
mod lexis;
mod lifecycle;
mod lists;
mod models;
mod modules;
mod proof;
mod rules;
mod runs;
mod session;
mod sights;
mod sites;
mod surface;
mod syntax;
#[cfg(test)]
mod testing;
mod together;
mod toolchain;
mod ty;
mod unit;
mod usage;
mod variables;
mod version;
mod words;

pub use frontend::GoFrontend;
