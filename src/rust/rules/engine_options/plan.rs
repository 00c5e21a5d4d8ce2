//! What becomes of the options of one unit: of every type, value and call that they pass through.

use std::collections::{BTreeSet, HashMap};

use super::super::super::cx::{Change, Cx};
use super::super::super::flow::{self, Node, UnitIdx};
use super::super::super::hir::{ExprId, ExprKind, PatId, PatParent, StmtKind, TypeId, TypeKind, TypeParent};
use super::super::super::index::{DefId, FileIdx};
use super::super::super::legacy::Tracked;
use super::super::super::outcome::Outcome;
use super::super::super::resolve::{Namespace, Res};
use super::super::super::sites::{At, Site, SiteKind};
use super::super::super::ty::TyScope;
use super::{Options, dead, factory, sinks, uses};
use crate::finding::Level;
use crate::rules::Trap;

/// What is asked of the whole program once: the nodes of every unit.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    nodes: HashMap<UnitIdx, Vec<Node>>,
}

impl Survey {
    pub(crate) fn new(cx: &Cx<'_>) -> Self {
        let mut nodes: HashMap<UnitIdx, Vec<Node>> = HashMap::new();
        for (unit, node) in cx.flow.nodes() {
            nodes.entry(unit).or_default().push(node.clone());
        }
        Self { nodes }
    }
}

/// The plan of a unit's options.
#[derive(Debug, Default)]
pub(crate) struct OptionsPlan {
    /// Changes beside those of the sites.
    pub(crate) changes: Vec<Change>,
    /// Places that hold the unit back, with what is said of them.
    pub(crate) reports: Vec<(FileIdx, ExprId, Outcome)>,
    /// What holds the unit back as a whole.
    held: Option<Outcome>,
    /// What everything is offered for, if anything.
    reserve: Option<String>,
    /// Nobody gives an option: what carries them goes.
    is_dead: bool,
    /// Options of implementations of the factory trait, which are none now.
    none: BTreeSet<(FileIdx, PatId)>,
    /// Implementations that do not just give their options to an engine.
    other_makers: Vec<String>,
    /// Implementations of the factory trait that look at options somebody gives, and see none now.
    lookers: BTreeSet<DefId>,
}

/// Whether a site is about options.
pub(crate) fn is_about_options(kind: &SiteKind) -> bool {
    match kind {
        SiteKind::WithSink | SiteKind::Options | SiteKind::Factory | SiteKind::FactoryBound => true,
        SiteKind::Type(kinds) => {
            matches!(kinds.first(), Some(Tracked::EngineOption | Tracked::Config | Tracked::Factory))
        }
        SiteKind::FnValue(name) => {
            matches!(*name, "with_sink" | "apply_options" | "new_engine_from_parsed_values" | "create_engine")
        }
        _ => false,
    }
}

/// Plans the options of a unit.
pub(crate) fn plan(cx: &Cx<'_>, survey: &Survey, sites: &[Site]) -> OptionsPlan {
    let mut plan = OptionsPlan::default();
    if !sites.iter().any(|site| is_about_options(&site.kind)) {
        return plan;
    }
    let unit = sites.iter().find_map(|site| cx.flow.unit_of(&site.node(cx)));
    let nodes = unit.and_then(|unit| survey.nodes.get(&unit)).map_or(&[][..], Vec::as_slice);
    if !is_fed(cx, sites, nodes)
        && let Some(dead) = dead::dead(cx, nodes)
    {
        plan.is_dead = true;
        plan.changes = dead.changes;
        if dead.is_public {
            plan.reserve = Some("the function or field is public in a published crate, whose users may fill it".into());
        }
    }
    if nodes.contains(&flow::factory_node(cx.resolver)) {
        plan.factories(cx, sites, nodes);
    }
    if plan.is_dead {
        return plan;
    }
    for node in nodes {
        match node {
            Node::Expr(file, expr) => plan.expr(cx, *file, *expr),
            Node::Binding(file, pat) => {
                plan.changes.extend(annotated(cx, *file, *pat));
                if cx.inferred(*file).captures.iter().any(|(_, own)| own == pat) {
                    plan.held = Some(uses::unfollowed("a format string"));
                }
            }
            Node::Return(def) => plan.reports.extend(uses::unknown_results(cx, *def)),
            Node::Param(def, index) => plan.reports.extend(uses::unknown_arguments(cx, *def, *index)),
            Node::Field(def, name) => {
                plan.reports.extend(uses::unknown_values(cx, *def, name));
                plan.held = plan.held.take().or_else(|| uses::derived(cx, *def, name));
            }
            _ => {}
        }
    }
    // What is written again elsewhere is written as the other sites make it.
    for site in sites.iter().filter(|site| is_about_options(&site.kind) && site.kind != SiteKind::Factory) {
        let outcome = decide(cx, &plan, site);
        plan.changes.extend(outcome.changes);
    }
    plan
}

