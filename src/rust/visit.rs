//! Ways through a [`Hir`]: down to the parts of an expression, up to what it stands in.

use super::hir::{ExprId, ExprKind, Hir, ItemId, MacroCall, MacroContent, Parent, PatId, PatParent, StmtId, StmtKind};

impl Hir {
    /// The direct sub-expressions in source order: operands, arguments, the expressions of a block's statements, guards
    /// and bodies of arms, what a macro's content was read as. Not those in patterns, types and nested items.
    pub(crate) fn children(&self, expr: ExprId) -> Vec<ExprId> {
        let mut children = self.unordered_children(expr);
        children.sort_by_key(|&child| self[child].span);
        children
    }

    fn unordered_children(&self, expr: ExprId) -> Vec<ExprId> {
        match &self[expr].kind {
            ExprKind::Path(_) | ExprKind::Lit(_) | ExprKind::Continue => Vec::new(),
            ExprKind::Call { callee: first, args } | ExprKind::MethodCall { receiver: first, args, .. } => {
                std::iter::once(*first).chain(args.iter().copied()).collect()
            }
            ExprKind::Struct { fields, rest, .. } => fields.iter().map(|field| field.value).chain(*rest).collect(),
            ExprKind::Field { base: inner, .. }
            | ExprKind::Ref { expr: inner, .. }
            | ExprKind::Deref(inner)
            | ExprKind::Unary { expr: inner, .. }
            | ExprKind::Try(inner)
            | ExprKind::Await(inner)
            | ExprKind::Paren(inner)
            | ExprKind::Cast { expr: inner, .. }
            | ExprKind::Let { expr: inner, .. }
            | ExprKind::Loop { body: inner }
            | ExprKind::Closure { body: inner, .. } => vec![*inner],
            ExprKind::Binary { lhs: first, rhs: second, .. }
            | ExprKind::Assign { lhs: first, rhs: second }
            | ExprKind::While { condition: first, body: second }
            | ExprKind::For { iter: first, body: second, .. }
            | ExprKind::Repeat { value: first, len: second }
            | ExprKind::Index { base: first, index: second } => vec![*first, *second],
            ExprKind::If { condition, then, otherwise } => [*condition, *then].into_iter().chain(*otherwise).collect(),
            ExprKind::Match { scrutinee, arms } => {
                let arms = arms.iter().flat_map(|arm| arm.guard.into_iter().chain([arm.body]));
                std::iter::once(*scrutinee).chain(arms).collect()
            }
            ExprKind::Block { stmts, .. } => stmts.iter().flat_map(|&stmt| self.stmt_exprs(stmt)).collect(),
            ExprKind::Return(inner) | ExprKind::Break(inner) => inner.iter().copied().collect(),
            ExprKind::Tuple(parts) | ExprKind::Array(parts) | ExprKind::Other(parts) => parts.clone(),
            ExprKind::Range { from, to } => from.iter().chain(to).copied().collect(),
            ExprKind::Macro(call) => self.macro_exprs(call),
        }
    }

    /// The expressions that a statement holds itself: initializer and `else` block, or the statement's expression.
    pub(crate) fn stmt_exprs(&self, stmt: StmtId) -> Vec<ExprId> {
        match &self[stmt].kind {
            StmtKind::Let { init, otherwise, .. } => init.iter().chain(otherwise).copied().collect(),
            StmtKind::Expr { expr, .. } => vec![*expr],
            StmtKind::Item(_) | StmtKind::Empty => Vec::new(),
        }
    }

    /// The expressions that the content of a macro was read as, in source order.
    pub(crate) fn macro_exprs(&self, call: &MacroCall) -> Vec<ExprId> {
        match &call.content {
            MacroContent::Exprs(exprs) => exprs.clone(),
            MacroContent::Block(block) => vec![*block],
            MacroContent::Matches { expr, guard, rest, .. } => {
                std::iter::once(*expr).chain(*guard).chain(rest.iter().copied()).collect()
            }
            MacroContent::Select { arms, otherwise } => {
                let arms = arms.iter().flat_map(|arm| std::iter::once(arm.future).chain(arm.guard).chain([arm.body]));
                arms.chain(*otherwise).collect()
            }
            MacroContent::Opaque => Vec::new(),
        }
    }

    /// The expression itself and everything below it (see [`Hir::children`]), each in front of its parts.
    pub(crate) fn descendants(&self, expr: ExprId) -> impl Iterator<Item = ExprId> {
        let mut ahead = vec![expr];
        std::iter::from_fn(move || {
            let next = ahead.pop()?;
            ahead.extend(self.children(next).into_iter().rev());
            Some(next)
        })
    }

    /// The expression in which this one stands directly, or through one of its statements or patterns; `None` for the
    /// body of a function and the like.
    pub(crate) fn parent_expr(&self, expr: ExprId) -> Option<ExprId> {
        match self.holder(self[expr].parent) {
            Holder::Expr(parent) => Some(parent),
            Holder::Stmt(stmt) => Some(self[stmt].block),
            Holder::Item(_) => None,
        }
    }

    /// The expressions around this one, from the inside out, up to the body of the function or the like.
    pub(crate) fn ancestors(&self, expr: ExprId) -> impl Iterator<Item = ExprId> {
        std::iter::successors(self.parent_expr(expr), |&inner| self.parent_expr(inner))
    }

    /// The innermost statement around the expression.
    pub(crate) fn enclosing_stmt(&self, expr: ExprId) -> Option<StmtId> {
        std::iter::once(expr).chain(self.ancestors(expr)).find_map(|inner| match self.holder(self[inner].parent) {
            Holder::Stmt(stmt) => Some(stmt),
            Holder::Expr(_) | Holder::Item(_) => None,
        })
    }

    /// The item to whose body, value or arguments the expression belongs.
    pub(crate) fn body_owner(&self, expr: ExprId) -> ItemId {
        let mut inner = expr;
        loop {
            match self.holder(self[inner].parent) {
                Holder::Expr(outer) => inner = outer,
                Holder::Stmt(stmt) => inner = self[stmt].block,
                Holder::Item(item) => return item,
            }
        }
    }

    fn holder(&self, parent: Parent) -> Holder {
        match parent {
            Parent::Expr(expr) => Holder::Expr(expr),
            Parent::Stmt(stmt) => Holder::Stmt(stmt),
            Parent::Item(item) => Holder::Item(item),
            Parent::Pat(pat) => self.pat_holder(pat),
        }
    }

    fn pat_holder(&self, mut pat: PatId) -> Holder {
        loop {
            match self[pat].parent {
                PatParent::Pat(outer) => pat = outer,
                PatParent::Expr(expr) => return Holder::Expr(expr),
                PatParent::Stmt(stmt) => return Holder::Stmt(stmt),
                PatParent::Item(item) => return Holder::Item(item),
            }
        }
    }
}

/// What an expression stands in when patterns are looked through.
enum Holder {
    Expr(ExprId),
    Stmt(StmtId),
    Item(ItemId),
}
