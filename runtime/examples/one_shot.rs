//! One question, one answer.
//!
//! `cargo run -p geppetto-runtime --example one_shot -- what is a turn`

use geppetto_runtime::engine::factory::{ParsedValues, new_engine_from_parsed_values};
use geppetto_runtime::prelude::*;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let question = std::env::args().skip(1).collect::<Vec<_>>().join(" ");
    let question = if question.is_empty() { "hello" } else { &question };

    let engine = new_engine_from_parsed_values(&ParsedValues::from_env())?;
    let session = Session::new().with_builder(Builder::new(engine));
    let answered = session.start_with_prompt(&Context::background(), question)?.wait().await?;

    println!("{}", answered.last_assistant_text().unwrap_or_default());
    Ok(())
}
