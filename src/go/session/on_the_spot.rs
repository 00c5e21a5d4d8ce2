//! Core sessions that are made where they run, and have no name: `(&core.Session{…}).RunInference(ctx, seed)`.

use super::Sessions;
use crate::go::cx::Cx;
use crate::go::index::FileIdx;
use crate::go::infer::Ref;
use crate::go::surface::Legacy;
use crate::go::syntax::NodeId;

/// What the session is called that such a core session becomes; those in front of it in the same list have their names.
pub(crate) fn name(session: &Sessions<'_, '_>, file: FileIdx, made: NodeId) -> String {
    let cx = session.cx;
    let name = session.fresh(file, made, &["sess", "newSession", "freshSession"]);
    let before = cx.stmt(file, made).map_or(Vec::new(), |stmt| cx.siblings(file, stmt).0);
    match before.into_iter().filter(|&stmt| has_one(cx, file, stmt)).count() {
        0 => name,
        number => format!("{name}{}", number + 1),
    }
}

/// Whether a core session runs where it is made.
pub(crate) fn is_one(cx: &Cx<'_>, file: FileIdx, made: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let above = syntax.ancestors(made).skip(1).find(|&node| syntax.kind(node) != "parenthesized_expression");
    let field = above.and_then(|above| syntax.child(above, "field")).and_then(|field| cx.inferred(file).meaning(field));
    matches!(field, Some(Ref::Def(def)) if cx.legacy.get(def) == Some(Legacy::RunInference))
}

fn has_one(cx: &Cx<'_>, file: FileIdx, stmt: NodeId) -> bool {
    let syntax = cx.syntax(file);
    let mut made = syntax.below(stmt).filter(|&node| syntax.kind(node) == "unary_expression");
    made.any(|node| {
        let is_legacy = cx.legacy.of_type(cx.ty(file, node)) == Some(Legacy::CoreSession);
        is_legacy && is_one(cx, file, node) && cx.stmt(file, node) == Some(stmt)
    })
}
