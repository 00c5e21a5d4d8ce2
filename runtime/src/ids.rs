//! Fresh identifiers in the shape of a random UUID, without a dependency.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// A new identifier, unique in this process and, by the keys the operating system gave, outside of it.
///
/// A keyed hash of a counter: the counter rules out repeats, the key rules out guesses.
pub(crate) fn fresh_id() -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    static KEYS: OnceLock<(RandomState, RandomState)> = OnceLock::new();

    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let (high, low) = KEYS.get_or_init(|| (RandomState::new(), RandomState::new()));
    as_uuid(high.hash_one(count), low.hash_one(count))
}

/// Writes 128 bits as a version 4, variant 1 UUID.
fn as_uuid(high: u64, low: u64) -> String {
    let high = (high & !0xf000) | 0x4000;
    let low = (low & !(0b11 << 62)) | (0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_do_not_repeat() {
        let ids: HashSet<_> = (0..10_000).map(|_| fresh_id()).collect();
        assert_eq!(ids.len(), 10_000);
    }

    #[test]
    fn version_and_variant_are_those_of_a_random_uuid() {
        assert_eq!(as_uuid(0, 0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(as_uuid(u64::MAX, u64::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
