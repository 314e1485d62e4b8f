//! Who is to be told of what: the deliveries that a turn's incidents make, in the same transaction as they.
//!
//! A receiver is told when an incident reaches the severity from which on it wants to know, when it matters more
//! than what it was told, and when it is over. What comes up about one host within a short time is one message.
//! A later step always stands in a later message: only the last message of a host is added to, and
//! only with the same step. Not in here: what a message says, and how it gets there (`crate::notify`, the notifier's
//! actor).

use std::collections::BTreeMap;
use std::sync::Arc;

use actix::{Context, Handler, ResponseFuture};
use jiff::{SignedDuration, Timestamp};

use super::Arbiter;
use super::book::Book;
use super::turn::Line;
use crate::actors::messages::Reply;
use crate::actors::traffic::{DeliveryTried, NotifierStarted};
use crate::config::Notify;
use crate::model::{
    Delivery, DeliveryId, EventKind, HostId, Incident, IncidentId, Phase, Severity,
};

/// What is known of the deliveries: the rest is in the database only.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// Who wants to know, and from which severity on.
    receivers: Vec<(Arc<str>, Severity)>,
    /// How long a message waits for more.
    group_wait: SignedDuration,
    /// Who is told of the open incidents, and as how severe.
    told: BTreeMap<IncidentId, BTreeMap<Arc<str>, Severity>>,
    /// The last message of each host.
    groups: BTreeMap<HostId, Group>,
    /// The last number given out.
    last: DeliveryId,
}

/// A message that may be added to.
#[derive(Debug)]
struct Group {
    message: DeliveryId,
    phase: Phase,
    until: Timestamp,
}

impl Outbox {
    /// As the database has it.
    pub(super) fn new(
        notify: &Notify,
        told: Vec<(IncidentId, Arc<str>, Severity)>,
        last: DeliveryId,
    ) -> Self {
        let mut new = Self { last, ..Self::default() };
        for (incident, receiver, severity) in told {
            new.told.entry(incident).or_default().insert(receiver, severity);
        }
        new.configure(notify);
        new
    }

    /// Others want to know from now on.
    pub(super) fn configure(&mut self, notify: &Notify) {
        self.receivers = notify.receivers.iter().map(|r| (r.name.clone(), r.severity)).collect();
        self.group_wait = SignedDuration::try_from(notify.group_wait).unwrap_or_default();
    }

    /// Whether somebody is to be told of an incident as it is.
    pub(super) fn owes(&self, incident: &Incident) -> bool {
        let told = self.told.get(&incident.id);
        self.receivers.iter().any(|(name, least)| {
            let before = told.and_then(|told| told.get(name)).copied();
            !steps(before, incident, *least).is_empty()
        })
    }

    /// The deliveries that an incident makes as it is now.
    pub(super) fn post(&mut self, incident: &Incident, now: Timestamp) -> Vec<Delivery> {
        let mut made = Vec::new();
        // By step, so that one message of several receivers has one number.
        let told = self.told.remove(&incident.id).unwrap_or_default();
        let mut after = told.clone();
        for &phase in Phase::ALL {
            for (name, least) in self.receivers.clone() {
                if steps(told.get(&name).copied(), incident, least).contains(&phase) {
                    made.push(self.delivery(incident, name.clone(), phase, now));
                    after.insert(name, incident.severity);
                }
            }
        }
        if incident.closed_at.is_none() && !after.is_empty() {
            self.told.insert(incident.id, after);
        }
        made
    }

    fn delivery(
        &mut self,
        incident: &Incident,
        receiver: Arc<str>,
        phase: Phase,
        now: Timestamp,
    ) -> Delivery {
        self.last = self.last.next();
        let open = self.groups.get(&incident.host).filter(|g| g.phase == phase && now < g.until);
        let (message, until) = match open {
            Some(group) => (group.message, group.until),
            None => (self.last, now.saturating_add(self.group_wait).unwrap_or(now)),
        };
        self.groups.insert(incident.host.clone(), Group { message, phase, until });
        Delivery {
            id: self.last,
            message,
            receiver,
            host: incident.host.clone(),
            incident: incident.id,
            phase,
            severity: incident.severity,
            created_at: now,
            next_at: until,
            attempts: 0,
            delivered_at: None,
            error: None,
        }
    }
}

