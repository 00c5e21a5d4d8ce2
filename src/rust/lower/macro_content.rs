//! What stands between the delimiters of a macro call, as far as it reads as Rust.

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt as _;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Expr, Lit, Pat, Stmt, Token, token};

use super::nesting;

/// How the content of a macro is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grammar {
    /// Arguments; the format string is at this place or later among those without a key.
    Format(usize),
    /// Arguments without a format string.
    Arguments,
    /// `key => value, …`
    Pairs,
    Json,
    Matches,
    Select,
    LazyStatic,
    CfgIf,
    /// Code for later, or text.
    Never,
    /// Whatever it looks like.
    Unknown,
}

impl Grammar {
    /// By the last segment of the macro's path.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "format" | "format_args" | "print" | "println" | "eprint" | "eprintln" | "panic" | "todo"
            | "unimplemented" | "unreachable" | "anyhow" | "bail" | "error" | "warn" | "info" | "debug" | "trace"
            | "log" | "event" | "span" | "error_span" | "warn_span" | "info_span" | "debug_span" | "trace_span" => {
                Grammar::Format(0)
            }
            "write" | "writeln" | "assert" | "debug_assert" | "ensure" => Grammar::Format(1),
            "assert_eq" | "assert_ne" | "debug_assert_eq" | "debug_assert_ne" => Grammar::Format(2),
            "vec" | "dbg" | "join" | "try_join" | "concat" | "env" | "option_env" | "include" | "include_str"
            | "include_bytes" => Grammar::Arguments,
            "hashmap" | "btreemap" | "indexmap" => Grammar::Pairs,
            "json" => Grammar::Json,
            "matches" | "assert_matches" | "debug_assert_matches" => Grammar::Matches,
            "select" | "select_biased" => Grammar::Select,
            "lazy_static" => Grammar::LazyStatic,
            "cfg_if" => Grammar::CfgIf,
            "stringify" | "quote" | "quote_spanned" | "parse_quote" | "parse_quote_spanned" => Grammar::Never,
            _ => Grammar::Unknown,
        }
    }
}

/// The content of a macro as syntax.
pub(super) enum Content {
    Arguments(Vec<Argument>),
    Stmts(Vec<Stmt>),
    Matches { expr: Box<Expr>, pat: Box<Pat>, guard: Option<Box<Expr>>, rest: Vec<Expr> },
    Select { arms: Vec<Arm>, otherwise: Vec<Expr> },
}

pub(super) struct Argument {
    /// `key = value`, `key: value`
    pub(super) key: Option<String>,
    pub(super) value: Expr,
}

pub(super) struct Arm {
    pub(super) pat: Pat,
    pub(super) future: Expr,
    pub(super) guard: Option<Expr>,
    pub(super) body: Expr,
}

