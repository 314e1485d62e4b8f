//! The lives of the service under test, one after the other, on one database.

use std::sync::Arc;
use std::time::Duration;

use actix::Addr;
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::expect::Life;
use super::service::Service;
use super::stage::Stage;
use crate::actors::arbiter::Arbiter;
use crate::actors::root::Ending;
use crate::config::Settings;
use crate::model::Status;
use crate::snapshot::{Board, Fleet};

/// How long the service may take at first to see everything.
const FIRST_SIGHT: Duration = Duration::from_secs(120);
/// How often to look whether it has.
const PACE: Duration = Duration::from_millis(10);

/// The service, as far as it lives, and what was last shown of it.
#[derive(Default)]
pub(super) struct Lives {
    now: Option<Service>,
    /// What the last life shows or showed.
    board: Option<Board>,
    ends: Vec<Timestamp>,
}

impl Lives {
    /// Starts a life. One that was told to end is waited for.
    pub(super) async fn start<S: Stage>(
        &mut self,
        stage: &S,
        settings: &Settings,
    ) -> Result<(), String> {
        if let Some(before) = self.now.take() {
            if !before.was_stopped() && !before.is_over() {
                self.now = Some(before);
                return Err("the service runs already".to_owned());
            }
            self.finish(before).await?;
        }
        let service = Service::start(stage, settings).await?;
        self.board = Some(service.board.clone());
        self.now = Some(service);
        Ok(())
    }

    /// Waits until it has seen everything once, but for domains that are missing.
    pub(super) async fn first_sight(&self, missing: &[&str]) -> Result<(), String> {
        let end = Instant::now() + FIRST_SIGHT;
        while Instant::now() < end {
            let fleet = self.fleet();
            let found = fleet.hosts.values().all(|host| {
                host.error.is_some() || host.pending.iter().all(|n| missing.contains(&n.as_str()))
            });
            let seen = fleet.instances.values().all(|instance| {
                !instance.reachable
                    || (instance.observed.is_some() && instance.status != Status::Unknown)
            });
            if fleet.is_ready() && found && seen {
                return Ok(());
            }
            sleep(PACE).await;
        }
        let seconds = FIRST_SIGHT.as_secs();
        Err(format!("in {seconds} s the service has not seen everything once"))
    }

    /// Tells it to end.
    pub(super) fn stop(&mut self) -> Result<(), String> {
        let service = self.now.as_mut().ok_or("the service does not run")?;
        service.stop();
        Ok(())
    }

    /// Ends it at once.
    pub(super) async fn kill(&mut self) -> Result<(), String> {
        let service = self.now.take().ok_or("the service does not run")?;
        self.ends.push(service.kill().await);
        Ok(())
    }

    /// The end of the play. Answers what was wrong with the last life.
    pub(super) async fn end(&mut self) -> Option<String> {
        let service = self.now.take()?;
        if service.is_over() {
            return self.finish(service).await.err();
        }
        self.ends.push(service.kill().await);
        None
    }

    /// The way to the arbiter, if it lives.
    pub(super) fn arbiter(&self) -> Option<&Addr<Arbiter>> {
        self.now.as_ref().map(|service| &service.arbiter)
    }

    /// The service's time, if it lives.
    pub(super) fn now(&self) -> Option<Timestamp> {
        self.now.as_ref().map(|service| service.clock.now())
    }

    /// What is shown, or was last shown.
    pub(super) fn fleet(&self) -> Arc<Fleet> {
        let empty = || Arc::new(Fleet::new(Timestamp::UNIX_EPOCH));
        self.board.as_ref().map_or_else(empty, Board::fleet)
    }

    /// Whether it lives.
    pub(super) fn life(&self) -> Life {
        match &self.now {
            Some(service) if !service.is_over() => Life::Running,
            Some(_) | None => Life::Stopped,
        }
    }

    /// When the lives ended.
    pub(super) fn ends(&self) -> &[Timestamp] {
        &self.ends
    }

    async fn finish(&mut self, service: Service) -> Result<(), String> {
        let (stopped, clock) = (service.was_stopped(), service.clock.clone());
        let ending = service.ending().await?;
        self.ends.push(clock.now());
        match ending {
            Ending::Stopped if stopped => Ok(()),
            Ending::Stopped => Err("the service ended by itself".to_owned()),
            Ending::GaveUp(why) => Err(format!("the service gave up: {why}")),
        }
    }
}
