//! What a program sees of its runs besides their results: turns as a whole, panics, and the turns that it gave.

mod contexts;

use super::cx::{Cx, Outcome};
use super::index::{DefId, DefKind, FileIdx};
use super::infer::Ref;
use super::models::{self, GEPPETTO_MODULE};
use super::syntax::NodeId;
use super::ty::{Ty, Types};
use crate::rules::Trap;

/// How far turns in structs, and callers of functions, are looked for.
const DEPTH: usize = 4;

/// What holds for the whole program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sights {
    /// Turns are printed, compared or marshalled as a whole, or their metadata is read.
    sees_stamps: bool,
    /// Panics are recovered.
    recovers: bool,
    /// The ids of turns, or what events tell of their run, are read.
    sees_ids: bool,
    /// An engine may give back no turn and no error.
    pub(crate) gives_nothing: bool,
    /// Hooks for snapshots come with contexts.
    pub(crate) hooks_contexts: bool,
    /// The context of a run outlives it: somebody may watch how it ends.
    pub(crate) keeps_contexts: bool,
}

impl Sights {
    pub(crate) fn of(cx: &Cx<'_>) -> Self {
        let any = |test: &dyn Fn(FileIdx, NodeId) -> bool| {
            cx.program.own_files().any(|file| cx.syntax(file).nodes().any(|node| test(file, node)))
        };
        Self {
            sees_stamps: any(&|file, node| {
                hands_turn_out(cx, file, node)
                    || hides_turn(cx, file, node)
                    || reads_metadata(cx, file, node)
                    || compares_turns(cx, file, node)
            }),
            recovers: any(&|file, node| is_recover(cx, file, node)),
            sees_ids: any(&|file, node| reads_id(cx, file, node)),
            gives_nothing: any(&|file, node| gives_nothing(cx, file, node)),
            hooks_contexts: any(&|file, node| cx.text(file, node) == "WithTurnSnapshotHook"),
            keeps_contexts: any(&|file, node| contexts::are_kept(cx, file, node)),
        }
    }
}

/// What has to be said of a run, `call`, that begins with `seed`.
pub(crate) fn judge(cx: &Cx<'_>, file: FileIdx, seed: NodeId, call: NodeId, outcome: Outcome) -> Outcome {
    let sights = cx.sights();
    let mut outcome = outcome;
    if sights.sees_stamps {
        outcome = outcome.offered(
            Trap::IdsAppear,
            "a session writes its ids into the metadata of its turns, and this program looks at turns as a whole",
        );
    }
    if sights.recovers || is_in_handler(cx, file, call, 0) {
        outcome = outcome.offered(
            Trap::OtherTask,
            "a run has a goroutine of its own: a panic of the engine, a tool or a sink in it is not recovered by this code, \
             and ends the program",
        );
    }
    if sights.gives_nothing {
        outcome = outcome.reserved(
            "an engine of this program may give back no turn, which left the state's turn as it was; a session's latest turn is \
             then the prompt",
        );
    }
    if let Some(reader) = reader_of_seed(cx, file, seed, call, 0) {
        outcome = outcome.reserved(&format!(
            "{reader}: what the engine appends to it no longer shows there, as a session runs a copy; read the result of the run"
        ));
    }
    outcome
}

/// What has to be said of a run by the runner of a builder.
pub(crate) fn judge_runner(cx: &Cx<'_>, outcome: Outcome) -> Outcome {
    let sights = cx.sights();
    match sights.sees_stamps || sights.sees_ids {
        true => outcome.offered(
            Trap::IdsAppear,
            "the runner of a builder gives turns without ids their own and that of the inference, and this program looks at them",
        ),
        false => outcome,
    }
}

/// Whether a call gives a turn to code that may look at all of it.
fn hands_turn_out(cx: &Cx<'_>, file: FileIdx, call: NodeId) -> bool {
    let syntax = cx.syntax(file);
    if syntax.kind(call) != "call_expression" {
        return false;
    }
    let args = cx.args(file, call);
    let mut with_turn = args.iter().enumerate().filter(|&(_, &arg)| holds_turn(cx, cx.ty(file, arg), 0)).peekable();
    if with_turn.peek().is_none() {
        return false;
    }
    let Some(function) = syntax.child(call, "function") else { return false };
    let bare = syntax.bare(function);
    if syntax.kind(bare) == "identifier" && cx.inferred(file).meaning(bare) == Some(Ref::Predeclared) {
        return false;
    }
    let types = Types { program: cx.program };
    match types.underlying(cx.ty(file, function)) {
        Ty::Func(signature) => with_turn.any(|(index, _)| {
            let param = signature.params.get(index).or(signature.params.last());
            param.is_some_and(|param| is_anything(&types, param))
        }),
        // A conversion, a predeclared function, a type's name: nothing looks at the turn.
        _ if is_own_or_known(cx, file, bare) => false,
        _ => true,
    }
}

