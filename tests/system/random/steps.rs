//! What can happen. Steps name things by their number, so that a script that is cut still works.

use std::time::Duration;

use assured::hypervisor::Lifecycle;
use assured::hypervisor::sim::OnCrash;
use assured::model::{Command, Condition, DesiredState};

/// Something that happens, so long after the step before.
#[derive(Debug, Clone)]
pub struct Step {
    pub after: Duration,
    pub act: Act,
}

#[derive(Debug, Clone)]
pub enum Act {
    /// To a domain, by its seat.
    Cause(usize, Cause),
    /// To a host.
    Host(usize, HostAct),
    /// By the API, about a domain.
    Order(usize, Order),
    /// All that is unmanaged on a host becomes managed.
    Adopt(usize),
    Service(ServiceAct),
    Database(Database),
}

#[derive(Debug, Clone)]
pub enum Cause {
    Destroy,
    PowerOff,
    Terminate,
    Kill,
    Panic(OnCrash),
    Suspend,
    PauseAs(Condition),
    Resume,
    PmSuspend,
    Save,
    Start,
    Undefine,
    IgnoreShutdown,
    BeginJob,
    EndJob,
    Migrate(usize),
    /// Put by hand on another host, in this condition: only where a plan allows copies.
    Copy(usize, Condition),
    /// An event that is not true.
    Untrue(Lifecycle),
}

#[derive(Debug, Clone)]
pub enum HostAct {
    Hang,
    Refuse,
    KillDaemon,
    LosePower,
    /// Ends whichever of these it is.
    Mend,
    RestartDaemon,
    Reboot,
    DropSessions,
    Latency(u64),
    StartDelay(u64),
    ShutdownDelay(u64),
    FailActions(Command, u32),
    FailReads(u32),
    AnswerEmpty(u32),
}

#[derive(Debug, Clone)]
pub enum Order {
    Desire(DesiredState, Guard),
    /// For so many seconds.
    Hold(Who, u64),
    Release(Who),
    Retry,
    Policy(usize),
    Priority(i32),
    /// Another host is its own from now on.
    Move(usize),
    Forget,
    Add(DesiredState, usize),
}

#[derive(Debug, Clone, Copy)]
pub enum Who {
    Ann,
    Bob,
}

/// What is said of the generation.
#[derive(Debug, Clone, Copy)]
pub enum Guard {
    None,
    Shown,
    Wrong,
}

#[derive(Debug, Clone, Copy)]
pub enum ServiceAct {
    Stop,
    Kill,
    Start,
}

#[derive(Debug, Clone, Copy)]
pub enum Database {
    Out,
    Back,
}

impl Act {
    /// What ends what this begins.
    pub fn mending(&self) -> Option<Self> {
        match self {
            Self::Host(
                host,
                HostAct::Hang | HostAct::Refuse | HostAct::KillDaemon | HostAct::LosePower,
            ) => Some(Self::Host(*host, HostAct::Mend)),
            Self::Service(ServiceAct::Stop | ServiceAct::Kill) => {
                Some(Self::Service(ServiceAct::Start))
            }
            Self::Database(Database::Out) => Some(Self::Database(Database::Back)),
            Self::Cause(seat, Cause::BeginJob) => Some(Self::Cause(*seat, Cause::EndJob)),
            Self::Cause(..)
            | Self::Host(..)
            | Self::Order(..)
            | Self::Adopt(_)
            | Self::Service(ServiceAct::Start)
            | Self::Database(Database::Back) => None,
        }
    }
}
