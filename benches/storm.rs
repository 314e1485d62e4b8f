//! A storm: so many mismatches at once, through the arbiter and into a database on disk.
//!
//! The whole tree of actors on simulated hosts, in real time. Everything is as desired; then every
//! domain is off, and each is reported at once. Measured is the time until the last of them is
//! decided and committed, beside the floor: the same rows, written by the store alone in one commit.
//!
//! `cargo bench --bench storm -- 10000` says how many.
// A benchmark that cannot go on has failed; and it measures real time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

use std::fmt::Write as _;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::Addr;
use assured::actors::arbiter::Arbiter;
use assured::actors::root::{Assembler, Parts, Tree};
use assured::actors::traffic::{Report, Seen};
use assured::clock::Clock;
use assured::config::{self, Settings};
use assured::hypervisor::sim::World;
use assured::hypervisor::{Hypervisor, sim::SimHost};
use assured::model::{Condition, InstanceId, Source, Status};
use assured::snapshot::Board;
use assured::store::{Batch, EventQuery, IncidentQuery, Order, Store};
use assured::telemetry::Metrics;
use tokio::sync::oneshot;

const HOSTS: usize = 10;
const ROUNDS: usize = 5;

fn main() {
    let count = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(10_000);
    println!("a storm of {count} mismatches on {HOSTS} hosts, {ROUNDS} times");
    let rounds: Vec<_> = (0..ROUNDS).map(|_| round(count)).collect();
    for round in &rounds {
        println!(
            "  {:>7.0}/s decided and committed in {} commits ({} rows); the rows alone: {:>7.0}/s; {:.2} ×",
            round.storm.rate(count),
            round.commits,
            round.rows,
            round.floor.rate(count),
            round.storm.seconds() / round.floor.seconds(),
        );
    }
    let mut rates: Vec<_> = rounds.iter().map(|round| round.storm.rate(count)).collect();
    rates.sort_by(f64::total_cmp);
    let median = rates[rates.len() / 2];
    let word = if median >= 20_000.0 { "met" } else { "NOT met" };
    println!("  goal: at least 20000/s: {word} (median {median:.0}/s)");
}

struct Round {
    storm: Time,
    floor: Time,
    commits: u64,
    rows: usize,
}

#[derive(Clone, Copy)]
struct Time(Duration);

impl Time {
    fn seconds(self) -> f64 {
        self.0.as_secs_f64()
    }

    #[allow(clippy::cast_precision_loss)]
    fn rate(self, count: usize) -> f64 {
        count as f64 / self.seconds()
    }
}

fn round(count: usize) -> Round {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&url(folder.path(), "storm")).unwrap();
    let settings = configured(folder.path());
    let (storm, commits) = actix::System::new().block_on(weather(count, store.clone(), &settings));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let batch = runtime.block_on(written(&store, count));
    let rows = batch.rows();
    let bare = Store::open(&url(folder.path(), "floor")).unwrap();
    let begin = Instant::now();
    runtime.block_on(bare.commit(batch)).unwrap();
    Round { storm, floor: Time(begin.elapsed()), commits, rows }
}

/// The storm: how long it takes, and how many commits.
async fn weather(count: usize, store: Store, settings: &Settings) -> (Time, u64) {
    let (world, clock) = (World::new(), Clock::system());
    let board = Board::new(clock.now(), Arc::new(settings.policies.clone()));
    let metrics = Metrics::new("bench").unwrap();
    let hosts: Vec<SimHost> = (0..HOSTS).map(|n| world.host(&format!("kvm-{n}"))).collect();
    let mut ids = Vec::new();
    for host in &hosts {
        // What is started takes longer than the storm.
        host.set_start_delay(Duration::from_secs(3600));
        let made = host.populate(count / HOSTS, Condition::RunningBooted);
        ids.extend(made.into_iter().map(|id| (host.clone(), id)));
    }
    let parts = Parts {
        clock: clock.clone(),
        store,
        board: board.clone(),
        metrics: metrics.clone(),
        reach: Rc::new(move |host: &config::Host| {
            Rc::new(world.host(host.id.as_str())) as Rc<dyn Hypervisor>
        }),
        read_again: None,
    };
    let tree = Tree::start(Assembler::new(settings, &parts), |_| Vec::new()).await.unwrap();
    let arbiter = tree.doors.arbiter.clone();
    let (stop, stopped) = oneshot::channel::<()>();
    let ended = tokio::task::spawn_local(tree.until(async move {
        let _ = stopped.await;
    }));
    until(|| board.fleet().with_status(Status::InSync) == ids.len()).await;
    let before = metrics.commit_duration.get_sample_count();
    for (host, id) in &ids {
        host.put(*id, "", Condition::ShutoffDestroyed);
    }
    let begin = Instant::now();
    report(&ids, &arbiter, &clock);
    until(|| board.fleet().with_status(Status::InSync) == 0).await;
    let took = Time(begin.elapsed());
    let commits = metrics.commit_duration.get_sample_count() - before;
    drop(stop);
    ended.abort();
    (took, commits)
}

/// Every domain is reported to be off.
fn report(ids: &[(SimHost, InstanceId)], arbiter: &Addr<Arbiter>, clock: &Clock) {
    for (host, id) in ids {
        let condition = Condition::ShutoffDestroyed;
        let seen = Seen { condition, at: clock.now(), source: Source::Event, before: None };
        arbiter.do_send(Report { instance: *id, host: host.id().clone(), seen });
    }
}

async fn until(condition: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(120);
    while !condition() {
        assert!(Instant::now() < end, "it does not come");
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
}

/// What the storm wrote, as one batch.
async fn written(store: &Store, count: usize) -> Batch {
    let loaded = store.load().unwrap();
    let incidents = store.incidents(IncidentQuery { limit: u32::MAX, ..Default::default() });
    let limit = u32::try_from(3 * count).unwrap();
    let newest = EventQuery { limit, order: Order::NewestFirst, ..Default::default() };
    let mut events = store.events(newest).await.unwrap();
    events.reverse();
    Batch {
        instances: loaded.instances,
        incidents: incidents.await.unwrap(),
        attempts: loaded.attempts,
        events,
        ..Batch::default()
    }
}

fn configured(folder: &Path) -> Settings {
    let mut text = String::from("[poll]\ninterval = \"1h\"\n[supervision]\nheartbeat = \"10m\"\n");
    for n in 0..HOSTS {
        write!(text, "[[hosts]]\nid = \"kvm-{n}\"\nuri = \"test:///{n}\"\nunmanaged = \"adopt\"\n")
            .unwrap();
    }
    let file = folder.join("assured.toml");
    std::fs::write(&file, text).unwrap();
    config::load(&[file], std::iter::empty()).unwrap_or_else(|errors| panic!("{errors}"))
}

fn url(folder: &Path, name: &str) -> String {
    format!("sqlite://{}/{name}.db", folder.display())
}
