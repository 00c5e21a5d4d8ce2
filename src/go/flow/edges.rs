//! Where values go: assignments, arguments, results, elements.

use super::{Escape, Flow, Slot, View};
use crate::go::index::{DefId, DefKind, FileIdx};
use crate::go::infer::Ref;
use crate::go::sites;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::go::ty::{Ty, Types};
use crate::go::variables::first_value;

/// Ties the places of every legacy value of the program.
pub(super) fn follow(view: &View<'_>, flow: &mut Flow) {
    for file in view.program.own_files() {
        let mut edges = Edges { view, file, flow };
        for node in view.syntax(file).nodes() {
            edges.look_at(node);
        }
    }
    aliases(view, flow);
    twins(view, flow);
    implementations(view, flow);
}

struct Edges<'a, 'v> {
    view: &'a View<'v>,
    file: FileIdx,
    flow: &'a mut Flow,
}

impl Edges<'_, '_> {
    fn look_at(&mut self, node: NodeId) {
        let syntax = self.view.syntax(self.file);
        match syntax.kind(node) {
            "short_var_declaration" | "assignment_statement" | "receive_statement" => self.sides(node, "left", "right"),
            "var_spec" => self.var_spec(node),
            "range_clause" => self.range(node),
            "return_statement" => self.returned(node),
            "call_expression" => self.call(node),
            "literal_value" => self.literal(node),
            "generic_type" => self.generic(node),
            "send_statement" => {
                if let (Some(to), Some(value)) = (syntax.child(node, "channel"), syntax.child(node, "value")) {
                    let slot = self.view.slot(self.file, to);
                    self.goes(value, slot, self.view.ty(self.file, to));
                }
            }
            _ => {}
        }
    }

    /// `value` goes to `slot`, which has room for `ty`.
    fn goes(&mut self, value: NodeId, slot: Slot, ty: &Ty) {
        let from = self.view.ty(self.file, value);
        if !self.view.is_followed(from) {
            if self.view.is_followed(ty) {
                // Something unknown becomes a legacy value.
                if *from != Ty::Nil {
                    self.flow.unite(self.view.slot(self.file, value), slot);
                    if *from == Ty::Unknown && !ty.is_open() {
                        self.flow.escapes.push(Escape { file: self.file, node: value, slot });
                    }
                }
            }
            return;
        }
        if let (Some(given), Some(wanted)) = (self.declared_as(from), self.declared_as(ty)) {
            return unite_signatures(self.view, self.flow, given, wanted);
        }
        let source = self.view.slot(self.file, value);
        self.function_goes(from, source);
        self.function_goes(ty, slot);
        if self.view.is_followed(ty) || *ty == Ty::Unknown && self.view.program.is_own(self.file_of(slot)) {
            self.flow.unite(source, slot);
        } else {
            self.escapes(value);
        }
    }

    /// A function that goes somewhere takes along what goes into it and comes out of it.
    fn function_goes(&mut self, ty: &Ty, slot: Slot) {
        let Ty::Func(signature) = ty else { return };
        let Some((file, decl)) = signature.decl.filter(|(file, _)| self.view.program.is_own(*file)) else { return };
        for (index, _) in signature.params.iter().enumerate().filter(|(_, ty)| self.view.is_followed(ty)) {
            self.flow.unite(slot, Slot::Param(file, decl, index));
        }
        for (index, _) in signature.results.iter().enumerate().filter(|(_, ty)| self.view.is_followed(ty)) {
            self.flow.unite(slot, Slot::Result(file, decl, index));
        }
    }

    fn file_of(&self, slot: Slot) -> FileIdx {
        match slot {
            Slot::Local(file, _) | Slot::Param(file, ..) | Slot::Result(file, ..) | Slot::Expr(file, _) => file,
            Slot::Def(def) => self.view.program.def(def).file,
        }
    }

    /// Where the function type of a value is written: a function, or the type itself.
    fn declared_as(&self, ty: &Ty) -> Option<(FileIdx, NodeId)> {
        match (Types { program: self.view.program }).underlying(ty) {
            Ty::Func(signature) => signature.decl.filter(|&(file, _)| self.view.program.is_own(file)),
            _ => None,
        }
    }

