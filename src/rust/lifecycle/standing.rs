//! Where a run stands, as seen from its claim: in the same function, or in one that the claim's function calls.

use super::super::cx::Cx;
use super::super::hir::{ExprId, ExprKind, FnItem, ItemId, ItemKind, PatId, Span};
use super::super::index::FileIdx;
use super::super::outcome::Outcome;
use super::super::proof::is_called_from_outside;
use super::super::rules::run_inference::{self, Seed};
use super::super::rules::run_lifecycle;
use super::super::sites::{arguments, receiver};
use super::super::text::{is_none, some_of};
use super::wrapper::Wrapper;
use super::{Parts, Place, Text, is_deferred, same_function};

/// How the run gets its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// The latest one is run again.
    Latest,
    Turn(ExprId),
    /// An option that holds one.
    Some(ExprId),
    /// An option of which only the run knows.
    Option(ExprId),
}

impl Given {
    pub(super) fn expr(self) -> Option<ExprId> {
        match self {
            Given::Latest => None,
            Given::Turn(expr) | Given::Some(expr) | Given::Option(expr) => Some(expr),
        }
    }
}

/// The context that the run hangs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Parent {
    Expr(ExprId),
    /// Text that means the same everywhere.
    Text(String),
}

/// A run as its claim sees it.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) file: FileIdx,
    pub(super) claim: ExprId,
    /// The function that the claim is a call of, if it is.
    pub(super) wrapper: Option<Wrapper>,
    /// The run, or the call of the function that holds it.
    pub(super) at: ExprId,
    pub(super) ctx: Parent,
    pub(super) given: Given,
    pub(super) helper: Option<Helper>,
}

/// The function that holds a run whose claim stands in its callers.
#[derive(Clone, Debug)]
pub(super) struct Helper {
    file: FileIdx,
    item: ItemId,
    run: ExprId,
    /// Parameters that only the run uses, in their order: the first becomes the handle, the others go.
    params: Vec<usize>,
    /// How many arguments of a call stand in front of the first parameter.
    shift: usize,
}

/// The standings of a run, one for each claim.
///
/// # Errors
/// The report, where a claim cannot be found or the parts of the run cannot be seen from it.
pub(super) fn of(cx: &Cx<'_>, parts: &Parts, run: Place) -> Result<Vec<Standing>, Outcome> {
    let (file, at) = run;
    if let Some((claim, wrapper)) = claim_in_front(cx, parts, run) {
        let &[ctx, _] = arguments(cx, file, at) else { return Err(run_lifecycle::apart()) };
        let given = match run_inference::seed(cx, file, at).ok_or_else(run_lifecycle::apart)? {
            Seed::Latest => Given::Latest,
            Seed::Turn { some, turn } if cx.span(file, at).contains(cx.span(file, some)) => Given::Turn(turn),
            Seed::Turn { .. } => Given::Turn(arguments(cx, file, at).get(1).copied().ok_or_else(run_lifecycle::apart)?),
            Seed::Given(option) => Given::Some(option),
            Seed::Optional(option) => Given::Option(option),
        };
        return Ok(vec![Standing { file, claim, wrapper, at, ctx: Parent::Expr(ctx), given, helper: None }]);
    }
    from_callers(cx, parts, run).ok_or_else(run_lifecycle::apart)
}

/// The one claim in front of a place in its function, with the function it is a call of.
fn claim_in_front(cx: &Cx<'_>, parts: &Parts, (file, at): Place) -> Option<(ExprId, Option<Wrapper>)> {
    let starts = parts.starts.iter().map(|&start| (start, None));
    let calls = parts
        .wrappers
        .iter()
        .flat_map(|wrapper| wrapper.calls.iter().map(move |&call| ((wrapper.file, call), Some(wrapper))));
    let own = starts.chain(calls).filter(|&(claim, _)| same_function(cx, claim, (file, at)));
    let mut before = own.filter(|&((_, claim), _)| cx.span(file, claim).start < cx.span(file, at).start);
    let (Some(((_, claim), wrapper)), None) = (before.next(), before.next()) else { return None };
    let around = cx.span(file, at);
    let deferred =
        cx.ancestors(file, claim).any(|outer| is_deferred(cx, file, outer) && !cx.span(file, outer).contains(around));
    (!deferred).then(|| (claim, wrapper.cloned()))
}

