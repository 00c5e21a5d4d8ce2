//! What every rule looks at: the program with types and flow, and helpers to read and change its text.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::ops::{Deref, Range};
use std::path::Path;

use super::flow::{Flow, View};
use super::index::{DefId, FileIdx};
use super::infer::Ref;
use super::models::{self, GEPPETTO_MODULE};
use super::sights::Sights;
use super::syntax::NodeId;
use crate::docs::{Documented, Example};
use crate::edit::Edit;
use crate::source::Position;

/// An edit of one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Change {
    pub(crate) file: FileIdx,
    pub(crate) edit: Edit,
}

/// The decision about a site of a Go program.
pub(crate) type Outcome = crate::outcome::Outcome<Change>;

/// A package of the geppetto module that changed code names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Need {
    pub(crate) file: FileIdx,
    /// Its import path.
    pub(crate) path: String,
    /// What the code calls it.
    pub(crate) name: String,
}

/// A node of a file.
type Place = (FileIdx, NodeId);

/// The shared view of the packages of a tree.
#[derive(Debug)]
pub(crate) struct Cx<'a> {
    pub(crate) view: View<'a>,
    pub(crate) flow: &'a Flow,
    /// The examples in documentation.
    pub(crate) documented: &'a Documented<'a>,
    /// Uses of every local variable, in the order of the text; the declaration is none of them.
    uses: HashMap<(FileIdx, NodeId), Vec<NodeId>>,
    /// Uses of every declaration of the tree.
    def_uses: HashMap<DefId, Vec<(FileIdx, NodeId)>>,
    needs: RefCell<Vec<Need>>,
    sights: OnceCell<Sights>,
    /// Names that changed code declares, with the list of statements that they are declared in.
    declared: RefCell<Vec<(FileIdx, NodeId, String)>>,
}

impl<'a> Deref for Cx<'a> {
    type Target = View<'a>;

    fn deref(&self) -> &View<'a> {
        &self.view
    }
}

impl<'a> Cx<'a> {
    pub(crate) fn new(view: View<'a>, flow: &'a Flow, documented: &'a Documented<'a>) -> Self {
        let mut cx = Self {
            view,
            flow,
            documented,
            uses: HashMap::new(),
            def_uses: HashMap::new(),
            needs: RefCell::default(),
            sights: OnceCell::new(),
            declared: RefCell::default(),
        };
        for file in view.program.own_files() {
            for (name, meaning) in view.inferred(file).names() {
                match meaning {
                    Ref::Local(declared) if declared != name => cx.uses.entry((file, declared)).or_default().push(name),
                    Ref::Def(def) if view.program.declared(file, name) != Some(def) => {
                        cx.def_uses.entry(def).or_default().push((file, name));
                    }
                    _ => {}
                }
            }
        }
        cx.uses.values_mut().for_each(|uses| uses.sort());
        cx.def_uses.values_mut().for_each(|uses| uses.sort());
        cx
    }

    /// What the program sees of its runs.
    pub(crate) fn sights(&self) -> Sights {
        *self.sights.get_or_init(|| Sights::of(self))
    }

    /// The uses of the local variable that `declared` declares, in the order of the text.
    pub(crate) fn uses(&self, file: FileIdx, declared: NodeId) -> &[NodeId] {
        self.uses.get(&(file, declared)).map_or(&[], Vec::as_slice)
    }

    /// The uses of a declaration outside of itself.
    pub(crate) fn uses_of_def(&self, def: DefId) -> &[(FileIdx, NodeId)] {
        self.def_uses.get(&def).map_or(&[], Vec::as_slice)
    }

    /// The calls of the function or method that is declared as `def`, and its uses that are no calls.
    pub(crate) fn calls_of(&self, def: DefId) -> (Vec<Place>, Vec<Place>) {
        self.uses_of_def(def)
            .iter()
            .map(|&(file, name)| (file, self.call_of_name(file, name).unwrap_or(name)))
            .partition(|&(file, node)| self.syntax(file).kind(node) == "call_expression")
    }

    /// The call whose function is, or ends with, `name`.
    pub(crate) fn call_of_name(&self, file: FileIdx, name: NodeId) -> Option<NodeId> {
        let syntax = self.syntax(file);
        let above = syntax.parent(name)?;
        let function = match syntax.child(above, "field") == Some(name) {
            true => above,
            false => name,
        };
        let call = syntax.parent(function).filter(|&call| syntax.kind(call) == "call_expression")?;
        (syntax.child(call, "function") == Some(function)).then_some(call)
    }

    /// The arguments of a call.
    pub(crate) fn args(&self, file: FileIdx, call: NodeId) -> Vec<NodeId> {
        let syntax = self.syntax(file);
        syntax.child(call, "arguments").into_iter().flat_map(|list| syntax.children(list)).collect()
    }

