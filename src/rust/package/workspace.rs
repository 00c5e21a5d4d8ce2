//! Which packages a workspace takes in.

use std::path::Path;

use toml_edit::{Item, Table};

/// The `[workspace]` table of a manifest.
#[derive(Clone, Debug, Default)]
pub(super) struct Workspace {
    members: Vec<String>,
    exclude: Vec<String>,
}

impl Workspace {
    pub(super) fn read(root: &Table) -> Option<Self> {
        let table = root.get("workspace")?.as_table_like()?;
        let texts = |key: &str| -> Vec<String> {
            let array = table.get(key).and_then(Item::as_array);
            array.iter().flat_map(|array| array.iter()).filter_map(|text| text.as_str().map(str::to_owned)).collect()
        };
        Some(Self { members: texts("members"), exclude: texts("exclude") })
    }

    /// Whether the folder `below` the workspace belongs to it. Cargo takes every package that is not excluded for a
    /// member (one that then turns out not to be is an error there); a member may lie below an excluded folder.
    pub(super) fn takes_in(&self, below: &Path) -> bool {
        let is_in = |globs: &[String]| globs.iter().any(|glob| covers(glob, below));
        is_in(&self.members) || !is_in(&self.exclude)
    }
}

/// Whether `path` or a folder above it matches `glob`.
fn covers(glob: &str, path: &Path) -> bool {
    let parts: Vec<&str> = path.iter().map(|part| part.to_str().unwrap_or_default()).collect();
    let globs: Vec<&str> = glob.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".").collect();
    !globs.is_empty() && covers_parts(&globs, &parts)
}

fn covers_parts(globs: &[&str], parts: &[&str]) -> bool {
    match (globs, parts) {
        ([], _) => true,
        (["**", rest @ ..], _) => (0..=parts.len()).any(|skipped| covers_parts(rest, &parts[skipped..])),
        ([glob, globs @ ..], [part, parts @ ..]) => {
            matches(glob.as_bytes(), part.as_bytes()) && covers_parts(globs, parts)
        }
        (_, []) => false,
    }
}

/// `*` and `?` inside one name.
fn matches(glob: &[u8], name: &[u8]) -> bool {
    match (glob, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=name.len()).any(|skipped| matches(rest, &name[skipped..])),
        ([b'?', glob @ ..], [_, name @ ..]) => matches(glob, name),
        ([first, glob @ ..], [letter, name @ ..]) => first == letter && matches(glob, name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_cover_folders_and_what_lies_below() {
        let cases = [
            ("crates/*", "crates/a", true),
            ("crates/*", "crates/a/nested", true),
            ("crates/*", "tools/a", false),
            ("crates/*", "crates", false),
            ("./crates/a-?", "crates/a-1", true),
            ("**/fuzz", "a/b/fuzz", true),
            ("a", "ab", false),
        ];
        for (glob, path, expected) in cases {
            assert_eq!(covers(glob, Path::new(path)), expected, "{glob} {path}");
        }
    }

    #[test]
    fn members_win_over_exclusion() {
        let workspace = Workspace { members: vec!["fixtures/kept".into()], exclude: vec!["fixtures".into()] };
        assert!(workspace.takes_in(Path::new("fixtures/kept")));
        assert!(!workspace.takes_in(Path::new("fixtures/other")));
        assert!(workspace.takes_in(Path::new("crates/a")));
        assert!(workspace.takes_in(Path::new("")));
    }
}