/// The standings of a run in a function that only claimed callers call.
fn from_callers(cx: &Cx<'_>, parts: &Parts, (file, run): Place) -> Option<Vec<Standing>> {
    let hir = cx.hir(file);
    let item = cx.function_of(file, run);
    let def = cx.program.def_of_item(file, item)?;
    let ItemKind::Fn(function) = &hir[item].kind else { return None };
    if cx.trait_method(def) != super::super::cx::TraitMethod::None || is_called_from_outside(cx, def) {
        return None;
    }
    let &[ctx, _] = arguments(cx, file, run) else { return None };
    let ctx_param = own_param(cx, file, function, ctx, run);
    let fixed = ctx_param.is_none().then(|| fixed_context(cx, file, ctx)).flatten();
    let seed = run_inference::seed(cx, file, run)?;
    let seed_param = match seed {
        Seed::Latest => None,
        Seed::Turn { turn: given, .. } | Seed::Given(given) | Seed::Optional(given) => {
            Some(own_param(cx, file, function, given, run)?)
        }
    };
    if ctx_param.is_none() && fixed.is_none() {
        return None;
    }
    let session_param = session_param(cx, parts, file, function, run);
    let mut params: Vec<usize> = ctx_param.into_iter().chain(seed_param).chain(session_param).collect();
    params.sort_unstable();
    let callers = cx.callers(def);
    let mut standings = Vec::new();
    for &(caller, callee) in callers {
        let (call, args, shift) = call_of(cx, caller, callee, function)?;
        let (claim, wrapper) = claim_in_front(cx, parts, (caller, call))?;
        let arg = |index: usize| args.get(index + shift).copied();
        let given = match (seed, seed_param) {
            (Seed::Latest, _) | (_, None) => Given::Latest,
            (Seed::Turn { .. }, Some(index)) => Given::Turn(arg(index)?),
            (_, Some(index)) => option_given(cx, caller, arg(index)?),
        };
        let ctx = match (ctx_param, &fixed) {
            (Some(index), _) => Parent::Expr(arg(index)?),
            (None, Some(text)) => Parent::Text(text.clone()),
            (None, None) => return None,
        };
        let helper = Helper { file, item, run, params: params.clone(), shift };
        standings.push(Standing { file: caller, claim, wrapper, at: call, ctx, given, helper: Some(helper) });
    }
    (!standings.is_empty()).then_some(standings)
}

fn option_given(cx: &Cx<'_>, file: FileIdx, option: ExprId) -> Given {
    match some_of(cx, file, option) {
        _ if is_none(cx, file, option) => Given::Latest,
        Some(turn) => Given::Turn(turn),
        None => Given::Option(option),
    }
}

/// The call of which `callee` is the name, or which it is; with its arguments, and how many stand in front of the first
/// parameter.
pub(super) fn call_of<'a>(
    cx: &Cx<'a>,
    file: FileIdx,
    callee: ExprId,
    function: &FnItem,
) -> Option<(ExprId, &'a [ExprId], usize)> {
    let hir = cx.hir(file);
    if let ExprKind::MethodCall { args, .. } = &hir[callee].kind {
        return Some((callee, args, 0));
    }
    let call = cx.parent_expr(file, callee)?;
    match &hir[call].kind {
        ExprKind::Call { callee: own, args } if cx.peel_parens(file, *own) == callee => {
            Some((call, args, usize::from(function.self_param.is_some())))
        }
        _ => None,
    }
}

/// The parameter that an argument of the run names, which nothing else uses.
fn own_param(cx: &Cx<'_>, file: FileIdx, function: &FnItem, arg: ExprId, run: ExprId) -> Option<usize> {
    let hir = cx.hir(file);
    let named = match hir[cx.peel_parens(file, arg)].kind {
        ExprKind::Ref { expr, .. } => expr,
        _ => arg,
    };
    let local: PatId = cx.local(file, named)?;
    let captured = cx.inferred(file).captures.iter().any(|(_, own)| *own == local);
    let only_here = cx.uses_of(file, local).iter().all(|&use_| cx.span(file, run).contains(cx.span(file, use_)));
    let index = function.params.iter().position(|param| param.pat == local)?;
    (only_here && !captured).then_some(index)
}

