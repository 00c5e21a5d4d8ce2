use std::sync::Arc;

use super::*;
use crate::edit::EditSet;
use crate::go::index::Program;
use crate::source::Source;
use crate::tree::FileId;

const PKG: &str = "github.com/go-go-golems/geppetto/pkg";

/// What becomes of a text, in which `~` stands for the packages of geppetto.
fn laid_out(text: &str, going: &[&str], coming: &[(&str, &str)]) -> String {
    let full = |text: &str| text.replace('~', PKG);
    let text = full(text);
    let syntax = Syntax::parse(FileId(0), Arc::new(Source::new("a.go", text.as_str()))).unwrap();
    let mut program = Program::default();
    let package = program.add_package("", "", false);
    let file = program.add_file(package, syntax, false);
    let imports = &program.file(file).imports;
    let place = |path: &&str| imports.iter().position(|import| import.path == full(path)).expect(path);
    let going = going.iter().map(place).collect();
    let coming = coming.iter().map(|(path, name)| Coming::new(&full(path), name)).collect();
    let edits = edits(program.syntax(file), imports, &going, &coming);
    let after = EditSet::new(edits).unwrap().apply(&text);
    assert!(Syntax::parse(FileId(0), Arc::new(Source::new("a.go", after.as_str()))).is_ok(), "{after}");
    after.replace(PKG, "~")
}

#[track_caller]
fn check(before: &str, going: &[&str], coming: &[(&str, &str)], after: &str) {
    let tail = "\nfunc f() {}\n";
    assert_eq!(laid_out(&format!("package p\n\n{before}{tail}"), going, coming), format!("package p\n\n{after}{tail}"));
    let (before, after) = (before.replace('\n', "\r\n"), after.replace('\n', "\r\n"));
    let laid_out = laid_out(&format!("package p\r\n\r\n{before}\r\nfunc f() {{}}\r\n"), going, coming);
    let laid_out = laid_out.replace("\r\n", "\n").replace('\n', "\r\n");
    assert_eq!(laid_out, format!("package p\r\n\r\n{after}\r\nfunc f() {{}}\r\n"));
}

const SESSION: (&str, &str) = ("~/inference/session", "session");

#[test]
fn new_imports_stand_sorted_in_the_group_of_their_relatives() {
    check(
        "import (\n\t\"context\"\n\n\t\"github.com/acme/x\"\n\n\t\"~/events\"\n\t\"~/inference/state\"\n\t\"~/turns\"\n)\n",
        &["~/inference/state"],
        &[SESSION, ("~/inference/toolloop/enginebuilder", "enginebuilder")],
        "import (\n\t\"context\"\n\n\t\"github.com/acme/x\"\n\n\t\"~/events\"\n\t\"~/inference/session\"\n\
         \t\"~/inference/toolloop/enginebuilder\"\n\t\"~/turns\"\n)\n",
    );
}

#[test]
fn strangers_from_elsewhere_are_the_next_best_company() {
    check(
        "import (\n\t\"context\"\n\n\t\"github.com/acme/x\"\n\t\"gopkg.in/y\"\n)\n",
        &[],
        &[SESSION],
        "import (\n\t\"context\"\n\n\t\"github.com/acme/x\"\n\t\"~/inference/session\"\n\t\"gopkg.in/y\"\n)\n",
    );
    check(
        "import (\n\t\"context\"\n\t\"fmt\"\n)\n",
        &["context"],
        &[SESSION],
        "import (\n\t\"fmt\"\n\n\t\"~/inference/session\"\n)\n",
    );
}

#[test]
fn groups_and_declarations_that_are_emptied_go() {
    check(
        "import (\n\t\"context\"\n\n\t\"~/inference/state\"\n\n\t\"github.com/acme/x\"\n)\n",
        &["~/inference/state"],
        &[],
        "import (\n\t\"context\"\n\n\t\"github.com/acme/x\"\n)\n",
    );
    check(
        "import (\n\t\"context\"\n\n\t\"~/inference/state\"\n)\n",
        &["context"],
        &[],
        "import (\n\t\"~/inference/state\"\n)\n",
    );
    check(
        "import \"context\"\n\nimport (\n\t\"~/inference/state\"\n)\n",
        &["~/inference/state"],
        &[],
        "import \"context\"\n",
    );
    check("import \"fmt\"\nimport \"~/inference/state\"\n", &["~/inference/state"], &[], "import \"fmt\"\n");
}

