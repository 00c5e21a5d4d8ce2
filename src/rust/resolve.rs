//! Names and paths: what they stand for, and through which import.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use super::hir::{self, Visibility};
use super::index::{Binding, CrateId, DefId, DefKind, ImportId, Program};

/// Which of a name's meanings is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Namespace {
    Type,
    Value,
}

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Res {
    Def(DefId),
    /// Something in a crate that is not part of the program, by its full path.
    Extern(String),
}

/// A path as far as modules and names lead; what is left are associated items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolution {
    pub(crate) res: Res,
    /// How many segments were used.
    pub(crate) used: usize,
    /// The import through which the first segment was found.
    pub(crate) import: Option<ImportId>,
    /// All imports that the path leads through, in other modules too.
    pub(crate) trail: Vec<ImportId>,
}

type Found = Option<(Res, Option<ImportId>)>;

/// Looks names up in a program; remembers what imports lead to.
#[derive(Debug)]
pub(crate) struct Resolver<'a> {
    pub(crate) program: &'a Program,
    imports: RefCell<HashMap<(ImportId, Namespace), Option<Res>>>,
    busy: RefCell<HashSet<(ImportId, Namespace)>>,
    globs_busy: RefCell<HashSet<(DefId, String, Namespace)>>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(program: &'a Program) -> Self {
        Self { program, imports: RefCell::default(), busy: RefCell::default(), globs_busy: RefCell::default() }
    }

    /// Resolves a path seen from `scope`.
    pub(crate) fn path(&self, scope: DefId, path: &hir::Path, namespace: Namespace) -> Option<Resolution> {
        let names: Vec<&str> = path.segments.iter().map(|segment| segment.name.text.as_str()).collect();
        self.names(scope, &names, path.leading_colon, namespace)
    }

    /// Resolves the segments of a path seen from `scope`.
    pub(crate) fn names(
        &self,
        scope: DefId,
        names: &[&str],
        leading_colon: bool,
        namespace: Namespace,
    ) -> Option<Resolution> {
        let (&first, _) = names.split_first()?;
        let in_type = if names.len() > 1 { Namespace::Type } else { namespace };
        let (start, import) =
            if leading_colon { (self.extern_crate(scope, first)?, None) } else { self.first(scope, first, in_type)? };
        self.walk(start, import, names, namespace)
    }

    fn walk(&self, start: Res, import: Option<ImportId>, names: &[&str], namespace: Namespace) -> Option<Resolution> {
        let mut res = start;
        let mut used = 1;
        let first_in = if names.len() == 1 { namespace } else { Namespace::Type };
        let mut trail = self.trail(import, names[0], first_in);
        while used < names.len() {
            let wanted = if used + 1 == names.len() { namespace } else { Namespace::Type };
            let next = match &res {
                Res::Extern(path) => Some(Res::Extern(format!("{path}::{}", names[used]))),
                Res::Def(def) => match self.program.def(*def).kind {
                    DefKind::Module => match names[used] {
                        "super" => self.parent_module(*def).map(Res::Def),
                        "self" => Some(res.clone()),
                        name => {
                            let (res, through) = self.member(*def, name, wanted)?;
                            trail.extend(self.trail(through, name, wanted));
                            Some(res)
                        }
                    },
                    DefKind::Enum => self.member(*def, names[used], wanted).map(|(res, _)| res),
                    _ => None,
                },
            };
            match next {
                Some(next) => res = next,
                None => break,
            }
            used += 1;
        }
        Some(Resolution { res, used, import, trail })
    }

    /// An import and, where it is a glob, those that bring the name into the modules behind it.
    fn trail(&self, import: Option<ImportId>, name: &str, namespace: Namespace) -> Vec<ImportId> {
        let mut trail = Vec::new();
        let mut next = import;
        while let Some(import) = next {
            if trail.contains(&import) {
                break;
            }
            trail.push(import);
            next = match self.import(import, Namespace::Type) {
                Some(Res::Def(module)) if self.program.import(import).is_glob => {
                    self.member(module, name, namespace).and_then(|(_, inner)| inner)
                }
                _ => None,
            };
        }
        trail
    }

    /// The first segment of a path: scopes from the inside out, then crates, then the standard prelude.
    fn first(&self, scope: DefId, name: &str, namespace: Namespace) -> Found {
        match name {
            "crate" | "$crate" => return Some((Res::Def(self.crate_of(scope).1), None)),
            "self" => return Some((Res::Def(self.program.real_module(scope)), None)),
            "super" => return self.parent_module(self.program.real_module(scope)).map(|def| (Res::Def(def), None)),
            _ => {}
        }
        let mut at = Some(scope);
        while let Some(scope) = at {
            if let Some(found) = self.member(scope, name, namespace) {
                return Some(found);
            }
            at = self.program.scopes.get(&scope).and_then(|scope| scope.lexical_parent);
        }
        if namespace == Namespace::Type
            && let Some(krate) = self.extern_crate(scope, name)
            && (matches!(krate, Res::Def(_)) || !name.starts_with(char::is_uppercase))
        {
            return Some((krate, None));
        }
        self.std_prelude(name, namespace).map(|res| (res, None))
    }

    fn crate_of(&self, scope: DefId) -> (CrateId, DefId) {
        let krate = self.program.def(scope).krate;
        (krate, self.program.krate(krate).root)
    }

    fn parent_module(&self, module: DefId) -> Option<DefId> {
        self.program.def(module).parent.map(|parent| self.program.real_module(parent))
    }

    fn extern_crate(&self, scope: DefId, name: &str) -> Option<Res> {
        let (krate, root) = self.crate_of(scope);
        let data = self.program.krate(krate);
        if let Some(renamed) = self.renamed_crate(root, name) {
            return Some(renamed);
        }
        if let Some(&dependency) = data.dependencies.get(name) {
            return Some(Res::Def(self.program.krate(dependency).root));
        }
        if matches!(name, "std" | "core" | "alloc")
            && let Some(std) = self.std_root()
        {
            return Some(Res::Def(std));
        }
        if data.model && data.name == name {
            return Some(Res::Def(root));
        }
        Some(Res::Extern(name.to_owned()))
    }

    /// `extern crate x as name;` in a crate's root holds in all its modules.
    fn renamed_crate(&self, root: DefId, name: &str) -> Option<Res> {
        let bindings = self.program.scopes.get(&root)?.names.get(name)?;
        bindings.iter().find_map(|binding| match binding {
            Binding::Import(import) => {
                let data = self.program.import(*import);
                let item = &self.program.hir(data.file)[data.item];
                let is_rename = matches!(item.kind, hir::ItemKind::ExternCrate { rename: Some(_) });
                if is_rename { self.import(*import, Namespace::Type) } else { None }
            }
            Binding::Def(_) => None,
        })
    }

    fn std_root(&self) -> Option<DefId> {
        self.program.crates.iter().find(|data| data.model && data.name == "std").map(|data| data.root)
    }

    fn std_prelude(&self, name: &str, namespace: Namespace) -> Option<Res> {
        let std = self.std_root()?;
        let Some((Res::Def(prelude), _)) = self.member(std, "prelude", Namespace::Type) else { return None };
        self.member(prelude, name, namespace).map(|(res, _)| res)
    }

    /// A name in one module, block or enum: its own, its imports', its globs'.
    pub(crate) fn member(&self, scope: DefId, name: &str, namespace: Namespace) -> Found {
        let twins = self.program.module_twins.get(&scope).into_iter().flatten();
        let own = self.own_member(scope, name, namespace);
        own.or_else(|| twins.copied().find_map(|twin| self.own_member(twin, name, namespace)))
    }

    fn own_member(&self, scope: DefId, name: &str, namespace: Namespace) -> Found {
        let data = self.program.scopes.get(&scope)?;
        if let Some(bindings) = data.names.get(name) {
            for &binding in bindings {
                match binding {
                    Binding::Def(def) if self.fits(def, namespace) => return Some((Res::Def(def), None)),
                    Binding::Def(_) => {}
                    Binding::Import(import) => {
                        if let Some(res) = self.import(import, namespace) {
                            return Some((res, Some(import)));
                        }
                    }
                }
            }
        }
        let key = (scope, name.to_owned(), namespace);
        if data.globs.is_empty() || !self.globs_busy.borrow_mut().insert(key.clone()) {
            return None;
        }
        let found = data.globs.iter().find_map(|&glob| {
            let Res::Def(module) = self.import(glob, Namespace::Type)? else { return None };
            let (res, inner) = self.member(module, name, namespace)?;
            self.visible(module, scope, inner, &res).then_some((res, Some(glob)))
        });
        self.globs_busy.borrow_mut().remove(&key);
        found
    }

    /// Whether a glob of `scope` takes `name` from `module`: private names only reach the module's descendants.
    fn visible(&self, module: DefId, scope: DefId, import: Option<ImportId>, res: &Res) -> bool {
        let visibility = match (import, res) {
            (Some(import), _) => self.program.import(import).visibility,
            (None, Res::Def(def)) => self.program.def(*def).visibility,
            (None, Res::Extern(_)) => Visibility::Public,
        };
        let same_crate = self.program.def(module).krate == self.program.def(scope).krate;
        match visibility {
            Visibility::Public => true,
            Visibility::Restricted => same_crate,
            Visibility::Private => self.is_within(scope, module),
        }
    }

    fn is_within(&self, scope: DefId, module: DefId) -> bool {
        let mut at = Some(scope);
        while let Some(here) = at {
            if here == module {
                return true;
            }
            at = self.program.def(here).parent;
        }
        false
    }

    /// What an import leads to; for a glob the module whose names it brings.
    pub(crate) fn import(&self, id: ImportId, namespace: Namespace) -> Option<Res> {
        let key = (id, namespace);
        if let Some(known) = self.imports.borrow().get(&key) {
            return known.clone();
        }
        if !self.busy.borrow_mut().insert(key) {
            return None;
        }
        let import = self.program.import(id);
        let names: Vec<&str> = import.path.iter().map(|name| name.text.as_str()).collect();
        let found = self
            .names(import.scope, &names, import.leading_colon, namespace)
            .filter(|found| found.used == names.len())
            .map(|found| found.res);
        self.busy.borrow_mut().remove(&key);
        self.imports.borrow_mut().insert(key, found.clone());
        found
    }

    fn fits(&self, def: DefId, namespace: Namespace) -> bool {
        match (self.program.def(def).kind, namespace) {
            (DefKind::Variant(_), _) => true,
            (DefKind::Struct, Namespace::Value) => {
                !matches!(self.program.fields(def), Some(hir::Fields::Named(_)) | None)
            }
            (kind, namespace) => {
                let value = matches!(kind, DefKind::Fn | DefKind::Const | DefKind::Static);
                kind != DefKind::Macro && value == (namespace == Namespace::Value)
            }
        }
    }
}
