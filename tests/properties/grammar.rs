//! Code that follows the grammar of Rust and uses the legacy API in ways that nobody would think of.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::package::Package;
use crate::texts::{Text, filled, joined, one_of};

const IMPORTS: &[&str] = &[
    "use geppetto::prelude::*;",
    "use geppetto::context::Context;",
    "use geppetto::context::{self, Context as Ctx};",
    "use geppetto::events::{CollectingSink, EventSink};",
    "use geppetto::inference::core::{RunError, Session};",
    "use geppetto::inference::core::Session as CoreSession;",
    "use geppetto::inference::{core, engine, state};",
    "use geppetto::inference::engine::factory::{self, ParsedValues, new_engine_from_parsed_values};",
    "use geppetto::inference::engine::{Engine, EngineOption, with_sink};",
    "use geppetto::inference::engine::{Config, apply_options as apply};",
    "use geppetto::inference::state::{InferenceState, StateError};",
    "use geppetto::inference::state::InferenceState as State;",
    "pub use geppetto::inference::state::*;",
    "use geppetto as g;",
    "use {geppetto::turns::{Block, Turn}, std::sync::Arc};",
    "use std::sync::{Arc, Mutex};",
    "use self::inner::*;",
    "extern crate geppetto;",
    "use other::{Session, with_sink};",
    "#[cfg(feature = \"x\")] use geppetto::turns::Turn;",
];

fn name() -> Text {
    one_of(&["state", "session", "engine", "sink", "ctx", "turn", "options", "self", "a", "b", "seed", "error", "_"])
}

fn method() -> Text {
    one_of(&[
        "start_run",
        "finish_run",
        "cancel_run",
        "run_inference_started",
        "set_cancel",
        "has_cancel",
        "is_running",
        "turn",
        "set_turn",
        "run_id",
        "set_run_id",
        "engine",
        "run_inference",
        "clone",
        "unwrap",
        "as_ref",
        "lock",
        "create_engine",
        "with_sink",
        "push",
        "map_err",
        "to_string",
        "cancelled",
        "with_cancel",
        "state",
    ])
}

fn path() -> Text {
    one_of(&[
        "InferenceState::new",
        "Session::new",
        "State::new",
        "CoreSession::new",
        "InferenceState::start_run",
        "geppetto::inference::state::InferenceState::new",
        "Arc::new",
        "Arc::clone",
        "Some",
        "Ok",
        "Err",
        "None",
        "StateError::AlreadyRunning",
        "RunError::State",
        "RunError::Engine",
        "with_sink",
        "apply_options",
        "apply",
        "g::inference::engine::with_sink",
        "engine::with_sink",
        "new_engine_from_parsed_values",
        "factory::new_engine_from_parsed_values",
        "ParsedValues::default",
        "Context::background",
        "Turn::builder",
        "Turn::default",
        "CollectingSink::new",
        "Mutex::new",
        "Self::new",
        "Config::default",
        "tokio::spawn",
        "f",
    ])
}

fn ty() -> Text {
    let leaf = one_of(&[
        "InferenceState",
        "Session",
        "CoreSession",
        "State",
        "Turn",
        "Context",
        "dyn Engine",
        "dyn EventSink",
        "EngineOption",
        "StateError",
        "RunError",
        "Config",
        "ParsedValues",
        "Self",
        "u8",
        "String",
        "()",
        "T",
        "geppetto::inference::state::InferenceState",
        "g::inference::core::Session",
        "_",
    ]);
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            filled("Arc<{}>", vec![inner.clone()]),
            filled("Option<{}>", vec![inner.clone()]),
            filled("Vec<{}>", vec![inner.clone()]),
            filled("Mutex<{}>", vec![inner.clone()]),
            filled("&{}", vec![inner.clone()]),
            filled("&'a mut {}", vec![inner.clone()]),
            filled("({}, {})", vec![inner.clone(), inner.clone()]),
            filled("[{}; 2]", vec![inner.clone()]),
            filled("Result<{}, {}>", vec![inner.clone(), inner.clone()]),
            filled("fn({}) -> {}", vec![inner.clone(), inner.clone()]),
            filled("Box<dyn Fn({}) -> {}>", vec![inner.clone(), inner.clone()]),
            filled("impl Into<{}>", vec![inner.clone()]),
            filled("std::collections::HashMap<String, {}>", vec![inner]),
        ]
    })
    .boxed()
}

fn pattern() -> Text {
    let leaf = prop_oneof![
        name(),
        one_of(&[
            "_",
            "Ok(())",
            "None",
            "Err(StateError::AlreadyRunning)",
            "StateError::NotRunning",
            "ref x",
            "mut y",
            "1..=2"
        ])
    ];
    leaf.boxed()
        .prop_recursive(2, 6, 2, |inner| {
            prop_oneof![
                filled("Some({})", vec![inner.clone()]),
                filled("Ok({})", vec![inner.clone()]),
                filled("Err({})", vec![inner.clone()]),
                filled("Err(RunError::State({}))", vec![inner.clone()]),
                filled("({}, {})", vec![inner.clone(), inner.clone()]),
                filled("&{}", vec![inner.clone()]),
                filled("Session { state: {}, .. }", vec![inner.clone()]),
                filled("{} | {}", vec![inner.clone(), inner]),
            ]
        })
        .boxed()
}

