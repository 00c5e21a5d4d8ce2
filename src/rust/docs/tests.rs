//! Examples, and the way of edits from them to the files they stand in.

use super::of_text;
use crate::docs::{Example, Misplaced};
use crate::edit::{Edit, EditSet};
use crate::source::Source;
use crate::tree::FileId;

fn example(file: &str) -> Example {
    let path = if file.starts_with("//") { "lib.rs" } else { "guide.md" };
    of_text(FileId(0), &Source::new(path, file), false, "geppetto").swap_remove(0)
}

/// What becomes of `file` when `old` in its example becomes `new`.
fn replaced(file: &str, old: &str, new: &str) -> String {
    let example = example(file);
    let at = example.text().find(old).unwrap();
    let edit = example.edit(&Edit::replace(at..at + old.len(), new)).unwrap().unwrap();
    EditSet::new([edit]).unwrap().apply(file)
}

#[test]
fn statements_become_a_function_behind_their_imports() {
    let example = example("/// ```\n/// use a::b;\n///\n/// # let x = b()?;\n/// ##[x]\n/// #\n/// f();\n/// ```\n");
    let main = "fn main() -> Result<(), Box<dyn std::error::Error>> {";
    assert_eq!(example.text(), format!("use a::b;\n\n{main}\nlet x = b()?;\n#[x]\n\nf();\n}}\n"));
}

#[test]
fn new_lines_begin_as_the_lines_beside_them() {
    let file = "/// ```\n/// # f();\n/// g();\n/// ```\n";
    assert_eq!(
        replaced(file, "f();", "f();\nh();\n\ni();"),
        "/// ```\n/// # f();\n/// # h();\n/// #\n/// # i();\n/// g();\n/// ```\n"
    );
    assert_eq!(replaced(file, "f();\n", ""), "/// ```\n/// g();\n/// ```\n");
    assert_eq!(replaced(file, "f();\n", "h();\n"), "/// ```\n/// # h();\n/// g();\n/// ```\n");
    assert_eq!(replaced(file, "();\ng", ""), "/// ```\n/// # f();\n/// ```\n");
    let crlf = "- a\r\n\r\n  ```rust\r\n  g();\r\n  ```\r\n";
    assert_eq!(replaced(crlf, "g();", "g();\nh();"), "- a\r\n\r\n  ```rust\r\n  g();\r\n  h();\r\n  ```\r\n");
}

#[test]
fn imports_in_front_of_the_function_go_in_front_of_its_lines() {
    let file = "/// ```\n/// g();\n/// ```\n";
    let example = example(file);
    let edit = example.edit(&Edit::insert(0, "use a;\n\n")).unwrap().unwrap();
    let after = EditSet::new([edit]).unwrap().apply(file);
    assert_eq!(after, "/// ```\n/// use a;\n///\n/// g();\n/// ```\n");
    assert_eq!(example.edit(&Edit::replace(0..2, "pub")), Err(Misplaced));
}

#[test]
fn text_that_would_not_stay_code_is_refused() {
    let example = example("/// ```\n/// g();\n/// ```\n");
    let at = example.text().find("g()").unwrap();
    for text in ["# x", "a\n#", "\n```"] {
        assert_eq!(example.edit(&Edit::insert(at, text)), Err(Misplaced), "{text}");
    }
}

#[test]
fn the_assumed_import_of_a_fragment_stands_nowhere() {
    let example = example("```rust\nstate.cancel_run();\n```\n");
    assert_eq!(example.text(), "use geppetto::prelude::*; use std::sync::Arc;\nfn main() {\nstate.cancel_run();\n}\n");
    assert_eq!(example.edit(&Edit::replace(4..12, "geppetto_runtime")), Ok(None));
}
