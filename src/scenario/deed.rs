//! What can happen in a scenario: closed lists of deeds, as they are written.
//!
//! `which` is the name of an instance, a range of them (`web-1..web-30`) or a pattern (`web-*`);
//! the same goes for hosts.

mod api;

use serde::Deserialize;

pub use api::{Add, AdoptAll, ApiDeed, Change, Desire, HoldIt, Maintain, Only, Release, Resume};

use super::file::Seen;
use super::span::Span;
use crate::model::{self, Command};

/// Something that somebody does.
#[derive(Debug, Clone)]
pub enum Deed {
    /// Behind the service's back.
    World(WorldDeed),
    /// To the service, as its service manager does.
    Service(ServiceDeed),
    /// By the service's API.
    Api(ApiDeed),
}

/// What happens to guests and hosts behind the service's back.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorldDeed {
    /// `virsh destroy`.
    Destroy(String),
    /// The guest powers itself off.
    PowerOff(String),
    /// Somebody sends SIGTERM to the guest's QEMU.
    Terminate(String),
    /// The guest's QEMU dies (SIGKILL).
    Kill(String),
    /// The guest panics.
    Panic(PanicOf),
    /// `virsh suspend`.
    Suspend(String),
    /// `virsh resume`, by somebody else.
    ResumeBehind(String),
    /// The guest is paused with this reason, for instance `ioerror`.
    PauseAs(PauseAs),
    /// The guest goes to sleep.
    PmSuspend(String),
    /// `virsh managedsave`.
    Save(String),
    /// `virsh undefine`.
    Undefine(String),
    /// `virsh autostart`.
    SetAutostart(String),
    /// Somebody edits the definition: what the hypervisor does when the guest crashes.
    SetOnCrash(SetOnCrash),
    /// The guest restarts from inside: its QEMU goes on, libvirt reports a REBOOT.
    RebootGuest(String),
    /// `virsh start`, by somebody else.
    StartBehind(String),
    /// From now on the guest does not hear the power button.
    IgnoreShutdown(String),
    /// A job of libvirt's own has the domain from now on (a dump, a backup): actions do not get to it.
    BeginJob(String),
    /// The job is over.
    EndJob(String),
    /// `virsh migrate --live`, done at once.
    Migrate(Migrate),
    /// A domain is in this condition from now on, and no event told of it.
    Put(Put),
    /// The host says nothing any more; its guests go on.
    Hang(String),
    /// It answers again.
    Answer(String),
    /// New connections are refused; open ones are not touched.
    Refuse(String),
    /// The hypervisor's daemon dies; the guests go on.
    KillDaemon(String),
    /// It runs again.
    StartDaemon(String),
    /// The daemon restarts in no time.
    RestartDaemon(String),
    /// The host and its guests are gone.
    LosePower(String),
    /// The host is back after that, its guests are off.
    Boot(String),
    /// Both, in no time.
    Reboot(String),
    /// The host's shutdown service powers its guests off one by one; then it goes, and comes back.
    PlannedReboot(PlannedReboot),
    /// All connections to the host are closed from its side.
    DropSessions(String),
    /// The next complete answers of the host are empty.
    AnswerEmpty(AnswerEmpty),
    /// The next reads of the host fail.
    FailReads(FailReads),
    /// The next actions of a kind fail on the host.
    FailActions(FailActions),
    /// From now on things take so long on the host.
    Slow(Slow),
}

/// A guest's panic.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PanicOf {
    /// Which.
    pub instance: String,
    /// What the definition says about it.
    #[serde(default)]
    pub on_crash: OnCrash,
}

/// What a domain's definition says about a panic (`<on_crash>`).
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnCrash {
    /// It is ended.
    #[default]
    Destroy,
    /// It is kept for inspection.
    Preserve,
    /// The hypervisor starts it again by itself.
    Restart,
}

/// An edited definition.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetOnCrash {
    /// Whose.
    pub instance: String,
    /// What it says from now on.
    pub on_crash: model::OnCrash,
}

/// A pause with a reason.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PauseAs {
    /// Which.
    pub instance: String,
    /// libvirt's reason.
    pub reason: String,
}

/// A live migration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Migrate {
    /// Which.
    pub instance: String,
    /// To which host.
    pub to: String,
}

/// A condition that no event told of.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Put {
    /// Which.
    pub instance: String,
    /// On which host; its own at the beginning if none is named.
    #[serde(default)]
    pub host: Option<String>,
    /// The condition.
    pub condition: Seen,
}

/// A planned reboot of a host.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedReboot {
    /// Which.
    pub host: String,
    /// The time from one guest's end to the next one's.
    pub each: Span,
    /// How long the host is away then.
    pub away: Span,
}

/// Answers without any domain.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerEmpty {
    /// Which host.
    pub host: String,
    /// How many.
    pub times: u32,
}

/// Reads that fail.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailReads {
    /// Which host.
    pub host: String,
    /// How many.
    pub times: u32,
    /// What they say.
    pub message: String,
}

/// Actions that fail.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailActions {
    /// Which host.
    pub host: String,
    /// Which action.
    pub action: Command,
    /// How many.
    pub times: u32,
    /// What they say.
    pub message: String,
}

/// How long things take. What is left out stays as it is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slow {
    /// Which host.
    pub host: String,
    /// Every call.
    #[serde(default)]
    pub calls_take: Option<Span>,
    /// Starts, besides.
    #[serde(default)]
    pub starts_take: Option<Span>,
    /// Guests that were asked to go down.
    #[serde(default)]
    pub shutdowns_take: Option<Span>,
}

/// What happens to the service itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceDeed {
    /// As by SIGTERM.
    StopService,
    /// As by SIGKILL.
    KillService,
    /// It is started again, on the same database.
    StartService,
    /// The database cannot be written or read.
    DatabaseFails,
    /// It can again.
    DatabaseWorks,
}
