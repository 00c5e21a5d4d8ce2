//! The shapes of legacy code in Go.

mod chat;
mod equipment;
mod lifecycle;
mod lookalikes;
mod one_shot;
mod options;
mod places;
mod recovered;
mod sinks;
mod turns;
mod wrappers;

use crate::go::scene::Scene;
use crate::shape::Shape;

/// Writes a scene that has `func Run()`.
pub(super) type Write = fn(&mut Scene<'_>);

/// All shapes, with the counts of a real migration.
pub(super) const SHAPES: &[Shape<Write>] = &[
    Shape { name: "wrappers", weight: 7, write: wrappers::wrappers },
    Shape { name: "one_shot", weight: 6, write: one_shot::one_shot },
    Shape { name: "recovered", weight: 3, write: recovered::recovered },
    Shape { name: "inline_sink", weight: 5, write: sinks::inline_sink },
    Shape { name: "option_slice", weight: 3, write: options::option_slice },
    Shape { name: "stored_state", weight: 3, write: chat::stored_state },
    Shape { name: "seed_from_state", weight: 3, write: turns::seed_from_state },
    Shape { name: "chat", weight: 3, write: chat::chat },
    Shape { name: "http_guard", weight: 2, write: lifecycle::http_guard },
    Shape { name: "later", weight: 2, write: lifecycle::later },
    Shape { name: "lifecycle", weight: 1, write: lifecycle::lifecycle },
    Shape { name: "per_run", weight: 2, write: equipment::per_run },
    Shape { name: "equipped", weight: 2, write: equipment::equipped },
    Shape { name: "web_handler", weight: 2, write: places::web_handler },
    Shape { name: "conversations", weight: 1, write: places::conversations },
    Shape { name: "of_package", weight: 1, write: places::of_package },
    Shape { name: "tagged", weight: 1, write: places::tagged },
    Shape { name: "dead_options", weight: 2, write: options::dead_options },
    Shape { name: "options_through", weight: 2, write: options::options_through },
    Shape { name: "escaping_engine", weight: 2, write: options::escaping_engine },
    Shape { name: "factories", weight: 1, write: options::factories },
    Shape { name: "dead_config", weight: 1, write: options::dead_config },
    Shape { name: "reach_in", weight: 1, write: turns::reach_in },
    Shape { name: "overwritten", weight: 1, write: turns::overwritten },
    Shape { name: "lookalikes", weight: 1, write: lookalikes::lookalikes },
    Shape { name: "tests", weight: 1, write: one_shot::tests },
];
