//! Types, locals and callees of one body: one walk in source order, with unification for what is only known later.

mod calls;
mod control;
mod conversions;
mod macros;
mod objects;
mod paths;
mod pattern;

use std::collections::HashMap;

use super::hir::{ExprId, ExprKind, Hir, ItemId, ItemKind, Lit, Name, PatId, Path};
use super::impls::Impls;
use super::index::{DefId, DefKind, FileIdx, ImportId};
use super::resolve::Resolver;
use super::ty::{Ty, TyScope};

/// What a path expression or call names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ValueRes {
    Local(PatId),
    Def(DefId),
    Extern(String),
}

/// Everything inferred about one file's bodies.
#[derive(Debug, Default)]
pub(crate) struct Inferred {
    pub(crate) exprs: HashMap<ExprId, Ty>,
    /// Types of bindings.
    pub(crate) bindings: HashMap<PatId, Ty>,
    /// What path expressions stand for.
    pub(crate) values: HashMap<ExprId, ValueRes>,
    /// The import through which a path expression was found.
    pub(crate) imports: HashMap<ExprId, ImportId>,
    /// Callees of method calls.
    pub(crate) methods: HashMap<ExprId, DefId>,
    /// The struct or variant and the field's name of field accesses.
    pub(crate) fields: HashMap<ExprId, (DefId, String)>,
    /// Struct literals' and patterns' structs or variants.
    pub(crate) literals: HashMap<ExprId, DefId>,
    pub(crate) pattern_defs: HashMap<PatId, DefId>,
    /// Locals that format strings name, with the places of the names.
    pub(crate) captures: Vec<(Name, PatId)>,
    /// Bindings of one name in one block, of which conditions choose one: the earlier and the later.
    pub(crate) alternatives: Vec<(PatId, PatId)>,
    /// Where an object of a trait behind a pointer or reference is wanted: the type of that.
    pub(crate) wanted: HashMap<ExprId, Ty>,
}

impl Inferred {
    pub(crate) fn ty(&self, expr: ExprId) -> &Ty {
        self.exprs.get(&expr).unwrap_or(&Ty::Unknown)
    }

    /// The bindings that `pat`, the last one of its name, may stand for, itself first.
    pub(crate) fn alternatives_of(&self, pat: PatId) -> Vec<PatId> {
        let mut found = vec![pat];
        while let Some((earlier, _)) = self.alternatives.iter().find(|(_, later)| Some(later) == found.last()) {
            found.push(*earlier);
        }
        found
    }

    fn extend(&mut self, other: Inferred) {
        self.exprs.extend(other.exprs);
        self.bindings.extend(other.bindings);
        self.values.extend(other.values);
        self.imports.extend(other.imports);
        self.methods.extend(other.methods);
        self.fields.extend(other.fields);
        self.literals.extend(other.literals);
        self.pattern_defs.extend(other.pattern_defs);
        self.captures.extend(other.captures);
        self.alternatives.extend(other.alternatives);
        self.wanted.extend(other.wanted);
    }

    /// Whether the type of a receiver is known whose method or field was not found.
    fn learns_late(&self, hir: &Hir) -> bool {
        self.exprs.keys().any(|id| match &hir[*id].kind {
            ExprKind::MethodCall { receiver, method, .. } => {
                method.text != "clone"
                    && !self.methods.contains_key(id)
                    && matches!(self.ty(*receiver).peeled(), Ty::Adt(..) | Ty::Trait(..))
            }
            ExprKind::Field { base, .. } => {
                !self.fields.contains_key(id) && matches!(self.ty(*base).peeled(), Ty::Adt(..))
            }
            _ => false,
        })
    }

    pub(crate) fn local(&self, expr: ExprId) -> Option<PatId> {
        match self.values.get(&expr) {
            Some(ValueRes::Local(pat)) => Some(*pat),
            _ => None,
        }
    }
}

