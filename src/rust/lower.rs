//! From text to [`Hir`]: parses a file with syn and copies everything out into arenas.
//!
//! Parents are allocated before their children, so ids grow downward. Spans leave out the outer attributes of
//! expressions and patterns; statements, items, fields, variants and arms include theirs.

mod attributes;
mod exprs;
mod format;
mod items;
mod macro_content;
mod macros;
mod nesting;
mod pats;
mod stmts;
#[cfg(test)]
mod tests;
mod types;

use proc_macro2::TokenStream;
use syn::ext::IdentExt as _;

use super::hir::{
    Attr, Expr, ExprId, ExprKind, Gate, Generics, Hir, Item, ItemId, ItemKind, ItemParent, Name, Parent, Pat, PatId,
    PatKind, PatParent, Span, Stmt, StmtId, StmtKind, TypeId, TypeKind, TypeParent, TypeRef, Visibility,
};
use crate::tree::FileId;

/// How deep expressions, patterns and types may stand in each other; code that walks a [`Hir`] may recurse.
pub(crate) const MAX_DEPTH: usize = 512;

/// Why a file could not be lowered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParseError {
    /// Byte offset into the file's text.
    pub(crate) offset: usize,
    /// The error in words, as a lowercase fragment.
    pub(crate) message: String,
}

/// Parses `text` and lowers it. Safe for any text: what nests too deep for the stack is an error too.
///
/// # Errors
/// [`ParseError`] if the text is not Rust or nests deeper than [`MAX_DEPTH`].
pub(crate) fn lower(file: FileId, text: &str) -> Result<Hir, ParseError> {
    let prologue = prologue_len(text);
    let tokens = lex(text, prologue)?;
    let nesting = nesting::measure(&tokens);
    if let Some(span) = nesting.too_deep {
        let offset = prologue + span.byte_range().start;
        proc_macro2::extra::invalidate_current_thread_spans();
        return Err(too_deep(offset));
    }
    match nesting.needs_own_stack() {
        None => parse_and_lower(file, text, prologue, tokens),
        Some(size) => on_own_stack(size, || {
            let tokens = lex(text, prologue)?;
            parse_and_lower(file, text, prologue, tokens)
        }),
    }
}

/// Runs `work`, which parses `text`, where the stack suffices. Nothing where `text` is not made of tokens, or nests too
/// deeply.
pub(crate) fn with_stack<T: Send>(text: &str, work: impl FnOnce() -> T + Send) -> Option<T> {
    let nesting = lex(text, 0).map(|tokens| nesting::measure(&tokens));
    proc_macro2::extra::invalidate_current_thread_spans();
    let nesting = nesting.ok().filter(|nesting| nesting.too_deep.is_none())?;
    match nesting.needs_own_stack() {
        None => Some(work()),
        Some(size) => on_own_stack(size, || Ok(work())).ok(),
    }
}

