//! Claims behind a function that does nothing else: `fn begin(&self) -> bool { self.state.start_run().is_ok() }`. A start
//! needs the turn, so it stands where the function was called, and the function goes.

use super::super::cx::{Cx, TraitMethod};
use super::super::hir::{ExprId, ExprKind, ItemId, ItemKind, Span, StmtId, StmtKind};
use super::super::index::{DefId, FileIdx};
use super::super::outcome::Outcome;
use super::super::proof::is_called_from_outside;
use super::super::rewrite::Piece;
use super::super::sites::receiver;
use super::super::text::{holds_word, is_plain};
use super::standing::call_of;
use super::{Lifecycles, Place, Text, finish, guard};

/// A function that only claims.
#[derive(Clone, Debug)]
pub(super) struct Wrapper {
    pub(super) file: FileIdx,
    start: ExprId,
    item: ItemId,
    /// Where its body names the claimed state, and what that name begins with: `self` or a parameter.
    session: Span,
    root: Span,
    /// The parameter; `None` for `self`.
    param: Option<usize>,
    /// What its body does to the claim's result: `.map_err(…)`.
    converted: Span,
    /// Whether it gives a truth value, and if so what that of a granted claim is.
    pub(super) says: Option<bool>,
    /// Its calls, all in its own file.
    pub(super) calls: Vec<ExprId>,
}

impl Wrapper {
    /// The function around a claim, where it only claims and every call of it is known.
    pub(super) fn of(cx: &Cx<'_>, (file, start): Place) -> Option<Self> {
        let hir = cx.hir(file);
        let item = cx.function_of(file, start);
        let def = cx.program.def_of_item(file, item)?;
        let ItemKind::Fn(function) = &hir[item].kind else { return None };
        let ExprKind::Block { stmts, .. } = &hir[function.body?].kind else { return None };
        let &[only] = stmts.as_slice() else { return None };
        let StmtKind::Expr { expr: whole, semi: false } = hir[only].kind else { return None };
        let top = guard::value_of(cx, file, start);
        let says = match &hir[whole].kind {
            _ if whole == top => None,
            ExprKind::MethodCall { receiver, method, .. } if *receiver == top => match method.text.as_str() {
                "is_ok" => Some(true),
                "is_err" => Some(false),
                _ => return None,
            },
            _ => return None,
        };
        let session = receiver(cx, file, start)?;
        let mut root = session;
        while let ExprKind::Field { base, .. } = hir[root].kind {
            root = base;
        }
        let own = cx.local(file, root);
        let param = own.and_then(|own| function.params.iter().position(|param| param.pat == own));
        let is_self = cx.expr_text(file, root) == "self";
        let converted = Span { start: hir[start].span.end, end: hir[top].span.end };
        let is_method = matches!(hir[start].kind, ExprKind::MethodCall { .. });
        let is_simple =
            !function.is_async && is_method && is_plain_item(cx, file, item) && (is_self || param.is_some());
        if !is_simple || names_own(cx, file, top, start) || !is_private(cx, def) {
            return None;
        }
        let mut calls = Vec::new();
        for &(caller, callee) in cx.callers(def) {
            let (call, args, shift) = call_of(cx, caller, callee, function)?;
            let fits = caller == file && module_of(cx, file, call) == module_of(cx, file, start);
            let given = given(cx, file, call, args, param.map(|param| param + shift))?;
            (fits && is_plain(cx, file, given)).then(|| calls.push(call))?;
        }
        let (session, root) = (hir[session].span, hir[root].span);
        (!calls.is_empty()).then_some(Self { file, start, item, session, root, param, converted, says, calls })
    }

    /// The claimed session as a call of the function sees it.
    pub(super) fn session(&self, cx: &Cx<'_>, call: ExprId) -> Option<Piece> {
        let hir = cx.hir(self.file);
        let (ExprKind::MethodCall { args, .. } | ExprKind::Call { args, .. }) = &hir[call].kind else { return None };
        let has_self = matches!(&hir[self.item].kind, ItemKind::Fn(function) if function.self_param.is_some());
        let shift = usize::from(has_self && matches!(hir[call].kind, ExprKind::Call { .. }));
        let given = given(cx, self.file, call, args, self.param.map(|param| param + shift))?;
        if self.root == self.session {
            return Some(Piece::source(hir[given].span));
        }
        let text = cx.expr_text(self.file, given).to_owned();
        Some(Piece::Source(self.session, vec![(self.root, text)]))
    }

