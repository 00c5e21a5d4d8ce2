//! Where the legacy API comes from: import paths of geppetto, and its packages.

/// The import path of geppetto itself.
const GEPPETTO: &str = "github.com/go-go-golems/geppetto";

/// The import paths under which code knows geppetto: its own, and those of forks and vanity paths.
#[derive(Clone, Debug, Default)]
pub(crate) struct LegacyPaths {
    others: Vec<String>,
}

/// A package of geppetto.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum LegacyPackage {
    State,
    Core,
    Engine,
    Factory,
    Events,
    Turns,
    Tools,
    Middleware,
    Toolloop,
    Session,
    EngineBuilder,
    /// Another one, by its path below the module.
    Other(String),
}

/// The packages that rules know, by their paths below the module.
const PACKAGES: [(&str, LegacyPackage); 11] = [
    ("pkg/inference/state", LegacyPackage::State),
    ("pkg/inference/core", LegacyPackage::Core),
    ("pkg/inference/engine", LegacyPackage::Engine),
    ("pkg/inference/engine/factory", LegacyPackage::Factory),
    ("pkg/events", LegacyPackage::Events),
    ("pkg/turns", LegacyPackage::Turns),
    ("pkg/inference/tools", LegacyPackage::Tools),
    ("pkg/inference/middleware", LegacyPackage::Middleware),
    ("pkg/inference/toolloop", LegacyPackage::Toolloop),
    ("pkg/inference/session", LegacyPackage::Session),
    ("pkg/inference/toolloop/enginebuilder", LegacyPackage::EngineBuilder),
];

impl LegacyPackage {
    /// Its path below the module.
    pub(crate) fn path(&self) -> &str {
        match self {
            Self::Other(path) => path,
            known => PACKAGES.iter().find(|(_, package)| package == known).map_or("", |(path, _)| path),
        }
    }

    fn at(path: &str) -> Self {
        let known = PACKAGES.iter().find(|(known, _)| *known == path);
        known.map_or_else(|| Self::Other(path.to_owned()), |(_, package)| package.clone())
    }
}

impl LegacyPaths {
    /// geppetto's own path.
    pub(crate) const fn own() -> Self {
        Self { others: Vec::new() }
    }

    /// geppetto's own path and `others`.
    pub(crate) fn with(others: impl IntoIterator<Item = String>) -> Self {
        let others = others.into_iter().map(|path| path.trim_end_matches('/').to_owned());
        Self { others: others.filter(|path| !path.is_empty()).collect() }
    }

    /// The paths of the module.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        std::iter::once(GEPPETTO).chain(self.others.iter().map(String::as_str))
    }

    /// Texts one of which code that knows geppetto contains.
    pub(crate) fn needles(&self) -> Vec<&str> {
        std::iter::once("geppetto").chain(self.others.iter().map(String::as_str)).collect()
    }

    /// The path of the module that an import of geppetto leads into.
    pub(crate) fn root_of(&self, import: &str) -> Option<&str> {
        let roots = self.iter().filter(|root| below(import, root).is_some());
        roots.max_by_key(|root| root.len())
    }

    /// The package of geppetto that an import path stands for.
    pub(crate) fn package(&self, import: &str) -> Option<LegacyPackage> {
        let root = self.root_of(import)?;
        below(import, root).map(LegacyPackage::at)
    }
}

/// What of `path` is below `root`; nothing is if they are the same.
pub(crate) fn below<'a>(path: &'a str, root: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(root)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_known_by_their_import_paths() {
        let paths = LegacyPaths::with(["go.acme.dev/llm/".to_owned(), String::new()]);
        let package = |import: &str| paths.package(import);
        assert_eq!(package("github.com/go-go-golems/geppetto/pkg/inference/state"), Some(LegacyPackage::State));
        assert_eq!(package("go.acme.dev/llm/pkg/inference/engine/factory"), Some(LegacyPackage::Factory));
        let other = LegacyPackage::Other("pkg/steps".to_owned());
        assert_eq!(package("github.com/go-go-golems/geppetto/pkg/steps"), Some(other.clone()));
        assert_eq!(other.path(), "pkg/steps");
        for import in ["github.com/go-go-golems/geppetto2/pkg/events", "go.acme.dev/pkg/events", "state"] {
            assert_eq!(package(import), None, "{import}");
        }
        assert_eq!(paths.root_of("go.acme.dev/llm"), Some("go.acme.dev/llm"));
    }

    #[test]
    fn every_known_package_has_its_path() {
        for (path, package) in PACKAGES {
            assert_eq!((package.path(), LegacyPackage::at(path)), (path, package.clone()));
        }
    }
}
