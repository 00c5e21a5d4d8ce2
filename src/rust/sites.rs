//! The legacy sites of a program: every expression, pattern and written type that a rule is about.

use std::collections::HashMap;

use super::cx::Cx;
use super::flow::{Node, type_mention};
use super::hir::{ExprId, ExprKind, ItemId, ItemKind, Name, PatId, PatKind, Path, Span, TypeId, TypeParent};
use super::index::{DefId, FileIdx};
use super::infer::ValueRes;
use super::ledger;
use super::legacy::Tracked;
use super::resolve::{Namespace, Res};
use super::rules::core_session::persister::is_persist_turn;
use super::rules::engine_options::is_create_engine;
use super::ty::Ty;
use crate::rules::Rule;

/// What a site is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SiteKind {
    /// `InferenceState::new(id, turn, engine)`
    StateNew,
    /// `core::Session::new(state)`, not as the rest of a literal
    CoreNew,
    /// `core::Session { … }`
    CoreLiteral,
    /// A method of the state
    StateMethod(&'static str),
    /// `run_inference` or `run_inference_started` of a core session
    Run(&'static str),
    /// A field of a core session
    CoreField(String),
    /// A pattern of a core session
    TakenApart,
    /// A written type
    Type(Vec<Tracked>),
    /// A pattern of an error's variant
    ErrorPattern(&'static str),
    /// An error's variant as a value
    ErrorValue(&'static str),
    /// Something else that is named through the type of an error: `RunError::from`
    ErrorPath,
    /// A legacy function named as a value
    FnValue(&'static str),
    /// A method or field of a value whose type is not known
    Unfollowed,
    /// The legacy factory trait in a bound, or where it is implemented
    FactoryBound,
    /// A bound or impl that names the legacy persister trait
    PersisterBound,
    /// `persist_turn(ctx, run_id, turn)` called by the program
    PersistTurn,
    /// `with_sink(s)`
    WithSink,
    /// `new_engine_from_parsed_values(values, options)` or `create_engine(values, options)`
    Factory,
    /// Something else of the engine options: `apply_options`, a field of `Config`
    Options,
}

/// The node of the file that a site is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum At {
    Expr(ExprId),
    Type(TypeId),
    Pat(PatId),
    /// A bound, or the trait of an impl.
    Item(ItemId),
}

#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) file: FileIdx,
    pub(crate) at: At,
    /// What is pointed at: the legacy name.
    pub(crate) span: Span,
    pub(crate) kind: SiteKind,
    pub(crate) rule: Rule,
    pub(crate) what: String,
}

impl Site {
    /// The expression that the site is.
    pub(crate) fn expr(&self) -> Option<ExprId> {
        match self.at {
            At::Expr(expr) => Some(expr),
            _ => None,
        }
    }

    /// The item in whose signature or fields the site writes the type of a state or a core session, and the whole type
    /// that is written there.
    pub(crate) fn holder(&self, cx: &Cx<'_>) -> Option<(ItemId, TypeId)> {
        let (SiteKind::Type(kinds), At::Type(ty)) = (&self.kind, self.at) else { return None };
        if !kinds.iter().any(|kind| matches!(kind, Tracked::State | Tracked::CoreSession)) {
            return None;
        }
        let hir = cx.hir(self.file);
        let mut top = ty;
        loop {
            match hir[top].parent {
                TypeParent::Type(outer) => top = outer,
                TypeParent::Item(item) => return Some((item, top)),
                _ => return None,
            }
        }
    }

    /// The node that ties the site to its unit.
    pub(crate) fn node(&self, cx: &Cx<'_>) -> Node {
        match (self.at, &self.kind) {
            (_, SiteKind::PersisterBound | SiteKind::PersistTurn) => super::flow::persister_node(cx.resolver),
            (At::Expr(expr), SiteKind::StateMethod(_) | SiteKind::Run(_)) => {
                let receiver = Node::Expr(self.file, receiver(cx, self.file, expr).unwrap_or(expr));
                match cx.hir(self.file)[expr].kind {
                    ExprKind::Call { callee, .. } if cx.flow.unit_of(&receiver).is_none() => {
                        Node::Expr(self.file, callee)
                    }
                    _ => receiver,
                }
            }
            (At::Expr(expr), SiteKind::Factory) => {
                let options =
                    arguments_of_call(cx, self.file, expr).last().map(|&options| Node::Expr(self.file, options));
                options.filter(|node| cx.flow.unit_of(node).is_some()).unwrap_or(Node::Expr(self.file, expr))
            }
            (At::Expr(expr), SiteKind::CoreField(_) | SiteKind::Options) => match cx.hir(self.file)[expr].kind {
                ExprKind::Field { base, .. } => Node::Expr(self.file, base),
                _ => Node::Expr(self.file, expr),
            },
            (At::Expr(expr), _) => Node::Expr(self.file, expr),
            (At::Type(ty), _) => Node::Type(self.file, ty),
            (At::Item(_), _) => super::flow::factory_node(cx.resolver),
            (At::Pat(pat), _) => match (field_around(cx, self.file, pat), matched(cx, self.file, pat)) {
                (Some(field), _) => field,
                (None, Some(expr)) => Node::Expr(self.file, expr),
                (None, None) => Node::Binding(self.file, pat),
            },
        }
    }
}

/// The field of the user's own struct or variant that a pattern stands in, if any.
fn field_around(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> Option<Node> {
    use super::hir::PatParent;
    let hir = cx.hir(file);
    let mut inner = pat;
    while let PatParent::Pat(outer) = hir[inner].parent {
        let own = cx.inferred(file).pattern_defs.get(&outer).filter(|&&def| !cx.program.is_model(def));
        if let Some(&def) = own {
            let name = match &hir[outer].kind {
                PatKind::TupleStruct { pats, .. } => pats.iter().position(|&part| part == inner)?.to_string(),
                PatKind::Struct { fields, .. } => fields.iter().find(|field| field.pat == inner)?.name.text.clone(),
                _ => return None,
            };
            return Some(Node::Field(def, name));
        }
        inner = outer;
    }
    None
}

/// The expression that the pattern around `pat` is matched against.
fn matched(cx: &Cx<'_>, file: FileIdx, pat: PatId) -> Option<ExprId> {
    use super::hir::{PatParent, StmtKind};
    let hir = cx.hir(file);
    let mut top = pat;
    while let PatParent::Pat(outer) = hir[top].parent {
        top = outer;
    }
    match hir[top].parent {
        PatParent::Expr(expr) => super::flow::matched_expr(hir, expr, top),
        PatParent::Stmt(stmt) => match hir[stmt].kind {
            StmtKind::Let { init, .. } => init,
            _ => None,
        },
        _ => None,
    }
}

/// The receiver of a method call, or the first argument where the method is called by its path.
pub(crate) fn receiver(cx: &Cx<'_>, file: FileIdx, call: ExprId) -> Option<ExprId> {
    match &cx.hir(file)[call].kind {
        ExprKind::MethodCall { receiver, .. } => Some(*receiver),
        ExprKind::Call { args, .. } => args.first().copied(),
        _ => None,
    }
}

fn arguments_of_call<'a>(cx: &Cx<'a>, file: FileIdx, call: ExprId) -> &'a [ExprId] {
    match &cx.hir(file)[call].kind {
        ExprKind::MethodCall { args, .. } | ExprKind::Call { args, .. } => args,
        _ => &[],
    }
}

/// The arguments of a method call without its receiver.
pub(crate) fn arguments<'a>(cx: &Cx<'a>, file: FileIdx, call: ExprId) -> &'a [ExprId] {
    match &cx.hir(file)[call].kind {
        ExprKind::MethodCall { args, .. } => args,
        ExprKind::Call { args, .. } => args.get(1..).unwrap_or_default(),
        _ => &[],
    }
}

