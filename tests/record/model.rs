//! A record in memory that gets the same batches and no crash, to compare with.

use assured::store::{EventQuery, IncidentQuery, Store, StoreError};

use crate::batches::{Size, batch, id, run};

/// A record in memory that no crash has touched.
pub struct Model {
    store: Store,
    size: Size,
    batches: i64,
}

impl Model {
    pub fn new(size: Size) -> Self {
        Self { store: Store::in_memory().unwrap(), size, batches: 0 }
    }

    /// Whether a record is what it would be without a crash after so many batches; if not, what
    /// is different. It must not have fewer than were asked for before.
    pub fn compare(&mut self, found: &Store, batches: i64) -> Result<(), String> {
        while self.batches < batches {
            self.batches += 1;
            run(self.store.commit(batch(self.batches, self.size))).unwrap();
        }
        assert_eq!(self.batches, batches, "the record has gone back");
        let (ours, theirs) = (self.store.load().unwrap(), found.load().map_err(told)?);
        if ours != theirs {
            return Err("what an arbiter goes on from is different".to_owned());
        }
        let events = EventQuery { limit: u32::MAX, ..EventQuery::default() };
        let theirs = run(found.events(events.clone())).map_err(told)?;
        if run(self.store.events(events)).unwrap() != theirs {
            return Err("the audit log is different".to_owned());
        }
        let incidents = IncidentQuery { limit: u32::MAX, ..IncidentQuery::default() };
        let theirs = run(found.incidents(incidents.clone())).map_err(told)?;
        if run(self.store.incidents(incidents)).unwrap() != theirs {
            return Err("the incidents are different".to_owned());
        }
        for number in 0..8 {
            let theirs = run(found.definition(id(number))).map_err(told)?;
            if run(self.store.definition(id(number))).unwrap() != theirs {
                return Err("a definition is different".to_owned());
            }
        }
        Ok(())
    }
}

fn told(error: StoreError) -> String {
    error.to_string()
}