/// The parameter whose session serves the run and its end, and nothing else.
fn session_param(cx: &Cx<'_>, parts: &Parts, file: FileIdx, function: &FnItem, run: ExprId) -> Option<usize> {
    let hir = cx.hir(file);
    let mut root = receiver(cx, file, run)?;
    while let ExprKind::Field { base, .. } | ExprKind::Ref { expr: base, .. } | ExprKind::Paren(base) = hir[root].kind {
        root = base;
    }
    let local = cx.local(file, root)?;
    let index = function.params.iter().position(|param| param.pat == local)?;
    let ends = parts.finishes.iter().filter(|(own, _)| *own == file).map(|&(_, finish)| cx.span(file, finish));
    let gone: Vec<Span> = ends.chain([cx.span(file, run)]).collect();
    let captured = cx.inferred(file).captures.iter().any(|(_, own)| *own == local);
    let served = cx.uses_of(file, local).iter().all(|&use_| gone.iter().any(|at| at.contains(cx.span(file, use_))));
    (served && !captured).then_some(index)
}

/// The text of a context that is made on the spot of nothing.
fn fixed_context(cx: &Cx<'_>, file: FileIdx, ctx: ExprId) -> Option<String> {
    let hir = cx.hir(file);
    let ExprKind::Ref { expr, .. } = hir[cx.peel_parens(file, ctx)].kind else { return None };
    let args = cx.calls_known(file, expr, "geppetto_runtime::context::Context::background")?;
    args.is_empty().then(|| cx.expr_text(file, ctx).to_owned())
}

impl Helper {
    /// Gives the handle to the function in place of what only the run needed.
    pub(super) fn write(&self, cx: &Cx<'_>, call: Place, name: &str, is_result: bool, waited: String, text: &mut Text) {
        self.write_call(cx, call, name, text);
        let already = text
            .changes
            .iter()
            .any(|change| change.file == self.file && change.edit.range() == cx.span(self.file, self.run).range());
        if already {
            return;
        }
        let scope = cx.program.scope_of_item(self.file, self.item);
        let handle = cx.name(self.file, scope, "session::ExecutionHandle");
        let ty = match is_result {
            true => format!("Result<{handle}, {}>", cx.name(self.file, scope, "session::SessionError")),
            false => handle,
        };
        self.write_signature(cx, &format!("{name}: {ty}"), text);
        text.changes.push(cx.replace(self.file, cx.span(self.file, self.run), waited));
        text.removed.push((self.file, cx.span(self.file, self.run)));
    }

    fn write_call(&self, cx: &Cx<'_>, (file, call): Place, name: &str, text: &mut Text) {
        let hir = cx.hir(file);
        let (ExprKind::MethodCall { args, .. } | ExprKind::Call { args, .. }) = &hir[call].kind else { return };
        let spans: Vec<Span> = args.iter().map(|&arg| hir[arg].span).collect();
        let own: Vec<usize> = self.params.iter().map(|index| index + self.shift).collect();
        for &index in &own {
            text.removed.push((file, spans[index]));
        }
        let end = hir[call].span.end - 1;
        text.changes.extend(replace_first(cx, file, &spans, &own, end, name));
    }

    fn write_signature(&self, cx: &Cx<'_>, param: &str, text: &mut Text) {
        let ItemKind::Fn(function) = &cx.hir(self.file)[self.item].kind else { return };
        let mut spans: Vec<Span> = function.params.iter().map(|param| param.span).collect();
        let mut own = self.params.clone();
        if own.is_empty()
            && spans.is_empty()
            && let Some(receiver) = &function.self_param
        {
            // The new parameter follows `self`.
            spans.push(receiver.span);
        }
        own.retain(|&index| index < spans.len());
        text.changes.extend(replace_first(cx, self.file, &spans, &own, function.params_span.end, param));
    }
}

/// Puts `new` in the place of the first of some list elements and deletes the others; behind all where there are none.
fn replace_first(
    cx: &Cx<'_>,
    file: FileIdx,
    spans: &[Span],
    own: &[usize],
    end: u32,
    new: &str,
) -> Vec<super::super::cx::Change> {
    let Some((&first, others)) = own.split_first() else {
        return vec![match spans.last() {
            Some(last) => cx.insert(file, last.end, format!(", {new}")),
            None => cx.insert(file, end, new),
        }];
    };
    let mut changes = vec![cx.replace(file, spans[first], new)];
    // A deleted element is never the first: its comma stands in front of it.
    for &index in others {
        changes.push(cx.replace(file, Span { start: spans[index - 1].end, end: spans[index].end }, ""));
    }
    changes
}
