//! The index: every crate's modules, items and imports, across the tree.
//!
//! Blocks that hold items are modules of their own whose names fall back to those of the surrounding block or module.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::hir::{
    self, ExprId, Fields, Hir, ItemId, ItemKind, ItemParent, Name, Span, StmtKind, UseKind, UseTree, Visibility,
};
use crate::source::Source;
use crate::tree::FileId;

/// Index of a lowered file in a [`Program`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FileIdx(pub(crate) u32);

/// Index of a definition in a [`Program`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DefId(pub(crate) u32);

/// Index of a crate in a [`Program`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CrateId(pub(crate) u32);

/// Index of one leaf of a `use` declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ImportId(pub(crate) u32);

/// A lowered file with its text.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub(crate) hir: Arc<Hir>,
    pub(crate) source: Arc<Source>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DefKind {
    Module,
    Struct,
    Enum,
    Variant(u32),
    Fn,
    Const,
    Static,
    TypeAlias,
    Trait,
    Impl,
    Macro,
}

#[derive(Clone, Debug)]
pub(crate) struct Def {
    pub(crate) kind: DefKind,
    pub(crate) name: String,
    pub(crate) krate: CrateId,
    /// The module, trait, impl or enum it stands in; `None` for crate roots.
    pub(crate) parent: Option<DefId>,
    /// Its file; for a variant the item is its enum's, for a crate root or file module there is none.
    pub(crate) file: FileIdx,
    pub(crate) item: Option<ItemId>,
    pub(crate) visibility: Visibility,
}

#[derive(Debug)]
pub(crate) struct CrateData {
    /// The name that its own code and its dependents' code use.
    pub(crate) name: String,
    pub(crate) root: DefId,
    /// Names of dependencies as the code writes them.
    pub(crate) dependencies: HashMap<String, CrateId>,
    /// Whether other packages may depend on it: a library target.
    pub(crate) is_library: bool,
    /// Whether code outside the program may call its public functions.
    pub(crate) is_open: bool,
    /// One of the embedded descriptions of a library, not code of the tree.
    pub(crate) model: bool,
}

/// What a name in a scope stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    Def(DefId),
    Import(ImportId),
}

#[derive(Debug, Default)]
pub(crate) struct Scope {
    pub(crate) names: HashMap<String, Vec<Binding>>,
    pub(crate) globs: Vec<ImportId>,
    /// For a block: what is looked into next.
    pub(crate) lexical_parent: Option<DefId>,
}

/// One leaf of a `use` declaration (or an `extern crate`).
#[derive(Clone, Debug)]
pub(crate) struct Import {
    pub(crate) scope: DefId,
    pub(crate) file: FileIdx,
    pub(crate) item: ItemId,
    /// All segments up to the leaf; a trailing `self` is left out.
    pub(crate) path: Vec<Name>,
    pub(crate) leading_colon: bool,
    /// The name it binds; `None` for a glob and for `as _`.
    pub(crate) binds: Option<String>,
    pub(crate) rename: Option<String>,
    pub(crate) is_glob: bool,
    /// The leaf: the last name, with its rename, or `*`.
    pub(crate) span: Span,
    pub(crate) visibility: Visibility,
}

#[derive(Clone, Debug)]
pub(crate) struct ImplBlock {
    pub(crate) def: DefId,
    pub(crate) methods: Vec<DefId>,
}

/// All crates that are looked at together.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) units: Vec<Unit>,
    pub(crate) crates: Vec<CrateData>,
    pub(crate) defs: Vec<Def>,
    pub(crate) scopes: HashMap<DefId, Scope>,
    pub(crate) imports: Vec<Import>,
    pub(crate) impls: Vec<ImplBlock>,
    /// Functions of an impl or trait, by their owner.
    pub(crate) members: HashMap<DefId, Vec<DefId>>,
    /// Blocks that are scopes.
    pub(crate) block_scopes: HashMap<(FileIdx, ExprId), DefId>,
    /// Modules that conditions choose in the place of the first of their name.
    pub(crate) module_twins: HashMap<DefId, Vec<DefId>>,
    by_item: HashMap<(FileIdx, ItemId), DefId>,
    file_modules: HashMap<FileIdx, DefId>,
}

