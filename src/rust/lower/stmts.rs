//! Blocks and statements.

use super::super::hir::{
    BlockFlavour, ExprId, ExprKind, ItemParent, Parent, PatParent, Span, StmtId, StmtKind, TypeParent,
};
use super::Lowerer;

impl Lowerer<'_> {
    /// A plain block: a body, a branch.
    pub(super) fn block(&mut self, block: &syn::Block, parent: Parent) -> ExprId {
        let span = self.span(block.brace_token.span.join());
        self.block_of(&block.stmts, span, parent)
    }

    /// A block expression over statements that need not stand in braces of their own.
    pub(super) fn block_of(&mut self, stmts: &[syn::Stmt], span: Span, parent: Parent) -> ExprId {
        let id = self.new_expr(parent);
        let stmts = self.nested(|this| this.stmts(stmts, id)).unwrap_or_default();
        self.set_expr(id, ExprKind::Block { stmts, flavour: BlockFlavour::Plain, label: None }, span)
    }

    pub(super) fn stmts(&mut self, stmts: &[syn::Stmt], block: ExprId) -> Vec<StmtId> {
        stmts.iter().enumerate().map(|(index, stmt)| self.stmt(stmt, block, index)).collect()
    }

    fn stmt(&mut self, stmt: &syn::Stmt, block: ExprId, index: usize) -> StmtId {
        let id = self.new_stmt(block, index);
        let (kind, span) = match stmt {
            syn::Stmt::Local(local) => self.local(local, id),
            syn::Stmt::Item(item) => {
                let item = self.item(item, ItemParent::Stmt(id));
                (StmtKind::Item(item), self.hir[item].span)
            }
            syn::Stmt::Expr(syn::Expr::Verbatim(tokens), Some(semi)) if tokens.is_empty() => {
                (StmtKind::Empty, self.span(semi.span))
            }
            syn::Stmt::Expr(expr, semi) => {
                let start = leftmost_attrs(expr);
                let expr = self.expr(expr, Parent::Stmt(id));
                self.expr_stmt(expr, start, semi.as_ref())
            }
            syn::Stmt::Macro(stmt) => {
                let expr = self.new_expr(Parent::Stmt(id));
                let (kind, span) = self.macro_expr(&stmt.mac, expr);
                self.set_expr(expr, kind, span);
                self.expr_stmt(expr, &stmt.attrs, stmt.semi_token.as_ref())
            }
        };
        let head = match (&kind, stmt) {
            (_, syn::Stmt::Local(local)) => self.span(local.let_token.span).start,
            (&StmtKind::Expr { expr, .. }, _) => self.hir[expr].span.start,
            _ => span.start,
        };
        let node = &mut self.hir.stmts[id.0 as usize];
        node.kind = kind;
        node.span = span;
        node.head = head;
        id
    }

    fn expr_stmt(&mut self, expr: ExprId, attrs: &[syn::Attribute], semi: Option<&syn::Token![;]>) -> (StmtKind, Span) {
        let span = self.with_head(self.hir[expr].span, attrs, None);
        let end = semi.map_or(span, |semi| self.span(semi.span));
        self.gate(attrs, span.to(end), true);
        (StmtKind::Expr { expr, semi: semi.is_some() }, span.to(end))
    }

    fn local(&mut self, local: &syn::Local, id: StmtId) -> (StmtKind, Span) {
        let pat = self.pat(&local.pat, PatParent::Stmt(id));
        let ty = match &local.pat {
            syn::Pat::Type(typed) => Some(self.ty(&typed.ty, TypeParent::Stmt(id))),
            _ => None,
        };
        let init = local.init.as_ref();
        let value = init.map(|init| self.expr(&init.expr, Parent::Stmt(id)));
        let otherwise = init.and_then(|init| init.diverge.as_ref());
        let otherwise = otherwise.map(|(_, block)| self.expr(block, Parent::Stmt(id)));
        let span = self.between(local.let_token.span, local.semi_token.span);
        self.gate(&local.attrs, span, true);
        (StmtKind::Let { pat, ty, init: value, otherwise }, self.with_head(span, &local.attrs, None))
    }
}

/// syn gives the attributes of a statement to the leftmost operand of its expression.
fn leftmost_attrs(expr: &syn::Expr) -> &[syn::Attribute] {
    let attrs = own_attrs(expr);
    let inner = match expr {
        _ if !attrs.is_empty() => return attrs,
        syn::Expr::Assign(expr) => &expr.left,
        syn::Expr::Binary(expr) => &expr.left,
        syn::Expr::Call(expr) => &expr.func,
        syn::Expr::Cast(expr) => &expr.expr,
        syn::Expr::Field(expr) => &expr.base,
        syn::Expr::Index(expr) => &expr.expr,
        syn::Expr::MethodCall(expr) => &expr.receiver,
        syn::Expr::Try(expr) => &expr.expr,
        syn::Expr::Await(expr) => &expr.base,
        syn::Expr::Range(syn::ExprRange { start: Some(start), .. }) => start,
        _ => return attrs,
    };
    leftmost_attrs(inner)
}

pub(super) fn own_attrs(expr: &syn::Expr) -> &[syn::Attribute] {
    macro_rules! attrs_of {
        ($($variant:ident)*) => {
            match expr {
                $(syn::Expr::$variant(expr) => &expr.attrs,)*
                _ => &[],
            }
        };
    }
    attrs_of! {
        Array Assign Async Await Binary Block Break Call Cast Closure Const Continue Field ForLoop Group If Index Infer
        Let Lit Loop Macro Match MethodCall Paren Path Range RawAddr Reference Repeat Return Struct Try TryBlock Tuple
        Unary Unsafe While Yield
    }
}
