//! Options that nobody ever gives: parameters, fields, arguments and locals disappear.

use std::collections::BTreeSet;

use super::super::super::cx::{Change, Cx, TraitMethod};
use super::super::super::flow::Node;
use super::super::super::hir::{
    ExprId, ExprKind, Fields, MacroContent, Parent, PatId, PatParent, Span, StmtId, StmtKind,
};
use super::super::super::index::{DefId, DefKind, FileIdx};
use super::super::super::proof::is_called_from_outside;
use super::super::super::text::{delete_from_list, is_none, is_plain};
use super::super::inference_state::delete_line;
use super::uses::holds_options;

/// What goes with options that nobody gives.
#[derive(Debug, Default)]
pub(crate) struct Dead {
    pub(crate) changes: Vec<Change>,
    /// A function that code outside of the program may call loses a parameter.
    pub(crate) is_public: bool,
}

/// Works out what goes, where nothing but what goes looks at the options.
pub(crate) fn dead(cx: &Cx<'_>, nodes: &[Node]) -> Option<Dead> {
    let mut search = Search { cx, nodes, regions: Vec::new(), dead: Dead::default(), whole: BTreeSet::new() };
    for node in nodes {
        if let Node::Param(def, _) = node
            && search.is_builder_step(*def)
        {
            search.builder_step(*def)?;
        }
    }
    for node in nodes {
        match node {
            Node::Param(def, index) if !search.whole.contains(def) => search.param(*def, *index)?,
            Node::Field(def, name) => search.field(*def, name)?,
            Node::Binding(file, pat) => search.local(*file, *pat),
            Node::Expr(file, expr) => search.expr(*file, *expr),
            _ => {}
        }
    }
    nodes.iter().all(|node| search.is_covered(node)).then_some(search.dead)
}

struct Search<'a> {
    cx: &'a Cx<'a>,
    nodes: &'a [Node],
    regions: Vec<(FileIdx, Span)>,
    dead: Dead,
    /// Functions that go as a whole.
    whole: BTreeSet<DefId>,
}

