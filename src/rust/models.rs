//! The embedded descriptions of libraries that the inference knows, as crates of a program.

use std::sync::{Arc, OnceLock};

use super::hir::Hir;
use super::index::{CrateId, Program, Unit};
use super::lower::lower;
use crate::source::Source;
use crate::tree::FileId;

const TEXTS: &[(&str, &str)] = &[
    ("std", include_str!("model/std.rs")),
    ("tokio", include_str!("model/tokio.rs")),
    ("geppetto_runtime", include_str!("model/geppetto_runtime.rs")),
    ("geppetto", include_str!("model/geppetto.rs")),
];

/// The crates that every program begins with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Models {
    pub(crate) tokio: CrateId,
    pub(crate) runtime: CrateId,
    pub(crate) legacy: CrateId,
}

/// Adds the descriptions to an empty program.
pub(crate) fn add(program: &mut Program) -> Models {
    let ids: Vec<CrateId> = TEXTS.iter().map(|(name, _)| program.add_crate(name, true)).collect();
    let models = Models { tokio: ids[1], runtime: ids[2], legacy: ids[3] };
    program.depend(models.legacy, "geppetto_runtime", models.runtime);
    for ((name, _), (&id, (hir, text))) in TEXTS.iter().zip(ids.iter().zip(lowered())) {
        let source = Arc::new(Source::new(format!("{name}.rs"), text.as_str()));
        program.index_text(id, Unit { hir: hir.clone(), source });
    }
    models
}

fn lowered() -> &'static [(Hir, String)] {
    static LOWERED: OnceLock<Vec<(Hir, String)>> = OnceLock::new();
    LOWERED.get_or_init(|| {
        TEXTS
            .iter()
            .map(|(name, text)| {
                let text = with_bodies(text);
                match lower(FileId(u32::MAX), &text) {
                    Ok(hir) => (hir, text),
                    Err(error) => unreachable!("the embedded description of {name} is broken: {error:?}"),
                }
            })
            .collect()
    })
}

/// Signatures that end in `;` get an empty body, which makes them items that parse everywhere.
fn with_bodies(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut rest = text;
    while let Some(at) = rest.find("fn ") {
        let (before, function) = rest.split_at(at);
        out.push_str(before);
        let end = function.find([';', '{']).unwrap_or(function.len());
        out.push_str(&function[..end]);
        rest = &function[end..];
        if let Some(after) = rest.strip_prefix(';') {
            out.push_str("{}");
            rest = after;
        }
    }
    out.push_str(rest);
    out
}
