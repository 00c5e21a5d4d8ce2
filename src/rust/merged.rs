//! Two fields of a struct that always hold one session: that of the state goes, that of the core session stays.

use std::collections::BTreeSet;

use super::cx::{Change, Cx};
use super::flow::Node;
use super::hir::{ExprId, ExprKind, Field, FieldValue, Fields, PatId, PatKind, Span, StmtId, Visibility};
use super::index::{DefId, FileIdx};
use super::legacy::Tracked;
use super::origins::Place;
use super::pairing::{core_parts, init_of, is_given_anew};
use super::rules::inference_state::delete_line;
use super::sites::Site;
use super::text::{delete_from_list, holds_word, identifier, is_plain, words};
use crate::edit::Edit;

const DEPTH: usize = 8;

/// A struct of which a field goes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Merged {
    def: DefId,
    /// The state's field, which goes.
    state: String,
    /// The core session's, which takes its place.
    core: String,
    /// What the literals give the field that goes.
    given: Vec<Place>,
    /// Statements that only made what the literals give it.
    idle: Vec<(FileIdx, StmtId)>,
}

/// The structs of a unit of which a field goes.
pub(crate) fn merged(cx: &Cx<'_>, sites: &[Site]) -> Vec<Merged> {
    let units: BTreeSet<_> = sites.iter().filter_map(|site| cx.flow.unit_of(&site.node(cx))).collect();
    let is_own = |def: DefId, name: &str| {
        let unit = cx.flow.unit_of(&Node::Field(def, name.to_owned()));
        unit.is_some_and(|unit| units.contains(&unit) && !cx.flow.has_twins(unit))
    };
    let mut defs: Vec<DefId> = cx.inferred.values().flat_map(|inferred| inferred.literals.values().copied()).collect();
    defs.sort();
    defs.dedup();
    let pairs = defs.into_iter().filter_map(|def| Some((def, pair(cx, def)?)));
    pairs
        .filter(|(def, (state, core))| is_own(*def, state) && is_own(*def, core))
        .filter_map(|(def, (state, core))| Search { cx, def, state: &state, core: &core }.merged())
        .collect()
}

/// The one field of a struct that holds a state, and the one that holds a core session.
fn pair(cx: &Cx<'_>, def: DefId) -> Option<(String, String)> {
    if cx.program.is_model(def) || !matches!(cx.program.fields(def)?, Fields::Named(_)) {
        return None;
    }
    let types = cx.resolver.field_types(def, &[]);
    let of = |kind: Tracked| {
        let mut found = types.iter().filter(|(_, ty, _)| cx.legacy.handle_of(cx.resolver, ty) == Some(kind));
        found.next().filter(|_| found.next().is_none()).map(|(name, ..)| name.clone())
    };
    Some((of(Tracked::State)?, of(Tracked::CoreSession)?))
}

struct Search<'a> {
    cx: &'a Cx<'a>,
    def: DefId,
    state: &'a str,
    core: &'a str,
}

/// What a handle is a handle of.
#[derive(Debug, PartialEq)]
enum Root {
    Local(PatId),
    Made(ExprId),
    /// Either field of the struct, of this local or `self`.
    Either(String),
}

