//! The command line as people meet it: the real binary on small trees.

mod applying;
mod diffing;
mod drafting;
mod exit_codes;
mod help;
mod mixed;
mod output;
mod support;
mod undoing;
mod verifying;
