//! Fields of a core session that are set in the statements behind its construction.

use super::cx::Cx;
use super::gates;
use super::hir::{ExprId, ExprKind, PatId, PatKind, Span, StmtId, StmtKind};
use super::index::FileIdx;
use super::pairing::undisturbed;
use super::rules::engine_options::sinks::is_sink_type;
use super::text::is_plain;

/// What a statement does with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Assign,
    Push,
    Extend,
}

/// A field that is set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Setting {
    /// `session.field`
    pub(crate) access: ExprId,
    pub(crate) field: String,
    pub(crate) how: How,
    pub(crate) value: ExprId,
    /// The `if` around it.
    pub(crate) under: Option<ExprId>,
    /// The statement that goes when the construction has the value.
    pub(crate) stmt: StmtId,
}

/// The settings of a core session, and the local that holds it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    pub(crate) local: PatId,
    pub(crate) all: Vec<Setting>,
}

/// The fields that are set before anything else is done with a core session.
pub(crate) fn settings(cx: &Cx<'_>, file: FileIdx, core: ExprId) -> Option<Settings> {
    let hir = cx.hir(file);
    let made = cx.stmt_of(file, core)?;
    let StmtKind::Let { pat: local, init: Some(init), otherwise: None, .. } = hir[made].kind else { return None };
    let is_mutable = matches!(hir[local].kind, PatKind::Bind { mutable: true, by_ref: false, sub: None, .. });
    if !is_mutable || cx.peel_parens(file, init) != core || cx.may_be_named_unread(file, local) {
        return None;
    }
    Finder { cx, file, local, core }.folded(made)
}

/// What a statement sets, of whatever core session: `x.field = value`, `x.event_sinks.push(value)`.
pub(crate) fn set_in(cx: &Cx<'_>, file: FileIdx, stmt: StmtId) -> Option<Setting> {
    let hir = cx.hir(file);
    let StmtKind::Expr { expr, .. } = hir[stmt].kind else { return None };
    let (access, value, how) = match &hir[expr].kind {
        ExprKind::Assign { lhs, rhs } => (*lhs, *rhs, How::Assign),
        ExprKind::MethodCall { receiver, method, args, .. } => match (method.text.as_str(), args.as_slice()) {
            ("push", &[value]) => (*receiver, value, How::Push),
            ("extend", &[value]) => (*receiver, value, How::Extend),
            _ => return None,
        },
        _ => return None,
    };
    let ExprKind::Field { name, .. } = &hir[access].kind else { return None };
    let field = name.text.clone();
    (field != "state").then_some(Setting { access, field, how, value, under: None, stmt })
}

/// The condition of an `if`.
pub(crate) fn condition(cx: &Cx<'_>, file: FileIdx, under: ExprId) -> Option<ExprId> {
    match cx.hir(file)[under].kind {
        ExprKind::If { condition, .. } => Some(condition),
        _ => None,
    }
}

/// What a condition looks at.
pub(crate) fn scrutinee(cx: &Cx<'_>, file: FileIdx, condition: ExprId) -> ExprId {
    match cx.hir(file)[condition].kind {
        ExprKind::Let { expr, .. } => expr,
        _ => condition,
    }
}

struct Finder<'a> {
    cx: &'a Cx<'a>,
    file: FileIdx,
    local: PatId,
    core: ExprId,
}

