//! Everything that happens to a guest in a machine room, and the answer to it: two hosts, six guests, one service.

use assured_lab::{Guest, GuestKind, OnCrash};

use crate::deeds::{assert_story, text};
use crate::rig::Service;
use crate::world::World;

/// The guests, by what is done to them.
struct Fleet {
    /// Listens to its power button.
    web: Guest,
    /// Listens to its power button, too.
    shop: Guest,
    /// Does not listen.
    batch: Guest,
    /// Does not listen.
    cache: Guest,
    /// Powers itself off, after a while.
    owners: Guest,
    /// Panics after a while, each time that it is started.
    broken: Guest,
}

impl Fleet {
    fn new(world: &World) -> Self {
        let panic = GuestKind::Panic { ticks: 180, on_crash: OnCrash::Preserve };
        Self {
            web: world.running(0, "web-1", GuestKind::Button),
            shop: world.running(1, "shop-1", GuestKind::Button),
            batch: world.running(0, "batch-1", GuestKind::Idle),
            cache: world.running(1, "cache-1", GuestKind::Idle),
            owners: world.guest(0, "owners-1", GuestKind::Poweroff { ticks: 180 }),
            broken: world.guest(1, "broken-1", panic),
        }
    }

    fn all(&self) -> [&Guest; 6] {
        [&self.web, &self.shop, &self.batch, &self.cache, &self.owners, &self.broken]
    }
}

#[test]
fn whatever_happens_to_a_guest_is_answered_as_the_policy_says() {
    let Some(world) = World::new(&["kvm-1", "kvm-2"]) else { return };
    let fleet = Fleet::new(&world);
    let service = world.site.start();
    service.adopt(&[&fleet.web, &fleet.shop, &fleet.batch, &fleet.cache]);
    // These end by themselves after ten seconds, so they are started when they are looked after.
    for (guest, policy) in [(&fleet.owners, "default"), (&fleet.broken, "once")] {
        guest.start().unwrap();
        service.add(guest, policy);
        service.until_back(guest, "running/booted", 1);
    }
    behind_its_back(&service, &fleet);
    by_themselves(&service, &fleet);
    by_order(&service, &fleet);
    a_managed_save_is_restored(&service, &fleet);
    a_restart_of_the_daemons_is_no_reason_for_anything(&service, &world, &fleet);
    service.kill();
    world.end();
}

/// Destroyed, suspended, killed and terminated, all at once.
fn behind_its_back(service: &Service<'_>, fleet: &Fleet) {
    let Fleet { web, shop, batch, cache, .. } = fleet;
    web.host().virsh(&["destroy", web.name()]).unwrap();
    shop.host().virsh(&["suspend", shop.name()]).unwrap();
    batch.kill().unwrap();
    cache.term().unwrap();
    service.until_back(web, "running/booted", 2);
    service.until_back(batch, "running/booted", 2);
    service.until_back(cache, "running/booted", 2);
    service.until_back(shop, "running/unpaused", 1);
    service.look_again(&[web, shop, batch, cache], 2);
    for (guest, seen, deed) in [
        (web, "shutoff/destroyed", "start"),
        (batch, "shutoff/crashed", "start"),
        (cache, "shutoff/terminated", "start"),
        (shop, "paused/user", "resume"),
    ] {
        service.first_seen(guest, seen);
        assert_story(service, guest, &[deed], &[("repaired", 1)]);
    }
    let waited =
        service.first_written(shop, "attempt", "resume") - service.first_seen(shop, "paused/user");
    assert!(waited >= 2.0, "resumed {waited} s after it was paused, within its grace");
}

/// The guest that powers itself off has its way; the one that panics is restarted as often as its budget allows.
fn by_themselves(service: &Service<'_>, fleet: &Fleet) {
    let Fleet { owners, broken, .. } = fleet;
    service.until_back(owners, "shutoff/shutdown", 1);
    service.until("the accept", || service.instance(owners)["desired"]["state"] == "shutoff");
    assert_eq!(service.instance(owners)["desired"]["by"], "accept:shutdown");
    assert_story(service, owners, &[], &[("accepted", 0)]);
    let waited = service.first_written(owners, "desired", "shutoff is desired")
        - service.first_seen(owners, "shutoff/shutdown");
    assert!(waited >= 3.0, "accepted {waited} s after it was seen, within its grace");

    // It was restarted, ran, and has panicked again.
    service.until("the spent budget", || service.status(broken) == "given_up");
    service.look_again(&[owners, broken], 2);
    assert_eq!(service.observed(broken), "crashed/panicked");
    assert_eq!((owners.starts().unwrap(), broken.starts().unwrap()), (1, 2));
    assert_story(service, broken, &["restart"], &[("repaired", 1), ("open", 0)]);
}

/// A guest that listens to its power button shuts itself down; one that does not is destroyed.
fn by_order(service: &Service<'_>, fleet: &Fleet) {
    let Fleet { shop, cache, .. } = fleet;
    service.desire(shop, "shutoff");
    service.desire(cache, "shutoff");
    service.until_back(shop, "shutoff/shutdown", 1);
    service.until_back(cache, "shutoff/destroyed", 2);
    service.look_again(&[shop, cache], 2);
    // What the service did itself is no incident: these are of what happened before.
    assert_story(service, shop, &["resume", "shutdown"], &[("repaired", 1)]);
    assert_story(service, cache, &["start", "shutdown", "destroy"], &[("repaired", 1)]);
}

fn a_managed_save_is_restored(service: &Service<'_>, fleet: &Fleet) {
    let web = &fleet.web;
    web.host().virsh(&["managedsave", web.name()]).unwrap();
    service.until_back(web, "running/restored", 3);
    service.look_again(&[web], 2);
    service.first_seen(web, "shutoff/saved");
    assert_story(service, web, &["start", "start"], &[("repaired", 1), ("repaired", 1)]);
}

fn a_restart_of_the_daemons_is_no_reason_for_anything(
    service: &Service<'_>,
    world: &World,
    fleet: &Fleet,
) {
    let record = || {
        let of = |guest: &Guest| {
            let (events, starts) = (service.events(guest), guest.starts().unwrap());
            let instance = service.instance(guest);
            (events, starts, instance["desired"].clone(), instance["status"].clone())
        };
        fleet.all().map(of)
    };
    let before = record();
    for host in &world.hosts {
        let state = || text(&service.get(&format!("/api/v1/hosts/{}", host.id()))["state"]);
        host.stop_daemon().unwrap();
        service.until("the host to be unreachable", || state() == "unreachable");
        host.start_daemon().unwrap();
        service.until("the host to be up", || state() == "up");
    }
    service.look_again(&fleet.all(), 3);
    for (before, after) in before.iter().zip(record()) {
        assert_eq!(before.0.len(), after.0.len(), "{:#?}", &after.0[before.0.len()..]);
        assert_eq!(*before, after);
    }
}
