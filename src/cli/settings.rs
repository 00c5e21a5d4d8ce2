//! What the raw arguments mean, checked.

use std::path::PathBuf;

use clap::Args;
use geppetto_migrate::finding::Level;
use geppetto_migrate::frontend::{Frontend, Selection};
use geppetto_migrate::frontends_with;

/// What a command looks at.
#[derive(Debug, Args)]
pub(super) struct TreeArgs {
    /// Files and folders to look at, also of several repositories; a part of a package stands for the package
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Another Go import path of geppetto: a fork's, or a vanity path; may be given more than once
    #[arg(long, value_name = "IMPORT")]
    geppetto: Vec<String>,
}

/// Which changes a command is about.
#[derive(Debug, Args)]
pub(super) struct ChangeArgs {
    /// Also make changes after which a named behavior differs
    #[arg(long)]
    offered: bool,
    /// Also make changes that leave something to decide, which a comment `// MIGRATE(TRAP): …` says; implies `--offered`
    #[arg(long)]
    draft: bool,
    /// How `Cargo.toml` names the new crate: a version, an inline table, or a whole entry
    #[arg(long, value_name = "TOML")]
    runtime_dependency: Option<String>,
    /// Which version of geppetto `go.mod` requires once a module uses nothing legacy
    #[arg(long, value_name = "VERSION")]
    require: Option<String>,
}

/// An argument that makes no sense.
#[derive(Debug, thiserror::Error)]
pub(super) enum SettingsError {
    #[error(
        "`{text}` does not say where `geppetto-runtime` comes from: {reason}; write a version (\"0.1\"), \
         a table ({{ path = \"…\" }}) or an entry (name = {{ package = \"geppetto-runtime\", version = \"0.1\" }})"
    )]
    Dependency { text: String, reason: String },
    #[error("`{0}` is no import path; write one as imports do, without quotes (github.com/acme/geppetto)")]
    ImportPath(String),
    #[error("`{0}` is no version of a Go module; write one as `go.mod` does (v0.5.0)")]
    Version(String),
}

/// The roots of a tree and the languages in which it is read.
pub(super) struct Subject {
    pub(super) roots: Vec<PathBuf>,
    languages: [Box<dyn Frontend>; 2],
}

impl Subject {
    pub(super) fn frontends(&self) -> [&dyn Frontend; 2] {
        self.languages.each_ref().map(Box::as_ref)
    }
}

impl TreeArgs {
    pub(super) fn subject(self) -> Result<Subject, SettingsError> {
        let paths: Vec<String> = self.geppetto.into_iter().map(import_path).collect::<Result<_, _>>()?;
        Ok(Subject { roots: self.paths, languages: frontends_with(paths) })
    }
}

impl ChangeArgs {
    pub(super) fn selection(self) -> Result<Selection, SettingsError> {
        let level = match (self.draft, self.offered) {
            (true, _) => Level::Draft,
            (false, true) => Level::Offered,
            (false, false) => Level::Safe,
        };
        let runtime_dependency = self.runtime_dependency.map(dependency_toml).transpose()?;
        let required_version = self.require.map(version).transpose()?;
        Ok(Selection { runtime_dependency, required_version, ..Selection::up_to(level) })
    }
}

/// `text` if an import may say it.
fn import_path(text: String) -> Result<String, SettingsError> {
    let path = text.trim_end_matches('/');
    let is_part = |part: &str| {
        let is_free = |char: char| char.is_alphanumeric() || "-._~+".contains(char);
        !part.is_empty() && part.chars().all(is_free) && !part.trim_matches('.').is_empty()
    };
    if path.split('/').all(is_part) { Ok(path.to_owned()) } else { Err(SettingsError::ImportPath(text)) }
}

/// `text` if it is a version as `go.mod` holds it.
fn version(text: String) -> Result<String, SettingsError> {
    let (numbers, rest) = text.split_at(text.find(['-', '+']).unwrap_or(text.len()));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let numbers: Vec<&str> = numbers.strip_prefix('v').unwrap_or_default().split('.').collect();
    let is_rest = rest.chars().all(|char| char.is_ascii_alphanumeric() || "-+.".contains(char)) && rest.len() != 1;
    let is_version = numbers.len() == 3 && numbers.iter().all(|part| is_number(part)) && is_rest;
    if is_version { Ok(text) } else { Err(SettingsError::Version(text)) }
}

/// `text` if it says where the new crate comes from.
fn dependency_toml(text: String) -> Result<String, SettingsError> {
    match geppetto_migrate::rust::check_runtime_dependency(&text) {
        Ok(()) => Ok(text),
        Err(reason) => Err(SettingsError::Dependency { text, reason }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_versions_tables_or_entries() {
        let accepted = [
            "\"0.1\"",
            "0.1",
            "^1.2.3",
            ">=1, <3",
            "{ path = \"../runtime\" }",
            "rt = { package = \"geppetto-runtime\", git = \"u\" }",
        ];
        for text in accepted {
            assert_eq!(dependency_toml(text.to_owned()).unwrap(), text);
        }
        let others =
            ["{ workspace = true }", "tokio = \"1\"", "rt = { package = \"x\", version = \"1\" }", "{ features = [] }"];
        for text in ["", "latest", "{ path = ", "true", "1 \" 2", "a = 1\nb = 2"].into_iter().chain(others) {
            assert!(dependency_toml(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn import_paths_are_as_imports_have_them() {
        for path in ["github.com/acme/geppetto", "go.acme.dev/llm/v2/", "llm"] {
            assert_eq!(import_path(path.to_owned()).unwrap(), path.trim_end_matches('/'));
        }
        for path in ["", "/", "../llm", "a//b", "\"a/b\"", "a b", "https://github.com/acme/geppetto"] {
            assert!(import_path(path.to_owned()).is_err(), "{path}");
        }
    }

    #[test]
    fn versions_are_as_go_mod_has_them() {
        for text in ["v0.5.0", "v1.2.3-beta.1", "v0.0.0-20240101000000-abcdef123456", "v2.0.0+incompatible"] {
            assert_eq!(version(text.to_owned()).unwrap(), text);
        }
        for text in ["", "0.5.0", "v1", "v1.2", "latest", "v1.2.x", "v1.2.3-", "v1.2.3 // indirect"] {
            assert!(version(text.to_owned()).is_err(), "{text}");
        }
    }
}
