//! Patterns.

use super::super::hir::{FieldPat, Parent, PatId, PatKind, PatParent, Path, Span, TypeParent};
use super::Lowerer;

type Elems = syn::punctuated::Punctuated<syn::Pat, syn::Token![,]>;

impl Lowerer<'_> {
    /// A pattern; of a typed one (`pat: Type`) the pattern, of a parenthesized one what stands inside.
    pub(super) fn pat(&mut self, pat: &syn::Pat, parent: PatParent) -> PatId {
        match pat {
            syn::Pat::Paren(paren) => return self.pat(&paren.pat, parent),
            syn::Pat::Type(typed) => return self.pat(&typed.pat, parent),
            syn::Pat::Guard(guarded) => return self.guarded_pat(guarded, parent),
            _ => {}
        }
        let id = self.new_pat(parent);
        if let Some((kind, span)) = self.nested(|this| this.pat_kind(pat, id)) {
            let node = &mut self.hir.pats[id.0 as usize];
            node.kind = kind;
            node.span = span;
        }
        id
    }

    /// A guard inside a pattern (not the one of an arm) is not modelled.
    fn guarded_pat(&mut self, guarded: &syn::PatGuard, parent: PatParent) -> PatId {
        self.opaque_tokens(&quote::ToTokens::to_token_stream(&guarded.guard));
        self.pat(&guarded.pat, parent)
    }

    fn pat_kind(&mut self, pat: &syn::Pat, id: PatId) -> (PatKind, Span) {
        match pat {
            syn::Pat::Ident(pat) => self.binding(pat, id),
            syn::Pat::Path(pat) => {
                let path = self.path(pat.qself.as_ref(), &pat.path, TypeParent::Pat(id));
                let span = path.span;
                (PatKind::Path(path), span)
            }
            syn::Pat::TupleStruct(pat) => {
                let path = self.path(pat.qself.as_ref(), &pat.path, TypeParent::Pat(id));
                let span = path.span.to(self.span(pat.paren_token.span.close()));
                (PatKind::TupleStruct { path, pats: self.inner_pats(&pat.elems, id) }, span)
            }
            syn::Pat::Struct(pat) => {
                let path = self.path(pat.qself.as_ref(), &pat.path, TypeParent::Pat(id));
                let span = path.span.to(self.span(pat.brace_token.span.close()));
                (self.struct_pat(path, pat, id), span)
            }
            syn::Pat::Tuple(pat) => {
                (PatKind::Tuple(self.inner_pats(&pat.elems, id)), self.span(pat.paren_token.span.join()))
            }
            syn::Pat::Slice(pat) => {
                (PatKind::Slice(self.inner_pats(&pat.elems, id)), self.span(pat.bracket_token.span.join()))
            }
            syn::Pat::Reference(pat) => {
                let inner = self.pat(&pat.pat, PatParent::Pat(id));
                (PatKind::Ref(inner), self.span(pat.and_token.span).to(self.pat_end(&pat.pat, inner)))
            }
            syn::Pat::Or(pat) => self.or_pat(pat, id),
            syn::Pat::Wild(pat) => (PatKind::Wild, self.span(pat.underscore_token.span)),
            syn::Pat::Rest(pat) => {
                (PatKind::Rest, self.span(pat.dot2_token.spans[0]).to(self.span(pat.dot2_token.spans[1])))
            }
            syn::Pat::Lit(pat) => self.constant_pat(&syn::Expr::Lit(pat.clone()), id),
            syn::Pat::Const(pat) => self.constant_pat(&syn::Expr::Const(pat.clone()), id),
            syn::Pat::Range(pat) => {
                let range = self.expr(&syn::Expr::Range(pat.clone()), Parent::Pat(id));
                (PatKind::Other, self.hir[range].span)
            }
            syn::Pat::Macro(pat) => (PatKind::Other, self.opaque_macro(&pat.mac)),
            syn::Pat::Verbatim(tokens) => (PatKind::Other, self.opaque_tokens(tokens)),
            other => (PatKind::Other, self.opaque_tokens(&quote::ToTokens::to_token_stream(other))),
        }
    }

    fn binding(&mut self, pat: &syn::PatIdent, id: PatId) -> (PatKind, Span) {
        let name = self.name(&pat.ident);
        let first = pat.by_ref.map(|token| token.span).or(pat.mutability.map(|token| token.span));
        let start = first.map_or(name.span, |first| self.span(first));
        let sub = pat.subpat.as_ref().map(|(_, sub)| self.pat(sub, PatParent::Pat(id)));
        let end = match (&pat.subpat, sub) {
            (Some((_, syntax)), Some(sub)) => self.pat_end(syntax, sub),
            _ => name.span,
        };
        let kind = PatKind::Bind { name, by_ref: pat.by_ref.is_some(), mutable: pat.mutability.is_some(), sub };
        (kind, start.to(end))
    }

    fn struct_pat(&mut self, path: Path, pat: &syn::PatStruct, id: PatId) -> PatKind {
        let fields = pat.fields.iter().map(|field| FieldPat {
            name: self.member(&field.member),
            pat: self.pat(&field.pat, PatParent::Pat(id)),
            shorthand: field.colon_token.is_none(),
        });
        let fields = fields.collect();
        PatKind::Struct { path, fields, rest: pat.rest.is_some() }
    }

    fn or_pat(&mut self, pat: &syn::PatOr, id: PatId) -> (PatKind, Span) {
        let cases: Vec<PatId> = pat.cases.iter().map(|case| self.pat(case, PatParent::Pat(id))).collect();
        let (Some(first), Some(last)) = (cases.first(), cases.last()) else {
            return (PatKind::Or(cases), Span::default());
        };
        let start = match pat.leading_vert {
            Some(vert) => self.span(vert.span),
            None => self.pat_start(&pat.cases[0], *first),
        };
        let end = self.pat_end(&pat.cases[cases.len() - 1], *last);
        (PatKind::Or(cases), start.to(end))
    }

    fn constant_pat(&mut self, value: &syn::Expr, id: PatId) -> (PatKind, Span) {
        let value = self.expr(value, Parent::Pat(id));
        (PatKind::Lit(value), self.hir[value].span)
    }

    fn inner_pats(&mut self, elems: &Elems, id: PatId) -> Vec<PatId> {
        elems.iter().map(|elem| self.pat(elem, PatParent::Pat(id))).collect()
    }

    /// The start of a pattern, whose lowered form leaves out its parentheses.
    pub(super) fn pat_start(&self, syntax: &syn::Pat, lowered: PatId) -> Span {
        match syntax {
            syn::Pat::Paren(paren) => self.span(paren.paren_token.span.open()),
            _ => self.hir[lowered].span,
        }
    }

    /// The end of a pattern, whose lowered form leaves out its parentheses.
    fn pat_end(&self, syntax: &syn::Pat, lowered: PatId) -> Span {
        match syntax {
            syn::Pat::Paren(paren) => self.span(paren.paren_token.span.close()),
            _ => self.hir[lowered].span,
        }
    }
}
