//! `explain`: the documentation of rules, traps and levels.

use std::io::Write;

use clap::Args;
use geppetto_migrate::finding::Level;
use geppetto_migrate::rules::{Rule, Trap};

use super::output::stdout;
use super::{Failure, Verdict};

/// Explain a rule, a trap, or the levels
///
/// For a rule: what it finds, why that is legacy, what becomes of it. For a trap, what differs and where. For a level, what
/// all of them mean.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ExplainArgs {
    /// The id of a rule or a trap, or the name of a level, as `rules` and `scan` show them
    #[arg(value_name = "ID")]
    id: String,
}

const EXAMPLES: &str = "\
Examples:
  geppetto-migrate explain engine-sink
  geppetto-migrate explain no-counterpart
  geppetto-migrate explain draft";

/// An id that there is not.
#[derive(Debug, thiserror::Error)]
#[error("there is no rule, trap or level `{id}`{}; `geppetto-migrate rules` lists all rules", did_you_mean(id))]
pub(super) struct UnknownId {
    id: String,
}

pub(super) fn explain(args: &ExplainArgs) -> Result<Verdict, Failure> {
    let text = documentation(&args.id).ok_or_else(|| UnknownId { id: args.id.clone() })?;
    let (mut out, _) = stdout();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(Verdict::Done)
}

fn documentation(id: &str) -> Option<String> {
    if let Some(rule) = Rule::from_id(id) {
        return Some(rule.docs().to_owned());
    }
    if let Some(trap) = Trap::from_id(id) {
        return Some(of_trap(trap));
    }
    Level::ALL.iter().any(|level| level.name() == id).then(|| Level::DOCS.to_owned())
}

fn of_trap(trap: Trap) -> String {
    let told: Vec<String> = trap.told_by_rules().map(|(rule, text)| format!("- `{rule}`: {text}\n")).collect();
    let rules = match told.is_empty() {
        true => "No rule names it so far.\n".to_owned(),
        false => format!("Rules that name it:\n\n{}", told.concat()),
    };
    format!("# {trap}\n\nA trap, a behavior that may differ: {}.\n\n{rules}", trap.title())
}

fn did_you_mean(id: &str) -> String {
    let levels = Level::ALL.iter().map(|level| level.name());
    let rules = Rule::ALL.iter().map(|rule| rule.id());
    let ids: Vec<&str> = rules.chain(Trap::ALL.iter().map(|trap| trap.id())).chain(levels).collect();
    match similar::get_close_matches(id, &ids, 1, 0.5).first() {
        Some(close) => format!(", did you mean `{close}`"),
        None => String::new(),
    }
}
