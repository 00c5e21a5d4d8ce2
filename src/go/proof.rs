//! What can be proven of values without running: ids that are not empty, turns with a block, expressions that stay the same.

mod origins;

use super::cx::Cx;
use super::index::FileIdx;
use super::infer::Ref;
use super::syntax::NodeId;
use origins::Origin;

/// How many steps from name to value are looked at.
const DEPTH: usize = 8;

/// What is known of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Id {
    Empty,
    Present,
    Unknown,
}

/// What is known of a string that becomes an id.
pub(crate) fn id(cx: &Cx<'_>, file: FileIdx, node: NodeId) -> Id {
    id_within(cx, Origin { file, node, at: node }, 0)
}

fn id_within(cx: &Cx<'_>, Origin { file, node, at }: Origin, depth: usize) -> Id {
    let syntax = cx.syntax(file);
    let next = |node| id_within(cx, Origin { file, node, at }, depth + 1);
    match syntax.kind(node) {
        _ if depth > DEPTH => Id::Unknown,
        "interpreted_string_literal" | "raw_string_literal" if syntax.range(node).len() > 2 => Id::Present,
        "interpreted_string_literal" | "raw_string_literal" => Id::Empty,
        "binary_expression" if syntax.child(node, "operator").is_some_and(|operator| syntax.text(operator) == "+") => {
            let sides = ["left", "right"].map(|side| syntax.child(node, side).map_or(Id::Unknown, next));
            if sides.contains(&Id::Present) { Id::Present } else { Id::Unknown }
        }
        "call_expression" if makes_text(cx, file, node) => Id::Present,
        _ => {
            let origins = origins::of(cx, file, node, at).unwrap_or_default();
            let mut ids = origins.into_iter().map(|origin| id_within(cx, origin, depth + 1));
            let first = ids.next().unwrap_or(Id::Unknown);
            if first != Id::Unknown && ids.all(|id| id == first) { first } else { Id::Unknown }
        }
    }
}

/// Whether a function of a library gives text that is certainly not empty.
fn makes_text(cx: &Cx<'_>, file: FileIdx, call: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let is_text = |node: NodeId| syntax.kind(node).ends_with("_string_literal") && syntax.range(node).len() > 2;
    match syntax.child(call, "function").map_or("", |function| syntax.text(function)) {
        "uuid.NewString" | "uuid.New().String" | "xid.New().String" | "ksuid.New().String" | "fmt.Sprintln" => true,
        "fmt.Sprint" => cx.args(file, call).into_iter().any(is_text),
        "fmt.Sprintf" => cx.args(file, call).first().is_some_and(|&format| {
            let text = syntax.text(format).trim_matches('"');
            is_text(format) && !text.starts_with('%')
        }),
        _ => false,
    }
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
    is_not_nil_within(cx, Origin { file, node, at: node }, 0)
}

fn is_not_nil_within(cx: &Cx<'_>, Origin { file, node, at }: Origin, depth: usize) -> bool {
    let syntax = cx.syntax(file);
    let function = syntax.child(node, "function").map_or("", |function| syntax.text(function));
    match syntax.kind(node) {
        _ if depth > DEPTH => false,
        "unary_expression" => syntax.text(node).starts_with('&'),
        "call_expression" if function.ends_with(".Build") => true,
        "identifier" if has_block(cx, file, node, at) => true,
        _ => origins::of(cx, file, node, at)
            .is_some_and(|origins| origins.into_iter().all(|origin| is_not_nil_within(cx, origin, depth + 1))),
    }
}

/// Whether a pointer is to something that its function has made, and that nobody else knows.
pub(crate) fn is_own_value(cx: &Cx<'_>, file: FileIdx, node: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let Some(operand) = syntax.child(node, "operand").filter(|_| syntax.text(node).starts_with('&')) else {
        return initial(cx, file, node).is_some_and(|value| {
            syntax.kind(value) == "unary_expression" && is_own_value(cx, file, value) && is_used_once(cx, file, node)
        });
    };
    match cx.inferred(file).meaning(operand) {
        Some(Ref::Local(_)) => is_used_once(cx, file, operand),
        _ => syntax.kind(operand) == "composite_literal",
    }
}

/// Whether the address or value of a variable goes to one place only.
fn is_used_once(cx: &Cx<'_>, file: FileIdx, name: NodeId) -> bool {
    let Some(Ref::Local(declared)) = cx.inferred(file).meaning(name) else { return false };
    cx.uses(file, declared) == [name]
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
        "var_spec" => syntax.names(declaration).collect(),
        _ => return None,
    };
    let values = syntax.list(syntax.child(declaration, "right").or_else(|| syntax.child(declaration, "value"))?);
    let at = names.iter().position(|&name| name == declared)?;
    if names.len() == values.len() { values.get(at).copied() } else { None }
}

