//! The eyes see a guest that runs twice.

use assured_lab::GuestKind::Idle;
use assured_lab::{GuestSpec, wait_until};

use crate::one_at_a_time;
use crate::world::{PATIENCE, World};

#[test]
fn a_guest_that_runs_twice_is_seen() {
    if assured_lab::is_left_out() {
        return;
    }
    let _turn = one_at_a_time();
    let world = World::new(2, 2);
    let own = &world.guests[0];
    world.eyes.look_again();
    assert_eq!((world.eyes.place_of(own.uuid()), world.eyes.flaws().len()), (Some(0), 0));
    // A copy with an image of its own: QEMU does not let two have one.
    let spec = GuestSpec { uuid: own.uuid(), ..GuestSpec::new("copy", Idle) };
    let copy = world.machines[1].host.guest(spec).unwrap();
    // Being moved is a reason for two only where one is made to take in the other.
    world.eyes.begin_move(own.uuid(), 0, 1);
    copy.start().unwrap();
    let seen = || !world.eyes.flaws().is_empty();
    wait_until(PATIENCE, "it to be seen", seen).unwrap();
    copy.kill().unwrap();
    own.kill().unwrap();
    world.eyes.look_again();
    assert_eq!(world.eyes.place_of(own.uuid()), None);
    assert_eq!(world.eyes.seen().qemus, 3);
    world.end();
}
