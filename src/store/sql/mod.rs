//! The SQL of the service, a file per table: how its rows are written, read and searched.
//!
//! Every function takes a connection and leaves transactions to its caller. What goes beyond the
//! standard (`ON CONFLICT … DO UPDATE … WHERE`, partial indexes) SQLite and PostgreSQL share.
//! Not in here: connections, threads, and what an error means to people.

pub(super) mod attempts;
mod cell;
pub(super) mod definitions;
pub(super) mod deliveries;
pub(super) mod events;
pub(super) mod hosts;
pub(super) mod incidents;
pub(super) mod instances;
pub(super) mod retention;
pub(super) mod schema;
mod upsert;
