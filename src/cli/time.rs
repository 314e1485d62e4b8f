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

/// How far from its story's begin something was: `+0.213s`.
pub(super) fn offset(begin: Timestamp, at: Timestamp) -> String {
    format!("{:+.3}s", at.duration_since(begin).as_secs_f64())
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
