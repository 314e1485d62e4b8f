//! What a service did with a guest, as its interface tells it.

use assured_lab::Guest;
use serde_json::Value;

use crate::rig::Service;

impl Service<'_> {
    #[track_caller]
    pub fn instance(&self, guest: &Guest) -> Value {
        self.get(&format!("/api/v1/instances/{}", guest.uuid()))
    }

    #[track_caller]
    pub fn status(&self, guest: &Guest) -> String {
        text(&self.instance(guest)["status"])
    }

    /// What was seen last, as `state/reason`.
    #[track_caller]
    pub fn observed(&self, guest: &Guest) -> String {
        seen(&self.instance(guest)["observed"])
    }

    /// Everything that the audit log tells of a guest, the oldest first.
    #[track_caller]
    pub fn events(&self, guest: &Guest) -> Vec<Value> {
        self.list("/api/v1/events", &format!("instance={}", guest.uuid()))
    }

    /// The actions that were sent to a guest's host, in their order. Each intent has its outcome.
    #[track_caller]
    pub fn deeds(&self, guest: &Guest) -> Vec<String> {
        let events = self.events(guest);
        let attempts = events.iter().filter(|event| event["kind"] == "attempt").count();
        let outcomes: Vec<_> = events.iter().filter(|event| event["kind"] == "outcome").collect();
        assert_eq!(attempts, outcomes.len(), "{events:#?}");
        let sent = outcomes.iter().filter(|event| event["detail"]["outcome"] != "withdrawn");
        sent.map(|event| text(&event["detail"]["command"])).collect()
    }

    /// How each incident of a guest ended, the oldest first, and after how many attempts.
    ///
    /// What was seen first is left out: libvirt shows what is on its way, too (`shutdown`, `paused/save`), for a moment.
    #[track_caller]
    pub fn ends(&self, guest: &Guest) -> Vec<(String, u64)> {
        let mut found = self.list("/api/v1/incidents", &format!("instance={}", guest.uuid()));
        found.sort_by_key(|incident| incident["id"].as_u64());
        let end = |incident: &Value| {
            let end = incident["resolution"].as_str().unwrap_or("open").to_owned();
            (end, incident["attempts"].as_u64().unwrap())
        };
        found.iter().map(end).collect()
    }

    /// When the look was made that first found a guest so, in seconds.
    #[track_caller]
    pub fn first_seen(&self, guest: &Guest, condition: &str) -> f64 {
        seconds(&self.first(guest, "observed", condition)["detail"]["looked_at"])
    }

    /// When the first event of a kind was written that begins so, in seconds.
    #[track_caller]
    pub fn first_written(&self, guest: &Guest, kind: &str, begin: &str) -> f64 {
        seconds(&self.first(guest, kind, begin)["at"])
    }

    #[track_caller]
    fn first(&self, guest: &Guest, kind: &str, begin: &str) -> Value {
        let events = self.events(guest);
        let is = |e: &&Value| e["kind"] == *kind && text(&e["text"]).starts_with(begin);
        let event = events.iter().find(is);
        event.unwrap_or_else(|| panic!("no {kind} {begin:?} in {events:#?}")).clone()
    }

    /// Waits until each guest was looked at so many times more: what is to happen would have happened by then.
    #[track_caller]
    pub fn look_again(&self, guests: &[&Guest], times: usize) {
        for _ in 0..times {
            let at = |guest: &&Guest| text(&self.instance(guest)["observed"]["at"]);
            let before: Vec<_> = guests.iter().map(at).collect();
            self.until("further looks", || {
                guests.iter().zip(&before).all(|(guest, before)| at(guest) > *before)
            });
        }
    }

    /// Waits until a guest is as desired, seen so, with this many starts behind it.
    #[track_caller]
    pub fn until_back(&self, guest: &Guest, seen: &str, starts: usize) {
        self.until(&format!("{} to be {seen} after {starts} starts", guest.name()), || {
            guest.starts().unwrap() >= starts
                && self.observed(guest) == seen
                && self.status(guest) == "in_sync"
                && self.instance(guest)["incident"].is_null()
        });
        assert_eq!(guest.starts().unwrap(), starts, "{}", guest.name());
    }
}

/// Asserts what was done with a guest, and how each of its incidents ended, after how many attempts.
#[track_caller]
pub fn assert_story(service: &Service<'_>, guest: &Guest, deeds: &[&str], ends: &[(&str, u64)]) {
    assert_eq!(service.deeds(guest), deeds, "{}", guest.name());
    let found = service.ends(guest);
    let found: Vec<_> = found.iter().map(|(end, attempts)| (end.as_str(), *attempts)).collect();
    assert_eq!(found, ends, "{}", guest.name());
}

/// A time in an answer, in seconds.
pub fn seconds(value: &Value) -> f64 {
    let at: jiff::Timestamp = text(value).parse().unwrap();
    at.as_duration().as_secs_f64()
}

/// A text in an answer; empty where it is null.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn seen(value: &Value) -> String {
    format!("{}/{}", text(&value["state"]), text(&value["reason"]))
}