/// Whether anybody gives an option, or has a configuration.
fn is_fed(cx: &Cx<'_>, sites: &[Site], nodes: &[Node]) -> bool {
    let by_site = sites.iter().any(|site| match &site.kind {
        SiteKind::WithSink | SiteKind::Options => true,
        SiteKind::FnValue(name) => *name == "with_sink" || *name == "apply_options",
        SiteKind::Type(kinds) => kinds.first() == Some(&Tracked::Config),
        _ => false,
    });
    by_site || nodes.iter().any(|node| matches!(node, Node::Expr(file, expr) if is_option_closure(cx, *file, *expr)))
}

/// Whether an expression is a closure that changes a configuration.
fn is_option_closure(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    match &cx.hir(file)[expr].kind {
        ExprKind::Closure { params, .. } => params.first().is_some_and(|(param, _)| {
            cx.inferred(file).bindings.get(param).is_some_and(|ty| sinks::is_config(cx, ty.peeled()))
        }),
        _ => false,
    }
}

impl OptionsPlan {
    /// The users of the factory trait get its new signature.
    fn factories(&mut self, cx: &Cx<'_>, sites: &[Site], nodes: &[Node]) {
        if factory::is_named_unread(cx) {
            let unread = uses::unfollowed("a macro that is not read and names the factory trait");
            let first = nodes.iter().find_map(|node| match node {
                Node::Expr(file, expr) => Some((*file, *expr)),
                _ => None,
            });
            self.reports.extend(first.map(|(file, expr)| (file, expr, unread)));
        }
        let makers = factory::makers(cx);
        self.none = makers.iter().filter_map(|maker| Some((maker.file, maker.options?))).collect();
        let is_given = sites.iter().any(|site| {
            site.kind == SiteKind::Factory && site.expr().is_some_and(|call| self.is_given(cx, site.file, call))
        });
        for maker in makers {
            if !self.is_dead {
                self.changes.extend(factory::signature(cx, &maker));
            }
            if maker.looks && is_given {
                self.lookers.extend(cx.program.def(maker.method).parent);
            }
            if !maker.attaches {
                let item = cx.program.item(maker.method).and_then(|item| item.name.as_ref());
                self.other_makers.extend(item.map(|name| cx.place(maker.file, name.span)));
            }
        }
        for node in nodes {
            if let Node::Expr(file, expr) = node {
                self.changes.extend(factory::value(cx, *file, *expr));
            }
        }
        for site in sites.iter().filter(|site| site.kind == SiteKind::Factory) {
            let call = site.expr();
            self.changes.extend(call.and_then(|call| factory::caller(cx, site.file, call)));
        }
    }

