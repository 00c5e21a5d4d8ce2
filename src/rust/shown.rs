//! What a program shows of legacy values by `{:?}`.

use std::collections::{BTreeMap, HashMap};

use super::conversions;
use super::cx::Cx;
use super::flow::{Node, UnitIdx};
use super::hir::{Expr, ExprId, ExprKind, ItemKind, MacroCall, MacroContent, Name, Span};
use super::index::{DefId, FileIdx};
use super::legacy::Tracked;
use super::pairing::init_of;
use super::rules::legacy_error::is_error;
use super::text::holds_word;
use super::ty::Ty;

const PANICKING: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "panic",
    "unreachable",
    "todo",
    "unimplemented",
];

/// Whether only a failed assertion or a panic shows what a macro is given: that is no part of what a program does.
fn is_panicking(call: &MacroCall) -> bool {
    call.path.segments.last().is_some_and(|last| PANICKING.contains(&last.name.text.as_str()))
}

/// Units of which an error or a handle is printed with `{:?}`, also inside a value of the user's own.
pub(crate) fn debugged(cx: &Cx<'_>) -> BTreeMap<UnitIdx, bool> {
    let carriers = carriers(cx);
    let mut found = BTreeMap::new();
    let mut note = |ty: &Ty, own: Node| {
        if cx.legacy.mentioned(ty).into_iter().any(is_error) {
            found.extend(cx.flow.unit_of(&own).map(|unit| (unit, true)));
        } else if cx.legacy.mentioned(ty).into_iter().any(shows)
            && let Some(unit) = cx.flow.unit_of(&own)
        {
            found.entry(unit).or_insert(false);
        }
        ty.any(&mut |part| {
            if let Ty::Adt(def, _) = part {
                let carried = carriers.get(def).into_iter().flatten();
                carried.filter_map(|node| cx.flow.unit_of(node)).for_each(|unit| {
                    found.entry(unit).or_insert(false);
                });
            }
            false
        });
    };
    for (&file, inferred) in cx.inferred {
        let hir = cx.hir(file);
        let panics = |expr: &&Expr| matches!(&expr.kind, ExprKind::Macro(call) if is_panicking(call));
        let panicking: Vec<Span> = hir.exprs.iter().filter(panics).map(|expr| expr.span).collect();
        let is_output = |name: &Name| !panicking.iter().any(|span| span.contains(name.span));
        for (name, pat) in inferred.captures.iter().filter(|(name, _)| is_output(name)) {
            let after = &cx.source(file)[name.span.end as usize..];
            let spec = &after[..after.find('}').unwrap_or(0)];
            if let Some(ty) = inferred.bindings.get(pat).filter(|_| spec.contains('?')) {
                note(ty, Node::Binding(file, *pat));
            }
        }
        for (index, expr) in hir.exprs.iter().enumerate() {
            if let ExprKind::MethodCall { receiver, args, .. } = &expr.kind
                && let Some(&shown) = args.last()
                && is_debug_helper(cx, file, *receiver)
            {
                note(cx.ty(file, shown), Node::Expr(file, shown));
            }
            for &shown in shown_by_callee(cx, file, ExprId(index as u32)) {
                note(cx.ty(file, shown), Node::Expr(file, shown));
            }
            let ExprKind::Macro(call) = &expr.kind else { continue };
            let MacroContent::Exprs(args) = &call.content else { continue };
            if is_panicking(call) {
                continue;
            }
            let is_dbg = call.path.segments.last().is_some_and(|last| last.name.text == "dbg");
            for &arg in args {
                let before = cx.source(file)[..hir[arg].span.start as usize].trim_end();
                if is_dbg || before.ends_with('?') || cx.text(file, call.inner).contains("?}") {
                    note(cx.ty(file, arg), Node::Expr(file, arg));
                }
            }
        }
    }
    found
}

/// The arguments of a call of the user's own function that may show what it is given: its signature names `Debug`.
fn shown_by_callee<'a>(cx: &Cx<'a>, file: FileIdx, call: ExprId) -> &'a [ExprId] {
    let (def, args) = match &cx.hir(file)[call].kind {
        ExprKind::Call { callee, args } => (cx.value_def(file, *callee), args),
        ExprKind::MethodCall { args, .. } => (cx.inferred(file).methods.get(&call).copied(), args),
        _ => return &[],
    };
    let names_debug = |def: &DefId| {
        let own = cx.program.item(*def).filter(|_| !cx.program.is_model(*def));
        let (own, at) = (own?, cx.program.def(*def).file);
        let body = cx.program.fn_item(*def)?.body.map_or(own.span.end, |body| cx.span(at, body).start);
        Some(holds_word(cx.text(at, Span { start: own.span.start, end: body }), "Debug"))
    };
    if def.as_ref().and_then(names_debug) == Some(true) { args } else { &[] }
}

/// Whether an expression is `f.debug_struct(…)` or the like, with what was given to it so far.
pub(crate) fn is_debug_helper(cx: &Cx<'_>, file: FileIdx, expr: ExprId) -> bool {
    const HELPERS: &[&str] = &["debug_struct", "debug_tuple", "debug_list", "debug_set", "debug_map"];
    match &cx.hir(file)[cx.referent(file, expr)].kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            HELPERS.contains(&method.text.as_str()) || is_debug_helper(cx, file, *receiver)
        }
        ExprKind::Path(_) => {
            let local = cx.local(file, expr);
            local.and_then(|local| init_of(cx, file, local)).is_some_and(|(_, init)| is_debug_helper(cx, file, init))
        }
        _ => false,
    }
}

