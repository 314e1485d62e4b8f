//! Which way leads where, written down by hand.

use std::sync::LazyLock;

use assured::model::{Action, Command, Condition, DesiredState};

/// What an order to be running, paused or shutoff sends: the next step. `-` is nothing: it is so
/// already, libvirt works on it, or the host does not have the domain.
const WAYS: &[(&str, [&str; 3])] = &[
    ("running/* blocked/*", ["-", "pause", "shutdown"]),
    ("paused/user paused/unknown", ["resume", "-", "destroy"]),
    ("paused/ioerror", ["resume", "destroy", "destroy"]),
    ("paused/watchdog paused/crashed paused/postcopy_failed", ["restart", "destroy", "destroy"]),
    (
        "paused/migration paused/save paused/dump paused/from_snapshot paused/shutting_down \
         paused/snapshot paused/starting_up paused/postcopy paused/api_error",
        ["-"; 3],
    ),
    ("shutdown/*", ["-", "-", "shutdown"]),
    (
        "shutoff/unknown shutoff/shutdown shutoff/terminated shutoff/destroyed shutoff/crashed \
         shutoff/saved shutoff/failed shutoff/from_snapshot shutoff/daemon",
        ["start", "start_paused", "-"],
    ),
    ("shutoff/migrated", ["-"; 3]),
    ("crashed/*", ["restart", "destroy", "destroy"]),
    ("pmsuspended/*", ["wakeup", "wakeup", "destroy"]),
    ("missing nostate/*", ["-"; 3]),
];

static READ: LazyLock<Vec<[Option<Command>; 3]>> = LazyLock::new(|| {
    let mut read = vec![None; Condition::COUNT];
    for (conditions, ways) in WAYS {
        for seen in conditions.split_whitespace().flat_map(conditions_of) {
            let ways = ways.map(|way| (way != "-").then(|| way.parse().unwrap()));
            assert!(read[seen.index()].replace(ways).is_none(), "{seen} stands in two rows");
        }
    }
    read.into_iter().map(|ways| ways.expect("every condition has its row")).collect()
});

/// The command that an order sends next; none where it can only wait.
pub fn way(desired: DesiredState, seen: Condition) -> Option<Command> {
    READ[seen.index()][desired.index()]
}

/// Whether a rule's action leads from here to there, or is none that has to.
pub fn leads(action: Action, seen: Condition, desired: DesiredState) -> bool {
    use DesiredState::{Paused, Running, Shutoff};
    let text = seen.to_string();
    let state = text.split('/').next().unwrap();
    let on = matches!(state, "running" | "blocked");
    let active = !matches!(state, "shutoff" | "missing" | "nostate");
    match action {
        Action::Alert | Action::Ignore => true,
        Action::Accept => {
            on || matches!(text.as_str(), "paused/user" | "paused/unknown")
                || (state == "shutoff" && text != "shutoff/migrated")
        }
        Action::Start => state == "shutoff" && desired == Running,
        Action::StartPaused => state == "shutoff" && desired == Paused,
        Action::Resume => state == "paused" && desired == Running,
        Action::Pause => on && desired == Paused,
        Action::Wakeup => state == "pmsuspended" && desired == Running,
        Action::Shutdown => on && desired == Shutoff,
        Action::Destroy => active && desired == Shutoff,
        Action::Restart => active && desired == Running,
        Action::Redefine => state == "missing",
    }
}

/// `state/*` is every reason of a state.
pub fn conditions_of(pattern: &str) -> Vec<Condition> {
    match pattern.strip_suffix("/*") {
        Some(state) => Condition::of_state(state.parse().unwrap()).collect(),
        None => vec![pattern.parse().unwrap()],
    }
}
