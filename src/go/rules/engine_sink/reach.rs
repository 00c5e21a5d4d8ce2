//! Where a constructed engine goes: the runs and sessions that it reaches, and the places where it is lost.

use std::collections::BTreeSet;

use crate::go::cx::Cx;
use crate::go::index::FileIdx;
use crate::go::infer::Ref;
use crate::go::models::GEPPETTO_MODULE;
use crate::go::surface::Legacy;
use crate::go::syntax::{NodeId, Syntax};
use crate::go::variables::{Value, Write, writes};

/// A run of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Run {
    pub(crate) file: FileIdx,
    /// Its context argument: that of `RunInference`, or of the call of a function that runs the engine.
    pub(crate) ctx: NodeId,
}

/// What happens to an engine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reach {
    pub(crate) runs: Vec<Run>,
    /// The legacy states that are made over it.
    pub(crate) states: Vec<(FileIdx, NodeId)>,
    /// The calls of `enginebuilder.WithBase` that it is given to.
    pub(crate) builders: Vec<(FileIdx, NodeId)>,
    /// Why a context sees more than the engine's own events.
    pub(crate) wider: Vec<String>,
    /// The functions that return it, alone or beside an error.
    pub(crate) returns: Vec<(FileIdx, NodeId)>,
    /// Where it goes out of sight.
    pub(crate) escapes: Vec<(FileIdx, NodeId)>,
}

/// Follows the engine that a construction gives.
pub(crate) fn of(cx: &Cx<'_>, file: FileIdx, call: NodeId) -> Reach {
    let mut search = Search { cx, seen: BTreeSet::new(), reach: Reach::default() };
    search.result(file, call);
    let mut reach = search.reach;
    reach.runs.sort();
    reach.runs.dedup();
    reach
}

struct Search<'a, 'c> {
    cx: &'a Cx<'c>,
    seen: BTreeSet<(FileIdx, NodeId)>,
    reach: Reach,
}

impl Search<'_, '_> {
    fn escapes(&mut self, file: FileIdx, node: NodeId) {
        self.reach.escapes.push((file, node));
    }

    /// The engine is the first result of a call.
    fn result(&mut self, file: FileIdx, call: NodeId) {
        let syntax = self.cx.syntax(file);
        let Some(mut above) = syntax.parent(call) else { return };
        let mut index = 0;
        let mut right = call;
        if syntax.kind(above) == "expression_list" {
            index = syntax.children(above).position(|value| value == call).unwrap_or(0);
            right = above;
            above = syntax.parent(above).unwrap_or(above);
        }
        match syntax.kind(above) {
            "short_var_declaration" | "assignment_statement" if syntax.role(right) == "right" => {
                let places = syntax.child(above, "left").map_or(Vec::new(), |left| syntax.list(left));
                if let Some(&place) = places.get(index) {
                    self.place(file, place, call);
                }
            }
            "var_spec" if syntax.role(right) == "value" => {
                let mut names = syntax.names(above);
                if let Some(name) = names.nth(index) {
                    self.place(file, name, call);
                }
            }
            "expression_statement" => {}
            _ => self.value(file, call),
        }
    }

    /// The engine, made by `from`, goes to what a name on the left names.
    fn place(&mut self, file: FileIdx, place: NodeId, from: NodeId) {
        let syntax = self.cx.syntax(file);
        if syntax.text(place) == "_" {
            return;
        }
        match self.cx.inferred(file).meaning(place) {
            Some(Ref::Local(declared)) => self.variable(file, declared, from),
            _ => self.escapes(file, place),
        }
    }

    fn variable(&mut self, file: FileIdx, declared: NodeId, from: NodeId) {
        if !self.seen.insert((file, declared)) {
            return;
        }
        if is_result(self.cx.syntax(file), declared) {
            return self.escapes(file, declared);
        }
        let all = writes(self.cx, file, declared);
        let is_ours = |write: &Write| match write.value {
            Value::Zero | Value::Param => true,
            Value::Expr(value) | Value::Result(value, _) => value == from || self.wraps(file, value, declared),
            Value::Other => false,
        };
        if let Some(other) = all.iter().find(|write| !is_ours(write)) {
            return self.escapes(file, other.name);
        }
        let is_written = |use_: &NodeId| all.iter().any(|write| write.name == *use_);
        for use_ in self.cx.uses(file, declared).iter().filter(|use_| !is_written(use_)) {
            self.value(file, *use_);
        }
    }

    /// Whether a call puts middleware around the engine in a variable.
    fn wraps(&self, file: FileIdx, call: NodeId, declared: NodeId) -> bool {
        is_call_of(self.cx, file, call, "inference/middleware", "NewEngineWithMiddleware")
            && self
                .cx
                .args(file, call)
                .first()
                .is_some_and(|&inner| self.cx.inferred(file).meaning(inner) == Some(Ref::Local(declared)))
    }

