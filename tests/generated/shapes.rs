//! The shapes of legacy code, and how often each was seen.

mod chat;
mod one_shot;
mod sinks;

use crate::choices::Rng;
use crate::scene::Scene;

/// One shape: writes a scene that has `pub async fn run()`.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    weight: usize,
    pub(crate) write: fn(&mut Scene<'_>),
}

/// All shapes, with the counts of a real migration.
pub(crate) const SHAPES: &[Shape] = &[
    Shape { name: "one_shot", weight: 6, write: one_shot::one_shot },
    Shape { name: "inline_sink", weight: 5, write: sinks::inline_sink },
    Shape { name: "chat", weight: 3, write: chat::chat },
];

impl Shape {
    pub(crate) fn named(name: &str) -> Option<Self> {
        SHAPES.iter().copied().find(|shape| shape.name == name)
    }

    /// One of them, each as often as it was seen.
    pub(crate) fn drawn(rng: &mut Rng) -> Self {
        let mut ticket = rng.below(SHAPES.iter().map(|shape| shape.weight).sum());
        for &shape in SHAPES {
            match ticket.checked_sub(shape.weight) {
                Some(rest) => ticket = rest,
                None => return shape,
            }
        }
        SHAPES[0]
    }
}
