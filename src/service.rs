//! The service as one process: opens the database, starts the tree on this thread, HTTP beside it,
//! and ends when it is told to or when supervision gives up. A service manager hears how it is.
//!
//! Not in here: what any of these does.

mod failure;
mod guard;
mod manager;
mod reach;
mod reading;
mod signals;
mod standby;
mod web;
mod zeroes;

use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::actors::root::{Assembler, Doors, Ending, Parts, Tree};
use crate::clock::Clock;
use crate::config::{self, Settings};
use crate::http::{OperatorToken, State, Streams};
use crate::snapshot::Board;
use crate::store::{ServerError, Store};
use crate::telemetry::{self, LogFormat, Metrics, whole};

pub use failure::Failure;

use signals::Ends;
use web::Web;

/// The version that this is.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How many threads may wait for hosts and for reads of the database, all hosts together: each host
/// bounds its own, so this is for some hundreds of hosts that all hang.
const BLOCKING_THREADS: usize = 8192;
/// How long the database may take to be closed.
const CLOSING: Duration = Duration::from_secs(5);

/// Runs the service until SIGTERM or SIGINT. At SIGHUP, or when it is asked to, the configuration is
/// read from `files` again (the default one if there are none).
///
/// # Errors
/// When it cannot start, or supervision gives up.
pub fn run(settings: &Settings, files: &[PathBuf]) -> Result<(), Failure> {
    let format = match settings.log.format {
        config::LogFormat::Text => LogFormat::Text,
        config::LogFormat::Json => LogFormat::Json,
        config::LogFormat::Journald => LogFormat::Journald,
    };
    telemetry::init_log(format, &settings.log.filter)?;
    #[cfg(feature = "faults")]
    crate::faults::from_environment().map_err(|e| Failure::Start(e.to_string()))?;
    let system = actix::System::with_tokio_rt(|| match runtime() {
        Ok(runtime) => runtime,
        // actix takes no error here: without a runtime there is nothing that could go on.
        Err(error) => panic!("no runtime can be had: {error}"),
    });
    // Not dropped: the runtime would wait for threads that a host has not let go of. The process
    // ends, and they with it.
    let system = ManuallyDrop::new(system);
    system.block_on(serve(settings, files))
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()
}

/// Lives, once the database is this process's.
async fn serve(settings: &Settings, files: &[PathBuf]) -> Result<(), Failure> {
    let mut ends = Ends::listen().map_err(no_handler)?;
    // Before the token: a disk on which nothing can be written is told as what it is.
    let Some(store) = standby::open(&settings.database.url, &mut ends).await? else {
        return Ok(());
    };
    let token = OperatorToken::in_dir(&settings.service.data_dir)?;
    live(settings, files, Own { store, token, ends }).await
}

/// What this process has got for itself.
struct Own {
    store: Store,
    token: OperatorToken,
    ends: Ends,
}

fn no_handler(error: std::io::Error) -> Failure {
    Failure::Start(format!("no signal handler: {error}"))
}

async fn live(settings: &Settings, files: &[PathBuf], own: Own) -> Result<(), Failure> {
    let Own { store, token, ends } = own;
    let clock = Clock::system();
    let board = published(settings, &clock);
    let metrics = Metrics::new(VERSION).map_err(|e| Failure::Start(e.to_string()))?;
    zeroes::count_from_zero(&metrics);
    let web = Web::new(settings)?;
    let listening = web.listening();
    let parts = Parts {
        clock: clock.clone(),
        store: store.clone(),
        board: board.clone(),
        metrics: metrics.clone(),
        reach: reach::by_libvirt(settings),
        read_again: Some(reading::read_again(files, listening.clone())),
    };
    let streams = Streams::default();
    let shown = streams.clone();
    let backend = settings.database.url.backend();
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
            backend,
        };
        vec![web.beside(state)]
    };
    let _watchdog = guard::guard_thread(settings.supervision.heartbeat)?;
    tracing::info!(version = VERSION, hosts = settings.hosts.len(), "assured starts");
    let stop = signals::stop(ends, streams);
    let hangups = signals::hangups().map_err(no_handler)?;
    let tree = Tree::start(Assembler::new(settings, &parts), outside).await?;
    actix::spawn(manager::say_ready(listening));
    actix::spawn(signals::reload_at(hangups, tree.doors.reload.clone()));
    let ending = tokio::select! {
        ending = tree.until(stop) => ending,
        // The tree ends with this, at once: what is under way could not be written down any more.
        () = standby::taken_over(&parts.store) => {
            let database = settings.database.url.to_string();
            let failure = Failure::Database(ServerError::TakenOver { database, by: None }.into());
            tracing::error!("{failure}");
            manager::stopping(&failure.to_string());
            return Err(failure);
        }
    };
    close(&parts.store).await;
    match ending {
        Ending::Stopped => {
            tracing::info!("assured has ended");
            Ok(())
        }
        ending @ Ending::GaveUp(_) => {
            let failure = Failure::from(ending);
            manager::stopping(&failure.to_string());
            Err(failure)
        }
    }
}

/// Those who answer HTTP may not have let go of it yet, and a disk that hangs holds up nobody's end.
async fn close(store: &Store) {
    match tokio::time::timeout(CLOSING, store.close()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!("the database is not closed: {}", whole(&error)),
        Err(_) => tracing::warn!(
            "the database is not closed after {} s: the next start finds it as after a crash",
            CLOSING.as_secs()
        ),
    }
}

/// What the outside may read, before anything is known of the fleet.
fn published(settings: &Settings, clock: &Clock) -> Board {
    let certificate = settings.http.tls.as_ref().and_then(|tls| tls.certified.clone());
    Board::new(clock.now(), Arc::new(settings.policies.clone()))
        .with_tokens(Arc::clone(&settings.http.tokens))
        .with_certificate(certificate)
}
