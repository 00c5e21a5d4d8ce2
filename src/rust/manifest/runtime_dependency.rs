//! What the user wants to be written for the new crate.

use std::path::{Component, Path, PathBuf};

use toml_edit::{Document, Item, TableLike};

use super::RUNTIME_PACKAGE;
use super::layout::Field;
use crate::paths::normal;

/// How manifests name the new crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuntimeDependency {
    key: String,
    /// Without `path` and `package`.
    fields: Vec<Field>,
    /// Absolute, or as given if that was absolute.
    path: Option<PathBuf>,
    cwd: PathBuf,
}

/// What is wrong with the TOML that the user gave.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum RuntimeDependencyError {
    /// It is not TOML.
    #[error("it is not TOML ({0})")]
    NotToml(String),
    /// It is TOML, but no dependency.
    #[error("it is not one version, one table or one entry")]
    NotOneEntry,
    /// It names another package.
    #[error("it is the package `{0}` (for another key add `package = \"{RUNTIME_PACKAGE}\"`)")]
    OtherPackage(String),
    /// It says nothing about where the package comes from.
    #[error("it has no `version`, `path` or `git`")]
    NoOrigin,
    /// It inherits from a workspace.
    #[error("it says `workspace = true`, which members that inherit the legacy crate get by themselves")]
    Inherits,
}

impl RuntimeDependency {
    /// Reads what the user gave: a version (`0.1`, `"0.1"`), a table (`{ path = "…" }`) or an entry with its key
    /// (`rt = { … }`, `rt.path = "…"`). `None` is this release's version. As with `cargo add --path`, a relative path
    /// is meant from the current folder `cwd` and is written relative to each manifest.
    ///
    /// # Errors
    /// [`RuntimeDependencyError`] if that is no dependency on the new crate.
    pub(crate) fn parse(given: Option<&str>, cwd: &Path) -> Result<Self, RuntimeDependencyError> {
        let given = given.map_or(env!("CARGO_PKG_VERSION"), str::trim);
        let toml = match given.chars().next() {
            None => return Err(RuntimeDependencyError::NotOneEntry),
            Some(first) if is_version(given, first) => format!("{RUNTIME_PACKAGE} = \"{given}\""),
            Some('"' | '\'' | '{') => format!("{RUNTIME_PACKAGE} = {given}"),
            Some(_) => given.to_owned(),
        };
        let document = Document::parse(toml.as_str());
        let document = document.map_err(|error| RuntimeDependencyError::NotToml(error.message().to_owned()))?;
        let mut entries = document.as_table().iter();
        match (entries.next(), entries.next()) {
            (Some((key, item)), None) => Self::from_entry(key, item, &toml, cwd),
            _ => Err(RuntimeDependencyError::NotOneEntry),
        }
    }

    fn from_entry(key: &str, item: &Item, toml: &str, cwd: &Path) -> Result<Self, RuntimeDependencyError> {
        let empty = Self { key: key.to_owned(), fields: Vec::new(), path: None, cwd: cwd.to_owned() };
        let raw = |item: &Item| toml[item.span().unwrap_or_default()].to_owned();
        let found = match item.as_table_like() {
            Some(table) => empty.with_fields(table, raw)?,
            None if item.is_str() => Self { fields: vec![Field::new("version", raw(item))], ..empty.named(None)? },
            None => return Err(RuntimeDependencyError::NotOneEntry),
        };
        let has_origin = found.fields.iter().any(|field| matches!(&*field.key, "version" | "git"));
        match has_origin || found.path.is_some() {
            true => Ok(found),
            false => Err(RuntimeDependencyError::NoOrigin),
        }
    }

    fn with_fields(self, table: &dyn TableLike, raw: impl Fn(&Item) -> String) -> Result<Self, RuntimeDependencyError> {
        let text = |key: &str| table.get(key).and_then(Item::as_str);
        if table.contains_key("workspace") {
            return Err(RuntimeDependencyError::Inherits);
        }
        let others = table.iter().filter(|(key, _)| !matches!(*key, "path" | "package"));
        let fields = others.map(|(key, item)| Field::new(key, raw(item))).collect();
        let path = text("path").map(PathBuf::from);
        Ok(Self { fields, path, ..self.named(text("package"))? })
    }

    /// Checks that key and `package` mean the new crate.
    fn named(self, package: Option<&str>) -> Result<Self, RuntimeDependencyError> {
        match package.unwrap_or(&self.key) {
            RUNTIME_PACKAGE => Ok(self),
            other => Err(RuntimeDependencyError::OtherPackage(other.to_owned())),
        }
    }

    /// The key of the entries that are written.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// What code calls the crate through these entries.
    pub(crate) fn code_name(&self) -> String {
        self.key.replace('-', "_")
    }

    /// The fields of an entry `key` in the manifest of `folder`.
    pub(super) fn fields(&self, key: &str, folder: &Path) -> Vec<Field> {
        let package = (key != RUNTIME_PACKAGE).then(|| Field::new("package", string(RUNTIME_PACKAGE)));
        let path = self.path.as_ref().map(|path| Field::new("path", string(&self.path_from(path, folder))));
        package.into_iter().chain(path).chain(self.fields.iter().cloned()).collect()
    }

    /// `path` as `folder` has to spell it, with slashes.
    fn path_from(&self, path: &Path, folder: &Path) -> String {
        let to = normal(&self.cwd.join(path));
        let from = normal(&self.cwd.join(folder));
        let same = to.components().zip(from.components()).take_while(|(to, from)| to == from).count();
        let shown = match path.is_absolute() || same == 0 {
            true => to,
            false => {
                let up = from.components().skip(same).map(|_| Component::ParentDir);
                up.chain(to.components().skip(same)).collect()
            }
        };
        match shown.as_os_str().is_empty() {
            true => ".".to_owned(),
            false => shown.to_string_lossy().replace('\\', "/"),
        }
    }
}

/// A requirement such as `0.1`, `^0.1`, `>=0.1, <0.3`, without quotes.
fn is_version(given: &str, first: char) -> bool {
    let fits = |char: char| char.is_ascii_alphanumeric() || ".-+*^~=<>, ".contains(char);
    (first.is_ascii_digit() || "^~=<>*".contains(first)) && given.chars().all(fits)
}

fn string(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}
