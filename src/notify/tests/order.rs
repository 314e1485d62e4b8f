//! Which message is next.

use proptest::prelude::*;

use super::sample::*;
use crate::model::*;
use crate::notify::{Next, next};

fn ids(next: Next) -> Vec<i64> {
    match next {
        Next::Send(parts) => parts.iter().map(|d| d.id.0).collect(),
        other @ (Next::At(_) | Next::Nothing) => panic!("{other:?}"),
    }
}

#[test]
fn the_parts_of_one_message_go_together() {
    let pending = [delivery(2, 1, "a"), delivery(1, 1, "a"), delivery(3, 3, "a")];
    assert_eq!(ids(next(&pending, at(4))), [1, 2]);
    assert_eq!(next(&pending, at(3)), Next::At(at(4)), "more may come until then");
    assert_eq!(next(&[], at(4)), Next::Nothing);
}

#[test]
fn a_message_that_fails_holds_up_its_host_and_no_other() {
    let failed = Delivery { attempts: 1, next_at: at(100), ..delivery(1, 1, "a") };
    let pending = [failed, delivery(2, 2, "a"), delivery(3, 3, "b")];
    assert_eq!(ids(next(&pending, at(5))), [3]);
    assert_eq!(next(&pending[..2], at(5)), Next::At(at(100)));
    assert_eq!(ids(next(&pending[..2], at(100))), [1]);
    // A part that was written late brings nothing forward.
    let late = [pending[0].clone(), delivery(4, 1, "a")];
    assert_eq!(next(&late, at(5)), Next::At(at(100)));
}

proptest! {
    /// Whatever fails, in whatever order: of each host the messages go in their order.
    #[test]
    fn nothing_overtakes(hosts in prop::collection::vec(0..3_usize, 1..12), fails in prop::collection::vec(any::<bool>(), 60)) {
        let mut pending: Vec<Delivery> = hosts
            .iter()
            .zip(1..)
            .map(|(host, n)| delivery(n, n, ["a", "b", "c"][*host]))
            .collect();
        let (mut now, mut fails, mut done) = (at(4), fails.into_iter(), Vec::new());
        loop {
            match next(&pending, now) {
                Next::Nothing => break,
                Next::At(later) => {
                    prop_assert!(later > now);
                    now = later;
                }
                Next::Send(parts) => {
                    let failed = fails.next().unwrap_or(false);
                    for part in parts {
                        let index = pending.iter().position(|d| d.id == part.id).unwrap();
                        if failed {
                            pending[index].next_at = now + std::time::Duration::from_secs(3);
                        } else {
                            done.push(pending.remove(index));
                        }
                    }
                }
            }
        }
        prop_assert_eq!(done.len(), hosts.len());
        for host in ["a", "b", "c"] {
            let of: Vec<_> = done.iter().filter(|d| d.host.as_str() == host).map(|d| d.id).collect();
            prop_assert!(of.is_sorted());
        }
    }
}
