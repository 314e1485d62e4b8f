//! What must be true once everything has come to rest.

use std::fmt;

use serde_json::Value;

use crate::record::{Attempt, attempts};
use crate::service::Service;
use crate::world::{PATIENCE, Started, World, host_name};

/// What was counted, for the reader.
#[derive(Debug, Default)]
pub struct Tally {
    pub attempts: usize,
    pub starts: usize,
    pub ended: usize,
    pub uncertain: usize,
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { attempts, starts, ended, uncertain } = self;
        write!(
            out,
            "{ended} ends of guests, {attempts} attempts ({uncertain} with an uncertain end), {starts} starts of QEMU"
        )
    }
}

/// All of it. A failure tells everything that is wrong, not only the first.
pub fn check(world: &World, service: &Service) -> Tally {
    world.eyes.look_again();
    let mut flaws = world.eyes.flaws();
    let all: Vec<Value> = service.list("/api/v1/instances");
    for guest in 0..world.guests.len() {
        flaws.extend(misplaced(world, guest, &all));
    }
    // What is not at rest would go on starting: nothing is started any more in two further rounds of looks.
    let before: Vec<usize> = (0..world.guests.len()).map(|guest| world.starts(guest)).collect();
    let rounds = looks(service);
    service.until("further looks", PATIENCE, || {
        looks(service).iter().zip(&rounds).all(|(now, then)| now > then)
    });
    let after: Vec<usize> = (0..world.guests.len()).map(|guest| world.starts(guest)).collect();
    if before != after {
        flaws.push(format!("starts while all was at rest: {before:?}, then {after:?}"));
    }

    let attempts = attempts(&service.database());
    let mut tally = Tally::default();
    for (guest, (all, made)) in world.guests.iter().zip(after.iter().zip(&world.started)) {
        let id = guest.uuid().to_string();
        let story = Story {
            name: guest.name(),
            all: *all,
            made: *made,
            attempts: attempts.iter().filter(|a| a.instance == id).collect(),
        };
        flaws.extend(story.unexplained());
        tally.attempts += story.attempts.len();
        tally.starts += story.all;
        tally.ended += story.made.ended;
        tally.uncertain += story.uncertain();
    }
    let open = service.list("/api/v1/incidents?state=open");
    if !open.is_empty() {
        flaws.push(format!("incidents are open: {open:#?}"));
    }
    service.run(&["db", "check"]);
    assert!(flaws.is_empty(), "{}\n{}", flaws.join("\n"), service.end_of_log());
    tally
}

