//! Values that are put away and found again by their type: legacy types that become one would take each other's place.

use std::collections::{BTreeMap, BTreeSet};

use super::cx::Cx;
use super::flow::{Node, UnitIdx};
use super::hir::{ExprId, ExprKind, GenericArgs, TypeId};
use super::index::{DefId, FileIdx};
use super::infer::ValueRes;
use super::legacy::Tracked;
use super::text::holds_word;
use super::ty::Ty;

/// A legacy type that something is found by.
struct Key {
    /// The type as it is.
    old: String,
    /// The type that it becomes.
    new: String,
    units: Vec<UnitIdx>,
}

/// The units whose types are told apart by what becomes one type.
pub(crate) fn merged(cx: &Cx<'_>) -> BTreeSet<UnitIdx> {
    let finder = Finder { cx, uses_types: uses_types(cx) };
    let mut files: Vec<FileIdx> = cx.inferred.keys().copied().collect();
    files.sort();
    let exprs = files.iter().flat_map(|&file| (0..cx.hir(file).exprs.len() as u32).map(move |at| (file, ExprId(at))));
    let mut by_new: BTreeMap<String, Vec<Key>> = BTreeMap::new();
    for key in exprs.flat_map(|(file, expr)| finder.keys(file, expr)) {
        by_new.entry(key.new.clone()).or_default().push(key);
    }
    let several = |keys: &Vec<Key>| keys.iter().any(|key| key.old != keys[0].old);
    by_new.into_values().filter(several).flatten().flat_map(|key| key.units).collect()
}

/// Whether code of the program asks for the types of values.
fn uses_types(cx: &Cx<'_>) -> bool {
    let asks = |file: &FileIdx| ["TypeId", "Any", "type_name"].iter().any(|word| holds_word(cx.source(*file), word));
    cx.inferred.keys().any(asks)
}

struct Finder<'a> {
    cx: &'a Cx<'a>,
    uses_types: bool,
}

