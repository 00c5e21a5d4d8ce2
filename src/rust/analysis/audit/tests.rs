use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::plan::new_flaws;
use crate::rust::RustFrontend;
use crate::source::Source;
use crate::tree::{FileEntry, FileId, Tree};

fn tree(dependency: &str, code: &str) -> Tree {
    let manifest = format!(
        "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n{dependency} = \"0.9\"\n"
    );
    let texts = [("p/Cargo.toml", manifest), ("p/src/main.rs", code.to_owned())];
    let entry =
        |(path, _): &(&str, String)| FileEntry { path: PathBuf::from(path), hit: true, is_marked: false, mentions: 0 };
    let files = texts.iter().map(entry).collect();
    let sources: BTreeMap<_, _> =
        texts.into_iter().zip(0..).map(|((path, text), at)| (FileId(at), Arc::new(Source::new(path, text)))).collect();
    Tree::new(vec![PathBuf::from("p")], files, sources)
}

/// What is wrong with `after`, which takes the place of `before`.
fn flaws(before: &str, after: &str) -> Vec<String> {
    let found =
        new_flaws(&RustFrontend, &tree("geppetto", before), &tree("geppetto-runtime", after), &[FileId(1)].into());
    found.into_iter().map(|flaw| flaw.what).collect()
}

const OLD: &str = "use geppetto::prelude::*;\nuse std::sync::Arc;\nfn f(state: Arc<InferenceState>) {";
const NEW: &str = "use geppetto_runtime::prelude::*;\nfn f(state: Session) {";

/// What is wrong with a function whose body is written anew.
fn flaws_in(old: &str, new: &str) -> Vec<String> {
    flaws(&format!("{OLD} {old} }}\nfn main() {{}}\n"), &format!("{NEW} {new} }}\nfn main() {{}}\n"))
}

#[test]
fn what_holds_has_no_flaws() {
    let new = "let id = state.session_id().to_owned(); println!(\"{id}\"); drop(state);";
    assert_eq!(flaws_in("let id = state.run_id(); println!(\"{id}\"); drop(state);", new), [""; 0]);
}

#[test]
fn methods_fields_and_paths_must_be_there() {
    assert_eq!(flaws_in("", "state.run_id();"), ["`Session` has no method `run_id`"]);
    assert_eq!(flaws_in("", "drop(state.state.clone());"), ["`Session` has no field `state`"]);
    assert_eq!(flaws_in("", "Session::made(\"a\");"), ["`Session::made` names nothing"]);
    assert_eq!(
        flaws_in("", "drop::<geppetto_runtime::sessions::Session>(state);"),
        ["`geppetto_runtime::sessions::Session` names nothing"]
    );
    assert_eq!(flaws_in("", "let x: InferenceState = state; drop(x);"), ["`InferenceState` names nothing"]);
    assert_eq!(
        flaws_in("", "match state.reserve() { Err(StateError::AlreadyRunning) => {} _ => {} }"),
        ["`StateError::AlreadyRunning` names nothing"]
    );
}

#[test]
fn names_must_mean_something_also_in_format_strings() {
    assert_eq!(flaws_in("let id = state.run_id(); drop(id);", "drop(id); drop(state);"), ["`id` names nothing"]);
    let old = "let id = state.run_id(); println!(\"{id}\");";
    assert_eq!(flaws_in(old, "println!(\"{id}\"); drop(state);"), ["`{id}` names nothing"]);
}

#[test]
fn imports_must_lead_somewhere_and_be_used_once() {
    let after = |imports: &str| flaws("fn main() {}\n", &format!("{imports}\nfn f(_: Session) {{}}\nfn main() {{}}\n"));
    let session = "use geppetto_runtime::session::Session;";
    assert_eq!(after(session), [""; 0]);
    assert_eq!(
        after(&format!("{session}\nuse geppetto_runtime::session::Sessions;")).first().unwrap(),
        "the import of `Sessions` leads nowhere"
    );
    assert_eq!(
        after(&format!("{session}\nuse geppetto_runtime::builder::Builder;")),
        ["the import of `Builder` is not used"]
    );
    assert_eq!(after(&format!("{session}\n{session}")), ["`Session` is imported twice"]);
    assert_eq!(after(&format!("#[cfg(unix)]\n{session}\n#[cfg(not(unix))]\n{session}")), [""; 0]);
}

#[test]
fn locals_must_be_used_and_mutable_for_a_reason() {
    assert_eq!(flaws_in("", "let made = 1; drop(state);"), ["nothing uses the variable `made`"]);
    assert_eq!(flaws_in("", "let _made = 1; drop(state);"), [""; 0]);
    assert_eq!(flaws_in("", "let mut own = state; own.is_running();"), ["the variable `own` need not be mutable"]);
    for reason in ["own = Session::new();", "let x = &mut own; drop(x);"] {
        assert_eq!(flaws_in("", &format!("let mut own = state; {reason} drop(own);")), [""; 0], "{reason}");
    }
}

#[test]
fn nothing_is_used_behind_its_move() {
    let moved = ["`state` is used where it was moved away"];
    assert_eq!(flaws_in("", "drop(state); state.is_running();"), moved);
    assert_eq!(flaws_in("", "drop((vec![1], state)); println!(\"{}\", state.session_id());"), moved);
    assert_eq!(
        flaws_in("", "drop(state.with_id()); let s: Other = state.into(); drop(s); state.is_running();")
            .last()
            .unwrap(),
        moved[0]
    );
    let other = "#[derive(Default)] struct Own; impl Other { fn f<T: Copy>(t: T) -> T { t } } struct Other; let own = Own; drop(own); drop(own);";
    assert_eq!(flaws_in("", &format!("{other} drop(state);")).last().unwrap(), "`own` is used where it was moved away");
    let copy = other.replace("Default", "Clone, Copy");
    assert_eq!(flaws_in("", &format!("{copy} drop(state);")), [""; 0]);
    for fine in [
        "drop(state.clone()); drop(state);",
        "if state.is_running() { drop(state); } else { drop(state); }",
        "let mut state = state; drop(state); state = Session::new(); drop(state);",
    ] {
        assert_eq!(flaws_in("", fine), [""; 0], "{fine}");
    }
}

#[test]
fn what_was_there_before_is_nobodys_fault() {
    let odd = "unknown(other::thing()); let unused = 1; drop(state);";
    assert_eq!(flaws_in(odd, odd), [""; 0]);
}
