//! The embedded descriptions of libraries that the inference knows, as crates of a program.

use std::sync::{Arc, OnceLock};

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
    for (&id, Unit { hir, source }) in ids.iter().zip(lowered()) {
        program.index_text(id, Unit { hir: hir.clone(), source: source.clone() });
    }
    models
}

fn lowered() -> &'static [Unit] {
    static LOWERED: OnceLock<Vec<Unit>> = OnceLock::new();
    LOWERED.get_or_init(|| {
        TEXTS
            .iter()
            .map(|(name, text)| {
                let text = with_bodies(text);
                match lower(FileId(u32::MAX), &text) {
                    Ok(hir) => Unit { hir: Arc::new(hir), source: Arc::new(Source::new(format!("{name}.rs"), text)) },
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::hir::Visibility;
    use super::super::index::{Binding, DefId, DefKind, Files};
    use super::super::resolve::{Namespace, Res, Resolver};
    use super::*;

    struct Disk;

    impl Files for Disk {
        fn open(&self, path: &Path) -> Option<(FileId, Unit)> {
            let text = std::fs::read_to_string(path).ok()?;
            let hir = lower(FileId(0), &text).ok()?;
            Some((FileId(0), Unit { hir: Arc::new(hir), source: Arc::new(Source::new(path, text)) }))
        }
    }

    /// Public names that the description of `name` lacks although the library at `root` has them.
    fn lacking(name: &str, root: &str) -> Vec<String> {
        let mut program = Program::default();
        let models = add(&mut program);
        let real = program.add_crate(name, false);
        program.depend(real, "geppetto_runtime", models.runtime);
        program.index_crate(real, &Path::new(env!("CARGO_MANIFEST_DIR")).join(root), &Disk);
        let resolver = Resolver::new(&program);
        let mut lacking = Vec::new();
        let mut todo = vec![(program.krate(real).root, name.to_owned())];
        while let Some((module, path)) = todo.pop() {
            for (short, def, in_type) in public_names(&resolver, module) {
                let full = format!("{path}::{short}");
                let own = program.def(def).krate == real;
                match program.def(def).kind {
                    DefKind::Module if own && program.def(def).visibility == Visibility::Public => {
                        todo.push((def, full));
                    }
                    DefKind::Module => {}
                    DefKind::Macro => {}
                    _ if resolver.known(&full).is_none() => lacking.push(format!("{full} (type: {in_type})")),
                    _ => {}
                }
            }
        }
        lacking.sort();
        lacking
    }

    fn public_names(resolver: &Resolver<'_>, module: DefId) -> Vec<(String, DefId, bool)> {
        let program = resolver.program;
        let Some(scope) = program.scopes.get(&module) else { return Vec::new() };
        let mut found = Vec::new();
        for (name, bindings) in &scope.names {
            let is_public = bindings.iter().any(|binding| match binding {
                Binding::Def(def) => program.def(*def).visibility == Visibility::Public,
                Binding::Import(import) => program.import(*import).visibility == Visibility::Public,
            });
            let namespaces = [(Namespace::Type, true), (Namespace::Value, false)];
            let res = namespaces.iter().find_map(|&(namespace, in_type)| {
                resolver.member(module, name, namespace).map(|(res, _)| (res, in_type))
            });
            if let (true, Some((Res::Def(def), in_type))) = (is_public, res) {
                found.push((name.clone(), def, in_type));
            }
        }
        found
    }

    #[test]
    fn the_descriptions_hold_every_public_name_of_the_libraries() {
        assert_eq!(lacking("geppetto_runtime", "runtime/src/lib.rs"), Vec::<String>::new());
        assert_eq!(lacking("geppetto", "fixtures/legacy/src/lib.rs"), Vec::<String>::new());
    }
}
