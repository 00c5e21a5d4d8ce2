//! What code does with the error of a claim, read for one error at a time.

use super::claim::Claim;
use super::wrapper::Says;
use crate::go::infer::Ref;
use crate::go::layout::dedent;
use crate::go::runs::leaves_list;
use crate::go::session::Sessions;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;

/// Why a claim or a start fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The session runs already.
    Busy,
    /// None of the errors that code can compare with.
    Other,
}

/// The statements that are done, and whether the last one leaves; nothing where that cannot be told.
pub(super) fn read(session: &Sessions<'_, '_>, claim: &Claim, refusal: Refusal) -> Option<(Vec<String>, bool)> {
    let mut lines = Vec::new();
    let leaves = Reader { session, claim, refusal }.stmts(&claim.checks, &mut lines)?;
    Some((lines, leaves))
}

/// Whether a statement is an `if` or a `switch` over the claim's error.
pub(super) fn asks(session: &Sessions<'_, '_>, claim: &Claim, stmt: NodeId) -> bool {
    let syntax = session.cx.syntax(claim.file);
    let names_error = |node: NodeId| syntax.below(node).any(|node| claim.is_error(session.cx, node));
    if stmt != claim.stmt && syntax.child(stmt, "initializer").is_some() {
        return false;
    }
    match syntax.kind(stmt) {
        "if_statement" => syntax.child(stmt, "condition").is_some_and(names_error),
        "expression_switch_statement" => {
            let cases = syntax.children_as(stmt, "value").chain(
                syntax
                    .children(stmt)
                    .filter(|&case| syntax.kind(case) == "expression_case")
                    .filter_map(|case| syntax.child(case, "value")),
            );
            cases.into_iter().any(names_error)
        }
        _ => false,
    }
}

struct Reader<'s, 'a, 'c> {
    session: &'s Sessions<'a, 'c>,
    claim: &'s Claim,
    refusal: Refusal,
}

