//! Two conversions that fall together: a type that is made of both legacy errors has one `From<SessionError>`.

mod function;

use self::function::{Function, Told};
use super::super::super::conversions::{Conversion, Form};
use super::super::super::cx::{Change, Cx};
use super::super::super::flow::{Node, sub_patterns};
use super::super::super::hir::{Attr, Field, Fields, ItemId, ItemKind, PatId, Span};
use super::super::super::index::{DefId, FileIdx};
use super::super::super::legacy::Tracked;
use super::super::super::outcome::Outcome;
use super::survey::Reach;
use super::variant_name;
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
    if let Some(change) = passed_on(cx, merge) {
        return Ok(Outcome::safe(vec![change], "one `From<SessionError>`"));
    }
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

/// The state's conversion goes where it does no more than the run's does once the state's error is a run's.
fn passed_on(cx: &Cx<'_>, merge: Merge<'_>) -> Option<Change> {
    let state = Function::of(cx, merge.state)?;
    let target = &cx.program.def(merge.run.target).name;
    let made = match &merge.run.form {
        Form::Impl { .. } => {
            let run = Function::of(cx, merge.run)?;
            vec![run.value.and_then(|value| run.with_param(value, false)).unwrap_or_default()]
        }
        Form::Field { .. } => {
            let made = Variant::of(cx, merge.run)?.made_of("\0");
            vec![made.replace("Self::", &format!("{target}::")), made]
        }
    };
    made.iter().any(|made| state.passes_on(made)).then(|| without_item(cx, state.file, state.block))
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
    fn a_conversion_that_only_passes_on_goes() {
        let own = "enum E { Run(RunError), Other }\n";
        let run = "impl From<RunError> for E {\nfn from(error: RunError) -> Self {\nE::Run(error)\n}\n}";
        let one = "enum E { Run(SessionError), Other }\n\
                   impl From<SessionError> for E {\nfn from(error: SessionError) -> Self {\nE::Run(error)\n}\n}";
        for made in [
            "E::Run(e.into())",
            "E::Run(RunError::from(e))",
            "E::Run(RunError::State(e))",
            "RunError::from(e).into()",
            "Self::from(RunError::State(e))",
        ] {
            let state = format!("impl From<StateError> for E {{\nfn from(e: StateError) -> Self {{\n{made}\n}}\n}}");
            assert_eq!(migrated(&format!("{own}{state}\n{run}")), one, "{made}");
            assert_eq!(finding_at(&format!("{own}{state}\n{run}"), "RunError> for").level, Level::Safe);
        }
        let other =
            format!("{own}impl From<StateError> for E {{ fn from(_: StateError) -> Self {{ E::Other }} }}\n{run}");
        assert!(migrated(&other).contains("E::Other"), "{}", migrated(&other));
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
