//! Types of Go, as far as the legacy API can be met through them.

use std::collections::HashMap;
use std::sync::Arc;

use super::index::{DefId, DefKind, FileIdx, PackageIdx, Program};
use super::syntax::NodeId;

/// A type. What is not known is [`Ty::Unknown`], never a guess.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ty {
    Unknown,
    /// The literal `nil`.
    Nil,
    /// A predeclared type.
    Basic(Arc<str>),
    /// A declared type with its type arguments.
    Named(DefId, Arc<[Ty]>),
    Pointer(Arc<Ty>),
    /// A slice or an array.
    Slice(Arc<Ty>),
    Map(Arc<Ty>, Arc<Ty>),
    Chan(Arc<Ty>),
    Func(Arc<Signature>),
    Tuple(Arc<[Ty]>),
    /// A struct type by its place.
    Struct(FileIdx, NodeId),
    /// An interface type by its place.
    Interface(FileIdx, NodeId),
    /// A type parameter by the place of its declaration.
    Param(FileIdx, NodeId),
}

/// What goes into a function and comes out of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Signature {
    /// The last one is a slice where the function is variadic.
    pub(crate) params: Vec<Ty>,
    pub(crate) is_variadic: bool,
    pub(crate) results: Vec<Ty>,
    /// The place of the function where it is declared, for the slots of its parameters and results.
    pub(crate) decl: Option<(FileIdx, NodeId)>,
}

impl Ty {
    pub(crate) fn basic(name: &str) -> Self {
        Ty::Basic(name.into())
    }

    /// The type behind any number of pointers.
    pub(crate) fn pointee(&self) -> &Ty {
        match self {
            Ty::Pointer(inner) => inner.pointee(),
            _ => self,
        }
    }

    /// The declaration of the type behind pointers.
    pub(crate) fn def(&self) -> Option<DefId> {
        match self.pointee() {
            Ty::Named(def, _) => Some(*def),
            _ => None,
        }
    }

    /// Whether a type parameter is, or is in, the type.
    pub(crate) fn is_open(&self) -> bool {
        match self {
            Ty::Param(..) => true,
            Ty::Named(_, args) => args.iter().any(Ty::is_open),
            Ty::Pointer(inner) | Ty::Slice(inner) | Ty::Chan(inner) => inner.is_open(),
            Ty::Map(key, value) => key.is_open() || value.is_open(),
            Ty::Func(signature) => signature.params.iter().chain(&signature.results).any(Ty::is_open),
            Ty::Tuple(parts) => parts.iter().any(Ty::is_open),
            _ => false,
        }
    }

    /// Whether `test` holds for the type or one that it is made of. Declared types are not looked into.
    pub(crate) fn mentions(&self, test: &dyn Fn(DefId) -> bool) -> bool {
        match self {
            Ty::Named(def, args) => test(*def) || args.iter().any(|arg| arg.mentions(test)),
            Ty::Pointer(inner) | Ty::Slice(inner) | Ty::Chan(inner) => inner.mentions(test),
            Ty::Map(key, value) => key.mentions(test) || value.mentions(test),
            Ty::Func(signature) => signature.params.iter().chain(&signature.results).any(|part| part.mentions(test)),
            Ty::Tuple(parts) => parts.iter().any(|part| part.mentions(test)),
            _ => false,
        }
    }
}

/// Names that only a part of a file sees: type parameters and types declared in functions.
pub(crate) type LocalTypes = HashMap<String, Ty>;

/// Reads written types.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Types<'a> {
    pub(crate) program: &'a Program,
}