    /// The engine is the value of an expression.
    fn value(&mut self, file: FileIdx, node: NodeId) {
        let syntax = self.cx.syntax(file);
        let Some(above) = syntax.parent(node) else { return };
        match syntax.kind(above) {
            "parenthesized_expression" => self.value(file, above),
            // With a sink, an engine was one of its own: it was equal to no other.
            "binary_expression" if !syntax.children(above).any(|side| syntax.text(side) == "nil") => {
                self.escapes(file, node);
            }
            "binary_expression" | "expression_statement" => {}
            "selector_expression" => self.selected(file, above),
            "argument_list" => self.argument(file, node, above),
            "expression_list" | "var_spec" | "short_var_declaration" | "assignment_statement" | "return_statement" => {
                let stmt = if syntax.kind(above) == "expression_list" { syntax.parent(above) } else { Some(above) };
                let is_first = syntax.kind(above) != "expression_list" || syntax.children(above).next() == Some(node);
                match stmt.map_or("", |stmt| syntax.kind(stmt)) {
                    "short_var_declaration" | "assignment_statement" | "var_spec" => self.result(file, node),
                    "return_statement" if is_first => self.returned(file, node),
                    _ => self.escapes(file, node),
                }
            }
            _ => self.escapes(file, node),
        }
    }

    fn returned(&mut self, file: FileIdx, node: NodeId) {
        let syntax = self.cx.syntax(file);
        match self.cx.function(file, node) {
            Some(function) if syntax.kind(function) != "func_literal" => self.reach.returns.push((file, function)),
            _ => self.escapes(file, node),
        }
    }

    fn selected(&mut self, file: FileIdx, selector: NodeId) {
        let syntax = self.cx.syntax(file);
        let is_run = syntax.child(selector, "field").is_some_and(|field| syntax.text(field) == "RunInference");
        let call = syntax.parent(selector).filter(|&call| syntax.child(call, "function") == Some(selector));
        let ctx = call.and_then(|call| self.cx.args(file, call).first().copied());
        match ctx.filter(|_| is_run) {
            Some(ctx) => self.reach.runs.push(Run { file, ctx }),
            None => self.escapes(file, selector),
        }
    }

    fn argument(&mut self, file: FileIdx, node: NodeId, list: NodeId) {
        let syntax = self.cx.syntax(file);
        let Some(call) = syntax.parent(list).filter(|&call| syntax.kind(call) == "call_expression") else {
            return self.escapes(file, node);
        };
        let args = self.cx.args(file, call);
        let index = args.iter().position(|&arg| arg == node).unwrap_or(0);
        let callee = self.cx.inferred(file).callee(call);
        if callee.and_then(|def| self.cx.legacy.get(def)) == Some(Legacy::NewInferenceState) && index == 2 {
            return self.reach.states.push((file, call));
        }
        if is_call_of(self.cx, file, call, "inference/toolloop/enginebuilder", "WithBase") {
            return self.reach.builders.push((file, call));
        }
        if is_call_of(self.cx, file, call, "inference/middleware", "NewEngineWithMiddleware") && index == 0 {
            let place = self.cx.place(file, call);
            self.reach.wider.push(format!("the middleware around the engine ({place}) tells the context's sinks, too"));
            return self.result(file, call);
        }
        match self.handed_over(file, call, index) {
            Some((run, wider)) => {
                self.reach.runs.push(run);
                self.reach.wider.extend(wider);
            }
            None => self.escapes(file, node),
        }
    }

    /// The engine is an argument of a function that runs it in a context of its caller.
    fn handed_over(&self, file: FileIdx, call: NodeId, index: usize) -> Option<(Run, Option<String>)> {
        let cx = self.cx;
        let (decl_file, decl) = cx.function_called(file, call)?;
        let is_body_known = cx.syntax(decl_file).child(decl, "body").is_some();
        let params = parameters(cx, decl_file, decl);
        let param = (*params.get(index)?).filter(|_| is_body_known && cx.program.is_own(decl_file))?;
        if self.seen.contains(&(decl_file, param)) {
            return None;
        }
        let mut inner = Search { cx, seen: self.seen.clone(), reach: Reach::default() };
        inner.variable(decl_file, param, decl);
        let Reach { runs, states, builders, wider, returns, escapes } = inner.reach;
        if !(states.is_empty() && builders.is_empty() && returns.is_empty() && wider.is_empty() && escapes.is_empty()) {
            return None;
        }
        let mut contexts = runs.iter().map(|run| context_parameter(cx, decl_file, run.ctx));
        let ctx = contexts.next()??;
        if !contexts.all(|other| other == Some(ctx)) {
            return None;
        }
        let at = params.iter().position(|&other| other == Some(ctx))?;
        let given = *cx.args(file, call).get(at)?;
        let wider = (!serves_only_runs(cx, decl_file, ctx, &runs)).then(|| {
            let place = cx.place(decl_file, decl);
            format!("the function at {place} uses its context for more than the engine's runs")
        });
        Some((Run { file, ctx: given }, wider))
    }
}

