//! The alarm that needs no cancelling, in an actor that restarts in place.

use std::{cell::RefCell, rc::Rc};

use tokio::time::Instant;

use super::*;

/// Notes when its alarm rings, in seconds since the start of the test.
struct Sleeper {
    alarm: Alarm,
    begin: Instant,
    rang: Rc<RefCell<Vec<u64>>>,
    /// How often what `started` spawns has run.
    spawned: Rc<Cell<u32>>,
}

impl Actor for Sleeper {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.alarm.install(ctx, |act, _| {
            act.rang.borrow_mut().push(act.begin.elapsed().as_secs());
        });
        let first = tokio::time::sleep(secs(1)).into_actor(self);
        ctx.spawn(first.map(|(), act, _| act.spawned.set(act.spawned.get() + 1)));
    }
}

impl Supervised for Sleeper {}

#[derive(Message)]
#[rtype(result = "()")]
enum Set {
    In(u64),
    Never,
    /// Many times in one turn, which then panics.
    AndPanic,
}

impl Handler<Set> for Sleeper {
    type Result = ();

    fn handle(&mut self, set: Set, _: &mut Self::Context) {
        match set {
            Set::In(n) => self.alarm.set(Some(Instant::now() + secs(n))),
            Set::Never => self.alarm.set(None),
            Set::AndPanic => {
                for n in 1..10 {
                    self.alarm.set(Some(Instant::now() + secs(n)));
                }
                panic::panic_any(BOOM);
            }
        }
    }
}

struct Scene {
    address: Addr<Sleeper>,
    rang: Rc<RefCell<Vec<u64>>>,
    spawned: Rc<Cell<u32>>,
    _child: Child,
}

fn scene() -> Scene {
    let (rang, spawned) = (Rc::default(), Rc::default());
    let sleeper = Sleeper {
        alarm: Alarm::default(),
        begin: Instant::now(),
        rang: Rc::clone(&rang),
        spawned: Rc::clone(&spawned),
    };
    let parent = Witness::default().start();
    let spec = InPlaceSpec {
        limit: Limit { restarts: 9, window: secs(60) },
        delay: DelaySpec::default(),
        observer: parent.clone().recipient(),
    };
    let (address, _child) = start_in_place(link(1, 1, &parent), spec, |_, _| sleeper);
    Scene { address, rang, spawned, _child }
}

#[test]
fn it_rings_at_the_time_that_was_set_last() {
    run(async {
        let Scene { address, rang, _child, .. } = scene();
        for set in [Set::In(10), Set::In(5), Set::In(20)] {
            address.do_send(set);
        }
        pass(19_000).await;
        assert!(rang.borrow().is_empty());
        pass(3_000).await;
        assert_eq!(*rang.borrow(), [20]);
        address.do_send(Set::In(5));
        address.do_send(Set::Never);
        pass(60_000).await;
        assert_eq!(*rang.borrow(), [20]);
        address.do_send(Set::In(0));
        pass(1_000).await;
        assert_eq!(*rang.borrow(), [20, 82]);
    });
}

#[test]
fn set_in_the_turn_that_panicked_it_hits_nothing_of_the_next_life() {
    run(async {
        let Scene { address, rang, spawned, _child } = scene();
        address.do_send(Set::In(3));
        pass(1_500).await;
        address.do_send(Set::AndPanic);
        pass(60_000).await;
        assert_eq!(spawned.get(), 2, "what the next life spawns first runs");
        assert!(rang.borrow().is_empty(), "an alarm ends with its life");
        address.do_send(Set::In(2));
        pass(5_000).await;
        assert_eq!(rang.borrow().len(), 1);
    });
}

/// The same actor in actix's own way.
struct Canceller {
    timer: Option<actix::SpawnHandle>,
    spawned: Rc<Cell<u32>>,
}

impl Actor for Canceller {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let first = tokio::time::sleep(secs(1)).into_actor(self);
        let first = ctx.spawn(first.map(|(), act, _| act.spawned.set(act.spawned.get() + 1)));
        self.timer = Some(first);
    }
}

impl Supervised for Canceller {}

impl Handler<Do> for Canceller {
    type Result = u32;

    fn handle(&mut self, _: Do, ctx: &mut Self::Context) -> u32 {
        if let Some(timer) = self.timer.take() {
            #[allow(clippy::disallowed_methods)] // what is shown here
            ctx.cancel_future(timer);
        }
        panic::panic_any(BOOM)
    }
}

/// Should this fail, then actix has mended it, and the alarm is not needed any more.
#[test]
fn a_handle_that_is_cancelled_in_the_turn_that_panics_hits_the_next_life() {
    run(async {
        let spawned = Rc::<Cell<u32>>::default();
        let canceller = Canceller { timer: None, spawned: Rc::clone(&spawned) };
        let parent = Witness::default().start();
        let spec = InPlaceSpec {
            limit: Limit { restarts: 9, window: secs(60) },
            delay: DelaySpec::default(),
            observer: parent.clone().recipient(),
        };
        let (address, _child) = start_in_place(link(1, 1, &parent), spec, |_, _| canceller);
        pass(1_500).await;
        address.do_send(Do::Panic);
        pass(60_000).await;
        assert_eq!(spawned.get(), 1);
    });
}
