//! All records of one database into another one, of whatever kind: `assured db copy`.
//!
//! They are read as the service reads them and written as it writes them, so what arrives is what the service would
//! have made there itself. In pages, so that memory holds one at a time; one transaction at each end, so that the copy is
//! of one moment, and there whole or not at all. Not in here: who is told how far it is.

use super::backend::Access;
use super::failure::Failure;
use super::location::Location;
use super::records::{Copied, Records};
use super::session::Session;
use super::{Batch, Store, StoreError};

/// How many rows a page has.
const PAGE: u32 = 1000;

/// How many rows of each table a copy has, by its name.
pub type Counts = Vec<(&'static str, u64)>;

impl Store {
    /// Copies all records into a database that has none. Both are locked meanwhile, so neither may be in use; both are
    /// brought to this version's form first. `progress` hears after each page how many rows of how many are copied.
    /// Gives what was copied. Blocks.
    ///
    /// # Errors
    /// [`StoreError::NotEmpty`] where the target has records, [`StoreError::Torn`] where less arrived than was sent, or
    /// as for [`Store::open`]. The target is as it was then, but for its form.
    pub fn copy(
        from: &Location,
        to: &Location,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<Counts, StoreError> {
        if from == to {
            return Err(StoreError::NotEmpty { database: to.to_string() });
        }
        let source = existing(from)?.open()?;
        let target = to.open()?;
        let name = target.database.name();
        let mut writing = Session::new(target.database, target.link);
        let mut reading = source.link;
        let mut done = None;
        reading
            .transact(Access::Copy, &mut |source| {
                let copied = writing
                    .transact("copying", |target| copy(source, target, &name, &mut progress))?;
                done = Some(copied);
                Ok(())
            })
            .map_err(|failure| source.database.explain("reading for a copy", failure))?;
        done.ok_or(StoreError::Stopped)
    }
}

fn copy(
    source: &mut dyn Records,
    target: &mut dyn Records,
    name: &str,
    progress: &mut impl FnMut(u64, u64),
) -> Result<Counts, Failure> {
    if target.counts()?.iter().any(|(_, rows)| *rows > 0) {
        return Err(StoreError::NotEmpty { database: name.to_owned() }.into());
    }
    let wanted = source.counts()?;
    let total = wanted.iter().map(|(_, rows)| rows).sum();
    let mut rows = 0;
    let mut pass_on = |batch: &Batch| -> Result<(), Failure> {
        target.write(batch)?;
        rows += batch.rows() as u64;
        progress(rows, total);
        Ok(())
    };
    let fleet = source.fleet()?;
    if !fleet.is_empty() {
        pass_on(&fleet)?;
    }
    let mut copied = Copied::default();
    loop {
        let page = source.page(&copied, PAGE)?;
        if page.is_empty() {
            break;
        }
        pass_on(&page)?;
        copied = copied.and(&page);
    }
    let arrived = target.counts()?;
    if arrived == wanted {
        Ok(arrived)
    } else {
        Err(StoreError::Torn { database: name.to_owned() }.into())
    }
}

/// A place from which can be copied: nothing is made there.
fn existing(from: &Location) -> Result<&Location, StoreError> {
    match from {
        Location::File(path) if !path.is_file() => Err(StoreError::Absent { path: path.clone() }),
        Location::Memory | Location::File(_) | Location::Server(_) => Ok(from),
    }
}
