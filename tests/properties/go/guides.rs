//! Markdown beside packages of both languages.

use proptest::collection::vec;
use proptest::prelude::*;

use super::grammar::example;
use crate::package::{MANIFEST, Package};
use crate::texts::{Text, filled, joined, one_of};

fn block() -> Text {
    let rust = one_of(&[
        "let state = Arc::new(InferenceState::new(\"a\", None, engine));\nstate.cancel_run().ok();",
        "let engine = new_engine_from_parsed_values(&values, vec![with_sink(sink)])?;",
        "use geppetto::prelude::*;\nfn f(state: &InferenceState) { state.start_run().unwrap(); }",
        "fn broken( {",
    ]);
    prop_oneof![
        6 => filled("```{}\n{}\n```\n", vec![one_of(&["go", "golang", "go title=x", "", "text"]), example()]),
        2 => filled("```{}\n{}\n```\n", vec![one_of(&["rust", "rs,ignore", ""]), rust.clone()]),
        1 => filled("> ```go\n> {}\n> ```\n", vec![one_of(&["inf.StartRun()", "sess := &core.Session{State: inf}"])]),
        1 => filled("- a\n\n  ```go\n  {}\n  ```\n", vec![one_of(&["inf.StartRun()", "eng := engine.WithSink(sink)"])]),
        1 => rust.prop_map(|code| format!("    {}\n", code.replace('\n', "\n    "))),
        3 => one_of(&["`InferenceState` and `StartRun`.\n", "# start_run\n", "WithSink with_sink geppetto::x\n", "~~~go\ninf.FinishRun()\n"]),
    ]
    .boxed()
}

/// A package of each language, and guides to both.
pub(crate) fn mixed() -> impl Strategy<Value = Package> {
    let guide = || joined(vec(block(), 0..4), "\n");
    (guide(), guide(), any::<bool>()).prop_map(|(one, other, is_windows)| {
        let one = if is_windows { one.replace('\n', "\r\n") } else { one };
        let code = "package up\n\nimport \"github.com/go-go-golems/geppetto/pkg/turns\"\n\nvar T turns.Turn\n";
        let mut tree = Package::go([("README.md", one), ("docs/guide.md", other), ("up.go", code.to_owned())]);
        let rust = [("Cargo.toml", MANIFEST), ("src/lib.rs", "use geppetto::turns::Turn;\npub fn f(_: Turn) {}\n")];
        tree.0.extend(rust.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())));
        tree
    })
}
