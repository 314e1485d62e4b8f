//! What the tests of this room share: a system on paused time, an actor that misbehaves where it is
//! told to, and a witness of exits. Nothing here waits in real time.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod alarm;
mod beat;
mod book;
mod hooks;
mod in_place;
mod tree;
mod watchdog;
mod window;

use std::{
    cell::{Cell, RefCell},
    future::Future,
    panic,
    rc::Rc,
    sync::Once,
    time::Duration,
};

use actix::{
    Actor, ActorContext, ActorFutureExt, Addr, AsyncContext, Context, Handler, Message, Running,
    Supervised, System, WrapFuture,
};

use super::*;

/// Panics with this text are expected and not printed.
const BOOM: &str = "boom (expected)";

/// Runs on an actix system whose time is paused.
fn run<T>(test: impl Future<Output = T>) -> T {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if info.payload().downcast_ref::<&str>() != Some(&BOOM) {
                loud(info);
            }
        }));
    });
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(true).build().unwrap()
    };
    System::with_tokio_rt(runtime).block_on(test)
}

async fn pass(millis: u64) {
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn panicked() -> Exit {
    Exit::Panicked(BOOM.to_owned())
}

/// What happened, in order.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    fn say(&self, text: impl Into<String>) {
        self.0.borrow_mut().push(text.into());
    }

    fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

/// Counts the living.
#[derive(Clone, Default)]
struct Census(Rc<Cell<i64>>);

struct Living(Census);

impl Census {
    fn enter(&self) -> Living {
        self.0.set(self.0.get() + 1);
        Living(self.clone())
    }

    fn count(&self) -> i64 {
        self.0.get()
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        let Census(count) = &self.0;
        count.set(count.get() - 1);
    }
}

/// Where an actor panics.
#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    Nowhere,
    Make,
    Started,
    Interval,
    Future,
    Stopping,
    Stopped,
    Drop,
    Restarting,
}

/// An actor that panics where it is told to.
struct Probe {
    at: At,
    slot: ExitSlot,
    log: Log,
    _living: Living,
}

impl Probe {
    fn new(at: At, slot: ExitSlot, log: &Log, census: &Census) -> Self {
        let probe = Self { at, slot, log: log.clone(), _living: census.enter() };
        if at == At::Make {
            panic::panic_any(BOOM);
        }
        probe
    }

    fn reach(&mut self, place: At) {
        if place != At::Interval {
            self.log.say(format!("{place:?}").to_lowercase());
        }
        if self.at == place {
            self.at = At::Nowhere;
            panic::panic_any(BOOM);
        }
    }
}

impl Actor for Probe {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.reach(At::Started);
        ctx.run_interval(secs(1), |act, _| act.reach(At::Interval));
        let future = async {}.into_actor(self).map(|(), act: &mut Self, _| {
            if act.at == At::Future {
                act.reach(At::Future);
            }
        });
        ctx.spawn(future);
    }

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        self.reach(At::Stopping);
        Running::Stop
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.reach(At::Stopped);
    }
}

impl Supervised for Probe {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.reach(At::Restarting);
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.reach(At::Drop);
    }
}

#[derive(Clone, Copy, Debug)]
enum Do {
    Panic,
    Fail,
    Stop,
    Ping,
}

impl Message for Do {
    type Result = u32;
}

impl Handler<Do> for Probe {
    type Result = u32;

    fn handle(&mut self, what: Do, ctx: &mut Self::Context) -> u32 {
        self.log.say(format!("{what:?}").to_lowercase());
        match what {
            Do::Panic => panic::panic_any(BOOM),
            Do::Fail => self.slot.fail(ctx, "no luck"),
            Do::Stop => ctx.stop(),
            Do::Ping => {}
        }
        7
    }
}

/// A parent that only listens.
#[derive(Default)]
struct Witness {
    exits: Rc<RefCell<Vec<ChildExit<u32>>>>,
    restarts: Rc<RefCell<Vec<ChildRestart<u32>>>>,
}

impl Actor for Witness {
    type Context = Context<Self>;
}

impl Handler<ChildExit<u32>> for Witness {
    type Result = ();

    fn handle(&mut self, exit: ChildExit<u32>, _: &mut Self::Context) {
        self.exits.borrow_mut().push(exit);
    }
}

impl Handler<ChildRestart<u32>> for Witness {
    type Result = ();

    fn handle(&mut self, restart: ChildRestart<u32>, _: &mut Self::Context) {
        self.restarts.borrow_mut().push(restart);
    }
}

fn link(child: u32, incarnation: u64, parent: &Addr<Witness>) -> Link<u32> {
    Link {
        child,
        incarnation: Incarnation(incarnation),
        parent: parent.clone().recipient(),
        name: format!("probe {child}").into(),
    }
}
