//! Arguments of attribute macros: `#[instrument(skip_all, fields(run = %state.run_id()))]`.

use proc_macro2::{Literal, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, Ident, Token, token};

use super::super::hir::{ExprId, ExprKind, ItemId, MacroCall, MacroContent, Parent, Span};
use super::{Lowerer, nesting};

/// Attributes of the language and its tools, whose arguments are no code.
const BUILTIN: [&str; 41] = [
    "allow",
    "async_trait",
    "automatically_derived",
    "bench",
    "cfg",
    "clippy",
    "cold",
    "deny",
    "deprecated",
    "derive",
    "doc",
    "expect",
    "export_name",
    "feature",
    "forbid",
    "global_allocator",
    "ignore",
    "inline",
    "link",
    "link_name",
    "link_section",
    "macro_export",
    "macro_use",
    "main",
    "must_use",
    "no_mangle",
    "non_exhaustive",
    "no_std",
    "panic_handler",
    "path",
    "proc_macro",
    "proc_macro_attribute",
    "proc_macro_derive",
    "recursion_limit",
    "repr",
    "rustfmt",
    "should_panic",
    "target_feature",
    "test",
    "track_caller",
    "warn",
];

impl Lowerer<'_> {
    /// What the attributes of a function evaluate among its parameters, each attribute like the call of a macro.
    pub(super) fn attribute_calls(&mut self, attrs: &[syn::Attribute], function: ItemId) -> Vec<ExprId> {
        attrs.iter().flat_map(|attr| self.attribute_call(&attr.meta, function)).collect()
    }

    /// Arguments of attributes that nothing is known about: who reads them may name anything in them, in texts only by a path.
    pub(super) fn unread_attributes(&mut self, attrs: &[syn::Attribute]) {
        for list in attrs.iter().filter_map(|attr| attr.meta.require_list().ok()) {
            if !is_builtin(&list.path) {
                self.unread(list.tokens.clone());
            }
        }
    }

    fn unread(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.unread(group.stream()),
                TokenTree::Literal(text) if !is_path(&text) => {}
                other => {
                    let span = self.span(other.span());
                    self.hir.opaque.push(span);
                }
            }
        }
    }

    fn attribute_call(&mut self, meta: &syn::Meta, function: ItemId) -> Vec<ExprId> {
        let syn::Meta::List(list) = meta else { return Vec::new() };
        if list.path.is_ident("cfg_attr") {
            return self.conditional(list, function);
        }
        if is_builtin(&list.path) {
            return Vec::new();
        }
        let inner = self.inside(*list.delimiter.span());
        let mut values = Vec::new();
        let is_shallow = !nesting::measure(&list.tokens).is_too_deep_for_macro();
        let read = |input: ParseStream<'_>| arguments(input, &mut values);
        if !is_shallow || read.parse2(list.tokens.clone()).is_err() {
            self.unread(list.tokens.clone());
            return Vec::new();
        }
        if values.is_empty() {
            return Vec::new();
        }
        let call = self.new_expr(Parent::Item(function));
        let path = self.path(None, &list.path, super::super::hir::TypeParent::Expr(call));
        let span = Span { start: path.span.start, end: inner.end + 1 };
        let values = values.iter().map(|value| self.expr(value, Parent::Expr(call))).collect();
        let content = MacroContent::Exprs(values);
        let kind = ExprKind::Macro(MacroCall { path, span, inner, content, captures: Vec::new() });
        vec![self.set_expr(call, kind, span)]
    }

    /// `#[cfg_attr(feature = "tracing", instrument(…))]`
    fn conditional(&mut self, list: &syn::MetaList, function: ItemId) -> Vec<ExprId> {
        let metas = list.parse_args_with(syn::punctuated::Punctuated::<syn::Meta, Token![,]>::parse_terminated);
        match metas {
            Ok(metas) => metas.iter().skip(1).flat_map(|meta| self.attribute_call(meta, function)).collect(),
            Err(_) => {
                self.unread(list.tokens.clone());
                Vec::new()
            }
        }
    }
}