    fn escapes(&mut self, value: NodeId) {
        let slots = match self.declared_as(self.view.ty(self.file, value)) {
            Some(function) => signature_slots(self.view, function),
            None => vec![self.view.slot(self.file, value)],
        };
        let escapes = slots.into_iter().map(|slot| Escape { file: self.file, node: value, slot });
        self.flow.escapes.extend(escapes);
    }

    /// What is declared with a generic type of the tree holds what the type's open fields hold.
    fn generic(&mut self, node: NodeId) {
        let syntax = self.view.syntax(self.file);
        let types = Types { program: self.view.program };
        let base = syntax.child(node, "type").and_then(|base| syntax.below(base).last());
        let Some(Ref::Def(def)) = base.and_then(|name| self.view.inferred(self.file).meaning(name)) else { return };
        let Ty::Struct(file, body) = types.underlying(&types.of_def(def)) else { return };
        let places = base.map_or(Vec::new(), |name| sites::declared_with(self.view, self.file, name));
        for &member in self.view.program.members(file, body) {
            if types.of_value(member).is_open() {
                places.iter().for_each(|&place| self.flow.unite(place, Slot::Def(member)));
            }
        }
    }

    fn sides(&mut self, node: NodeId, left: &str, right: &str) {
        let syntax = self.view.syntax(self.file);
        let side = |role| syntax.child(node, role).map_or(Vec::new(), |side| syntax.list(side));
        self.pair(&side(left), &side(right));
    }

    fn pair(&mut self, places: &[NodeId], values: &[NodeId]) {
        if let ([call], true) = (values, places.len() > 1) {
            return self.results(places, *call);
        }
        for (&place, &value) in places.iter().zip(values) {
            let slot = self.place(place);
            if let Some(slot) = slot {
                self.goes(value, slot, self.view.ty(self.file, place));
            }
        }
    }

    /// Several results of one call go to several places.
    fn results(&mut self, places: &[NodeId], call: NodeId) {
        let syntax = self.view.syntax(self.file);
        let declared = match syntax.kind(syntax.bare(call)) {
            "call_expression" => self.view.function_called(self.file, syntax.bare(call)),
            _ => None,
        };
        for (index, &place) in places.iter().enumerate() {
            let ty = self.view.ty(self.file, place);
            let Some(slot) = self.place(place).filter(|_| self.view.is_followed(ty)) else { continue };
            let from = match declared {
                Some((file, decl)) if self.view.program.is_own(file) => Slot::Result(file, decl, index),
                _ => self.view.slot(self.file, call),
            };
            self.flow.unite(from, slot);
        }
    }

    /// The place that a name or expression on the left names; none for `_`.
    fn place(&self, node: NodeId) -> Option<Slot> {
        let syntax = self.view.syntax(self.file);
        if syntax.text(node) == "_" {
            return None;
        }
        Some(match self.view.inferred(self.file).meaning(node) {
            Some(Ref::Local(declared)) => self.view.local(self.file, declared),
            Some(Ref::Def(def)) => Slot::Def(def),
            _ => self.view.slot(self.file, node),
        })
    }

    fn var_spec(&mut self, node: NodeId) {
        let syntax = self.view.syntax(self.file);
        let names: Vec<NodeId> = syntax.names(node).collect();
        let values = syntax.child(node, "value").map_or(Vec::new(), |value| syntax.list(value));
        self.pair(&names, &values);
    }

    fn range(&mut self, node: NodeId) {
        let syntax = self.view.syntax(self.file);
        let (Some(left), Some(over)) = (syntax.child(node, "left"), syntax.child(node, "right")) else { return };
        for place in syntax.list(left) {
            let is_followed = self.view.is_followed(self.view.ty(self.file, place));
            if let Some(slot) = self.place(place).filter(|_| is_followed) {
                self.flow.unite(self.view.slot(self.file, over), slot);
            }
        }
    }

