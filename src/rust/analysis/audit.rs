//! What does not hold in the texts of some files: the core compares what was there before with what is there now.
//!
//! What is known of the files is not all: names out of macros, other crates and files that were not parsed mean nothing, before
//! and after.

mod locals;

use std::collections::{BTreeMap, BTreeSet};

use super::super::flow::scope_of_type;
use super::super::hir::{ExprId, ExprKind, Hir, ItemKind, PatId, PatKind, Path, Span, TypeId, TypeKind, Visibility};
use super::super::impls::Impls;
use super::super::index::{CrateId, DefId, DefKind, FileIdx, ImportId, Program};
use super::super::infer::Inferred;
use super::super::models;
use super::super::resolve::{Namespace, Res, Resolver};
use super::super::store::FileStore;
use super::super::text::words;
use super::super::ty::Ty;
use super::{PackageInput, index, infer};
use crate::docs::Examples;
use crate::frontend::Flaw;
use crate::tree::{FileId, Tree};

/// What flaws of its kind have in common, the place, and what is wrong.
type Fault = (String, u32, String);

/// The flaws of some `files` of these packages.
pub(crate) fn flaws(tree: &Tree, packages: &[PackageInput], files: &BTreeSet<FileId>) -> Vec<Flaw> {
    let all: BTreeSet<FileId> = packages.iter().flat_map(|package| package.files.iter().copied()).collect();
    let store = FileStore::of(tree, &all, files);
    let mut program = Program::default();
    let models = models::add(&mut program);
    index(&mut program, &models, packages, &Examples::default(), tree, &store);
    let resolver = Resolver::new(&program);
    let impls = Impls::new(&resolver);
    let inferred = infer(&program, &impls, &store);
    let known = Known::of(&resolver, models.runtime);
    let of_file = |(&file, inferred)| {
        let look = Look { resolver: &resolver, known: &known, file, hir: program.hir(file), inferred };
        let file = look.hir.file;
        let faults = look.faults().into_iter();
        faults.map(move |(like, offset, what)| Flaw { file, offset: offset as usize, like, what })
    };
    // A file that two crates share has the flaws of both.
    inferred.iter().flat_map(of_file).collect()
}

/// What the new crate's types have, and which functions the program has.
struct Known {
    runtime: CrateId,
    members: BTreeMap<DefId, BTreeSet<String>>,
    functions: BTreeSet<String>,
}

impl Known {
    fn of(resolver: &Resolver<'_>, runtime: CrateId) -> Self {
        let program = resolver.program;
        let mut members: BTreeMap<DefId, BTreeSet<String>> = BTreeMap::new();
        for block in &program.impls {
            let Some(ItemKind::Impl { self_ty, .. }) = program.item(block.def).map(|item| &item.kind) else { continue };
            if let Ty::Adt(def, _) = resolver.lower(*self_ty, &resolver.ty_scope(block.def)).peeled() {
                let names = block.methods.iter().map(|&method| program.def(method).name.clone());
                members.entry(*def).or_default().extend(names);
            }
        }
        let own = program.defs.iter().zip((0..).map(DefId)).filter(|(_, id)| !program.is_model(*id));
        let functions = own.filter(|(def, _)| def.kind == DefKind::Fn).map(|(def, _)| def.name.clone()).collect();
        Self { runtime, members, functions }
    }

    /// Whether a type whose members are known has none of a name, and no trait of the program gives it one.
    fn lacks(&self, owner: DefId, name: &str) -> bool {
        !DERIVED.contains(&name)
            && !self.functions.contains(name)
            && self.members.get(&owner).is_some_and(|members| !members.contains(name))
    }
}

struct Look<'a> {
    resolver: &'a Resolver<'a>,
    known: &'a Known,
    file: FileIdx,
    hir: &'a Hir,
    inferred: &'a Inferred,
}

