//! Persisters of turns: their method loses the run id. Who reads it finds the session's id in the metadata of the turn.

use std::collections::BTreeSet;

use super::Sessions;
use crate::go::cx::{Cx, Outcome};
use crate::go::draft::Draft;
use crate::go::index::{DefId, DefKind, FileIdx};
use crate::go::infer::Ref;
use crate::go::sites::Site;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;
use crate::go::ty::{Ty, Types};
use crate::go::variables;
use crate::rules::Trap;

/// A node of a file.
type Place = (FileIdx, NodeId);

/// Ties everything that has to do with persisters: one signature holds for all of them.
pub(crate) fn tie(cx: &Cx<'_>, sites: &[Site]) {
    let persisters: Vec<&Site> = sites.iter().filter(|site| is_of_persister(site.legacy)).collect();
    persisters.windows(2).for_each(|pair| cx.flow.unite(pair[0].slot, pair[1].slot));
}

fn is_of_persister(legacy: Legacy) -> bool {
    matches!(legacy, Legacy::TurnPersister | Legacy::PersisterMethod | Legacy::Persister)
}

/// Decides a site of persisters: all of them change, or none.
pub(crate) fn decide(session: &Sessions<'_, '_>, site: &Site) -> Outcome {
    let Sessions { cx, draft, .. } = session;
    let family = match Family::of(session) {
        Ok(family) => family,
        Err(report) => return report,
    };
    family.draft(cx, draft);
    let help = match site.legacy {
        Legacy::TurnPersister => {
            let package = cx.package(site.file, "inference/toolloop/enginebuilder");
            draft.small(site.file, cx.syntax(site.file).range(site.whole), format!("{package}TurnPersister"));
            format!("`{package}TurnPersister`")
        }
        Legacy::PersisterMethod => "`PersistTurn(ctx, turn)`".to_owned(),
        _ => "an option of the session's builder".to_owned(),
    };
    let outcome = Outcome::safe(Vec::new(), help);
    match family.methods.iter().find(|method| method.reads_id) {
        Some(method) => outcome.offered(
            Trap::PersistSignature,
            &format!(
                "a persister no longer gets the run id: `PersistTurn` of {} takes the session's id from the turn's metadata",
                cx.place(method.file, method.name)
            ),
        ),
        None => outcome,
    }
}

/// Whether a persister of the program wants to know whose turns it gets.
pub(super) fn read_ids(session: &Sessions<'_, '_>) -> bool {
    Family::of(session).is_ok_and(|family| family.methods.iter().any(|method| method.reads_id))
}

/// What is said where persisters cannot change by themselves.
fn report(why: &str) -> Outcome {
    Outcome::report(why, "take the id from the turn's metadata: PersistTurn(ctx context.Context, t *turns.Turn) error")
        .because(Trap::PersistSignature, "the signature of PersistTurn has changed")
}

/// A method `PersistTurn` of the tree.
struct Method {
    file: FileIdx,
    name: NodeId,
    /// The declaration of the run id among its parameters.
    param: NodeId,
    reads_id: bool,
    /// How the body begins that takes the id from the turn.
    prologue: Option<Prologue>,
}

struct Prologue {
    /// The block that it opens.
    body: NodeId,
    /// The name of the run id.
    id: String,
    /// The name of the turn.
    turn: NodeId,
}

/// Every method and every call that changes.
struct Family {
    methods: Vec<Method>,
    /// Arguments that go.
    ids: Vec<Place>,
}

impl Family {
    fn of(session: &Sessions<'_, '_>) -> Result<Self, Outcome> {
        let cx = session.cx;
        let defs: Vec<DefId> = cx.program.defs().filter(|&(id, _)| is_method(cx, id)).map(|(id, _)| id).collect();
        let values = session.facts.literals.iter().flat_map(|literal| {
            let parts = literal.parts.iter().filter(|(part, ..)| *part == Legacy::Persister);
            parts.map(|&(_, _, value)| (literal.file, value))
        });
        for (file, value) in values {
            if !is_known(cx, &defs, file, value) {
                return Err(report("the code of this persister is not in the tree"));
            }
        }
        let ids = ids(session, &defs)?;
        let methods: Result<Vec<Method>, Outcome> = defs.iter().map(|&def| method(cx, def, &ids)).collect();
        Ok(Self { methods: methods?, ids })
    }

    fn draft(&self, cx: &Cx<'_>, draft: &Draft<'_, '_>) {
        for &(file, id) in &self.ids {
            draft.large(file, cx.remove_element(file, id).edit.range(), "");
        }
        for method in &self.methods {
            draft.large(method.file, cx.remove_element(method.file, method.param).edit.range(), "");
            if let Some(prologue) = &method.prologue {
                prologue.draft(cx, draft, method.file);
            }
        }
    }
}