impl Types<'_> {
    /// The type that `node` writes.
    pub(crate) fn read(&self, file: FileIdx, node: NodeId, locals: &LocalTypes) -> Ty {
        let syntax = self.program.syntax(file);
        let inner = |role: &str| syntax.child(node, role).map_or(Ty::Unknown, |child| self.read(file, child, locals));
        match syntax.kind(node) {
            "type_identifier" | "identifier" => self.name(file, syntax.text(node), locals),
            "qualified_type" => self.qualified(file, node),
            "selector_expression" => self.qualified(file, node),
            "generic_type" => self.generic(file, node, locals),
            "pointer_type" | "unary_expression" => Ty::Pointer(Arc::new(self.first(file, node, locals))),
            "parenthesized_type" | "parenthesized_expression" | "type_elem" | "type_constraint" => {
                self.first(file, node, locals)
            }
            "slice_type" | "array_type" | "implicit_length_array_type" => Ty::Slice(Arc::new(inner("element"))),
            "map_type" => Ty::Map(Arc::new(inner("key")), Arc::new(inner("value"))),
            "channel_type" => Ty::Chan(Arc::new(inner("value"))),
            "function_type" => Ty::Func(Arc::new(self.signature(file, node, locals))),
            "struct_type" => Ty::Struct(file, node),
            "interface_type" => Ty::Interface(file, node),
            _ => Ty::Unknown,
        }
    }

    fn first(&self, file: FileIdx, node: NodeId, locals: &LocalTypes) -> Ty {
        let child = self.program.syntax(file).children(node).next();
        child.map_or(Ty::Unknown, |child| self.read(file, child, locals))
    }

    fn name(&self, file: FileIdx, name: &str, locals: &LocalTypes) -> Ty {
        if let Some(ty) = locals.get(name) {
            return ty.clone();
        }
        match self.in_package_scope(file, name) {
            Some(def) => self.of_def(def),
            None if is_predeclared(name) => Ty::basic(name),
            None => Ty::Unknown,
        }
    }

    /// What a bare name stands for outside of functions: a declaration of the package or of a package imported with a dot.
    pub(crate) fn in_package_scope(&self, file: FileIdx, name: &str) -> Option<DefId> {
        let entry = self.program.file(file);
        let dotted = || {
            let dots = entry.imports.iter().filter(|import| import.name == ".").filter_map(|import| import.target);
            dots.into_iter().find_map(|package| self.program.lookup(package, name))
        };
        self.program.lookup(entry.package, name).or_else(dotted)
    }

    /// The package that a name of a file's imports stands for.
    pub(crate) fn imported(&self, file: FileIdx, name: &str) -> Option<PackageIdx> {
        self.program.file(file).imports.iter().find(|import| import.name == name)?.target
    }

    fn qualified(&self, file: FileIdx, node: NodeId) -> Ty {
        let syntax = self.program.syntax(file);
        let mut parts = syntax.children(node);
        let (Some(package), Some(name)) = (parts.next(), parts.next()) else { return Ty::Unknown };
        let package = self.imported(file, syntax.text(package));
        let def = package.and_then(|package| self.program.lookup(package, syntax.text(name)));
        def.map_or(Ty::Unknown, |def| self.of_def(def))
    }

    fn generic(&self, file: FileIdx, node: NodeId, locals: &LocalTypes) -> Ty {
        let syntax = self.program.syntax(file);
        let base = syntax.child(node, "type").map_or(Ty::Unknown, |base| self.read(file, base, locals));
        let Ty::Named(def, _) = base else { return base };
        let args = syntax.child(node, "type_arguments").into_iter().flat_map(|args| syntax.children(args));
        Ty::Named(def, args.map(|arg| self.read(file, arg, locals)).collect())
    }

    /// The type that a declaration stands for: an alias is what it means.
    pub(crate) fn of_def(&self, def: DefId) -> Ty {
        let data = self.program.def(def);
        match data.kind {
            DefKind::Type => Ty::Named(def, Arc::new([])),
            DefKind::Alias => match self.program.syntax(data.file).child(data.node, "type") {
                // An alias of itself is no program.
                Some(node) if !self.is_circular(def, 0) => self.read(data.file, node, &LocalTypes::new()),
                _ => Ty::Unknown,
            },
            _ => Ty::Unknown,
        }
    }

    fn is_circular(&self, def: DefId, depth: usize) -> bool {
        let data = self.program.def(def);
        if data.kind != DefKind::Alias {
            return false;
        }
        let syntax = self.program.syntax(data.file);
        let Some(node) = syntax.child(data.node, "type") else { return true };
        let names = syntax.below(node).filter(|&node| syntax.kind(node) == "type_identifier");
        let mut targets = names.filter_map(|name| self.in_package_scope(data.file, syntax.text(name)));
        depth > 16 || targets.any(|target| self.is_circular(target, depth + 1))
    }

    /// The signature of a function, function type or method.
    pub(crate) fn signature(&self, file: FileIdx, node: NodeId, locals: &LocalTypes) -> Signature {
        let syntax = self.program.syntax(file);
        let mut signature = Signature { params: Vec::new(), is_variadic: false, results: Vec::new(), decl: None };
        let locals = &self.with_type_params(file, node, locals);
        for param in syntax.child(node, "parameters").into_iter().flat_map(|list| syntax.children(list)) {
            let ty = syntax.child(param, "type").map_or(Ty::Unknown, |ty| self.read(file, ty, locals));
            if syntax.kind(param) == "variadic_parameter_declaration" {
                signature.is_variadic = true;
                signature.params.push(Ty::Slice(Arc::new(ty)));
            } else {
                let names = syntax.names(param).count();
                signature.params.extend(std::iter::repeat_n(ty, names.max(1)));
            }
        }
        if let Some(result) = syntax.child(node, "result") {
            signature.results = self.results(file, result, locals);
        }
        signature.decl = Some((file, node));
        signature
    }

    fn results(&self, file: FileIdx, result: NodeId, locals: &LocalTypes) -> Vec<Ty> {
        let syntax = self.program.syntax(file);
        if syntax.kind(result) != "parameter_list" {
            return vec![self.read(file, result, locals)];
        }
        let mut results = Vec::new();
        for param in syntax.children(result) {
            let ty = syntax.child(param, "type").map_or(Ty::Unknown, |ty| self.read(file, ty, locals));
            let names = syntax.names(param).count();
            results.extend(std::iter::repeat_n(ty, names.max(1)));
        }
        results
    }

    /// `locals` with the type parameters of a declaration, and those that a method's receiver names.
    pub(crate) fn with_type_params(&self, file: FileIdx, node: NodeId, locals: &LocalTypes) -> LocalTypes {
        let syntax = self.program.syntax(file);
        let mut all = locals.clone();
        for name in self.type_params(file, node) {
            all.insert(syntax.text(name).to_owned(), Ty::Param(file, name));
        }
        let Some(receiver) = syntax.child(node, "receiver") else { return all };
        let generic = syntax.below(receiver).find(|&node| syntax.kind(node) == "generic_type");
        let Some(generic) = generic else { return all };
        let owner = syntax.child(generic, "type").map(|name| syntax.text(name));
        let owner = owner.and_then(|name| self.in_package_scope(file, name)).map(|def| self.program.def(def));
        let args = syntax.child(generic, "type_arguments").into_iter().flat_map(|args| syntax.children(args));
        for (index, arg) in args.enumerate() {
            let declared = owner.and_then(|owner| {
                let name = *self.type_params(owner.file, owner.node).get(index)?;
                Some(Ty::Param(owner.file, name))
            });
            all.insert(syntax.text(arg).to_owned(), declared.unwrap_or(Ty::Unknown));
        }
        all
    }

    /// The names of the type parameters of a declaration.
    pub(crate) fn type_params(&self, file: FileIdx, node: NodeId) -> Vec<NodeId> {
        let syntax = self.program.syntax(file);
        let list = syntax.child(node, "type_parameters");
        let params = list.into_iter().flat_map(|list| syntax.children(list));
        params.flat_map(|param| syntax.names(param)).collect()
    }

    /// What a declared type is made of, with its arguments put in.
    pub(crate) fn underlying(&self, ty: &Ty) -> Ty {
        let mut ty = ty.clone();
        for _ in 0..16 {
            let Ty::Named(def, args) = &ty else { return ty };
            let data = self.program.def(*def);
            let Some(node) = self.program.syntax(data.file).child(data.node, "type") else { return Ty::Unknown };
            let locals = self.with_type_params(data.file, data.node, &LocalTypes::new());
            let inner = self.read(data.file, node, &locals);
            ty = substitute(&inner, &self.bindings(*def, args));
        }
        Ty::Unknown
    }

    fn bindings(&self, def: DefId, args: &[Ty]) -> Bindings {
        let data = self.program.def(def);
        let params = self.type_params(data.file, data.node);
        params.into_iter().zip(args.iter().cloned()).map(|(name, arg)| ((data.file, name), arg)).collect()
    }

    /// The field or method that `name` selects of a value of type `ty`, with its type.
    pub(crate) fn select(&self, ty: &Ty, name: &str) -> Option<(DefId, Ty)> {
        let mut level = vec![ty.clone()];
        for _ in 0..6 {
            let mut next = Vec::new();
            for ty in &level {
                if let Some(found) = self.select_here(ty, name, &mut next) {
                    return Some(found);
                }
            }
            level = next;
        }
        None
    }

    fn select_here(&self, ty: &Ty, name: &str, embedded: &mut Vec<Ty>) -> Option<(DefId, Ty)> {
        let ty = ty.pointee();
        let bindings = match ty {
            Ty::Named(def, args) => self.bindings(*def, args),
            _ => Bindings::new(),
        };
        if let Ty::Named(def, _) = ty {
            let mut methods = self.program.methods(*def).iter();
            if let Some(&method) = methods.find(|&&method| self.program.def(method).name == name) {
                return Some((method, substitute(&self.of_value(method), &bindings)));
            }
        }
        let (file, node) = match self.underlying(ty) {
            Ty::Struct(file, node) | Ty::Interface(file, node) => (file, node),
            _ => return None,
        };
        for &member in self.program.members(file, node) {
            let data = self.program.def(member);
            let member_ty = || substitute(&self.of_value(member), &bindings);
            if data.name == name {
                return Some((member, member_ty()));
            }
            if data.is_embedded {
                embedded.push(member_ty());
            }
        }
        let syntax = self.program.syntax(file);
        if syntax.kind(node) == "interface_type" {
            let parts = syntax.children(node).filter(|&part| syntax.kind(part) == "type_elem");
            embedded.extend(parts.map(|part| self.read(file, part, &LocalTypes::new())));
        }
        None
    }

    /// The type of a function, method or field as it is declared. Variables are the business of inference.
    pub(crate) fn of_value(&self, def: DefId) -> Ty {
        let data = self.program.def(def);
        match data.kind {
            DefKind::Func | DefKind::Method => {
                Ty::Func(Arc::new(self.signature(data.file, data.node, &LocalTypes::new())))
            }
            DefKind::Field => {
                let syntax = self.program.syntax(data.file);
                let spec = syntax.enclosing(data.node, &["type_spec"]);
                let locals = match spec {
                    Some(spec) => self.with_type_params(data.file, spec, &LocalTypes::new()),
                    None => LocalTypes::new(),
                };
                let Some(written) = syntax.child(data.node, "type") else { return Ty::Unknown };
                let ty = self.read(data.file, written, &locals);
                // The grammar leaves the star of an embedded pointer out of the type.
                let is_pointer = data.is_embedded && syntax.text(data.node).starts_with('*');
                if is_pointer { Ty::Pointer(Arc::new(ty)) } else { ty }
            }
            _ => Ty::Unknown,
        }
    }
}

