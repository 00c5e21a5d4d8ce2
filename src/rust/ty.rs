//! Types as far as the rules need them, and how written types become such.

use super::hir::{GenericArgs, ItemKind, Path, Span, TypeId, TypeKind};
use super::index::{DefId, DefKind, FileIdx, Program};
use super::resolve::{Namespace, Res, Resolver};

/// A type. What cannot be told is `Unknown`, never a guess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ty {
    Unknown,
    Adt(DefId, Vec<Ty>),
    /// A type of a crate that is not part of the program, by its path.
    Extern(String, Vec<Ty>),
    /// `dyn Trait` or `impl Trait`.
    Trait(DefId, Vec<Ty>),
    Ref(Box<Ty>),
    Tuple(Vec<Ty>),
    /// Slices and arrays.
    Slice(Box<Ty>),
    /// Closures, function pointers, `Fn` traits.
    Fn(Vec<Ty>, Box<Ty>),
    Future(Box<Ty>),
    /// A generic parameter by name.
    Param(String),
    Prim(String),
    Never,
    /// A type that a body's inference is still looking for.
    Var(u32),
}

impl Ty {
    pub(crate) fn unit() -> Ty {
        Ty::Tuple(Vec::new())
    }

    pub(crate) fn bool() -> Ty {
        Ty::Prim("bool".into())
    }

    /// The type without references around it.
    pub(crate) fn peeled(&self) -> &Ty {
        match self {
            Ty::Ref(inner) => inner.peeled(),
            other => other,
        }
    }

    /// Whether any part of the type satisfies `test`.
    pub(crate) fn any(&self, test: &mut dyn FnMut(&Ty) -> bool) -> bool {
        if test(self) {
            return true;
        }
        match self {
            Ty::Adt(_, args) | Ty::Extern(_, args) | Ty::Trait(_, args) | Ty::Tuple(args) => {
                args.iter().any(|arg| arg.any(test))
            }
            Ty::Ref(inner) | Ty::Slice(inner) | Ty::Future(inner) => inner.any(test),
            Ty::Fn(params, ret) => params.iter().any(|param| param.any(test)) || ret.any(test),
            Ty::Unknown | Ty::Param(_) | Ty::Prim(_) | Ty::Never | Ty::Var(_) => false,
        }
    }

    /// The type with every part replaced for which `with` has another one.
    pub(crate) fn map(&self, with: &mut dyn FnMut(&Ty) -> Option<Ty>) -> Ty {
        if let Some(other) = with(self) {
            return other;
        }
        let mut all = |args: &[Ty]| args.iter().map(|arg| arg.map(with)).collect::<Vec<_>>();
        match self {
            Ty::Adt(def, args) => Ty::Adt(*def, all(args)),
            Ty::Extern(path, args) => Ty::Extern(path.clone(), all(args)),
            Ty::Trait(def, args) => Ty::Trait(*def, all(args)),
            Ty::Tuple(args) => Ty::Tuple(all(args)),
            Ty::Fn(params, ret) => Ty::Fn(all(params), Box::new(ret.map(with))),
            Ty::Ref(inner) => Ty::Ref(Box::new(inner.map(with))),
            Ty::Slice(inner) => Ty::Slice(Box::new(inner.map(with))),
            Ty::Future(inner) => Ty::Future(Box::new(inner.map(with))),
            Ty::Unknown | Ty::Param(_) | Ty::Prim(_) | Ty::Never | Ty::Var(_) => self.clone(),
        }
    }

    /// The type with generic parameters replaced.
    pub(crate) fn substitute(&self, params: &[String], args: &[Ty]) -> Ty {
        self.map(&mut |ty| match ty {
            Ty::Param(name) => {
                let index = params.iter().position(|param| param == name)?;
                args.get(index).cloned()
            }
            _ => None,
        })
    }
}

/// Where a written type stands: what its names mean.
#[derive(Clone, Debug)]
pub(crate) struct TyScope {
    pub(crate) file: FileIdx,
    pub(crate) scope: DefId,
    /// Generic parameters in scope, the inner ones last.
    pub(crate) params: Vec<String>,
    pub(crate) self_ty: Option<Ty>,
    /// The impl or trait around, in which `Self::Name` is looked up.
    pub(crate) owner: Option<DefId>,
    /// Definitions that are being written out: one inside itself has no end.
    pub(crate) within: Vec<DefId>,
}

