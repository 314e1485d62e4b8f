//! An instance.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::openapi::StateReason;
use crate::http::problem::json_text;
use crate::model::{
    Condition, DesiredState, Generation, Hold, HostId, IncidentId, InstanceId, Kept, OnCrash,
    Source, State, Status,
};
use crate::snapshot::{InstanceView, Look, Text};

/// `GET /api/v1/instances/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InstanceBody {
    /// Its domain's UUID.
    pub id: InstanceId,
    /// Its domain's name.
    pub name: String,
    /// Its host.
    pub host: HostId,
    /// Its policy's name.
    pub policy: String,
    /// Higher comes back first.
    pub priority: i32,
    /// What it is supposed to be.
    pub desired: DesiredBody,
    /// What was seen last.
    pub observed: ObservedBody,
    /// How it is, in one word.
    pub status: Status,
    /// What comes next, if anything does by itself.
    #[schema(required)]
    pub next: Option<NextBody>,
    /// Its budget.
    pub attempts: AttemptsBody,
    /// Somebody works on it: of those who hold it, the one whose hold ends last.
    #[schema(required)]
    pub hold: Option<HoldBody>,
    /// All who hold it, the one whose hold ends first in front.
    pub holds: Vec<HolderBody>,
    /// The incident that it is in.
    #[schema(required)]
    pub incident: Option<IncidentId>,
    /// Its definition, as the database keeps it for `redefine`; null before it was read.
    #[schema(required)]
    pub definition: Option<DefinitionBody>,
}

/// What an instance is supposed to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DesiredBody {
    /// What is wanted.
    pub state: DesiredState,
    /// Grows by one at each change; the `ETag`.
    pub generation: Generation,
    /// When it was said.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// Who said it: `api:TOKEN NAME`, `api:local`, `config`, `adopt` or `accept:REASON`.
    pub by: String,
}

/// What was seen last. All null before the first look that told something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ObservedBody {
    /// The state: libvirt's, or `missing`.
    #[schema(required)]
    pub state: Option<State>,
    /// The state's reason; null for `missing`.
    #[schema(required, value_type = Option<StateReason>)]
    pub reason: Option<String>,
    /// When the domain was looked at last, looks that changed nothing included.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
    /// What made the service look.
    #[schema(required)]
    pub source: Option<Source>,
    /// Whether this may be out of date: the host cannot be asked, or the last look told nothing.
    pub stale: bool,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NextBody {
    /// What will be done; `look` where that depends on what is seen then.
    pub action: String,
    /// When; null where that is no matter of time.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
    /// Why not now.
    pub why: String,
}

/// How much of the budget is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttemptsBody {
    /// Attempts that count.
    pub used: u32,
    /// How many may be made.
    pub budget: u32,
    /// When the budget is fresh again, if nothing happens until then.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub window_ends: Option<Timestamp>,
}

/// Until when nothing is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HoldBody {
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Until when at the latest.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
}

/// One who works on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HolderBody {
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// Until when at the latest.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
}

impl InstanceBody {
    /// What is shown of an instance at this time. The picture may be a moment old: a hold whose
    /// time is over is over, whether it was taken off the picture yet or not.
    #[must_use]
    pub fn new(view: &InstanceView, now: Timestamp) -> Self {
        Self::of(view, view.look(), now)
    }

    fn of(view: &InstanceView, look: Look, now: Timestamp) -> Self {
        let holds = || view.holds.iter().filter(|hold| hold.until > now);
        Self {
            id: view.id,
            name: view.name.clone(),
            host: view.host.clone(),
            policy: view.policy.clone(),
            priority: view.priority,
            desired: DesiredBody {
                state: view.desired.state,
                generation: view.desired.generation,
                since: view.desired.since,
                by: view.desired.by.to_string(),
            },
            observed: ObservedBody {
                state: view.observed.map(Condition::state),
                reason: view.observed.and_then(Condition::reason).map(str::to_owned),
                at: look.at,
                source: look.at.map(|_| look.source),
                stale: look.stale,
            },
            status: view.status,
            next: view.next.as_ref().map(|next| NextBody {
                action: next.action.clone(),
                at: next.at,
                why: next.why.clone(),
            }),
            attempts: AttemptsBody {
                used: view.attempts.used,
                budget: view.attempts.budget,
                window_ends: view.attempts.window_ends,
            },
            hold: holds().next_back().map(|hold| HoldBody {
                by: hold.by.clone(),
                reason: hold.reason.clone(),
                until: hold.until,
            }),
            holds: holds().map(HolderBody::from).collect(),
            incident: view.incident,
            definition: view.definition.as_ref().map(DefinitionBody::from),
        }
    }
}

/// What is shown of an instance at this time, as JSON. Few of a page's instances have changed since
/// they were shown last: those are not written anew.
pub fn instance_text(view: &InstanceView, now: Timestamp) -> Text<'_> {
    if view.holds.is_empty() {
        view.text(|look| json_text(&InstanceBody::of(view, look, now)))
    } else {
        // What is shown of holds is a matter of the time.
        json_text(&InstanceBody::new(view, now)).into()
    }
}

/// What is known of a definition that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DefinitionBody {
    /// When it was taken from the host: the last change of it that was found.
    #[schema(value_type = String, format = DateTime)]
    pub taken_at: Timestamp,
    /// Whether the host remembers the domain while it is off.
    pub persistent: bool,
    /// Whether the host starts it by itself when it boots.
    pub autostart: bool,
    /// What the hypervisor does by itself when the guest crashes.
    pub on_crash: OnCrash,
    /// Whether the hypervisor would start something by itself, by either of the two.
    pub acts_by_itself: bool,
}

impl From<&Kept> for DefinitionBody {
    fn from(kept: &Kept) -> Self {
        Self {
            taken_at: kept.taken_at,
            persistent: kept.persistent,
            autostart: kept.autostart,
            on_crash: kept.on_crash,
            acts_by_itself: kept.acts_by_itself(),
        }
    }
}

impl From<&Hold> for HolderBody {
    fn from(hold: &Hold) -> Self {
        Self {
            by: hold.by.clone(),
            reason: hold.reason.clone(),
            since: hold.since,
            until: hold.until,
        }
    }
}
