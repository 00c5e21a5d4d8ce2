//! What a rule decides about one site, in any language.

use crate::finding::Level;
use crate::rules::Trap;

/// The decision about a site: its level, its changes `C`, those `R` that take text of the file along, and what is said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome<C, R = C> {
    pub(crate) level: Level,
    pub(crate) changes: Vec<C>,
    /// Changes that take text of the file along.
    pub(crate) rewrites: Box<[R]>,
    pub(crate) why: String,
    pub(crate) help: String,
    pub(crate) traps: Vec<Trap>,
}

/// Why something that other code uses goes at this level only.
pub(crate) fn still_used(level: Level) -> &'static str {
    match level {
        Level::Safe => "",
        Level::Offered => "code that is only offered a change still uses it",
        Level::Report => "code that is only reported still uses it",
    }
}

impl<C, R> Outcome<C, R> {
    /// A safe change; `help` says what is written instead.
    pub(crate) fn safe(changes: Vec<C>, help: impl Into<String>) -> Self {
        Self {
            level: Level::Safe,
            changes,
            rewrites: Box::default(),
            why: String::new(),
            help: help.into(),
            traps: Vec::new(),
        }
    }

    /// One change more.
    pub(crate) fn with(mut self, change: C) -> Self {
        self.changes.push(change);
        self
    }

    /// No change, and the person is told what to write.
    pub(crate) fn report(why: impl Into<String>, help: impl Into<String>) -> Self {
        Self { level: Level::Report, why: why.into(), ..Self::safe(Vec::new(), help) }
    }

    /// A change after a yes, because of `trap`.
    pub(crate) fn offered(self, trap: Trap, why: &str) -> Self {
        self.reserved(why).because(trap, why)
    }

    /// A change after a yes, for a reason that is no trap of its own.
    pub(crate) fn reserved(mut self, why: &str) -> Self {
        self.level = self.level.max(Level::Offered);
        self.explain(why);
        self
    }

    /// Names a trap and says why it matters here.
    pub(crate) fn because(mut self, trap: Trap, why: &str) -> Self {
        if !self.traps.contains(&trap) {
            self.traps.push(trap);
        }
        self.explain(why);
        self
    }

    fn explain(&mut self, why: &str) {
        if !self.why.contains(why) {
            if !self.why.is_empty() {
                self.why.push_str("; ");
            }
            self.why.push_str(why);
        }
    }
}
