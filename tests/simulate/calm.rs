//! With which hosts and instances nothing is wrong, and since when: there, looks have to go on, whatever
//! happens elsewhere.

use std::time::Duration;

use assured::faults::{self, Point, Rule};

use super::plan::{Plan, host_name};

/// Since when each host, and each seat, is calm.
pub struct Calm {
    hosts: Vec<Watch>,
    seats: Vec<Watch>,
    arbiter: Watch,
}

#[derive(Debug, Clone, Copy, Default)]
struct Watch {
    since: Duration,
    /// Whether a fault was armed at the last step that may have happened since.
    armed: bool,
}

impl Calm {
    pub fn new(hosts: usize, seats: usize) -> Self {
        let watches = |number| vec![Watch::default(); number];
        Self { hosts: watches(hosts), seats: watches(seats), arbiter: Watch::default() }
    }

    /// Something was done to a host.
    pub fn disturb(&mut self, host: usize, now: Duration) {
        self.hosts[host].since = now;
    }

    /// Something was done to a domain that looks may miss.
    pub fn disturb_seat(&mut self, seat: usize, now: Duration) {
        self.seats[seat].since = now;
    }

    /// Since when nothing is wrong with a host.
    pub fn host(&self, host: usize) -> Duration {
        self.hosts[host].since
    }

    /// Since when nothing is wrong with a domain.
    pub fn seat(&self, seat: usize) -> Duration {
        self.seats[seat].since
    }

    /// Since when nothing is wrong with the arbiter and its database.
    pub fn arbiter(&self) -> Duration {
        self.arbiter.since
    }

    /// A fault that is armed may happen at any time. Those of the arbiter and of the database disturb no
    /// look (N9, N14).
    pub fn note(&mut self, now: Duration, plan: &Plan) {
        let rules = faults::armed();
        let root =
            rules.iter().any(|rule| matches!(rule.point, Point::RootChildExit | Point::RootReload));
        let named = |name: &str| rules.iter().any(|rule: &Rule| rule.name.as_deref() == Some(name));
        let central = |rule: &Rule| {
            ["arbiter.", "store.", "root."].iter().any(|of| rule.point.as_str().starts_with(of))
        };
        self.arbiter.note(now, rules.iter().any(central));
        for (number, watch) in self.hosts.iter_mut().enumerate() {
            watch.note(now, named(&host_name(number)) || root);
        }
        for (seat, watch) in plan.shape.seats.iter().zip(&mut self.seats) {
            watch.note(now, named(&seat.name));
        }
    }
}

impl Watch {
    fn note(&mut self, now: Duration, armed: bool) {
        if std::mem::replace(&mut self.armed, armed) || armed {
            self.since = now;
        }
    }
}
