//! What becomes of the options of one unit: of every type, value and call that they pass through.

use std::collections::HashMap;

use super::super::super::cx::{Change, Cx};
use super::super::super::flow::{Node, UnitIdx};
use super::super::super::hir::{ExprId, ExprKind, PatParent, StmtKind, TypeId};
use super::super::super::index::FileIdx;
use super::super::super::legacy::Tracked;
use super::super::super::outcome::Outcome;
use super::super::super::sites::{At, Site, SiteKind};
use super::super::super::ty::TyScope;
use super::{sinks, uses};

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
    for node in nodes {
        match node {
            Node::Expr(file, expr) => plan.expr(cx, *file, *expr),
            Node::Binding(file, pat) => plan.changes.extend(annotated(cx, *file, *pat)),
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

impl OptionsPlan {
    fn expr(&mut self, cx: &Cx<'_>, file: FileIdx, expr: ExprId) {
        if let ExprKind::Closure { params, .. } = &cx.hir(file)[expr].kind
            && let [(param, _)] = params.as_slice()
            && cx.inferred(file).bindings.get(param).is_some_and(|ty| sinks::is_config(cx, ty.peeled()))
        {
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
fn annotated(cx: &Cx<'_>, file: FileIdx, pat: super::super::super::hir::PatId) -> Option<Change> {
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
    match (&site.kind, site.at) {
        (SiteKind::Factory, At::Expr(call)) => super::construction(cx, site, call, &plan.changes),
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
        (SiteKind::Type(_), At::Type(ty)) => type_mention(cx, site, ty),
        _ => super::flow(),
    }
}

/// A written type of an option, or of the configuration.
fn type_mention(cx: &Cx<'_>, site: &Site, ty: TypeId) -> Outcome {
    let file = site.file;
    let scope = super::super::super::flow::scope_of_type(cx.resolver, file, ty);
    let span = cx.hir(file)[ty].span;
    let written = cx.resolver.lower(ty, &TyScope { file, scope, params: Vec::new(), self_ty: None });
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
