//! Statements that only move options around.

use super::empty::{is_empty, is_place, is_test};
use crate::go::cx::Cx;
use crate::go::index::FileIdx;
use crate::go::rules::engine_options::is_option_type;
use crate::go::syntax::NodeId;
use crate::go::unit::Unit;

/// Adds the statements to `lines`.
pub(super) fn find(cx: &Cx<'_>, unit: &Unit, lines: &mut Vec<(FileIdx, NodeId)>) {
    for file in cx.program.own_files() {
        let syntax = cx.syntax(file);
        // What stands inside of another statement comes first.
        let nodes: Vec<NodeId> = syntax.nodes().collect();
        for &node in nodes.iter().rev().filter(|&&node| cx.stmt(file, node) == Some(node)) {
            let moves = Moves { cx, unit, file, lines };
            if moves.is_one(node) {
                lines.push((file, node));
            }
        }
    }
}

struct Moves<'a, 'c> {
    cx: &'a Cx<'c>,
    unit: &'a Unit,
    file: FileIdx,
    /// The statements that are known to go.
    lines: &'a [(FileIdx, NodeId)],
}

impl Moves<'_, '_> {
    fn is_one(&self, stmt: NodeId) -> bool {
        match self.cx.syntax(self.file).kind(stmt) {
            "short_var_declaration" | "assignment_statement" => self.is_move(stmt),
            "var_declaration" => self.declares_empty(stmt),
            "for_statement" => self.is_loop(stmt),
            "if_statement" => self.is_condition(stmt),
            _ => false,
        }
    }

    fn is_empty(&self, expr: NodeId) -> bool {
        is_empty(self.cx, self.unit, self.file, expr)
    }

    fn is_place(&self, expr: NodeId) -> bool {
        is_place(self.cx, self.unit, self.file, expr)
    }

    fn is_move(&self, stmt: NodeId) -> bool {
        let syntax = self.cx.syntax(self.file);
        let side = |role| syntax.child(stmt, role).map_or(Vec::new(), |side| syntax.list(side));
        let (left, right) = (side("left"), side("right"));
        let is_plain = syntax.child(stmt, "operator").is_none_or(|operator| syntax.text(operator) == "=");
        let goes = |&place: &NodeId| syntax.text(place) == "_" || self.is_place(place);
        is_plain
            && left.len() == right.len()
            && left.iter().all(goes)
            && right.iter().all(|&value| self.is_empty(value))
            && left.iter().chain(&right).any(|&place| is_option_type(self.cx, self.cx.ty(self.file, place)))
    }

    fn declares_empty(&self, declaration: NodeId) -> bool {
        let syntax = self.cx.syntax(self.file);
        let specs: Vec<NodeId> = syntax.below(declaration).filter(|&node| syntax.kind(node) == "var_spec").collect();
        let is_empty = |&spec: &NodeId| {
            let mut names = syntax.names(spec);
            let values = syntax.child(spec, "value").map_or(Vec::new(), |value| syntax.list(value));
            names.all(|name| self.is_place(name)) && values.iter().all(|&value| self.is_empty(value))
        };
        !specs.is_empty() && specs.iter().all(is_empty)
    }

    /// `for … range options` around nothing but moves.
    fn is_loop(&self, stmt: NodeId) -> bool {
        let syntax = self.cx.syntax(self.file);
        let over = syntax.child_of_kind(stmt, "range_clause").and_then(|clause| syntax.child(clause, "right"));
        over.is_some_and(|over| self.is_place(over))
            && syntax.child(stmt, "body").is_some_and(|body| self.is_bare(body))
    }

    /// `if len(options) > 0` and its like around nothing but moves.
    fn is_condition(&self, stmt: NodeId) -> bool {
        let syntax = self.cx.syntax(self.file);
        let is_plain = syntax.child(stmt, "initializer").is_none() && syntax.child(stmt, "alternative").is_none();
        is_plain
            && syntax.child(stmt, "condition").is_some_and(|test| is_test(self.cx, self.unit, self.file, test))
            && syntax.child(stmt, "consequence").is_some_and(|body| self.is_bare(body))
    }

    fn is_bare(&self, block: NodeId) -> bool {
        let syntax = self.cx.syntax(self.file);
        let list = syntax.child_of_kind(block, "statement_list");
        let all: Vec<NodeId> = list.into_iter().flat_map(|list| syntax.children(list)).collect();
        !all.is_empty() && all.iter().all(|&stmt| self.lines.contains(&(self.file, stmt)))
    }
}
