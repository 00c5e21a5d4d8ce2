//! Claims that a function makes for its callers: it returns the permit, and each call of it is a claim.

use super::super::cx::{Change, Cx};
use super::super::hir::{ExprId, ExprKind, FnItem, GenericArgs, ItemId, ItemKind, Span, StmtKind, TypeId, TypeKind};
use super::super::index::FileIdx;
use super::super::sites::receiver;
use super::binding::Value;
use super::claim::Claim;
use super::{Place, claim, passing, state_of};

/// A function that returns the permit of a claim.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Returned {
    pub(super) file: FileIdx,
    /// `state.start_run()`
    pub(super) start: ExprId,
    pub(super) changes: Vec<Change>,
    /// The claims that its calls are.
    pub(super) claims: Vec<Claim>,
}

/// The function around a claim, where it returns what became of it and all its callers ask for that.
pub(super) fn of(cx: &Cx<'_>, (file, start): Place, claims: &[Claim]) -> Option<Returned> {
    let hir = cx.hir(file);
    let item = cx.function_of(file, start);
    let ItemKind::Fn(function) = &hir[item].kind else { return None };
    let ExprKind::Block { stmts, .. } = &hir[function.body?].kind else { return None };
    let StmtKind::Expr { expr: whole, semi: false } = hir[*stmts.last()?].kind else { return None };
    let (says, mut changes) = result(cx, file, start, whole, function.ret?)?;
    let way = Way::of(cx, file, item, function, start)?;
    let mut made: Vec<Claim> = Vec::new();
    for (caller, call) in passing::calls(cx, (file, item))? {
        let value = says.map_or(Value::result(call), |says| Value::truth(call, says));
        let state = way.state(cx, caller, call)?;
        let known: Vec<Claim> = claims.iter().chain(&made).cloned().collect();
        made.push(claim::bound(cx, caller, value, state, &known)?);
    }
    changes.shrink_to_fit();
    Some(Returned { file, start, changes, claims: made })
}

/// What a truth value that is returned says of a granted claim, and the changes of result and signature.
fn result(
    cx: &Cx<'_>,
    file: FileIdx,
    start: ExprId,
    whole: ExprId,
    ret: TypeId,
) -> Option<(Option<bool>, Vec<Change>)> {
    let hir = cx.hir(file);
    let permit = || cx.name(file, cx.program.scope_of_expr(file, start), "session::RunPermit");
    if claim::chain(cx, file, start) == whole {
        return Some((None, vec![cx.replace(file, hir[unit_in(cx, file, ret)?].span, permit())]));
    }
    let says = claim::says(cx, file, start, whole)?;
    let end = Span { start: cx.span(file, start).end, end: cx.span(file, whole).end };
    let ty = cx.replace(file, hir[ret].span, format!("Option<{}>", permit()));
    Some((Some(says), vec![cx.replace(file, end, ".ok()"), ty]))
}

/// The `()` of `Result<(), E>` or `Option<()>`.
fn unit_in(cx: &Cx<'_>, file: FileIdx, ty: TypeId) -> Option<TypeId> {
    let hir = cx.hir(file);
    let TypeKind::Path(path) = &hir[ty].kind else { return None };
    let GenericArgs::Angle { types, .. } = &path.segments.last()?.args else { return None };
    let &first = types.first()?;
    matches!(&hir[first].kind, TypeKind::Tuple(parts) if parts.is_empty()).then_some(first)
}

/// How a call leads to the state that the function claims.
struct Way {
    /// The claimed state in the function, behind what the call gives.
    rest: String,
    /// The argument; `None` for `self`.
    argument: Option<usize>,
    has_self: bool,
}

impl Way {
    fn of(cx: &Cx<'_>, file: FileIdx, item: ItemId, function: &FnItem, start: ExprId) -> Option<Self> {
        let state = receiver(cx, file, start)?;
        let mut root = cx.referent(file, state);
        while let ExprKind::Field { base, .. } = cx.hir(file)[root].kind {
            root = cx.referent(file, base);
        }
        let key = state_of(cx, file, state);
        let own = state_of(cx, file, root);
        let param = cx.local(file, root).and_then(|own| function.params.iter().position(|param| param.pat == own));
        let has_self = function.self_param.is_some();
        let is_self = has_self && cx.expr_text(file, root) == "self";
        debug_assert_eq!(cx.function_of(file, start), item);
        (is_self || param.is_some()).then(|| Self {
            rest: key.strip_prefix(own.split('#').next().unwrap_or_default()).unwrap_or_default().to_owned(),
            argument: param,
            has_self,
        })
    }

    fn state(&self, cx: &Cx<'_>, file: FileIdx, call: ExprId) -> Option<String> {
        let given = match (&cx.hir(file)[call].kind, self.argument) {
            (ExprKind::MethodCall { receiver, .. }, None) => *receiver,
            (ExprKind::MethodCall { args, .. }, Some(index)) => *args.get(index)?,
            (ExprKind::Call { args, .. }, argument) => {
                *args.get(argument.map_or(0, |index| index + usize::from(self.has_self)))?
            }
            _ => return None,
        };
        let own = state_of(cx, file, given);
        let rest = if self.rest.starts_with('#') { "" } else { self.rest.as_str() };
        Some(format!("{own}{rest}"))
    }
}
