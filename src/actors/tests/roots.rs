//! The root: its own end, and what stands directly below it.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::{Instant, sleep};

use super::rig::{Rig, virtual_time};
use crate::actors::messages::{Reload, ReloadRefusal};
use crate::actors::root::{Assembler, Beside, Ending, Parts, Run, Tree};
use crate::model::EventKind;
use crate::snapshot::{Node, NodeId};
use crate::supervision::Turns;

fn node(parts: &Parts, name: &str) -> Node {
    parts.board.tree().get(&NodeId::root().child(name)).cloned().expect("it is in the tree")
}

#[test]
fn a_root_that_hangs_ends_the_tree() {
    virtual_time(|| async {
        let (parts, settings) = Rig::new(&["kvm-1"]).parts();
        let tree = Tree::start(Assembler::new(&settings, &parts), |_| Vec::new()).await.unwrap();
        tree.hang();
        let begun = Instant::now();
        let ending = tree.until(std::future::pending()).await;
        let why = "the root hung: no turn finished in 30s".to_owned();
        assert_eq!(ending, Ending::GaveUp(why));
        assert!(begun.elapsed() <= Duration::from_secs(38), "{:?}", begun.elapsed());
        sleep(Duration::from_secs(1)).await;
        assert!(Turns::here().living().is_empty(), "and everyone below it");
    });
}

/// A stop that is asked for does not save a root that hangs from being found.
#[test]
fn a_root_that_hangs_cannot_hold_up_the_end() {
    virtual_time(|| async {
        let (parts, settings) = Rig::new(&["kvm-1"]).parts();
        let tree = Tree::start(Assembler::new(&settings, &parts), |_| Vec::new()).await.unwrap();
        tree.hang();
        sleep(Duration::from_secs(1)).await;
        let ending = tree.until(std::future::ready(())).await;
        assert!(matches!(ending, Ending::GaveUp(_)), "{ending:?}");
    });
}

#[test]
fn files_that_cannot_be_read_do_not_hang_the_root() {
    virtual_time(|| async {
        let (mut parts, settings) = Rig::new(&["kvm-1"]).parts();
        parts.read_again = Some(Rc::new(|| std::future::pending().boxed_local()));
        let tree = Tree::start(Assembler::new(&settings, &parts), |_| Vec::new()).await.unwrap();
        let reload = tree.doors.reload.clone();
        let asked = async {
            let refused = reload.send(Reload { by: "test".to_owned() }).await.unwrap();
            sleep(Duration::from_secs(120)).await;
            refused
        };
        let mut refused = None;
        let ending = tree.until(asked.map(|answer| refused = Some(answer))).await;
        assert_eq!(ending, Ending::Stopped);
        let Some(Err(ReloadRefusal::NotNow(why))) = refused else { panic!("{refused:?}") };
        assert!(why.contains("its files were not read in 15s"), "{why}");
    });
}

#[test]
fn an_http_server_that_ends_is_shown_counted_written_down_and_started_again() {
    virtual_time(|| async {
        let rig = Rig::new(&["kvm-1"]);
        let (parts, settings) = rig.parts();
        let lives = Rc::new(Cell::new(0));
        let begun = Rc::clone(&lives);
        let run: Run = Rc::new(move || {
            begun.set(begun.get() + 1);
            let fails = begun.get() <= 2;
            async move {
                sleep(Duration::from_secs(5)).await;
                if fails { "no port".to_owned() } else { std::future::pending().await }
            }
            .boxed_local()
        });
        let beside = move |_: &_| vec![Beside { kind: "http", run, drain: None }];
        let tree = Tree::start(Assembler::new(&settings, &parts), beside).await.unwrap();
        let ending = tree.until(sleep(Duration::from_secs(3600))).await;
        assert_eq!(ending, Ending::Stopped);
        assert_eq!(lives.get(), 3);
        let shown = node(&parts, "http");
        assert_eq!((shown.kind, shown.incarnation, shown.restarts), ("http", 3, 2));
        assert_eq!(shown.last_exit.as_deref(), Some("failed: no port"));
        let restarts = |kind| parts.metrics.actor_restarts.with_label_values(&[kind]).get();
        assert_eq!(["http", "store", "arbiter", "host"].map(restarts), [2, 0, 0, 0]);
        let told = rig.events().await.into_iter().filter(|e| e.kind == EventKind::Supervision);
        let told: Vec<_> = told.map(|event| event.text).collect();
        assert_eq!(
            told,
            [
                "the actor of http failed: no port; started again in 0.1 s",
                "the actor of http failed: no port; started again in 0.2 s"
            ]
        );
        assert_eq!(node(&parts, "store").incarnation, 1);
    });
}