/// Infers all bodies of a file.
pub(crate) fn infer_file(resolver: &Resolver<'_>, impls: &Impls, file: FileIdx) -> Inferred {
    let hir = resolver.program.hir(file);
    let mut inferred = Inferred::default();
    for (index, item) in hir.items.iter().enumerate() {
        let id = ItemId(index as u32);
        match &item.kind {
            ItemKind::Fn(function) => {
                if let Some(body) = function.body {
                    infer_body(resolver, impls, file, id, body, &mut inferred);
                }
            }
            ItemKind::Const { value: Some(value), .. } | ItemKind::Static { value: Some(value), .. } => {
                infer_body(resolver, impls, file, id, *value, &mut inferred);
            }
            ItemKind::Macro(call) => {
                let mut body = Body::new(resolver, impls, file, id);
                body.macro_call(call, None);
                body.finish(&mut inferred);
            }
            _ => {}
        }
    }
    inferred
}

/// Infers a body, and once more where a receiver's type was only known after its method was looked up.
fn infer_body(resolver: &Resolver<'_>, impls: &Impls, file: FileIdx, owner: ItemId, value: ExprId, out: &mut Inferred) {
    let mut found = Inferred::default();
    walk_body(resolver, impls, file, owner, value, HashMap::new(), &mut found);
    if found.learns_late(resolver.program.hir(file)) {
        let known = std::mem::take(&mut found).bindings;
        walk_body(resolver, impls, file, owner, value, known, &mut found);
    }
    out.extend(found);
}

fn walk_body(
    resolver: &Resolver<'_>,
    impls: &Impls,
    file: FileIdx,
    owner: ItemId,
    value: ExprId,
    known: HashMap<PatId, Ty>,
    out: &mut Inferred,
) {
    let mut body = Body::new(resolver, impls, file, owner);
    body.known = known;
    let hir = body.hir;
    let mut ret = None;
    match &hir[owner].kind {
        ItemKind::Fn(function) => {
            body.bind_params(function);
            function.attribute_calls.iter().for_each(|&call| drop(body.expr(call, None)));
            ret = function.ret.map(|ret| resolver.lower(ret, &body.scope));
        }
        ItemKind::Const { ty, .. } | ItemKind::Static { ty, .. } => ret = Some(resolver.lower(*ty, &body.scope)),
        _ => {}
    }
    body.returns.push(ret.clone().unwrap_or_else(Ty::unit));
    let found = body.expr(value, ret.as_ref());
    if let Some(ret) = ret {
        body.unify(&ret, &found);
    }
    body.finish(out);
}

/// The walk through one body.
struct Body<'a> {
    resolver: &'a Resolver<'a>,
    impls: &'a Impls,
    file: FileIdx,
    hir: &'a Hir,
    scope: TyScope,
    bounds: HashMap<String, Vec<Ty>>,
    locals: Vec<HashMap<String, PatId>>,
    vars: Vec<Option<Ty>>,
    returns: Vec<Ty>,
    /// Types of bindings that an earlier walk found.
    known: HashMap<PatId, Ty>,
    out: Inferred,
}

impl<'a> Body<'a> {
    fn new(resolver: &'a Resolver<'a>, impls: &'a Impls, file: FileIdx, owner: ItemId) -> Self {
        let program = resolver.program;
        let hir = program.hir(file);
        let scope = match program.def_of_item(file, owner) {
            Some(def) => resolver.ty_scope(def),
            None => {
                let scope = program.scope_of_item(file, owner);
                TyScope { file, scope, params: Vec::new(), self_ty: None, owner: None, within: Vec::new() }
            }
        };
        let mut body = Self {
            resolver,
            impls,
            file,
            hir,
            scope,
            bounds: HashMap::new(),
            locals: vec![HashMap::new()],
            vars: Vec::new(),
            returns: Vec::new(),
            known: HashMap::new(),
            out: Inferred::default(),
        };
        body.collect_bounds(owner);
        body
    }

    /// `T: Trait` of the function and of the impl around it.
    fn collect_bounds(&mut self, owner: ItemId) {
        let mut at = Some(owner);
        while let Some(item) = at {
            let item = &self.hir[item];
            for param in &item.generics.params {
                let bounds = param.bounds.iter().map(|bound| self.bound(bound)).collect::<Vec<_>>();
                self.bounds.entry(param.name.text.clone()).or_default().extend(bounds);
            }
            for (ty, bounds) in &item.generics.predicates {
                if let Ty::Param(name) = self.resolver.lower(*ty, &self.scope) {
                    let bounds = bounds.iter().map(|bound| self.bound(bound)).collect::<Vec<_>>();
                    self.bounds.entry(name).or_default().extend(bounds);
                }
            }
            at = match item.parent {
                super::hir::ItemParent::Item(parent) => Some(parent),
                _ => None,
            };
        }
    }

