//! The claim of a run: `StartRun`, and the statements that look at its error.

use super::lost;
use super::refusal::{self, Refusal};
use super::wrapper::{Claiming, Says};
use crate::go::cx::{Cx, Outcome};
use crate::go::index::FileIdx;
use crate::go::infer::Ref;
use crate::go::layout::dedent;
use crate::go::runs::{is_only_compared, leaves};
use crate::go::session::Sessions;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::go::words;
use crate::rules::Trap;

/// A claim.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) file: FileIdx,
    pub(crate) call: NodeId,
    /// The statement that claims.
    pub(crate) stmt: NodeId,
    /// The statements that look at the claim's error: the claim itself, or those behind it.
    pub(crate) checks: Vec<NodeId>,
    /// The variable with the error, or with what the function that claims gives back.
    pub(crate) error: Option<NodeId>,
    /// What the function says that claims.
    pub(crate) wrapper: Option<Says>,
}

impl Claim {
    pub(crate) fn of(session: &Sessions<'_, '_>, claiming: &Claiming) -> Result<Self, Outcome> {
        let cx = session.cx;
        let (file, syntax, call) = (claiming.file, cx.syntax(claiming.file), claiming.call);
        let stmt = cx.stmt(file, call).ok_or_else(|| lost("the claim stands in no statement"))?;
        let mut claim = Self { file, call, stmt, checks: Vec::new(), error: None, wrapper: claiming.wrapper };
        match syntax.kind(stmt) {
            "if_statement" | "expression_switch_statement" => {
                claim.error = syntax.child(stmt, "initializer").and_then(|given| error_of(cx, file, given, call));
                claim.checks = vec![stmt];
            }
            "short_var_declaration" | "assignment_statement" => {
                claim.error = error_of(cx, file, stmt, call);
                claim.checks = claim.checks_behind(session);
            }
            _ => {}
        }
        if claim.is_dropped(cx) {
            return Err(lost("nobody looks at what became of the claim, and a start that is refused runs nothing")
                .because(Trap::DroppedStartError, "the run went on beside the one that held the state"));
        }
        if claim.checks.is_empty() {
            return Err(lost("what follows a refused claim cannot be read"));
        }
        if asks_more(cx, &claim) {
            return Err(lost("what follows a refused claim cannot be read"));
        }
        for refusal in [Refusal::Busy, Refusal::Other] {
            match refusal::read(session, &claim, refusal) {
                Some((_, true)) => {}
                Some((_, false)) if refusal == Refusal::Busy => {
                    return Err(lost("a refused claim does not leave this code"));
                }
                Some(_) => {
                    return Err(lost(
                        "only a state that runs already leaves this code, and a start fails in other ways, too",
                    ));
                }
                None => return Err(lost("what follows a refused claim cannot be read")),
            }
        }
        Ok(claim)
    }

    /// Whether the error goes nowhere.
    fn is_dropped(&self, cx: &Cx<'_>) -> bool {
        let syntax = cx.syntax(self.file);
        match (syntax.kind(self.stmt), self.error) {
            ("expression_statement" | "defer_statement" | "go_statement", _) => true,
            (_, Some(error)) => syntax.text(error) == "_",
            _ => false,
        }
    }

    /// The statements right behind the claim that ask for its error, up to one that every refusal leaves.
    fn checks_behind(&self, session: &Sessions<'_, '_>) -> Vec<NodeId> {
        let cx = session.cx;
        let (_, behind) = cx.siblings(self.file, self.stmt);
        let mut claim = self.clone();
        for stmt in behind.into_iter().take_while(|&stmt| refusal::asks(session, self, stmt)) {
            claim.checks.push(stmt);
            if refusal::read(session, &claim, Refusal::Other).is_some_and(|(_, leaves)| leaves) {
                break;
            }
        }
        claim.checks
    }

    /// Whether a node is the claim's error: its variable, or the call itself.
    pub(super) fn is_error(&self, cx: &Cx<'_>, node: NodeId) -> bool {
        let syntax = cx.syntax(self.file);
        let node = syntax.bare(node);
        if node == self.call {
            return true;
        }
        let declared = |node| match cx.inferred(self.file).meaning(node) {
            Some(Ref::Local(declared)) => Some(declared),
            _ => None,
        };
        self.error.and_then(declared).is_some_and(|of| declared(node) == Some(of))
    }

    /// Whether the statement in front asks whether this session runs, and leaves if it does.
    pub(super) fn is_asked_before(&self, session: &Sessions<'_, '_>, text: &str) -> bool {
        let Sessions { cx, unit, names, .. } = session;
        let syntax = cx.syntax(self.file);
        let (before, _) = cx.siblings(self.file, self.stmt);
        let Some(&last) = before.last().filter(|&&last| syntax.kind(last) == "if_statement") else { return false };
        let asks = |condition: NodeId| {
            unit.sites.iter().any(|site| {
                site.legacy == Legacy::IsRunning
                    && site.file == self.file
                    && cx.call_of_name(self.file, site.name) == Some(condition)
                    && syntax.child(site.whole, "operand").map(|of| names.text(cx, self.file, of)).as_deref()
                        == Some(text)
            })
        };
        let condition = syntax.child(last, "condition").map(|condition| syntax.bare(condition));
        condition.is_some_and(asks) && syntax.child(last, "consequence").is_some_and(|arm| leaves(cx, self.file, arm))
    }

    /// Whether what follows a refused claim names the error, and not only compares it.
    pub(super) fn tells_error(&self, session: &Sessions<'_, '_>) -> bool {
        let cx = session.cx;
        let syntax = cx.syntax(self.file);
        let uses = self.checks.iter().flat_map(|&check| syntax.below(check));
        let mut uses = uses.filter(|&node| syntax.kind(node) == "identifier" && self.is_error(cx, node));
        self.wrapper != Some(Says::Success)
            && uses.any(|used| Some(used) != self.error && !is_only_compared(cx, self.file, used))
    }

