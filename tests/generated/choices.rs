//! Decisions about a program: drawn once, kept by name, and taken back one by one while a failing program shrinks.

use std::collections::BTreeMap;
use std::fmt;

/// What was decided, by name. What is not there is decided in the plainest way, which is 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decisions(pub(crate) BTreeMap<String, usize>);

impl fmt::Display for Decisions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.0.iter().map(|(name, way)| format!("{name}={way}")).collect();
        f.write_str(&texts.join(" "))
    }
}

/// Draws numbers that depend on the seed alone (SplitMix64).
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

/// Decides, and remembers what it decided.
#[derive(Debug)]
pub(crate) struct Choices {
    rng: Option<Rng>,
    decisions: Decisions,
    scope: String,
}

impl Choices {
    /// Draws every decision.
    pub(crate) fn drawn(rng: Rng) -> Self {
        Self { rng: Some(rng), decisions: Decisions::default(), scope: String::new() }
    }

    /// Decides as it was decided before, and everything else in the plainest way.
    pub(crate) fn replayed(decisions: Decisions) -> Self {
        Self { rng: None, decisions, scope: String::new() }
    }

    /// Names that follow are those of `scope`.
    pub(crate) fn enter(&mut self, scope: impl Into<String>) {
        self.scope = scope.into();
    }

    /// One of `ways`; the plainest one more often than any other.
    pub(crate) fn pick(&mut self, name: &str, ways: usize) -> usize {
        let name = format!("{}.{name}", self.scope);
        if let Some(&way) = self.decisions.0.get(&name) {
            return way.min(ways - 1);
        }
        let Some(rng) = &mut self.rng else { return 0 };
        let way = if rng.below(3) == 0 { 0 } else { rng.below(ways) };
        if way > 0 {
            self.decisions.0.insert(name, way);
        }
        way
    }

    pub(crate) fn into_decisions(self) -> Decisions {
        self.decisions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_drawn_can_be_replayed_and_taken_back() {
        let mut drawn = Choices::drawn(Rng::new(7));
        drawn.enter("a");
        let ways: Vec<usize> = (0..20).map(|index| drawn.pick(&index.to_string(), 5)).collect();
        let mut decisions = drawn.into_decisions();
        let replay = |decisions: &Decisions| {
            let mut choices = Choices::replayed(decisions.clone());
            choices.enter("a");
            (0..20).map(|index| choices.pick(&index.to_string(), 5)).collect::<Vec<_>>()
        };
        assert_eq!(replay(&decisions), ways);
        let (name, _) = decisions.0.pop_first().expect("not everything is plain");
        let index: usize = name[2..].parse().expect("the name is a number");
        assert_eq!((ways[index] > 0, replay(&decisions)[index]), (true, 0));
    }
}