impl Search<'_> {
    fn merged(&self) -> Option<Merged> {
        let cx = self.cx;
        (self.may_change() && !self.is_named_unread()).then_some(())?;
        let mut given = Vec::new();
        for (&file, inferred) in cx.inferred {
            for (&literal, _) in inferred.literals.iter().filter(|&(_, &def)| def == self.def) {
                given.extend(self.given(file, literal)?);
            }
            for (&pat, _) in inferred.pattern_defs.iter().filter(|&(_, &def)| def == self.def) {
                self.is_changeable(file, pat).then_some(())?;
            }
        }
        let accesses = self.accesses(self.state);
        (!given.is_empty() && accesses.iter().all(|&place| self.is_lent(place))).then_some(())?;
        given.sort();
        let idle = self.idle(&given)?;
        let (def, state, core) = (self.def, self.state.to_owned(), self.core.to_owned());
        Some(Merged { def, state, core, given, idle })
    }

    /// Whether only the program sees the field, and nothing but the compiler its place.
    fn may_change(&self) -> bool {
        let program = self.cx.program;
        let Some(Fields::Named(fields)) = program.fields(self.def) else { return false };
        let Some(field) = fields.iter().find(|field| is_called(field, self.state)) else { return false };
        let data = program.def(self.def);
        let is_open = field.visibility == Visibility::Public && program.krate(data.krate).is_open;
        let source = self.cx.source(data.file);
        let known = |word: &str| ["derive", "Clone", "Debug"].contains(&word);
        let derives = program.item(self.def).into_iter().flat_map(|item| &item.attrs).filter(|attr| !attr.is_doc);
        let is_plain = derives.into_iter().all(|attr| match attr.path.as_str() {
            "derive" => source[attr.span.range()]
                .split(|c: char| !c.is_alphanumeric())
                .all(|word| word.is_empty() || known(word)),
            "allow" | "expect" | "must_use" | "non_exhaustive" => true,
            _ => false,
        });
        !is_open && is_plain && field.attrs.iter().all(|attr| attr.is_doc)
    }

    /// Whether tokens that were not read name the struct.
    fn is_named_unread(&self) -> bool {
        let name = &self.cx.program.def(self.def).name;
        self.cx
            .inferred
            .keys()
            .any(|&file| self.cx.hir(file).opaque.iter().any(|&span| holds_word(self.cx.text(file, span), name)))
    }

    /// What a literal gives the field that goes, if the other one surely is the same session.
    fn given(&self, file: FileIdx, literal: ExprId) -> Option<Vec<Place>> {
        let ExprKind::Struct { fields, rest, .. } = &self.cx.hir(file)[literal].kind else { return None };
        let of = |name: &str| fields.iter().find(|field| field.name.text == name);
        let is_bare = |field: &FieldValue| field.span.start == field.name.span.start;
        match (of(self.state), of(self.core)) {
            (None, None) => rest.is_some().then(Vec::new),
            (Some(state), Some(core)) if is_bare(state) && is_bare(core) => {
                let root = self.root(file, state.value)?;
                let is_same = self.root(file, core.value).as_ref() == Some(&root);
                // What makes a state cannot go with the field.
                let is_named = !matches!(root, Root::Made(made) if self.holds(file, state.value, made));
                (is_same && is_named).then(|| vec![(file, state.value)])
            }
            _ => None,
        }
    }

    fn holds(&self, file: FileIdx, outer: ExprId, inner: ExprId) -> bool {
        self.cx.span(file, outer).contains(self.cx.span(file, inner))
    }

    /// Follows a handle to what it is one of.
    fn root(&self, file: FileIdx, handle: ExprId) -> Option<Root> {
        let cx = self.cx;
        let (mut at, mut known) = (handle, None);
        for _ in 0..DEPTH {
            at = cx.referent(file, at);
            let inner = cx.pointer_new(file, at).or_else(|| cx.cloned(file, at));
            if let Some(inner) = inner.or_else(|| core_parts(cx, file, at).state) {
                at = inner;
                continue;
            }
            if super::origins::makes_state(cx, file, at) {
                return Some(Root::Made(at));
            }
            if let (ExprKind::Field { base, .. }, Some((def, name))) =
                (&cx.hir(file)[at].kind, cx.inferred(file).fields.get(&at))
            {
                // Who is asked twice may give two.
                let is_named = is_plain(cx, file, *base);
                let is_either = is_named && *def == self.def && (name == self.state || name == self.core);
                return match is_either {
                    true => Some(Root::Either(cx.expr_text(file, cx.referent(file, *base)).to_owned())),
                    false => known,
                };
            }
            let Some(local) = cx.local(file, at).filter(|&local| !is_given_anew(cx, file, local)) else { return known };
            known = Some(Root::Local(local));
            let Some((_, init)) = init_of(cx, file, local) else { return known };
            at = init;
        }
        None
    }

    /// Whether a pattern can name the other field instead.
    fn is_changeable(&self, file: FileIdx, pat: PatId) -> bool {
        let PatKind::Struct { fields, .. } = &self.cx.hir(file)[pat].kind else { return false };
        let has = |name: &str| fields.iter().any(|field| field.name.text == name);
        !(has(self.state) && has(self.core))
    }

    fn accesses(&self, name: &str) -> Vec<Place> {
        accesses(self.cx, self.def, name)
    }

    /// Whether a field is only looked at, called or cloned, so that it may be the other's at the same time.
    fn is_lent(&self, (file, access): Place) -> bool {
        let cx = self.cx;
        match cx.parent_expr(file, access).map(|parent| &cx.hir(file)[parent].kind) {
            Some(ExprKind::MethodCall { receiver, .. }) => cx.peel_parens(file, *receiver) == access,
            Some(ExprKind::Ref { mutable, .. }) => !mutable,
            Some(ExprKind::Deref(_)) => true,
            _ => false,
        }
    }

    /// The statements that make nothing but what goes; `None` where such a local is no clone made for it.
    fn idle(&self, given: &[Place]) -> Option<Vec<(FileIdx, StmtId)>> {
        let cx = self.cx;
        let mut idle = Vec::new();
        for &(file, value) in given {
            let Some(local) = cx.local(file, value) else { continue };
            if cx.uses_of(file, local).iter().any(|&use_| !given.contains(&(file, use_))) {
                continue;
            }
            let (stmt, init) = init_of(cx, file, local)?;
            let cloned = cx.cloned(file, init)?;
            matches!(cx.hir(file)[cloned].kind, ExprKind::Path(_) | ExprKind::Field { .. }).then_some(())?;
            idle.push((file, stmt));
        }
        Some(idle)
    }
}

