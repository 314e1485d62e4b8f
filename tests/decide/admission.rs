//! Who may act: compared, after whatever was asked, with a plain list that is searched each time.

use std::collections::BTreeMap;

use assured::model::{HostId, InstanceId};
use assured::policy::{Admission, Limits, Place};
use proptest::prelude::*;

const HOSTS: [&str; 3] = ["kvm-1", "kvm-2", "kvm-3"];

#[derive(Debug, Clone)]
enum Op {
    Ask { who: u128, host: usize, tries: u32, priority: i32 },
    Leave(u128),
    Admit,
    Release(u128),
    Occupy(u128, usize),
    LimitHost(usize, usize),
    LimitTotal(usize),
}

fn op() -> impl Strategy<Value = Op> {
    let who = || 0u128..8;
    prop_oneof![
        6 => (who(), 0usize..3, 0u32..3, 0i32..3)
            .prop_map(|(who, host, tries, priority)| Op::Ask { who, host, tries, priority }),
        1 => who().prop_map(Op::Leave),
        5 => Just(Op::Admit),
        4 => who().prop_map(Op::Release),
        1 => (who(), 0usize..3).prop_map(|(who, host)| Op::Occupy(who, host)),
        1 => (0usize..3, 0usize..4).prop_map(|(host, limit)| Op::LimitHost(host, limit)),
        1 => (0usize..6).prop_map(Op::LimitTotal),
    ]
}

fn id(who: u128) -> InstanceId {
    InstanceId(uuid::Uuid::from_u128(who))
}

fn place(who: u128, host: usize, tries: u32, priority: i32) -> Place {
    Place { instance: id(who), host: HostId::from(HOSTS[host]), tries, priority }
}

/// The same without any index: who waits, in the order of asking.
#[derive(Default)]
struct Plain {
    total: usize,
    limits: [usize; 3],
    waiting: Vec<(u128, usize, u32, i32)>,
    running: BTreeMap<u128, usize>,
}

impl Plain {
    fn ask(&mut self, who: u128, host: usize, tries: u32, priority: i32) {
        // Who asks for the same again keeps its place.
        let waits_so = self.waiting.contains(&(who, host, tries, priority));
        if !self.running.contains_key(&who) && !waits_so {
            self.leave(who);
            self.waiting.push((who, host, tries, priority));
        }
    }

    fn leave(&mut self, who: u128) {
        self.waiting.retain(|w| w.0 != who);
    }

    fn admit(&mut self) -> Option<u128> {
        if self.running.len() >= self.total {
            return None;
        }
        let room =
            |host: usize| self.running.values().filter(|h| **h == host).count() < self.limits[host];
        // The first of the least tried with the highest priority.
        let best = |w: &&(u128, usize, u32, i32)| (w.2, -w.3);
        let (who, host, ..) = *self.waiting.iter().filter(|w| room(w.1)).min_by_key(best)?;
        self.leave(who);
        self.running.insert(who, host);
        Some(who)
    }
}

proptest! {
    /// N4: never more than the limits; one place for each; who waits is served in order; and what is
    /// free is given out.
    #[test]
    fn n4_it_answers_as_a_plain_list_would(ops in prop::collection::vec(op(), 1..120)) {
        let mut plain = Plain { total: 3, limits: [2, 1, 3], ..Plain::default() };
        let mut admission = Admission::new(Limits { total: 3 });
        for (host, limit) in plain.limits.iter().enumerate() {
            admission.limit_host(&HostId::from(HOSTS[host]), *limit);
        }
        for op in ops {
            match op {
                Op::Ask { who, host, tries, priority } => {
                    admission.ask(place(who, host, tries, priority));
                    plain.ask(who, host, tries, priority);
                }
                Op::Leave(who) => {
                    admission.leave(id(who));
                    plain.leave(who);
                }
                Op::Admit => prop_assert_eq!(admission.admit(), plain.admit().map(id)),
                Op::Release(who) => {
                    admission.release(id(who));
                    plain.running.remove(&who);
                }
                Op::Occupy(who, host) => {
                    admission.occupy(id(who), &HostId::from(HOSTS[host]));
                    if !plain.running.contains_key(&who) {
                        plain.leave(who);
                        plain.running.insert(who, host);
                    }
                }
                Op::LimitHost(host, limit) => {
                    admission.limit_host(&HostId::from(HOSTS[host]), limit);
                    plain.limits[host] = limit;
                }
                Op::LimitTotal(total) => {
                    admission.limit_total(Limits { total });
                    plain.total = total;
                }
            }
            prop_assert_eq!(admission.running(), plain.running.len());
            prop_assert_eq!(admission.waiting(), plain.waiting.len());
            for who in 0..8 {
                let waits = plain.waiting.iter().any(|w| w.0 == who);
                prop_assert_eq!(admission.is_waiting(id(who)), waits);
            }
        }
        // No place leaks: when all is released and all limits are wide, everybody gets in.
        for who in plain.running.keys() {
            admission.release(id(*who));
        }
        admission.limit_total(Limits { total: 100 });
        for host in HOSTS {
            admission.limit_host(&HostId::from(host), 100);
        }
        let waiting = admission.waiting();
        let admitted = std::iter::from_fn(|| admission.admit()).count();
        prop_assert_eq!(admitted, waiting);
        prop_assert_eq!((admission.running(), admission.waiting()), (waiting, 0));
    }

    /// Everybody fails and asks again at once: nobody is tried the second time before all were tried
    /// once, and among equals the higher priority goes first.
    #[test]
    fn n4_nobody_is_tried_twice_before_all_were_tried_once(
        priorities in prop::collection::vec(0i32..4, 2..20),
        total in 1usize..6,
        limit in 1usize..6,
        rounds in 1u32..4,
    ) {
        let mut admission = Admission::new(Limits { total });
        admission.limit_host(&HostId::from(HOSTS[0]), limit);
        let mut tries = BTreeMap::new();
        let ask = |admission: &mut Admission, who: usize, tries: u32| {
            admission.ask(place(who as u128, 0, tries, priorities[who]));
        };
        for who in 0..priorities.len() {
            tries.insert(id(who as u128), (who, 0));
            ask(&mut admission, who, 0);
        }
        let mut before: Option<(u32, i32)> = None;
        for _ in 0..rounds as usize * priorities.len() {
            // As many as may, and the first of them ends.
            let Some(first) = admission.admit() else { panic!("there is room") };
            let (who, tried) = tries[&first];
            let rank = (tried, -priorities[who]);
            prop_assert!(before.is_none_or(|before| before <= rank), "{before:?} {rank:?}");
            before = Some(rank);
            admission.release(first);
            tries.insert(first, (who, tried + 1));
            ask(&mut admission, who, tried + 1);
        }
        prop_assert!(tries.values().all(|(_, tried)| *tried == rounds), "{tries:?}");
    }
}
