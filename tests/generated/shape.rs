//! The shapes of legacy code, and how often each was seen.

use crate::choices::Rng;

/// One shape, and what writes it.
#[derive(Clone, Copy)]
pub(crate) struct Shape<W> {
    pub(crate) name: &'static str,
    pub(crate) weight: usize,
    pub(crate) write: W,
}

/// The shape of a scene; a scene is called by a letter and its shape.
pub(crate) fn shape_of<'a, W>(shapes: &'a [Shape<W>], scene: &str) -> &'a Shape<W> {
    let name = scene.split_once('_').map_or(scene, |(_, name)| name);
    shapes.iter().find(|shape| shape.name == name).expect("the shape is known")
}

/// The name of one of `shapes`, each as often as it was seen.
pub(crate) fn drawn<W>(shapes: &[Shape<W>], rng: &mut Rng) -> &'static str {
    let mut ticket = rng.below(shapes.iter().map(|shape| shape.weight).sum());
    for shape in shapes {
        match ticket.checked_sub(shape.weight) {
            Some(rest) => ticket = rest,
            None => return shape.name,
        }
    }
    shapes[0].name
}
