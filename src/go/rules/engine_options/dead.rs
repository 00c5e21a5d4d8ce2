//! Options that nobody ever gives: parameters, fields, arguments and variables go.

mod empty;
mod lines;
mod statements;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use self::empty::is_empty;
use super::{declaration_of, is_option_type, uses};
use crate::go::cx::{Change, Cx, Outcome};
use crate::go::flow::Slot;
use crate::go::index::{DefId, DefKind, FileIdx};
use crate::go::infer::Ref;
use crate::go::lists;
use crate::go::rules::engine_sink::absent::is_open;
use crate::go::rules::engine_sink::reach::parameters;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::go::ty::{Ty, Types};
use crate::go::unit::{Decision, Unit};

/// Decides a unit whose options nobody gives, where nothing but what goes looks at them.
pub(crate) fn decide(cx: &Cx<'_>, unit: &Unit) -> Option<Decision> {
    let is_about_types = unit.sites.iter().any(|site| site.legacy == Legacy::Option);
    let gives_none =
        unit.sites.iter().all(|site| matches!(site.legacy, Legacy::Option | Legacy::NewEngine | Legacy::CreateEngine));
    let is_lost = cx.flow.escapes.iter().any(|escape| unit.slots.binary_search(&escape.slot).is_ok());
    if !is_about_types || !gives_none || is_lost || !uses::problems(cx, unit).is_empty() {
        return None;
    }
    let mut search =
        Search { cx, unit, params: BTreeMap::new(), elements: BTreeMap::new(), lines: Vec::new(), open: Vec::new() };
    search.declarations()?;
    search.calls()?;
    search.literals()?;
    statements::find(cx, unit, &mut search.lines);
    search.is_all().then(|| search.decision())
}

struct Search<'a, 'c> {
    cx: &'a Cx<'c>,
    unit: &'a Unit,
    /// The parameters that go, by their functions.
    params: BTreeMap<(FileIdx, NodeId), BTreeSet<usize>>,
    /// What goes of lists with commas: parameters, arguments, elements of literals.
    elements: BTreeMap<(FileIdx, NodeId), BTreeSet<usize>>,
    /// What goes with its line: statements, fields, variables of packages.
    lines: Vec<(FileIdx, NodeId)>,
    /// Declarations that code outside of the tree may use.
    open: Vec<(FileIdx, NodeId)>,
}

impl Search<'_, '_> {
    fn declarations(&mut self) -> Option<()> {
        for &slot in &self.unit.slots {
            match slot {
                Slot::Param(file, decl, param) => self.parameter(file, decl, param)?,
                Slot::Result(file, decl, result) => {
                    let results = self.types().signature(file, decl, &Default::default()).results;
                    if results.get(result).is_some_and(|ty| is_option_type(self.cx, ty)) {
                        return None;
                    }
                }
                Slot::Def(def) => self.definition(def)?,
                Slot::Local(..) | Slot::Expr(..) => {}
            }
        }
        Some(())
    }