    fn returned(&mut self, node: NodeId) {
        let syntax = self.view.syntax(self.file);
        let kinds = ["function_declaration", "method_declaration", "func_literal"];
        let Some(function) = syntax.enclosing(node, &kinds) else { return };
        let values: Vec<NodeId> = syntax.children(node).flat_map(|child| syntax.list(child)).collect();
        let types = Types { program: self.view.program };
        let results = types.signature(self.file, function, &Default::default()).results;
        if let ([call], true) = (values.as_slice(), results.len() > 1) {
            let from = self.view.function_called(self.file, syntax.bare(*call));
            for (index, _) in results.iter().enumerate().filter(|(_, ty)| self.view.is_followed(ty)) {
                if let Some((file, decl)) = from {
                    self.flow.unite(Slot::Result(file, decl, index), Slot::Result(self.file, function, index));
                }
            }
            return;
        }
        for (index, &value) in values.iter().enumerate() {
            let ty = results.get(index).cloned().unwrap_or(Ty::Unknown);
            self.goes(value, Slot::Result(self.file, function, index), &ty);
        }
    }

    fn call(&mut self, node: NodeId) {
        let syntax = self.view.syntax(self.file);
        let (Some(function), Some(list)) = (syntax.child(node, "function"), syntax.child(node, "arguments")) else {
            return;
        };
        let args: Vec<NodeId> = syntax.children(list).collect();
        let is_append = syntax.text(function) == "append"
            && self.view.inferred(self.file).meaning(function) == Some(Ref::Predeclared);
        if is_append && let Some((&first, rest)) = args.split_first() {
            let ty = self.view.ty(self.file, first);
            let slot = self.view.slot(self.file, first);
            for &arg in rest {
                self.goes(arg, slot, ty);
            }
            return;
        }
        let called = self.view.inferred(self.file).callee(node);
        if called.is_some_and(|def| self.gives_what_it_holds(def))
            && self.view.is_followed(self.view.ty(self.file, node))
        {
            self.escapes(node);
        }
        let is_predeclared = self.view.inferred(self.file).meaning(function) == Some(Ref::Predeclared);
        let is_option = self.view.legacy.of_type(self.view.ty(self.file, node)) == Some(Legacy::Option);
        if called.is_none() && !is_predeclared && is_option {
            // An option that a function value makes.
            match self.with_sink(function) {
                Some(value) => self.flow.unite(Slot::Expr(self.file, value), Slot::Expr(self.file, node)),
                None => self.escapes(node),
            }
        }
        let callee = called.and_then(|def| self.view.legacy.get(def));
        match callee {
            Some(Legacy::ApplyOptions) => {
                let mut slots: Vec<Slot> = args.iter().map(|&arg| self.view.slot(self.file, arg)).collect();
                slots.push(Slot::Expr(self.file, node));
                slots.windows(2).for_each(|pair| self.flow.unite(pair[0], pair[1]));
            }
            // What goes into a factory ends there.
            Some(Legacy::NewEngine | Legacy::CreateEngine) => {
                let made = Slot::Expr(self.file, node);
                if let Some(method) = self.asked_of_interface(node) {
                    self.flow.unite(made, Slot::Def(method));
                }
                let options = args.iter().filter(|&&arg| self.view.is_followed(self.view.ty(self.file, arg)));
                options.for_each(|&arg| self.flow.unite(made, self.view.slot(self.file, arg)));
            }
            Some(Legacy::WithSink | Legacy::NewInferenceState) => {}
            _ => self.arguments(node, function, &args),
        }
    }

    /// Whether a function of a library gives back what it was made of or given, by a type parameter: where that was put is
    /// not followed.
    fn gives_what_it_holds(&self, function: DefId) -> bool {
        let data = self.view.program.def(function);
        let types = Types { program: self.view.program };
        !self.view.program.is_own(data.file)
            && types.signature(data.file, data.node, &Default::default()).results.iter().any(Ty::is_open)
    }