/// Runs `work` on a thread with a stack of `size` bytes.
fn on_own_stack<T: Send>(size: usize, work: impl FnOnce() -> Result<T, ParseError> + Send) -> Result<T, ParseError> {
    let refused = |_| ParseError { offset: 0, message: "nested too deeply for the memory at hand".to_owned() };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(size).spawn_scoped(scope, work).map_err(refused)?;
        match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn too_deep(offset: usize) -> ParseError {
    ParseError { offset, message: "nested too deeply to be analyzed".to_owned() }
}

fn lex(text: &str, prologue: usize) -> Result<TokenStream, ParseError> {
    text[prologue..].parse().map_err(|error: proc_macro2::LexError| {
        let offset = prologue + error.span().byte_range().start;
        proc_macro2::extra::invalidate_current_thread_spans();
        ParseError { offset, message: "cannot be split into tokens".to_owned() }
    })
}

fn parse_and_lower(file: FileId, text: &str, prologue: usize, tokens: TokenStream) -> Result<Hir, ParseError> {
    let result = match syn::parse2::<syn::File>(tokens) {
        Ok(syntax) => lower_file(file, text, prologue, &syntax),
        Err(error) => Err(ParseError {
            offset: prologue + end_of_file_offset(&error, text.len() - prologue),
            message: error.to_string(),
        }),
    };
    proc_macro2::extra::invalidate_current_thread_spans();
    result
}

/// Where an error is; syn has no place for what is missing at the end of a file.
fn end_of_file_offset(error: &syn::Error, len: usize) -> usize {
    let range = error.span().byte_range();
    if range == (0..0) && error.to_string().starts_with("unexpected end of input") { len } else { range.start }
}

fn lower_file(file: FileId, text: &str, prologue: usize, syntax: &syn::File) -> Result<Hir, ParseError> {
    let mut lowerer = Lowerer::new(file, text, prologue);
    lowerer.hir.attrs = lowerer.attrs(&syntax.attrs);
    lowerer.hir.roots = syntax.items.iter().map(|item| lowerer.item(item, ItemParent::File)).collect();
    match lowerer.too_deep {
        Some(offset) => Err(too_deep(offset)),
        None => Ok(lowerer.hir),
    }
}

/// Length of byte order mark and shebang line.
fn prologue_len(text: &str) -> usize {
    let code = text.trim_start_matches('\u{feff}');
    let mark = text.len() - code.len();
    let is_shebang = code.strip_prefix("#!").is_some_and(|rest| !rest.trim_start().starts_with('['));
    match code.find('\n') {
        _ if !is_shebang => mark,
        Some(end) => mark + end + 1,
        None => text.len(),
    }
}

/// The tree under construction.
struct Lowerer<'a> {
    hir: Hir,
    text: &'a str,
    /// What has to be added to syn's offsets.
    base: usize,
    depth: usize,
    /// Where [`MAX_DEPTH`] was passed first.
    too_deep: Option<usize>,
}

impl<'a> Lowerer<'a> {
    fn new(file: FileId, text: &'a str, prologue: usize) -> Self {
        let hir = Hir {
            file,
            roots: Vec::new(),
            items: Vec::new(),
            exprs: Vec::new(),
            stmts: Vec::new(),
            pats: Vec::new(),
            types: Vec::new(),
            opaque: Vec::new(),
            prologue,
            attrs: Vec::new(),
            gates: Vec::new(),
        };
        Self { hir, text, base: prologue, depth: 0, too_deep: None }
    }

    /// Runs `inner` one level deeper, or notes that the file is too deep and gives nothing.
    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth == MAX_DEPTH {
            let here = self.hir.exprs.last().map_or(self.base, |expr| expr.span.start as usize);
            self.too_deep.get_or_insert(here);
            return None;
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        Some(result)
    }

    fn span(&self, span: proc_macro2::Span) -> Span {
        let range = span.byte_range();
        Span::new(range.start + self.base, range.end + self.base)
    }

    /// From the start of `first` to the end of `last`.
    fn between(&self, first: proc_macro2::Span, last: proc_macro2::Span) -> Span {
        self.span(first).to(self.span(last))
    }

    fn tokens_span(&self, tokens: &TokenStream) -> Option<Span> {
        let mut trees = tokens.clone().into_iter();
        let first = trees.next()?.span();
        let last = trees.last().map_or(first, |tree| tree.span());
        Some(self.between(first, last))
    }

    /// Notes that `tokens` were not read, and says where they are.
    fn opaque_tokens(&mut self, tokens: &TokenStream) -> Span {
        let span = self.tokens_span(tokens);
        self.hir.opaque.extend(span);
        span.unwrap_or_default()
    }

    fn name(&self, ident: &proc_macro2::Ident) -> Name {
        Name { text: ident.unraw().to_string(), span: self.span(ident.span()) }
    }

    fn label(&self, label: &syn::Label) -> Name {
        Name { text: label.name.to_string(), span: self.span(label.name.span()) }
    }

    fn member(&self, member: &syn::Member) -> Name {
        match member {
            syn::Member::Named(ident) => self.name(ident),
            syn::Member::Unnamed(index) => {
                let span = self.span(index.span);
                Name { text: self.text[span.range()].to_owned(), span }
            }
        }
    }

    fn attrs(&self, attrs: &[syn::Attribute]) -> Vec<Attr> {
        attrs.iter().map(|attr| self.attr(attr)).collect()
    }

