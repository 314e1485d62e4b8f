//! What is told of a decision: its status, its words, and the sentences of `explain`.

use std::time::Duration;

use assured::model::{Action, Command, Condition, DesiredState, HostId, Status};
use assured::policy::{
    Exhausted, Layer, Policies, Rule, RuleKey, Rules, Verdict, WaitWhy, explain,
};

use super::build::now;
use super::tables;

/// Every reason to wait: the status that it is, whether it is out of our hands, and its words.
fn reasons() -> Vec<(WaitWhy, Status, bool, &'static str)> {
    let host = || HostId::from("kvm-2");
    let held = WaitWhy::Held { by: "ann".into(), reason: "moves it".into() };
    vec![
        (WaitWhy::FreshLook, Status::Repairing, true, "younger than the last change"),
        (WaitWhy::InFlight, Status::Repairing, false, "under way"),
        (WaitWhy::Grace, Status::Settling, false, "within its grace"),
        (WaitWhy::Backoff, Status::BackingOff, false, "before the next attempt"),
        (WaitWhy::SlowLane, Status::BackingOff, false, "slow pace"),
        (WaitWhy::ShuttingDown, Status::Repairing, false, "asked to shut down"),
        (held, Status::Held, true, "held by ann: moves it"),
        (WaitWhy::Maintenance, Status::Held, true, "maintenance"),
        (WaitWhy::HostNotReady, Status::Unknown, true, "unreachable"),
        (WaitWhy::LibvirtWorks, Status::Held, true, "libvirt works"),
        (WaitWhy::NotHere, Status::OutOfSync, false, "does not have the domain"),
        (WaitWhy::ActiveElsewhere(host()), Status::OutOfSync, false, "runs on kvm-2"),
        (WaitWhy::MaybeActiveOn(host()), Status::OutOfSync, false, "may run on kvm-2"),
        (WaitWhy::Queue, Status::Repairing, false, "as many actions as allowed"),
    ]
}

#[test]
fn a_wait_tells_its_status_its_reason_and_its_end() {
    for (why, status, out_of_our_hands, words) in reasons() {
        assert_eq!(why.is_out_of_our_hands(), out_of_our_hands, "{why:?}");
        assert!(why.to_string().contains(words), "{why}");
        for until in [None, Some(now())] {
            let verdict = Verdict::Wait { until, why: why.clone() };
            assert_eq!((verdict.status(), verdict.until()), (status, until), "{verdict}");
            assert_eq!((verdict.why(), verdict.word()), (Some(&why), "wait"));
            let end =
                if until.is_some() { format!("until {}", now()) } else { "wait: ".to_owned() };
            let text = verdict.to_string();
            assert!(text.contains(words) && text.contains(&end), "{text}");
        }
    }
}

#[test]
fn what_is_no_wait_has_no_end_and_no_reason() {
    for (verdict, status, word, text) in [
        (Verdict::InSync, Status::InSync, "in sync", "in sync"),
        (Verdict::Accept(DesiredState::Paused), Status::InSync, "accept", "accept paused"),
        (Verdict::Act(Command::Destroy), Status::Repairing, "act", "destroy"),
        (Verdict::Alert, Status::OutOfSync, "alert", "alert"),
        (Verdict::Ignore, Status::OutOfSync, "ignore", "ignore"),
        (Verdict::GiveUp, Status::GivenUp, "give up", "give up"),
    ] {
        assert_eq!((verdict.status(), verdict.word()), (status, word));
        assert_eq!((verdict.until(), verdict.why()), (None, None));
        assert_eq!(verdict.to_string(), text);
    }
    let words = Exhausted::ALL.iter().map(|e| e.as_str()).collect::<Vec<_>>();
    assert_eq!(words, ["slow", "stop", "accept"]);
}

/// Explains one rule of a policy of that name.
fn explained(desired: DesiredState, seen: Condition, rule: Rule) -> String {
    let rules = Rules::from([((desired, RuleKey::Exact(seen)), rule)]);
    let users = [("web".to_owned(), rules)].into();
    let policies = Policies::new(&tables::rules_of(tables::built_in()), &users).unwrap();
    let told = explain(policies.get("web").unwrap(), desired, seen);
    assert_eq!((told.policy.as_str(), told.desired, told.seen), ("web", desired, seen));
    assert_eq!(told.matched.map(|m| (m.layer, m.rule)), Some((Layer::Named, rule)));
    told.text
}

#[test]
fn an_explanation_says_what_is_done_when_and_how_often() {
    let (running, off) = (DesiredState::Running, Condition::ShutoffCrashed);
    let start = Rule { grace: Duration::from_secs(90), ..Rule::new(Action::Start) };
    assert_eq!(
        explained(running, off, start),
        "shutoff/crashed where running is desired: rule `shutoff/crashed` (named). When it has been \
         so for 1m 30s, start: up to 5 attempts, the second after 1s, each further delay × 2, at most \
         5m; then one every 30m. An order to be running is carried out by start."
    );
    let destroy = ("shutdown, and destroy 2m later: up to", "then no more until someone says so.");
    let shutdown = Rule { exhausted: Exhausted::Stop, ..Rule::new(Action::Shutdown) };
    let text = explained(DesiredState::Shutoff, Condition::RunningBooted, shutdown);
    assert!(text.contains(destroy.0) && text.contains(destroy.1), "{text}");
    let accept = Rule { exhausted: Exhausted::Accept, ..Rule::new(Action::Start) };
    let text = explained(running, off, accept);
    assert!(
        text.contains("At once, start") && text.contains("; then the record follows"),
        "{text}"
    );
}

#[test]
fn an_explanation_says_what_is_only_reported_accepted_or_ignored() {
    let running = DesiredState::Running;
    let says = |seen, rule, words: &str| {
        let text = explained(running, seen, rule);
        assert!(text.contains(words), "{text}");
    };
    let late = |action| Rule { grace: Duration::from_secs(5), ..Rule::new(action) };
    let off = Condition::ShutoffShutdown;
    says(off, late(Action::Accept), "for 5s, the record follows reality: shutoff is desired from");
    says(off, late(Action::Alert), "for 5s, it is reported (warning), and nothing is done");
    // What is ignored has no grace.
    says(off, late(Action::Ignore), "At once, nothing is done, and nothing is reported");
    says(Condition::PausedSave, late(Action::Alert), "An order to be running waits for libvirt's");
    says(Condition::Missing, late(Action::Alert), "An order to be running waits until a host has");
    says(Condition::Missing, late(Action::Redefine), "An order to be running begins with redefine");
    let told = explain(tables::built_in(), running, Condition::RunningBooted);
    assert_eq!(told.text, "running/booted is as desired (running): nothing is done.");
    assert_eq!(told.matched, None);
    for (layer, word) in
        [(Layer::Named, "named"), (Layer::Default, "default"), (Layer::BuiltIn, "built-in")]
    {
        assert_eq!(layer.as_str(), word);
    }
}
