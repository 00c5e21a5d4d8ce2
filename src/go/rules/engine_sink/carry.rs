//! How the sinks of a construction are written where the engine runs.

use super::absent::{Absence, absence};
use super::comments::{self, Comments};
use super::reach::Run;
use crate::go::cx::{Change, Cx, Outcome};
use crate::go::index::FileIdx;
use crate::go::infer::Ref;
use crate::go::rules::engine_options::{Given, Options, sink_of};
use crate::go::syntax::NodeId;
use crate::go::ty::Ty;
use crate::go::variables;
use crate::go::variables::{first_of_statement, free, is_pure, means_the_same, writes};

/// One of the sinks that a construction is given, or a slice of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    pub(crate) expr: NodeId,
    pub(crate) is_spread: bool,
    absence: Absence,
}

/// What the runs are given.
#[derive(Clone, Debug)]
pub(crate) struct Carried {
    /// The arguments behind the context.
    pub(crate) args: String,
    pub(crate) is_spread: bool,
    /// What comes in front of the construction.
    pub(crate) in_front: Option<Change>,
    /// What takes the comments of sinks that get variables from the construction.
    pub(crate) comments: Vec<Change>,
    /// Whether a sink may be missing.
    pub(crate) is_conditional: bool,
}

impl Carried {
    fn of(args: String, is_spread: bool) -> Self {
        Self { args, is_spread, in_front: None, comments: Vec::new(), is_conditional: false }
    }
}

/// The sinks of the options that a construction is given. Those that are `nil` are none.
pub(crate) fn pieces(cx: &Cx<'_>, options: &Options<'_>, file: FileIdx, given: &Given) -> Vec<Piece> {
    let is_none = |arg: NodeId| !given.is_variadic && *cx.ty(file, arg) == Ty::Nil;
    let args = given.args.iter().copied().filter(|&arg| !is_none(arg));
    let pieces = args.flat_map(|arg| of_option(cx, options, file, arg));
    pieces.filter(|piece| piece.absence != Absence::Always).collect()
}

fn of_option(cx: &Cx<'_>, options: &Options<'_>, file: FileIdx, arg: NodeId) -> Vec<Piece> {
    let syntax = cx.syntax(file);
    if let Some(sink) = sink_of(cx, file, arg) {
        return vec![Piece { expr: sink, is_spread: false, absence: absence(cx, file, sink) }];
    }
    let is_spread = syntax.kind(arg) == "variadic_argument";
    if !is_spread && !matches!(cx.ty(file, arg), Ty::Slice(_)) {
        let absence = if options.may_be_nil() { Absence::Possible } else { Absence::Never };
        return vec![Piece { expr: arg, is_spread: false, absence }];
    }
    let slice = if is_spread { syntax.children(arg).next() } else { Some(arg) };
    let Some(slice) = slice else { return Vec::new() };
    if *cx.ty(file, slice) == Ty::Nil {
        return Vec::new();
    }
    match elements(cx, file, slice) {
        Some(elements) => elements.into_iter().flat_map(|element| of_option(cx, options, file, element)).collect(),
        None => vec![Piece { expr: slice, is_spread: true, absence: Absence::Never }],
    }
}

/// The options that are written in a construction itself, also as elements of a slice.
pub(crate) fn written(cx: &Cx<'_>, file: FileIdx, given: &Given) -> Vec<NodeId> {
    let syntax = cx.syntax(file);
    let inner = |arg: NodeId| match syntax.kind(arg) {
        "variadic_argument" => syntax.children(arg).next().unwrap_or(arg),
        _ => arg,
    };
    given.args.iter().flat_map(|&arg| elements(cx, file, inner(arg)).unwrap_or_else(|| vec![arg])).collect()
}

/// The elements of a slice that is written on the spot.
fn elements(cx: &Cx<'_>, file: FileIdx, slice: NodeId) -> Option<Vec<NodeId>> {
    let syntax = cx.syntax(file);
    let body = syntax.child(slice, "body").filter(|_| syntax.kind(slice) == "composite_literal")?;
    let elements: Vec<NodeId> = syntax
        .children(body)
        .map(|element| if syntax.kind(element) == "literal_element" { syntax.children(element).next() } else { None })
        .collect::<Option<_>>()?;
    Some(elements)
}

