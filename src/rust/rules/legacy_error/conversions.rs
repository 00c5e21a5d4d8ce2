//! Two conversions that fall together: a type that is made of both legacy errors has one `From<SessionError>`.

use super::super::super::conversions::{Conversion, Form};
use super::super::super::cx::{Change, Cx};
use super::super::super::flow::{Node, sub_patterns};
use super::super::super::hir::{
    Arm, Attr, ExprId, ExprKind, Field, Fields, ItemId, ItemKind, PatId, PatKind, Span, StmtKind,
};
use super::super::super::index::{DefId, FileIdx};
use super::super::super::legacy::Tracked;
use super::super::super::outcome::Outcome;
use super::survey::{Reach, names_type};
use super::{error_of, variant_name};
use crate::rules::Trap;

/// The two conversions of one type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Merge<'a> {
    pub(crate) state: &'a Conversion,
    pub(crate) run: &'a Conversion,
}

/// Types that have a conversion of each error.
pub(crate) fn merges(conversions: &[Conversion]) -> Vec<Merge<'_>> {
    let of = |error: Tracked| conversions.iter().filter(move |conversion| conversion.error == error);
    of(Tracked::StateError)
        .filter_map(|state| {
            let run = of(Tracked::RunError).find(|run| run.target == state.target)?;
            Some(Merge { state, run })
        })
        .collect()
}

/// Whether two implementations are the two conversions of one type.
pub(crate) fn are_merged(conversions: &[Conversion], blocks: &[DefId]) -> bool {
    merges(conversions).iter().any(|merge| {
        [merge.state, merge.run].iter().all(|own| blocks.iter().any(|&block| own.node == Node::Item(block)))
    })
}

/// Where a conversion stands.
pub(crate) fn place(cx: &Cx<'_>, conversion: &Conversion) -> Span {
    match &conversion.form {
        Form::Impl { block, .. } => cx.hir(conversion.file)[*block].span,
        Form::Field { .. } => Variant::of(cx, conversion).map_or(Span::default(), |variant| variant.field.span),
    }
}

/// What brings the two conversions together, with a reservation where a busy session was told in two ways.
///
/// # Errors
/// The report, where the two cannot become one without a person.
pub(crate) fn merged(cx: &Cx<'_>, reach: Reach, merge: Merge<'_>) -> Result<Outcome, Outcome> {
    let changes = match (&merge.state.form, &merge.run.form) {
        (Form::Impl { block: state, .. }, Form::Impl { block: run, .. }) => into_run(cx, reach, merge, *state, *run),
        (Form::Field { .. }, Form::Impl { block, .. }) => field_into_run(cx, reach, merge, *block),
        (Form::Impl { block, .. }, Form::Field { .. }) => into_state(cx, reach, merge, *block),
        (Form::Field { .. }, Form::Field { .. }) => written_out(cx, reach, merge),
    };
    let outcome = Outcome::safe(changes.ok_or_else(by_hand)?, "one `From<SessionError>`");
    Ok(match reach.busy_states && reach.busy_runs && !agree(cx, merge) {
        true => outcome.offered(
            Trap::ErrorIdentity,
            "a busy session is converted in one way now, that of a refused run, where a refused start had its own",
        ),
        false => outcome,
    })
}

/// Whether both conversions make the same of a busy session.
fn agree(cx: &Cx<'_>, merge: Merge<'_>) -> bool {
    let same = || {
        let (state, run) = (Function::of(cx, merge.state)?, Function::of(cx, merge.run)?);
        let (bound, answer) = state.answer("AlreadyRunning")?;
        let arm = run.arms()?.iter().find(|arm| run.takes_busy(arm.pat))?;
        let same = cx.expr_text(state.file, answer) == cx.expr_text(run.file, arm.body);
        Some(run.delegates(arm) || (arm.guard.is_none() && bound.is_none() && same))
    };
    same().unwrap_or(false)
}

fn by_hand() -> Outcome {
    Outcome::report(
        "`From<StateError>` and `From<RunError>` of one type fall together",
        "write one `From<SessionError>`: `NoActive` is what the state's conversion made of `NotRunning`, everything else \
         what the run's made of it",
    )
    .because(Trap::ErrorIdentity, "the two legacy errors are one type now")
}

