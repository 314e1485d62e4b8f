//! What is drawn.

use crate::cli::paint::Paint;
use crate::cli::screen::Screen;
use crate::cli::status::{Overview, picture};
use crate::cli::time::{length, offset};
use crate::http::body::{
    ActionCounts, DatabaseStatus, HostBody, HostCounts, IncidentBody, IncidentCounts, InstanceBody,
    InstanceCounts, Page, ServiceStatus, StatusBody, SupervisionCounts,
};
use crate::http::tests::fake::{at, host, id, instance};
use crate::model::{Condition, DesiredState, HostState, Incident, IncidentId, Severity, Status};
use crate::snapshot::{HostView, InstanceView, Next, Used};

fn status() -> StatusBody {
    StatusBody {
        service: ServiceStatus {
            version: "0.1.0".into(),
            started_at: at("2026-11-23T02:47:00Z"),
            uptime_seconds: 11_581,
            ready: true,
            config_loaded_at: at("2026-11-23T02:47:00Z"),
            config_error: None,
        },
        database: DatabaseStatus { backend: "sqlite".into(), healthy: true, error: None },
        hosts: HostCounts { total: 2, up: 1, unreachable: 1, connecting: 0, maintenance: 0 },
        instances: InstanceCounts {
            total: 52,
            in_sync: 39,
            out_of_sync: 2,
            unknown: 10,
            held: 0,
            given_up: 1,
            quarantined: 0,
        },
        incidents: IncidentCounts { open: 2, last_hour: 5 },
        actions: ActionCounts { in_flight: 1, waiting: 0 },
        supervision: SupervisionCounts { actors: 56, restarts: 1, quarantined: 0 },
    }
}

pub(super) fn incident() -> Incident {
    Incident {
        id: IncidentId(17),
        instance: Some(id(1)),
        host: "kvm-1".into(),
        severity: Severity::Warning,
        opened_at: at("2026-11-23T05:59:48Z"),
        closed_at: None,
        desired: Some(DesiredState::Running),
        observed: Some(Condition::ShutoffCrashed),
        resolution: None,
        attempts: 1,
        summary: "web-00001 is shutoff/crashed, running is desired".into(),
        instances: Vec::new(),
    }
}

fn overview() -> Overview {
    let mut up = host("kvm-1");
    up.by_status[Status::InSync as usize] = 39;
    up.by_status[Status::GivenUp as usize] = 3;
    (up.pending, up.unmanaged) = ([].into(), [].into());
    let mut down = HostView { state: HostState::Unreachable, ..host("kvm-2") };
    down.by_status[Status::Unknown as usize] = 10;
    down.error = Some("connection refused".into());
    let crashed = Some(Condition::ShutoffCrashed);
    let next = |action: &str, time, why: &str| {
        Some(Next { action: action.into(), at: time, why: why.into() })
    };
    let rows = [
        InstanceView {
            status: Status::BackingOff,
            observed: crashed,
            next: next("start", Some(at("2026-11-23T06:00:09Z")), "after a failed attempt"),
            ..instance(1)
        },
        InstanceView {
            status: Status::GivenUp,
            observed: crashed,
            attempts: Used { used: 5, budget: 5, window_ends: None },
            ..instance(2)
        },
        InstanceView { status: Status::Unknown, reachable: false, observed: None, ..instance(3) },
    ];
    let body = |view| InstanceBody::new(view, at("2026-11-23T06:00:01Z"));
    let named =
        |incident| IncidentBody { name: Some("web-00001".into()), ..IncidentBody::from(&incident) };
    Overview {
        status: status(),
        hosts: vec![HostBody::from(&up), HostBody::from(&down)],
        not_in_sync: Page { items: rows.iter().map(body).collect(), next: None },
        incidents: Page { items: vec![named(incident())], next: None },
    }
}

