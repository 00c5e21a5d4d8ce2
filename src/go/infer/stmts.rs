//! Statements: scopes, and what variables are declared with.

use std::collections::HashMap;

use super::{Binding, Ref, Walk};
use crate::go::syntax::NodeId;
use crate::go::ty::Ty;

impl Walk<'_> {
    /// The statements of a block or clause in a scope of their own.
    pub(super) fn stmts_in(&mut self, node: NodeId) {
        self.scoped(|walk| {
            for child in walk.syntax.children(node).collect::<Vec<_>>() {
                walk.stmt(child);
            }
        });
    }

    fn scoped(&mut self, inner: impl FnOnce(&mut Self)) {
        self.scopes.push(HashMap::new());
        inner(self);
        self.scopes.pop();
    }

    pub(super) fn stmt(&mut self, node: NodeId) {
        match self.syntax.kind(node) {
            "block" => self.stmts_in(node),
            "statement_list"
            | "labeled_statement"
            | "go_statement"
            | "defer_statement"
            | "expression_statement"
            | "return_statement"
            | "send_statement"
            | "inc_statement"
            | "dec_statement"
            | "for_clause" => {
                self.parts(node);
            }
            "short_var_declaration" => self.short_var(node),
            "assignment_statement" => self.assignment(node),
            "var_declaration" | "const_declaration" => self.local_specs(node),
            "type_declaration" => self.local_types_declared(node),
            "if_statement" | "for_statement" | "expression_switch_statement" | "select_statement" => {
                self.scoped(|walk| walk.parts(node));
            }
            "range_clause" => self.range(node),
            "type_switch_statement" => self.scoped(|walk| walk.type_switch(node)),
            "expression_case" | "default_case" | "communication_case" => self.stmts_in(node),
            "receive_statement" => self.receive(node),
            "label_name"
            | "break_statement"
            | "continue_statement"
            | "goto_statement"
            | "fallthrough_statement"
            | "empty_statement"
            | "comment" => {}
            "expression_list" => self.parts(node),
            _ => {
                self.expr(node);
            }
        }
    }

    pub(super) fn parts(&mut self, node: NodeId) {
        for child in self.syntax.children(node).collect::<Vec<_>>() {
            self.stmt(child);
        }
    }

    fn sides(&self, node: NodeId) -> (Vec<NodeId>, Vec<NodeId>) {
        let side = |role| self.syntax.child(node, role).map_or(Vec::new(), |side| self.syntax.list(side));
        (side("left"), side("right"))
    }

    fn short_var(&mut self, node: NodeId) {
        let (left, right) = self.sides(node);
        let types = self.types_of_values(&right, left.len(), None);
        self.bind_new(&left, types);
    }

    /// Names on the left of `:=`: those that the scope does not have yet are new.
    fn bind_new(&mut self, left: &[NodeId], types: Vec<Ty>) {
        for (&name, ty) in left.iter().zip(types) {
            let known = self.scopes.last().and_then(|scope| scope.get(self.syntax.text(name)));
            match known {
                Some(Binding::Variable(declared, ty)) => {
                    let (declared, ty) = (*declared, ty.clone());
                    self.out.refs.insert(name, Ref::Local(declared));
                    self.out.types.insert(name, ty);
                }
                _ => self.declare(name, ty),
            }
        }
    }

    fn assignment(&mut self, node: NodeId) {
        let (left, right) = self.sides(node);
        for &place in &left {
            self.expr(place);
        }
        if left.len() == right.len() {
            for (&place, &value) in left.iter().zip(&right) {
                let expected = self.out.ty(place).clone();
                self.expr_as(value, Some(&expected));
            }
        } else {
            self.types_of_values(&right, left.len(), None);
        }
    }

    fn local_specs(&mut self, node: NodeId) {
        let is_spec = |kind| matches!(kind, "var_spec" | "const_spec");
        let mut specs: Vec<NodeId> = Vec::new();
        for child in self.syntax.children(node) {
            match self.syntax.kind(child) {
                "var_spec_list" => specs.extend(self.syntax.children(child)),
                kind if is_spec(kind) => specs.push(child),
                _ => {}
            }
        }
        for spec in specs {
            if let Some(ty) = self.syntax.child(spec, "type") {
                self.type_names_below(ty);
            }
            let names: Vec<NodeId> = self.syntax.names(spec).collect();
            let written = self.written_type(spec);
            let values = self.syntax.child(spec, "value").map_or(Vec::new(), |value| self.syntax.list(value));
            let types = self.types_of_values(&values, names.len(), written.as_ref());
            for (index, name) in names.into_iter().enumerate() {
                let ty = written.clone().or_else(|| types.get(index).cloned()).unwrap_or(Ty::Unknown);
                self.declare(name, ty);
            }
        }
    }

    fn local_types_declared(&mut self, node: NodeId) {
        let specs = self.syntax.children(node);
        for spec in
            specs.filter(|&spec| matches!(self.syntax.kind(spec), "type_spec" | "type_alias")).collect::<Vec<_>>()
        {
            let Some(name) = self.syntax.child(spec, "name") else { continue };
            if let Some(def) = self.program.declared(self.file, name) {
                let ty = self.types.of_def(def);
                self.bind(self.syntax.text(name), Binding::Type(ty));
            }
        }
        self.type_names_below(node);
    }

    fn range(&mut self, node: NodeId) {
        let (left, _) = self.sides(node);
        let Some(over) = self.syntax.child(node, "right") else { return };
        let over_ty = self.expr(over);
        let types = self.types.underlying(over_ty.pointee());
        let types = match types {
            Ty::Slice(element) => vec![Ty::basic("int"), (*element).clone()],
            Ty::Map(key, value) => vec![(*key).clone(), (*value).clone()],
            Ty::Chan(element) => vec![(*element).clone()],
            Ty::Basic(name) if &*name == "int" => vec![Ty::basic("int")],
            _ => vec![Ty::Unknown, Ty::Unknown],
        };
        let Some(&last) = left.last() else { return };
        if self.syntax.slice(self.syntax.end(last)..self.syntax.start(over)).contains(":=") {
            self.bind_new(&left, types);
        } else {
            left.into_iter().for_each(|place| {
                self.expr(place);
            });
        }
    }

    fn receive(&mut self, node: NodeId) {
        let (left, _) = self.sides(node);
        let Some(right) = self.syntax.child(node, "right") else { return };
        let ty = self.expr(right);
        let Some(&last) = left.last() else { return };
        if self.syntax.slice(self.syntax.end(last)..self.syntax.start(right)).contains(":=") {
            self.bind_new(&left, vec![ty, Ty::basic("bool")]);
        } else {
            left.into_iter().for_each(|place| {
                self.expr(place);
            });
        }
    }

    fn type_switch(&mut self, node: NodeId) {
        if let Some(initializer) = self.syntax.child(node, "initializer") {
            self.stmt(initializer);
        }
        let value = self.syntax.child(node, "value").map_or(Ty::Unknown, |value| self.expr(value));
        let alias = self.syntax.child(node, "alias").and_then(|alias| self.syntax.list(alias).first().copied());
        if let Some(alias) = alias {
            self.declare(alias, value.clone());
        }
        let cases = self.syntax.children(node);
        for case in cases.filter(|&case| self.syntax.kind(case).ends_with("_case")).collect::<Vec<_>>() {
            let types: Vec<NodeId> =
                self.syntax.children_as(case, "type").filter(|&ty| self.syntax.text(ty) != ",").collect();
            types.iter().for_each(|&ty| self.type_names_below(ty));
            let narrowed = match types.as_slice() {
                [one] => self.read_type(*one),
                _ => value.clone(),
            };
            self.scoped(|walk| {
                if let Some(alias) = alias {
                    walk.bind(walk.syntax.text(alias), Binding::Variable(alias, narrowed));
                }
                for part in walk.syntax.children(case).filter(|part| !types.contains(part)).collect::<Vec<_>>() {
                    walk.stmt(part);
                }
            });
        }
    }
}
