//! The service on simulated hosts: what `assured run` puts together, but for libvirt, signals and
//! the watchdog.

use std::fmt::Write as _;
use std::io::BufRead as _;
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use assured::actors::root::{Assembler, Beside, Doors, Parts, Tree};
use assured::clock::Clock;
use assured::config::{self, Settings};
use assured::http::{self, HttpSettings, OperatorToken, Scheme, State, Streams};
use assured::hypervisor::Hypervisor;
use assured::hypervisor::sim::{SimHost, World};
use assured::model::{Command, Condition, InstanceId, Status};
use assured::snapshot::Board;
use assured::store::Store;
use assured::telemetry::{self, LogFormat, Metrics};
use futures_util::FutureExt as _;
use tokio::sync::{mpsc, watch};

use crate::WORKERS;

const HOSTS: usize = 10;
/// How long anything that is awaited may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long to wait before it is looked again whether a domain was started.
const PAUSE: Duration = Duration::from_millis(5);

/// Runs it with so many instances, until it is killed. Says where it listens when all are in sync;
/// then, for each number that it is told, destroys so many domains one after the other, and says
/// after how many ms each was started.
pub(crate) fn run(count: usize) {
    let folder = tempfile::tempdir().unwrap();
    let settings = configured(folder.path());
    telemetry::init_log(LogFormat::Text, "error").unwrap();
    actix::System::new().block_on(live(count, folder.path(), &settings));
}

async fn live(count: usize, folder: &Path, settings: &Settings) {
    let (world, clock) = (World::new(), Clock::system());
    let board = Board::new(clock.now(), Arc::new(settings.policies.clone()));
    let metrics = Metrics::new("bench").unwrap();
    let store = Store::open_at(&settings.database.url).unwrap();
    let hosts: Vec<SimHost> = (0..HOSTS).map(|n| world.host(&format!("kvm-{n}"))).collect();
    let mut domains = Vec::new();
    for host in &hosts {
        let made = host.populate(count / HOSTS, Condition::RunningBooted);
        domains.extend(made.into_iter().map(|id| (host.clone(), id)));
    }
    let reached = world.clone();
    let parts = Parts {
        clock: clock.clone(),
        store: store.clone(),
        board: board.clone(),
        metrics: metrics.clone(),
        reach: Rc::new(move |host: &config::Host| {
            Rc::new(reached.host(host.id.as_str())) as Rc<dyn Hypervisor>
        }),
        read_again: None,
    };
    let token = OperatorToken::in_dir(folder).unwrap();
    let (bound, mut listening) = watch::channel(None);
    let shown = board.clone();
    let outside = move |doors: &Doors| {
        let state = State {
            board: shown,
            clock,
            metrics,
            arbiter: doors.arbiter.clone().into(),
            reload: doors.reload.clone(),
            store,
            streams: Streams::default(),
            token,
            version: "bench",
            backend: "sqlite",
        };
        let run = move || serve(state.clone(), bound.clone()).boxed_local();
        vec![Beside { kind: "http", run: Rc::new(run), drain: None }]
    };
    let tree = Tree::start(Assembler::new(settings, &parts), outside).await.unwrap();
    actix::spawn(tree.until(std::future::pending()));
    until(|| board.fleet().with_status(Status::InSync) == domains.len()).await;
    let bound = *listening.wait_for(Option::is_some).await.unwrap();
    println!("{}", bound.unwrap());
    let mut orders = orders();
    while let Some(number) = orders.recv().await {
        println!("{}", destroyed(&world, domains.drain(..number).as_slice()).await);
    }
}

/// Destroys domains one after the other. In how many ms each was started.
async fn destroyed(world: &World, domains: &[(SimHost, InstanceId)]) -> String {
    let mut times = Vec::new();
    for (host, id) in domains {
        let begun = world.age();
        host.destroy(*id);
        until(|| host.starts(*id) > 0).await;
        times.push((*id, begun));
    }
    let journal = world.journal();
    let time = |(id, begun): &(InstanceId, Duration)| {
        let mut starts = journal.iter().filter(|deed| deed.command == Command::Start);
        let start = starts.find(|deed| deed.id == *id).unwrap();
        format!("{:.3}", (start.asked - *begun).as_secs_f64() * 1e3)
    };
    times.iter().map(time).collect::<Vec<_>>().join(" ")
}

async fn serve(state: State, bound: watch::Sender<Option<SocketAddr>>) -> String {
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let (scheme, drain) = (Scheme::Http, Duration::from_secs(1));
    let settings = HttpSettings { listen, scheme, workers: WORKERS, drain };
    let (server, address) = http::serve(settings, state).unwrap();
    bound.send_replace(Some(address));
    server.await.unwrap();
    "the HTTP server has ended".to_owned()
}

/// The numbers on standard input.
fn orders() -> mpsc::UnboundedReceiver<usize> {
    let (tell, orders) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if tell.send(line.parse().unwrap()).is_err() {
                return;
            }
        }
    });
    orders
}

async fn until(condition: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < end, "it does not come");
        tokio::time::sleep(PAUSE).await;
    }
}

fn configured(folder: &Path) -> Settings {
    let mut text = format!("[service]\ndata_dir = {folder:?}\n");
    for n in 0..HOSTS {
        write!(text, "[[hosts]]\nid = \"kvm-{n}\"\nuri = \"test:///{n}\"\nunmanaged = \"adopt\"\n")
            .unwrap();
    }
    let file = folder.join("assured.toml");
    std::fs::write(&file, text).unwrap();
    config::load(&[file], std::iter::empty()).unwrap_or_else(|errors| panic!("{errors}"))
}
