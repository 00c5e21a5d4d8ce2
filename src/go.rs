//! The front end for Go.

mod analysis;
mod build;
mod cx;
mod flow;
mod frontend;
mod index;
mod infer;
mod legacy;
mod models;
mod modules;
mod rules;
mod sites;
mod surface;
mod syntax;
mod ty;
mod unit;

pub use frontend::GoFrontend;
