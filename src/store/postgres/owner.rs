//! Who has the database: a lock that a session holds, and a number that says how often it changed hands.
//!
//! The lock is held by the very connection that writes. A lost connection is a lost lock, and a commit that
//! succeeds was made while it was held. The number, `ownership.term`, tells what the lock alone cannot: that
//! another process had the database, and has let go of it again, while this one had no connection.
//!
//! Not in here: when a connection is made.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};

use super::ServerError;
use super::words::by_kind;
use crate::store::failure::Failure;

/// The key of the advisory lock, in each database for itself: `assured` and a zero byte, as a number. In `pg_locks`
/// it is `classid` 1634956149 and `objid` 1919247360, with `objsubid` 1.
const LOCK: i64 = 0x6173_7375_7265_6400;

/// How long a session may take to end whose client has gone.
const MOMENT: Duration = Duration::from_millis(300);

/// One connection, as the server knows it: a number is used again, but not at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Backend {
    pid: i32,
    since: Option<i64>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Integer)]
    pid: i32,
    /// Microseconds since 1970; none of another role's.
    #[diesel(sql_type = Nullable<BigInt>)]
    since: Option<i64>,
    #[diesel(sql_type = Text)]
    who: String,
}

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = Bool)]
    locked: bool,
}

#[derive(QueryableByName)]
struct Term {
    #[diesel(sql_type = BigInt)]
    term: i64,
}

const WHO: &str = "SELECT a.pid, (extract(epoch FROM a.backend_start) * 1000000)::bigint AS since, \
     concat_ws(' ', nullif(a.application_name, ''), 'from', coalesce(host(a.client_addr), 'the server''s machine'), \
         'as server process', a.pid::text) AS who FROM pg_stat_activity a ";

/// Takes the lock when it is free; the session's `lock_timeout` is the bound.
const WAIT: &str = "SELECT pg_advisory_lock($1)";

/// Which connection this is.
pub(super) fn myself(conn: &mut PgConnection) -> Result<Backend, Failure> {
    let row: Row =
        diesel::sql_query(format!("{WHO} WHERE a.pid = pg_backend_pid()")).get_result(conn)?;
    Ok(Backend { pid: row.pid, since: row.since })
}

/// Takes the lock for this connection; says whether it could be had.
pub(super) fn try_lock(conn: &mut PgConnection) -> Result<bool, Failure> {
    let query = diesel::sql_query("SELECT pg_try_advisory_lock($1) AS locked");
    Ok(query.bind::<BigInt, _>(LOCK).get_result::<Locked>(conn)?.locked)
}

/// The same, with a moment's patience: a process that has just ended may have its session for a little while yet.
pub(super) fn lock_soon(conn: &mut PgConnection) -> Result<bool, Failure> {
    conn.transaction(|conn| {
        conn.batch_execute(&format!("SET LOCAL lock_timeout = {}", MOMENT.as_millis()))?;
        // A lock of the session's, so it outlives the transaction.
        diesel::sql_query(WAIT).bind::<BigInt, _>(LOCK).execute(conn)?;
        Ok(true)
    })
    .or_else(|error: diesel::result::Error| match by_kind(&error, "") {
        Some(ServerError::Locked { .. }) => Ok(false),
        // In whatever words it was refused.
        _ if holder(conn).is_ok_and(|holder| holder.is_some()) => Ok(false),
        _ => Err(error.into()),
    })
}

/// Who has the lock, and what is known of him; nobody where he is just gone.
pub(super) fn holder(conn: &mut PgConnection) -> Result<Option<(Backend, String)>, Failure> {
    let query = format!(
        "{WHO} JOIN pg_locks l ON l.pid = a.pid AND l.granted AND l.locktype = 'advisory' \
         AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
         AND l.objsubid = 1 AND (l.classid::bigint << 32) | l.objid::bigint = $1"
    );
    let row =
        diesel::sql_query(query).bind::<BigInt, _>(LOCK).get_result::<Row>(conn).optional()?;
    Ok(row.map(|row| (Backend { pid: row.pid, since: row.since }, row.who)))
}

/// Takes the lock for a connection in the place of one that was lost. That one may live on at the server for a while,
/// and hold it: it is ended, if it is one of `ours`, and nobody else's is.
///
/// # Errors
/// [`ServerError::TakenOver`] where another process has it, or has had it: the term is not ours any more.
pub(super) fn retake(
    conn: &mut PgConnection,
    ours: &[Backend],
    term: i64,
    database: &str,
) -> Result<(), Failure> {
    let taken = |by| ServerError::TakenOver { database: database.to_owned(), by };
    while !try_lock(conn)? {
        let Some((backend, who)) = holder(conn)? else { continue };
        if backend.since.is_none() || !ours.contains(&backend) {
            return Err(taken(Some(who)).into());
        }
        let end = diesel::sql_query("SELECT pg_terminate_backend($1) AS locked");
        end.bind::<Integer, _>(backend.pid).execute(conn)?;
        // Waits until it has ended; the session's lock_timeout is the bound. One lock more than is needed does no harm.
        diesel::sql_query(WAIT).bind::<BigInt, _>(LOCK).execute(conn)?;
    }
    let found: Term = diesel::sql_query("SELECT term FROM ownership").get_result(conn)?;
    if found.term == term { Ok(()) } else { Err(taken(None).into()) }
}

/// Begins a term, under the lock; gives its number.
pub(super) fn begin_term(conn: &mut PgConnection) -> Result<i64, Failure> {
    let next = "UPDATE ownership SET term = term + 1 RETURNING term";
    Ok(diesel::sql_query(next).get_result::<Term>(conn)?.term)
}