/// Whether a variable gets another value after its declaration, or may get one through its address.
pub(crate) fn is_assigned(cx: &Cx<'_>, file: FileIdx, declared: NodeId) -> bool {
    cx.uses(file, declared).iter().any(|&used| cx.syntax(file).may_be_put_into(used))
}

/// Whether a turn certainly has a block where `at` stands.
pub(crate) fn has_block(cx: &Cx<'_>, file: FileIdx, node: NodeId, at: NodeId) -> bool {
    has_block_within(cx, Origin { file, node, at }, 0)
}

fn has_block_within(cx: &Cx<'_>, Origin { file, node, at }: Origin, depth: usize) -> bool {
    let syntax = cx.syntax(file);
    if depth > DEPTH || is_emptied(cx, file, node) {
        return false;
    }
    let body = syntax.child(node, "operand").and_then(|operand| syntax.child(operand, "body"));
    match syntax.kind(node) {
        "unary_expression" => body.is_some_and(|body| has_blocks_element(cx, file, body)),
        "identifier" if appended(cx, file, node, at) => true,
        "call_expression" if is_build(cx, file, node) => has_prompt(cx, file, node, at),
        _ => origins::of(cx, file, node, at)
            .is_some_and(|origins| origins.into_iter().all(|origin| has_block_within(cx, origin, depth + 1))),
    }
}

/// Whether the blocks of the turn in a variable are set to something, here or in a function that gets it.
fn is_emptied(cx: &Cx<'_>, file: FileIdx, name: NodeId) -> bool {
    match cx.inferred(file).meaning(name) {
        Some(Ref::Local(declared)) => is_emptied_within(cx, file, declared, 0),
        _ => false,
    }
}

fn is_emptied_within(cx: &Cx<'_>, file: FileIdx, declared: NodeId, depth: usize) -> bool {
    let syntax = cx.syntax(file);
    cx.uses(file, declared).iter().any(|&used| {
        let whole = syntax.parent(used).filter(|&above| syntax.text(above).ends_with(".Blocks"));
        let whole = whole.or_else(|| syntax.parent(used).filter(|&above| syntax.kind(above) == "unary_expression"));
        let left = whole.and_then(|whole| syntax.parent(whole)).filter(|&list| syntax.role(list) == "left");
        left.is_some() && cx.stmt(file, used).is_some_and(|stmt| !is_append(cx, file, stmt, used))
            || depth < DEPTH
                && parameter_for(cx, file, used)
                    .is_some_and(|(file, declared)| is_emptied_within(cx, file, declared, depth + 1))
    })
}

