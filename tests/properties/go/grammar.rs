//! Code that follows the grammar of Go and uses the legacy API in ways that nobody would think of.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::package::Package;
use crate::texts::{Text, filled, joined, one_of};

const IMPORTS: &[&str] = &[
    "\"context\"",
    "\"errors\"",
    "\"fmt\"",
    "\"github.com/go-go-golems/geppetto/pkg/events\"",
    "\"github.com/go-go-golems/geppetto/pkg/inference/core\"",
    "run \"github.com/go-go-golems/geppetto/pkg/inference/core\"",
    "\"github.com/go-go-golems/geppetto/pkg/inference/engine\"",
    "llm \"github.com/go-go-golems/geppetto/pkg/inference/engine\"",
    "_ \"github.com/go-go-golems/geppetto/pkg/inference/engine\"",
    "\"github.com/go-go-golems/geppetto/pkg/inference/engine/factory\"",
    "\"github.com/go-go-golems/geppetto/pkg/inference/session\"",
    "\"github.com/go-go-golems/geppetto/pkg/inference/state\"",
    ". \"github.com/go-go-golems/geppetto/pkg/inference/state\"",
    "\"github.com/go-go-golems/geppetto/pkg/turns\"",
    "\"example.com/made/up/chat\"",
    "\"example.com/other/state\"",
];

fn name() -> Text {
    one_of(&[
        "inf", "sess", "eng", "sink", "ctx", "turn", "options", "c", "a", "b", "seed", "err", "_", "state", "engine",
    ])
}

fn member() -> Text {
    one_of(&[
        "StartRun",
        "FinishRun",
        "CancelRun",
        "SetCancel",
        "HasCancel",
        "IsRunning",
        "RunInference",
        "RunInferenceStarted",
        "RunID",
        "Turn",
        "Eng",
        "State",
        "EventSinks",
        "Persister",
        "SnapshotHook",
        "Registry",
        "Blocks",
        "Latest",
        "Append",
        "Builder",
        "CreateEngine",
        "inf",
        "Ask",
    ])
}

fn function() -> Text {
    one_of(&[
        "state.NewInferenceState",
        "NewInferenceState",
        "core.Session",
        "engine.WithSink",
        "llm.WithSink",
        "engine.NewConfig",
        "engine.ApplyOptions",
        "factory.NewEngineFromParsedValues",
        "factory.NewStandardEngineFactory",
        "events.WithEventSinks",
        "turns.NewTurnBuilder",
        "context.WithCancel",
        "context.Background",
        "errors.Is",
        "fmt.Println",
        "append",
        "len",
        "make",
        "new",
        "panic",
        "recover",
        "chat.New",
        "f",
        "session.NewSession",
        "(*state.InferenceState).StartRun",
    ])
}

fn ty() -> Text {
    let leaf = one_of(&[
        "*state.InferenceState",
        "state.InferenceState",
        "*InferenceState",
        "*core.Session",
        "core.Session",
        "core.Runner",
        "core.TurnPersister",
        "engine.Option",
        "*engine.Config",
        "engine.Engine",
        "events.EventSink",
        "*turns.Turn",
        "context.Context",
        "*session.Session",
        "error",
        "any",
        "string",
        "int",
        "T",
        "Chat",
        "*Chat",
    ]);
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            filled("[]{}", vec![inner.clone()]),
            filled("*{}", vec![inner.clone()]),
            filled("[2]{}", vec![inner.clone()]),
            filled("map[string]{}", vec![inner.clone()]),
            filled("chan {}", vec![inner.clone()]),
            filled("func({}) {}", vec![inner.clone(), inner.clone()]),
            filled("struct{ x {} }", vec![inner.clone()]),
            filled("interface{ Ask({}) {} }", vec![inner.clone(), inner.clone()]),
            filled("Box[{}]", vec![inner]),
        ]
    })
    .boxed()
}

fn expr() -> Text {
    let leaf = prop_oneof![
        4 => name(),
        1 => one_of(&["1", "\"run-1\"", "\"\"", "nil", "true", "inf.Turn", "c.inf", "c.sess.State", "state.ErrInferenceRunning", "`raw\nStartRun`"]),
    ];
    leaf.boxed().prop_recursive(4, 24, 3, composite).boxed()
}

