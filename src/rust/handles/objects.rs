//! Handles that become objects of a trait: an object stands behind a pointer, and a session has none around it.

use super::super::cx::{Change, Cx};
use super::super::hir::{ExprId, ExprKind};
use super::super::index::{DefId, FileIdx};
use super::super::legacy::is_shared_pointer;
use super::super::outcome::Outcome;
use super::super::resolve::{Namespace, Res};
use super::super::ty::Ty;

/// What pointers to objects are asked that another pointer to the same session would answer otherwise.
const IDENTITY: &[&str] =
    &["ptr_eq", "downgrade", "strong_count", "weak_count", "as_ptr", "try_unwrap", "into_inner", "get_mut"];

/// The pointer and the trait, where a handle in its pointer becomes an object of a trait.
fn object(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<(DefId, Ty)> {
    let Ty::Adt(pointer, held) = cx.ty(file, expr) else { return None };
    let [Ty::Adt(inner, _)] = held.as_slice() else { return None };
    if !is_shared_pointer(cx.resolver, *pointer) || cx.legacy.kind(*inner).is_none() {
        return None;
    }
    let cast = || match cx.parent_expr(file, expr).map(|parent| (parent, &cx.hir(file)[parent].kind)) {
        Some((parent, ExprKind::Cast { .. })) => Some(cx.ty(file, parent)),
        _ => None,
    };
    match cx.inferred(file).wanted.get(&expr).or_else(cast)? {
        Ty::Adt(wanted, args) if wanted == pointer => match args.as_slice() {
            [object @ Ty::Trait(..)] => Some((*pointer, object.clone())),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a pointer that is made of a handle is that of an object, and so stays.
pub(super) fn is_made_object(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> bool {
    cx.pointer_new(file, call).is_some() && object(cx, file, call).is_some()
}

/// A handle that becomes an object gets a pointer around it: `Arc::new(state.clone())`.
///
/// # Errors
/// The report, where the program tells pointers to such objects apart.
pub(super) fn wrapped(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> Option<Result<Vec<Change>, Outcome>> {
    let is_whole = !matches!(
        cx.hir(file)[expr].kind,
        ExprKind::Block { .. } | ExprKind::If { .. } | ExprKind::Match { .. } | ExprKind::Paren(_) | ExprKind::Macro(_)
    );
    let (pointer, object) = object(cx, file, expr).filter(|_| is_whole)?;
    if !is_own_trait(cx, &object) || is_told_apart(cx, &object) {
        return Some(Err(Outcome::report(
            "the state becomes an object of a trait, and pointers to such objects are told apart or asked for their type",
            "keep the object in one place and clone it from there, then run the tool again",
        )));
    }
    if is_made_object(cx, file, expr) {
        return Some(Ok(Vec::new()));
    }
    let span = cx.span(file, expr);
    let name = pointer_name(cx, file, expr, pointer);
    Some(Ok(vec![cx.insert(file, span.start, format!("{name}::new(")), cx.insert(file, span.end, ")")]))
}

fn is_own_trait(cx: &Cx<'_>, object: &Ty) -> bool {
    matches!(object, Ty::Trait(def, _) if !cx.program.is_model(*def))
}

/// Whether anything asks a pointer to such an object which one it is.
fn is_told_apart(cx: &Cx<'_>, object: &Ty) -> bool {
    let holds = |ty: &Ty| ty.any(&mut |part| matches!(part, Ty::Adt(_, args) if args.as_slice() == [object.clone()]));
    cx.inferred.keys().any(|&file| {
        let hir = cx.hir(file);
        (0..hir.exprs.len() as u32).map(ExprId).any(|expr| match &hir[expr].kind {
            ExprKind::Call { callee, args } => {
                let name = cx.value_def(file, *callee).map(|def| cx.program.def(def).name.as_str());
                name.is_some_and(|name| IDENTITY.contains(&name)) && args.iter().any(|&arg| holds(cx.ty(file, arg)))
            }
            _ => false,
        })
    })
}

/// How a scope names a pointer's type.
fn pointer_name(cx: &Cx<'_>, file: FileIdx, expr: ExprId, pointer: DefId) -> String {
    let short = cx.program.def(pointer).name.clone();
    let scope = cx.program.scope_of_expr(file, expr);
    match cx.resolver.names(scope, &[&short], false, Namespace::Type).map(|found| found.res) {
        Some(Res::Def(def)) if def == pointer => short,
        _ => cx.program.path_of(pointer),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{finding_at, migrated};
    use crate::finding::Level;

    const BUSY: &str = "trait Busy { fn busy(&self) -> bool; }\n\
                        impl Busy for InferenceState { fn busy(&self) -> bool { self.is_running() } }\n\
                        fn watch(_: &[Arc<dyn Busy>]) {}\nfn one(_: Arc<dyn Busy>) {}\n\
                        let state = Arc::new(InferenceState::new(\"a\", None, engine));\n";

    #[test]
    fn a_traits_method_that_a_session_would_hide_is_reported() {
        let named = BUSY.replace("busy", "latest");
        let finding = finding_at(&format!("{named}state.latest();"), "InferenceState::new");
        assert_eq!(finding.level, Level::Report);
        assert_eq!(finding_at(&format!("{BUSY}state.busy();"), "InferenceState::new").level, Level::Safe);
        assert_eq!(finding_at(&format!("{named}Busy::latest(&*state);"), "InferenceState::new").level, Level::Safe);
    }

    #[test]
    fn a_handle_that_becomes_an_object_gets_its_pointer() {
        for (before, after) in [
            ("let all: Vec<Arc<dyn Busy>> = vec![state.clone()];", "vec![Arc::new(state.clone())];"),
            ("watch(&[Arc::clone(&state), state]);", "watch(&[Arc::new(state.clone()), Arc::new(state)]);"),
            (
                "one(if true { state.clone() } else { state });",
                "{ Arc::new(state.clone()) } else { Arc::new(state) });",
            ),
            ("let it: Option<Arc<dyn Busy>> = Some(state);", "= Some(Arc::new(state));"),
            ("let it = state as Arc<dyn Busy>;", "= Arc::new(state) as Arc<dyn Busy>;"),
            ("let it = || -> Arc<dyn Busy> { state.clone() };", "{ Arc::new(state.clone()) };"),
            ("let mut all: Vec<Arc<dyn Busy>> = Vec::new();\nall.push(state);", "all.push(Arc::new(state));"),
        ] {
            let migrated = migrated(&format!("{BUSY}{before}"));
            assert!(migrated.ends_with(after), "{migrated}");
        }
    }

    #[test]
    fn objects_that_are_told_apart_stay() {
        let body = format!("{BUSY}let it: Arc<dyn Busy> = state.clone();\nlet weak = Arc::downgrade(&it);");
        assert_eq!(finding_at(&body, "InferenceState::new").level, Level::Report);
    }
}