/// The parameter of a function of the tree that an argument is given for.
fn parameter_for(cx: &Cx<'_>, file: FileIdx, arg: NodeId) -> Option<(FileIdx, NodeId)> {
    let syntax = cx.syntax(file);
    let call = syntax.parent(arg).and_then(|list| syntax.parent(list))?;
    let index = cx.args(file, call).iter().position(|&other| other == arg)?;
    let callee = cx.program.def(cx.inferred(file).callee(call)?);
    if !cx.program.is_own(callee.file) {
        return None;
    }
    let inner = cx.syntax(callee.file);
    inner.parameter_names(callee.node).nth(index).map(|name| (callee.file, name))
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

/// Whether a call is the last one of the library's builder of turns.
fn is_build(cx: &Cx<'_>, file: FileIdx, call: NodeId) -> bool {
    let callee = cx.inferred(file).callee(call).map(|def| cx.program.def(def));
    callee.is_some_and(|def| def.name == "Build" && !cx.program.is_own(def.file))
}

/// Whether a prompt that is not empty is given to a builder; it leaves out empty ones.
fn has_prompt(cx: &Cx<'_>, file: FileIdx, call: NodeId, at: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let mut calls = syntax.below(call).filter(|&node| syntax.kind(node) == "call_expression");
    calls.any(|call| {
        let function = syntax.child(call, "function").map_or("", |function| syntax.text(function));
        let is_prompt = [".WithUserPrompt", ".WithSystemPrompt"].iter().any(|with| function.ends_with(with));
        let prompt = cx.args(file, call).first().copied().filter(|_| is_prompt);
        prompt.is_some_and(|node| id_within(cx, Origin { file, node, at }, 0) == Id::Present)
    })
}

/// Whether a turn is made by a builder of prompts of which nothing is known.
pub(crate) fn is_of_prompt(cx: &Cx<'_>, file: FileIdx, node: NodeId, at: NodeId) -> bool {
    is_of_prompt_within(cx, Origin { file, node, at }, 0)
}

fn is_of_prompt_within(cx: &Cx<'_>, Origin { file, node, at }: Origin, depth: usize) -> bool {
    if cx.syntax(file).kind(node) == "call_expression" && is_build(cx, file, node) {
        return cx.text(file, node).contains(".WithUserPrompt(");
    }
    let origins = origins::of(cx, file, node, at).filter(|_| depth < DEPTH).unwrap_or_default();
    origins.into_iter().any(|origin| is_of_prompt_within(cx, origin, depth + 1))
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

/// The turn to which a statement appends a block: `turns.AppendBlock(turn, block)`.
pub(crate) fn turn_appended_to(cx: &Cx<'_>, file: FileIdx, stmt: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let call = syntax.children(stmt).next().filter(|&call| syntax.kind(call) == "call_expression")?;
    let callee = cx.program.def(cx.inferred(file).callee(call)?);
    let is_model = !cx.program.is_own(callee.file) && matches!(callee.name.as_str(), "AppendBlock" | "AppendBlocks");
    cx.args(file, call).first().copied().filter(|_| is_model && cx.args(file, call).len() > 1)
}

fn is_append(cx: &Cx<'_>, file: FileIdx, stmt: NodeId, used: NodeId) -> bool {
    let syntax = cx.syntax(file);
    if turn_appended_to(cx, file, stmt) == Some(used) {
        return true;
    }
    // `turn.Blocks = append(turn.Blocks, block)`
    let text = syntax.text(stmt);
    let name = syntax.text(used);
    text.starts_with(&format!("{name}.Blocks = append({name}.Blocks, "))
}

#[cfg(test)]
mod tests {
    use crate::finding::Level;
    use crate::go::testing::finding_at;

    /// The level of a run of `seed`, with `before` in front of it and `beside` beside its function.
    fn level(before: &str, seed: &str, beside: &str) -> Level {
        let code = format!(
            "func f(ctx context.Context, eng engine.Engine, text string) error {{\n{before}\
             \tinf := state.NewInferenceState(\"id\", nil, eng)\n\tfmt.Println(inf.IsRunning())\n\
             \tsess := &core.Session{{State: inf}}\n\
             \t_, err := sess.RunInference(ctx, {seed})\n\treturn err\n}}\n\n{beside}"
        );
        finding_at(&code, "RunInference").level
    }

    const OF_TEXT: &str = "turns.NewTurnBuilder().WithUserPrompt(text).Build()";

    #[test]
    fn a_prompt_is_what_every_caller_gives() {
        let call =
            |text: &str| format!("func g(ctx context.Context, eng engine.Engine) {{ _ = f(ctx, eng, {text}) }}\n");
        assert_eq!(level("", OF_TEXT, &call("\"hi\"")), Level::Safe);
        assert_eq!(level("", OF_TEXT, &call("\"\"")), Level::Offered);
        assert_eq!(level("", OF_TEXT, &format!("{}var h = f\n", call("\"hi\""))), Level::Offered);
        assert_eq!(level("", OF_TEXT, ""), Level::Offered);
    }

    #[test]
    fn a_prompt_that_gets_another_value_is_not_known() {
        let call = "func g(ctx context.Context, eng engine.Engine) { _ = f(ctx, eng, \"hi\") }\n";
        assert_eq!(level("\ttext = \"\"\n", OF_TEXT, call), Level::Offered);
        assert_eq!(level("\tfunc() { text = \"\" }()\n", OF_TEXT, call), Level::Offered);
    }

    #[test]
    fn a_turn_may_lose_its_blocks() {
        let seed = "\tseed := turns.NewTurnBuilder().WithUserPrompt(\"hi\").Build()\n";
        let drop = "func drop(t *turns.Turn) { t.Blocks = nil }\n";
        assert_eq!(level(seed, "seed", drop), Level::Safe);
        assert_eq!(level(&format!("{seed}\tseed.Blocks = nil\n"), "seed", drop), Level::Offered);
        assert_eq!(level(&format!("{seed}\tdrop(seed)\n"), "seed", drop), Level::Offered);
    }

    #[test]
    fn what_a_closure_gives_is_known() {
        let built = "turns.NewTurnBuilder().WithUserPrompt(\"hi\").Build()";
        let seeds = format!(
            "func seeds() *turns.Turn {{\n\tnext := func() *turns.Turn {{ return {built} }}\n\treturn next()\n}}\n"
        );
        assert_eq!(level("", "seeds()", &seeds), Level::Safe);
        assert_eq!(
            level("", "seeds()", &seeds.replace("return next()", "next = nil\n\treturn next()")),
            Level::Offered
        );
    }
}
