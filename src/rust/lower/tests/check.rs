//! What must hold for every lowered file.

use super::super::super::hir::{
    ExprId, ExprKind, Fields, GenericArgs, Hir, ItemKind, ItemParent, MacroCall, Name, Parent, PatKind, PatParent,
    Path, Span, TypeKind, TypeParent, UseKind, UseTree,
};

/// Spans nest and keep their order, parents and children agree, names stand where their spans say.
pub(super) fn check(hir: &Hir, text: &str) -> Result<(), String> {
    Checker { hir, text }.run()
}

struct Checker<'a> {
    hir: &'a Hir,
    text: &'a str,
}

type Verdict = Result<(), String>;

impl Checker<'_> {
    fn run(&self) -> Verdict {
        self.exprs()?;
        self.stmts()?;
        self.pats()?;
        self.types()?;
        self.items()?;
        self.hir.opaque.iter().try_for_each(|&span| self.readable(span).map(drop))
    }

    fn readable(&self, span: Span) -> Result<&str, String> {
        self.text.get(span.range()).ok_or_else(|| format!("{span:?} is no part of the text"))
    }

    fn inside(&self, outer: Span, inner: Span) -> Verdict {
        let (outer_text, inner_text) = (self.readable(outer)?, self.readable(inner)?);
        match outer.contains(inner) {
            true => Ok(()),
            false => Err(format!("{inner:?} {inner_text:?} is not inside {outer:?} {outer_text:?}")),
        }
    }

    fn exprs(&self) -> Verdict {
        for (index, expr) in self.hir.exprs.iter().enumerate() {
            let id = ExprId(index as u32);
            self.inside(self.parent_span(expr.parent), expr.span)?;
            if expr.span.start == expr.span.end && !matches!(expr.kind, ExprKind::Block { .. } | ExprKind::Other(_)) {
                return Err(format!("{expr:?} is empty"));
            }
            let children = self.hir.children(id);
            for &child in &children {
                if self.hir.parent_expr(child) != Some(id) {
                    return Err(format!("child of {expr:?} has another parent: {:?}", self.hir[child]));
                }
            }
            if children.windows(2).any(|pair| self.hir[pair[0]].span.end > self.hir[pair[1]].span.start) {
                return Err(format!("children of {expr:?} overlap"));
            }
            if let (Parent::Expr(_) | Parent::Stmt(_), Some(parent)) = (expr.parent, self.hir.parent_expr(id))
                && !self.hir.children(parent).contains(&id)
            {
                return Err(format!("{expr:?} is not a child of {:?}", self.hir[parent]));
            }
            self.expr_names(&expr.kind)?;
        }
        Ok(())
    }

    fn parent_span(&self, parent: Parent) -> Span {
        match parent {
            Parent::Expr(id) => self.hir[id].span,
            Parent::Stmt(id) => self.hir[id].span,
            Parent::Item(id) => self.hir[id].span,
            Parent::Pat(id) => self.hir[id].span,
        }
    }

    fn expr_names(&self, kind: &ExprKind) -> Verdict {
        match kind {
            ExprKind::Path(path) => self.path(path),
            ExprKind::MethodCall { method: name, .. } | ExprKind::Field { name, .. } => self.name(name),
            ExprKind::Block { label: Some(label), .. } => self.name(label),
            ExprKind::Struct { path, fields, .. } => {
                self.path(path)?;
                fields.iter().try_for_each(|field| {
                    self.inside(field.span, self.hir[field.value].span)?;
                    self.name(&field.name)
                })
            }
            ExprKind::Match { arms, .. } => arms.iter().try_for_each(|arm| {
                self.inside(arm.span, self.hir[arm.pat].span)?;
                self.inside(arm.span, self.hir[arm.body].span)
            }),
            ExprKind::Macro(call) => self.macro_call(call),
            _ => Ok(()),
        }
    }

    fn macro_call(&self, call: &MacroCall) -> Verdict {
        self.inside(call.span, call.inner)?;
        self.path(&call.path)?;
        call.captures.iter().try_for_each(|name| {
            self.inside(call.inner, name.span)?;
            self.name(name)
        })
    }

    fn name(&self, name: &Name) -> Verdict {
        let found = self.readable(name.span)?;
        match found.strip_prefix("r#").unwrap_or(found) == name.text {
            true => Ok(()),
            false => Err(format!("{name:?} stands over {found:?}")),
        }
    }

    fn path(&self, path: &Path) -> Verdict {
        for segment in &path.segments {
            self.inside(path.span, segment.name.span)?;
            self.name(&segment.name)?;
            if let GenericArgs::Angle { assoc, span, .. } = &segment.args {
                self.inside(path.span, *span)?;
                assoc.iter().try_for_each(|(name, _)| self.name(name))?;
            }
        }
        Ok(())
    }

    fn stmts(&self) -> Verdict {
        for (index, stmt) in self.hir.stmts.iter().enumerate() {
            self.inside(self.hir[stmt.block].span, stmt.span)?;
            let ExprKind::Block { stmts, .. } = &self.hir[stmt.block].kind else {
                return Err(format!("{stmt:?} is in no block"));
            };
            if stmts.get(stmt.index as usize).map(|id| id.0 as usize) != Some(index) {
                return Err(format!("{stmt:?} is not in its block"));
            }
            if stmts.windows(2).any(|pair| self.hir[pair[0]].span.end > self.hir[pair[1]].span.start) {
                return Err(format!("statements around {stmt:?} overlap"));
            }
        }
        Ok(())
    }

    fn pats(&self) -> Verdict {
        for pat in &self.hir.pats {
            let outer = match pat.parent {
                PatParent::Pat(id) => self.hir[id].span,
                PatParent::Expr(id) => self.hir[id].span,
                PatParent::Stmt(id) => self.hir[id].span,
                PatParent::Item(id) => self.hir[id].span,
            };
            self.inside(outer, pat.span)?;
            match &pat.kind {
                PatKind::Bind { name, .. } => self.name(name)?,
                PatKind::Path(path) | PatKind::TupleStruct { path, .. } => self.path(path)?,
                PatKind::Struct { path, fields, .. } => {
                    self.path(path)?;
                    fields.iter().try_for_each(|field| self.name(&field.name))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn types(&self) -> Verdict {
        for ty in &self.hir.types {
            let outer = match ty.parent {
                TypeParent::Type(id) => self.hir[id].span,
                TypeParent::Expr(id) => self.hir[id].span,
                TypeParent::Stmt(id) => self.hir[id].span,
                TypeParent::Item(id) => self.hir[id].span,
                TypeParent::Pat(id) => self.hir[id].span,
            };
            self.inside(outer, ty.span)?;
            match &ty.kind {
                TypeKind::Path(path) => self.path(path)?,
                TypeKind::ImplTrait(paths) | TypeKind::DynTrait(paths) => {
                    paths.iter().try_for_each(|path| self.path(path))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn items(&self) -> Verdict {
        for item in &self.hir.items {
            match item.parent {
                ItemParent::File => self.readable(item.span).map(drop)?,
                ItemParent::Item(id) => self.inside(self.hir[id].span, item.span)?,
                ItemParent::Stmt(id) => self.inside(self.hir[id].span, item.span)?,
            }
            item.name.iter().try_for_each(|name| self.name(name))?;
            item.attrs.iter().try_for_each(|attr| self.inside(item.span, attr.span))?;
            match &item.kind {
                ItemKind::Use(tree) => self.use_tree(item.span, tree)?,
                ItemKind::Struct(fields) => self.fields(item.span, fields)?,
                ItemKind::Enum(variants) => variants.iter().try_for_each(|variant| {
                    self.inside(item.span, variant.span)?;
                    self.name(&variant.name)?;
                    self.fields(variant.span, &variant.fields)
                })?,
                ItemKind::Fn(function) => function.params.iter().try_for_each(|param| {
                    self.inside(function.params_span, param.span)?;
                    self.inside(param.span, self.hir[param.pat].span)?;
                    self.inside(param.span, self.hir[param.ty].span)
                })?,
                ItemKind::Macro(call) => self.macro_call(call)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn fields(&self, outer: Span, fields: &Fields) -> Verdict {
        let (Fields::Named(fields) | Fields::Tuple(fields)) = fields else { return Ok(()) };
        for field in fields {
            self.inside(outer, field.span)?;
            self.inside(field.span, self.hir[field.ty].span)?;
            field.name.iter().try_for_each(|name| self.name(name))?;
        }
        Ok(())
    }

    fn use_tree(&self, outer: Span, tree: &UseTree) -> Verdict {
        self.inside(outer, tree.span)?;
        match &tree.kind {
            UseKind::Path { name, rest } => {
                self.name(name)?;
                self.use_tree(tree.span, rest)
            }
            UseKind::Name(name) => self.name(name),
            UseKind::Rename { name, rename } => {
                self.name(name)?;
                self.name(rename)
            }
            UseKind::Glob => Ok(()),
            UseKind::Group(trees) => trees.iter().try_for_each(|inner| self.use_tree(tree.span, inner)),
        }
    }
}
