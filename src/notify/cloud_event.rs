//! The message for webhooks: CloudEvents 1.0 in JSON, in structured mode.
//!
//! `id` with `source` is the same for each repetition of a message. What is said of an incident is what is known when the
//! message is sent.

use serde_json::{Value, json};

use super::Sender;
use crate::model::{Attempt, Incident, Story};

/// What the body is.
pub(super) const CONTENT_TYPE: &str = "application/cloudevents+json; charset=utf-8";

/// The event that tells of these: all of one host and phase, one at least.
pub(super) fn of(stories: &[Story], sender: &Sender) -> Value {
    let Some(Story { delivery: first, .. }) = stories.first() else { return Value::Null };
    let incidents: Vec<Value> = stories.iter().map(incident).collect();
    json!({
        "specversion": "1.0",
        "id": first.id.to_string(),
        "source": source(sender),
        "type": format!("assured.incident.{}", first.phase),
        "subject": first.host,
        "time": first.created_at,
        "datacontenttype": "application/json",
        "data": { "host": first.host, "phase": first.phase, "incidents": incidents },
    })
}

/// An event that tells of nothing.
pub(super) fn test(number: u64, sender: &Sender) -> Value {
    json!({
        "specversion": "1.0",
        "id": format!("test-{number}"),
        "source": source(sender),
        "type": "assured.test",
        "time": sender.now,
        "datacontenttype": "application/json",
        "data": { "text": "This is a test message. Nothing is wrong." },
    })
}

fn source(sender: &Sender) -> String {
    format!("/assured/{}", sender.machine)
}

fn incident(story: &Story) -> Value {
    let Story { delivery, incident, attempts, names } = story;
    let Incident { id, instance, host, opened_at, closed_at, .. } = incident;
    let seen = incident.observed.map(|o| json!({ "state": o.state(), "reason": o.reason() }));
    let concerned: Vec<Value> =
        incident.instances.iter().map(|id| json!({ "id": id, "name": names.get(id) })).collect();
    json!({
        "id": id,
        "instance": instance,
        "name": instance.as_ref().and_then(|id| names.get(id)),
        "host": host,
        "severity": delivery.severity,
        "state": if closed_at.is_some() { "closed" } else { "open" },
        "opened_at": opened_at,
        "closed_at": closed_at,
        "desired": incident.desired,
        "observed": seen,
        "resolution": incident.resolution,
        "attempts": incident.attempts,
        "summary": incident.summary,
        "instances": concerned,
        "actions": attempts.iter().map(action).collect::<Vec<_>>(),
    })
}

fn action(attempt: &Attempt) -> Value {
    let outcome = attempt.outcome.as_ref();
    json!({
        "action": attempt.command,
        "at": attempt.at,
        "outcome": outcome.map(|o| o.kind),
        "detail": outcome.and_then(|o| o.detail.as_deref()),
    })
}
