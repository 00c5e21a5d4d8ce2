//! Claims whose permit is kept beside the session, in a slot of the struct or module that begins and ends them.

use std::collections::BTreeSet;

use super::super::cx::{Change, Cx};
use super::super::hir::{ExprId, ExprKind, Field, Fields, ItemId, Parent, PatKind, Span};
use super::super::index::{DefId, FileIdx};
use super::super::moved::moved;
use super::super::order::is_awaited;
use super::super::outcome::Outcome;
use super::super::proof::is_exported;
use super::super::sites::arguments;
use super::super::text::rename_method;
use super::events::either;
use super::{Parts, Place, receiver};
use crate::rules::Trap;

const HELP: &str = "`reserve()`, whose permit is kept beside the session until the claim is given back";

/// Where permits are kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Home {
    /// A field of this struct.
    Struct(DefId),
    /// A static in this module.
    Module(DefId),
}

/// A slot for the permits of claims that one function makes and another one ends.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    home: Home,
    /// `self.permit`, `PERMIT`
    place: String,
}

/// The home of the state that an expression is a handle of, as its own functions see it.
fn home_of(cx: &Cx<'_>, (file, at): Place) -> Option<Home> {
    let state = receiver(cx, file, at)?;
    let mut root = cx.referent(file, state);
    let mut field = None;
    while let ExprKind::Field { base, .. } = cx.hir(file)[root].kind {
        (field, root) = (Some(root), cx.referent(file, base));
    }
    if cx.expr_text(file, root) == "self" {
        let (def, _) = cx.inferred(file).fields.get(&field?)?;
        return (!cx.program.is_model(*def)).then_some(Home::Struct(*def));
    }
    let names_local = cx.hir(file).descendants(state).any(|at| cx.inferred(file).local(at).is_some());
    (!names_local).then(|| Home::Module(cx.program.real_module(cx.program.scope_of_expr(file, at))))
}

/// The slots for claims that nothing else can hold, each with what is done with it.
pub(super) fn all(cx: &Cx<'_>, parts: &Parts, is_open: impl Fn(Place) -> bool) -> Vec<(Slot, Vec<Place>)> {
    let open: Vec<(Home, Place)> = parts
        .starts
        .iter()
        .copied()
        .chain(parts.events())
        .filter(|&place| is_open(place))
        .filter_map(|place| Some((home_of(cx, place)?, place)))
        .collect();
    let homes: BTreeSet<&Home> =
        open.iter().filter(|(_, place)| parts.starts.contains(place)).map(|(home, _)| home).collect();
    homes
        .into_iter()
        .filter_map(|home| {
            let slot = Slot::new(cx, home)?;
            let places = open.iter().filter(|(own, _)| own == home).map(|(_, place)| *place);
            Some((slot, places.collect()))
        })
        .collect()
}

impl Slot {
    fn new(cx: &Cx<'_>, home: &Home) -> Option<Self> {
        let place = match *home {
            Home::Struct(def) => {
                let fields = fields(cx, def)?;
                let is_taken = fields.iter().any(|field| field.name.as_ref().is_some_and(|name| name.text == "permit"));
                (!is_taken && may_grow(cx, def)).then(|| "self.permit".to_owned())?
            }
            Home::Module(module) => {
                use super::super::resolve::Namespace;
                cx.resolver.member(module, "PERMIT", Namespace::Value).is_none().then(|| "PERMIT".to_owned())?
            }
        };
        Some(Self { home: home.clone(), place })
    }

    /// Decides what is done with the slot; the slot itself is declared with the first of it.
    pub(super) fn decide(&self, cx: &Cx<'_>, parts: &Parts, places: &[Place]) -> Vec<(Place, Outcome)> {
        let mut decided: Vec<(Place, Outcome)> =
            places.iter().map(|&place| (place, self.one(cx, parts, place))).collect();
        if let Some((_, first)) = decided.iter_mut().find(|(place, _)| parts.starts.contains(place)) {
            first.changes.extend(self.declaration(cx, places));
        }
        decided
    }

    fn one(&self, cx: &Cx<'_>, parts: &Parts, (file, at): Place) -> Outcome {
        let place = &self.place;
        if parts.starts.contains(&(file, at)) {
            let kept = format!(".map(|permit| *{place}.lock().unwrap() = Some(std::sync::Arc::new(permit)))");
            let mut changes = rename_method(cx, file, at, "reserve");
            changes.push(cx.insert(file, cx.span(file, at).end, kept));
            return Outcome::safe(changes, HELP);
        }
        if parts.finishes.contains(&(file, at)) {
            let text = format!("if let Some(permit) = {place}.lock().unwrap().take() {{ permit.release(); }}");
            return self.whole(cx, file, at, text, "the permit is taken out of its place and released");
        }
        if parts.stored.contains(&(file, at)) {
            let Some(&cancel) = arguments(cx, file, at).first() else { return Outcome::report("no cancel", HELP) };
            let cancel = moved(cx, file, cancel);
            let text = format!("if let Some(permit) = &*{place}.lock().unwrap() {{ permit.set_cancel({cancel}); }}");
            return self.whole(cx, file, at, text, "`permit.set_cancel(cancel)`");
        }
        self.run(cx, (file, at))
    }

    /// Replaces a call that stands as a statement, as an arm, or as a function's value.
    fn whole(&self, cx: &Cx<'_>, file: FileIdx, call: ExprId, text: String, help: &str) -> Outcome {
        let hir = cx.hir(file);
        let span = match hir[call].parent {
            Parent::Stmt(stmt) => hir[stmt].span,
            _ => hir[call].span,
        };
        Outcome::safe(vec![cx.replace(file, span, text)], help)
    }

