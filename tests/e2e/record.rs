//! The database of a service, looked at and spoilt from beside it.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::site::Site;

/// A connection of one's own.
pub struct Record {
    connection: SqliteConnection,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

impl Record {
    pub fn open(site: &Site) -> Self {
        let path = site.database().to_string_lossy().into_owned();
        Self { connection: SqliteConnection::establish(&path).unwrap() }
    }

    /// The `n` of a statement's only row.
    pub fn count(&mut self, sql: &str) -> i64 {
        diesel::sql_query(sql).get_result::<Number>(&mut self.connection).unwrap().n
    }

    pub fn execute(&mut self, sql: &str) {
        self.connection.batch_execute(sql).unwrap();
    }
}