/// Whether a turn becomes a value of any type: an element, a field or a variable that takes everything.
fn hides_turn(cx: &Cx<'_>, file: FileIdx, node: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let types = Types { program: cx.program };
    let holds = |value: NodeId| holds_turn(cx, cx.ty(file, value), 0);
    match syntax.kind(node) {
        "literal_value" => {
            let element = match types.underlying(cx.ty(file, node)) {
                Ty::Map(_, element) | Ty::Slice(element) => is_anything(&types, &element),
                _ => false,
            };
            element
                && syntax
                    .children(node)
                    .any(|child| holds(syntax.of_element(syntax.child(child, "value").unwrap_or(child))))
        }
        "keyed_element" => {
            let field = syntax.child(node, "key").and_then(|key| cx.inferred(file).meaning(syntax.of_element(key)));
            let is_open = match field {
                Some(Ref::Def(def)) => is_anything(&types, &types.of_value(def)),
                _ => false,
            };
            is_open && syntax.child(node, "value").is_some_and(|value| holds(syntax.of_element(value)))
        }
        "assignment_statement" => {
            let side = |role| syntax.child(node, role).map_or(Vec::new(), |side| syntax.list(side));
            let takes_all =
                |place: NodeId| *cx.ty(file, place) != Ty::Unknown && is_anything(&types, cx.ty(file, place));
            side("left").into_iter().zip(side("right")).any(|(place, value)| takes_all(place) && holds(value))
        }
        _ => false,
    }
}

/// Whether the name of what is called has a declaration that is at hand, is geppetto's, or is predeclared.
fn is_own_or_known(cx: &Cx<'_>, file: FileIdx, function: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let name = syntax.child(function, "field").unwrap_or(function);
    match cx.inferred(file).meaning(name) {
        Some(Ref::Def(def)) => cx.program.def(def).kind != DefKind::Var,
        Some(Ref::Predeclared) => true,
        _ if syntax.kind(function) == "identifier" => {
            ["append", "len", "cap", "copy", "delete", "panic"].contains(&syntax.text(function))
        }
        _ => is_of_geppetto(cx, file, function),
    }
}

/// Whether a selector names something of the geppetto module.
fn is_of_geppetto(cx: &Cx<'_>, file: FileIdx, selector: NodeId) -> bool {
    let operand = cx.syntax(file).child(selector, "operand");
    let Some(Ref::Package(import)) = operand.and_then(|operand| cx.inferred(file).meaning(operand)) else {
        return false;
    };
    let target = cx.program.file(file).imports.get(import).and_then(|import| import.target);
    target.is_some_and(|package| cx.program.package(package).path.starts_with(GEPPETTO_MODULE))
}

/// Whether a parameter takes a value of any type.
fn is_anything(types: &Types<'_>, param: &Ty) -> bool {
    let param = match param {
        Ty::Slice(element) => element,
        other => other,
    };
    match types.underlying(param) {
        Ty::Basic(name) => &*name == "any",
        Ty::Interface(file, node) => {
            let syntax = types.program.syntax(file);
            syntax.children(node).next().is_none()
        }
        Ty::Unknown => true,
        _ => false,
    }
}

/// Whether a value of the type has a turn in it that can be reached from outside.
fn holds_turn(cx: &Cx<'_>, ty: &Ty, depth: usize) -> bool {
    let turn = models::find(cx.program, &format!("{GEPPETTO_MODULE}/pkg/turns"))
        .and_then(|package| cx.program.lookup(package, "Turn"));
    let is_turn = |def: DefId| Some(def) == turn;
    ty.mentions(&is_turn) && !matches!(ty, Ty::Func(_)) || depth < DEPTH && struct_holds_turn(cx, ty, depth)
}

