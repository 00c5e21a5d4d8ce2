//! Types of expressions.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Ref, Walk};
use crate::go::index::DefKind;
use crate::go::syntax::NodeId;
use crate::go::ty::{LocalTypes, Ty, substitute, unify};

impl Walk<'_> {
    pub(super) fn expr(&mut self, node: NodeId) -> Ty {
        self.expr_as(node, None)
    }

    /// The type of an expression; `expected` is that of the place it goes to, for literals whose type is left out.
    pub(super) fn expr_as(&mut self, node: NodeId, expected: Option<&Ty>) -> Ty {
        let ty = self.infer_expr(node, expected);
        self.out.types.insert(node, ty.clone());
        ty
    }

    fn infer_expr(&mut self, node: NodeId, expected: Option<&Ty>) -> Ty {
        let syntax = self.syntax;
        match syntax.kind(node) {
            "identifier" | "nil" | "true" | "false" => self.identifier(node),
            "selector_expression" => self.selector(node),
            "call_expression" => self.call(node),
            "composite_literal" => self.composite(node),
            "literal_value" => self.literal_of(node, expected.unwrap_or(&Ty::Unknown)),
            "func_literal" => self.func_literal(node),
            "parenthesized_expression" | "variadic_argument" | "literal_element" => {
                let inner = syntax.children(node).next();
                inner.map_or(Ty::Unknown, |inner| self.expr_as(inner, expected))
            }
            "unary_expression" => self.unary(node),
            "binary_expression" => self.binary(node),
            "index_expression" => self.index(node),
            "slice_expression" => {
                let parts: Vec<NodeId> = syntax.children(node).collect();
                let types: Vec<Ty> = parts.into_iter().map(|part| self.expr(part)).collect();
                types.into_iter().next().unwrap_or(Ty::Unknown)
            }
            "type_assertion_expression" | "type_conversion_expression" => {
                if let Some(operand) = syntax.child(node, "operand") {
                    self.expr(operand);
                }
                let Some(ty) = syntax.child(node, "type") else { return Ty::Unknown };
                self.type_names_below(ty);
                self.read_type(ty)
            }
            "type_instantiation_expression" => {
                self.type_names_below(node);
                Ty::Unknown
            }
            "interpreted_string_literal" | "raw_string_literal" => Ty::basic("string"),
            "int_literal" => Ty::basic("int"),
            "float_literal" => Ty::basic("float64"),
            "rune_literal" => Ty::basic("rune"),
            kind if kind.ends_with("_type") => {
                self.type_names_below(node);
                Ty::Unknown
            }
            "type_identifier" => {
                self.type_names_below(node);
                Ty::Unknown
            }
            _ => {
                for child in syntax.children(node).collect::<Vec<_>>() {
                    self.stmt(child);
                }
                Ty::Unknown
            }
        }
    }

    fn identifier(&mut self, node: NodeId) -> Ty {
        let (meaning, ty) = self.lookup(node);
        if let Some(meaning) = meaning {
            self.out.refs.insert(node, meaning);
        }
        ty
    }

    fn selector(&mut self, node: NodeId) -> Ty {
        let (Some(operand), Some(field)) = (self.syntax.child(node, "operand"), self.syntax.child(node, "field"))
        else {
            return Ty::Unknown;
        };
        let name = self.syntax.text(field);
        if self.syntax.kind(operand) == "identifier"
            && let (Some(Ref::Package(import)), _) = self.lookup(operand)
        {
            self.out.refs.insert(operand, Ref::Package(import));
            let package = self.program.file(self.file).imports[import].target;
            let Some(def) = package.and_then(|package| self.program.lookup(package, name)) else {
                return Ty::Unknown;
            };
            self.out.refs.insert(field, Ref::Def(def));
            return self.value_type(def);
        }
        // `(*T).Method`
        let bare = self.syntax.bare(operand);
        let of = self.expr(operand);
        let of = if of == Ty::Unknown { self.type_written_as_expr(bare) } else { of };
        match self.types.select(&of, name) {
            Some((def, ty)) => {
                self.out.refs.insert(field, Ref::Def(def));
                ty
            }
            None => Ty::Unknown,
        }
    }

    /// The type that stands where an expression could: of a conversion, a method expression, an argument of `new`.
    pub(super) fn type_written_as_expr(&mut self, node: NodeId) -> Ty {
        let is_type = match self.syntax.kind(node) {
            "identifier" => match self.out.meaning(node) {
                Some(Ref::Def(def)) => matches!(self.program.def(def).kind, DefKind::Type | DefKind::Alias),
                Some(Ref::Predeclared) => true,
                None => true,
                _ => false,
            },
            "selector_expression" => {
                let field = self.syntax.child(node, "field").and_then(|field| self.out.meaning(field));
                matches!(field, Some(Ref::Def(def))
                    if matches!(self.program.def(def).kind, DefKind::Type | DefKind::Alias))
            }
            "unary_expression" => {
                let operand = self.syntax.child(node, "operand");
                return match operand {
                    Some(operand) if self.syntax.text(node).starts_with('*') => {
                        match self.type_written_as_expr(operand) {
                            Ty::Unknown => Ty::Unknown,
                            inner => Ty::Pointer(Arc::new(inner)),
                        }
                    }
                    _ => Ty::Unknown,
                };
            }
            "index_expression" => {
                let operand = self.syntax.child(node, "operand");
                let base = operand.map_or(Ty::Unknown, |operand| self.type_written_as_expr(operand));
                let arg = self.syntax.child(node, "index").map(|index| self.type_written_as_expr(index));
                return match (base, arg) {
                    (Ty::Named(def, _), Some(arg)) => Ty::Named(def, Arc::new([arg])),
                    _ => Ty::Unknown,
                };
            }
            "parenthesized_expression" => {
                let inner = self.syntax.bare(node);
                return self.type_written_as_expr(inner);
            }
            kind => kind.ends_with("_type") || kind == "type_identifier",
        };
        if is_type { self.read_type(node) } else { Ty::Unknown }
    }

    fn func_literal(&mut self, node: NodeId) -> Ty {
        for role in ["parameters", "result"] {
            if let Some(part) = self.syntax.child(node, role) {
                self.type_names_below(part);
            }
        }
        self.scopes.push(HashMap::new());
        self.parameters(node);
        self.body(node);
        self.scopes.pop();
        let locals: LocalTypes = self.local_types();
        Ty::Func(Arc::new(self.types.signature(self.file, node, &locals)))
    }

    fn unary(&mut self, node: NodeId) -> Ty {
        let Some(operand) = self.syntax.child(node, "operand") else { return Ty::Unknown };
        let operator = self.syntax.child(node, "operator").map_or("", |operator| self.syntax.text(operator));
        let inner = self.expr(operand);
        match (operator, inner) {
            (_, Ty::Unknown) => Ty::Unknown,
            ("&", inner) => Ty::Pointer(Arc::new(inner)),
            ("*", Ty::Pointer(inner)) => (*inner).clone(),
            ("<-", inner) => match self.types.underlying(&inner) {
                Ty::Chan(element) => (*element).clone(),
                _ => Ty::Unknown,
            },
            ("*", _) => Ty::Unknown,
            (_, inner) => inner,
        }
    }

    fn binary(&mut self, node: NodeId) -> Ty {
        let side = |role| self.syntax.child(node, role);
        let (Some(left), Some(right)) = (side("left"), side("right")) else { return Ty::Unknown };
        let operator = self.syntax.child(node, "operator").map_or("", |operator| self.syntax.text(operator));
        let left = self.expr(left);
        let right = self.expr(right);
        match operator {
            "==" | "!=" | "<" | "<=" | ">" | ">=" | "&&" | "||" => Ty::basic("bool"),
            _ if left == Ty::Unknown => right,
            _ => left,
        }
    }

    fn index(&mut self, node: NodeId) -> Ty {
        let (Some(operand), Some(index)) = (self.syntax.child(node, "operand"), self.syntax.child(node, "index"))
        else {
            return Ty::Unknown;
        };
        let of = self.expr(operand);
        self.expr(index);
        if let Ty::Func(signature) = &of {
            // A generic function with its type arguments.
            let arg = self.type_written_as_expr(index);
            let Some((file, decl)) = signature.decl else { return of };
            let mut bindings = HashMap::new();
            if let Some(&param) = self.types.type_params(file, decl).first() {
                unify(&Ty::Param(file, param), &arg, &mut bindings);
            }
            return substitute(&of, &bindings);
        }
        match self.types.underlying(of.pointee()) {
            Ty::Slice(element) => (*element).clone(),
            Ty::Map(_, value) => (*value).clone(),
            Ty::Basic(name) if &*name == "string" => Ty::basic("byte"),
            _ => Ty::Unknown,
        }
    }
}