impl<'a> Look<'a> {
    fn program(&self) -> &'a Program {
        self.resolver.program
    }

    fn text(&self, span: Span) -> &'a str {
        self.program().unit(self.file).source.slice(span.range())
    }

    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for index in 0..self.hir.exprs.len() as u32 {
            faults.extend(self.of_expr(ExprId(index)));
        }
        for index in 0..self.hir.types.len() as u32 {
            faults.extend(self.of_type(TypeId(index)));
        }
        for index in 0..self.hir.pats.len() as u32 {
            let pat = PatId(index);
            if let PatKind::TupleStruct { path, .. } | PatKind::Struct { path, .. } | PatKind::Path(path) =
                &self.hir[pat].kind
            {
                faults.extend(self.of_path(path, self.program().scope_of_pat(self.file, pat)));
            }
        }
        faults.extend(self.imports());
        faults.extend(self.locals());
        faults
    }

    fn of_expr(&self, expr: ExprId) -> Option<Fault> {
        let scope = || self.program().scope_of_expr(self.file, expr);
        match &self.hir[expr].kind {
            ExprKind::Path(path) if !self.inferred.values.contains_key(&expr) => self.of_path(path, scope()),
            ExprKind::Struct { path, .. } => self.of_path(path, scope()),
            ExprKind::MethodCall { receiver, method, .. } if !self.inferred.methods.contains_key(&expr) => {
                self.of_member(*receiver, &method.text, method.span, "method")
            }
            ExprKind::Field { base, name } if !self.inferred.fields.contains_key(&expr) => {
                self.of_member(*base, &name.text, name.span, "field")
            }
            ExprKind::Macro(call) => {
                let known = |span: Span| self.inferred.captures.iter().any(|(name, _)| name.span == span);
                let lost =
                    call.captures.iter().find(|name| !known(name.span) && !self.is_constant(expr, &name.text))?;
                Some((format!("name {}", lost.text), lost.span.start, format!("`{{{}}}` names nothing", lost.text)))
            }
            _ => None,
        }
    }

    fn is_constant(&self, at: ExprId, name: &str) -> bool {
        let scope = self.program().scope_of_expr(self.file, at);
        self.resolver.names(scope, &[name], false, Namespace::Value).is_some()
    }

    fn of_type(&self, ty: TypeId) -> Option<Fault> {
        let scope = || scope_of_type(self.resolver, self.file, ty);
        match &self.hir[ty].kind {
            TypeKind::Path(path) => self.of_path(path, scope()),
            TypeKind::DynTrait(bounds) | TypeKind::ImplTrait(bounds) => {
                bounds.iter().find_map(|path| self.of_path(path, scope()))
            }
            _ => None,
        }
    }

    /// A path whose first name means nothing, or that leads to nothing in the new crate.
    fn of_path(&self, path: &Path, scope: DefId) -> Option<Fault> {
        let names: Vec<&str> = path.segments.iter().map(|segment| segment.name.text.as_str()).collect();
        let (&first, &last) = (names.first()?, names.last()?);
        if path.qself.is_some() || first == "Self" || is_builtin(first) {
            return None;
        }
        let found = |names: &[&str]| {
            [Namespace::Type, Namespace::Value].iter().any(|&namespace| {
                let found = self.resolver.names(scope, names, path.leading_colon, namespace);
                // A name that means nothing else may be that of a crate, in front of others.
                found.is_some_and(|found| path.segments.len() > 1 || found.res != Res::Extern(first.to_owned()))
            })
        };
        let missing = match names.as_slice() {
            [_] => !found(&names) && !self.is_parameter(path.span, first),
            [first, ..] => {
                !found(&[first]) && !self.is_parameter(path.span, first) || self.leads_nowhere(scope, path, &names)
            }
            [] => false,
        };
        let what = format!("`{}` names nothing", self.text(path.span));
        missing.then(|| (format!("name {last}"), path.span.start, what))
    }

    /// Whether a path leads into the new crate, to nothing.
    fn leads_nowhere(&self, scope: DefId, path: &Path, names: &[&str]) -> bool {
        let found = [Namespace::Type, Namespace::Value]
            .iter()
            .filter_map(|&namespace| self.resolver.names(scope, names, path.leading_colon, namespace))
            .max_by_key(|found| found.used);
        match found {
            Some(found) => match found.res {
                Res::Def(def) => {
                    found.used + 1 == names.len() && self.is_ours(def) && self.lacks(def, names[names.len() - 1])
                }
                Res::Extern(_) => false,
            },
            None => {
                let root = self.resolver.names(scope, &names[..1], path.leading_colon, Namespace::Type);
                matches!(root.map(|root| root.res), Some(Res::Def(def)) if self.is_ours(def))
            }
        }
    }

    fn is_ours(&self, def: DefId) -> bool {
        self.program().def(def).krate == self.known.runtime
    }

    /// Whether a type of the new crate has no associated item of this name.
    fn lacks(&self, owner: DefId, name: &str) -> bool {
        matches!(self.program().def(owner).kind, DefKind::Struct) && self.known.lacks(owner, name)
    }

    /// A method or field of a value of the new crate's, which has none of that name.
    fn of_member(&self, of: ExprId, name: &str, span: Span, what: &str) -> Option<Fault> {
        let Ty::Adt(def, _) = self.inferred.ty(of).peeled() else { return None };
        let is_field = || self.resolver.field_types(*def, &[]).iter().any(|(field, ..)| field == name);
        if !self.is_ours(*def) || !self.known.lacks(*def, name) || is_field() {
            return None;
        }
        let owner = &self.program().def(*def).name;
        Some((format!("{what} {owner}.{name}"), span.start, format!("`{owner}` has no {what} `{name}`")))
    }

    /// Whether a name is a generic parameter of an item around a place.
    fn is_parameter(&self, at: Span, name: &str) -> bool {
        self.hir
            .items
            .iter()
            .any(|item| item.span.contains(at) && item.generics.params.iter().any(|param| param.name.text == name))
    }

    fn imports(&self) -> Vec<Fault> {
        let own = self.program().imports.iter().zip((0..).map(ImportId)).filter(|(data, _)| data.file == self.file);
        let mut faults = Vec::new();
        let mut bound: BTreeMap<(DefId, &str), Vec<ImportId>> = BTreeMap::new();
        for (data, import) in own {
            let meanings: Vec<Res> = [Namespace::Type, Namespace::Value]
                .iter()
                .filter_map(|&namespace| self.resolver.import(import, namespace))
                .collect();
            let at = data.span.start;
            let Some(name) = data.binds.as_deref() else { continue };
            let root = data.path.first().map_or("", |first| first.text.as_str());
            if meanings.is_empty() && !data.is_glob && self.is_known_root(data.scope, root, data.leading_colon) {
                let last = data.path.last().map_or(name, |last| last.text.as_str());
                faults.push((format!("name {last}"), at, format!("the import of `{name}` leads nowhere")));
            }
            let is_trait = meanings.iter().any(|res| matches!(res, Res::Def(def) if self.is_trait(*def)));
            let is_private = data.visibility == Visibility::Private;
            if is_private && !is_trait && !self.is_used(name, self.hir[data.item].span) {
                faults.push((format!("unused import {name}"), at, format!("the import of `{name}` is not used")));
            }
            let is_gated = self.hir.gates.iter().any(|gate| gate.whole.contains(self.hir[data.item].span));
            if name != "_" && !is_gated {
                bound.entry((data.scope, name)).or_default().push(import);
            }
        }
        for ((_, name), imports) in bound.iter().filter(|(_, imports)| imports.len() > 1) {
            let meaning = |import: &ImportId, namespace| self.resolver.import(*import, namespace);
            let clash =
                |namespace: Namespace| imports.iter().filter(|import| meaning(import, namespace).is_some()).count() > 1;
            if clash(Namespace::Type) || clash(Namespace::Value) {
                let at = imports.last().map_or(0, |last| self.program().import(*last).span.start);
                faults.push((format!("imported twice {name}"), at, format!("`{name}` is imported twice")));
            }
        }
        faults
    }

    fn is_known_root(&self, scope: DefId, root: &str, leading_colon: bool) -> bool {
        match self.resolver.names(scope, &[root], leading_colon, Namespace::Type).map(|found| found.res) {
            Some(Res::Def(def)) => !self.program().is_model(def) || self.is_ours(def),
            Some(Res::Extern(_)) => false,
            None => true,
        }
    }

    fn is_trait(&self, def: DefId) -> bool {
        matches!(self.program().def(def).kind, DefKind::Trait | DefKind::Module)
    }

    /// Whether a file names a word outside of its imports.
    fn is_used(&self, name: &str, own: Span) -> bool {
        let source = self.program().unit(self.file).source.text();
        let uses: Vec<Span> =
            self.hir.items.iter().filter(|item| matches!(item.kind, ItemKind::Use(_))).map(|item| item.span).collect();
        words(source, name).any(|at| {
            let at = Span::new(at, at + name.len());
            !own.contains(at) && !uses.iter().any(|import| import.contains(at))
        })
    }
}

/// Methods of traits that types derive or get for all.
const DERIVED: &[&str] = &[
    "clone",
    "clone_from",
    "default",
    "eq",
    "ne",
    "cmp",
    "partial_cmp",
    "hash",
    "fmt",
    "to_string",
    "to_owned",
    "into",
    "try_into",
    "from",
    "try_from",
    "borrow",
    "borrow_mut",
    "as_ref",
    "as_mut",
    "type_id",
    "source",
    "serialize",
    "deserialize",
    "await",
    "drop",
    "deref",
    "downcast_ref",
    "is",
    "boxed",
    "context",
    "with_context",
    "then",
    "map",
    "into_iter",
    "iter",
];

fn is_builtin(name: &str) -> bool {
    [
        "bool",
        "char",
        "str",
        "u8",
        "u16",
        "u32",
        "u64",
        "u128",
        "usize",
        "i8",
        "i16",
        "i32",
        "i64",
        "i128",
        "isize",
        "f32",
        "f64",
        "self",
        "super",
        "crate",
        "macro_rules",
    ]
    .contains(&name)
}

#[cfg(test)]
mod tests;