    fn types(&self) -> Types<'_> {
        Types { program: self.cx.program }
    }

    fn parameter(&mut self, file: FileIdx, decl: NodeId, param: usize) -> Option<()> {
        let cx = self.cx;
        let syntax = cx.syntax(file);
        let types = self.types().signature(file, decl, &Default::default()).params;
        if !cx.program.is_own(file) || !types.get(param).is_some_and(|ty| is_option_type(cx, ty)) {
            return Some(());
        }
        let list = syntax.child(decl, "parameters")?;
        let index = declaration_of(cx, file, &syntax.children(list).collect::<Vec<_>>(), param)?;
        self.elements.entry((file, list)).or_default().insert(index);
        self.params.entry((file, decl)).or_default().insert(param);
        if self.is_exported(file, decl) && !is_factory_method(cx, self.unit, file, decl) {
            self.open.push((file, decl));
        }
        Some(())
    }

    /// Whether code outside of the tree may name what is declared around or at `decl`.
    fn is_exported(&self, file: FileIdx, decl: NodeId) -> bool {
        let syntax = self.cx.syntax(file);
        let around =
            syntax.enclosing(decl, &["func_literal", "type_spec", "function_declaration", "method_declaration"]);
        let names = [Some(decl), around].into_iter().flatten().filter_map(|node| syntax.child(node, "name"));
        let is_local = around.is_some_and(|around| syntax.kind(around) == "func_literal");
        !is_local
            && names.into_iter().all(|name| syntax.text(name).starts_with(char::is_uppercase))
            && is_open(self.cx, file)
    }

    fn definition(&mut self, def: DefId) -> Option<()> {
        let cx = self.cx;
        let data = cx.program.def(def);
        if !cx.program.is_own(data.file) {
            return Some(());
        }
        let written = cx.syntax(data.file).child(data.node, "type");
        let ty = match data.kind {
            DefKind::Field => self.types().of_value(def),
            DefKind::Alias => self.types().of_def(def),
            DefKind::Var => written.map_or_else(
                || cx.ty(data.file, data.name_node).clone(),
                |written| self.types().read(data.file, written, &Default::default()),
            ),
            _ => return Some(()),
        };
        if !is_option_type(cx, &ty) {
            return Some(());
        }
        let syntax = cx.syntax(data.file);
        let names = syntax.names(data.node).count();
        let has_value = syntax.child(data.node, "value");
        if names != 1
            || has_value.is_some_and(|value| !syntax.list(value).iter().all(|&value| self.is_empty(data.file, value)))
        {
            return None;
        }
        self.lines.push((data.file, self.whole_declaration(data.file, data.node)));
        if self.is_exported(data.file, data.node) {
            self.open.push((data.file, data.node));
        }
        Some(())
    }

    /// `var options []engine.Option` where it declares nothing else.
    fn whole_declaration(&self, file: FileIdx, spec: NodeId) -> NodeId {
        let syntax = self.cx.syntax(file);
        let around =
            syntax.parent(spec).filter(|&above| matches!(syntax.kind(above), "var_declaration" | "type_declaration"));
        around.filter(|&above| syntax.children(above).count() == 1).unwrap_or(spec)
    }

    fn is_empty(&self, file: FileIdx, expr: NodeId) -> bool {
        is_empty(self.cx, self.unit, file, expr)
    }

    /// The arguments for the parameters that go, and the options of factories.
    fn calls(&mut self) -> Option<()> {
        let cx = self.cx;
        for file in cx.program.own_files() {
            let syntax = cx.syntax(file);
            for call in syntax.nodes().filter(|&node| syntax.kind(node) == "call_expression") {
                let Some(own) = cx.function_called(file, call) else { continue };
                if let Some(params) = self.params.get(&own).cloned() {
                    self.arguments(file, call, own, &params)?;
                }
            }
        }
        for site in self.unit.sites.iter().filter(|site| site.legacy != Legacy::Option) {
            let call = cx.call_of_name(site.file, site.name)?;
            let given = cx.args(site.file, call).len();
            (1..given).try_for_each(|index| self.argument(site.file, call, index))?;
        }
        Some(())
    }

    fn arguments(
        &mut self,
        file: FileIdx,
        call: NodeId,
        own: (FileIdx, NodeId),
        params: &BTreeSet<usize>,
    ) -> Option<()> {
        let cx = self.cx;
        if names_method_of_type(cx, file, call) {
            return None;
        }
        let signature = self.types().signature(own.0, own.1, &Default::default());
        let given = cx.args(file, call).len();
        for &param in params {
            let is_rest = signature.is_variadic && param + 1 == signature.params.len();
            let end = if is_rest { given } else { param + 1 };
            (param..end).try_for_each(|index| self.argument(file, call, index))?;
        }
        Some(())
    }

    fn argument(&mut self, file: FileIdx, call: NodeId, index: usize) -> Option<()> {
        let arg = *self.cx.args(file, call).get(index)?;
        let list = self.cx.syntax(file).child(call, "arguments")?;
        // A `nil` that is given to a variadic function is an option of its own.
        let is_element = *self.cx.ty(file, arg) == Ty::Nil && self.is_variadic(file, call);
        if is_element || !self.is_empty(file, arg) {
            return None;
        }
        self.elements.entry((file, list)).or_default().insert(index);
        Some(())
    }

    fn is_variadic(&self, file: FileIdx, call: NodeId) -> bool {
        let called = self.cx.function_called(file, call);
        called.is_none_or(|(file, decl)| self.types().signature(file, decl, &Default::default()).is_variadic)
    }

    /// The elements of literals that fill the fields that go.
    fn literals(&mut self) -> Option<()> {
        let cx = self.cx;
        let fields: BTreeSet<DefId> = self
            .unit
            .slots
            .iter()
            .filter_map(|slot| match *slot {
                Slot::Def(def) if cx.program.def(def).kind == DefKind::Field => Some(def),
                _ => None,
            })
            .filter(|&def| {
                cx.program.is_own(cx.program.def(def).file) && is_option_type(cx, &self.types().of_value(def))
            })
            .collect();
        if fields.is_empty() {
            return Some(());
        }
        for file in cx.program.own_files() {
            let syntax = cx.syntax(file);
            for node in syntax.nodes() {
                match syntax.kind(node) {
                    "literal_value" => self.literal(file, node, &fields)?,
                    "call_expression" if self.converts(file, node, &fields) => return None,
                    _ => {}
                }
            }
        }
        Some(())
    }

    fn literal(&mut self, file: FileIdx, body: NodeId, fields: &BTreeSet<DefId>) -> Option<()> {
        let cx = self.cx;
        let syntax = cx.syntax(file);
        let members = self.members(file, body);
        for (index, element) in syntax.children(body).enumerate() {
            let key = syntax.child(element, "key");
            let field = match key.map(|key| syntax.below(key).last().unwrap_or(key)) {
                Some(name) => cx.inferred(file).meaning(name),
                None => members.get(index).map(|&member| Ref::Def(member)),
            };
            if !matches!(field, Some(Ref::Def(def)) if fields.contains(&def)) {
                continue;
            }
            let value = if key.is_some() { syntax.child(element, "value")? } else { element };
            if !self.is_empty(file, value) {
                return None;
            }
            self.elements.entry((file, body)).or_default().insert(index);
        }
        Some(())
    }

    /// The fields of the struct that a literal or value is of.
    fn members(&self, file: FileIdx, node: NodeId) -> Vec<DefId> {
        match self.types().underlying(self.cx.ty(file, node).pointee()) {
            Ty::Struct(file, body) => self.cx.program.members(file, body).to_vec(),
            _ => Vec::new(),
        }
    }

    /// Whether a struct with one of the fields is made of another struct, or another of it: both have to keep the same fields.
    fn converts(&self, file: FileIdx, call: NodeId, fields: &BTreeSet<DefId>) -> bool {
        let cx = self.cx;
        let Some(function) = cx.syntax(file).child(call, "function") else { return false };
        let name = cx.syntax(file).child(function, "field").unwrap_or(function);
        let Some(Ref::Def(def)) = cx.inferred(file).meaning(name) else { return false };
        let is_type = matches!(cx.program.def(def).kind, DefKind::Type | DefKind::Alias);
        is_type
            && cx
                .args(file, call)
                .iter()
                .any(|&arg| self.members(file, arg).iter().any(|member| fields.contains(member)))
    }

    /// Whether everything that names options is in what goes.
    fn is_all(&self) -> bool {
        let cx = self.cx;
        let regions = self.regions();
        let is_gone = |file: FileIdx, node: NodeId| {
            let range = cx.syntax(file).range(node);
            regions.iter().any(|(own, region)| *own == file && region.start <= range.start && range.end <= region.end)
        };
        let types = self.unit.sites.iter().filter(|site| site.legacy == Legacy::Option);
        types.into_iter().all(|site| is_gone(site.file, site.whole))
            && self.unit.slots.iter().all(|slot| match *slot {
                Slot::Local(file, name) => {
                    !is_option_type(cx, cx.ty(file, name))
                        || is_gone(file, name) && cx.uses(file, name).iter().all(|&use_| is_gone(file, use_))
                }
                Slot::Param(file, decl, param) => {
                    let is_ours = self.params.get(&(file, decl)).is_some_and(|own| own.contains(&param));
                    let name = parameters(cx, file, decl).get(param).copied().flatten();
                    !is_ours || name.is_none_or(|name| cx.uses(file, name).iter().all(|&use_| is_gone(file, use_)))
                }
                Slot::Def(def) => {
                    let data = cx.program.def(def);
                    !self.lines.contains(&(data.file, self.whole_declaration(data.file, data.node)))
                        || cx.uses_of_def(def).iter().all(|&(file, name)| is_gone(file, name))
                }
                Slot::Result(..) | Slot::Expr(..) => true,
            })
    }

    fn regions(&self) -> Vec<(FileIdx, Range<usize>)> {
        let elements = self.elements.iter().flat_map(|(&(file, list), indices)| {
            let all: Vec<NodeId> = self.cx.syntax(file).children(list).collect();
            indices.iter().filter_map(move |&index| Some((file, *all.get(index)?))).collect::<Vec<_>>()
        });
        elements
            .chain(self.lines.iter().copied())
            .map(|(file, node)| (file, self.cx.syntax(file).range(node)))
            .collect()
    }

    fn decision(&self) -> Decision {
        let cx = self.cx;
        let mut changes: Vec<Change> = Vec::new();
        for (&(file, list), indices) in &self.elements {
            let all: Vec<NodeId> = cx.syntax(file).children(list).collect();
            for run in runs(indices) {
                changes.extend(lists::remove(cx, file, &all, run));
            }
        }
        changes.extend(lines::removed(cx, &self.lines));
        let outermost =
            changes.iter().filter(|inner| !changes.iter().any(|outer| swallows(outer, inner))).cloned().collect();
        let why = "it is exported by a package that no command of the tree imports: others may give it options";
        let remarks = self.open.iter().map(|&(file, node)| (file, node, Outcome::safe(Vec::new(), "").reserved(why)));
        let outcomes = self.unit.sites.iter().map(|site| {
            let help = if site.legacy == Legacy::Option {
                "nobody gives it an option: it goes"
            } else {
                "the same call without options"
            };
            (*site, Outcome::safe(Vec::new(), help))
        });
        Decision {
            outcomes: outcomes.collect(),
            changes: outermost,
            remarks: remarks.collect(),
            carries_functions: true,
            needs_new_version: self.params.keys().any(|&(file, decl)| is_factory_method(cx, self.unit, file, decl)),
        }
    }
}

