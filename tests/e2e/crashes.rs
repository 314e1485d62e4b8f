//! The service is killed at random moments while its guests are being destroyed.

use std::thread;
use std::time::Duration;

use assured_lab::{Guest, GuestKind};
use fastrand::Rng;

use crate::record::Record;
use crate::rig::Service;
use crate::world::World;

const ROUNDS: usize = 10;
/// From the begin of a destroy to the repair's end, on a busy machine.
const WHOLE_REPAIR_MILLISECONDS: u64 = 1500;

#[test]
fn nothing_is_started_twice_by_a_service_that_is_killed_at_any_moment() {
    let Some(world) = World::new(&["kvm-1", "kvm-2"]) else { return };
    let seed = std::env::var("ASSURED_SEED").map_or_else(
        |_| fastrand::u64(..),
        |seed| seed.parse().expect("ASSURED_SEED must be a number"),
    );
    eprintln!("ASSURED_SEED={seed} repeats these moments");
    let mut rng = Rng::with_seed(seed);
    let guests: Vec<_> =
        (0..4).map(|n| world.running(n % 2, &format!("web-{n}"), GuestKind::Idle)).collect();
    let all: Vec<_> = guests.iter().collect();
    let mut service = world.site.start();
    service.adopt(&all);
    let mut expected = [1; 4];
    for round in 1..=ROUNDS {
        let mut hit: Vec<_> = (0..guests.len()).collect();
        rng.shuffle(&mut hit);
        hit.truncate(2);
        let moment = Duration::from_millis(rng.u64(0..WHOLE_REPAIR_MILLISECONDS));
        eprintln!("round {round}: destroys {hit:?}, kills the service after {moment:?}");
        thread::scope(|scope| {
            for guest in hit.iter().map(|&n| &guests[n]) {
                scope.spawn(move || guest.host().virsh(&["destroy", guest.name()]).unwrap());
            }
            // The moment is what is tried here: nothing is waited for.
            #[allow(clippy::disallowed_methods)]
            thread::sleep(moment);
            service.kill();
        });
        for &n in &hit {
            expected[n] += 1;
        }
        service = world.site.start();
        for (guest, starts) in guests.iter().zip(expected) {
            service.until_back(guest, "running/booted", starts);
        }
        assert_right(&world, &service, &all);
    }
    service.look_again(&all, 3);
    let starts: Vec<_> = guests.iter().map(|guest| guest.starts().unwrap()).collect();
    assert_eq!(starts, expected);
    assert_right(&world, &service, &all);
    service.kill();
    world.end();
}

/// The record at rest: nothing open, nothing half done, and a sound database.
#[track_caller]
fn assert_right(world: &World, service: &Service<'_>, guests: &[&Guest]) {
    service.until("the incidents to be closed", || {
        service.list("/api/v1/incidents", "state=open").is_empty()
    });
    for guest in guests {
        let instance = service.instance(guest);
        assert_eq!(instance["desired"]["state"], "running");
        assert_eq!(instance["desired"]["generation"], 1);
    }
    world.site.run(&["db", "check"]).done();
    let mut record = Record::open(&world.site);
    assert_eq!(record.count("SELECT count(*) AS n FROM attempts WHERE outcome IS NULL"), 0);
    assert_eq!(record.count("SELECT count(*) AS n FROM incidents WHERE closed_at IS NULL"), 0);
}