impl Finder<'_> {
    fn keys(&self, file: FileIdx, expr: ExprId) -> Vec<Key> {
        let cx = self.cx;
        let (callee, named, args): (Option<DefId>, &[TypeId], &[ExprId]) = match &cx.hir(file)[expr].kind {
            ExprKind::MethodCall { turbofish, args, .. } => {
                (cx.inferred(file).methods.get(&expr).copied(), turbofish, args)
            }
            ExprKind::Call { callee, args } => {
                let ExprKind::Path(path) = &cx.hir(file)[*callee].kind else { return Vec::new() };
                let named = match path.segments.last().map(|last| &last.args) {
                    Some(GenericArgs::Angle { types, .. }) => types.as_slice(),
                    _ => &[],
                };
                if self.is_of_std(file, *callee) {
                    return Vec::new();
                }
                (cx.value_def(file, *callee), named, args)
            }
            _ => return Vec::new(),
        };
        let own = callee.filter(|&def| !cx.program.is_model(def));
        let is_context =
            callee.is_some_and(|def| cx.assoc_path(def).starts_with("geppetto_runtime::context::Context::"));
        let finds = match (callee, own) {
            (Some(_), Some(_)) => self.uses_types,
            (Some(_), None) => is_context,
            (None, _) => true,
        };
        if !finds {
            return Vec::new();
        }
        let function = cx.program.def_of_item(file, cx.function_of(file, expr));
        let written = named.iter().filter_map(|&ty| {
            let scope = cx.resolver.ty_scope(function?);
            self.key(&cx.resolver.lower(ty, &scope), &self.parts(file, ty))
        });
        let given = args
            .iter()
            .enumerate()
            .filter(|&(index, _)| is_context || own.is_some_and(|own| self.takes_any(own, index)));
        let given = given.filter_map(|(_, &arg)| self.key(cx.ty(file, arg), &[Node::Expr(file, arg)]));
        written.chain(given).collect()
    }

    /// A written type and the types in it.
    fn parts(&self, file: FileIdx, ty: TypeId) -> Vec<Node> {
        let hir = self.cx.hir(file);
        let inside = (0..hir.types.len() as u32).map(TypeId).filter(|&at| hir[ty].span.contains(hir[at].span));
        inside.map(|at| Node::Type(file, at)).collect()
    }

    /// Whether a path leads to a function of std or tokio that asks for no type.
    fn is_of_std(&self, file: FileIdx, callee: ExprId) -> bool {
        match self.cx.inferred(file).values.get(&callee) {
            Some(ValueRes::Extern(path)) => {
                ["std::", "core::", "alloc::", "tokio::"].iter().any(|root| path.starts_with(root))
                    && !path.contains("::any::")
            }
            _ => false,
        }
    }

    /// Whether a parameter takes a value of any type.
    fn takes_any(&self, function: DefId, index: usize) -> bool {
        let cx = self.cx;
        let Some(param) = cx.program.fn_item(function).and_then(|item| item.params.get(index)) else { return false };
        let ty = cx.resolver.lower(param.ty, &cx.resolver.ty_scope(function));
        let file = cx.program.def(function).file;
        matches!(ty.peeled(), Ty::Param(_)) || holds_word(cx.text(file, cx.hir(file)[param.ty].span), "Any")
    }

    fn key(&self, ty: &Ty, nodes: &[Node]) -> Option<Key> {
        let kinds = self.cx.legacy.mentioned(ty);
        let is_handle = kinds.iter().any(|kind| matches!(kind, Tracked::State | Tracked::CoreSession));
        let units = nodes.iter().filter_map(|node| self.cx.flow.unit_of(node)).collect();
        is_handle.then(|| Key { old: format!("{:?}", ty.peeled()), new: self.become_of(ty.peeled()), units })
    }

    /// The type that a type becomes: there are no pointers around sessions.
    fn become_of(&self, ty: &Ty) -> String {
        let cx = self.cx;
        match ty {
            Ty::Adt(def, _) if matches!(cx.legacy.kind(*def), Some(Tracked::State | Tracked::CoreSession)) => {
                "Session".to_owned()
            }
            Ty::Adt(def, args) => {
                let args: Vec<String> = args.iter().map(|arg| self.become_of(arg)).collect();
                match args.as_slice() {
                    [only] if only == "Session" && super::legacy::is_shared_pointer(cx.resolver, *def) => only.clone(),
                    _ => format!("{}<{}>", def.0, args.join(", ")),
                }
            }
            Ty::Ref(inner) => format!("&{}", self.become_of(inner)),
            Ty::Tuple(parts) => {
                format!("({})", parts.iter().map(|part| self.become_of(part)).collect::<Vec<_>>().join(", "))
            }
            other => format!("{other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::plan_of;
    use crate::finding::Level;
    use crate::rules::{Rule, Trap};

    fn states(code: &str) -> Vec<(Level, Vec<Trap>)> {
        let code = format!("use geppetto::prelude::*;\nuse std::sync::Arc;\n{code}\nfn main() {{}}\n");
        let plan = plan_of(&code);
        let made = plan.findings.iter().filter(|finding| finding.rule == Rule::InferenceState);
        made.map(|finding| (finding.level, finding.traps.clone())).collect()
    }

    const PUT: &str = "fn put<T: 'static>(value: T) -> std::any::TypeId { drop(value); std::any::TypeId::of::<T>() }\n";

    #[test]
    fn values_that_are_found_by_types_which_become_one_are_told_of() {
        let both =
            "fn f(ctx: Context, state: Arc<InferenceState>, core: Session) { ctx.with_value(state).with_value(core); }";
        assert!(states(both).iter().any(|(level, traps)| *level == Level::Offered && traps.contains(&Trap::TypeMerge)));
        let asked = "fn f(ctx: Context, core: Session) { ctx.with_value(core).value::<Arc<InferenceState>>(); }";
        assert!(states(asked).iter().any(|(_, traps)| traps.contains(&Trap::TypeMerge)), "{:?}", states(asked));
        let own = format!("{PUT}fn f(state: Arc<InferenceState>, core: Session) {{ put(state); put(core); }}");
        assert!(states(&own).iter().any(|(_, traps)| traps.contains(&Trap::TypeMerge)));
        let pointers = format!("{PUT}fn f(a: Arc<InferenceState>, b: InferenceState) {{ put(a); put(b); }}");
        assert!(states(&pointers).iter().any(|(_, traps)| traps.contains(&Trap::TypeMerge)));
    }

    #[test]
    fn values_of_one_type_take_nobodys_place() {
        let one =
            "fn f(ctx: Context, state: Arc<InferenceState>) { ctx.with_value(state).value::<Arc<InferenceState>>(); }";
        assert!(states(one).iter().all(|(level, _)| *level == Level::Safe), "{:?}", states(one));
        let apart = "fn keep<T>(value: T) { drop(value); }\nfn f(state: Arc<InferenceState>, core: Session) { keep(state); keep(core); }";
        assert!(states(apart).iter().all(|(level, _)| *level == Level::Safe), "{:?}", states(apart));
    }
}