/// What a receiver is to be told of an incident. `told` is the severity that it knows of.
fn steps(told: Option<Severity>, incident: &Incident, least: Severity) -> Vec<Phase> {
    let concerns = incident.severity >= least;
    match (told, incident.closed_at) {
        (None, None) if concerns => vec![Phase::Begun],
        // It came and went within one turn.
        (None, Some(_)) if concerns => vec![Phase::Begun, Phase::Ended],
        (None, _) => Vec::new(),
        (Some(before), None) if concerns && before < incident.severity => vec![Phase::Raised],
        (Some(_), None) => Vec::new(),
        (Some(_), Some(_)) => vec![Phase::Ended],
    }
}

impl Book {
    /// The deliveries that the turn's incidents make.
    pub(super) fn post<'a>(
        &mut self,
        incidents: impl Iterator<Item = &'a Incident>,
        now: Timestamp,
    ) -> Vec<Delivery> {
        incidents.flat_map(|incident| self.outbox.post(incident, now)).collect()
    }

    /// Whoever is new is told of what is open already.
    pub(super) fn tell_of_open_incidents(&mut self) {
        let of_instances = self.instances.values().filter_map(|entry| entry.incident.as_ref());
        let of_hosts = self.hosts.values().filter_map(|h| Some(&h.trouble.as_ref()?.incident));
        let owed: Vec<Incident> =
            of_instances.chain(of_hosts).filter(|i| self.outbox.owes(i)).cloned().collect();
        for incident in &owed {
            self.turn.write_incident(incident);
        }
    }

    fn tried(&mut self, m: DeliveryTried, now: Timestamp) {
        let step = match m.phase {
            Phase::Begun => "it has begun",
            Phase::Raised => "it matters more than before",
            Phase::Ended => "it is over",
        };
        let text = match &m.tried.failed {
            None => Some(format!("{} was told that {step}", m.receiver)),
            // Once: it is tried again and again.
            Some((why, _)) if m.is_first => Some(format!(
                "{} could not be told that {step}: {why}; it is tried again until it is told",
                m.receiver
            )),
            Some(_) => None,
        };
        if let Some(text) = text {
            let outcome = if m.tried.failed.is_none() { "delivered" } else { "failed" };
            for (incident, instance) in &m.incidents {
                let line = Line::new(EventKind::Delivery, text.clone()).incident(Some(*incident));
                let line = match instance {
                    Some(instance) => line.instance(*instance, &m.host),
                    None => line.host(&m.host),
                };
                self.note(
                    now,
                    line.detail(serde_json::json!({
                        "receiver": m.receiver, "phase": m.phase, "outcome": outcome,
                    })),
                );
            }
        }
        self.turn.tried(m.tried);
    }
}

impl Handler<NotifierStarted> for Arbiter {
    type Result = ();

    fn handle(&mut self, m: NotifierStarted, _: &mut Context<Self>) {
        self.notifier = Some(m.notifier);
    }
}

impl Handler<DeliveryTried> for Arbiter {
    type Result = ResponseFuture<Reply<()>>;

    /// While it drains too: what was delivered is not to be delivered again.
    fn handle(&mut self, m: DeliveryTried, ctx: &mut Context<Self>) -> Self::Result {
        self.asked_at_any_time(ctx, |book, now| {
            book.tried(m, now);
            Ok(())
        })
    }
}

impl Arbiter {
    /// There is something to deliver.
    pub(super) fn wake_notifier(&self) {
        if let Some(notifier) = &self.notifier {
            notifier.do_send(crate::actors::traffic::Posted);
        }
    }
}

#[cfg(test)]
mod tests;
