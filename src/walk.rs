//! x
use crate::source::Source;
use crate::tree::{Problem, ProblemKind};
use std::path::Path;

/// Reads one file.
///
/// # Errors
/// A [`Problem`] that says why there is no text.
pub fn read_source(path: &Path) -> Result<Source, Problem> {
    let problem = |kind, message: String| Problem {
        path: path.to_owned(),
        position: None,
        kind,
        message,
    };
    let bytes = std::fs::read(path).map_err(|error| problem(ProblemKind::Unreadable, error.to_string()))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(path, text)),
        Err(error) => Err(problem(ProblemKind::NotUtf8, error.utf8_error().to_string())),
    }
}