fn struct_holds_turn(cx: &Cx<'_>, ty: &Ty, depth: usize) -> bool {
    let inner = match ty {
        Ty::Pointer(inner) | Ty::Slice(inner) | Ty::Map(_, inner) => return struct_holds_turn(cx, inner, depth),
        Ty::Named(def, _) if !cx.program.is_own(cx.program.def(*def).file) => return false,
        other => other,
    };
    let types = Types { program: cx.program };
    let Ty::Struct(file, node) = types.underlying(inner) else { return false };
    cx.program.members(file, node).iter().any(|&field| holds_turn(cx, &types.of_value(field), depth + 1))
}

/// Whether the metadata of a turn is looked at, and not only set.
fn reads_metadata(cx: &Cx<'_>, file: FileIdx, node: NodeId) -> bool {
    let syntax = cx.syntax(file);
    if syntax.kind(node) != "selector_expression" {
        return false;
    }
    let (Some(operand), Some(field)) = (syntax.child(node, "operand"), syntax.child(node, "field")) else {
        return false;
    };
    if syntax.text(field) != "Metadata" {
        return false;
    }
    let is_turn = is_of_library(cx, file, operand, "Turn");
    let indexed = syntax.parent(node).filter(|&parent| syntax.kind(parent) == "index_expression").unwrap_or(node);
    is_turn && !syntax.is_put_into(indexed)
}

/// Whether the type behind a value is this one of a library.
fn is_of_library(cx: &Cx<'_>, file: FileIdx, value: NodeId, name: &str) -> bool {
    let def = cx.ty(file, value).def().map(|def| cx.program.def(def));
    def.is_some_and(|def| def.name == name && !cx.program.is_own(def.file))
}

/// Whether the id of a turn is looked at, or the metadata of an event.
fn reads_id(cx: &Cx<'_>, file: FileIdx, node: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let (Some(operand), Some(field)) = (syntax.child(node, "operand"), syntax.child(node, "field")) else {
        return false;
    };
    match syntax.text(field) {
        "ID" => is_of_library(cx, file, operand, "Turn") && !syntax.is_put_into(node),
        "Metadata" => is_of_library(cx, file, operand, "Event"),
        _ => false,
    }
}

/// Whether two turns are compared, neither of which is `nil`.
fn compares_turns(cx: &Cx<'_>, file: FileIdx, node: NodeId) -> bool {
    let syntax = cx.syntax(file);
    if syntax.kind(node) != "binary_expression" {
        return false;
    }
    let is_comparison = syntax.child(node, "operator").is_some_and(|op| matches!(syntax.text(op), "==" | "!="));
    let is_pointer = |role| {
        syntax
            .child(node, role)
            .is_some_and(|side| matches!(cx.ty(file, side), Ty::Pointer(_)) && holds_turn(cx, cx.ty(file, side), DEPTH))
    };
    is_comparison && is_pointer("left") && is_pointer("right")
}

/// Whether an engine, a runner or a middleware returns `nil, nil`.
fn gives_nothing(cx: &Cx<'_>, file: FileIdx, node: NodeId) -> bool {
    let syntax = cx.syntax(file);
    if syntax.kind(node) != "return_statement" {
        return false;
    }
    let values: Vec<&str> =
        syntax.children(node).flat_map(|list| syntax.list(list)).map(|value| syntax.text(value)).collect();
    let method = syntax.enclosing(node, &["method_declaration", "function_declaration", "func_literal"]);
    let name = method.and_then(|method| syntax.child(method, "name")).map_or("", |name| syntax.text(name));
    values == ["nil", "nil"] && name == "RunInference"
}

fn is_recover(cx: &Cx<'_>, file: FileIdx, node: NodeId) -> bool {
    let syntax = cx.syntax(file);
    syntax.kind(node) == "call_expression"
        && syntax.child(node, "function").is_some_and(|function| {
            syntax.text(function) == "recover"
                && !matches!(cx.inferred(file).meaning(function), Some(Ref::Local(_) | Ref::Def(_)))
        })
}

/// Whether a function of `node` answers a request of `net/http`, which recovers panics.
fn is_in_handler(cx: &Cx<'_>, file: FileIdx, node: NodeId, depth: usize) -> bool {
    let syntax = cx.syntax(file);
    let functions = syntax.ancestors(node).filter(|&above| is_function(syntax.kind(above)));
    let mut outermost = None;
    for function in functions {
        let params = syntax.child(function, "parameters").map_or("", |params| syntax.text(params));
        if params.contains("http.ResponseWriter") {
            return true;
        }
        if syntax
            .parent(function)
            .is_some_and(|parent| syntax.parent(parent).is_some_and(|above| syntax.kind(above) == "go_statement"))
        {
            return false;
        }
        outermost = Some(function);
    }
    let name = outermost.filter(|_| depth < DEPTH).and_then(|function| syntax.child(function, "name"));
    let def = name.and_then(|name| cx.program.declared(file, name));
    def.is_some_and(|def| cx.calls_of(def).0.into_iter().any(|(file, call)| is_in_handler(cx, file, call, depth + 1)))
}

