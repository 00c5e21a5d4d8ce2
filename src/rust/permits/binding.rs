//! The forms of a claim: how the statement that asks for it binds the permit instead.

use super::super::cx::{Change, Cx};
use super::super::hir::{ExprId, ExprKind, Parent, PatId, PatKind, Span, StmtId, StmtKind};
use super::super::index::FileIdx;
use super::super::moved::{instead, moved_span};
use super::claim::{Bound, Extent, Holds};
use super::condition;

/// The only error of a claim.
const ALREADY_RUNNING: &str = "geppetto::inference::state::StateError::AlreadyRunning";

/// The expression that tells what became of a claim.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Value {
    pub(super) at: ExprId,
    /// What it says of a granted claim where it was a truth value; it is an option of a permit then.
    pub(super) says: Option<bool>,
}

impl Value {
    pub(super) fn result(at: ExprId) -> Self {
        Self { at, says: None }
    }

    pub(super) fn truth(at: ExprId, says: bool) -> Self {
        Self { at, says: Some(says) }
    }

    /// The pattern of a granted claim.
    pub(super) fn granted(self, name: &str) -> String {
        if self.says.is_some() { format!("Some({name})") } else { format!("Ok({name})") }
    }

    /// What makes an option of it.
    pub(super) fn to_option(self) -> &'static str {
        if self.says.is_some() { "" } else { ".ok()" }
    }
}

/// Writes a binding.
pub(super) struct Form<'a> {
    pub(super) cx: &'a Cx<'a>,
    pub(super) file: FileIdx,
    pub(super) value: Value,
    pub(super) name: &'a str,
}

/// How a claim binds its permit to a name.
pub(super) fn of(cx: &Cx<'_>, file: FileIdx, value: Value, name: &str) -> Option<Bound> {
    let form = Form { cx, file, value, name };
    if value.says.is_some() {
        return condition::of(&form, value.at, value.says == Some(true));
    }
    form.ignored().or_else(|| form.in_statement()).or_else(|| form.in_expression())
}

/// A claim of which more is asked than whether it was granted: the permit is bound in front of the statement.
pub(super) fn asked(cx: &Cx<'_>, file: FileIdx, claim: ExprId, name: &str) -> Option<Bound> {
    let form = Form { cx, file, value: Value::result(claim), name };
    let hir = cx.hir(file);
    let stmt = cx.stmt_of(file, claim).filter(|_| form.is_evaluated_first(claim))?;
    (hir[stmt].head == hir[stmt].span.start).then_some(())?;
    let line = form.line(claim);
    let call = form.span(claim);
    let error = cx.name_at(file, claim, "session::SessionError");
    let asked = format!("{name}.as_ref().map(|_| ()).ok_or({error}::AlreadyActive)");
    let changes = vec![
        form.insert(hir[stmt].span.start, format!("let {name} = {}.ok();{line}", moved_span(call))),
        form.over(call.start, call.end, instead(&asked)),
    ];
    Some(form.behind(stmt, Holds::Option, changes))
}

