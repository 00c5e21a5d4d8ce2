//! Tracked values that go into something whose type is not known: they may come out of it where such a value is wanted.

use std::collections::HashSet;

use super::super::hir::{ExprId, ExprKind, Parent, PatId, StmtKind};
use super::super::index::DefKind;
use super::super::infer::ValueRes;
use super::super::ty::Ty;
use super::{Flow, Node, Walk, sub_patterns};

impl Walk<'_> {
    /// Ties a tracked value to what it may come out as.
    pub(super) fn unknown_edges(&self, id: ExprId, flow: &mut Flow) {
        let mut seen = HashSet::new();
        let mut todo = vec![id];
        while let Some(at) = todo.pop() {
            let own = self.expr_node(at);
            let Some(outer) = self.taken_into(at) else {
                if at != id {
                    self.wanted_at(at, &own, flow, &mut todo);
                }
                continue;
            };
            let is_vague = self.is_vague(self.inferred.ty(outer));
            if is_vague || at != id && self.is_tracked_expr(outer) {
                flow.join(own, self.expr_node(outer));
            }
            if is_vague && seen.insert(outer) {
                self.functions_given(outer, flow);
                todo.push(outer);
            }
        }
    }

    /// Ties a call on something of which nothing is known to the functions over tracked values that it is given, also
    /// inside closures: they may take what comes out of it.
    fn functions_given(&self, call: ExprId, flow: &mut Flow) {
        let ExprKind::MethodCall { args, .. } = &self.hir[call].kind else { return };
        let inside = args.iter().flat_map(|&arg| self.hir.descendants(arg));
        for value in
            inside.filter(|&value| matches!(self.inferred.ty(value), Ty::Fn(..)) && self.is_tracked_expr(value))
        {
            flow.join(self.expr_node(call), self.expr_node(value));
        }
    }

    fn is_vague(&self, ty: &Ty) -> bool {
        ty.any(&mut |part| *part == Ty::Unknown) && !self.tracked(ty)
    }

    /// The expression around another one that may hold its value, or be made of it.
    fn taken_into(&self, id: ExprId) -> Option<ExprId> {
        let outer = match self.hir[id].parent {
            Parent::Expr(outer) => outer,
            Parent::Stmt(stmt) => match self.hir[stmt].kind {
                StmtKind::Expr { semi: false, .. } => return Some(self.hir[stmt].block),
                _ => return None,
            },
            _ => return None,
        };
        let takes = match &self.hir[outer].kind {
            ExprKind::Call { callee, args } => args.contains(&id) && !self.is_own(*callee),
            ExprKind::If { condition, .. } => *condition != id,
            ExprKind::Match { scrutinee, .. } => *scrutinee != id,
            ExprKind::MethodCall { .. }
            | ExprKind::Field { .. }
            | ExprKind::Ref { .. }
            | ExprKind::Deref(_)
            | ExprKind::Try(_)
            | ExprKind::Await(_)
            | ExprKind::Tuple(_)
            | ExprKind::Array(_)
            | ExprKind::Paren(_)
            | ExprKind::Index { .. } => true,
            _ => false,
        };
        takes.then_some(outer)
    }

    /// Whether a callee is a function or constructor of the program, whose parameters say what they take.
    fn is_own(&self, callee: ExprId) -> bool {
        match self.inferred.values.get(&callee) {
            Some(ValueRes::Def(def)) => !self.resolver.program.is_model(*def),
            _ => false,
        }
    }

    /// Ties a value of which nothing is known to the place that takes it, where that is tracked; uses of a binding of which
    /// nothing is known either are looked at next.
    fn wanted_at(&self, id: ExprId, own: &Node, flow: &mut Flow, todo: &mut Vec<ExprId>) {
        let program = self.resolver.program;
        match self.hir[id].parent {
            Parent::Item(item) => {
                let def = program.def_of_item(self.file, item);
                let Some(def) = def.filter(|&def| program.def(def).kind == DefKind::Fn && self.returns_tracked(def))
                else {
                    return;
                };
                flow.join(own.clone(), Node::Return(def));
            }
            Parent::Stmt(stmt) => {
                if let StmtKind::Let { pat, .. } = self.hir[stmt].kind {
                    self.bound_vaguely(pat, own, flow, todo);
                }
            }
            Parent::Expr(outer) => match &self.hir[outer].kind {
                ExprKind::Return(_) => {
                    if let Some(Node::Return(def)) = self.return_target(outer)
                        && self.returns_tracked(def)
                    {
                        flow.join(own.clone(), Node::Return(def));
                    }
                }
                ExprKind::Assign { lhs, .. } if *lhs != id && self.is_tracked_expr(*lhs) => {
                    flow.join(own.clone(), self.expr_node(*lhs));
                }
                ExprKind::Call { callee, args } => {
                    let Some(ValueRes::Def(def)) = self.inferred.values.get(callee) else { return };
                    let index = args.iter().position(|&arg| arg == id).map(|index| index.to_string());
                    self.field_wanted(*def, index.as_deref(), own, flow);
                }
                ExprKind::Struct { fields, .. } => {
                    let Some(&def) = self.inferred.literals.get(&outer) else { return };
                    let field = fields.iter().find(|field| field.value == id).map(|field| field.name.text.as_str());
                    self.field_wanted(def, field, own, flow);
                }
                _ => {}
            },
            Parent::Pat(_) => {}
        }
    }

    fn field_wanted(&self, owner: super::DefId, name: Option<&str>, own: &Node, flow: &mut Flow) {
        let program = self.resolver.program;
        let is_constructor = matches!(program.def(owner).kind, DefKind::Struct | DefKind::Variant(_));
        if program.is_model(owner) || !is_constructor {
            return;
        }
        let fields = self.resolver.field_types(owner, &[]);
        for (field, ty, _) in fields.into_iter().filter(|(field, ..)| Some(field.as_str()) == name) {
            if self.tracked(&ty) {
                flow.join(own.clone(), Node::Field(owner, field));
            }
        }
    }

    fn returns_tracked(&self, function: super::DefId) -> bool {
        let Some(ret) = self.resolver.program.fn_item(function).and_then(|item| item.ret) else { return false };
        self.tracked(&self.resolver.lower(ret, &self.resolver.ty_scope(function)))
    }

    fn bound_vaguely(&self, pat: PatId, own: &Node, flow: &mut Flow, todo: &mut Vec<ExprId>) {
        let mut pats = vec![pat];
        while let Some(pat) = pats.pop() {
            pats.extend(sub_patterns(&self.hir[pat].kind));
            let Some(ty) = self.inferred.bindings.get(&pat) else { continue };
            let is_vague = self.is_vague(ty);
            if is_vague || self.tracked(ty) {
                flow.join(own.clone(), Node::Binding(self.file, pat));
            }
            if is_vague {
                let uses = self.inferred.values.iter().filter(|(_, value)| **value == ValueRes::Local(pat));
                for (&use_, _) in uses {
                    flow.join(own.clone(), self.expr_node(use_));
                    todo.push(use_);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{finding_at, migrated};
    use crate::finding::Level;

    #[test]
    fn what_comes_out_of_an_unknown_function_changes_with_what_goes_in() {
        let body = "fn shared(s: Arc<InferenceState>) -> Arc<InferenceState> { std::hint::black_box(s) }\n\
                    let id = shared(Arc::new(InferenceState::new(\"a\", None, engine))).run_id();";
        assert_eq!(migrated(body), body);
        assert_eq!(finding_at(body, "InferenceState> {").level, Level::Report);
        let kept = "struct Kept { state: Arc<InferenceState> }\n\
                    let inner = std::hint::black_box(Arc::new(InferenceState::new(\"a\", None, engine)));\n\
                    let kept = Kept { state: inner };";
        assert_eq!(finding_at(kept, "InferenceState> }").level, Level::Report);
    }

    #[test]
    fn a_function_given_to_an_unknown_call_changes_with_what_goes_in() {
        let body = "fn said(r: Result<Turn, RunError>) -> bool { r.is_ok() }\n\
                    fn claim(s: &InferenceState) -> Result<(), StateError> { s.start_run() }\n\
                    let state = Arc::new(InferenceState::new(\"a\", None, engine));\nlet session = Session::new(state);\n\
                    let run = std::hint::black_box(session.run_inference(&ctx, None));\n\
                    let r = unknown(run).await;\nlet all = r.map(|r| r.map(said));\n\
                    macro_rules! odd { ($s:ident -> run it) => { drop($s) } }\nodd!(session -> run it);";
        assert_eq!(finding_at(body, "RunError>").level, Level::Report);
    }

    #[test]
    fn an_error_goes_through_an_unknown_function() {
        let body = "fn claim(s: &InferenceState) -> Result<(), StateError> { std::hint::black_box(s.cancel_run()) }";
        assert_eq!(
            migrated(body),
            "fn claim(s: &Session) -> Result<(), SessionError> { std::hint::black_box(s.cancel_active()) }"
        );
    }
}
