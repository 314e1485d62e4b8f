//! What is shown: pictures of instances and hosts, made from the book.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::book::{Book, Entry, Gate};
use super::turn::Touched;
use crate::model::{HostId, HostState, InstanceId, Severity, Status};
use crate::policy::{Attempts, Decision, Retry, Verdict, WaitWhy};
use crate::snapshot::{
    Board, Fleet, HostView, InstanceView, Next, OPENED_KEPT, Unmanaged, Used, Written,
};
use crate::telemetry::Metrics;

/// Keeps the published picture up to date with the book.
#[derive(Debug)]
pub(super) struct Show {
    board: Board,
    metrics: Metrics,
    fleet: Fleet,
}

/// What a turn has changed, to be shown once it is committed. What is none has gone.
#[derive(Debug)]
pub(super) struct Drawn {
    hosts: Vec<(Option<HostView>, HostId)>,
    instances: Vec<(InstanceId, Option<Arc<InstanceView>>)>,
    /// How long the mismatches lasted that are over, in seconds.
    repaired: Vec<f64>,
    open_incidents: [usize; Severity::ALL.len()],
    /// When the new incidents were opened.
    opened_at: Vec<Timestamp>,
    actions_in_flight: usize,
    actions_waiting: usize,
}

impl Show {
    pub(super) fn new(board: Board, metrics: Metrics) -> Self {
        let fleet = Fleet::clone(&board.fleet());
        Self { board, metrics, fleet }
    }

    /// The database cannot be used, and why.
    pub(super) fn database_lost(&mut self, why: &str) {
        self.metrics.store_up.set(0);
        if self.fleet.database_trouble.as_deref() != Some(why) {
            self.fleet.database_healthy = false;
            self.fleet.database_trouble = Some(why.to_owned());
            self.board.publish(self.fleet.clone());
        }
    }

    /// Everything is shown anew, after the database was read.
    pub(super) fn begin(&mut self, book: &Book) {
        self.fleet = Fleet {
            database_read: true,
            database_healthy: true,
            ..Fleet::new(self.fleet.started_at)
        };
        self.metrics.store_up.set(1);
        self.metrics.instances.reset();
        let touched = Touched {
            instances: book.instances.keys().copied().collect(),
            hosts: book.hosts.keys().cloned().collect(),
            repaired: Vec::new(),
        };
        self.publish(self.draw(book, touched));
    }

    /// Draws what a turn has changed, as it is at the turn's end: not before that is committed is it
    /// shown, and by then the book may be further on.
    pub(super) fn draw(&self, book: &Book, touched: Touched) -> Drawn {
        let instance =
            |id| (id, book.instances.get(&id).map(|entry| Arc::new(view_of(book, entry))));
        Drawn {
            hosts: touched.hosts.into_iter().map(|id| (host_view(book, &id), id)).collect(),
            instances: touched.instances.into_iter().map(instance).collect(),
            repaired: touched.repaired,
            open_incidents: book.open_incidents,
            opened_at: book.opened_at.iter().skip(self.fleet.opened_at.len()).copied().collect(),
            actions_in_flight: book.admission.running(),
            actions_waiting: book.admission.waiting(),
        }
    }

    /// Shows what was drawn.
    pub(super) fn publish(&mut self, drawn: Drawn) {
        for (view, id) in drawn.hosts {
            self.replace_host(id, view);
        }
        for (id, new) in drawn.instances {
            self.replace(id, new);
        }
        for seconds in drawn.repaired {
            self.metrics.repair.observe(seconds);
        }
        self.fleet.open_incidents = drawn.open_incidents;
        self.fleet.opened_at.extend(drawn.opened_at);
        for (&severity, &open) in Severity::ALL.iter().zip(&drawn.open_incidents) {
            let open = i64::try_from(open).unwrap_or(i64::MAX);
            self.metrics.incidents_open.with_label_values(&[severity.as_str()]).set(open);
        }
        self.fleet.actions_in_flight = drawn.actions_in_flight;
        self.fleet.actions_waiting = drawn.actions_waiting;
        self.board.publish(self.fleet.clone());
    }

    /// Forgets opened incidents that are older than anyone asks for.
    pub(super) fn prune(&mut self, book: &mut Book, now: Timestamp) {
        let kept = SignedDuration::try_from(OPENED_KEPT).unwrap_or(SignedDuration::MAX);
        let oldest = now.saturating_sub(kept).unwrap_or(Timestamp::MIN);
        while book.opened_at.front().is_some_and(|&at| at < oldest) {
            book.opened_at.pop_front();
            self.fleet.opened_at.pop_front();
        }
    }

    fn replace_host(&mut self, id: HostId, new: Option<HostView>) {
        let shown = self.fleet.hosts.get(&id);
        let Some(mut view) = new else {
            if self.fleet.hosts.remove(&id).is_some() {
                // Removing what was never counted is an error, and does not matter.
                let _ = self.metrics.host_up.remove_label_values(&[id.as_str()]);
            }
            return;
        };
        let is_up = i64::from(view.state == HostState::Up);
        self.metrics.host_up.with_label_values(&[id.as_str()]).set(is_up);
        match shown {
            Some(shown) => view.by_status = shown.by_status,
            // None of a status is an answer too.
            None => {
                for status in Status::ALL {
                    let labels = [id.as_str(), status.as_str()];
                    let _ = self.metrics.instances.with_label_values(&labels);
                }
            }
        }
        self.fleet.hosts.insert(id, Arc::new(view));
    }