/// All sites, by the unit they belong to; sites that no flow holds are units of their own.
pub(crate) fn collect(cx: &Cx<'_>) -> Vec<Vec<Site>> {
    let mut groups: HashMap<Option<super::flow::UnitIdx>, Vec<Site>> = HashMap::new();
    let mut files: Vec<FileIdx> = cx.inferred.keys().copied().collect();
    files.sort();
    let mut alone = Vec::new();
    for file in files {
        let mut sites = Vec::new();
        expr_sites(cx, file, &mut sites);
        type_sites(cx, file, &mut sites);
        pattern_sites(cx, file, &mut sites);
        bound_sites(cx, file, &mut sites);
        for site in sites {
            let site = if is_followed(cx, &site) { site } else { unfollowed(site) };
            match cx.flow.unit_of(&site.node(cx)) {
                Some(unit) => groups.entry(Some(unit)).or_default().push(site),
                None => alone.push(vec![unfollowed(site)]),
            }
        }
    }
    let mut units: Vec<Vec<Site>> = groups.into_values().chain(alone).collect();
    units.iter_mut().for_each(|unit| unit.sort_by_key(|site| (site.file, site.span)));
    units.sort_by_key(|unit| (unit[0].file, unit[0].span));
    units
}

/// Whether the type of the value that a method or field belongs to is known.
fn is_followed(cx: &Cx<'_>, site: &Site) -> bool {
    match (&site.kind, site.expr()) {
        (SiteKind::StateMethod(_) | SiteKind::Run(_), Some(call)) => {
            let kinds = |receiver| cx.legacy.mentioned(cx.ty(site.file, receiver));
            let is_known = |kind: &Tracked| matches!(kind, Tracked::State | Tracked::CoreSession);
            cx.inferred(site.file).methods.contains_key(&call)
                || receiver(cx, site.file, call).is_some_and(|receiver| kinds(receiver).iter().any(is_known))
        }
        _ => true,
    }
}

