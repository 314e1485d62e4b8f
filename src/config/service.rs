//! `[service]`: the service as a whole.

use std::path::PathBuf;
use std::time::Duration;

use super::entry::Entry;
use super::reader::Section;
use super::units::{HOUR, MINUTE, SECOND};
use crate::model::MassChange;

/// The service as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Where the service keeps its files: an absolute path. Default `/var/lib/assured`.
    pub data_dir: PathBuf,
    /// How long actions that are under way may take to end when the service ends. 0 s to 10 min,
    /// default 10 s.
    pub shutdown_grace: Duration,
    /// How long one action on a hypervisor may take before it counts as timed out. 1 s to 1 h,
    /// default 2 min.
    pub action_deadline: Duration,
    /// How many actions may be under way at once, on all hosts together. 1 to 10 000, default 64.
    pub max_concurrent_actions: usize,
    /// Whether the hypervisor is kept from acting by itself: autostart is switched off on instances'
    /// domains, and an `on_crash` that would start something becomes `destroy`. Where it is false
    /// the difference is only shown. Default true.
    pub passive_hypervisor: bool,
    /// How many of a host's instances have to go down at once for that to be a matter of the host's.
    /// Default at least 5 (1 to 100 000), and at least the share 0.5 (0.01 to 1).
    pub mass_change: MassChange,
}

impl Service {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let data_dir = section.need("data_dir").and_then(directory);
        let shutdown_grace =
            section.need("shutdown_grace").and_then(|e| e.duration(Duration::ZERO..=10 * MINUTE));
        let action_deadline =
            section.need("action_deadline").and_then(|e| e.duration(SECOND..=HOUR));
        let actions = section.need("max_concurrent_actions").and_then(|e| e.int(1..=10_000));
        let passive = section.need("passive_hypervisor").and_then(Entry::flag);
        let mass_change = section.section("mass_change").and_then(mass_change);
        section.finish();
        Some(Self {
            data_dir: data_dir?,
            shutdown_grace: shutdown_grace?,
            action_deadline: action_deadline?,
            max_concurrent_actions: actions?,
            passive_hypervisor: passive?,
            mass_change: mass_change?,
        })
    }
}

fn mass_change(mut section: Section<'_>) -> Option<MassChange> {
    let at_least = section.need("at_least").and_then(|e| e.int(1..=100_000));
    let share = section.need("share").and_then(|e| e.number(0.01..=1.0));
    section.finish();
    Some(MassChange { at_least: at_least?, share: share? })
}

/// Absolute: what a relative one means would change with where the service is started.
fn directory(entry: Entry<'_>) -> Option<PathBuf> {
    entry.like("^/");
    let path = PathBuf::from(entry.str()?);
    if path.is_absolute() { Some(path) } else { entry.reject("must be an absolute path") }
}
