//! Waiting for a point in time, with or without a tokio time driver.
//!
//! `tokio::time::sleep` panics outside of a runtime and in a runtime that was built without `enable_time`, and
//! tokio offers no way to ask beforehand. So a lazily started thread serves every deadline of this crate. The one
//! exception is a paused clock (tokio's `test-util`): there only tokio's own timer makes time move.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context as TaskContext, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant as StdInstant};

use tokio::runtime::Handle;
use tokio::time::Instant;

/// Completes once `deadline` has passed. Dropping the future forgets the deadline.
pub(crate) async fn sleep_until(deadline: Instant) {
    if clock_is_paused() {
        tokio::time::sleep_until(deadline).await;
    } else {
        ThreadSleep::new(deadline.into_std()).await;
    }
}

/// Completes once `duration` has passed; a duration beyond the clock's range never does.
pub(crate) async fn sleep(duration: Duration) {
    match Instant::now().checked_add(duration) {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Whether tokio's clock stands still while the real one moves.
///
/// Never true for a running clock: its second reading comes after a strictly later reading of the same source.
fn clock_is_paused() -> bool {
    if Handle::try_current().is_err() {
        return false;
    }
    let before = Instant::now();
    let start = StdInstant::now();
    while StdInstant::now() == start {
        std::hint::spin_loop();
    }
    Instant::now() == before
}

/// A deadline and a number that tells equal deadlines apart.
type Key = (StdInstant, u64);

/// The deadlines the timer thread looks after.
#[derive(Debug, Default)]
struct Timers {
    queue: Mutex<BTreeMap<Key, Waker>>,
    changed: Condvar,
}

impl Timers {
    /// The process-wide timers, or `None` when the system refuses the thread.
    fn global() -> Option<&'static Self> {
        static TIMERS: OnceLock<Option<&'static Timers>> = OnceLock::new();
        *TIMERS.get_or_init(|| {
            let timers: &'static Self = Box::leak(Box::default());
            let thread = thread::Builder::new().name("geppetto-timer".into());
            match thread.spawn(|| timers.serve()) {
                Ok(_) => Some(timers),
                Err(error) => {
                    tracing::error!(%error, "no timer thread: deadlines count as passed");
                    None
                }
            }
        })
    }

    fn queue(&self) -> MutexGuard<'_, BTreeMap<Key, Waker>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn register(&self, key: Key, waker: Waker) {
        let mut queue = self.queue();
        queue.insert(key, waker);
        if queue.first_key_value().is_some_and(|(first, _)| *first == key) {
            self.changed.notify_one();
        }
    }

    fn forget(&self, key: Key) {
        self.queue().remove(&key);
    }

    fn serve(&self) -> ! {
        loop {
            for waker in self.next_due() {
                waker.wake();
            }
        }
    }

    /// Blocks until at least one deadline has passed, and takes all that have.
    fn next_due(&self) -> Vec<Waker> {
        let mut queue = self.queue();
        loop {
            let now = StdInstant::now();
            let next = queue.first_key_value().map(|(key, _)| key.0);
            queue = match next {
                Some(deadline) if deadline <= now => {
                    let later = queue.split_off(&(now, u64::MAX));
                    return std::mem::replace(&mut *queue, later).into_values().collect();
                }
                Some(deadline) => {
                    let waited = self.changed.wait_timeout(queue, deadline - now);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

/// A sleep that the timer thread ends.
struct ThreadSleep {
    key: Key,
    registered: bool,
}

impl ThreadSleep {
    fn new(deadline: StdInstant) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self { key: (deadline, NEXT.fetch_add(1, Ordering::Relaxed)), registered: false }
    }
}

impl Future for ThreadSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        if self.key.0 <= StdInstant::now() {
            return Poll::Ready(());
        }
        let Some(timers) = Timers::global() else {
            return Poll::Ready(());
        };
        timers.register(self.key, cx.waker().clone());
        self.registered = true;
        Poll::Pending
    }
}

impl Drop for ThreadSleep {
    fn drop(&mut self) {
        if self.registered
            && let Some(timers) = Timers::global()
        {
            timers.forget(self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_time_driver() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
    }

    #[test]
    fn sleeps_without_a_time_driver() {
        let start = StdInstant::now();
        without_time_driver().block_on(sleep(Duration::from_millis(2)));
        assert!(start.elapsed() >= Duration::from_millis(2));
    }

    #[tokio::test(start_paused = true)]
    async fn follows_a_paused_clock() {
        let start = Instant::now();
        sleep(Duration::from_secs(3600)).await;
        assert_eq!(start.elapsed(), Duration::from_secs(3600));
    }

    #[test]
    fn an_earlier_deadline_need_not_wait_for_one_registered_before() {
        without_time_driver().block_on(async {
            tokio::select! {
                biased;
                () = sleep(Duration::from_secs(3600)) => panic!("the later deadline ended first"),
                () = sleep(Duration::from_millis(2)) => {}
            }
        });
    }

    #[test]
    fn a_dropped_sleep_is_forgotten() {
        let timers = Timers::global().expect("a timer thread");
        let mut sleep = Box::pin(ThreadSleep::new(StdInstant::now() + Duration::from_secs(3600)));
        let key = sleep.key;
        let mut cx = TaskContext::from_waker(Waker::noop());
        assert!(sleep.as_mut().poll(&mut cx).is_pending());
        assert!(timers.queue().contains_key(&key));
        drop(sleep);
        assert!(!timers.queue().contains_key(&key));
    }

    #[test]
    fn a_duration_beyond_the_clock_never_ends() {
        let mut sleep = Box::pin(sleep(Duration::MAX));
        let mut cx = TaskContext::from_waker(Waker::noop());
        assert!(sleep.as_mut().poll(&mut cx).is_pending());
    }
}
