//! What the raw arguments mean, checked.

use std::path::PathBuf;

use clap::Args;
use geppetto_migrate::finding::Level;
use geppetto_migrate::frontend::Selection;
use toml_edit::{DocumentMut, Value};

/// The paths that a command looks at.
#[derive(Debug, Args)]
pub(super) struct PathArgs {
    /// Files and folders to look at, also of several repositories; a part of a package stands for the package
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
}

/// Which changes a command is about.
#[derive(Debug, Args)]
pub(super) struct ChangeArgs {
    /// Also make changes after which a named behavior differs
    #[arg(long)]
    offered: bool,
    /// How manifests name the new crate: a version, an inline table, or a whole entry
    #[arg(long, value_name = "TOML")]
    runtime_dependency: Option<String>,
}

/// An argument that makes no sense.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{text}` is no TOML for a dependency; write a version (\"0.1\"), \
     a table ({{ path = \"…\" }}) or an entry (name = {{ package = \"geppetto-runtime\", version = \"0.1\" }})"
)]
pub(super) struct SettingsError {
    text: String,
}

impl PathArgs {
    pub(super) fn roots(self) -> Vec<PathBuf> {
        self.paths
    }
}

impl ChangeArgs {
    pub(super) fn selection(self) -> Result<Selection, SettingsError> {
        let level = if self.offered { Level::Offered } else { Level::Safe };
        let runtime_dependency = self.runtime_dependency.map(dependency_toml).transpose()?;
        Ok(Selection { runtime_dependency, ..Selection::up_to(level) })
    }
}

/// `text` if it is what may stand behind a dependency's key, or a whole entry. A bare version gets its quotes.
fn dependency_toml(text: String) -> Result<String, SettingsError> {
    let is_value = |text: &str| text.parse::<Value>().is_ok_and(|value| value.is_str() || value.is_inline_table());
    let is_entry = |text: &str| text.parse::<DocumentMut>().is_ok_and(|entries| entries.len() == 1);
    let quoted = format!("\"{}\"", text.trim());
    let is_version = text.trim().starts_with(|char: char| char.is_ascii_digit() || "^~=<>*".contains(char));
    if is_value(&text) || is_entry(&text) {
        Ok(text)
    } else if is_version && is_value(&quoted) {
        Ok(quoted)
    } else {
        Err(SettingsError { text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_versions_tables_or_entries() {
        let accepted = [
            ("\"0.1\"", "\"0.1\""),
            ("0.1", "\"0.1\""),
            ("^1.2.3", "\"^1.2.3\""),
            (">=1, <3", "\">=1, <3\""),
            ("{ path = \"../runtime\" }", "{ path = \"../runtime\" }"),
            ("rt = { package = \"x\" }", "rt = { package = \"x\" }"),
        ];
        for (text, meant) in accepted {
            assert_eq!(dependency_toml(text.to_owned()).unwrap(), meant);
        }
        for text in ["", "latest", "{ path = ", "true", "1 \" 2", "a = 1\nb = 2"] {
            assert!(dependency_toml(text.to_owned()).is_err(), "{text}");
        }
    }
}