fn expr() -> Text {
    let leaf = prop_oneof![
        4 => name(),
        2 => path(),
        1 => one_of(&["1", "\"run-1\"", "\"\"", "true", "()", "&ctx", "vec![]", "None", "Vec::new()", "self.state", "self.0"])
    ];
    leaf.boxed().prop_recursive(4, 24, 3, composite).boxed()
}

fn composite(e: Text) -> Text {
    let arguments = joined(vec(e.clone(), 0..3), ", ");
    let calls = prop_oneof![
        3 => filled("{}({})", vec![path(), arguments.clone()]),
        5 => filled("{}.{}({})", vec![e.clone(), method(), arguments.clone()]),
        2 => filled("{}.await", vec![e.clone()]),
        2 => filled("{}?", vec![e.clone()]),
        1 => filled("{}.unwrap()", vec![e.clone()]),
        2 => filled("{}.run_inference(&{}, {}).await", vec![e.clone(), e.clone(), e.clone()]),
        1 => filled("InferenceState::new({}, {}, {})", vec![e.clone(), e.clone(), e.clone()]),
        1 => filled("new_engine_from_parsed_values(&{}, vec![{}])", vec![e.clone(), arguments.clone()]),
        1 => filled("Session { state: {}, event_sinks: vec![{}], ..Session::new({}) }", vec![e.clone(), arguments.clone(), e.clone()]),
        1 => filled("Session { persister: Some({}), ..{} }", vec![e.clone(), e.clone()]),
    ];
    let control = prop_oneof![
        filled("if {} { {} } else { {} }", vec![e.clone(), e.clone(), e.clone()]),
        filled("if let {} = {} { {} }", vec![pattern(), e.clone(), e.clone()]),
        filled("match {} { {} => {}, _ => {} }", vec![e.clone(), pattern(), e.clone(), e.clone()]),
        filled(
            "match {} { {} => return, {} if {} => { {}; } }",
            vec![e.clone(), pattern(), pattern(), e.clone(), e.clone()]
        ),
        filled("{ {}; {} }", vec![e.clone(), e.clone()]),
        filled("{ let {} = {}; {} }", vec![pattern(), e.clone(), e.clone()]),
        filled("async move { {} }", vec![e.clone()]),
        filled("|{}| {}", vec![pattern(), e.clone()]),
        filled("move || { {}; {} }", vec![e.clone(), e.clone()]),
        filled("loop { {}; break {} }", vec![e.clone(), e.clone()]),
        filled("return {}", vec![e.clone()]),
        filled("while {} { {}; }", vec![e.clone(), e.clone()]),
    ];
    let others = prop_oneof![
        filled("({})", vec![e.clone()]),
        filled("&{}", vec![e.clone()]),
        filled("*{}", vec![e.clone()]),
        filled("!{}", vec![e.clone()]),
        filled("({}, {})", vec![e.clone(), e.clone()]),
        filled("{}.state", vec![e.clone()]),
        filled("{}[{}]", vec![e.clone(), e.clone()]),
        filled("{} == {}", vec![e.clone(), e.clone()]),
        filled("{} && {}", vec![e.clone(), e.clone()]),
        filled("{} = {}", vec![e.clone(), e.clone()]),
        filled("{} as {}", vec![e.clone(), ty()]),
        filled("vec![{}]", vec![arguments.clone()]),
        filled("println!(\"{:?} {}\", {})", vec![Just("{}".to_owned()).boxed(), arguments]),
        filled("assert_eq!({}, {})", vec![e.clone(), e.clone()]),
        filled(
            "tokio::select! { {} = {} => {}, _ = {} => {} }",
            vec![pattern(), e.clone(), e.clone(), e.clone(), e.clone()]
        ),
        filled("tokio::join!({}, {})", vec![e.clone(), e.clone()]),
        filled("unknown!({} => {})", vec![e.clone(), e]),
    ];
    prop_oneof![6 => calls, 2 => control, 2 => others].boxed()
}

