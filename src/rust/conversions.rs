//! Which of the program's own types are made of legacy errors: `impl From<RunError> for E`, `#[from]` fields.

use super::flow::Node;
use super::hir::{Fields, ItemId, ItemKind};
use super::index::{Binding, DefId, DefKind, FileIdx, Program};
use super::legacy::{Legacy, Tracked};
use super::resolve::Resolver;
use super::ty::Ty;

/// How a conversion is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The block and its function.
    Impl { block: ItemId, function: DefId },
    /// A field with `#[from]` of a variant.
    Field { variant: usize, field: usize, def: DefId, name: String },
}

/// One conversion of a legacy error.
#[derive(Clone, Debug)]
pub(crate) struct Conversion {
    pub(crate) target: DefId,
    pub(crate) error: Tracked,
    pub(crate) file: FileIdx,
    pub(crate) form: Form,
    pub(crate) node: Node,
}

/// All conversions of a program.
pub(crate) fn all(resolver: &Resolver<'_>, legacy: &Legacy) -> Vec<Conversion> {
    let mut found = written(resolver, legacy);
    for (index, data) in resolver.program.defs.iter().enumerate() {
        let target = DefId(index as u32);
        if data.kind == DefKind::Enum && !resolver.program.is_model(target) {
            found.extend(derived(resolver, legacy, target));
        }
    }
    found
}

/// The error that a type is.
fn error_of(legacy: &Legacy, ty: &Ty) -> Option<Tracked> {
    match ty {
        Ty::Adt(def, _) => legacy.kind(*def).filter(|kind| matches!(kind, Tracked::StateError | Tracked::RunError)),
        _ => None,
    }
}

fn written(resolver: &Resolver<'_>, legacy: &Legacy) -> Vec<Conversion> {
    let program = resolver.program;
    let mut found = Vec::new();
    for block in program.impls.iter().filter(|block| !program.is_model(block.def)) {
        let data = program.def(block.def);
        let (Some(item), Some(block_item)) = (program.item(block.def), data.item) else { continue };
        let ItemKind::Impl { self_ty, trait_path: Some(path), .. } = &item.kind else { continue };
        let Some(last) = path.segments.last().filter(|last| last.name.text == "From") else { continue };
        let scope = resolver.ty_scope(block.def);
        let Ty::Adt(target, _) = resolver.lower(*self_ty, &scope) else { continue };
        let args = resolver.path_args(&last.args, &scope).types;
        let (Some(error), Some(&function)) = (args.first().and_then(|ty| error_of(legacy, ty)), block.methods.first())
        else {
            continue;
        };
        let form = Form::Impl { block: block_item, function };
        found.push(Conversion { target, error, file: data.file, form, node: Node::Item(block.def) });
    }
    found
}

fn derived(resolver: &Resolver<'_>, legacy: &Legacy, target: DefId) -> Vec<Conversion> {
    let program = resolver.program;
    let file = program.def(target).file;
    let Some(ItemKind::Enum(variants)) = program.item(target).map(|item| &item.kind) else { return Vec::new() };
    let scope = resolver.ty_scope(target);
    let mut found = Vec::new();
    for (variant, data) in variants.iter().enumerate() {
        let (Fields::Named(fields) | Fields::Tuple(fields)) = &data.fields else { continue };
        for (field, part) in fields.iter().enumerate().filter(|(_, part)| part.attrs.iter().any(|at| at.path == "from"))
        {
            let (Some(error), Some(def)) =
                (error_of(legacy, &resolver.lower(part.ty, &scope)), variant_def(program, target, variant))
            else {
                continue;
            };
            let name = part.name.as_ref().map_or_else(|| field.to_string(), |name| name.text.clone());
            let node = Node::Field(def, name.clone());
            found.push(Conversion { target, error, file, form: Form::Field { variant, field, def, name }, node });
        }
    }
    found
}

/// The definition of the variant of an enum at a place.
pub(crate) fn variant_def(program: &Program, owner: DefId, index: usize) -> Option<DefId> {
    let bindings = program.scopes.get(&owner)?.names.values().flatten();
    bindings.copied().find_map(|binding| match binding {
        Binding::Def(def) if program.def(def).kind == DefKind::Variant(index as u32) => Some(def),
        _ => None,
    })
}
