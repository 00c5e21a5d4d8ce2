//! Rust downstreams: parse, index, infer, rules. The only place that knows syn.

mod hir;
