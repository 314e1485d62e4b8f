//! The reader against a simulated host, on paused time.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use tokio::sync::mpsc::unbounded_channel;
use tokio::task::LocalSet;
use tokio::time::sleep;

use super::*;
use crate::hypervisor::Hypervisor as _;
use crate::hypervisor::sim::{SimHost, World};
use crate::model::{Condition, Finding, Why};

const SECOND: Duration = Duration::from_secs(1);
const RUNNING: Finding = Finding::Seen(Condition::RunningBooted);
const OFF: Finding = Finding::Seen(Condition::Missing);

/// A reader of a host, and what it told.
struct Bench {
    host: SimHost,
    reader: Reader,
    clock: Clock,
    notices: Rc<RefCell<Vec<Notice>>>,
    looks: Rc<RefCell<Vec<(InstanceId, Look)>>>,
}

impl Bench {
    fn new() -> Self {
        let host = World::new().host("a");
        let clock = Clock::starting_at(jiff::Timestamp::UNIX_EPOCH);
        let notices = Rc::new(RefCell::new(Vec::new()));
        let told = Rc::clone(&notices);
        let reader = Reader::new(ReaderSettings {
            host: host.id().clone(),
            clock: clock.clone(),
            mass_change: crate::model::MassChange::default(),
            notice: Rc::new(move |notice| told.borrow_mut().push(notice)),
        });
        Self { host, reader, clock, notices, looks: Rc::default() }
    }

    async fn attach(&self) {
        let (signals, _) = unbounded_channel();
        self.reader.attach(self.host.connect(signals).await.unwrap());
    }

    fn slot(&self, id: InstanceId) -> Slot {
        let looks = Rc::clone(&self.looks);
        self.reader.register(id, Box::new(move |look| looks.borrow_mut().push((id, look))))
    }

    fn slots(&self, count: usize) -> Vec<Slot> {
        self.host.populate(count, Condition::RunningBooted).iter().map(|&i| self.slot(i)).collect()
    }

    fn findings(&self) -> Vec<Finding> {
        self.looks.borrow_mut().drain(..).map(|(_, look)| look.finding).collect()
    }

    fn failures(&self) -> usize {
        self.notices.borrow().iter().filter(|n| matches!(n, Notice::Failed(_))).count()
    }
}

fn within(from: Duration, to: Duration) -> Window {
    let now = Instant::now();
    Window { earliest: now + from, latest: now + to }
}

fn run(test: impl AsyncFnOnce(Bench)) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    LocalSet::new().block_on(&runtime.unwrap(), async { test(Bench::new()).await });
}

#[test]
fn open_windows_are_served_by_one_read_when_the_first_closes() {
    run(async |bench| {
        bench.attach().await;
        let slots = bench.slots(100);
        for (slot, n) in slots.iter().zip(0u32..) {
            // Every window is open at 1.0 s, but for the last ten.
            let earliest = if n < 90 { SECOND / 2 } else { 2 * SECOND };
            slot.look(within(earliest, earliest + SECOND / 2 + SECOND * n / 100), Source::Poll);
        }
        sleep(SECOND - Duration::from_millis(5)).await;
        assert_eq!(bench.findings(), []);
        sleep(Duration::from_millis(10)).await;
        assert_eq!(bench.findings(), [RUNNING; 90]);
        assert_eq!(bench.host.calls().reads_of_all, 1);
        sleep(3 * SECOND).await;
        assert_eq!(bench.findings(), [RUNNING; 10]);
        let calls = bench.host.calls();
        assert_eq!((calls.reads_of_all, calls.reads_of_some), (2, 0));
        let Notice::Read(read) = &bench.notices.borrow()[0] else { panic!("{:?}", bench.notices) };
        assert_eq!((read.kind, read.looks, read.domains), (ReadKind::All, 90, 100));
    });
}

