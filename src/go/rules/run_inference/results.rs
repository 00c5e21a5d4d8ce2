//! What becomes of the variable for the result where a start is refused: a legacy run left nil in it.

use crate::go::cx::Outcome;
use crate::go::flow::Slot;
use crate::go::index::FileIdx;
use crate::go::infer::Ref;
use crate::go::runs::{ends_function, is_new};
use crate::go::session::Sessions;
use crate::go::syntax::NodeId;
use crate::go::variables::{self, Value};

/// The statement that takes an older result out of its place, where there may be one that somebody sees.
pub(super) fn reset(
    session: &Sessions<'_, '_>,
    file: FileIdx,
    stmt: NodeId,
    out: NodeId,
    arm: Option<NodeId>,
) -> Option<String> {
    let cx = session.cx;
    let text = cx.text(file, out);
    if text == "_" || is_new(cx, file, out) || is_still_nil(session, file, stmt, out) {
        return None;
    }
    let is_seen = match (cx.inferred(file).meaning(out), arm) {
        (Some(Ref::Local(declared)), Some(arm)) => {
            let is_own = matches!(cx.view.local(file, declared), Slot::Local(..))
                && cx.uses(file, declared).iter().all(|&used| cx.function(file, used) == cx.function(file, declared));
            !is_own || !ends_function(cx, file, arm) || are_read(session, file, out, arm)
        }
        _ => true,
    };
    is_seen.then(|| format!("{} = nil", session.draft.text(file, out)))
}

/// Whether a variable has had no other value than its first, nil.
fn is_still_nil(session: &Sessions<'_, '_>, file: FileIdx, stmt: NodeId, out: NodeId) -> bool {
    let cx = session.cx;
    let syntax = cx.syntax(file);
    let Some(Ref::Local(declared)) = cx.inferred(file).meaning(out) else { return false };
    let writes = variables::writes(cx, file, declared);
    let is_repeated = syntax
        .ancestors(stmt)
        .take_while(|&node| !syntax.is_inside(declared, node))
        .any(|node| matches!(syntax.kind(node), "for_statement" | "func_literal"));
    let is_first = |write: &variables::Write| match write.name == declared {
        true => write.value == Value::Zero,
        false => syntax.start(write.name) >= syntax.start(stmt),
    };
    !is_repeated && writes.iter().all(is_first)
}

/// Whether the block of a failure reads the result.
pub(super) fn are_read(session: &Sessions<'_, '_>, file: FileIdx, out: NodeId, arm: NodeId) -> bool {
    let cx = session.cx;
    let meaning = cx.inferred(file).meaning(out);
    let syntax = cx.syntax(file);
    syntax.text(out) != "_"
        && matches!(meaning, Some(Ref::Local(_)))
        && syntax.below(arm).any(|name| cx.inferred(file).meaning(name) == meaning)
}

/// What is said where the result is declared with the run and read where that has failed.
pub(super) fn read_in_arm() -> Outcome {
    Outcome::report(
        "the block of a failed run reads its result, which a refused start does not have",
        "start the run in a statement of its own: handle, err := sess.StartInference(ctx), then handle.Wait()",
    )
}

/// The block, or the statement with one, that begins with the reset.
pub(super) fn reset_in(reset: &Option<String>, block: &str) -> String {
    match reset {
        Some(reset) => block.replacen('{', &format!("{{\n\t{reset}"), 1),
        None => block.to_owned(),
    }
}
