//! The call that starts a run: another method, the turn without its `Some`.

use super::super::super::cx::{Change, Cx};
use super::super::super::hir::{ExprId, ExprKind};
use super::super::super::index::FileIdx;
use super::super::super::moved::{moved, moved_receiver};
use super::super::super::outcome::Outcome;
use super::super::super::purity::is_pure;
use super::super::super::text::{delete_argument, is_plain, is_postfix};
use super::super::super::unit::Facts;
use super::super::core_session::{RunForm, run_form};
use super::seed::{Seed, unwrapped};

/// The parts of a run.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    pub(super) file: FileIdx,
    pub(super) run: ExprId,
    /// The core session, without the `&` that a call by path needs.
    pub(super) session: ExprId,
    pub(super) ctx: ExprId,
    pub(super) seed: ExprId,
    /// What the core session had besides its state.
    pub(super) form: RunForm,
}

/// Takes a run apart.
pub(super) fn parts(cx: &Cx<'_>, facts: &Facts, file: FileIdx, run: ExprId) -> Option<Parts> {
    let form = run_form(cx, facts, file, run);
    let hir = cx.hir(file);
    match &hir[run].kind {
        ExprKind::MethodCall { receiver, args, .. } => {
            let &[ctx, seed] = args.as_slice() else { return None };
            Some(Parts { file, run, session: *receiver, ctx, seed, form })
        }
        ExprKind::Call { args, .. } => {
            let &[session, ctx, seed] = args.as_slice() else { return None };
            let session = match hir[session].kind {
                ExprKind::Ref { mutable: false, expr } => expr,
                _ => session,
            };
            Some(Parts { file, run, session, ctx, seed, form })
        }
        _ => None,
    }
}

/// How the pieces of a start are written.
#[derive(Clone, Debug)]
pub(super) struct Pieces {
    pub(super) session: String,
    pub(super) ctx: String,
    /// The turn or the option.
    pub(super) seed: String,
}

impl Parts {
    /// The pieces as they stand in the run.
    pub(super) fn pieces(&self, cx: &Cx<'_>, seed: Seed) -> Pieces {
        let run = cx.span(self.file, self.run);
        let seed = match seed {
            // The text between is deleted where the option is made.
            Seed::Turn { some, turn } if run.contains(cx.span(self.file, some)) => turn,
            _ => self.seed,
        };
        Pieces {
            session: moved_receiver(cx, self.file, self.session),
            ctx: moved(cx, self.file, self.ctx),
            seed: moved(cx, self.file, seed),
        }
    }

    /// The start as an edit of the call, where the call keeps its form.
    pub(super) fn edited(&self, cx: &Cx<'_>, seed: Seed) -> Option<Vec<Change>> {
        let ExprKind::MethodCall { method, args, .. } = &cx.hir(self.file)[self.run].kind else { return None };
        let renamed = |name: &'static str| cx.replace(self.file, method.span, self.form.method(name));
        let end = |arg: ExprId| cx.span(self.file, arg).end;
        let mut changes = self.form.wrap(cx, self.file, self.ctx);
        let last = match seed {
            Seed::Turn { .. } => {
                changes.push(renamed("start_with_turn"));
                changes.extend(unwrapped(cx, self.file, seed));
                self.seed
            }
            Seed::Latest => {
                changes.extend([renamed("start_inference"), delete_argument(cx, self.file, args, 1)]);
                self.ctx
            }
            Seed::Given(option) if is_postfix(cx, self.file, option) => {
                changes.push(renamed("start_with_turn"));
                changes.push(cx.insert(self.file, end(self.seed), ".unwrap_or_default()"));
                self.seed
            }
            Seed::Given(_) | Seed::Optional(_) => return None,
        };
        let builder = self.form.last_argument(self.name_of_session(cx));
        if !builder.is_empty() {
            changes.push(cx.insert(self.file, end(last), builder));
        }
        Some(changes)
    }