    /// `engine.WithSink` as the value of the variable that is called.
    fn with_sink(&self, function: NodeId) -> Option<NodeId> {
        let syntax = self.view.syntax(self.file);
        let inferred = self.view.inferred(self.file);
        let Some(Ref::Local(declared)) = inferred.meaning(function) else { return None };
        let value = first_value(syntax, declared)?;
        let meaning = inferred.meaning(syntax.child(value, "field").unwrap_or(value));
        matches!(meaning, Some(Ref::Def(def)) if self.view.legacy.get(def) == Some(Legacy::WithSink)).then_some(value)
    }

    /// The method of the engine factory's interface that a call goes to.
    fn asked_of_interface(&self, call: NodeId) -> Option<DefId> {
        let method = self.view.inferred(self.file).callee(call)?;
        let data = self.view.program.def(method);
        let is_interface = self.view.syntax(data.file).kind(data.node) == "method_elem";
        (is_interface && self.view.legacy.get(method) == Some(Legacy::CreateEngine)).then_some(method)
    }

    fn arguments(&mut self, call: NodeId, function: NodeId, args: &[NodeId]) {
        let syntax = self.view.syntax(self.file);
        let called = self.view.ty(self.file, function);
        let Ty::Func(signature) = (Types { program: self.view.program }).underlying(called) else {
            if self.only_looks(function) {
                return;
            }
            // A conversion, or a function of which nothing is known.
            for &arg in args {
                if self.view.is_followed(self.view.ty(self.file, arg)) && syntax.kind(function) != "parenthesized_type"
                {
                    self.escapes(arg);
                }
            }
            return;
        };
        let declared = self.view.function_called(self.file, call);
        for (index, &arg) in args.iter().enumerate() {
            let last = signature.params.len().saturating_sub(1);
            let at = if signature.is_variadic { index.min(last) } else { index };
            let ty = signature.params.get(at).cloned().unwrap_or(Ty::Unknown);
            match declared {
                Some((file, decl)) if self.view.program.is_own(file) => {
                    self.goes(arg, Slot::Param(file, decl, at), &ty);
                }
                _ if self.view.is_followed(self.view.ty(self.file, arg)) => self.escapes(arg),
                _ => {}
            }
        }
    }

    /// Whether a predeclared function only looks at its arguments, or moves them among themselves.
    fn only_looks(&self, function: NodeId) -> bool {
        let is_builtin =
            self.view.inferred(self.file).meaning(function).is_none_or(|meaning| meaning == Ref::Predeclared);
        is_builtin && matches!(self.view.syntax(self.file).text(function), "len" | "cap" | "clear" | "make" | "new")
    }

    /// Elements of composite literals go to fields, or to where the container is.
    fn literal(&mut self, body: NodeId) {
        let syntax = self.view.syntax(self.file);
        let of = self.view.ty(self.file, body).clone();
        let outer = syntax.parent(body).filter(|&outer| syntax.kind(outer) == "composite_literal");
        let container = outer.unwrap_or(body);
        let is_legacy = self.view.legacy.of_type(&of).is_some();
        for (index, element) in syntax.children(body).enumerate() {
            let keyed = syntax.kind(element) == "keyed_element";
            let value = if keyed { syntax.child(element, "value") } else { Some(element) };
            let Some(value) = value.map(|value| syntax.of_element(value)) else { continue };
            let slot = match self.field(element, keyed, index, &of) {
                Some(_) if is_legacy => Slot::Expr(self.file, container),
                Some(slot) => slot,
                None => Slot::Expr(self.file, container),
            };
            let ty = match slot {
                Slot::Def(field) => Types { program: self.view.program }.of_value(field),
                _ => self.view.ty(self.file, value).clone(),
            };
            self.goes(value, slot, &ty);
        }
    }

