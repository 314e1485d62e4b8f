//! What a scenario is played on: a world that the service is let loose on, and what was asked of it.

use jiff::Timestamp;

use super::audit::Audit;
use super::deed::WorldDeed;
use super::names::Names;
use crate::actors::root::Reach;
use crate::clock::Clock;
use crate::config::Settings;
use crate::model::{Command, Condition, HostId, InstanceId};
use crate::store::Store;

/// A world. The simulator is one ([`SimStage`](super::SimStage)); real hosts can be another.
///
/// It is made with what the scenario has at its beginning. All else (the service, what is asked of
/// it, what is expected of its record) is the same on every stage, and goes by tokio's clock.
pub trait Stage {
    /// The way to its hosts.
    fn reach(&self) -> Reach;

    /// The database, the same for every life of the service.
    fn store(&self) -> Store;

    /// A clock for a life of the service that begins now.
    fn clock(&self) -> Clock;

    /// Carries out a deed. Answers why that cannot be done here, if so.
    fn carry_out(
        &mut self,
        deed: &WorldDeed,
        names: &Names,
    ) -> impl Future<Output = Result<(), String>>;

    /// What a domain really is; none where that cannot be told.
    fn condition(&self, host: &HostId, id: InstanceId) -> impl Future<Output = Option<Condition>>;

    /// What the hosts were asked to do, in order: as the attempts in the audit log have it, where
    /// the stage does not know better.
    fn actions(&self, audit: &Audit) -> Vec<Action> {
        audit.actions()
    }

    /// What this world has seen the service do that it never must, whatever a scenario expects.
    fn flaws(&self, run: &Run<'_>) -> Vec<String> {
        let _ = run;
        Vec::new()
    }
}

/// What a stage judges at the end.
pub struct Run<'a> {
    /// What the service has written down.
    pub audit: &'a Audit,
    /// What it was run with.
    pub settings: &'a Settings,
    /// When its lives ended.
    pub ends: &'a [Timestamp],
    /// The names of all that there is.
    pub names: &'a Names,
}

/// Something that a host was asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Of which domain.
    pub instance: InstanceId,
    /// Where.
    pub host: HostId,
    /// What.
    pub command: Command,
    /// Whether the host did it.
    pub done: bool,
}
