//! What can happen. Steps name things by their number, so that a script that is cut still works. They
//! are kept as JSON: a story that once went wrong is played again each time (`regressions/`).

use std::time::Duration;

use assured::faults::{Fault, Point};
use assured::hypervisor::sim::OnCrash;
use assured::hypervisor::{Lifecycle, ShutdownBy, StoppedWhy};
use assured::model::{Command, Condition, DesiredState};
use serde::{Deserialize, Serialize};

/// Something that happens, so long after the step before.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Step {
    pub after: Duration,
    pub act: Act,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
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
    /// A fault is put into the service.
    Disturb(Disturbance),
    /// The wall clock is set: so many seconds ahead of what it was. The service takes it at its start.
    Clock(i64),
    /// Work on a host begins, or ends.
    Maintenance(usize, Work),
    /// The configuration is read again, and is the same.
    Reload,
}

/// A fault, and whom it is put into.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Disturbance {
    #[serde(with = "point")]
    pub point: Point,
    pub whom: Whom,
    pub kind: Kind,
    /// How many that pass are let go first, and how often it happens.
    pub after: u32,
    pub times: u32,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub enum Whom {
    /// Whoever comes by first.
    Anybody,
    /// A host, by its number.
    Host(usize),
    /// An instance, by its seat.
    Seat(usize),
    /// Answers of the calls for this command.
    #[serde(with = "text")]
    Command(Command),
}

/// What the fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    Panic,
    Error,
    /// For so many milliseconds.
    Delay(u64),
    Hang,
}

impl Kind {
    pub const fn fault(self) -> Fault {
        match self {
            Self::Panic => Fault::Panic,
            Self::Error => Fault::Error,
            Self::Delay(ms) => Fault::Delay(Duration::from_millis(ms)),
            Self::Hang => Fault::Hang,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Work {
    Begins,
    Ends,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Cause {
    Destroy,
    PowerOff,
    Terminate,
    Kill,
    Panic(Then),
    Suspend,
    #[serde(with = "text")]
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
    Copy(usize, #[serde(with = "text")] Condition),
    /// An event that is not true.
    Untrue(Untrue),
}

/// What the hypervisor does when a guest panics.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub enum Then {
    Destroy,
    Preserve,
    Restart,
}

impl From<Then> for OnCrash {
    fn from(then: Then) -> Self {
        match then {
            Then::Destroy => Self::Destroy,
            Then::Preserve => Self::Preserve,
            Then::Restart => Self::Restart,
        }
    }
}

/// An event that a host tells although nothing has happened.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub enum Untrue {
    Started,
    Crashed,
    ShutdownByHost,
    Defined,
    Undefined,
}

impl From<Untrue> for Lifecycle {
    fn from(untrue: Untrue) -> Self {
        match untrue {
            Untrue::Started => Self::Started,
            Untrue::Crashed => Self::Stopped(StoppedWhy::Crashed),
            Untrue::ShutdownByHost => Self::Shutdown(ShutdownBy::Host),
            Untrue::Defined => Self::Defined,
            Untrue::Undefined => Self::Undefined,
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
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

#[derive(Debug, Clone, Serialize, Deserialize)]
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

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub enum Who {
    Ann,
    Bob,
}

/// What is said of the generation.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub enum Guard {
    None,
    Shown,
    Wrong,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub enum ServiceAct {
    Stop,
    Kill,
    Start,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
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
            Self::Maintenance(host, Work::Begins) => Some(Self::Maintenance(*host, Work::Ends)),
            Self::Cause(..)
            | Self::Host(..)
            | Self::Order(..)
            | Self::Adopt(_)
            | Self::Service(ServiceAct::Start)
            | Self::Database(Database::Back)
            | Self::Disturb(_)
            | Self::Clock(_)
            | Self::Maintenance(_, Work::Ends)
            | Self::Reload => None,
        }
    }
}

/// What has one text form is kept by it.
pub mod text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<T: Display, S: Serializer>(value: &T, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(value)
    }

    pub fn deserialize<'de, T, D>(d: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(d)?.parse().map_err(D::Error::custom)
    }
}

mod point {
    use assured::faults::Point;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(point: &Point, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(point)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Point, D::Error> {
        let name = String::deserialize(d)?;
        let known = Point::ALL.iter().find(|point| point.as_str() == name);
        known.copied().ok_or_else(|| D::Error::custom(format!("no point: {name}")))
    }
}
