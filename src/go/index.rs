//! The packages of a tree, their files, imports and declarations.

use std::collections::HashMap;

use super::syntax::{NodeId, Syntax};

/// A file of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FileIdx(pub(crate) u32);

/// A package of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PackageIdx(pub(crate) u32);

/// Something that is declared outside of functions, or a type, field or method wherever it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DefId(pub(crate) u32);

/// What a [`Def`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DefKind {
    Type,
    Alias,
    Func,
    /// A method of a type, or of an interface.
    Method,
    Field,
    Var,
    Const,
}

/// A declaration.
#[derive(Clone, Debug)]
pub(crate) struct Def {
    pub(crate) name: String,
    pub(crate) kind: DefKind,
    pub(crate) package: PackageIdx,
    pub(crate) file: FileIdx,
    /// The declaration: a spec, a function, a field declaration, a method of an interface.
    pub(crate) node: NodeId,
    /// Its name. An embedded field is named by its type.
    pub(crate) name_node: NodeId,
    pub(crate) is_embedded: bool,
}

/// One import of a file.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    /// The `import_spec`.
    pub(crate) node: NodeId,
    pub(crate) path: String,
    /// What the file calls the package; `.` and `_` as they are written.
    pub(crate) name: String,
    /// Whether the name is written in the import.
    pub(crate) is_named: bool,
    /// The package, where its files are known.
    pub(crate) target: Option<PackageIdx>,
}

/// A file and what it imports.
#[derive(Debug)]
pub(crate) struct GoFile {
    pub(crate) syntax: Syntax,
    pub(crate) package: PackageIdx,
    pub(crate) imports: Vec<Import>,
    /// Whether a program wrote it: it is read and never changed.
    pub(crate) is_generated: bool,
    /// Package-level declarations, and types, fields and methods wherever they stand.
    pub(crate) defs: Vec<DefId>,
}

/// A package: the files of a folder that say so.
#[derive(Debug)]
pub(crate) struct Package {
    /// The path by which it is imported.
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) files: Vec<FileIdx>,
    /// Declarations by name; more than one where build tags choose.
    pub(crate) scope: HashMap<String, Vec<DefId>>,
    /// Whether it stands for a library whose source is not in the tree.
    pub(crate) is_model: bool,
}

/// Everything that is known of the tree.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) files: Vec<GoFile>,
    pub(crate) packages: Vec<Package>,
    defs: Vec<Def>,
    by_name_node: HashMap<(FileIdx, NodeId), DefId>,
    /// Fields of struct types and methods of interface types, by the node of the type.
    members: HashMap<(FileIdx, NodeId), Vec<DefId>>,
    /// Methods by their receiver's type.
    methods: HashMap<DefId, Vec<DefId>>,
}

impl Program {
    pub(crate) fn file(&self, file: FileIdx) -> &GoFile {
        &self.files[file.0 as usize]
    }

    pub(crate) fn syntax(&self, file: FileIdx) -> &Syntax {
        &self.file(file).syntax
    }

    pub(crate) fn package(&self, package: PackageIdx) -> &Package {
        &self.packages[package.0 as usize]
    }

    pub(crate) fn def(&self, def: DefId) -> &Def {
        &self.defs[def.0 as usize]
    }

    pub(crate) fn defs(&self) -> impl Iterator<Item = (DefId, &Def)> {
        self.defs.iter().enumerate().map(|(index, def)| (DefId(index as u32), def))
    }

    /// What a name declares.
    pub(crate) fn declared(&self, file: FileIdx, name: NodeId) -> Option<DefId> {
        self.by_name_node.get(&(file, name)).copied()
    }

    /// The fields of a struct type, or the methods of an interface type.
    pub(crate) fn members(&self, file: FileIdx, ty: NodeId) -> &[DefId] {
        self.members.get(&(file, ty)).map_or(&[], Vec::as_slice)
    }

    /// The methods that are declared for a type.
    pub(crate) fn methods(&self, ty: DefId) -> &[DefId] {
        self.methods.get(&ty).map_or(&[], Vec::as_slice)
    }

    /// What a name of a package stands for.
    pub(crate) fn lookup(&self, package: PackageIdx, name: &str) -> Option<DefId> {
        self.package(package).scope.get(name).and_then(|defs| defs.first()).copied()
    }

    /// Whether the source of a file is in the tree.
    pub(crate) fn is_own(&self, file: FileIdx) -> bool {
        !self.package(self.file(file).package).is_model
    }