/// Carries sinks from a construction to the runs of its engine.
#[derive(Debug)]
pub(crate) struct Carrier<'a, 'c> {
    pub(crate) cx: &'a Cx<'c>,
    pub(crate) options: &'a Options<'a>,
    pub(crate) file: FileIdx,
    pub(crate) call: NodeId,
    pub(crate) runs: &'a [Run],
}

impl Carrier<'_, '_> {
    pub(crate) fn carry(&self, pieces: &[Piece]) -> Result<Carried, Outcome> {
        if self.runs.is_empty() {
            return self.unused(pieces);
        }
        let is_conditional = pieces.iter().any(|piece| piece.absence == Absence::Possible);
        if let [Piece { expr, is_spread: true, .. }] = pieces {
            return self.slice(*expr);
        }
        if is_conditional || pieces.iter().any(|piece| piece.is_spread) {
            return self.gathered(pieces, is_conditional);
        }
        let mut lines = Vec::new();
        let mut args = Vec::new();
        let mut taken = Vec::new();
        let mut comments = Vec::new();
        for piece in pieces {
            args.push(match self.is_repeatable(piece.expr) {
                true => self.options.text(self.cx, self.file, piece.expr),
                false => self.local(piece.expr, &mut taken, &mut lines, &mut comments),
            });
        }
        let in_front = self.in_front(&taken, &lines)?;
        Ok(Carried { comments, in_front, ..Carried::of(args.join(", "), false) })
    }

    /// Nobody tells the sinks of an engine that never runs; what makes them, and the variables that they are in, stay.
    fn unused(&self, pieces: &[Piece]) -> Result<Carried, Outcome> {
        let (cx, file) = (self.cx, self.file);
        let is_idle = |expr: NodeId| {
            let mut names = cx.syntax(file).below(expr).filter_map(|name| cx.inferred(file).meaning(name));
            is_pure(cx, file, expr) && !names.any(|name| matches!(name, Ref::Local(_)))
        };
        let kept = pieces.iter().filter(|piece| !is_idle(piece.expr));
        let lines: Vec<String> = kept.map(|piece| format!("_ = {}", self.options.text(cx, file, piece.expr))).collect();
        let in_front = self.in_front(&[], &lines)?;
        Ok(Carried { in_front, ..Carried::of(String::new(), false) })
    }

    /// A slice of sinks: a variable that stays as it is, or a copy.
    fn slice(&self, slice: NodeId) -> Result<Carried, Outcome> {
        let text = self.options.text(self.cx, self.file, slice);
        let is_variable = self.cx.syntax(self.file).kind(slice) == "identifier";
        let carried = |args: String, in_front| Carried { in_front, ..Carried::of(args, true) };
        if is_variable && self.is_repeatable(slice) && !self.has_elements_set(slice) {
            return Ok(carried(format!("{text}..."), None));
        }
        let name = self.free("sinks", &[]);
        let is_fresh = self.cx.syntax(self.file).kind(slice) == "call_expression";
        let line = match is_fresh {
            true => format!("{name} := {text}"),
            false => {
                let events = self.cx.package(self.file, "events");
                format!("{name} := append([]{events}EventSink(nil), {text}...)")
            }
        };
        Ok(carried(format!("{name}..."), self.in_front(std::slice::from_ref(&name), &[line])?))
    }

    /// A slice in front of the construction that is filled with the sinks that are there.
    fn gathered(&self, pieces: &[Piece], is_conditional: bool) -> Result<Carried, Outcome> {
        let (cx, file) = (self.cx, self.file);
        let sinks = self.free("sinks", &[]);
        let mut taken = vec![sinks.clone()];
        let mut lines = vec![format!("var {sinks} []{}EventSink", cx.package(file, "events"))];
        for piece in pieces {
            let text = match piece.absence {
                Absence::Possible if !self.is_plain(piece.expr) => {
                    let name = self.free("sink", &taken);
                    taken.push(name.clone());
                    let events = cx.package(file, "events");
                    lines.push(format!("var {name} {events}EventSink = {}", self.options.text(cx, file, piece.expr)));
                    name
                }
                _ => self.options.text(cx, file, piece.expr),
            };
            let dots = if piece.is_spread { "..." } else { "" };
            let append = format!("{sinks} = append({sinks}, {text}{dots})");
            match piece.absence {
                Absence::Possible => lines.extend([format!("if {text} != nil {{"), format!("\t{append}"), "}".into()]),
                _ => lines.push(append),
            }
        }
        let in_front = self.in_front(&taken, &lines)?;
        Ok(Carried { in_front, is_conditional, ..Carried::of(format!("{sinks}..."), true) })
    }

