//! What the service's database says was tried.

use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

/// An attempt, as it is stored.
#[derive(Debug, Clone, QueryableByName)]
pub struct Attempt {
    #[diesel(sql_type = Text)]
    pub instance: String,
    #[diesel(sql_type = Text)]
    pub command: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub outcome: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub incident: Option<i64>,
}

/// All attempts, in the order of their numbers.
pub fn attempts(database: &Path) -> Vec<Attempt> {
    let path = database.to_string_lossy();
    let mut connection = SqliteConnection::establish(&path).unwrap();
    let all = "SELECT instance, command, outcome, incident FROM attempts ORDER BY id";
    diesel::sql_query(all).load(&mut connection).unwrap()
}