/// Which of the new errors were the state's own.
fn of_state(reach: Reach) -> Vec<Told> {
    let mut told = vec![Told { legacy: "NotRunning", new: "NoActive" }];
    if reach.busy_states && !reach.busy_runs {
        told.insert(0, Told { legacy: "AlreadyRunning", new: "AlreadyActive" });
    }
    told
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Told {
    legacy: &'static str,
    new: &'static str,
}

/// A `from` function: its parameter and its body.
struct Function<'a> {
    cx: &'a Cx<'a>,
    file: FileIdx,
    block: ItemId,
    param: PatId,
    /// The parameter's name, if it has one.
    name: Option<&'a str>,
    body: ExprId,
    /// The only expression of the body.
    value: Option<ExprId>,
}

impl<'a> Function<'a> {
    fn of(cx: &'a Cx<'a>, conversion: &Conversion) -> Option<Self> {
        let Form::Impl { block, function } = conversion.form else { return None };
        let (file, hir) = (conversion.file, cx.hir(conversion.file));
        let function = cx.program.fn_item(function)?;
        let [param] = function.params.as_slice() else { return None };
        let name = match &hir[param.pat].kind {
            PatKind::Bind { name, sub: None, .. } => Some(name.text.as_str()),
            PatKind::Wild => None,
            _ => return None,
        };
        let body = function.body?;
        let ExprKind::Block { stmts, .. } = &hir[body].kind else { return None };
        let value = match stmts.as_slice() {
            [only] => match hir[*only].kind {
                StmtKind::Expr { expr, semi: false } => Some(cx.peel_parens(file, expr)),
                _ => None,
            },
            _ => None,
        };
        Some(Self { cx, file, block, param: param.pat, name, body, value })
    }

