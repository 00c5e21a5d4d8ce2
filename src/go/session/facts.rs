//! What is known of a unit as a whole.

use super::in_place::InPlace;
use crate::go::cx::Cx;
use crate::go::flow::Slot;
use crate::go::index::{DefId, DefKind, FileIdx};
use crate::go::sites::Site;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::go::ty::{Ty, Types};
use crate::go::unit::Unit;

/// A state that is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Creation {
    pub(crate) file: FileIdx,
    /// The call of `NewInferenceState`.
    pub(crate) call: NodeId,
    pub(crate) id: NodeId,
    pub(crate) turn: NodeId,
    pub(crate) engine: NodeId,
    /// The variable that the state is put into, where it is declared with it.
    pub(crate) variable: Option<NodeId>,
}

/// A core session that is made: `&core.Session{…}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Literal {
    pub(crate) file: FileIdx,
    /// The literal, with the `&` in front of it.
    pub(crate) node: NodeId,
    pub(crate) body: NodeId,
    /// The value of `State`.
    pub(crate) state: Option<NodeId>,
    /// The fields besides `State`: name, element, value.
    pub(crate) parts: Vec<(Legacy, NodeId, NodeId)>,
    /// The variable that the core session is put into, where it is declared with it.
    pub(crate) variable: Option<NodeId>,
}

impl Literal {
    /// Whether it makes a pointer, and not a value.
    pub(crate) fn is_pointer(&self, cx: &Cx<'_>) -> bool {
        cx.syntax(self.file).kind(self.node) == "unary_expression"
    }
}

/// What holds for a unit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) creations: Vec<Creation>,
    pub(crate) literals: Vec<Literal>,
    /// Whether anything but one function may hold the session: a field, a parameter, a goroutine.
    pub(crate) is_shared: bool,
    /// Whether anybody reads the turns of the session.
    pub(crate) reads_history: bool,
    /// Whether anybody reads its id.
    pub(crate) reads_id: bool,
}

impl Facts {
    pub(super) fn of(cx: &Cx<'_>, unit: &Unit) -> Self {
        let mut facts = Self::default();
        for site in &unit.sites {
            match site.legacy {
                Legacy::NewInferenceState => facts.creations.extend(creation(cx, site)),
                Legacy::CoreSession => facts.literals.extend(literal(cx, site)),
                _ => {}
            }
        }
        facts
    }

    /// Looks at the sites that are about sessions.
    pub(super) fn look(&mut self, cx: &Cx<'_>, unit: &Unit, in_place: &[InPlace]) {
        let is_of_session = |site: &&Site| !in_place.iter().any(|one| one.owns(cx, site));
        let sites: Vec<&Site> = unit.sites.iter().filter(is_of_session).collect();
        for site in &sites {
            match site.legacy {
                Legacy::Turn => self.reads_history = true,
                Legacy::RunId => self.reads_id = true,
                Legacy::RunInference | Legacy::RunInferenceStarted => {
                    let call = cx.call_of_name(site.file, site.name);
                    let seed = call.and_then(|call| cx.args(site.file, call).get(1).copied());
                    self.reads_history |= seed.is_none_or(|seed| cx.text(site.file, seed) == "nil");
                }
                _ => {}
            }
        }
        let home = home(cx, unit, &self.creations);
        self.is_shared = unit.slots.iter().any(|slot| holds_session(cx, slot))
            || sites.iter().any(|site| is_in_goroutine(cx, site, home));
    }

    /// The core session that is made at `node`.
    pub(crate) fn literal_at(&self, file: FileIdx, node: NodeId) -> Option<&Literal> {
        self.literals.iter().find(|literal| literal.file == file && literal.node == node)
    }

    /// The creation whose variable is `declared`.
    pub(crate) fn creation_of(&self, file: FileIdx, declared: NodeId) -> Option<&Creation> {
        self.creations.iter().find(|creation| creation.file == file && creation.variable == Some(declared))
    }
}

/// Whether a place that is not a function's own holds a session, and not only what belongs to one.
fn holds_session(cx: &Cx<'_>, slot: &Slot) -> bool {
    let Some(ty) = type_of(cx, slot) else { return false };
    let sessions = [Legacy::InferenceState, Legacy::CoreSession, Legacy::Runner];
    cx.legacy.mentions(&ty, &sessions) || !cx.legacy.mentions(&ty, &[Legacy::TurnPersister])
}

/// Whether the values of a unit come out of generic code, and nobody knows how they came there.
pub(super) fn comes_out_of_generics(cx: &Cx<'_>, unit: &Unit) -> bool {
    let is_made = unit.sites.iter().any(|site| site.legacy == Legacy::NewInferenceState);
    !is_made && unit.slots.iter().any(|slot| type_of(cx, slot).is_some_and(|ty| ty.is_open()))
}

