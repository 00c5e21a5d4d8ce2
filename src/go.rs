//! The front end for Go.

mod index;
mod infer;
mod syntax;
mod ty;