    /// A variable of its own for a sink that is made on the spot, with what is said of it there.
    fn local(
        &self,
        expr: NodeId,
        taken: &mut Vec<String>,
        lines: &mut Vec<String>,
        removal: &mut Vec<Change>,
    ) -> String {
        let (cx, file) = (self.cx, self.file);
        let name = self.free("sink", taken);
        taken.push(name.clone());
        let args = cx.args(file, self.call);
        let arg = args.into_iter().find(|&arg| sink_of(cx, file, arg) == Some(expr));
        let Comments { above, behind, removal: gone } =
            arg.map_or_else(Comments::default, |arg| comments::of(cx, file, arg));
        lines.extend(above);
        let behind = behind.map_or_else(String::new, |behind| format!(" {behind}"));
        lines.push(format!("{name} := {}{behind}", self.options.text(cx, file, expr)));
        removal.extend(gone);
        name
    }

    fn free(&self, wanted: &str, taken: &[String]) -> String {
        let name = free(self.cx, self.file, self.call, wanted);
        let list = self.list().unwrap_or(self.call);
        let mut names = std::iter::once(name.clone()).chain((2..).map(|number| format!("{wanted}{number}")));
        let is_free = |name: &String| {
            !taken.contains(name)
                && !self.cx.is_declared(self.file, list, name)
                && free(self.cx, self.file, self.call, name) == *name
        };
        names.find(is_free).unwrap_or(name)
    }

    /// The list of statements in which the construction stands.
    fn list(&self) -> Option<NodeId> {
        let syntax = self.cx.syntax(self.file);
        syntax.parent(self.cx.stmt(self.file, self.call)?)
    }

    /// Lines in front of the statement of the construction, if all runs see what they declare.
    fn in_front(&self, names: &[String], lines: &[String]) -> Result<Option<Change>, Outcome> {
        if lines.is_empty() {
            return Ok(None);
        }
        let syntax = self.cx.syntax(self.file);
        let stmt = first_of_statement(self.cx, self.file, self.call).ok_or_else(in_the_middle)?;
        let list = syntax.parent(stmt).ok_or_else(in_the_middle)?;
        // What runs further up, in a loop's next round or in a function literal, does not see what is declared here.
        let is_seen = |run: &Run| {
            run.file == self.file && syntax.is_inside(run.ctx, list) && syntax.start(run.ctx) > syntax.start(stmt)
        };
        if !self.runs.iter().all(is_seen) {
            return Err(out_of_scope());
        }
        if !self.may_come_first() {
            return Err(in_the_middle());
        }
        let indent = self.cx.indent(self.file, stmt);
        let mut text = String::new();
        for line in lines {
            text.push_str(&format!("{line}\n{indent}"));
        }
        names.iter().for_each(|name| self.cx.declare(self.file, list, name));
        let start = syntax.start(stmt);
        Ok(Some(self.cx.edit(self.file, start..start, text)))
    }

    /// Whether nothing is done in front of the options that what makes the sinks could depend on.
    fn may_come_first(&self) -> bool {
        let (cx, file) = (self.cx, self.file);
        let Some(given) = self.options.given(cx, file, self.call) else { return true };
        let before = cx.args(file, self.call);
        let is_before = |arg: &&NodeId| !given.args.contains(arg);
        let sinks_are_pure = given.args.iter().all(|&arg| match sink_of(cx, file, arg) {
            Some(sink) => is_pure(cx, file, sink),
            None => is_pure(cx, file, arg),
        });
        sinks_are_pure || before.iter().filter(is_before).all(|&arg| is_pure(cx, file, arg))
    }

    /// Whether an expression can be written again without being evaluated differently.
    fn is_plain(&self, expr: NodeId) -> bool {
        let syntax = self.cx.syntax(self.file);
        match syntax.kind(expr) {
            "identifier" => true,
            "selector_expression" => syntax.child(expr, "operand").is_some_and(|operand| self.is_plain(operand)),
            _ => false,
        }
    }