/// How the files of a crate are found and read while it is indexed.
pub(crate) trait Files {
    /// The lowered file at `path`, if it is part of the tree and parses.
    fn open(&self, path: &Path) -> Option<(FileId, Unit)>;
}

impl Program {
    pub(crate) fn def(&self, id: DefId) -> &Def {
        &self.defs[id.0 as usize]
    }

    pub(crate) fn unit(&self, file: FileIdx) -> &Unit {
        &self.units[file.0 as usize]
    }

    pub(crate) fn hir(&self, file: FileIdx) -> &Hir {
        &self.unit(file).hir
    }

    pub(crate) fn krate(&self, id: CrateId) -> &CrateData {
        &self.crates[id.0 as usize]
    }

    pub(crate) fn import(&self, id: ImportId) -> &Import {
        &self.imports[id.0 as usize]
    }

    /// The item behind a definition.
    pub(crate) fn item(&self, id: DefId) -> Option<&hir::Item> {
        let def = self.def(id);
        def.item.map(|item| &self.hir(def.file)[item])
    }

    /// The function behind a definition.
    pub(crate) fn fn_item(&self, id: DefId) -> Option<&hir::FnItem> {
        match &self.item(id)?.kind {
            ItemKind::Fn(function) if self.def(id).kind == DefKind::Fn => Some(function),
            _ => None,
        }
    }

    /// The fields of a struct or variant.
    pub(crate) fn fields(&self, id: DefId) -> Option<&Fields> {
        match (&self.item(id)?.kind, self.def(id).kind) {
            (ItemKind::Struct(fields), _) => Some(fields),
            (ItemKind::Enum(variants), DefKind::Variant(index)) => Some(&variants[index as usize].fields),
            _ => None,
        }
    }

    /// The definition of an item.
    pub(crate) fn def_of_item(&self, file: FileIdx, item: ItemId) -> Option<DefId> {
        self.by_item.get(&(file, item)).copied()
    }

    /// The module that a file is.
    pub(crate) fn module_of_file(&self, file: FileIdx) -> Option<DefId> {
        self.file_modules.get(&file).copied()
    }

    /// Whether a definition comes from an embedded description of a library.
    pub(crate) fn is_model(&self, id: DefId) -> bool {
        self.krate(self.def(id).krate).model
    }

    /// Whether a path begins with the name of an embedded description.
    pub(crate) fn is_model_path(&self, path: &str) -> bool {
        let krate = path.split("::").next().unwrap_or(path);
        krate == "derived" || self.crates.iter().any(|data| data.model && data.name == krate)
    }

    /// `crate_name::module::Item`.
    pub(crate) fn path_of(&self, id: DefId) -> String {
        let def = self.def(id);
        match def.parent {
            None => self.krate(def.krate).name.clone(),
            Some(parent) if def.name.is_empty() => self.path_of(parent),
            Some(parent) => format!("{}::{}", self.path_of(parent), def.name),
        }
    }

    /// The nearest module that is not a block.
    pub(crate) fn real_module(&self, scope: DefId) -> DefId {
        let mut at = scope;
        while let Some(parent) = self.scopes.get(&at).and_then(|scope| scope.lexical_parent) {
            at = parent;
        }
        at
    }

    /// Adds an empty crate; its root module is filled by [`Program::index_crate`].
    pub(crate) fn add_crate(&mut self, name: &str, model: bool) -> CrateId {
        let id = CrateId(self.crates.len() as u32);
        let root = self.add_def(Def {
            kind: DefKind::Module,
            name: name.to_owned(),
            krate: id,
            parent: None,
            file: FileIdx(u32::MAX),
            item: None,
            visibility: Visibility::Public,
        });
        self.scopes.insert(root, Scope::default());
        self.crates.push(CrateData {
            name: name.to_owned(),
            root,
            dependencies: HashMap::new(),
            is_library: false,
            is_open: false,
            model,
        });
        id
    }

