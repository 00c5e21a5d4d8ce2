//! Blocks, branches and closures: what they bring into scope and what they give.

use std::collections::HashMap;

use super::super::hir::{BlockFlavour, ExprId, PatId, StmtKind};
use super::super::ty::Ty;
use super::Body;

impl<'a> Body<'a> {
    pub(super) fn block(
        &mut self,
        id: ExprId,
        stmts: &'a [super::super::hir::StmtId],
        flavour: BlockFlavour,
        expected: Option<&Ty>,
    ) -> Ty {
        let outer = self.scope.scope;
        if let Some(&inner) = self.resolver.program.block_scopes.get(&(self.file, id)) {
            self.scope.scope = inner;
        }
        let is_async = matches!(flavour, BlockFlavour::Async { .. });
        let expected = match expected {
            Some(Ty::Future(output)) if is_async => Some((**output).clone()),
            _ if is_async => None,
            other => other.cloned(),
        };
        if is_async {
            let returns = match &expected {
                Some(expected) => expected.clone(),
                None => self.var(),
            };
            self.returns.push(returns);
        }
        self.locals.push(HashMap::new());
        let mut value = Ty::unit();
        for &stmt in stmts {
            value = self.stmt(stmt, expected.as_ref());
        }
        self.locals.pop();
        self.scope.scope = outer;
        if is_async {
            if let Some(returns) = self.returns.pop() {
                self.unify(&returns, &value);
            }
            return Ty::Future(Box::new(value));
        }
        value
    }

    /// The value that the block has if this is its last statement.
    pub(super) fn stmt(&mut self, id: super::super::hir::StmtId, expected: Option<&Ty>) -> Ty {
        let hir = self.hir;
        match &hir[id].kind {
            StmtKind::Let { pat, ty, init, otherwise } => {
                let declared = match ty {
                    Some(ty) => {
                        let ty = self.resolver.lower(*ty, &self.scope);
                        self.open(&ty)
                    }
                    None => self.var(),
                };
                if let Some(init) = init {
                    let found = self.expr(*init, Some(&declared));
                    self.unify(&declared, &found);
                }
                if let Some(otherwise) = otherwise {
                    self.expr(*otherwise, None);
                }
                self.pattern(*pat, &declared);
                Ty::unit()
            }
            StmtKind::Expr { expr, semi } => {
                let ty = self.expr(*expr, if *semi { None } else { expected });
                match (*semi, &ty) {
                    (true, Ty::Never) => Ty::Never,
                    (true, _) => Ty::unit(),
                    (false, _) => ty,
                }
            }
            StmtKind::Item(_) | StmtKind::Empty => Ty::unit(),
        }
    }

    pub(super) fn if_expr(
        &mut self,
        condition: ExprId,
        then: ExprId,
        otherwise: Option<ExprId>,
        expected: Option<&Ty>,
    ) -> Ty {
        self.locals.push(HashMap::new());
        self.expr(condition, None);
        let ty = self.expr(then, expected);
        self.locals.pop();
        let Some(otherwise) = otherwise else { return Ty::unit() };
        let other = self.expr(otherwise, expected);
        self.join(ty, other)
    }

    pub(super) fn join(&mut self, a: Ty, b: Ty) -> Ty {
        match (&a, &b) {
            (Ty::Never | Ty::Unknown, _) => b,
            _ => {
                self.unify(&a, &b);
                a
            }
        }
    }

    pub(super) fn match_expr(
        &mut self,
        scrutinee: ExprId,
        arms: &'a [super::super::hir::Arm],
        expected: Option<&Ty>,
    ) -> Ty {
        let ty = self.expr(scrutinee, None);
        let mut value = Ty::Never;
        for arm in arms {
            self.locals.push(HashMap::new());
            self.pattern(arm.pat, &ty);
            self.all(arm.guard.as_slice());
            let found = self.expr(arm.body, expected);
            value = self.join(value, found);
            self.locals.pop();
        }
        value
    }

    pub(super) fn closure(
        &mut self,
        params: &'a [(PatId, Option<super::super::hir::TypeId>)],
        ret: Option<super::super::hir::TypeId>,
        body: ExprId,
        is_async: bool,
        expected: Option<&Ty>,
    ) -> Ty {
        let (hints, hint_ret) = match expected.map(|ty| self.shallow(ty)) {
            Some(Ty::Fn(params, ret)) => (params, Some(*ret)),
            _ => (Vec::new(), None),
        };
        self.locals.push(HashMap::new());
        let mut types = Vec::new();
        for (index, (pat, declared)) in params.iter().enumerate() {
            let ty = match (declared, hints.get(index)) {
                (Some(declared), hint) => {
                    let lowered = self.resolver.lower(*declared, &self.scope);
                    let ty = self.open(&lowered);
                    if let Some(hint) = hint {
                        self.unify(&ty, hint);
                    }
                    ty
                }
                (None, Some(hint)) => hint.clone(),
                (None, None) => self.var(),
            };
            self.pattern(*pat, &ty);
            types.push(ty);
        }
        let ret = match ret {
            Some(ret) => self.resolver.lower(ret, &self.scope),
            None => self.var(),
        };
        self.returns.push(ret.clone());
        let found = self.expr(body, Some(&ret));
        self.unify(&ret, &found);
        self.returns.pop();
        self.locals.pop();
        let ret = if is_async { Ty::Future(Box::new(ret)) } else { ret };
        if let Some(hint) = hint_ret {
            self.unify(&hint, &ret);
        }
        Ty::Fn(types, Box::new(ret))
    }
}