    fn bound(&self, bound: &Path) -> Ty {
        self.resolver.lower_bounds(std::slice::from_ref(bound), &self.scope)
    }

    /// The function or future that a type parameter is said to be.
    fn bounded(&self, ty: &Ty) -> Ty {
        let Ty::Param(name) = ty.peeled() else { return ty.clone() };
        let bounds = self.bounds.get(name).into_iter().flatten();
        bounds.into_iter().find(|bound| matches!(bound, Ty::Fn(..) | Ty::Future(_))).unwrap_or(ty).clone()
    }

    fn bind_params(&mut self, function: &'a super::hir::FnItem) {
        for param in &function.params {
            let ty = self.resolver.lower(param.ty, &self.scope);
            self.pattern(param.pat, &ty);
        }
    }

    fn finish(self, out: &mut Inferred) {
        let Self { vars, out: mut found, .. } = self;
        let types = found.exprs.values_mut().chain(found.bindings.values_mut());
        types.for_each(|ty| *ty = settled(ty, &vars));
        out.extend(found);
    }

    fn var(&mut self) -> Ty {
        self.vars.push(None);
        Ty::Var(self.vars.len() as u32 - 1)
    }

    /// The type as far as it is known now, at its head.
    fn shallow(&self, ty: &Ty) -> Ty {
        let mut at = ty;
        while let Ty::Var(index) = at {
            match &self.vars[*index as usize] {
                Some(known) => at = known,
                None => break,
            }
        }
        at.clone()
    }

    fn deep(&self, ty: &Ty) -> Ty {
        ty.map(&mut |ty| match ty {
            Ty::Var(_) => {
                let known = self.shallow(ty);
                if matches!(known, Ty::Var(_)) { Some(known) } else { Some(self.deep(&known)) }
            }
            _ => None,
        })
    }

    /// Makes two types equal as far as that goes; a mismatch (a coercion) is left alone.
    fn unify(&mut self, a: &Ty, b: &Ty) {
        let (a, b) = (self.shallow(a), self.shallow(b));
        match (&a, &b) {
            (Ty::Var(x), Ty::Var(y)) if x == y => {}
            (Ty::Unknown | Ty::Never, _) | (_, Ty::Unknown | Ty::Never) => {}
            (Ty::Var(x), other) | (other, Ty::Var(x)) => {
                let other = self.deep(other);
                if !other.any(&mut |part| *part == Ty::Var(*x)) {
                    self.vars[*x as usize] = Some(other);
                }
            }
            (Ty::Adt(x, xs), Ty::Adt(y, ys)) | (Ty::Trait(x, xs), Ty::Trait(y, ys)) if x == y => self.unify_all(xs, ys),
            (Ty::Extern(x, xs), Ty::Extern(y, ys)) if x == y => self.unify_all(xs, ys),
            (Ty::Tuple(xs), Ty::Tuple(ys)) if xs.len() == ys.len() => self.unify_all(xs, ys),
            (Ty::Fn(xs, x), Ty::Fn(ys, y)) => {
                self.unify_all(xs, ys);
                self.unify(x, y);
            }
            (Ty::Ref(x), Ty::Ref(y)) | (Ty::Slice(x), Ty::Slice(y)) | (Ty::Future(x), Ty::Future(y)) => {
                self.unify(x, y);
            }
            _ => {}
        }
    }

    fn unify_all(&mut self, xs: &[Ty], ys: &[Ty]) {
        for (x, y) in xs.iter().zip(ys) {
            self.unify(x, y);
        }
    }

    /// Unknown parts become variables, so that later uses can tell.
    fn open(&mut self, ty: &Ty) -> Ty {
        let mut count = self.vars.len() as u32;
        let opened = ty.map(&mut |part| {
            (*part == Ty::Unknown).then(|| {
                count += 1;
                Ty::Var(count - 1)
            })
        });
        self.vars.resize(count as usize, None);
        opened
    }