/// The declared type of a place that is not a function's own.
fn type_of(cx: &Cx<'_>, slot: &Slot) -> Option<Ty> {
    let types = Types { program: cx.program };
    let of_function = |file, node, at: usize, is_param: bool| {
        let signature = types.signature(file, node, &Default::default());
        let all = if is_param { signature.params } else { signature.results };
        all.get(at).cloned().unwrap_or(Ty::Unknown)
    };
    Some(match *slot {
        Slot::Def(def) => match cx.program.def(def).kind {
            DefKind::Var => written_type(cx, def),
            DefKind::Type | DefKind::Alias => types.underlying(&types.of_def(def)),
            _ => types.of_value(def),
        },
        Slot::Param(file, node, at) => of_function(file, node, at, true),
        Slot::Result(file, node, at) => of_function(file, node, at, false),
        Slot::Local(..) | Slot::Expr(..) => return None,
    })
}

fn written_type(cx: &Cx<'_>, variable: DefId) -> Ty {
    let data = cx.program.def(variable);
    let written = cx.syntax(data.file).child(data.node, "type");
    written.map_or(Ty::Unknown, |ty| (Types { program: cx.program }).read(data.file, ty, &Default::default()))
}

/// The function that makes every session of the unit, and has the variables that hold them: each of its calls has its own.
fn home(cx: &Cx<'_>, unit: &Unit, creations: &[Creation]) -> Option<(FileIdx, NodeId)> {
    let made = creations.iter().map(|creation| Some((creation.file, cx.function(creation.file, creation.call)?)));
    let held = unit.slots.iter().filter_map(|slot| match *slot {
        Slot::Local(file, name) => Some(cx.function(file, name).map(|function| (file, function))),
        _ => None,
    });
    let mut all = made.chain(held);
    let first = all.next()??;
    all.all(|other| other == Some(first)).then_some(first)
}

/// Whether the site stands in a function that may run while others do that have the same session.
fn is_in_goroutine(cx: &Cx<'_>, site: &Site, home: Option<(FileIdx, NodeId)>) -> bool {
    let syntax = cx.syntax(site.file);
    syntax.ancestors(site.name).take_while(|&node| home != Some((site.file, node))).any(|node| {
        let is_literal = syntax.kind(node) == "func_literal";
        let parent = syntax.parent(node).unwrap_or(node);
        // A function that is called or deferred on the spot is part of its function.
        let is_called = syntax.kind(parent) == "call_expression" && syntax.role(node) == "function";
        let statement = syntax.parent(parent).map_or("", |statement| syntax.kind(statement));
        syntax.kind(node) == "go_statement" || is_literal && !(is_called && statement != "go_statement")
    })
}

/// The variable that is declared with a value and nothing else: `x := value`, `var x = value`.
pub(super) fn declared_variable(cx: &Cx<'_>, file: FileIdx, value: NodeId) -> Option<NodeId> {
    let syntax = cx.syntax(file);
    let list = syntax.parent(value).filter(|&list| syntax.kind(list) == "expression_list")?;
    let declaration = syntax.parent(list)?;
    let names = match syntax.kind(declaration) {
        "short_var_declaration" => syntax.child(declaration, "left").map_or(Vec::new(), |left| syntax.list(left)),
        "var_spec" => syntax.names(declaration).collect(),
        _ => return None,
    };
    match names.as_slice() {
        [name] if syntax.text(*name) != "_" && cx.program.declared(file, *name).is_none() => Some(*name),
        _ => None,
    }
}

fn creation(cx: &Cx<'_>, site: &Site) -> Option<Creation> {
    let call = cx.call_of_name(site.file, site.name)?;
    let [id, turn, engine] = cx.args(site.file, call)[..] else { return None };
    let variable = declared_variable(cx, site.file, call);
    Some(Creation { file: site.file, call, id, turn, engine, variable })
}

fn literal(cx: &Cx<'_>, site: &Site) -> Option<Literal> {
    let syntax = cx.syntax(site.file);
    let composite = syntax.parent(site.whole).filter(|&node| syntax.kind(node) == "composite_literal")?;
    let body = syntax.child(composite, "body")?;
    let above = syntax.parent(composite)?;
    let is_address = syntax.kind(above) == "unary_expression" && syntax.text(above).starts_with('&');
    let node = if is_address { above } else { composite };
    let mut found = Literal {
        file: site.file,
        node,
        body,
        state: None,
        parts: Vec::new(),
        variable: declared_variable(cx, site.file, node),
    };
    for element in syntax.children(body) {
        let (Some(key), Some(value)) = (syntax.child(element, "key"), syntax.child(element, "value")) else {
            return None;
        };
        let value = syntax.children(value).next().filter(|_| syntax.kind(value) == "literal_element").unwrap_or(value);
        let part = match syntax.text(key) {
            "State" => {
                found.state = Some(value);
                continue;
            }
            "Registry" => Legacy::Registry,
            "ToolConfig" => Legacy::ToolConfig,
            "EventSinks" => Legacy::EventSinks,
            "SnapshotHook" => Legacy::SnapshotHook,
            "Persister" => Legacy::Persister,
            _ => return None,
        };
        found.parts.push((part, element, value));
    }
    Some(found)
}