    /// The arms of a body that is one match of the parameter.
    fn arms(&self) -> Option<&'a [Arm]> {
        let hir = self.cx.hir(self.file);
        let ExprKind::Match { scrutinee, arms } = &hir[self.value?].kind else { return None };
        let is_param = self.cx.local(self.file, *scrutinee) == Some(self.param);
        is_param.then_some(arms)
    }

    /// What the function makes of one of the state's errors: a pattern's name for it, if any, and an expression.
    fn answer(&self, legacy: &str) -> Option<(Option<&'a str>, ExprId)> {
        let hir = self.cx.hir(self.file);
        let Some(arms) = self.arms() else {
            let value = self.value?;
            return Some((self.name.filter(|_| self.names_param(value)), value));
        };
        let arm = arms.iter().find(|arm| self.takes(arm.pat, legacy))?;
        if arm.guard.is_some() {
            return None;
        }
        let bound = match &hir[arm.pat].kind {
            PatKind::Bind { name, .. } if variant_name(self.cx, self.file, arm.pat).is_none() => {
                Some(name.text.as_str())
            }
            _ => None,
        };
        match (bound, self.names_param(arm.body)) {
            (Some(_), true) => None,
            (bound, false) => Some((bound, arm.body)),
            (None, true) => Some((self.name, arm.body)),
        }
    }

    fn takes(&self, pat: PatId, legacy: &str) -> bool {
        match (&self.cx.hir(self.file)[pat].kind, variant_name(self.cx, self.file, pat)) {
            (_, Some(name)) => name == legacy,
            (PatKind::Or(pats), _) => pats.iter().any(|&pat| self.takes(pat, legacy)),
            (PatKind::Wild, _) => true,
            (PatKind::Bind { sub, .. }, _) => sub.is_none_or(|sub| self.takes(sub, legacy)),
            _ => false,
        }
    }

    /// Whether a pattern of a run's error takes a refused run.
    fn takes_busy(&self, pat: PatId) -> bool {
        let hir = self.cx.hir(self.file);
        match (&hir[pat].kind, variant_name(self.cx, self.file, pat)) {
            (PatKind::TupleStruct { pats, .. }, Some("State")) => {
                pats.iter().any(|&pat| matches!(hir[pat].kind, PatKind::Rest) || self.takes(pat, "AlreadyRunning"))
            }
            (PatKind::Or(pats), _) => pats.iter().any(|&pat| self.takes_busy(pat)),
            (PatKind::Wild, _) => true,
            (PatKind::Bind { sub, .. }, None) => sub.is_none_or(|sub| self.takes_busy(sub)),
            _ => false,
        }
    }

    fn names_param(&self, expr: ExprId) -> bool {
        let span = self.cx.span(self.file, expr);
        let captured = self.cx.inferred(self.file).captures.iter();
        self.cx.uses_of(self.file, self.param).iter().any(|&use_| span.contains(self.cx.span(self.file, use_)))
            || captured.into_iter().any(|(name, pat)| *pat == self.param && span.contains(name.span))
    }

    /// Arms for the state's errors, as the function answers them; `None` where a text cannot be copied.
    fn arms_for(&self, told: &[Told]) -> Option<Vec<String>> {
        let error = self.error();
        let mut arms: Vec<(Option<&str>, ExprId, Vec<String>)> = Vec::new();
        for Told { legacy, new } in told {
            let (bound, answer) = self.answer(legacy)?;
            let name = format!("{error}::{new}");
            match arms.iter_mut().find(|(_, other, _)| *other == answer) {
                Some((.., names)) => names.push(name),
                None => arms.push((bound, answer, vec![name])),
            }
        }
        arms.into_iter()
            .map(|(bound, answer, names)| {
                let text = self.copied(answer)?;
                let names = names.join(" | ");
                Some(match bound {
                    Some(bound) if names.contains('|') => format!("{bound} @ ({names}) => {text},"),
                    Some(bound) => format!("{bound} @ {names} => {text},"),
                    None => format!("{names} => {text},"),
                })
            })
            .collect()
    }

    fn error(&self) -> String {
        self.cx.name_at(self.file, self.body, "session::SessionError")
    }

    /// The text of an expression that stands as it is in another function of the same module.
    fn copied(&self, expr: ExprId) -> Option<&'a str> {
        let hir = self.cx.hir(self.file);
        let span = hir[expr].span;
        let patterns = &self.cx.inferred(self.file).pattern_defs;
        let named =
            patterns.iter().any(|(&pat, &def)| span.contains(hir[pat].span) && self.cx.legacy.variant(def).is_some());
        let made = hir
            .descendants(expr)
            .any(|at| self.cx.value_def(self.file, at).is_some_and(|def| self.cx.legacy.variant(def).is_some()));
        (!named && !made && !names_type(self.cx, self.file, span)).then(|| self.cx.text(self.file, span))
    }

    /// An arm of a run's conversion that only passes the state's error on to the other conversion.
    fn delegates(&self, arm: &Arm) -> bool {
        let hir = self.cx.hir(self.file);
        if variant_name(self.cx, self.file, arm.pat) != Some("State") || arm.guard.is_some() {
            return false;
        }
        let Some(inner) = super::part(self.cx, self.file, arm.pat) else { return false };
        let is_inner = |expr: ExprId| self.cx.local(self.file, expr) == Some(inner);
        match &hir[self.cx.peel_parens(self.file, arm.body)].kind {
            ExprKind::MethodCall { receiver, method, .. } => method.text == "into" && is_inner(*receiver),
            ExprKind::Call { callee, args } => {
                self.cx.expr_text(self.file, *callee).ends_with("::from") && args.iter().any(|&arg| is_inner(arg))
            }
            _ => false,
        }
    }

    /// Whether anything passes a state's error on, apart from `except`: to the other conversion, which is this one now.
    fn converts_again(&self, except: Option<ExprId>) -> bool {
        let hir = self.cx.hir(self.file);
        let skipped = except.map(|expr| hir[expr].span);
        hir.descendants(self.body).filter(|&at| skipped.is_none_or(|span| !span.contains(hir[at].span))).any(|at| {
            let is_state = |expr: ExprId| error_of(self.cx, self.cx.ty(self.file, expr)).is_some();
            match &hir[at].kind {
                ExprKind::MethodCall { receiver, method, .. } => method.text == "into" && is_state(*receiver),
                ExprKind::Call { callee, args } => {
                    let text = self.cx.expr_text(self.file, *callee);
                    (text.ends_with("::from") || text.ends_with("::into")) && args.iter().any(|&arg| is_state(arg))
                }
                ExprKind::Try(_) => true,
                _ => false,
            }
        })
    }
}

/// Both are written: the run's takes the state's answers in, and the state's goes.
fn into_run(cx: &Cx<'_>, reach: Reach, merge: Merge<'_>, state: ItemId, run: ItemId) -> Option<Vec<Change>> {
    let scope = |block: ItemId| cx.program.scope_of_item(merge.run.file, block);
    if merge.state.file != merge.run.file || scope(state) != scope(run) {
        return None;
    }
    let (from, to) = (Function::of(cx, merge.state)?, Function::of(cx, merge.run)?);
    if from.converts_again(None) {
        return None;
    }
    let mut changes = taken_in(cx, reach, &to, |told| from.arms_for(told))?;
    changes.push(without_item(cx, from.file, from.block));
    Some(changes)
}

