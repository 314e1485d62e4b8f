//! What is known is older than it looks.

use std::time::Duration;

use assured::actors::traffic::{Report, Seen};
use assured::hypervisor::{Lifecycle, Signal, StoppedWhy};
use assured::model::{Command, Condition, DesiredState, OutcomeKind, Source, Status};
use tokio::time::sleep;

use crate::rig::{Rig, host, one_running, virtual_time};

use Condition::RunningBooted;
use DesiredState::Running;

/// N11: the look that lets an action out began after the action was asked for. Here the action has
/// waited for its turn; when that comes, a read is on its way that began before it and says "down",
/// and somebody has started the guest meanwhile.
#[test]
fn an_action_is_not_let_out_by_a_look_that_began_before_it() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        rig.config += "max_concurrent_actions = 1\n";
        let first = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        rig.config += "priority = 1\n";
        let second = rig.instance("kvm-1", "web-2", RunningBooted, Running);
        let service = rig.start().await;
        service.in_sync(second, 20).await;
        let kvm = rig.host("kvm-1");
        kvm.set_latency(Duration::from_secs(1));
        kvm.set_start_delay(Duration::from_secs(5));
        kvm.destroy(first);
        kvm.destroy(second);
        // Seen at 1 s, looked at afresh until 2 s, and then started until 8 s: the other one waits.
        sleep(Duration::from_millis(7500)).await;
        assert_eq!((rig.deeds(first), rig.deeds(second)), (vec![Command::Start], vec![]));
        let event = Lifecycle::Stopped(StoppedWhy::Destroyed);
        kvm.signal(Signal::Lifecycle { id: second, event });
        sleep(Duration::from_millis(300)).await;
        kvm.start(second);
        service.pass(30).await;
        assert_eq!(rig.deeds(second), [], "it ran again before the fresh look");
        assert_eq!(service.status(second), Status::InSync);
        let withdrawn = service.metrics.actions.with_label_values(&["start", "withdrawn"]);
        assert_eq!(withdrawn.get(), 1);
    });
}

/// N3: an action that was judged by an older generation does not go out.
#[test]
fn an_order_that_comes_before_the_fresh_look_takes_an_action_back() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        let kvm = rig.host("kvm-1");
        kvm.set_latency(Duration::from_secs(1));
        kvm.destroy(id);
        sleep(Duration::from_millis(1500)).await;
        assert_eq!(service.status(id), Status::Repairing, "the start waits for its fresh look");
        service.desire(id, DesiredState::Shutoff).await.unwrap();
        service.pass(60).await;
        assert_eq!(rig.deeds(id), []);
        assert_eq!(service.status(id), Status::InSync);
        assert_eq!(kvm.condition(id), Condition::ShutoffDestroyed);
        let loaded = rig.store.load().unwrap();
        assert!(
            loaded
                .attempts
                .iter()
                .all(|a| a.outcome.as_ref().is_some_and(|o| { o.kind == OutcomeKind::Withdrawn }))
        );
    });
}

/// Of two looks the younger counts, whatever order they arrive in.
#[test]
fn a_look_that_arrives_late_is_not_believed() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        service.pass(60).await;
        let at = service.view(id).freshness.at().unwrap() - jiff::SignedDuration::from_secs(5);
        let before = service.commits();
        let late = Report {
            instance: id,
            host: host("kvm-1"),
            seen: Seen {
                condition: Condition::ShutoffDestroyed,
                at,
                source: Source::Event,
                before: None,
            },
        };
        // The last look that the arbiter was told of is younger than the late one.
        rig.host("kvm-1").suspend(id);
        service.pass(1).await;
        let suspended = service.commits();
        assert!(suspended > before);
        service.arbiter.send(late).await.unwrap();
        service.pass(1).await;
        assert_eq!(service.commits(), suspended, "nothing is written");
        assert_eq!(service.view(id).observed, Some(Condition::PausedUser));
        assert_eq!(rig.deeds(id), []);
    });
}
