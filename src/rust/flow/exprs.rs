//! Where values pass in expressions: through operators, calls, `?` and conversions.

use super::super::hir::{self, BlockFlavour, ExprId, ExprKind, ItemId, ItemKind, Parent, StmtKind, TypeId, TypeParent};
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
            self.trait_edges(id, flow);
            self.sibling_edges(id, flow);
            self.error_edges(id, flow);
            self.option_edges(id, flow);
            self.persister_edges(id, flow);
            self.deref_edges(id, flow);
            if !self.is_tracked_expr(id) {
                continue;
            }
            flow.add(self.expr_node(id));
            self.parent_edges(id, flow);
            self.unknown_edges(id, flow);
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
        let names_it = match &self.hir[id].kind {
            ExprKind::Path(_) => self.inferred.local(id).is_none(),
            ExprKind::Struct { fields, rest: None, .. } => fields.is_empty(),
            ExprKind::Call { callee, args } => args.is_empty() && self.is_function_of_models(*callee),
            _ => false,
        };
        is_receiver && names_it
    }

    /// Whether a path names a function that the program does not define.
    fn is_function_of_models(&self, callee: ExprId) -> bool {
        let named = self.inferred.values.get(&callee);
        matches!(named, Some(ValueRes::Def(def)) if self.resolver.program.is_model(*def))
    }

    fn value_edges(&self, id: ExprId, flow: &mut Flow) {
        let node = self.expr_node(id);
        for block in self.impls_of_self(id) {
            flow.join(node.clone(), Node::Item(block));
        }
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

    /// The impls for the legacy type itself whose `self` an expression is, or to whose methods it is given.
    fn impls_of_self(&self, id: ExprId) -> Vec<DefId> {
        let program = self.resolver.program;
        let function = match &self.hir[id].kind {
            ExprKind::Path(path) if path.segments.len() == 1 && path.segments[0].name.text == "self" => {
                program.def_of_item(self.file, self.hir.body_owner(id))
            }
            _ => match self.hir[id].parent {
                Parent::Expr(call) => match self.hir[call].kind {
                    ExprKind::MethodCall { receiver, .. } if receiver == id => {
                        self.inferred.methods.get(&call).copied()
                    }
                    _ => None,
                },
                _ => None,
            },
        };
        let Some(owner) = function.and_then(|function| program.def(function).parent) else { return Vec::new() };
        if program.is_model(owner) {
            return Vec::new();
        }
        let is_meant = |block: DefId| block == owner || self.implements(block, owner);
        let blocks = program.impls.iter().map(|block| block.def).filter(|&block| is_meant(block));
        let is_for_tracked = |block: &DefId| {
            let self_ty = self.resolver.ty_scope(*block).self_ty;
            self_ty.is_some_and(|ty| self.tracked(&ty))
        };
        blocks.filter(is_for_tracked).collect()
    }

    pub(super) fn implements(&self, block: DefId, owner: DefId) -> bool {
        let program = self.resolver.program;
        let Some(ItemKind::Impl { trait_path: Some(path), .. }) = program.item(block).map(|item| &item.kind) else {
            return false;
        };
        let scope = self.resolver.ty_scope(block).scope;
        let found = self.resolver.path(scope, path, super::super::resolve::Namespace::Type);
        found.is_some_and(|found| found.res == super::super::resolve::Res::Def(owner))
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
                _ => {
                    // A closure or function pointer: what it is given is what it takes.
                    if self.is_tracked_expr(*callee) {
                        self.join_to_callee(*callee, args, flow);
                    }
                    return;
                }
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
        let is_passed = |arg: ExprId, index: usize| {
            self.is_tracked_expr(arg) || index.checked_sub(shift).is_some_and(|index| self.takes_tracked(callee, index))
        };
        for (index, &arg) in args.iter().enumerate().filter(|(index, arg)| is_passed(**arg, *index)) {
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

    /// Whether the user's own function declares a parameter of a tracked type: what is given becomes one.
    fn takes_tracked(&self, function: DefId, index: usize) -> bool {
        let Some(item) = self.resolver.program.fn_item(function) else { return false };
        let scope = self.resolver.ty_scope(function);
        item.params.get(index).is_some_and(|param| self.tracked(&self.resolver.lower(param.ty, &scope)))
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

    /// Written types that an error is downcast to, also where only a `let` says to which.
    pub(super) fn downcasts(&self) -> Vec<Node> {
        let types = (0..self.hir.types.len() as u32).map(TypeId);
        types
            .filter(|&ty| self.names_error(ty) && (is_downcast(self.hir, ty) || self.is_of_unknown_value(ty)))
            .map(|ty| Node::Type(self.file, ty))
            .collect()
    }

    fn names_error(&self, ty: TypeId) -> bool {
        self.type_names(ty).iter().any(|kind| matches!(kind, Tracked::StateError | Tracked::RunError))
    }

    /// Whether a type is that of a `let` with a value of which nothing is known.
    fn is_of_unknown_value(&self, ty: TypeId) -> bool {
        let mut top = ty;
        while let TypeParent::Type(outer) = self.hir[top].parent {
            top = outer;
        }
        match self.hir[top].parent {
            TypeParent::Stmt(stmt) => match self.hir[stmt].kind {
                StmtKind::Let { init: Some(init), .. } => *self.inferred.ty(init) == Ty::Unknown,
                _ => false,
            },
            _ => false,
        }
    }

    /// Expressions that hold a legacy error: each may become a `dyn Error`.
    pub(super) fn errors(&self) -> Vec<Node> {
        let exprs = (0..self.hir.exprs.len() as u32).map(ExprId);
        let is_error = |id: &ExprId| {
            let kinds = self.legacy.mentioned(self.inferred.ty(*id));
            kinds.iter().any(|kind| matches!(kind, Tracked::StateError | Tracked::RunError))
        };
        exprs.filter(is_error).map(|id| self.expr_node(id)).collect()
    }

    /// Legacy errors in the bounds of generic parameters, `E: From<StateError>`, with the errors that are made there.
    pub(super) fn error_bounds(&self) -> Vec<Node> {
        let types = (0..self.hir.types.len() as u32).map(TypeId);
        let bounds = types.filter(|&ty| self.names_error(ty)).filter_map(|ty| Some((ty, self.item_bounded_by(ty)?)));
        bounds
            .flat_map(|(ty, item)| {
                let around = self.hir[item].span;
                let errors = self.errors().into_iter();
                let inside = errors.filter(move |node| match node {
                    Node::Expr(_, expr) => around.contains(self.hir[*expr].span),
                    _ => false,
                });
                inside.chain([Node::Type(self.file, ty)])
            })
            .collect()
    }

    /// States in the bounds of generic parameters, `S: AsRef<InferenceState>`, tied to what is made of such parameters.
    pub(super) fn handle_bounds(&self, flow: &mut Flow) {
        for ty in (0..self.hir.types.len() as u32).map(TypeId) {
            if self.names_error(ty) || self.type_names(ty).is_empty() {
                continue;
            }
            let Some(item) = self.item_bounded_by(ty).or_else(|| self.item_with_impl_trait(ty)) else { continue };
            let node = Node::Type(self.file, ty);
            let around = self.hir[item].span;
            let inside =
                (0..self.hir.exprs.len() as u32).map(ExprId).filter(|&expr| around.contains(self.hir[expr].span));
            let is_tied = |expr: &ExprId| self.is_tracked_expr(*expr) || self.leads_to_legacy(*expr);
            inside.filter(is_tied).for_each(|expr| flow.join(node.clone(), self.expr_node(expr)));
            for field in self.generic_fields(item) {
                flow.join(node.clone(), field);
            }
        }
    }

    /// Whether a value of another type, which dereferences to the state, is used as the state: a legacy method is called
    /// on it, or it is given to a parameter of the state's type.
    fn leads_to_legacy(&self, value: ExprId) -> bool {
        let Parent::Expr(call) = self.hir[value].parent else { return false };
        if self.is_tracked_expr(value) {
            return false;
        }
        let place = |args: &[ExprId]| args.iter().position(|&arg| arg == value);
        match &self.hir[call].kind {
            ExprKind::MethodCall { receiver, .. } if *receiver == value => {
                self.inferred.methods.get(&call).is_some_and(|&def| self.legacy.method(def).is_some())
            }
            ExprKind::MethodCall { args, .. } => match (self.inferred.methods.get(&call), place(args)) {
                (Some(&def), Some(index)) => self.takes_tracked(def, index),
                _ => false,
            },
            ExprKind::Call { callee, args } => match (self.inferred.values.get(callee), place(args)) {
                (Some(ValueRes::Def(def)), Some(index)) => self.takes_tracked(*def, index),
                _ => false,
            },
            _ => false,
        }
    }

    /// A value of the user's own type that dereferences to the state is tied to that type's `Deref`.
    fn deref_edges(&self, receiver: ExprId, flow: &mut Flow) {
        if !self.leads_to_legacy(receiver) {
            return;
        }
        let program = self.resolver.program;
        let node = self.expr_node(receiver);
        flow.add(node.clone());
        let mut owners = Vec::new();
        self.inferred.ty(receiver).any(&mut |part| {
            if let Ty::Adt(def, _) = part
                && !program.is_model(*def)
            {
                owners.push(*def);
            }
            false
        });
        for block in program.impls.iter().filter(|block| !program.is_model(block.def)) {
            let scope = self.resolver.ty_scope(block.def);
            if !matches!(&scope.self_ty, Some(Ty::Adt(def, _)) if owners.contains(def)) {
                continue;
            }
            for &member in &block.methods {
                if matches!(program.item(member).map(|item| &item.kind), Some(ItemKind::TypeAlias { .. })) {
                    flow.join(node.clone(), Node::Item(member));
                }
            }
        }
    }

    /// The function whose parameter is an `impl Trait` that names a type.
    fn item_with_impl_trait(&self, ty: TypeId) -> Option<ItemId> {
        let mut at = ty;
        while let TypeParent::Type(outer) = self.hir[at].parent {
            at = outer;
            if matches!(self.hir[at].kind, hir::TypeKind::ImplTrait(_) | hir::TypeKind::DynTrait(_)) {
                let mut top = at;
                while let TypeParent::Type(outer) = self.hir[top].parent {
                    top = outer;
                }
                return match self.hir[top].parent {
                    TypeParent::Item(item) if matches!(self.hir[item].kind, ItemKind::Fn(_)) => Some(item),
                    _ => None,
                };
            }
        }
        None
    }

    /// The fields of a struct, or of what an impl is for, whose type is a generic parameter.
    fn generic_fields(&self, item: ItemId) -> Vec<Node> {
        let program = self.resolver.program;
        let Some(def) = program.def_of_item(self.file, item) else { return Vec::new() };
        let owner = match &self.hir[item].kind {
            ItemKind::Struct(_) => def,
            ItemKind::Impl { self_ty, .. } => match self.resolver.lower(*self_ty, &self.resolver.ty_scope(def)) {
                Ty::Adt(owner, _) => owner,
                _ => return Vec::new(),
            },
            _ => return Vec::new(),
        };
        let fields = self.resolver.field_types(owner, &[]);
        let is_generic = |ty: &Ty| ty.any(&mut |part| matches!(part, Ty::Param(_)));
        fields.into_iter().filter(|(_, ty, _)| is_generic(ty)).map(|(name, ..)| Node::Field(owner, name)).collect()
    }

    /// The item in whose bounds, or trait's arguments, a type stands.
    fn item_bounded_by(&self, ty: TypeId) -> Option<ItemId> {
        let mut top = ty;
        while let TypeParent::Type(outer) = self.hir[top].parent {
            top = outer;
        }
        let TypeParent::Item(item) = self.hir[top].parent else { return None };
        let is_bound = match &self.hir[item].kind {
            ItemKind::Fn(function) => function.ret != Some(top) && function.params.iter().all(|param| param.ty != top),
            ItemKind::Impl { self_ty, .. } => *self_ty != top,
            ItemKind::Struct(hir::Fields::Named(fields) | hir::Fields::Tuple(fields)) => {
                fields.iter().all(|field| field.ty != top)
            }
            ItemKind::Trait { .. } => true,
            _ => false,
        };
        is_bound.then_some(item)
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
    pub(super) fn return_target(&self, id: ExprId) -> Option<Node> {
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
