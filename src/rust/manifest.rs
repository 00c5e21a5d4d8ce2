//! Reads the dependency tables of cargo manifests.

mod entries;

pub(crate) use self::entries::{Manifest, Section, SectionKind};