    fn replace(&mut self, id: InstanceId, new: Option<Arc<InstanceView>>) {
        let old = self.fleet.instances.get(&id).cloned();
        if let Some(old) = &old {
            self.count(&old.host, old.status, Change::Less);
            if new.as_ref().is_none_or(|new| new.name != old.name) {
                self.fleet.by_name.remove(&(old.name.clone(), id));
            }
        }
        match new {
            Some(new) => {
                self.count(&new.host, new.status, Change::More);
                self.fleet.by_name.insert((new.name.clone(), id), Arc::clone(&new));
                self.fleet.instances.insert(id, new);
            }
            None => {
                self.fleet.instances.remove(&id);
            }
        }
    }

    fn count(&mut self, host: &HostId, status: Status, change: Change) {
        let place = status as usize;
        change.apply(&mut self.fleet.by_status[place]);
        let gauge = self.metrics.instances.with_label_values(&[host.as_str(), status.as_str()]);
        match change {
            Change::More => gauge.inc(),
            Change::Less => gauge.dec(),
        }
        if let Some(view) = self.fleet.hosts.get_mut(host) {
            change.apply(&mut Arc::make_mut(view).by_status[place]);
        }
    }
}

#[derive(Clone, Copy)]
enum Change {
    More,
    Less,
}

impl Change {
    fn apply(self, count: &mut usize) {
        *count = match self {
            Self::More => *count + 1,
            Self::Less => count.saturating_sub(1),
        };
    }
}

/// How many of its instances have each status is counted when it is shown.
fn host_view(book: &Book, id: &HostId) -> Option<HostView> {
    let host = book.hosts.get(id)?;
    let mut unmanaged: Vec<_> = book
        .unmanaged_of(host)
        .map(|d| Unmanaged { id: d.id, name: d.name.clone(), condition: d.condition })
        .collect();
    unmanaged.sort_by(|a, b| a.name.cmp(&b.name));
    Some(HostView {
        id: id.clone(),
        uri: host.record.uri.clone(),
        state: host.state,
        since: host.since,
        last_seen: host.plan.last_seen.clone(),
        error: host.error.clone(),
        labels: host.plan.config.labels.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
        maintenance: host.record.maintenance.clone(),
        unmanaged: unmanaged.into(),
        pending: host.pending.iter().map(|p| p.domain.to_string()).collect(),
        by_status: [0; Status::COUNT],
    })
}

pub(super) fn view_of(book: &Book, entry: &Entry) -> InstanceView {
    let record = &entry.record;
    let host = book.hosts.get(&record.host).map(|h| h.state);
    InstanceView {
        id: record.id,
        name: record.name.clone(),
        host: record.host.clone(),
        policy: record.policy.clone(),
        priority: record.priority,
        desired: record.desired.clone(),
        observed: entry.condition(),
        freshness: entry.freshness.clone(),
        reachable: host == Some(HostState::Up),
        status: status_of(book, entry, host),
        next: next_of(book, entry),
        attempts: used_of(entry),
        holds: record.holds.clone(),
        incident: entry.incident.as_ref().map(|i| i.id),
        definition: entry.definition.clone(),
        written: Written::default(),
    }
}

fn status_of(book: &Book, entry: &Entry, host: Option<HostState>) -> Status {
    if entry.quarantined {
        return Status::Quarantined;
    }
    let doubted = book.is_doubted(&entry.record.host);
    if host != Some(HostState::Up) || doubted || entry.seen_at.is_none() {
        return Status::Unknown;
    }
    match &entry.decision {
        None => Status::Unknown,
        // Before the gate opens, what is in sync is known already.
        Some(d) if book.gate == Gate::Starting && d.verdict != Verdict::InSync => Status::Unknown,
        Some(d) if is_left_alone(book, entry, d) => Status::Held,
        Some(d) => d.verdict.status(),
    }
}

/// Whether its host is in maintenance. What is active twice is told all the same, and an action that
/// was under way goes on to its end.
fn is_left_alone(book: &Book, entry: &Entry, decision: &Decision) -> bool {
    book.is_in_maintenance(&entry.record.host)
        && decision.verdict != Verdict::Alert
        && entry.attempts.iter().all(|attempt| attempt.outcome.is_some())
}

fn next_of(book: &Book, entry: &Entry) -> Option<Next> {
    if let Some(attempt) = entry.attempts.iter().rev().find(|a| a.outcome.is_none()) {
        return Some(Next {
            action: attempt.command.to_string(),
            at: Some(attempt.at),
            why: "under way".to_owned(),
        });
    }
    let decision = entry.decision.as_ref()?;
    match &decision.verdict {
        Verdict::Act(command) if book.admission.is_waiting(entry.record.id) => {
            Some(Next { action: command.to_string(), at: None, why: WaitWhy::Queue.to_string() })
        }
        Verdict::Wait { until, why } => Some(Next {
            action: decision.rule.map_or_else(|| "look".to_owned(), |m| m.rule.action.to_string()),
            at: *until,
            why: why.to_string(),
        }),
        Verdict::InSync if is_left_alone(book, entry, decision) => Some(Next {
            action: "look".to_owned(),
            at: None,
            why: WaitWhy::Maintenance.to_string(),
        }),
        Verdict::Act(_)
        | Verdict::InSync
        | Verdict::Accept(_)
        | Verdict::Alert
        | Verdict::Ignore
        | Verdict::GiveUp => None,
    }
}

fn used_of(entry: &Entry) -> Used {
    let rule = entry.decision.as_ref().and_then(|d| d.rule);
    let retry = rule.map_or_else(Retry::default, |m| m.rule.retry);
    let used = Attempts::new(&entry.attempts, None).used();
    let window = SignedDuration::try_from(retry.window).unwrap_or(SignedDuration::MAX);
    let since = entry.record.in_sync_since.filter(|_| used > 0);
    Used {
        used,
        budget: retry.attempts,
        window_ends: since.and_then(|since| since.saturating_add(window).ok()),
    }
}
