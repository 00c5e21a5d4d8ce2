//! Macro calls in the tree.

use syn::{Expr, Lit};

use super::super::hir::{ExprId, ExprKind, MacroCall, MacroContent, Name, Parent, SelectArm, Span};
use super::macro_content::{Argument, Arm, Content, Grammar, read};
use super::{Lowerer, format, pat_parent, type_parent};

impl Lowerer<'_> {
    pub(super) fn macro_expr(&mut self, mac: &syn::Macro, id: ExprId) -> (ExprKind, Span) {
        let call = self.nested(|this| this.macro_call(mac, Parent::Expr(id)));
        match call {
            Some(call) => {
                let span = call.span;
                (ExprKind::Macro(call), span)
            }
            None => (ExprKind::Other(Vec::new()), Span::default()),
        }
    }

    /// A macro whose content has no place in the tree; gives the span of the call.
    pub(super) fn opaque_macro(&mut self, mac: &syn::Macro) -> Span {
        let inner = self.inside(*mac.delimiter.span());
        self.hir.opaque.push(inner);
        let first = mac.path.segments.first().map_or(mac.bang_token.span, |segment| segment.ident.span());
        self.between(first, mac.delimiter.span().close())
    }

    pub(super) fn macro_call(&mut self, mac: &syn::Macro, parent: Parent) -> MacroCall {
        let path = self.path(None, &mac.path, type_parent(parent));
        let span = path.span.to(self.span(mac.delimiter.span().close()));
        let inner = self.inside(*mac.delimiter.span());
        let grammar = path.segments.last().map_or(Grammar::Unknown, |last| Grammar::of(&last.name.text));
        let content = read(mac, grammar, matches!(parent, Parent::Item(_)));
        let captures = match &content {
            Some(Content::Arguments(arguments)) => self.captures(arguments, grammar),
            _ => Vec::new(),
        };
        let content = match content {
            Some(content) => self.macro_content(content, inner, parent),
            None => {
                self.hir.opaque.push(inner);
                MacroContent::Opaque
            }
        };
        MacroCall { path, span, inner, content, captures }
    }

    fn macro_content(&mut self, content: Content, inner: Span, parent: Parent) -> MacroContent {
        match content {
            Content::Arguments(arguments) => {
                MacroContent::Exprs(arguments.iter().map(|argument| self.expr(&argument.value, parent)).collect())
            }
            Content::Stmts(stmts) => MacroContent::Block(self.block_of(&stmts, inner, parent)),
            Content::Matches { expr, pat, guard, rest } => MacroContent::Matches {
                expr: self.expr(&expr, parent),
                pat: self.pat(&pat, pat_parent(parent)),
                guard: guard.map(|guard| self.expr(&guard, parent)),
                rest: rest.iter().map(|argument| self.expr(argument, parent)).collect(),
            },
            Content::Select { arms, otherwise } => MacroContent::Select {
                arms: arms.iter().map(|arm| self.select_arm(arm, parent)).collect(),
                otherwise: self.otherwise(&otherwise, parent),
            },
        }
    }

    fn select_arm(&mut self, arm: &Arm, parent: Parent) -> SelectArm {
        SelectArm {
            pat: self.pat(&arm.pat, pat_parent(parent)),
            future: self.expr(&arm.future, parent),
            guard: arm.guard.as_ref().map(|guard| self.expr(guard, parent)),
            body: self.expr(&arm.body, parent),
        }
    }

    /// `futures::select!` may have both `default` and `complete`: then one expression over both.
    fn otherwise(&mut self, branches: &[Expr], parent: Parent) -> Option<ExprId> {
        match branches {
            [] => None,
            [branch] => Some(self.expr(branch, parent)),
            _ => {
                let id = self.new_expr(parent);
                let branches: Vec<ExprId> = branches.iter().map(|branch| self.expr(branch, Parent::Expr(id))).collect();
                let span = self.hir[branches[0]].span.to(self.hir[branches[branches.len() - 1]].span);
                Some(self.set_expr(id, ExprKind::Other(branches), span))
            }
        }
    }

    /// What the format string among `arguments` takes from the scope.
    fn captures(&self, arguments: &[Argument], grammar: Grammar) -> Vec<Name> {
        let first = match grammar {
            Grammar::Format(first) => first,
            Grammar::Unknown => 0,
            _ => return Vec::new(),
        };
        let positional = arguments.iter().filter(|argument| argument.key.is_none()).skip(first);
        let format = positional.map(|argument| &argument.value).find_map(|value| match value {
            Expr::Lit(syn::ExprLit { lit: Lit::Str(literal), .. }) => Some(self.span(literal.span())),
            _ => None,
        });
        let Some(format) = format else { return Vec::new() };
        let is_given = |name: &str| arguments.iter().any(|argument| argument.key.as_deref() == Some(name));
        format::captures(&self.text[format.range()], format.start as usize, is_given)
    }
}
