//! Where a state comes from: the expressions that make it, followed backwards through locals, parameters, fields and
//! results.

use std::collections::BTreeSet;

use super::cx::Cx;
use super::flow::matched_expr;
use super::hir::{ExprId, ExprKind, ItemKind, PatId, PatKind, PatParent, StmtKind, Visibility};
use super::index::{DefId, FileIdx};
use super::pairing::core_parts;
use super::proof::{given, returned};

pub(crate) type Place = (FileIdx, ExprId);

/// The expressions that make the states an expression may hold; `None` where that is not known.
pub(crate) fn origins(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<BTreeSet<Place>> {
    let mut trace = Trace::new(cx);
    trace.value(file, expr)?;
    Some(trace.found)
}

/// The constructions of the core sessions out of which a state may have been taken before it got into an expression;
/// `None` where that is not known.
pub(crate) fn taken_from(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<BTreeSet<Place>> {
    let mut trace = Trace::new(cx);
    trace.value(file, expr)?;
    Some(trace.cores)
}

/// Whether an expression makes a state: `InferenceState::new`, or a function that only does that.
pub(crate) fn makes_state(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    is_state_new(cx, file, expr) || called(cx, file, expr).is_some_and(|def| is_fresh(cx, def, 4))
}

pub(crate) fn is_state_new(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    cx.calls_known(file, expr, "geppetto::inference::state::InferenceState::new").is_some()
}

/// The function of the user's that an expression calls.
fn called(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<DefId> {
    let def = match &cx.hir(file)[expr].kind {
        ExprKind::MethodCall { .. } => cx.inferred(file).methods.get(&expr).copied(),
        ExprKind::Call { callee, .. } => cx.value_def(file, *callee),
        _ => None,
    };
    def.filter(|&def| !cx.program.is_model(def) && cx.program.fn_item(def).is_some())
}

/// Whether each call of a function gives a state that nobody else holds.
fn is_fresh(cx: &Cx<'_>, def: DefId, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    returned(cx, def).is_some_and(|values| values.into_iter().all(|(file, value)| gives_fresh(cx, file, value, depth)))
}

fn gives_fresh(cx: &Cx<'_>, file: FileIdx, expr: ExprId, depth: usize) -> bool {
    let hir = cx.hir(file);
    let expr = cx.peel_parens(file, expr);
    if let Some(inner) = cx.pointer_new(file, expr).or_else(|| success_of(cx, file, expr)) {
        return gives_fresh(cx, file, inner, depth);
    }
    match &hir[expr].kind {
        _ if is_state_new(cx, file, expr) => true,
        ExprKind::Return(_) => true,
        ExprKind::Block { stmts, .. } => match stmts.last().map(|&stmt| &hir[stmt].kind) {
            Some(StmtKind::Expr { expr, semi: false }) => gives_fresh(cx, file, *expr, depth),
            _ => true,
        },
        ExprKind::Path(_) => cx.local(file, expr).is_some_and(|pat| {
            let init = super::pairing::init_of(cx, file, pat);
            init.is_some_and(|(_, init)| gives_fresh(cx, file, init, depth))
                && cx.uses_of(file, pat).iter().all(|&use_| use_ == expr || is_receiver_of_state(cx, file, use_))
        }),
        _ => called(cx, file, expr).is_some_and(|def| is_fresh(cx, def, depth)),
    }
}

fn is_receiver_of_state(cx: &Cx<'_>, file: FileIdx, use_: ExprId) -> bool {
    let parent = cx.parent_expr(file, use_);
    parent.is_some_and(|call| cx.inferred(file).methods.get(&call).is_some_and(|&def| cx.legacy.method(def).is_some()))
}

/// The `x` of `Ok(x)` and `Some(x)`.
fn success_of(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<ExprId> {
    let args = ["std::result::Result::Ok", "std::option::Option::Some"];
    args.iter().find_map(|path| cx.calls_known(file, expr, path))?.first().copied()
}

struct Trace<'a> {
    cx: &'a Cx<'a>,
    seen: BTreeSet<(Place, bool)>,
    found: BTreeSet<Place>,
    /// Whether the way has gone through the state of a core session.
    is_taken: bool,
    cores: BTreeSet<Place>,
}

impl<'a> Trace<'a> {
    fn new(cx: &'a Cx<'a>) -> Self {
        Self { cx, seen: BTreeSet::new(), found: BTreeSet::new(), is_taken: false, cores: BTreeSet::new() }
    }

    fn value(&mut self, file: FileIdx, expr: ExprId) -> Option<()> {
        let cx = self.cx;
        let expr = cx.peel_parens(file, expr);
        if !self.seen.insert(((file, expr), self.is_taken)) {
            return Some(());
        }
        if makes_state(cx, file, expr) {
            self.found.insert((file, expr));
            return Some(());
        }
        let inner = cx.pointer_new(file, expr).or_else(|| cx.cloned(file, expr)).or_else(|| success_of(cx, file, expr));
        let over = core_parts(cx, file, expr).state;
        if over.is_some() && self.is_taken {
            self.cores.insert((file, expr));
        }
        if let Some(inner) = inner.or(over) {
            return self.value(file, inner);
        }
        let hir = cx.hir(file);
        match &hir[expr].kind {
            ExprKind::Ref { expr, .. } | ExprKind::Deref(expr) | ExprKind::Try(expr) | ExprKind::Await(expr) => {
                self.value(file, *expr)
            }
            ExprKind::Path(_) => self.binding(file, cx.local(file, expr)?),
            ExprKind::Field { base, .. } => {
                let (def, name) = cx.inferred(file).fields.get(&expr)?;
                if !cx.program.is_model(*def) {
                    return self.field(*def, name);
                }
                let was_taken = std::mem::replace(&mut self.is_taken, true);
                let found = self.value(file, *base);
                self.is_taken = was_taken;
                found
            }
            ExprKind::MethodCall { receiver, method, .. } => match called(cx, file, expr) {
                Some(def) => self.all(returned(cx, def)?),
                None if ["unwrap", "expect", "as_ref", "cloned"].contains(&method.text.as_str()) => {
                    self.value(file, *receiver)
                }
                None => None,
            },
            ExprKind::Call { .. } => self.all(returned(cx, called(cx, file, expr)?)?),
            ExprKind::Block { stmts, .. } => match stmts.last().map(|&stmt| &hir[stmt].kind) {
                Some(StmtKind::Expr { expr, semi: false }) => self.value(file, *expr),
                _ => Some(()),
            },
            ExprKind::If { then, otherwise: Some(otherwise), .. } => {
                self.value(file, *then)?;
                self.value(file, *otherwise)
            }
            ExprKind::Match { arms, .. } => arms.iter().try_for_each(|arm| self.value(file, arm.body)),
            ExprKind::Return(_) => Some(()),
            _ => None,
        }
    }

    fn all(&mut self, values: Vec<Place>) -> Option<()> {
        values.into_iter().try_for_each(|(file, value)| self.value(file, value))
    }

    fn binding(&mut self, file: FileIdx, pat: PatId) -> Option<()> {
        let hir = self.cx.hir(file);
        match hir[pat].parent {
            PatParent::Stmt(stmt) => match hir[stmt].kind {
                StmtKind::Let { init: Some(init), .. } => {
                    self.value(file, init)?;
                    self.assigned(file, pat)
                }
                _ => None,
            },
            PatParent::Item(item) => {
                let def = self.cx.program.def_of_item(file, item)?;
                let ItemKind::Fn(function) = &hir[item].kind else { return None };
                let index = function.params.iter().position(|param| param.pat == pat)?;
                self.all(given(self.cx, def, index)?)
            }
            PatParent::Pat(outer) => {
                let PatParent::Expr(expr) = hir[outer].parent else { return None };
                let wraps = matches!(&hir[outer].kind, PatKind::TupleStruct { pats, .. } if pats.len() == 1);
                let def = self.cx.inferred(file).pattern_defs.get(&outer)?;
                let source = matched_expr(hir, expr, outer).filter(|_| wraps && self.cx.program.is_model(*def))?;
                self.value(file, source)
            }
            PatParent::Expr(_) => None,
        }
    }

    /// What is assigned to a local later; a local that is lent to change may hold anything.
    fn assigned(&mut self, file: FileIdx, pat: PatId) -> Option<()> {
        let hir = self.cx.hir(file);
        for &use_ in self.cx.uses_of(file, pat) {
            match self.cx.parent_expr(file, use_).map(|parent| &hir[parent].kind) {
                Some(ExprKind::Assign { lhs, rhs }) if *lhs == use_ => self.value(file, *rhs)?,
                Some(ExprKind::Ref { mutable: true, .. }) => return None,
                _ => {}
            }
        }
        Some(())
    }

    /// Everything that a field of the user's own struct is given.
    fn field(&mut self, def: DefId, name: &str) -> Option<()> {
        let program = self.cx.program;
        let field_is_open = matches!(&program.item(def)?.kind, ItemKind::Struct(super::hir::Fields::Named(fields))
            if fields.iter().any(|field| field.name.as_ref().is_some_and(|own| own.text == name) && field.visibility == Visibility::Public));
        let is_named = matches!(&program.item(def)?.kind, ItemKind::Struct(super::hir::Fields::Named(_)));
        if !is_named || (field_is_open && program.krate(program.def(def).krate).is_open) {
            return None;
        }
        for (&file, inferred) in self.cx.inferred {
            let hir = self.cx.hir(file);
            for (&literal, _) in inferred.literals.iter().filter(|&(_, &of)| of == def) {
                let ExprKind::Struct { fields, .. } = &hir[literal].kind else { continue };
                if let Some(field) = fields.iter().find(|field| field.name.text == name) {
                    self.value(file, field.value)?;
                }
            }
            for (&access, _) in inferred.fields.iter().filter(|(_, (of, field))| *of == def && field == name) {
                match self.cx.parent_expr(file, access).map(|parent| &hir[parent].kind) {
                    Some(ExprKind::Assign { lhs, rhs }) if *lhs == access => self.value(file, *rhs)?,
                    Some(ExprKind::Ref { mutable: true, .. }) => return None,
                    _ => {}
                }
            }
        }
        Some(())
    }
}
