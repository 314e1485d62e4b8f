//! What the outside reads, apart from the writer: lists, single records, stories.
//!
//! In memory there is one connection, so reads take their turn on it, on the caller.

use std::sync::Arc;

use jiff::Timestamp;

use super::failure::Failure;
use super::readers::blocking;
use super::records::Records;
use super::{EventQuery, IncidentQuery, Place, Store, StoreError, on_memory};
use crate::model::{Attempt, Definition, Delivery, Event, Incident, IncidentId, InstanceId, Story};

impl Store {
    /// The events that a query asks for, in its order.
    ///
    /// # Errors
    /// [`StoreError`], as for all reads: the database cannot be read, or a row not be understood.
    pub async fn events(&self, query: EventQuery) -> Result<Vec<Event>, StoreError> {
        self.read("reading events", move |records| records.events(&query)).await
    }

    /// The incidents that a query asks for, the newest first.
    ///
    /// # Errors
    /// As for [`Store::events`].
    pub async fn incidents(&self, query: IncidentQuery) -> Result<Vec<Incident>, StoreError> {
        self.read("reading incidents", move |records| records.incidents(&query)).await
    }

    /// One incident; none where there is none of this number.
    ///
    /// # Errors
    /// As for [`Store::events`].
    pub async fn incident(&self, id: IncidentId) -> Result<Option<Incident>, StoreError> {
        self.read("reading an incident", move |records| records.incident(id)).await
    }

    /// The attempts of an incident, the oldest first.
    ///
    /// # Errors
    /// As for [`Store::events`].
    pub async fn attempts_of_incident(&self, id: IncidentId) -> Result<Vec<Attempt>, StoreError> {
        self.read("reading attempts", move |records| records.attempts_of_incident(id)).await
    }

    /// The whole story of an incident, the oldest first.
    ///
    /// # Errors
    /// As for [`Store::events`].
    pub async fn incident_timeline(&self, id: IncidentId) -> Result<Vec<Event>, StoreError> {
        self.read("reading a timeline", move |records| records.incident_timeline(id)).await
    }

    /// The definition of an instance; none where none is kept.
    ///
    /// # Errors
    /// As for [`Store::events`].
    pub async fn definition(&self, id: InstanceId) -> Result<Option<Definition>, StoreError> {
        self.read("reading a definition", move |records| records.definition(id)).await
    }

    /// The oldest message of each host that a receiver has not taken yet, in its parts, by number.
    ///
    /// # Errors
    /// As for [`Store::events`].
    pub async fn outbox(&self, receiver: Arc<str>) -> Result<Vec<Delivery>, StoreError> {
        self.read("reading the outbox", move |records| records.outbox(&receiver)).await
    }

    /// What a receiver was told last of each incident that is not over, by incident.
    ///
    /// # Errors
    /// As for [`Store::events`].
    pub async fn told_open(&self, receiver: Arc<str>) -> Result<Vec<Delivery>, StoreError> {
        self.read("reading what is told", move |records| records.told_open(&receiver)).await
    }

    /// Deliveries with all that messages say of them, in their order. One whose incident is gone is left
    /// out.
    ///
    /// # Errors
    /// As for [`Store::events`].
    pub async fn stories(&self, of: Vec<Delivery>) -> Result<Vec<Story>, StoreError> {
        self.read("reading what is told", move |records| records.stories(of)).await
    }

    /// How many incidents were opened at this time or later.
    ///
    /// # Errors
    /// As for [`Store::events`].
    pub async fn incidents_since(&self, since: Timestamp) -> Result<u64, StoreError> {
        self.read("counting incidents", move |records| records.incidents_since(since)).await
    }

    /// Runs a job on a reading connection.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        what: &'static str,
        job: impl FnOnce(&mut dyn Records) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &self.inner.place {
            Place::Memory(memory) => on_memory(memory).session.transact(what, job),
            Place::Kept { readers, .. } => {
                let readers = Arc::clone(readers);
                blocking(what, move || readers.read(what, job)).await
            }
        }
    }
}
