//! Handles as such: whether two are the same session's, and those that do not keep it alive.

use std::fmt;
use std::sync::{Arc, Weak};

use super::{Core, Session};

/// A handle that does not keep its session alive, for caches and for links back to an owner.
///
/// A session lives as long as any [`Session`], [`ExecutionHandle`](super::ExecutionHandle) or
/// [`RunPermit`](super::RunPermit) on it, and while it runs.
///
/// ```
/// use geppetto_runtime::session::{Session, WeakSession};
///
/// let session = Session::with_id("s1");
/// let weak = session.downgrade();
/// assert!(weak.upgrade().is_some_and(|same| same.same_session(&session)));
/// drop(session);
/// assert!(weak.upgrade().is_none());
/// assert!(WeakSession::new().upgrade().is_none());
/// ```
#[derive(Clone, Default)]
pub struct WeakSession {
    core: Weak<Core>,
}

impl WeakSession {
    /// A handle on no session.
    pub fn new() -> Self {
        Self::default()
    }

    /// The session, if it still lives: a handle that uses the session's builder, whatever the one it comes from has.
    pub fn upgrade(&self) -> Option<Session> {
        self.core.upgrade().map(|core| Session { core, own: None })
    }
}

impl Session {
    /// A handle that does not keep the session alive.
    pub fn downgrade(&self) -> WeakSession {
        WeakSession { core: Arc::downgrade(&self.core) }
    }

    /// Whether both are handles on one session. Two sessions may have the same id.
    pub fn same_session(&self, other: &Session) -> bool {
        Arc::ptr_eq(&self.core, &other.core)
    }
}

/// So that a function can take owned and borrowed handles.
impl AsRef<Session> for Session {
    fn as_ref(&self) -> &Session {
        self
    }
}

impl fmt::Debug for WeakSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(WeakSession)")
    }
}
