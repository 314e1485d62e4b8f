//! One child, one life: every way to end it, and what is reported.

use std::cell::RefCell;
use std::rc::Rc;

use super::*;

/// A probe under a witness, and what came of it.
struct Scene {
    address: Addr<Probe>,
    child: Option<Child>,
    exits: Rc<RefCell<Vec<ChildExit<u32>>>>,
    log: Log,
    census: Census,
}

fn scene(at: At) -> Scene {
    let witness = Witness::default();
    let (exits, log, census) = (Rc::clone(&witness.exits), Log::default(), Census::default());
    let (seen, counted) = (log.clone(), census.clone());
    let make = move |_: &mut Context<Probe>, slot| Probe::new(at, slot, &seen, &counted);
    let (address, child) = start_child(link(9, 4, &witness.start()), make);
    Scene { address, child: Some(child), exits, log, census }
}

impl Scene {
    /// Exactly one exit was reported, this one, and nothing is left.
    async fn check(&self, exit: Exit, hooks: &[&str]) {
        pass(10_000).await;
        let expected = ChildExit { child: 9, incarnation: Incarnation(4), exit };
        assert_eq!(*self.exits.borrow(), [expected]);
        assert_eq!(self.log.take(), hooks);
        assert_eq!(self.census.count(), 0);
        assert!(!self.address.connected());
    }
}

#[test]
fn a_panic_anywhere_is_an_exit() {
    run(async {
        scene(At::Make).check(panicked(), &["drop"]).await;
        scene(At::Started).check(panicked(), &["started", "drop"]).await;
        scene(At::Interval).check(panicked(), &["started", "drop"]).await;
        scene(At::Future).check(panicked(), &["started", "future", "drop"]).await;
        for (at, hooks) in [
            (At::Stopping, &["started", "stop", "stopping", "drop"][..]),
            (At::Stopped, &["started", "stop", "stopping", "stopped", "drop"]),
            (At::Drop, &["started", "stop", "stopping", "stopped", "drop"]),
        ] {
            let scene = scene(at);
            scene.address.do_send(Do::Stop);
            scene.check(panicked(), hooks).await;
        }
    });
}

#[test]
fn a_panic_in_a_handler_closes_the_mailbox() {
    run(async {
        let scene = scene(At::Nowhere);
        let before = scene.address.send(Do::Ping);
        let during = scene.address.send(Do::Panic);
        let after = scene.address.send(Do::Ping);
        assert_eq!(before.await, Ok(7));
        assert_eq!(during.await, Err(actix::MailboxError::Closed));
        assert_eq!(after.await, Err(actix::MailboxError::Closed));
        scene.check(panicked(), &["started", "ping", "panic", "drop"]).await;
        assert_eq!(scene.address.send(Do::Ping).await, Err(actix::MailboxError::Closed));
        let refused = scene.address.try_send(Do::Ping);
        assert!(matches!(refused, Err(actix::prelude::SendError::Closed(Do::Ping))));
    });
}

#[test]
fn a_failure_has_its_reason_and_is_not_asked() {
    run(async {
        let scene = scene(At::Stopping);
        scene.address.do_send(Do::Fail);
        scene.address.do_send(Do::Ping);
        let hooks = ["started", "fail", "stopped", "drop"];
        scene.check(Exit::Failed("no luck".to_owned()), &hooks).await;
    });
}

#[test]
fn it_stops_normally_and_outlives_its_addresses() {
    run(async {
        let scene = scene(At::Nowhere);
        let weak = scene.address.downgrade();
        let Scene { address, child, exits, log, census } = scene;
        drop(address);
        pass(60_000).await;
        assert!(exits.borrow().is_empty());
        let address = weak.upgrade().unwrap();
        address.do_send(Do::Stop);
        let scene = Scene { address, child, exits, log, census };
        scene.check(Exit::Normal, &["started", "stop", "stopping", "stopped", "drop"]).await;
        assert!(scene.child.unwrap().is_finished());
    });
}

#[test]
fn dropping_the_handle_kills() {
    run(async {
        let mut unborn = scene(At::Nowhere);
        unborn.child = None;
        unborn.check(Exit::Killed, &[]).await;

        // Neither a hook nor the queue is run, even by one whose `stopping` would refuse.
        let mut busy = scene(At::Stopping);
        pass(1).await;
        busy.address.do_send(Do::Ping);
        busy.child.take().unwrap().kill();
        busy.check(Exit::Killed, &["started", "drop"]).await;

        let mut bitter = scene(At::Drop);
        pass(1).await;
        bitter.child = None;
        bitter.check(panicked(), &["started", "drop"]).await;
    });
}

#[test]
fn a_stop_is_polite_and_limited() {
    run(async {
        let mut polite = scene(At::Nowhere);
        pass(1).await;
        let child = polite.child.take().unwrap();
        assert_eq!(child.incarnation(), Incarnation(4));
        assert_eq!(child.stop(secs(1)).await, Exit::Normal);
        polite.check(Exit::Normal, &["started", "stopping", "stopped", "drop"]).await;

        let mut unborn = scene(At::Nowhere);
        assert_eq!(unborn.child.take().unwrap().stop(secs(1)).await, Exit::Normal);
        unborn.check(Exit::Normal, &[]).await;

        let mut ended = scene(At::Started);
        pass(1).await;
        assert_eq!(ended.child.take().unwrap().stop(secs(1)).await, panicked());
        ended.check(panicked(), &["started", "drop"]).await;
    });
}

/// It never agrees to stop.
struct Stubborn;

impl Actor for Stubborn {
    type Context = Context<Self>;

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        Running::Continue
    }
}

#[test]
fn children_stop_in_reverse_and_the_stubborn_are_killed() {
    run(async {
        let witness = Witness::default();
        let exits = Rc::clone(&witness.exits);
        let parent = witness.start();
        let children: Vec<Child> =
            (1..=3).map(|n| start_child(link(n, 1, &parent), |_, _| Stubborn).1).collect();
        pass(1).await;
        let began = tokio::time::Instant::now();
        let stopped = stop_in_reverse(children, secs(5)).await;
        assert_eq!(stopped, [Exit::Killed, Exit::Killed, Exit::Killed]);
        assert_eq!(began.elapsed().as_secs(), 15);
        pass(1).await;
        let order: Vec<u32> = exits.borrow().iter().map(|exit| exit.child).collect();
        assert_eq!(order, [3, 2, 1]);
    });
}
