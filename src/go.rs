//! Go downstreams: parse, index, infer, rules. The only place that knows tree-sitter.

mod analysis;
mod build;
mod cx;
mod flow;
mod frontend;
mod gomod;
mod index;
mod infer;
mod ledger;
mod legacy;
mod lists;
mod models;
mod modules;
mod rules;
mod sites;
mod surface;
mod syntax;
#[cfg(test)]
mod testing;
mod toolchain;
mod ty;
mod unit;
mod variables;
mod version;

pub use frontend::GoFrontend;