#[test]
fn few_looks_of_many_domains_are_single_reads() {
    run(async |bench| {
        bench.attach().await;
        let slots = bench.slots(59);
        slots[0].look(Window::now(), Source::Poll);
        sleep(SECOND).await;
        slots[0].look(Window::now(), Source::Event);
        slots[1].look(Window::now(), Source::Event);
        bench.host.undefine(slots[1].id());
        bench.host.kill(slots[1].id());
        sleep(SECOND).await;
        assert_eq!(bench.findings(), [RUNNING, RUNNING, OFF]);
        let calls = bench.host.calls();
        assert_eq!((calls.reads_of_all, calls.reads_of_some, calls.single_reads), (1, 1, 2));
        slots[..3].iter().for_each(|slot| slot.look(Window::now(), Source::Event));
        sleep(SECOND).await;
        assert_eq!(bench.host.calls().reads_of_all, 2, "three times 29 is more than 59");
    });
}

#[test]
fn a_request_is_not_answered_by_a_read_that_began_before_it() {
    run(async |bench| {
        bench.attach().await;
        let slot = &bench.slots(1)[0];
        bench.host.set_latency(SECOND);
        slot.look(Window::now(), Source::Poll);
        sleep(SECOND / 2).await;
        let asked = bench.clock.now();
        bench.host.kill(slot.id());
        slot.look(Window::now(), Source::Check);
        sleep(SECOND).await;
        assert_eq!(bench.findings(), [RUNNING]);
        sleep(SECOND).await;
        let (_, look) = bench.looks.borrow()[0];
        assert_eq!(look.finding, Finding::Seen(Condition::ShutoffCrashed));
        assert_eq!(look.source, Source::Check);
        assert!(look.at >= asked);
    });
}

#[test]
fn asked_twice_the_earlier_end_wins_and_one_look_comes() {
    run(async |bench| {
        bench.attach().await;
        let slot = &bench.slots(1)[0];
        slot.look(within(8 * SECOND, 10 * SECOND), Source::Poll);
        slot.look(within(SECOND, SECOND), Source::Check);
        slot.look(within(5 * SECOND, 6 * SECOND), Source::Poll);
        sleep(2 * SECOND).await;
        assert_eq!(bench.findings(), [RUNNING]);
        assert_eq!(bench.host.calls().reads_of_all, 1);
        sleep(60 * SECOND).await;
        assert_eq!(bench.findings(), []);
        assert_eq!(bench.host.calls().reads_of_all, 1, "stale requests read nothing");
    });
}

#[test]
fn without_a_session_looks_end_when_their_time_comes() {
    run(async |bench| {
        let slots = bench.slots(2);
        slots[0].look(within(Duration::ZERO, SECOND), Source::Poll);
        slots[1].look(within(Duration::ZERO, 3 * SECOND), Source::Poll);
        sleep(2 * SECOND).await;
        assert_eq!(bench.findings(), [Finding::Inconclusive(Why::Disconnected)]);
        bench.attach().await;
        sleep(2 * SECOND).await;
        assert_eq!(bench.findings(), [RUNNING]);
    });
}

#[test]
fn a_failed_read_tells_the_host_and_everybody_who_asked() {
    run(async |bench| {
        bench.attach().await;
        let slots = bench.slots(2);
        bench.host.fail_reads(1, "access denied");
        slots.iter().for_each(|slot| slot.look(Window::now(), Source::Poll));
        sleep(SECOND).await;
        assert_eq!(bench.findings(), [Finding::Inconclusive(Why::Error); 2]);
        bench.host.hang();
        slots.iter().for_each(|slot| slot.look(Window::now(), Source::Poll));
        sleep(6 * SECOND).await;
        assert_eq!(bench.findings(), [Finding::Inconclusive(Why::Timeout); 2]);
        assert_eq!(bench.failures(), 2);
    });
}

#[test]
fn a_read_under_way_ends_with_its_session_and_is_made_anew_on_another() {
    run(async |bench| {
        bench.attach().await;
        let slot = &bench.slots(1)[0];
        bench.host.hang();
        slot.look(Window::now(), Source::Poll);
        sleep(SECOND).await;
        bench.reader.detach();
        sleep(SECOND / 10).await;
        assert_eq!(bench.findings(), [Finding::Inconclusive(Why::Disconnected)]);

        bench.host.answer();
        bench.attach().await;
        bench.host.hang();
        slot.look(Window::now(), Source::Poll);
        sleep(SECOND).await;
        let replaced = bench.clock.now();
        let other = World::new().host("a");
        other.put(slot.id(), "vm", Condition::RunningBooted);
        let (signals, _) = unbounded_channel();
        bench.reader.attach(other.connect(signals).await.unwrap());
        sleep(SECOND / 10).await;
        let look = bench.looks.borrow()[0].1;
        assert_eq!(look.finding, RUNNING);
        assert!(look.at >= replaced);
        assert_eq!(bench.failures(), 0);
    });
}

