//! Markdown files.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::{CodeBlock, Documented, Prose, code_blocks, language_of};
use crate::finding::{Finding, Mention};
use crate::names::Named;
use crate::paths::normal;
use crate::source::Source;
use crate::tree::{FileId, Tree};

/// Whether a file is a Markdown file that is looked into. What tells of the past is not: it stays true.
pub(crate) fn is_guide(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| matches!(extension, "md" | "markdown")) && !is_history(path)
}

/// `CHANGELOG.md`, `HISTORY-0.x.md`, `changelog.d/12.md`
fn is_history(path: &Path) -> bool {
    let tells = |name: &std::ffi::OsStr| {
        let name = name.to_string_lossy().to_lowercase();
        let word = name.split(['.', '-', '_', ' ']).next().unwrap_or_default();
        matches!(word, "changelog" | "changelogs" | "changes" | "history" | "news" | "release" | "releases")
    };
    let folder = path.parent().and_then(Path::file_name);
    path.file_name().is_some_and(tells) || folder.is_some_and(|name| tells(name) && name != "history")
}

/// What a guide in `folder` that stands in no package is about: the first of the packages in `roots` (without `..`) below the
/// nearest folder above it that has one, within the `tree`.
pub(crate) fn nearest_below<T: Copy>(tree: &Tree, folder: &Path, roots: &[(T, PathBuf)]) -> Option<T> {
    let folder = normal(folder);
    let tops: Vec<PathBuf> = tree.roots.iter().map(|root| normal(root)).collect();
    let mut above = folder.ancestors().take_while(|above| tops.iter().any(|top| above.starts_with(top)));
    above.find_map(|above| roots.iter().find(|(_, root)| root.starts_with(above)).map(|(package, _)| *package))
}

/// A Markdown file that a front end looks into.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guide<'a> {
    pub(crate) file: FileId,
    pub(crate) source: &'a Source,
    /// What the [front end's language](crate::frontend::Frontend::language) is called.
    pub(crate) language: &'static str,
}

impl Guide<'_> {
    /// The classes of `names` in the file and findings about them; examples that were read speak for themselves.
    /// `is_meant` says whether the legacy API is meant by a name.
    pub(crate) fn classify(
        self,
        documented: &Documented<'_>,
        names: Vec<(usize, &'static str)>,
        is_meant: &dyn Fn(usize, &str) -> bool,
    ) -> (Vec<Mention>, Vec<Finding>) {
        let foreign = foreign_blocks(self.source.text(), self.language);
        let is_foreign = |offset: usize| foreign.iter().any(|block| block.contains(&offset));
        let (mut mentions, mut findings) = (Vec::new(), Vec::new());
        for (offset, name) in names {
            let named = Named { file: self.file, offset, name, place: self.place(offset) };
            let is_meant = is_meant(offset, name) && !is_foreign(offset);
            if let Some((class, finding)) = documented.in_prose(named, "documentation", is_meant) {
                mentions.push(Mention { file: self.file, offset, class });
                findings.extend(finding);
            }
        }
        (mentions, findings)
    }

    fn place(&self, offset: usize) -> String {
        let position = self.source.position(offset);
        format!("{}:{}:{}", self.source.path().display(), position.line, position.column)
    }
}

/// The code blocks of a Markdown file that say they are written in another language than `language`: they are that
/// language's to look into.
fn foreign_blocks(text: &str, language: &str) -> Vec<Range<usize>> {
    let prose = Prose::of_markdown(text);
    let is_foreign =
        |block: &CodeBlock| block.info.as_deref().and_then(language_of).is_some_and(|other| other != language);
    let blocks = code_blocks(&prose.text).into_iter().filter(is_foreign);
    let range = |block: CodeBlock| Some(prose.place(block.lines.first()?.start)..prose.place(block.lines.last()?.end));
    blocks.filter_map(range).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn what_tells_of_the_past_is_not_looked_into() {
        for history in ["CHANGELOG.md", "a/HISTORY-0.x.md", "changelog.d/12.md", "RELEASES.md", "b/News.markdown"] {
            assert!(!is_guide(Path::new(history)), "{history}");
        }
        for guide in ["README.md", "docs/newsletter.md", "history/README.md", "docs/changing.md"] {
            assert!(is_guide(Path::new(guide)), "{guide}");
        }
        assert!(!is_guide(Path::new("notes.txt")));
    }

    #[test]
    fn guides_above_packages_are_about_the_nearest_of_them() {
        let tree = Tree::new(vec![PathBuf::from("a")], Vec::new(), BTreeMap::new());
        let roots = [(1, PathBuf::from("a/b/c")), (2, PathBuf::from("a/d")), (3, PathBuf::from("e"))];
        let nearest = |folder: &str| nearest_below(&tree, Path::new(folder), &roots);
        assert_eq!((nearest("a"), nearest("a/d/.."), nearest("a/b/docs")), (Some(1), Some(1), Some(1)));
        assert_eq!((nearest("a/d"), nearest("f"), nearest("")), (Some(2), None, None));
    }

    #[test]
    fn blocks_of_another_language_are_not_ones_own() {
        let text = "a\n```go\nf()\n```\n```rust\ng();\n```\n```\nh()\n```\n";
        let shown = |language| foreign_blocks(text, language).into_iter().map(|range| &text[range]).collect::<Vec<_>>();
        assert_eq!((shown("rust"), shown("go")), (vec!["f()"], vec!["g();"]));
    }
}