/// Types by the type parameters that they are put in for.
pub(crate) type Bindings = HashMap<(FileIdx, NodeId), Ty>;

/// `ty` with type parameters replaced.
pub(crate) fn substitute(ty: &Ty, bindings: &Bindings) -> Ty {
    if bindings.is_empty() {
        return ty.clone();
    }
    let inner = |ty: &Ty| Arc::new(substitute(ty, bindings));
    let all = |types: &[Ty]| types.iter().map(|ty| substitute(ty, bindings)).collect::<Vec<_>>();
    match ty {
        Ty::Param(file, name) => bindings.get(&(*file, *name)).cloned().unwrap_or_else(|| ty.clone()),
        Ty::Named(def, args) => Ty::Named(*def, all(args).into()),
        Ty::Pointer(of) => Ty::Pointer(inner(of)),
        Ty::Slice(of) => Ty::Slice(inner(of)),
        Ty::Chan(of) => Ty::Chan(inner(of)),
        Ty::Map(key, value) => Ty::Map(inner(key), inner(value)),
        Ty::Tuple(parts) => Ty::Tuple(all(parts).into()),
        Ty::Func(signature) => Ty::Func(Arc::new(Signature {
            params: all(&signature.params),
            results: all(&signature.results),
            ..(**signature).clone()
        })),
        _ => ty.clone(),
    }
}

