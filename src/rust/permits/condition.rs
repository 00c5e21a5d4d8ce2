//! Claims in conditions: `if state.start_run().is_err() { … }` and the like.

use super::super::cx::Change;
use super::super::hir::{ExprId, ExprKind, MacroContent, PatId, PatKind, Span, StmtId, StmtKind};
use super::binding::Form;
use super::claim::{Bound, Extent, Holds};

/// What a comparison says of a granted claim: `matches!(claim, Err(_))`, `claim == Ok(())`.
pub(super) fn compared(form: &Form<'_>, test: ExprId) -> Option<bool> {
    let (cx, file) = (form.cx, form.file);
    match &cx.hir(file)[test].kind {
        ExprKind::Macro(call) => match &call.content {
            MacroContent::Matches { pat, guard: None, .. } => {
                let is_ok = form.unit_of_ok(*pat).is_some();
                let is_refusal = |part: PatId| {
                    matches!(cx.hir(file)[part].kind, PatKind::Wild | PatKind::Rest) || form.is_already_running(part)
                };
                (is_ok || form.error_of(*pat).is_some_and(is_refusal)).then_some(is_ok)
            }
            _ => None,
        },
        ExprKind::Binary { op, lhs, rhs } if op == "==" || op == "!=" => {
            let other = if cx.peel_parens(file, *lhs) == form.value.at { *rhs } else { *lhs };
            let args = |path| cx.calls_known(file, cx.peel_parens(file, other), path);
            let ok = args("std::result::Result::Ok").is_some();
            let error = args("std::result::Result::Err").and_then(|args| args.first().copied());
            (ok || error.is_some_and(|error| form.names_refusal(error))).then_some(ok == (op == "=="))
        }
        _ => None,
    }
}

/// A test of a claim in a condition, with what it says of a granted one.
struct Test<'a> {
    form: &'a Form<'a>,
    /// The test, with the negations around it.
    at: ExprId,
    /// Whether the condition is met by a granted claim.
    granted: bool,
}

/// How a test binds the permit.
pub(super) fn of(form: &Form<'_>, test: ExprId, granted: bool) -> Option<Bound> {
    let (at, granted) = negated(form, test, granted);
    let test = Test { form, at, granted };
    let parent = form.cx.parent_expr(form.file, at)?;
    match &form.cx.hir(form.file)[parent].kind {
        ExprKind::If { condition, .. } if form.cx.peel_parens(form.file, *condition) == at => test.alone(parent),
        ExprKind::While { condition, body } if form.cx.peel_parens(form.file, *condition) == at => {
            test.tried_again(parent, *body)
        }
        ExprKind::Binary { .. } => test.among_others(parent),
        _ => None,
    }
}

/// The test with the negations around it.
fn negated(form: &Form<'_>, mut test: ExprId, mut says: bool) -> (ExprId, bool) {
    while let Some(parent) = form.cx.parent_expr(form.file, test) {
        if !matches!(&form.cx.hir(form.file)[parent].kind, ExprKind::Unary { op, .. } if op == "!") {
            break;
        }
        (test, says) = (parent, !says);
    }
    (test, says)
}

