//! Code that wants an engine's error itself, where a session's is matched now.

use super::super::super::cx::{Change, Cx};
use super::super::super::hir::{BlockFlavour, ExprId, ExprKind, PatId, PatKind, PatParent};
use super::super::super::index::FileIdx;
use super::super::super::ty::Ty;
use super::exhaustive::{arms_of, top_of};

const MADE: &str = ".into_engine_error()";

/// The name that an engine's error is bound to, and the code that the binding is for.
pub(super) struct Taken<'a> {
    cx: &'a Cx<'a>,
    file: FileIdx,
    inner: PatId,
    name: &'a str,
    is_mutable: bool,
    is_reference: bool,
    body: ExprId,
}

impl<'a> Taken<'a> {
    /// The binding `inner` of `RunError::Engine(inner)`, where all that follows from the match is one piece of code.
    pub(super) fn of(cx: &'a Cx<'a>, file: FileIdx, pat: PatId, inner: PatId) -> Option<Self> {
        let PatKind::Bind { name, by_ref, mutable, sub: None } = &cx.hir(file)[inner].kind else { return None };
        let body = body_of(cx, file, pat)?;
        let is_reference = *by_ref || matches!(cx.inferred(file).bindings.get(&inner), Some(Ty::Ref(_)));
        let taken = Self { cx, file, inner, name: name.text.as_str(), is_mutable: *mutable, is_reference, body };
        (!is_reference || taken.keeps_references()).then_some(taken)
    }

    /// What is matched instead: the whole error, under the name that the engine's had.
    pub(super) fn pattern(&self) -> String {
        let is_ref = matches!(self.cx.hir(self.file)[self.inner].kind, PatKind::Bind { by_ref: true, .. });
        format!("{}{}", if is_ref { "ref " } else { "" }, self.name)
    }

    /// The engine's error is made where it is used, or in front of everything that uses it.
    pub(super) fn body(&self) -> Vec<Change> {
        let (cx, file) = (self.cx, self.file);
        if let Some(use_) = self.only_use() {
            return vec![cx.insert(file, cx.span(file, use_).end, MADE)];
        }
        let name = self.name;
        let mutable = if self.is_mutable { "mut " } else { "" };
        let made = if self.is_reference { format!("&{name}.clone()") } else { name.to_owned() };
        let made = format!("let {mutable}{name} = {made}{MADE};");
        let hir = cx.hir(file);
        let span = hir[self.body].span;
        match &hir[self.body].kind {
            ExprKind::Block { stmts, flavour: BlockFlavour::Plain, label: None } => {
                let source = &cx.program.unit(file).source;
                let first = stmts.first().map(|&stmt| hir[stmt].span.start as usize);
                let is_below = |at: usize| source.text()[span.start as usize..at].contains('\n');
                let gap = match first.filter(|&at| is_below(at)) {
                    Some(at) => format!("{}{}", source.newline(), source.indent_at(at)),
                    None => " ".to_owned(),
                };
                vec![cx.insert(file, span.start + 1, format!("{gap}{made}"))]
            }
            _ => vec![cx.insert(file, span.start, format!("{{ {made} ")), cx.insert(file, span.end, " }")],
        }
    }

    /// The one place that takes the error away, if it is a plain one.
    fn only_use(&self) -> Option<ExprId> {
        let (cx, file) = (self.cx, self.file);
        let &[use_] = cx.uses_of(file, self.inner) else { return None };
        let is_captured = cx.inferred(file).captures.iter().any(|(_, own)| *own == self.inner);
        let is_plain = use_ == self.body
            || cx.parent_expr(file, use_).is_some_and(|parent| match &cx.hir(file)[parent].kind {
                ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. } => args.contains(&use_),
                ExprKind::Return(_) => true,
                _ => false,
            });
        let is_once = cx.ancestors(file, use_).take_while(|&at| at != self.body).all(|at| {
            !matches!(
                cx.hir(file)[at].kind,
                ExprKind::Closure { .. } | ExprKind::Loop { .. } | ExprKind::While { .. } | ExprKind::For { .. }
            )
        });
        (is_plain && is_once && !is_captured && !self.is_reference && !self.is_mutable).then_some(use_)
    }

    /// Whether no reference to the error leaves the code that it is for.
    fn keeps_references(&self) -> bool {
        let (cx, file) = (self.cx, self.file);
        let is_kept = |ty: &Ty| !ty.any(&mut |part| matches!(part, Ty::Ref(_) | Ty::Unknown | Ty::Param(_)));
        is_kept(cx.ty(file, self.body))
            && cx.hir(file).descendants(self.body).all(|at| match &cx.hir(file)[at].kind {
                ExprKind::Return(Some(value)) | ExprKind::Break(Some(value)) => is_kept(cx.ty(file, *value)),
                ExprKind::Assign { rhs, .. } => is_kept(cx.ty(file, *rhs)),
                _ => true,
            })
    }
}