#[test]
fn the_status_is_a_picture() {
    let drawn = picture(&overview(), at("2026-11-23T06:00:01Z"), Screen::PLAIN);
    assert_eq!(
        drawn,
        "\
assured 0.1.0  ✓ ready  up 3h 13m, sqlite
  instances  39 in sync, 2 out of sync, 1 given up, 10 unknown
  incidents  2 open, 5 in the last hour
  actions    1 under way, 0 waiting
  actors     56, 1 restart so far

HOST   STATE          INSTANCES  OUT OF SYNC  UNMANAGED  SEEN    NOTE
kvm-1  ✓ up                  42            3          0  1s ago
kvm-2  ✗ unreachable         10            0          1  1s ago  connection refused; not found yet: web-9

Not in sync: 13 of 52
NAME       HOST   DESIRED  OBSERVED         STATUS         SEEN    NEXT
web-00001  kvm-1  running  shutoff/crashed  … backing_off  1s ago  start in 8s (after a failed attempt)
web-00002  kvm-1  running  shutoff/crashed  ✗ given_up     1s ago  5 of 5 attempts used: `retry`?
web-00003  kvm-1  running  not seen yet     ? unknown      1s ago

Open incidents: 2
ID  SEVERITY  INSTANCE   HOST   OPENED   STATE  ATTEMPTS  SUMMARY
17  warning   web-00001  kvm-1  13s ago  open          1  web-00001 is shutoff/crashed, running is desired"
    );
}

#[test]
fn a_quiet_service_says_so() {
    let mut quiet = overview();
    quiet.status.instances.in_sync = 52;
    quiet.status.instances.out_of_sync = 0;
    quiet.not_in_sync.items.clear();
    quiet.incidents.items.clear();
    quiet.status.database.healthy = false;
    quiet.status.database.error = Some("the disk is full".to_owned());
    let drawn = picture(&quiet, at("2026-11-23T06:00:01Z"), Screen::PLAIN);
    assert!(drawn.ends_with("\n\n✓ all 52 instances are in sync"), "{drawn}");
    assert!(drawn.contains("✗ the database cannot be written"), "{drawn}");
    assert!(drawn.contains("\nthe disk is full\n"), "{drawn}");
}

/// A text without the codes of its colours.
fn bare(text: &str) -> String {
    let mut parts = text.split('\x1b');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}

#[test]
fn what_does_not_fit_is_cut_at_the_end() {
    let screen = Screen { paint: Paint::Colour, width: Some(100) };
    let drawn = picture(&overview(), at("2026-11-23T06:00:01Z"), screen);
    assert!(drawn.contains("\x1b[31m") || drawn.contains("\x1b[38;5;1m"), "no red: {drawn:?}");
    let plain = bare(&drawn);
    for line in plain.lines() {
        assert!(line.trim_end().chars().count() <= 100, "{line}");
    }
    assert!(plain.contains("start in 8s (after a failed…"), "{plain}");
    assert_eq!(plain.lines().count(), 19, "one line each: {plain}");
}

#[test]
fn times_are_said_in_two_units() {
    for (seconds, expected) in [
        (-5, "0s"),
        (0, "0s"),
        (59, "59s"),
        (60, "1m 0s"),
        (3599, "59m 59s"),
        (3600, "1h 0m"),
        (90_061, "1d 1h"),
    ] {
        assert_eq!(length(jiff::SignedDuration::from_secs(seconds)), expected);
    }
    let begin = at("2026-11-23T06:00:00Z");
    for (time, expected) in [
        ("2026-11-23T06:00:00Z", "+0.0 s"),
        ("2026-11-23T06:00:12.39Z", "+12.3 s"),
        ("2026-11-23T06:00:59.999Z", "+59.9 s"),
        ("2026-11-23T06:01:00Z", "+1m 00s"),
        ("2026-11-23T06:59:59.999Z", "+59m 59s"),
        ("2026-11-23T07:02:00Z", "+1h 02m"),
        ("2026-11-26T07:00:00Z", "+3d 01h"),
        ("2026-11-23T05:59:59.75Z", "-0.2 s"),
        ("2026-11-23T04:58:00Z", "-1h 02m"),
    ] {
        assert_eq!(offset(begin, at(time)), expected);
    }
}
