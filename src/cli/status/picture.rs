//! The picture that `assured status` draws.

use jiff::{SignedDuration, Timestamp};

use super::Overview;
use crate::cli::paint::Tone;
use crate::cli::screen::Screen;
use crate::cli::time::{ago, count, length};
use crate::cli::{hosts, incidents, instances};
use crate::http::body::StatusBody;

/// The service's lines, and below them what is not as it should be.
pub(in crate::cli) fn picture(overview: &Overview, now: Timestamp, screen: Screen) -> String {
    let status = &overview.status;
    let mut parts = vec![service(status, now, screen)];
    if !overview.hosts.is_empty() {
        parts.push(hosts::table(&overview.hosts, now, screen));
    }
    let (rows, total) = (&overview.not_in_sync, status.instances);
    if rows.items.is_empty() && total.total > 0 {
        let all = match total.total {
            1 => "✓ the one instance is in sync".to_owned(),
            total => format!("✓ all {total} instances are in sync"),
        };
        parts.push(screen.paint.text(Tone::Good, &all));
    } else if !rows.items.is_empty() {
        let count = total.total.saturating_sub(total.in_sync).max(rows.items.len());
        let what = if total.held > 0 { "Not in sync, or held" } else { "Not in sync" };
        let title = screen.heading(&format!("{what}: {count} of {}", total.total));
        let table = instances::table(&rows.items, now, screen);
        let more = rows.next.as_ref().map_or_else(String::new, |_| {
            "\n… and more: `assured instances list --sort -status`".to_owned()
        });
        parts.push(format!("{title}\n{table}{more}"));
    }
    if !overview.incidents.items.is_empty() {
        let title = screen.heading(&format!("Open incidents: {}", status.incidents.open));
        let table = incidents::table(&overview.incidents.items, now, screen);
        parts.push(format!("{title}\n{table}"));
    }
    parts.join("\n\n")
}

fn service(status: &StatusBody, now: Timestamp, screen: Screen) -> String {
    let service = &status.service;
    let uptime = i64::try_from(service.uptime_seconds).unwrap_or(i64::MAX);
    let uptime = length(SignedDuration::from_secs(uptime));
    let (tone, ready) = match (status.database.healthy, service.ready) {
        (false, _) => (Tone::Bad, "✗ the database cannot be written, nothing is repaired"),
        (true, false) => (Tone::Busy, "… starting"),
        (true, true) => (Tone::Good, "✓ ready"),
    };
    let first = format!(
        "{}  {}  up {uptime}, {}",
        screen.heading(&format!("assured {}", service.version)),
        screen.paint.text(tone, ready),
        status.database.backend,
    );
    let mut lines = vec![first];
    if let Some(error) = &status.database.error {
        lines.push(screen.paint.text(Tone::Bad, error));
    }
    if let Some(error) = &service.config_error {
        let text = format!(
            "the configuration of {} is in force still: {error}",
            ago(now, service.config_loaded_at)
        );
        lines.push(screen.paint.text(Tone::Bad, &text));
    }
    let i = &status.instances;
    let counts = [
        (i.in_sync, "in sync", Tone::Good),
        (i.out_of_sync, "out of sync", Tone::Warn),
        (i.given_up, "given up", Tone::Bad),
        (i.quarantined, "quarantined", Tone::Bad),
        (i.unknown, "unknown", Tone::Warn),
        (i.held, "held", Tone::Plain),
    ];
    let counts = counts.iter().filter(|(count, _, _)| *count > 0);
    let counts: Vec<_> = counts
        .map(|(count, word, tone)| screen.paint.text(*tone, &format!("{count} {word}")))
        .collect();
    let counts = if counts.is_empty() { "none".to_owned() } else { counts.join(", ") };
    let (incidents, actions) = (&status.incidents, &status.actions);
    let actors = &status.supervision;
    let quarantined = match actors.quarantined {
        0 => String::new(),
        count => screen.paint.text(Tone::Bad, &format!(", {count} quarantined")),
    };
    lines.push(format!("  instances  {counts}"));
    lines.push(format!(
        "  incidents  {} open, {} in the last hour",
        incidents.open, incidents.last_hour
    ));
    lines
        .push(format!("  actions    {} under way, {} waiting", actions.in_flight, actions.waiting));
    lines.push(format!(
        "  actors     {}, {} so far{quarantined}",
        actors.actors,
        count(actors.restarts, "restart")
    ));
    lines.join("\n")
}
