//! Calls: what is called, and the types of what comes back.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Ref, Walk};
use crate::go::syntax::NodeId;
use crate::go::ty::{Signature, Ty, substitute, unify};

impl Walk<'_> {
    /// The types of `count` values that `values` give: one each, or several results of one call.
    pub(super) fn types_of_values(&mut self, values: &[NodeId], count: usize, expected: Option<&Ty>) -> Vec<Ty> {
        if let ([one], true) = (values, count > 1) {
            let ty = self.expr_as(*one, None);
            return match ty {
                Ty::Tuple(parts) => parts.to_vec(),
                // `value, ok := m[key]` and its like.
                ty => vec![ty, Ty::basic("bool")],
            };
        }
        values.iter().map(|&value| self.expr_as(value, expected)).collect()
    }

    pub(super) fn call(&mut self, node: NodeId) -> Ty {
        let (Some(function), Some(list)) = (self.syntax.child(node, "function"), self.syntax.child(node, "arguments"))
        else {
            return Ty::Unknown;
        };
        let args: Vec<NodeId> = self.syntax.children(list).collect();
        if let Some(type_args) = self.syntax.child(node, "type_arguments") {
            self.type_names_below(type_args);
        }
        if let Some(ty) = self.builtin(function, &args) {
            return ty;
        }
        let called = self.expr(function);
        self.note_callee(node, function);
        match self.types.underlying(&called) {
            Ty::Func(signature) => self.results_of(node, &signature, &args),
            _ => {
                args.into_iter().for_each(|arg| {
                    self.expr(arg);
                });
                // `T(x)` for a type `T`, written as an expression.
                self.type_written_as_expr(function)
            }
        }
    }

    fn note_callee(&mut self, call: NodeId, function: NodeId) {
        let mut function = self.syntax.bare(function);
        if self.syntax.kind(function) == "index_expression" {
            function = self.syntax.child(function, "operand").unwrap_or(function);
        }
        let name = self.syntax.child(function, "field").unwrap_or(function);
        if let Some(Ref::Def(def)) = self.out.meaning(name)
            && matches!(self.program.def(def).kind, crate::go::index::DefKind::Func | crate::go::index::DefKind::Method)
        {
            self.out.callees.insert(call, def);
        }
    }

    fn results_of(&mut self, call: NodeId, signature: &Signature, args: &[NodeId]) -> Ty {
        let mut bindings = HashMap::new();
        self.type_arguments(call, signature, &mut bindings);
        for (index, &arg) in args.iter().enumerate() {
            let is_spread = self.syntax.kind(arg) == "variadic_argument";
            let param = match (signature.params.get(index), signature.params.last()) {
                (_, Some(Ty::Slice(element)))
                    if signature.is_variadic && !is_spread && index + 1 >= signature.params.len() =>
                {
                    (**element).clone()
                }
                (Some(param), _) => param.clone(),
                _ => Ty::Unknown,
            };
            let ty = self.expr_as(arg, Some(&param));
            unify(&param, &ty, &mut bindings);
        }
        let results: Vec<Ty> = signature.results.iter().map(|ty| substitute(ty, &bindings)).collect();
        match <[Ty; 1]>::try_from(results) {
            Ok([one]) => one,
            Err(results) => Ty::Tuple(results.into()),
        }
    }

    fn type_arguments(
        &self,
        call: NodeId,
        signature: &Signature,
        bindings: &mut HashMap<(crate::go::index::FileIdx, NodeId), Ty>,
    ) {
        let (Some((file, decl)), Some(list)) = (signature.decl, self.syntax.child(call, "type_arguments")) else {
            return;
        };
        let params = self.types.type_params(file, decl);
        for (param, arg) in params.into_iter().zip(self.syntax.children(list)) {
            bindings.insert((file, param), self.read_type(arg));
        }
    }

    /// The type of a call of a predeclared function.
    fn builtin(&mut self, function: NodeId, args: &[NodeId]) -> Option<Ty> {
        if self.syntax.kind(function) != "identifier" || self.lookup(function).0 != Some(Ref::Predeclared) {
            return None;
        }
        let name = self.syntax.text(function);
        match name {
            "make" | "new" => {
                self.out.refs.insert(function, Ref::Predeclared);
                for &arg in args {
                    self.expr(arg);
                }
                let &first = args.first()?;
                self.type_names_below(first);
                let ty = self.type_written_as_expr(first);
                Some(if name == "new" && ty != Ty::Unknown { Ty::Pointer(Arc::new(ty)) } else { ty })
            }
            "append" => {
                self.out.refs.insert(function, Ref::Predeclared);
                let (&first, rest) = args.split_first()?;
                let of = self.expr(first);
                let element = match self.types.underlying(&of) {
                    Ty::Slice(element) => (*element).clone(),
                    _ => Ty::Unknown,
                };
                for &arg in rest {
                    let is_spread = self.syntax.kind(arg) == "variadic_argument";
                    self.expr_as(arg, Some(if is_spread { &of } else { &element }));
                }
                Some(of)
            }
            "len" | "cap" | "copy" => {
                args.iter().for_each(|&arg| {
                    self.expr(arg);
                });
                Some(Ty::basic("int"))
            }
            _ => None,
        }
    }
}
