//! A Go file as an arena of nodes with byte ranges and parents, read by tree-sitter.

use std::ops::Range;
use std::sync::Arc;

use crate::source::Source;
use crate::tree::FileId;

/// One node of a file. Everything that has a name in the grammar is a node, and operators are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(pub(crate) u32);

impl NodeId {
    pub(crate) const ROOT: NodeId = NodeId(0);
}

/// Nobody writes code that is nested deeper; what walks over it may recurse.
const DEEPEST: usize = 1_000;

#[derive(Clone, Debug)]
struct Node {
    kind: &'static str,
    field: &'static str,
    start: u32,
    end: u32,
    parent: NodeId,
    children: Range<u32>,
    /// Behind its last descendant.
    last: u32,
}

/// A parsed file.
#[derive(Clone, Debug)]
pub(crate) struct Syntax {
    pub(crate) file: FileId,
    pub(crate) source: Arc<Source>,
    nodes: Vec<Node>,
    children: Vec<NodeId>,
}

/// Where and why a text is no Go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) offset: usize,
    pub(crate) message: String,
}

impl Syntax {
    /// Parses a file. What the grammar cannot make sense of is a flaw: nothing is guessed.
    ///
    /// # Errors
    /// The first [`Flaw`] of the text.
    pub(crate) fn parse(file: FileId, source: Arc<Source>) -> Result<Self, Flaw> {
        let mut parser = tree_sitter::Parser::new();
        let text = &source.text()[source.bom_len()..];
        let bom = source.bom_len() as u32;
        let tree = parser.set_language(&tree_sitter_go::LANGUAGE.into()).ok().and_then(|()| parser.parse(text, None));
        let Some(tree) = tree else {
            return Err(Flaw { offset: 0, message: "the grammar of Go cannot be loaded".to_owned() });
        };
        if tree.root_node().has_error() {
            return Err(first_flaw(&tree, bom as usize));
        }
        let mut syntax = Self { file, source, nodes: Vec::new(), children: Vec::new() };
        if !syntax.take(&mut tree.walk(), bom) {
            return Err(Flaw { offset: 0, message: format!("the code is nested more than {DEEPEST} levels deep") });
        }
        Ok(syntax)
    }

    /// Copies the node under the cursor and everything below it, if it is not nested too deep.
    fn take(&mut self, cursor: &mut tree_sitter::TreeCursor<'_>, bom: u32) -> bool {
        let root = self.push(cursor, NodeId::ROOT, bom);
        let mut open: Vec<(NodeId, Vec<NodeId>)> = vec![(root, Vec::new())];
        let mut descend = cursor.goto_first_child();
        loop {
            if descend {
                let node = cursor.node();
                let is_kept = node.is_named() || cursor.field_name() == Some("operator");
                if is_kept {
                    let (parent, siblings) = open.last_mut().expect("the root stays open");
                    let parent = *parent;
                    let id = NodeId(self.nodes.len() as u32);
                    siblings.push(id);
                    self.push(cursor, parent, bom);
                    open.push((id, Vec::new()));
                    if open.len() > DEEPEST {
                        return false;
                    }
                    if cursor.goto_first_child() {
                        continue;
                    }
                    self.close(&mut open);
                }
            }
            if cursor.goto_next_sibling() {
                descend = true;
            } else if open.len() > 1 && cursor.goto_parent() {
                self.close(&mut open);
                descend = false;
            } else {
                self.close(&mut open);
                return true;
            }
        }
    }

    fn close(&mut self, open: &mut Vec<(NodeId, Vec<NodeId>)>) {
        if let Some((id, children)) = open.pop() {
            let start = self.children.len() as u32;
            self.children.extend(children);
            let last = self.nodes.len() as u32;
            let node = &mut self.nodes[id.0 as usize];
            (node.children, node.last) = (start..self.children.len() as u32, last);
        }
    }

