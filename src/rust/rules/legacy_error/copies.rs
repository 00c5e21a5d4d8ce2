//! `StateError` was `Copy`, which `SessionError` is not: what was copied is cloned.

use super::super::super::cx::{Change, Cx};
use super::super::super::hir::{
    BlockFlavour, ExprId, ExprKind, ItemKind, Parent, PatId, Span, StmtKind, TypeId, TypeParent,
};
use super::super::super::index::FileIdx;
use super::super::super::legacy::Tracked;
use super::super::super::outcome::Outcome;
use super::super::super::text::holds_word;
use super::super::super::ty::Ty;
use super::mentions;

/// Methods that only look at an error, or at what holds it.
const LENDING: &[&str] =
    &["to_string", "clone", "is_ok", "is_err", "is_some", "is_none", "as_ref", "eq", "ne", "source", "fmt"];

/// Whether values of a type were copied and are moved now: `StateError` is in it, and nothing that was moved before.
pub(super) fn was_copy(cx: &Cx<'_>, ty: &Ty) -> bool {
    let is_copy = |part: &Ty| match part {
        Ty::Adt(def, _) => {
            cx.legacy.kind(*def) == Some(Tracked::StateError)
                || ["std::option::Option", "std::result::Result"]
                    .iter()
                    .any(|path| cx.resolver.known(path) == Some(*def))
        }
        Ty::Tuple(_) | Ty::Prim(_) => true,
        _ => false,
    };
    mentions(cx, ty, Tracked::StateError) && !ty.any(&mut |part| !is_copy(part))
}

