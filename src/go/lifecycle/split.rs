//! A run that stands in a function of its own, which only the function that claims calls: it is given the handle of the run.

use super::{Lifecycle, lost};
use crate::go::cx::{Cx, Outcome};
use crate::go::index::FileIdx;
use crate::go::infer::Ref;
use crate::go::proof;
use crate::go::session::Sessions;
use crate::go::sites::Site;
use crate::go::surface::Legacy;
use crate::go::syntax::{NodeId, Syntax};
use crate::go::words;

/// The function that runs, and its call.
#[derive(Clone, Debug)]
pub(super) struct Split {
    pub(super) call: NodeId,
    pub(super) decl: NodeId,
    /// The site of the run.
    pub(super) run: Site,
    bound: Bound,
}

/// Parameters and the receiver of a function, by the names that declare them, and what they are at a call.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    callee: FileIdx,
    caller: FileIdx,
    all: Vec<(NodeId, NodeId)>,
}

/// Stands for the text of an argument until all parameters are replaced.
const MARK: char = '\u{1}';

impl Split {
    /// The function that runs what `function` claims, if the run cannot be meant for anyone else.
    pub(super) fn of(session: &Sessions<'_, '_>, file: FileIdx, function: NodeId) -> Result<Option<Self>, Outcome> {
        let Sessions { cx, unit, .. } = session;
        let syntax = cx.syntax(file);
        let (mut found, mut shared) = (Vec::new(), false);
        for &run in unit.sites.iter().filter(|site| site.legacy == Legacy::RunInferenceStarted && site.file == file) {
            let Some(decl) = syntax.enclosing(run.name, &["function_declaration", "method_declaration"]) else {
                continue;
            };
            let claims =
                |site: &Site| site.legacy == Legacy::StartRun && site.file == file && syntax.is_inside(site.name, decl);
            let name = syntax.child(decl, "name").and_then(|name| cx.program.declared(file, name));
            let Some(name) = name.filter(|_| !unit.sites.iter().any(claims)) else { continue };
            let (calls, values) = cx.calls_of(name);
            if let [(call_file, call)] = calls[..]
                && call_file == file
                && values.is_empty()
                && syntax.is_inside(call, function)
                && is_ours(cx, file, decl)
            {
                found.push((call, decl, run));
            } else {
                shared |= calls.iter().any(|&(other, call)| other == file && syntax.is_inside(call, function));
            }
        }
        match found[..] {
            [(call, decl, run)] => {
                Ok(Some(Self { call, decl, run, bound: Bound::of(cx, (file, call), (file, decl))? }))
            }
            [] if shared => Err(lost("the run follows in a function that others may call, too")),
            [] => Ok(None),
            _ => Err(lost("more than one run follows in functions that this one calls")),
        }
    }

    /// Whether a variable is known at the call, too.
    pub(super) fn binds(&self, declared: NodeId) -> bool {
        self.given(declared).is_some()
    }

    /// What is given for a parameter.
    pub(super) fn given(&self, declared: NodeId) -> Option<NodeId> {
        self.bound.all.iter().find(|(name, _)| *name == declared).map(|(_, value)| *value)
    }

    /// Code of the function that runs, as it is written where it is called.
    pub(super) fn at_call(&self, session: &Sessions<'_, '_>, text: &str) -> String {
        self.bound.at_call(session, text)
    }
}

impl Bound {
    /// What the parameters of a function are at a call of it.
    pub(super) fn of(
        cx: &Cx<'_>,
        (caller, call): (FileIdx, NodeId),
        (callee, decl): (FileIdx, NodeId),
    ) -> Result<Self, Outcome> {
        let (inner, outer) = (cx.syntax(callee), cx.syntax(caller));
        let mut all = Vec::new();
        let names = |list: NodeId| {
            let params = inner.children(list);
            params.flat_map(|param| inner.names(param)).collect::<Vec<_>>()
        };
        if let Some(receiver) = inner.child(decl, "receiver") {
            let of = outer.child(call, "function").and_then(|function| outer.child(function, "operand"));
            let of = of.filter(|&of| proof::is_stable(cx, caller, of));
            let of = of.ok_or_else(|| lost("the function is called on something that cannot be written twice"))?;
            all.extend(names(receiver).into_iter().map(|name| (name, of)));
        }
        let params = inner.child(decl, "parameters").map_or(Vec::new(), names);
        let args = cx.args(caller, call);
        if params.len() != args.len() || args.iter().any(|&arg| outer.kind(arg) == "variadic_argument") {
            return Err(lost("a function of this run takes other parameters than it is given"));
        }
        all.extend(params.into_iter().zip(args));
        Ok(Self { callee, caller, all })
    }

