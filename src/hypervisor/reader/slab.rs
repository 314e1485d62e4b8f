//! Who is registered: a dense table of slots, found by number, or by id.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use super::Window;
use crate::model::{Condition, InstanceId, Look, Source};

/// What an instance gets its looks by.
pub(super) type Sink = Rc<dyn Fn(Look)>;

/// A registration: the slot's number, and which of its tenants this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) slot: u32,
    tenant: u32,
}

/// One place.
pub(super) struct Tenant {
    pub(super) id: InstanceId,
    pub(super) sink: Sink,
    /// Counts the requests: an entry in the queue with another number is stale.
    pub(super) request: u32,
    /// What is asked for and not yet sent.
    pub(super) asked: Option<(Window, Source)>,
    /// What is asked for by the read that is under way.
    pub(super) reading: Option<Source>,
    /// What that read found.
    pub(super) found: Option<Condition>,
    /// Whether the last complete read found it active.
    pub(super) active: bool,
    /// Whether the one before it did.
    pub(super) was_active: bool,
    /// Which complete read found it last.
    pub(super) round: u32,
    /// Whether it is missed when it is gone.
    pub(super) is_missed: bool,
}

impl Tenant {
    fn new(id: InstanceId, sink: Sink) -> Self {
        Self {
            id,
            sink,
            request: 0,
            asked: None,
            reading: None,
            found: None,
            active: false,
            was_active: false,
            round: 0,
            is_missed: false,
        }
    }
}

/// All places, and who is where.
#[derive(Default)]
pub(super) struct Slab {
    places: Vec<(u32, Option<Tenant>)>,
    free: Vec<u32>,
    by_id: HashMap<InstanceId, u32, BuildHasherDefault<IdHasher>>,
}

impl Slab {
    /// Lets an instance in; and out whoever had the same id, whose ticket is void from now on.
    pub(super) fn insert(&mut self, id: InstanceId, sink: Sink) -> (Ticket, Option<Tenant>) {
        let before = self.find(id).and_then(|slot| self.clear(slot));
        let slot = self.free.pop().unwrap_or_else(|| {
            self.places.push((0, None));
            // Four thousand million instances do not fit in memory.
            u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX)
        });
        self.by_id.insert(id, slot);
        let place = &mut self.places[slot as usize];
        place.0 = place.0.wrapping_add(1);
        place.1 = Some(Tenant::new(id, sink));
        (Ticket { slot, tenant: place.0 }, before)
    }

    /// Lets an instance out, if it was still there.
    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<Tenant> {
        self.of_ticket(ticket)?;
        self.clear(ticket.slot)
    }

    fn clear(&mut self, slot: u32) -> Option<Tenant> {
        let tenant = self.places.get_mut(slot as usize)?.1.take()?;
        self.free.push(slot);
        self.by_id.remove(&tenant.id);
        Some(tenant)
    }

    /// Who is at a place, if it is still the same.
    pub(super) fn of_ticket(&mut self, ticket: Ticket) -> Option<&mut Tenant> {
        let (tenant, place) = self.places.get_mut(ticket.slot as usize)?;
        if *tenant == ticket.tenant { place.as_mut() } else { None }
    }

    /// Everybody.
    pub(super) fn all(&mut self) -> impl Iterator<Item = &mut Tenant> {
        self.places.iter_mut().filter_map(|(_, tenant)| tenant.as_mut())
    }

    /// The ticket of whoever is at a place.
    pub(super) fn ticket(&self, slot: u32) -> Ticket {
        Ticket { slot, tenant: self.places.get(slot as usize).map_or(0, |place| place.0) }
    }

    /// Who is at a place.
    pub(super) fn at(&mut self, slot: u32) -> Option<&mut Tenant> {
        self.places.get_mut(slot as usize)?.1.as_mut()
    }

    /// Where an instance is.
    pub(super) fn find(&self, id: InstanceId) -> Option<u32> {
        self.by_id.get(&id).copied()
    }

    /// How many are in.
    pub(super) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }
}

/// A UUID is random already: its two halves, folded, are as good as a hash.
#[derive(Default)]
pub(super) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for half in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..half.len()].copy_from_slice(half);
            self.0 = (self.0 ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            self.0 ^= self.0 >> 32;
        }
    }

    /// The length of what follows, always 16: nothing new.
    fn write_usize(&mut self, _length: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}