impl Search<'_> {
    fn region(&mut self, file: FileIdx, span: Span, change: Change) {
        self.regions.push((file, span));
        self.dead.changes.push(change);
    }

    fn covers(&self, file: FileIdx, span: Span) -> bool {
        self.regions.iter().any(|&(own, region)| own == file && region.contains(span))
    }

    fn is_covered(&self, node: &Node) -> bool {
        let hir = |file| self.cx.hir(file);
        match node {
            Node::Expr(file, expr) => {
                self.covers(*file, hir(*file)[*expr].span) || self.is_callee(*file, *expr) || self.is_call(*file, *expr)
            }
            Node::Binding(file, pat) => {
                let ty = self.cx.inferred(*file).bindings.get(pat);
                self.covers(*file, hir(*file)[*pat].span) || !ty.is_some_and(|ty| holds_options(self.cx, ty))
            }
            Node::Type(file, ty) => {
                self.covers(*file, hir(*file)[*ty].span) || super::factory::names_factory(self.cx, *file, *ty)
            }
            Node::Param(..) | Node::Field(..) => true,
            Node::Return(def) => self.whole.contains(def) || !self.gives_options(*def),
            Node::Item(def) => {
                let program = self.cx.program;
                program.is_model(*def) || program.def(*def).kind == DefKind::Impl
            }
        }
    }

    fn gives_options(&self, def: DefId) -> bool {
        let ret = self.cx.program.fn_item(def).and_then(|function| function.ret);
        let scope = self.cx.resolver.ty_scope(def);
        ret.is_some_and(|ret| holds_options(self.cx, &self.cx.resolver.lower(ret, &scope)))
    }

    fn is_callee(&self, file: FileIdx, expr: ExprId) -> bool {
        match self.cx.hir(file)[expr].parent {
            Parent::Expr(parent) => {
                matches!(&self.cx.hir(file)[parent].kind, ExprKind::Call { callee, .. } if *callee == expr)
            }
            _ => false,
        }
    }

    /// A call whose own value holds no options, or a value that is a factory.
    fn is_call(&self, file: FileIdx, expr: ExprId) -> bool {
        !holds_options(self.cx, self.cx.ty(file, expr))
    }

    /// `fn with_options(mut self, options: …) -> Self`, which does nothing else.
    fn is_builder_step(&self, def: DefId) -> bool {
        let Some(function) = self.cx.program.fn_item(def) else { return false };
        let takes_self = function.self_param.as_ref().is_some_and(|own| !own.by_ref && own.ty.is_none());
        let only_options = (0..function.params.len()).all(|index| self.nodes.contains(&Node::Param(def, index)));
        let scope = self.cx.resolver.ty_scope(def);
        let gives_self = function.ret.is_some_and(|ret| Some(self.cx.resolver.lower(ret, &scope)) == scope.self_ty);
        takes_self && only_options && gives_self && self.cx.trait_method(def) == TraitMethod::None
    }

    fn builder_step(&mut self, def: DefId) -> Option<()> {
        let cx = self.cx;
        self.dead.is_public |= is_called_from_outside(cx, def);
        for &(file, call) in cx.callers(def) {
            let ExprKind::MethodCall { receiver, args, .. } = &cx.hir(file)[call].kind else { return None };
            if !args.iter().all(|&arg| is_empty_value(cx, file, arg)) {
                return None;
            }
            let step = Span { start: cx.span(file, *receiver).end, end: cx.span(file, call).end };
            self.region(file, step, cx.replace(file, step, ""));
        }
        let data = cx.program.def(def);
        let span = cx.hir(data.file)[data.item?].span;
        self.region(data.file, span, delete_item(cx, data.file, span));
        self.whole.insert(def);
        Some(())
    }

    fn param(&mut self, def: DefId, index: usize) -> Option<()> {
        let cx = self.cx;
        let function = cx.program.fn_item(def)?;
        let written = cx.resolver.lower(function.params.get(index)?.ty, &cx.resolver.ty_scope(def));
        if !holds_options(cx, &written) {
            return Some(());
        }
        let file = cx.program.def(def).file;
        let is_factory = super::factory::implements_factory(cx, def);
        if cx.trait_method(def) == TraitMethod::Foreign && !is_factory {
            return None;
        }
        self.dead.is_public |= !is_factory && is_called_from_outside(cx, def);
        let own = function.self_param.as_ref().map(|own| own.span);
        let spans: Vec<Span> = own.into_iter().chain(function.params.iter().map(|param| param.span)).collect();
        let shift = usize::from(function.self_param.is_some());
        let change = delete_from_list(cx, file, &spans, index + shift);
        self.region(file, *spans.get(index + shift)?, change);
        for &(file, caller) in cx.callers(def) {
            let (args, index) = arguments_of(cx, file, caller, index, shift)?;
            let arg = *args.get(index)?;
            if !is_empty_value(cx, file, arg) {
                return None;
            }
            let spans: Vec<Span> = args.iter().map(|&arg| cx.span(file, arg)).collect();
            self.region(file, spans[index], delete_from_list(cx, file, &spans, index));
        }
        Some(())
    }

    fn field(&mut self, def: DefId, name: &str) -> Option<()> {
        let cx = self.cx;
        if !cx.resolver.field_types(def, &[]).iter().any(|(own, ty, _)| own == name && holds_options(cx, ty)) {
            return Some(());
        }
        let Some(Fields::Named(fields)) = cx.program.fields(def) else { return None };
        let file = cx.program.def(def).file;
        let index = fields.iter().position(|field| field.name.as_ref().is_some_and(|own| own.text == name))?;
        let spans: Vec<Span> = fields.iter().map(|field| field.span).collect();
        self.dead.is_public |= self.is_exported_field(def, &fields[index]);
        self.region(file, spans[index], delete_from_list(cx, file, &spans, index));
        for (&file, inferred) in cx.inferred {
            for (&literal, &own) in &inferred.literals {
                let ExprKind::Struct { fields, .. } = &cx.hir(file)[literal].kind else { continue };
                let Some(index) = fields.iter().position(|field| own == def && field.name.text == name) else {
                    continue;
                };
                if !is_empty_value(cx, file, fields[index].value) {
                    return None;
                }
                let spans: Vec<Span> = fields.iter().map(|field| field.span).collect();
                self.region(file, spans[index], delete_from_list(cx, file, &spans, index));
            }
        }
        Some(())
    }

    fn is_exported_field(&self, def: DefId, field: &super::super::super::hir::Field) -> bool {
        use super::super::super::hir::Visibility;
        let data = self.cx.program.def(def);
        field.visibility == Visibility::Public
            && data.visibility == Visibility::Public
            && self.cx.program.krate(data.krate).is_open
    }

    /// `let options = vec![];`
    fn local(&mut self, file: FileIdx, pat: PatId) {
        let hir = self.cx.hir(file);
        let PatParent::Stmt(stmt) = hir[pat].parent else { return };
        let StmtKind::Let { pat: whole, init, otherwise: None, .. } = hir[stmt].kind else { return };
        if whole == pat && init.is_none_or(|init| is_empty_value(self.cx, file, init)) {
            self.statement(file, stmt);
        }
    }

    fn statement(&mut self, file: FileIdx, stmt: StmtId) {
        let span = self.cx.hir(file)[stmt].span;
        let change = delete_line(self.cx, file, span);
        self.region(file, span, change);
    }

    /// Arguments of constructions, and statements that move options around.
    fn expr(&mut self, file: FileIdx, expr: ExprId) {
        let cx = self.cx;
        let hir = cx.hir(file);
        if !holds_options(cx, cx.ty(file, expr)) {
            return;
        }
        if let Some(call) = cx.parent_expr(file, expr)
            && let Some((args, index)) = super::argument(cx, file, call)
            && args[index] == expr
            && super::super::engine_sink::is_construction(cx, file, call)
            && is_empty_value(cx, file, expr)
        {
            let spans: Vec<Span> = args.iter().map(|&arg| cx.span(file, arg)).collect();
            self.region(file, spans[index], delete_from_list(cx, file, &spans, index));
        }
        let Some(parent) = cx.parent_expr(file, expr) else { return };
        let Parent::Stmt(stmt) = hir[parent].parent else { return };
        let moves = match &hir[parent].kind {
            ExprKind::MethodCall { receiver, method, args, .. } => {
                let moves = ["extend", "append", "clear", "extend_from_slice", "reserve"];
                *receiver == expr
                    && moves.contains(&method.text.as_str())
                    && args.iter().all(|&arg| is_empty_value(cx, file, arg))
            }
            ExprKind::Assign { lhs, rhs } => *lhs == expr && is_empty_value(cx, file, *rhs),
            _ => false,
        };
        if moves && matches!(hir[stmt].kind, StmtKind::Expr { semi: true, .. }) && !self.covers(file, hir[stmt].span) {
            self.statement(file, stmt);
        }
    }
}