    fn push(&mut self, cursor: &tree_sitter::TreeCursor<'_>, parent: NodeId, bom: u32) -> NodeId {
        let node = cursor.node();
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(Node {
            kind: node.kind(),
            field: cursor.field_name().unwrap_or(""),
            start: node.start_byte() as u32 + bom,
            end: node.end_byte() as u32 + bom,
            parent,
            children: 0..0,
            last: id.0 + 1,
        });
        id
    }

    pub(crate) fn kind(&self, node: NodeId) -> &'static str {
        self.nodes[node.0 as usize].kind
    }

    pub(crate) fn range(&self, node: NodeId) -> Range<usize> {
        let node = &self.nodes[node.0 as usize];
        node.start as usize..node.end as usize
    }

    pub(crate) fn start(&self, node: NodeId) -> usize {
        self.range(node).start
    }

    pub(crate) fn end(&self, node: NodeId) -> usize {
        self.range(node).end
    }

    pub(crate) fn text(&self, node: NodeId) -> &str {
        self.source.slice(self.range(node))
    }

    pub(crate) fn slice(&self, range: Range<usize>) -> &str {
        self.source.slice(range)
    }

    pub(crate) fn parent(&self, node: NodeId) -> Option<NodeId> {
        (node != NodeId::ROOT).then(|| self.nodes[node.0 as usize].parent)
    }

    /// What the parent calls the node.
    pub(crate) fn role(&self, node: NodeId) -> &'static str {
        self.nodes[node.0 as usize].field
    }

    /// All children, comments too.
    pub(crate) fn all_children(&self, node: NodeId) -> &[NodeId] {
        let range = &self.nodes[node.0 as usize].children;
        &self.children[range.start as usize..range.end as usize]
    }

    /// The children that mean something.
    pub(crate) fn children(&self, node: NodeId) -> impl DoubleEndedIterator<Item = NodeId> + '_ {
        self.all_children(node).iter().copied().filter(|&child| self.kind(child) != "comment")
    }

    /// The child with a role.
    pub(crate) fn child(&self, node: NodeId, role: &str) -> Option<NodeId> {
        self.children(node).find(|&child| self.role(child) == role)
    }

    /// All children with a role.
    pub(crate) fn children_as<'a>(&'a self, node: NodeId, role: &'a str) -> impl Iterator<Item = NodeId> + 'a {
        self.children(node).filter(move |&child| self.role(child) == role)
    }

    /// The names that one declaration of variables, fields or parameters declares.
    pub(crate) fn names(&self, declaration: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        // The commas between them have their role.
        self.children_as(declaration, "name").filter(|&name| self.text(name) != ",")
    }

    /// The names of a function's parameters, in order; those that have none do not count.
    pub(crate) fn parameter_names(&self, function: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let list = self.child(function, "parameters");
        list.into_iter().flat_map(|list| self.children(list)).flat_map(|param| self.names(param))
    }

    /// The selector that ends in `name`, or the name alone.
    pub(crate) fn with_operand(&self, name: NodeId) -> NodeId {
        self.parent(name).filter(|&above| self.child(above, "field") == Some(name)).unwrap_or(name)
    }

    /// Whether something is put into what `place` names: by an assignment, a `range`, a `++`.
    pub(crate) fn is_put_into(&self, place: NodeId) -> bool {
        let Some(above) = self.parent(place) else { return false };
        match self.kind(above) {
            "expression_list" => self.role(above) == "left",
            "assignment_statement" | "short_var_declaration" | "range_clause" | "receive_statement" => {
                self.role(place) == "left"
            }
            "inc_statement" | "dec_statement" => true,
            _ => false,
        }
    }

    /// The same, or its address is taken, through which others may put something there.
    pub(crate) fn may_be_put_into(&self, place: NodeId) -> bool {
        let above = self.parent(place).filter(|&above| self.kind(above) == "unary_expression");
        self.is_put_into(place) || above.is_some_and(|above| self.text(above).starts_with('&'))
    }

    /// The first child of a kind.
    pub(crate) fn child_of_kind(&self, node: NodeId, kind: &str) -> Option<NodeId> {
        self.children(node).find(|&child| self.kind(child) == kind)
    }

    /// The node and everything around it, from the inside out.
    pub(crate) fn ancestors(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(Some(node), |&node| self.parent(node))
    }

    /// The nearest node of a kind around `node`, or itself.
    pub(crate) fn enclosing(&self, node: NodeId, kinds: &[&str]) -> Option<NodeId> {
        self.ancestors(node).find(|&node| kinds.contains(&self.kind(node)))
    }

    /// Whether `inner` is `outer` or inside of it.
    pub(crate) fn is_inside(&self, inner: NodeId, outer: NodeId) -> bool {
        (outer.0..self.nodes[outer.0 as usize].last).contains(&inner.0)
    }

    /// Every node of the file, parents before children, in the order of the text.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    /// The node and everything below it, in the order of the text.
    pub(crate) fn below(&self, node: NodeId) -> impl Iterator<Item = NodeId> + use<> {
        (node.0..self.nodes[node.0 as usize].last).map(NodeId)
    }

    /// The expression inside of parentheses.
    pub(crate) fn bare(&self, mut node: NodeId) -> NodeId {
        while self.kind(node) == "parenthesized_expression" {
            let Some(inner) = self.children(node).next() else { break };
            node = inner;
        }
        node
    }

    /// The key, the value or the element itself that a `literal_element` wraps.
    pub(crate) fn of_element(&self, mut node: NodeId) -> NodeId {
        while self.kind(node) == "literal_element" {
            let Some(child) = self.children(node).next() else { break };
            node = child;
        }
        node
    }

    /// The elements of an `expression_list`, or the expression alone.
    pub(crate) fn list(&self, node: NodeId) -> Vec<NodeId> {
        if self.kind(node) == "expression_list" { self.children(node).collect() } else { vec![node] }
    }
}

