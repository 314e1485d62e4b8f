//! A host that hangs disturbs nobody: what ends on the others is found and repaired as if nothing was. How fast, the
//! benchmark `whole` measures (`hang`); here only counts are asserted.

use assured_lab::Host;

use crate::one_at_a_time;
use crate::play::POLICY;
use crate::record::attempts;
use crate::service::Service;
use crate::world::{Daemon, PATIENCE, World};

const HOSTS: usize = 3;
const ROUNDS: usize = 4;

#[test]
fn what_ends_on_two_hosts_is_started_once_each_while_the_third_hangs() {
    if assured_lab::is_left_out() {
        return;
    }
    let _turn = one_at_a_time();
    let mut world = World::new(HOSTS, HOSTS);
    let hosts: Vec<Host> = world.hosts().cloned().collect();
    let hosts: Vec<&Host> = hosts.iter().collect();
    let service = Service::start(world.folder(), &hosts, POLICY);
    service.adopt(&hosts);
    service.until("all to be in sync", PATIENCE, || service.is_at_rest(HOSTS));
    let (third, mut starts) = (HOSTS - 1, 1);
    for round in 0..ROUNDS {
        let hangs = round % 2 == 1;
        if hangs {
            hosts[third].hang_daemon().unwrap();
            world.machines[third].daemon = Daemon::Hangs;
        }
        // Twice: before the service knows of the host that hangs, and after.
        for known in [false, true] {
            if hangs && known {
                service.until("the host to be unreachable", PATIENCE, || {
                    service.host_state(hosts[third]) == "unreachable"
                });
            }
            for guest in &world.guests[..third] {
                guest.host().virsh(&["destroy", guest.name()]).unwrap();
            }
            starts += 1;
            for guest in 0..third {
                let path = format!("/api/v1/instances/{}", world.guests[guest].uuid());
                service.until("it to run again", PATIENCE, || {
                    world.starts(guest) >= starts && service.get(&path)["status"] == "in_sync"
                });
                assert_eq!(world.starts(guest), starts, "round {round}");
            }
        }
        world.heal();
        service.until("all to be in sync", PATIENCE, || service.is_at_rest(HOSTS));
    }
    let attempts = attempts(&service.database());
    for (number, guest) in world.guests.iter().enumerate() {
        let own = attempts.iter().filter(|a| a.instance == guest.uuid().to_string());
        let ends: Vec<_> = own.map(|a| (a.command.as_str(), a.outcome.as_deref())).collect();
        let expected = if number == third { 0 } else { 2 * ROUNDS };
        assert_eq!(ends, vec![("start", Some("done")); expected], "{}", guest.name());
        assert_eq!(world.starts(number), 1 + expected);
    }
    assert_eq!(world.eyes.flaws(), [""; 0]);
    drop(service);
    world.end();
}
