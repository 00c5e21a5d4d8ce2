//! Calls: which function, what its parameters expect, what it gives.

use super::super::hir::{ExprId, ExprKind, ItemKind, ItemParent, Name, TypeId};
use super::super::impls::Method;
use super::super::index::{DefId, DefKind, ImportId};
use super::super::ty::Ty;
use super::paths::FoundValue;
use super::{Body, ValueRes};

impl Body<'_> {
    pub(super) fn call(&mut self, callee: ExprId, args: &[ExprId], expected: Option<&Ty>) -> Ty {
        let ty = self.expr(callee, None);
        match self.called(&ty) {
            Ty::Fn(params, ret) => {
                if let Some(expected) = expected
                    && !args.is_empty()
                {
                    self.hint(&ret, expected);
                }
                match args {
                    &[arg] if self.is_conversion(callee) => self.conversion(arg, &ret, expected),
                    _ => self.args(args, &params),
                }
                self.want_through(args, &params, &ret, expected);
                *ret
            }
            _ => {
                self.args(args, &[]);
                Ty::Unknown
            }
        }
    }

    /// The function behind references and boxes.
    fn called(&self, ty: &Ty) -> Ty {
        let mut at = self.bounded(&self.shallow(ty));
        for _ in 0..4 {
            match at {
                Ty::Fn(..) => break,
                _ => match self.impls.deref(&at) {
                    Some(inner) => at = self.shallow(&inner),
                    None => break,
                },
            }
        }
        at
    }

    /// Lets an expected type tell the parameters of a generic constructor, without forcing a coercion.
    fn hint(&mut self, ret: &Ty, expected: &Ty) {
        let (ret, expected) = (self.deep(ret), self.deep(expected));
        if let (Ty::Adt(a, _), Ty::Adt(b, args)) = (&ret, &expected)
            && a == b
            && !args.iter().any(|arg| arg.any(&mut |part| matches!(part, Ty::Trait(..) | Ty::Unknown)))
        {
            self.unify(&ret, &expected);
        }
    }

    /// Lets an expected type tell what a call makes that may make anything.
    pub(super) fn hint_any(&mut self, ret: &Ty, expected: &Ty) {
        match (self.shallow(ret), self.deep(expected)) {
            (Ty::Var(_), Ty::Unknown) => {}
            (Ty::Var(_), expected) => self.unify(ret, &expected),
            (Ty::Tuple(parts), Ty::Tuple(wanted)) if parts.len() == wanted.len() => {
                parts.iter().zip(&wanted).for_each(|(part, wanted)| self.hint_any(part, wanted));
            }
            _ => {}
        }
    }

    fn args(&mut self, args: &[ExprId], params: &[Ty]) {
        // Closures last: what the other arguments say is what their parameters are.
        let (closures, others): (Vec<usize>, Vec<usize>) =
            (0..args.len()).partition(|&index| matches!(self.hir[args[index]].kind, ExprKind::Closure { .. }));
        for index in others.into_iter().chain(closures) {
            let expected = params.get(index).map(|param| self.deep(param));
            let found = self.expr(args[index], expected.as_ref());
            if let Some(expected) = expected {
                self.coerce(&expected, &found);
            }
        }
    }

    /// Unifies an argument with its parameter, also where the parameter is any iterator or any future.
    fn coerce(&mut self, expected: &Ty, found: &Ty) {
        let found = self.deep(found);
        match (expected, &found) {
            (Ty::Future(output), other) if !matches!(other, Ty::Future(_) | Ty::Var(_)) => {
                let awaited = self.impls.awaited(other);
                self.unify(output, &awaited);
            }
            (Ty::Adt(iter, args), other) if self.is_known(*iter, &["std::iter::Iter"]) => {
                let item = self.item_of(other);
                if let Some(arg) = args.first() {
                    self.unify(arg, &item);
                }
            }
            (Ty::Ref(inner), Ty::Ref(other)) => {
                let (inner, other) = ((**inner).clone(), (**other).clone());
                self.coerce_ref(&inner, other);
            }
            _ => self.unify(expected, &found),
        }
    }

    /// `&Arc<T>` given where `&T` is wanted.
    fn coerce_ref(&mut self, wanted: &Ty, found: Ty) {
        let mut at = found;
        for _ in 0..6 {
            match (wanted, &at) {
                (Ty::Adt(a, _), Ty::Adt(b, _)) if a != b => {}
                _ => return self.unify(wanted, &at),
            }
            match self.impls.deref(&at) {
                Some(next) => at = next,
                None => return,
            }
        }
    }

    pub(super) fn method_call(
        &mut self,
        id: ExprId,
        receiver: ExprId,
        method: &Name,
        turbofish: &[TypeId],
        args: &[ExprId],
        expected: Option<&Ty>,
    ) -> Ty {
        let ty = self.expr(receiver, None);
        let ty = self.deep(&ty);
        if matches!(method.text.as_str(), "clone" | "to_owned") && args.is_empty() {
            return self.clone_of(id, &ty);
        }
        let bounds = self.bounds.clone();
        let found = self
            .impls
            .method(self.resolver, &ty, &method.text, &|param| bounds.get(param).cloned().unwrap_or_default());
        let Some(found) = found else { return self.unknown_method(&ty, &method.text, args) };
        self.out.methods.insert(id, found.def);
        let explicit: Vec<Ty> = turbofish.iter().map(|&ty| self.resolver.lower(ty, &self.scope)).collect();
        let explicit: Vec<Ty> = explicit.iter().map(|ty| self.open(ty)).collect();
        let (params, ret) = self.signature(&found, &explicit);
        self.args(args, &params);
        if let ("collect" | "into" | "partition" | "unwrap_or_default", Some(expected)) =
            (method.text.as_str(), expected)
        {
            self.hint_any(&ret, expected);
        }
        self.adjusted(&method.text, &found.receiver, ret)
    }

    /// A method that no description has; `then` and `then_some` of a `bool` are known by their name.
    fn unknown_method(&mut self, receiver: &Ty, method: &str, args: &[ExprId]) -> Ty {
        let given = match args {
            [only] if *receiver.peeled() == Ty::bool() => self.expr(*only, None),
            _ => {
                self.args(args, &[]);
                return Ty::Unknown;
            }
        };
        match (method, self.shallow(&given)) {
            ("then", Ty::Fn(_, ret)) => self.resolver.known_ty("std::option::Option", vec![*ret]),
            ("then_some", value) => self.resolver.known_ty("std::option::Option", vec![value]),
            _ => Ty::Unknown,
        }
    }

    /// What the simplified signatures cannot say: `cloned` takes the reference away, `collect` keeps the items.
    fn adjusted(&mut self, method: &str, receiver: &Ty, ret: Ty) -> Ty {
        match method {
            "cloned" | "copied" => {
                let ret = self.deep(&ret);
                match ret {
                    Ty::Adt(def, args) => Ty::Adt(def, args.iter().map(|arg| arg.peeled().clone()).collect()),
                    other => other,
                }
            }
            "as_deref" | "as_deref_mut" => {
                let ret = self.deep(&ret);
                match ret {
                    Ty::Adt(def, mut args) => {
                        if let Some(first) = args.first_mut()
                            && let Some(target) = self.impls.deref(first.peeled())
                        {
                            *first = Ty::Ref(Box::new(target));
                        }
                        Ty::Adt(def, args)
                    }
                    other => other,
                }
            }
            "flatten" => {
                let item = self.element_of(receiver);
                let inner = self.item_of(&item);
                if let Ty::Adt(_, args) = self.deep(&ret)
                    && let Some(arg) = args.first()
                {
                    self.unify(arg, &inner);
                }
                ret
            }
            "partition" => {
                let item = self.element_of(receiver);
                if let Ty::Tuple(parts) = self.deep(&ret)
                    && let Some(Ty::Adt(_, args)) = parts.first()
                    && let Some(arg) = args.first()
                {
                    self.unify(arg, &item);
                }
                ret
            }
            "collect" => {
                let item = self.element_of(receiver);
                let collected = self.deep(&ret);
                if let Ty::Adt(def, args) = &collected
                    && self.is_known(*def, &["std::vec::Vec"])
                    && let [arg] = args.as_slice()
                {
                    self.unify(arg, &item);
                }
                ret
            }
            _ => ret,
        }
    }

    fn clone_of(&mut self, id: ExprId, ty: &Ty) -> Ty {
        let peeled = ty.peeled().clone();
        let own = self.impls.associated(self.resolver, &peeled, "clone", &|_| Vec::new());
        if let Some(own) = own
            && !self.resolver.program.is_model(own.def)
        {
            self.out.methods.insert(id, own.def);
        }
        peeled
    }

    /// Parameters (without `self`) and result of a method.
    fn signature(&mut self, method: &Method, explicit: &[Ty]) -> (Vec<Ty>, Ty) {
        match self.function_type(method.def, &method.bindings, explicit, Some(&method.receiver)) {
            Ty::Fn(params, ret) => (params, *ret),
            _ => (Vec::new(), Ty::Unknown),
        }
    }

    /// The type of a function with fresh variables for its generic parameters.
    fn function_type(&mut self, def: DefId, bindings: &[(String, Ty)], explicit: &[Ty], receiver: Option<&Ty>) -> Ty {
        let resolver = self.resolver;
        let Some(function) = resolver.program.fn_item(def) else { return Ty::Unknown };
        let scope = resolver.ty_scope(def);
        let args = self.instantiate_params(def, &scope.params, bindings, explicit);
        let self_trait = scope.self_ty.clone().filter(|ty| matches!(ty, Ty::Trait(..)));
        let finish = |ty: Ty| {
            let ty = match (&self_trait, receiver) {
                (Some(Ty::Trait(def, _)), Some(receiver)) => {
                    ty.map(&mut |part| matches!(part, Ty::Trait(other, _) if other == def).then(|| receiver.clone()))
                }
                _ => ty,
            };
            ty.substitute(&scope.params, &args)
        };
        let params = function.params.iter().map(|param| finish(resolver.lower(param.ty, &scope))).collect();
        let ret = function.ret.map_or(Ty::unit(), |ret| finish(resolver.lower(ret, &scope)));
        let ret = if function.is_async { Ty::Future(Box::new(ret)) } else { ret };
        Ty::Fn(params, Box::new(ret))
    }

    /// One type per generic parameter: what is known, what is written, the shape a closure bound asks for, or a
    /// variable.
    fn instantiate_params(
        &mut self,
        def: DefId,
        params: &[String],
        bindings: &[(String, Ty)],
        explicit: &[Ty],
    ) -> Vec<Ty> {
        let own = self.resolver.program.item(def).map(|item| item.generics.clone()).unwrap_or_default();
        let mut args: Vec<Ty> = params
            .iter()
            .map(|param| match bindings.iter().find(|(name, _)| name == param) {
                Some((_, Ty::Unknown)) | None => self.var(),
                Some((_, known)) => known.clone(),
            })
            .collect();
        let first_own = params.len() - own.params.len().min(params.len());
        for (index, param) in own.params.iter().enumerate() {
            if let Some(written) = explicit.get(index) {
                args[first_own + index] = written.clone();
                continue;
            }
            let scope = self.resolver.ty_scope(def);
            let mut bounds = param.bounds.clone();
            for (ty, more) in &own.predicates {
                if self.resolver.lower(*ty, &scope) == Ty::Param(param.name.text.clone()) {
                    bounds.extend(more.iter().cloned());
                }
            }
            let bound = bounds.iter().map(|bound| self.resolver.lower_bounds(std::slice::from_ref(bound), &scope));
            let shape = bound.into_iter().find(|ty| matches!(ty, Ty::Fn(..) | Ty::Future(_) | Ty::Adt(..)));
            if let Some(shape) = shape {
                args[first_own + index] = shape.substitute(params, &args);
            }
        }
        args
    }

    pub(super) fn associated_value(&mut self, ty: &Ty, name: &str, import: Option<ImportId>) -> Option<FoundValue> {
        let ty = self.deep(ty);
        let bounds = self.bounds.clone();
        let found =
            self.impls.associated(self.resolver, &ty, name, &|param| bounds.get(param).cloned().unwrap_or_default());
        let Some(found) = found else { return self.derived_value(&ty, name, import) };
        let ty = self.associated_type(&found);
        Some(FoundValue { res: ValueRes::Def(found.def), ty, import })
    }

    /// `T::default()` and `T::clone(&x)` of derives, and conversions of which no implementation is known.
    fn derived_value(&mut self, ty: &Ty, name: &str, import: Option<ImportId>) -> Option<FoundValue> {
        let ty = match (name, ty) {
            ("default", Ty::Adt(..)) => Ty::Fn(Vec::new(), Box::new(ty.clone())),
            ("from", Ty::Adt(..)) => Ty::Fn(vec![self.var()], Box::new(ty.clone())),
            ("clone", Ty::Adt(..)) => Ty::Fn(vec![Ty::Ref(Box::new(ty.clone()))], Box::new(ty.clone())),
            _ => return None,
        };
        Some(FoundValue { res: ValueRes::Extern(format!("derived::{name}")), ty, import })
    }

    /// An associated function as a value: methods take their receiver as the first parameter.
    fn associated_type(&mut self, found: &Method) -> Ty {
        let (kind, file) = {
            let data = self.resolver.program.def(found.def);
            (data.kind, data.file)
        };
        if kind != DefKind::Fn {
            return Ty::Unknown;
        }
        let bindings: Vec<(String, Ty)> =
            found.bindings.iter().map(|(name, ty)| (name.clone(), self.open(ty))).collect();
        let ty = self.function_type(found.def, &bindings, &[], Some(&found.receiver));
        let takes_self = self.resolver.program.fn_item(found.def).is_some_and(|function| function.self_param.is_some());
        debug_assert!(file.0 != u32::MAX);
        match ty {
            Ty::Fn(mut params, ret) if takes_self => {
                params.insert(0, Ty::Ref(Box::new(found.receiver.clone())));
                Ty::Fn(params, ret)
            }
            other => other,
        }
    }

    fn is_thread_local(&self, def: DefId) -> bool {
        let program = self.resolver.program;
        let (data, Some(item)) = (program.def(def), program.item(def)) else { return false };
        let hir = program.hir(data.file);
        match item.parent {
            ItemParent::Stmt(stmt) => program.is_thread_local(data.file, hir[stmt].block),
            _ => false,
        }
    }

    /// The type of a function, constant or constructor.
    pub(super) fn def_value(&mut self, def: DefId, explicit: &[Ty]) -> Ty {
        let resolver = self.resolver;
        let program = resolver.program;
        match program.def(def).kind {
            DefKind::Fn => self.function_type(def, &[], explicit, None),
            DefKind::Const | DefKind::Static => {
                let scope = resolver.ty_scope(def);
                match program.item(def).map(|item| &item.kind) {
                    Some(ItemKind::Const { ty, .. }) => resolver.lower(*ty, &scope),
                    Some(ItemKind::Static { ty, .. }) => {
                        let ty = resolver.lower(*ty, &scope);
                        if self.is_thread_local(def) {
                            resolver.known_ty("std::thread::LocalKey", vec![ty])
                        } else {
                            ty
                        }
                    }
                    _ => Ty::Unknown,
                }
            }
            DefKind::Variant(_) | DefKind::Struct => {
                let owner = self.owner_type(def);
                let params = resolver.generics_of(owner);
                let args: Vec<Ty> = params.iter().map(|_| self.var()).collect();
                let fields: Vec<Ty> = resolver.field_types(def, &args).into_iter().map(|(_, ty, _)| ty).collect();
                let ty = Ty::Adt(owner, args);
                if fields.is_empty() { ty } else { Ty::Fn(fields, Box::new(ty)) }
            }
            _ => Ty::Unknown,
        }
    }
}