#[test]
fn a_sink_may_ask_register_and_leave() {
    run(async |bench| {
        bench.attach().await;
        let [a, b] = bench.host.populate(2, Condition::RunningBooted)[..] else { unreachable!() };
        let count = Rc::new(Cell::new(0));
        let place: Rc<RefCell<Option<Slot>>> = Rc::default();
        let (counted, own, other) = (Rc::clone(&count), Rc::clone(&place), bench.slot(b));
        let other = RefCell::new(Some(other));
        let sink = move |_look| {
            counted.set(counted.get() + 1);
            // The other leaves before its look of this very read is delivered.
            drop(other.borrow_mut().take());
            if counted.get() < 10 {
                let window = within(SECOND, 2 * SECOND);
                own.borrow().as_ref().unwrap().look(window, Source::Poll);
            } else {
                drop(own.borrow_mut().take());
            }
        };
        let slot = bench.reader.register(a, Box::new(sink));
        slot.look(Window::now(), Source::Poll);
        *place.borrow_mut() = Some(slot);
        sleep(60 * SECOND).await;
        assert_eq!((count.get(), bench.findings(), bench.reader.registered()), (10, vec![], 0));
    });
}

#[test]
fn a_panic_of_one_receiver_is_not_the_others() {
    run(async |bench| {
        bench.attach().await;
        let bad = bench.host.add(Condition::RunningBooted);
        let bad = bench.reader.register(bad, Box::new(|_| panic!("on purpose")));
        let good = &bench.slots(1)[0];
        bad.look(Window::now(), Source::Poll);
        good.look(Window::now(), Source::Poll);
        sleep(SECOND).await;
        good.look(Window::now(), Source::Poll);
        sleep(SECOND).await;
        assert_eq!(bench.findings(), [RUNNING; 2]);
    });
}

#[test]
fn of_two_registrations_of_one_id_the_later_counts() {
    run(async |bench| {
        bench.attach().await;
        let id = bench.host.add(Condition::RunningBooted);
        let (old, new) = (bench.slot(id), bench.slot(id));
        old.look(Window::now(), Source::Poll);
        new.look(Window::now(), Source::Poll);
        sleep(SECOND).await;
        assert_eq!(bench.findings(), [RUNNING]);
        drop(old);
        new.look(Window::now(), Source::Poll);
        sleep(SECOND).await;
        assert_eq!((bench.findings(), bench.reader.registered()), (vec![RUNNING], 1));
    });
}

#[test]
fn unmanaged_domains_are_told_when_they_change() {
    run(async |bench| {
        bench.attach().await;
        let slots = bench.slots(3);
        let mut strangers = bench.host.populate(2, Condition::RunningBooted);
        strangers.sort_unstable();
        let told = || {
            let notices = std::mem::take(&mut *bench.notices.borrow_mut());
            notices.into_iter().find_map(|notice| match notice {
                Notice::Unmanaged(ids) => Some(ids),
                Notice::Read(_) | Notice::Doubted(_) | Notice::Failed(_) | Notice::Broken(_) => {
                    None
                }
            })
        };
        let read = async || {
            slots[0].look(Window::now(), Source::Poll);
            sleep(SECOND).await;
        };
        read().await;
        assert_eq!(told(), Some(strangers.clone()));
        read().await;
        assert_eq!(told(), None);
        let adopted = bench.slot(strangers[0]);
        read().await;
        assert_eq!(told(), Some(vec![strangers[1]]));
        drop(adopted);
        bench.host.kill(strangers[1]);
        bench.host.undefine(strangers[1]);
        read().await;
        assert_eq!(told(), Some(vec![strangers[0]]));
    });
}