/// The content of `mac` if it reads as `grammar` says. In the place of an item it may be items first of all.
pub(super) fn read(mac: &syn::Macro, grammar: Grammar, is_item: bool) -> Option<Content> {
    if nesting::measure(&mac.tokens).is_too_deep_for_macro() {
        return None;
    }
    let parsed = match grammar {
        Grammar::Format(_) => mac.parse_body_with(|input: ParseStream<'_>| arguments(input, Separators::Semicolons)),
        Grammar::Arguments => mac.parse_body_with(|input: ParseStream<'_>| arguments(input, Separators::Semicolons)),
        Grammar::Pairs => mac.parse_body_with(|input: ParseStream<'_>| arguments(input, Separators::Arrows)),
        Grammar::Json => mac.parse_body_with(json_body),
        Grammar::Matches => mac.parse_body_with(matches_body),
        Grammar::Select => mac.parse_body_with(select_body),
        Grammar::LazyStatic => mac.parse_body_with(lazy_statics),
        Grammar::CfgIf => mac.parse_body_with(cfg_if_body),
        Grammar::Never => return None,
        Grammar::Unknown => return read_unknown(mac, is_item),
    };
    parsed.ok()
}

fn read_unknown(mac: &syn::Macro, is_item: bool) -> Option<Content> {
    let is_repeat = matches!(mac.delimiter, syn::MacroDelimiter::Bracket(_));
    let separators = if is_repeat { Separators::Semicolons } else { Separators::Commas };
    let arguments = |input: ParseStream<'_>| arguments(input, separators);
    if is_item
        && !mac.tokens.is_empty()
        && let Ok(items) = mac.parse_body_with(items)
    {
        return Some(items);
    }
    let pairs = |input: ParseStream<'_>| self::arguments(input, Separators::Arrows);
    mac.parse_body_with(arguments)
        .or_else(|_| mac.parse_body_with(statements))
        .or_else(|_| mac.parse_body_with(pairs))
        .or_else(|_| mac.parse_body_with(arguments_and_statements))
        .or_else(|_| mac.parse_body_with(documents))
        .ok()
}

/// `step!("name", let x = f(); g(x))`
fn arguments_and_statements(input: ParseStream<'_>) -> syn::Result<Content> {
    let mut stmts = Vec::new();
    loop {
        let fork = input.fork();
        let argument = fork.parse::<Expr>();
        let (Ok(argument), Ok(_)) = (argument, fork.parse::<Token![,]>()) else { break };
        input.advance_to(&fork);
        stmts.push(Stmt::Expr(argument, None));
    }
    stmts.extend(syn::Block::parse_within(input)?);
    Ok(Content::Stmts(stmts))
}

fn statements(input: ParseStream<'_>) -> syn::Result<Content> {
    syn::Block::parse_within(input).map(Content::Stmts)
}

fn items(input: ParseStream<'_>) -> syn::Result<Content> {
    item_stmts(input).map(Content::Stmts)
}

fn item_stmts(input: ParseStream<'_>) -> syn::Result<Vec<Stmt>> {
    let mut stmts = Vec::new();
    while !input.is_empty() {
        stmts.push(Stmt::Item(input.parse()?));
    }
    Ok(stmts)
}

/// What may stand between two arguments besides a comma.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Separators {
    Commas,
    /// `vec![x; n]`, `info!(key = value; "text")`
    Semicolons,
    /// `key => value`
    Arrows,
}

fn arguments(input: ParseStream<'_>, separators: Separators) -> syn::Result<Content> {
    let mut found = Vec::new();
    skip_biased(input)?;
    while !input.is_empty() {
        if input.peek(token::Brace) && has_fields(input) {
            let fields;
            syn::braced!(fields in input);
            if let Content::Arguments(inner) = arguments(&fields, Separators::Commas)? {
                found.extend(inner);
            }
        } else {
            if is_computed_key(input) {
                found.push(computed_key(input)?);
            }
            found.push(argument(input)?);
        }
        if input.is_empty() {
            break;
        }
        match separators {
            Separators::Semicolons if input.peek(Token![;]) => drop(input.parse::<Token![;]>()?),
            Separators::Arrows if input.peek(Token![=>]) => drop(input.parse::<Token![=>]>()?),
            _ => drop(input.parse::<Token![,]>()?),
        }
    }
    Ok(Content::Arguments(found))
}

/// tracing's `{ key = value, … }` in front of the text.
fn has_fields(input: ParseStream<'_>) -> bool {
    let fork = input.fork();
    let read = |input: ParseStream<'_>| -> syn::Result<bool> {
        let fields;
        syn::braced!(fields in input);
        let has_field = is_computed_key(&fields) || sigil(&fields)? || key(&fields)?.is_some();
        drop(fields.parse::<TokenStream>()?);
        Ok(has_field && input.peek(Token![,]))
    };
    read(&fork).unwrap_or(false)
}

fn skip_biased(input: ParseStream<'_>) -> syn::Result<()> {
    let is_biased = input.fork().call(Ident::parse_any).is_ok_and(|ident| ident == "biased");
    if is_biased && input.peek2(Token![;]) {
        input.call(Ident::parse_any)?;
        input.parse::<Token![;]>()?;
    }
    Ok(())
}

fn argument(input: ParseStream<'_>) -> syn::Result<Argument> {
    let key = key(input)?;
    sigil(input)?;
    match input.parse()? {
        Expr::Let(_) => Err(input.error("a statement")),
        value => Ok(Argument { key, value }),
    }
}

/// tracing's `%value` and `?value`, insta's `@"text"`.
fn sigil(input: ParseStream<'_>) -> syn::Result<bool> {
    let found = input.parse::<Option<Token![%]>>()?.is_some()
        || input.parse::<Option<Token![?]>>()?.is_some()
        || input.parse::<Option<Token![@]>>()?.is_some();
    Ok(found)
}

/// tracing's `{ KEY } = value`.
fn is_computed_key(input: ParseStream<'_>) -> bool {
    input.peek(token::Brace) && input.peek2(Token![=])
}

fn computed_key(input: ParseStream<'_>) -> syn::Result<Argument> {
    let value = Expr::Block(syn::ExprBlock { attrs: Vec::new(), label: None, block: input.parse()? });
    input.parse::<Token![=]>()?;
    Ok(Argument { key: Some(String::new()), value })
}

/// `key =`, `key:`, `a.b =`, `"key" =`, `key:? =`
fn key(input: ParseStream<'_>) -> syn::Result<Option<String>> {
    let fork = input.fork();
    let Ok(key) = key_text(&fork) else { return Ok(None) };
    let has_colon = fork.peek(Token![:]) && !fork.peek(Token![::]);
    if has_colon {
        fork.parse::<Token![:]>()?;
        skip_log_format(&fork)?;
    }
    let has_equals = fork.peek(Token![=]) && !fork.peek(Token![==]) && !fork.peek(Token![=>]);
    if has_equals {
        fork.parse::<Token![=]>()?;
    }
    if !has_colon && !has_equals {
        return Ok(None);
    }
    input.advance_to(&fork);
    Ok(Some(key))
}

fn key_text(input: ParseStream<'_>) -> syn::Result<String> {
    if input.peek(Lit) {
        return match input.parse()? {
            Lit::Str(text) => Ok(text.value()),
            _ => Err(input.error("not a key")),
        };
    }
    let mut key = input.call(Ident::parse_any)?.unraw().to_string();
    while input.peek(Token![.]) {
        input.parse::<Token![.]>()?;
        key = format!("{key}.{}", input.call(Ident::parse_any)?);
    }
    Ok(key)
}

/// log's `key:? = value`, `key:% = value`, `key:err = value`.
fn skip_log_format(input: ParseStream<'_>) -> syn::Result<()> {
    let fork = input.fork();
    let is_format =
        fork.parse::<Token![?]>().is_ok() || fork.parse::<Token![%]>().is_ok() || fork.call(Ident::parse_any).is_ok();
    if is_format && fork.peek(Token![=]) {
        input.advance_to(&fork);
    }
    Ok(())
}

fn json_body(input: ParseStream<'_>) -> syn::Result<Content> {
    let mut found = Vec::new();
    json_value(input, &mut found)?;
    input.parse::<Option<Token![,]>>()?;
    Ok(Content::Arguments(found))
}

/// `reply!(404, { "error": text })`
fn documents(input: ParseStream<'_>) -> syn::Result<Content> {
    let mut found = Vec::new();
    while !input.is_empty() {
        json_value(input, &mut found)?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(Content::Arguments(found))
}

fn json_value(input: ParseStream<'_>, found: &mut Vec<Argument>) -> syn::Result<()> {
    if input.peek(token::Brace) {
        let members;
        syn::braced!(members in input);
        while !members.is_empty() {
            match members.parse()? {
                Expr::Lit(_) => {}
                value => found.push(Argument { key: None, value }),
            }
            members.parse::<Token![:]>()?;
            json_value(&members, found)?;
            members.parse::<Option<Token![,]>>()?;
        }
    } else if input.peek(token::Bracket) && is_last_group(input) {
        let elements;
        syn::bracketed!(elements in input);
        while !elements.is_empty() {
            json_value(&elements, found)?;
            elements.parse::<Option<Token![,]>>()?;
        }
    } else if input.fork().call(Ident::parse_any).is_ok_and(|ident| ident == "null") {
        input.call(Ident::parse_any)?;
    } else {
        found.push(Argument { key: None, value: input.parse()? });
    }
    Ok(())
}

/// Whether a value ends with the group that comes next.
fn is_last_group(input: ParseStream<'_>) -> bool {
    let fork = input.fork();
    fork.parse::<proc_macro2::TokenTree>().is_ok() && (fork.is_empty() || fork.peek(Token![,]))
}

fn matches_body(input: ParseStream<'_>) -> syn::Result<Content> {
    let expr = input.parse()?;
    input.parse::<Token![,]>()?;
    let pat = Box::new(input.call(Pat::parse_multi_with_leading_vert)?);
    let guard = match input.parse::<Option<Token![if]>>()? {
        Some(_) => Some(input.parse()?),
        None => None,
    };
    let mut rest = Vec::new();
    if input.parse::<Option<Token![=>]>>()?.is_none() {
        input.parse::<Option<Token![,]>>()?;
    }
    while !input.is_empty() {
        rest.push(input.parse()?);
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(Content::Matches { expr, pat, guard, rest })
}

fn select_body(input: ParseStream<'_>) -> syn::Result<Content> {
    let mut arms = Vec::new();
    let mut otherwise = Vec::new();
    skip_biased(input)?;
    while !input.is_empty() {
        if is_otherwise(input) {
            input.call(Ident::parse_any)?;
            otherwise.push(handler(input)?);
        } else {
            arms.push(select_arm(input)?);
        }
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(Content::Select { arms, otherwise })
}

fn is_otherwise(input: ParseStream<'_>) -> bool {
    let word = input.fork().call(Ident::parse_any);
    word.is_ok_and(|word| word == "else" || word == "default" || word == "complete") && input.peek2(Token![=>])
}

fn select_arm(input: ParseStream<'_>) -> syn::Result<Arm> {
    let pat = input.call(Pat::parse_multi_with_leading_vert)?;
    input.parse::<Token![=]>()?;
    let future = input.parse()?;
    let guard = match input.parse::<Option<Token![,]>>()? {
        Some(_) => {
            input.parse::<Token![if]>()?;
            Some(input.parse()?)
        }
        None => None,
    };
    Ok(Arm { pat, future, guard, body: handler(input)? })
}

fn handler(input: ParseStream<'_>) -> syn::Result<Expr> {
    input.parse::<Token![=>]>()?;
    input.call(Expr::parse_with_earlier_boundary_rule)
}

fn lazy_statics(input: ParseStream<'_>) -> syn::Result<Content> {
    let mut stmts = Vec::new();
    while !input.is_empty() {
        let item = LazyStatic::parse(input)?.0;
        stmts.push(Stmt::Item(syn::Item::Static(item)));
    }
    Ok(Content::Stmts(stmts))
}

/// `static ref NAME: Type = value;`
struct LazyStatic(syn::ItemStatic);

impl Parse for LazyStatic {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(syn::Attribute::parse_outer)?;
        let vis = input.parse()?;
        let static_token = input.parse()?;
        input.parse::<Token![ref]>()?;
        Ok(Self(syn::ItemStatic {
            attrs,
            vis,
            static_token,
            mutability: syn::StaticMutability::None,
            ident: input.parse()?,
            colon_token: input.parse()?,
            ty: input.parse()?,
            eq_token: input.parse()?,
            expr: input.parse()?,
            semi_token: input.parse()?,
        }))
    }
}

/// The branches of `cfg_if!` one after the other, as if none of them had a condition.
fn cfg_if_body(input: ParseStream<'_>) -> syn::Result<Content> {
    let mut stmts = Vec::new();
    loop {
        if input.parse::<Option<Token![if]>>()?.is_some() {
            input.call(syn::Attribute::parse_outer)?;
        }
        let branch;
        syn::braced!(branch in input);
        stmts.extend(branch_stmts(&branch.parse::<TokenStream>()?)?);
        if input.parse::<Option<Token![else]>>()?.is_none() {
            return Ok(Content::Stmts(stmts));
        }
    }
}

/// Items, or statements where the macro stands among statements.
fn branch_stmts(branch: &TokenStream) -> syn::Result<Vec<Stmt>> {
    item_stmts.parse2(branch.clone()).or_else(|_| syn::Block::parse_within.parse2(branch.clone()))
}
