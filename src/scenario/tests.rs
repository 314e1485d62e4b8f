//! What is looked at in every run can fail: runs that no right service would give.

use jiff::{SignedDuration, Timestamp};

use super::always::{self, Spell, too_many};
use super::sim_agrees::{self, Asked};
use super::{Audit, Run, Scenario, SimStage, Sources, Stage};
use crate::config::Settings;
use crate::hypervisor::Acted;
use crate::hypervisor::sim::Deed;
use crate::model::{Command, Condition, Event, EventId, EventKind, HostId, InstanceId};

const SMALL: &str = "name = \"n\"\ngiven = \"g\"\nwhen = \"w\"\nthen = \"t\"\n\
    [config.service]\nmax_concurrent_actions = 3\n\
    [[hosts]]\nid = \"a\"\nmax_concurrent_actions = 2\n[[hosts]]\nid = \"b\"\n\
    [[instances]]\nname = \"vm-1\"\ncount = 5\nhost = \"a\"\n\
    [[steps]]\nat = \"1s\"\ndo = { kill = \"vm-1\" }\n";

struct Case {
    scenario: Scenario,
    settings: Settings,
    audit: Audit,
}

impl Case {
    fn new() -> Self {
        let scenario = Scenario::parse("small.toml", SMALL).unwrap();
        let uri = |host: &str| format!("test:///{host}");
        let settings = scenario.settings(&Sources { config: &[], uri: &uri }).unwrap();
        Self { scenario, settings, audit: Audit::default() }
    }

    fn run<'a>(&'a self, ends: &'a [Timestamp]) -> Run<'a> {
        let (audit, settings, names) = (&self.audit, &self.settings, &self.scenario.names);
        Run { audit, settings, ends, names }
    }

    fn id(&self, number: usize) -> InstanceId {
        self.scenario.domains[number - 1].id
    }

    fn spell(&self, number: usize, host: &str, (from, to): (i64, i64)) -> Spell {
        Spell { instance: self.id(number), host: HostId::from(host), from: at(from), to: at(to) }
    }

    fn wrote(&mut self, kind: EventKind, detail: serde_json::Value) {
        let number = i64::try_from(self.audit.events().len()).unwrap() + 1;
        self.audit.take(Event {
            id: EventId(number),
            at: at(number * 10),
            kind,
            host: Some(HostId::from("a")),
            instance: Some(self.id(1)),
            incident: None,
            by: None,
            text: "so it is".to_owned(),
            detail,
        });
    }