    /// Lets the code of `krate` name another crate.
    pub(crate) fn depend(&mut self, krate: CrateId, name: &str, on: CrateId) {
        self.crates[krate.0 as usize].dependencies.insert(name.to_owned(), on);
    }

    /// Indexes a crate from its root file, following `mod` declarations through `files`.
    pub(crate) fn index_crate(&mut self, krate: CrateId, root: &Path, files: &dyn Files) {
        let Some((_, unit)) = files.open(root) else { return };
        let module = self.krate(krate).root;
        let dir = root.parent().unwrap_or(Path::new("")).to_owned();
        self.index_file(unit, module, Modules { files, dir });
    }

    /// Indexes one text as a whole crate (an embedded description: its modules are inline).
    pub(crate) fn index_text(&mut self, krate: CrateId, unit: Unit) {
        let module = self.krate(krate).root;
        self.index_file(unit, module, Modules { files: &NoFiles, dir: Default::default() });
    }

    fn index_file(&mut self, unit: Unit, module: DefId, mut modules: Modules<'_>) {
        let file = FileIdx(self.units.len() as u32);
        self.units.push(unit);
        self.file_modules.insert(file, module);
        // The item of a module with a file of its own is its declaration, which stands in the file around.
        if self.def(module).item.is_none() {
            self.defs[module.0 as usize].file = file;
        }
        for item in self.hir(file).roots.clone() {
            self.index_item(file, item, module, &mut modules);
        }
        self.index_blocks(file, module, &mut modules);
    }

    fn add_def(&mut self, def: Def) -> DefId {
        let id = DefId(self.defs.len() as u32);
        if let Some(item) = def.item
            && !matches!(def.kind, DefKind::Variant(_))
        {
            self.by_item.insert((def.file, item), id);
        }
        self.defs.push(def);
        id
    }

    fn bind(&mut self, scope: DefId, name: &str, binding: Binding) {
        if let Binding::Def(def) = binding
            && self.def(def).kind == DefKind::Module
        {
            let same = self.scopes.get(&scope).and_then(|data| data.names.get(name)).into_iter().flatten();
            let first = same.filter_map(|other| match other {
                Binding::Def(other) if self.def(*other).kind == DefKind::Module => Some(*other),
                _ => None,
            });
            if let Some(first) = first.min() {
                self.module_twins.entry(first).or_default().push(def);
            }
        }
        self.scopes.entry(scope).or_default().names.entry(name.to_owned()).or_default().push(binding);
    }

    fn index_item(&mut self, file: FileIdx, id: ItemId, scope: DefId, modules: &mut Modules<'_>) {
        let item = self.hir(file)[id].clone();
        let kind = match &item.kind {
            ItemKind::Use(tree) => return self.index_use(file, id, &item, tree, scope),
            ItemKind::ExternCrate { rename } => {
                return self.index_extern_crate(file, id, &item, rename.as_ref(), scope);
            }
            ItemKind::Macro(call) => {
                for inner in self.items_of_macro(file, &call.content) {
                    self.index_item(file, inner, scope, modules);
                }
                return;
            }
            ItemKind::Other => return,
            ItemKind::Module { .. } => DefKind::Module,
            ItemKind::Struct(_) => DefKind::Struct,
            ItemKind::Enum(_) => DefKind::Enum,
            ItemKind::Fn(_) => DefKind::Fn,
            ItemKind::Const { .. } => DefKind::Const,
            ItemKind::Static { .. } => DefKind::Static,
            ItemKind::TypeAlias { .. } => DefKind::TypeAlias,
            ItemKind::Trait { .. } => DefKind::Trait,
            ItemKind::Impl { .. } => DefKind::Impl,
            ItemKind::MacroRules { .. } => DefKind::Macro,
        };
        let name = item.name.as_ref().map(|name| name.text.clone()).unwrap_or_default();
        let def = self.add_def(Def {
            kind,
            name: name.clone(),
            krate: self.def(scope).krate,
            parent: Some(scope),
            file,
            item: Some(id),
            visibility: item.visibility,
        });
        if kind != DefKind::Impl {
            self.bind(scope, &name, Binding::Def(def));
        }
        match &item.kind {
            ItemKind::Module { items, path_attr } => {
                self.index_module(file, def, &name, items.as_deref(), path_attr.as_deref(), modules);
            }
            ItemKind::Enum(variants) => self.index_variants(file, id, def, variants),
            ItemKind::Trait { items, .. } => {
                self.index_members(file, def, items);
            }
            ItemKind::Impl { items, .. } => {
                let methods = self.index_members(file, def, items);
                self.impls.push(ImplBlock { def, methods });
            }
            _ => {}
        }
    }