/// What `<…>` of a path says.
#[derive(Clone, Debug, Default)]
pub(crate) struct PathArgs {
    pub(crate) types: Vec<Ty>,
    pub(crate) assoc: Vec<(String, Ty)>,
}

impl Resolver<'_> {
    /// The scope of types in a definition's signature.
    pub(crate) fn ty_scope(&self, def: DefId) -> TyScope {
        let program: &Program = self.program;
        let data = program.def(def);
        let Some(item_id) = data.item else {
            return TyScope {
                file: data.file,
                scope: def,
                params: Vec::new(),
                self_ty: None,
                owner: None,
                within: Vec::new(),
            };
        };
        let item = &program.hir(data.file)[item_id];
        let scope = program.scope_of_item(data.file, item_id);
        let mut result =
            TyScope { file: data.file, scope, params: Vec::new(), self_ty: None, owner: None, within: Vec::new() };
        if let Some(parent) = data.parent
            && matches!(program.def(parent).kind, DefKind::Impl | DefKind::Trait)
        {
            result = self.ty_scope(parent);
        }
        result.params.extend(item.generics.params.iter().map(|param| param.name.text.clone()));
        match &item.kind {
            ItemKind::Impl { self_ty, .. } => {
                result.self_ty = Some(self.lower(*self_ty, &result));
                result.owner = Some(def);
            }
            ItemKind::Trait { .. } => result.self_ty = Some(Ty::Trait(def, Vec::new())),
            ItemKind::Struct(_) | ItemKind::Enum(_) if !matches!(data.kind, DefKind::Variant(_)) => {
                let args = result.params.iter().cloned().map(Ty::Param).collect();
                result.self_ty = Some(Ty::Adt(def, args));
            }
            _ => {}
        }
        result
    }

    /// Generic parameters of a definition with those of the impl or trait around it.
    pub(crate) fn generics_of(&self, def: DefId) -> Vec<String> {
        self.ty_scope(def).params
    }

    /// Lowers a written type.
    pub(crate) fn lower(&self, ty: TypeId, scope: &TyScope) -> Ty {
        let hir = self.program.hir(scope.file);
        match &hir[ty].kind {
            TypeKind::Path(path) => self.lower_path(path, scope),
            TypeKind::Ref { inner, .. } => Ty::Ref(Box::new(self.lower(*inner, scope))),
            TypeKind::Pointer(inner) => Ty::Ref(Box::new(self.lower(*inner, scope))),
            TypeKind::Tuple(parts) => Ty::Tuple(parts.iter().map(|&part| self.lower(part, scope)).collect()),
            TypeKind::Slice(inner) | TypeKind::Array(inner) => Ty::Slice(Box::new(self.lower(*inner, scope))),
            TypeKind::ImplTrait(bounds) | TypeKind::DynTrait(bounds) => self.lower_bounds(bounds, scope),
            TypeKind::Fn { params, ret } => {
                let params = params.iter().map(|&param| self.lower(param, scope)).collect();
                Ty::Fn(params, Box::new(ret.map_or(Ty::unit(), |ret| self.lower(ret, scope))))
            }
            TypeKind::Never => Ty::Never,
            TypeKind::Infer | TypeKind::Other => Ty::Unknown,
        }
    }

    /// The first bound that says something.
    pub(crate) fn lower_bounds(&self, bounds: &[Path], scope: &TyScope) -> Ty {
        bounds.iter().map(|bound| self.lower_bound(bound, scope)).find(|ty| *ty != Ty::Unknown).unwrap_or(Ty::Unknown)
    }

    fn lower_bound(&self, bound: &Path, scope: &TyScope) -> Ty {
        let Some(last) = bound.segments.last() else { return Ty::Unknown };
        if let GenericArgs::Paren { inputs, output } = &last.args {
            let inputs = inputs.iter().map(|&input| self.lower(input, scope)).collect();
            let output = output.map_or(Ty::unit(), |output| self.lower(output, scope));
            let output = if last.name.text.starts_with("Async") { Ty::Future(Box::new(output)) } else { output };
            return Ty::Fn(inputs, Box::new(output));
        }
        let args = self.path_args(&last.args, scope);
        let assoc = |name: &str| args.assoc.iter().find(|(key, _)| key == name).map(|(_, ty)| ty.clone());
        match last.name.text.as_str() {
            "Future" | "IntoFuture" => return Ty::Future(Box::new(assoc("Output").unwrap_or(Ty::Unknown))),
            "Deref" | "DerefMut" => return Ty::Ref(Box::new(assoc("Target").unwrap_or(Ty::Unknown))),
            "Iterator" | "IntoIterator" | "DoubleEndedIterator" | "ExactSizeIterator" => {
                return self.iter_of(assoc("Item").unwrap_or(Ty::Unknown));
            }
            _ => {}
        }
        match self.path(scope.scope, bound, Namespace::Type) {
            Some(found) if found.used == bound.segments.len() => match found.res {
                Res::Def(def) if self.program.def(def).kind == DefKind::Trait => Ty::Trait(def, args.types),
                _ => Ty::Unknown,
            },
            _ => Ty::Unknown,
        }
    }

    /// The stand-in for any iterator over `item`.
    pub(crate) fn iter_of(&self, item: Ty) -> Ty {
        match self.known("std::iter::Iter") {
            Some(iter) => Ty::Adt(iter, vec![item]),
            None => Ty::Unknown,
        }
    }

    /// A definition of an embedded description by its path.
    pub(crate) fn known(&self, path: &str) -> Option<DefId> {
        let mut names = path.split("::");
        let krate = names.next()?;
        let data = self.program.crates.iter().find(|data| data.model && data.name == krate)?;
        let mut at = data.root;
        for name in names {
            let (Res::Def(next), _) =
                self.member(at, name, Namespace::Type).or_else(|| self.member(at, name, Namespace::Value))?
            else {
                return None;
            };
            at = next;
        }
        Some(at)
    }

    /// `std::option::Option<ty>` and the like.
    pub(crate) fn known_ty(&self, path: &str, args: Vec<Ty>) -> Ty {
        self.known(path).map_or(Ty::Unknown, |def| Ty::Adt(def, args))
    }

    pub(crate) fn path_args(&self, args: &GenericArgs, scope: &TyScope) -> PathArgs {
        match args {
            GenericArgs::None => PathArgs::default(),
            GenericArgs::Angle { types, assoc, .. } => PathArgs {
                types: types.iter().map(|&ty| self.lower(ty, scope)).collect(),
                assoc: assoc.iter().map(|(name, ty)| (name.text.clone(), self.lower(*ty, scope))).collect(),
            },
            GenericArgs::Paren { .. } => PathArgs::default(),
        }
    }

    /// `Self::Name` in an impl that says what `Name` is.
    fn own_associated(&self, path: &Path, scope: &TyScope) -> Option<Ty> {
        let [first, second] = path.segments.as_slice() else { return None };
        let owner = scope.owner.filter(|_| first.name.text == "Self")?;
        let members = self.program.members.get(&owner)?;
        let member = members.iter().copied().find(|&member| self.program.def(member).name == second.name.text)?;
        match &self.program.item(member)?.kind {
            ItemKind::TypeAlias { ty: Some(ty), .. } => {
                Some(self.lower(*ty, &TyScope { owner: None, ..scope.clone() }))
            }
            _ => None,
        }
    }

    fn lower_path(&self, path: &Path, scope: &TyScope) -> Ty {
        if path.qself.is_some() {
            return Ty::Unknown;
        }
        if let Some(own) = self.own_associated(path, scope) {
            return own;
        }
        if let [only] = path.segments.as_slice() {
            let name = only.name.text.as_str();
            if name == "Self" {
                return scope.self_ty.clone().unwrap_or(Ty::Unknown);
            }
            if scope.params.iter().any(|param| param == name) {
                return Ty::Param(name.to_owned());
            }
        }
        let Some(found) = self.path(scope.scope, path, Namespace::Type) else {
            return self.primitive(path);
        };
        let Some(last) = path.segments.get(found.used - 1) else { return Ty::Unknown };
        if found.used < path.segments.len() {
            return Ty::Unknown;
        }
        let args = self.path_args(&last.args, scope).types;
        match found.res {
            Res::Extern(name) if path.segments.len() == 1 && found.import.is_none() => {
                if PRIMITIVES.contains(&name.as_str()) { Ty::Prim(name) } else { Ty::Extern(name, args) }
            }
            Res::Extern(name) => Ty::Extern(name, args),
            Res::Def(def) => self.instantiate_within(def, args, &scope.within),
        }
    }

    fn primitive(&self, path: &Path) -> Ty {
        match path.segments.as_slice() {
            [only] if PRIMITIVES.contains(&only.name.text.as_str()) => Ty::Prim(only.name.text.clone()),
            _ => Ty::Unknown,
        }
    }

    /// A named type with its arguments; aliases are expanded, missing arguments are unknown or the default.
    pub(crate) fn instantiate_type(&self, def: DefId, args: Vec<Ty>) -> Ty {
        self.instantiate_within(def, args, &[])
    }

    /// The same inside of other definitions.
    fn instantiate_within(&self, def: DefId, mut args: Vec<Ty>, within: &[DefId]) -> Ty {
        let Some(item) = self.program.item(def) else { return Ty::Unknown };
        if within.contains(&def) {
            return Ty::Unknown;
        }
        match (&item.kind, self.program.def(def).kind) {
            (ItemKind::TypeAlias { ty: Some(ty), .. }, _) => {
                let scope = self.scope_within(def, within);
                let params: Vec<String> = item.generics.params.iter().map(|param| param.name.text.clone()).collect();
                self.fill_defaults(def, &mut args, within);
                self.lower(*ty, &scope).substitute(&params, &args)
            }
            (_, DefKind::Variant(_)) => match self.program.def(def).parent {
                Some(owner) => self.instantiate_within(owner, args, within),
                None => Ty::Unknown,
            },
            (ItemKind::Struct(_) | ItemKind::Enum(_), _) => {
                self.fill_defaults(def, &mut args, within);
                Ty::Adt(def, args)
            }
            _ => Ty::Unknown,
        }
    }

    fn fill_defaults(&self, def: DefId, args: &mut Vec<Ty>, within: &[DefId]) {
        let Some(item) = self.program.item(def) else { return };
        let scope = self.scope_within(def, within);
        for param in item.generics.params.iter().skip(args.len()) {
            args.push(param.default.map_or(Ty::Unknown, |default| self.lower(default, &scope)));
        }
    }

    fn scope_within(&self, def: DefId, within: &[DefId]) -> TyScope {
        let within = within.iter().copied().chain([def]).collect();
        TyScope { within, ..self.ty_scope(def) }
    }

    /// What a path in a pattern or struct literal names: the struct or variant.
    pub(crate) fn constructor(&self, path: &Path, scope: &TyScope) -> Option<DefId> {
        if let [only] = path.segments.as_slice()
            && only.name.text == "Self"
            && let Some(Ty::Adt(def, _)) = scope.self_ty
        {
            return Some(def);
        }
        if let [first, second] = path.segments.as_slice()
            && first.name.text == "Self"
            && let Some(Ty::Adt(def, _)) = scope.self_ty
        {
            return self.variant(def, &second.name.text);
        }
        for namespace in [Namespace::Type, Namespace::Value] {
            let Some(found) = self.path(scope.scope, path, namespace) else { continue };
            let Res::Def(def) = found.res else { continue };
            match (path.segments.len() - found.used, self.program.def(def).kind) {
                (0, DefKind::Struct | DefKind::Variant(_)) => return Some(def),
                (0, DefKind::TypeAlias) => {
                    if let Ty::Adt(def, _) = self.instantiate_type(def, Vec::new()) {
                        return Some(def);
                    }
                }
                (1, DefKind::TypeAlias) => {
                    if let Ty::Adt(owner, _) = self.instantiate_type(def, Vec::new()) {
                        return self.variant(owner, &path.segments.last()?.name.text);
                    }
                }
                _ => {}
            }
        }
        None
    }

    fn variant(&self, owner: DefId, name: &str) -> Option<DefId> {
        match self.member(owner, name, Namespace::Type)? {
            (Res::Def(def), _) => Some(def),
            _ => None,
        }
    }

    /// The types of a struct's or variant's fields, with their names or numbers and spans.
    pub(crate) fn field_types(&self, def: DefId, args: &[Ty]) -> Vec<(String, Ty, Span)> {
        use super::hir::Fields;
        let Some(fields) = self.program.fields(def) else { return Vec::new() };
        let scope = self.ty_scope(def);
        let (Fields::Named(fields) | Fields::Tuple(fields)) = fields else { return Vec::new() };
        fields
            .iter()
            .enumerate()
            .map(|(index, field)| {
                let name = field.name.as_ref().map_or_else(|| index.to_string(), |name| name.text.clone());
                let ty = self.lower(field.ty, &scope).substitute(&scope.params, args);
                (name, ty, field.span)
            })
            .collect()
    }
}

const PRIMITIVES: &[&str] = &[
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
    "f32", "f64",
];
