//! Holds: somebody works on an instance, so nothing is done about it until he says so or his time is
//! over.
//!
//! Several may hold an instance at once; it is held until the last of them has ended. The list is
//! kept with the one that ends first in front.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::book::{Alarm, Book, Entry};
use super::turn::{Line, Withheld};
use crate::actors::messages::{PutHold, Refusal, ReleaseHold, Reply};
use crate::model::{EventKind, Hold, InstanceId};

impl Entry {
    /// The hold that ends last.
    pub(super) fn last_hold(&self) -> Option<&Hold> {
        self.record.holds.last()
    }
}

impl Book {
    /// Holds an instance, besides those who hold it already.
    pub(super) fn put_hold(&mut self, put: &PutHold, now: Timestamp) -> Reply<InstanceId> {
        self.end_holds(put.id, now);
        let entry = self.instances.get_mut(&put.id).ok_or(Refusal::NoSuchInstance(put.id))?;
        let ttl = SignedDuration::try_from(put.ttl).unwrap_or(SignedDuration::MAX);
        let until = now.saturating_add(ttl).unwrap_or(Timestamp::MAX);
        let hold = Hold { by: put.by.to_string(), reason: put.reason.clone(), since: now, until };
        let holds = &mut entry.record.holds;
        let place = holds.partition_point(|other| other.until <= until);
        holds.insert(place, hold);
        let text = format!("held until {until}: {}", put.reason);
        self.hold_changed(put.id, &text, Some(put.by.to_string()), now);
        self.alarms.insert((until, Alarm::Hold(put.id)));
        // What was admitted and has not gone out does not go out any more.
        self.turn.withhold(put.id, Withheld::Held);
        Ok(put.id)
    }

    /// Releases an instance from one hold: of those of one holder, the one that ends first.
    pub(super) fn release(&mut self, release: &ReleaseHold, now: Timestamp) -> Reply<InstanceId> {
        let id = release.id;
        self.end_holds(id, now);
        let entry = self.instances.get_mut(&id).ok_or(Refusal::NoSuchInstance(id))?;
        let of = release.of.as_ref().unwrap_or(&release.by).to_string();
        let holds = &mut entry.record.holds;
        if holds.is_empty() {
            return Ok(id);
        }
        let Some(place) = holds.iter().position(|hold| hold.by == of) else {
            let holders: BTreeSet<_> = holds.iter().map(|hold| hold.by.as_str()).collect();
            let holders = holders.into_iter().collect::<Vec<_>>().join(", ");
            return Err(Refusal::HeldByOthers { of, holders });
        };
        holds.remove(place);
        let text = match holds.last() {
            Some(last) => format!(
                "a hold of {of} is released; it is held by {} until {} still",
                last.by, last.until
            ),
            None => format!("the hold of {of} is released"),
        };
        self.hold_changed(id, &text, Some(release.by.to_string()), now);
        Ok(id)
    }

    /// Ends the holds whose time is over.
    pub(super) fn end_holds(&mut self, id: InstanceId, now: Timestamp) {
        let Some(entry) = self.instances.get_mut(&id) else { return };
        let over = entry.record.holds.partition_point(|hold| hold.until <= now);
        for hold in entry.record.holds.drain(..over).collect::<Vec<_>>() {
            let text = format!("the hold of {} has ended by its time limit", hold.by);
            self.hold_changed(id, &text, None, now);
        }
    }

    fn hold_changed(&mut self, id: InstanceId, text: &str, by: Option<String>, now: Timestamp) {
        let Some(entry) = self.instances.get_mut(&id) else { return };
        let line = Line::new(EventKind::Instance, text)
            .instance(id, &entry.record.host.clone())
            .incident(entry.incident.as_ref().map(|i| i.id));
        let line = match by {
            Some(by) => line.by(by),
            None => line,
        };
        entry.grace_from = Some(now);
        self.turn.write(id);
        self.note(now, line);
        self.judge_mismatches(&[id], now);
        self.make_passive(id, now);
    }
}