    /// The items that a macro call holds as they stand.
    fn items_of_macro(&self, file: FileIdx, content: &hir::MacroContent) -> Vec<ItemId> {
        let hir::MacroContent::Block(block) = content else { return Vec::new() };
        let hir = self.hir(file);
        let hir::ExprKind::Block { stmts, .. } = &hir[*block].kind else { return Vec::new() };
        let items = stmts.iter().filter_map(|&stmt| match hir[stmt].kind {
            StmtKind::Item(item) => Some(item),
            _ => None,
        });
        items.collect()
    }

    fn index_module(
        &mut self,
        file: FileIdx,
        def: DefId,
        name: &str,
        items: Option<&[ItemId]>,
        path_attr: Option<&str>,
        modules: &mut Modules<'_>,
    ) {
        self.scopes.insert(def, Scope::default());
        if let Some(items) = items {
            let mut inner = Modules { files: modules.files, dir: modules.dir.join(path_attr.unwrap_or(name)) };
            for &item in items {
                self.index_item(file, item, def, &mut inner);
            }
            return;
        }
        let dir = modules.dir.clone();
        let candidates = match path_attr {
            Some(path) => {
                let here = self.unit(file).source.path().parent().unwrap_or(Path::new("")).join(path);
                let children = here.parent().unwrap_or(Path::new("")).to_owned();
                vec![(here, children)]
            }
            None => {
                vec![(dir.join(format!("{name}.rs")), dir.join(name)), (dir.join(name).join("mod.rs"), dir.join(name))]
            }
        };
        for (path, children) in candidates {
            if let Some((_, unit)) = modules.files.open(&path) {
                self.index_file(unit, def, Modules { files: modules.files, dir: children });
                return;
            }
        }
    }

    fn index_variants(&mut self, file: FileIdx, item: ItemId, owner: DefId, variants: &[hir::Variant]) {
        for (index, variant) in variants.iter().enumerate() {
            let def = self.add_def(Def {
                kind: DefKind::Variant(index as u32),
                name: variant.name.text.clone(),
                krate: self.def(owner).krate,
                parent: Some(owner),
                file,
                item: Some(item),
                visibility: Visibility::Public,
            });
            self.bind(owner, &variant.name.text, Binding::Def(def));
        }
    }

    fn index_members(&mut self, file: FileIdx, owner: DefId, items: &[ItemId]) -> Vec<DefId> {
        let mut members = Vec::new();
        for &id in items {
            let item = &self.hir(file)[id];
            let kind = match item.kind {
                ItemKind::Fn(_) => DefKind::Fn,
                ItemKind::Const { .. } => DefKind::Const,
                ItemKind::TypeAlias { .. } => DefKind::TypeAlias,
                _ => continue,
            };
            let (name, visibility) = (item.name.as_ref().map(|name| name.text.clone()), item.visibility);
            members.push(self.add_def(Def {
                kind,
                name: name.unwrap_or_default(),
                krate: self.def(owner).krate,
                parent: Some(owner),
                file,
                item: Some(id),
                visibility,
            }));
        }
        self.members.insert(owner, members.clone());
        members
    }

