//! What the actors say to each other.
//!
//! Looks go up and verdicts come down. A report that is lost costs time, never correctness: a
//! mismatch is reported again at each look until it is over.

use std::sync::Arc;

use actix::{Addr, Message, Recipient};
use jiff::Timestamp;

use super::arbiter::ArbiterSettings;
use super::host::Host;
use super::instance::Instance;
use super::messages::Reply;
use crate::hypervisor::reader::Doubted;
use crate::hypervisor::{Lifecycle, Listed};
use crate::model::{
    AttemptId, Command, Condition, Correction, Definition, DesiredState, Generation, HostId,
    IncidentId, InstanceId, Look, Outcome, Phase, Source, Tried,
};
use crate::snapshot::Freshness;

// ---- root to arbiter ---------------------------------------------------------------------------

/// Another configuration is in force.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Reconfigure {
    /// What the arbiter is made with from now on.
    pub settings: ArbiterSettings,
    /// Hosts whose actors are started anew, for they are reached in another way.
    pub relinked: Vec<HostId>,
    /// Who wanted it.
    pub by: String,
    /// What has changed, in one sentence.
    pub text: String,
}

/// A configuration was refused.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct ReloadRefused {
    /// Why, in one sentence.
    pub text: String,
    /// Who wanted it.
    pub by: String,
}

// ---- notifier and arbiter ----------------------------------------------------------------------

/// The notifier has begun a new life, and wants to be told of what there is to deliver.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct NotifierStarted {
    /// Where it is.
    pub notifier: Recipient<Posted>,
}

/// There is something to deliver: it is in the database.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Posted;

/// A message was delivered, or was not. Answered once that is kept.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<()>")]
pub struct DeliveryTried {
    /// To whom.
    pub receiver: Arc<str>,
    /// Of which host.
    pub host: HostId,
    /// Which step of these incidents.
    pub phase: Phase,
    /// The incidents, with their instances.
    pub incidents: Vec<(IncidentId, Option<InstanceId>)>,
    /// Whether nobody had tried before.
    pub is_first: bool,
    /// What came of it.
    pub tried: Tried,
}

// ---- host to arbiter ---------------------------------------------------------------------------

/// A host's actor has begun a new life, and wants to be told of its instances.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct HostStarted {
    /// Which.
    pub host: HostId,
    /// Where it is.
    pub addr: Addr<Host>,
}

/// A host was listed in full.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct HostListed {
    /// Which.
    pub host: HostId,
    /// All its domains.
    pub domains: Vec<Listed>,
    /// When it was asked.
    pub at: Timestamp,
    /// When the connection was begun that it was asked over.
    pub connected_at: Timestamp,
}

/// A look at a host found so many instances gone at once that it was not believed (N12). A new
/// connection is being opened.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct HostDoubted {
    /// Which.
    pub host: HostId,
    /// What was not believed.
    pub doubted: Doubted,
}

/// A host cannot be reached: two witnesses say so.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct HostLost {
    /// Which.
    pub host: HostId,
    /// Why, in one sentence.
    pub why: String,
}

/// Actors of instances have begun a new life. Their host's actor says so, before any of them says
/// anything: what an earlier life had in hand is in nobody's hands.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct InstancesStarted {
    /// Their host.
    pub host: HostId,
    /// Who, and where.
    pub started: Vec<Started>,
}

/// An instance's actor has begun a new life.
#[derive(Debug)]
pub struct Started {
    /// The instance.
    pub instance: InstanceId,
    /// The actor.
    pub addr: Addr<Instance>,
    /// The change of the desired state that it was told of: the host's actor may know an older one.
    pub generation: Generation,
}

/// What a host that cannot be reached had active when it was listed last: an arbiter that begins anew
/// does not know it, and it may be there still (N2).
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct HadActive {
    /// The host.
    pub host: HostId,
    /// What, and in what condition.
    pub domains: Vec<(InstanceId, Condition)>,
    /// When the host was asked.
    pub at: Timestamp,
}

/// An instance's actor fails again and again, and is tried only now and then.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct InstanceQuarantined {
    /// Which.
    pub instance: InstanceId,
    /// How it failed last.
    pub why: String,
}