    /// Whether a construction is given options that somebody made, which are not those of an implementation.
    fn is_given(&self, cx: &Cx<'_>, file: FileIdx, call: ExprId) -> bool {
        if self.is_dead {
            return false;
        }
        let Some((args, index)) = super::argument(cx, file, call) else { return true };
        match super::options(cx, file, args[index]) {
            Options::Empty => false,
            Options::Local(local) => !self.none.contains(&(file, local)),
            Options::Inline(_) | Options::Other => true,
        }
    }

    fn expr(&mut self, cx: &Cx<'_>, file: FileIdx, expr: ExprId) {
        if is_option_closure(cx, file, expr) {
            return self.take(file, expr, uses::closure(cx, file, expr));
        }
        if uses::holds_options(cx, cx.ty(file, expr)) {
            self.take(file, expr, uses::use_of(cx, file, expr));
        }
    }

    fn take(&mut self, file: FileIdx, expr: ExprId, found: Result<Vec<Change>, Outcome>) {
        match found {
            Ok(changes) => self.changes.extend(changes),
            Err(report) => self.reports.push((file, expr, report)),
        }
    }
}

/// The type of a local that was told by the options put into it.
fn annotated(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> Option<Change> {
    let hir = cx.hir(file);
    let PatParent::Stmt(stmt) = hir[pat].parent else { return None };
    let StmtKind::Let { pat: whole, ty: None, init: Some(init), .. } = hir[stmt].kind else { return None };
    if whole != pat {
        return None;
    }
    let text = sinks::annotation(cx, file, pat, init)?;
    Some(cx.insert(file, hir[pat].span.end, format!(": {text}")))
}

/// The decision about one site.
pub(crate) fn decide(cx: &Cx<'_>, plan: &OptionsPlan, site: &Site) -> Outcome {
    let outcome = match (&site.kind, site.at) {
        (SiteKind::Factory, At::Expr(call)) => construction(cx, plan, site, call),
        (SiteKind::FactoryBound, At::Item(item)) => {
            let change = factory::bound(cx, site.file, item, site.span);
            let outcome =
                Outcome::safe(vec![change], "the new trait of that name, whose engines are made without options");
            match cx.program.def_of_item(site.file, item) {
                Some(own) if plan.lookers.contains(&own) => outcome.offered(
                    Trap::SinkScope,
                    "its body does something else with its options than giving them to its engine, and gets none any \
                     more: what it counts or keeps of them is empty",
                ),
                _ => outcome,
            }
        }
        (SiteKind::Type(_), At::Type(ty)) if factory::names_factory(cx, site.file, ty) => {
            let changes = factory::type_mention(cx, site.file, ty);
            Outcome::safe(changes, "the new trait of that name, whose engines are made without options")
        }
        _ if plan.is_dead => Outcome::safe(Vec::new(), "nobody gives an option: what carries them goes"),
        _ => with_sinks(cx, site),
    };
    match (&plan.held, &plan.reserve) {
        (Some(held), _) => held.clone(),
        (None, Some(reserve)) => outcome.reserved(reserve),
        (None, None) => outcome,
    }
}

/// A construction: its options are none, or the sinks that its runs are told of.
fn construction(cx: &Cx<'_>, plan: &OptionsPlan, site: &Site, call: ExprId) -> Outcome {
    let none =
        match super::argument(cx, site.file, call).map(|(args, index)| super::options(cx, site.file, args[index])) {
            Some(Options::Local(local)) => plan.none.contains(&(site.file, local)),
            _ => false,
        };
    let outcome = super::construction(cx, site.file, call, &plan.changes, none || plan.is_dead);
    let by_trait = matches!(cx.hir(site.file)[call].kind, ExprKind::MethodCall { .. });
    let why = match plan.other_makers.as_slice() {
        [] => return outcome,
        [place] => {
            format!("the factory at {place} does something else with its options than giving them to its engine")
        }
        places => format!(
            "the factories at {} do something else with their options than giving them to their engines",
            places.join(" and ")
        ),
    };
    match by_trait && plan.is_given(cx, site.file, call) && outcome.level != Level::Report {
        true => outcome.offered(Trap::SinkScope, &why),
        false => outcome,
    }
}

/// A site whose options become sinks.
fn with_sinks(cx: &Cx<'_>, site: &Site) -> Outcome {
    match (&site.kind, site.at) {
        (SiteKind::WithSink, At::Expr(call)) => {
            let changes = sinks::unwrap_option(cx, site.file, call);
            Outcome::safe(changes, "the sink is attached to the context of the runs")
        }
        (SiteKind::FnValue("with_sink"), At::Expr(value)) => {
            let changes = sinks::unwrap_value(cx, site.file, value);
            Outcome::safe(changes, "the sinks themselves are passed on")
        }
        (SiteKind::Options, At::Expr(expr)) => {
            let found = match &cx.hir(site.file)[expr].kind {
                ExprKind::Call { .. } => uses::apply_options(cx, site.file, expr),
                ExprKind::Struct { .. } => uses::config_literal(cx, site.file, expr),
                _ => uses::config_field(cx, site.file, expr),
            };
            found.map_or_else(|report| report, |changes| Outcome::safe(changes, "the sinks are a plain vector"))
        }
        (SiteKind::FnValue(name), _) => Outcome::report(
            format!("`{name}` is used as a value, not called"),
            "call it in a closure, then run the tool again",
        ),
        (SiteKind::Options, At::Pat(pat)) => {
            let change = uses::config_pattern(cx, site.file, pat);
            Outcome::safe(vec![change], "the sinks are a plain vector")
        }
        (SiteKind::Type(_), At::Type(ty)) => type_mention(cx, site, ty),
        _ => super::flow(),
    }
}

/// Whether a type is written for a local that is made of an expression of which nothing is known.
fn is_of_unknown_value(cx: &Cx<'_>, file: FileIdx, ty: TypeId) -> bool {
    let hir = cx.hir(file);
    let mut top = ty;
    while let TypeParent::Type(outer) = hir[top].parent {
        top = outer;
    }
    match hir[top].parent {
        TypeParent::Stmt(stmt) => match hir[stmt].kind {
            StmtKind::Let { init: Some(init), .. } => uses::is_unknown(cx, file, init),
            _ => false,
        },
        _ => false,
    }
}

/// Whether a type is named through an alias of the program's, which keeps its name.
fn is_own_alias(cx: &Cx<'_>, file: FileIdx, ty: TypeId) -> bool {
    let TypeKind::Path(path) = &cx.hir(file)[ty].kind else { return false };
    let scope = flow::scope_of_type(cx.resolver, file, ty);
    match cx.resolver.path(scope, path, Namespace::Type).map(|found| found.res) {
        Some(Res::Def(def)) => !cx.program.is_model(def),
        _ => false,
    }
}

/// A written type of an option, or of the configuration.
fn type_mention(cx: &Cx<'_>, site: &Site, ty: TypeId) -> Outcome {
    let file = site.file;
    let scope = flow::scope_of_type(cx.resolver, file, ty);
    let span = cx.hir(file)[ty].span;
    let written = cx
        .resolver
        .lower(ty, &TyScope { file, scope, params: Vec::new(), self_ty: None, owner: None, within: Vec::new() });
    if is_of_unknown_value(cx, file, ty) {
        return uses::untyped();
    }
    if is_own_alias(cx, file, ty) {
        return Outcome::safe(Vec::new(), "the alias stands for sinks");
    }
    if uses::is_option(cx, &written) {
        let change = cx.replace(file, span, sinks::sink_type(cx, file, scope));
        return Outcome::safe(vec![change], "the sinks themselves are passed on");
    }
    if sinks::is_config(cx, &written) {
        let change = cx.replace(file, span, format!("Vec<{}>", sinks::sink_type(cx, file, scope)));
        return Outcome::safe(vec![change], "the sinks are a plain vector");
    }
    super::flow()
}