    /// The unit of the walk: infers `id` and remembers its type.
    fn expr(&mut self, id: ExprId, expected: Option<&Ty>) -> Ty {
        let ty = self.expr_inner(id, expected);
        self.out.exprs.insert(id, ty.clone());
        if let Some(wanted) = expected {
            self.want(id, wanted);
        }
        ty
    }

    fn all(&mut self, ids: &[ExprId]) {
        for &id in ids {
            self.expr(id, None);
        }
    }

    fn expr_inner(&mut self, id: ExprId, expected: Option<&Ty>) -> Ty {
        let hir = self.hir;
        match &hir[id].kind {
            ExprKind::Path(path) => self.path_expr(id, path),
            ExprKind::Lit(lit) => literal(lit),
            ExprKind::Call { callee, args } => self.call(*callee, args, expected),
            ExprKind::MethodCall { receiver, method, turbofish, args } => {
                self.method_call(id, *receiver, method, turbofish, args, expected)
            }
            ExprKind::Field { base, name } => self.field(id, *base, name),
            ExprKind::Struct { path, fields, rest } => self.struct_literal(id, path, fields, *rest),
            ExprKind::Ref { expr, .. } => {
                let expected = match expected {
                    Some(Ty::Ref(inner)) => Some((**inner).clone()),
                    _ => None,
                };
                Ty::Ref(Box::new(self.expr(*expr, expected.as_ref())))
            }
            ExprKind::Deref(expr) => {
                let ty = self.expr(*expr, None);
                let ty = self.shallow(&ty);
                self.impls.deref(&ty).unwrap_or(Ty::Unknown)
            }
            ExprKind::Unary { expr, .. } => self.expr(*expr, None),
            ExprKind::Binary { op, lhs, rhs } => self.binary(op, *lhs, *rhs),
            ExprKind::Assign { lhs, rhs } => {
                let left = self.expr(*lhs, None);
                let right = self.expr(*rhs, Some(&left));
                self.unify(&left, &right);
                Ty::unit()
            }
            ExprKind::Try(expr) => self.try_expr(*expr),
            ExprKind::Await(expr) => {
                let ty = self.expr(*expr, None);
                let ty = self.bounded(&self.deep(&ty));
                self.impls.awaited(&ty)
            }
            ExprKind::Block { stmts, flavour, .. } => self.block(id, stmts, *flavour, expected),
            ExprKind::If { condition, then, otherwise } => self.if_expr(*condition, *then, *otherwise, expected),
            ExprKind::Let { pat, expr } => {
                let ty = self.expr(*expr, None);
                self.pattern(*pat, &ty);
                Ty::bool()
            }
            ExprKind::Match { scrutinee, arms } => self.match_expr(*scrutinee, arms, expected),
            ExprKind::Loop { body } => {
                self.expr(*body, None);
                Ty::Unknown
            }
            ExprKind::While { condition, body } => {
                self.locals.push(HashMap::new());
                self.expr(*condition, None);
                self.expr(*body, None);
                self.locals.pop();
                Ty::unit()
            }
            ExprKind::For { pat, iter, body } => {
                let ty = self.expr(*iter, None);
                let item = self.item_of(&ty);
                self.locals.push(HashMap::new());
                self.pattern(*pat, &item);
                self.expr(*body, None);
                self.locals.pop();
                Ty::unit()
            }
            ExprKind::Closure { params, ret, body, is_async, .. } => {
                self.closure(params, *ret, *body, *is_async, expected)
            }
            ExprKind::Return(value) => {
                let expected = self.returns.last().cloned();
                if let Some(value) = value {
                    let ty = self.expr(*value, expected.as_ref());
                    if let Some(expected) = expected {
                        self.unify(&expected, &ty);
                    }
                }
                Ty::Never
            }
            ExprKind::Break(value) => {
                self.all(value.as_slice());
                Ty::Never
            }
            ExprKind::Continue => Ty::Never,
            ExprKind::Tuple(parts) => {
                let hints: Vec<Ty> = match expected {
                    Some(Ty::Tuple(hints)) if hints.len() == parts.len() => hints.clone(),
                    _ => vec![Ty::Unknown; parts.len()],
                };
                Ty::Tuple(parts.iter().zip(&hints).map(|(&part, hint)| self.expr(part, Some(hint))).collect())
            }
            ExprKind::Array(parts) => {
                let item = self.var();
                let wanted = match expected {
                    Some(Ty::Slice(wanted)) => Some(&**wanted),
                    _ => None,
                };
                for &part in parts {
                    let ty = self.expr(part, wanted);
                    self.unify(&item, &ty);
                }
                Ty::Slice(Box::new(item))
            }
            ExprKind::Repeat { value, len } => {
                self.expr(*len, None);
                Ty::Slice(Box::new(self.expr(*value, None)))
            }
            ExprKind::Paren(expr) => self.expr(*expr, expected),
            ExprKind::Index { base, index } => {
                let ty = self.expr(*base, None);
                self.expr(*index, None);
                self.indexed(&ty)
            }
            ExprKind::Range { from, to } => {
                self.all(from.as_slice());
                self.all(to.as_slice());
                self.resolver.iter_of(Ty::Prim("usize".into()))
            }
            ExprKind::Cast { expr, ty } => {
                self.expr(*expr, None);
                self.resolver.lower(*ty, &self.scope)
            }
            ExprKind::Macro(call) => self.macro_call(call, expected),
            ExprKind::Other(parts) => {
                self.all(parts);
                Ty::Unknown
            }
        }
    }