/// Whether a name is that of a result, which a bare `return` gives.
fn is_result(syntax: &Syntax, declared: NodeId) -> bool {
    let param = syntax.parent(declared).filter(|&param| syntax.kind(param) == "parameter_declaration");
    param.and_then(|param| syntax.parent(param)).is_some_and(|list| syntax.role(list) == "result")
}

/// The names of a function's parameters, in their order; nothing for one without a name.
pub(crate) fn parameters(cx: &Cx<'_>, file: FileIdx, decl: NodeId) -> Vec<Option<NodeId>> {
    let syntax = cx.syntax(file);
    let list = syntax.child(decl, "parameters");
    let mut all = Vec::new();
    for param in list.into_iter().flat_map(|list| syntax.children(list)) {
        let names: Vec<NodeId> = syntax.names(param).collect();
        match names.is_empty() {
            true => all.push(None),
            false => all.extend(names.into_iter().map(Some)),
        }
    }
    all
}

/// The parameter that a context is, or is derived from.
fn context_parameter(cx: &Cx<'_>, file: FileIdx, ctx: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let ctx = syntax.bare(ctx);
    if let Some(parent) = derived_from(cx, file, ctx) {
        return context_parameter(cx, file, parent);
    }
    let Some(Ref::Local(declared)) = cx.inferred(file).meaning(ctx) else { return None };
    match writes(cx, file, declared).as_slice() {
        [Write { value: Value::Param, .. }] => Some(declared),
        [Write { value: Value::Expr(value) | Value::Result(value, 0), .. }] => context_parameter(cx, file, *value),
        _ => None,
    }
}

/// The context from which a call derives another.
fn derived_from(cx: &Cx<'_>, file: FileIdx, call: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    if syntax.kind(call) != "call_expression" {
        return None;
    }
    let def = cx.inferred(file).callee(call).map(|def| cx.program.def(def))?;
    let package = &cx.program.package(def.package);
    let derives = package.path == "context" && def.name.starts_with("With")
        || package.path == format!("{GEPPETTO_MODULE}/pkg/events") && def.name == "WithEventSinks";
    derives.then(|| cx.args(file, call).first().copied())?
}

/// Whether a context goes to nothing but runs, contexts derived from it, and its own methods.
fn serves_only_runs(cx: &Cx<'_>, file: FileIdx, declared: NodeId, runs: &[Run]) -> bool {
    let syntax = cx.syntax(file);
    cx.uses(file, declared).iter().all(|&use_| {
        if runs.iter().any(|run| run.file == file && run.ctx == use_) {
            return true;
        }
        let Some(above) = syntax.parent(use_) else { return false };
        match syntax.kind(above) {
            "selector_expression" => true,
            "argument_list" => {
                let Some(call) = syntax.parent(above).filter(|&call| derived_from(cx, file, call) == Some(use_)) else {
                    return false;
                };
                is_run_context(runs, file, call)
                    || variable_of(cx, file, call).is_some_and(|derived| serves_only_runs(cx, file, derived, runs))
            }
            _ => false,
        }
    })
}

fn is_run_context(runs: &[Run], file: FileIdx, node: NodeId) -> bool {
    runs.iter().any(|run| run.file == file && run.ctx == node)
}

/// The new variable that holds the first result of a call.
fn variable_of(cx: &Cx<'_>, file: FileIdx, call: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let stmt = syntax.enclosing(call, &["short_var_declaration"])?;
    let right = syntax.child(stmt, "right")?;
    let left = syntax.child(stmt, "left")?;
    let is_whole = syntax.list(right) == [call];
    let name = *syntax.list(left).first()?;
    (is_whole && cx.inferred(file).meaning(name) == Some(Ref::Local(name))).then_some(name)
}

/// Whether a call is of a function of a geppetto package.
pub(crate) fn is_call_of(cx: &Cx<'_>, file: FileIdx, call: NodeId, below_pkg: &str, name: &str) -> bool {
    let syntax = cx.syntax(file);
    if syntax.kind(call) != "call_expression" {
        return false;
    }
    cx.inferred(file).callee(call).map(|def| cx.program.def(def)).is_some_and(|def| {
        def.name == name && cx.program.package(def.package).path == format!("{GEPPETTO_MODULE}/pkg/{below_pkg}")
    })
}
