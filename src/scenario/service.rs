//! A life of the service under test: started, stopped, killed.

use std::sync::Arc;
use std::time::Duration;

use actix::Addr;
use jiff::Timestamp;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::stage::Stage;
use crate::actors::arbiter::Arbiter;
use crate::actors::root::{Assembler, Ending, Parts, Tree};
use crate::clock::Clock;
use crate::config::Settings;
use crate::snapshot::Board;
use crate::telemetry::Metrics;

/// How long the service may take to end: more than the longest shutdown grace.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// A service that runs, or is about to end.
pub(super) struct Service {
    pub(super) board: Board,
    pub(super) arbiter: Addr<Arbiter>,
    pub(super) clock: Clock,
    stop: Option<oneshot::Sender<()>>,
    ended: JoinHandle<Ending>,
}

impl Service {
    /// Starts it, and waits for nothing.
    pub(super) async fn start<S: Stage>(stage: &S, settings: &Settings) -> Result<Self, String> {
        let clock = stage.clock();
        let board = Board::new(clock.now(), Arc::new(settings.policies.clone()));
        let metrics = Metrics::new("simulation").map_err(|error| error.to_string())?;
        let parts = Parts {
            clock: clock.clone(),
            store: stage.store(),
            board: board.clone(),
            metrics,
            reach: stage.reach(),
            read_again: None,
        };
        let tree = Tree::start(Assembler::new(settings, &parts), |_| Vec::new()).await;
        let tree = tree.map_err(|ending| format!("the service does not start: {ending:?}"))?;
        let (stop, stopped) = oneshot::channel::<()>();
        let arbiter = tree.doors.arbiter.clone();
        let ended = tokio::task::spawn_local(tree.until(async move {
            let _ = stopped.await;
        }));
        Ok(Self { board, arbiter, clock, stop: Some(stop), ended })
    }

    /// Tells it to end, as SIGTERM does. It may take its grace.
    pub(super) fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Ends it, as SIGKILL does: nothing is waited for.
    pub(super) async fn kill(self) -> Timestamp {
        let at = self.clock.now();
        self.ended.abort();
        let _ = self.ended.await;
        at
    }

    /// Whether it has ended.
    pub(super) fn is_over(&self) -> bool {
        self.ended.is_finished()
    }

    /// Whether it was told to end.
    pub(super) const fn was_stopped(&self) -> bool {
        self.stop.is_none()
    }

    /// How it ended; waits until it has, but not for ever.
    pub(super) async fn ending(mut self) -> Result<Ending, String> {
        match timeout(PATIENCE, &mut self.ended).await {
            Ok(ending) => ending.map_err(|failure| failure.to_string()),
            Err(_elapsed) => {
                self.ended.abort();
                let _ = self.ended.await;
                let minutes = PATIENCE.as_secs() / 60;
                Err(format!("the service was told to end, and {minutes} min later it has not"))
            }
        }
    }
}
