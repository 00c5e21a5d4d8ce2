//! Claims and ends behind functions of their own: `func (c *conv) begin() error { return c.inf.StartRun() }`.

use super::lost;
use super::split::Bound;
use crate::go::cx::{Cx, Outcome};
use crate::go::index::FileIdx;
use crate::go::proof;
use crate::go::session::Sessions;
use crate::go::sites::Site;
use crate::go::syntax::NodeId;

/// A call that claims a session: `StartRun` itself, or a function that does nothing else.
#[derive(Clone, Debug)]
pub(crate) struct Claiming {
    pub(crate) file: FileIdx,
    pub(crate) call: NodeId,
    /// How the session is written there.
    pub(crate) session: String,
    /// Where a function claims: what it says.
    pub(crate) wrapper: Option<Says>,
}

/// What a function that claims gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    Error,
    /// Whether it could.
    Success,
}

/// The calls that claim through a site.
pub(crate) fn claims(session: &Sessions<'_, '_>, site: &Site) -> Result<Vec<Claiming>, Outcome> {
    let Sessions { cx, names, .. } = session;
    let syntax = cx.syntax(site.file);
    let operand = syntax.child(site.whole, "operand").ok_or_else(|| lost("the claim is used as a value"))?;
    let call = cx.call_of_name(site.file, site.name);
    let call = call.ok_or_else(|| lost("the claim is used as a value"))?;
    if !proof::is_stable(cx, site.file, operand) {
        return Err(lost("the claimed state is an expression that may give another one each time"));
    }
    let text = names.text(cx, site.file, operand);
    let Some((decl, says)) = wrapper(cx, site.file, call) else {
        return Ok(vec![Claiming { file: site.file, call, session: text, wrapper: None }]);
    };
    let def = syntax.child(decl, "name").and_then(|name| cx.program.declared(site.file, name));
    let (calls, values) = def.map(|def| cx.calls_of(def)).unwrap_or_default();
    if calls.is_empty() || !values.is_empty() {
        return Err(lost("the function that claims is not called, or used as a value"));
    }
    let claims = calls.into_iter().map(|(file, call)| {
        let bound = Bound::of(cx, (file, call), (site.file, decl))?;
        Ok(Claiming { file, call, session: bound.at_call(session, &text), wrapper: Some(says) })
    });
    claims.collect()
}

/// The function that returns what became of the claim and does nothing else.
pub(crate) fn wrapper(cx: &Cx<'_>, file: FileIdx, call: NodeId) -> Option<(NodeId, Says)> {
    let syntax = cx.syntax(file);
    let decl = cx.function(file, call).filter(|&decl| syntax.kind(decl) != "func_literal")?;
    let list = syntax.child(decl, "body").and_then(|body| syntax.children(body).next())?;
    let stmts: Vec<NodeId> = syntax.children(list).collect();
    let [stmt] = stmts[..] else { return None };
    let values = syntax.children(stmt).next().filter(|_| syntax.kind(stmt) == "return_statement");
    let values = values.map_or(Vec::new(), |values| syntax.list(values));
    let [value] = values[..] else { return None };
    if value == call {
        return Some((decl, Says::Error));
    }
    let is_success = syntax.kind(value) == "binary_expression"
        && syntax.child(value, "left") == Some(call)
        && syntax.child(value, "operator").is_some_and(|operator| syntax.text(operator) == "==")
        && syntax.child(value, "right").is_some_and(|right| syntax.text(right) == "nil");
    is_success.then_some((decl, Says::Success))
}

/// The function that claimed looks whether the session runs.
pub(crate) fn rewrite(session: &Sessions<'_, '_>, site: &Site) {
    let Sessions { cx, names, draft, .. } = session;
    let (file, syntax) = (site.file, cx.syntax(site.file));
    let Some(call) = cx.call_of_name(file, site.name) else { return };
    let (Some(operand), Some(stmt)) = (syntax.child(site.whole, "operand"), cx.stmt(file, call)) else { return };
    let text = names.text(cx, file, operand);
    match wrapper(cx, file, call) {
        Some((_, Says::Success)) => draft.replace_stmt(file, stmt, &[format!("return !{text}.IsRunning()")]),
        Some((_, Says::Error)) => {
            let package = cx.package(file, "inference/session");
            let look = format!("if {text}.IsRunning() {{\n\treturn {package}ErrSessionAlreadyActive\n}}");
            draft.replace_stmt(file, stmt, &[look, "return nil".to_owned()]);
        }
        None => {}
    }
}
