//! Files made of tokens: downstream packages that are spoilt, soups, bytes, and mixes of all kinds of files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::package::{MANIFEST, Package};
use crate::words::{RUST, Words};

/// A file of tokens.
pub(crate) fn soup_text(words: Words) -> impl Strategy<Value = String> {
    vec((select(words.pool), select(&["", " ", " ", " "][..])), 0..80)
        .prop_map(|tokens| tokens.into_iter().flat_map(|(token, gap)| [token, gap]).collect())
}

/// A package whose library is a soup, behind something that parses.
pub(crate) fn soup() -> impl Strategy<Value = Package> {
    let opening = select(&["", "use geppetto::prelude::*;\n", "fn f(geppetto: InferenceState) {\n", "m! {"][..]);
    let closing = select(&["", "}", "}\n"][..]);
    (opening, soup_text(RUST), closing)
        .prop_map(|(opening, soup, closing)| Package::with([("src/lib.rs", format!("{opening}{soup}{closing}"))]))
}

/// A package with bytes of any kind.
pub(crate) fn bytes() -> impl Strategy<Value = Package> {
    let file = || {
        (select(&["", "geppetto", "// geppetto with_sink\n", "use geppetto::x;"][..]), vec(any::<u8>(), 0..200))
            .prop_map(|(head, tail)| [head.as_bytes(), &tail].concat())
    };
    (file(), file(), prop_oneof![Just(MANIFEST.as_bytes().to_vec()), file()]).prop_map(|(lib, other, manifest)| {
        Package::with([("src/lib.rs", lib), ("src/other.rs", other), ("Cargo.toml", manifest)])
    })
}

/// Files of all kinds that name the legacy API in all ways.
pub(crate) fn mix() -> impl Strategy<Value = Package> {
    let names = select(
        &[
            "src/lib.rs",
            "src/main.rs",
            "src/a.rs",
            "src/a/b.rs",
            "tests/t.rs",
            "build.rs",
            "README.md",
            "Cargo.toml",
            "inner/Cargo.toml",
            "inner/src/lib.rs",
            "notes.txt",
            "loose.rs",
            "target/x.rs",
            ".hidden/x.rs",
        ][..],
    );
    let pieces = select(
        &[
            "use geppetto::inference::engine::with_sink;\n",
            "mod a;\n",
            "mod with_sink {}\n",
            "// start_run\n",
            "/* InferenceState\n */",
            "/// `geppetto::x`\n",
            "//! geppetto\n",
            "fn f() { \"with_sink\"; }\n",
            "fn g() { state.start_run(); }\n",
            "struct InferenceState;\n",
            "with_sink!(start_run);\n",
            "macro_rules! m { ($x:ident) => { $x.cancel_run(geppetto::y) } }\n",
            "m!(RunError StateError with_sink);\n",
            "println!(\"{}\", geppetto::A);\n",
            "fn broken( {\n",
            "geppetto = \"0.9\"\n",
            "[dependencies]\n",
            "[package]\n",
            "name = \"geppetto\"\n",
            "geppetto-runtime",
            "r#with_sink",
            "with_sinks",
            "xwith_sink ",
            "ägeppetto ",
            "geppettoß ",
            "geppetto",
            "\u{feff}",
            "\r\n",
            "#!/usr/bin/env geppetto\n",
            "\"geppetto",
            "'",
            "\\",
            "fn h(s: &geppetto::inference::state::InferenceState) { s.cancel_run().unwrap(); }\n",
            "start_run::finish_run",
        ][..],
    )
    .prop_map(|piece| piece.as_bytes().to_vec());
    let piece =
        prop_oneof![20 => pieces, 4 => soup_text(RUST).prop_map(String::into_bytes), 1 => vec(any::<u8>(), 0..5)];
    let content = vec(piece, 0..12).prop_map(|pieces| pieces.concat());
    (any::<bool>(), btree_map(names, content, 1..6)).prop_map(|(is_package, files)| {
        let mut package = if is_package { Package::with::<&str>([]) } else { Package::default() };
        // What lies in folders that are not looked into is not the tool's.
        let files = files.into_iter().filter(|(name, _)| !name.starts_with("target") && !name.starts_with(".hidden"));
        package.0.extend(files.map(|(name, content)| (name.to_owned(), content)));
        package
    })
}

