//! How the session of a unit is written where its state or its core session was.

use std::collections::HashMap;

use super::facts::{Facts, Literal};
use super::fields;
use super::in_place::InPlace;
use super::steady;
use crate::go::cx::Cx;
use crate::go::draft::Draft;
use crate::go::index::{DefId, FileIdx};
use crate::go::infer::Ref;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::go::ty::Types;
use crate::go::unit::Unit;

/// Variables and fields that go because another one holds the same session, and how that one is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// Variables, by the name that declares them.
    variables: HashMap<(FileIdx, NodeId), String>,
    /// Fields of states beside one of core sessions.
    pub(crate) fields: HashMap<DefId, DefId>,
}

impl Names {
    pub(super) fn of(cx: &Cx<'_>, unit: &Unit, facts: &Facts, in_place: &[InPlace]) -> Self {
        let mut names = Self { fields: fields::merged(cx, unit, facts), ..Self::default() };
        let is_of_session = |literal: &&Literal| !in_place.iter().any(|one| one.literal == **literal);
        for literal in facts.literals.iter().filter(is_of_session) {
            names.pair(cx, facts, literal);
        }
        names
    }

    /// A core session in a variable of its own is its state.
    fn pair(&mut self, cx: &Cx<'_>, facts: &Facts, literal: &Literal) {
        let (Some(variable), Some(state)) = (literal.variable, literal.state) else { return };
        let syntax = cx.syntax(literal.file);
        if facts.creations.iter().any(|creation| creation.file == literal.file && creation.call == state) {
            return;
        }
        let declared = match cx.inferred(literal.file).meaning(state) {
            Some(Ref::Local(declared)) => Some(declared),
            _ => None,
        };
        let creation = declared.and_then(|declared| facts.creation_of(literal.file, declared));
        match (creation, declared) {
            // The state only serves this core session: the core session's name stays.
            (Some(creation), Some(declared))
                if cx.uses(literal.file, declared).len() == 1
                    && cx.function(literal.file, creation.call) == cx.function(literal.file, literal.node) =>
            {
                self.variables.insert((literal.file, declared), syntax.text(variable).to_owned());
            }
            _ if steady::is_steady(cx, literal.file, state) => {
                let text = self.text(cx, literal.file, state);
                self.variables.insert((literal.file, variable), text);
            }
            _ => {}
        }
    }

    /// Whether the variable of the core session stays, and the session of the state is put into it.
    pub(crate) fn keeps(&self, cx: &Cx<'_>, literal: &Literal, text: &str) -> bool {
        literal
            .variable
            .is_some_and(|variable| !self.goes(literal.file, variable) && cx.text(literal.file, variable) != text)
    }

    /// Whether the variable that `declared` declares goes.
    pub(crate) fn goes(&self, file: FileIdx, declared: NodeId) -> bool {
        self.variables.contains_key(&(file, declared))
    }

    /// What a variable that goes is written as.
    pub(crate) fn variable(&self, file: FileIdx, declared: NodeId) -> Option<String> {
        self.variables.get(&(file, declared)).cloned()
    }

    /// How the session is written that a state or a core session becomes.
    pub(crate) fn text(&self, cx: &Cx<'_>, file: FileIdx, node: NodeId) -> String {
        let syntax = cx.syntax(file);
        match syntax.kind(node) {
            "identifier" => match cx.inferred(file).meaning(node) {
                Some(Ref::Local(declared)) => {
                    self.variables.get(&(file, declared)).cloned().unwrap_or_else(|| syntax.text(node).to_owned())
                }
                _ => syntax.text(node).to_owned(),
            },
            "parenthesized_expression" => {
                let inner = syntax.children(node).next();
                inner.map_or_else(|| syntax.text(node).to_owned(), |inner| self.text(cx, file, inner))
            }
            "unary_expression" if syntax.text(node).starts_with('&') => {
                let operand = syntax.child(node, "operand").unwrap_or(node);
                self.text(cx, file, operand)
            }
            "selector_expression" => self.selector(cx, file, node),
            _ => syntax.text(node).to_owned(),
        }
    }

    fn selector(&self, cx: &Cx<'_>, file: FileIdx, node: NodeId) -> String {
        let syntax = cx.syntax(file);
        let (Some(operand), Some(field)) = (syntax.child(node, "operand"), syntax.child(node, "field")) else {
            return syntax.text(node).to_owned();
        };
        match cx.inferred(file).meaning(field) {
            Some(Ref::Def(def)) if cx.legacy.get(def) == Some(Legacy::State) => self.text(cx, file, operand),
            Some(Ref::Def(def)) if self.fields.contains_key(&def) => {
                let kept = &cx.program.def(self.fields[&def]).name;
                format!("{}.{kept}", self.text(cx, file, operand))
            }
            // An embedded field is called as its type.
            Some(Ref::Def(def)) if is_embedded(cx, def) => format!("{}.Session", self.text(cx, file, operand)),
            _ => format!("{}.{}", self.text(cx, file, operand), syntax.text(field)),
        }
    }

    /// Writes the new names wherever the old ones are used.
    pub(super) fn draft(&self, cx: &Cx<'_>, unit: &Unit, facts: &Facts, draft: &Draft<'_, '_>) {
        for (&(file, declared), text) in &self.variables {
            for &name in cx.uses(file, declared) {
                draft.small(file, cx.syntax(file).range(name), text.clone());
            }
        }
        for literal in facts.literals.iter().filter(|literal| !literal.is_pointer(cx)) {
            let uses = literal.variable.map_or(&[][..], |variable| cx.uses(literal.file, variable));
            for &used in uses {
                let syntax = cx.syntax(literal.file);
                let above = syntax.parent(used).filter(|&above| syntax.kind(above) == "unary_expression");
                if let Some(above) = above.filter(|&above| syntax.text(above).starts_with('&')) {
                    draft.small(literal.file, syntax.start(above)..syntax.start(used), "");
                }
            }
        }
        for (&old, &new) in &self.fields {
            fields::draft(cx, draft, old, new);
        }
        for site in unit.sites.iter().filter(|site| site.legacy == Legacy::State && site.whole != site.name) {
            let syntax = cx.syntax(site.file);
            if let Some(operand) = syntax.child(site.whole, "operand") {
                draft.small(site.file, syntax.end(operand)..syntax.end(site.whole), "");
            }
        }
    }
}

/// Whether the field embeds a state or a core session.
fn is_embedded(cx: &Cx<'_>, def: DefId) -> bool {
    let data = cx.program.def(def);
    let ty = Types { program: cx.program }.of_value(def);
    data.is_embedded
        && cx.program.is_own(data.file)
        && matches!(cx.legacy.of_type(&ty), Some(Legacy::InferenceState | Legacy::CoreSession))
}
