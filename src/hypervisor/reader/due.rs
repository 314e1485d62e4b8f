//! Who is due when: asked-for looks by the end of their windows, in buckets.
//!
//! A host's looks share their windows more or less, so thousands of them lie in few buckets, and
//! putting one in costs no allocation and next to no search. A bucket keeps the exact bounds of
//! what lies in it: the time of the next read is exact, whatever the buckets' width.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::Window;

/// How wide a bucket is, in nanoseconds: some 67 ms.
const WIDTH: u32 = 26;

/// How many emptied buckets are kept for use again.
const SPARE: usize = 16;

/// An entry: a slot, and which of its requests this is. What has become stale meanwhile is
/// recognised by whoever collects it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) slot: u32,
    pub(super) request: u32,
}

/// Asked-for looks, by the end of their windows.
#[derive(Debug)]
pub(super) struct Due {
    origin: Instant,
    buckets: BTreeMap<u64, Bucket>,
    spare: Vec<Vec<(Entry, Window)>>,
}

#[derive(Debug)]
struct Bucket {
    earliest: Instant,
    latest: Instant,
    entries: Vec<(Entry, Window)>,
}

impl Due {
    pub(super) fn new(origin: Instant) -> Self {
        Self { origin, buckets: BTreeMap::new(), spare: Vec::new() }
    }

    /// Puts a request in. Answers whether it is now the one that ends first.
    pub(super) fn put(&mut self, entry: Entry, window: Window) -> bool {
        let first = self.next();
        let after = window.latest.saturating_duration_since(self.origin);
        let spare = &mut self.spare;
        let bucket = self.buckets.entry(number(after)).or_insert_with(|| Bucket {
            earliest: window.earliest,
            latest: window.latest,
            entries: spare.pop().unwrap_or_default(),
        });
        bucket.earliest = bucket.earliest.min(window.earliest);
        bucket.latest = bucket.latest.min(window.latest);
        bucket.entries.push((entry, window));
        first.is_none_or(|first| window.latest < first)
    }

    /// When the first window ends.
    pub(super) fn next(&self) -> Option<Instant> {
        self.buckets.first_key_value().map(|(_, bucket)| bucket.latest)
    }

    /// Takes out every request whose window is open now.
    pub(super) fn take_open(&mut self, now: Instant, take: impl FnMut(Entry)) {
        self.take(|bucket| bucket.earliest <= now, |window| window.earliest <= now, take);
    }

    /// Takes out every request whose window has ended by now.
    pub(super) fn take_ended(&mut self, now: Instant, take: impl FnMut(Entry)) {
        self.take(|bucket| bucket.latest <= now, |window| window.latest <= now, take);
    }

    fn take(
        &mut self,
        concerns: impl Fn(&Bucket) -> bool,
        wanted: impl Fn(&Window) -> bool,
        mut take: impl FnMut(Entry),
    ) {
        let spare = &mut self.spare;
        self.buckets.retain(|_, bucket| {
            if !concerns(bucket) {
                return true;
            }
            let mut bounds: Option<Window> = None;
            bucket.entries.retain(|(entry, window)| {
                if wanted(window) {
                    take(*entry);
                    return false;
                }
                bounds = Some(bounds.map_or(*window, |all| Window {
                    earliest: all.earliest.min(window.earliest),
                    latest: all.latest.min(window.latest),
                }));
                true
            });
            match bounds {
                Some(left) => {
                    (bucket.earliest, bucket.latest) = (left.earliest, left.latest);
                    true
                }
                None => {
                    if spare.len() < SPARE {
                        spare.push(std::mem::take(&mut bucket.entries));
                    }
                    false
                }
            }
        });
    }
}

#[allow(clippy::cast_possible_truncation)] // 584 years of nanoseconds fit
fn number(after: Duration) -> u64 {
    (after.as_nanos() as u64) >> WIDTH
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_is_lost_and_the_next_end_is_exact(
            asked in prop::collection::vec((0u64..2000, 0u64..500), 1..200),
            times in prop::collection::vec(0u64..2500, 1..20),
        ) {
            let origin = Instant::now();
            let ms = |ms: u64| origin + Duration::from_millis(ms);
            let mut due = Due::new(origin);
            let mut left: Vec<(u32, Window)> = Vec::new();
            for (slot, (earliest, length)) in (0..).zip(asked) {
                let window = Window { earliest: ms(earliest), latest: ms(earliest + length) };
                let first = left.iter().all(|(_, other)| window.latest < other.latest);
                prop_assert_eq!(due.put(Entry { slot, request: 7 }, window), first);
                left.push((slot, window));
            }
            for (round, now) in times.into_iter().map(ms).enumerate() {
                let wanted = |w: &Window| {
                    if round % 2 == 0 { w.earliest <= now } else { w.latest <= now }
                };
                let mut taken = Vec::new();
                if round % 2 == 0 {
                    due.take_open(now, |entry| taken.push(entry.slot));
                } else {
                    due.take_ended(now, |entry| taken.push(entry.slot));
                }
                taken.sort_unstable();
                let expected: Vec<u32> =
                    left.iter().filter(|(_, w)| wanted(w)).map(|(slot, _)| *slot).collect();
                prop_assert_eq!(taken, expected);
                left.retain(|(_, w)| !wanted(w));
                prop_assert_eq!(due.next(), left.iter().map(|(_, w)| w.latest).min());
            }
        }
    }
}
