//! Where PostgreSQL's SQL differs from SQLite's.

use std::borrow::Cow;

pub(super) use diesel::pg::{Pg as Db, PgConnection as Connection};

/// Writes a row as it is. A server that only follows another one, that was told to be read-only, or whose disk is
/// full refuses this, and nothing less.
pub(super) const PROBE: &str = "UPDATE ownership SET term = term";

/// A text as it can be stored: PostgreSQL takes every character but U+0000, for which U+FFFD stands. Nobody means
/// one; but who sends one in a reason must not make the record refuse all that is written with it.
pub(super) fn writable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}