    /// The files whose source is in the tree.
    pub(crate) fn own_files(&self) -> impl Iterator<Item = FileIdx> + '_ {
        (0..self.files.len() as u32).map(FileIdx).filter(|&file| self.is_own(file))
    }

    /// A new package without files.
    pub(crate) fn add_package(&mut self, path: &str, name: &str, is_model: bool) -> PackageIdx {
        self.packages.push(Package {
            path: path.to_owned(),
            name: name.to_owned(),
            files: Vec::new(),
            scope: HashMap::new(),
            is_model,
        });
        PackageIdx(self.packages.len() as u32 - 1)
    }

    /// Adds a file to its package and takes down what it declares. Imports have no targets yet.
    pub(crate) fn add_file(&mut self, package: PackageIdx, syntax: Syntax, is_generated: bool) -> FileIdx {
        let file = FileIdx(self.files.len() as u32);
        let imports = imports(&syntax);
        self.packages[package.0 as usize].files.push(file);
        self.files.push(GoFile { syntax, package, imports, is_generated, defs: Vec::new() });
        let found = Declarations::of(self.syntax(file));
        for declaration in found.all {
            self.declare(file, package, declaration);
        }
        file
    }

    fn declare(&mut self, file: FileIdx, package: PackageIdx, found: Declaration) {
        let name = self.syntax(file).text(found.name_node).to_owned();
        let id = DefId(self.defs.len() as u32);
        let Declaration { kind, node, name_node, owner, is_embedded, is_top } = found;
        self.defs.push(Def { name: name.clone(), kind, package, file, node, name_node, is_embedded });
        self.by_name_node.insert((file, name_node), id);
        self.files[file.0 as usize].defs.push(id);
        if let Some(owner) = owner {
            self.members.entry((file, owner)).or_default().push(id);
        }
        if is_top && kind != DefKind::Method {
            self.packages[package.0 as usize].scope.entry(name).or_default().push(id);
        }
    }

    /// Gives imports their packages and types their methods, once all files are there.
    pub(crate) fn connect(&mut self, target: &dyn Fn(&Program, FileIdx, &str) -> Option<PackageIdx>) {
        for index in 0..self.files.len() {
            let file = FileIdx(index as u32);
            for import in 0..self.files[index].imports.len() {
                let path = self.files[index].imports[import].path.clone();
                let found = target(self, file, &path);
                let name = found.map(|package| self.package(package).name.clone());
                let import = &mut self.files[index].imports[import];
                import.target = found;
                if !import.is_named {
                    import.name = name.unwrap_or_else(|| name_by_path(&path));
                }
            }
        }
        let methods: Vec<(DefId, DefId)> =
            self.defs().filter_map(|(id, def)| Some((self.receiver_type(def)?, id))).collect();
        for (ty, method) in methods {
            self.methods.entry(ty).or_default().push(method);
        }
    }

    /// The type that a method is declared for.
    fn receiver_type(&self, def: &Def) -> Option<DefId> {
        let syntax = self.syntax(def.file);
        let receiver = syntax.child(def.node, "receiver").filter(|_| def.kind == DefKind::Method)?;
        let name = syntax.below(receiver).find(|&node| syntax.kind(node) == "type_identifier")?;
        self.lookup(def.package, syntax.text(name))
    }
}

/// What an import without a name is called as long as nobody has seen the package.
fn name_by_path(path: &str) -> String {
    let mut segments = path.rsplit('/');
    let last = segments.next().unwrap_or_default();
    let is_version = last.len() > 1 && last.starts_with('v') && last[1..].bytes().all(|byte| byte.is_ascii_digit());
    let name = if is_version { segments.next().unwrap_or(last) } else { last };
    name.split(".v").next().unwrap_or(name).to_owned()
}

fn imports(syntax: &Syntax) -> Vec<Import> {
    let specs = syntax.nodes().filter(|&node| syntax.kind(node) == "import_spec");
    specs
        .filter_map(|node| {
            let path = syntax.text(syntax.child(node, "path")?).trim_matches(['"', '`']).to_owned();
            let name = syntax.child(node, "name").map(|name| syntax.text(name).to_owned());
            let is_named = name.is_some();
            let name = name.unwrap_or_default();
            Some(Import { node, path, name, is_named, target: None })
        })
        .collect()
}

#[derive(Clone, Copy)]
struct Declaration {
    kind: DefKind,
    node: NodeId,
    name_node: NodeId,
    /// The struct or interface type that it is a member of.
    owner: Option<NodeId>,
    is_embedded: bool,
    is_top: bool,
}

struct Declarations<'a> {
    syntax: &'a Syntax,
    all: Vec<Declaration>,
}

impl<'a> Declarations<'a> {
    fn of(syntax: &'a Syntax) -> Self {
        let mut found = Self { syntax, all: Vec::new() };
        for node in syntax.nodes() {
            found.look_at(node);
        }
        found
    }

    fn look_at(&mut self, node: NodeId) {
        match self.syntax.kind(node) {
            "type_spec" => self.named(DefKind::Type, node),
            "type_alias" => self.named(DefKind::Alias, node),
            "function_declaration" => self.named(DefKind::Func, node),
            "method_declaration" => self.named(DefKind::Method, node),
            "var_spec" if self.is_top(node) => self.named(DefKind::Var, node),
            "const_spec" if self.is_top(node) => self.named(DefKind::Const, node),
            "field_declaration" => self.field(node),
            "method_elem" => self.member(DefKind::Method, node, node),
            _ => {}
        }
    }

    fn is_top(&self, node: NodeId) -> bool {
        self.syntax.enclosing(node, &["function_declaration", "method_declaration", "func_literal"]).is_none()
    }

    fn named(&mut self, kind: DefKind, node: NodeId) {
        let parent = self.syntax.parent(node);
        let is_function = matches!(kind, DefKind::Func | DefKind::Method);
        let is_top = if is_function { parent == Some(NodeId::ROOT) } else { self.is_top(node) };
        let names: Vec<NodeId> = self.syntax.names(node).collect();
        for name_node in names {
            self.all.push(Declaration { kind, node, name_node, owner: None, is_embedded: false, is_top });
        }
    }

    fn field(&mut self, node: NodeId) {
        let owner = self.syntax.enclosing(node, &["struct_type"]);
        let names: Vec<NodeId> = self.syntax.children_as(node, "name").collect();
        let is_embedded = names.is_empty();
        let embedded = self.syntax.below(node).find(|&node| self.syntax.kind(node) == "type_identifier");
        for name_node in if is_embedded { embedded.into_iter().collect() } else { names } {
            self.all.push(Declaration { kind: DefKind::Field, node, name_node, owner, is_embedded, is_top: false });
        }
    }

    fn member(&mut self, kind: DefKind, node: NodeId, at: NodeId) {
        let owner = self.syntax.enclosing(at, &["interface_type"]);
        if let Some(name_node) = self.syntax.child(node, "name") {
            self.all.push(Declaration { kind, node, name_node, owner, is_embedded: false, is_top: false });
        }
    }
}
