//! The service's parts, one by one: what a decision, a look and a commit cost.
//!
//! `whole` measures the service as it runs; this says which part of it has become slower.
#![allow(clippy::unwrap_used, missing_docs)] // a benchmark that cannot go on has failed

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use assured::clock::Clock;
use assured::config;
use assured::hypervisor::Hypervisor;
use assured::hypervisor::reader::{Reader, ReaderSettings, Slot, Window};
use assured::hypervisor::sim::World;
use assured::model::{
    Attempt, AttemptId, Budget, By, Command, Condition, Desired, DesiredState, Event, EventId,
    EventKind, Generation, Hold, HostId, Incident, IncidentId, Instance, InstanceId, MassChange,
    Outcome, OutcomeKind, Severity, Source,
};
use assured::policy::{Attempts, Case, Elsewhere, HostView, Redefinable, Table, decide};
use assured::store::{Batch, Store};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use jiff::Timestamp;
use tokio::sync::Notify;

fn main() {
    divan::main();
}

/// The kinds of decisions that a running service makes.
const CASES: &[&str] = &["in_sync", "start", "backoff", "held", "no_host", "shutdown_order"];

#[divan::bench(args = CASES)]
fn decision(bencher: Bencher<'_, '_>, name: &str) {
    let table = built_in();
    let hold =
        Hold { by: "operator".into(), reason: "disk".into(), since: at(0), until: at(9_000) };
    let (running, off) = (desired(DesiredState::Running), desired(DesiredState::Shutoff));
    let tried: Vec<_> = (1..5).map(|n| attempt(n, at(n), OutcomeKind::Done)).collect();
    let plain = Case {
        now: at(100),
        table: &table,
        desired: &running,
        settled: true,
        seen: Condition::ShutoffDestroyed,
        seen_at: at(99),
        since: at(90),
        valid_from: at(50),
        last_active: Some(at(80)),
        attempts: Attempts::new(&[], None),
        draw: 0.5,
        host: HostView::Ready,
        grace_from: None,
        down_with: None,
        elsewhere: Elsewhere::Nowhere,
        redefinable: Redefinable::Yes,
        hold: None,
    };
    let case = match name {
        "in_sync" => Case { seen: Condition::RunningBooted, ..plain },
        "backoff" => Case { attempts: Attempts::new(&tried, None), ..plain },
        "held" => Case { hold: Some(&hold), ..plain },
        "no_host" => Case { host: HostView::NotReady, ..plain },
        "shutdown_order" => {
            Case { desired: &off, settled: false, seen: Condition::RunningBooted, ..plain }
        }
        _ => plain,
    };
    bencher.bench_local(|| decide(black_box(&case)));
}

/// Every cell of the table.
#[divan::bench]
fn table_look_up(bencher: Bencher<'_, '_>) {
    let table = built_in();
    let all = ItemsCount::new(DesiredState::ALL.len() * Condition::ALL.len());
    bencher.counter(all).bench_local(|| {
        for &desired in DesiredState::ALL {
            for &seen in Condition::ALL {
                black_box(table.cell(black_box(desired), black_box(seen)));
            }
        }
    });
}

/// How many instances the reader has.
const INSTANCES: usize = 1_000;

/// A round of looks at all instances, from the asking to the last one's delivery: the reader's own
/// work, and a simulated host's copying of its states.
#[divan::bench]
fn round_of_looks(bencher: Bencher<'_, '_>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let local = tokio::task::LocalSet::new();
    let asked = local.block_on(&runtime, Asked::new());
    bencher
        .counter(ItemsCount::new(INSTANCES))
        .bench_local(|| local.block_on(&runtime, asked.round()));
}

/// What the simulated host's part of that is.
#[divan::bench]
fn states_of_the_simulated_host(bencher: Bencher<'_, '_>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let local = tokio::task::LocalSet::new();
    let session = local.block_on(&runtime, async {
        let host = World::new().host("kvm-1");
        host.populate(INSTANCES, Condition::RunningBooted);
        host.connect(tokio::sync::mpsc::unbounded_channel().0).await.unwrap()
    });
    bencher
        .counter(ItemsCount::new(INSTANCES))
        .bench_local(|| local.block_on(&runtime, session.all_states()).unwrap());
}

/// A reader whose instances all look.
struct Asked {
    slots: Vec<Slot>,
    left: Rc<Cell<usize>>,
    all_seen: Rc<Notify>,
    _reader: Reader,
}