    /// Whether a claim is that of the function.
    pub(super) fn holds(&self, start: Place) -> bool {
        start == (self.file, self.start)
    }

    /// The claimed state in the function's body.
    pub(super) fn claimed(&self, cx: &Cx<'_>) -> Option<ExprId> {
        receiver(cx, self.file, self.start)
    }

    /// What is done to the result of the start.
    pub(super) fn conversion(&self) -> Option<Piece> {
        (self.converted.start < self.converted.end).then(|| Piece::source(self.converted))
    }

    /// Takes the function away where every call of it became a start; the decision about its claim is the worst of theirs.
    pub(super) fn settle(&self, cx: &Cx<'_>, lifecycles: &mut Lifecycles, text: &mut Text) {
        let of_calls: Option<Vec<Outcome>> = self.calls.iter().map(|&call| lifecycles.of(self.file, call)).collect();
        if let Some(worst) = of_calls.and_then(|all| all.into_iter().max_by_key(|outcome| outcome.level)) {
            lifecycles.outcomes.insert((self.file, self.start), worst);
            finish::remove_items(cx, &[(self.file, self.item)], text);
        }
    }
}

/// A function that only ends runs: its item, and the statements that call it.
pub(super) fn ending(cx: &Cx<'_>, (file, finish): Place) -> Option<(ItemId, Vec<(Place, StmtId)>)> {
    let hir = cx.hir(file);
    let item = cx.function_of(file, finish);
    let def = cx.program.def_of_item(file, item)?;
    let ItemKind::Fn(function) = &hir[item].kind else { return None };
    let ExprKind::Block { stmts, .. } = &hir[function.body?].kind else { return None };
    let &[only] = stmts.as_slice() else { return None };
    let ends = matches!(hir[only].kind, StmtKind::Expr { expr, .. } if expr == finish);
    let plain = receiver(cx, file, finish).is_some_and(|state| is_plain(cx, file, state));
    if !ends || !plain || !is_plain_item(cx, file, item) || !is_private(cx, def) {
        return None;
    }
    let mut calls = Vec::new();
    for &(caller, callee) in cx.callers(def) {
        let (call, args, _) = call_of(cx, caller, callee, function)?;
        let stmt = cx.stmt_of(caller, call)?;
        let is_alone = matches!(cx.hir(caller)[stmt].kind, StmtKind::Expr { expr, .. } if expr == call);
        let given = args.iter().copied().chain(receiver(cx, caller, call));
        let is_plain = given.into_iter().all(|given| is_plain(cx, caller, given));
        (is_alone && is_plain).then(|| calls.push(((caller, call), stmt)))?;
    }
    (!calls.is_empty()).then_some((item, calls))
}

/// Whether nothing about a function but what it does has a meaning.
fn is_plain_item(cx: &Cx<'_>, file: FileIdx, item: ItemId) -> bool {
    cx.hir(file)[item].attrs.iter().all(|attr| attr.is_doc || attr.path == "must_use" || attr.path == "inline")
}

/// What a call gives for `self` or a parameter, as a place: `self`, `chat`, `self.state`.
fn given(cx: &Cx<'_>, file: FileIdx, call: ExprId, args: &[ExprId], index: Option<usize>) -> Option<ExprId> {
    let hir = cx.hir(file);
    let given = match (index, &hir[call].kind) {
        (Some(index), _) => *args.get(index)?,
        (None, ExprKind::MethodCall { receiver, .. }) => *receiver,
        (None, _) => *args.first()?,
    };
    match hir[cx.peel_parens(file, given)].kind {
        ExprKind::Ref { expr, .. } => Some(expr),
        _ => Some(given),
    }
}

/// Whether what is done to a claim's result names something of the function around.
fn names_own(cx: &Cx<'_>, file: FileIdx, top: ExprId, start: ExprId) -> bool {
    let hir = cx.hir(file);
    let (whole, claim) = (hir[top].span, hir[start].span);
    hir.descendants(top).filter(|&at| !claim.contains(hir[at].span)).any(|at| {
        let is_self = matches!(hir[at].kind, ExprKind::Path(_)) && matches!(cx.expr_text(file, at), "self" | "Self");
        is_self || cx.inferred(file).local(at).is_some_and(|local| !whole.contains(hir[local].span))
    })
}

