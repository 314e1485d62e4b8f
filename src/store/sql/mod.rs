//! The SQL of the service, a file per table: how its rows are written, read and searched.
//!
//! One text for both kinds of database, compiled once for each: `sqlite/` and `postgres/` both have this folder as
//! their module `sql`, and `dialect` beside it says which connection is meant. So each has its own diesel types,
//! statements prepared once, and no layer between that would cost time for each row. What goes beyond the standard
//! (`ON CONFLICT … DO UPDATE … WHERE`, partial indexes) the two share; what they do not share stands in `dialect`.
//!
//! Every function takes a connection and leaves transactions to its caller. Not in here: connections, threads, and
//! what an error means to people.

mod attempts;
mod cell;
mod counts;
mod definitions;
mod deliveries;
mod events;
mod hosts;
mod incidents;
mod instances;
mod records;
mod retention;
mod schema;
mod upsert;

use super::dialect::{Connection, Db, PROBE, writable};