    /// Whether an expression is the same at all runs as at the construction.
    fn is_repeatable(&self, expr: NodeId) -> bool {
        let (cx, file) = (self.cx, self.file);
        let syntax = cx.syntax(file);
        let name = match syntax.kind(expr) {
            "identifier" => expr,
            "unary_expression" if syntax.text(expr).starts_with('&') => {
                let Some(operand) = syntax.child(expr, "operand") else { return false };
                return self.is_fixed_place(operand) && self.is_seen(expr);
            }
            "selector_expression" => match (syntax.child(expr, "operand"), syntax.child(expr, "field")) {
                (Some(operand), Some(field)) if is_package(cx, file, operand) => field,
                _ => return false,
            },
            _ => return false,
        };
        self.is_seen(expr)
            && match cx.inferred(file).meaning(name) {
                Some(Ref::Local(declared)) => self.stays(declared),
                Some(Ref::Def(def)) => cx.uses_of_def(def).iter().all(|&(file, name)| !is_put_into(cx, file, name)),
                _ => false,
            }
    }

    /// Whether `&place` is the same at all runs: a variable, or a field of one that stays the same.
    fn is_fixed_place(&self, place: NodeId) -> bool {
        let (cx, file) = (self.cx, self.file);
        let syntax = cx.syntax(file);
        match syntax.kind(place) {
            "identifier" => match cx.inferred(file).meaning(place) {
                Some(Ref::Local(declared)) => !matches!(cx.ty(file, place), Ty::Pointer(_)) || self.stays(declared),
                _ => false,
            },
            "selector_expression" => {
                let Some(operand) = syntax.child(place, "operand") else { return false };
                let stays =
                    matches!(cx.inferred(file).meaning(operand), Some(Ref::Local(declared)) if self.stays(declared));
                syntax.kind(operand) == "identifier" && stays
            }
            _ => false,
        }
    }

    fn is_seen(&self, expr: NodeId) -> bool {
        let is_seen = |run: &Run| run.file == self.file && means_the_same(self.cx, self.file, expr, run.ctx);
        self.runs.iter().all(is_seen)
    }

    /// Whether a variable is written to only before the construction, and not again in another round of a loop.
    fn stays(&self, declared: NodeId) -> bool {
        let syntax = self.cx.syntax(self.file);
        let all = writes(self.cx, self.file, declared);
        let Some((_, later)) = all.split_first() else { return false };
        if later.is_empty() {
            return true;
        }
        let home = self.cx.function(self.file, self.call);
        let is_before =
            |name: NodeId| syntax.end(name) <= syntax.start(self.call) && self.cx.function(self.file, name) == home;
        later.iter().all(|write| is_before(write.name)) && !self.is_in_loop_behind(declared)
    }

    /// Whether the construction stands in a loop that the variable is declared outside of.
    fn is_in_loop_behind(&self, declared: NodeId) -> bool {
        let syntax = self.cx.syntax(self.file);
        let mut around = syntax.ancestors(self.call).take_while(|&node| !syntax.is_inside(declared, node));
        around.any(|node| syntax.kind(node) == "for_statement")
    }

    /// Whether somebody puts something into an element of a slice.
    fn has_elements_set(&self, slice: NodeId) -> bool {
        let (cx, file) = (self.cx, self.file);
        match cx.inferred(file).meaning(slice) {
            Some(Ref::Local(declared)) => variables::has_elements_set(cx, file, declared),
            _ => true,
        }
    }
}

fn is_package(cx: &Cx<'_>, file: FileIdx, operand: NodeId) -> bool {
    matches!(cx.inferred(file).meaning(operand), Some(Ref::Package(_)))
}

/// Whether something is put into what a name stands for.
fn is_put_into(cx: &Cx<'_>, file: FileIdx, name: NodeId) -> bool {
    super::absent::is_written(cx.syntax(file), name)
}

fn in_the_middle() -> Outcome {
    Outcome::report(
        "the sink is made in the middle of a statement",
        "make it in a statement of its own in front, then run the tool again",
    )
}

fn out_of_scope() -> Outcome {
    Outcome::report(
        "the sink cannot be seen where the engine runs",
        "declare it where the engine is declared, then run the tool again",
    )
}