    pub(crate) fn text(&self, file: FileIdx, node: NodeId) -> &'a str {
        self.view.program.syntax(file).text(node)
    }

    /// `path:line`, for messages.
    pub(crate) fn place(&self, file: FileIdx, node: NodeId) -> String {
        let (path, position) = self.position(file, self.syntax(file).start(node));
        format!("{}:{}", path.display(), position.line)
    }

    /// Where an offset into a file is found by people: for an example, in the file it stands in.
    pub(crate) fn position(&self, file: FileIdx, offset: usize) -> (&Path, Position) {
        let syntax = self.syntax(file);
        let in_host = self.documented.examples.position(syntax.file, offset);
        in_host.unwrap_or_else(|| (syntax.source.path(), syntax.source.position(offset)))
    }

    /// The example that a file is.
    pub(crate) fn example(&self, file: FileIdx) -> Option<&'a Example> {
        self.documented.examples.get(self.syntax(file).file)
    }

    /// The statement that `node` belongs to: the nearest one that stands in a list of statements.
    pub(crate) fn stmt(&self, file: FileIdx, node: NodeId) -> Option<NodeId> {
        let syntax = self.syntax(file);
        syntax
            .ancestors(node)
            .find(|&node| syntax.parent(node).is_some_and(|parent| syntax.kind(parent) == "statement_list"))
    }

    /// The statements in front of `stmt` in its list, `stmt` itself, and those behind it.
    pub(crate) fn siblings(&self, file: FileIdx, stmt: NodeId) -> (Vec<NodeId>, Vec<NodeId>) {
        let syntax = self.syntax(file);
        let all: Vec<NodeId> = syntax.parent(stmt).into_iter().flat_map(|list| syntax.children(list)).collect();
        let at = all.iter().position(|&other| other == stmt).unwrap_or(0);
        (all[..at].to_vec(), all[(at + 1).min(all.len())..].to_vec())
    }

    /// The innermost function around `node`.
    pub(crate) fn function(&self, file: FileIdx, node: NodeId) -> Option<NodeId> {
        let syntax = self.syntax(file);
        let above = syntax.parent(node)?;
        syntax.enclosing(above, &["function_declaration", "method_declaration", "func_literal"])
    }

    pub(crate) fn replace(&self, file: FileIdx, node: NodeId, text: impl Into<String>) -> Change {
        Change { file, edit: Edit::replace(self.syntax(file).range(node), text) }
    }

    pub(crate) fn edit(&self, file: FileIdx, range: Range<usize>, text: impl Into<String>) -> Change {
        Change { file, edit: Edit::replace(range, text) }
    }

    /// The whitespace in front of the line of `node`.
    pub(crate) fn indent(&self, file: FileIdx, node: NodeId) -> &'a str {
        let syntax = self.view.program.syntax(file);
        syntax.source.indent_at(syntax.start(node))
    }

    /// The bytes of a statement with its line, if nothing else stands on it, else with the semicolon behind it; a blank
    /// line that would be left twice goes, too.
    pub(crate) fn line_range(&self, file: FileIdx, stmt: NodeId) -> Range<usize> {
        let syntax = self.syntax(file);
        let text = syntax.source.text();
        let range = syntax.range(stmt);
        let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at + 1);
        let is_alone = text[start..range.start].trim().is_empty() && text[range.end..end].trim().is_empty();
        if !is_alone {
            let blank = [' ', '\t'];
            let next = text[range.end..].trim_start_matches(blank).strip_prefix(';');
            return range.start..next.map_or(range.end, |next| text.len() - next.trim_start_matches(blank).len());
        }
        let before = &text[..start];
        let after = &text[end..];
        let is_blank_before = before.trim_end_matches([' ', '\t', '\r']).ends_with("\n\n")
            || before.ends_with("\n\r\n")
            || before.trim_end().ends_with('{');
        let next = after.split_inclusive('\n').next().unwrap_or("");
        if is_blank_before && next.trim().is_empty() { start..end + next.len() } else { start..end }
    }

    /// Removes a statement with its line.
    pub(crate) fn remove_stmt(&self, file: FileIdx, stmt: NodeId) -> Change {
        self.edit(file, self.line_range(file, stmt), "")
    }

    /// Removes an element of a comma-separated list: an argument, a parameter, an element of a literal.
    pub(crate) fn remove_element(&self, file: FileIdx, element: NodeId) -> Change {
        let syntax = self.syntax(file);
        let text = syntax.source.text();
        let range = syntax.range(element);
        let line_start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
        let behind = text[range.end..].trim_start_matches([' ', '\t']);
        let has_comma = behind.starts_with(',');
        let after_comma = if has_comma { text.len() - behind.len() + 1 } else { range.end };
        let line_end = text[after_comma..].find('\n').map_or(text.len(), |at| after_comma + at + 1);
        let owns_line =
            text[line_start..range.start].trim().is_empty() && text[after_comma..line_end].trim().is_empty();
        if owns_line && has_comma {
            return self.edit(file, line_start..line_end, "");
        }
        if has_comma {
            let spaces = text[after_comma..].len() - text[after_comma..].trim_start_matches([' ', '\t']).len();
            return self.edit(file, range.start..after_comma + spaces, "");
        }
        let before = text[..range.start].trim_end();
        let start = if before.ends_with(',') { before.len() - 1 } else { range.start };
        self.edit(file, start..range.end, "")
    }

    /// What code of a file calls a package of the geppetto module (`inference/session`), ending in a dot; nothing where it
    /// is imported with a dot. The import comes with the change.
    pub(crate) fn package(&self, file: FileIdx, below_pkg: &str) -> String {
        let path = format!("{GEPPETTO_MODULE}/pkg/{below_pkg}");
        let entry = self.program.file(file);
        let target = models::find(self.program, &path);
        let known = entry
            .imports
            .iter()
            .find(|import| import.target.is_some() && import.target == target && import.name != "_");
        let name = match known {
            Some(import) if import.name == "." => return String::new(),
            Some(import) if !self.is_hidden(file, &import.name) => import.name.clone(),
            _ => self.free_name(file, below_pkg.rsplit('/').next().unwrap_or(below_pkg), "geppetto"),
        };
        self.needs.borrow_mut().push(Need { file, path: self.import_path(file, below_pkg), name: name.clone() });
        format!("{name}.")
    }

    /// The same for a package of the standard library.
    pub(crate) fn std_package(&self, file: FileIdx, path: &str) -> String {
        let known = self.program.file(file).imports.iter().find(|import| {
            import.path == path && !["_", "."].contains(&import.name.as_str()) && !self.is_hidden(file, &import.name)
        });
        let name = known.map_or_else(|| self.free_name(file, path, "std"), |import| import.name.clone());
        self.needs.borrow_mut().push(Need { file, path: path.to_owned(), name: name.clone() });
        format!("{name}.")
    }

    /// The path by which a file imports a package: that of the fork that it uses.
    fn import_path(&self, file: FileIdx, below_pkg: &str) -> String {
        let imports = &self.program.file(file).imports;
        let models = imports.iter().filter_map(|import| Some((import, self.program.package(import.target?))));
        let root = models.filter(|(_, package)| package.is_model).find_map(|(import, package)| {
            let rest = package.path.strip_prefix(GEPPETTO_MODULE)?;
            import.path.strip_suffix(rest).map(str::to_owned)
        });
        format!("{}/pkg/{below_pkg}", root.unwrap_or_else(|| GEPPETTO_MODULE.to_owned()))
    }

    fn free_name(&self, file: FileIdx, name: &str, prefix: &str) -> String {
        let entry = self.program.file(file);
        let is_taken = |name: &str| {
            entry.imports.iter().any(|import| import.name == name)
                || self.program.lookup(entry.package, name).is_some()
                || self.is_hidden(file, name)
        };
        let mut candidates = std::iter::once(name.to_owned())
            .chain(std::iter::once(format!("{prefix}{name}")))
            .chain((2..).map(|number| format!("{prefix}{name}{number}")));
        candidates.find(|name| !is_taken(name)).unwrap_or_else(|| name.to_owned())
    }

    /// Whether a function of the file with legacy code has a variable of this name.
    fn is_hidden(&self, file: FileIdx, name: &str) -> bool {
        self.declared_names(file).contains_key(name)
    }

    fn declared_names(&self, file: FileIdx) -> BTreeMap<&'a str, NodeId> {
        let syntax = self.view.program.syntax(file);
        let inferred = self.inferred(file);
        let locals = inferred.names().filter(|&(node, meaning)| meaning == Ref::Local(node));
        locals.map(|(node, _)| (syntax.text(node), node)).collect()
    }

    /// Notes that changed code declares a name in the list of statements `list`.
    pub(crate) fn declare(&self, file: FileIdx, list: NodeId, name: &str) {
        self.declared.borrow_mut().push((file, list, name.to_owned()));
    }

    /// Whether changed code declares a name where `list` sees it, or where it is seen from `list`.
    pub(crate) fn is_declared(&self, file: FileIdx, list: NodeId, name: &str) -> bool {
        let syntax = self.syntax(file);
        self.declared.borrow().iter().any(|(own, other, declared)| {
            *own == file && declared == name && (syntax.is_inside(*other, list) || syntax.is_inside(list, *other))
        })
    }

    /// What was asked of [`Self::package`] since the last time.
    pub(crate) fn take_needs(&self) -> Vec<Need> {
        let mut needs = self.needs.take();
        needs.sort();
        needs.dedup();
        needs
    }
}
