//! Structs that end what others have claimed, such as guards with a `Drop` of their own: they hold the permit.

use super::super::cx::{Change, Cx};
use super::super::hir::{ExprId, ExprKind, Fields, PatId, PatParent, Span, TypeId, TypeKind};
use super::super::index::{DefId, FileIdx};
use super::super::ty::Ty;
use super::claim::{Claim, Holds};
use super::hand::Hand;
use super::{Parts, Place, owner, receiver};

/// A struct whose field is a permit in place of the state.
#[derive(Clone, Debug)]
pub(super) struct Holder {
    def: DefId,
    field: String,
    /// Where the field's type is written.
    file: FileIdx,
    ty: TypeId,
    /// What its literals and constructors give the field.
    pub(super) given: Vec<Place>,
    /// Whether each has a handle on the permit beside others.
    pub(super) is_shared: bool,
}

/// The structs that hold permits.
pub(super) fn all(cx: &Cx<'_>, parts: &Parts, claims: &[Claim]) -> Vec<Holder> {
    let open = parts.events().filter(|&event| owner(cx, claims, event).is_none());
    let mut found: Vec<(DefId, String)> = open.filter_map(|event| field_of(cx, event)).collect();
    found.sort();
    found.dedup();
    found.into_iter().filter_map(|(def, field)| Holder::of(cx, parts, claims, def, field)).collect()
}

/// The field of `self`, of a struct of the program, that an event is of.
fn field_of(cx: &Cx<'_>, (file, event): Place) -> Option<(DefId, String)> {
    let access = access(cx, file, receiver(cx, file, event)?)?;
    let (def, name) = cx.inferred(file).fields.get(&access)?;
    (!cx.program.is_model(*def)).then(|| (*def, name.clone()))
}

/// The `self.field` that an expression begins with.
fn access(cx: &Cx<'_>, file: FileIdx, value: ExprId) -> Option<ExprId> {
    let mut at = cx.referent(file, value);
    loop {
        let ExprKind::Field { base, .. } = cx.hir(file)[at].kind else { return None };
        let base = cx.referent(file, base);
        if cx.expr_text(file, base) == "self" {
            return Some(at);
        }
        at = base;
    }
}

impl Holder {
    fn of(cx: &Cx<'_>, parts: &Parts, claims: &[Claim], def: DefId, field: String) -> Option<Self> {
        let file = cx.program.def(def).file;
        let (Fields::Named(fields) | Fields::Tuple(fields)) = cx.program.fields(def)? else { return None };
        let is_own = |(index, own): &(usize, &super::super::hir::Field)| match &own.name {
            Some(name) => name.text == field,
            None => index.to_string() == field,
        };
        let ty = fields.iter().enumerate().find(is_own)?.1.ty;
        let (given, reads) = (given(cx, def, &field)?, reads(cx, def, &field));
        let is_event = |&(file, read): &Place| {
            parts.finishes.iter().chain(&parts.stored).any(|&(own, at)| {
                own == file && receiver(cx, file, at).is_some_and(|of| cx.span(file, of).contains(cx.span(file, read)))
            })
        };
        let is_claimed =
            given.iter().all(|&place| owner(cx, claims, place).is_some_and(|one| one.holds == Holds::Permit));
        let is_holder = !given.is_empty() && reads.iter().all(is_event) && is_claimed;
        let is_lent = matches!(cx.hir(file)[ty].kind, TypeKind::Ref { .. });
        is_holder.then_some(Self { def, field, file, ty, given, is_shared: !is_lent })
    }

    /// Whether an event is one of the permit in the field.
    pub(super) fn has(&self, cx: &Cx<'_>, event: Place) -> bool {
        field_of(cx, event).is_some_and(|(def, field)| def == self.def && field == self.field)
    }

    /// The permit as the struct's own functions name it.
    pub(super) fn hand(&self, cx: &Cx<'_>, (file, event): Place) -> Option<Hand> {
        let own = access(cx, file, receiver(cx, file, event)?)?;
        let name = cx.expr_text(file, own).to_owned();
        let scope = cx.span(file, event);
        Some(Hand { file, name, holds: Holds::Permit, is_reference: false, is_owned: false, scope })
    }