    fn binary(&mut self, op: &str, lhs: ExprId, rhs: ExprId) -> Ty {
        let left = self.expr(lhs, None);
        let right = self.expr(rhs, None);
        match op {
            "==" | "!=" | "<" | ">" | "<=" | ">=" | "&&" | "||" => Ty::bool(),
            op if op.ends_with('=') => Ty::unit(),
            _ if left == Ty::Unknown => right,
            _ => left,
        }
    }

    fn try_expr(&mut self, expr: ExprId) -> Ty {
        let ty = self.expr(expr, None);
        match self.shallow(&ty) {
            Ty::Adt(def, args) if self.is_known(def, &["std::result::Result", "std::option::Option"]) => {
                args.first().cloned().unwrap_or(Ty::Unknown)
            }
            _ => Ty::Unknown,
        }
    }

    fn is_known(&self, def: DefId, paths: &[&str]) -> bool {
        paths.iter().any(|path| self.resolver.known(path) == Some(def))
    }

    fn path_expr(&mut self, id: ExprId, path: &Path) -> Ty {
        if let [only] = path.segments.as_slice() {
            if let Some(pat) = self.lookup_local(&only.name.text) {
                self.out.values.insert(id, ValueRes::Local(pat));
                return self.out.bindings.get(&pat).cloned().unwrap_or(Ty::Unknown);
            }
            if only.name.text == "self" {
                return self.self_value();
            }
        }
        match self.value_path(path) {
            Some(found) => {
                if let Some(import) = found.import {
                    self.out.imports.insert(id, import);
                }
                self.out.values.insert(id, found.res);
                found.ty
            }
            None => Ty::Unknown,
        }
    }

    fn lookup_local(&self, name: &str) -> Option<PatId> {
        self.locals.iter().rev().find_map(|scope| scope.get(name).copied())
    }

    /// The type of `self` in the method around.
    fn self_value(&self) -> Ty {
        let self_ty = self.scope.self_ty.clone().unwrap_or(Ty::Unknown);
        Ty::Ref(Box::new(self_ty))
    }

    fn field(&mut self, id: ExprId, base: ExprId, name: &Name) -> Ty {
        let ty = self.expr(base, None);
        let mut at = self.deep(&ty);
        for _ in 0..12 {
            match &at {
                Ty::Tuple(parts) => {
                    return name.text.parse::<usize>().ok().and_then(|n| parts.get(n).cloned()).unwrap_or(Ty::Unknown);
                }
                Ty::Adt(def, args) => {
                    let found =
                        self.resolver.field_types(*def, args).into_iter().find(|(field, ..)| *field == name.text);
                    if let Some((_, ty, _)) = found {
                        self.out.fields.insert(id, (*def, name.text.clone()));
                        return ty;
                    }
                }
                _ => {}
            }
            match self.impls.deref(&at) {
                Some(inner) => at = inner,
                None => break,
            }
        }
        Ty::Unknown
    }

