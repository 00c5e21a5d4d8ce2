//! Written types, paths and generics.

use super::super::hir::{GenericArgs, GenericParam, Generics, Name, Path, Segment, Span, TypeId, TypeKind, TypeParent};
use super::Lowerer;

type Bounds = syn::punctuated::Punctuated<syn::TypeParamBound, syn::Token![+]>;

impl Lowerer<'_> {
    pub(super) fn ty(&mut self, ty: &syn::Type, parent: TypeParent) -> TypeId {
        match ty {
            syn::Type::Paren(paren) => return self.ty(&paren.elem, parent),
            syn::Type::Group(group) => return self.ty(&group.elem, parent),
            _ => {}
        }
        let id = self.new_type(parent);
        if let Some((kind, span)) = self.nested(|this| this.type_kind(ty, TypeParent::Type(id))) {
            let node = &mut self.hir.types[id.0 as usize];
            node.kind = kind;
            node.span = span;
        }
        id
    }

    fn type_kind(&mut self, ty: &syn::Type, inside: TypeParent) -> (TypeKind, Span) {
        match ty {
            syn::Type::Path(ty) => {
                let path = self.path(ty.qself.as_ref(), &ty.path, inside);
                let span = path.span;
                (TypeKind::Path(path), span)
            }
            syn::Type::Reference(ty) => {
                let inner = self.ty(&ty.elem, inside);
                (TypeKind::Ref { mutable: ty.mutability.is_some(), inner }, self.up_to(ty.and_token.span, &ty.elem))
            }
            syn::Type::Ptr(ty) => {
                (TypeKind::Pointer(self.ty(&ty.elem, inside)), self.up_to(ty.star_token.span, &ty.elem))
            }
            syn::Type::Tuple(ty) => {
                let types = ty.elems.iter().map(|elem| self.ty(elem, inside)).collect();
                (TypeKind::Tuple(types), self.span(ty.paren_token.span.join()))
            }
            syn::Type::Slice(ty) => {
                (TypeKind::Slice(self.ty(&ty.elem, inside)), self.span(ty.bracket_token.span.join()))
            }
            syn::Type::Array(ty) => {
                self.constant(&ty.len);
                (TypeKind::Array(self.ty(&ty.elem, inside)), self.span(ty.bracket_token.span.join()))
            }
            syn::Type::ImplTrait(ty) => {
                let span = self.span(ty.impl_token.span).to(self.bounds_span(&ty.bounds));
                (TypeKind::ImplTrait(self.bounds(&ty.bounds, inside)), span)
            }
            syn::Type::TraitObject(ty) => {
                let bounds = self.bounds_span(&ty.bounds);
                let start = ty.dyn_token.map_or(bounds, |token| self.span(token.span));
                (TypeKind::DynTrait(self.bounds(&ty.bounds, inside)), start.to(bounds))
            }
            syn::Type::FnPtr(ty) => self.fn_pointer(ty, inside),
            syn::Type::Never(ty) => (TypeKind::Never, self.span(ty.bang_token.span)),
            syn::Type::Infer(ty) => (TypeKind::Infer, self.span(ty.underscore_token.span)),
            syn::Type::Macro(ty) => (TypeKind::Other, self.opaque_macro(&ty.mac)),
            syn::Type::Verbatim(tokens) => (TypeKind::Other, self.opaque_tokens(tokens)),
            other => (TypeKind::Other, self.opaque_tokens(&quote::ToTokens::to_token_stream(other))),
        }
    }

    fn fn_pointer(&mut self, ty: &syn::TypeFnPtr, inside: TypeParent) -> (TypeKind, Span) {
        let params = ty.inputs.iter().map(|arg| self.ty(&arg.ty, inside)).collect();
        let ret = self.return_type(&ty.output, inside);
        let first = ty.lifetimes.as_ref().map(|lifetimes| lifetimes.for_token.span);
        let first = first.or(ty.unsafety.map(|token| token.span));
        let first = first.or(ty.abi.as_ref().map(|abi| abi.extern_token.span)).unwrap_or(ty.fn_token.span);
        let end = self.return_span(&ty.output).unwrap_or(self.span(ty.paren_token.span.close()));
        (TypeKind::Fn { params, ret }, self.span(first).to(end))
    }

    pub(super) fn return_type(&mut self, output: &syn::ReturnType, inside: TypeParent) -> Option<TypeId> {
        match output {
            syn::ReturnType::Default => None,
            syn::ReturnType::Type(_, ty) => Some(self.ty(ty, inside)),
        }
    }

    /// From the arrow to the end of the type, parentheses included.
    fn return_span(&self, output: &syn::ReturnType) -> Option<Span> {
        match output {
            syn::ReturnType::Default => None,
            syn::ReturnType::Type(arrow, ty) => Some(self.up_to(arrow.spans[0], ty)),
        }
    }

    /// From `first` to the end of `ty`, whose own span leaves out its parentheses.
    fn up_to(&self, first: proc_macro2::Span, ty: &syn::Type) -> Span {
        self.span(first).to(self.type_end(ty))
    }

    pub(super) fn type_end(&self, ty: &syn::Type) -> Span {
        match ty {
            syn::Type::Paren(ty) => self.span(ty.paren_token.span.close()),
            syn::Type::Reference(ty) => self.type_end(&ty.elem),
            syn::Type::Ptr(ty) => self.type_end(&ty.elem),
            syn::Type::Path(ty) => self.path_end(&ty.path),
            syn::Type::Tuple(ty) => self.span(ty.paren_token.span.close()),
            syn::Type::Slice(ty) => self.span(ty.bracket_token.span.close()),
            syn::Type::Array(ty) => self.span(ty.bracket_token.span.close()),
            syn::Type::ImplTrait(ty) => self.bounds_span(&ty.bounds),
            syn::Type::TraitObject(ty) => self.bounds_span(&ty.bounds),
            syn::Type::FnPtr(ty) => self.return_span(&ty.output).unwrap_or(self.span(ty.paren_token.span.close())),
            syn::Type::Never(ty) => self.span(ty.bang_token.span),
            syn::Type::Infer(ty) => self.span(ty.underscore_token.span),
            syn::Type::Macro(ty) => self.span(ty.mac.delimiter.span().close()),
            other => self.tokens_span(&quote::ToTokens::to_token_stream(other)).unwrap_or_default(),
        }
    }

    pub(super) fn path(&mut self, qself: Option<&syn::QSelf>, path: &syn::Path, inside: TypeParent) -> Path {
        let start = match (qself, &path.leading_colon, path.segments.first()) {
            (Some(qself), _, _) => self.span(qself.lt_token.span),
            (None, Some(colon), _) => self.span(colon.spans[0]),
            (None, None, Some(segment)) => self.span(segment.ident.span()),
            (None, None, None) => Span::default(),
        };
        Path {
            leading_colon: path.leading_colon.is_some(),
            qself: qself.map(|qself| self.ty(&qself.ty, inside)),
            qself_position: qself.map_or(0, |qself| qself.position),
            segments: path.segments.iter().map(|segment| self.segment(segment, inside)).collect(),
            span: start.to(self.path_end(path)),
        }
    }

    fn path_end(&self, path: &syn::Path) -> Span {
        let Some(last) = path.segments.last() else { return Span::default() };
        match &last.arguments {
            syn::PathArguments::None => self.span(last.ident.span()),
            syn::PathArguments::AngleBracketed(args) => self.span(args.gt_token.span),
            syn::PathArguments::Parenthesized(args) => {
                self.return_span(&args.output).unwrap_or(self.span(args.paren_token.span.close()))
            }
        }
    }

    fn segment(&mut self, segment: &syn::PathSegment, inside: TypeParent) -> Segment {
        let args = match &segment.arguments {
            syn::PathArguments::None => GenericArgs::None,
            syn::PathArguments::AngleBracketed(args) => self.angle_args(args, inside),
            syn::PathArguments::Parenthesized(args) => GenericArgs::Paren {
                inputs: args.inputs.iter().map(|arg| self.ty(&arg.ty, inside)).collect(),
                output: self.return_type(&args.output, inside),
            },
        };
        Segment { name: self.name(&segment.ident), args }
    }

    fn angle_args(&mut self, args: &syn::AngleBracketedGenericArguments, inside: TypeParent) -> GenericArgs {
        let mut types = Vec::new();
        let mut assoc: Vec<(Name, TypeId)> = Vec::new();
        for arg in &args.args {
            match arg {
                syn::GenericArgument::Type(ty) => types.push(self.ty(ty, inside)),
                syn::GenericArgument::AssocType(arg) => assoc.push((self.name(&arg.ident), self.ty(&arg.ty, inside))),
                syn::GenericArgument::Const(value) => self.constant(value),
                syn::GenericArgument::AssocConst(arg) => self.constant(&arg.value),
                syn::GenericArgument::Constraint(constraint) => {
                    self.bounds(&constraint.bounds, inside);
                }
                _ => {}
            }
        }
        GenericArgs::Angle { types, assoc, span: self.between(args.lt_token.span, args.gt_token.span) }
    }

    pub(super) fn turbofish(
        &mut self,
        args: Option<&syn::AngleBracketedGenericArguments>,
        inside: TypeParent,
    ) -> Vec<TypeId> {
        match args.map(|args| self.angle_args(args, inside)) {
            Some(GenericArgs::Angle { types, .. }) => types,
            _ => Vec::new(),
        }
    }

    /// A constant in a type has no place in the tree; what is more than a literal or a name stays opaque.
    fn constant(&mut self, value: &syn::Expr) {
        let is_plain = matches!(value, syn::Expr::Lit(_))
            || matches!(value, syn::Expr::Path(path) if path.path.get_ident().is_some());
        if !is_plain {
            self.opaque_tokens(&quote::ToTokens::to_token_stream(value));
        }
    }

    /// The paths of the trait bounds; lifetimes and `use<…>` are left out.
    pub(super) fn bounds(&mut self, bounds: &Bounds, inside: TypeParent) -> Vec<Path> {
        let mut paths = Vec::new();
        for bound in bounds {
            match bound {
                syn::TypeParamBound::Trait(bound) => paths.push(self.path(None, &bound.path, inside)),
                syn::TypeParamBound::Verbatim(tokens) => {
                    self.opaque_tokens(tokens);
                }
                _ => {}
            }
        }
        paths
    }

    fn bounds_span(&self, bounds: &Bounds) -> Span {
        match (bounds.first(), bounds.last()) {
            (Some(first), Some(last)) => self.bound_span(first).to(self.bound_span(last)),
            _ => Span::default(),
        }
    }

    fn bound_span(&self, bound: &syn::TypeParamBound) -> Span {
        match bound {
            syn::TypeParamBound::Trait(bound) => match bound.paren_token {
                Some(paren) => self.span(paren.span.join()),
                None => {
                    let first = bound.lifetimes.as_ref().map(|lifetimes| lifetimes.for_token.span);
                    let first = first.or(bound.maybe.map(|token| token.span));
                    let first = first.or(bound.path.leading_colon.map(|token| token.spans[0]));
                    let first = first.or(bound.path.segments.first().map(|segment| segment.ident.span()));
                    first.map_or(Span::default(), |first| self.span(first).to(self.path_end(&bound.path)))
                }
            },
            syn::TypeParamBound::Lifetime(lifetime) => self.span(lifetime.span()),
            syn::TypeParamBound::PreciseCapture(capture) => self.between(capture.use_token.span, capture.gt_token.span),
            other => self.tokens_span(&quote::ToTokens::to_token_stream(other)).unwrap_or_default(),
        }
    }

    pub(super) fn generics(&mut self, generics: &syn::Generics, inside: TypeParent) -> Generics {
        let params = generics.type_params().map(|param| self.type_param(param, inside)).collect();
        let clause = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
        let predicates = clause.filter_map(|predicate| match predicate {
            syn::WherePredicate::Type(predicate) => {
                Some((self.ty(&predicate.bounded_ty, inside), self.bounds(&predicate.bounds, inside)))
            }
            _ => None,
        });
        let predicates = predicates.collect();
        Generics { params, predicates }
    }

    fn type_param(&mut self, param: &syn::TypeParam, inside: TypeParent) -> GenericParam {
        GenericParam {
            name: self.name(&param.ident),
            bounds: self.bounds(&param.bounds, inside),
            default: param.default.as_ref().map(|(_, ty)| self.ty(ty, inside)),
        }
    }
}
