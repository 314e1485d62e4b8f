//! Times and numbers as people say them.

use jiff::{SignedDuration, Timestamp};

/// How long something takes, in the two largest units that it has: `3h 12m`.
pub(super) fn length(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let (minutes, rest) = (seconds / 60 % 60, seconds % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{rest}s"),
        (0, 0, _) => format!("{minutes}m {rest}s"),
        (0, _, _) => format!("{hours}h {minutes}m"),
        (_, _, _) => format!("{days}d {hours}h"),
    }
}

/// How long ago something was.
pub(super) fn ago(now: Timestamp, then: Timestamp) -> String {
    format!("{} ago", length(now.duration_since(then)))
}

/// How long ago something was, if it was.
pub(super) fn ago_or_never(now: Timestamp, then: Option<Timestamp>) -> String {
    then.map_or_else(|| "never".to_owned(), |then| ago(now, then))
}

/// How long something took, the finer the shorter it was: `0.2 s`, `12.3 s`, `4m 09s`, `1h 02m`.
pub(super) fn span(duration: SignedDuration) -> String {
    let tenths = duration.unsigned_abs().as_millis() / 100;
    let seconds = tenths / 10;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}.{} s", tenths % 10),
        (0, 0, _) => format!("{minutes}m {:02}s", seconds % 60),
        (0, _, _) => format!("{hours}h {:02}m", minutes % 60),
        (_, _, _) => format!("{days}d {:02}h", hours % 24),
    }
}

/// How far from its story's begin something was: `+0.2 s`.
pub(super) fn offset(begin: Timestamp, at: Timestamp) -> String {
    let sign = if at < begin { '-' } else { '+' };
    format!("{sign}{}", span(at.duration_since(begin)))
}

/// To the second: `2026-11-23 05:00:00Z`.
pub(super) fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// A number of things: `1 attempt`, `2 attempts`.
pub(super) fn count(number: u64, thing: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{s}")
}
