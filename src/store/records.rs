//! What can be done with the records on a connection, whatever kind of database is at its other end.
//!
//! The caller holds the transaction. Implemented once, in `sql/records.rs`, and compiled for each kind. Not in
//! here: SQL, and how a connection is had.

use std::sync::Arc;

use diesel::connection::SimpleConnection;
use jiff::Timestamp;

use super::failure::Failure;
use super::{Batch, EventQuery, Forgotten, IncidentQuery, Loaded};
use crate::model::{Attempt, Definition, Delivery, Event, Incident, IncidentId, InstanceId, Story};

/// A connection in a transaction.
pub(super) trait Records: SimpleConnection {
    /// Writes a batch, each table in the order that [`Batch`] says. An empty one writes all the same, and changes
    /// nothing. Gives what was forgotten, where that was asked for.
    fn write(&mut self, batch: &Batch) -> Result<Option<Forgotten>, Failure>;
    /// Reads all that the arbiter goes on from.
    fn load(&mut self) -> Result<Loaded, Failure>;

    /// See [`super::Store::events`].
    fn events(&mut self, query: &EventQuery) -> Result<Vec<Event>, Failure>;
    /// See [`super::Store::incidents`].
    fn incidents(&mut self, query: &IncidentQuery) -> Result<Vec<Incident>, Failure>;
    /// See [`super::Store::incidents_since`].
    fn incidents_since(&mut self, since: Timestamp) -> Result<u64, Failure>;
    /// See [`super::Store::incident`].
    fn incident(&mut self, id: IncidentId) -> Result<Option<Incident>, Failure>;
    /// See [`super::Store::attempts_of_incident`].
    fn attempts_of_incident(&mut self, id: IncidentId) -> Result<Vec<Attempt>, Failure>;
    /// See [`super::Store::incident_timeline`].
    fn incident_timeline(&mut self, id: IncidentId) -> Result<Vec<Event>, Failure>;
    /// See [`super::Store::definition`].
    fn definition(&mut self, id: InstanceId) -> Result<Option<Definition>, Failure>;
    /// See [`super::Store::outbox`].
    fn outbox(&mut self, receiver: &str) -> Result<Vec<Delivery>, Failure>;
    /// See [`super::Store::told_open`].
    fn told_open(&mut self, receiver: &str) -> Result<Vec<Delivery>, Failure>;
    /// See [`super::Store::stories`].
    fn stories(&mut self, of: Vec<Delivery>) -> Result<Vec<Story>, Failure>;

    /// How many rows each table has, by its name.
    fn counts(&mut self) -> Result<Vec<(&'static str, u64)>, Failure>;
    /// All hosts, instances and definitions: for a copy.
    fn fleet(&mut self) -> Result<Batch, Failure>;
    /// The next of the rows that are numbered, after what a copy has already; an empty batch is the end of it.
    fn page(&mut self, after: &Copied, limit: u32) -> Result<Batch, Failure>;
}

/// How far a copy has got: the last number of each table that it has.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Copied {
    pub(super) incidents: i64,
    pub(super) attempts: i64,
    pub(super) deliveries: i64,
    pub(super) events: i64,
}

impl Copied {
    /// The same after a page more.
    pub(super) fn and(self, page: &Batch) -> Self {
        Self {
            incidents: page.incidents.last().map_or(self.incidents, |row| row.id.0),
            attempts: page.attempts.last().map_or(self.attempts, |row| row.id.0),
            deliveries: page.deliveries.last().map_or(self.deliveries, |row| row.id.0),
            events: page.events.last().map_or(self.events, |row| row.id.0),
        }
    }
}

/// The XML of a definition beside what is known of it, as batches have it.
pub(super) type Defined = (crate::model::Kept, Arc<str>);
