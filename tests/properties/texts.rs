//! Code that is put together from pieces.

use proptest::prelude::*;
use proptest::sample::select;

/// A strategy for a piece of code.
pub(crate) type Text = BoxedStrategy<String>;

/// One of these.
pub(crate) fn one_of(texts: &'static [&'static str]) -> Text {
    select(texts).prop_map(str::to_owned).boxed()
}

/// All of these, with something between them.
pub(crate) fn joined(parts: impl Strategy<Value = Vec<String>> + 'static, separator: &'static str) -> Text {
    parts.prop_map(move |parts| parts.join(separator)).boxed()
}

/// A template whose holes `{}` are filled in order.
pub(crate) fn filled(template: &'static str, holes: Vec<Text>) -> Text {
    holes
        .prop_map(move |texts| {
            let mut parts = template.split("{}");
            let first = parts.next().unwrap_or_default().to_owned();
            texts.iter().zip(parts).fold(first, |text, (hole, part)| text + hole + part)
        })
        .boxed()
}