fn statement() -> Text {
    prop_oneof![
        4 => filled("    let {} = {};", vec![name(), expr()]),
        1 => filled("    let {}: {} = {};", vec![pattern(), ty(), expr()]),
        1 => filled("    let {} = {} else { {} };", vec![pattern(), expr(), expr()]),
        3 => filled("    {};", vec![expr()]),
        1 => filled("    {}\n    {}", vec![one_of(&["// start_run\r", "// the run\n", "// MIGRATE(no-counterpart): x\n", "/* with_sink */", "#[cfg(test)]"]), one_of(&["state.start_run()?;", "let x = with_sink(sink);", "state.finish_run();"])]),
        2 => one_of(&[
            "    let state = Arc::new(InferenceState::new(\"r\", Some(seed.clone()), engine.clone()));",
            "    let session = Session { event_sinks: vec![sink.clone()], ..Session::new(state.clone()) };",
            "    let session = Session::new(state.clone());",
            "    let seed = Turn::builder().with_user_prompt(\"hi\").build();",
            "    let engine = new_engine_from_parsed_values(&ParsedValues::default(), vec![with_sink(sink.clone())])?;",
            "    let mut options = Vec::new();",
            "    options.push(with_sink(sink.clone()));",
            "    let turn = session.run_inference(&ctx, Some(seed)).await?;",
            "    match session.run_inference(&ctx, None).await { Ok(turn) => turn, Err(error) => return Err(error.into()) };",
            "    state.start_run()?;",
            "    let (ctx, cancel) = ctx.with_cancel();",
            "    state.set_cancel(cancel);",
            "    state.run_inference_started();",
            "    state.finish_run();",
            "    if state.is_running() { return Ok(()); }",
            "    let _ = state.cancel_run();",
            "    tokio::spawn(async move { session.run_inference(&ctx, None).await });",
        ]),
    ]
    .boxed()
}

fn function() -> Text {
    let parameters = joined(
        vec(
            filled("{}: {}", vec![one_of(&["state", "session", "engine", "sink", "ctx", "options", "seed"]), ty()]),
            0..3,
        ),
        ", ",
    );
    filled(
        "{}fn {}<'a, T>({}) -> {} {\n{}\n    {}\n}\n",
        vec![
            one_of(&[
                "",
                "pub ",
                "async ",
                "pub async ",
                "pub(crate) ",
                "#[test] ",
                "#[tokio::test] async ",
                "const ",
                "/// Runs `start_run`.\n",
            ]),
            one_of(&["f", "run", "new", "main", "start_run", "with_sink"]),
            parameters,
            ty(),
            joined(vec(statement(), 0..6), "\n"),
            expr(),
        ],
    )
}

fn item() -> Text {
    let fields = joined(
        vec(filled("{}: {}", vec![one_of(&["state", "session", "engine", "sink", "options"]), ty()]), 0..3),
        ", ",
    );
    let tuple = joined(vec(ty(), 0..3), ", ");
    prop_oneof![
        6 => function(),
        2 => filled("{}struct {}<'a, T> { {} }\n", vec![one_of(&["", "pub ", "#[derive(Debug, Clone)] "]), one_of(&["App", "Chat", "Session", "T"]), fields.clone()]),
        1 => filled("struct {}({});\n", vec![one_of(&["App", "Chat", "InferenceState"]), tuple.clone()]),
        1 => filled("enum E { A({}), B { {} } }\n", vec![tuple, fields]),
        1 => filled("type {} = {};\n", vec![one_of(&["App", "State", "Shared"]), ty()]),
        2 => filled("impl {} { {} }\n", vec![one_of(&["App", "Chat", "Engine for App", "EngineFactory for App", "From<StateError> for E", "Drop for App"]), joined(vec(function(), 0..2), "\n")]),
        1 => filled("trait Port { {} }\n", vec![function()]),
        1 => filled("static X: {} = {};\n", vec![ty(), expr()]),
        1 => filled("mod inner { {}\n{} }\n", vec![one_of(IMPORTS), function()]),
        1 => filled("macro_rules! unknown { ($($x:tt)*) => { {} } }\n", vec![expr()]),
        1 => filled("lazy! { static ref X: {} = {}; }\n", vec![ty(), expr()]),
    ]
    .boxed()
}

fn file() -> Text {
    let imports = joined(vec(one_of(IMPORTS), 0..6), "\n");
    let ending = option::of(Just("\r\n"));
    (
        one_of(&["", "\u{feff}", "#!/usr/bin/env run\n", "//! geppetto::x\n", "#![allow(dead_code)]\n"]),
        imports,
        joined(vec(item(), 0..4), "\n"),
        ending,
    )
        .prop_map(|(head, imports, items, ending)| {
            let text = format!("{head}{imports}\n{items}");
            match ending {
                Some(ending) => text.replace('\r', "").replace('\n', ending),
                None => text,
            }
        })
        .boxed()
}

/// A package of one to three files.
pub(crate) fn package() -> impl Strategy<Value = Package> {
    (file(), option::of(file()), option::of(file())).prop_map(|(lib, inner, test)| {
        let mut package = Package::with([("src/lib.rs", format!("{lib}\nmod inner;\n"))]);
        let more = [("src/inner.rs", inner), ("tests/t.rs", test)];
        package.0.extend(more.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.into_bytes()))));
        package
    })
}