/// Whether a change is a part of another.
fn swallows(outer: &Change, inner: &Change) -> bool {
    let (wide, narrow) = (outer.edit.range(), inner.edit.range());
    outer.file == inner.file && wide.start <= narrow.start && narrow.end <= wide.end && wide.len() > narrow.len()
}

/// Indices that follow each other as ranges.
fn runs(indices: &BTreeSet<usize>) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for &index in indices {
        match runs.last_mut() {
            Some(run) if run.end == index => run.end += 1,
            _ => runs.push(index..index + 1),
        }
    }
    runs
}

/// Whether a call names a method of a type, and gives it the receiver as an argument: `Pool.Make(pool, options...)`.
fn names_method_of_type(cx: &Cx<'_>, file: FileIdx, call: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let operand = syntax.child(call, "function").and_then(|function| syntax.child(syntax.bare(function), "operand"));
    let name = operand.map(|operand| {
        let inner = syntax.bare(operand);
        syntax.child(inner, "field").unwrap_or(inner)
    });
    let meaning = name.and_then(|name| cx.inferred(file).meaning(name));
    matches!(meaning, Some(Ref::Def(def)) if matches!(cx.program.def(def).kind, DefKind::Type | DefKind::Alias))
        || operand.is_some_and(|operand| syntax.text(operand).starts_with("(*"))
}

/// Whether a method implements the engine factory, whose signature changes for everybody.
fn is_factory_method(cx: &Cx<'_>, unit: &Unit, file: FileIdx, decl: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let is_about_factory =
        unit.slots.iter().any(|slot| matches!(slot, Slot::Def(def) if cx.legacy.get(*def).is_some()));
    is_about_factory && syntax.child(decl, "name").is_some_and(|name| syntax.text(name) == "CreateEngine")
}