/// Finds what type parameters stand for by laying a parameter's type over an argument's.
pub(crate) fn unify(param: &Ty, arg: &Ty, bindings: &mut Bindings) {
    match (param, arg) {
        (Ty::Param(file, name), _) if *arg != Ty::Unknown => {
            bindings.entry((*file, *name)).or_insert_with(|| arg.clone());
        }
        (Ty::Pointer(a), Ty::Pointer(b)) | (Ty::Slice(a), Ty::Slice(b)) | (Ty::Chan(a), Ty::Chan(b)) => {
            unify(a, b, bindings);
        }
        (Ty::Map(a, b), Ty::Map(c, d)) => {
            unify(a, c, bindings);
            unify(b, d, bindings);
        }
        (Ty::Named(a, left), Ty::Named(b, right)) if a == b => {
            left.iter().zip(right.iter()).for_each(|(left, right)| unify(left, right, bindings));
        }
        (Ty::Func(a), Ty::Func(b)) => {
            a.params.iter().zip(&b.params).for_each(|(left, right)| unify(left, right, bindings));
            a.results.iter().zip(&b.results).for_each(|(left, right)| unify(left, right, bindings));
        }
        _ => {}
    }
}

fn is_predeclared(name: &str) -> bool {
    matches!(
        name,
        "any"
            | "bool"
            | "byte"
            | "comparable"
            | "complex64"
            | "complex128"
            | "error"
            | "float32"
            | "float64"
            | "int"
            | "int8"
            | "int16"
            | "int32"
            | "int64"
            | "rune"
            | "string"
            | "uint"
            | "uint8"
            | "uint16"
            | "uint32"
            | "uint64"
            | "uintptr"
    )
}
