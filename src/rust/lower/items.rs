//! Items.

use proc_macro2::{Ident, Span as TokenSpan};
use quote::ToTokens;

use super::super::hir::{
    Field, Fields, FnItem, ItemId, ItemKind, ItemParent, Param, Parent, PatParent, SelfParam, Span, TypeId, TypeParent,
    UseKind, UseTree, Variant,
};
use super::Lowerer;

/// What items of all kinds have. The span goes from attributes, visibility or `first` to `last`.
#[derive(Clone, Copy)]
struct Head<'a> {
    attrs: &'a [syn::Attribute],
    visibility: Option<&'a syn::Visibility>,
    first: TokenSpan,
    ident: Option<&'a Ident>,
    generics: Option<&'a syn::Generics>,
    last: TokenSpan,
}

impl<'a> Head<'a> {
    fn new(attrs: &'a [syn::Attribute], first: TokenSpan, last: TokenSpan) -> Self {
        Self { attrs, visibility: None, first, ident: None, generics: None, last }
    }

    fn of_fn(
        attrs: &'a [syn::Attribute],
        modifiers: &syn::FnModifiers,
        signature: &'a syn::Signature,
        last: TokenSpan,
    ) -> Self {
        let safety = match signature.safety {
            syn::Safety::Safe(token) => Some(token.span),
            syn::Safety::Unsafe(token) => Some(token.span),
            _ => None,
        };
        let first = modifiers.defaultness.map(|token| token.span);
        let first = first.or(signature.constness.map(|token| token.span));
        let first = first.or(signature.asyncness.map(|token| token.span)).or(safety);
        let first = first.or(signature.abi.as_ref().map(|abi| abi.extern_token.span));
        Self::new(attrs, first.unwrap_or(signature.fn_token.span), last)
            .ident(&signature.ident)
            .generics(&signature.generics)
    }

    fn visible(self, visibility: &'a syn::Visibility) -> Self {
        Self { visibility: Some(visibility), ..self }
    }

    fn ident(self, ident: &'a Ident) -> Self {
        Self { ident: Some(ident), ..self }
    }

    fn generics(self, generics: &'a syn::Generics) -> Self {
        Self { generics: Some(generics), ..self }
    }
}

