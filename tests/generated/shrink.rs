//! Makes a failing program smaller while it fails in the same way.

use crate::batch::Batch;
use crate::oracle::Failure;
use crate::program::{Program, Recipe};

/// The smallest program that was found to fail like `program`, and how it fails.
pub(crate) fn smallest(program: &Program, failure: &Failure) -> (Program, Failure) {
    let found = shrunk(&program.recipe, |recipes| {
        let programs = recipes.iter().enumerate().map(|(index, recipe)| recipe.program(&format!("p{index}"))).collect();
        let batch = Batch::play(program.recipe.language, "shrinking", programs, &[failure.level]);
        let is_same = |it: &Failure| it.cluster() == failure.cluster() && it.level == failure.level;
        batch.failures.iter().map(|failures| failures.iter().any(is_same)).collect()
    });
    let batch = Batch::play(program.recipe.language, "shrinking", vec![found.program("p0")], &[failure.level]);
    let is_same = |it: &&Failure| it.cluster() == failure.cluster() && it.level == failure.level;
    let failure = batch.failures[0].iter().find(is_same).unwrap_or(failure).clone();
    (batch.programs[0].clone(), failure)
}

/// Takes scenes and decisions back as long as `fails` says so of what is left. It is asked about many at once.
pub(crate) fn shrunk(recipe: &Recipe, fails: impl Fn(&[Recipe]) -> Vec<bool>) -> Recipe {
    let mut smallest = recipe.clone();
    loop {
        let steps = smaller(&smallest);
        if steps.is_empty() {
            return smallest;
        }
        let verdicts = fails(&steps);
        let failing: Vec<&Recipe> =
            steps.iter().zip(verdicts).filter(|(_, fails)| *fails).map(|(step, _)| step).collect();
        // What can be taken back alone can mostly be taken back together.
        let together = failing.iter().skip(1).scan(failing.first().copied().cloned(), |sum, step| {
            *sum = sum.take().map(|sum| common(&sum, step));
            sum.clone()
        });
        let mut together: Vec<Recipe> = together.collect();
        together.reverse();
        let verdicts = if together.is_empty() { Vec::new() } else { fails(&together[..1]) };
        smallest = match (verdicts.first(), failing.first()) {
            (Some(true), _) => together.swap_remove(0),
            (_, Some(&first)) => first.clone(),
            _ => return smallest,
        };
    }
}

/// All that is one step smaller.
fn smaller(recipe: &Recipe) -> Vec<Recipe> {
    let mut steps = Vec::new();
    if recipe.scenes.len() > 1 {
        for scene in &recipe.scenes {
            let mut step = recipe.clone();
            step.scenes.retain(|other| other != scene);
            step.decisions.0.retain(|name, _| !name.starts_with(&format!("{scene}.")));
            steps.push(step);
        }
    }
    for name in recipe.decisions.0.keys() {
        let mut step = recipe.clone();
        step.decisions.0.remove(name);
        steps.push(step);
    }
    steps
}

/// What both have; at least one scene.
fn common(one: &Recipe, other: &Recipe) -> Recipe {
    let mut both = one.clone();
    both.scenes.retain(|scene| other.scenes.contains(scene));
    if both.scenes.is_empty() {
        both.scenes.push(one.scenes[0].clone());
    }
    both.decisions.0.retain(|name, way| other.decisions.0.get(name) == Some(way));
    both
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choices::Decisions;
    use crate::rust::Rust;

    #[test]
    fn what_does_not_matter_goes() {
        let decisions = [("a_x.one", 1), ("a_x.two", 2), ("b_y.one", 1), ("b_y.three", 3)];
        let recipe = Recipe {
            language: &Rust,
            scenes: vec!["a_x".to_owned(), "b_y".to_owned()],
            decisions: Decisions(decisions.map(|(name, way)| (name.to_owned(), way)).into()),
        };
        let found = shrunk(&recipe, |recipes| {
            recipes.iter().map(|recipe| recipe.decisions.0.contains_key("b_y.three")).collect()
        });
        assert_eq!(found.to_string(), "b_y b_y.three=3");
    }
}