/// The struct or variant that a field is of, its name, and its type.
type OwnField = (DefId, String, Ty);

/// The user's own types that show what they hold by a derived `Debug`, with the fields in which something changes.
fn carriers(cx: &Cx<'_>) -> HashMap<DefId, Vec<Node>> {
    let mut found: HashMap<DefId, Vec<Node>> = HashMap::new();
    let own: Vec<(DefId, Vec<OwnField>)> = (0..cx.program.defs.len() as u32)
        .map(DefId)
        .filter(|&def| !cx.program.is_model(def) && derives_debug(cx, def))
        .map(|def| (def, fields_of(cx, def)))
        .collect();
    for (def, fields) in &own {
        for (owner, name, _) in fields.iter().filter(|(.., ty)| cx.legacy.mentioned(ty).into_iter().any(shows)) {
            found.entry(*def).or_default().push(Node::Field(*owner, name.clone()));
        }
    }
    // What holds a carrier is one.
    for _ in 0..4 {
        for (def, fields) in &own {
            let mut more = Vec::new();
            for (.., ty) in fields {
                ty.any(&mut |part| {
                    if let Ty::Adt(other, _) = part {
                        more.extend(found.get(other).into_iter().flatten().cloned());
                    }
                    false
                });
            }
            let nodes = found.entry(*def).or_default();
            more.into_iter().for_each(|node| {
                if !nodes.contains(&node) {
                    nodes.push(node);
                }
            });
        }
    }
    found
}

fn shows(kind: Tracked) -> bool {
    is_error(kind) || matches!(kind, Tracked::State | Tracked::CoreSession)
}

fn derives_debug(cx: &Cx<'_>, def: DefId) -> bool {
    let Some(item) = cx.program.item(def) else { return false };
    let file = cx.program.def(def).file;
    matches!(item.kind, ItemKind::Struct(_) | ItemKind::Enum(_))
        && item.attrs.iter().any(|attr| attr.path == "derive" && cx.text(file, attr.span).contains("Debug"))
}

/// The fields of a struct, or of all variants of an enum, with their owners.
fn fields_of(cx: &Cx<'_>, def: DefId) -> Vec<OwnField> {
    let owners: Vec<DefId> = match cx.program.item(def).map(|item| &item.kind) {
        Some(ItemKind::Enum(variants)) => {
            (0..variants.len()).filter_map(|index| conversions::variant_def(cx.program, def, index)).collect()
        }
        _ => vec![def],
    };
    owners
        .into_iter()
        .flat_map(|owner| {
            let fields = cx.resolver.field_types(owner, &[]);
            fields.into_iter().map(move |(name, ty, _)| (owner, name, ty))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{finding_at, plan_of};
    use crate::finding::{Finding, Level};
    use crate::rules::{Rule, Trap};

    const MADE: &str = "let state = Arc::new(InferenceState::new(\"a\", None, engine));\n";

    fn level(show: &str) -> (Level, Vec<Trap>) {
        let Finding { level, traps, .. } = finding_at(&format!("{MADE}{show}"), "InferenceState::new");
        (level, traps)
    }

    #[test]
    fn a_handle_that_is_shown_is_told_of() {
        for show in [
            "println!(\"{state:?}\");",
            "println!(\"{:#?}\", state);",
            "let group = 1;\nprintln!(\"{:?} {group}\", state);",
            "dbg!(&state);",
            "tracing::info!(?state, \"made\");",
            "let all = vec![state];\nprintln!(\"{all:?}\");",
            "fn show<T: std::fmt::Debug>(it: T) { drop(it); }\nshow(state);",
            "fn show(it: &dyn std::fmt::Debug) { let _ = it; }\nshow(&state);",
        ] {
            assert_eq!(level(show), (Level::Offered, vec![Trap::DebugText]), "{show}");
        }
        for quiet in
            ["println!(\"{}\", state.run_id());", "assert!(!state.is_running(), \"{state:?}\");", "drop(state);"]
        {
            assert_eq!(level(quiet).0, Level::Safe, "{quiet}");
        }
        assert_eq!(level("println!(\"{:p}\", state);").0, Level::Report);
    }

    #[test]
    fn what_shows_its_fields_by_hand_shows_a_handle() {
        let code = "use geppetto::prelude::*;\nuse std::fmt;\nstruct App { state: InferenceState }\n\
                    impl fmt::Debug for App {\n    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {\n        \
                    let mut shown = f.debug_struct(\"App\");\n        shown.field(\"state\", &self.state);\n        \
                    shown.finish()\n    }\n}\nfn main() {}\n";
        let plan = plan_of(code);
        let found = plan.findings.iter().find(|finding| finding.rule == Rule::InferenceState).unwrap();
        assert_eq!((found.level, found.traps.as_slice()), (Level::Offered, [Trap::DebugText].as_slice()));
    }
}
