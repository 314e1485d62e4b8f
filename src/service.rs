//! The service as one process: opens the database, starts the tree on this thread, HTTP beside it,
//! and ends when it is told to or when supervision gives up. A service manager hears how it is.
//!
//! Not in here: what any of these does.

mod manager;

use std::cell::RefCell;
use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::Recipient;
use futures_util::FutureExt;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::actors::messages::Reload;
use crate::actors::root::{Assembler, Beside, Doors, Ending, Parts, Reach, ReadAgain, Tree};
use crate::clock::Clock;
use crate::config::{self, Settings};
use crate::exit::Exit;
use crate::http::{self, HttpSettings, OperatorToken, State, Streams};
use crate::hypervisor::Hypervisor;
#[cfg(feature = "faults")]
use crate::hypervisor::faulty::{Deadlines, Faulty};
use crate::hypervisor::libvirt::{LibvirtHost, LibvirtSettings};
use crate::model::HostId;
use crate::snapshot::Board;
use crate::store::Store;
use crate::supervision::{Relay, Turns, Watchdog};
use crate::telemetry::{self, LogFormat, Metrics, whole};

/// The version that this is.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How many threads answer HTTP requests.
const HTTP_WORKERS: usize = 2;
/// How long the last line of the log may take.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How many threads may wait for hosts and for reads of the database, all hosts together: each host
/// bounds its own, so this is for some hundreds of hosts that all hang.
const BLOCKING_THREADS: usize = 8192;

/// Why the service has ended, other than because it was told to.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The log cannot be set up.
    #[error(transparent)]
    Log(#[from] telemetry::LogError),
    /// The database cannot be used.
    #[error("{}", whole(.0))]
    Database(#[from] crate::store::StoreError),
    /// The operator token cannot be had.
    #[error("{}", whole(.0))]
    Token(#[from] http::TokenError),
    /// HTTP cannot be served.
    #[error("{}", whole(.0))]
    Http(#[from] http::HttpError),
    /// The runtime, a signal handler or a metric cannot be set up.
    #[error("the service cannot be started: {0}")]
    Start(String),
    /// A budget of restarts was spent.
    #[error("supervision gave up: {0}; a service manager is to start the service again")]
    GaveUp(String),
}

impl Failure {
    /// The exit code.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Database(_) => Exit::Database,
            Self::Log(_) => Exit::Config,
            Self::Token(_) | Self::Http(_) | Self::Start(_) => Exit::Failed,
            Self::GaveUp(_) => Exit::GaveUp,
        }
    }
}

/// Runs the service until SIGTERM or SIGINT. At SIGHUP, or when it is asked to, the configuration is
/// read from `files` again (the default one if there are none).
///
/// # Errors
/// When it cannot start, or supervision gives up.
pub fn run(settings: &Settings, files: &[PathBuf]) -> Result<(), Failure> {
    let format = match settings.log.format {
        config::LogFormat::Text => LogFormat::Text,
        config::LogFormat::Json => LogFormat::Json,
    };
    telemetry::init_log(format, &settings.log.filter)?;
    #[cfg(feature = "faults")]
    crate::faults::from_environment().map_err(|e| Failure::Start(e.to_string()))?;
    // Before the token: a disk on which nothing can be written is told as what it is.
    let store = Store::open(&settings.database.url.to_string())?;
    let token = OperatorToken::in_dir(&settings.service.data_dir)?;
    let system = actix::System::with_tokio_rt(|| match runtime() {
        Ok(runtime) => runtime,
        // actix takes no error here: without a runtime there is nothing that could go on.
        Err(error) => panic!("no runtime can be had: {error}"),
    });
    // Not dropped: the runtime would wait for threads that a host has not let go of. The process
    // ends, and they with it.
    let system = ManuallyDrop::new(system);
    system.block_on(live(settings, files, store, token))
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()
}

async fn live(
    settings: &Settings,
    files: &[PathBuf],
    store: Store,
    token: OperatorToken,
) -> Result<(), Failure> {
    let clock = Clock::system();
    let board = Board::new(clock.now(), Arc::new(settings.policies.clone()));
    let metrics = Metrics::new(VERSION).map_err(|e| Failure::Start(e.to_string()))?;
    let (bound, listening) = watch::channel(None);
    let parts = Parts {
        clock: clock.clone(),
        store: store.clone(),
        board: board.clone(),
        metrics: metrics.clone(),
        reach: by_libvirt(settings),
        read_again: Some(read_again(files, listening.clone())),
    };
    let listen = HttpSettings {
        listen: settings.http.listen,
        workers: HTTP_WORKERS,
        drain: Duration::from_secs(2),
    };
    // A listener that cannot be had is told before anything is done to a machine.
    http::check_listen(listen.listen)?;
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
            version: VERSION,
            backend: "sqlite",
        };
        vec![Beside {
            kind: "http",
            run: Rc::new(move || serve(listen, state.clone(), bound.clone()).boxed_local()),
        }]
    };
    let _watchdog = guard_thread(settings.supervision.heartbeat)?;
    tracing::info!(version = VERSION, hosts = settings.hosts.len(), "assured starts");
    let no_handler = |e: std::io::Error| Failure::Start(format!("no signal handler: {e}"));
    let stop = stop_signal(streams).map_err(no_handler)?;
    let hangups = signal(SignalKind::hangup()).map_err(no_handler)?;
    let tree = Tree::start(Assembler::new(settings, &parts), outside).await.map_err(gave_up)?;
    actix::spawn(say_ready(listening));
    actix::spawn(reload_at(hangups, tree.doors.reload.clone()));
    match tree.until(stop).await {
        Ending::Stopped => {
            tracing::info!("assured has ended");
            Ok(())
        }
        ending @ Ending::GaveUp(_) => {
            let failure = gave_up(ending);
            manager::stopping(&failure.to_string());
            Err(failure)
        }
    }
}