/// An actor of a host's subtree, or the host's own, failed.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct ActorFailed {
    /// Its host.
    pub host: Option<HostId>,
    /// Its instance, if it is an instance's actor.
    pub instance: Option<InstanceId>,
    /// What happened and what is done about it, in one sentence.
    pub text: String,
}

/// An instance's definition is not what its host's actor last told of.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Defined {
    /// Which instance.
    pub instance: InstanceId,
    /// On which host.
    pub host: HostId,
    /// What it is now.
    pub definition: Definition,
    /// When the host was asked.
    pub at: Timestamp,
}

/// A correction of an instance's definition has ended.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Corrected {
    /// Which instance.
    pub instance: InstanceId,
    /// On which host.
    pub host: HostId,
    /// What was to be corrected.
    pub correction: Correction,
    /// Nothing, or why not.
    pub result: Result<(), String>,
}

// ---- instance to arbiter -----------------------------------------------------------------------

/// A look that differs from the last, or that is a mismatch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// What was seen.
    pub condition: Condition,
    /// When the host was asked.
    pub at: Timestamp,
    /// What made the service look.
    pub source: Source,
    /// The time of the look before that told something.
    pub before: Option<Timestamp>,
}

/// An instance's actor tells what it saw.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Report {
    /// Which instance.
    pub instance: InstanceId,
    /// On which host it was looked for.
    pub host: HostId,
    /// What was seen.
    pub seen: Seen,
}

/// An action has ended.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Ended {
    /// Which instance.
    pub instance: InstanceId,
    /// Which attempt.
    pub attempt: AttemptId,
    /// How.
    pub outcome: Outcome,
}

// ---- arbiter to host ---------------------------------------------------------------------------

/// What an instance's actor is started with.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// Which domain.
    pub instance: InstanceId,
    /// Its name, for people.
    pub name: String,
    /// What it is supposed to be.
    pub aim: Aim,
    /// Where the time of each look is noted.
    pub freshness: Arc<Freshness>,
}

/// What an instance is supposed to be, as far as its actor needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aim {
    /// What.
    pub state: DesiredState,
    /// Which change of it this is.
    pub generation: Generation,
    /// When it was said: a look from before says nothing about it.
    pub since: Timestamp,
}

/// These instances are yours.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub enum Assign {
    /// These, and no others.
    All(Vec<Assignment>),
    /// These besides.
    More(Vec<Assignment>),
}

/// This instance is not yours any more. Its domain is left as it is.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Unassign(pub InstanceId);

/// Change this instance's definition so that the hypervisor does not act by itself.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Correct {
    /// Which.
    pub instance: InstanceId,
    /// What is to be corrected.
    pub corrections: Vec<Correction>,
}

/// So many instances were gone in a listing that it was not believed (N12): list the host over a
/// connection that was begun after this time.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct ListAnew(pub Timestamp);

/// List all your domains soon, and tell what there is.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Relist;

/// List all your domains now.
#[derive(Debug, Message)]
#[rtype(result = "Result<HostListed, String>")]
pub struct ListNow;

/// The arbiter begins anew: say that you are there, and how the host is.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Hello;

/// Begin nothing any more, and answer when nothing is under way.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Drain;

// ---- arbiter to instance -----------------------------------------------------------------------

/// What the instance is supposed to be has changed.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct NewAim(pub Aim);

/// An action that has not gone out is not to go out, for this reason.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Withhold(pub &'static str);

/// Look at this time, or now if it has passed, and report what you see.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct LookAt(pub Timestamp);

/// Look afresh; if the mismatch still stands, carry this out. Its intent is in the database.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Carry {
    /// The attempt.
    pub attempt: AttemptId,
    /// What to send.
    pub command: Command,
    /// The generation that it serves.
    pub generation: Generation,
    /// The condition that it was judged by.
    pub judged: Condition,
    /// What a redefine defines, read when it is sent.
    pub xml: Option<Arc<str>>,
}

// ---- host to instance --------------------------------------------------------------------------

/// A look has come back.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Looked(pub Look);

/// The host reported an event: a reason to look.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Heard(pub Lifecycle);