/// Adds the state's answers to a run's conversion.
fn taken_in(
    cx: &Cx<'_>,
    reach: Reach,
    to: &Function<'_>,
    arms_for: impl Fn(&[Told]) -> Option<Vec<String>>,
) -> Option<Vec<Change>> {
    let file = to.file;
    let indent = |span: Span| cx.program.unit(file).source.indent_at(span.start as usize);
    if let Some(arms) = to.arms() {
        let delegating = arms.iter().find(|arm| to.delegates(arm));
        if to.converts_again(delegating.map(|arm| arm.body)) {
            return None;
        }
        if let Some(arm) = delegating {
            let all = [
                Told { legacy: "AlreadyRunning", new: "AlreadyActive" },
                Told { legacy: "NotRunning", new: "NoActive" },
            ];
            let text = arms_for(&all)?.join(&format!("\n{}", indent(arm.span)));
            return Some(vec![cx.replace(file, arm.span, text)]);
        }
        if arms.iter().any(|arm| names_idle(cx, file, arm.pat)) {
            return None;
        }
        let first = arms.first()?;
        let lines: String =
            arms_for(&of_state(reach))?.iter().map(|arm| format!("{arm}\n{}", indent(first.span))).collect();
        return Some(vec![cx.insert(file, first.span.start, lines)]);
    }
    let value = to.value?;
    if to.converts_again(None) {
        return None;
    }
    let indent = indent(cx.span(file, value));
    let lines: String = arms_for(&of_state(reach))?.iter().map(|arm| format!("{indent}    {arm}\n")).collect();
    let span = cx.span(file, value);
    let name = to.name?;
    Some(vec![
        cx.insert(file, span.start, format!("match {name} {{\n{lines}{indent}    {name} => ")),
        cx.insert(file, span.end, format!(",\n{indent}}}")),
    ])
}

fn names_idle(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> bool {
    variant_name(cx, file, pat) == Some("NotRunning")
        || sub_patterns(&cx.hir(file)[pat].kind).into_iter().any(|sub| names_idle(cx, file, sub))
}

/// The state's is derived, the run's is written.
fn field_into_run(cx: &Cx<'_>, reach: Reach, merge: Merge<'_>, run: ItemId) -> Option<Vec<Change>> {
    let to = Function::of(cx, merge.run)?;
    debug_assert_eq!(to.block, run);
    let state = Variant::of(cx, merge.state)?;
    let name = to.name?;
    let made = state.made_of(name);
    let error = to.error();
    let mut changes = taken_in(cx, reach, &to, |told| {
        let names = told.iter().map(|told| format!("{error}::{}", told.new)).collect::<Vec<_>>().join(" | ");
        Some(vec![format!("{names} => {made},")])
    })?;
    changes.push(state.without_from(cx));
    Some(changes)
}

/// The run's is derived, the state's is written: the latter becomes the only one.
fn into_state(cx: &Cx<'_>, reach: Reach, merge: Merge<'_>, state: ItemId) -> Option<Vec<Change>> {
    let from = Function::of(cx, merge.state)?;
    debug_assert_eq!(from.block, state);
    let run = Variant::of(cx, merge.run)?;
    if from.converts_again(None) {
        return None;
    }
    let span = cx.span(from.file, from.value?);
    let indent = cx.program.unit(from.file).source.indent_at(span.start as usize);
    let lines: String = from.arms_for(&of_state(reach))?.iter().map(|arm| format!("{indent}    {arm}\n")).collect();
    let name = from.name?;
    let text = format!("match {name} {{\n{lines}{indent}    {name} => {},\n{indent}}}", run.made_of(name));
    Some(vec![cx.replace(from.file, span, text), run.without_from(cx)])
}

/// Both are derived: a conversion is written.
fn written_out(cx: &Cx<'_>, reach: Reach, merge: Merge<'_>) -> Option<Vec<Change>> {
    let (state, run) = (Variant::of(cx, merge.state)?, Variant::of(cx, merge.run)?);
    let file = merge.run.file;
    let item_id = cx.program.def(merge.run.target).item?;
    let item = &cx.hir(file)[item_id];
    let name = item.name.as_ref()?;
    if !item.generics.params.is_empty() {
        return None;
    }
    let scope = cx.program.scope_of_item(file, item_id);
    let error = cx.name(file, scope, "session::SessionError");
    let names = of_state(reach).iter().map(|told| format!("{error}::{}", told.new)).collect::<Vec<_>>().join(" | ");
    let i = cx.program.unit(file).source.indent_at(item.span.start as usize);
    let text = format!(
        "\n\n{i}impl From<{error}> for {} {{\n{i}    fn from(error: {error}) -> Self {{\n{i}        match error {{\n\
         {i}            {names} => {},\n{i}            error => {},\n{i}        }}\n{i}    }}\n{i}}}",
        name.text,
        state.made_of("error"),
        run.made_of("error"),
    );
    Some(vec![state.without_from(cx), run.without_from(cx), cx.insert(file, item.span.end, text)])
}

/// A variant that is made of an error by `#[from]`.
struct Variant<'a> {
    file: FileIdx,
    name: &'a str,
    field: &'a Field,
    attr: &'a Attr,
    is_transparent: bool,
}