/// A site on a value whose type is not known can only be reported.
fn unfollowed(site: Site) -> Site {
    let kind = match site.kind {
        SiteKind::StateMethod(_) | SiteKind::Run(_) | SiteKind::CoreField(_) | SiteKind::ErrorPattern(_) => {
            SiteKind::Unfollowed
        }
        kind => kind,
    };
    Site { kind, ..site }
}

fn expr_sites(cx: &Cx<'_>, file: FileIdx, out: &mut Vec<Site>) {
    let hir = cx.hir(file);
    for index in 0..hir.exprs.len() {
        let id = ExprId(index as u32);
        match &hir[id].kind {
            ExprKind::Call { callee, .. } => call_site(cx, file, id, *callee, out),
            ExprKind::MethodCall { method, .. } => method_site(cx, file, id, method, out),
            ExprKind::Struct { path, .. } => literal_site(cx, file, id, path.span, out),
            ExprKind::Field { name, .. } => field_site(cx, file, id, name, out),
            ExprKind::Path(path) => {
                error_value_site(cx, file, id, path.span, out);
                error_path_site(cx, file, id, path, out);
            }
            _ => {}
        }
    }
}

fn call_site(cx: &Cx<'_>, file: FileIdx, id: ExprId, callee: ExprId, out: &mut Vec<Site>) {
    let Some(def) = cx.value_def(file, callee) else { return };
    let span = cx.span(file, callee);
    let mut push = |kind, rule, what: &str| {
        out.push(Site { file, at: At::Expr(id), span, kind, rule, what: what.to_owned() });
    };
    if let Some(name) = cx.legacy.function(def) {
        match name {
            "with_sink" => push(SiteKind::WithSink, Rule::EngineSink, "a sink given to an engine's construction"),
            "new_engine_from_parsed_values" => {
                push(SiteKind::Factory, Rule::EngineOptions, "an engine built with options");
            }
            _ => push(SiteKind::Options, Rule::EngineOptions, "engine options applied by hand"),
        }
        return;
    }
    let Some(name) = method_name(cx, def) else { return };
    match (name, cx.handle(file, id)) {
        ("new", Some(Tracked::State)) => push(SiteKind::StateNew, Rule::InferenceState, "a legacy run state is made"),
        ("new", Some(Tracked::CoreSession)) if !is_rest(cx, file, id) => {
            push(SiteKind::CoreNew, Rule::CoreSession, "a legacy core session is made");
        }
        ("new", _) => {}
        (name, _) => out.extend(named_method(file, id, span, name)),
    }
}

