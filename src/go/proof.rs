//! What can be proven of values without running: ids that are not empty, turns with a block, expressions that stay the same.

use super::cx::Cx;
use super::index::{DefKind, FileIdx};
use super::infer::Ref;
use super::syntax::NodeId;

/// What is known of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Id {
    Empty,
    Present,
    Unknown,
}

/// What is known of a string that becomes an id.
pub(crate) fn id(cx: &Cx<'_>, file: FileIdx, node: NodeId) -> Id {
    let syntax = cx.syntax(file);
    match syntax.kind(node) {
        "interpreted_string_literal" | "raw_string_literal" => {
            if syntax.range(node).len() > 2 {
                Id::Present
            } else {
                Id::Empty
            }
        }
        "parenthesized_expression" => syntax.children(node).next().map_or(Id::Unknown, |inner| id(cx, file, inner)),
        "binary_expression" if syntax.child(node, "operator").is_some_and(|operator| syntax.text(operator) == "+") => {
            let sides =
                ["left", "right"].map(|side| syntax.child(node, side).map_or(Id::Unknown, |side| id(cx, file, side)));
            if sides.contains(&Id::Present) { Id::Present } else { Id::Unknown }
        }
        "identifier" | "selector_expression" => constant(cx, file, node),
        "call_expression" => call(cx, file, node),
        _ => Id::Unknown,
    }
}

fn constant(cx: &Cx<'_>, file: FileIdx, node: NodeId) -> Id {
    let syntax = cx.syntax(file);
    let name = syntax.child(node, "field").unwrap_or(node);
    let Some(Ref::Def(def)) = cx.inferred(file).meaning(name) else { return Id::Unknown };
    let data = cx.program.def(def);
    if data.kind != DefKind::Const || !cx.program.is_own(data.file) {
        return Id::Unknown;
    }
    let value = cx.syntax(data.file).child(data.node, "value").map(|value| cx.syntax(data.file).list(value));
    match value.as_deref() {
        Some([value]) => id(cx, data.file, *value),
        _ => Id::Unknown,
    }
}

fn call(cx: &Cx<'_>, file: FileIdx, node: NodeId) -> Id {
    let syntax = cx.syntax(file);
    let function = syntax.child(node, "function").map_or("", |function| syntax.text(function));
    if matches!(function, "uuid.NewString" | "uuid.New().String" | "xid.New().String" | "ksuid.New().String") {
        return Id::Present;
    }
    if function == "fmt.Sprintf"
        && let Some(&format) = cx.args(file, node).first()
        && syntax.kind(format) == "interpreted_string_literal"
    {
        let text = syntax.text(format).trim_matches('"');
        let before = text.split('%').next().unwrap_or_default();
        return if before.is_empty() { Id::Unknown } else { Id::Present };
    }
    Id::Unknown
}

/// Whether an expression can be repeated: names and fields of names.
pub(crate) fn is_stable(cx: &Cx<'_>, file: FileIdx, node: NodeId) -> bool {
    let syntax = cx.syntax(file);
    match syntax.kind(node) {
        "identifier" => true,
        "selector_expression" => syntax.child(node, "operand").is_some_and(|operand| is_stable(cx, file, operand)),
        _ => false,
    }
}

/// Whether a turn is certainly there.
pub(crate) fn is_not_nil(cx: &Cx<'_>, file: FileIdx, node: NodeId) -> bool {
    let syntax = cx.syntax(file);
    match syntax.kind(node) {
        "unary_expression" => syntax.text(node).starts_with('&'),
        "call_expression" => {
            let function = syntax.child(node, "function").map_or("", |function| syntax.text(function));
            function.ends_with(".Build")
                || cx.inferred(file).callee(node).is_none() && function.ends_with("Builder().Build")
        }
        "identifier" => {
            has_block(cx, file, node, node) || initial(cx, file, node).is_some_and(|value| is_not_nil(cx, file, value))
        }
        _ => false,
    }
}

/// The value that a variable is declared with, if nothing else is ever assigned to it.
pub(crate) fn initial(cx: &Cx<'_>, file: FileIdx, node: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let Some(Ref::Local(declared)) = cx.inferred(file).meaning(node) else { return None };
    if is_assigned(cx, file, declared) {
        return None;
    }
    let list = syntax.parent(declared)?;
    let declaration = match syntax.kind(list) {
        "expression_list" => syntax.parent(list)?,
        _ => list,
    };
    let names: Vec<NodeId> = match syntax.kind(declaration) {
        "short_var_declaration" => syntax.list(syntax.child(declaration, "left")?),
        "var_spec" => syntax.children_as(declaration, "name").filter(|&name| syntax.text(name) != ",").collect(),
        _ => return None,
    };
    let values = syntax.list(syntax.child(declaration, "right").or_else(|| syntax.child(declaration, "value"))?);
    let at = names.iter().position(|&name| name == declared)?;
    if names.len() == values.len() { values.get(at).copied() } else { None }
}

/// Whether a variable gets another value after its declaration, or may get one through its address.
pub(crate) fn is_assigned(cx: &Cx<'_>, file: FileIdx, declared: NodeId) -> bool {
    let syntax = cx.syntax(file);
    cx.uses(file, declared).iter().any(|&used| {
        let parent = syntax.parent(used).unwrap_or(used);
        let above = syntax.parent(parent).unwrap_or(parent);
        let is_left = syntax.role(parent) == "left"
            && matches!(syntax.kind(above), "assignment_statement" | "short_var_declaration" | "range_clause");
        let is_address = syntax.kind(parent) == "unary_expression" && syntax.text(parent).starts_with('&');
        is_left || syntax.role(used) == "left" && syntax.kind(parent) == "assignment_statement" || is_address
    })
}

