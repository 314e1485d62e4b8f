//! `[supervision]`: how often actors may fail.

use std::time::Duration;

use super::entry::Entry;
use super::reader::Section;
use super::units::{DAY, MINUTE, SECOND};

/// How often actors may fail, and when silence counts as a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Supervision {
    /// Of one instance's actor; beyond it the actor is quarantined. Default 5 in 1 min.
    pub instance: RestartBudget,
    /// Of one host's actor. Default 5 in 5 min.
    pub host: RestartBudget,
    /// Of the arbiter. Default 10 in 5 min.
    pub arbiter: RestartBudget,
    /// How long an actor may be silent. 1 s to 10 min, default 30 s.
    pub heartbeat: Duration,
}

/// How many restarts in how much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestartBudget {
    /// 0 (the first failure is one too many) to 1000.
    pub restarts: u32,
    /// 1 s to 1 day.
    pub window: Duration,
}

impl Supervision {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let instance = section.section("instance").and_then(RestartBudget::read);
        let host = section.section("host").and_then(RestartBudget::read);
        let arbiter = section.section("arbiter").and_then(RestartBudget::read);
        let heartbeat = section.need("heartbeat").and_then(|e| e.duration(SECOND..=10 * MINUTE));
        section.finish();
        Some(Self { instance: instance?, host: host?, arbiter: arbiter?, heartbeat: heartbeat? })
    }
}

impl RestartBudget {
    fn read(mut section: Section<'_>) -> Option<Self> {
        let restarts = section.need("restarts").and_then(|e| Entry::int(e, 0..=1000));
        let window = section.need("window").and_then(|e| e.duration(SECOND..=DAY));
        section.finish();
        Some(Self { restarts: restarts?, window: window? })
    }
}