/// Tells the service manager once HTTP listens.
async fn say_ready(mut listening: Listening) {
    // An error is the end of the tree: there will be nothing to tell.
    if let Ok(bound) = listening.wait_for(Option::is_some).await
        && let Some(bound) = *bound
    {
        manager::ready(bound);
    }
}

/// One handle per host, for as long as it is reached in the same way: it knows of calls that have not
/// returned yet, whichever actor's life they were made in.
fn by_libvirt(settings: &Settings) -> Reach {
    let (deadline, action_deadline) = (settings.poll.deadline, settings.service.action_deadline);
    let make = move |host: &config::Host| {
        LibvirtHost::new(LibvirtSettings {
            host: host.id.clone(),
            uri: host.uri.clone(),
            credentials: host.credentials.clone(),
            deadline,
            action_deadline,
            max_actions: host.max_concurrent_actions,
        })
    };
    type Made = HashMap<HostId, (config::Host, Rc<dyn Hypervisor>)>;
    let made: RefCell<Made> = RefCell::default();
    Rc::new(move |host| {
        let mut made = made.borrow_mut();
        if let Some((before, handle)) = made.get(&host.id)
            && before.is_reached_as(host)
        {
            return Rc::clone(handle);
        }
        let handle = Rc::new(make(host)) as Rc<dyn Hypervisor>;
        #[cfg(feature = "faults")]
        let handle = Faulty::around(
            host.id.clone(),
            Deadlines { read: deadline, action: action_deadline },
            handle,
        );
        made.insert(host.id.clone(), (host.clone(), Rc::clone(&handle)));
        handle
    })
}

/// Where HTTP listens; nowhere at first.
type Listening = watch::Receiver<Option<SocketAddr>>;

