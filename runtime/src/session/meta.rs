//! Who runs, as the run's context tells.

use std::collections::BTreeMap;

use crate::context::Context;
use crate::turns::{INFERENCE_ID, SESSION_ID, Turn};

struct SessionMeta {
    session_id: String,
    /// `None` where a run has none of its own.
    inference_id: Option<String>,
}

#[derive(Clone, Copy)]
struct ProviderCallIndex(u32);

struct RunTags(BTreeMap<String, String>);

/// A child of `ctx` that belongs to this session and inference. A session does this for each run that it starts.
///
/// ```
/// use geppetto_runtime::context::Context;
/// use geppetto_runtime::session::{inference_id, session_id, with_session_meta};
///
/// let ctx = with_session_meta(&Context::background(), "s1", "i1");
/// assert_eq!((session_id(&ctx), inference_id(&ctx)), (Some("s1".into()), Some("i1".into())));
/// ```
pub fn with_session_meta(ctx: &Context, session_id: impl Into<String>, inference_id: impl Into<String>) -> Context {
    ctx.with_value(SessionMeta { session_id: session_id.into(), inference_id: Some(inference_id.into()) })
}

/// `ctx` as one that belongs to this session; what it says about an inference stays only if that is this session's.
pub(crate) fn of_session(ctx: &Context, session_id: &str) -> Context {
    match ctx.value::<SessionMeta>() {
        Some(meta) if meta.session_id == session_id => ctx.clone(),
        _ => ctx.with_value(SessionMeta { session_id: session_id.to_owned(), inference_id: None }),
    }
}

/// The id of the session that runs.
pub fn session_id(ctx: &Context) -> Option<String> {
    ctx.value::<SessionMeta>().map(|meta| meta.session_id.clone())
}

/// The id of the run.
pub fn inference_id(ctx: &Context) -> Option<String> {
    ctx.value::<SessionMeta>()?.inference_id.clone()
}

/// A child of `ctx` for the engine call with this index. The tool loop does this for each of its calls.
pub fn with_provider_call_index(ctx: &Context, index: u32) -> Context {
    ctx.with_value(ProviderCallIndex(index))
}

/// How many engine calls of this run came before; `None` outside of a tool loop.
pub fn provider_call_index(ctx: &Context) -> Option<u32> {
    ctx.value::<ProviderCallIndex>().map(|index| index.0)
}

/// A child of `ctx` with these tags for its runs, in place of earlier ones.
///
/// ```
/// use geppetto_runtime::context::Context;
/// use geppetto_runtime::session::{run_tags, with_run_tags};
///
/// let ctx = with_run_tags(&Context::background(), [("tenant", "t1")]);
/// assert_eq!(run_tags(&ctx)["tenant"], "t1");
/// ```
pub fn with_run_tags<K, V>(ctx: &Context, tags: impl IntoIterator<Item = (K, V)>) -> Context
where
    K: Into<String>,
    V: Into<String>,
{
    let tags = tags.into_iter().map(|(key, value)| (key.into(), value.into()));
    ctx.with_value(RunTags(tags.collect()))
}

/// The tags of the run; empty when nobody set any.
pub fn run_tags(ctx: &Context) -> BTreeMap<String, String> {
    ctx.value::<RunTags>().map(|tags| tags.0.clone()).unwrap_or_default()
}

/// Writes the ids of `ctx` into the turn's metadata. Outside of a session it changes nothing.
pub(crate) fn stamp(ctx: &Context, turn: &mut Turn) {
    if let Some(meta) = ctx.value::<SessionMeta>() {
        SESSION_ID.set(&mut turn.metadata, meta.session_id.clone());
        if let Some(inference_id) = &meta.inference_id {
            INFERENCE_ID.set(&mut turn.metadata, inference_id.clone());
        }
    }
}
