//! Whether an id may be the empty text.

use super::super::cx::Cx;
use super::super::hir::{
    BlockFlavour, ExprId, ExprKind, ItemId, ItemKind, Lit, MacroContent, PatId, PatKind, PatParent, StmtKind,
};
use super::super::index::{DefId, FileIdx};
use super::super::infer::ValueRes;
use super::super::ty::Ty;
use super::{DEPTH, given, only_value};

/// What is known of a run id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdKind {
    Empty,
    NotEmpty,
    Unknown,
}

/// Whether an id is the empty text, surely not empty, or either.
pub(crate) fn id_kind(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> IdKind {
    kind(cx, file, expr, DEPTH)
}

fn kind(cx: &Cx<'_>, file: FileIdx, expr: ExprId, depth: usize) -> IdKind {
    let Some(depth) = depth.checked_sub(1) else { return IdKind::Unknown };
    let hir = cx.hir(file);
    match &hir[expr].kind {
        ExprKind::Lit(Lit::Str(text)) if text.is_empty() => IdKind::Empty,
        ExprKind::Lit(Lit::Str(_)) => IdKind::NotEmpty,
        ExprKind::Paren(inner) | ExprKind::Ref { expr: inner, .. } => kind(cx, file, *inner, depth),
        ExprKind::MethodCall { receiver, method, args, .. } => {
            let passes_on = ["to_string", "to_owned", "into", "clone", "as_str", "to_uppercase", "to_lowercase"];
            match (method.text.as_str(), args.is_empty()) {
                ("to_string", true) if is_written(cx, file, *receiver) => IdKind::NotEmpty,
                (name, true) if passes_on.contains(&name) => kind(cx, file, *receiver, depth),
                _ => method_value(cx, file, expr, depth),
            }
        }
        ExprKind::Call { callee, args } => match (cx.calls_known(file, expr, "std::string::String::new"), args.first())
        {
            (Some(_), _) => IdKind::Empty,
            (None, Some(&arg)) if cx.calls_known(file, expr, "std::string::String::from").is_some() => {
                kind(cx, file, arg, depth)
            }
            _ => cx.value_def(file, *callee).map_or(IdKind::Unknown, |def| function_value(cx, def, depth)),
        },
        ExprKind::Macro(call) if call.path.segments.last().is_some_and(|last| last.name.text == "format") => {
            let MacroContent::Exprs(exprs) = &call.content else { return IdKind::Unknown };
            let Some((&first, args)) = exprs.split_first() else { return IdKind::Unknown };
            match &hir[first].kind {
                ExprKind::Lit(Lit::Str(text)) if has_fixed_text(text) => IdKind::NotEmpty,
                _ if args.iter().any(|&arg| is_written(cx, file, arg)) => IdKind::NotEmpty,
                _ => IdKind::Unknown,
            }
        }
        ExprKind::Binary { op, lhs, rhs } if op == "+" => {
            let parts = [kind(cx, file, *lhs, depth), kind(cx, file, *rhs, depth)];
            if parts.contains(&IdKind::NotEmpty) { IdKind::NotEmpty } else { IdKind::Unknown }
        }
        ExprKind::If { then, otherwise: Some(otherwise), .. } => {
            both([kind(cx, file, *then, depth), kind(cx, file, *otherwise, depth)])
        }
        ExprKind::Match { arms, .. } => both(arms.iter().map(|arm| kind(cx, file, arm.body, depth))),
        ExprKind::Block { stmts, flavour: BlockFlavour::Plain, label: None } => {
            match stmts.last().map(|&stmt| &hir[stmt].kind) {
                Some(StmtKind::Expr { expr, semi: false }) => kind(cx, file, *expr, depth),
                _ => IdKind::Unknown,
            }
        }
        ExprKind::Path(_) => named_id(cx, file, expr, depth),
        _ => IdKind::Unknown,
    }
}

fn both(kinds: impl IntoIterator<Item = IdKind>) -> IdKind {
    let mut kinds = kinds.into_iter();
    let first = kinds.next().unwrap_or(IdKind::Unknown);
    if kinds.all(|kind| kind == first) { first } else { IdKind::Unknown }
}

/// Whether the text of a value is never empty: a number, a `bool`, a generated id.
fn is_written(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let number = |name: &str| name != "str" && name != "char";
    matches!(cx.ty(file, expr).peeled(), Ty::Prim(name) if number(name))
        || matches!(cx.hir(file)[expr].kind, ExprKind::Lit(Lit::Int(_) | Lit::Bool(_)))
        || is_generated(cx, file, expr)
}

/// `Uuid::new_v4()`, `Ulid::new()`
fn is_generated(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    let ExprKind::Call { callee, .. } = cx.hir(file)[expr].kind else { return false };
    match cx.inferred(file).values.get(&cx.peel_parens(file, callee)) {
        Some(ValueRes::Extern(path)) => {
            ["uuid::Uuid::now", "uuid::Uuid::new", "ulid::Ulid::"].iter().any(|known| path.starts_with(known))
        }
        _ => false,
    }
}

fn method_value(cx: &Cx<'_>, file: FileIdx, call: ExprId, depth: usize) -> IdKind {
    cx.inferred(file).methods.get(&call).map_or(IdKind::Unknown, |&def| function_value(cx, def, depth))
}

/// The one value that a function of the user's returns.
fn function_value(cx: &Cx<'_>, def: DefId, depth: usize) -> IdKind {
    only_value(cx, def).map_or(IdKind::Unknown, |(file, value)| kind(cx, file, value, depth))
}

/// An id held by a constant or by a local that is never given another value.
fn named_id(cx: &Cx<'_>, file: FileIdx, expr: ExprId, depth: usize) -> IdKind {
    match cx.inferred(file).values.get(&expr) {
        Some(ValueRes::Def(def)) => match cx.program.item(*def).map(|item| &item.kind) {
            Some(ItemKind::Const { value: Some(value), .. }) => kind(cx, cx.program.def(*def).file, *value, depth),
            _ => IdKind::Unknown,
        },
        Some(ValueRes::Local(pat)) => {
            let hir = cx.hir(file);
            let mutable = matches!(hir[*pat].kind, PatKind::Bind { mutable: true, .. });
            match hir[*pat].parent {
                PatParent::Stmt(stmt) if !mutable => match hir[stmt].kind {
                    StmtKind::Let { init: Some(init), .. } => kind(cx, file, init, depth),
                    _ => IdKind::Unknown,
                },
                PatParent::Item(item) if !mutable => given_id(cx, file, item, *pat, depth),
                PatParent::Expr(around) if !mutable => element_id(cx, file, around, *pat, depth),
                _ => IdKind::Unknown,
            }
        }
        _ => IdKind::Unknown,
    }
}

/// What every call gives for a parameter.
fn given_id(cx: &Cx<'_>, file: FileIdx, item: ItemId, pat: PatId, depth: usize) -> IdKind {
    let ItemKind::Fn(function) = &cx.hir(file)[item].kind else { return IdKind::Unknown };
    let index = function.params.iter().position(|param| param.pat == pat);
    let args = cx.program.def_of_item(file, item).zip(index).and_then(|(def, index)| given(cx, def, index));
    let kinds = args.unwrap_or_default().into_iter().map(|(file, arg)| kind(cx, file, arg, depth));
    // An empty text that is handed in is no reason to make the session without it.
    if both(kinds) == IdKind::NotEmpty { IdKind::NotEmpty } else { IdKind::Unknown }
}

/// `for id in ["a", "b"]`
fn element_id(cx: &Cx<'_>, file: FileIdx, around: ExprId, pat: PatId, depth: usize) -> IdKind {
    let hir = cx.hir(file);
    match &hir[around].kind {
        ExprKind::For { pat: own, iter, .. } if *own == pat => match &hir[*iter].kind {
            ExprKind::Array(elements) => both(elements.iter().map(|&element| kind(cx, file, element, depth))),
            _ => IdKind::Unknown,
        },
        _ => IdKind::Unknown,
    }
}

/// Whether a format string holds text outside its placeholders.
fn has_fixed_text(format: &str) -> bool {
    let mut depth = 0usize;
    format.replace("{{", "x").replace("}}", "x").chars().any(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{finding_at, plan_of};
    use crate::finding::Level;

    fn level(id: &str) -> Level {
        let body = format!(
            "let n: u32 = 7;\nlet state = InferenceState::new({id}, None, engine);\nlet id = state.run_id();\ndrop((id, n));"
        );
        finding_at(&body, "InferenceState::new").level
    }

    #[test]
    fn ids_with_fixed_text_or_a_number_are_not_empty() {
        for id in [
            "\"a\"",
            "format!(\"chat-{}\", values.name())",
            "n.to_string()",
            "format!(\"{}\", n)",
            "String::from(\"a\") + &values.name()",
            "if n > 1 { \"many\" } else { \"one\" }",
        ] {
            assert_eq!(level(id), Level::Safe, "{id}");
        }
    }

    #[test]
    fn ids_that_are_handed_in_are_what_all_calls_hand_in() {
        let level = |calls: &str| {
            let code = format!(
                "use geppetto::prelude::*;\nuse std::sync::Arc;\nfn id_of(name: &str, engine: Arc<dyn Engine>) -> String {{\n\
                 InferenceState::new(name, None, engine).run_id()\n}}\nfn main() {{\n{calls}\n}}\n"
            );
            plan_of(&code).findings.iter().find(|finding| finding.what.contains("is made")).expect("a finding").level
        };
        assert_eq!(level("id_of(\"a\", engine());\nid_of(&format!(\"b{}\", 1), engine());"), Level::Safe);
        assert_eq!(level("for name in [\"a\", \"b\"] {\nid_of(name, engine());\n}"), Level::Safe);
        assert_eq!(level("id_of(\"a\", engine());\nid_of(&name(), engine());"), Level::Offered);
        assert_eq!(level("id_of(\"\", engine());"), Level::Offered);
        assert_eq!(level(""), Level::Offered);
    }

    #[test]
    fn ids_of_unknown_text_may_be_empty() {
        for id in ["values.name()", "format!(\"{}\", values.name())", "if n > 1 { \"many\" } else { \"\" }"] {
            assert_eq!(level(id), Level::Offered, "{id}");
        }
    }
}