    /// The session's name, out of a clone.
    fn name_of_session<'a>(&self, cx: &Cx<'a>) -> &'a str {
        let session = cx.peel_parens(self.file, self.session);
        cx.expr_text(self.file, cx.cloned(self.file, session).unwrap_or(session))
    }

    /// The start as text made of pieces.
    ///
    /// # Errors
    /// The report, where a piece would have to be written twice that does something.
    pub(super) fn composed(&self, cx: &Cx<'_>, seed: Seed, pieces: &Pieces) -> Result<String, Outcome> {
        let Pieces { session, seed: text, .. } = pieces;
        let (ctx, builder) = (self.form.context(&pieces.ctx), self.form.last_argument(session));
        let (turn_method, latest_method) = (self.form.method("start_with_turn"), self.form.method("start_inference"));
        match seed {
            Seed::Latest => Ok(format!("{session}.{latest_method}({ctx}{builder})")),
            Seed::Turn { .. } => Ok(format!("{session}.{turn_method}({ctx}, {text}{builder})")),
            Seed::Given(option) if is_postfix(cx, self.file, option) => {
                Ok(format!("{session}.{turn_method}({ctx}, {text}.unwrap_or_default(){builder})"))
            }
            Seed::Given(_) => Ok(format!("{session}.{turn_method}({ctx}, ({text}).unwrap_or_default(){builder})")),
            Seed::Optional(_) if self.may_repeat(cx) => {
                let turn = self.name(cx, "turn", &[self.session, self.ctx]);
                let indent = self.indent(cx);
                Ok(format!(
                    "match {text} {{\n{indent}    Some({turn}) => {session}.{turn_method}({ctx}, {turn}{builder}),\n\
                     {indent}    None => {session}.{latest_method}({ctx}{builder}),\n{indent}}}"
                ))
            }
            Seed::Optional(option) if cx.local(self.file, option).is_some() && builder.is_empty() => Ok(format!(
                "{session}.start_with_latest({ctx}, |latest| {text}.or_else(|| latest.cloned()).unwrap_or_default())"
            )),
            Seed::Optional(_) => Err(Outcome::report(
                "whether the run gets a turn is only known when it runs, and making its session or context does something",
                "make both first, then `match seed { Some(turn) => session.start_with_turn(&ctx, turn), \
                 None => session.start_inference(&ctx) }`",
            )),
        }
    }

    /// The white space in front of the line on which the run begins.
    pub(super) fn indent<'a>(&self, cx: &Cx<'a>) -> &'a str {
        cx.program.unit(self.file).source.indent_at(cx.span(self.file, self.run).start as usize)
    }

    /// A name for a new local, which `seeing`, where it is seen, does not mean otherwise.
    pub(super) fn name(&self, cx: &Cx<'_>, wish: &str, seeing: &[ExprId]) -> String {
        let hir = cx.hir(self.file);
        let parts = seeing.iter().flat_map(|&part| hir.descendants(part));
        let means_another = parts.into_iter().any(|at| cx.expr_text(self.file, at) == wish);
        if means_another { cx.free_name(self.file, self.run, wish, &[]) } else { wish.to_owned() }
    }

    /// Whether session and context may be written twice and evaluated behind the seed.
    fn may_repeat(&self, cx: &Cx<'_>) -> bool {
        [self.session, self.ctx].into_iter().all(|part| is_place(cx, self.file, part) || is_short(cx, self.file, part))
    }
}

/// A name, or a field of one.
pub(super) fn is_place(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    match cx.hir(file)[expr].kind {
        ExprKind::Path(_) => true,
        ExprKind::Field { base: inner, .. } | ExprKind::Paren(inner) | ExprKind::Ref { expr: inner, .. } => {
            is_place(cx, file, inner)
        }
        _ => false,
    }
}

/// `&Context::background()`, `session.clone()`
fn is_short(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    is_plain(cx, file, expr) || (is_pure(cx, file, expr) && cx.expr_text(file, expr).len() < 40)
}
