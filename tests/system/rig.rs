//! A service in a simulated world: real actors, a real (in-memory) database, virtual time.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::Addr;
use assured::actors::arbiter::Arbiter;
use assured::actors::messages::{Reply, SetDesired};
use assured::actors::root::{Assembler, Doors, Ending, Parts, Tree};
use assured::clock::Clock;
use assured::config::{self, Errors, Settings};
use assured::hypervisor::Hypervisor;
use assured::hypervisor::sim::{SimHost, World};
use assured::model::{By, Command, Condition, DesiredState, Event, HostId, InstanceId, Status};
use assured::snapshot::{Board, InstanceView};
use assured::store::{EventQuery, Store};
use assured::telemetry::Metrics;
use jiff::SignedDuration;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

/// Runs a test on virtual time.
pub fn virtual_time<F: Future<Output = ()> + 'static>(test: impl FnOnce() -> F + 'static) {
    let system = actix::System::with_tokio_rt(|| {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap()
    });
    system.block_on(async move { test().await });
}

/// A host with one guest that runs and is supposed to, and a service that has seen it.
pub async fn one_running() -> (Rig, InstanceId, Service) {
    let mut rig = Rig::new(&["kvm-1"]);
    let id = rig.instance("kvm-1", "web-1", Condition::RunningBooted, DesiredState::Running);
    let service = rig.start().await;
    service.in_sync(id, 20).await;
    (rig, id, service)
}

/// A world and what the service is configured with.
pub struct Rig {
    pub world: World,
    pub store: Store,
    pub config: String,
    /// What is put around each host, to disturb it.
    pub wrap: Option<Wrap>,
    /// What a reload reads.
    pub next: Rc<RefCell<String>>,
    /// How far the wall clock is ahead of the world's, when a service starts.
    pub skew: SignedDuration,
    /// The settings of the configuration that was read last: reading takes its time.
    pub known: RefCell<Option<(String, Settings)>>,
}

/// Puts something around a host.
pub type Wrap = Rc<dyn Fn(&HostId, Rc<dyn Hypervisor>) -> Rc<dyn Hypervisor>>;

/// A service that runs in it.
pub struct Service {
    pub board: Board,
    pub arbiter: Addr<Arbiter>,
    pub doors: Doors,
    pub metrics: Metrics,
    pub clock: Clock,
    /// When it ended by itself or was stopped, since the world began.
    pub over: Rc<Cell<Option<Duration>>>,
    stop: Option<oneshot::Sender<()>>,
    ended: tokio::task::JoinHandle<Ending>,
}

impl Rig {
    /// An empty world with these hosts.
    pub fn new(hosts: &[&str]) -> Self {
        let world = World::new();
        let mut config = String::new();
        for host in hosts {
            let _ = world.host(host);
            config += &format!("[[hosts]]\nid = \"{host}\"\nuri = \"test:///{host}\"\n");
        }
        let next = Rc::default();
        let store = Store::in_memory().unwrap();
        Self {
            world,
            store,
            config,
            wrap: None,
            next,
            skew: SignedDuration::ZERO,
            known: RefCell::default(),
        }
    }

    pub fn host(&self, name: &str) -> SimHost {
        self.world.host(name)
    }

    /// A domain, and an instance that the configuration names.
    pub fn instance(
        &mut self,
        host: &str,
        name: &str,
        condition: Condition,
        desired: DesiredState,
    ) -> InstanceId {
        let id = id_of(name);
        self.host(host).put(id, name, condition);
        self.config += &format!(
            "[[instances]]\nname = \"{name}\"\nhost = \"{host}\"\ndesired = \"{desired}\"\n"
        );
        id
    }

    pub fn settings(&self) -> Settings {
        let mut known = self.known.borrow_mut();
        match &*known {
            Some((config, settings)) if *config == self.config => settings.clone(),
            _ => {
                let settings = read(&self.config).unwrap_or_else(|e| panic!("{e}"));
                *known = Some((self.config.clone(), settings.clone()));
                settings
            }
        }
    }

    /// Starts a service, and waits until it has seen everything.
    pub async fn start(&self) -> Service {
        let service = self.start_at_once().await;
        service
            .until("everything was seen", 60, |s| {
                let fleet = s.board.fleet();
                let found = fleet.hosts.values().all(|h| h.pending.is_empty() || h.error.is_some());
                fleet.is_ready() && found
            })
            .await;
        service
    }

    /// Starts a service, and waits for nothing.
    pub async fn start_at_once(&self) -> Service {
        let (parts, settings) = self.parts();
        let Parts { clock, board, metrics, .. } = parts.clone();
        let tree = Tree::start(Assembler::new(&settings, &parts), |_| Vec::new()).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let doors = tree.doors.clone();
        let over = Rc::<Cell<Option<Duration>>>::default();
        let (world, ends) = (self.world.clone(), Rc::clone(&over));
        let ended = tokio::task::spawn_local(async move {
            let stop = async move {
                let _ = stopped.await;
            };
            let ending = tree.until(stop).await;
            ends.set(Some(world.age()));
            ending
        });
        let arbiter = doors.arbiter.clone();
        Service { board, arbiter, doors, metrics, clock, over, stop: Some(stop), ended }
    }