fn is_builtin(path: &syn::Path) -> bool {
    path.segments.iter().any(|segment| BUILTIN.contains(&segment.ident.to_string().as_str()))
}

/// Whether a text is a path: `"module::function"`.
fn is_path(text: &Literal) -> bool {
    let text = text.to_string();
    syn::parse_str::<syn::LitStr>(&text)
        .is_ok_and(|text| text.parse::<syn::Path>().is_ok_and(|path| path.segments.len() > 1))
}

/// `value, key = value, key = %value, key(…)`: the values. A name alone is that of a parameter, which stays.
fn arguments(input: ParseStream<'_>, values: &mut Vec<Expr>) -> syn::Result<()> {
    while !input.is_empty() {
        argument(input, values)?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(())
}

fn argument(input: ParseStream<'_>, values: &mut Vec<Expr>) -> syn::Result<()> {
    let fork = input.fork();
    if let Ok(is_alone) = key(&fork) {
        if is_alone {
            input.advance_to(&fork);
            return Ok(());
        }
        if fork.peek(Token![=]) && !fork.peek(Token![==]) && !fork.peek(Token![=>]) {
            input.advance_to(&fork);
            input.parse::<Token![=]>()?;
            return value(input, values);
        }
        if fork.peek(token::Paren) {
            let content;
            syn::parenthesized!(content in fork);
            let mut inner = Vec::new();
            if arguments(&content, &mut inner).is_ok() && (fork.is_empty() || fork.peek(Token![,])) {
                input.advance_to(&fork);
                values.append(&mut inner);
                return Ok(());
            }
        }
    }
    value(input, values)
}

/// A key, or a name that stands alone; whether it does. Only a plain name may have parentheses behind it.
fn key(input: ParseStream<'_>) -> syn::Result<bool> {
    Ident::parse_any(input)?;
    let is_plain = !input.peek(Token![.]);
    while input.peek(Token![.]) {
        input.parse::<Token![.]>()?;
        Ident::parse_any(input)?;
    }
    let is_alone = input.is_empty() || input.peek(Token![,]);
    let may_go_on = input.peek(Token![=]) || (is_plain && input.peek(token::Paren));
    if is_alone || may_go_on { Ok(is_alone) } else { Err(input.error("no key")) }
}

fn value(input: ParseStream<'_>, values: &mut Vec<Expr>) -> syn::Result<()> {
    if input.peek(Token![%]) {
        input.parse::<Token![%]>()?;
    } else if input.peek(Token![?]) {
        input.parse::<Token![?]>()?;
    }
    let value: Expr = input.parse()?;
    if !matches!(value, Expr::Lit(_)) {
        values.push(value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::rewritten;

    fn after(attr: &str) -> String {
        let code = format!(
            "use geppetto::prelude::*;\n{attr}\nfn f(state: &InferenceState, n: u8) {{ state.cancel_run().ok(); }}\nfn main() {{}}\n"
        );
        rewritten(&code).lines().nth(1).unwrap_or_default().to_owned()
    }

    #[test]
    fn arguments_of_attribute_macros_are_code() {
        for (before, new) in [
            ("#[note(state.run_id())]", "#[note(state.session_id().to_owned())]"),
            (
                "#[instrument(skip_all, fields(run = %state.run_id()))]",
                "#[instrument(skip_all, fields(run = %state.session_id().to_owned()))]",
            ),
            (
                "#[instrument(skip(state), fields(a.b = ?state.turn(), n))]",
                "#[instrument(skip(state), fields(a.b = ?state.latest(), n))]",
            ),
            (
                "#[cfg_attr(unix, ensures(!state.is_running() || state.has_cancel()))]",
                "#[cfg_attr(unix, ensures(!state.is_running() || state.is_running()))]",
            ),
        ] {
            assert_eq!(after(before), new);
        }
    }
}