/// A place that was copied from is cloned from.
pub(super) fn copied(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Result<Vec<Change>, Outcome> {
    let hir = cx.hir(file);
    if let Some(verdict) = asks_for_copy(cx, file, expr) {
        return verdict;
    }
    if !was_copy(cx, cx.ty(file, expr)) {
        return Ok(Vec::new());
    }
    if let Some(changes) = kept_from_closure(cx, file, expr) {
        return Ok(changes);
    }
    match &hir[expr].kind {
        ExprKind::Path(_) if cx.local(file, expr).is_some_and(|pat| !is_last_use(cx, file, pat, expr)) => {}
        ExprKind::Field { .. } | ExprKind::Index { .. } | ExprKind::Deref(_) => {}
        _ => return Ok(Vec::new()),
    }
    if !is_taken(cx, file, expr) {
        return Ok(Vec::new());
    }
    cloned(cx, file, expr).ok_or_else(|| {
        Outcome::report(
            "the error is copied out of a pointer, and a `SessionError` is not `Copy`",
            "match a reference, or clone what is behind the pointer",
        )
    })
}

fn cloned(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<Vec<Change>> {
    let span = cx.span(file, expr);
    match cx.hir(file)[expr].kind {
        ExprKind::Deref(inner) => {
            let is_reference = matches!(cx.ty(file, inner), Ty::Ref(to) if !matches!(**to, Ty::Ref(_)));
            let star = super::super::super::hir::Span { start: span.start, end: cx.span(file, inner).start };
            is_reference.then(|| vec![cx.replace(file, star, ""), cx.insert(file, span.end, ".clone()")])
        }
        _ => Some(vec![cx.insert(file, span.end, ".clone()")]),
    }
}

/// Whether a struct or enum derives `Copy` and holds an error that was.
pub(super) fn is_in_copy_type(cx: &Cx<'_>, file: FileIdx, ty: TypeId) -> bool {
    let hir = cx.hir(file);
    let mut top = ty;
    while let TypeParent::Type(outer) = hir[top].parent {
        top = outer;
    }
    let TypeParent::Item(item) = hir[top].parent else { return false };
    let is_data = matches!(hir[item].kind, ItemKind::Struct(_) | ItemKind::Enum(_));
    let mut attrs = hir[item].attrs.iter();
    let derives = attrs.any(|attr| attr.path == "derive" && holds_word(cx.text(file, attr.span), "Copy"));
    let held = cx.program.def_of_item(file, item).map(|def| cx.resolver.lower(top, &cx.resolver.ty_scope(def)));
    is_data && derives && held.is_some_and(|held| was_copy(cx, &held))
}

/// What asks for `Copy` itself: `.copied()`, `[e; 2]`, `cell.get()`, a parameter that is bound by it.
fn asks_for_copy(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<Result<Vec<Change>, Outcome>> {
    let hir = cx.hir(file);
    let is_error = |expr: ExprId| mentions(cx, cx.ty(file, expr), Tracked::StateError);
    match &hir[expr].kind {
        ExprKind::MethodCall { method, args, .. } if method.text == "copied" && args.is_empty() && is_error(expr) => {
            Some(Ok(vec![cx.replace(file, method.span, "cloned")]))
        }
        ExprKind::MethodCall { receiver, method, .. } if method.text == "get" && is_cell(cx, file, *receiver) => {
            Some(Err(not_copy("keep it in a `RefCell`, or take it out and put it back")))
        }
        ExprKind::Repeat { value, len } if was_copy(cx, cx.ty(file, *value)) && !is_in_macro(cx, file, expr) => {
            if !matches!(hir[*value].kind, ExprKind::Path(_)) {
                return Some(Err(not_copy("`std::array::from_fn(|_| error.clone())`")));
            }
            let (value, len) = (cx.expr_text(file, *value), cx.expr_text(file, *len));
            let text = format!("std::array::from_fn::<_, {{ {len} }}, _>(|_| {value}.clone())");
            Some(Ok(vec![cx.replace(file, cx.span(file, expr), text)]))
        }
        _ if was_copy(cx, cx.ty(file, expr)) && is_bound_by_copy(cx, file, expr) => {
            Some(Err(not_copy("take `Clone` there and clone where it was copied")))
        }
        _ => None,
    }
}

fn not_copy(help: &str) -> Outcome {
    Outcome::report("the error must be `Copy` here, and a `SessionError` is not", help)
}

/// Whether an expression is a `Cell` that holds an error, or a reference to one.
fn is_cell(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    match cx.ty(file, expr).peeled() {
        Ty::Adt(def, args) => {
            cx.program.path_of(*def) == "std::cell::Cell"
                && args.iter().any(|arg| mentions(cx, arg, Tracked::StateError))
        }
        Ty::Extern(path, args) => {
            path.ends_with("cell::Cell") && args.iter().any(|arg| mentions(cx, arg, Tracked::StateError))
        }
        _ => false,
    }
}

fn is_in_macro(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    cx.parent_expr(file, expr).is_some_and(|parent| matches!(cx.hir(file)[parent].kind, ExprKind::Macro(_)))
}

/// Whether an argument goes to a parameter of the user's own function whose generic type must be `Copy`.
fn is_bound_by_copy(cx: &Cx<'_>, file: FileIdx, arg: ExprId) -> bool {
    let Some(call) = cx.parent_expr(file, arg) else { return false };
    let (def, index) = match &cx.hir(file)[call].kind {
        ExprKind::Call { callee, args } => (cx.value_def(file, *callee), args.iter().position(|&own| own == arg)),
        ExprKind::MethodCall { args, .. } => {
            (cx.inferred(file).methods.get(&call).copied(), args.iter().position(|&own| own == arg))
        }
        _ => return false,
    };
    let (Some(def), Some(index)) = (def.filter(|&def| !cx.program.is_model(def)), index) else { return false };
    let (Some(function), Some(item)) = (cx.program.fn_item(def), cx.program.item(def)) else { return false };
    let Some(param) = function.params.get(index) else { return false };
    let at = cx.program.def(def).file;
    let end = function.body.map_or(item.span.end, |body| cx.span(at, body).start);
    let is_generic =
        matches!(cx.resolver.lower(param.ty, &cx.resolver.ty_scope(def)), Ty::Param(_) | Ty::Unknown | Ty::Trait(..));
    is_generic && holds_word(cx.text(at, Span { start: item.span.start, end }), "Copy")
}

/// A `move` closure that is given an error which is used behind it as well gets a clone of its own.
fn kept_from_closure(cx: &Cx<'_>, file: FileIdx, use_: ExprId) -> Option<Vec<Change>> {
    let hir = cx.hir(file);
    let local = cx.local(file, use_)?;
    let home = hir[local].span;
    let moves = |at: &ExprId| {
        matches!(
            hir[*at].kind,
            ExprKind::Closure { is_move: true, .. }
                | ExprKind::Block { flavour: BlockFlavour::Async { is_move: true }, .. }
        )
    };
    let outside = |at: &ExprId| !hir[*at].span.contains(home);
    let mover = cx.ancestors(file, use_).take_while(outside).filter(moves).last()?;
    let span = hir[mover].span;
    let uses = cx.uses_of(file, local);
    let is_first = uses.iter().find(|&&other| span.contains(hir[other].span)) == Some(&use_);
    let is_used_behind = uses.iter().any(|&other| hir[other].span.start >= span.end);
    let name = cx.bound_name(file, local)?;
    (is_first && is_used_behind).then(|| {
        vec![cx.insert(file, span.start, format!("{{ let {name} = {name}.clone(); ")), cx.insert(file, span.end, " }")]
    })
}

/// Whether nothing uses a local after `use_`, and `use_` is not in a loop or closure that the local lives around.
pub(super) fn is_last_use(cx: &Cx<'_>, file: FileIdx, pat: PatId, use_: ExprId) -> bool {
    let hir = cx.hir(file);
    let home = hir[pat].span;
    let at = hir[use_].span;
    let captured = cx.inferred(file).captures.iter().any(|(name, own)| *own == pat && name.span.start > at.start);
    !captured
        && cx.uses_of(file, pat).last() == Some(&use_)
        && cx.ancestors(file, use_).take_while(|&at| !hir[at].span.contains(home)).all(|at| {
            !matches!(
                hir[at].kind,
                ExprKind::Loop { .. } | ExprKind::While { .. } | ExprKind::For { .. } | ExprKind::Closure { .. }
            )
        })
}

/// Whether a place gives its value away, which was a copy.
fn is_taken(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let hir = cx.hir(file);
    let parent = match hir[expr].parent {
        Parent::Expr(parent) => parent,
        Parent::Stmt(stmt) => return !matches!(hir[stmt].kind, StmtKind::Expr { semi: true, .. }),
        _ => return true,
    };
    match &hir[parent].kind {
        ExprKind::Paren(_) => is_taken(cx, file, parent),
        ExprKind::Ref { .. } | ExprKind::Field { .. } | ExprKind::Index { .. } | ExprKind::Macro(_) => false,
        ExprKind::Binary { .. } | ExprKind::Unary { .. } | ExprKind::Deref(_) => false,
        ExprKind::Assign { lhs, .. } if *lhs == expr => false,
        ExprKind::MethodCall { receiver, method, .. } if *receiver == expr => !LENDING.contains(&method.text.as_str()),
        ExprKind::Match { scrutinee, arms } if *scrutinee == expr => {
            arms.iter().any(|arm| super::uses::binds_error(cx, file, arm.pat))
        }
        ExprKind::Let { pat, .. } => super::uses::binds_error(cx, file, *pat),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::super::testing::{finding_at, migrated};
    use crate::finding::Level;

    #[test]
    fn what_was_copied_is_cloned() {
        let body =
            "fn g(e: &StateError, all: &mut Vec<StateError>) -> StateError {\nlet own = *e;\nall.push(own);\nown\n}";
        assert_eq!(
            migrated(body),
            "fn g(e: &SessionError, all: &mut Vec<SessionError>) -> SessionError {\nlet own = e.clone();\nall.push(own.clone());\nown\n}"
        );
    }

    #[test]
    fn what_asks_for_copies_asks_for_clones() {
        for (before, after) in [
            (
                "fn g(all: &[StateError]) -> Vec<StateError> { all.iter().copied().collect() }",
                "all.iter().cloned().collect()",
            ),
            ("fn g(e: Option<&StateError>) -> Option<StateError> { e.copied() }", "{ e.cloned() }"),
            ("fn g(e: StateError) -> [StateError; 2] { [e; 2] }", "std::array::from_fn::<_, { 2 }, _>(|_| e.clone())"),
            (
                "fn g(e: StateError) { let f = move || e.to_string(); f(); e.to_string(); }",
                "let f = { let e = e.clone(); move || e.to_string() };",
            ),
        ] {
            assert!(migrated(before).contains(after), "{}", migrated(before));
        }
    }

    #[test]
    fn what_must_be_copy_is_reported() {
        for body in [
            "#[derive(Clone, Copy)]\nenum E { State(StateError), Full }",
            "fn twice<E: Copy>(e: E) {}\nfn g(e: StateError) { twice(e) }",
            "fn twice<E>(e: E) where E: Copy {}\nfn g(e: StateError) { twice(e) }",
            "fn g(e: &std::cell::Cell<StateError>) -> StateError { e.get() }",
        ] {
            assert_eq!(finding_at(body, "StateError").level, Level::Report, "{body}");
        }
        assert_eq!(
            finding_at("#[derive(Clone, Copy)]\nstruct E<'a>(&'a StateError);", "StateError").level,
            Level::Safe
        );
    }
}
