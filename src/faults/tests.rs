use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::{Bug, Fault, Point, Rule, arm, bug, disarm, done, error, parse, pass, plant, take};

fn rule(point: Point, fault: Fault) -> Rule {
    Rule { point, name: None, after: 0, times: 1, fault }
}

#[test]
fn a_fault_happens_as_often_as_it_was_armed_and_to_whom_it_was() {
    let armed = rule(Point::HostNoticed, Fault::Error);
    arm(Rule { name: Some("kvm-1".to_owned()), after: 1, times: 2, ..armed });
    let given: Vec<_> = (0..4).map(|_| error(Point::HostNoticed, "kvm-1").is_some()).collect();
    assert_eq!(given, [false, true, true, false]);
    arm(Rule { name: Some("kvm-1".to_owned()), ..rule(Point::HostNoticed, Fault::Error) });
    assert_eq!(error(Point::HostNoticed, "kvm-2"), None);
    assert_eq!(error(Point::HostOpened, "kvm-1"), None);
    disarm();
    assert_eq!(error(Point::HostNoticed, "kvm-1"), None);
    assert_eq!(done().into_iter().collect::<Vec<_>>(), [((Point::HostNoticed, "error"), 2)]);
    take();
}

#[test]
fn a_panic_is_a_panic() {
    arm(rule(Point::ArbiterTold, Fault::Panic));
    assert!(catch_unwind(AssertUnwindSafe(|| pass(Point::ArbiterTold, ""))).is_err());
    pass(Point::ArbiterTold, "");
    take();
}

#[test]
fn a_bug_is_planted_on_its_own_thread_only() {
    plant(Bug::NoGate);
    assert!(bug(Bug::NoGate) && !bug(Bug::NoDoubt));
    assert!(!std::thread::spawn(|| bug(Bug::NoGate)).join().unwrap());
    take();
    assert!(!bug(Bug::NoGate));
}

#[test]
fn the_environment_is_understood() {
    let read = parse("store.written=kill@3; host.noticed/kvm-1=delay:250").unwrap();
    let kill = Rule { after: 3, ..rule(Point::StoreWritten, Fault::Kill) };
    let delay = Fault::Delay(Duration::from_millis(250));
    let delay = Rule { name: Some("kvm-1".to_owned()), ..rule(Point::HostNoticed, delay) };
    assert_eq!(read, [kill, delay]);
    for wrong in
        ["store.writen=kill", "store.written", "store.written=kill@x", "host.noticed=delay:"]
    {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn every_point_has_a_name_of_its_own() {
    let names: std::collections::BTreeSet<_> = Point::ALL.iter().map(|p| p.as_str()).collect();
    assert_eq!(names.len(), Point::ALL.len());
}
