//! From configuration to an engine.
//!
//! ```
//! use geppetto_runtime::engine::factory::{ParsedValues, new_engine_from_parsed_values};
//!
//! assert!(new_engine_from_parsed_values(&ParsedValues::default()).is_ok());
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{EchoEngine, Engine};

/// The kind of engine that [`ParsedValues::default`] asks for.
const DEFAULT_ENGINE: &str = "echo";

/// What to build: the engine's kind and what it needs to know.
///
/// The default is the echo engine. `Debug` does not show the key.
///
/// ```
/// use geppetto_runtime::engine::factory::ParsedValues;
///
/// let values = ParsedValues { model: Some("m1".into()), ..ParsedValues::default() };
/// assert_eq!(values.engine, "echo");
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ParsedValues {
    /// The kind of engine; this crate embeds `echo`.
    pub engine: String,
    /// The model to ask.
    pub model: Option<String>,
    /// Where to reach the provider.
    pub base_url: Option<String>,
    /// The provider's key.
    pub api_key: Option<String>,
    /// Settings that only some engines know.
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}

impl Default for ParsedValues {
    fn default() -> Self {
        Self { engine: DEFAULT_ENGINE.into(), model: None, base_url: None, api_key: None, extra: BTreeMap::new() }
    }
}

impl ParsedValues {
    /// Reads TOML.
    ///
    /// # Errors
    /// [`FactoryError::Parse`] when the text is no TOML or a value has another type.
    #[cfg(feature = "toml")]
    pub fn from_toml(text: &str) -> Result<Self, FactoryError> {
        toml::from_str(text).map_err(|error| FactoryError::parse(&error))
    }

    /// Reads YAML.
    ///
    /// # Errors
    /// [`FactoryError::Parse`] when the text is no YAML or a value has another type.
    #[cfg(feature = "yaml")]
    pub fn from_yaml(text: &str) -> Result<Self, FactoryError> {
        serde_yaml_ng::from_str(text).map_err(|error| FactoryError::parse(&error))
    }

    /// Reads `GEPPETTO_ENGINE`, `GEPPETTO_MODEL`, `GEPPETTO_BASE_URL` and `GEPPETTO_API_KEY`; what is not set (or
    /// is no Unicode) stays at its default.
    pub fn from_env() -> Self {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            engine: variable("GEPPETTO_ENGINE").unwrap_or_else(|| DEFAULT_ENGINE.into()),
            model: variable("GEPPETTO_MODEL"),
            base_url: variable("GEPPETTO_BASE_URL"),
            api_key: variable("GEPPETTO_API_KEY"),
            extra: BTreeMap::new(),
        }
    }
}

impl fmt::Debug for ParsedValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParsedValues")
            .field("engine", &self.engine)
            .field("model", &self.model)
            .field("base_url", &self.base_url)
            .field("api_key", &self.api_key.as_ref().map(|_| "…"))
            .field("extra", &self.extra.keys())
            .finish()
    }
}

/// Why there is no engine.
///
/// ```
/// use geppetto_runtime::engine::factory::FactoryError;
///
/// assert_eq!(FactoryError::message("no key").to_string(), "no key");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FactoryError {
    /// The factory does not know this kind of engine.
    #[error("unknown engine `{kind}`")]
    UnknownEngine {
        /// The kind that was asked for.
        kind: String,
    },
    /// The configuration cannot be read.
    #[error("configuration not understood: {reason}")]
    Parse {
        /// What the parser says.
        reason: String,
    },
    /// Any other reason.
    #[error("{0}")]
    Message(String),
}

impl FactoryError {
    /// An error that displays as `text`.
    pub fn message(text: impl Into<String>) -> Self {
        Self::Message(text.into())
    }

    #[cfg(any(feature = "toml", feature = "yaml"))]
    fn parse(error: &impl std::error::Error) -> Self {
        Self::Parse { reason: error.to_string() }
    }
}

/// The engine that `values` ask for.
///
/// # Errors
/// [`FactoryError::UnknownEngine`] for any kind but `echo` (an empty kind is the default).
pub fn new_engine_from_parsed_values(values: &ParsedValues) -> Result<Arc<dyn Engine>, FactoryError> {
    match values.engine.as_str() {
        "" | DEFAULT_ENGINE => Ok(Arc::new(EchoEngine::new())),
        kind => Err(FactoryError::UnknownEngine { kind: kind.to_owned() }),
    }
}

/// Makes engines; the seam for other providers and for tests.
///
/// ```
/// use std::sync::Arc;
/// use geppetto_runtime::engine::{EchoEngine, Engine};
/// use geppetto_runtime::engine::factory::{EngineFactory, FactoryError, ParsedValues};
///
/// struct AlwaysEcho;
/// impl EngineFactory for AlwaysEcho {
///     fn create_engine(&self, _: &ParsedValues) -> Result<Arc<dyn Engine>, FactoryError> {
///         Ok(Arc::new(EchoEngine::new()))
///     }
/// }
/// assert!(AlwaysEcho.create_engine(&ParsedValues::default()).is_ok());
/// ```
pub trait EngineFactory: Send + Sync {
    /// The engine that `values` ask for.
    ///
    /// # Errors
    /// [`FactoryError`] when there is none.
    fn create_engine(&self, values: &ParsedValues) -> Result<Arc<dyn Engine>, FactoryError>;
}

/// The factory of the embedded engines, see [`new_engine_from_parsed_values`].
///
/// ```
/// use geppetto_runtime::engine::factory::{EngineFactory, ParsedValues, StandardEngineFactory};
///
/// let values = ParsedValues { engine: "abacus".into(), ..ParsedValues::default() };
/// let error = StandardEngineFactory.create_engine(&values).err().unwrap();
/// assert_eq!(error.to_string(), "unknown engine `abacus`");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct StandardEngineFactory;

impl EngineFactory for StandardEngineFactory {
    fn create_engine(&self, values: &ParsedValues) -> Result<Arc<dyn Engine>, FactoryError> {
        new_engine_from_parsed_values(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_fills_what_it_names() {
        let values = ParsedValues::from_variables(|name| (name == "GEPPETTO_MODEL").then(|| "m1".to_owned()));
        assert_eq!(values, ParsedValues { model: Some("m1".into()), ..ParsedValues::default() });
    }

    #[cfg(all(feature = "toml", feature = "yaml"))]
    #[test]
    fn toml_and_yaml_say_the_same() {
        let toml = ParsedValues::from_toml("model = 'm1'\ntemperature = 0.5").expect("TOML");
        let yaml = ParsedValues::from_yaml("model: m1\ntemperature: 0.5").expect("YAML");
        assert_eq!(toml, yaml);
        assert_eq!((toml.engine.as_str(), &toml.extra["temperature"]), ("echo", &Value::from(0.5)));
        assert!(matches!(ParsedValues::from_toml("model = 1"), Err(FactoryError::Parse { .. })));
        assert!(matches!(ParsedValues::from_yaml("model: [1]"), Err(FactoryError::Parse { .. })));
    }

    #[test]
    fn the_key_is_not_shown() {
        let values = ParsedValues { api_key: Some("secret".into()), ..ParsedValues::default() };
        assert!(!format!("{values:?}").contains("secret"));
    }
}
