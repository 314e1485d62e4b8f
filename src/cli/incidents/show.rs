//! `assured incidents show`: the whole story, line by line.

use clap::Args;

use crate::cli::common::Context;
use crate::cli::failure::Failure;
use crate::cli::paint::{self, Paint, Tone};
use crate::cli::time::{count, length, offset};
use crate::http::body::{IncidentBody, TimelineEntry, TimelineKind};
use crate::model::IncidentId;

/// Tell an incident's story: what was seen, decided and done, and when
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured incidents show 17")]
pub(super) struct Show {
    /// Its number
    #[arg(value_name = "ID")]
    incident: IncidentId,
}

impl Show {
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<String, Failure> {
        let path = format!("/api/v1/incidents/{}", self.incident);
        let body: IncidentBody = context.client()?.get(&path)?;
        context.show(&body, |body| story(body, context.screen.paint))
    }
}

/// The story, with times from its begin on.
pub(in crate::cli) fn story(body: &IncidentBody, paint: Paint) -> String {
    let severity = paint::severity(body.severity);
    let severity = paint.text(severity.tone, &severity.text);
    let end = match (body.closed_at, body.resolution) {
        (None, _) => "open".to_owned(),
        (Some(end), resolution) => format!(
            "{} after {}",
            resolution.map_or("closed", |resolution| resolution.as_str()),
            length(end.duration_since(body.opened_at))
        ),
    };
    let attempts = count(body.attempts.into(), "attempt");
    let mut lines = vec![
        paint.text(
            Tone::Strong,
            &format!("Incident {} on {}: {}", body.id, body.host, body.summary),
        ),
        format!("{severity}, {end}, {attempts}, since {}", body.opened_at),
    ];
    let timeline = body.timeline.as_deref().unwrap_or_default();
    let times: Vec<_> = timeline.iter().map(|entry| offset(body.opened_at, entry.at)).collect();
    let width = times.iter().map(String::len).max().unwrap_or_default();
    let line = |(entry, time): (&TimelineEntry, &String)| {
        let by = entry.by.as_ref().map_or_else(String::new, |by| format!(" ({by})"));
        let kind = paint.text(tone(entry.kind), &format!("{:<8}", entry.kind.as_str()));
        format!("  {time:>width$}  {kind}  {}{by}", entry.text)
    };
    lines.extend(timeline.iter().zip(&times).map(line));
    lines.join("\n")
}

const fn tone(kind: TimelineKind) -> Tone {
    match kind {
        TimelineKind::Observed => Tone::Busy,
        TimelineKind::Attempt | TimelineKind::Outcome => Tone::Warn,
        TimelineKind::Verdict | TimelineKind::Delivery => Tone::Plain,
        TimelineKind::Note => Tone::Faint,
    }
}