    /// What a session that runs already is answered with.
    pub(super) fn busy(&self, session: &Sessions<'_, '_>) -> Option<String> {
        let cx = session.cx;
        let (lines, _) = refusal::read(session, self, Refusal::Busy)?;
        let text = format!("{{\n{}\n}}", indented(&lines.join("\n")));
        let Some(error) = self.error else { return Some(text) };
        let name = format!("{}ErrSessionAlreadyActive", cx.package(self.file, "inference/session"));
        let variable = cx.text(self.file, error);
        if self.is_seen_elsewhere(cx, error) {
            return Some(text.replacen("{\n", &format!("{{\n\t{variable} = {name}\n"), 1));
        }
        Some(words::replace(&text, variable, &name))
    }

    /// Whether the claim's error goes to a variable that others look at behind a refused claim: a result of the function, one
    /// that a function literal sees, or one of an outer scope where the code goes on.
    fn is_seen_elsewhere(&self, cx: &Cx<'_>, error: NodeId) -> bool {
        let syntax = cx.syntax(self.file);
        let Some(Ref::Local(declared)) = cx.inferred(self.file).meaning(error) else { return false };
        if declared == error {
            return false;
        }
        let is_result = syntax.ancestors(declared).any(|node| syntax.role(node) == "result");
        let function = cx.function(self.file, declared);
        let is_captured = |used: &NodeId| cx.function(self.file, *used) != function;
        let jumps = ["break_statement", "continue_statement", "goto_statement"];
        let jumps = self.checks.iter().any(|&check| syntax.below(check).any(|node| jumps.contains(&syntax.kind(node))));
        is_result || jumps || cx.uses(self.file, declared).iter().any(is_captured)
    }

    /// The statements that look at the error of the start, which is called `name`.
    pub(super) fn checks_of_start(&self, session: &Sessions<'_, '_>, name: &str) -> Vec<String> {
        let Sessions { cx, draft, .. } = session;
        let syntax = cx.syntax(self.file);
        let renamed = |text: String| match self.error.map(|error| syntax.text(error)) {
            Some(old) if old != name => words::replace(&text, old, name),
            _ => text,
        };
        let checks = self.checks.iter().map(|&check| {
            if self.wrapper == Some(Says::Success) {
                return format!("if {name} != nil {}", self.behind_head(session, check));
            }
            if check != self.stmt {
                return draft.block(self.file, check);
            }
            let (keyword, value) = match syntax.kind(check) {
                "if_statement" => ("if", syntax.child(check, "condition")),
                _ => ("switch", syntax.child(check, "value")),
            };
            let value = value.map_or(String::new(), |value| self.without_call(session, value, name) + " ");
            format!("{keyword} {value}{}", self.behind_head(session, check))
        });
        checks.map(renamed).collect()
    }

    /// A check from its first brace on.
    fn behind_head(&self, session: &Sessions<'_, '_>, check: NodeId) -> String {
        let Sessions { cx, draft, .. } = session;
        let end = cx.syntax(self.file).end(check);
        dedent(&draft.render(self.file, self.body(cx, check)..end), cx.indent(self.file, check))
    }

    /// The text of an expression with the name of the start's error for the call that claims.
    fn without_call(&self, session: &Sessions<'_, '_>, value: NodeId, name: &str) -> String {
        let Sessions { cx, draft, .. } = session;
        let syntax = cx.syntax(self.file);
        let (around, call) = (syntax.range(value), syntax.range(self.call));
        match syntax.is_inside(self.call, value) {
            true => {
                let [before, behind] = [around.start..call.start, call.end..around.end];
                format!("{}{name}{}", draft.render(self.file, before), draft.render(self.file, behind))
            }
            false => draft.text(self.file, value),
        }
    }

    /// Where the braces of a check begin.
    fn body(&self, cx: &Cx<'_>, check: NodeId) -> usize {
        let syntax = cx.syntax(self.file);
        if let Some(arm) = syntax.child(check, "consequence") {
            return syntax.start(arm);
        }
        let head = ["value", "initializer"].into_iter().find_map(|role| syntax.child(check, role));
        let from = head.map_or(syntax.start(check), |head| syntax.end(head));
        from + syntax.slice(from..syntax.end(check)).find('{').unwrap_or_default()
    }
}

/// Whether a function says whether it could claim, and more is asked than `!ok`.
fn asks_more(cx: &Cx<'_>, claim: &Claim) -> bool {
    let syntax = cx.syntax(claim.file);
    let is_plain = |&check: &NodeId| {
        let condition = syntax.child(check, "condition").map(|condition| syntax.bare(condition));
        let operand = condition.and_then(|condition| syntax.child(condition, "operand"));
        condition.is_some_and(|condition| syntax.kind(condition) == "unary_expression")
            && operand.is_some_and(|operand| claim.is_error(cx, operand))
    };
    claim.wrapper == Some(Says::Success) && !matches!(&claim.checks[..], [check] if is_plain(check))
}

fn indented(text: &str) -> String {
    let lines = text.split('\n').map(|line| match line.is_empty() || line.starts_with('\u{0}') {
        true => line.to_owned(),
        false => format!("\t{line}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn error_of(cx: &Cx<'_>, file: FileIdx, assignment: NodeId, call: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let (left, right) = (syntax.child(assignment, "left")?, syntax.child(assignment, "right")?);
    match (&syntax.list(left)[..], &syntax.list(right)[..]) {
        ([error], [value]) if *value == call && syntax.kind(*error) == "identifier" => Some(*error),
        _ => None,
    }
}