    fn asked(&self, second: i64) -> Asked {
        let result = Some(Ok(Acted::Done));
        let (host, id, command) = (HostId::from("a"), self.id(1), Command::Start);
        let (asked, done) = (std::time::Duration::ZERO, Some(std::time::Duration::ZERO));
        let deed = Deed { asked, done, host, id, session: 1, command, result };
        Asked { at: at(second), done: at(second + 1), deed }
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
}

#[test]
fn more_actions_at_once_than_there_may_be_are_found() {
    let case = Case::new();
    let one = |number, host, times| case.spell(number, host, times);
    let found = |spells: &[Spell]| too_many(spells, &case.run(&[]));
    assert_eq!(found(&[one(1, "a", (0, 5)), one(2, "a", (0, 5)), one(3, "a", (5, 6))]), [""; 0]);
    assert_eq!(
        found(&[one(1, "a", (0, 5)), one(2, "a", (1, 5)), one(3, "a", (4, 6))]),
        ["3 actions were under way at once on host a (at most 2 may be)"]
    );
    assert_eq!(
        found(&[one(1, "a", (0, 5)), one(1, "b", (4, 6))]),
        ["2 actions were under way at once on vm-1 (at most 1 may be)"]
    );
    let four = [one(1, "a", (0, 5)), one(2, "a", (0, 5)), one(3, "b", (0, 5)), one(4, "b", (0, 5))];
    assert_eq!(found(&four), ["4 actions were under way at once in all (at most 3 may be)"]);
    assert_eq!(found(&[one(1, "a", (0, 5)), one(1, "b", (2, 2))]), [""; 0], "it took no time");
}

#[test]
fn what_a_life_began_is_not_the_next_ones() {
    let case = Case::new();
    let spells = [case.spell(1, "a", (0, 9)), case.spell(1, "a", (5, 9))];
    assert_eq!(too_many(&spells, &case.run(&[])).len(), 1);
    assert_eq!(too_many(&spells, &case.run(&[at(4), at(20)])), [""; 0]);
}

#[test]
fn an_actor_that_failed_is_found() {
    let mut case = Case::new();
    case.wrote(EventKind::Supervision, serde_json::Value::Null);
    assert_eq!(always::flaws(&case.run(&[])), ["an actor failed: so it is"]);
}

#[test]
fn an_action_without_an_intent_is_found_and_an_outcome_without_an_action() {
    let mut case = Case::new();
    let journal = [case.asked(10)];
    assert_eq!(
        sim_agrees::flaws(&journal, &case.run(&[])),
        ["start of vm-1 was sent to a without an intent in the database"]
    );
    case.wrote(EventKind::Attempt, serde_json::json!({ "attempt": 1, "command": "start" }));
    assert_eq!(sim_agrees::flaws(&journal, &case.run(&[])), [""; 0]);
    let twice = [case.asked(10), case.asked(12)];
    assert_eq!(sim_agrees::flaws(&twice, &case.run(&[])).len(), 1, "an intent is for one action");
    case.wrote(EventKind::Outcome, serde_json::json!({ "attempt": 1, "outcome": "done" }));
    assert_eq!(sim_agrees::flaws(&journal, &case.run(&[])), [""; 0]);
    assert_eq!(
        sim_agrees::flaws(&[], &case.run(&[])),
        ["attempt 1 (start of vm-1) is recorded as done, and a was never asked"]
    );
}

#[test]
fn the_page_names_every_deed_and_every_expectation() {
    use super::deed::{ApiDeed, ServiceDeed, WorldDeed};
    use super::words::{fields, variants};
    let page = include_str!("../../docs/simulate.md");
    let deeds = [variants::<WorldDeed>(), variants::<ServiceDeed>(), variants::<ApiDeed>()];
    let keys = [
        fields::<super::expect::OfInstance>(),
        fields::<super::expect::OfHost>(),
        fields::<super::expect::OfFleet>(),
        fields::<super::expect::OfEvents>(),
        fields::<super::deed::Slow>(),
        fields::<super::deed::Put>(),
        fields::<super::deed::Desire>(),
        fields::<super::deed::HoldIt>(),
        fields::<super::deed::Release>(),
        fields::<super::deed::Add>(),
        fields::<super::deed::Change>(),
        fields::<super::deed::Maintain>(),
        fields::<super::deed::Resume>(),
    ];
    for word in deeds.concat().into_iter().chain(keys.concat()) {
        assert!(page.contains(word), "docs/simulate.md does not name {word}");
    }
    assert!(deeds.iter().chain(&keys).all(|words| !words.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_is_active_on_two_hosts_is_found_unless_the_scenario_put_it_there() {
    let case = Case::new();
    let mut stage = SimStage::new(&case.scenario, &case.settings).unwrap();
    let on_b = |name: &str| {
        let put = format!(
            "do = {{ put = {{ instance = \"{name}\", host = \"b\", condition = \"running/booted\" }} }}"
        );
        Scenario::parse("put.toml", &SMALL.replace("do = { kill = \"vm-1\" }", &put)).unwrap()
    };
    let own = on_b("vm-2");
    let super::deed::Deed::World(put) = &own.steps[0].deeds[0].means else { panic!("it is one") };
    stage.carry_out(put, &own.names).await.unwrap();
    assert_eq!(stage.flaws(&case.run(&[])), [""; 0]);
    stage.world().host("b").put(case.id(1), "vm-1", Condition::RunningBooted);
    assert_eq!(
        stage.flaws(&case.run(&[])),
        ["vm-1 was active on two hosts at once, by the service's doing"]
    );
}
