//! Types of expressions and the meaning of names, file by file.

mod calls;
mod exprs;
mod literals;
mod stmts;

use std::cell::RefCell;
use std::collections::HashMap;

use super::index::{DefId, DefKind, FileIdx, Program};
use super::syntax::{NodeId, Syntax};
use super::ty::{LocalTypes, Ty, Types};

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ref {
    /// A variable of a function, by the name that declares it.
    Local(NodeId),
    /// A declaration of a package, a field or a method.
    Def(DefId),
    /// A package, by the place of its import in the file.
    Package(usize),
    /// Something predeclared.
    Predeclared,
}

/// What is known of a file.
#[derive(Debug, Default)]
pub(crate) struct Inferred {
    types: HashMap<NodeId, Ty>,
    refs: HashMap<NodeId, Ref>,
    /// What is called, where it is a declared function or method.
    callees: HashMap<NodeId, DefId>,
}

impl Inferred {
    /// The type of an expression, or of the variable that a name declares.
    pub(crate) fn ty(&self, node: NodeId) -> &Ty {
        self.types.get(&node).unwrap_or(&Ty::Unknown)
    }

    /// What a name stands for; of a declared variable, itself.
    pub(crate) fn meaning(&self, name: NodeId) -> Option<Ref> {
        self.refs.get(&name).copied()
    }

    /// The function or method that a call calls.
    pub(crate) fn callee(&self, call: NodeId) -> Option<DefId> {
        self.callees.get(&call).copied()
    }

    /// All names with a meaning.
    pub(crate) fn names(&self) -> impl Iterator<Item = (NodeId, Ref)> + '_ {
        self.refs.iter().map(|(&node, &meaning)| (node, meaning))
    }
}

/// Infers every file of the program whose source is in the tree.
pub(crate) fn infer(program: &Program) -> HashMap<FileIdx, Inferred> {
    let globals = Globals::default();
    program.own_files().map(|file| (file, infer_file(program, &globals, file))).collect()
}

fn infer_file(program: &Program, globals: &Globals, file: FileIdx) -> Inferred {
    let mut walk = Walk::new(program, globals, file);
    let syntax = program.syntax(file);
    for node in syntax.children(NodeId::ROOT).collect::<Vec<_>>() {
        walk.declaration(node);
    }
    walk.out
}

/// The types of package-level variables, worked out once each.
#[derive(Debug, Default)]
struct Globals {
    /// `None` while one is being worked out.
    types: RefCell<HashMap<DefId, Option<Ty>>>,
}

#[derive(Clone, Debug)]
enum Binding {
    Variable(NodeId, Ty),
    Type(Ty),
}

/// One walk over the code of a file, in the order of the text.
#[derive(Debug)]
struct Walk<'a> {
    program: &'a Program,
    types: Types<'a>,
    globals: &'a Globals,
    file: FileIdx,
    syntax: &'a Syntax,
    scopes: Vec<HashMap<String, Binding>>,
    out: Inferred,
}

impl<'a> Walk<'a> {
    fn new(program: &'a Program, globals: &'a Globals, file: FileIdx) -> Self {
        let syntax = program.syntax(file);
        Self { program, types: Types { program }, globals, file, syntax, scopes: Vec::new(), out: Inferred::default() }
    }

    fn declaration(&mut self, node: NodeId) {
        match self.syntax.kind(node) {
            "function_declaration" | "method_declaration" => self.function(node),
            "var_declaration" | "const_declaration" => self.global_specs(node),
            "type_declaration" => self.type_names_below(node),
            "import_declaration" | "package_clause" => {}
            _ => self.stmt(node),
        }
    }

    fn global_specs(&mut self, node: NodeId) {
        let specs = self.syntax.below(node);
        let specs = specs.filter(|&node| matches!(self.syntax.kind(node), "var_spec" | "const_spec"));
        for spec in specs.filter(|&spec| self.is_global(spec)).collect::<Vec<_>>() {
            if let Some(ty) = self.syntax.child(spec, "type") {
                self.type_names_below(ty);
            }
            let names: Vec<NodeId> = self.syntax.names(spec).collect();
            let expected = self.written_type(spec);
            let values = self.syntax.child(spec, "value").map_or(Vec::new(), |value| self.syntax.list(value));
            for &value in &values {
                self.expr_as(value, expected.as_ref());
            }
            for name in names {
                if let Some(def) = self.program.declared(self.file, name) {
                    let ty = self.global(def);
                    self.out.types.insert(name, ty);
                    self.out.refs.insert(name, Ref::Def(def));
                }
            }
        }
    }

    fn is_global(&self, spec: NodeId) -> bool {
        self.syntax.enclosing(spec, &["func_literal"]).is_none()
    }

    /// The type that a spec or parameter writes.
    fn written_type(&self, node: NodeId) -> Option<Ty> {
        self.syntax.child(node, "type").map(|ty| self.read_type(ty))
    }

    fn read_type(&self, node: NodeId) -> Ty {
        self.types.read(self.file, node, &self.local_types())
    }

    fn local_types(&self) -> LocalTypes {
        let mut all = LocalTypes::new();
        for (name, binding) in self.scopes.iter().flatten() {
            if let Binding::Type(ty) = binding {
                all.insert(name.clone(), ty.clone());
            }
        }
        all
    }

    /// The type of a package-level variable or constant.
    fn global(&self, def: DefId) -> Ty {
        if let Some(known) = self.globals.types.borrow().get(&def) {
            return known.clone().unwrap_or(Ty::Unknown);
        }
        self.globals.types.borrow_mut().insert(def, None);
        let data = self.program.def(def);
        let mut walk = Walk::new(self.program, self.globals, data.file);
        let ty = walk.written_type(data.node).unwrap_or_else(|| walk.initial_type(data.node, data.name_node));
        self.globals.types.borrow_mut().insert(def, Some(ty.clone()));
        ty
    }

