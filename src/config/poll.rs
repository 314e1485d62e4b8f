//! `[poll]`: when instances are looked at.

use std::collections::BTreeMap;
use std::time::Duration;

use super::entry::Entry;
use super::reader::Section;
use super::schema::Keys;
use super::units::{HOUR, MILLISECOND, MINUTE};
use crate::model::State;

/// When instances are looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Poll {
    /// The time between two looks at an instance. 100 ms to 1 h, default 10 s.
    pub interval: Duration,
    /// How far that time may vary, as a share of it. 0 to 0.5, default 0.1.
    pub jitter: f64,
    /// Other intervals, for instances last seen in these states. Each 100 ms to 1 h; default 2 s
    /// for `shutdown`, 60 s for `missing`.
    pub by_state: BTreeMap<State, Duration>,
    /// How long one read of a host may take. 100 ms to 5 min, default 5 s.
    pub deadline: Duration,
    /// Whether a libvirt event makes the service look at once. Default true.
    pub events: bool,
}

impl Poll {
    /// The time between two looks at an instance last seen in this state.
    #[must_use]
    pub fn interval_in(&self, state: State) -> Duration {
        self.by_state.get(&state).copied().unwrap_or(self.interval)
    }

    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let interval = section.need("interval").and_then(cadence);
        let jitter = section.need("jitter").and_then(|e| e.number(0.0..=0.5));
        let by_state = section.section("by_state").map(by_state);
        let deadline =
            section.need("deadline").and_then(|e| e.duration(100 * MILLISECOND..=5 * MINUTE));
        let events = section.need("events").and_then(Entry::flag);
        section.finish();
        Some(Self {
            interval: interval?,
            jitter: jitter?,
            by_state: by_state?,
            deadline: deadline?,
            events: events?,
        })
    }
}

fn by_state(section: Section<'_>) -> BTreeMap<State, Duration> {
    let mut intervals = BTreeMap::new();
    let states = Keys::Words(State::ALL.iter().map(State::to_string).collect());
    for (key, entry) in section.into_entries(&states) {
        match key.parse::<State>() {
            Ok(state) => {
                if let Some(interval) = cadence(entry) {
                    intervals.insert(state, interval);
                }
            }
            Err(error) => drop(entry.reject::<()>(&error.to_string())),
        }
    }
    intervals
}

fn cadence(entry: Entry<'_>) -> Option<Duration> {
    entry.duration(100 * MILLISECOND..=HOUR)
}