#[test]
fn the_last_import_takes_its_blank_line_along() {
    let laid_out = laid_out("package p\n\nimport \"context\"\n\nfunc f() {}\n", &["context"], &[]);
    assert_eq!(laid_out, "package p\n\nfunc f() {}\n");
}

#[test]
fn single_imports_are_replaced_in_place_or_get_company() {
    check("import \"~/inference/state\"\n", &["~/inference/state"], &[SESSION], "import \"~/inference/session\"\n");
    check(
        "import \"fmt\"\nimport st \"~/inference/state\"\n",
        &["~/inference/state"],
        &[SESSION, ("~/turns", "turns")],
        "import \"fmt\"\nimport \"~/inference/session\"\nimport \"~/turns\"\n",
    );
    check(
        "// the only one\nimport \"context\" // for runs\n",
        &[],
        &[SESSION],
        "// the only one\nimport (\n\t\"context\" // for runs\n\n\t\"~/inference/session\"\n)\n",
    );
    let laid_out = laid_out("package p\n\nfunc f() {}\n", &[], &[SESSION]);
    assert_eq!(laid_out, "package p\n\nimport \"~/inference/session\"\n\nfunc f() {}\n");
}

#[test]
fn another_name_is_written() {
    check(
        "import (\n\t\"~/inference/core\"\n)\n",
        &["~/inference/core"],
        &[("~/inference/session", "geppettosession")],
        "import (\n\tgeppettosession \"~/inference/session\"\n)\n",
    );
}

#[test]
fn comments_beside_imports_survive() {
    check(
        "import (\n\t// runs\n\t\"~/inference/state\" // one at a time\n\t\"~/turns\"           //nolint:all\n)\n",
        &["~/inference/state", "~/turns"],
        &[],
        "import (\n\t// runs\n\t// one at a time\n)\n",
    );
    check(
        "import (\n\t\"a\"      // a\n\t\"longer\" //nolint:all\n\t\"b\"      // b\n)\n",
        &["longer"],
        &[],
        "import (\n\t\"a\" // a\n\t\"b\" // b\n)\n",
    );
}

#[test]
fn the_preamble_of_cgo_is_left_alone() {
    let cgo = "// #include <stdio.h>\nimport \"C\"\n";
    check(
        &format!("import \"~/inference/state\"\n\n{cgo}"),
        &["~/inference/state"],
        &[SESSION],
        &format!("import \"~/inference/session\"\n\n{cgo}"),
    );
    check(cgo, &[], &[SESSION], &format!("import \"~/inference/session\"\n\n{cgo}"));
    check("// words\nimport \"fmt\"\nimport \"C\"\n", &["fmt"], &[], "// words\n\nimport \"C\"\n");
}

#[test]
fn imports_that_share_a_line_go_and_come_as_well() {
    for text in [
        "package p; import \"fmt\"; import \"os\"; func f() {}\n",
        "package p\n\nimport (\"fmt\"; \"os\")\n\nfunc f() {}\n",
        "package p\n\nimport (\n\t\"fmt\"; \"os\"\n)\n\nfunc f() {}\n",
        "package p\n\nimport \"fmt\"; import \"os\"\n\nfunc f() {}\n",
        "package p\n\nimport \"fmt\"; import \"os\"; func f() {}\n",
    ] {
        for going in [["fmt"], ["os"]] {
            let laid_out = laid_out(text, &going, &[SESSION]);
            assert!(!laid_out.contains(going[0]), "{laid_out}");
            assert!(laid_out.contains("import \"~/inference/session\""), "{laid_out}");
        }
    }
}
