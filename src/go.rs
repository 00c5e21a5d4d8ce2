//! Go downstreams: parse, index, infer, rules. The only place that knows tree-sitter.

mod analysis;
mod build;
mod cx;
mod flow;
mod frontend;
#[allow(dead_code, reason = "the rule for manifests, which reads the rest of it, comes next")]
mod gomod;
mod index;
mod infer;
mod legacy;
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

pub use frontend::GoFrontend;