impl Finder<'_> {
    /// The settings that could have been done where the core session is made.
    fn folded(&self, made: StmtId) -> Option<Settings> {
        let hir = self.cx.hir(self.file);
        let ExprKind::Block { stmts, .. } = &hir[hir[made].block].kind else { return None };
        let (mut all, mut is_next) = (Vec::new(), true);
        for &stmt in stmts.iter().filter(|&&stmt| hir[stmt].index > hir[made].index) {
            match self.of_stmt(stmt) {
                Some(found) if is_next || found.iter().all(|setting| self.moves_up(setting)) => all.extend(found),
                None if !self.is_named_in(hir[stmt].span) => is_next = false,
                _ => break,
            }
        }
        Some(Settings { local: self.local, all }).filter(|settings| !settings.all.is_empty())
    }

    /// What a statement sets, if that is all it does.
    fn of_stmt(&self, stmt: StmtId) -> Option<Vec<Setting>> {
        let hir = self.cx.hir(self.file);
        let StmtKind::Expr { expr, .. } = hir[stmt].kind else { return None };
        if gates::is_gated(hir, hir[stmt].span) || self.cx.text(self.file, hir[stmt].span).starts_with('#') {
            return None;
        }
        match &hir[expr].kind {
            ExprKind::If { condition, then, otherwise: None } if !self.is_named_in(hir[*condition].span) => {
                let ExprKind::Block { stmts, .. } = &hir[*then].kind else { return None };
                stmts.iter().map(|&inner| self.one(inner, Some(expr), stmt)).collect()
            }
            ExprKind::For { pat, iter, body } => self.each(*pat, *iter, *body, stmt).map(|setting| vec![setting]),
            _ => self.one(stmt, None, stmt).map(|setting| vec![setting]),
        }
    }

    fn one(&self, at: StmtId, under: Option<ExprId>, stmt: StmtId) -> Option<Setting> {
        let hir = self.cx.hir(self.file);
        let setting = set_in(self.cx, self.file, at)?;
        let ExprKind::Field { base, .. } = hir[setting.access].kind else { return None };
        let is_own = self.cx.local(self.file, base) == Some(self.local);
        let is_alone = !self.is_named_in(hir[setting.value].span) && !gates::is_gated(hir, hir[at].span);
        (is_own && is_alone).then_some(Setting { under, stmt, ..setting })
    }

    /// `for sink in sinks { session.event_sinks.push(sink); }`
    fn each(&self, pat: PatId, iter: ExprId, body: ExprId, stmt: StmtId) -> Option<Setting> {
        let ExprKind::Block { stmts, .. } = &self.cx.hir(self.file)[body].kind else { return None };
        let &[only] = stmts.as_slice() else { return None };
        let one = self.one(only, None, stmt)?;
        let is_each = one.how == How::Push && self.cx.local(self.file, one.value) == Some(pat);
        let is_sink = self.cx.inferred(self.file).bindings.get(&pat).is_some_and(|ty| is_sink_type(self.cx, ty));
        (is_each && is_sink && !self.is_named_in(self.cx.span(self.file, iter))).then_some(Setting {
            how: How::Extend,
            value: iter,
            ..one
        })
    }

    fn is_named_in(&self, span: Span) -> bool {
        let hir = self.cx.hir(self.file);
        self.cx.uses_of(self.file, self.local).iter().any(|&use_| span.contains(hir[use_].span))
    }

    /// Whether what a setting is made of means the same where the core session is made, with other statements in between.
    fn moves_up(&self, setting: &Setting) -> bool {
        let (cx, file) = (self.cx, self.file);
        let hir = cx.hir(file);
        let made = cx.span(file, self.core);
        let looked_at = setting.under.and_then(|under| condition(cx, file, under)).map(|at| scrutinee(cx, file, at));
        let is_own = |pat: PatId| setting.under.is_some_and(|under| hir[under].span.contains(hir[pat].span));
        let is_field = |at: ExprId| matches!(hir[at].kind, ExprKind::Field { .. });
        let plain = |expr: ExprId| {
            elements(cx, file, expr)
                .into_iter()
                .all(|part| is_plain(cx, file, part) && !hir.descendants(part).any(is_field))
        };
        std::iter::once(setting.value).chain(looked_at).all(|expr| {
            let between = Span { start: made.end, end: hir[expr].span.start };
            let in_scope = |pat: PatId| is_own(pat) || hir[pat].span.end <= made.start;
            plain(expr) && undisturbed(cx, file, expr, between) && cx.locals_in(file, expr).into_iter().all(in_scope)
        })
    }
}

/// The elements of `vec![…]`, or the expression itself.
fn elements(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Vec<ExprId> {
    match &cx.hir(file)[expr].kind {
        ExprKind::Macro(call) if call.path.segments.last().is_some_and(|last| last.name.text == "vec") => {
            match &call.content {
                super::hir::MacroContent::Exprs(parts) => parts.clone(),
                _ => vec![expr],
            }
        }
        _ => vec![expr],
    }
}