impl Form<'_> {
    /// Whether nothing is evaluated in front of an expression in its statement, which always evaluates it, and once.
    fn is_evaluated_first(&self, expr: ExprId) -> bool {
        let hir = self.cx.hir(self.file);
        let Some(stmt) = self.cx.stmt_of(self.file, expr) else { return false };
        let start = self.span(expr).start;
        let is_quiet = |at: ExprId| match self.kind(at) {
            ExprKind::Path(_) | ExprKind::Lit(_) => true,
            _ => self.span(at).contains(self.span(expr)),
        };
        let around = self.cx.ancestors(self.file, expr).take_while(|&at| hir[stmt].span.contains(hir[at].span));
        let is_always = around.into_iter().all(|at| match self.kind(at) {
            ExprKind::Closure { .. } | ExprKind::Block { .. } | ExprKind::Loop { .. } => false,
            ExprKind::While { .. } | ExprKind::For { .. } | ExprKind::Match { .. } | ExprKind::If { .. } => false,
            ExprKind::Binary { lhs, .. } => self.span(*lhs).contains(self.span(expr)),
            _ => true,
        });
        let whole = hir.stmt_exprs(stmt).into_iter();
        is_always && whole.flat_map(|part| hir.descendants(part)).all(|at| hir[at].span.start >= start || is_quiet(at))
    }

    fn kind(&self, expr: ExprId) -> &ExprKind {
        &self.cx.hir(self.file)[expr].kind
    }

    pub(super) fn span(&self, expr: ExprId) -> Span {
        self.cx.span(self.file, expr)
    }

    /// Replaces the text from one place to another.
    pub(super) fn over(&self, start: u32, end: u32, text: impl Into<String>) -> Change {
        self.cx.replace(self.file, Span { start, end }, text)
    }

    pub(super) fn insert(&self, at: u32, text: impl Into<String>) -> Change {
        self.cx.insert(self.file, at, text)
    }

    /// A new line, as far to the right as the one of an expression.
    pub(super) fn line(&self, expr: ExprId) -> String {
        format!("\n{}", self.cx.program.unit(self.file).source.indent_at(self.span(expr).start as usize))
    }

    /// The statement that an expression is.
    pub(super) fn own_stmt(&self, expr: ExprId) -> Option<StmtId> {
        match self.cx.hir(self.file)[expr].parent {
            Parent::Stmt(stmt) if matches!(self.cx.hir(self.file)[stmt].kind, StmtKind::Expr { .. }) => Some(stmt),
            _ => None,
        }
    }

    /// Binds to the name what follows `from`, where the statement begins.
    pub(super) fn behind(&self, stmt: StmtId, holds: Holds, changes: Vec<Change>) -> Bound {
        Bound { holds, extent: Extent::Behind(stmt), changes }
    }

    /// `let _ = claim;`, `claim.ok();`, `drop(claim);`: what follows happens whether it was refused or not.
    fn ignored(&self) -> Option<Bound> {
        let (hir, claim) = (self.cx.hir(self.file), self.value.at);
        let stmt = self.cx.stmt_of(self.file, claim)?;
        let end = self.span(claim).end;
        let option = |start: u32, rest: u32| {
            let binding = self.over(start, self.span(claim).start, format!("let {} = ", self.name));
            let changes = vec![binding, self.over(end, rest, ".ok()")];
            Some(self.behind(stmt, Holds::Option, changes))
        };
        match hir[stmt].kind {
            StmtKind::Let { pat, ty: None, init: Some(init), otherwise: None } if self.peeled(init) == claim => {
                let is_unused = match hir[pat].kind {
                    PatKind::Wild => true,
                    PatKind::Bind { .. } => {
                        self.cx.uses_of(self.file, pat).is_empty() && !self.cx.may_be_named_unread(self.file, pat)
                    }
                    _ => false,
                };
                is_unused.then(|| option(hir[stmt].head, end))?
            }
            StmtKind::Expr { expr, semi: true } => match self.kind(expr) {
                _ if expr == claim => option(hir[stmt].head, end),
                ExprKind::MethodCall { receiver, method, args, .. }
                    if method.text == "ok" && args.is_empty() && self.peeled(*receiver) == claim =>
                {
                    option(hir[stmt].head, self.span(expr).end)
                }
                ExprKind::Call { callee, args } if args.as_slice() == [claim] => {
                    let is_drop =
                        ["drop", "mem::drop", "std::mem::drop"].contains(&self.cx.expr_text(self.file, *callee));
                    is_drop.then(|| option(hir[stmt].head, self.span(expr).end))?
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn peeled(&self, expr: ExprId) -> ExprId {
        self.cx.peel_parens(self.file, expr)
    }

    /// `claim?;`, `claim.map_err(f)?;`, `let Ok(()) = claim else { … };`
    fn in_statement(&self) -> Option<Bound> {
        let hir = self.cx.hir(self.file);
        let stmt = self.cx.stmt_of(self.file, self.value.at)?;
        let top = self.top();
        match hir[stmt].kind {
            StmtKind::Let { pat, init: Some(init), otherwise: Some(_), .. } if self.peeled(init) == top => {
                let inner = self.unit_of_ok(pat)?;
                let change = self.cx.replace(self.file, hir[inner].span, self.name);
                Some(self.behind(stmt, Holds::Permit, vec![change]))
            }
            StmtKind::Let { pat, ty: None, init: Some(init), otherwise: None }
                if self.peeled(init) == top && self.is_settled(top) =>
            {
                let is_unit = matches!(&hir[pat].kind, PatKind::Wild)
                    || matches!(&hir[pat].kind, PatKind::Tuple(parts) if parts.is_empty());
                let change = self.cx.replace(self.file, hir[pat].span, self.name);
                is_unit.then(|| self.behind(stmt, Holds::Permit, vec![change]))
            }
            StmtKind::Expr { expr, semi: true } if self.peeled(expr) == top && self.is_settled(top) => {
                let change = self.insert(hir[stmt].head, format!("let {} = ", self.name));
                Some(self.behind(stmt, Holds::Permit, vec![change]))
            }
            _ => None,
        }
    }

    fn top(&self) -> ExprId {
        super::claim::chain(self.cx, self.file, self.value.at)
    }

    /// Whether a refused claim leaves at the end of this chain.
    fn is_settled(&self, top: ExprId) -> bool {
        match self.kind(top) {
            ExprKind::Try(_) => true,
            ExprKind::MethodCall { method, .. } => ["unwrap", "expect"].contains(&method.text.as_str()),
            _ => false,
        }
    }

    /// Conditions, `if let` and `match`.
    fn in_expression(&self) -> Option<Bound> {
        let top = self.top();
        let parent = self.cx.parent_expr(self.file, top)?;
        match self.kind(parent) {
            ExprKind::MethodCall { method, args, .. } if args.is_empty() && top == self.value.at => {
                match method.text.as_str() {
                    "is_ok" => condition::of(self, parent, true),
                    "is_err" => condition::of(self, parent, false),
                    _ => None,
                }
            }
            ExprKind::Macro(_) | ExprKind::Binary { .. } if top == self.value.at => {
                let granted = condition::compared(self, parent)?;
                condition::of(self, parent, granted)
            }
            ExprKind::Let { pat, .. } => self.if_let(parent, *pat, top),
            ExprKind::Match { .. } => self.matched(parent, top),
            _ => None,
        }
    }

    /// `if let Ok(()) = claim { … }`, `if let Err(…) = claim { … }`
    fn if_let(&self, condition: ExprId, pat: PatId, top: ExprId) -> Option<Bound> {
        let hir = self.cx.hir(self.file);
        if let Some(inner) = self.unit_of_ok(pat) {
            let whole = self.cx.ancestors(self.file, condition).find_map(|at| match self.kind(at) {
                ExprKind::If { condition: own, then, .. } => {
                    Some((hir[*own].span.contains(hir[condition].span)).then_some(*then))
                }
                ExprKind::Binary { op, .. } if op == "&&" => None,
                _ => Some(None),
            });
            let change = self.cx.replace(self.file, hir[inner].span, self.name);
            return Some(Bound { holds: Holds::Permit, extent: Extent::Body(whole??), changes: vec![change] });
        }
        let whole = self.cx.parent_expr(self.file, condition)?;
        let ExprKind::If { condition: own, then, otherwise } = *self.kind(whole) else { return None };
        let error = self.error_of(pat).filter(|_| own == condition)?;
        let is_unnamed = matches!(hir[error].kind, PatKind::Wild | PatKind::Rest) || self.is_already_running(error);
        let refused = if is_unnamed { "Err(_)".to_owned() } else { moved_span(hir[pat].span) };
        let start = self.span(whole).start;
        if let Some(otherwise) = otherwise {
            return Some(self.either(whole, top, [then, otherwise], &refused));
        }
        let stmt = self.own_stmt(whole)?;
        let leaves = super::paths::leaves(self.cx, self.file, then);
        let (line, name) = (self.line(whole), self.name);
        let changes = if leaves && is_unnamed {
            vec![
                self.over(start, self.span(top).start, format!("let Ok({name}) = ")),
                self.over(self.span(top).end, self.span(then).start, " else "),
                self.insert(self.span(then).end, ";"),
            ]
        } else {
            let (some, close) = match leaves {
                true => (name.to_owned(), String::new()),
                false => (format!("Some({name})"), format!("{line}        None{line}    }}")),
            };
            let open = if leaves { "" } else { "{ " };
            vec![
                self.over(start, self.span(top).start, format!("let {name} = match ")),
                self.over(
                    self.span(top).end,
                    self.span(then).start,
                    format!(" {{{line}    Ok({name}) => {some},{line}    {refused} => {open}"),
                ),
                self.insert(self.span(then).end, format!("{close}{line}}};")),
            ]
        };
        Some(self.behind(stmt, if leaves { Holds::Permit } else { Holds::Option }, changes))
    }

    /// A `match` of which one arm is for a granted claim, in place of an `if` with an `else`.
    pub(super) fn either(&self, whole: ExprId, top: ExprId, [refused, granted]: [ExprId; 2], pattern: &str) -> Bound {
        let (line, start) = (self.line(whole), self.span(whole).start);
        let granted_pattern = self.value.granted(self.name);
        let changes = vec![
            self.over(start, self.span(top).start, "match "),
            self.over(self.span(top).end, self.span(refused).start, format!(" {{{line}    {pattern} => ")),
            self.over(self.span(refused).end, self.span(granted).start, format!("{line}    {granted_pattern} => ")),
            self.insert(self.span(granted).end, format!("{line}}}")),
        ];
        Bound { holds: Holds::Permit, extent: Extent::Body(granted), changes }
    }

    /// `match claim { Ok(()) => …, Err(…) => … }`
    fn matched(&self, whole: ExprId, top: ExprId) -> Option<Bound> {
        let hir = self.cx.hir(self.file);
        let ExprKind::Match { scrutinee, arms } = self.kind(whole) else { return None };
        let granted = arms.iter().position(|arm| self.unit_of_ok(arm.pat).is_some())?;
        let arm = arms[granted].clone();
        if self.peeled(*scrutinee) != top || arm.guard.is_some() {
            return None;
        }
        let pattern = self.cx.replace(self.file, hir[self.unit_of_ok(arm.pat)?].span, self.name);
        let others = || arms.iter().enumerate().filter(|&(index, _)| index != granted);
        let leave = others().all(|(_, arm)| super::paths::leaves(self.cx, self.file, arm.body));
        let stmt = self.own_stmt(whole);
        if let Some(stmt) = stmt.filter(|_| is_empty(self.kind(arm.body)) && leave) {
            let semi = !matches!(hir[stmt].kind, StmtKind::Expr { semi: true, .. });
            let mut changes = vec![
                pattern,
                self.insert(hir[stmt].head, format!("let {} = ", self.name)),
                self.cx.replace(self.file, hir[arm.body].span, self.as_value(&arm)),
            ];
            changes.extend(semi.then(|| self.insert(self.span(whole).end, ";")));
            return Some(self.behind(stmt, Holds::Permit, changes));
        }
        if let (ExprKind::Break(None), Some(stmt)) = (self.kind(arm.body), self.loop_around(whole)) {
            let changes = vec![pattern, self.insert(self.span(arm.body).end, format!(" {}", self.name))];
            return Some(self.bound_by_loop(stmt, changes));
        }
        Some(Bound { holds: Holds::Permit, extent: Extent::Body(arm.body), changes: vec![pattern] })
    }

    /// The name as the value of an arm that was an empty block, which needs no comma behind it.
    fn as_value(&self, arm: &super::super::hir::Arm) -> String {
        let source = self.cx.source(self.file);
        let has_comma = source[self.span(arm.body).end as usize..].trim_start().starts_with(',');
        if has_comma { self.name.to_owned() } else { format!("{},", self.name) }
    }

    /// The statement of the `loop` that a `break` at this place leaves.
    pub(super) fn loop_around(&self, expr: ExprId) -> Option<StmtId> {
        let mut around = self.cx.ancestors(self.file, expr).filter_map(|at| match self.kind(at) {
            ExprKind::Loop { .. } => Some(self.own_stmt(at)),
            ExprKind::While { .. } | ExprKind::For { .. } | ExprKind::Closure { .. } => Some(None),
            _ => None,
        });
        let stmt = around.next()??;
        let StmtKind::Expr { expr: whole, .. } = self.cx.hir(self.file)[stmt].kind else { return None };
        let breaks = self.cx.hir(self.file).descendants(whole);
        let breaks = breaks.into_iter().filter(|&at| matches!(self.kind(at), ExprKind::Break(_)));
        (breaks.count() == 1).then_some(stmt)
    }

    /// A `loop` that ends with the permit.
    pub(super) fn bound_by_loop(&self, stmt: StmtId, mut changes: Vec<Change>) -> Bound {
        let hir = self.cx.hir(self.file);
        changes.push(self.insert(hir[stmt].head, format!("let {} = ", self.name)));
        if !matches!(hir[stmt].kind, StmtKind::Expr { semi: true, .. }) {
            changes.push(self.insert(hir[stmt].span.end, ";"));
        }
        self.behind(stmt, Holds::Permit, changes)
    }

    /// The `()` of `Ok(())`, the `_` of `Ok(_)`.
    pub(super) fn unit_of_ok(&self, pat: PatId) -> Option<PatId> {
        let hir = self.cx.hir(self.file);
        match (&hir[pat].kind, self.path_of(pat).as_deref()) {
            (PatKind::TupleStruct { pats, .. }, Some("std::result::Result::Ok")) => {
                let &[only] = pats.as_slice() else { return None };
                let is_unit = matches!(&hir[only].kind, PatKind::Wild | PatKind::Rest)
                    || matches!(&hir[only].kind, PatKind::Tuple(parts) if parts.is_empty());
                is_unit.then_some(only)
            }
            _ => None,
        }
    }

    pub(super) fn error_of(&self, pat: PatId) -> Option<PatId> {
        match (&self.cx.hir(self.file)[pat].kind, self.path_of(pat).as_deref()) {
            (PatKind::TupleStruct { pats, .. }, Some("std::result::Result::Err")) => pats.first().copied(),
            _ => None,
        }
    }

    pub(super) fn is_already_running(&self, pat: PatId) -> bool {
        self.path_of(pat).is_some_and(|path| path == ALREADY_RUNNING)
    }

    fn path_of(&self, pat: PatId) -> Option<String> {
        Some(self.cx.program.path_of(*self.cx.inferred(self.file).pattern_defs.get(&pat)?))
    }

    /// Whether an expression is the error of a refused claim.
    pub(super) fn names_refusal(&self, expr: ExprId) -> bool {
        self.cx.value_def(self.file, expr).is_some_and(|def| self.cx.program.path_of(def) == ALREADY_RUNNING)
    }
}

/// `{}` or `()`
fn is_empty(kind: &ExprKind) -> bool {
    match kind {
        ExprKind::Block { stmts, .. } => stmts.is_empty(),
        ExprKind::Tuple(parts) => parts.is_empty(),
        _ => false,
    }
}