/// What the next complete read is told as: none for one that is believed.
async fn doubted(bench: &Bench, slot: &Slot) -> Option<(usize, usize)> {
    bench.notices.borrow_mut().clear();
    bench.looks.borrow_mut().clear();
    slot.look(Window::now(), Source::Poll);
    sleep(SECOND).await;
    match bench.notices.borrow().first() {
        Some(Notice::Read(_)) => None,
        Some(Notice::Doubted(d)) => Some((d.active_before, d.gone.len())),
        other => panic!("{other:?}"),
    }
}

#[test]
fn much_that_is_gone_at_once_is_believed_on_another_session_only() {
    run(async |bench| {
        bench.attach().await;
        let slots = bench.slots(10);
        slots.iter().for_each(|slot| slot.expect(Expected::Active));
        assert_eq!(doubted(&bench, &slots[0]).await, None, "nothing was known before");
        for slot in &slots[..4] {
            bench.host.kill(slot.id());
        }
        assert_eq!(doubted(&bench, &slots[0]).await, None, "four are too few");
        assert_eq!(bench.findings(), [Finding::Seen(Condition::ShutoffCrashed)]);
        bench.host.answer_empty(1);
        assert_eq!(doubted(&bench, &slots[9]).await, Some((6, 6)));
        assert_eq!(bench.findings(), [Finding::Inconclusive(Why::Doubted)]);
        assert_eq!(doubted(&bench, &slots[9]).await, None, "they are there");
        assert_eq!(bench.findings(), [RUNNING]);
        for slot in &slots[4..9] {
            bench.host.kill(slot.id());
        }
        bench.host.undefine(slots[4].id());
        for _ in 0..2 {
            assert_eq!(doubted(&bench, &slots[9]).await, Some((6, 5)), "the same session");
        }
        bench.attach().await;
        assert_eq!(doubted(&bench, &slots[9]).await, None, "another one");
        assert_eq!(bench.findings(), [RUNNING]);
    });
}

#[test]
fn what_is_supposed_to_be_off_is_not_missed() {
    run(async |bench| {
        bench.attach().await;
        let slots = bench.slots(10);
        slots.iter().for_each(|slot| slot.expect(Expected::Active));
        assert_eq!(doubted(&bench, &slots[0]).await, None);
        slots[..4].iter().for_each(|slot| slot.expect(Expected::Anything));
        slots[..8].iter().for_each(|slot| bench.host.kill(slot.id()));
        assert_eq!(doubted(&bench, &slots[0]).await, None, "four of six are missed");
        assert_eq!(bench.findings(), [Finding::Seen(Condition::ShutoffCrashed)]);
    });
}

#[test]
fn the_task_ends_with_the_last_handle() {
    run(async |bench| {
        bench.attach().await;
        let slot = bench.slots(1).remove(0);
        let Bench { host, reader, looks, .. } = bench;
        slot.look(within(SECOND, SECOND), Source::Poll);
        drop(reader.clone());
        assert_eq!(host.sessions(), 1);
        drop(reader);
        sleep(5 * SECOND).await;
        assert_eq!((host.sessions(), looks.borrow().len()), (0, 0));
        slot.look(Window::now(), Source::Poll);
    });
}

#[test]
fn what_was_active_in_a_listing_is_missed_in_the_first_complete_read() {
    run(async |bench| {
        bench.attach().await;
        // Whoever comes before the listing, and after it.
        let mut slots = bench.slots(5);
        let later: Vec<_> = bench.host.populate(5, Condition::RunningBooted);
        let ids = slots.iter().map(Slot::id).chain(later.iter().copied());
        bench.reader.listed(ids.map(|id| (id, true)).collect());
        slots.extend(later.into_iter().map(|id| bench.slot(id)));
        slots.iter().for_each(|slot| slot.expect(Expected::Active));
        bench.host.answer_empty(2);
        assert_eq!(doubted(&bench, &slots[0]).await, Some((10, 10)));
        bench.attach().await;
        assert_eq!(doubted(&bench, &slots[0]).await, None, "twice, over two sessions");
    });
}