    /// The permit of a local in sight that is such a struct.
    pub(super) fn local(&self, cx: &Cx<'_>, (file, event): Place) -> Option<Hand> {
        let hir = cx.hir(file);
        let span = cx.span(file, event);
        let is_own =
            |pat: &PatId| matches!(cx.inferred(file).bindings.get(pat), Some(Ty::Adt(def, _)) if *def == self.def);
        let is_seen = |pat: &PatId| match hir[*pat].parent {
            PatParent::Stmt(stmt) => hir[stmt].span.end <= span.start && cx.span(file, hir[stmt].block).contains(span),
            _ => false,
        };
        let locals = cx.inferred(file).bindings.keys().copied().filter(|pat| is_own(pat) && is_seen(pat));
        let local = locals.max_by_key(|pat| hir[*pat].span.start)?;
        let module = |scope| cx.program.real_module(scope);
        let own = cx.program.def(self.def).parent.map(module);
        let is_visible = own == Some(module(cx.program.scope_of_expr(file, event)));
        let name = format!("{}.{}", cx.bound_name(file, local).filter(|_| is_visible)?, self.field);
        Some(Hand { file, name, holds: Holds::Permit, is_reference: false, is_owned: false, scope: span })
    }

    /// The type of the field.
    pub(super) fn ty(&self, cx: &Cx<'_>) -> Change {
        let hir = cx.hir(self.file);
        let scope = super::super::flow::scope_of_type(cx.resolver, self.file, self.ty);
        let permit = cx.name(self.file, scope, "session::RunPermit");
        match hir[self.ty].kind {
            TypeKind::Ref { inner, .. } => cx.replace(self.file, hir[inner].span, permit),
            _ => cx.replace(self.file, hir[self.ty].span, format!("{}<{permit}>", self.pointer(cx))),
        }
    }

    /// The name of the pointer that the field's type begins with, as it is written there.
    fn pointer(&self, cx: &Cx<'_>) -> String {
        let text = cx.text(self.file, cx.hir(self.file)[self.ty].span);
        let name = text.split('<').next().unwrap_or_default();
        if name.ends_with("Arc") && text.contains('<') { name.to_owned() } else { "std::sync::Arc".to_owned() }
    }

    /// Where the types of the field are written.
    pub(super) fn types(&self, cx: &Cx<'_>) -> (FileIdx, Span) {
        (self.file, cx.hir(self.file)[self.ty].span)
    }

    /// What the struct is given, for a permit at hand there.
    pub(super) fn argument(&self, cx: &Cx<'_>, (file, value): Place, given: &Hand) -> Change {
        let text = if self.is_shared { format!("{}.clone()", given.name) } else { given.reference() };
        let hir = cx.hir(file);
        // `Guard { state }` gives the field by its name.
        let is_shorthand = cx.parent_expr(file, value).is_some_and(|parent| match &hir[parent].kind {
            ExprKind::Struct { fields, .. } => fields.iter().any(|field| field.value == value && field.shorthand),
            _ => false,
        });
        let text = if is_shorthand { format!("{}: {text}", self.field) } else { text };
        cx.replace(file, cx.span(file, value), text)
    }
}

/// What all literals and constructor calls of a struct give a field; `None` where one gives it otherwise.
fn given(cx: &Cx<'_>, def: DefId, field: &str) -> Option<Vec<Place>> {
    let mut given = Vec::new();
    let mut files: Vec<FileIdx> = cx.inferred.keys().copied().collect();
    files.sort();
    for file in files {
        let hir = cx.hir(file);
        for expr in (0..hir.exprs.len() as u32).map(ExprId) {
            match &hir[expr].kind {
                ExprKind::Struct { fields, rest, .. } if cx.inferred(file).literals.get(&expr) == Some(&def) => {
                    let own = fields.iter().find(|own| own.name.text == field);
                    given.push((file, own.filter(|_| rest.is_none())?.value));
                }
                ExprKind::Call { callee, args } if cx.value_def(file, *callee) == Some(def) => {
                    given.push((file, *args.get(field.parse::<usize>().ok()?)?));
                }
                ExprKind::Path(_) if cx.value_def(file, expr) == Some(def) => {
                    super::passing::call_at(cx, file, expr)?;
                }
                _ => {}
            }
        }
    }
    Some(given)
}

fn reads(cx: &Cx<'_>, def: DefId, field: &str) -> Vec<Place> {
    let mut reads: Vec<Place> = Vec::new();
    for (&file, inferred) in cx.inferred {
        let own = inferred.fields.iter().filter(|(_, (of, name))| *of == def && name == field);
        reads.extend(own.map(|(&expr, _)| (file, expr)));
    }
    reads.sort();
    reads
}
