//! The heartbeat of single actors: who hangs is found and replaced, who is idle is let be.

use std::cell::RefCell;
use std::rc::Rc;

use actix::fut;
use proptest::prelude::*;

use super::*;

const HEARTBEAT: Duration = Duration::from_secs(30);

/// Waits for something that never comes.
#[derive(Message)]
#[rtype(result = "()")]
struct Hang;

impl Handler<Hang> for Probe {
    type Result = ();

    fn handle(&mut self, _: Hang, ctx: &mut Self::Context) {
        self.log.say("hang");
        ctx.wait(fut::wrap_future(std::future::pending()));
    }
}

fn hung() -> Exit {
    Exit::Hung { within: HEARTBEAT }
}

struct Scene {
    address: Addr<Probe>,
    child: Child,
    exits: Rc<RefCell<Vec<ChildExit<u32>>>>,
    restarts: Rc<RefCell<Vec<ChildRestart<u32>>>>,
    log: Log,
    census: Census,
}

fn scene(in_place: Option<Limit>) -> Scene {
    let witness = Witness::default();
    let (exits, restarts) = (Rc::clone(&witness.exits), Rc::clone(&witness.restarts));
    let (log, census) = (Log::default(), Census::default());
    let (seen, counted) = (log.clone(), census.clone());
    let parent = witness.start();
    let make = move |_: &mut Context<Probe>, slot| Probe {
        at: At::Nowhere,
        slot,
        log: seen,
        _living: counted.enter(),
    };
    let (address, child) = match in_place {
        None => start_child(link(1, 1, &parent), make),
        Some(limit) => {
            let delay = DelaySpec { initial: secs(40), ..DelaySpec::default() };
            let delay = DelaySpec { cap: secs(40), ..delay };
            let spec = InPlaceSpec { limit, delay, observer: parent.clone().recipient() };
            start_in_place(link(1, 1, &parent), spec, make)
        }
    };
    Scene { address, child, exits, restarts, log, census }
}

impl Scene {
    /// Lets time pass with the looks that a parent takes.
    async fn live(&mut self, time: Duration) -> Vec<Sign> {
        let mut signs = Vec::new();
        let end = tokio::time::Instant::now() + time;
        while tokio::time::Instant::now() < end {
            tokio::time::sleep(sweep_pace(HEARTBEAT)).await;
            signs.push(self.child.sweep(HEARTBEAT));
        }
        signs
    }
}

#[test]
fn the_second_look_without_a_turn_wakes_and_the_fourth_ends() {
    let mut still = Stillness::default();
    let turns = [true, false, false, true, false, false, false, false, false, false];
    let signs = turns.map(|turned| still.look(turned));
    use Sign::{Alive as A, Hung as H, Still as S};
    assert_eq!(signs, [A, A, S, A, A, S, S, H, A, S]);
}

proptest! {
    #[test]
    fn it_hangs_exactly_after_four_looks_without_a_turn(
        turns in proptest::collection::vec(any::<bool>(), 0..200),
    ) {
        let mut still = Stillness::default();
        let mut without = 0;
        for turned in turns {
            without = if turned { 0 } else { without + 1 };
            let sign = still.look(turned);
            prop_assert_eq!(sign == Sign::Hung, without == 4);
            if sign == Sign::Hung {
                without = 0;
            }
        }
    }
}

#[test]
fn who_hangs_is_ended_within_five_quarters_of_the_heartbeat() {
    run(async {
        let mut scene = scene(None);
        scene.live(secs(100)).await;
        scene.address.do_send(Hang);
        let signs = scene.live(secs(37)).await;
        assert_eq!(signs.last(), Some(&Sign::Hung), "{signs:?}");
        pass(1).await;
        let incarnation = Incarnation(1);
        assert_eq!(*scene.exits.borrow(), [ChildExit { child: 1, incarnation, exit: hung() }]);
        assert_eq!(hung().to_string(), "hung: no turn finished in 30s");
        assert_eq!(scene.census.count(), 0);
        assert!(!scene.address.connected());
        assert!(scene.child.is_finished());
        // No hook of an actor that hangs is called: it might hang as well.
        let log = scene.log.take();
        assert_eq!(log, ["started", "hang", "drop"]);
    });
}

/// It has nothing to do, ever.
struct Idle {
    _living: Living,
}

impl Actor for Idle {
    type Context = Context<Self>;
}

