//! A lab with a service's folder beside it, and what has to be true when both are gone.

use assured_lab::{Guest, GuestKind, GuestSpec, Host, Lab, leftovers_of};
use serde_json::json;

use crate::rig::{SOON, Service};
use crate::site::Site;

/// Real hosts, and a service for them.
pub struct World {
    pub site: Site,
    pub hosts: Vec<Host>,
    lab: Lab,
}

impl World {
    /// Hosts of these names; none where the lab is off, which is said loudly.
    pub fn new(names: &[&str]) -> Option<Self> {
        if assured_lab::is_left_out() {
            return None;
        }
        let lab = Lab::new().unwrap();
        let hosts: Vec<_> = names.iter().map(|name| lab.host(name).unwrap()).collect();
        Some(Self { site: Site::new(&hosts), hosts, lab })
    }

    /// A guest that is off.
    pub fn guest(&self, host: usize, name: &str, kind: GuestKind) -> Guest {
        self.hosts[host].guest(GuestSpec::new(name, kind)).unwrap()
    }

    /// A guest that runs, its own code included.
    pub fn running(&self, host: usize, name: &str, kind: GuestKind) -> Guest {
        let guest = self.guest(host, name, kind);
        guest.start().unwrap();
        guest.wait_until_booted(SOON).unwrap();
        guest
    }

    /// Takes everything down: nothing of the lab is left, no process among others.
    pub fn end(self) {
        let id = self.lab.id().clone();
        drop(self);
        assert_eq!(leftovers_of(&id).unwrap(), []);
    }
}

impl Service<'_> {
    /// Puts guests under the service's care, desired as they are.
    #[track_caller]
    pub fn adopt(&self, guests: &[&Guest]) {
        for guest in guests {
            let path = format!("/api/v1/hosts/{}/adopt", guest.host().id());
            self.order("POST", &path, &json!({ "domains": [guest.uuid()] }));
        }
        self.until("the guests to be in sync", || {
            guests.iter().all(|guest| self.status(guest) == "in_sync")
        });
    }

    /// Puts a guest under the service's care, desired running by this policy.
    #[track_caller]
    pub fn add(&self, guest: &Guest, policy: &str) {
        let body = json!({
            "name": guest.name(), "host": guest.host().id(), "desired": "running", "policy": policy,
        });
        self.order("POST", "/api/v1/instances", &body);
    }

    /// Says what a guest is supposed to be.
    #[track_caller]
    pub fn desire(&self, guest: &Guest, state: &str) {
        let path = format!("/api/v1/instances/{}/desired", guest.uuid());
        self.order("PUT", &path, &json!({ "state": state }));
    }
}
