//! How often a repair is tried, and when no more.

use assured::actors::messages::Retry;
use assured::model::{By, Command, Condition, DesiredState, Status};

use crate::rig::{Rig, Service, kinds, one_running, virtual_time};

use Condition::RunningBooted;
use DesiredState::{Running, Shutoff};

const STOP: &str = "[policies.default.running]\n\
    \"shutoff/crashed\" = { action = \"start\", exhausted = \"stop\" }\n\
    \"shutoff/failed\" = { action = \"start\", exhausted = \"stop\" }\n";

/// Kills a guest again and again, as soon as it runs, for so many seconds.
async fn kill_whenever_it_runs(
    rig: &Rig,
    service: &Service,
    id: assured::model::InstanceId,
    seconds: u64,
) {
    for _ in 0..seconds {
        if rig.host("kvm-1").condition(id).is_active() {
            rig.host("kvm-1").kill(id);
        }
        service.pass(1).await;
    }
}

#[test]
fn a_guest_that_boots_and_then_dies_spends_its_budget() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        rig.config += STOP;
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        kill_whenever_it_runs(&rig, &service, id, 600).await;
        assert_eq!(rig.sent(id, Command::Start), 5);
        assert_eq!(service.status(id), Status::GivenUp);
        assert_eq!(service.view(id).attempts.used, 5);
        // Each of the five deaths but the last was repaired: an incident each, counted once.
        assert_eq!(kinds(&rig.events().await)["incident_opened"], 6);
    });
}

#[test]
fn a_spent_budget_goes_on_slowly_by_default() {
    virtual_time(|| async {
        let (rig, id, service) = one_running().await;
        kill_whenever_it_runs(&rig, &service, id, 600).await;
        assert_eq!(rig.sent(id, Command::Start), 5);
        assert_eq!(service.status(id), Status::BackingOff);
        kill_whenever_it_runs(&rig, &service, id, 4 * 1800).await;
        let starts = rig.sent(id, Command::Start);
        assert!((8..=9).contains(&starts), "one every 30 minutes: {starts}");
    });
}

#[test]
fn a_start_that_fails_is_tried_again_with_growing_delays() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        rig.config += STOP;
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        rig.host("kvm-1").fail_actions(Command::Start, 100, "no disk");
        rig.host("kvm-1").kill(id);
        service.pass(120).await;
        let asked: Vec<_> = rig.world.journal().iter().map(|d| d.asked.as_secs_f64()).collect();
        assert_eq!(asked.len(), 5);
        for (pair, expected) in asked.windows(2).zip([1.0, 2.0, 4.0, 8.0]) {
            let delay = pair[1] - pair[0];
            assert!((delay / expected - 1.0).abs() < 0.15, "{delay} s, not {expected} s");
        }
        assert_eq!(service.status(id), Status::GivenUp);
    });
}

#[test]
fn a_restart_of_the_service_is_no_fresh_budget() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        rig.config += STOP;
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let mut service = rig.start().await;
        service.in_sync(id, 20).await;
        for _ in 0..8 {
            kill_whenever_it_runs(&rig, &service, id, 7).await;
            service.kill().await;
            service = rig.start().await;
        }
        kill_whenever_it_runs(&rig, &service, id, 120).await;
        assert_eq!(rig.sent(id, Command::Start), 5);
        assert_eq!(service.status(id), Status::GivenUp);
    });
}

#[test]
fn time_in_the_desired_state_makes_the_budget_fresh() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        rig.config += STOP;
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        for deaths in 1..=12 {
            service.pass(11 * 60).await;
            rig.host("kvm-1").kill(id);
            service.pass(30).await;
            assert_eq!(rig.sent(id, Command::Start), deaths);
        }
        assert_eq!(service.view(id).attempts.used, 1);
    });
}

#[test]
fn given_up_ends_by_a_word_from_outside() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        rig.config += STOP;
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        kill_whenever_it_runs(&rig, &service, id, 200).await;
        assert_eq!(service.status(id), Status::GivenUp);
        service.arbiter.send(Retry { id, by: By::ApiLocal }).await.unwrap().unwrap();
        service.pass(1).await;
        assert_eq!((rig.sent(id, Command::Start), service.status(id)), (6, Status::InSync));
        kill_whenever_it_runs(&rig, &service, id, 200).await;
        assert_eq!(service.status(id), Status::GivenUp);
        service.desire(id, Shutoff).await.unwrap();
        service.pass(1).await;
        service.desire(id, Running).await.unwrap();
        service.pass(1).await;
        assert_eq!((rig.sent(id, Command::Start), service.status(id)), (11, Status::InSync));
    });
}

#[test]
fn at_most_so_many_at_once_and_each_before_any_twice() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        let ids: Vec<_> = (0..50)
            .map(|n| rig.instance("kvm-1", &format!("vm-{n:02}"), RunningBooted, Running))
            .collect();
        let service = rig.start().await;
        for &id in &ids {
            service.in_sync(id, 20).await;
        }
        rig.host("kvm-1").set_start_delay(std::time::Duration::from_secs(2));
        rig.host("kvm-1").fail_actions(Command::Start, 25, "not today");
        for &id in &ids {
            rig.host("kvm-1").kill(id);
        }
        service.pass(120).await;
        let deeds = rig.world.journal();
        for deed in &deeds {
            let ended =
                |d: &assured::hypervisor::sim::Deed| d.done.unwrap_or(std::time::Duration::MAX);
            let at_once = deeds.iter().filter(|d| d.asked <= deed.asked && ended(d) > deed.asked);
            assert!(at_once.count() <= 4);
        }
        let tried = |id, before| deeds.iter().any(|d| d.id == id && d.asked <= before);
        for (place, deed) in deeds.iter().enumerate() {
            if deeds[..place].iter().any(|earlier| earlier.id == deed.id) {
                let all = ids.iter().all(|&id| tried(id, deed.asked));
                assert!(all, "each is tried before any is tried twice");
            }
        }
        assert_eq!(deeds.len(), 75);
        assert!(ids.iter().all(|&id| service.status(id) == Status::InSync));
    });
}

#[test]
fn the_window_is_that_of_the_rule_that_acts_not_of_what_was_seen_on_the_way_down() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        rig.config += "[policies.default.running]\n\"shutoff/destroyed\" = { action = \"start\", \
            retry = { attempts = 2, window = \"1m\" }, exhausted = \"stop\" }\n";
        let id = rig.instance("kvm-1", "web-1", RunningBooted, Running);
        let service = rig.start().await;
        service.in_sync(id, 20).await;
        for deaths in 1..=6 {
            service.pass(90).await;
            rig.host("kvm-1").put(id, "web-1", Condition::ShutdownUnknown);
            service.until("on its way down", 15, |s| s.status(id) == Status::Settling).await;
            rig.host("kvm-1").put(id, "web-1", Condition::ShutoffDestroyed);
            service.in_sync(id, 10).await;
            assert_eq!(rig.sent(id, Command::Start), deaths);
        }
    });
}