impl Lowerer<'_> {
    pub(super) fn item(&mut self, item: &syn::Item, parent: ItemParent) -> ItemId {
        let id = self.new_item(parent);
        self.nested(|this| this.fill_item(item, id));
        id
    }

    fn fill_item(&mut self, item: &syn::Item, id: ItemId) {
        match item {
            syn::Item::Fn(item) => {
                let head = Head::of_fn(&item.attrs, &item.modifiers, &item.sig, item.block.brace_token.span.close());
                self.function(id, head.visible(&item.vis), &item.sig, Some(&item.block));
            }
            syn::Item::Mod(item) => self.module(item, id),
            syn::Item::Use(item) => {
                let head = Head::new(&item.attrs, item.use_token.span, item.semi_token.span);
                self.head(id, head.visible(&item.vis));
                let mut tree = self.use_tree(&item.tree);
                if let Some(colon) = item.leading_colon {
                    tree.leading_colon = true;
                    tree.span.start = self.span(colon.spans[0]).start;
                }
                self.set_kind(id, ItemKind::Use(tree));
            }
            syn::Item::Struct(_) | syn::Item::Enum(_) | syn::Item::Union(_) => self.data_item(item, id),
            syn::Item::Impl(item) => self.impl_item(item, id),
            syn::Item::Trait(item) => self.trait_item(item, id),
            syn::Item::Const(item) => {
                let first = item.modifiers.defaultness.map_or(item.const_token.span, |token| token.span);
                let head = Head::new(&item.attrs, first, item.semi_token.span);
                self.head(id, head.visible(&item.vis).ident(&item.ident).generics(&item.generics));
                self.constant_item(id, &item.ty, Some(&item.expr));
            }
            syn::Item::Static(item) => {
                let head = Head::new(&item.attrs, item.static_token.span, item.semi_token.span);
                self.head(id, head.visible(&item.vis).ident(&item.ident));
                let ty = self.ty(&item.ty, TypeParent::Item(id));
                let value = Some(self.expr(&item.expr, Parent::Item(id)));
                self.set_kind(id, ItemKind::Static { ty, value });
            }
            syn::Item::Type(item) => {
                let first = item.modifiers.defaultness.map_or(item.type_token.span, |token| token.span);
                let head = Head::new(&item.attrs, first, item.semi_token.span);
                self.head(id, head.visible(&item.vis).ident(&item.ident).generics(&item.generics));
                self.type_alias(id, Some(&item.ty), None);
            }
            syn::Item::TraitAlias(item) => {
                let head = Head::new(&item.attrs, item.trait_token.span, item.semi_token.span);
                self.head(id, head.visible(&item.vis).ident(&item.ident).generics(&item.generics));
                self.type_alias(id, None, Some(&item.bounds));
            }
            syn::Item::ExternCrate(item) => {
                let head = Head::new(&item.attrs, item.extern_token.span, item.semi_token.span);
                self.head(id, head.visible(&item.vis).ident(&item.ident));
                let rename = item.rename.as_ref().map(|(_, rename)| self.name(rename));
                self.set_kind(id, ItemKind::ExternCrate { rename });
            }
            syn::Item::Macro(item) => match &item.ident {
                Some(ident) => self.macro_rules(id, ident, item),
                None => self.macro_item(id, &item.attrs, &item.mac, item.semi_token.as_ref()),
            },
            syn::Item::ForeignMod(item) => {
                let first = item.unsafety.map_or(item.abi.extern_token.span, |token| token.span);
                self.head(id, Head::new(&item.attrs, first, item.brace_token.span.close()));
            }
            other => self.unread_item(id, other),
        }
    }

    fn set_kind(&mut self, id: ItemId, kind: ItemKind) {
        self.hir.items[id.0 as usize].kind = kind;
    }

    fn head(&mut self, id: ItemId, head: Head<'_>) {
        self.head_alone(id, head);
        self.unread_attributes(head.attrs);
    }

    /// The head of an item whose attributes are read as well.
    fn head_alone(&mut self, id: ItemId, head: Head<'_>) {
        let span = self.with_head(self.between(head.first, head.last), head.attrs, head.visibility);
        let attrs = self.attrs(head.attrs);
        self.gate(head.attrs, span, false);
        let generics = head.generics.map(|generics| self.generics(generics, TypeParent::Item(id)));
        let name = head.ident.map(|ident| self.name(ident));
        let item = &mut self.hir.items[id.0 as usize];
        item.span = span;
        item.attrs = attrs;
        item.name = name;
        item.generics = generics.unwrap_or_default();
        if let Some(visibility) = head.visibility {
            item.visibility = Self::visibility(visibility);
        }
    }

    /// Syntax that syn keeps as tokens.
    fn unread_item(&mut self, id: ItemId, item: &impl ToTokens) {
        self.hir.items[id.0 as usize].span = self.opaque_tokens(&item.to_token_stream());
    }

    fn module(&mut self, item: &syn::ItemMod, id: ItemId) {
        let first = item.unsafety.map_or(item.mod_token.span, |token| token.span);
        let last = match (&item.content, item.semi) {
            (Some((brace, _)), _) => brace.span.close(),
            (None, Some(semi)) => semi.span,
            (None, None) => item.ident.span(),
        };
        self.head(id, Head::new(&item.attrs, first, last).visible(&item.vis).ident(&item.ident));
        let content = item.content.as_ref().map(|(_, items)| items);
        let items = content.map(|items| items.iter().map(|item| self.item(item, ItemParent::Item(id))).collect());
        self.set_kind(id, ItemKind::Module { items, path_attr: path_attr(&item.attrs) });
    }

    fn use_tree(&mut self, tree: &syn::UseTree) -> UseTree {
        let read = self.nested(|this| this.use_kind(tree));
        let (span, kind) = read.unwrap_or((Span::default(), UseKind::Glob));
        UseTree { span, leading_colon: false, kind }
    }

    fn use_kind(&mut self, tree: &syn::UseTree) -> (Span, UseKind) {
        match tree {
            syn::UseTree::Path(tree) => {
                let name = self.name(&tree.ident);
                let rest = Box::new(self.use_tree(&tree.tree));
                (name.span.to(rest.span), UseKind::Path { name, rest })
            }
            syn::UseTree::Name(tree) => {
                let name = self.name(&tree.ident);
                (name.span, UseKind::Name(name))
            }
            syn::UseTree::Rename(tree) => {
                let (name, rename) = (self.name(&tree.ident), self.name(&tree.rename));
                (name.span.to(rename.span), UseKind::Rename { name, rename })
            }
            syn::UseTree::Glob(tree) => (self.span(tree.star_token.span), UseKind::Glob),
            syn::UseTree::Group(tree) => {
                let trees = tree.items.iter().map(|tree| self.use_tree(tree)).collect();
                (self.span(tree.brace_token.span.join()), UseKind::Group(trees))
            }
        }
    }

    fn data_item(&mut self, item: &syn::Item, id: ItemId) {
        let kind = match item {
            syn::Item::Struct(item) => {
                let last = match (&item.fields, item.semi_token) {
                    (_, Some(semi)) => semi.span,
                    (syn::Fields::Named(fields), None) => fields.brace_token.span.close(),
                    (_, None) => item.ident.span(),
                };
                let head = Head::new(&item.attrs, item.struct_token.span, last).visible(&item.vis);
                self.head(id, head.ident(&item.ident).generics(&item.generics));
                ItemKind::Struct(self.fields(&item.fields, id))
            }
            syn::Item::Union(item) => {
                let last = item.fields.brace_token.span.close();
                let head = Head::new(&item.attrs, item.union_token.span, last).visible(&item.vis);
                self.head(id, head.ident(&item.ident).generics(&item.generics));
                ItemKind::Struct(Fields::Named(item.fields.named.iter().map(|field| self.field(field, id)).collect()))
            }
            syn::Item::Enum(item) => {
                let head = Head::new(&item.attrs, item.enum_token.span, item.brace_token.span.close());
                self.head(id, head.visible(&item.vis).ident(&item.ident).generics(&item.generics));
                ItemKind::Enum(item.variants.iter().map(|variant| self.variant(variant, id)).collect())
            }
            _ => ItemKind::Other,
        };
        self.set_kind(id, kind);
    }

    fn fields(&mut self, fields: &syn::Fields, id: ItemId) -> Fields {
        let lowered = fields.iter().map(|field| self.field(field, id)).collect();
        match fields {
            syn::Fields::Named(_) => Fields::Named(lowered),
            syn::Fields::Unnamed(_) => Fields::Tuple(lowered),
            syn::Fields::Unit => Fields::Unit,
        }
    }

    fn field(&mut self, field: &syn::Field, id: ItemId) -> Field {
        let name = field.ident.as_ref().map(|ident| self.name(ident));
        let ty = self.ty(&field.ty, TypeParent::Item(id));
        let default = field.default.as_ref().map(|(_, value)| self.expr(value, Parent::Item(id)));
        let end = default.map_or(self.type_end(&field.ty), |value| self.hir[value].span);
        let start = name.as_ref().map_or(self.type_start(&field.ty, ty), |name| name.span);
        self.gate(&field.attrs, start.to(end), false);
        self.unread_attributes(&field.attrs);
        Field {
            name,
            ty,
            span: self.with_head(start.to(end), &field.attrs, Some(&field.vis)),
            visibility: Self::visibility(&field.vis),
            attrs: self.attrs(&field.attrs),
        }
    }

    fn variant(&mut self, variant: &syn::Variant, id: ItemId) -> Variant {
        let name = self.name(&variant.ident);
        let fields = self.fields(&variant.fields, id);
        self.unread_attributes(&variant.attrs);
        let discriminant = variant.discriminant.as_ref().map(|(_, value)| self.expr(value, Parent::Item(id)));
        let end = match (&variant.fields, discriminant) {
            (_, Some(value)) => self.hir[value].span,
            (syn::Fields::Named(fields), None) => self.span(fields.brace_token.span.close()),
            (syn::Fields::Unnamed(fields), None) => self.span(fields.paren_token.span.close()),
            (syn::Fields::Unit, None) => name.span,
        };
        let span = self.with_head(name.span.to(end), &variant.attrs, None);
        Variant { name, fields, span, attrs: self.attrs(&variant.attrs) }
    }

    fn constant_item(&mut self, id: ItemId, ty: &syn::Type, value: Option<&syn::Expr>) {
        let ty = self.ty(ty, TypeParent::Item(id));
        let value = value.map(|value| self.expr(value, Parent::Item(id)));
        self.set_kind(id, ItemKind::Const { ty, value });
    }

    fn type_alias(
        &mut self,
        id: ItemId,
        ty: Option<&syn::Type>,
        bounds: Option<&syn::punctuated::Punctuated<syn::TypeParamBound, syn::Token![+]>>,
    ) {
        let bounds = bounds.map(|bounds| self.bounds(bounds, TypeParent::Item(id))).unwrap_or_default();
        let ty = ty.map(|ty| self.ty(ty, TypeParent::Item(id)));
        self.set_kind(id, ItemKind::TypeAlias { ty, bounds });
    }

    fn function(&mut self, id: ItemId, head: Head<'_>, signature: &syn::Signature, body: Option<&syn::Block>) {
        self.head_alone(id, head);
        let mut self_param = None;
        let mut params = Vec::new();
        for input in &signature.inputs {
            match input {
                syn::FnArg::Receiver(receiver) => self_param = Some(self.receiver(receiver, id)),
                syn::FnArg::Typed(typed) => params.push(self.param(typed, id)),
            }
        }
        let body = body.map(|body| self.block(body, Parent::Item(id)));
        let attribute_calls = self.attribute_calls(head.attrs, id);
        let item = FnItem {
            is_async: signature.asyncness.is_some(),
            self_param,
            params,
            params_span: self.inside(signature.paren_token.span),
            ret: self.return_type(&signature.output, TypeParent::Item(id)),
            body,
            attribute_calls,
        };
        self.set_kind(id, ItemKind::Fn(item));
    }

    /// From behind the opening to in front of the closing delimiter.
    pub(super) fn inside(&self, delimiters: proc_macro2::extra::DelimSpan) -> Span {
        Span { start: self.span(delimiters.open()).end, end: self.span(delimiters.close()).start }
    }

    fn param(&mut self, typed: &syn::PatType, id: ItemId) -> Param {
        let pat = self.pat(&typed.pat, PatParent::Item(id));
        let ty = self.ty(&typed.ty, TypeParent::Item(id));
        let span = self.pat_start(&typed.pat, pat).to(self.type_end(&typed.ty));
        self.gate(&typed.attrs, span, false);
        Param { pat, ty, span: self.with_head(span, &typed.attrs, None) }
    }

    fn receiver(&mut self, receiver: &syn::Receiver, id: ItemId) -> SelfParam {
        let name = self.span(receiver.self_token.span);
        let start = receiver.mutability.map_or(name, |token| self.span(token.span));
        let (by_ref, mutable, ty, span) = match &receiver.kind {
            syn::ReceiverKind::Reference(and, _, mutability) => {
                (true, mutability.is_some(), None, self.span(and.span).to(name))
            }
            syn::ReceiverKind::Typed(_, ty) => {
                let span = start.to(self.type_end(ty));
                (false, receiver.mutability.is_some(), Some(self.ty(ty, TypeParent::Item(id))), span)
            }
            _ => (false, receiver.mutability.is_some(), None, start.to(name)),
        };
        SelfParam { by_ref, mutable, ty, span: self.with_head(span, &receiver.attrs, None) }
    }

    fn impl_item(&mut self, item: &syn::ItemImpl, id: ItemId) {
        let first = item.modifiers.defaultness.map(|token| token.span).or(item.unsafety.map(|token| token.span));
        let first = first.unwrap_or(item.impl_token.span);
        self.head(id, Head::new(&item.attrs, first, item.brace_token.span.close()).generics(&item.generics));
        let trait_path = item.trait_.as_ref().map(|(path, _)| self.path(None, path, TypeParent::Item(id)));
        let self_ty = self.ty(&item.self_ty, TypeParent::Item(id));
        let items = item.items.iter().map(|item| self.impl_member(item, ItemParent::Item(id))).collect();
        self.set_kind(id, ItemKind::Impl { self_ty, trait_path, items });
    }

    fn impl_member(&mut self, item: &syn::ImplItem, parent: ItemParent) -> ItemId {
        let id = self.new_item(parent);
        match item {
            syn::ImplItem::Fn(item) => {
                let head = Head::of_fn(&item.attrs, &item.modifiers, &item.sig, item.block.brace_token.span.close());
                self.function(id, head.visible(&item.vis), &item.sig, Some(&item.block));
            }
            syn::ImplItem::Const(item) => {
                let first = item.modifiers.defaultness.map_or(item.const_token.span, |token| token.span);
                let head = Head::new(&item.attrs, first, item.semi_token.span);
                self.head(id, head.visible(&item.vis).ident(&item.ident).generics(&item.generics));
                self.constant_item(id, &item.ty, Some(&item.expr));
            }
            syn::ImplItem::Type(item) => {
                let first = item.modifiers.defaultness.map_or(item.type_token.span, |token| token.span);
                let head = Head::new(&item.attrs, first, item.semi_token.span);
                self.head(id, head.visible(&item.vis).ident(&item.ident).generics(&item.generics));
                self.type_alias(id, Some(&item.ty), None);
            }
            syn::ImplItem::Macro(item) => self.macro_item(id, &item.attrs, &item.mac, item.semi_token.as_ref()),
            other => self.unread_item(id, other),
        }
        id
    }

    fn trait_item(&mut self, item: &syn::ItemTrait, id: ItemId) {
        let first = item.unsafety.map(|token| token.span).or(item.modifiers.auto_token.map(|token| token.span));
        let first = first.unwrap_or(item.trait_token.span);
        let head = Head::new(&item.attrs, first, item.brace_token.span.close()).visible(&item.vis);
        self.head(id, head.ident(&item.ident).generics(&item.generics));
        let supertraits = self.bounds(&item.supertraits, TypeParent::Item(id));
        let items = item.items.iter().map(|item| self.trait_member(item, ItemParent::Item(id))).collect();
        self.set_kind(id, ItemKind::Trait { items, supertraits });
    }

    fn trait_member(&mut self, item: &syn::TraitItem, parent: ItemParent) -> ItemId {
        let id = self.new_item(parent);
        match item {
            syn::TraitItem::Fn(item) => {
                let end = item.default.as_ref().map(|body| body.brace_token.span.close());
                let end = end.or(item.semi_token.map(|semi| semi.span)).unwrap_or(item.sig.paren_token.span.close());
                let head = Head::of_fn(&item.attrs, &item.modifiers, &item.sig, end);
                self.function(id, head, &item.sig, item.default.as_ref());
            }
            syn::TraitItem::Const(item) => {
                let first = item.modifiers.defaultness.map_or(item.const_token.span, |token| token.span);
                let head = Head::new(&item.attrs, first, item.semi_token.span);
                self.head(id, head.ident(&item.ident).generics(&item.generics));
                self.constant_item(id, &item.ty, item.default.as_ref().map(|(_, value)| value));
            }
            syn::TraitItem::Type(item) => {
                let first = item.modifiers.defaultness.map_or(item.type_token.span, |token| token.span);
                let head = Head::new(&item.attrs, first, item.semi_token.span);
                self.head(id, head.ident(&item.ident).generics(&item.generics));
                self.type_alias(id, item.default.as_ref().map(|(_, ty)| ty), Some(&item.bounds));
            }
            syn::TraitItem::Macro(item) => self.macro_item(id, &item.attrs, &item.mac, item.semi_token.as_ref()),
            other => self.unread_item(id, other),
        }
        id
    }

    fn macro_rules(&mut self, id: ItemId, ident: &Ident, item: &syn::ItemMacro) {
        let close = item.mac.delimiter.span().close();
        let last = item.semi_token.map_or(close, |semi| semi.span);
        let first = item.mac.path.segments.first().map_or(ident.span(), |segment| segment.ident.span());
        self.head(id, Head::new(&item.attrs, first, last).ident(ident));
        let body = self.inside(*item.mac.delimiter.span());
        self.hir.opaque.push(body);
        self.set_kind(id, ItemKind::MacroRules { body });
    }

    fn macro_item(&mut self, id: ItemId, attrs: &[syn::Attribute], mac: &syn::Macro, semi: Option<&syn::Token![;]>) {
        let first = mac.path.leading_colon.map(|colon| colon.spans[0]);
        let first = first.or(mac.path.segments.first().map(|segment| segment.ident.span()));
        let close = mac.delimiter.span().close();
        let last = semi.map_or(close, |semi| semi.span);
        self.head(id, Head::new(attrs, first.unwrap_or(close), last));
        let call = self.macro_call(mac, Parent::Item(id));
        self.set_kind(id, ItemKind::Macro(call));
    }

    fn type_start(&self, syntax: &syn::Type, lowered: TypeId) -> Span {
        match syntax {
            syn::Type::Paren(ty) => self.span(ty.paren_token.span.open()),
            _ => self.hir[lowered].span,
        }
    }
}

/// The value of `#[path = "…"]`.
fn path_attr(attrs: &[syn::Attribute]) -> Option<String> {
    attrs.iter().filter(|attr| attr.path().is_ident("path")).find_map(|attr| match &attr.meta {
        syn::Meta::NameValue(syn::MetaNameValue {
            value: syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(path), .. }),
            ..
        }) => Some(path.value()),
        _ => None,
    })
}
