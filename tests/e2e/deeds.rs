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

    /// The incidents of a guest, the oldest first: what was seen, how it ended, and after how many attempts.
    #[track_caller]
    pub fn incidents(&self, guest: &Guest) -> Vec<(String, String, u64)> {
        let mut found = self.list("/api/v1/incidents", &format!("instance={}", guest.uuid()));
        found.sort_by_key(|incident| incident["id"].as_u64());
        let tell = |i: &Value| {
            let end = i["resolution"].as_str().unwrap_or("open").to_owned();
            (seen(&i["observed"]), end, i["attempts"].as_u64().unwrap())
        };
        found.iter().map(tell).collect()
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
        });
        assert_eq!(guest.starts().unwrap(), starts, "{}", guest.name());
    }
}

/// Asserts what was done with a guest, and what became of its incidents.
#[track_caller]
pub fn assert_story(
    service: &Service<'_>,
    guest: &Guest,
    deeds: &[&str],
    incidents: &[(&str, &str, u64)],
) {
    assert_eq!(service.deeds(guest), deeds, "{}", guest.name());
    let found = service.incidents(guest);
    let found: Vec<_> = found.iter().map(|(s, e, n)| (s.as_str(), e.as_str(), *n)).collect();
    assert_eq!(found, incidents, "{}", guest.name());
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn seen(value: &Value) -> String {
    format!("{}/{}", text(&value["state"]), text(&value["reason"]))
}