fn is_function(kind: &str) -> bool {
    matches!(kind, "function_declaration" | "method_declaration" | "func_literal")
}

/// Who may look at the turn `seed` after the run, `call`, that began with it.
fn reader_of_seed(cx: &Cx<'_>, file: FileIdx, seed: NodeId, call: NodeId, depth: usize) -> Option<String> {
    let syntax = cx.syntax(file);
    let seed = syntax.bare(seed);
    if is_replaced(cx, file, seed, call) {
        return None;
    }
    match (syntax.kind(seed), cx.inferred(file).meaning(syntax.child(seed, "field").unwrap_or(seed))) {
        ("identifier", Some(Ref::Local(declared))) => {
            let uses = cx.uses(file, declared);
            let later = uses.iter().copied().find(|&used| is_read_after(cx, file, declared, used, call));
            let kept = || uses.iter().copied().find(|&used| is_kept(cx, file, used));
            if let Some(used) = later.or_else(kept) {
                return Some(format!("the turn that the run begins with is also read at {}", cx.place(file, used)));
            }
            (depth < DEPTH).then(|| reader_in_callers(cx, file, declared, depth)).flatten()
        }
        ("identifier" | "selector_expression", Some(Ref::Def(def))) if is_place(cx, def) => {
            let read = cx.uses_of_def(def).iter().copied().find(|&(other, used)| {
                let is_given = other == file && syntax.is_inside(used, call);
                !is_given && !is_set(cx, other, used)
            });
            read.map(|(file, used)| {
                format!("the turn that the run begins with is also read at {}", cx.place(file, used))
            })
        }
        _ => None,
    }
}

fn is_place(cx: &Cx<'_>, def: DefId) -> bool {
    matches!(cx.program.def(def).kind, DefKind::Field | DefKind::Var) && cx.program.is_own(cx.program.def(def).file)
}

/// Whether the result of the run takes the place of its seed: `turn, err = sess.RunInference(ctx, turn)`.
fn is_replaced(cx: &Cx<'_>, file: FileIdx, seed: NodeId, call: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let statement = syntax.parent(call).and_then(|list| syntax.parent(list));
    let left = statement.and_then(|statement| syntax.child(statement, "left"));
    let first = left.and_then(|left| syntax.list(left).first().copied());
    first.is_some_and(|first| syntax.text(first) == syntax.text(seed) && !super::runs::is_new(cx, file, first))
}

/// Whether a use of a variable sees what the run has left in it: one behind the run, or one in the loop around it.
fn is_read_after(cx: &Cx<'_>, file: FileIdx, declared: NodeId, used: NodeId, call: NodeId) -> bool {
    let syntax = cx.syntax(file);
    if syntax.is_inside(used, call) || is_set(cx, file, used) {
        return false;
    }
    let is_in_loop = syntax.ancestors(call).any(|above| {
        syntax.kind(above) == "for_statement" && !syntax.is_inside(declared, above) && syntax.is_inside(used, above)
    });
    let is_behind = syntax.start(used) > syntax.end(call);
    let is_set_between = || {
        let uses = cx.uses(file, declared).iter().copied();
        let stmt = cx.stmt(file, call);
        let mut between =
            uses.filter(|&other| syntax.start(other) > syntax.end(call) && syntax.start(other) < syntax.start(used));
        between.any(|other| {
            let set = cx.stmt(file, other);
            is_set(cx, file, other) && set.map(|set| syntax.parent(set)) == stmt.map(|stmt| syntax.parent(stmt))
        })
    };
    is_in_loop || is_behind && !is_set_between()
}

/// Whether the name is the place of an assignment.
fn is_set(cx: &Cx<'_>, file: FileIdx, used: NodeId) -> bool {
    let syntax = cx.syntax(file);
    syntax.is_put_into(syntax.with_operand(used))
}

