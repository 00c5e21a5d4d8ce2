//! Rust downstreams: parse, index, infer, rules.
