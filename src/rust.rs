//! Rust downstreams: parse, index, infer, rules. The only place that knows syn.

mod comments;
mod cx;
mod flow;
mod handles;
mod hir;
mod impls;
mod imports;
mod index;
mod infer;
mod legacy;
mod lower;
mod manifest;
mod outcome;
mod pairing;
mod proof;
mod references;
mod package;
mod resolve;
mod rules;
mod sites;
mod text;
mod ty;
mod unit;
mod visit;