/// Whether the value is put where others may look at it: into a variable, a field, a literal, a channel.
fn is_kept(cx: &Cx<'_>, file: FileIdx, used: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let Some(parent) = syntax.parent(used) else { return false };
    match syntax.kind(parent) {
        "literal_element" | "send_statement" => true,
        "expression_list" => {
            syntax.role(parent) == "right"
                && syntax
                    .parent(parent)
                    .is_some_and(|above| syntax.child(above, "left").is_some_and(|left| syntax.text(left) != "_"))
        }
        "argument_list" => syntax
            .parent(parent)
            .and_then(|call| syntax.child(call, "function"))
            .is_some_and(|function| syntax.text(function) == "append"),
        _ => false,
    }
}

/// Who looks at the turn that the callers of a function gave as the parameter `declared`.
fn reader_in_callers(cx: &Cx<'_>, file: FileIdx, declared: NodeId, depth: usize) -> Option<String> {
    let syntax = cx.syntax(file);
    let param = syntax.parent(declared).filter(|&param| syntax.kind(param) == "parameter_declaration")?;
    let function = syntax.parent(syntax.parent(param)?)?;
    let index = syntax.parameter_names(function).position(|name| name == declared)?;
    let def = cx.program.declared(file, syntax.child(function, "name")?)?;
    let (calls, _) = cx.calls_of(def);
    calls
        .into_iter()
        .find_map(|(file, call)| reader_of_seed(cx, file, *cx.args(file, call).get(index)?, call, depth + 1))
}

#[cfg(test)]
mod tests {
    use crate::finding::Level;
    use crate::go::testing::finding_at;

    /// The finding of a run of `seed` in a function, with `more` code behind the run and beside the function.
    fn said(behind: &str, beside: &str) -> (Level, String) {
        let code = format!(
            "func f(ctx context.Context, eng engine.Engine) error {{\n\
             \tseed := turns.NewTurnBuilder().WithUserPrompt(\"hi\").Build()\n\
             \tinf := state.NewInferenceState(\"id\", nil, eng)\n\tfmt.Println(inf.IsRunning())\n\
             \tsess := &core.Session{{State: inf}}\n\
             \tout, err := sess.RunInference(ctx, seed)\n\
             \tif err != nil {{\n\t\treturn err\n\t}}\n\
             {behind}\
             \t_ = out\n\treturn nil\n}}\n\n{beside}"
        );
        let finding = finding_at(&code, "RunInference");
        (finding.level, finding.why)
    }

    #[test]
    fn a_run_whose_result_alone_is_looked_at_is_safe() {
        assert_eq!(said("\tfmt.Println(len(out.Blocks))\n", "").0, Level::Safe);
        assert_eq!(said("\tfmt.Println(turns.LastText(out, turns.BlockKindLLMText))\n", "").0, Level::Safe);
        let (_, why) = said("\tseed = out\n\tfmt.Println(len(seed.Blocks))\n", "");
        assert!(!why.contains("begins with"), "{why}");
    }

    #[test]
    fn who_reads_what_the_run_began_with_is_told() {
        let (level, why) = said("\tfmt.Println(len(seed.Blocks))\n", "");
        assert_eq!(level, Level::Offered);
        assert!(why.contains("read the result of the run"), "{why}");
    }

    #[test]
    fn who_looks_at_turns_as_a_whole_is_told() {
        for code in [
            "\tfmt.Printf(\"%+v\", out)\n",
            "\tfmt.Println(out.Metadata)\n",
            "\tkeep(out)\n",
            "\tkeep(map[string]any{\"turn\": out})\n",
        ] {
            let beside = "func keep(v any) {}\n";
            let (level, why) = said(code, beside);
            assert!(level == Level::Offered && why.contains("as a whole"), "{code}: {why}");
        }
        assert_eq!(said("\tfmt.Println(out == seed)\n", "").0, Level::Offered);
        assert_eq!(said("\tfmt.Println(out == nil)\n\tout.Metadata = nil\n", "").0, Level::Safe);
    }

    #[test]
    fn who_has_an_engine_that_gives_nothing_is_told() {
        let beside = "type mute struct{}\n\n\
                      func (mute) RunInference(context.Context, *turns.Turn) (*turns.Turn, error) {\n\treturn nil, nil\n}\n";
        let (level, why) = said("", beside);
        assert!(level == Level::Offered && why.contains("no turn"), "{why}");
    }

    #[test]
    fn who_recovers_panics_is_told() {
        let beside = "func guarded(ctx context.Context, eng engine.Engine) {\n\tdefer func() { _ = recover() }()\n\t_ = f(ctx, eng)\n}\n";
        let (level, why) = said("", beside);
        assert!(level == Level::Offered && why.contains("panic"), "{why}");
    }
}