    /// What a service in this world is made of.
    pub fn parts(&self) -> (Parts, Settings) {
        let begin: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let clock = Clock::starting_at(begin + self.world.age() + self.skew);
        let settings = self.settings();
        let board = Board::new(clock.now(), Arc::new(settings.policies.clone()));
        let next = Rc::clone(&self.next);
        let metrics = Metrics::new("test").unwrap();
        let (world, wrap) = (self.world.clone(), self.wrap.clone());
        let parts = Parts {
            clock,
            store: self.store.clone(),
            board,
            metrics,
            reach: Rc::new(move |host: &config::Host| {
                let end = Rc::new(world.host(host.id.as_str())) as Rc<dyn Hypervisor>;
                match &wrap {
                    Some(wrap) => wrap(&host.id, end),
                    None => end,
                }
            }),
            read_again: Some(Rc::new(move || {
                let read = read(&next.borrow());
                Box::pin(std::future::ready(read))
            })),
        };
        (parts, settings)
    }

    /// Lets virtual time pass while no service runs.
    pub async fn pass(&self, seconds: u64) {
        sleep(Duration::from_secs(seconds)).await;
    }

    /// How often a command was sent for an instance, whatever came of it.
    pub fn sent(&self, id: InstanceId, command: Command) -> usize {
        self.world.journal().iter().filter(|d| d.id == id && d.command == command).count()
    }

    /// Everything that was sent, in order.
    pub fn deeds(&self, id: InstanceId) -> Vec<Command> {
        self.world.journal().iter().filter(|d| d.id == id).map(|d| d.command).collect()
    }

    /// The audit log.
    pub async fn events(&self) -> Vec<Event> {
        let query = EventQuery { limit: 100_000, ..EventQuery::default() };
        self.store.events(query).await.unwrap()
    }
}

fn read(config: &str) -> Result<Settings, Errors> {
    let dir = tempfile::tempdir().unwrap();
    let file: PathBuf = dir.path().join("assured.toml");
    std::fs::write(&file, config).unwrap();
    config::load(&[file], std::iter::empty())
}

impl Service {
    /// Waits for a condition, for at most so many seconds of virtual time.
    pub async fn until(&self, what: &str, seconds: u64, condition: impl Fn(&Self) -> bool) {
        let end = Instant::now() + Duration::from_secs(seconds);
        while !condition(self) {
            assert!(Instant::now() < end, "in {seconds} s not seen: {what}\n{}", self.describe());
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Lets virtual time pass.
    pub async fn pass(&self, seconds: u64) {
        sleep(Duration::from_secs(seconds)).await;
    }

    pub fn view(&self, id: InstanceId) -> Arc<InstanceView> {
        self.board.fleet().instances.get(&id).cloned().expect("the instance is shown")
    }

    pub fn status(&self, id: InstanceId) -> Status {
        self.board.fleet().instances.get(&id).map_or(Status::Unknown, |v| v.status)
    }

    /// Waits until an instance is in sync.
    pub async fn in_sync(&self, id: InstanceId, seconds: u64) {
        self.until("in sync", seconds, |s| s.status(id) == Status::InSync).await;
    }

    pub async fn desire(&self, id: InstanceId, state: DesiredState) -> Reply<Arc<InstanceView>> {
        let order = SetDesired { id, state, if_match: None, by: By::ApiLocal };
        self.arbiter.send(order).await.expect("the arbiter is there")
    }

    /// How many transactions were committed.
    pub fn commits(&self) -> u64 {
        self.metrics.commit_duration.get_sample_count()
    }

    /// Ends it as SIGTERM does.
    pub async fn stop(mut self) -> Ending {
        let _ = self.stop.take().unwrap().send(());
        self.ended.await.unwrap()
    }

    /// How it ended by itself.
    pub async fn ending(self) -> Ending {
        self.ended.await.unwrap()
    }

    /// Ends it as SIGKILL does: nothing is waited for.
    pub async fn kill(self) {
        self.ended.abort();
        let _ = self.ended.await;
    }

    fn describe(&self) -> String {
        let fleet = self.board.fleet();
        let hosts = fleet.hosts.values().map(|h| format!("{} {} {:?}\n", h.id, h.state, h.error));
        let instances = fleet.instances.values().map(|i| {
            format!(
                "{} desired {} observed {:?} {} next {:?}\n",
                i.name,
                i.desired.state,
                i.observed.map(|c| c.to_string()),
                i.status,
                i.next
            )
        });
        hosts.chain(instances).collect()
    }
}

/// How many of each kind of event there are.
pub fn kinds(events: &[Event]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for event in events {
        *counts.entry(event.kind.as_str()).or_default() += 1;
    }
    counts
}

pub fn host(name: &str) -> HostId {
    HostId::from(name)
}

/// The id of a domain, from its name: the same in each run.
pub fn id_of(name: &str) -> InstanceId {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u128, |h, b| {
        (h ^ u128::from(b)).wrapping_mul(0x0100_0000_0000_01b3_0000_0193)
    });
    InstanceId(uuid::Uuid::from_u128(hash))
}
