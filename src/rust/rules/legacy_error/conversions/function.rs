//! A conversion that is written out: the function `from`, what it makes of which error.

use super::super::super::super::conversions::{Conversion, Form};
use super::super::super::super::cx::Cx;
use super::super::super::super::hir::{Arm, ExprId, ExprKind, ItemId, PatId, PatKind, Span, StmtKind};
use super::super::super::super::index::FileIdx;
use super::super::super::super::legacy::Tracked;
use super::super::survey::names_type;
use super::super::{error_of, part, variant_name};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) legacy: &'static str,
    pub(super) new: &'static str,
}

/// A `from` function: its parameter and its body.
pub(super) struct Function<'a> {
    pub(super) cx: &'a Cx<'a>,
    pub(super) file: FileIdx,
    pub(super) block: ItemId,
    pub(super) param: PatId,
    /// The parameter's name, if it has one.
    pub(super) name: Option<&'a str>,
    pub(super) body: ExprId,
    /// The only expression of the body.
    pub(super) value: Option<ExprId>,
}

impl<'a> Function<'a> {
    pub(super) fn of(cx: &'a Cx<'a>, conversion: &Conversion) -> Option<Self> {
        let Form::Impl { block, function } = conversion.form else { return None };
        let (file, hir) = (conversion.file, cx.hir(conversion.file));
        let function = cx.program.fn_item(function)?;
        let [param] = function.params.as_slice() else { return None };
        let name = match &hir[param.pat].kind {
            PatKind::Bind { name, sub: None, .. } => Some(name.text.as_str()),
            PatKind::Wild => None,
            _ => return None,
        };
        let body = function.body?;
        let ExprKind::Block { stmts, .. } = &hir[body].kind else { return None };
        let value = match stmts.as_slice() {
            [only] => match hir[*only].kind {
                StmtKind::Expr { expr, semi: false } => Some(cx.peel_parens(file, expr)),
                _ => None,
            },
            _ => None,
        };
        Some(Self { cx, file, block, param: param.pat, name, body, value })
    }

    /// Whether the function makes of a state's error what the other conversion makes of it once it is a run's: `run` is what
    /// that makes of `\0`.
    pub(super) fn passes_on(&self, run: &str) -> bool {
        let Some(made) = self.value.and_then(|value| self.with_param(value, true)) else { return false };
        let whole = ["\0.into()", "Self::from(\0)"];
        let named = made.split_once("::from(\0)").is_some_and(|(ty, rest)| rest.is_empty() && !ty.contains(['(', ' ']));
        made == run || whole.contains(&made.as_str()) || named
    }

    /// The text of an expression with `\0` for the parameter; with `as_run`, for what makes a run's error of it.
    pub(super) fn with_param(&self, expr: ExprId, as_run: bool) -> Option<String> {
        let (cx, file) = (self.cx, self.file);
        let hir = cx.hir(file);
        if cx.inferred(file).captures.iter().any(|(_, pat)| *pat == self.param) {
            return None;
        }
        let whole = hir[expr].span;
        let mut text = String::new();
        let mut at = whole.start;
        for &use_ in cx.uses_of(file, self.param) {
            let place = match (as_run, cx.parent_expr(file, use_)) {
                (false, _) => use_,
                (true, Some(parent)) if self.makes_run_error(parent, use_) => parent,
                (true, _) => return None,
            };
            text += cx.text(file, Span { start: at, end: hir[place].span.start });
            text.push('\0');
            at = hir[place].span.end;
        }
        Some(text + cx.text(file, Span { start: at, end: whole.end }))
    }

    /// Whether `made` is `error.into()`, `RunError::from(error)` or `RunError::State(error)`.
    fn makes_run_error(&self, made: ExprId, error: ExprId) -> bool {
        let (cx, file) = (self.cx, self.file);
        match &cx.hir(file)[made].kind {
            ExprKind::MethodCall { receiver, method, .. } => {
                *receiver == error
                    && method.text == "into"
                    && error_of(cx, cx.ty(file, made)) == Some(Tracked::RunError)
            }
            ExprKind::Call { callee, args } => {
                args.as_slice() == [error]
                    && ["RunError::from", "RunError::State"]
                        .iter()
                        .any(|end| cx.expr_text(file, *callee).ends_with(end))
            }
            _ => false,
        }
    }