/// Whether a turn certainly has a block where `at` stands.
pub(crate) fn has_block(cx: &Cx<'_>, file: FileIdx, node: NodeId, at: NodeId) -> bool {
    has_block_within(cx, file, node, at, 0)
}

fn has_block_within(cx: &Cx<'_>, file: FileIdx, node: NodeId, at: NodeId, depth: usize) -> bool {
    let syntax = cx.syntax(file);
    if depth > 4 {
        return false;
    }
    match syntax.kind(node) {
        "parenthesized_expression" => {
            syntax.children(node).next().is_some_and(|inner| has_block_within(cx, file, inner, at, depth))
        }
        "unary_expression" => {
            let operand = syntax.child(node, "operand");
            operand
                .and_then(|operand| syntax.child(operand, "body"))
                .is_some_and(|body| has_blocks_element(cx, file, body))
        }
        "call_expression" => built(cx, file, node, depth),
        "identifier" => {
            appended(cx, file, node, at)
                || initial(cx, file, node).is_some_and(|value| has_block_within(cx, file, value, at, depth + 1))
        }
        _ => false,
    }
}

fn has_blocks_element(cx: &Cx<'_>, file: FileIdx, body: NodeId) -> bool {
    let syntax = cx.syntax(file);
    syntax.children(body).any(|element| {
        let is_blocks = syntax.child(element, "key").is_some_and(|key| syntax.text(key) == "Blocks");
        let value = syntax.child(element, "value");
        is_blocks
            && value.is_some_and(|value| {
                let mut bodies = syntax.below(value).filter(|&node| syntax.kind(node) == "literal_value");
                bodies.next().is_some_and(|body| syntax.children(body).next().is_some())
            })
    })
}

/// A builder with a prompt, or a function of the tree all of whose results have a block.
fn built(cx: &Cx<'_>, file: FileIdx, call: NodeId, depth: usize) -> bool {
    let Some(def) = cx.inferred(file).callee(call) else { return false };
    let data = cx.program.def(def);
    if !cx.program.is_own(data.file) {
        return data.name == "Build" && has_prompt(cx, file, call);
    }
    let inner = cx.syntax(data.file);
    let returns: Vec<NodeId> = inner
        .below(data.node)
        .filter(|&node| inner.kind(node) == "return_statement" && cx.function(data.file, node) == Some(data.node))
        .collect();
    !returns.is_empty()
        && returns.into_iter().all(|node| {
            let value = inner.children(node).next().map(|list| inner.list(list));
            value
                .and_then(|values| values.first().copied())
                .is_some_and(|value| has_block_within(cx, data.file, value, node, depth + 1))
        })
}

/// Whether a prompt that is not empty is given to a builder; it leaves out empty ones.
fn has_prompt(cx: &Cx<'_>, file: FileIdx, call: NodeId) -> bool {
    let syntax = cx.syntax(file);
    syntax.below(call).filter(|&node| syntax.kind(node) == "call_expression").any(|call| {
        let function = syntax.child(call, "function").map_or("", |function| syntax.text(function));
        let is_prompt = [".WithUserPrompt", ".WithSystemPrompt"].iter().any(|with| function.ends_with(with));
        is_prompt && cx.args(file, call).first().is_some_and(|&prompt| id(cx, file, prompt) == Id::Present)
    })
}

/// Whether a turn is made by a builder of prompts of which nothing is known.
pub(crate) fn is_of_prompt(cx: &Cx<'_>, file: FileIdx, node: NodeId) -> bool {
    let value = initial(cx, file, node).unwrap_or(node);
    let syntax = cx.syntax(file);
    syntax.kind(value) == "call_expression" && syntax.text(value).contains(".WithUserPrompt(")
}

/// Whether a block is appended to the turn in a statement that always comes before `at`.
fn appended(cx: &Cx<'_>, file: FileIdx, name: NodeId, at: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let Some(Ref::Local(declared)) = cx.inferred(file).meaning(name) else { return false };
    let start = syntax.start(at);
    cx.uses(file, declared).iter().any(|&used| {
        let Some(stmt) = cx.stmt(file, used).filter(|&stmt| syntax.end(stmt) <= start) else { return false };
        let list = syntax.parent(stmt).unwrap_or(stmt);
        syntax.is_inside(at, list) && is_append(cx, file, stmt, used)
    })
}

fn is_append(cx: &Cx<'_>, file: FileIdx, stmt: NodeId, used: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let call = syntax.children(stmt).next().filter(|&call| syntax.kind(call) == "call_expression");
    if let Some(call) = call {
        let callee = cx.inferred(file).callee(call).map(|def| cx.program.def(def));
        let is_model = callee.is_some_and(|def| {
            !cx.program.is_own(def.file) && matches!(def.name.as_str(), "AppendBlock" | "AppendBlocks")
        });
        return is_model && cx.args(file, call).first() == Some(&used) && cx.args(file, call).len() > 1;
    }
    // `turn.Blocks = append(turn.Blocks, block)`
    let text = syntax.text(stmt);
    let name = syntax.text(used);
    text.starts_with(&format!("{name}.Blocks = append({name}.Blocks, "))
}