impl Test<'_> {
    fn claim(&self) -> Span {
        self.form.span(self.form.value.at)
    }

    /// The pattern of a refused claim.
    fn refused(&self) -> &'static str {
        if self.form.value.says.is_some() { "None" } else { "Err(_)" }
    }

    /// The condition is the test.
    fn alone(&self, whole: ExprId) -> Option<Bound> {
        let form = self.form;
        let ExprKind::If { condition, then, otherwise } = form.cx.hir(form.file)[whole].kind else { return None };
        let (start, end) = (form.span(whole).start, form.span(condition).end);
        let pattern = form.value.granted(form.name);
        let leaves = super::paths::leaves(form.cx, form.file, then);
        match (self.granted, otherwise, form.own_stmt(whole)) {
            (true, _, Some(stmt)) if self.is_broken_by(then).is_some() && otherwise.is_none() => {
                let _ = stmt;
                self.ends_loop(whole, condition, then)
            }
            (true, _, stmt) if self.keeps_temporaries() => {
                let _ = stmt?;
                let (line, name) = (form.line(whole), form.name);
                let changes = vec![
                    form.over(start, self.claim().start, format!("let {name} = ")),
                    form.over(self.claim().end, end, format!(";{line}if let {pattern} = {name}")),
                ];
                Some(Bound { holds: Holds::Permit, extent: Extent::Body(then), changes })
            }
            (true, ..) => {
                let changes = self.as_pattern(form.span(condition), &pattern);
                Some(Bound { holds: Holds::Permit, extent: Extent::Body(then), changes })
            }
            (false, None, Some(stmt)) if leaves => {
                let changes = vec![
                    form.over(start, self.claim().start, format!("let {pattern} = ")),
                    form.over(self.claim().end, form.span(then).start, " else "),
                    form.insert(form.span(then).end, ";"),
                ];
                Some(form.behind(stmt, Holds::Permit, changes))
            }
            (false, None, Some(stmt)) => {
                let (line, name, option) = (form.line(whole), form.name, form.value.to_option());
                let changes = vec![
                    form.over(start, self.claim().start, format!("let {name} = ")),
                    form.over(self.claim().end, end, format!("{option};{line}if {name}.is_none()")),
                ];
                Some(form.behind(stmt, Holds::Option, changes))
            }
            (false, Some(otherwise), _) => Some(form.either(whole, form.value.at, [then, otherwise], self.refused())),
            _ => None,
        }
    }

    /// `if claim.is_ok()` becomes `if let Ok(permit) = claim`.
    fn as_pattern(&self, test: Span, pattern: &str) -> Vec<Change> {
        vec![
            self.form.over(test.start, self.claim().start, format!("let {pattern} = ")),
            self.form.over(self.claim().end, test.end, ""),
        ]
    }

    /// Whether what is made on the way to the claim would live on in the block behind a pattern.
    fn keeps_temporaries(&self) -> bool {
        let hir = self.form.cx.hir(self.form.file);
        let claimed = super::super::sites::receiver(self.form.cx, self.form.file, self.form.value.at);
        claimed.is_some_and(|state| {
            hir.descendants(state).any(|at| {
                matches!(hir[at].kind, ExprKind::MethodCall { .. } | ExprKind::Call { .. } | ExprKind::Macro(_))
            })
        })
    }

    /// The `break` that a block consists of.
    fn is_broken_by(&self, block: ExprId) -> Option<ExprId> {
        let hir = self.form.cx.hir(self.form.file);
        let ExprKind::Block { stmts, .. } = &hir[block].kind else { return None };
        let &[only] = stmts.as_slice() else { return None };
        match hir[only].kind {
            StmtKind::Expr { expr, .. } if matches!(hir[expr].kind, ExprKind::Break(None)) => Some(expr),
            _ => None,
        }
    }

    /// `loop { if claim.is_ok() { break; } … }`
    fn ends_loop(&self, whole: ExprId, condition: ExprId, then: ExprId) -> Option<Bound> {
        let form = self.form;
        let (left, stmt) = (self.is_broken_by(then)?, form.loop_around(whole)?);
        let mut changes = self.as_pattern(form.span(condition), &form.value.granted(form.name));
        changes.push(form.insert(form.span(left).end, format!(" {}", form.name)));
        Some(form.bound_by_loop(stmt, changes))
    }

    /// `while claim.is_err() { … }`
    fn tried_again(&self, whole: ExprId, body: ExprId) -> Option<Bound> {
        let form = self.form;
        let hir = form.cx.hir(form.file);
        let stmt = form.own_stmt(whole)?;
        let breaks = hir.descendants(body).any(|at| matches!(hir[at].kind, ExprKind::Break(_)));
        if self.granted || breaks || form.cx.expr_text(form.file, whole).starts_with('\'') {
            return None;
        }
        let (line, name, pattern) = (form.line(whole), form.name, form.value.granted(form.name));
        let changes = vec![
            form.over(form.span(whole).start, self.claim().start, format!("loop {{{line}    if let {pattern} = ")),
            form.over(
                self.claim().end,
                form.span(body).start + 1,
                format!(" {{{line}        break {name};{line}    }}"),
            ),
        ];
        Some(form.bound_by_loop(stmt, changes))
    }

    /// The test is one of several: `ready && claim.is_ok()`, `closed || claim.is_err()`.
    fn among_others(&self, parent: ExprId) -> Option<Bound> {
        let form = self.form;
        let hir = form.cx.hir(form.file);
        let operator = if self.granted { "&&" } else { "||" };
        let is_chain = |at: &ExprId| matches!(&hir[*at].kind, ExprKind::Binary { op, .. } if op == operator);
        let chain: Vec<ExprId> = std::iter::once(parent)
            .chain(std::iter::successors(form.cx.parent_expr(form.file, parent), |&at| {
                form.cx.parent_expr(form.file, at)
            }))
            .take_while(is_chain)
            .collect();
        let &top = chain.last()?;
        let whole = form.cx.parent_expr(form.file, top)?;
        let ExprKind::If { condition, then, otherwise } = hir[whole].kind else { return None };
        if form.cx.peel_parens(form.file, condition) != top {
            return None;
        }
        let is_let_chain = hir.descendants(condition).any(|at| matches!(hir[at].kind, ExprKind::Let { .. }));
        if self.granted && is_let_chain {
            let changes = self.as_pattern(form.span(self.at), &form.value.granted(form.name));
            return Some(Bound { holds: Holds::Permit, extent: Extent::Body(then), changes });
        }
        let is_last = form.span(self.at).end == form.span(top).end;
        let stmt = form.own_stmt(whole).filter(|_| is_last && condition == top)?;
        self.asked_last(stmt, whole, chain[0], [condition, then], otherwise)
    }

    /// Other questions are asked in front of the claim, which is made only where they let it.
    fn asked_last(
        &self,
        stmt: StmtId,
        whole: ExprId,
        last: ExprId,
        [condition, then]: [ExprId; 2],
        otherwise: Option<ExprId>,
    ) -> Option<Bound> {
        let form = self.form;
        let ExprKind::Binary { lhs, .. } = form.cx.hir(form.file)[last].kind else { return None };
        let (line, name, option) = (form.line(whole), form.name, form.value.to_option());
        let (before, after) = match self.granted {
            true => (" { ".to_owned(), format!("{option} }} else {{ None }};{line}if let Some({name}) = {name}")),
            false => (" { None } else { ".to_owned(), format!("{option} }};{line}let Some({name}) = {name} else ")),
        };
        let mut changes = vec![
            form.over(form.span(whole).start, form.span(condition).start, format!("let {name} = if ")),
            form.over(form.span(lhs).end, self.claim().start, before),
        ];
        if self.granted {
            changes.push(form.over(self.claim().end, form.span(condition).end, after));
            return Some(Bound { holds: Holds::Permit, extent: Extent::Body(then), changes });
        }
        let leaves = super::paths::leaves(form.cx, form.file, then);
        changes.push(form.over(self.claim().end, form.span(then).start, after));
        changes.push(form.insert(form.span(then).end, ";"));
        (leaves && otherwise.is_none()).then(|| form.behind(stmt, Holds::Permit, changes))
    }
}
