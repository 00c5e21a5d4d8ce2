//! Expressions.

use proc_macro2::Span as TokenSpan;
use quote::ToTokens as _;

use super::super::hir::{
    Arm, BlockFlavour, ExprId, ExprKind, FieldValue, Lit, Parent, PatId, PatParent, Span, TypeId, TypeParent,
};
use super::Lowerer;
use super::stmts::own_attrs;

type Elems = syn::punctuated::Punctuated<syn::Expr, syn::Token![,]>;
type Lowered = (ExprKind, Span);

impl Lowerer<'_> {
    pub(super) fn expr(&mut self, expr: &syn::Expr, parent: Parent) -> ExprId {
        if let syn::Expr::Group(group) = expr {
            return self.expr(&group.expr, parent);
        }
        let id = self.new_expr(parent);
        match self.nested(|this| this.expr_kind(expr, id)) {
            Some((kind, span)) => {
                self.gate(own_attrs(expr), span, true);
                self.set_expr(id, kind, span)
            }
            None => id,
        }
    }

    fn expr_kind(&mut self, expr: &syn::Expr, id: ExprId) -> Lowered {
        match expr {
            syn::Expr::Path(expr) => {
                let path = self.path(expr.qself.as_ref(), &expr.path, TypeParent::Expr(id));
                let span = path.span;
                (ExprKind::Path(path), span)
            }
            syn::Expr::Lit(expr) => (ExprKind::Lit(literal(&expr.lit)), self.span(expr.lit.span())),
            syn::Expr::Macro(expr) => self.macro_expr(&expr.mac, id),
            syn::Expr::Call(_)
            | syn::Expr::MethodCall(_)
            | syn::Expr::Field(_)
            | syn::Expr::Index(_)
            | syn::Expr::Await(_)
            | syn::Expr::Try(_)
            | syn::Expr::Cast(_) => self.postfix_expr(expr, id),
            syn::Expr::Unary(_)
            | syn::Expr::Reference(_)
            | syn::Expr::RawAddr(_)
            | syn::Expr::Binary(_)
            | syn::Expr::Assign(_)
            | syn::Expr::Range(_)
            | syn::Expr::Let(_) => self.operator_expr(expr, id),
            syn::Expr::Array(_)
            | syn::Expr::Tuple(_)
            | syn::Expr::Repeat(_)
            | syn::Expr::Struct(_)
            | syn::Expr::Paren(_)
            | syn::Expr::Infer(_) => self.composite_expr(expr, id),
            syn::Expr::Block(_)
            | syn::Expr::Unsafe(_)
            | syn::Expr::Const(_)
            | syn::Expr::Async(_)
            | syn::Expr::TryBlock(_) => self.block_expr(expr, id),
            syn::Expr::Closure(expr) => self.closure(expr, id),
            syn::Expr::Verbatim(tokens) => (ExprKind::Other(Vec::new()), self.opaque_tokens(tokens)),
            _ => self.control_expr(expr, id),
        }
    }

    fn postfix_expr(&mut self, expr: &syn::Expr, id: ExprId) -> Lowered {
        match expr {
            syn::Expr::Call(expr) => {
                let callee = self.operand(&expr.func, id);
                let span = self.hir[callee].span.to(self.span(expr.paren_token.span.close()));
                (ExprKind::Call { callee, args: self.operands(&expr.args, id) }, span)
            }
            syn::Expr::MethodCall(expr) => {
                let receiver = self.operand(&expr.receiver, id);
                let span = self.hir[receiver].span.to(self.span(expr.paren_token.span.close()));
                let method = self.name(&expr.method);
                let turbofish = self.turbofish(expr.turbofish.as_ref(), TypeParent::Expr(id));
                (ExprKind::MethodCall { receiver, method, turbofish, args: self.operands(&expr.args, id) }, span)
            }
            syn::Expr::Field(expr) => {
                let base = self.operand(&expr.base, id);
                let name = self.member(&expr.member);
                let span = self.hir[base].span.to(name.span);
                (ExprKind::Field { base, name }, span)
            }
            syn::Expr::Index(expr) => {
                let base = self.operand(&expr.expr, id);
                let index = self.operand(&expr.index, id);
                let span = self.hir[base].span.to(self.span(expr.bracket_token.span.close()));
                (ExprKind::Index { base, index }, span)
            }
            syn::Expr::Await(expr) => self.suffixed(&expr.base, expr.await_token.span, id, ExprKind::Await),
            syn::Expr::Try(expr) => self.suffixed(&expr.expr, expr.question_token.span, id, ExprKind::Try),
            syn::Expr::Cast(expr) => {
                let inner = self.operand(&expr.expr, id);
                let ty = self.ty(&expr.ty, TypeParent::Expr(id));
                let span = self.hir[inner].span.to(self.type_end(&expr.ty));
                (ExprKind::Cast { expr: inner, ty }, span)
            }
            _ => self.unknown(expr),
        }
    }

    fn operator_expr(&mut self, expr: &syn::Expr, id: ExprId) -> Lowered {
        match expr {
            syn::Expr::Unary(expr) => {
                let op = expr.op.to_token_stream();
                let start = self.tokens_span(&op).unwrap_or_default();
                let inner = self.operand(&expr.expr, id);
                let kind = match expr.op {
                    syn::UnOp::Deref(_) => ExprKind::Deref(inner),
                    _ => ExprKind::Unary { op: op.to_string(), expr: inner },
                };
                (kind, start.to(self.hir[inner].span))
            }
            syn::Expr::Reference(expr) => {
                let inner = self.operand(&expr.expr, id);
                let span = self.span(expr.and_token.span).to(self.hir[inner].span);
                (ExprKind::Ref { mutable: expr.mutability.is_some(), expr: inner }, span)
            }
            syn::Expr::RawAddr(expr) => self.prefixed(expr.and_token.span, Some(&expr.expr), id, other),
            syn::Expr::Binary(expr) => {
                let lhs = self.operand(&expr.left, id);
                let rhs = self.operand(&expr.right, id);
                let op = expr.op.to_token_stream().to_string();
                (ExprKind::Binary { op, lhs, rhs }, self.hir[lhs].span.to(self.hir[rhs].span))
            }
            syn::Expr::Assign(expr) => {
                let lhs = self.operand(&expr.left, id);
                let rhs = self.operand(&expr.right, id);
                (ExprKind::Assign { lhs, rhs }, self.hir[lhs].span.to(self.hir[rhs].span))
            }
            syn::Expr::Range(expr) => self.range(expr, id),
            syn::Expr::Let(expr) => {
                let pat = self.pat(&expr.pat, PatParent::Expr(id));
                let init = self.operand(&expr.expr, id);
                let span = self.span(expr.let_token.span).to(self.hir[init].span);
                (ExprKind::Let { pat, expr: init }, span)
            }
            _ => self.unknown(expr),
        }
    }

    fn range(&mut self, expr: &syn::ExprRange, id: ExprId) -> Lowered {
        let from = expr.start.as_ref().map(|start| self.operand(start, id));
        let to = expr.end.as_ref().map(|end| self.operand(end, id));
        let dots = self.tokens_span(&expr.limits.to_token_stream()).unwrap_or_default();
        let start = from.map_or(dots, |from| self.hir[from].span);
        let end = to.map_or(dots, |to| self.hir[to].span);
        (ExprKind::Range { from, to }, start.to(end))
    }

    fn composite_expr(&mut self, expr: &syn::Expr, id: ExprId) -> Lowered {
        match expr {
            syn::Expr::Array(expr) => {
                (ExprKind::Array(self.operands(&expr.elems, id)), self.span(expr.bracket_token.span.join()))
            }
            syn::Expr::Tuple(expr) => {
                (ExprKind::Tuple(self.operands(&expr.elems, id)), self.span(expr.paren_token.span.join()))
            }
            syn::Expr::Repeat(expr) => {
                let value = self.operand(&expr.expr, id);
                let len = self.operand(&expr.len, id);
                (ExprKind::Repeat { value, len }, self.span(expr.bracket_token.span.join()))
            }
            syn::Expr::Paren(expr) => {
                (ExprKind::Paren(self.operand(&expr.expr, id)), self.span(expr.paren_token.span.join()))
            }
            syn::Expr::Infer(expr) => (ExprKind::Other(Vec::new()), self.span(expr.underscore_token.span)),
            syn::Expr::Struct(expr) => {
                let path = self.path(expr.qself.as_ref(), &expr.path, TypeParent::Expr(id));
                let span = path.span.to(self.span(expr.brace_token.span.close()));
                let fields = expr.fields.iter().map(|field| self.field_value(field, id)).collect();
                let rest = expr.rest.as_ref().map(|rest| self.operand(rest, id));
                (ExprKind::Struct { path, fields, rest }, span)
            }
            _ => self.unknown(expr),
        }
    }

    fn field_value(&mut self, field: &syn::FieldValue, id: ExprId) -> FieldValue {
        let name = self.member(&field.member);
        let value = self.operand(&field.expr, id);
        let span = self.with_head(name.span.to(self.hir[value].span), &field.attrs, None);
        self.gate(&field.attrs, span, true);
        FieldValue { name, value, shorthand: field.colon_token.is_none(), span }
    }

    fn block_expr(&mut self, expr: &syn::Expr, id: ExprId) -> Lowered {
        let (first, flavour, block) = match expr {
            syn::Expr::Block(expr) => {
                let label = expr.label.as_ref().map(|label| self.label(label));
                let braces = self.span(expr.block.brace_token.span.join());
                let start = label.as_ref().map_or(braces, |label| label.span);
                let stmts = self.stmts(&expr.block.stmts, id);
                return (ExprKind::Block { stmts, flavour: BlockFlavour::Plain, label }, start.to(braces));
            }
            syn::Expr::Unsafe(expr) => (expr.unsafe_token.span, BlockFlavour::Unsafe, &expr.block),
            syn::Expr::Const(expr) => (expr.const_token.span, BlockFlavour::Const, &expr.block),
            syn::Expr::Async(expr) => {
                (expr.async_token.span, BlockFlavour::Async { is_move: expr.capture.is_some() }, &expr.block)
            }
            syn::Expr::TryBlock(expr) => {
                let block = self.block(&expr.block, Parent::Expr(id));
                let span = self.span(expr.try_token.span).to(self.hir[block].span);
                return (ExprKind::Other(vec![block]), span);
            }
            _ => return self.unknown(expr),
        };
        let stmts = self.stmts(&block.stmts, id);
        (ExprKind::Block { stmts, flavour, label: None }, self.between(first, block.brace_token.span.close()))
    }

    fn control_expr(&mut self, expr: &syn::Expr, id: ExprId) -> Lowered {
        match expr {
            syn::Expr::If(expr) => self.if_expr(expr, id),
            syn::Expr::Match(expr) => {
                let scrutinee = self.operand(&expr.expr, id);
                let arms = expr.arms.iter().map(|arm| self.arm(arm, id)).collect();
                let span = self.between(expr.match_token.span, expr.brace_token.span.close());
                (ExprKind::Match { scrutinee, arms }, span)
            }
            syn::Expr::Loop(expr) => {
                let body = self.block(&expr.body, Parent::Expr(id));
                (ExprKind::Loop { body }, self.loop_span(expr.label.as_ref(), expr.loop_token.span, body))
            }
            syn::Expr::While(expr) => {
                let condition = self.operand(&expr.cond, id);
                let body = self.block(&expr.body, Parent::Expr(id));
                let span = self.loop_span(expr.label.as_ref(), expr.while_token.span, body);
                (ExprKind::While { condition, body }, span)
            }
            syn::Expr::ForLoop(expr) => {
                let pat = self.pat(&expr.pat, PatParent::Expr(id));
                let iter = self.operand(&expr.expr, id);
                let body = self.block(&expr.body, Parent::Expr(id));
                let span = self.loop_span(expr.label.as_ref(), expr.for_token.span, body);
                (ExprKind::For { pat, iter, body }, span)
            }
            syn::Expr::Return(expr) => {
                self.prefixed(expr.return_token.span, expr.expr.as_deref(), id, ExprKind::Return)
            }
            syn::Expr::Yield(expr) => self.prefixed(expr.yield_token.span, expr.expr.as_deref(), id, other),
            syn::Expr::Break(expr) => {
                let (kind, span) = self.prefixed(expr.break_token.span, expr.expr.as_deref(), id, ExprKind::Break);
                let label_end = expr.label.as_ref().map_or(0, |label| self.span(label.span()).end);
                (kind, Span { end: span.end.max(label_end), ..span })
            }
            syn::Expr::Continue(expr) => {
                let start = self.span(expr.continue_token.span);
                (ExprKind::Continue, expr.label.as_ref().map_or(start, |label| start.to(self.span(label.span()))))
            }
            _ => self.unknown(expr),
        }
    }

    fn if_expr(&mut self, expr: &syn::ExprIf, id: ExprId) -> Lowered {
        let condition = self.operand(&expr.cond, id);
        let then = self.block(&expr.then_branch, Parent::Expr(id));
        let otherwise = expr.else_branch.as_ref().map(|(_, branch)| self.operand(branch, id));
        let last = otherwise.unwrap_or(then);
        let span = self.span(expr.if_token.span).to(self.hir[last].span);
        (ExprKind::If { condition, then, otherwise }, span)
    }

    /// The guard of an arm stands on top of its pattern.
    fn arm(&mut self, arm: &syn::Arm, id: ExprId) -> Arm {
        let (syntax, guard) = match &arm.pat {
            syn::Pat::Guard(guarded) => (&*guarded.pat, Some(&*guarded.guard)),
            pat => (pat, None),
        };
        let pat = self.pat(syntax, PatParent::Expr(id));
        let guard = guard.map(|guard| self.operand(guard, id));
        let body = self.operand(&arm.body, id);
        let end = arm.comma.map_or(self.hir[body].span, |comma| self.span(comma.span));
        let span = self.with_head(self.pat_start(syntax, pat).to(end), &arm.attrs, None);
        self.gate(&arm.attrs, span, true);
        Arm { pat, guard, body, span }
    }

    fn loop_span(&self, label: Option<&syn::Label>, keyword: TokenSpan, body: ExprId) -> Span {
        let first = label.map_or(keyword, |label| label.name.span());
        self.span(first).to(self.hir[body].span)
    }

    fn closure(&mut self, expr: &syn::ExprClosure, id: ExprId) -> Lowered {
        let first = expr.lifetimes.as_ref().map(|lifetimes| lifetimes.for_token.span);
        let first = first.or(expr.constness.map(|token| token.span)).or(expr.asyncness.map(|token| token.span));
        let first = first.or(expr.capture.map(|token| token.span)).unwrap_or(expr.inputs_begin.span);
        let params = expr.inputs.iter().map(|input| self.closure_param(input, id)).collect();
        let ret = self.return_type(&expr.output, TypeParent::Expr(id));
        let body = self.operand(&expr.body, id);
        let kind = ExprKind::Closure {
            params,
            ret,
            body,
            is_async: expr.asyncness.is_some(),
            is_move: expr.capture.is_some(),
        };
        (kind, self.span(first).to(self.hir[body].span))
    }

    fn closure_param(&mut self, input: &syn::Pat, id: ExprId) -> (PatId, Option<TypeId>) {
        let pat = self.pat(input, PatParent::Expr(id));
        match input {
            syn::Pat::Type(typed) => (pat, Some(self.ty(&typed.ty, TypeParent::Expr(id)))),
            _ => (pat, None),
        }
    }

    fn operand(&mut self, expr: &syn::Expr, id: ExprId) -> ExprId {
        self.expr(expr, Parent::Expr(id))
    }

    fn operands(&mut self, elems: &Elems, id: ExprId) -> Vec<ExprId> {
        elems.iter().map(|elem| self.operand(elem, id)).collect()
    }

    fn suffixed(&mut self, inner: &syn::Expr, last: TokenSpan, id: ExprId, kind: fn(ExprId) -> ExprKind) -> Lowered {
        let inner = self.operand(inner, id);
        (kind(inner), self.hir[inner].span.to(self.span(last)))
    }

    fn prefixed(
        &mut self,
        first: TokenSpan,
        inner: Option<&syn::Expr>,
        id: ExprId,
        kind: impl FnOnce(Option<ExprId>) -> ExprKind,
    ) -> Lowered {
        let start = self.span(first);
        let inner = inner.map(|inner| self.operand(inner, id));
        (kind(inner), inner.map_or(start, |inner| start.to(self.hir[inner].span)))
    }

    fn unknown(&mut self, expr: &syn::Expr) -> Lowered {
        (ExprKind::Other(Vec::new()), self.opaque_tokens(&expr.to_token_stream()))
    }
}

fn other(inner: Option<ExprId>) -> ExprKind {
    ExprKind::Other(inner.into_iter().collect())
}

fn literal(lit: &syn::Lit) -> Lit {
    match lit {
        syn::Lit::Str(lit) => Lit::Str(lit.value()),
        syn::Lit::Bool(lit) => Lit::Bool(lit.value),
        syn::Lit::Int(lit) => Lit::Int(lit.to_string()),
        _ => Lit::Other,
    }
}
