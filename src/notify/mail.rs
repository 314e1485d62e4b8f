//! The message for people: a line and a text.

use std::fmt::Write;

use super::Sender;
use crate::model::{Attempt, Incident, Phase, Severity, Story};

/// How many instances of a host's incident are named.
const NAMED: usize = 50;

/// What it is about, in a line.
pub(super) fn subject(stories: &[Story]) -> String {
    let Some(Story { delivery, incident, .. }) = stories.first() else { return String::new() };
    let what = match stories {
        [_] => incident.summary.clone(),
        many => format!("{} incidents", many.len()),
    };
    let state = match delivery.phase {
        Phase::Begun => "",
        Phase::Raised => "raised: ",
        Phase::Ended => "over: ",
    };
    let severity = stories.iter().map(|s| s.delivery.severity).max().unwrap_or(Severity::Info);
    // A summary that has more than one line would end the header.
    let line = format!("[assured] {severity}, {}: {state}{what}", delivery.host);
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The whole text.
pub(super) fn text(stories: &[Story], sender: &Sender) -> String {
    let mut text = String::new();
    for story in stories {
        let Story { delivery, incident, .. } = story;
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{}\n", incident.summary);
        let state = match delivery.phase {
            Phase::Begun => "it has begun",
            Phase::Raised => "it matters more than before",
            Phase::Ended => "it is over",
        };
        let mut line = |what: &str, value: &str| {
            let _ = writeln!(text, "  {what:<10} {value}");
        };
        line("incident", &format!("{}, {}: {state}", incident.id, delivery.severity));
        line("host", incident.host.as_str());
        if let Some(id) = incident.instance {
            let name = story.names.get(&id).map_or("", String::as_str);
            line("instance", format!("{name} {id}").trim());
        }
        line("since", &incident.opened_at.to_string());
        if let Some(closed) = incident.closed_at {
            line("until", &closed.to_string());
        }
        line("done", &done(story));
        if !incident.instances.is_empty() {
            line("instances", &instances(story));
        }
        text.push('\n');
    }
    let _ = writeln!(text, "-- \nassured on {}", sender.machine);
    text
}

/// What was done about it, and whether it worked, in a sentence.
pub(super) fn done(story: &Story) -> String {
    let Incident { resolution, .. } = &story.incident;
    let tried = match story.attempts.as_slice() {
        [] => "nothing was tried".to_owned(),
        [one] => tried(one),
        [.., last] => format!("{} attempts, the last one: {}", story.attempts.len(), tried(last)),
    };
    match resolution {
        Some(resolution) => format!("{tried}; {resolution}"),
        None => tried,
    }
}

fn tried(attempt: &Attempt) -> String {
    let Some(outcome) = &attempt.outcome else {
        return format!("{} is under way", attempt.command);
    };
    match &outcome.detail {
        Some(detail) => format!("{}: {} ({detail})", attempt.command, outcome.kind),
        None => format!("{}: {}", attempt.command, outcome.kind),
    }
}

fn instances(story: &Story) -> String {
    let all = &story.incident.instances;
    let name = |id| story.names.get(id).cloned().unwrap_or_else(|| id.to_string());
    let named: Vec<String> = all.iter().take(NAMED).map(name).collect();
    match all.len().checked_sub(NAMED) {
        Some(more) if more > 0 => format!("{} and {more} more", named.join(", ")),
        Some(_) | None => named.join(", "),
    }
}
