//! `assured incidents show`: the whole story, line by line.

use clap::Args;
use jiff::Timestamp;
use serde::Deserialize;

use crate::cli::common::Context;
use crate::cli::failure::Failure;
use crate::cli::paint::{self, Paint, Tone};
use crate::cli::time::{count, offset, second, span};
use crate::http::body::{IncidentBody, TimelineEntry, TimelineKind};
use crate::model::{DesiredState, Generation, IncidentId, Source};

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
        let body: IncidentBody = context
            .client()?
            .get(&path)
            .map_err(|failure| failure.hinting("; look with `assured incidents list`"))?;
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
            span(end.duration_since(body.opened_at))
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
        format!("  {time:>width$}  {kind}  {}{by}", told(entry, body.opened_at))
    };
    lines.extend(timeline.iter().zip(&times).map(line));
    lines.join("\n")
}

/// What a line tells, with what it rests on.
fn told(entry: &TimelineEntry, begin: Timestamp) -> String {
    let text = relative(&entry.text, begin);
    let ground = || Ground::deserialize(&entry.detail).unwrap_or_default();
    match entry.kind {
        TimelineKind::Observed => text + &ground().look(begin),
        TimelineKind::Verdict => text + &ground().case(begin),
        TimelineKind::Attempt
        | TimelineKind::Outcome
        | TimelineKind::Delivery
        | TimelineKind::Note => text,
    }
}

/// What an observation or a verdict rests on, as its detail has it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Ground {
    looked_at: Option<Timestamp>,
    source: Option<Source>,
    observed: Option<String>,
    desired: Option<DesiredState>,
    generation: Option<Generation>,
}

impl Ground {
    /// When and why it was looked.
    fn look(&self, begin: Timestamp) -> String {
        let Some(at) = self.looked_at else { return String::new() };
        let source = self.source.map_or_else(String::new, |source| format!(" by {source}"));
        format!(", looked at {}{source}", offset(begin, at))
    }

    /// The look that it was made from, and what is desired.
    fn case(&self, begin: Timestamp) -> String {
        let (Some(at), Some(observed)) = (self.looked_at, &self.observed) else {
            return String::new();
        };
        let generation = self.generation.map_or_else(String::new, |g| format!(" (generation {g})"));
        let desired = self
            .desired
            .map_or_else(String::new, |desired| format!(" where {desired} is desired{generation}"));
        format!("; from the look at {}: {observed}{desired}", offset(begin, at))
    }
}

/// A text in which each "until" says how far from the begin that is, too.
fn relative(text: &str, begin: Timestamp) -> String {
    let mut after_until = false;
    let word = |word: &str| {
        let time = word.trim_end_matches([':', ';', ',', '.']);
        let until = std::mem::replace(&mut after_until, word == "until");
        match time.parse::<Timestamp>() {
            Ok(at) if until => {
                format!("{} ({}){}", offset(begin, at), second(at), &word[time.len()..])
            }
            Ok(_) | Err(_) => word.to_owned(),
        }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

const fn tone(kind: TimelineKind) -> Tone {
    match kind {
        TimelineKind::Observed => Tone::Busy,
        TimelineKind::Attempt | TimelineKind::Outcome => Tone::Warn,
        TimelineKind::Verdict | TimelineKind::Delivery => Tone::Plain,
        TimelineKind::Note => Tone::Faint,
    }
}
