//! The child that restarts in place.

use std::cell::RefCell;
use std::rc::Rc;

use super::*;

struct Scene {
    address: Addr<Probe>,
    child: Option<Child>,
    exits: Rc<RefCell<Vec<ChildExit<u32>>>>,
    restarts: Rc<RefCell<Vec<ChildRestart<u32>>>>,
    log: Log,
    census: Census,
}

fn scene(at: At) -> Scene {
    let witness = Witness::default();
    let (exits, restarts) = (Rc::clone(&witness.exits), Rc::clone(&witness.restarts));
    let (log, census) = (Log::default(), Census::default());
    let (seen, counted) = (log.clone(), census.clone());
    let parent = witness.start();
    let spec = InPlaceSpec {
        limit: Limit { restarts: 3, window: secs(60) },
        delay: DelaySpec::default(),
        observer: parent.clone().recipient(),
    };
    let make = move |_: &mut Context<Probe>, slot| Probe::new(at, slot, &seen, &counted);
    let (address, child) = start_in_place(link(1, 1, &parent), spec, make);
    Scene { address, child: Some(child), exits, restarts, log, census }
}

impl Scene {
    async fn check_exit(&self, exit: Exit, incarnation: u64) {
        pass(60_000).await;
        let incarnation = Incarnation(incarnation);
        assert_eq!(*self.exits.borrow(), [ChildExit { child: 1, incarnation, exit }]);
        assert_eq!(self.census.count(), 0);
        assert!(!self.address.connected());
    }
}

fn waiting(incarnation: u64, exit: Exit, millis: u64) -> ChildRestart<u32> {
    let after = Duration::from_millis(millis);
    let step = RestartStep::Waiting { exit, after };
    ChildRestart { child: 1, incarnation: Incarnation(incarnation), step }
}

fn resumed(incarnation: u64) -> ChildRestart<u32> {
    let step = RestartStep::Resumed;
    ChildRestart { child: 1, incarnation: Incarnation(incarnation), step }
}

#[test]
fn address_and_queue_survive() {
    run(async {
        let scene = scene(At::Nowhere);
        pass(1).await;
        let during = scene.address.send(Do::Panic);
        let queued = scene.address.send(Do::Ping);
        assert_eq!(during.await, Err(actix::MailboxError::Closed));
        let failed_at = tokio::time::Instant::now();
        assert_eq!(queued.await, Ok(7));
        assert!(failed_at.elapsed() >= Duration::from_millis(100));
        scene.address.do_send(Do::Fail);
        assert_eq!(scene.address.send(Do::Ping).await, Ok(7));
        let failed = Exit::Failed("no luck".to_owned());
        let expected =
            [waiting(1, panicked(), 100), resumed(2), waiting(2, failed, 200), resumed(3)];
        assert_eq!(*scene.restarts.borrow(), expected);
        assert_eq!(
            scene.log.take(),
            [
                "started",
                "panic",
                "restarting",
                "started",
                "ping",
                "fail",
                "stopped",
                "restarting",
                "started",
                "ping"
            ]
        );
        assert_eq!(scene.census.count(), 1);
        scene.address.do_send(Do::Stop);
        scene.check_exit(Exit::Normal, 3).await;
    });
}

#[test]
fn a_panic_in_a_hook_is_restarted_too() {
    run(async {
        for at in [At::Started, At::Interval, At::Future, At::Stopping, At::Stopped] {
            let scene = scene(at);
            pass(1_500).await;
            if matches!(at, At::Stopping | At::Stopped) {
                scene.address.do_send(Do::Stop);
            }
            pass(1_000).await;
            assert_eq!(*scene.restarts.borrow(), [waiting(1, panicked(), 100), resumed(2)]);
            assert_eq!(scene.address.send(Do::Ping).await, Ok(7), "{at:?}");
        }
        let scene = scene(At::Restarting);
        scene.address.do_send(Do::Panic);
        pass(1_000).await;
        let expected = [waiting(1, panicked(), 100), waiting(1, panicked(), 200), resumed(2)];
        assert_eq!(*scene.restarts.borrow(), expected);
        assert_eq!(scene.address.send(Do::Ping).await, Ok(7));
    });
}

#[test]
fn a_spent_budget_is_the_exit() {
    run(async {
        let scene = scene(At::Nowhere);
        for _ in 0..3 {
            scene.address.do_send(Do::Panic);
            assert_eq!(scene.address.send(Do::Ping).await, Ok(7));
        }
        scene.address.do_send(Do::Panic);
        let queued = scene.address.send(Do::Ping);
        assert_eq!(queued.await, Err(actix::MailboxError::Closed));
        let why = format!(
            "restart budget spent: more than 3 restarts in 60s; last exit panicked: {BOOM}"
        );
        scene.check_exit(Exit::Failed(why), 4).await;
        assert_eq!(scene.restarts.borrow().len(), 6);
    });
}

#[test]
fn a_budget_comes_back_with_time() {
    run(async {
        let scene = scene(At::Nowhere);
        for _ in 0..100 {
            scene.address.do_send(Do::Panic);
            pass(20_001).await;
        }
        assert_eq!(scene.address.send(Do::Ping).await, Ok(7));
        assert_eq!(scene.restarts.borrow().last(), Some(&resumed(101)));
        assert_eq!(scene.census.count(), 1);
    });
}

#[test]
fn it_can_be_killed_and_stopped_while_it_waits() {
    run(async {
        let mut killed = scene(At::Nowhere);
        killed.address.do_send(Do::Panic);
        pass(50).await;
        killed.child = None;
        killed.check_exit(Exit::Killed, 1).await;
        assert_eq!(killed.log.take(), ["started", "panic", "drop"]);

        let mut stopped = scene(At::Nowhere);
        stopped.address.do_send(Do::Panic);
        pass(50).await;
        let exit = stopped.child.take().unwrap().stop(secs(1)).await;
        assert_eq!(exit, Exit::Normal);
        stopped.check_exit(Exit::Normal, 1).await;
    });
}

#[test]
fn a_panic_of_the_constructor_is_not_restarted() {
    run(async {
        let scene = scene(At::Make);
        scene.check_exit(panicked(), 1).await;
        assert!(scene.restarts.borrow().is_empty());
    });
}
