//! Where a constructed engine goes: its runs, if those are all that happens to it.

use super::super::super::cx::Cx;
use super::super::super::hir::{Arm, ExprId, ExprKind, Parent, PatId, PatKind, StmtKind};
use super::super::super::index::FileIdx;

/// How many steps are followed from the construction to a run.
const STEPS: usize = 24;

/// The runs of the engine that a construction gives, if those are all that happens to it.
pub(crate) fn runs_of(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> Option<Vec<ExprId>> {
    let mut search = Search { cx, file, runs: Vec::new(), steps: STEPS };
    search.result(call)?;
    search.runs.sort_by_key(|&run| cx.span(file, run));
    search.runs.dedup();
    Some(search.runs)
}

struct Search<'a> {
    cx: &'a Cx<'a>,
    file: FileIdx,
    runs: Vec<ExprId>,
    steps: usize,
}

impl Search<'_> {
    fn step(&mut self) -> Option<()> {
        self.steps = self.steps.checked_sub(1)?;
        Some(())
    }

    /// Follows the result of the construction.
    fn result(&mut self, at: ExprId) -> Option<()> {
        self.step()?;
        let hir = self.cx.hir(self.file);
        match hir[at].parent {
            Parent::Expr(parent) => match &hir[parent].kind {
                ExprKind::Paren(_) => self.result(parent),
                ExprKind::Try(_) => self.engine(parent),
                ExprKind::MethodCall { receiver, method, .. } if *receiver == at => match method.text.as_str() {
                    "unwrap" | "expect" => self.engine(parent),
                    "map_err" | "inspect_err" => self.result(parent),
                    _ => None,
                },
                ExprKind::Match { scrutinee, arms } if *scrutinee == at => self.arms(arms),
                ExprKind::Let { pat, expr } if *expr == at => self.binding(of_ok(self.cx, self.file, *pat)?),
                _ => None,
            },
            Parent::Stmt(stmt) => match hir[stmt].kind {
                StmtKind::Let { pat, .. } => self.binding(of_ok(self.cx, self.file, pat)?),
                _ => None,
            },
            _ => None,
        }
    }

    /// The arm of a match that has the engine; the others have none.
    fn arms(&mut self, arms: &[Arm]) -> Option<()> {
        let found: Vec<PatId> = arms.iter().filter_map(|arm| of_ok(self.cx, self.file, arm.pat)).collect();
        let [engine] = found.as_slice() else { return None };
        self.binding(*engine)
    }

    /// Follows all uses of a local that is the engine.
    fn binding(&mut self, pat: PatId) -> Option<()> {
        let is_plain =
            matches!(self.cx.hir(self.file)[pat].kind, PatKind::Bind { sub: None, mutable: false, by_ref: false, .. });
        let captured = self.cx.inferred(self.file).captures.iter().any(|(_, own)| *own == pat);
        if !is_plain || captured {
            return None;
        }
        let cx = self.cx;
        cx.uses_of(self.file, pat).iter().try_for_each(|&use_| self.engine(use_))
    }

    /// Follows the engine itself.
    fn engine(&mut self, at: ExprId) -> Option<()> {
        self.step()?;
        let hir = self.cx.hir(self.file);
        match hir[at].parent {
            Parent::Expr(parent) => match &hir[parent].kind {
                ExprKind::Paren(_) | ExprKind::Ref { mutable: false, .. } => self.engine(parent),
                ExprKind::MethodCall { receiver, method, args, .. } if *receiver == at => match method.text.as_str() {
                    "run_inference" => {
                        self.runs.push(parent);
                        Some(())
                    }
                    "as_ref" if args.is_empty() => self.engine(parent),
                    _ => self.cx.cloned(self.file, parent).and_then(|_| self.engine(parent)),
                },
                ExprKind::Call { .. } if self.cx.cloned(self.file, parent).is_some() => self.engine(parent),
                ExprKind::Match { arms, .. } if is_only_value(self.cx, self.file, arms, at) => self.engine(parent),
                _ => None,
            },
            Parent::Stmt(stmt) => match hir[stmt].kind {
                StmtKind::Let { pat, init: Some(init), otherwise: None, .. } if init == at => self.binding(pat),
                _ => None,
            },
            _ => None,
        }
    }
}

/// The matched expression of `match result { Ok(engine) => engine, Err(_) => return … }`.
pub(crate) fn matched_result(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<ExprId> {
    let ExprKind::Match { scrutinee, arms } = &cx.hir(file)[expr].kind else { return None };
    let given = arms.iter().find_map(|arm| Some((of_ok(cx, file, arm.pat)?, arm.body)));
    let (engine, body) = given?;
    let only = cx.local(file, body) == Some(engine) && is_only_value(cx, file, arms, body);
    only.then_some(*scrutinee)
}

/// The `engine` of `Ok(engine)`.
fn of_ok(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> Option<PatId> {
    let def = cx.inferred(file).pattern_defs.get(&pat)?;
    match &cx.hir(file)[pat].kind {
        PatKind::TupleStruct { pats, .. } if cx.program.path_of(*def) == "std::result::Result::Ok" => {
            match pats.as_slice() {
                [only] => Some(*only),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether all other arms of a match leave.
fn is_only_value(cx: &Cx<'_>, file: FileIdx, arms: &[Arm], value: ExprId) -> bool {
    arms.iter().all(|arm| arm.body == value || leaves(cx, file, arm.body))
}

fn leaves(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let hir = cx.hir(file);
    match &hir[expr].kind {
        ExprKind::Return(_) | ExprKind::Break(_) | ExprKind::Continue => true,
        ExprKind::Macro(call) => matches!(
            call.path.segments.last().map(|last| last.name.text.as_str()),
            Some("panic" | "unreachable" | "todo" | "unimplemented" | "bail")
        ),
        ExprKind::Block { stmts, .. } => stmts.last().is_some_and(|&last| match hir[last].kind {
            StmtKind::Expr { expr, .. } => leaves(cx, file, expr),
            _ => false,
        }),
        _ => false,
    }
}
