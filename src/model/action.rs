//! What can be done about a mismatch, and what became of it.

use jiff::{SignedDuration, Timestamp};

use super::text::words;
use super::{AttemptId, Generation, HostId, IncidentId, InstanceId};

words! {
    /// What a policy's rule can say.
    pub enum Action: "action" {
        /// The record follows reality: desired becomes what is observed.
        Accept = "accept",
        /// Report only.
        Alert = "alert",
        /// Do nothing and say nothing.
        Ignore = "ignore",
        /// Start the domain; a managed save is restored.
        Start = "start",
        /// Start the domain with its processors stopped.
        StartPaused = "start_paused",
        /// Let a paused domain run.
        Resume = "resume",
        /// Pause a running domain.
        Pause = "pause",
        /// Wake a domain from guest power management's sleep.
        Wakeup = "wakeup",
        /// Ask the guest to shut down (ACPI power button); `destroy` after `force_after`.
        Shutdown = "shutdown",
        /// End the domain at once, as pulling the plug does.
        Destroy = "destroy",
        /// Destroy, then start.
        Restart = "restart",
        /// Define the domain again from the definition that is kept; what it is supposed to be then
        /// the other rules bring about.
        Redefine = "redefine",
    }
}

words! {
    /// An action that is carried out on a hypervisor.
    pub enum Command: "command" {
        /// `virDomainCreate`.
        Start = "start",
        /// `virDomainCreateWithFlags(START_PAUSED)`.
        StartPaused = "start_paused",
        /// `virDomainResume`.
        Resume = "resume",
        /// `virDomainSuspend`.
        Pause = "pause",
        /// `virDomainPMWakeup`.
        Wakeup = "wakeup",
        /// `virDomainShutdown`.
        Shutdown = "shutdown",
        /// `virDomainDestroy`.
        Destroy = "destroy",
        /// `virDomainDestroy`, then `virDomainCreate`.
        Restart = "restart",
        /// `virDomainDefineXML`, where the host has no such domain.
        Redefine = "redefine",
    }
}

impl Action {
    /// The command that carries the action out; none for those that only change or report records.
    #[must_use]
    pub const fn command(self) -> Option<Command> {
        match self {
            Self::Accept | Self::Alert | Self::Ignore => None,
            Self::Start => Some(Command::Start),
            Self::StartPaused => Some(Command::StartPaused),
            Self::Resume => Some(Command::Resume),
            Self::Pause => Some(Command::Pause),
            Self::Wakeup => Some(Command::Wakeup),
            Self::Shutdown => Some(Command::Shutdown),
            Self::Destroy => Some(Command::Destroy),
            Self::Restart => Some(Command::Restart),
            Self::Redefine => Some(Command::Redefine),
        }
    }
}

impl Command {
    /// Whether the command brings a domain up.
    #[must_use]
    pub const fn starts(self) -> bool {
        match self {
            Self::Start | Self::StartPaused | Self::Restart => true,
            Self::Resume
            | Self::Pause
            | Self::Wakeup
            | Self::Shutdown
            | Self::Destroy
            | Self::Redefine => false,
        }
    }

    /// Whether the command may make a domain run twice that runs elsewhere, or is the first step to
    /// that. What is paused or asleep here may have gone on there.
    #[must_use]
    pub const fn may_double(self) -> bool {
        match self {
            Self::Start
            | Self::StartPaused
            | Self::Restart
            | Self::Redefine
            | Self::Resume
            | Self::Wakeup => true,
            Self::Pause | Self::Shutdown | Self::Destroy => false,
        }
    }
}

words! {
    /// How an attempt ended.
    pub enum OutcomeKind: "outcome" {
        /// The hypervisor did it. Whether it worked, the next look says.
        Done = "done",
        /// The domain was there already.
        AlreadyThere = "already_there",
        /// The hypervisor refused or failed.
        Failed = "failed",
        /// No answer within the deadline; it may have been done all the same.
        TimedOut = "timed_out",
        /// The fresh look before the action no longer showed the mismatch, or could not be had:
        /// nothing was sent, nothing is charged.
        Withdrawn = "withdrawn",
        /// The service ended between intent and outcome; it may have been done all the same.
        Interrupted = "interrupted",
    }
}

impl OutcomeKind {
    /// Whether the attempt counts against the budget. An interrupted one does: it may have been
    /// sent.
    #[must_use]
    pub const fn is_charged(self) -> bool {
        match self {
            Self::Done | Self::AlreadyThere | Self::Failed | Self::TimedOut | Self::Interrupted => {
                true
            }
            Self::Withdrawn => false,
        }
    }
}

/// The end of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub kind: OutcomeKind,
    /// When.
    pub at: Timestamp,
    /// The hypervisor's words where it failed, or why it was withdrawn.
    pub detail: Option<String>,
}

/// One action on a hypervisor: written as an intent before it is sent, with its outcome after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its number.
    pub id: AttemptId,
    /// The instance that it is for.
    pub instance: InstanceId,
    /// The host that it is sent to.
    pub host: HostId,
    /// The incident that it belongs to; none for an order that is carried out.
    pub incident: Option<IncidentId>,
    /// The generation of the desired state that it serves.
    pub generation: Generation,
    /// What is sent.
    pub command: Command,
    /// When the intent was written.
    pub at: Timestamp,
    /// How it ended; none while it is under way.
    pub outcome: Option<Outcome>,
}

impl Attempt {
    /// For so long a guest that shuts down may do so because it was asked to: guests take their time.
    pub const SHUTDOWN_ANSWERED_WITHIN: SignedDuration = SignedDuration::from_mins(15);

    /// Whether it may have reached the guest: nobody says that it has not.
    #[must_use]
    pub fn may_have_reached(&self) -> bool {
        self.outcome.as_ref().is_none_or(|outcome| match outcome.kind {
            OutcomeKind::Done
            | OutcomeKind::AlreadyThere
            | OutcomeKind::TimedOut
            | OutcomeKind::Interrupted => true,
            OutcomeKind::Failed | OutcomeKind::Withdrawn => false,
        })
    }
}