impl<'a> Variant<'a> {
    fn of(cx: &'a Cx<'a>, conversion: &Conversion) -> Option<Self> {
        let Form::Field { variant, .. } = conversion.form else { return None };
        let target: DefId = conversion.target;
        let ItemKind::Enum(variants) = &cx.program.item(target)?.kind else { return None };
        let data = &variants[variant];
        let field = match &data.fields {
            Fields::Named(fields) | Fields::Tuple(fields) => match fields.as_slice() {
                [only] => only,
                _ => return None,
            },
            Fields::Unit => return None,
        };
        let file = conversion.file;
        let is_transparent =
            data.attrs.iter().any(|attr| attr.path == "error" && cx.text(file, attr.span).contains("transparent"));
        let attr = field.attrs.iter().find(|attr| attr.path == "from")?;
        Some(Self { file, name: &data.name.text, field, attr, is_transparent })
    }

    fn made_of(&self, error: &str) -> String {
        match &self.field.name {
            Some(name) if name.text == error => format!("Self::{} {{ {error} }}", self.name),
            Some(name) => format!("Self::{} {{ {}: {error} }}", self.name, name.text),
            None => format!("Self::{}({error})", self.name),
        }
    }

    /// `#[from]` goes; the error stays the source.
    fn without_from(&self, cx: &Cx<'_>) -> Change {
        let is_source = self.is_transparent || self.field.name.as_ref().is_some_and(|name| name.text == "source");
        if !is_source {
            return cx.replace(self.file, self.attr.span, "#[source]");
        }
        let after = &cx.source(self.file)[self.attr.span.end as usize..];
        let blank = after.len() - after.trim_start().len();
        cx.replace(self.file, Span { start: self.attr.span.start, end: self.attr.span.end + blank as u32 }, "")
    }
}

/// An item goes with the line it ends on and an empty line behind it.
fn without_item(cx: &Cx<'_>, file: FileIdx, item: ItemId) -> Change {
    let source = cx.source(file);
    let span = cx.hir(file)[item].span;
    let before = &source[..span.start as usize];
    let start = before.trim_end_matches([' ', '\t']).len();
    let mut end = span.end as usize;
    let after = &source[end..];
    let blank = after.len() - after.trim_start_matches([' ', '\t', '\r', '\n']).len();
    // The white space in front of the item now stands in front of what follows.
    if after[..blank].contains('\n') {
        let line = after[..blank].rfind('\n').map_or(0, |at| at + 1);
        end += line;
    }
    let is_last = source[end..].trim().is_empty();
    let start = if is_last { before.trim_end().len() } else { start };
    let text = if is_last { "\n" } else { "" };
    cx.replace(file, Span::new(start, if is_last { source.len() } else { end }), text)
}

#[cfg(test)]
mod tests {
    use super::super::super::super::testing::{finding_at, migrated};
    use crate::finding::Level;

    const OWN: &str = "enum E { Busy, Idle, Failed(String) }\n";

    #[test]
    fn two_conversions_become_one() {
        for name in ["e", "_"] {
            let body = format!(
                "{OWN}impl From<StateError> for E {{\nfn from({name}: StateError) -> Self {{\nE::Idle\n}}\n}}\n\
                 impl From<RunError> for E {{\nfn from(e: RunError) -> Self {{\nE::Failed(e.to_string())\n}}\n}}"
            );
            assert_eq!(
                migrated(&body),
                format!(
                    "{OWN}impl From<SessionError> for E {{\nfn from(e: SessionError) -> Self {{\nmatch e {{\n    \
                     SessionError::NoActive => E::Idle,\n    e => E::Failed(e.to_string()),\n}}\n}}\n}}"
                )
            );
        }
    }

    #[test]
    fn a_conversion_that_calls_itself_when_both_are_one_is_reported() {
        let body = format!(
            "{OWN}impl From<StateError> for E {{ fn from(_: StateError) -> Self {{ E::Busy }} }}\n\
             impl From<RunError> for E {{ fn from(e: RunError) -> Self {{\nif let RunError::State(s) = e {{ return s.into(); }}\nE::Idle\n}} }}"
        );
        assert_eq!(finding_at(&body, "RunError> for").level, Level::Report);
    }
}