    fn attr(&self, attr: &syn::Attribute) -> Attr {
        let mut span = self.between(attr.pound_token.span, attr.bracket_token.span.close());
        if self.text[span.range()].ends_with('\r') {
            span.end -= 1;
        }
        let segments: Vec<String> = attr.path().segments.iter().map(|segment| segment.ident.to_string()).collect();
        Attr { path: segments.join("::"), span, is_doc: attr.path().is_ident("doc") }
    }

    /// Notes under which conditions what `attrs` stand on is compiled; `span` is that without them.
    fn gate(&mut self, attrs: &[syn::Attribute], span: Span, in_body: bool) {
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("cfg")) {
            let attr = self.attr(attr).span;
            self.hir.gates.push(Gate { attr, whole: attr.to(span), in_body });
        }
    }

    fn visibility(visibility: &syn::Visibility) -> Visibility {
        match visibility {
            syn::Visibility::Public(_) => Visibility::Public,
            syn::Visibility::Restricted(_) => Visibility::Restricted,
            syn::Visibility::Inherited => Visibility::Private,
        }
    }

    /// `span`, opened further by attributes (inner ones lie inside anyway) and visibility.
    fn with_head(&self, span: Span, attrs: &[syn::Attribute], visibility: Option<&syn::Visibility>) -> Span {
        let visibility = match visibility {
            Some(syn::Visibility::Public(token)) => Some(token.span),
            Some(syn::Visibility::Restricted(restricted)) => Some(restricted.pub_token.span),
            Some(syn::Visibility::Inherited) | None => None,
        };
        let heads = attrs.iter().map(|attr| attr.pound_token.span).chain(visibility);
        let start = heads.map(|head| self.span(head).start).min();
        Span { start: start.unwrap_or(span.start).min(span.start), end: span.end }
    }

    fn new_expr(&mut self, parent: Parent) -> ExprId {
        self.hir.exprs.push(Expr { kind: ExprKind::Other(Vec::new()), span: Span::default(), parent });
        ExprId(self.hir.exprs.len() as u32 - 1)
    }

    fn set_expr(&mut self, id: ExprId, kind: ExprKind, span: Span) -> ExprId {
        let expr = &mut self.hir.exprs[id.0 as usize];
        expr.kind = kind;
        expr.span = span;
        id
    }

    fn new_pat(&mut self, parent: PatParent) -> PatId {
        self.hir.pats.push(Pat { kind: PatKind::Other, span: Span::default(), parent });
        PatId(self.hir.pats.len() as u32 - 1)
    }

    fn new_type(&mut self, parent: TypeParent) -> TypeId {
        self.hir.types.push(TypeRef { kind: TypeKind::Other, span: Span::default(), parent });
        TypeId(self.hir.types.len() as u32 - 1)
    }

    fn new_stmt(&mut self, block: ExprId, index: usize) -> StmtId {
        self.hir.stmts.push(Stmt { kind: StmtKind::Empty, span: Span::default(), head: 0, block, index: index as u32 });
        StmtId(self.hir.stmts.len() as u32 - 1)
    }

    fn new_item(&mut self, parent: ItemParent) -> ItemId {
        self.hir.items.push(Item {
            kind: ItemKind::Other,
            name: None,
            span: Span::default(),
            visibility: Visibility::Private,
            attrs: Vec::new(),
            generics: Generics::default(),
            parent,
        });
        ItemId(self.hir.items.len() as u32 - 1)
    }
}

impl Span {
    /// From the start of this one to the end of `last`.
    fn to(self, last: Span) -> Span {
        Span { start: self.start, end: last.end }
    }
}

fn type_parent(parent: Parent) -> TypeParent {
    match parent {
        Parent::Expr(id) => TypeParent::Expr(id),
        Parent::Stmt(id) => TypeParent::Stmt(id),
        Parent::Item(id) => TypeParent::Item(id),
        Parent::Pat(id) => TypeParent::Pat(id),
    }
}

fn pat_parent(parent: Parent) -> PatParent {
    match parent {
        Parent::Expr(id) => PatParent::Expr(id),
        Parent::Stmt(id) => PatParent::Stmt(id),
        Parent::Item(id) => PatParent::Item(id),
        Parent::Pat(id) => PatParent::Pat(id),
    }
}
