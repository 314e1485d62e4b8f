//! `assured instances show`.

use clap::Args;
use jiff::Timestamp;

use super::{find, held_by, path, seen};
use crate::cli::common::Context;
use crate::cli::failure::Failure;
use crate::cli::paint::{self, Paint};
use crate::cli::time::{ago, ago_or_never, second};
use crate::http::body::{DefinitionBody, InstanceBody};

/// Show an instance
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  assured instances show web-1")]
pub(super) struct Show {
    /// Its name or its UUID
    #[arg(value_name = "NAME|ID")]
    instance: String,
}

impl Show {
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<String, Failure> {
        let client = context.client()?;
        let body: InstanceBody = client.get(&path(find(&client, &self.instance)?))?;
        context.show(&body, |body| card(body, context.now(), context.screen.paint))
    }
}

/// An instance, a line for each thing that is known of it.
pub(super) fn card(body: &InstanceBody, now: Timestamp, paint: Paint) -> String {
    let mut lines = Vec::new();
    let mut line = |name: &str, value: String| lines.push(format!("{name:<9} {value}"));
    let desired = &body.desired;
    line("name", body.name.clone());
    line("id", body.id.to_string());
    line("host", body.host.to_string());
    let status = paint::status(body.status);
    line("status", paint.text(status.tone, &status.text));
    line(
        "desired",
        format!(
            "{}, generation {}, by {}, {}",
            desired.state,
            desired.generation,
            desired.by,
            ago(now, desired.since)
        ),
    );
    let source = body.observed.source.map_or_else(String::new, |source| format!(" by {source}"));
    let stale = if body.observed.stale { ", may be out of date" } else { "" };
    line(
        "observed",
        format!(
            "{}, looked at {}{source}{stale}",
            seen(&body.observed).text,
            ago_or_never(now, body.observed.at)
        ),
    );
    line("policy", format!("{}, priority {}", body.policy, body.priority));
    let fresh = body.attempts.window_ends;
    let fresh = fresh.map_or_else(String::new, |at| format!(", fresh at {}", second(at)));
    line("attempts", format!("{} of {} used{fresh}", body.attempts.used, body.attempts.budget));
    if let Some(definition) = &body.definition {
        line("defined", defined(now, definition));
    }
    if let Some(next) = &body.next {
        let at = next.at.map_or_else(String::new, |at| format!(" at {}", second(at)));
        line("next", format!("{}{at}: {}", next.action, next.why));
    }
    for hold in &body.holds {
        line("held", held_by(hold));
    }
    if let Some(incident) = body.incident {
        line(
            "incident",
            format!("{incident}: `assured incidents show {incident}` tells its story"),
        );
    }
    lines.join("\n")
}

/// What is known of the definition that is kept.
fn defined(now: Timestamp, definition: &DefinitionBody) -> String {
    let kept = if definition.persistent { "persistent" } else { "transient" };
    let mut text = format!("{kept}, kept as of {}", ago(now, definition.taken_at));
    if definition.autostart {
        text += "; autostart is on";
    }
    if definition.on_crash.acts() {
        text += &format!("; on_crash is {}", definition.on_crash);
    }
    text
}
