//! `rules`: the catalogue.

use std::io::Write;

use clap::Args;
use geppetto_migrate::rules::Rule;

use super::output::stdout;
use super::{Failure, Verdict};

/// List the rules
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RulesArgs {}

const EXAMPLES: &str = "\
Examples:
  geppetto-migrate rules";

pub(super) fn rules() -> Result<Verdict, Failure> {
    let (mut out, _) = stdout();
    for rule in Rule::ALL {
        writeln!(out, "{:<18}  {}", rule.id(), rule.title())?;
    }
    out.flush()?;
    Ok(Verdict::Done)
}
