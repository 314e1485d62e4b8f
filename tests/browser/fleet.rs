//! A whole service on simulated hosts, in this process and in real time, with HTTP on a port of its own.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;

use assured::actors::root::{Assembler, Beside, Doors, Parts, Tree};
use assured::clock::Clock;
use assured::config;
use assured::http::{HttpSettings, OperatorToken, Scheme, State, Streams, serve};
use assured::hypervisor::Hypervisor;
use assured::hypervisor::sim::{SimHost, World};
use assured::model::{Condition, InstanceId};
use assured::snapshot::Board;
use assured::store::Store;
use assured::telemetry::Metrics;
use futures_util::FutureExt;
use tempfile::TempDir;
use tokio::sync::{oneshot, watch};

use crate::SOON;

/// Looks often, so that a test waits for little; guests that are shut down from inside may be so for a while.
const SETTINGS: &str = "[poll]\ninterval = \"1s\"\n[service]\nmax_concurrent_actions = 64\n";

/// A service that runs. Dropping it ends it.
pub struct Fleet {
    pub world: World,
    pub token: String,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    _folder: TempDir,
}

/// What a fleet is made of, before it is started.
pub struct Plan {
    pub world: World,
    config: String,
}

impl Plan {
    /// Hosts of these names, without guests.
    pub fn new(hosts: &[&str]) -> Self {
        let world = World::new();
        let mut config = SETTINGS.to_owned();
        for (number, host) in hosts.iter().enumerate() {
            let _ = world.host(host);
            config += &format!(
                "[[hosts]]\nid = \"{host}\"\nuri = \"qemu+tls://{host}.example.net/system\"\nlabels = {{ rack = \"a{}\" }}\n",
                number / 2 + 1
            );
        }
        Self { world, config }
    }

    /// Says something more in the configuration, after all that was said before.
    pub fn say(&mut self, more: &str) {
        self.config += more;
    }

    /// A guest that is so, and supposed to be so.
    pub fn guest(
        &mut self,
        host: &str,
        name: &str,
        condition: Condition,
        desired: &str,
    ) -> InstanceId {
        let id = id_of(name);
        self.world.host(host).put(id, name, condition);
        self.config += &format!(
            "[[instances]]\nname = \"{name}\"\nhost = \"{host}\"\ndesired = \"{desired}\"\n"
        );
        id
    }

    /// Starts the service, and waits until it has seen everything.
    pub async fn start(self) -> Fleet {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("assured.toml");
        std::fs::write(&file, &self.config).unwrap();
        let token = OperatorToken::in_dir(&folder.path().join("data")).unwrap();
        let world = self.world.clone();
        let (bound, mut listening) = watch::channel(None);
        let (stop, stopped) = oneshot::channel();
        let spoken = token.reveal().to_owned();
        let thread = std::thread::spawn(move || {
            let settings = config::load(&[file], std::iter::empty()).unwrap();
            actix::System::new().block_on(live(self.world, settings, token, bound, stopped));
        });
        let address = tokio::time::timeout(SOON, listening.wait_for(Option::is_some));
        let address = (*address.await.expect("the service listens").unwrap()).unwrap();
        let fleet = Fleet {
            world,
            token: spoken,
            address,
            stop: Some(stop),
            thread: Some(thread),
            _folder: folder,
        };
        fleet.until_ready().await;
        fleet
    }
}

async fn live(
    world: World,
    settings: config::Settings,
    token: OperatorToken,
    bound: watch::Sender<Option<SocketAddr>>,
    stopped: oneshot::Receiver<()>,
) {
    let clock = Clock::system();
    let board = Board::new(clock.now(), Arc::new(settings.policies.clone()))
        .with_tokens(Arc::clone(&settings.http.tokens));
    let parts = Parts {
        clock: clock.clone(),
        store: Store::in_memory().unwrap(),
        board: board.clone(),
        metrics: Metrics::new("test").unwrap(),
        reach: Rc::new(move |host: &config::Host| {
            Rc::new(world.host(host.id.as_str())) as Rc<dyn Hypervisor>
        }),
        read_again: None,
    };
    let (store, metrics) = (parts.store.clone(), parts.metrics.clone());
    let streams = Streams::default();
    let shown = streams.clone();
    let outside = move |doors: &Doors| {
        let state = State {
            board,
            clock,
            metrics,
            arbiter: doors.arbiter.clone().into(),
            reload: doors.reload.clone(),
            store,
            streams: shown,
            token,
            version: env!("CARGO_PKG_VERSION"),
            backend: "sqlite",
        };
        let run = move || listen(state.clone(), bound.clone()).boxed_local();
        vec![Beside { kind: "http", run: Rc::new(run), drain: None }]
    };
    let tree = Tree::start(Assembler::new(&settings, &parts), outside).await.unwrap();
    tree.until(async move {
        let _ = stopped.await;
        streams.end();
    })
    .await;
}

async fn listen(state: State, bound: watch::Sender<Option<SocketAddr>>) -> String {
    let settings = HttpSettings {
        listen: "127.0.0.1:0".parse().unwrap(),
        scheme: Scheme::Http,
        workers: 2,
        drain: std::time::Duration::from_secs(1),
    };
    let (server, address) = serve(settings, state).unwrap();
    bound.send_replace(Some(address));
    format!("{:?}", server.await)
}

impl Fleet {
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub fn host(&self, name: &str) -> SimHost {
        self.world.host(name)
    }

    async fn until_ready(&self) {
        let url = format!("{}readyz", self.url());
        let ready = move || ureq::get(&url).call().is_ok();
        let waited = tokio::task::spawn_blocking(move || {
            assured_lab::wait_until(SOON, "the service to be ready", ready)
        });
        waited.await.unwrap().unwrap();
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the service has panicked");
        }
    }
}

/// The id of a domain, from its name: the same in each run.
pub fn id_of(name: &str) -> InstanceId {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u128, |h, b| {
        (h ^ u128::from(b)).wrapping_mul(0x0100_0000_0000_01b3_0000_0193)
    });
    InstanceId(uuid::Uuid::from_u128(hash))
}
