//! A fleet to look at.

mod arbiter;

use std::sync::Arc;

use actix::Actor;
use jiff::Timestamp;

pub(crate) use arbiter::{FakeArbiter, Says};

use crate::clock::Clock;
use crate::http::{Arbiter, OperatorToken, State, Streams};
use crate::model::{
    By, Condition, Desired, DesiredState, Generation, Hold, HostId, HostState, InstanceId, Source,
    Status,
};
use crate::policy::Policies;
use crate::snapshot::{
    Board, Fleet, Freshness, HostView, InstanceView, Moment, Unmanaged, Used, Written,
};
use crate::store::Store;
use crate::telemetry::Metrics;

pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The number as an id, so that ids and names have different orders.
pub(crate) fn id(number: u32) -> InstanceId {
    InstanceId(uuid::Uuid::from_u128(u128::from(number.wrapping_mul(2_654_435_761)) << 64))
}

/// An instance of kvm-1 that is in sync.
pub(crate) fn instance(number: u32) -> InstanceView {
    let freshness = Freshness::never();
    freshness.looked(at("2026-11-23T06:00:00Z"), Source::Event);
    InstanceView {
        id: id(number),
        name: format!("web-{number:05}"),
        host: "kvm-1".into(),
        policy: "default".into(),
        priority: i32::try_from(number % 7).unwrap() - 3,
        desired: Desired {
            state: DesiredState::Running,
            generation: Generation(3),
            since: at("2026-11-23T05:00:00Z"),
            by: By::ApiLocal,
        },
        observed: Some(Condition::RunningBooted),
        freshness: Arc::new(freshness),
        reachable: true,
        status: Status::InSync,
        next: None,
        attempts: Used { used: 0, budget: 5, window_ends: None },
        holds: Vec::new(),
        incident: None,
        definition: None,
        written: Written::default(),
    }
}

/// A hold of somebody's, until then.
pub(crate) fn hold(by: &str, until: &str) -> Hold {
    let since = at("2026-11-23T05:00:00Z");
    Hold { by: by.into(), reason: format!("{by} works on it"), since, until: at(until) }
}

pub(crate) fn host(name: &str) -> HostView {
    let last_seen = Moment::never();
    last_seen.set(at("2026-11-23T06:00:00Z"));
    HostView {
        id: name.into(),
        uri: format!("qemu+tls://{name}/system"),
        state: HostState::Up,
        since: at("2026-11-23T04:00:00Z"),
        last_seen: Arc::new(last_seen),
        error: None,
        labels: [("rack".to_owned(), "a3".to_owned())].into_iter().collect(),
        maintenance: None,
        unmanaged: Arc::new([Unmanaged {
            id: id(1_000_000),
            name: "stray".into(),
            condition: Condition::Missing,
        }]),
        pending: Arc::new(["web-9".to_owned()]),
        by_status: [0; Status::COUNT],
    }
}

/// Puts an instance into the fleet, or in the place of the one with its id.
pub(crate) fn put(fleet: &mut Fleet, view: InstanceView) {
    remove(fleet, view.id);
    fleet.by_status[view.status as usize] += 1;
    if let Some(host) = fleet.hosts.get_mut(&view.host) {
        Arc::make_mut(host).by_status[view.status as usize] += 1;
    }
    let view = Arc::new(view);
    fleet.by_name.insert((view.name.clone(), view.id), Arc::clone(&view));
    fleet.instances.insert(view.id, view);
}

pub(crate) fn remove(fleet: &mut Fleet, id: InstanceId) {
    let Some(old) = fleet.instances.remove(&id) else { return };
    fleet.by_name.remove(&(old.name.clone(), id));
    fleet.by_status[old.status as usize] -= 1;
}

/// Two hosts, and the instances 0 to `count` − 1 on the first.
pub(crate) fn fleet(count: u32) -> Fleet {
    let mut fleet = Fleet::new(at("2026-11-23T04:00:00Z"));
    fleet.database_read = true;
    fleet.database_healthy = true;
    for name in ["kvm-1", "kvm-2"] {
        fleet.hosts.insert(HostId::from(name), Arc::new(host(name)));
    }
    (0..count).for_each(|number| put(&mut fleet, instance(number)));
    fleet
}

pub(crate) fn policies() -> Arc<Policies> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("assured.toml");
    let gold = "[policies.gold.running]\n\"shutoff/shutdown\" = { action = \"start\" }\n";
    std::fs::write(&file, gold).unwrap();
    Arc::new(crate::config::load(&[file], std::iter::empty()).unwrap().policies)
}

pub(crate) fn token() -> OperatorToken {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("operator.token");
    std::fs::write(&file, format!("{TOKEN}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    OperatorToken::read(&file).unwrap()
}

/// A state that shows this fleet, with an arbiter that answers so.
pub(crate) fn state(fleet: Fleet, says: Says) -> State {
    let board = Board::new(fleet.started_at, policies());
    board.publish(fleet);
    let clock = Clock::starting_at(at("2026-11-23T06:00:01Z"));
    let arbiter = FakeArbiter { board: board.clone(), clock: clock.clone(), says };
    let arbiter = arbiter.start();
    State {
        reload: arbiter.clone().recipient(),
        arbiter: Arbiter::from(arbiter),
        board,
        clock,
        metrics: Metrics::new("0.1.0").unwrap(),
        store: Store::in_memory().unwrap(),
        streams: Streams::default(),
        token: token(),
        version: "0.1.0",
        backend: "sqlite",
    }
}