fn composite(e: Text) -> Text {
    let arguments = joined(vec(e.clone(), 0..3), ", ");
    let calls = prop_oneof![
        3 => filled("{}({})", vec![function(), arguments.clone()]),
        5 => filled("{}.{}({})", vec![e.clone(), member(), arguments.clone()]),
        2 => filled("{}.RunInference({}, {})", vec![e.clone(), e.clone(), e.clone()]),
        1 => filled("state.NewInferenceState({}, {}, {})", vec![e.clone(), e.clone(), e.clone()]),
        1 => filled("factory.NewEngineFromParsedValues({}, engine.WithSink({}))", vec![e.clone(), e.clone()]),
        1 => filled("f({}...)", vec![e.clone()]),
        1 => filled("func() {} { return {} }()", vec![ty(), e.clone()]),
    ];
    let literals = prop_oneof![
        filled("&core.Session{State: {}}", vec![e.clone()]),
        filled("core.Session{State: {}, EventSinks: []events.EventSink{{}}}", vec![e.clone(), arguments.clone()]),
        filled("&core.Session{{}}", vec![arguments.clone()]),
        filled("&state.InferenceState{RunID: {}, Turn: {}}", vec![e.clone(), e.clone()]),
        filled("[]engine.Option{{}}", vec![arguments]),
        filled("Chat{inf: {}}", vec![e.clone()]),
        filled("map[string]any{\"a\": {}}", vec![e.clone()]),
        filled("func(x {}) { {} }", vec![ty(), e.clone()]),
    ];
    let others = prop_oneof![
        filled("({})", vec![e.clone()]),
        filled("&{}", vec![e.clone()]),
        filled("*{}", vec![e.clone()]),
        filled("!{}", vec![e.clone()]),
        filled("<-{}", vec![e.clone()]),
        filled("{}.{}", vec![e.clone(), member()]),
        filled("{}[{}]", vec![e.clone(), e.clone()]),
        filled("{}[1:]", vec![e.clone()]),
        filled("{}.({})", vec![e.clone(), ty()]),
        filled("{} == {}", vec![e.clone(), e.clone()]),
        filled("{} && {}", vec![e.clone(), e.clone()]),
        filled("{} + {}", vec![e.clone(), e]),
    ];
    prop_oneof![6 => calls, 2 => literals, 2 => others].boxed()
}

fn statement() -> Text {
    let simple = prop_oneof![
        4 => filled("{} := {}", vec![name(), expr()]),
        2 => filled("{}, err := {}", vec![name(), expr()]),
        1 => filled("{}, {} = {}, {}", vec![expr(), expr(), expr(), expr()]),
        1 => filled("var {} {}", vec![name(), ty()]),
        1 => filled("var {} = {}", vec![name(), expr()]),
        3 => expr(),
        1 => filled("go {}.{}({})", vec![expr(), member(), expr()]),
        1 => filled("defer {}.{}()", vec![expr(), member()]),
        1 => filled("return {}", vec![expr()]),
        1 => filled("return {}, {}", vec![expr(), expr()]),
        14 => one_of(&[
            "inf := state.NewInferenceState(\"r\", nil, eng)",
            "sess := &core.Session{State: inf}",
            "sess := &core.Session{State: inf, EventSinks: []events.EventSink{sink}}",
            "seed := turns.NewTurnBuilder().WithUserPrompt(\"hi\").Build()",
            "eng, err := factory.NewEngineFromParsedValues(nil, engine.WithSink(sink))",
            "var options []engine.Option",
            "options = append(options, engine.WithSink(sink))",
            "out, err := sess.RunInference(ctx, seed)",
            "if err := inf.StartRun(); err != nil {\n\treturn nil, err\n}",
            "defer inf.FinishRun()",
            "runCtx, cancel := context.WithCancel(ctx)",
            "inf.SetCancel(cancel)",
            "out, err := sess.RunInferenceStarted(runCtx, seed) // the run",
            "inf.FinishRun()",
            "_ = inf.CancelRun()",
            "if inf.IsRunning() {\n\treturn\n}",
            "go func() {\n\t_, _ = sess.RunInference(ctx, seed)\n}()",
            "// StartRun comes first",
            "/* WithSink */",
        ]),
    ];
    simple
        .boxed()
        .prop_recursive(2, 8, 2, |inner| {
            prop_oneof![
                filled("if {} {\n{}\n}", vec![expr(), inner.clone()]),
                filled("if err := {}; err != nil {\n{}\n} else {\n{}\n}", vec![expr(), inner.clone(), inner.clone()]),
                filled("for _, x := range {} {\n{}\n}", vec![expr(), inner.clone()]),
                filled("for {} {\n{}\nbreak\n}", vec![expr(), inner.clone()]),
                filled(
                    "switch {} {\ncase {}:\n{}\ndefault:\n{}\n}",
                    vec![expr(), expr(), inner.clone(), inner.clone()]
                ),
                filled("switch x := {}.(type) {\ncase {}:\n{}\n}", vec![expr(), ty(), inner.clone()]),
                filled("select {\ncase <-{}:\n{}\n}", vec![expr(), inner.clone()]),
                filled("go func() {\n{}\n{}\n}()", vec![inner.clone(), inner.clone()]),
                filled("{\n{}\n{}\n}", vec![inner.clone(), inner]),
            ]
        })
        .boxed()
}

