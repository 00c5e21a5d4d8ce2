//! The examples in documentation: code in doc comments, as the Go tools see it, and in Markdown files.
//!
//! They are looked into after the code, beside it: what documentation shows never holds code back.

mod comments;
mod fragment;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use self::comments::{Block, comment_blocks};
use self::fragment::{Known, Shape};
use super::build::Built;
use super::ledger;
use super::modules::{Module, ModuleId, Modules};
use super::syntax::Syntax;
use crate::docs::{
    self, Documented, Example, Examples, Formatter, Listing, Prose, Standing, code_blocks, is_guide, nearest_below,
};
use crate::paths::{folder_of, normal};
use crate::source::Source;
use crate::tree::{FileId, Tree};

/// All examples of a tree, and the Markdown files that belong to its modules.
#[derive(Debug, Default)]
pub(crate) struct ModuleDocs {
    pub(crate) examples: Examples,
    /// Those that do not parse, and why.
    broken: BTreeMap<FileId, String>,
    /// The examples that parse, with their modules.
    pub(crate) readable: Vec<(ModuleId, FileId)>,
    pub(crate) guides: Vec<(ModuleId, FileId)>,
}

impl ModuleDocs {
    /// Finds the examples in the code of `built` and in the Markdown files of its modules.
    pub(crate) fn find(tree: &Tree, modules: &Modules, built: &Built) -> Self {
        let guides = guides(tree, modules);
        let mut all = Self { guides: guides.clone(), ..Self::default() };
        let known = |module, host| Known::new(modules, module, host);
        for file in built.program.own_files().filter(|&file| !built.program.file(file).is_generated) {
            let (syntax, module) = (built.program.syntax(file), built.modules[&file]);
            let found = in_comments(syntax);
            if !found.is_empty() {
                let known = known(module, Some((&built.program, file)));
                all.add(tree, module, &syntax.source, found, &known);
            }
        }
        for (module, file) in guides {
            let Ok(source) = tree.source(file) else { continue };
            all.add(tree, module, &source, in_markdown(file, source.text()), &known(module, None));
        }
        all
    }

    fn add(&mut self, tree: &Tree, module: ModuleId, source: &Arc<Source>, found: Vec<Code>, known: &Known<'_>) {
        for code in found.into_iter().filter(|code| may_matter(&code.listing.code())) {
            let example = example(code.listing, known);
            match Syntax::parse(FileId(0), Arc::new(Source::new(source.path(), example.text()))) {
                Ok(_) => self.readable.push((module, self.examples.add(tree, example, source))),
                Err(flaw) if code.is_said => {
                    self.broken.insert(self.examples.add(tree, example, source), flaw.message);
                }
                // It may be anything.
                Err(_) => {}
            }
        }
    }

    /// What names in prose are judged by.
    pub(crate) fn documented(&self) -> Documented<'_> {
        Documented { examples: &self.examples, broken: self.broken.clone() }
    }
}

/// Lines in documentation that look like code.
struct Code {
    listing: Listing,
    /// Whether they say that they are Go.
    is_said: bool,
}

/// Whether code names something legacy, or the library.
fn may_matter(code: &str) -> bool {
    code.contains("geppetto") || !ledger::occurrences(code).is_empty()
}

/// The example that a listing is.
fn example(listing: Listing, known: &Known<'_>) -> Example {
    let code = listing.code();
    let shape = Shape::of(&code);
    let is_fragment = !shape.has_imports && !ledger::occurrences(&code).is_empty();
    let imports = match is_fragment {
        true => known.imports(listing.clone().framed(&shape.frame(&[])).text()),
        false => Vec::new(),
    };
    listing.framed(&shape.frame(&imports))
}

fn in_comments(syntax: &Syntax) -> Vec<Code> {
    let text = syntax.source.text();
    let code = |block: Block| {
        let standing = Standing { is_delimited: block.is_delimited, may_be_hidden: false };
        let listing = Listing::new(syntax.file, text, &block.lines, standing)?;
        Some(Code { listing, is_said: block.is_said })
    };
    comment_blocks(syntax).into_iter().filter_map(code).collect()
}

fn in_markdown(file: FileId, text: &str) -> Vec<Code> {
    let prose = Prose::of_markdown(text);
    let is_go = |info: &str| docs::language_of(info) == Some("go");
    let blocks = code_blocks(&prose.text).into_iter().filter(|block| block.info.as_deref().is_some_and(is_go));
    let code = |lines: Vec<Range<usize>>| {
        let lines: Vec<Range<usize>> =
            lines.iter().map(|line| prose.place(line.start)..prose.place(line.end)).collect();
        Some(Code { listing: Listing::new(file, text, &lines, Standing::default())?, is_said: true })
    };
    blocks.filter_map(|block| code(block.lines)).collect()
}

/// The Markdown files that belong to modules that matter: those inside, and those above that belong to no module.
fn guides(tree: &Tree, modules: &Modules) -> Vec<(ModuleId, FileId)> {
    let root = |(id, module): (ModuleId, &Module)| (id, normal(&module.root));
    let with_manifest = modules.iter().filter(|(_, module)| module.manifest.is_some());
    let (all, relevant): (Vec<_>, Vec<_>) = (with_manifest.map(root).collect(), modules.relevant().map(root).collect());
    let owner = |path: &Path| {
        let folder = normal(&folder_of(path));
        let around = all.iter().filter(|(_, root)| folder.starts_with(root));
        match around.max_by_key(|(_, root)| root.components().count()) {
            Some((id, _)) => modules.get(*id).matters.then_some(*id),
            None => nearest_below(tree, &folder, &relevant),
        }
    };
    let named = tree.files().filter(|(_, entry)| entry.mentions > 0 && is_guide(&entry.path));
    named.filter_map(|(file, entry)| Some((owner(&entry.path)?, file))).collect()
}

/// `after` with the examples in Markdown that differ from those of `before` laid out, if they were before.
pub(crate) fn format(before: &str, after: &str, gofmt: &dyn Fn(&str) -> Option<String>) -> String {
    let example = |code: Code| {
        let shape = Shape::of(&code.listing.code());
        code.listing.framed(&shape.frame(&[]))
    };
    let examples = |text: &str| in_markdown(FileId(0), text).into_iter().map(example).collect();
    docs::format(before, after, &examples, Formatter { indent: "\t", run: gofmt })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_that_were_laid_out_are_laid_out_again() {
        let gofmt = |code: &str| Some(code.replace("( ", "("));
        let guide = |code: &str| format!("Text.\n\n> ```go\n> {code}\n> ```\n");
        assert_eq!(format(&guide("f(1)"), &guide("f( 2)"), &gofmt), guide("f(2)"));
        assert_eq!(format(&guide("f( 1)"), &guide("f( 2)"), &gofmt), guide("f( 2)"));
    }
}
