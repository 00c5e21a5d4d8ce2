//! From the modules of a tree to its program: which packages are parsed, and where their imports lead.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rayon::prelude::*;

use super::index::{FileIdx, PackageIdx, Program};
use super::models::{self, GEPPETTO_MODULE};
use super::modules::{Import, ModuleId, Modules, is_generated};
use super::syntax::{NodeId, Syntax};
use crate::source::Source;
use crate::tree::{FileId, Problem, ProblemKind, Tree};

/// A folder of a module.
type Folder = (ModuleId, usize);

/// The program of a tree, and the modules that its files belong to.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) program: Program,
    pub(crate) modules: HashMap<FileIdx, ModuleId>,
    pub(crate) problems: Vec<Problem>,
}

/// Parses the packages that matter and connects them. `examples` are files of no package, in these modules.
pub(crate) fn build(tree: &Tree, modules: &Modules, examples: &[(ModuleId, FileId)]) -> Built {
    let texts = read(tree, modules);
    let examples: Vec<(ModuleId, FileId, Arc<Source>)> =
        examples.iter().filter_map(|&(module, file)| Some((module, file, tree.source(file).ok()?))).collect();
    let wanted = wanted(modules, &texts, examples.iter().map(|(_, _, source)| source.text()));
    let files: Vec<(Folder, FileId, Arc<Source>)> = wanted
        .iter()
        .flat_map(|folder| {
            texts.get(folder).into_iter().flatten().map(|(file, source)| (*folder, *file, source.clone()))
        })
        .collect();
    let parsed: Vec<_> = files
        .into_par_iter()
        .map(|(folder, file, source)| (folder, Syntax::parse(file, source.clone()), source))
        .collect();
    let mut built = Built { program: Program::default(), modules: HashMap::new(), problems: Vec::new() };
    models::add(&mut built.program);
    let mut packages: BTreeMap<(Folder, String), PackageIdx> = BTreeMap::new();
    for (folder, syntax, source) in parsed {
        let syntax = match syntax {
            Ok(syntax) => syntax,
            Err(flaw) => {
                built.problems.push(Problem {
                    path: source.path().to_owned(),
                    position: Some(source.position(flaw.offset)),
                    kind: ProblemKind::Unparsable,
                    message: flaw.message,
                });
                continue;
            }
        };
        let name = clause(&syntax);
        let path = &modules.get(folder.0).packages[folder.1].import_path;
        let program = &mut built.program;
        let package =
            *packages.entry((folder, name.clone())).or_insert_with(|| program.add_package(path, &name, false));
        let generated = is_generated(syntax.source.text());
        let file = program.add_file(package, syntax, generated);
        built.modules.insert(file, folder.0);
    }
    for (module, file, source) in examples {
        let Ok(syntax) = Syntax::parse(file, source) else { continue };
        let package = built.program.add_package("", &clause(&syntax), false);
        let file = built.program.add_file(package, syntax, false);
        built.modules.insert(file, module);
    }
    connect(&mut built, modules, &packages);
    built
}

fn connect(built: &mut Built, modules: &Modules, packages: &BTreeMap<(Folder, String), PackageIdx>) {
    let owner = built.modules.clone();
    built.program.connect(&|program, file, path| {
        let std = || models::find(program, path);
        let Some(&module) = owner.get(&file) else {
            return models::find(program, path);
        };
        match modules.import(module, path) {
            Import::Local(module, package) => {
                let folder = (module, package);
                let of_folder =
                    packages.range((folder, String::new())..).take_while(|((other, _), _)| *other == folder);
                // The tests of a package may have one of their own, which nobody can import.
                of_folder
                    .map(|((_, name), &package)| (name, package))
                    .find(|(name, _)| !name.ends_with("_test"))
                    .map(|(_, package)| package)
            }
            Import::Legacy(package) => models::find(program, &format!("{GEPPETTO_MODULE}/{}", package.path())),
            Import::Other => std(),
        }
    });
}

/// The name in the package clause.
fn clause(syntax: &Syntax) -> String {
    let clause = syntax.child_of_kind(NodeId::ROOT, "package_clause");
    let name = clause.and_then(|clause| syntax.children(clause).next());
    name.map_or_else(String::new, |name| syntax.text(name).to_owned())
}

type Texts = BTreeMap<Folder, Vec<(FileId, Arc<Source>)>>;

/// The texts of all packages of the modules that matter. What cannot be read was told by whoever tried first.
fn read(tree: &Tree, modules: &Modules) -> Texts {
    let mut texts = Texts::new();
    for (id, module) in modules.iter().filter(|(_, module)| module.matters && !module.is_geppetto) {
        for (index, package) in module.packages.iter().enumerate() {
            let files = package.files.iter().filter_map(|&file| Some((file, tree.source(file).ok()?)));
            texts.insert((id, index), files.collect());
        }
    }
    texts
}

/// The packages that name geppetto, those that import one of these, directly or through others, and what all these and
/// the `examples` import.
fn wanted<'a>(modules: &Modules, texts: &Texts, examples: impl Iterator<Item = &'a str>) -> BTreeSet<Folder> {
    let names_geppetto =
        |folder: &Folder| texts[folder].iter().any(|(_, source)| modules.names_geppetto(source.text()));
    let mut wanted: BTreeSet<Folder> = texts.keys().filter(|folder| names_geppetto(folder)).copied().collect();
    with_importers(modules, texts, &mut wanted);
    with_imported(modules, texts, examples, &mut wanted);
    wanted
}

/// Adds the packages that import wanted ones.
fn with_importers(modules: &Modules, texts: &Texts, wanted: &mut BTreeSet<Folder>) {
    loop {
        let paths: Vec<String> = wanted
            .iter()
            .map(|(module, package)| modules.get(*module).packages[*package].import_path.clone())
            .collect();
        let paths: Vec<String> =
            paths.into_iter().filter(|path| !path.is_empty()).map(|path| format!("\"{path}\"")).collect();
        let Ok(search) = aho_corasick::AhoCorasick::new(&paths) else { return };
        let imports = |folder: &Folder| texts[folder].iter().any(|(_, source)| search.is_match(source.text()));
        let more: Vec<Folder> =
            texts.keys().filter(|folder| !wanted.contains(folder) && imports(folder)).copied().collect();
        if more.is_empty() {
            return;
        }
        wanted.extend(more);
    }
}

/// Adds the packages of the tree that wanted ones import: what they declare has types, too.
fn with_imported<'a>(
    modules: &Modules,
    texts: &Texts,
    examples: impl Iterator<Item = &'a str>,
    wanted: &mut BTreeSet<Folder>,
) {
    let others: Vec<(Folder, String)> = texts
        .keys()
        .map(|&folder| (folder, format!("\"{}\"", modules.get(folder.0).packages[folder.1].import_path)))
        .filter(|(_, path)| path.len() > 2)
        .collect();
    let Ok(search) = aho_corasick::AhoCorasick::new(others.iter().map(|(_, path)| path)) else { return };
    let imported =
        |text: &str| -> Vec<Folder> { search.find_iter(text).map(|found| others[found.pattern()].0).collect() };
    let mut fresh: Vec<Folder> = examples.flat_map(imported).collect();
    wanted.extend(&fresh);
    fresh.extend(wanted.iter());
    while let Some(folder) = fresh.pop() {
        for (_, source) in &texts[&folder] {
            fresh.extend(imported(source.text()).into_iter().filter(|&folder| wanted.insert(folder)));
        }
    }
}
