//! Small packages that are made up.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use geppetto_migrate::finding::Level;
use geppetto_migrate::frontend::Selection;
use geppetto_migrate::plan::Plan;
use geppetto_migrate::{Error, FRONTENDS, plan_roots};
use tempfile::TempDir;

pub(crate) const MANIFEST: &str = "\
[package]
name = \"made-up\"
version = \"0.1.0\"
edition = \"2024\"
publish = false

[dependencies]
geppetto = \"0.9\"
tokio = \"1\"
";

pub(crate) const GO_MANIFEST: &str = "\
module example.com/made/up

go 1.23

require github.com/go-go-golems/geppetto v0.4.0
";

/// The files of a package by their paths.
#[derive(Clone, Default)]
pub(crate) struct Package(pub(crate) BTreeMap<String, Vec<u8>>);

impl Package {
    /// A package that depends on the legacy crate, with these files.
    pub(crate) fn with<T: Into<Vec<u8>>>(files: impl IntoIterator<Item = (&'static str, T)>) -> Self {
        Self::of("Cargo.toml", MANIFEST, files)
    }

    /// A module of Go that requires the library, with these files.
    pub(crate) fn go<T: Into<Vec<u8>>>(files: impl IntoIterator<Item = (&'static str, T)>) -> Self {
        Self::of("go.mod", GO_MANIFEST, files)
    }

    fn of<T: Into<Vec<u8>>>(name: &str, manifest: &str, files: impl IntoIterator<Item = (&'static str, T)>) -> Self {
        let files = files.into_iter().map(|(name, content)| (name.to_owned(), content.into()));
        let manifest = [(name.to_owned(), manifest.as_bytes().to_vec())];
        Self(manifest.into_iter().chain(files).collect())
    }

    /// Writes the files to a folder that goes when it is dropped.
    pub(crate) fn written(&self) -> Written {
        let folder = tempfile::tempdir().expect("a folder can be made");
        for (name, content) in &self.0 {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("folders can be made");
            fs::write(path, content).expect("files can be written");
        }
        Written(folder)
    }
}

/// The content of every file: what fails is read by people.
impl fmt::Debug for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, content) in &self.0 {
            match std::str::from_utf8(content) {
                Ok(text) => write!(f, "\n==== {name}\n{text}\n")?,
                Err(_) => write!(f, "\n==== {name}\n{}\n", content.escape_ascii())?,
            }
        }
        Ok(())
    }
}

/// A package on the disk.
pub(crate) struct Written(TempDir);

impl Written {
    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn plan(&self, level: Level) -> Result<Plan, String> {
        let planned = plan_roots(&[self.root().to_owned()], FRONTENDS, &Selection::up_to(level), &|_| {});
        planned.map_err(|error: Error| match std::error::Error::source(&error) {
            Some(source) => format!("no plan: {error}: {source}"),
            None => format!("no plan: {error}"),
        })
    }

    /// The path of a file as the package names it.
    pub(crate) fn name(&self, path: &Path) -> PathBuf {
        path.strip_prefix(self.root()).unwrap_or(path).to_owned()
    }
}
