//! The end of the process, or of the machine, at any point: what was acknowledged is there, and
//! nothing is half there.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::place::{FilePlace, open};
use super::sample::*;
use super::{commit, run};
use crate::model::{EventId, HostId};
use crate::store::sqlite::files::with_suffix;
use crate::store::{Batch, EventQuery, Store};

/// The files as a power cut would leave them, opened.
fn after_a_cut(place: &FilePlace, name: &str) -> Store {
    let copy = place.dir.path().join(name);
    for suffix in ["", "-wal"] {
        let from = with_suffix(&place.path, suffix);
        fs::copy(from, with_suffix(&copy, suffix)).unwrap();
    }
    open(&copy).unwrap()
}

#[test]
fn a_cut_in_the_midst_of_a_transaction_leaves_nothing_of_it() {
    let place = FilePlace::new();
    let store = place.open().unwrap();
    let first = Batch { instances: vec![instance(1, 1)], ..Batch::default() };
    commit(&store, first.clone()).unwrap();
    assert_eq!(after_a_cut(&place, "acknowledged.db").load().unwrap().instances, first.instances);

    let log = with_suffix(&place.path, "-wal");
    let size = move || fs::metadata(&log).unwrap().len();
    let before = size();
    let (half, is_half) = std::sync::mpsc::channel();
    let (go_on, may_go_on) = std::sync::mpsc::channel::<()>();
    let writing = store.on_writer(move |session| {
        session.transact("writing", |records| {
            // No room to keep it in memory: it goes to the file before it is committed.
            records.batch_execute("PRAGMA cache_size = 5")?;
            let second = Batch {
                instances: (1..500).map(|n| instance(n, 2)).collect(),
                events: (1..500).map(event).collect(),
                ..Batch::default()
            };
            records.write(&second)?;
            half.send(()).unwrap();
            may_go_on.recv().unwrap();
            Ok(())
        })
    });
    is_half.recv().unwrap();
    assert!(size() > before, "half of it is in the file");
    let found = after_a_cut(&place, "half.db").load().unwrap();
    assert_eq!(found.instances, first.instances);
    assert_eq!(found.last_event, EventId(0));

    go_on.send(()).unwrap();
    run(writing).unwrap().unwrap();
    let found = after_a_cut(&place, "whole.db").load().unwrap();
    assert_eq!((found.instances.len(), found.last_event), (499, EventId(499)));
}

const DATABASE: &str = "ASSURED_TEST_CRASH_DATABASE";
const EVENTS: i64 = 20;

/// One batch: an instance's generation, and events of the same number.
fn numbered(number: i64) -> Batch {
    Batch {
        instances: vec![instance(1, number)],
        events: (0..EVENTS)
            .map(|k| crate::model::Event {
                host: Some(HostId::from(number.to_string().as_str())),
                ..event(number * EVENTS + k)
            })
            .collect(),
        ..Batch::default()
    }
}

/// Not a test by itself: the process that is killed by the next one. It commits for ever, and
/// says so after each.
#[test]
fn victim() {
    let Some(path) = std::env::var_os(DATABASE).map(PathBuf::from) else {
        return;
    };
    let store = open(&path).unwrap();
    for number in 1.. {
        commit(&store, numbered(number)).unwrap();
        println!("\nacknowledged {number}");
    }
}

#[test]
fn killed_while_it_commits() {
    for kills in [1_usize, 7, 40] {
        let place = FilePlace::new();
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::tests::crash::victim", "--nocapture"])
            .env(DATABASE, &place.path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(victim.stdout.take().unwrap()).lines();
        let acknowledged: i64 = lines
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("acknowledged ")?.parse().ok())
            .nth(kills - 1)
            .expect("it commits");
        victim.kill().unwrap();
        victim.wait().unwrap();

        let store = place.open().expect("its lock ended with it");
        let generation = store.load().unwrap().instances[0].desired.generation.0;
        assert!(generation >= acknowledged, "{generation} < {acknowledged}");
        let host = |number: i64| EventQuery {
            host: Some(HostId::from(number.to_string().as_str())),
            ..EventQuery::default()
        };
        let whole = usize::try_from(EVENTS).unwrap();
        for number in 1..=generation {
            assert_eq!(run(store.events(host(number))).unwrap().len(), whole);
        }
        assert_eq!(run(store.events(host(generation + 1))).unwrap().len(), 0);
    }
}