    fn struct_literal(
        &mut self,
        id: ExprId,
        path: &Path,
        fields: &'a [super::hir::FieldValue],
        rest: Option<ExprId>,
    ) -> Ty {
        let def = self.resolver.constructor(path, &self.scope);
        let (ty, types) = match def {
            Some(def) => {
                self.out.literals.insert(id, def);
                let owner = self.owner_type(def);
                let params = self.resolver.generics_of(owner);
                let args: Vec<Ty> = params.iter().map(|_| self.var()).collect();
                (Ty::Adt(owner, args.clone()), self.resolver.field_types(def, &args))
            }
            None => (Ty::Unknown, Vec::new()),
        };
        for field in fields {
            let expected = types.iter().find(|(name, ..)| *name == field.name.text).map(|(_, ty, _)| ty.clone());
            let found = self.expr(field.value, expected.as_ref());
            if let Some(expected) = expected {
                self.unify(&expected, &found);
            }
        }
        if let Some(rest) = rest {
            self.expr(rest, Some(&ty));
        }
        ty
    }

    /// A struct itself, a variant's enum.
    fn owner_type(&self, def: DefId) -> DefId {
        let data = self.resolver.program.def(def);
        match data.kind {
            DefKind::Variant(_) => data.parent.unwrap_or(def),
            _ => def,
        }
    }

    /// What iterating over a value gives.
    fn item_of(&mut self, ty: &Ty) -> Ty {
        let ty = self.deep(ty);
        let by_ref = matches!(ty, Ty::Ref(_));
        let item = self.element_of(&ty);
        let is_iter = matches!(ty.peeled(), Ty::Adt(def, _) if self.is_known(*def, &["std::iter::Iter"]));
        if by_ref && !is_iter && item != Ty::Unknown { Ty::Ref(Box::new(item)) } else { item }
    }

    /// What `value[index]` is.
    fn indexed(&mut self, ty: &Ty) -> Ty {
        let mut at = self.deep(ty);
        for _ in 0..6 {
            let found = match at.peeled() {
                Ty::Adt(def, args) if self.is_known(*def, &["std::collections::HashMap"]) => args.get(1).cloned(),
                _ => Some(self.element_of(&at)).filter(|found| *found != Ty::Unknown),
            };
            match (found, self.impls.deref(&at)) {
                (Some(found), _) => return found,
                (None, Some(inner)) => at = inner,
                (None, None) => break,
            }
        }
        Ty::Unknown
    }

    fn element_of(&mut self, ty: &Ty) -> Ty {
        let ty = self.deep(ty);
        match ty.peeled() {
            Ty::Param(name) => {
                let mut bounds = self.bounds.get(name).into_iter().flatten();
                let iter = bounds.find(|bound| matches!(bound, Ty::Adt(..))).cloned();
                iter.map_or(Ty::Unknown, |iter| self.element_of(&iter))
            }
            Ty::Slice(item) => (**item).clone(),
            Ty::Adt(def, args) if self.is_known(*def, &["std::collections::HashMap"]) => match args.as_slice() {
                [key, value] => Ty::Tuple(vec![Ty::Ref(Box::new(key.clone())), Ty::Ref(Box::new(value.clone()))]),
                _ => Ty::Unknown,
            },
            Ty::Adt(def, args)
                if self.is_known(
                    *def,
                    &["std::iter::Iter", "std::vec::Vec", "std::option::Option", "std::collections::VecDeque"],
                ) =>
            {
                args.first().cloned().unwrap_or(Ty::Unknown)
            }
            _ => Ty::Unknown,
        }
    }
}

fn settled(ty: &Ty, vars: &[Option<Ty>]) -> Ty {
    ty.map(&mut |part| match part {
        Ty::Var(index) => Some(match &vars[*index as usize] {
            Some(known) => settled(known, vars),
            None => Ty::Unknown,
        }),
        _ => None,
    })
}

fn literal(lit: &Lit) -> Ty {
    match lit {
        Lit::Str(_) => Ty::Ref(Box::new(Ty::Prim("str".into()))),
        Lit::Bool(_) => Ty::bool(),
        Lit::Int(_) => Ty::Prim("usize".into()),
        Lit::Other => Ty::Unknown,
    }
}