/// The code that runs when a pattern has matched: an arm without a guard, the block of an `if let` of one condition.
fn body_of(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> Option<ExprId> {
    let hir = cx.hir(file);
    let top = top_of(cx, file, pat);
    if matches!(hir[top].kind, PatKind::Or(_)) {
        return None;
    }
    if let Some((arms, index)) = arms_of(cx, file, pat) {
        return arms[index].guard.is_none().then_some(arms[index].body);
    }
    let PatParent::Expr(condition) = hir[top].parent else { return None };
    let whole = cx.parent_expr(file, condition)?;
    match hir[whole].kind {
        ExprKind::If { condition: own, then, .. } if own == condition => Some(then),
        ExprKind::While { condition: own, body } if own == condition => Some(body),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::super::testing::{finding_at, migrated};
    use crate::finding::Level;

    /// What a function that takes a run's error becomes.
    fn after(head: &str, body: &str) -> String {
        let look = "fn look(e: &EngineError) -> bool { true }\n";
        let after = migrated(&format!("{look}fn g(e: {head} {{\n{body}\n}}"));
        after.split_once("{\n").map_or(String::new(), |(_, rest)| rest.trim_end_matches(['}', ' ', '\n']).to_owned())
    }

    #[test]
    fn an_engines_error_that_is_wanted_once_is_made_there() {
        let head = "RunError) -> Result<u8, EngineError>";
        assert_eq!(
            after(head, "match e {\nRunError::State(_) => Ok(1),\nRunError::Engine(e) => Err(e),\n}"),
            "match e {\nSessionError::AlreadyActive => Ok(1),\ne => Err(e.into_engine_error()),"
        );
        assert_eq!(
            after(head, "match e {\nRunError::Engine(e) => return Err(e),\nRunError::State(_) => Ok(1),\n}"),
            "match e {\nSessionError::Engine(e) => return Err(e),\n_ => Ok(1),"
        );
        assert_eq!(
            after(head, "if let RunError::Engine(own) = e { Err(own) } else { Ok(1) }"),
            "if let SessionError::Engine(own) = e { Err(own) } else { Ok(1)"
        );
    }

    #[test]
    fn an_engines_error_that_is_used_more_than_once_is_made_in_front() {
        let head = "RunError) -> Result<bool, EngineError>";
        assert_eq!(
            after(
                head,
                "match e {\nRunError::State(_) => Ok(true),\nRunError::Engine(e) => {\n  if look(&e) { return Ok(false); }\n  Err(e)\n}\n}"
            ),
            "match e {\nSessionError::AlreadyActive => Ok(true),\ne => {\n  let e = e.into_engine_error();\n  if look(&e) { return Ok(false); }\n  Err(e)"
        );
        assert_eq!(
            after("&RunError) -> bool", "match e {\nRunError::State(_) => false,\nRunError::Engine(e) => look(e),\n}"),
            "match e {\nSessionError::AlreadyActive => false,\ne => { let e = &e.clone().into_engine_error(); look(e) },"
        );
    }

    #[test]
    fn a_reference_to_an_engines_error_that_leaves_is_reported() {
        let body = "fn g(e: &RunError) -> Option<&EngineError> {\nmatch e {\nRunError::State(_) => None,\nRunError::Engine(e) => Some(e),\n}\n}";
        assert_eq!(finding_at(body, "RunError::Engine").level, Level::Report);
    }
}