fn first_flaw(tree: &tree_sitter::Tree, bom: usize) -> Flaw {
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        if node.is_error() || node.is_missing() {
            let message = match node.is_missing() {
                true => format!("`{}` is missing", node.kind()),
                false => "this is no Go".to_owned(),
            };
            return Flaw { offset: node.start_byte() + bom, message };
        }
        if node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return Flaw { offset: bom, message: "this is no Go".to_owned() };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Syntax, Flaw> {
        Syntax::parse(FileId(0), Arc::new(Source::new("a.go", text)))
    }

    #[test]
    fn nodes_know_their_place_and_their_parents() {
        let syntax = parse("\u{feff}package a\n\nfunc f(x int) { g(x + 1) }\n").unwrap();
        let call = syntax.nodes().find(|&node| syntax.kind(node) == "call_expression").unwrap();
        assert_eq!(syntax.text(call), "g(x + 1)");
        let function = syntax.enclosing(call, &["function_declaration"]).unwrap();
        assert_eq!(syntax.text(syntax.child(function, "name").unwrap()), "f");
        let inner: Vec<&str> = syntax.below(call).map(|node| syntax.kind(node)).collect();
        let expected =
            ["call_expression", "identifier", "argument_list", "binary_expression", "identifier", "+", "int_literal"];
        assert_eq!(inner, expected);
    }

    #[test]
    fn what_is_no_go_has_a_place() {
        let flaw = parse("package a\n\nfunc f( {\n").unwrap_err();
        assert!(flaw.offset >= 10, "{flaw:?}");
    }

    #[test]
    fn deep_nesting_is_no_danger() {
        let text = format!("package a\n\nvar x = {}1{}\n", "(".repeat(20_000), ")".repeat(20_000));
        assert!(parse(&text).unwrap_err().message.contains("nested"));
    }
}
