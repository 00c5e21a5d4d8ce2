//! `explain`: a rule's documentation.

use std::io::Write;

use clap::Args;
use geppetto_migrate::rules::Rule;

use super::output::stdout;
use super::{Failure, Verdict};

/// Explain a rule: what it finds, why that is legacy, what becomes of it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ExplainArgs {
    /// The id of a rule, as `rules` and `scan` show it
    #[arg(value_name = "RULE")]
    rule: String,
}

const EXAMPLES: &str = "\
Examples:
  geppetto-migrate explain engine-sink";

/// A rule id that there is not.
#[derive(Debug, thiserror::Error)]
#[error("there is no rule `{id}`{}; `geppetto-migrate rules` lists all", did_you_mean(id))]
pub(super) struct UnknownRule {
    id: String,
}

pub(super) fn explain(args: &ExplainArgs) -> Result<Verdict, Failure> {
    let rule = Rule::from_id(&args.rule).ok_or_else(|| UnknownRule { id: args.rule.clone() })?;
    let (mut out, _) = stdout();
    out.write_all(rule.docs().as_bytes())?;
    out.flush()?;
    Ok(Verdict::Done)
}

fn did_you_mean(id: &str) -> String {
    let ids: Vec<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
    match similar::get_close_matches(id, &ids, 1, 0.5).first() {
        Some(close) => format!(", did you mean `{close}`"),
        None => String::new(),
    }
}
