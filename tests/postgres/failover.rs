//! The process that acts is killed in the midst of repairs on real hosts: the standby ends them, and nothing is
//! started twice.

use std::time::Instant;

use assured_lab::{Guest, GuestKind, GuestSpec, Host, Lab, Postgres, leftovers_of, wait_until};
use rustix::process::Signal;

use crate::service::{Service, Site};
use crate::{SOON, TAKEOVER};

const HOSTS: usize = 2;
const GUESTS: usize = 6;

/// When the acting process is killed, after the guests' QEMUs have died.
#[derive(Debug, Clone, Copy)]
enum When {
    /// At once: nobody knows yet.
    AtOnce,
    /// A start is on its way to a host.
    Sending,
    /// A QEMU is there again, and its start perhaps not recorded.
    Started,
}

#[test]
fn what_was_begun_is_ended_by_who_takes_over_and_nothing_is_started_twice() {
    if assured_lab::is_left_out() {
        return;
    }
    let lab = Lab::new().unwrap();
    let hosts: Vec<Host> =
        (1..=HOSTS).map(|number| lab.host(&format!("kvm-{number}")).unwrap()).collect();
    let guests: Vec<Guest> = (0..GUESTS)
        .map(|number| {
            let spec = GuestSpec::new(format!("web-{number}"), GuestKind::Idle);
            let guest = hosts[number % HOSTS].guest(spec).unwrap();
            guest.start().unwrap();
            guest.wait_until_booted(SOON).unwrap();
            guest
        })
        .collect();
    let database = Postgres::shared().unwrap().database().unwrap();
    let configured = hosts.iter().map(|host| {
        format!("[[hosts]]\nid = '{}'\nuri = '{}'\nunmanaged = 'adopt'\n", host.id(), host.uri())
    });
    let site = Site::with(&database.url(), &configured.collect::<String>());

    let mut acting = site.start();
    until_in_sync(&mut acting);
    for (round, when) in [When::AtOnce, When::Sending, When::Started].into_iter().enumerate() {
        let mut standby = site.start();
        standby.until_logged("standby: ");
        // One guest of each host dies in each round.
        let dying = &guests[round * HOSTS..(round + 1) * HOSTS];
        dying.iter().for_each(|guest| guest.kill().unwrap());
        let is_time = || match when {
            When::AtOnce => true,
            When::Sending => acting.log().contains("command=start"),
            When::Started => dying.iter().any(|guest| guest.starts().unwrap() > 1),
        };
        wait_until(SOON, format!("{when:?}"), is_time).unwrap();
        acting.send(Signal::KILL);
        let killed = Instant::now();
        acting.wait();
        standby.until_serving();
        assert!(killed.elapsed() < TAKEOVER, "{when:?}: {:?}", killed.elapsed());
        until_in_sync(&mut standby);
        for (number, guest) in guests.iter().enumerate() {
            let expected = if number < (round + 1) * HOSTS { 2 } else { 1 };
            assert_eq!(guest.starts().unwrap(), expected, "{when:?}: {}", guest.name());
        }
        acting = standby;
    }
    acting.send(Signal::TERM);
    assert_eq!(acting.wait(), Some(0));
    drop(guests);
    drop(hosts);
    let id = lab.id().clone();
    drop(lab);
    assert_eq!(leftovers_of(&id).unwrap(), []);
}

/// Waits until all instances are as desired, no incident is open, and nothing is under way.
#[track_caller]
fn until_in_sync(service: &mut Service) {
    service.until_serving();
    let at_rest = || {
        let status = service.get("/api/v1/status");
        status["instances"]["in_sync"] == GUESTS
            && status["incidents"]["open"] == 0
            && status["actions"]["in_flight"] == 0
    };
    let waited = wait_until(SOON, "all to be as desired", at_rest);
    waited.unwrap_or_else(|error| panic!("{error}:\n{}", service.log()));
}
