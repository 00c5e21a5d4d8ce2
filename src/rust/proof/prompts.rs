//! Whether the prompt of a turn may be the empty text, as far as the program itself says so.

use super::super::cx::Cx;
use super::super::hir::{ExprId, ExprKind, ItemKind, Lit, PatId, PatParent, StmtKind};
use super::super::index::FileIdx;
use super::super::lifecycle::leaves;
use super::{DEPTH, IdKind, given, id_kind, method_def, returned};

/// Whether the program makes a turn of a prompt that it gives, or asks for, as an empty text.
pub(crate) fn may_be_prompted_with_nothing(cx: &Cx<'_>, file: FileIdx, turn: ExprId) -> bool {
    prompts(cx, file, turn, DEPTH).into_iter().any(|(file, prompt)| may_be_empty(cx, file, prompt, DEPTH))
}

type Place = (FileIdx, ExprId);

/// The texts that become user prompts of a turn.
fn prompts(cx: &Cx<'_>, file: FileIdx, turn: ExprId, depth: usize) -> Vec<Place> {
    let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
    let hir = cx.hir(file);
    let follow = |places: Vec<Place>| -> Vec<Place> {
        places.into_iter().flat_map(|(file, turn)| prompts(cx, file, turn, depth)).collect()
    };
    match &hir[turn].kind {
        ExprKind::Paren(inner) | ExprKind::Ref { expr: inner, .. } => prompts(cx, file, *inner, depth),
        ExprKind::Path(_) => cx.local(file, turn).map_or_else(Vec::new, |pat| follow(values_of(cx, file, pat))),
        ExprKind::MethodCall { receiver, args, .. } => match method_def(cx, file, turn) {
            Some(def) if cx.program.def(def).name == "with_user_prompt" => {
                args.first().map(|&prompt| (file, prompt)).into_iter().collect()
            }
            Some(def) if !cx.program.is_model(def) => {
                by_arguments(cx, file, args, follow(returned(cx, def).unwrap_or_default()))
            }
            _ => prompts(cx, file, *receiver, depth),
        },
        ExprKind::Call { callee, args } => match cx.value_def(file, *callee) {
            Some(def) if cx.program.def(def).name == "user_text" => {
                args.first().map(|&prompt| (file, prompt)).into_iter().collect()
            }
            Some(def) if !cx.program.is_model(def) => {
                by_arguments(cx, file, args, follow(returned(cx, def).unwrap_or_default()))
            }
            _ => Vec::new(),
        },
        ExprKind::Block { stmts, .. } => match stmts.last().map(|&stmt| &hir[stmt].kind) {
            Some(StmtKind::Expr { expr, semi: false }) => prompts(cx, file, *expr, depth),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The prompts that a called function makes its turn of: those that are its parameters are what this call gives for them.
fn by_arguments(cx: &Cx<'_>, file: FileIdx, args: &[ExprId], found: Vec<Place>) -> Vec<Place> {
    let argument = |&(own, prompt): &Place| {
        let pat = cx.local(own, prompt)?;
        let PatParent::Item(item) = cx.hir(own)[pat].parent else { return None };
        let ItemKind::Fn(function) = &cx.hir(own)[item].kind else { return None };
        let index = function.params.iter().position(|param| param.pat == pat)?;
        args.get(index).map(|&arg| (file, arg))
    };
    found.into_iter().map(|place| argument(&place).unwrap_or(place)).collect()
}

/// What a local is made of, is given by the callers, or has appended.
fn values_of(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> Vec<Place> {
    let hir = cx.hir(file);
    let made = match hir[pat].parent {
        PatParent::Stmt(stmt) => match hir[stmt].kind {
            StmtKind::Let { init: Some(init), .. } => vec![(file, init)],
            _ => Vec::new(),
        },
        PatParent::Item(item) => match &hir[item].kind {
            ItemKind::Fn(function) => {
                let index = function.params.iter().position(|param| param.pat == pat);
                let def = cx.program.def_of_item(file, item);
                def.zip(index).and_then(|(def, index)| given(cx, def, index)).unwrap_or_default()
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    let appended = cx.uses_of(file, pat).iter().filter_map(|&use_| {
        let call = cx.parent_expr(file, use_)?;
        match &hir[call].kind {
            ExprKind::MethodCall { receiver, method, args, .. } if *receiver == use_ && method.text == "append" => {
                args.first().map(|&block| (file, block))
            }
            _ => None,
        }
    });
    made.into_iter().chain(appended).collect()
}

fn may_be_empty(cx: &Cx<'_>, file: FileIdx, prompt: ExprId, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    if id_kind(cx, file, prompt) != IdKind::Unknown {
        return id_kind(cx, file, prompt) == IdKind::Empty;
    }
    let hir = cx.hir(file);
    match &hir[prompt].kind {
        ExprKind::Paren(inner) | ExprKind::Ref { expr: inner, .. } => may_be_empty(cx, file, *inner, depth),
        ExprKind::MethodCall { receiver, method, args, .. } => match method.text.as_str() {
            "unwrap_or_default" => true,
            "unwrap_or" => args.iter().any(|&arg| may_be_empty(cx, file, arg, depth)),
            "clone" | "as_str" | "to_owned" | "to_string" | "into" | "trim" => may_be_empty(cx, file, *receiver, depth),
            _ => false,
        },
        ExprKind::If { then, otherwise: Some(otherwise), .. } => {
            [then, otherwise].into_iter().any(|&branch| may_be_empty(cx, file, branch, depth))
        }
        ExprKind::Match { arms, .. } => arms.iter().any(|arm| may_be_empty(cx, file, arm.body, depth)),
        ExprKind::Block { stmts, .. } => match stmts.last().map(|&stmt| &hir[stmt].kind) {
            Some(StmtKind::Expr { expr, semi: false }) => may_be_empty(cx, file, *expr, depth),
            _ => false,
        },
        ExprKind::Path(_) => cx.local(file, prompt).is_some_and(|pat| {
            !is_kept_out(cx, file, pat, prompt)
                && (is_asked(cx, file, pat)
                    || values_of(cx, file, pat).into_iter().any(|(file, value)| may_be_empty(cx, file, value, depth)))
        }),
        _ => false,
    }
}

/// Whether a text is asked for its emptiness.
fn is_asked(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> bool {
    cx.uses_of(file, pat).iter().any(|&use_| test_of(cx, file, use_).is_some())
}

/// Whether the way to `at` leads past a test for emptiness that an empty text does not pass.
fn is_kept_out(cx: &Cx<'_>, file: FileIdx, pat: PatId, at: ExprId) -> bool {
    let hir = cx.hir(file);
    let here = hir[at].span;
    cx.uses_of(file, pat).iter().filter_map(|&use_| test_of(cx, file, use_)).any(|test| {
        let Some(parent) = cx.parent_expr(file, test) else { return false };
        let (condition, is_negated) = match &hir[parent].kind {
            ExprKind::Unary { op, .. } if op == "!" => (parent, true),
            _ => (test, false),
        };
        let Some(holder) = cx.parent_expr(file, condition) else { return false };
        match hir[holder].kind {
            ExprKind::If { condition: own, then, otherwise } if own == condition => {
                let holds = |branch: ExprId| hir[branch].span.contains(here);
                match is_negated {
                    true => holds(then),
                    false => {
                        otherwise.is_some_and(holds) || (hir[holder].span.end <= here.start && leaves(cx, file, then))
                    }
                }
            }
            _ => false,
        }
    })
}

/// `text.is_empty()`, `text.trim().is_empty()`, `text == ""`
fn test_of(cx: &Cx<'_>, file: FileIdx, use_: ExprId) -> Option<ExprId> {
    let hir = cx.hir(file);
    let parent = cx.parent_expr(file, use_)?;
    match &hir[parent].kind {
        ExprKind::MethodCall { receiver, method, .. } if *receiver == use_ => match method.text.as_str() {
            "is_empty" => Some(parent),
            "trim" | "as_str" => test_of(cx, file, parent),
            _ => None,
        },
        ExprKind::Binary { op, lhs, rhs } if op == "==" => {
            let other = if *lhs == use_ { *rhs } else { *lhs };
            matches!(&hir[other].kind, ExprKind::Lit(Lit::Str(text)) if text.is_empty()).then_some(parent)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::finding_at;
    use crate::finding::Level;
    use crate::rules::Trap;

    const MADE: &str =
        "let session = Session::new(Arc::new(InferenceState::new(\"a\", None, engine)));\nlet line = values.name();\n";

    fn names_the_trap(body: &str) -> bool {
        let finding = finding_at(&format!("{MADE}{body}"), "run_inference");
        assert_eq!(finding.level, Level::Safe, "{body}");
        finding.traps.contains(&Trap::EmptyPrompt)
    }

    const RUN: &str =
        "drop(session.run_inference(&ctx, Some(Turn::builder().with_user_prompt(prompt).build())).await?);";

    #[test]
    fn prompts_that_the_program_itself_calls_empty_may_be() {
        for made in [
            "let prompt = \"\";",
            "let prompt = std::env::args().nth(1).unwrap_or_default();",
            "let prompt = if line.len() > 3 { line } else { String::new() };",
            "let prompt = line;\nif prompt.trim().is_empty() { println!(\"nothing was said\"); }",
        ] {
            assert!(names_the_trap(&format!("{made}\n{RUN}")), "{made}");
        }
    }

    #[test]
    fn other_prompts_are_not_spoken_of() {
        for made in [
            "let prompt = \"why?\";",
            "let prompt = line;",
            "let prompt = line;\nif prompt.is_empty() { return Ok(()); }",
        ] {
            assert!(!names_the_trap(&format!("{made}\n{RUN}")), "{made}");
        }
        assert!(!names_the_trap(&format!("let prompt = line;\nif !prompt.is_empty() {{ {RUN} }}")));
    }
}