/// Deletes an item with its lines and one of the blank lines around it.
fn delete_item(cx: &Cx<'_>, file: FileIdx, span: Span) -> Change {
    let source = cx.source(file);
    let lines = delete_line(cx, file, span).edit.range();
    let after = &source[lines.end..];
    let blank = after.len() - after.trim_start_matches([' ', '\t', '\r']).len();
    let before = source[..lines.start].trim_end_matches([' ', '\t']);
    let end = match after[blank..].starts_with('\n') {
        true => lines.end + blank + 1,
        false => lines.end,
    };
    let newline = cx.program.unit(file).source.newline();
    let start = match before.strip_suffix(newline) {
        Some(rest) if end == lines.end && rest.ends_with(newline) => rest.len(),
        _ => lines.start,
    };
    cx.replace(file, Span { start: start as u32, end: end as u32 }, "")
}

/// The arguments of the call by which a function is reached, and the place of one of them.
pub(super) fn arguments_of<'a>(
    cx: &Cx<'a>,
    file: FileIdx,
    caller: ExprId,
    index: usize,
    shift: usize,
) -> Option<(&'a [ExprId], usize)> {
    let hir = cx.hir(file);
    if let ExprKind::MethodCall { args, .. } = &hir[caller].kind {
        return Some((args, index));
    }
    let Parent::Expr(parent) = hir[caller].parent else { return None };
    match &hir[parent].kind {
        ExprKind::Call { callee, args } if *callee == caller => Some((args, index + shift)),
        _ => None,
    }
}

/// Whether an expression is no option at all, or names options that are looked at nowhere else, without doing anything.
fn is_empty_value(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let hir = cx.hir(file);
    match &hir[expr].kind {
        ExprKind::Path(_) => {
            is_none(cx, file, expr) || (cx.local(file, expr).is_some() && holds_options(cx, cx.ty(file, expr)))
        }
        ExprKind::Field { .. } => is_plain(cx, file, expr) && holds_options(cx, cx.ty(file, expr)),
        ExprKind::Paren(inner) | ExprKind::Ref { expr: inner, .. } => is_empty_value(cx, file, *inner),
        ExprKind::Array(parts) | ExprKind::Tuple(parts) => parts.is_empty(),
        ExprKind::Macro(call) => {
            let is_vec = call.path.segments.last().is_some_and(|last| last.name.text == "vec");
            is_vec && matches!(&call.content, MacroContent::Exprs(parts) if parts.is_empty())
        }
        ExprKind::Call { args, .. } => {
            let empty = [
                "std::vec::Vec::new",
                "std::vec::Vec::default",
                "std::vec::Vec::with_capacity",
                "std::default::Default::default",
                "std::iter::empty",
            ];
            let passes = ["std::mem::take"];
            let calls = |path: &&str| cx.calls_known(file, expr, path).is_some();
            empty.iter().any(calls) && args.iter().all(|&arg| matches!(hir[arg].kind, ExprKind::Lit(_)))
                || passes.iter().any(calls) && args.iter().all(|&arg| is_empty_value(cx, file, arg))
        }
        ExprKind::MethodCall { receiver, method, args, .. } => {
            let passes =
                ["clone", "to_vec", "iter", "into_iter", "cloned", "collect", "unwrap_or_default", "to_owned", "take"];
            passes.contains(&method.text.as_str()) && args.is_empty() && is_empty_value(cx, file, *receiver)
        }
        _ => false,
    }
}
