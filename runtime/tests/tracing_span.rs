//! Invariant 6: a run stands in its caller's span. A binary of its own, because the subscriber is global.

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use geppetto_runtime::prelude::*;
use support::{engine, session_of};
use tracing::subscriber::Interest;
use tracing::{Metadata, Span, Subscriber};
use tracing_subscriber::layer::{Context as LayerContext, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

/// Hides the span of the run on demand, as a filter would.
#[derive(Clone, Default)]
struct Filter(Arc<AtomicBool>);

impl<S: Subscriber> Layer<S> for Filter {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: LayerContext<'_, S>) -> bool {
        metadata.name() != "inference" || !self.0.load(Ordering::SeqCst)
    }
}

/// The names of the spans around this line, innermost first.
fn current_scope() -> Vec<&'static str> {
    let names = Span::current().with_subscriber(|(id, dispatch)| {
        let registry = dispatch.downcast_ref::<Registry>().expect("the registry");
        let span = registry.span(id).expect("open");
        span.scope().map(|span| span.name()).collect()
    });
    names.unwrap_or_default()
}

/// The spans around a runner that was started inside of `caller`.
async fn scope_of_a_run() -> Vec<&'static str> {
    let scope = Arc::new(Mutex::new(Vec::new()));
    let seen = scope.clone();
    let session = session_of(engine(move |ctx, turn| {
        let carried = ctx.value::<Span>().and_then(|span| span.metadata());
        assert_eq!(carried.map(Metadata::name), Some("caller"));
        seen.lock().expect("not poisoned").extend(current_scope());
        async move { Ok(turn) }
    }));
    let start = || session.start_with_prompt(&Context::background(), "x");
    let handle = tracing::info_span!("caller").in_scope(start).expect("starts");
    handle.wait().await.expect("an answer");
    std::mem::take(&mut scope.lock().expect("not poisoned"))
}

#[tokio::test]
async fn inv06_the_run_stands_in_the_callers_span_also_when_its_own_is_filtered_out() {
    let filter = Filter::default();
    let subscriber = tracing_subscriber::registry().with(filter.clone());
    tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");
    assert_eq!(scope_of_a_run().await, ["inference", "caller"]);
    filter.0.store(true, Ordering::SeqCst);
    assert_eq!(scope_of_a_run().await, ["caller"]);
}
