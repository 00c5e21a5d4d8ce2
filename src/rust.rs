//! Rust downstreams: parse, index, infer, rules. The only place that knows syn.

mod hir;
mod impls;
mod index;
mod infer;
mod lower;
mod resolve;
mod ty;
mod visit;
