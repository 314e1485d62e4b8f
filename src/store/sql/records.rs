//! The records as a whole: in which order their tables are written, and what is read together.

use jiff::Timestamp;

use super::{
    Connection, attempts, counts, definitions, deliveries, events, hosts, incidents, instances,
    retention,
};
use crate::model::{
    Attempt, Definition, Delivery, Event, EventId, Incident, IncidentId, InstanceId, Story,
};
use crate::store::failure::Failure;
use crate::store::records::{Copied, Records};
use crate::store::{Batch, EventQuery, Forgotten, IncidentQuery, Loaded};

impl Records for Connection {
    fn write(&mut self, batch: &Batch) -> Result<Option<Forgotten>, Failure> {
        if batch.is_empty() {
            hosts::probe(self)?;
            return Ok(None);
        }
        for host in &batch.hosts {
            hosts::put(self, host)?;
        }
        // What was forgotten may be back within the same batch.
        for id in &batch.removed_instances {
            instances::remove(self, *id)?;
            definitions::remove(self, *id)?;
        }
        for instance in &batch.instances {
            instances::put(self, instance)?;
        }
        for incident in &batch.incidents {
            incidents::put(self, incident)?;
        }
        for attempt in &batch.attempts {
            attempts::put(self, attempt)?;
        }
        for definition in &batch.definitions {
            definitions::put(self, definition)?;
        }
        for delivery in &batch.deliveries {
            deliveries::add(self, delivery)?;
        }
        for tried in &batch.tried {
            deliveries::tried(self, tried)?;
        }
        for event in &batch.events {
            events::add(self, event)?;
        }
        for id in &batch.removed_hosts {
            hosts::remove(self, id)?;
        }
        batch.retention.map(|step| retention::forget(self, step)).transpose()
    }

    fn load(&mut self) -> Result<Loaded, Failure> {
        Ok(Loaded {
            hosts: hosts::all(self)?,
            instances: instances::all(self)?,
            open_incidents: incidents::open(self)?,
            attempts: attempts::counting(self)?,
            shutdowns: attempts::shutdowns_before(self)?,
            definitions: definitions::all(self)?,
            told: deliveries::told(self)?,
            oldest: retention::oldest(self)?,
            last_event: events::last(self)?,
            last_incident: incidents::last(self)?,
            last_attempt: attempts::last(self)?,
            last_delivery: deliveries::last(self)?,
        })
    }

    fn events(&mut self, query: &EventQuery) -> Result<Vec<Event>, Failure> {
        events::search(self, query)
    }

    fn incidents(&mut self, query: &IncidentQuery) -> Result<Vec<Incident>, Failure> {
        incidents::search(self, query)
    }

    fn incidents_since(&mut self, since: Timestamp) -> Result<u64, Failure> {
        incidents::count_since(self, since)
    }

    fn incident(&mut self, id: IncidentId) -> Result<Option<Incident>, Failure> {
        incidents::find(self, id)
    }

    fn attempts_of_incident(&mut self, id: IncidentId) -> Result<Vec<Attempt>, Failure> {
        attempts::of_incident(self, id)
    }

    fn incident_timeline(&mut self, id: IncidentId) -> Result<Vec<Event>, Failure> {
        events::of_incident(self, id)
    }

    fn definition(&mut self, id: InstanceId) -> Result<Option<Definition>, Failure> {
        definitions::find(self, id)
    }

    fn outbox(&mut self, receiver: &str) -> Result<Vec<Delivery>, Failure> {
        deliveries::heads(self, receiver)
    }

    fn told_open(&mut self, receiver: &str) -> Result<Vec<Delivery>, Failure> {
        deliveries::told_open(self, receiver)
    }

    fn stories(&mut self, of: Vec<Delivery>) -> Result<Vec<Story>, Failure> {
        deliveries::stories(self, of)
    }

    fn counts(&mut self) -> Result<Vec<(&'static str, u64)>, Failure> {
        counts::all(self)
    }

    fn fleet(&mut self) -> Result<Batch, Failure> {
        Ok(Batch {
            hosts: hosts::all(self)?,
            instances: instances::all(self)?,
            definitions: definitions::whole(self)?,
            ..Batch::default()
        })
    }

    fn page(&mut self, after: &Copied, limit: u32) -> Result<Batch, Failure> {
        // One table after the other: what others point to first.
        let rows = i64::from(limit);
        let incidents = incidents::page(self, after.incidents, rows)?;
        if !incidents.is_empty() {
            return Ok(Batch { incidents, ..Batch::default() });
        }
        let attempts = attempts::page(self, after.attempts, rows)?;
        if !attempts.is_empty() {
            return Ok(Batch { attempts, ..Batch::default() });
        }
        let deliveries = deliveries::page(self, after.deliveries, rows)?;
        if !deliveries.is_empty() {
            return Ok(Batch { deliveries, ..Batch::default() });
        }
        let cursor = Some(EventId(after.events));
        let events = events::search(self, &EventQuery { cursor, limit, ..EventQuery::default() })?;
        Ok(Batch { events, ..Batch::default() })
    }
}
