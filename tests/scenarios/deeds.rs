//! Every deed can be done, in a world where it finds something to be done to.

use crate::{played, story};

const MORE: &str = r#"
[[hosts]]
id = "kvm-2"
[[instances]]
name = "vm-1"
count = 12
host = "kvm-1"
[[instances]]
name = "alien"
host = "kvm-2"
managed = false

[[steps]]
at = "1s"
do = [
    { slow = { host = "kvm-*", calls_take = "5ms", starts_take = "100ms", shutdowns_take = "1s" } },
    { destroy = "vm-1" }, { power_off = "vm-2" }, { terminate = "vm-3" }, { kill = "vm-4" },
    { panic = { instance = "vm-5", on_crash = "preserve" } }, { suspend = "vm-6" },
    { pause_as = { instance = "vm-7", reason = "ioerror" } }, { pm_suspend = "vm-8" },
    { save = "vm-9" }, { reboot_guest = "vm-10" }, { ignore_shutdown = "vm-11" },
    { migrate = { instance = "vm-12", to = "kvm-2" } },
]
[[steps]]
at = "5m"
expect = [
    { instance = "vm-1", actions = ["start"] },
    { instance = "vm-2", actions = [], desired = "shutoff", desired_by = "accept:shutdown" },
    { instance = "vm-3..vm-4", actions = ["start"] },
    { instance = "vm-5", actions = ["restart"], starts = 1 },
    { instance = "vm-6..vm-7", actions = ["resume"], starts = 0 },
    { instance = "vm-8", actions = ["wakeup"] },
    { instance = "vm-9", actions = ["start"], really = "running/restored" },
    { instance = "vm-10..vm-11", actions = [], incidents = 0 },
    { instance = "vm-12", actions = [], host = "kvm-2", at_most_starts = 0 },
    { host = "kvm-2", state = "up", unmanaged = 1, actions = 0 },
    { fleet = { hosts = "up", status = { in_sync = 13 } } },
]
[[steps]]
at = "5m1s"
do = [
    { set_autostart = "vm-10" }, { set_on_crash = { instance = "vm-11", on_crash = "restart" } },
    { start_behind = "vm-2" }, { undefine = "vm-3" }, { suspend = "vm-4" }, { resume_behind = "vm-4" },
    { put = { instance = "vm-5", condition = "shutoff/crashed" } },
    { hold = { instance = "web-1", ttl = "1h", reason = "backup", by = "backup" } },
    { kill = "web-1" },
    { retry = { instance = "vm-1" } }, { forget = { instance = "vm-1" } },
    { change = { instance = "vm-6", priority = 7 } },
    { add = { instance = "alien", host = "kvm-2", desired = "running", priority = 3 } },
]
[[steps]]
at = "6m"
expect = [
    { instance = "web-1", held = true, status = "held", actions = [] },
    { instance = "vm-1", known = false },
    { instance = "vm-5", actions = ["restart", "start"] },
    { instance = "vm-6", priority = 7, policy = "default" },
    { instance = "alien", known = true, priority = 3, next_action = "none" },
]
[[steps]]
at = "6m1s"
do = [
    { release = { instance = "web-1", of = "backup" } }, { forget = { instance = "alien" } },
    { adopt = { host = "kvm-2" } },
]
[[steps]]
at = "7m"
expect = [
    { instance = "web-1", held = false, actions = ["start"], resolution = "repaired" },
    { instance = "alien", desired_by = "adopt" },
]
[[steps]]
at = "7m11s"
do = [
    { hang = "kvm-2" }, { drop_sessions = "kvm-1" },
    { maintenance = "kvm-2", reason = "disks", by = "ann" }, { maintenance = "kvm-*", reason = "memory" },
]
[[steps]]
at = "7m40s"
expect = [
    { host = "kvm-*", maintenance = true, incidents_opened = 0 },
    { events = { kind = "host", contains = "maintenance goes on: memory (before: disks by api:ann)", count = 1 } },
]
[[steps]]
at = "7m41s"
do = { resume = "kvm-*", by = "ann" }
[[steps]]
at = "8m"
do = [{ answer = "kvm-2" }, { refuse = "kvm-1" }]
[[steps]]
at = "9m"
do = [{ answer = "kvm-1" }, { kill_daemon = "kvm-2" }]
[[steps]]
at = "10m"
do = [{ start_daemon = "kvm-2" }, { restart_daemon = "kvm-1" }, { fail_reads = { host = "kvm-2", times = 2, message = "x" } }]
[[steps]]
at = "11m"
do = [{ lose_power = "kvm-2" }, { fail_actions = { host = "kvm-2", action = "start", times = 1, message = "no such disk" } }]
[[steps]]
at = "12m"
do = { boot = "kvm-2" }
[[steps]]
at = "14m"
expect = { events = { kind = "outcome", contains = "no such disk", since = "12m", count = 1 } }
do = [{ reboot = "kvm-2" }, { planned_reboot = { host = "kvm-1", each = "1s", away = "10s" } }]
[[steps]]
at = "16m"
do = ["database_fails", "stop_service"]
[[steps]]
at = "16m29s"
expect = { service = "stopped" }
[[steps]]
at = "16m30s"
do = ["database_works", "start_service"]
[[steps]]
at = "17m"
do = ["kill_service", "start_service"]
[[steps]]
at = "20m"
expect = [{ service = "running" }, { fleet = { hosts = "up" } }]
"#;

#[test]
fn every_deed_can_be_done() {
    let played = played(MORE);
    assert_eq!(played.failures, Vec::<String>::new(), "{}", story(&played));
}