fn is_called(field: &Field, name: &str) -> bool {
    field.name.as_ref().is_some_and(|own| own.text == name)
}

fn accesses(cx: &Cx<'_>, def: DefId, name: &str) -> Vec<Place> {
    let mut found = Vec::new();
    for (&file, inferred) in cx.inferred {
        let own = inferred.fields.iter().filter(|(_, (of, field))| *of == def && field == name);
        found.extend(own.map(|(&access, _)| (file, access)));
    }
    found.sort();
    found
}

impl Merged {
    /// Whether an expression goes with the field that it was given to.
    pub(crate) fn takes(&self, cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
        let at = cx.span(file, expr);
        let is_given = self.given.iter().any(|&(own, value)| own == file && cx.span(file, value).contains(at));
        is_given || self.idle.iter().any(|&(own, stmt)| own == file && cx.hir(file)[stmt].span.contains(at))
    }

    /// What is said where the field is declared.
    pub(crate) fn help(&self, cx: &Cx<'_>, file: FileIdx, span: Span) -> Option<String> {
        let declared = self.declared(cx)?;
        let is_there = cx.program.def(self.def).file == file && declared.contains(span);
        is_there.then(|| format!("the field goes: `{}` holds the same session", self.core))
    }

    fn declared(&self, cx: &Cx<'_>) -> Option<Span> {
        let Fields::Named(fields) = cx.program.fields(self.def)? else { return None };
        fields.iter().find(|field| is_called(field, &self.state)).map(|field| field.span)
    }

    /// The field goes where it is declared and given, and the other one is named instead.
    pub(crate) fn changes(&self, cx: &Cx<'_>) -> Vec<Change> {
        let mut changes: Vec<Change> =
            self.idle.iter().map(|&(file, stmt)| delete_line(cx, file, cx.hir(file)[stmt].span)).collect();
        if let Some(Fields::Named(fields)) = cx.program.fields(self.def)
            && let Some(index) = fields.iter().position(|field| is_called(field, &self.state))
        {
            let spans: Vec<Span> = fields.iter().map(|field| field.span).collect();
            changes.push(delete_from_list(cx, cx.program.def(self.def).file, &spans, index));
        }
        for &(file, value) in &self.given {
            let literal = cx.parent_expr(file, value).map(|literal| &cx.hir(file)[literal].kind);
            let Some(ExprKind::Struct { fields, .. }) = literal else { continue };
            let spans: Vec<Span> = fields.iter().map(|field| field.span).collect();
            let index = fields.iter().position(|field| field.name.text == self.state);
            changes.extend(index.map(|index| delete_from_list(cx, file, &spans, index)));
        }
        for (file, access) in accesses(cx, self.def, &self.state) {
            if let ExprKind::Field { name, .. } = &cx.hir(file)[access].kind {
                changes.push(cx.replace(file, name.span, identifier(&self.core)));
            }
        }
        changes.extend(self.patterns(cx));
        changes
    }

    fn patterns(&self, cx: &Cx<'_>) -> Vec<Change> {
        let mut changes = Vec::new();
        for (&file, inferred) in cx.inferred {
            for (&pat, _) in inferred.pattern_defs.iter().filter(|&(_, &def)| def == self.def) {
                let PatKind::Struct { fields, .. } = &cx.hir(file)[pat].kind else { continue };
                let named = fields.iter().find(|field| field.name.text == self.state);
                changes.extend(named.map(|field| match field.shorthand {
                    true => {
                        cx.insert(file, cx.hir(file)[field.pat].span.start, format!("{}: ", identifier(&self.core)))
                    }
                    false => cx.replace(file, field.name.span, identifier(&self.core)),
                }));
            }
        }
        changes
    }