    /// Code of the function, as it is written where it is called.
    pub(super) fn at_call(&self, session: &Sessions<'_, '_>, text: &str) -> String {
        let Sessions { cx, draft, .. } = session;
        let mut text = text.to_owned();
        for (at, (name, _)) in self.all.iter().enumerate() {
            text = words::replace(&text, cx.text(self.callee, *name), &format!("{MARK}{at}{MARK}"));
        }
        for (at, (_, value)) in self.all.iter().enumerate() {
            text = text.replace(&format!("{MARK}{at}{MARK}"), &draft.text(self.caller, *value));
        }
        text
    }
}

/// Whether nobody but this package can call the function: its name is not exported, and no interface asks for it.
fn is_ours(cx: &Cx<'_>, file: FileIdx, decl: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let name = syntax.child(decl, "name").map_or("", |name| syntax.text(name));
    let is_asked = |syntax: &Syntax| {
        let mut methods = syntax.nodes().filter(|&node| syntax.kind(node) == "method_elem");
        methods.any(|method| syntax.child(method, "name").is_some_and(|of| syntax.text(of) == name))
    };
    name.starts_with(|first: char| !first.is_uppercase())
        && !cx.program.own_files().any(|file| is_asked(cx.syntax(file)))
}

/// The handle goes into the function that runs; parameters that have served their time go.
pub(super) fn draft(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, split: &Split) {
    let Sessions { cx, draft, .. } = session;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let (Some(params), Some(args)) = (syntax.child(split.decl, "parameters"), syntax.child(split.call, "arguments"))
    else {
        return;
    };
    let package = cx.package(file, "inference/session");
    let handle = (format!("{} *{package}ExecutionHandle", lifecycle.handle), lifecycle.handle.clone());
    let mut kept: Vec<(String, String)> = Vec::new();
    let mut has_handle = false;
    let mut given = cx.args(file, split.call).into_iter();
    for param in syntax.children(params) {
        let names = syntax.names(param).collect::<Vec<NodeId>>();
        let values: Vec<NodeId> = given.by_ref().take(names.len()).collect();
        let is_done =
            matches!((&names[..], &values[..]), ([name], [value]) if is_done(session, lifecycle, *name, *value));
        if is_done && has_handle {
            continue;
        }
        if is_done && seed_is(session, lifecycle, names[0]) {
            has_handle = true;
            kept.push(handle.clone());
        } else if !is_done {
            let values: Vec<String> = values.iter().map(|&value| draft.text(file, value)).collect();
            kept.push((draft.text(file, param), values.join(", ")));
        }
    }
    if !has_handle {
        kept.push(handle);
    }
    let list = |texts: Vec<&str>| format!("({})", texts.join(", "));
    draft.large(file, syntax.range(params), list(kept.iter().map(|(param, _)| param.as_str()).collect()));
    draft.large(file, syntax.range(args), list(kept.iter().map(|(_, arg)| arg.as_str()).collect()));
}

fn seed_is(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, name: NodeId) -> bool {
    session.cx.inferred(lifecycle.file).meaning(lifecycle.seed) == Some(Ref::Local(name))
}

/// Whether only code that goes or moves uses the parameter, and nothing is lost if its argument is not given.
fn is_done(session: &Sessions<'_, '_>, lifecycle: &Lifecycle, name: NodeId, value: NodeId) -> bool {
    let cx = session.cx;
    let (file, syntax) = (lifecycle.file, cx.syntax(lifecycle.file));
    let gone: Vec<NodeId> =
        lifecycle.removed.iter().chain(&lifecycle.hoisted).copied().chain([lifecycle.run]).collect();
    let uses = cx.uses(file, name);
    let is_gone = |used: &NodeId| gone.iter().any(|&stmt| syntax.is_inside(*used, stmt));
    !uses.is_empty() && uses.iter().all(is_gone) && proof::is_stable(cx, file, value)
}
