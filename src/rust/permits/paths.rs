//! The ways from a claim to the end of what sees its permit, and whether each passes a finish.

use super::super::cx::Cx;
use super::super::hir::{BlockFlavour, ExprId, ExprKind, MacroContent, Span, StmtId, StmtKind};
use super::super::index::FileIdx;
use super::claim::{Claim, Extent};
use super::passing::Passed;
use super::{Parts, Place, Takers};

/// What may have become of a claim: a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State(u8);

impl State {
    const GONE: State = State(0);
    const HELD: State = State(1);
    /// Finished, or in the hands of something that finishes it whatever happens.
    const ENDED: State = State(2);

    fn or(self, other: State) -> State {
        State(self.0 | other.0)
    }

    fn may_be_held(self) -> bool {
        self.0 & State::HELD.0 != 0
    }

    fn is_reached(self) -> bool {
        self != State::GONE
    }
}

/// The first way out of a claim's scope on which the claim is never finished.
pub(super) fn leak(cx: &Cx<'_>, parts: &Parts, claim: &Claim, takers: Takers<'_>) -> Option<Span> {
    let mut walk = Walk { cx, parts, takers, file: claim.file, loops: Vec::new(), leaks: Vec::new() };
    let hir = cx.hir(claim.file);
    let (end, last) = match claim.extent {
        Extent::Behind(stmt) => {
            let ExprKind::Block { stmts, .. } = &hir[hir[stmt].block].kind else { return None };
            let rest = &stmts[hir[stmt].index as usize + 1..];
            let end = hir[hir[stmt].block].span.end;
            (walk.stmts(rest, State::HELD), Span { start: end - 1, end })
        }
        Extent::Body(body) => {
            (walk.expr(body, State::HELD), Span { start: hir[body].span.end - 1, end: hir[body].span.end })
        }
    };
    if end.may_be_held() {
        walk.leaks.push(last);
    }
    walk.leaks.into_iter().min()
}

struct Walk<'a> {
    cx: &'a Cx<'a>,
    parts: &'a Parts,
    takers: Takers<'a>,
    file: FileIdx,
    /// For each loop around, what is known where it is left.
    loops: Vec<State>,
    leaks: Vec<Span>,
}