    /// Text that other changes have copied names the other field, too.
    pub(crate) fn rename_copies(&self, cx: &Cx<'_>, changes: &mut [Change]) {
        for (file, access) in accesses(cx, self.def, &self.state) {
            let ExprKind::Field { name, .. } = &cx.hir(file)[access].kind else { continue };
            let around = cx.hir(file)[cx.function_of(file, access)].span;
            let old = cx.expr_text(file, access);
            let written = (name.span.end - name.span.start) as usize;
            let new = format!("{}{}", &old[..old.len() - written], identifier(&self.core));
            for change in changes.iter_mut().filter(|change| change.file == file) {
                let range = change.edit.range();
                let is_near = around.start as usize <= range.start && range.end <= around.end as usize;
                if is_near && holds_word(change.edit.text(), old) {
                    change.edit = Edit::replace(range, with_words(change.edit.text(), old, &new));
                }
            }
        }
    }
}

fn with_words(text: &str, old: &str, new: &str) -> String {
    let (mut out, mut from) = (String::new(), 0);
    for at in words(text, old) {
        out.push_str(&text[from..at]);
        out.push_str(new);
        from = at + old.len();
    }
    out + &text[from..]
}

#[cfg(test)]
mod tests {
    use super::super::testing::migrated;

    const CHAT: &str = "struct Chat { state: Arc<InferenceState>, session: Session }\n";

    fn chat(rest: &str) -> String {
        migrated(&format!("{CHAT}{rest}"))
    }

    const MADE: &str = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\n\
                        let session = Session { event_sinks: sinks, ..Session::new(state.clone()) };\n\
                        let chat = Chat { state, session };\n";

    #[test]
    fn fields_of_one_session_become_one() {
        assert_eq!(
            chat(&format!("{MADE}let _ = (chat.state.is_running(), (&chat.session).state.run_id());")),
            "struct Chat { session: Session }\n\
             let session = Session::with_id(\"a\").with_builder(Builder::new(engine).with_event_sinks(sinks));\n\
             let chat = Chat { session };\n\
             let _ = (chat.session.is_running(), (&chat.session).session_id().to_owned());"
        );
    }

    #[test]
    fn what_was_only_cloned_for_the_field_goes_too() {
        let body = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\nlet shared = Arc::clone(&state);\n\
                    let chat = Chat { state: shared, session: Session::new(state) };\nlet _ = chat.state.is_running();";
        assert_eq!(
            chat(body),
            "struct Chat { session: Session }\n\
             let state = Session::with_id(\"a\").with_builder(Builder::new(engine));\n\
             let chat = Chat { session: state };\nlet _ = chat.session.is_running();"
        );
        let body = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\n\
                    let chat = Chat { session: Session::new(state.clone()), state };\nlet Chat { state: own, .. } = &chat;\ndrop(own.run_id());";
        assert_eq!(
            chat(body),
            "struct Chat { session: Session }\n\
             let state = Session::with_id(\"a\").with_builder(Builder::new(engine));\n\
             let chat = Chat { session: state };\nlet Chat { session: own, .. } = &chat;\ndrop(own.session_id().to_owned());"
        );
    }

    #[test]
    fn fields_that_may_be_of_two_sessions_stay() {
        let apart = [
            "let a = Arc::new(InferenceState::new(\"a\", None, engine.clone()));\n\
             let b = Arc::new(InferenceState::new(\"b\", None, engine));\n\
             let chat = Chat { state: a, session: Session::new(b) };\nlet _ = chat.state.is_running();"
                .to_owned(),
            format!("{MADE}drop((chat.state, chat.session));"),
            format!("{MADE}let Chat {{ state, session }} = chat;\ndrop((state, session));"),
            format!("let mut chat;\n{}chat.state = other(&chat);", MADE.replace("let chat", "chat")),
            format!(
                "fn next() -> Chat {{ todo!() }}\n{MADE}let other = Chat {{ state: next().state.clone(), session: next().session.clone() }};\n\
                 let _ = (chat.state.is_running(), other.state.is_running());"
            ),
            format!("{MADE}odd!(make Chat from it);\nlet _ = chat.state.is_running();"),
        ];
        for rest in apart {
            let after = chat(&rest);
            assert!(after.contains("state: Session, session") || after.contains("state: Arc<"), "{after}");
        }
    }
}
