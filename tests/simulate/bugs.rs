//! The proof that the checks check: each deliberate bug is found within so many seeds.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use assured::faults::Bug;

use super::FIRST;
use super::pace::{quiet_panics, watched};

/// No bug may stay hidden for longer.
const WITHIN: u64 = 600;

#[test]
fn each_deliberate_bug_is_found() {
    quiet_panics();
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(&bug) = Bug::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let caught = (0..WITHIN).find_map(|n| {
                        let failure = watched(FIRST + n, Some(bug)).failure?;
                        Some((n + 1, failure.laws.join(", ")))
                    });
                    match &caught {
                        Some((seeds, laws)) => println!("{bug:?}: found by seed {seeds}: {laws}"),
                        None => println!("{bug:?}: NOT found in {WITHIN} seeds"),
                    }
                    found.lock().unwrap().push((bug, caught));
                }
            });
        }
    });
    let hidden: Vec<Bug> = found
        .into_inner()
        .unwrap()
        .into_iter()
        .filter(|(_, c)| c.is_none())
        .map(|(b, _)| b)
        .collect();
    assert!(hidden.is_empty(), "not found in {WITHIN} seeds: {hidden:?}");
}
