//! The message for Alertmanager: alerts for `POST /api/v2/alerts`.
//!
//! Labels are an alert's identity, and routes are made by its severity. So an incident that comes to matter more
//! is another alert: the one of before is resolved in the same request. Alertmanager forgets an alert without
//! an end after minutes, so one that fires has an end far away; what is over is told as such.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Sender;
use super::mail::done;
use crate::model::{Incident, Phase, Severity, Story};

/// Where alerts go.
pub(super) const PATH: &str = "/api/v2/alerts";

/// For how long an alert fires if its end is never told: the service was uninstalled, say.
const FIRES: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The same for a test.
const TEST_FIRES: SignedDuration = SignedDuration::from_mins(1);

/// The alerts that tell of these to a receiver that wants to know from severity `least` on.
pub(super) fn of(stories: &[Story], least: Severity, sender: &Sender) -> Value {
    stories.iter().flat_map(|story| alerts(story, least, sender)).collect()
}

/// An alert that tells of nothing, and is over soon.
pub(super) fn test(sender: &Sender) -> Value {
    json!([{
        "labels": { "alertname": "AssuredTest", "severity": "info", "service": "assured", "machine": sender.machine },
        "annotations": { "summary": "This is a test message. Nothing is wrong." },
        "startsAt": sender.now,
        "endsAt": later(sender.now, TEST_FIRES),
    }])
}

fn alerts(story: &Story, least: Severity, sender: &Sender) -> Vec<Value> {
    let Story { delivery, incident, .. } = story;
    let over = incident.closed_at.unwrap_or(delivery.created_at).max(incident.opened_at);
    let ends = |severity: Severity| match delivery.phase {
        Phase::Begun | Phase::Raised if severity == delivery.severity => later(sender.now, FIRES),
        Phase::Begun | Phase::Raised | Phase::Ended => over,
    };
    let told = |severity: &Severity| match delivery.phase {
        Phase::Begun => *severity == delivery.severity,
        Phase::Raised | Phase::Ended => (least..=delivery.severity).contains(severity),
    };
    let alert = |severity: Severity| {
        json!({
            "labels": labels(story, severity, sender),
            "annotations": { "summary": incident.summary, "description": done(story) },
            "startsAt": incident.opened_at,
            "endsAt": ends(severity),
        })
    };
    Severity::ALL.iter().copied().filter(told).map(alert).collect()
}

fn labels(story: &Story, severity: Severity, sender: &Sender) -> Value {
    let Incident { id, instance, host, .. } = &story.incident;
    let mut labels = json!({
        "alertname": if instance.is_some() { "AssuredInstance" } else { "AssuredHost" },
        "service": "assured",
        "machine": sender.machine,
        "severity": severity,
        "host": host,
        "incident": id.to_string(),
    });
    if let Some(instance) = instance {
        // No label for its name: it may be renamed or forgotten, and another label is another alert.
        labels["instance"] = json!(instance);
    }
    labels
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}
