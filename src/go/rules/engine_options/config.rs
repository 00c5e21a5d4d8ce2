//! A configuration of an engine that code applies options to becomes a slice of sinks.

use crate::go::cx::{Change, Cx, Outcome};
use crate::go::index::FileIdx;
use crate::go::infer::Ref;
use crate::go::sites::Site;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;

/// The changes of a site of a configuration that is a variable of a function.
///
/// # Errors
/// The report, where it is something else.
pub(crate) fn changes(cx: &Cx<'_>, site: &Site) -> Result<Vec<Change>, Outcome> {
    match site.legacy {
        Legacy::NewConfig => made(cx, site.file, cx.call_of_name(site.file, site.name)),
        Legacy::Config => written(cx, site),
        Legacy::ApplyOptions => applied(cx, site),
        _ => read(cx, site),
    }
    .ok_or_else(unfollowed)
}

fn unfollowed() -> Outcome {
    Outcome::report(
        "the configuration is used in a form that the tool does not know",
        "take the sinks themselves (`[]events.EventSink`) in place of options and a configuration, then run the tool again",
    )
}

/// `config := engine.NewConfig()` becomes `var config []events.EventSink`.
fn made(cx: &Cx<'_>, file: FileIdx, value: Option<NodeId>) -> Option<Vec<Change>> {
    let syntax = cx.syntax(file);
    let stmt = syntax.enclosing(value?, &["short_var_declaration"])?;
    let names = syntax.list(syntax.child(stmt, "left")?);
    let values = syntax.list(syntax.child(stmt, "right")?);
    let ([name], [only]) = (names.as_slice(), values.as_slice()) else { return None };
    if Some(*only) != value || cx.stmt(file, stmt) != Some(stmt) || !is_simple(cx, file, *name) {
        return None;
    }
    let events = cx.package(file, "events");
    Some(vec![cx.replace(file, stmt, format!("var {} []{events}EventSink", syntax.text(*name)))])
}

/// `&engine.Config{}` on the spot, or `var config engine.Config`.
fn written(cx: &Cx<'_>, site: &Site) -> Option<Vec<Change>> {
    let file = site.file;
    let syntax = cx.syntax(file);
    let above = syntax.parent(site.whole)?;
    match syntax.kind(above) {
        "composite_literal" => {
            let body = syntax.child(above, "body")?;
            if syntax.children(body).next().is_some() {
                return None;
            }
            let pointer = syntax.parent(above).filter(|&outer| syntax.kind(outer) == "unary_expression");
            made(cx, file, Some(pointer.unwrap_or(above)))
        }
        "var_spec" => {
            let mut names = syntax.children_as(above, "name");
            let name = names.next()?;
            let is_plain = names.next().is_none() && syntax.child(above, "value").is_none();
            let events = cx.package(file, "events");
            (is_plain && is_simple(cx, file, name))
                .then(|| vec![cx.replace(file, site.whole, format!("[]{events}EventSink"))])
        }
        _ => None,
    }
}

/// Whether a variable goes nowhere but into `ApplyOptions`, and its sinks are all that is looked at.
fn is_simple(cx: &Cx<'_>, file: FileIdx, name: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let Some(Ref::Local(declared)) = cx.inferred(file).meaning(name) else { return false };
    cx.uses(file, declared).iter().all(|&use_| {
        let Some(above) = syntax.parent(use_) else { return false };
        let is_sinks = syntax.child(above, "field").is_some_and(|field| syntax.text(field) == "EventSinks");
        let pointer = syntax.kind(above) == "unary_expression";
        let list = if pointer { syntax.parent(above) } else { Some(above) };
        let call = list.filter(|&list| syntax.kind(list) == "argument_list").and_then(|list| syntax.parent(list));
        let callee = call.and_then(|call| cx.inferred(file).callee(call)).and_then(|def| cx.legacy.get(def));
        is_sinks || callee == Some(Legacy::ApplyOptions)
    })
}

/// `if err := engine.ApplyOptions(config, options...); err != nil { … }` becomes `config = append(config, options...)`:
/// adding a sink never fails.
fn applied(cx: &Cx<'_>, site: &Site) -> Option<Vec<Change>> {
    let file = site.file;
    let syntax = cx.syntax(file);
    let call = cx.call_of_name(file, site.name)?;
    let args = cx.args(file, call);
    let (&config, options) = args.split_first()?;
    let config = match syntax.kind(config) {
        "unary_expression" => syntax.child(config, "operand")?,
        _ => config,
    };
    let Some(Ref::Local(_)) = cx.inferred(file).meaning(config) else { return None };
    let stmt = cx.stmt(file, call)?;
    if !gives_up_nothing(cx, file, stmt, call) {
        return None;
    }
    let (Some(&first), Some(&last)) = (options.first(), options.last()) else {
        return Some(vec![cx.remove_stmt(file, stmt)]);
    };
    let name = syntax.text(config);
    let range = syntax.range(stmt);
    Some(vec![
        cx.edit(file, range.start..syntax.start(first), format!("{name} = append({name}, ")),
        cx.edit(file, syntax.end(last)..range.end, ")"),
    ])
}

/// Whether a statement only looks at the error of the call, in an `if` of its own or not at all.
fn gives_up_nothing(cx: &Cx<'_>, file: FileIdx, stmt: NodeId, call: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let is_error_of = |declaration: NodeId| {
        let left = syntax.child(declaration, "left").map_or(Vec::new(), |left| syntax.list(left));
        let right = syntax.child(declaration, "right").map_or(Vec::new(), |right| syntax.list(right));
        (left.len() == 1 && right == [call]).then(|| syntax.text(left[0]))
    };
    match syntax.kind(stmt) {
        "expression_statement" => syntax.children(stmt).next() == Some(call),
        "assignment_statement" => is_error_of(stmt) == Some("_"),
        "if_statement" => {
            let initializer =
                syntax.child(stmt, "initializer").filter(|&node| syntax.kind(node) == "short_var_declaration");
            let error = initializer.and_then(is_error_of);
            let test = syntax.child(stmt, "condition").map(|test| syntax.text(test));
            let is_test = error.is_some_and(|error| test == Some(format!("{error} != nil").as_str()));
            is_test && syntax.child(stmt, "alternative").is_none()
        }
        _ => false,
    }
}

/// `config.EventSinks` becomes `config`.
fn read(cx: &Cx<'_>, site: &Site) -> Option<Vec<Change>> {
    let file = site.file;
    let syntax = cx.syntax(file);
    let operand = syntax.child(site.whole, "operand").filter(|_| syntax.kind(site.whole) == "selector_expression")?;
    let Some(Ref::Local(_)) = cx.inferred(file).meaning(operand) else { return None };
    Some(vec![cx.edit(file, syntax.end(operand)..syntax.end(site.whole), "")])
}
