//! Checking a database on a server.
//!
//! Rows that point to missing ones cannot be: the server keeps foreign keys. Whether its files are sound is for its
//! own tools (`pg_amcheck`, checksums) to say. Not in here: backing up, which `pg_dump` does.

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::connection::{Mode, connect};
use super::open::inspect;
use super::words::explain;
use super::{Server, dialect};
use crate::store::StoreError;
use crate::store::admin::CheckReport;
use crate::store::failure::Failure;

#[derive(QueryableByName)]
struct Finding {
    #[diesel(sql_type = Text)]
    message: String,
}

/// Lines of the audit log that are missing: its numbers have no gaps.
const GAPS: &str = "SELECT format('%s lines of the audit log are missing between %s and %s', \
     max(id) - min(id) + 1 - count(*), min(id), max(id)) AS message \
     FROM events HAVING max(id) - min(id) + 1 > count(*)";

/// See [`crate::store::Store::check`].
pub(in crate::store) fn check(server: &Server) -> Result<CheckReport, StoreError> {
    let database = server.to_string();
    let mut conn = connect(server, Mode::Read)?;
    let form = inspect(&mut conn, &database)?;
    let mut problems = Vec::new();
    if form.pending.is_empty() {
        let found = gaps(&mut conn).map_err(|failure| explain(failure, "checking", &database))?;
        problems.extend(found.into_iter().map(|finding| finding.message));
    }
    Ok(CheckReport { problems, schema: form.applied.last().cloned(), pending: form.pending })
}

fn gaps(conn: &mut dialect::Connection) -> Result<Vec<Finding>, Failure> {
    diesel::sql_query("SET statement_timeout = 0").execute(conn)?;
    Ok(diesel::sql_query(GAPS).load(conn)?)
}
