//! Finds the units without which the rest passes, with few attempts.

use std::collections::{BTreeMap, BTreeSet};

use super::ApplyError;
use crate::finding::UnitId;
use crate::frontend::Diagnostic;

/// A set of units that are carried out.
pub(super) type Units = BTreeSet<UnitId>;

/// Why a set of units does not pass.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// What the compiler says; there is at least one.
    pub(super) errors: Vec<Diagnostic>,
    /// The units that the errors point at.
    pub(super) suspects: Units,
}

/// What comes out.
#[derive(Debug)]
pub(super) enum Found {
    /// These pass; each of the others spoils it.
    Kept(Units, BTreeMap<UnitId, Failure>),
    /// Not even without any unit does it pass.
    Nothing(Failure),
}

/// How often the places of errors are believed before the search begins at the other end.
const GUESSES: usize = 4;

/// Carries out a set of units and says why it does not pass.
pub(super) type Attempt<'a> = dyn FnMut(&Units) -> Result<Option<Failure>, ApplyError> + 'a;

/// Finds a subset of `all` that passes and to which no other unit can be added. `all` fails with `failure`.
///
/// The units at which errors point go first. If what is left passes, only they are looked into; otherwise all are, by
/// halves: g units to blame among n take about g · log n attempts.
pub(super) fn find(all: &Units, failure: Failure, attempt: &mut Attempt<'_>) -> Result<Found, ApplyError> {
    let mut kept = match without_suspects(all, &failure, attempt)? {
        Some(kept) => kept,
        None => match attempt(&Units::new())? {
            Some(failure) => return Ok(Found::Nothing(failure)),
            None => Units::new(),
        },
    };
    let mut guilty = BTreeMap::new();
    let candidates: Vec<UnitId> = all.difference(&kept).cloned().collect();
    add(&mut kept, &candidates, failure, &mut guilty, attempt)?;
    Ok(Found::Kept(kept, guilty))
}

/// The largest set that passes without the units at which errors point.
fn without_suspects(all: &Units, failure: &Failure, attempt: &mut Attempt<'_>) -> Result<Option<Units>, ApplyError> {
    let mut aside: Units = failure.suspects.intersection(all).cloned().collect();
    for _ in 0..GUESSES {
        let rest: Units = all.difference(&aside).cloned().collect();
        if rest.len() == all.len() || rest.is_empty() {
            return Ok(None);
        }
        let Some(failure) = attempt(&rest)? else { return Ok(Some(rest)) };
        let before = aside.len();
        aside.extend(failure.suspects.intersection(all).cloned());
        if aside.len() == before {
            return Ok(None);
        }
    }
    Ok(None)
}

/// Adds those of `candidates` with which `kept` still passes. With all of them it fails with `failure`.
fn add(
    kept: &mut Units,
    candidates: &[UnitId],
    failure: Failure,
    guilty: &mut BTreeMap<UnitId, Failure>,
    attempt: &mut Attempt<'_>,
) -> Result<(), ApplyError> {
    if let [unit] = candidates {
        guilty.insert(unit.clone(), failure);
        return Ok(());
    }
    let (left, right) = candidates.split_at(candidates.len() / 2);
    for half in [left, right].into_iter().filter(|half| !half.is_empty()) {
        let more: Units = kept.iter().chain(half).cloned().collect();
        match attempt(&more)? {
            None => *kept = more,
            Some(failure) => add(kept, half, failure, guilty, attempt)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(number: usize) -> UnitId {
        UnitId(format!("{number:02}"))
    }

    fn units(numbers: impl IntoIterator<Item = usize>) -> Units {
        numbers.into_iter().map(unit).collect()
    }

    fn failure(suspects: Units) -> Failure {
        Failure { errors: Vec::new(), suspects }
    }

    /// Kept and guilty of `count` units that fail as `verdict` says, and how many attempts that took.
    fn found(count: usize, verdict: impl Fn(&Units) -> Option<Failure>) -> (Option<(Units, Units)>, usize) {
        let all = units(0..count);
        let mut attempts = 0;
        let first = verdict(&all).expect("all together fail");
        let found = find(&all, first, &mut |units| {
            attempts += 1;
            Ok(verdict(units))
        });
        match found.unwrap() {
            Found::Kept(kept, guilty) => (Some((kept, guilty.into_keys().collect())), attempts),
            Found::Nothing(_) => (None, attempts),
        }
    }

    #[test]
    fn the_unit_that_an_error_points_at_is_found_at_once() {
        let verdict = |set: &Units| set.contains(&unit(7)).then(|| failure(units([7])));
        let (found, attempts) = found(30, verdict);
        assert_eq!(found.unwrap().1, units([7]));
        assert_eq!(attempts, 1);
    }

    #[test]
    fn one_error_may_come_to_light_behind_another() {
        let verdict = |set: &Units| [4, 9].into_iter().find(|n| set.contains(&unit(*n))).map(|n| failure(units([n])));
        let (found, attempts) = found(30, verdict);
        let (kept, guilty) = found.unwrap();
        assert_eq!((kept.len(), guilty), (28, units([4, 9])));
        assert!(attempts <= 4, "{attempts}");
    }

    #[test]
    fn errors_that_point_nowhere_or_at_the_innocent_are_no_hindrance() {
        for suspects in [units([]), units([3]), units([3, 4, 5])] {
            let verdict =
                |set: &Units| [2, 27].iter().any(|n| set.contains(&unit(*n))).then(|| failure(suspects.clone()));
            let (found, attempts) = found(32, verdict);
            let (kept, guilty) = found.unwrap();
            assert_eq!((kept.len(), guilty), (30, units([2, 27])), "{suspects:?}");
            assert!(attempts <= 22, "{attempts}");
        }
    }

    #[test]
    fn of_two_that_only_fail_together_one_is_kept() {
        let verdict = |set: &Units| [2, 6].iter().all(|n| set.contains(&unit(*n))).then(|| failure(units([2, 6])));
        let (kept, guilty) = found(8, verdict).0.unwrap();
        assert_eq!((kept.len(), guilty), (7, units([6])));
    }

    #[test]
    fn where_nothing_passes_nothing_is_kept() {
        let (found, attempts) = found(16, |_| Some(failure(units([1]))));
        assert!(found.is_none());
        assert!(attempts <= 3, "{attempts}");
    }
}
