//! The changes as a unified diff that `git apply` takes.

use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use anstyle::Style;
use similar::{ChangeTag, DiffOp, InlineChange, TextDiff};

use super::Palette;
use crate::plan::{Change, Plan};

/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// Prints a unified diff of every change. Paths are relative to the root where there is one root and it is a folder, and
/// otherwise as they were given, without a leading `/`.
///
/// # Errors
/// Those of `out`.
pub fn diff(out: &mut dyn Write, palette: &Palette, plan: &Plan) -> io::Result<()> {
    let base = match plan.tree.roots.as_slice() {
        [root] if root.is_dir() => root.components().filter(|part| *part != Component::CurDir).collect(),
        _ => PathBuf::new(),
    };
    for change in &plan.changes {
        let path = change.before.path();
        file_diff(out, palette, path.strip_prefix(&base).unwrap_or(path), change)?;
    }
    Ok(())
}

fn file_diff(out: &mut dyn Write, palette: &Palette, path: &Path, change: &Change) -> io::Result<()> {
    let (before, after) = (lines(change.before.text()), lines(change.after.text()));
    let diff = TextDiff::from_slices(&before, &after);
    let strong = palette.strong;
    writeln!(out, "{strong}--- {}{strong:#}", quoted("a", path))?;
    writeln!(out, "{strong}+++ {}{strong:#}", quoted("b", path))?;
    for hunk in diff.grouped_ops(CONTEXT) {
        hunk_header(out, palette, &hunk)?;
        for op in &hunk {
            for line in diff.iter_inline_changes(op) {
                write_line(out, palette, &line)?;
            }
        }
    }
    Ok(())
}

/// Lines with their ends. A lone carriage return ends none, as in git.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn hunk_header(out: &mut dyn Write, palette: &Palette, ops: &[DiffOp]) -> io::Result<()> {
    let (Some(first), Some(last)) = (ops.first(), ops.last()) else {
        return Ok(());
    };
    let old = span(first.old_range().start, last.old_range().end);
    let new = span(first.new_range().start, last.new_range().end);
    let style = palette.hunk;
    writeln!(out, "{style}@@ -{old} +{new} @@{style:#}")
}

/// Lines count from 1; an empty span names the line in front of it.
fn span(start: usize, end: usize) -> String {
    match end - start {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        count => format!("{},{count}", start + 1),
    }
}

fn write_line(out: &mut dyn Write, palette: &Palette, line: &InlineChange<'_, str>) -> io::Result<()> {
    let (sign, style, word) = match line.tag() {
        ChangeTag::Equal => (' ', Style::new(), Style::new()),
        ChangeTag::Delete => ('-', palette.removed, palette.removed_word),
        ChangeTag::Insert => ('+', palette.added, palette.added_word),
    };
    write!(out, "{style}{sign}{style:#}")?;
    let mut ended = false;
    for (emphasized, value) in line.values() {
        let style = if *emphasized { word } else { style };
        let text = value.trim_end_matches('\n');
        ended = value.ends_with('\n');
        if !text.is_empty() {
            write!(out, "{style}{text}{style:#}")?;
        }
    }
    match ended {
        true => writeln!(out),
        false => writeln!(out, "\n\\ No newline at end of file"),
    }
}

/// The path as git writes it: with slashes, quoted where it holds what would end or garble the line.
fn quoted(prefix: &str, path: &Path) -> String {
    let parts = path.components().filter_map(|part| match part {
        Component::Normal(part) => Some(part.as_encoded_bytes()),
        Component::ParentDir => Some(b"..".as_slice()),
        _ => None,
    });
    let mut name = prefix.as_bytes().to_vec();
    for part in parts {
        name.push(b'/');
        name.extend(part);
    }
    let odd = |byte: u8| byte.is_ascii_control() || matches!(byte, b'"' | b'\\');
    match str::from_utf8(&name) {
        // A tab ends a name with spaces, as git has it.
        Ok(name) if name.contains(' ') && !name.bytes().any(odd) => format!("{name}\t"),
        Ok(name) if !name.bytes().any(odd) => name.to_owned(),
        _ => escaped(&name, |byte| odd(byte) || !byte.is_ascii()),
    }
}

fn escaped(name: &[u8], odd: impl Fn(u8) -> bool) -> String {
    let inner: String = name
        .iter()
        .map(|&byte| if odd(byte) { format!("\\{byte:03o}") } else { char::from(byte).to_string() })
        .collect();
    format!("\"{inner}\"")
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};
    use std::{fs, io::Write};

    use super::*;
    use crate::testing::{folder, plan_of};

    fn diff_of(plan: &Plan, palette: &Palette) -> String {
        let mut out = Vec::new();
        diff(&mut out, palette, plan).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn git_apply(folder: &Path, patch: &str) {
        let mut git = Command::new("git")
            .args(["apply", "--whitespace=nowarn", "-"])
            .current_dir(folder)
            .env("GIT_CEILING_DIRECTORIES", folder.parent().unwrap())
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        git.stdin.take().unwrap().write_all(patch.as_bytes()).unwrap();
        assert!(git.wait().unwrap().success(), "{patch}");
    }

    #[test]
    fn git_apply_makes_of_it_what_was_planned() {
        let far = "\n".repeat(20);
        let texts = [
            ("plain.rs", "geppetto\nwith_sink\nend\n".to_owned()),
            ("no newline at the end.rs", "geppetto\nwith_sink".to_owned()),
            ("context without newline.rs", "geppetto with_sink\nend".to_owned()),
            ("src/crlf.rs", "\u{feff}geppetto\r\nwith_sink\r\nend\r\n".to_owned()),
            ("src/mac.rs", "geppetto\rwith_sink\rend\n\u{1b}[31mä\n".to_owned()),
            ("src/two hunks.rs", format!("geppetto with_sink\n{far}with_sink\n")),
            ("src/\"quoted\\ä.rs", "geppetto with_sink\n".to_owned()),
        ];
        let dir = folder(texts.iter().map(|(name, text)| (*name, text.as_str())));
        let plan = plan_of(dir.path());
        assert_eq!(plan.changes.len(), texts.len());
        git_apply(dir.path(), &diff_of(&plan, &Palette::plain()));
        for change in &plan.changes {
            assert_eq!(fs::read_to_string(change.before.path()).unwrap(), change.after.text());
        }
    }

    #[test]
    fn the_text_is_that_of_git() {
        let dir = folder([("src/a.rs", "geppetto\n1\n2\n3\nwith_sink(4)\n5")]);
        insta::assert_snapshot!(diff_of(&plan_of(dir.path()), &Palette::plain()), @r"
        --- a/src/a.rs
        +++ b/src/a.rs
        @@ -2,5 +2,5 @@
         1
         2
         3
        -with_sink(4)
        +with_event_sink(4)
         5
        \ No newline at end of file
        ");
    }

    #[test]
    fn colors_mark_the_words_that_changed() {
        let dir = folder([("a.rs", "geppetto with_sink(4)\n")]);
        let colored = diff_of(&plan_of(dir.path()), &Palette::colored());
        assert!(colored.contains("\u{1b}[1m\u{1b}[7m\u{1b}[32mwith_event_sink\u{1b}[0m"), "{colored:?}");
    }
}
