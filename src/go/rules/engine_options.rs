//! `engine-options`: option slices, parameters, fields, `Config`, `ApplyOptions`, factory signatures with options.

mod config;
mod forwarders;
mod live;
mod uses;

use self::forwarders::Forwarder;
use crate::go::cx::{Change, Cx};
use crate::go::flow::Slot;
use crate::go::index::FileIdx;
use crate::go::lists;
use crate::go::sites::Site;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::go::unit::{Decision, Unit};

/// Whether a factory is called with options.
pub(crate) fn has_options(cx: &Cx<'_>, site: &Site) -> bool {
    let call = cx.call_of_name(site.file, site.name);
    call.is_some_and(|call| cx.args(site.file, call).len() > 1)
}

/// The sink of `engine.WithSink(sink)`.
pub(crate) fn sink_of(cx: &Cx<'_>, file: FileIdx, expr: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let expr = syntax.bare(expr);
    let callee = cx.inferred(file).callee(expr).filter(|_| syntax.kind(expr) == "call_expression")?;
    let is_ours = cx.legacy.get(callee) == Some(Legacy::WithSink);
    is_ours.then(|| cx.args(file, expr).first().copied())?
}

/// What is known of the options of a unit as a whole.
#[derive(Debug)]
pub(crate) struct Options<'a> {
    unit: &'a Unit,
    /// Functions that only hand their options on: they lose them, and their calls are constructions.
    forwarders: Vec<Forwarder>,
    /// What becomes of types and options wherever they stand.
    edits: Vec<Change>,
    /// Whether a sink among those that are handed on may be nil.
    has_absent: bool,
}

/// The options that a call is given.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) args: Vec<NodeId>,
    removal: Vec<Change>,
}

impl Given {
    pub(crate) fn removal(&self) -> Vec<Change> {
        self.removal.clone()
    }
}

impl Options<'_> {
    /// The options that a construction is given, if it is given any.
    pub(crate) fn given(&self, cx: &Cx<'_>, file: FileIdx, call: NodeId) -> Option<Given> {
        let args = cx.args(file, call);
        let first = self.first_option(cx, file, call)?;
        let end = if self.is_variadic(cx, file, call) { args.len() } else { first + 1 };
        let options = args.get(first..end.min(args.len())).filter(|options| !options.is_empty())?.to_vec();
        let removal = lists::remove(cx, file, &args, first..first + options.len());
        Some(Given { args: options, removal })
    }

    /// The place of the first option among the arguments of a factory or a forwarder.
    fn first_option(&self, cx: &Cx<'_>, file: FileIdx, call: NodeId) -> Option<usize> {
        match self.forwarder(cx, file, call) {
            Some(forwarder) => Some(forwarder.param),
            None => is_factory(cx, file, call).then_some(1),
        }
    }

    fn is_variadic(&self, cx: &Cx<'_>, file: FileIdx, call: NodeId) -> bool {
        self.forwarder(cx, file, call).is_none_or(|forwarder| forwarder.is_variadic)
    }

    fn forwarder(&self, cx: &Cx<'_>, file: FileIdx, call: NodeId) -> Option<&Forwarder> {
        let (decl_file, decl) = cx.function_called(file, call)?;
        self.forwarders.iter().find(|forwarder| (forwarder.file, forwarder.decl) == (decl_file, decl))
    }

    /// Whether an expression is the parameter of a forwarder, which is gone then.
    pub(crate) fn is_gone(&self, cx: &Cx<'_>, file: FileIdx, expr: NodeId) -> bool {
        let Slot::Param(file, decl, param) = cx.slot(file, expr) else { return false };
        self.forwarders.iter().any(|own| (own.file, own.decl, own.param) == (file, decl, param))
    }

    pub(crate) fn may_be_nil(&self) -> bool {
        self.has_absent
    }

    /// The text of an expression with sinks in place of options.
    pub(crate) fn text(&self, cx: &Cx<'_>, file: FileIdx, expr: NodeId) -> String {
        let syntax = cx.syntax(file);
        let range = syntax.range(expr);
        let mut text = String::new();
        let mut at = range.start;
        let mut inside: Vec<&Change> = self
            .edits
            .iter()
            .filter(|change| {
                let own = change.edit.range();
                change.file == file && range.start <= own.start && own.end <= range.end
            })
            .collect();
        inside.sort();
        for change in inside {
            let own = change.edit.range();
            if own.start < at {
                continue;
            }
            text.push_str(syntax.slice(at..own.start));
            text.push_str(change.edit.text());
            at = own.end;
        }
        text + syntax.slice(at..range.end)
    }
}

/// Whether a call is of one of the module's factories.
pub(crate) fn is_factory(cx: &Cx<'_>, file: FileIdx, call: NodeId) -> bool {
    let callee = cx.inferred(file).callee(call).and_then(|def| cx.legacy.get(def));
    matches!(callee, Some(Legacy::NewEngine | Legacy::CreateEngine))
}

/// Decides a unit of options.
pub(crate) fn decide(cx: &Cx<'_>, unit: &Unit) -> Decision {
    live::decide(cx, unit, forwarders::of(cx, unit))
}