/// Whether nothing but the calls that are read can name a function.
fn is_private(cx: &Cx<'_>, def: DefId) -> bool {
    let name = &cx.program.def(def).name;
    let is_named_unread =
        cx.inferred.keys().any(|&file| cx.hir(file).opaque.iter().any(|span| holds_word(cx.text(file, *span), name)));
    cx.trait_method(def) == TraitMethod::None && !is_called_from_outside(cx, def) && !is_named_unread
}

/// The module that an expression stands in.
fn module_of(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> DefId {
    let mut at = cx.program.scope_of_expr(file, expr);
    while let Some(parent) = cx.program.scopes.get(&at).and_then(|scope| scope.lexical_parent) {
        at = parent;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::plan_of;
    use crate::finding::{Finding, Level};

    /// A chat whose `ask` has this body.
    fn chat(ask: &str, more: &str) -> String {
        format!(
            "use geppetto::prelude::*;\nuse geppetto::inference::{{core, state::InferenceState}};\nuse std::sync::Arc;\n\
             struct Chat {{ run: core::Session }}\nimpl Chat {{\n\
             fn begin(&self) -> bool {{ self.run.state.start_run().is_ok() }}\n\
             fn end(&self) {{ self.run.state.finish_run(); }}\n{more}\n\
             async fn ask(&self, ctx: &Context) -> bool {{\n{ask}\n}}\n}}\n\
             fn new(engine: Arc<dyn Engine>) -> Chat {{\n\
             Chat {{ run: core::Session::new(Arc::new(InferenceState::new(\"a\", None, engine))) }}\n}}\n\
             #[tokio::main]\nasync fn main() {{}}\n"
        )
    }

    const ASK: &str = "if !self.begin() { return false; }\n\
                       let out = self.run.run_inference_started(ctx, Some(Turn::builder().with_user_prompt(\"x\").build())).await;\n\
                       self.end();\nout.is_ok()";

    /// The level of the finding at the first place with this text, and why.
    fn at(code: &str, text: &str) -> (Level, String) {
        let plan = plan_of(code);
        let place = code.find(text).unwrap_or_default();
        let is_code = |finding: &&Finding| plan.tree.entry(finding.file).path.ends_with("main.rs");
        let found = plan.findings.iter().filter(is_code).find(|finding| finding.range.contains(&place));
        found.map(|finding| (finding.level, finding.why.clone())).unwrap_or_else(|| panic!("no finding at `{text}`"))
    }

    #[test]
    fn functions_that_only_claim_and_end_go_with_the_lifecycle() {
        let code = chat(ASK, "");
        let plan = plan_of(&code);
        let after = plan.changes.iter().find(|change| change.before.path().ends_with("main.rs"));
        let after = after.map(|change| change.after.text().to_owned()).unwrap_or_default();
        assert!(!after.contains("fn begin") && !after.contains("end()"), "{after}");
        let start = "let run = self.run.start_with_turn(ctx, Turn::builder().with_user_prompt(\"x\").build());\n\
                     if matches!(run, Err(SessionError::AlreadyActive)) { return false; }\n\
                     let out = async { run?.wait().await }.await;\nout.is_ok()";
        assert!(after.contains(start), "{after}");
        assert_eq!(at(&code, "start_run").0, Level::Safe);
    }

    #[test]
    fn a_claim_that_is_also_asked_for_without_a_run_is_reported() {
        for more in
            ["fn is_free(&self) -> bool { self.begin() }", "fn free(&self) -> fn(&Chat) -> bool { Chat::begin }"]
        {
            assert_eq!(at(&chat(ASK, more), "start_run").0, Level::Report, "{more}");
        }
    }

    #[test]
    fn what_happens_before_the_end_is_called_needs_a_yes() {
        let ask = ASK.replace("self.end();", "self.told();\nself.end();");
        let (level, why) = at(&chat(&ask, "fn told(&self) { std::fs::write(\"a\", \"b\").unwrap(); }"), "finish_run");
        assert_eq!(level, Level::Offered);
        assert!(why.contains("before what line"), "{why}");
    }
}
