//! What ties the parts of a lifecycle made by hand: a claim, its runs and its end are of one session, even where nothing
//! in the program makes one out of the other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::hir::{ExprId, ExprKind, ItemId};
use super::super::index::{DefId, FileIdx};
use super::super::infer::{Inferred, ValueRes};
use super::super::legacy::{Legacy, Tracked};
use super::super::resolve::Resolver;
use super::{Flow, Node};

const PARTS: [&str; 4] = ["start_run", "set_cancel", "run_inference_started", "finish_run"];

/// How many functions may stand between a claim and its end.
const DEPTH: usize = 3;

type Function = (FileIdx, ItemId);

/// Ties what the parts of lifecycles in one function are called on, and what is given to functions that hold parts.
pub(super) fn join(resolver: &Resolver<'_>, legacy: &Legacy, inferred: &HashMap<FileIdx, Inferred>, flow: &mut Flow) {
    let files: BTreeMap<FileIdx, &Inferred> = inferred.iter().map(|(&file, own)| (file, own)).collect();
    let search = Search { resolver, legacy, inferred };
    let mut holding: BTreeMap<Function, Vec<Node>> = BTreeMap::new();
    let mut functions: BTreeSet<DefId> = BTreeSet::new();
    for _ in 0..DEPTH {
        let before = holding.len();
        for (&file, &own) in &files {
            for expr in (0..resolver.program.hir(file).exprs.len() as u32).map(ExprId) {
                let handles = search.handles(file, own, expr, &functions);
                if !handles.is_empty() {
                    let function = (file, resolver.program.hir(file).body_owner(expr));
                    holding.entry(function).or_default().extend(handles);
                }
            }
        }
        functions.extend(holding.keys().filter_map(|&(file, item)| resolver.program.def_of_item(file, item)));
        if holding.len() == before {
            break;
        }
    }
    for nodes in holding.into_values() {
        for pair in nodes.windows(2) {
            flow.join(pair[0].clone(), pair[1].clone());
        }
    }
}

struct Search<'a> {
    resolver: &'a Resolver<'a>,
    legacy: &'a Legacy,
    inferred: &'a HashMap<FileIdx, Inferred>,
}

impl Search<'_> {
    /// The handles of states and core sessions that a part, or a call of a function with parts, is given.
    fn handles(&self, file: FileIdx, inferred: &Inferred, expr: ExprId, functions: &BTreeSet<DefId>) -> Vec<Node> {
        let hir = self.resolver.program.hir(file);
        let (callee, given): (Option<DefId>, Vec<ExprId>) = match &hir[expr].kind {
            ExprKind::MethodCall { receiver, args, .. } => {
                let given = std::iter::once(*receiver).chain(args.iter().copied());
                (inferred.methods.get(&expr).copied(), given.collect())
            }
            ExprKind::Call { callee, args } => match inferred.values.get(callee) {
                Some(ValueRes::Def(def)) => (Some(*def), args.clone()),
                _ => return Vec::new(),
            },
            _ => return Vec::new(),
        };
        let Some(callee) = callee else { return Vec::new() };
        let is_part = self.legacy.method(callee).is_some_and(|name| PARTS.contains(&name));
        if !is_part && !functions.contains(&callee) {
            return Vec::new();
        }
        let is_handle = |&given: &ExprId| {
            let kind = self.legacy.handle_of(self.resolver, self.inferred[&file].ty(given));
            matches!(kind, Some(Tracked::State | Tracked::CoreSession))
        };
        given.into_iter().filter(is_handle).map(|given| Node::Expr(file, given)).collect()
    }
}