    fn run(&self, cx: &Cx<'_>, (file, run): Place) -> Outcome {
        let help = "`session.run_under(&permit, &ctx, seed)` with the permit that is kept";
        let (Some(session), &[ctx, seed]) = (receiver(cx, file, run), arguments(cx, file, run)) else {
            return Outcome::report("the run's arguments cannot be read", help);
        };
        let Some(awaited) = cx.parent_expr(file, run).filter(|_| is_awaited(cx, file, run)) else {
            return Outcome::report("the run is awaited where the permit is not at hand", help);
        };
        let name = cx.free_name(file, run, "permit", &[]);
        let line = format!("\n{}", cx.program.unit(file).source.indent_at(cx.span(file, awaited).start as usize));
        let runs = either(cx, file, &format!("&{name}"), &name, (session, ctx, seed), awaited);
        let runs = runs.replace('\n', "\n    ");
        let text = format!("{{{line}    let {name} = {}.lock().unwrap().clone();{line}    {runs}{line}}}", self.place);
        Outcome::safe(vec![cx.replace(file, cx.span(file, awaited), text)], help).offered(
            Trap::UnclaimedRun,
            "where nobody holds the claim, the run went on without one, and claims the session itself now",
        )
    }

    /// The field or static.
    fn declaration(&self, cx: &Cx<'_>, places: &[Place]) -> Vec<Change> {
        match self.home {
            Home::Struct(def) => self.field(cx, def),
            Home::Module(_) => places.first().map(|&place| self.static_item(cx, place)).into_iter().collect(),
        }
    }

    fn static_item(&self, cx: &Cx<'_>, (file, at): Place) -> Change {
        let hir = cx.hir(file);
        let item: ItemId = cx.function_of(file, at);
        let scope = cx.program.scope_of_item(file, item);
        let permit = cx.name(file, scope, "session::RunPermit");
        let text = format!(
            "static {}: std::sync::Mutex<Option<std::sync::Arc<{permit}>>> = std::sync::Mutex::new(None);\n\n",
            self.place
        );
        cx.insert(file, hir[item].span.start, text)
    }

    fn field(&self, cx: &Cx<'_>, def: DefId) -> Vec<Change> {
        let Some(first) = fields(cx, def).and_then(|fields| fields.first()) else { return Vec::new() };
        let file = cx.program.def(def).file;
        let permit = cx.name(file, cx.program.def(def).parent.unwrap_or(def), "session::RunPermit");
        let inner = format!("std::sync::Mutex<Option<std::sync::Arc<{permit}>>>");
        let ty = if is_cloned(cx, def) { format!("std::sync::Arc<{inner}>") } else { inner };
        let mut changes = vec![in_front(cx, file, first.span, &format!("permit: {ty}"))];
        for (file, literal) in literals(cx, def) {
            let ExprKind::Struct { fields, rest: None, .. } = &cx.hir(file)[literal].kind else { continue };
            if let Some(first) = fields.first() {
                changes.push(in_front(cx, file, first.span, "permit: Default::default()"));
            }
        }
        changes
    }
}

/// A new element in front of the first one of a list in braces, on a line of its own where that has one.
fn in_front(cx: &Cx<'_>, file: FileIdx, first: Span, text: &str) -> Change {
    let before = &cx.source(file)[..first.start as usize];
    let open = before.rfind('{').map_or(before.len(), |brace| brace + 1);
    let line = before.rsplit('\n').next().unwrap_or_default();
    let gap = if line.trim().is_empty() { format!("\n{line}") } else { " ".to_owned() };
    cx.insert(file, open as u32, format!("{gap}{text},"))
}

fn fields<'a>(cx: &Cx<'a>, def: DefId) -> Option<&'a [Field]> {
    match cx.program.fields(def)? {
        Fields::Named(fields) if !fields.is_empty() => Some(fields),
        _ => None,
    }
}

/// Whether a struct can have another field: all its literals are known, and nothing takes it apart or compares it.
fn may_grow(cx: &Cx<'_>, def: DefId) -> bool {
    let (file, Some(item)) = (cx.program.def(def).file, cx.program.def(def).item) else { return false };
    let grows = ["Clone", "Debug", "Default"];
    let derives = |attr: &&super::super::hir::Attr| attr.path == "derive";
    let is_plain = cx.hir(file)[item].attrs.iter().filter(derives).all(|attr| {
        let text = cx.text(file, attr.span);
        let list = text.find('(').map_or("", |at| &text[at + 1..]).trim_end_matches([')', ']']);
        list.split(',').map(str::trim).all(|name| name.is_empty() || grows.contains(&name))
    });
    let is_taken_apart = cx.inferred.iter().any(|(&file, inferred)| {
        inferred
            .pattern_defs
            .iter()
            .any(|(&pat, &own)| own == def && matches!(cx.hir(file)[pat].kind, PatKind::Struct { rest: false, .. }))
    });
    is_plain && !is_taken_apart && !is_exported(cx, def)
}

fn is_cloned(cx: &Cx<'_>, def: DefId) -> bool {
    let (file, Some(item)) = (cx.program.def(def).file, cx.program.def(def).item) else { return false };
    let attrs = &cx.hir(file)[item].attrs;
    attrs.iter().any(|attr| attr.path == "derive" && super::super::text::holds_word(cx.text(file, attr.span), "Clone"))
}

fn literals(cx: &Cx<'_>, def: DefId) -> Vec<Place> {
    let mut found: Vec<Place> = Vec::new();
    for (&file, inferred) in cx.inferred {
        let is_literal = |expr: ExprId| matches!(cx.hir(file)[expr].kind, ExprKind::Struct { .. });
        let own = inferred.literals.iter().filter(|&(&expr, &own)| own == def && is_literal(expr));
        found.extend(own.map(|(&expr, _)| (file, expr)));
    }
    found.sort();
    found
}