/// Reads the files again, and this process's environment, off the actors' thread.
fn read_again(files: &[PathBuf], listening: Listening) -> ReadAgain {
    let files: Arc<[PathBuf]> = files.into();
    Rc::new(move || {
        let files = Arc::clone(&files);
        let read = move || config::load_to_use(&files, config::environment());
        let listening = listening.clone();
        async move {
            manager::reloading();
            let read = tokio::task::spawn_blocking(read).await;
            // Has its turn when the root's is over, in which this is taken over or refused.
            actix::spawn(say_ready(listening));
            match read {
                Ok(read) => read,
                Err(failure) => std::panic::resume_unwind(failure.into_panic()),
            }
        }
        .boxed_local()
    })
}

/// Reads the configuration again at each SIGHUP. What comes of it, the log says, and the status.
async fn reload_at(mut hangups: Signal, reload: Recipient<Reload>) {
    while hangups.recv().await.is_some() {
        tracing::info!("SIGHUP: reading the configuration again");
        // Refused or not, whoever does it has said so.
        let _ = reload.send(Reload { by: "SIGHUP".to_owned() }).await;
    }
}

/// A life of the HTTP server. It ends with the reason why.
async fn serve(
    settings: HttpSettings,
    state: State,
    listens: watch::Sender<Option<SocketAddr>>,
) -> String {
    match http::serve(settings, state) {
        Ok((server, bound)) => {
            tracing::info!("HTTP on http://{bound}/");
            listens.send_replace(Some(bound));
            let handle = server.handle();
            // If this life is ended from outside, the workers are ended with it.
            let _end = End(Some(handle));
            match server.await {
                Ok(()) => "the HTTP server has ended".to_owned(),
                Err(error) => format!("the HTTP server failed: {error}"),
            }
        }
        Err(error) => whole(&error),
    }
}

/// Stops a server's workers when it is dropped.
struct End(Option<actix_web::dev::ServerHandle>);

impl Drop for End {
    fn drop(&mut self) {
        if let Some(handle) = self.0.take() {
            // Sent by the call; there is nobody to wait for the answer.
            drop(handle.stop(false));
        }
    }
}

/// Ends the process if this thread, on which all actors live, is silent for longer than `heartbeat`,
/// and tells the service manager while it is not, if that waits for it.
fn guard_thread(heartbeat: Duration) -> Result<Watchdog, Failure> {
    let turns = Turns::here();
    let relay = manager::alive_every().map(|every| Relay { every, tell: Box::new(manager::alive) });
    let (pulse, watchdog) = Watchdog::start_with(heartbeat, relay, move || {
        let silent = heartbeat.as_secs_f64();
        let stuck = match turns.whose() {
            Some(name) => format!("in a turn of {name}"),
            None => "between the actors' turns".to_owned(),
        };
        // By another thread: what the actors' thread is stuck in may be the log.
        let (said, heard) = std::sync::mpsc::channel();
        let say = move || {
            tracing::error!(
                "the actors' thread was silent for {silent} s, {stuck}: the process ends"
            );
            // Nobody may be waiting any more.
            let _ = said.send(());
        };
        // Without a thread nothing is said, and an error is a word that takes too long.
        drop(std::thread::Builder::new().name("last-words".to_owned()).spawn(say));
        let _ = heard.recv_timeout(LAST_WORDS);
        std::process::exit(Exit::GaveUp.code().into());
    })
    .map_err(|e| Failure::Start(whole(&e)))?;
    actix::spawn(pulse.beat_every(watchdog.pace()));
    Ok(watchdog)
}

/// Ready when SIGTERM or SIGINT has come. Who follows the audit log is told then; all other requests
/// are answered while the actions under way end.
fn stop_signal(streams: Streams) -> std::io::Result<impl Future<Output = ()>> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        let signal = tokio::select! {
            _ = term.recv() => "SIGTERM",
            _ = int.recv() => "SIGINT",
        };
        tracing::info!("{signal}: stopping");
        streams.end();
        manager::stopping("actions under way may end");
    })
}

fn gave_up(ending: Ending) -> Failure {
    match ending {
        Ending::GaveUp(why) => Failure::GaveUp(why),
        Ending::Stopped => Failure::GaveUp("it ended before it had started".to_owned()),
    }
}
