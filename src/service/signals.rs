//! What the service is told by signals: to end, and to read its configuration again.

use actix::Recipient;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::manager;
use crate::actors::messages::Reload;
use crate::http::Streams;

/// SIGTERM and SIGINT, from now on.
pub(super) struct Ends {
    term: Signal,
    int: Signal,
}

impl Ends {
    /// Listens to them.
    pub(super) fn listen() -> std::io::Result<Self> {
        let (term, int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(Self { term, int })
    }

    /// The next one that comes.
    pub(super) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.term.recv() => "SIGTERM",
            _ = self.int.recv() => "SIGINT",
        }
    }
}

/// Ready when SIGTERM or SIGINT has come. Who follows the audit log is told then, and whoever asks
/// whether the service is ready; all other requests are answered while the actions under way end.
pub(super) async fn stop(mut ends: Ends, streams: Streams) {
    let signal = ends.next().await;
    tracing::info!("{signal}: stopping");
    streams.end();
    manager::stopping("actions under way may end");
}

/// SIGHUPs, from now on.
pub(super) fn hangups() -> std::io::Result<Signal> {
    signal(SignalKind::hangup())
}

/// Reads the configuration again at each SIGHUP. What comes of it, the log says, and the status.
pub(super) async fn reload_at(mut hangups: Signal, reload: Recipient<Reload>) {
    while hangups.recv().await.is_some() {
        tracing::info!("SIGHUP: reading the configuration again");
        // Refused or not, whoever does it has said so.
        let _ = reload.send(Reload { by: "SIGHUP".to_owned() }).await;
    }
}