    fn index_extern_crate(&mut self, file: FileIdx, id: ItemId, item: &hir::Item, rename: Option<&Name>, scope: DefId) {
        let Some(name) = item.name.clone() else { return };
        let binds = rename.unwrap_or(&name).text.clone();
        let import = Import {
            scope,
            file,
            item: id,
            span: name.span,
            path: vec![name],
            leading_colon: true,
            rename: rename.map(|rename| rename.text.clone()),
            binds: (binds != "_").then_some(binds),
            is_glob: false,
            visibility: item.visibility,
        };
        self.add_import(import);
    }

    fn index_use(&mut self, file: FileIdx, id: ItemId, item: &hir::Item, tree: &UseTree, scope: DefId) {
        let template = Import {
            scope,
            file,
            item: id,
            path: Vec::new(),
            leading_colon: tree.leading_colon,
            binds: None,
            rename: None,
            is_glob: false,
            span: tree.span,
            visibility: item.visibility,
        };
        let mut leaves = Vec::new();
        flatten(tree, &template, &mut leaves);
        leaves.into_iter().for_each(|leaf| self.add_import(leaf));
    }

    fn add_import(&mut self, import: Import) {
        let id = ImportId(self.imports.len() as u32);
        let scope = import.scope;
        if import.is_glob {
            self.scopes.entry(scope).or_default().globs.push(id);
        } else if let Some(name) = import.binds.clone() {
            self.bind(scope, &name, Binding::Import(id));
        }
        self.imports.push(import);
    }

    /// Items in blocks: each block with items is a scope inside the block or module around it.
    fn index_blocks(&mut self, file: FileIdx, module: DefId, modules: &mut Modules<'_>) {
        let mut blocks: Vec<(Span, ExprId, Vec<ItemId>)> = Vec::new();
        let hir = self.hir(file);
        for (index, expr) in hir.exprs.iter().enumerate() {
            let hir::ExprKind::Block { stmts, .. } = &expr.kind else { continue };
            let items: Vec<ItemId> = stmts
                .iter()
                .filter_map(|&stmt| match hir[stmt].kind {
                    StmtKind::Item(item) => Some(item),
                    _ => None,
                })
                .collect();
            // Items of a macro that stands among items belong to the module.
            let is_content =
                matches!(expr.parent, hir::Parent::Item(item) if matches!(hir[item].kind, ItemKind::Macro(_)));
            if !items.is_empty() && !is_content {
                blocks.push((expr.span, ExprId(index as u32), items));
            }
        }
        // Outer blocks first, so that the scope around an inner one exists.
        blocks.sort_by_key(|(span, ..)| (span.start, std::cmp::Reverse(span.end)));
        for (_, block, items) in blocks {
            let around = self.scope_around(file, block, module);
            let def = self.add_def(Def {
                kind: DefKind::Module,
                name: String::new(),
                krate: self.def(module).krate,
                parent: Some(around),
                file,
                item: None,
                visibility: Visibility::Private,
            });
            self.scopes.insert(def, Scope { lexical_parent: Some(around), ..Scope::default() });
            self.block_scopes.insert((file, block), def);
            for item in items {
                self.index_item(file, item, def, modules);
            }
            if self.is_thread_local(file, block) {
                let statics: Vec<(String, Vec<Binding>)> =
                    self.scopes[&def].names.iter().map(|(name, bindings)| (name.clone(), bindings.clone())).collect();
                statics.iter().for_each(|(name, found)| found.iter().for_each(|one| self.bind(around, name, *one)));
            }
        }
    }

    /// Whether a block is what a `thread_local!` holds.
    pub(crate) fn is_thread_local(&self, file: FileIdx, block: ExprId) -> bool {
        let hir = self.hir(file);
        let call = match hir[block].parent {
            hir::Parent::Item(item) => match &hir[item].kind {
                ItemKind::Macro(call) => call,
                _ => return false,
            },
            hir::Parent::Expr(expr) => match &hir[expr].kind {
                hir::ExprKind::Macro(call) => call,
                _ => return false,
            },
            _ => return false,
        };
        call.path.segments.last().is_some_and(|last| last.name.text == "thread_local")
    }