    fn field(&self, element: NodeId, keyed: bool, index: usize, of: &Ty) -> Option<Slot> {
        let syntax = self.view.syntax(self.file);
        if keyed {
            let key = syntax.child(element, "key")?;
            let name = syntax.children(key).next().unwrap_or(key);
            return match self.view.inferred(self.file).meaning(name) {
                Some(Ref::Def(def)) if self.view.program.def(def).kind == DefKind::Field => Some(Slot::Def(def)),
                _ => None,
            };
        }
        let Ty::Struct(file, node) = (Types { program: self.view.program }).underlying(of.pointee()) else {
            return None;
        };
        self.view.program.members(file, node).get(index).map(|&field| Slot::Def(field))
    }
}

/// Names of types that mean legacy types hold together what is declared with them.
fn aliases(view: &View<'_>, flow: &Flow) {
    for (id, def) in view.program.defs().filter(|(_, def)| view.program.is_own(def.file)) {
        if def.kind != DefKind::Alias {
            continue;
        }
        for file in view.program.own_files() {
            let names = view.inferred(file).names().filter(|(_, meaning)| *meaning == Ref::Def(id));
            for (name, _) in names {
                for slot in sites::declared_with(view, file, name) {
                    flow.unite(slot, Slot::Def(id));
                }
            }
        }
    }
}

/// Declarations of one name between which build tags choose change together.
fn twins(view: &View<'_>, flow: &Flow) {
    let packages = view.program.packages.iter().filter(|package| !package.is_model);
    for defs in packages.flat_map(|package| package.scope.values()).filter(|defs| defs.len() > 1) {
        let first = view.program.def(defs[0]);
        for other in defs[1..].iter().map(|&def| view.program.def(def)) {
            unite_signatures(view, flow, (first.file, first.node), (other.file, other.node));
        }
    }
}

/// Methods of one name whose signatures have legacy types implement each other, as far as anybody knows.
fn implementations(view: &View<'_>, flow: &Flow) {
    let types = Types { program: view.program };
    let mut by_name: std::collections::BTreeMap<&str, Vec<(FileIdx, NodeId)>> = Default::default();
    for (id, def) in view.program.defs() {
        let is_own = view.program.is_own(def.file);
        if def.kind == DefKind::Method && is_own && view.is_followed(&types.of_value(id)) {
            by_name.entry(&def.name).or_default().push((def.file, def.node));
        }
    }
    let asked = view.program.defs().find(|(id, def)| {
        view.legacy.get(*id) == Some(Legacy::CreateEngine) && view.syntax(def.file).kind(def.node) == "method_elem"
    });
    if let (Some((method, def)), Some(&(file, node))) = (asked, by_name.get("CreateEngine").and_then(|all| all.first()))
    {
        let last = types.signature(def.file, def.node, &Default::default()).params.len().saturating_sub(1);
        flow.unite(Slot::Def(method), Slot::Param(file, node, last));
    }
    for methods in by_name.values() {
        methods.windows(2).for_each(|pair| unite_signatures(view, flow, pair[0], pair[1]));
    }
}

fn unite_signatures(view: &View<'_>, flow: &Flow, a: (FileIdx, NodeId), b: (FileIdx, NodeId)) {
    for slot in signature_slots(view, a) {
        flow.unite(slot, of_function(slot, b));
    }
}

/// The parameters and results of a function that hold legacy values.
fn signature_slots(view: &View<'_>, (file, decl): (FileIdx, NodeId)) -> Vec<Slot> {
    let signature = (Types { program: view.program }).signature(file, decl, &Default::default());
    let followed = |types: &[Ty]| -> Vec<usize> {
        types.iter().enumerate().filter(|(_, ty)| view.is_followed(ty)).map(|(index, _)| index).collect()
    };
    let params = followed(&signature.params).into_iter().map(|index| Slot::Param(file, decl, index));
    params.chain(followed(&signature.results).into_iter().map(|index| Slot::Result(file, decl, index))).collect()
}

/// The same parameter or result of another function.
fn of_function(slot: Slot, (file, decl): (FileIdx, NodeId)) -> Slot {
    match slot {
        Slot::Param(.., index) => Slot::Param(file, decl, index),
        Slot::Result(.., index) => Slot::Result(file, decl, index),
        other => other,
    }
}