/// `..core::Session::new(state)` in a literal belongs to the literal.
fn is_rest(cx: &Cx<'_>, file: FileIdx, id: ExprId) -> bool {
    cx.parent_expr(file, id).is_some_and(
        |parent| matches!(&cx.hir(file)[parent].kind, ExprKind::Struct { rest: Some(rest), .. } if *rest == id),
    )
}

fn method_site(cx: &Cx<'_>, file: FileIdx, id: ExprId, method: &Name, out: &mut Vec<Site>) {
    let Some(&def) = cx.inferred(file).methods.get(&id) else {
        return out.extend(unknown_method(cx, file, id, method));
    };
    let Some(name) = method_name(cx, def) else { return };
    out.extend(named_method(file, id, method.span, name));
}

/// The name of a legacy method, or of the user's own implementation of the factory's or the persister's.
fn method_name(cx: &Cx<'_>, def: DefId) -> Option<&'static str> {
    let own = || is_create_engine(cx, def).then_some("create_engine");
    cx.legacy.method(def).or_else(own).or_else(|| is_persist_turn(cx, def).then_some("persist_turn"))
}

/// A method that only the legacy state has, called on a value of which nothing is known.
fn unknown_method(cx: &Cx<'_>, file: FileIdx, id: ExprId, method: &Name) -> Option<Site> {
    let name = ledger::NAMES.iter().find(|name| **name == method.text)?;
    let receiver = receiver(cx, file, id)?;
    let is_unknown = cx.knows_legacy(file) && matches!(cx.ty(file, receiver).peeled(), Ty::Unknown | Ty::Param(_));
    let site = named_method(file, id, method.span, name)?;
    is_unknown.then_some(Site { kind: SiteKind::Unfollowed, ..site })
}

fn named_method(file: FileIdx, id: ExprId, span: Span, name: &'static str) -> Option<Site> {
    let (kind, rule, what) = match name {
        "run_inference" => (SiteKind::Run(name), Rule::RunInference, "a legacy run".to_owned()),
        "run_inference_started" => {
            (SiteKind::Run(name), Rule::RunLifecycle, "the run of a lifecycle that was started by hand".to_owned())
        }
        "start_run" | "finish_run" => {
            (SiteKind::StateMethod(name), Rule::RunLifecycle, format!("`{name}` of a lifecycle made by hand"))
        }
        "cancel_run" | "has_cancel" | "set_cancel" => {
            (SiteKind::StateMethod(name), Rule::Cancel, format!("`{name}` of the legacy state"))
        }
        "create_engine" => (SiteKind::Factory, Rule::EngineOptions, "an engine built with options".to_owned()),
        "persist_turn" => (SiteKind::PersistTurn, Rule::CoreSession, "a turn given to a persister".to_owned()),
        "new" => return None,
        _ => (SiteKind::StateMethod(name), Rule::StateAccess, format!("`{name}` of the legacy state")),
    };
    Some(Site { file, at: At::Expr(id), span, kind, rule, what })
}

fn literal_site(cx: &Cx<'_>, file: FileIdx, id: ExprId, span: Span, out: &mut Vec<Site>) {
    let Some(&def) = cx.inferred(file).literals.get(&id) else { return };
    let (kind, rule, what) = match cx.legacy.kind(def) {
        Some(Tracked::CoreSession) => (SiteKind::CoreLiteral, Rule::CoreSession, "a legacy core session is made"),
        Some(Tracked::Config) => (SiteKind::Options, Rule::EngineOptions, "an engine configuration"),
        _ => return,
    };
    out.push(Site { file, at: At::Expr(id), span, kind, rule, what: what.to_owned() });
}

fn field_site(cx: &Cx<'_>, file: FileIdx, id: ExprId, name: &Name, out: &mut Vec<Site>) {
    let Some((def, field)) = cx.inferred(file).fields.get(&id) else { return };
    let (kind, rule, what) = match cx.legacy.kind(*def) {
        Some(Tracked::CoreSession) => {
            (SiteKind::CoreField(field.clone()), Rule::CoreSession, format!("the core session's `{field}`"))
        }
        Some(Tracked::Config) => {
            (SiteKind::Options, Rule::EngineOptions, format!("the engine configuration's `{field}`"))
        }
        _ => return,
    };
    out.push(Site { file, at: At::Expr(id), span: name.span, kind, rule, what });
}

fn error_value_site(cx: &Cx<'_>, file: FileIdx, id: ExprId, span: Span, out: &mut Vec<Site>) {
    let Some(ValueRes::Def(def)) = cx.inferred(file).values.get(&id) else { return };
    if let Some(name) = cx.legacy.method(*def).or_else(|| cx.legacy.function(*def))
        && !is_callee(cx, file, id)
    {
        let rule = match name {
            "with_sink" => Rule::EngineSink,
            "apply_options" | "new_engine_from_parsed_values" | "create_engine" => Rule::EngineOptions,
            _ => Rule::StateAccess,
        };
        let what = format!("`{name}` as a value");
        out.push(Site { file, at: At::Expr(id), span, kind: SiteKind::FnValue(name), rule, what });
    }
    let Some(name) = cx.legacy.variant(*def) else { return };
    out.push(Site {
        file,
        at: At::Expr(id),
        span,
        kind: SiteKind::ErrorValue(name),
        rule: Rule::LegacyError,
        what: format!("the legacy error `{name}` as a value"),
    });
}

/// `RunError::from`, `StateError::to_string`: a function named through the type of an error.
fn error_path_site(cx: &Cx<'_>, file: FileIdx, id: ExprId, path: &Path, out: &mut Vec<Site>) {
    let is_variant = cx.value_def(file, id).is_some_and(|def| cx.legacy.variant(def).is_some());
    if is_variant || owner_error(cx, file, id, path).is_none() {
        return;
    }
    let what = "a function of a legacy error".to_owned();
    out.push(Site {
        file,
        at: At::Expr(id),
        span: path.span,
        kind: SiteKind::ErrorPath,
        rule: Rule::LegacyError,
        what,
    });
}

/// The legacy error, or the user's own alias of one, whose function a path names.
fn owner_error(cx: &Cx<'_>, file: FileIdx, id: ExprId, path: &Path) -> Option<DefId> {
    if path.qself.is_some() || path.segments.len() < 2 {
        return None;
    }
    let found = cx.resolver.path(cx.program.scope_of_expr(file, id), path, Namespace::Type)?;
    let Res::Def(def) = found.res else { return None };
    let is_error = match cx.resolver.instantiate_type(def, Vec::new()) {
        Ty::Adt(owner, _) => matches!(cx.legacy.kind(owner), Some(Tracked::StateError | Tracked::RunError)),
        _ => false,
    };
    (is_error && found.used + 1 == path.segments.len()).then_some(def)
}

/// Whether a path names something through an alias of the user's own.
pub(crate) fn is_own_alias(cx: &Cx<'_>, file: FileIdx, id: ExprId) -> bool {
    let ExprKind::Path(path) = &cx.hir(file)[id].kind else { return false };
    owner_error(cx, file, id, path).is_some_and(|def| !cx.program.is_model(def))
}

fn is_callee(cx: &Cx<'_>, file: FileIdx, id: ExprId) -> bool {
    cx.parent_expr(file, id)
        .is_some_and(|parent| matches!(&cx.hir(file)[parent].kind, ExprKind::Call { callee, .. } if cx.peel_parens(file, *callee) == id))
}

fn type_sites(cx: &Cx<'_>, file: FileIdx, out: &mut Vec<Site>) {
    let hir = cx.hir(file);
    for index in 0..hir.types.len() {
        let id = TypeId(index as u32);
        let kinds = type_mention(cx.resolver, cx.legacy, file, id);
        let Some(&first) = kinds.first() else { continue };
        let (rule, what) = match first {
            Tracked::State => (Rule::InferenceState, "the type of the legacy run state"),
            Tracked::CoreSession => (Rule::CoreSession, "the type of the legacy core session"),
            Tracked::StateError | Tracked::RunError => (Rule::LegacyError, "the type of a legacy error"),
            Tracked::Persister => (Rule::CoreSession, "the legacy persister trait"),
            Tracked::EngineOption | Tracked::Config | Tracked::Factory => {
                (Rule::EngineOptions, "a type of the engine options")
            }
        };
        let kind = SiteKind::Type(kinds);
        out.push(Site { file, at: At::Type(id), span: hir[id].span, kind, rule, what: what.to_owned() });
    }
}

/// Bounds and impls that name the legacy factory or persister trait.
fn bound_sites(cx: &Cx<'_>, file: FileIdx, out: &mut Vec<Site>) {
    let hir = cx.hir(file);
    for (index, item) in hir.items.iter().enumerate() {
        let id = ItemId(index as u32);
        let own: Vec<&super::hir::Path> = match &item.kind {
            ItemKind::Impl { trait_path: Some(path), .. } => vec![path],
            ItemKind::Trait { supertraits, .. } => supertraits.iter().collect(),
            _ => Vec::new(),
        };
        let params = item.generics.params.iter().flat_map(|param| &param.bounds);
        let predicates = item.generics.predicates.iter().flat_map(|(_, bounds)| bounds);
        let scope = cx.program.scope_of_item(file, id);
        for path in own.into_iter().chain(params).chain(predicates) {
            let found = cx.resolver.path(scope, path, Namespace::Type).map(|found| found.res);
            let Some(Res::Def(def)) = found else { continue };
            let (kind, rule, what) = match cx.legacy.kind(def) {
                Some(Tracked::Factory) => (SiteKind::FactoryBound, Rule::EngineOptions, "the legacy factory trait"),
                Some(Tracked::Persister) => (SiteKind::PersisterBound, Rule::CoreSession, "the legacy persister trait"),
                _ => continue,
            };
            out.push(Site { file, at: At::Item(id), span: path.span, kind, rule, what: what.to_owned() });
        }
    }
}

fn pattern_sites(cx: &Cx<'_>, file: FileIdx, out: &mut Vec<Site>) {
    let hir = cx.hir(file);
    let mut found: Vec<(PatId, &'static str)> =
        cx.inferred(file).pattern_defs.iter().filter_map(|(&pat, &def)| Some((pat, cx.legacy.variant(def)?))).collect();
    config_patterns(cx, file, out);
    found.sort();
    for (pat, name) in found {
        let span = match &hir[pat].kind {
            PatKind::TupleStruct { path, .. } | PatKind::Struct { path, .. } | PatKind::Path(path) => path.span,
            _ => hir[pat].span,
        };
        out.push(Site {
            file,
            at: At::Pat(pat),
            span,
            kind: SiteKind::ErrorPattern(name),
            rule: Rule::LegacyError,
            what: format!("the legacy error `{name}` in a pattern"),
        });
    }
    taken_apart_sites(cx, file, out);
}

/// Patterns that take a core session apart.
fn taken_apart_sites(cx: &Cx<'_>, file: FileIdx, out: &mut Vec<Site>) {
    let mut found: Vec<PatId> = cx
        .inferred(file)
        .pattern_defs
        .iter()
        .map(|(&pat, &def)| (pat, cx.legacy.kind(def)))
        .filter(|(_, kind)| *kind == Some(Tracked::CoreSession))
        .map(|(pat, _)| pat)
        .collect();
    found.sort();
    for pat in found {
        let PatKind::Struct { path, .. } = &cx.hir(file)[pat].kind else { continue };
        let what = "a core session is taken apart".to_owned();
        out.push(Site {
            file,
            at: At::Pat(pat),
            span: path.span,
            kind: SiteKind::TakenApart,
            rule: Rule::CoreSession,
            what,
        });
    }
}

/// Patterns that take an engine configuration apart.
fn config_patterns(cx: &Cx<'_>, file: FileIdx, out: &mut Vec<Site>) {
    let is_config = |def: &DefId| cx.legacy.kind(*def) == Some(Tracked::Config);
    let mut found: Vec<PatId> =
        cx.inferred(file).pattern_defs.iter().filter(|(_, def)| is_config(def)).map(|(&pat, _)| pat).collect();
    found.sort();
    for pat in found {
        let is_followed = matched(cx, file, pat).is_some();
        let kind = if is_followed { SiteKind::Options } else { SiteKind::Unfollowed };
        let what = "an engine configuration in a pattern".to_owned();
        let span = cx.hir(file)[pat].span;
        out.push(Site { file, at: At::Pat(pat), span, kind, rule: Rule::EngineOptions, what });
    }
}
