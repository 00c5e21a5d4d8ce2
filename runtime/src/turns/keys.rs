//! Maps whose values are read and written through typed keys.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The session that ran the turn; a session stamps it on every turn it runs.
pub const SESSION_ID: Key<String> = Key::new("geppetto.session_id@v1");

/// The inference that ran the turn; a session stamps it on every turn it runs.
pub const INFERENCE_ID: Key<String> = Key::new("geppetto.inference_id@v1");

/// The name of a value of type `T` in a [`Metadata`] or [`Data`] map.
///
/// Names look like `namespace.value@v1`: a change of the type is a new version, so old data stays readable.
///
/// ```
/// use geppetto_runtime::turns::{Key, Metadata};
///
/// const TEMPERATURE: Key<f64> = Key::new("demo.temperature@v1");
///
/// let mut metadata = Metadata::default();
/// assert_eq!(TEMPERATURE.get(&metadata), None);
/// TEMPERATURE.set(&mut metadata, 0.5);
/// assert_eq!(TEMPERATURE.get(&metadata), Some(0.5));
/// ```
pub struct Key<T> {
    name: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T> Key<T> {
    /// A key with this name.
    pub const fn new(name: &'static str) -> Self {
        Self { name, value: PhantomData }
    }

    /// The name that the value has in the map.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Takes the value out of the map; whether there was one.
    pub fn remove(&self, map: &mut impl KeyedMap) -> bool {
        map.entries_mut().remove(self.name).is_some()
    }
}

impl<T: DeserializeOwned> Key<T> {
    /// The value, or `None` when it is absent or has another type.
    pub fn get(&self, map: &impl KeyedMap) -> Option<T> {
        self.try_get(map).ok().flatten()
    }

    /// The value, `None` when it is absent.
    ///
    /// # Errors
    /// [`KeyError`] when a value is there and is not a `T`.
    pub fn try_get(&self, map: &impl KeyedMap) -> Result<Option<T>, KeyError> {
        let Some(value) = map.entries().get(self.name) else {
            return Ok(None);
        };
        T::deserialize(value).map(Some).map_err(|error| KeyError::new(self.name, &error))
    }
}

impl<T: Serialize> Key<T> {
    /// Sets the value. One that JSON cannot hold leaves the map as it was and is logged; see
    /// [`try_set`](Self::try_set).
    pub fn set(&self, map: &mut impl KeyedMap, value: T) {
        if let Err(error) = self.try_set(map, &value) {
            tracing::warn!(%error, "value not stored");
        }
    }

    /// Sets the value.
    ///
    /// # Errors
    /// [`KeyError`] when JSON cannot hold the value; the map stays as it was.
    pub fn try_set(&self, map: &mut impl KeyedMap, value: &T) -> Result<(), KeyError> {
        let value = serde_json::to_value(value).map_err(|error| KeyError::new(self.name, &error))?;
        map.entries_mut().insert(self.name.to_owned(), value);
        Ok(())
    }
}

impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Key<T> {}

impl<T> fmt::Debug for Key<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.name).finish()
    }
}

/// A value under a key does not fit its type.
///
/// ```
/// use geppetto_runtime::turns::{Key, Metadata, SESSION_ID};
///
/// let mut metadata = Metadata::default();
/// SESSION_ID.set(&mut metadata, "s1".to_owned());
/// let as_number: Key<u64> = Key::new(SESSION_ID.name());
/// assert_eq!(as_number.try_get(&metadata).unwrap_err().key, "geppetto.session_id@v1");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("value of {key}: {reason}")]
#[non_exhaustive]
pub struct KeyError {
    /// The key's name.
    pub key: &'static str,
    /// What did not fit.
    pub reason: String,
}

impl KeyError {
    fn new(key: &'static str, reason: &serde_json::Error) -> Self {
        Self { key, reason: reason.to_string() }
    }
}

/// A map that a [`Key`] reads and writes: [`Metadata`] or [`Data`].
///
/// ```
/// use geppetto_runtime::turns::{Data, KeyedMap};
///
/// let mut data = Data::default();
/// data.entries_mut().insert("demo.raw@v1".into(), true.into());
/// assert_eq!(data.entries()["demo.raw@v1"], true);
/// ```
pub trait KeyedMap {
    /// The raw values by name.
    fn entries(&self) -> &BTreeMap<String, Value>;
    /// The raw values by name, to change.
    fn entries_mut(&mut self) -> &mut BTreeMap<String, Value>;
}

macro_rules! keyed_map {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(BTreeMap<String, Value>);

        impl $name {
            /// Whether nothing is set.
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }

            /// The number of values.
            pub fn len(&self) -> usize {
                self.0.len()
            }

            /// The raw values by name, in the order of the names.
            pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
                self.0.iter().map(|(name, value)| (name.as_str(), value))
            }
        }

        impl KeyedMap for $name {
            fn entries(&self) -> &BTreeMap<String, Value> {
                &self.0
            }

            fn entries_mut(&mut self) -> &mut BTreeMap<String, Value> {
                &mut self.0
            }
        }
    };
}

keyed_map! {
    /// Facts about a turn or block, read and written through [`Key`]s.
    ///
    /// ```
    /// use geppetto_runtime::turns::{Metadata, SESSION_ID};
    ///
    /// let mut metadata = Metadata::default();
    /// SESSION_ID.set(&mut metadata, "s1".to_owned());
    /// assert_eq!(metadata.iter().next().unwrap().0, "geppetto.session_id@v1");
    /// ```
    Metadata
}

keyed_map! {
    /// Input to a run that is not part of the conversation, read and written through [`Key`]s.
    ///
    /// ```
    /// use geppetto_runtime::turns::{Key, Turn};
    ///
    /// let mut turn = Turn::default();
    /// Key::new("demo.attempt@v1").set(&mut turn.data, 1_u32);
    /// assert_eq!(turn.data.len(), 1);
    /// ```
    Data
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn another_type_reads_as_none_and_says_why() {
        let mut metadata = Metadata::default();
        Key::new("demo.value@v1").set(&mut metadata, "text");
        let key: Key<u32> = Key::new("demo.value@v1");
        assert_eq!(key.get(&metadata), None);
        let error = key.try_get(&metadata).expect_err("a string is no number");
        assert!(error.to_string().starts_with("value of demo.value@v1: "), "{error}");
    }

    #[test]
    fn what_json_cannot_hold_is_not_stored() {
        let key = Key::new("demo.map@v1");
        let mut data = Data::default();
        let value = HashMap::from([((1, 2), 3)]);
        assert!(key.try_set(&mut data, &value).is_err());
        key.set(&mut data, value);
        assert!(data.is_empty());
    }

    #[test]
    fn removing_tells_whether_there_was_a_value() {
        let mut metadata = Metadata::default();
        SESSION_ID.set(&mut metadata, "s".to_owned());
        assert!(SESSION_ID.remove(&mut metadata));
        assert!(!SESSION_ID.remove(&mut metadata));
    }
}
