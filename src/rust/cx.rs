//! What every rule looks at: the indexed program with types and flow, and helpers to read and change its text.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use super::flow::Flow;
use super::gates::Twins;
use super::hir::{ExprId, ExprKind, Hir, ItemId, ItemKind, Parent, PatId, Span, StmtId, TypeId, TypeKind};
use super::index::{CrateId, DefId, DefKind, FileIdx, Program};
use super::infer::{Inferred, ValueRes};
use super::legacy::{Legacy, Tracked};
use super::resolve::{Namespace, Res, Resolver};
use super::rules::engine_options::attach::Link;
use super::ty::Ty;
use crate::docs::Documented;
use crate::edit::Edit;

/// An edit of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) file: FileIdx,
    pub(crate) edit: Edit,
}

/// A name of the new API that changed code uses in a scope, e.g. `session::Session`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Need {
    pub(crate) file: FileIdx,
    pub(crate) scope: DefId,
    pub(crate) path: &'static str,
}

/// What a function is to a trait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TraitMethod {
    None,
    /// It is, or implements, this declaration of the program.
    Own(DefId),
    /// It implements a trait that the program does not define.
    Foreign,
}

/// The shared view of one group of crates.
#[derive(Debug)]
pub(crate) struct Cx<'a> {
    pub(crate) program: &'a Program,
    pub(crate) resolver: &'a Resolver<'a>,
    pub(crate) legacy: &'a Legacy,
    pub(crate) flow: &'a Flow,
    pub(crate) inferred: &'a HashMap<FileIdx, Inferred>,
    pub(crate) documented: &'a Documented<'a>,
    /// Uses of every local, in source order.
    pub(crate) uses: HashMap<(FileIdx, PatId), Vec<ExprId>>,
    /// Callers of every function of the program: the calls by which it is reached.
    calls: HashMap<DefId, Vec<(FileIdx, ExprId)>>,
    /// What the code of each crate calls the new one.
    runtimes: HashMap<CrateId, String>,
    /// Names that must be written with their full path, because the short one means something else.
    pub(crate) qualified: BTreeSet<Need>,
    /// Engines whose sinks the builder of a session has.
    pub(crate) attached: BTreeSet<Link>,
    needs: RefCell<Vec<Need>>,
    asked: RefCell<BTreeSet<String>>,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(
        resolver: &'a Resolver<'a>,
        legacy: &'a Legacy,
        flow: &'a Flow,
        inferred: &'a HashMap<FileIdx, Inferred>,
        runtimes: HashMap<CrateId, String>,
        documented: &'a Documented<'a>,
    ) -> Self {
        let mut cx = Self {
            program: resolver.program,
            resolver,
            legacy,
            flow,
            inferred,
            documented,
            uses: HashMap::new(),
            calls: HashMap::new(),
            runtimes,
            qualified: BTreeSet::new(),
            attached: BTreeSet::new(),
            needs: RefCell::default(),
            asked: RefCell::default(),
        };
        cx.index_uses();
        cx
    }

    fn index_uses(&mut self) {
        for (&file, inferred) in self.inferred {
            for (&expr, value) in &inferred.values {
                match value {
                    ValueRes::Local(pat) => {
                        for pat in inferred.alternatives_of(*pat) {
                            self.uses.entry((file, pat)).or_default().push(expr);
                        }
                    }
                    ValueRes::Def(def) => self.calls.entry(*def).or_default().push((file, expr)),
                    ValueRes::Extern(_) => {}
                }
            }
            for (&expr, &def) in &inferred.methods {
                self.calls.entry(def).or_default().push((file, expr));
            }
        }
        for ((file, _), uses) in &mut self.uses {
            uses.sort_by_key(|&expr| self.program.hir(*file)[expr].span);
        }
        self.share_calls_of_twins();
    }

    /// A call means whichever of the functions of its name the conditions choose.
    fn share_calls_of_twins(&mut self) {
        let twins = Twins::find(self.program);
        let called: Vec<(DefId, Vec<(FileIdx, ExprId)>)> =
            self.calls.iter().map(|(&def, calls)| (def, calls.clone())).collect();
        for (def, calls) in called {
            for twin in twins.of(def) {
                self.calls.entry(twin).or_default().extend(calls.iter().copied());
            }
        }
        self.calls.values_mut().for_each(|calls| {
            calls.sort();
            calls.dedup();
        });
    }

    /// The calls of a function. Notes that they were asked for: files that name it must be parsed for the answer to hold.
    pub(crate) fn callers(&self, def: DefId) -> &[(FileIdx, ExprId)] {
        self.asked.borrow_mut().insert(self.program.def(def).name.clone());
        self.calls.get(&def).map_or(&[], Vec::as_slice)
    }

    /// The trait's declaration that a function is or implements.
    pub(crate) fn trait_method(&self, def: DefId) -> TraitMethod {
        let Some(owner) = self.program.def(def).parent else { return TraitMethod::None };
        match self.program.item(owner).map(|item| &item.kind) {
            Some(ItemKind::Trait { .. }) => TraitMethod::Own(def),
            Some(ItemKind::Impl { trait_path: Some(path), .. }) => {
                let scope = self.resolver.ty_scope(owner).scope;
                let found = self.resolver.path(scope, path, Namespace::Type).map(|found| found.res);
                let Some(Res::Def(declared)) = found else { return TraitMethod::Foreign };
                let members = self.program.members.get(&declared).into_iter().flatten();
                let name = &self.program.def(def).name;
                match members.copied().find(|&member| self.program.def(member).name == *name) {
                    Some(member) if !self.program.is_model(member) => TraitMethod::Own(member),
                    _ => TraitMethod::Foreign,
                }
            }
            _ => TraitMethod::None,
        }
    }

    /// The names of functions whose callers were asked for.
    pub(crate) fn take_asked(&self) -> BTreeSet<String> {
        std::mem::take(&mut self.asked.borrow_mut())
    }

    pub(crate) fn hir(&self, file: FileIdx) -> &'a Hir {
        self.program.hir(file)
    }

    pub(crate) fn inferred(&self, file: FileIdx) -> &'a Inferred {
        &self.inferred[&file]
    }

    pub(crate) fn ty(&self, file: FileIdx, expr: ExprId) -> &'a Ty {
        self.inferred(file).ty(expr)
    }

    pub(crate) fn span(&self, file: FileIdx, expr: ExprId) -> Span {
        self.hir(file)[expr].span
    }

    pub(crate) fn source(&self, file: FileIdx) -> &'a str {
        self.program.unit(file).source.text()
    }

    pub(crate) fn text(&self, file: FileIdx, span: Span) -> &'a str {
        &self.source(file)[span.range()]
    }

    pub(crate) fn expr_text(&self, file: FileIdx, expr: ExprId) -> &'a str {
        self.text(file, self.span(file, expr))
    }

    pub(crate) fn uses_of(&self, file: FileIdx, pat: PatId) -> &[ExprId] {
        self.uses.get(&(file, pat)).map_or(&[], Vec::as_slice)
    }

    /// The tracked type an expression is a handle of.
    pub(crate) fn handle(&self, file: FileIdx, expr: ExprId) -> Option<Tracked> {
        self.legacy.handle_of(self.resolver, self.ty(file, expr))
    }

    /// Whether the crate of a file depends on the legacy crate.
    pub(crate) fn knows_legacy(&self, file: FileIdx) -> bool {
        let Some(module) = self.program.module_of_file(file) else { return false };
        let dependencies = &self.program.krate(self.program.def(module).krate).dependencies;
        dependencies.values().map(|&id| self.program.krate(id)).any(|krate| krate.model && krate.name == "geppetto")
    }

    /// What code of a file calls the new crate.
    pub(crate) fn runtime(&self, file: FileIdx) -> &str {
        self.program.module_of_file(file).map_or("geppetto_runtime", |module| self.runtime_in(module))
    }

    fn runtime_in(&self, scope: DefId) -> &str {
        self.runtimes.get(&self.program.def(scope).krate).map_or("geppetto_runtime", String::as_str)
    }

    /// The name by which code in `scope` writes an item of the new crate; notes that it must be imported there.
    pub(crate) fn name(&self, file: FileIdx, scope: DefId, path: &'static str) -> String {
        let short = path.rsplit("::").next().unwrap_or(path);
        let scope = self.scope_that_brings(scope, short);
        let need = Need { file, scope, path };
        if self.qualified.contains(&need) || self.is_taken(scope, short, path) {
            return format!("{}::{path}", self.runtime_in(scope));
        }
        let mut needs = self.needs.borrow_mut();
        if !needs.contains(&need) {
            needs.push(need);
        }
        short.to_owned()
    }

    /// The block whose own imports bring a name of this sort already, or the module around.
    fn scope_that_brings(&self, scope: DefId, short: &str) -> DefId {
        let mut at = scope;
        while let Some(parent) = self.program.scopes.get(&at).and_then(|scope| scope.lexical_parent) {
            let brings = [Namespace::Type, Namespace::Value].iter().any(|&namespace| {
                matches!(self.resolver.member(at, short, namespace), Some((Res::Def(def), Some(_))) if self.program.is_model(def))
            });
            if brings {
                return at;
            }
            at = parent;
        }
        at
    }

    /// The name at an expression.
    pub(crate) fn name_at(&self, file: FileIdx, expr: ExprId, path: &'static str) -> String {
        self.name(file, self.program.scope_of_expr(file, expr), path)
    }

    /// Whether a short name means something of the user's in a scope.
    fn is_taken(&self, scope: DefId, short: &str, path: &str) -> bool {
        [Namespace::Type, Namespace::Value].iter().any(|&namespace| {
            let Some((res, _)) = self.resolver.member(scope, short, namespace) else { return false };
            match res {
                Res::Extern(other) => other != format!("{}::{path}", self.runtime_in(scope)),
                Res::Def(def) => {
                    let krate = &self.program.krate(self.program.def(def).krate);
                    !(krate.model && (krate.name == "geppetto" || krate.name == "geppetto_runtime"))
                }
            }
        })
    }

    /// The names asked for since the last call.
    pub(crate) fn take_needs(&self) -> Vec<Need> {
        std::mem::take(&mut self.needs.borrow_mut())
    }

    pub(crate) fn replace(&self, file: FileIdx, span: Span, text: impl Into<String>) -> Change {
        Change { file, edit: Edit::replace(span.range(), text) }
    }

    pub(crate) fn insert(&self, file: FileIdx, at: u32, text: impl Into<String>) -> Change {
        Change { file, edit: Edit::insert(at as usize, text) }
    }

    /// The expression without parentheses around it.
    pub(crate) fn peel_parens(&self, file: FileIdx, mut expr: ExprId) -> ExprId {
        while let ExprKind::Paren(inner) = self.hir(file)[expr].kind {
            expr = inner;
        }
        expr
    }

    /// The parent expression, parentheses skipped.
    pub(crate) fn parent_expr(&self, file: FileIdx, expr: ExprId) -> Option<ExprId> {
        match self.hir(file)[expr].parent {
            Parent::Expr(parent) if matches!(self.hir(file)[parent].kind, ExprKind::Paren(_)) => {
                self.parent_expr(file, parent)
            }
            Parent::Expr(parent) => Some(parent),
            _ => None,
        }
    }

    /// The definition that a call's callee or a path names.
    pub(crate) fn value_def(&self, file: FileIdx, expr: ExprId) -> Option<DefId> {
        match self.inferred(file).values.get(&self.peel_parens(file, expr)) {
            Some(ValueRes::Def(def)) => Some(*def),
            _ => None,
        }
    }

    /// Whether `expr` calls a function of an embedded description by its path.
    pub(crate) fn calls_known(&self, file: FileIdx, expr: ExprId, path: &str) -> Option<&'a [ExprId]> {
        let ExprKind::Call { callee, args } = &self.hir(file)[expr].kind else { return None };
        let def = self.value_def(file, *callee)?;
        (self.program.path_of(def) == path || self.assoc_path(def) == path).then_some(args.as_slice())
    }

    /// `module::Type::function` of an associated function.
    pub(crate) fn assoc_path(&self, def: DefId) -> String {
        let data = self.program.def(def);
        let Some(parent) = data.parent else { return data.name.clone() };
        let Some(item) = self.program.item(parent) else { return self.program.path_of(def) };
        let ItemKind::Impl { self_ty, .. } = &item.kind else { return self.program.path_of(def) };
        let scope = self.resolver.ty_scope(parent);
        match self.resolver.lower(*self_ty, &scope) {
            Ty::Adt(owner, _) | Ty::Trait(owner, _) => format!("{}::{}", self.program.path_of(owner), data.name),
            _ => self.program.path_of(def),
        }
    }

    /// Whether an expression is `Arc::new(x)` or the like around a handle; the inner expression.
    pub(crate) fn pointer_new(&self, file: FileIdx, expr: ExprId) -> Option<ExprId> {
        let made = ["std::sync::Arc::new", "std::rc::Rc::new"];
        let converted = ["std::sync::Arc::from", "std::rc::Rc::from"];
        let calls =
            |paths: [&str; 2]| paths.iter().find_map(|path| self.calls_known(file, expr, path)?.first().copied());
        calls(made).or_else(|| calls(converted).filter(|&arg| !self.is_boxed(file, arg)))
    }

    fn is_boxed(&self, file: FileIdx, expr: ExprId) -> bool {
        let boxed = self.resolver.known("std::boxed::Box");
        matches!(self.ty(file, expr), super::ty::Ty::Adt(def, _) if Some(*def) == boxed)
    }

    /// What is cloned by `x.clone()`, `(&x).clone()`, `x.to_owned()`, `Arc::clone(&x)` or `Clone::clone(&x)`.
    pub(crate) fn cloned(&self, file: FileIdx, expr: ExprId) -> Option<ExprId> {
        if let ExprKind::MethodCall { receiver, method, args, .. } = &self.hir(file)[expr].kind {
            let clones = matches!(method.text.as_str(), "clone" | "to_owned") && args.is_empty();
            return clones.then(|| self.referent(file, *receiver));
        }
        let functions = [
            "std::sync::Arc::clone",
            "std::rc::Rc::clone",
            "std::clone::Clone::clone",
            "std::borrow::ToOwned::to_owned",
        ];
        let args = functions.iter().find_map(|function| self.calls_known(file, expr, function))?;
        args.first().map(|&arg| self.referent(file, arg))
    }

    /// The expression without parentheses, borrows and dereferences of borrows around it.
    pub(crate) fn referent(&self, file: FileIdx, expr: ExprId) -> ExprId {
        match self.hir(file)[expr].kind {
            ExprKind::Paren(inner) | ExprKind::Ref { mutable: false, expr: inner } => self.referent(file, inner),
            ExprKind::Deref(inner) if matches!(self.ty(file, inner), Ty::Ref(_)) => self.referent(file, inner),
            _ => expr,
        }
    }

    /// The local that an expression names, through parentheses; `None` where conditions choose between several.
    pub(crate) fn local(&self, file: FileIdx, expr: ExprId) -> Option<PatId> {
        let inferred = self.inferred(file);
        let local = inferred.local(self.peel_parens(file, expr))?;
        (inferred.alternatives_of(local).len() == 1).then_some(local)
    }

    /// The item whose body an expression belongs to.
    pub(crate) fn function_of(&self, file: FileIdx, expr: ExprId) -> ItemId {
        self.hir(file).body_owner(expr)
    }

    /// The innermost statement around an expression.
    pub(crate) fn stmt_of(&self, file: FileIdx, expr: ExprId) -> Option<StmtId> {
        self.hir(file).enclosing_stmt(expr)
    }

    /// Expressions around `expr`, from the inside out, within its function.
    pub(crate) fn ancestors(&self, file: FileIdx, expr: ExprId) -> impl Iterator<Item = ExprId> + '_ {
        self.hir(file).ancestors(expr)
    }

    /// The locals that an expression names, once each.
    pub(crate) fn locals_in(&self, file: FileIdx, expr: ExprId) -> Vec<PatId> {
        let inferred = self.inferred(file);
        let mut locals: Vec<PatId> = self.hir(file).descendants(expr).filter_map(|at| inferred.local(at)).collect();
        locals.sort();
        locals.dedup();
        locals
    }

    /// Whether text that was not read, or a format string, may name a local: then its uses are not all known.
    pub(crate) fn may_be_named_unread(&self, file: FileIdx, pat: PatId) -> bool {
        let hir = self.hir(file);
        let Some(name) = self.bound_name(file, pat) else { return true };
        let is_named =
            |span: &Span| span.start >= hir[pat].span.end && super::text::holds_word(self.text(file, *span), name);
        hir.opaque.iter().any(is_named) || self.inferred(file).captures.iter().any(|(_, captured)| *captured == pat)
    }

    /// Whether any binding of the function around `expr` has this name, apart from `except`.
    pub(crate) fn binds_name(&self, file: FileIdx, expr: ExprId, name: &str, except: &[PatId]) -> bool {
        let around = self.hir(file)[self.function_of(file, expr)].span;
        self.inferred(file).bindings.keys().any(|pat| {
            !except.contains(pat)
                && around.contains(self.hir(file)[*pat].span)
                && self.bound_name(file, *pat).is_some_and(|bound| bound == name)
        })
    }

    pub(crate) fn bound_name(&self, file: FileIdx, pat: PatId) -> Option<&'a str> {
        match &self.hir(file)[pat].kind {
            super::hir::PatKind::Bind { name, .. } => Some(name.text.as_str()),
            _ => None,
        }
    }

    /// A name that no binding of the function around `expr` has yet, nor an item that is seen there, nor is among those
    /// `taken`.
    pub(crate) fn free_name(&self, file: FileIdx, expr: ExprId, wish: &str, taken: &[String]) -> String {
        let scope = self.program.scope_of_expr(file, expr);
        let is_item = |name: &str| {
            let found = self.resolver.names(scope, &[name], false, Namespace::Value);
            found.is_some_and(|found| !matches!(found.res, Res::Def(def) if self.program.is_model(def)))
        };
        let candidates = std::iter::once(wish.to_owned()).chain((2..).map(|n| format!("{wish}{n}")));
        candidates
            .into_iter()
            .find(|name| !taken.contains(name) && !self.binds_name(file, expr, name, &[]) && !is_item(name))
            .unwrap_or_else(|| wish.to_owned())
    }

    /// The written type directly around another one, if that is `Arc<_>` or `Rc<_>`.
    pub(crate) fn pointer_around(&self, file: FileIdx, ty: TypeId) -> Option<TypeId> {
        self.around(file, ty, |def| super::legacy::is_shared_pointer(self.resolver, def) || self.is_pointer_alias(def))
    }

    /// Whether a definition is `type Shared<T> = Arc<T>`.
    fn is_pointer_alias(&self, def: DefId) -> bool {
        self.program.def(def).kind == DefKind::TypeAlias
            && !self.program.is_model(def)
            && match self.resolver.instantiate_type(def, vec![Ty::Param(String::new())]) {
                Ty::Adt(pointer, args) => {
                    super::legacy::is_shared_pointer(self.resolver, pointer) && args == [Ty::Param(String::new())]
                }
                _ => false,
            }
    }

    /// The written type directly around another one, if that is `Weak<_>`.
    pub(crate) fn weak_around(&self, file: FileIdx, ty: TypeId) -> Option<TypeId> {
        let weak = ["std::sync::Weak", "std::rc::Weak"].map(|path| self.resolver.known(path));
        self.around(file, ty, |def| weak.contains(&Some(def)))
    }

    fn around(&self, file: FileIdx, ty: TypeId, is_wanted: impl Fn(DefId) -> bool) -> Option<TypeId> {
        let super::hir::TypeParent::Type(outer) = self.hir(file)[ty].parent else { return None };
        let TypeKind::Path(path) = &self.hir(file)[outer].kind else { return None };
        let scope = super::flow::scope_of_type(self.resolver, file, outer);
        match self.resolver.path(scope, path, Namespace::Type)?.res {
            Res::Def(def) if is_wanted(def) => Some(outer),
            _ => None,
        }
    }

    /// Whether a span begins on a line of an example that its readers do not see.
    pub(crate) fn is_hidden(&self, file: FileIdx, span: Span) -> bool {
        let example = self.documented.examples.get(self.hir(file).file);
        example.is_some_and(|example| example.is_hidden(span.start as usize))
    }

    /// Where a span begins, as people read it.
    pub(crate) fn place(&self, file: FileIdx, span: Span) -> String {
        let source = &self.program.unit(file).source;
        let own = || (source.path(), source.position(span.start as usize));
        let (path, position) =
            self.documented.examples.position(self.hir(file).file, span.start as usize).unwrap_or_else(own);
        format!("{}:{}:{}", path.display(), position.line, position.column)
    }
}