/// One way to spoil a text.
#[derive(Clone, Debug)]
enum Spoil {
    Delete(Index, usize),
    Duplicate(Index, usize),
    Swap(Index, Index),
    Truncate(Index),
    /// Another token of the text in place of this one.
    Replace(Index, Index),
    Insert(Index, &'static str),
    DeleteLine(Index),
    DuplicateLine(Index, Index),
    /// Another name of the text in place of this one: it still parses then.
    Rename(Index, Index),
    /// A legacy name in place of a name.
    Legacy(Index, &'static str),
}

fn spoil(words: Words) -> impl Strategy<Value = Spoil> {
    let index = any::<Index>;
    prop_oneof![
        1 => (index(), 1..6_usize).prop_map(|(at, count)| Spoil::Delete(at, count)),
        1 => (index(), 1..20_usize).prop_map(|(at, count)| Spoil::Duplicate(at, count)),
        1 => (index(), index()).prop_map(|(a, b)| Spoil::Swap(a, b)),
        1 => index().prop_map(Spoil::Truncate),
        2 => (index(), index()).prop_map(|(a, b)| Spoil::Replace(a, b)),
        2 => (index(), select(words.pool)).prop_map(|(at, token)| Spoil::Insert(at, token)),
        6 => index().prop_map(Spoil::DeleteLine),
        6 => (index(), index()).prop_map(|(from, to)| Spoil::DuplicateLine(from, to)),
        20 => (index(), index()).prop_map(|(a, b)| Spoil::Rename(a, b)),
        8 => (index(), select(words.names())).prop_map(|(at, name)| Spoil::Legacy(at, name)),
    ]
}

/// A downstream package of the fixtures, some of whose files are spoilt.
pub(crate) fn spoilt_fixture(fixtures: Vec<Package>, words: Words) -> impl Strategy<Value = Package> {
    (select(fixtures), vec((any::<Index>(), spoil(words)), 1..8)).prop_map(|(mut package, spoils)| {
        let names: Vec<String> = package.0.keys().cloned().collect();
        for (file, spoil) in spoils {
            let content = package.0.get_mut(&names[file.index(names.len())]).expect("it is one of its names");
            if let Ok(text) = String::from_utf8(content.clone()) {
                *content = spoilt(&text, &spoil).into_bytes();
            }
        }
        package
    })
}

fn spoilt(text: &str, spoil: &Spoil) -> String {
    let mut tokens = split(text);
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let names: Vec<usize> = (0..tokens.len()).filter(|&at| is_name(tokens[at])).collect();
    if tokens.is_empty() {
        return String::new();
    }
    let place = |index: &Index| index.index(tokens.len());
    match spoil {
        Spoil::Delete(at, count) => {
            let at = place(at);
            tokens.drain(at..(at + count).min(tokens.len()));
        }
        Spoil::Duplicate(at, count) => {
            let at = place(at);
            let copy = tokens[at..(at + count).min(tokens.len())].to_vec();
            tokens.splice(at..at, copy);
        }
        Spoil::Swap(a, b) => {
            let (a, b) = (place(a), place(b));
            tokens.swap(a, b);
        }
        Spoil::Truncate(at) => {
            let at = place(at);
            tokens.truncate(at);
        }
        Spoil::Replace(a, b) => {
            let (a, b) = (place(a), place(b));
            tokens[a] = tokens[b];
        }
        Spoil::Insert(at, token) => {
            let at = place(at);
            tokens.insert(at, token);
        }
        Spoil::Rename(a, b) if !names.is_empty() => {
            tokens[names[a.index(names.len())]] = tokens[names[b.index(names.len())]];
        }
        Spoil::Legacy(at, name) if !names.is_empty() => tokens[names[at.index(names.len())]] = name,
        Spoil::Rename(..) | Spoil::Legacy(..) => {}
        Spoil::DeleteLine(at) => {
            lines.remove(at.index(lines.len()));
            return lines.concat();
        }
        Spoil::DuplicateLine(from, to) => {
            let copy = lines[from.index(lines.len())];
            lines.insert(to.index(lines.len()), copy);
            return lines.concat();
        }
    }
    tokens.concat()
}

/// Words, runs of white space and single characters.
fn split(text: &str) -> Vec<&str> {
    let kind = |char: char| match char {
        char if char.is_alphanumeric() || char == '_' => 1,
        char if char.is_whitespace() => 2,
        _ => 0,
    };
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut last = 0;
    for (at, char) in text.char_indices() {
        if at > start && (kind(char) != last || last == 0) {
            tokens.push(&text[start..at]);
            start = at;
        }
        last = kind(char);
    }
    if start < text.len() {
        tokens.push(&text[start..]);
    }
    tokens
}

fn is_name(token: &str) -> bool {
    token.starts_with(|char: char| char.is_alphabetic() || char == '_')
}

/// The packages in these folders below `fixtures/`.
pub(crate) fn fixtures(folders: &[&str]) -> Vec<Package> {
    let below = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut found: Vec<_> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(below.join(folder)).expect("the fixtures stand"))
        .map(|entry| entry.expect("they can be listed").path())
        .filter(|path| path.join("fixture.toml").is_file())
        .collect();
    found.sort();
    found.iter().map(|folder| fixture(folder)).collect()
}

fn fixture(folder: &Path) -> Package {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    // What lies in folders that are not looked into is not the tool's.
    let is_ours = |entry: &walkdir::DirEntry| entry.file_name() != "target" && entry.file_name() != "vendor";
    let entries = walk.filter_entry(is_ours).map(|entry| entry.expect("it can be walked"));
    let files: BTreeMap<String, Vec<u8>> = entries
        .filter(|entry| entry.file_type().is_file() && entry.file_name() != "fixture.toml")
        .map(|entry| {
            let name = entry.path().strip_prefix(folder).expect("it lies below").to_string_lossy().into_owned();
            (name, fs::read(entry.path()).expect("it can be read"))
        })
        .collect();
    Package(files)
}
