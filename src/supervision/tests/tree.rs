//! Parents that use the whole: restarts, siblings, grandchildren, storms.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use tokio::time::Instant;

use super::*;

const SLOW: Duration = Duration::from_secs(300);

/// A parent as the service has them: book, handles, and `run_later`.
struct Parent {
    book: Children<u32>,
    held: HashMap<u32, (Addr<Probe>, Child)>,
    shared: Rc<RefCell<HashMap<u32, Addr<Probe>>>>,
    decisions: Rc<RefCell<Vec<Decision>>>,
    at: At,
    slot: ExitSlot,
    census: Census,
    _living: Living,
}

impl Parent {
    fn launch(&mut self, child: u32, incarnation: Option<Incarnation>, ctx: &mut Context<Self>) {
        let Some(incarnation) = incarnation else { return };
        let parent = ctx.address().recipient();
        let link = Link { child, incarnation, parent, name: "a grandchild".into() };
        let (at, census) = (self.at, self.census.clone());
        let (address, handle) =
            start_child(link, move |_, slot| Probe::new(at, slot, &Log::default(), &census));
        self.book.running(&child, incarnation);
        self.shared.borrow_mut().insert(child, address.clone());
        self.held.insert(child, (address, handle));
    }
}

impl Actor for Parent {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        for child in [1, 2] {
            let incarnation = self.book.start(&child, Instant::now());
            self.launch(child, incarnation, ctx);
        }
    }
}

impl Handler<ChildExit<u32>> for Parent {
    type Result = ();

    fn handle(&mut self, exit: ChildExit<u32>, ctx: &mut Self::Context) {
        let (child, ended) = (exit.child, exit.incarnation);
        let decision = self.book.exited(&exit, Instant::now());
        self.decisions.borrow_mut().push(decision.clone());
        match decision {
            Decision::Ignore | Decision::Rest => {}
            Decision::Restart { after: wait } | Decision::Quarantine { retry_after: wait } => {
                ctx.run_later(wait, move |act, ctx| {
                    let incarnation = act.book.restart(&child, ended, Instant::now());
                    act.launch(child, incarnation, ctx);
                });
            }
            Decision::Escalate(why) => self.slot.fail(ctx, why),
        }
    }
}

impl Handler<Do> for Parent {
    type Result = u32;

    fn handle(&mut self, _: Do, _: &mut Self::Context) -> u32 {
        panic::panic_any(BOOM)
    }
}

struct Scene {
    parent: Addr<Parent>,
    child: Option<Child>,
    exits: Rc<RefCell<Vec<ChildExit<u32>>>>,
    shared: Rc<RefCell<HashMap<u32, Addr<Probe>>>>,
    decisions: Rc<RefCell<Vec<Decision>>>,
    census: Census,
}

fn scene(at: At, limit: Limit, exhausted: Exhausted) -> Scene {
    let witness = Witness::default();
    let exits = Rc::clone(&witness.exits);
    let (shared, decisions) = (Rc::default(), Rc::default());
    let census = Census::default();
    let restart = RestartType::Permanent;
    let spec = ChildSpec { restart, limit, delay: DelaySpec::default(), exhausted };
    let mut book = Children::new();
    book.add(1, spec);
    book.add(2, spec);
    let (counted, living) = (census.clone(), census.enter());
    let (shared_, decisions_) = (Rc::clone(&shared), Rc::clone(&decisions));
    let make = move |_: &mut Context<Parent>, slot| Parent {
        book,
        held: HashMap::new(),
        shared: shared_,
        decisions: decisions_,
        at,
        slot,
        census: counted,
        _living: living,
    };
    let (parent, child) = start_child(link(0, 1, &witness.start()), make);
    Scene { parent, child: Some(child), exits, shared, decisions, census }
}

fn patient() -> Scene {
    let limit = Limit { restarts: 5, window: secs(60) };
    scene(At::Nowhere, limit, Exhausted::Quarantine { retry_after: SLOW })
}

impl Scene {
    fn probe(&self, child: u32) -> Addr<Probe> {
        self.shared.borrow()[&child].clone()
    }
}

#[test]
fn a_child_comes_back_and_its_sibling_notices_nothing() {
    run(async {
        let scene = patient();
        pass(1).await;
        let (first, sibling) = (scene.probe(1), scene.probe(2));
        first.do_send(Do::Panic);
        pass(50).await;
        assert_eq!(scene.census.count(), 2);
        assert_eq!(sibling.send(Do::Ping).await, Ok(7));
        pass(100).await;
        assert_eq!(scene.census.count(), 3);
        assert!(first.send(Do::Ping).await.is_err());
        assert_eq!(scene.probe(1).send(Do::Ping).await, Ok(7));
        assert!(sibling.connected() && scene.probe(2) == sibling);
        let after = Duration::from_millis(100);
        assert_eq!(*scene.decisions.borrow(), [Decision::Restart { after }]);
    });
}

#[test]
fn it_is_quarantined_and_tried_again_slowly() {
    run(async {
        let scene = patient();
        pass(1).await;
        for _ in 0..6 {
            scene.probe(1).do_send(Do::Fail);
            pass(5_000).await;
        }
        let quarantine = Decision::Quarantine { retry_after: SLOW };
        assert_eq!(scene.decisions.borrow().len(), 6);
        assert_eq!(scene.decisions.borrow().last(), Some(&quarantine));
        assert!(!scene.probe(1).connected());
        pass(300_000).await;
        assert_eq!(scene.probe(1).send(Do::Ping).await, Ok(7));
    });
}

#[test]
fn a_parent_s_end_is_its_children_s_end() {
    run(async {
        // Here the witness is the grandparent.
        for end in ["kill", "panic", "stop"] {
            let mut scene = patient();
            pass(1_500).await;
            assert_eq!(scene.census.count(), 3);
            let probes = [scene.probe(1), scene.probe(2)];
            let child = scene.child.take().unwrap();
            let expected = match end {
                "kill" => {
                    child.kill();
                    Exit::Killed
                }
                "panic" => {
                    scene.parent.do_send(Do::Panic);
                    scene.child = Some(child);
                    panicked()
                }
                _ => child.stop(secs(1)).await,
            };
            pass(1).await;
            assert_eq!(scene.exits.borrow()[0].exit, expected);
            assert_eq!(scene.census.count(), 0, "{end}");
            assert!(probes.iter().all(|probe| !probe.connected()));
        }
    });
}

#[test]
fn a_spent_budget_fails_the_parent() {
    run(async {
        let limit = Limit { restarts: 3, window: secs(60) };
        let scene = scene(At::Started, limit, Exhausted::Escalate);
        pass(60_000).await;
        assert_eq!(scene.census.count(), 0);
        let why = format!("more than 3 restarts in 60s; last exit panicked: {BOOM}");
        let exits: Vec<Exit> = scene.exits.borrow().iter().map(|exit| exit.exit.clone()).collect();
        assert_eq!(exits, [Exit::Failed(why)]);
    });
}

#[test]
fn a_storm_of_restarts_leaves_nobody_behind() {
    run(async {
        let limit = Limit { restarts: 500, window: secs(1_000_000) };
        let mut scene = scene(At::Interval, limit, Exhausted::Quarantine { retry_after: SLOW });
        pass(20_000_000).await;
        let restarts = |decision: &&Decision| matches!(decision, Decision::Restart { .. });
        assert_eq!(scene.decisions.borrow().iter().filter(restarts).count(), 1_000);
        assert!(scene.census.count() <= 3);
        scene.child = None;
        pass(1).await;
        assert_eq!(scene.census.count(), 0);
    });
}