impl Prologue {
    fn draft(&self, cx: &Cx<'_>, draft: &Draft<'_, '_>, file: FileIdx) {
        let syntax = cx.syntax(file);
        let turn = match syntax.text(self.turn) {
            "_" => {
                draft.small(file, syntax.range(self.turn), "t");
                "t"
            }
            name => name,
        };
        let turns = cx.package(file, "turns");
        let line = format!("{}, _, _ := {turns}KeyTurnMetaSessionID.Get({turn}.Metadata)", self.id);
        let first = syntax.children(self.body).next().and_then(|list| syntax.children(list).next());
        if let Some(first) = first {
            draft.insert_before(file, first, &[line]);
        }
    }
}

/// Whether it is a method `PersistTurn` of the tree with the legacy signature.
fn is_method(cx: &Cx<'_>, def: DefId) -> bool {
    let data = cx.program.def(def);
    if data.name != "PersistTurn" || data.kind != DefKind::Method || !cx.program.is_own(data.file) {
        return false;
    }
    let signature = (Types { program: cx.program }).signature(data.file, data.node, &Default::default());
    let [_, id, turn] = &signature.params[..] else { return false };
    let turn = turn.def().map(|def| cx.program.def(def));
    *id == Ty::basic("string") && turn.is_some_and(|def| def.name == "Turn" && !cx.program.is_own(def.file))
}

/// Whether the method of a persister that is given to a core session is one that changes.
fn is_known(cx: &Cx<'_>, defs: &[DefId], file: FileIdx, value: NodeId) -> bool {
    let ty = cx.ty(file, value);
    let method = (Types { program: cx.program }).select(ty, "PersistTurn");
    *ty == Ty::Nil
        || method.is_some_and(|(def, _)| defs.contains(&def) || cx.legacy.get(def) == Some(Legacy::PersisterMethod))
}

/// The run ids that are given to persisters.
fn ids(session: &Sessions<'_, '_>, defs: &[DefId]) -> Result<Vec<Place>, Outcome> {
    let cx = session.cx;
    let legacy = session.unit.sites.iter().filter(|site| site.legacy == Legacy::PersisterMethod);
    let names = defs.iter().flat_map(|&def| cx.uses_of_def(def).iter().copied());
    let mut ids = Vec::new();
    for (file, name) in names.chain(legacy.map(|site| (site.file, site.name))) {
        let call = cx.call_of_name(file, name).ok_or_else(|| report("the method of a persister is used as a value"))?;
        let [_, id, _] = cx.args(file, call)[..] else {
            return Err(report("the method of a persister gets what another call returns"));
        };
        if !variables::is_pure(cx, file, id) {
            return Err(report("the run id that a persister gets is worked out where it is given"));
        }
        ids.push((file, id));
    }
    match ids.iter().all(|&(file, id)| leaves_variables_used(cx, file, id, &ids)) {
        true => Ok(ids),
        false => Err(report("a variable is only there for the run id that a persister gets")),
    }
}

/// Whether the variables in an argument that goes are used elsewhere, or need not be.
fn leaves_variables_used(cx: &Cx<'_>, file: FileIdx, id: NodeId, ids: &[Place]) -> bool {
    let syntax = cx.syntax(file);
    let goes = |used: NodeId| ids.iter().any(|&(other, id)| other == file && syntax.is_inside(used, id));
    syntax.below(id).all(|name| match cx.inferred(file).meaning(name) {
        Some(Ref::Local(declared)) => {
            is_parameter(cx, file, declared) || cx.uses(file, declared).iter().any(|&used| !goes(used))
        }
        _ => true,
    })
}

fn is_parameter(cx: &Cx<'_>, file: FileIdx, declared: NodeId) -> bool {
    let syntax = cx.syntax(file);
    syntax.parent(declared).is_some_and(|parent| syntax.kind(parent).ends_with("parameter_declaration"))
}

fn method(cx: &Cx<'_>, def: DefId, ids: &[Place]) -> Result<Method, Outcome> {
    let data = cx.program.def(def);
    let (file, syntax) = (data.file, cx.syntax(data.file));
    let list = syntax.child(data.node, "parameters").map_or(Vec::new(), |list| syntax.children(list).collect());
    let [_, param, turn] = list[..] else { return Err(report("the parameters of a persister are written together")) };
    let name = syntax.child(param, "name");
    let given: BTreeSet<NodeId> = ids.iter().filter(|(other, _)| *other == file).map(|&(_, id)| id).collect();
    let is_read = |name: NodeId| {
        let mut uses = cx.uses(file, name).iter();
        uses.any(|&used| !given.iter().any(|&id| syntax.is_inside(used, id)))
    };
    let mut method = Method { file, name: data.name_node, param, reads_id: false, prologue: None };
    if let Some(name) = name.filter(|&name| is_read(name)) {
        let (Some(body), Some(turn)) = (syntax.child(data.node, "body"), syntax.child(turn, "name")) else {
            return Err(report("the turn of a persister that reads the run id has no name"));
        };
        if syntax.text(turn) == "_" && variables::visible(cx, file, "t", body).is_some() {
            return Err(report("the turn of a persister that reads the run id has no name"));
        }
        method.reads_id = true;
        method.prologue = Some(Prologue { body, id: syntax.text(name).to_owned(), turn });
    }
    Ok(method)
}