impl Asked {
    async fn new() -> Self {
        let host = World::new().host("kvm-1");
        let ids = host.populate(INSTANCES, Condition::RunningBooted);
        let reader = Reader::new(ReaderSettings {
            host: HostId::from("kvm-1"),
            clock: Clock::system(),
            mass_change: MassChange::default(),
            notice: Rc::new(|_| ()),
        });
        reader.attach(host.connect(tokio::sync::mpsc::unbounded_channel().0).await.unwrap());
        let (left, all_seen) = (Rc::new(Cell::new(0)), Rc::new(Notify::new()));
        let slots = ids.into_iter().map(|id| {
            let (left, all_seen) = (Rc::clone(&left), Rc::clone(&all_seen));
            let sink = move |look| {
                black_box(look);
                left.set(left.get() - 1);
                if left.get() == 0 {
                    all_seen.notify_one();
                }
            };
            reader.register(id, Box::new(sink))
        });
        Self { slots: slots.collect(), left, all_seen, _reader: reader }
    }

    async fn round(&self) {
        self.left.set(self.slots.len());
        for slot in &self.slots {
            slot.look(Window::now(), Source::Poll);
        }
        self.all_seen.notified().await;
    }
}

/// A commit to a file, as large as one turn of the arbiter that begins this many repairs.
#[divan::bench(args = [1, 1_000], sample_count = 30, sample_size = 1)]
fn commit_of_decisions(bencher: Bencher<'_, '_>, decisions: i64) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite://{}/a.db", folder.path().display())).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut next = 1;
    let batch = || {
        let first = next;
        next += decisions;
        (first..next).fold(Batch::default(), one_more_repair)
    };
    bencher
        .counter(ItemsCount::new(decisions.cast_unsigned()))
        .with_inputs(batch)
        .bench_local_values(|batch| runtime.block_on(store.commit(batch)).unwrap());
}

/// What a commit costs at least: the same disk, 4 KiB, synced.
#[divan::bench(sample_count = 30, sample_size = 1)]
fn floor_of_a_commit(bencher: Bencher<'_, '_>) {
    use std::io::Write as _;
    let mut file = tempfile::tempfile().unwrap();
    bencher.bench_local(|| {
        file.write_all(&[0; 4096]).unwrap();
        file.sync_data().unwrap();
    });
}

/// The rows that the beginning of one repair changes and adds.
fn one_more_repair(mut batch: Batch, number: i64) -> Batch {
    let id = InstanceId(uuid::Uuid::from_u128(number.cast_unsigned().into()));
    let host = HostId::from("kvm-1");
    batch.instances.push(Instance {
        id,
        name: format!("vm-{number}"),
        host: host.clone(),
        policy: "default".into(),
        priority: 100,
        added_at: at(0),
        desired: desired(DesiredState::Running),
        settled: true,
        in_sync_since: None,
        observed: None,
        down_with: None,
        last_active: None,
        budget: Budget { since: at(0) },
        holds: Vec::new(),
        configured: None,
    });
    batch.incidents.push(Incident {
        id: IncidentId(number),
        instance: Some(id),
        host: host.clone(),
        severity: Severity::Info,
        opened_at: at(1),
        closed_at: None,
        desired: Some(DesiredState::Running),
        observed: Some(Condition::ShutoffDestroyed),
        resolution: None,
        attempts: 0,
        summary: format!("vm-{number} is shutoff/destroyed, running is desired"),
        instances: Vec::new(),
    });
    let incident = Some(IncidentId(number));
    batch.attempts.push(Attempt {
        id: AttemptId(number),
        instance: id,
        incident,
        outcome: None,
        ..attempt(number, at(2), OutcomeKind::Done)
    });
    let kinds =
        [EventKind::Observed, EventKind::IncidentOpened, EventKind::Verdict, EventKind::Attempt];
    batch.events.extend(kinds.into_iter().zip(number * 4..).map(|(kind, number)| Event {
        id: EventId(number),
        at: at(2),
        kind,
        host: Some(host.clone()),
        instance: Some(id),
        incident,
        by: None,
        text: "shutoff/destroyed (before: running/booted)".into(),
        detail: serde_json::json!({ "state": "shutoff", "reason": "destroyed" }),
    }));
    batch
}

fn built_in() -> Arc<Table> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("empty.toml");
    std::fs::write(&file, "").unwrap();
    let settings = config::load(&[file], std::iter::empty()).unwrap();
    Arc::clone(settings.policies.get("default").unwrap())
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

fn desired(state: DesiredState) -> Desired {
    Desired { state, generation: Generation(1), since: at(0), by: By::ApiLocal }
}

fn attempt(number: i64, at: Timestamp, kind: OutcomeKind) -> Attempt {
    Attempt {
        id: AttemptId(number),
        instance: InstanceId(uuid::Uuid::from_u128(1)),
        host: HostId::from("kvm-1"),
        incident: None,
        generation: Generation(1),
        command: Command::Start,
        at,
        outcome: Some(Outcome { kind, at, detail: None }),
    }
}
