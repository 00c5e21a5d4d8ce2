//! The executors that a run in place must not tell apart, and futures by hand.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as TaskContext, Poll, Wake, Waker};

use tokio::runtime::Builder;

/// Something that drives futures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Executor {
    CurrentThread,
    MultiThread,
    LocalSet,
    BlockOn,
    Polls,
}

impl Executor {
    pub(crate) const ALL: [Self; 5] =
        [Self::CurrentThread, Self::MultiThread, Self::LocalSet, Self::BlockOn, Self::Polls];

    pub(crate) fn run<F>(self, future: F) -> F::Output
    where
        F: Future<Output: Send> + Send + 'static,
    {
        match self {
            Self::CurrentThread => Builder::new_current_thread().build().expect("a runtime").block_on(future),
            Self::MultiThread => {
                let runtime = Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
                runtime.block_on(runtime.spawn(future)).expect("no panic")
            }
            Self::LocalSet => {
                let runtime = Builder::new_current_thread().build().expect("a runtime");
                let tasks = tokio::task::LocalSet::new();
                tasks.block_on(&runtime, async { tokio::task::spawn_local(future).await.expect("no panic") })
            }
            Self::BlockOn => futures::executor::block_on(future),
            Self::Polls => polled(future),
        }
    }
}

/// Runs the test on each of them. The one that fails is printed.
pub(crate) fn on_every_executor<F>(test: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    struct Named(Executor);
    impl Drop for Named {
        fn drop(&mut self) {
            if std::thread::panicking() {
                eprintln!("on {:?}", self.0);
            }
        }
    }
    for executor in Executor::ALL {
        let _named = Named(executor);
        executor.run(test());
    }
}

/// A loop by hand. It polls once too often after each wake.
fn polled<F: Future>(future: F) -> F::Output {
    struct Woken(AtomicBool);
    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let woken = Arc::new(Woken(AtomicBool::new(true)));
    let waker = Waker::from(woken.clone());
    let mut future = std::pin::pin!(future);
    loop {
        let was_woken = woken.0.swap(false, Ordering::SeqCst);
        if let Poll::Ready(output) = future.as_mut().poll(&mut TaskContext::from_waker(&waker)) {
            return output;
        }
        if !was_woken {
            std::thread::yield_now();
        }
    }
}

/// Polls once, in this task.
pub(crate) async fn poll_once<F: Future + ?Sized>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

/// Is pending that many times, and wakes its task each time.
pub(crate) async fn yields(times: usize) {
    let mut left = times;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// The output, or what the future panicked with.
pub(crate) async fn catching<F: Future>(future: F) -> Result<F::Output, String> {
    let mut future = Box::pin(future);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(polled) => polled.map(Ok),
        Err(payload) => Poll::Ready(Err(message(&*payload))),
    })
    .await
}

fn message(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).expect("a message")
}

/// Watches a context as long as it lives.
pub(crate) type Watch = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Calls `tell` when the context is cancelled, at that moment and on that thread, as long as what it returns lives.
pub(crate) fn on_cancel(ctx: &geppetto_runtime::context::Context, tell: impl Fn() + Send + Sync + 'static) -> Watch {
    struct Tell<F>(F);
    impl<F: Fn() + Send + Sync + 'static> Wake for Tell<F> {
        fn wake(self: Arc<Self>) {
            (self.0)();
        }
    }
    let ctx = ctx.clone();
    let mut cancelled: Watch = Box::pin(async move { ctx.cancelled().await });
    let waker = Waker::from(Arc::new(Tell(tell)));
    assert!(cancelled.as_mut().poll(&mut TaskContext::from_waker(&waker)).is_pending(), "cancelled before");
    cancelled
}