/// When each instance was looked at last.
fn looks(service: &Service) -> Vec<String> {
    let all = service.list("/api/v1/instances");
    all.iter().map(|i| i["observed"]["at"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Each guest has one QEMU, on the host that the record names, and is still desired as it was in the beginning.
fn misplaced(world: &World, guest: usize, all: &[Value]) -> Vec<String> {
    let own = &world.guests[guest];
    let Some(shown) = all.iter().find(|i| i["id"] == own.uuid().to_string()) else {
        return vec![format!("{} is not shown", own.name())];
    };
    let mut flaws = Vec::new();
    let qemus = world.eyes.qemus_of(own.uuid());
    let places: Vec<_> = qemus.iter().map(|qemu| host_name(qemu.host)).collect();
    if places.len() != 1 || shown["host"] != *places[0] {
        flaws.push(format!("{} runs on {places:?}, on record is {}", own.name(), shown["host"]));
    }
    let desired = (&shown["desired"]["state"], &shown["desired"]["generation"]);
    if *desired.0 != "running" || *desired.1 != 1 {
        flaws.push(format!("{}: what is desired was changed: {}", own.name(), shown["desired"]));
    }
    if shown["observed"]["state"] != "running" || shown["observed"]["stale"] != false {
        flaws.push(format!("{} is seen as {}", own.name(), shown["observed"]));
    }
    flaws
}

/// What is known of the QEMUs of one guest.
struct Story<'a> {
    name: &'a str,
    /// How many the hosts have started.
    all: usize,
    /// What the chaos did.
    made: Started,
    /// What the service tried.
    attempts: Vec<&'a Attempt>,
}

impl Story<'_> {
    /// How many starts ended in one of these ways.
    fn starts(&self, ends: &[&str]) -> usize {
        let starts = self.attempts.iter().filter(|attempt| attempt.command == "start");
        starts.filter(|a| ends.contains(&a.outcome.as_deref().unwrap_or("none"))).count()
    }

    /// Each may be a QEMU or none: the service did not hear how it ended.
    fn uncertain(&self) -> usize {
        self.starts(&["failed", "timed_out", "interrupted", "none"])
    }

    /// Each QEMU that was ever started is explained, and each attempt has a reason.
    ///
    /// An attempt that is recorded as done is one QEMU; one whose end the service did not hear may be one. A guest that runs
    /// in the end was ended once less than it was started: so there are no more starts by the service than ends by the chaos,
    /// besides those that did not work.
    fn unexplained(&self) -> Vec<String> {
        let Self { name, all, made, attempts } = self;
        let mut flaws = Vec::new();
        for attempt in attempts {
            // A migration that was broken off may leave its guest paused.
            if attempt.command != "start" && attempt.command != "resume" {
                flaws.push(format!("{name}: the policy explains no {attempt:?}"));
            }
            if attempt.incident.is_none() || attempt.outcome.is_none() {
                flaws.push(format!("{name}: without an incident or an outcome: {attempt:?}"));
            }
        }
        let (done, uncertain) = (self.starts(&["done"]), self.uncertain());
        let least = made.surely + done;
        let most = least + made.perhaps + uncertain;
        if !(least..=most).contains(all) {
            flaws.push(format!(
                "{name}: the hosts have started {all} QEMUs; explained are {least} to {most}: {made:?}, {attempts:?}"
            ));
        }
        if done > made.ended + made.perhaps + uncertain {
            flaws.push(format!("{name}: more starts than ends: {made:?}, {attempts:?}"));
        }
        flaws
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(outcome: &str) -> Attempt {
        let (instance, command) = (String::new(), "start".to_owned());
        Attempt { instance, command, outcome: Some(outcome.to_owned()), incident: Some(1) }
    }

    fn flaws(all: usize, made: Started, ends: &[&str]) -> usize {
        let attempts: Vec<Attempt> = ends.iter().map(|end| start(end)).collect();
        let attempts = attempts.iter().collect();
        Story { name: "web", all, made, attempts }.unexplained().len()
    }

    #[test]
    fn a_start_needs_an_attempt_and_an_attempt_an_end() {
        let made = |surely, perhaps, ended| Started { surely, perhaps, ended };
        assert_eq!(flaws(1, made(1, 0, 0), &[]), 0);
        assert_eq!(flaws(2, made(1, 0, 1), &["done"]), 0);
        assert_eq!(flaws(4, made(2, 0, 2), &["done", "withdrawn", "done", "already_there"]), 0);
        assert_eq!(flaws(2, made(1, 0, 1), &[]), 1, "a start that nobody tried");
        assert_eq!(flaws(1, made(1, 0, 1), &["done"]), 1, "done, but no QEMU");
        assert_eq!(flaws(2, made(1, 0, 0), &["done"]), 1, "nothing had ended");
        assert_eq!(flaws(3, made(2, 0, 0), &["done"]), 1, "a move is no reason to start");
        for all in [2, 3] {
            assert_eq!(flaws(all, made(1, 0, 2), &["failed", "done"]), 0, "not certain");
        }
        assert_eq!(flaws(4, made(1, 0, 2), &["failed", "done"]), 1);
        assert_eq!(flaws(2, made(1, 1, 0), &[]), 0, "a migration that failed");
    }

    #[test]
    fn what_the_policy_does_not_say_is_a_flaw() {
        let destroy = Attempt { command: "destroy".to_owned(), ..start("done") };
        let without = Attempt { incident: None, ..start("withdrawn") };
        for attempt in [destroy, without] {
            let made = Started { surely: 1, perhaps: 0, ended: 1 };
            let story = Story { name: "web", all: 1, made, attempts: vec![&attempt] };
            assert_eq!(story.unexplained().len(), 1, "{attempt:?}");
        }
    }
}