impl Walk<'_> {
    fn stmts(&mut self, stmts: &[StmtId], state: State) -> State {
        stmts.iter().fold(state, |state, &stmt| self.stmt(stmt, state))
    }

    fn stmt(&mut self, stmt: StmtId, state: State) -> State {
        match self.cx.hir(self.file)[stmt].kind {
            StmtKind::Let { init, otherwise, .. } => {
                let state = init.map_or(state, |init| self.expr(init, state));
                if let Some(otherwise) = otherwise {
                    self.expr(otherwise, state);
                }
                state
            }
            StmtKind::Expr { expr, .. } => self.expr(expr, state),
            StmtKind::Item(_) | StmtKind::Empty => state,
        }
    }

    fn leave(&mut self, at: ExprId, state: State) {
        if state.may_be_held() {
            self.leaks.push(self.cx.span(self.file, at));
        }
    }

    fn expr(&mut self, expr: ExprId, state: State) -> State {
        if !state.is_reached() {
            return state;
        }
        let hir = self.cx.hir(self.file);
        match &hir[expr].kind {
            ExprKind::Block { flavour: BlockFlavour::Async { .. }, .. } | ExprKind::Closure { .. } => {
                self.deferred(expr, state)
            }
            ExprKind::Block { stmts, .. } => self.stmts(stmts, state),
            ExprKind::If { condition, then, otherwise } => {
                let state = self.expr(*condition, state);
                let then = self.expr(*then, state);
                then.or(otherwise.map_or(state, |otherwise| self.expr(otherwise, state)))
            }
            ExprKind::Match { scrutinee, arms } => {
                let state = self.expr(*scrutinee, state);
                arms.iter().fold(State::GONE, |all, arm| {
                    let state = arm.guard.map_or(state, |guard| self.expr(guard, state));
                    all.or(self.expr(arm.body, state))
                })
            }
            ExprKind::Binary { op, lhs, rhs } if op == "&&" || op == "||" => {
                let state = self.expr(*lhs, state);
                state.or(self.expr(*rhs, state))
            }
            ExprKind::Loop { body } => self.repeated(None, *body, state),
            ExprKind::While { condition, body } => self.repeated(Some(*condition), *body, state),
            ExprKind::For { iter, body, .. } => {
                let state = self.expr(*iter, state);
                state.or(self.repeated(None, *body, state)).or(state)
            }
            ExprKind::Return(value) => {
                let state = value.map_or(state, |value| self.expr(value, state));
                self.leave(expr, state);
                State::GONE
            }
            ExprKind::Break(value) => {
                let state = value.map_or(state, |value| self.expr(value, state));
                match self.loops.last_mut() {
                    Some(left) => *left = left.or(state),
                    None => self.leave(expr, state),
                }
                State::GONE
            }
            ExprKind::Continue => {
                if self.loops.is_empty() {
                    self.leave(expr, state);
                }
                State::GONE
            }
            ExprKind::Try(inner) => {
                let state = self.expr(*inner, state);
                self.leave(expr, state);
                state
            }
            ExprKind::Macro(call) => {
                let name = call.path.segments.last().map_or("", |last| last.name.text.as_str());
                self.macro_call(expr, name, &call.content, state)
            }
            _ => {
                let state = hir.children(expr).into_iter().fold(state, |state, child| self.expr(child, state));
                self.behind_call(expr, state)
            }
        }
    }

    fn macro_call(&mut self, expr: ExprId, name: &str, content: &MacroContent, state: State) -> State {
        let hir = self.cx.hir(self.file);
        if let MacroContent::Select { arms, otherwise } = content {
            let bodies = arms.iter().map(|arm| [arm.future, arm.body].to_vec()).chain(otherwise.map(|one| vec![one]));
            return bodies.fold(State::GONE, |all, parts| {
                all.or(parts.into_iter().fold(state, |state, part| self.expr(part, state)))
            });
        }
        let ExprKind::Macro(call) = &hir[expr].kind else { return state };
        let state = hir.macro_exprs(call).into_iter().fold(state, |state, part| self.expr(part, state));
        match name {
            "panic" | "unreachable" | "todo" | "unimplemented" => State::GONE,
            "bail" => {
                self.leave(expr, state);
                State::GONE
            }
            "ensure" => {
                self.leave(expr, state);
                state
            }
            _ => state,
        }
    }

    fn repeated(&mut self, condition: Option<ExprId>, body: ExprId, state: State) -> State {
        self.loops.push(State::GONE);
        let mut around = state;
        for _ in 0..3 {
            let state = condition.map_or(around, |condition| self.expr(condition, around));
            around = around.or(self.expr(body, state));
        }
        let left = self.loops.pop().unwrap_or(State::GONE);
        if condition.is_some() { left.or(around) } else { left }
    }

    /// Code for later that finishes the claim holds its permit from here on; its own ways out count.
    fn deferred(&mut self, expr: ExprId, state: State) -> State {
        let hir = self.cx.hir(self.file);
        let span = hir[expr].span;
        let finishes = self.parts.finishes.iter().any(|&(file, at)| file == self.file && span.contains(hir[at].span));
        if !finishes {
            return state;
        }
        let loops = std::mem::take(&mut self.loops);
        let end = match &hir[expr].kind {
            ExprKind::Closure { body, .. } => self.expr(*body, State::HELD),
            ExprKind::Block { stmts, .. } => self.stmts(stmts, State::HELD),
            _ => State::ENDED,
        };
        if end.may_be_held() {
            self.leaks.push(Span { start: span.end - 1, end: span.end });
        }
        self.loops = loops;
        State::ENDED
    }

    fn behind_call(&mut self, expr: ExprId, state: State) -> State {
        let place: Place = (self.file, expr);
        match self.cx.hir(self.file)[expr].kind {
            _ if self.parts.finishes.contains(&place) => State::ENDED,
            _ if self.takers.holders.iter().any(|holder| holder.given.contains(&place)) => State::ENDED,
            _ if self.takers.passed.iter().any(|one| one.calls.contains(&place) && self.always_ends(one)) => {
                State::ENDED
            }
            ExprKind::Call { callee, .. } if self.cx.expr_text(self.file, callee).ends_with("process::exit") => {
                State::GONE
            }
            _ => state,
        }
    }
}

impl Walk<'_> {
    /// Whether a function that is given the permit ends the claim whatever happens.
    fn always_ends(&self, one: &Passed) -> bool {
        let (file, cx) = (one.hand.file, self.cx);
        let Some(body) = one.body(cx) else { return false };
        let mut walk = Walk {
            cx,
            parts: self.parts,
            takers: Takers { passed: &[], ..self.takers },
            file,
            loops: Vec::new(),
            leaks: Vec::new(),
        };
        !walk.expr(body, State::HELD).may_be_held() && walk.leaks.is_empty()
    }
}

/// Whether an expression is code for later: a closure or an async block.
pub(super) fn is_deferred(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    matches!(
        cx.hir(file)[expr].kind,
        ExprKind::Closure { .. } | ExprKind::Block { flavour: BlockFlavour::Async { .. }, .. }
    )
}

/// Whether an expression always leaves the function or loop around it.
pub(super) fn leaves(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let hir = cx.hir(file);
    match &hir[expr].kind {
        ExprKind::Return(_) | ExprKind::Break(_) | ExprKind::Continue => true,
        ExprKind::Paren(inner) => leaves(cx, file, *inner),
        ExprKind::Block { stmts, .. } => match stmts.last().map(|&stmt| &hir[stmt].kind) {
            Some(StmtKind::Expr { expr, .. }) => leaves(cx, file, *expr),
            _ => false,
        },
        ExprKind::If { then, otherwise: Some(otherwise), .. } => {
            leaves(cx, file, *then) && leaves(cx, file, *otherwise)
        }
        ExprKind::Match { arms, .. } => arms.iter().all(|arm| leaves(cx, file, arm.body)),
        ExprKind::Macro(call) => {
            let name = call.path.segments.last().map_or("", |last| last.name.text.as_str());
            ["panic", "unreachable", "todo", "unimplemented", "bail"].contains(&name)
        }
        ExprKind::Call { callee, .. } => cx.expr_text(file, *callee).ends_with("process::exit"),
        _ => false,
    }
}
