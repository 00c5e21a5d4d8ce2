//! Where values pass in expressions: through operators, calls, `?` and conversions.

use super::super::hir::{self, BlockFlavour, ExprId, ExprKind, ItemKind, Parent, StmtKind, TypeId};
use super::super::index::{DefId, DefKind};
use super::super::infer::ValueRes;
use super::super::legacy::Tracked;
use super::super::ty::Ty;
use super::{Flow, Node, Walk, is_downcast};

impl Walk<'_> {
    pub(super) fn exprs(&self, flow: &mut Flow) {
        for index in 0..self.hir.exprs.len() {
            let id = ExprId(index as u32);
            self.call_edges(id, flow);
            self.sibling_edges(id, flow);
            self.error_edges(id, flow);
            self.option_edges(id, flow);
            self.persister_edges(id, flow);
            if !self.is_tracked_expr(id) {
                continue;
            }
            flow.add(self.expr_node(id));
            self.parent_edges(id, flow);
            self.value_edges(id, flow);
        }
    }

    /// A tracked value inside an expression whose own type is tracked: it passes through.
    fn parent_edges(&self, id: ExprId, flow: &mut Flow) {
        match self.hir[id].parent {
            Parent::Expr(parent) if self.is_tracked_expr(parent) => {
                flow.join(self.expr_node(id), self.expr_node(parent));
            }
            Parent::Stmt(stmt) => match &self.hir[stmt].kind {
                StmtKind::Expr { semi: false, .. } => {
                    let block = self.hir[stmt].block;
                    if self.is_tracked_expr(block) {
                        flow.join(self.expr_node(id), self.expr_node(block));
                    }
                }
                StmtKind::Let { pat, .. } => {
                    for binding in self.bound_by(*pat) {
                        flow.join(self.expr_node(id), binding);
                    }
                }
                _ => {}
            },
            Parent::Item(item) => {
                if let Some(def) = self.resolver.program.def_of_item(self.file, item) {
                    let node = match self.resolver.program.def(def).kind {
                        DefKind::Fn => Node::Return(def),
                        _ => Node::Item(def),
                    };
                    flow.join(self.expr_node(id), node);
                }
            }
            _ => {}
        }
    }

    /// Core sessions with a persister belong together with all that implements one.
    fn persister_edges(&self, id: ExprId, flow: &mut Flow) {
        let ExprKind::Struct { fields, .. } = &self.hir[id].kind else { return };
        let is_core =
            self.inferred.literals.get(&id).and_then(|&def| self.legacy.kind(def)) == Some(Tracked::CoreSession);
        let none = self.resolver.known("std::option::Option::None");
        let is_none =
            |value: ExprId| matches!(self.inferred.values.get(&value), Some(ValueRes::Def(def)) if Some(*def) == none);
        if is_core && fields.iter().any(|field| field.name.text == "persister" && !is_none(field.value)) {
            flow.join(self.expr_node(id), super::persister_node(self.resolver));
        }
    }

    /// Options and the configuration that they are applied to belong together, as do all users of the factory trait.
    fn option_edges(&self, id: ExprId, flow: &mut Flow) {
        match &self.hir[id].kind {
            ExprKind::Call { callee, args } => {
                let applies = match self.inferred.values.get(callee) {
                    Some(ValueRes::Def(def)) => self.legacy.function(*def) == Some("apply_options"),
                    _ => self.names(*callee, Tracked::EngineOption),
                };
                let creates = match self.inferred.values.get(callee) {
                    Some(ValueRes::Def(def)) => self.legacy.method(*def) == Some("create_engine"),
                    _ => false,
                };
                if creates {
                    for &part in args.last().into_iter().chain([&id, callee]) {
                        flow.join(self.expr_node(part), self.factory_node());
                    }
                }
                if applies {
                    for &arg in args.iter().filter(|&&arg| self.is_tracked_expr(arg)).chain([callee]) {
                        flow.join(self.expr_node(id), self.expr_node(arg));
                    }
                }
            }
            ExprKind::MethodCall { receiver, args, .. } => {
                let creates = self.inferred.methods.get(&id).and_then(|&def| self.legacy.method(def));
                if creates == Some("create_engine") && !self.is_made_on_the_spot(*receiver) {
                    for &part in args.last().into_iter().chain([&id]) {
                        flow.join(self.expr_node(part), self.factory_node());
                    }
                }
            }
            _ => {}
        }
        if self.names(id, Tracked::Factory) && !self.is_made_on_the_spot(id) {
            flow.join(self.expr_node(id), self.factory_node());
        }
    }

    fn names(&self, id: ExprId, kind: Tracked) -> bool {
        self.legacy.mentioned(self.inferred.ty(id)).contains(&kind)
    }

    /// `StandardEngineFactory.create_engine(…)`: no other factory can be meant.
    fn is_made_on_the_spot(&self, id: ExprId) -> bool {
        let is_receiver = match self.hir[id].parent {
            Parent::Expr(parent) => {
                matches!(&self.hir[parent].kind, ExprKind::MethodCall { receiver, .. } if *receiver == id)
            }
            _ => false,
        };
        is_receiver && matches!(self.hir[id].kind, ExprKind::Path(_)) && self.inferred.local(id).is_none()
    }

    fn value_edges(&self, id: ExprId, flow: &mut Flow) {
        let node = self.expr_node(id);
        match self.inferred.values.get(&id) {
            Some(ValueRes::Local(pat)) => flow.join(node.clone(), Node::Binding(self.file, *pat)),
            Some(ValueRes::Def(def)) if !self.resolver.program.is_model(*def) => self.join_def(&node, *def, flow),
            _ => {}
        }
        if let Some((def, name)) = self.inferred.fields.get(&id)
            && !self.resolver.program.is_model(*def)
        {
            flow.join(node.clone(), Node::Field(*def, name.clone()));
        }
        match &self.hir[id].kind {
            ExprKind::MethodCall { .. } => {
                if let Some(&def) = self.inferred.methods.get(&id)
                    && !self.resolver.program.is_model(def)
                {
                    flow.join(node, Node::Return(def));
                }
            }
            ExprKind::Call { callee, .. } => {
                if let Some(ValueRes::Def(def)) = self.inferred.values.get(callee)
                    && !self.resolver.program.is_model(*def)
                    && self.resolver.program.def(*def).kind == DefKind::Fn
                {
                    flow.join(node, Node::Return(*def));
                }
            }
            ExprKind::Assign { lhs, rhs } => flow.join(self.expr_node(*lhs), self.expr_node(*rhs)),
            ExprKind::Return(_) => {}
            _ => {}
        }
    }

    fn is_callee(&self, id: ExprId) -> bool {
        match self.hir[id].parent {
            Parent::Expr(parent) => matches!(&self.hir[parent].kind, ExprKind::Call { callee, .. } if *callee == id),
            _ => false,
        }
    }

    /// A function, constant or constructor named as a value.
    fn join_def(&self, node: &Node, def: DefId, flow: &mut Flow) {
        let program = self.resolver.program;
        match program.def(def).kind {
            DefKind::Const | DefKind::Static => flow.join(node.clone(), Node::Item(def)),
            DefKind::Fn if !matches!(node, Node::Expr(_, id) if self.is_callee(*id)) => {
                self.tie_signature(def, |_| node.clone(), flow);
            }
            DefKind::Variant(_) | DefKind::Struct => {
                for (name, ty, _) in self.resolver.field_types(def, &[]) {
                    if self.tracked(&ty) {
                        flow.join(node.clone(), Node::Field(def, name));
                    }
                }
            }
            _ => {}
        }
    }

    /// Arguments and field values with tracked types, tied to the user's parameters and fields.
    fn call_edges(&self, id: ExprId, flow: &mut Flow) {
        let program = self.resolver.program;
        let (callee, args, shift) = match &self.hir[id].kind {
            ExprKind::Call { callee, args } => match self.inferred.values.get(callee) {
                Some(ValueRes::Def(def)) => {
                    if self.is_tracked_expr(*callee) && program.is_model(*def) {
                        flow.join(self.expr_node(*callee), self.expr_node(id));
                        self.join_to_callee(*callee, args, flow);
                    }
                    let takes_self = program.fn_item(*def).is_some_and(|function| function.self_param.is_some());
                    (*def, args, usize::from(takes_self))
                }
                // A function in a local: the method that it is changes with what it is called on.
                Some(ValueRes::Local(_)) if self.is_tracked_expr(*callee) => {
                    return self.join_to_callee(*callee, args, flow);
                }
                _ => return,
            },
            ExprKind::MethodCall { args, .. } => match self.inferred.methods.get(&id) {
                Some(&def) => (def, args, 0),
                None => return,
            },
            ExprKind::Struct { fields, .. } => {
                if let Some(&def) = self.inferred.literals.get(&id)
                    && !program.is_model(def)
                {
                    for field in fields.iter().filter(|field| self.is_tracked_expr(field.value)) {
                        flow.join(self.expr_node(field.value), Node::Field(def, field.name.text.clone()));
                    }
                }
                return;
            }
            ExprKind::Assign { lhs, rhs } if self.is_tracked_expr(*rhs) => {
                return flow.join(self.expr_node(*lhs), self.expr_node(*rhs));
            }
            _ => return,
        };
        if program.is_model(callee) {
            return;
        }
        for (index, &arg) in args.iter().enumerate().filter(|(_, arg)| self.is_tracked_expr(**arg)) {
            let slot = match program.def(callee).kind {
                DefKind::Fn => match index.checked_sub(shift) {
                    Some(index) => Node::Param(callee, index),
                    None => continue,
                },
                DefKind::Variant(_) | DefKind::Struct => Node::Field(callee, index.to_string()),
                _ => continue,
            };
            flow.join(self.expr_node(arg), slot);
        }
    }

    fn join_to_callee(&self, callee: ExprId, args: &[ExprId], flow: &mut Flow) {
        for &arg in args.iter().filter(|&&arg| self.is_tracked_expr(arg)) {
            flow.join(self.expr_node(callee), self.expr_node(arg));
        }
    }

    /// Operands that are compared, and arguments of code that is not the program's, are of one type as far as is known.
    fn sibling_edges(&self, id: ExprId, flow: &mut Flow) {
        let operands: Vec<ExprId> = match &self.hir[id].kind {
            ExprKind::Binary { lhs, rhs, .. } => vec![*lhs, *rhs],
            ExprKind::Macro(call) => match &call.content {
                hir::MacroContent::Exprs(exprs) => {
                    let name = call.path.segments.last().map_or("", |last| last.name.text.as_str());
                    if !name.contains("assert") {
                        return;
                    }
                    exprs.clone()
                }
                _ => return,
            },
            ExprKind::MethodCall { receiver, args, .. } => {
                let own = self.inferred.methods.get(&id).is_some_and(|&def| !self.resolver.program.is_model(def));
                if own {
                    return;
                }
                std::iter::once(*receiver).chain(args.iter().copied()).collect()
            }
            _ => return,
        };
        let tracked: Vec<ExprId> = operands.into_iter().filter(|&operand| self.is_tracked_expr(operand)).collect();
        for pair in tracked.windows(2) {
            flow.join(self.expr_node(pair[0]), self.expr_node(pair[1]));
        }
    }

    /// Written types that an error is downcast to.
    pub(super) fn downcasts(&self) -> Vec<Node> {
        let types = (0..self.hir.types.len() as u32).map(TypeId).filter(|&ty| is_downcast(self.hir, ty));
        types.filter(|&ty| !self.type_names(ty).is_empty()).map(|ty| Node::Type(self.file, ty)).collect()
    }

    /// Tracked errors that become `Box<dyn Error>` or an error of another crate.
    pub(super) fn boxed(&self) -> Vec<Node> {
        let exprs = (0..self.hir.exprs.len() as u32).map(ExprId);
        exprs
            .filter_map(|id| match &self.hir[id].kind {
                ExprKind::Try(inner) => Some(*inner),
                ExprKind::MethodCall { receiver, method, .. } if method.text == "into" => Some(*receiver),
                _ => None,
            })
            .filter(|&inner| self.is_tracked_expr(inner))
            .map(|inner| self.expr_node(inner))
            .collect()
    }

    /// Where `?`, `return` and `into` let a tracked error go.
    fn error_edges(&self, id: ExprId, flow: &mut Flow) {
        match &self.hir[id].kind {
            ExprKind::Try(inner) if self.is_tracked_expr(*inner) => self.question_mark(id, *inner, flow),
            ExprKind::Return(Some(value)) if self.is_tracked_expr(*value) => {
                if let Some(target) = self.return_target(id) {
                    flow.join(self.expr_node(*value), target);
                }
            }
            _ => {}
        }
    }

    fn question_mark(&self, id: ExprId, inner: ExprId, flow: &mut Flow) {
        let Some(target) = self.return_target(id) else { return };
        let ty = match &target {
            Node::Return(def) => {
                let Some(function) = self.resolver.program.fn_item(*def) else { return };
                let scope = self.resolver.ty_scope(*def);
                function.ret.map_or(Ty::unit(), |ret| self.resolver.lower(ret, &scope))
            }
            Node::Expr(_, expr) => self.inferred.ty(*expr).clone(),
            _ => return,
        };
        if self.tracked(&ty) {
            flow.join(self.expr_node(inner), target);
        }
        let mut conversions = Vec::new();
        ty.any(&mut |part| {
            if let Ty::Adt(def, _) = part
                && !self.resolver.program.is_model(*def)
            {
                conversions.extend(self.conversions_into(*def));
            }
            false
        });
        for conversion in conversions {
            flow.join(self.expr_node(inner), conversion);
        }
    }

    /// `impl From<RunError> for X` blocks and `#[from]` fields of the user's error type.
    fn conversions_into(&self, target: DefId) -> Vec<Node> {
        let program = self.resolver.program;
        let mut found = Vec::new();
        for block in &program.impls {
            let Some(ItemKind::Impl { self_ty, trait_path: Some(path), .. }) =
                program.item(block.def).map(|item| &item.kind)
            else {
                continue;
            };
            if path.segments.last().is_none_or(|last| last.name.text != "From") {
                continue;
            }
            let scope = self.resolver.ty_scope(block.def);
            let is_target = matches!(self.resolver.lower(*self_ty, &scope), Ty::Adt(def, _) if def == target);
            let args = path.segments.last().map(|last| self.resolver.path_args(&last.args, &scope).types);
            if is_target && args.unwrap_or_default().iter().any(|ty| self.tracked(ty)) {
                found.push(Node::Item(block.def));
            }
        }
        if let Some(item) = program.item(target)
            && let ItemKind::Enum(variants) = &item.kind
        {
            for (index, _) in variants.iter().enumerate() {
                let Some(variant) = self.variant_def(target, index) else { continue };
                for (name, ty, _) in self.resolver.field_types(variant, &[]) {
                    if self.tracked(&ty) {
                        found.push(Node::Field(variant, name));
                    }
                }
            }
        }
        found
    }

    /// What a `?` or `return` leaves: the function, or the closure or async block around.
    fn return_target(&self, id: ExprId) -> Option<Node> {
        let mut at = id;
        loop {
            match self.hir[at].parent {
                Parent::Expr(parent) => at = parent,
                Parent::Stmt(stmt) => at = self.hir[stmt].block,
                Parent::Item(item) => {
                    return self.resolver.program.def_of_item(self.file, item).map(Node::Return);
                }
                Parent::Pat(_) => return None,
            }
            let leaves = matches!(
                self.hir[at].kind,
                ExprKind::Closure { .. } | ExprKind::Block { flavour: BlockFlavour::Async { .. }, .. }
            );
            if leaves {
                return Some(self.expr_node(at));
            }
        }
    }
}