    fn initial_type(&mut self, spec: NodeId, name: NodeId) -> Ty {
        let names: Vec<NodeId> = self.syntax.names(spec).collect();
        let Some(index) = names.iter().position(|&other| other == name) else { return Ty::Unknown };
        let values = self.syntax.child(spec, "value").map_or(Vec::new(), |value| self.syntax.list(value));
        self.types_of_values(&values, names.len(), None).into_iter().nth(index).unwrap_or(Ty::Unknown)
    }

    fn function(&mut self, node: NodeId) {
        self.scopes.push(HashMap::new());
        for (name, ty) in self.types.with_type_params(self.file, node, &LocalTypes::new()) {
            self.bind(&name, Binding::Type(ty));
        }
        for role in ["type_parameters", "receiver", "parameters", "result"] {
            if let Some(part) = self.syntax.child(node, role) {
                self.type_names_below(part);
            }
        }
        if let Some(def) = self.syntax.child(node, "name").and_then(|name| self.program.declared(self.file, name)) {
            self.out.refs.insert(self.program.def(def).name_node, Ref::Def(def));
        }
        self.parameters(node);
        self.body(node);
        self.scopes.pop();
    }

    /// Binds receiver, parameters and named results.
    fn parameters(&mut self, node: NodeId) {
        for role in ["receiver", "parameters", "result"] {
            let list = self.syntax.child(node, role);
            // One result without a name is no list.
            let Some(list) = list.filter(|&list| self.syntax.kind(list) == "parameter_list") else { continue };
            for param in self.syntax.children(list).collect::<Vec<_>>() {
                let mut ty = self.written_type(param).unwrap_or(Ty::Unknown);
                if self.syntax.kind(param) == "variadic_parameter_declaration" {
                    ty = Ty::Slice(ty.into());
                }
                for name in self.syntax.names(param) {
                    self.declare(name, ty.clone());
                }
            }
        }
    }

    fn body(&mut self, function: NodeId) {
        // Parameters and results are in the scope of the body.
        if let Some(body) = self.syntax.child(function, "body") {
            self.parts(body);
        }
    }

    fn bind(&mut self, name: &str, binding: Binding) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), binding);
        }
    }

    /// A new variable.
    fn declare(&mut self, name: NodeId, ty: Ty) {
        self.out.types.insert(name, ty.clone());
        self.out.refs.insert(name, Ref::Local(name));
        let text = self.syntax.text(name);
        if text != "_" {
            self.bind(text, Binding::Variable(name, ty));
        }
    }

    /// What a bare name stands for here, and the type of its value.
    fn lookup(&mut self, name: NodeId) -> (Option<Ref>, Ty) {
        let text = self.syntax.text(name);
        for scope in self.scopes.iter().rev() {
            match scope.get(text) {
                Some(Binding::Variable(declared, ty)) => return (Some(Ref::Local(*declared)), ty.clone()),
                Some(Binding::Type(_)) => return (None, Ty::Unknown),
                None => {}
            }
        }
        if let Some(def) = self.types.in_package_scope(self.file, text) {
            return (Some(Ref::Def(def)), self.value_type(def));
        }
        let imports = &self.program.file(self.file).imports;
        if let Some(import) = imports.iter().position(|import| import.name == text) {
            return (Some(Ref::Package(import)), Ty::Unknown);
        }
        match text {
            "nil" => (Some(Ref::Predeclared), Ty::Nil),
            "true" | "false" => (Some(Ref::Predeclared), Ty::basic("bool")),
            _ => (Some(Ref::Predeclared), Ty::Unknown),
        }
    }

    fn value_type(&self, def: DefId) -> Ty {
        match self.program.def(def).kind {
            DefKind::Var | DefKind::Const => self.global(def),
            _ => self.types.of_value(def),
        }
    }

    /// Gives the names of written types their meaning.
    fn type_names_below(&mut self, node: NodeId) {
        for name in self.syntax.below(node) {
            match self.syntax.kind(name) {
                "type_identifier" => self.type_name(name),
                "package_identifier" => {
                    let text = self.syntax.text(name);
                    let imports = &self.program.file(self.file).imports;
                    if let Some(import) = imports.iter().position(|import| import.name == text) {
                        self.out.refs.insert(name, Ref::Package(import));
                    }
                }
                _ => {}
            }
        }
    }

    fn type_name(&mut self, name: NodeId) {
        let text = self.syntax.text(name);
        if let Some(declared) = self.program.declared(self.file, name) {
            self.out.refs.insert(name, Ref::Def(declared));
            // The name of an embedded field is that of its type, too.
            if self.program.def(declared).kind != DefKind::Field {
                return;
            }
        }
        let parent = self.syntax.parent(name).unwrap_or(NodeId::ROOT);
        let def = if self.syntax.kind(parent) == "qualified_type" {
            let package = self.syntax.child(parent, "package").map(|package| self.syntax.text(package));
            let package = package.and_then(|package| self.types.imported(self.file, package));
            package.and_then(|package| self.program.lookup(package, text))
        } else if self.scopes.iter().any(|scope| matches!(scope.get(text), Some(Binding::Type(_)))) {
            None
        } else {
            self.types.in_package_scope(self.file, text)
        };
        if let Some(def) = def {
            self.out.refs.insert(name, Ref::Def(def));
        }
    }
}

#[cfg(test)]
mod tests;
