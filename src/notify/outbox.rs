//! Which of a receiver's messages is next.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::{Delivery, DeliveryId, HostId};

/// How many steps of incidents one message tells at most. What is more goes into the next one.
pub const MOST: usize = 200;

/// What is to be done for a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// These make the next message, which is due: all of one host and one phase, oldest first.
    Send(Vec<Delivery>),
    /// Nothing before this time.
    At(Timestamp),
    /// Nothing.
    Nothing,
}

/// What is to be done for a receiver to whom all of this is to be delivered yet.
///
/// Messages about one host go in their order, so an incident's end never comes before its beginning; a message
/// that fails holds up no other host's.
#[must_use]
pub fn next(pending: &[Delivery], now: Timestamp) -> Next {
    // The oldest message of each host.
    let mut heads: BTreeMap<&HostId, DeliveryId> = BTreeMap::new();
    for one in pending {
        let head = heads.entry(&one.host).or_insert(one.message);
        *head = one.message.min(*head);
    }
    let of = |host: &HostId, message: DeliveryId| {
        let mut parts: Vec<&Delivery> =
            pending.iter().filter(|d| d.host == *host && d.message == message).collect();
        parts.sort_unstable_by_key(|d| d.id);
        parts
    };
    let mut due: Vec<(Timestamp, DeliveryId, Vec<&Delivery>)> = heads
        .into_iter()
        .filter_map(|(host, message)| {
            let parts = of(host, message);
            // A part that was written late does not bring forward what has failed.
            Some((parts.iter().map(|d| d.next_at).max()?, message, parts))
        })
        .collect();
    due.sort_unstable_by_key(|(at, message, _)| (*at, *message));
    match due.into_iter().next() {
        None => Next::Nothing,
        Some((at, _, _)) if at > now => Next::At(at),
        Some((_, _, parts)) => Next::Send(parts.into_iter().take(MOST).cloned().collect()),
    }
}