    /// The arms of a body that is one match of the parameter.
    pub(super) fn arms(&self) -> Option<&'a [Arm]> {
        let hir = self.cx.hir(self.file);
        let ExprKind::Match { scrutinee, arms } = &hir[self.value?].kind else { return None };
        let is_param = self.cx.local(self.file, *scrutinee) == Some(self.param);
        is_param.then_some(arms)
    }

    /// What the function makes of one of the state's errors: a pattern's name for it, if any, and an expression.
    pub(super) fn answer(&self, legacy: &str) -> Option<(Option<&'a str>, ExprId)> {
        let hir = self.cx.hir(self.file);
        let Some(arms) = self.arms() else {
            let value = self.value?;
            return Some((self.name.filter(|_| self.names_param(value)), value));
        };
        let arm = arms.iter().find(|arm| self.takes(arm.pat, legacy))?;
        if arm.guard.is_some() {
            return None;
        }
        let bound = match &hir[arm.pat].kind {
            PatKind::Bind { name, .. } if variant_name(self.cx, self.file, arm.pat).is_none() => {
                Some(name.text.as_str())
            }
            _ => None,
        };
        match (bound, self.names_param(arm.body)) {
            (Some(_), true) => None,
            (bound, false) => Some((bound, arm.body)),
            (None, true) => Some((self.name, arm.body)),
        }
    }

    pub(super) fn takes(&self, pat: PatId, legacy: &str) -> bool {
        match (&self.cx.hir(self.file)[pat].kind, variant_name(self.cx, self.file, pat)) {
            (_, Some(name)) => name == legacy,
            (PatKind::Or(pats), _) => pats.iter().any(|&pat| self.takes(pat, legacy)),
            (PatKind::Wild, _) => true,
            (PatKind::Bind { sub, .. }, _) => sub.is_none_or(|sub| self.takes(sub, legacy)),
            _ => false,
        }
    }

    /// Whether a pattern of a run's error takes a refused run.
    pub(super) fn takes_busy(&self, pat: PatId) -> bool {
        let hir = self.cx.hir(self.file);
        match (&hir[pat].kind, variant_name(self.cx, self.file, pat)) {
            (PatKind::TupleStruct { pats, .. }, Some("State")) => {
                pats.iter().any(|&pat| matches!(hir[pat].kind, PatKind::Rest) || self.takes(pat, "AlreadyRunning"))
            }
            (PatKind::Or(pats), _) => pats.iter().any(|&pat| self.takes_busy(pat)),
            (PatKind::Wild, _) => true,
            (PatKind::Bind { sub, .. }, None) => sub.is_none_or(|sub| self.takes_busy(sub)),
            _ => false,
        }
    }

    pub(super) fn names_param(&self, expr: ExprId) -> bool {
        let span = self.cx.span(self.file, expr);
        let captured = self.cx.inferred(self.file).captures.iter();
        self.cx.uses_of(self.file, self.param).iter().any(|&use_| span.contains(self.cx.span(self.file, use_)))
            || captured.into_iter().any(|(name, pat)| *pat == self.param && span.contains(name.span))
    }

    /// Arms for the state's errors, as the function answers them; `None` where a text cannot be copied.
    pub(super) fn arms_for(&self, told: &[Told]) -> Option<Vec<String>> {
        let error = self.error();
        let mut arms: Vec<(Option<&str>, ExprId, Vec<String>)> = Vec::new();
        for Told { legacy, new } in told {
            let (bound, answer) = self.answer(legacy)?;
            let name = format!("{error}::{new}");
            match arms.iter_mut().find(|(_, other, _)| *other == answer) {
                Some((.., names)) => names.push(name),
                None => arms.push((bound, answer, vec![name])),
            }
        }
        arms.into_iter()
            .map(|(bound, answer, names)| {
                let text = self.copied(answer)?;
                let names = names.join(" | ");
                Some(match bound {
                    Some(bound) if names.contains('|') => format!("{bound} @ ({names}) => {text},"),
                    Some(bound) => format!("{bound} @ {names} => {text},"),
                    None => format!("{names} => {text},"),
                })
            })
            .collect()
    }

    pub(super) fn error(&self) -> String {
        self.cx.name_at(self.file, self.body, "session::SessionError")
    }

    /// The text of an expression that stands as it is in another function of the same module.
    pub(super) fn copied(&self, expr: ExprId) -> Option<&'a str> {
        let hir = self.cx.hir(self.file);
        let span = hir[expr].span;
        let patterns = &self.cx.inferred(self.file).pattern_defs;
        let named =
            patterns.iter().any(|(&pat, &def)| span.contains(hir[pat].span) && self.cx.legacy.variant(def).is_some());
        let made = hir
            .descendants(expr)
            .any(|at| self.cx.value_def(self.file, at).is_some_and(|def| self.cx.legacy.variant(def).is_some()));
        (!named && !made && !names_type(self.cx, self.file, span)).then(|| self.cx.text(self.file, span))
    }

    /// An arm of a run's conversion that only passes the state's error on to the other conversion.
    pub(super) fn delegates(&self, arm: &Arm) -> bool {
        let hir = self.cx.hir(self.file);
        if variant_name(self.cx, self.file, arm.pat) != Some("State") || arm.guard.is_some() {
            return false;
        }
        let Some(inner) = part(self.cx, self.file, arm.pat) else { return false };
        let is_inner = |expr: ExprId| self.cx.local(self.file, expr) == Some(inner);
        match &hir[self.cx.peel_parens(self.file, arm.body)].kind {
            ExprKind::MethodCall { receiver, method, .. } => method.text == "into" && is_inner(*receiver),
            ExprKind::Call { callee, args } => {
                self.cx.expr_text(self.file, *callee).ends_with("::from") && args.iter().any(|&arg| is_inner(arg))
            }
            _ => false,
        }
    }

    /// Whether anything passes a state's error on, apart from `except`: to the other conversion, which is this one now.
    pub(super) fn converts_again(&self, except: Option<ExprId>) -> bool {
        let hir = self.cx.hir(self.file);
        let skipped = except.map(|expr| hir[expr].span);
        hir.descendants(self.body).filter(|&at| skipped.is_none_or(|span| !span.contains(hir[at].span))).any(|at| {
            let is_state = |expr: ExprId| error_of(self.cx, self.cx.ty(self.file, expr)).is_some();
            match &hir[at].kind {
                ExprKind::MethodCall { receiver, method, .. } => method.text == "into" && is_state(*receiver),
                ExprKind::Call { callee, args } => {
                    let text = self.cx.expr_text(self.file, *callee);
                    (text.ends_with("::from") || text.ends_with("::into")) && args.iter().any(|&arg| is_state(arg))
                }
                ExprKind::Try(_) => true,
                _ => false,
            }
        })
    }
}