#[test]
fn who_is_idle_lives_on() {
    run(async {
        let witness = Witness::default();
        let exits = Rc::clone(&witness.exits);
        let census = Census::default();
        let living = census.enter();
        let link = link(1, 1, &witness.start());
        let (address, mut child) = start_child(link, move |_, _| Idle { _living: living });
        let mut signs = Vec::new();
        for _ in 0..24 * 3600 / 7 {
            tokio::time::sleep(sweep_pace(HEARTBEAT)).await;
            signs.push(child.sweep(HEARTBEAT));
        }
        assert!(!signs.contains(&Sign::Hung));
        assert!(signs.contains(&Sign::Still), "it had nothing to do but for being woken");
        assert!(exits.borrow().is_empty() && address.connected());
        assert_eq!(census.count(), 1);
    });
}

#[test]
fn a_wait_that_ends_in_time_is_no_hang() {
    run(async {
        let mut scene = scene(None);
        scene.live(secs(10)).await;
        let address = scene.address.clone();
        let slow = address.send(Slowly(secs(20)));
        let signs = scene.live(secs(120)).await;
        assert!(!signs.contains(&Sign::Hung));
        assert_eq!(slow.await, Ok(()));
    });
}

#[derive(Message)]
#[rtype(result = "()")]
struct Slowly(Duration);

impl Handler<Slowly> for Probe {
    type Result = actix::AtomicResponse<Self, ()>;

    fn handle(&mut self, Slowly(time): Slowly, _: &mut Self::Context) -> Self::Result {
        actix::AtomicResponse::new(Box::pin(fut::wrap_future(tokio::time::sleep(time))))
    }
}

#[test]
fn in_its_place_the_address_and_what_waits_survive_a_hang() {
    run(async {
        let mut scene = scene(Some(Limit { restarts: 3, window: secs(600) }));
        scene.live(secs(20)).await;
        let address = scene.address.clone();
        let during = address.send(Slowly(secs(100_000)));
        let queued = address.send(Do::Ping);
        // The wait for the next life, longer than a heartbeat here, is no hang.
        scene.live(secs(38 + 41)).await;
        assert_eq!(during.await, Err(actix::MailboxError::Closed));
        assert_eq!(queued.await, Ok(7));
        // The next life has its beat too: it is found when it hangs.
        address.do_send(Hang);
        let queued = address.send(Do::Ping);
        scene.live(secs(38 + 41)).await;
        assert_eq!(queued.await, Ok(7));
        scene.live(secs(3_600)).await;
        let steps: Vec<_> = scene.restarts.borrow().iter().map(|r| r.step.clone()).collect();
        let waiting = || RestartStep::Waiting { exit: hung(), after: secs(40) };
        let resumed = || RestartStep::Resumed;
        assert_eq!(steps, [waiting(), resumed(), waiting(), resumed()]);
        assert!(scene.exits.borrow().is_empty());
        assert_eq!(scene.census.count(), 1);
        let hooks = ["started", "restarting", "started", "ping"];
        assert_eq!(scene.log.take()[..4], hooks);
    });
}

#[test]
fn who_hangs_in_its_place_too_often_ends() {
    run(async {
        let mut scene = scene(Some(Limit { restarts: 1, window: secs(600) }));
        pass(1).await;
        for _ in 0..2 {
            scene.address.do_send(Hang);
            scene.live(secs(90)).await;
        }
        let why = "restart budget spent: more than 1 restarts in 600s; \
                   last exit hung: no turn finished in 30s";
        let exits: Vec<_> = scene.exits.borrow().iter().map(|e| e.exit.clone()).collect();
        assert_eq!(exits, [Exit::Failed(why.to_owned())]);
        assert_eq!(scene.census.count(), 0);
    });
}

#[test]
fn who_hangs_can_be_stopped() {
    run(async {
        let scene = scene(None);
        pass(1).await;
        scene.address.do_send(Hang);
        pass(1).await;
        assert_eq!(scene.child.stop(secs(1)).await, Exit::Normal);
        assert_eq!(scene.census.count(), 0);
    });
}

/// Says whose turn it is.
#[derive(Message)]
#[rtype(result = "Option<String>")]
struct Whose;

impl Handler<Whose> for Probe {
    type Result = Option<String>;

    fn handle(&mut self, _: Whose, _: &mut Self::Context) -> Self::Result {
        // As a watchdog's thread would.
        let turns = Turns::here();
        std::thread::spawn(move || turns.whose().map(|name| name.to_string())).join().unwrap()
    }
}

#[test]
fn another_thread_sees_whose_turn_it_is() {
    run(async {
        let mut scenes = [scene(None), scene(Some(Limit { restarts: 1, window: secs(1) }))];
        for scene in &mut scenes {
            assert_eq!(scene.address.send(Whose).await, Ok(Some("probe 1".to_owned())));
            assert_eq!(Turns::here().whose(), None, "nobody's: it is the test's own");
        }
    });
}