    /// The scope that an expression's surroundings (not itself) look names up in.
    fn scope_around(&self, file: FileIdx, expr: ExprId, module: DefId) -> DefId {
        let hir = self.hir(file);
        match hir[expr].parent {
            hir::Parent::Expr(parent) => self.scope_of_expr_or(file, parent, module),
            hir::Parent::Stmt(stmt) => self.scope_of_expr_or(file, hir[stmt].block, module),
            hir::Parent::Item(item) => self.scope_of_item(file, item),
            hir::Parent::Pat(_) => module,
        }
    }

    fn scope_of_expr_or(&self, file: FileIdx, expr: ExprId, module: DefId) -> DefId {
        match self.block_scopes.get(&(file, expr)) {
            Some(&scope) => scope,
            None => self.scope_around(file, expr, module),
        }
    }

    /// The scope in which an expression's names are looked up.
    pub(crate) fn scope_of_expr(&self, file: FileIdx, expr: ExprId) -> DefId {
        let module = self.module_of_file(file).unwrap_or(DefId(0));
        self.scope_of_expr_or(file, expr, module)
    }

    /// The scope in which a pattern's names are looked up.
    pub(crate) fn scope_of_pat(&self, file: FileIdx, pat: hir::PatId) -> DefId {
        let hir = self.hir(file);
        let mut top = pat;
        loop {
            match hir[top].parent {
                hir::PatParent::Pat(outer) => top = outer,
                hir::PatParent::Expr(expr) => return self.scope_of_expr(file, expr),
                hir::PatParent::Stmt(stmt) => return self.scope_of_expr(file, hir[stmt].block),
                hir::PatParent::Item(item) => return self.scope_of_item(file, item),
            }
        }
    }

    /// The scope in which an item (its signature) looks names up: the module or block around it.
    pub(crate) fn scope_of_item(&self, file: FileIdx, item: ItemId) -> DefId {
        match self.hir(file)[item].parent {
            ItemParent::File => self.module_of_file(file).unwrap_or(DefId(0)),
            ItemParent::Item(parent) => match &self.hir(file)[parent].kind {
                ItemKind::Module { .. } => self.def_of_item(file, parent).unwrap_or(DefId(0)),
                _ => self.scope_of_item(file, parent),
            },
            ItemParent::Stmt(stmt) => self.scope_of_expr(file, self.hir(file)[stmt].block),
        }
    }
}

struct Modules<'a> {
    files: &'a dyn Files,
    /// Where the files of child modules lie.
    dir: std::path::PathBuf,
}

struct NoFiles;

impl Files for NoFiles {
    fn open(&self, _: &Path) -> Option<(FileId, Unit)> {
        None
    }
}

fn flatten(tree: &UseTree, so_far: &Import, out: &mut Vec<Import>) {
    let mut import = so_far.clone();
    import.span = tree.span;
    match &tree.kind {
        UseKind::Path { name, rest } => {
            import.path.push(name.clone());
            flatten(rest, &import, out);
        }
        UseKind::Group(trees) => trees.iter().for_each(|tree| flatten(tree, so_far, out)),
        UseKind::Glob => {
            import.is_glob = true;
            out.push(import);
        }
        UseKind::Name(name) => {
            if name.text != "self" || import.path.is_empty() {
                import.path.push(name.clone());
            }
            import.binds = import.path.last().map(|last| last.text.clone());
            out.push(import);
        }
        UseKind::Rename { name, rename } => {
            if name.text != "self" || import.path.is_empty() {
                import.path.push(name.clone());
            }
            import.rename = Some(rename.text.clone());
            import.binds = (rename.text != "_").then(|| rename.text.clone());
            out.push(import);
        }
    }
}