fn parameters() -> Text {
    let parameter = filled("{} {}", vec![one_of(&["inf", "sess", "eng", "sink", "ctx", "seed"]), ty()]);
    let variadic = one_of(&["", "", ", options ...engine.Option"]);
    filled("x int, {}{}", vec![joined(vec(parameter, 1..3), ", "), variadic])
}

fn declaration() -> Text {
    let body = joined(vec(statement(), 0..7), "\n");
    let fields = joined(vec(filled("{} {}", vec![one_of(&["inf", "sess", "eng", "sinks"]), ty()]), 0..3), "\n");
    prop_oneof![
        6 => filled("func {}({}) {} {\n{}\n}\n", vec![one_of(&["f", "run", "New", "main", "StartRun", "WithSink"]), parameters(), one_of(&["", "error", "(*turns.Turn, error)", "engine.Engine", "(out *turns.Turn, err error)"]), body.clone()]),
        3 => filled("func (c *Chat) {}({}) {} {\n{}\n}\n", vec![one_of(&["Ask", "Stop", "Busy", "FinishRun"]), parameters(), one_of(&["", "error", "bool"]), body.clone()]),
        1 => filled("func g[T any](x T) {\n{}\n}\n", vec![body]),
        3 => filled("type {} struct {\n{}\n}\n", vec![one_of(&["Chat", "App", "InferenceState"]), fields.clone()]),
        1 => filled("type Chat struct {\n*state.InferenceState\n{}\n}\n", vec![fields]),
        1 => filled("type {} {}\n", vec![one_of(&["Chat", "App", "Shared"]), ty()]),
        1 => filled("type {} = {}\n", vec![one_of(&["App", "Shared"]), ty()]),
        1 => filled("type Port interface {\nAsk({}) {}\n}\n", vec![ty(), ty()]),
        1 => filled("var {} {} = {}\n", vec![one_of(&["x", "inf", "eng"]), ty(), expr()]),
        1 => filled("// f calls {}.\n//\n//\t{}\nconst y = 1\n", vec![one_of(&["StartRun", "f", "[state.InferenceState]"]), one_of(&["inf.StartRun()", "eng, err := factory.NewEngineFromParsedValues(nil, engine.WithSink(sink))", "go run ."])]),
    ]
    .boxed()
}

fn file(package: &'static str) -> Text {
    let head =
        one_of(&["", "\u{feff}", "// Code generated by x. DO NOT EDIT.\n\n", "//go:build !x\n\n", "// StartRun\n"]);
    let imports = prop_oneof![
        3 => joined(vec(one_of(IMPORTS), 0..8), "\n").prop_map(|specs| format!("import (\n{specs}\n)\n")),
        1 => joined(vec(one_of(IMPORTS), 0..4), "\nimport ").prop_map(|specs| match specs.is_empty() {
            true => specs,
            false => format!("import {specs}\n"),
        }),
    ];
    (head, imports, joined(vec(declaration(), 0..5), "\n"), any::<bool>())
        .prop_map(move |(head, imports, declarations, is_windows)| {
            let text = format!("{head}package {package}\n\n{imports}\n{declarations}");
            if is_windows { text.replace('\n', "\r\n") } else { text }
        })
        .boxed()
}

/// A module of one to three files in two packages.
pub(crate) fn module() -> impl Strategy<Value = Package> {
    (file("up"), option::of(file("chat")), option::of(file("up_test"))).prop_map(|(main, chat, test)| {
        let mut module = Package::go([("up.go", main)]);
        let more = [("chat/chat.go", chat), ("up_test.go", test)];
        module.0.extend(more.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.into_bytes()))));
        module
    })
}

/// Statements, declarations or a file, as documentation shows them.
pub(super) fn example() -> Text {
    prop_oneof![
        4 => joined(vec(statement(), 1..4), "\n"),
        2 => joined(vec(declaration(), 1..3), "\n"),
        1 => file("up"),
    ]
    .boxed()
}