impl Reader<'_, '_, '_> {
    fn stmts(&self, stmts: &[NodeId], lines: &mut Vec<String>) -> Option<bool> {
        let Sessions { cx, draft, .. } = self.session;
        let file = self.claim.file;
        for &stmt in stmts {
            let leaves = match cx.syntax(file).kind(stmt) {
                "if_statement" if asks(self.session, self.claim, stmt) => self.branch(stmt, lines)?,
                "expression_switch_statement" if asks(self.session, self.claim, stmt) => self.switch(stmt, lines)?,
                _ => {
                    lines.push(draft.block(file, stmt));
                    leaves_list(cx, file, &[stmt])
                }
            };
            if leaves {
                return Some(true);
            }
        }
        Some(false)
    }

    fn branch(&self, stmt: NodeId, lines: &mut Vec<String>) -> Option<bool> {
        let syntax = self.session.cx.syntax(self.claim.file);
        let role = match self.holds(syntax.child(stmt, "condition")?)? {
            true => "consequence",
            false => "alternative",
        };
        match syntax.child(stmt, role) {
            Some(other) if syntax.kind(other) == "if_statement" => self.stmts(&[other], lines),
            Some(block) => self.list(syntax.child_of_kind(block, "statement_list"), lines),
            None => Some(false),
        }
    }

    fn switch(&self, stmt: NodeId, lines: &mut Vec<String>) -> Option<bool> {
        let syntax = self.session.cx.syntax(self.claim.file);
        let is_of_switch = |node: NodeId| {
            let loops = ["for_statement", "select_statement", "expression_switch_statement", "type_switch_statement"];
            let kind = syntax.kind(node);
            kind == "fallthrough_statement" || kind == "break_statement" && syntax.enclosing(node, &loops) == Some(stmt)
        };
        if syntax.below(stmt).any(is_of_switch) {
            return None;
        }
        let value = syntax.child(stmt, "value");
        let (mut chosen, mut other) = (None, None);
        for case in syntax.children(stmt) {
            match syntax.kind(case) {
                "default_case" => other = Some(case),
                "expression_case" => {
                    for wanted in syntax.list(syntax.child(case, "value")?) {
                        let is_it = match value {
                            Some(value) if self.claim.is_error(self.session.cx, value) => self.is_equal(wanted),
                            Some(_) => return None,
                            None => self.holds(wanted)?,
                        };
                        if is_it && chosen.is_none() {
                            chosen = Some(case);
                        }
                    }
                }
                _ => {}
            }
        }
        match chosen.or(other) {
            Some(case) => self.list(syntax.child_of_kind(case, "statement_list"), lines),
            None => Some(false),
        }
    }

    /// A list of statements: as it stands, with its comments, if nothing in it asks again.
    fn list(&self, list: Option<NodeId>, lines: &mut Vec<String>) -> Option<bool> {
        let Sessions { cx, draft, .. } = self.session;
        let (file, syntax) = (self.claim.file, cx.syntax(self.claim.file));
        let Some(list) = list else { return Some(false) };
        let stmts: Vec<NodeId> = syntax.children(list).collect();
        if stmts.iter().any(|&stmt| asks(self.session, self.claim, stmt)) {
            return self.stmts(&stmts, lines);
        }
        let around = syntax.parent(list).unwrap_or(list);
        let start = comments_from(syntax.all_children(around), |node| syntax.kind(node) == "comment", list)
            .map_or(syntax.start(list), |comment| syntax.start(comment));
        let text = draft.render(file, start..syntax.end(list));
        let first = stmts.first().map_or("", |&first| cx.indent(file, first));
        lines.push(dedent(text.trim_end(), first));
        Some(leaves_list(cx, file, &stmts))
    }

    /// Whether a condition holds for this error.
    fn holds(&self, condition: NodeId) -> Option<bool> {
        let cx = self.session.cx;
        let syntax = cx.syntax(self.claim.file);
        let condition = syntax.bare(condition);
        if self.claim.wrapper == Some(Says::Success) && self.claim.is_error(cx, condition) {
            return Some(false);
        }
        match syntax.kind(condition) {
            "unary_expression" => {
                let is_not = syntax.child(condition, "operator").is_some_and(|operator| syntax.text(operator) == "!");
                self.holds(syntax.child(condition, "operand")?).filter(|_| is_not).map(|holds| !holds)
            }
            "binary_expression" => {
                let [left, right] = ["left", "right"].map(|side| syntax.child(condition, side));
                let (left, right) = (left?, right?);
                match syntax.text(syntax.child(condition, "operator")?) {
                    "&&" => Some(self.holds(left)? && self.holds(right)?),
                    "||" => Some(self.holds(left)? || self.holds(right)?),
                    "==" if self.claim.is_error(cx, left) => Some(self.is_equal(right)),
                    "!=" if self.claim.is_error(cx, left) => Some(!self.is_equal(right)),
                    _ => None,
                }
            }
            "call_expression" if syntax.text(syntax.child(condition, "function")?) == "errors.Is" => {
                match cx.args(self.claim.file, condition)[..] {
                    [error, wanted] if self.claim.is_error(cx, error) => Some(self.is_equal(wanted)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether the error is the one that `node` names.
    fn is_equal(&self, node: NodeId) -> bool {
        self.refusal == Refusal::Busy && self.sentinel(node) == Some(Legacy::ErrRunning)
    }

    /// The legacy error that a name stands for: itself, or a variable of the package that is declared with it.
    fn sentinel(&self, node: NodeId) -> Option<Legacy> {
        let cx = self.session.cx;
        let syntax = cx.syntax(self.claim.file);
        let name = syntax.child(node, "field").unwrap_or(node);
        let Some(Ref::Def(def)) = cx.inferred(self.claim.file).meaning(name) else { return None };
        if let Some(legacy) = cx.legacy.get(def) {
            return Some(legacy);
        }
        let data = cx.program.def(def);
        let spec = cx.syntax(data.file).enclosing(data.node, &["var_spec"])?;
        let value = cx.syntax(data.file).child(spec, "value").map(|value| cx.syntax(data.file).list(value))?;
        let [value] = value[..] else { return None };
        let name = cx.syntax(data.file).child(value, "field").unwrap_or(value);
        match cx.program.is_own(data.file).then(|| cx.inferred(data.file).meaning(name))? {
            Some(Ref::Def(def)) => cx.legacy.get(def),
            _ => None,
        }
    }
}

/// The first of the comments right in front of `list`.
fn comments_from(all: &[NodeId], is_comment: impl Fn(NodeId) -> bool, list: NodeId) -> Option<NodeId> {
    let at = all.iter().position(|&node| node == list)?;
    all[..at].iter().rev().copied().take_while(|&node| is_comment(node)).last()
}
