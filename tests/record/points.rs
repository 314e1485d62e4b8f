//! Killed at every point of a commit, at several passes, one time after the other on the same database.

use crate::batches::Size;
use crate::model::Model;
use crate::place::Place;
use crate::victim::Victim;

/// Where the process is killed, and whether the batch that was under way is kept then.
const POINTS: [(&str, bool); 5] = [
    ("store.thread", false),
    ("store.begun/writing", false),
    ("store.written/writing", false),
    ("store.kept/writing", true),
    ("store.answer", true),
];

/// How many commits go well before; the thread's first job is the loading.
const PASSES: [i64; 5] = [0, 1, 2, 7, 23];

#[test]
fn what_was_acknowledged_is_kept_and_nothing_is_half_kept_wherever_the_process_is_killed() {
    let (place, mut model) = (Place::new(), Model::new(Size::Small));
    let mut kept = 0;
    for (point, is_kept) in POINTS {
        for passes in PASSES {
            let armed = passes + i64::from(point == "store.thread");
            let fault = format!("{point}=kill@{armed}");
            let victim = Victim::start(&place.database(), Size::Small, &fault);
            let acknowledged = victim.killed().unwrap_or(kept);
            assert_eq!(acknowledged, kept + passes, "{fault}");
            kept = place.assert_whole(&mut model, acknowledged);
            assert_eq!(kept, acknowledged + i64::from(is_kept), "{fault}");
        }
    }
}

#[test]
fn a_process_that_is_killed_while_it_reads_has_changed_nothing() {
    let (place, mut model) = (Place::new(), Model::new(Size::Small));
    for point in ["store.begun/loading", "store.written/loading", "store.kept/loading"] {
        let before = Victim::start(&place.database(), Size::Small, "store.answer=kill@4");
        let acknowledged = before.killed().unwrap();
        let victim = Victim::start(&place.database(), Size::Small, &format!("{point}=kill"));
        assert_eq!(victim.killed(), None, "{point}");
        assert_eq!(place.assert_whole(&mut model, acknowledged), acknowledged + 1);
    }
}
