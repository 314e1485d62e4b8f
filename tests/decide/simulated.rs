//! A machine over time: whatever its guest does, however the attempts end, and whenever the service
//! restarts, its budget holds (N5), one action is under way at a time (N4), and every answer on the
//! way keeps the laws.

use std::collections::BTreeMap;
use std::time::Duration;

use assured::model::{Action, Attempt, Command, Condition, DesiredState, Outcome, OutcomeKind};
use assured::policy::{Case, Exhausted, Policies, Rule, RuleKey, Table, Verdict, WaitWhy, decide};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

use super::build::{INCIDENT, ago, attempt, desired, later, plain};
use super::given::{Given, costs};
use super::laws::broken;
use super::tables;

/// What becomes of an attempt.
#[derive(Debug, Clone, Copy)]
struct Fate {
    /// How long it takes.
    takes: u64,
    kind: OutcomeKind,
    /// How long the guest is as desired after it; none if it does not get there.
    lives: Option<u64>,
    /// The service is restarted while it is under way.
    restart: bool,
    /// How early the service asks again: an event came.
    early: bool,
}

fn fate() -> impl Strategy<Value = Fate> {
    let kind = prop::sample::select(OutcomeKind::ALL);
    let lives = prop::option::of(1u64..120);
    let restart = prop::bool::weighted(0.2);
    (0u64..20, kind, lives, restart, any::<bool>()).prop_map(
        |(takes, kind, lives, restart, early)| Fate { takes, kind, lives, restart, early },
    )
}

/// A rule that the configuration would take, for what the simulated machine is seen in.
fn rule(action: Action) -> impl Strategy<Value = Rule> {
    tables::rule().prop_map(move |rule| {
        let retry = assured::policy::Retry {
            attempts: rule.retry.attempts.clamp(2, 8),
            max: rule.retry.max.min(Duration::from_secs(86_400)),
            initial: rule.retry.initial.min(Duration::from_secs(86_400)),
            ..rule.retry
        };
        let day = |time: Duration| time.clamp(Duration::from_secs(1), Duration::from_secs(86_400));
        let (slow_interval, force_after) = (day(rule.slow_interval), day(rule.force_after));
        let grace = rule.grace.min(Duration::from_secs(600));
        Rule { action, retry, slow_interval, force_after, grace, max_downtime: None, ..rule }
    })
}

fn table(state: DesiredState, seen: Condition, rule: Rule) -> Policies {
    let mut rules = tables::rules_of(tables::built_in());
    rules.insert((state, RuleKey::Exact(seen)), rule);
    tables::valid(rules, BTreeMap::new())
}

/// What the service keeps, and what it forgets when it restarts.
struct World<'a> {
    table: &'a Table,
    state: DesiredState,
    seen: Condition,
    settled: bool,
    clock: Timestamp,
    /// Since when the machine is not as desired.
    since: Timestamp,
    /// The rows of the database.
    tried: Vec<Attempt>,
}

impl World<'_> {
    /// Follows the policy through these fates; the attempts that were made.
    fn live(mut self, fates: &[Fate]) -> Result<Vec<Attempt>, TestCaseError> {
        for fate in fates {
            let Some(command) = self.until_it_acts(fate)? else { break };
            self.carry_out(command, fate)?;
        }
        Ok(self.tried)
    }

    fn until_it_acts(&mut self, fate: &Fate) -> Result<Option<Command>, TestCaseError> {
        for asked in 0..40 {
            match self.ask()? {
                Verdict::Act(command) => return Ok(Some(command)),
                Verdict::Wait { until: Some(until), .. } => {
                    // An event makes it ask half way; otherwise it asks in time.
                    let half = until.duration_since(self.clock) / 2;
                    let early = fate.early && asked == 0 && half > SignedDuration::ZERO;
                    self.clock = if early { self.clock + half } else { until };
                    self.clock += 1.microsecond();
                }
                Verdict::GiveUp | Verdict::Accept(_) => return Ok(None),
                other => prop_assert!(false, "{other:?}"),
            }
        }
        prop_assert!(false, "it waits for ever");
        Ok(None)
    }

    fn carry_out(&mut self, command: Command, fate: &Fate) -> Result<(), TestCaseError> {
        let begun = Attempt { at: self.clock, ..attempt(command, 0, None) };
        self.tried.push(begun);
        self.clock += SignedDuration::from_micros(1);
        let busy = Verdict::Wait { until: None, why: WaitWhy::InFlight };
        prop_assert_eq!(self.ask()?, busy);
        self.clock = later(self.clock, Duration::from_secs(fate.takes));
        let kind = if fate.restart { OutcomeKind::Interrupted } else { fate.kind };
        let last = self.tried.last_mut().unwrap();
        last.outcome = Some(Outcome { kind, at: self.clock, detail: None });
        if fate.restart {
            // It knows what the database has: no row less, and in order.
            let mut rows = std::mem::take(&mut self.tried);
            rows.sort_by_key(|a| a.at);
            self.tried = rows;
        }
        self.clock += 1.microsecond();
        let sent = !matches!(kind, OutcomeKind::Failed | OutcomeKind::Withdrawn);
        if let Some(lives) = fate.lives.filter(|_| sent) {
            self.clock = later(self.clock, Duration::from_secs(lives));
            self.since = self.clock;
            self.clock += 1.microsecond();
        }
        Ok(())
    }

    fn ask(&self) -> Result<Verdict, TestCaseError> {
        let desired = desired(self.state);
        let case = Case {
            now: self.clock,
            seen_at: self.clock,
            since: self.since,
            valid_from: Timestamp::MIN,
            settled: self.settled,
            ..plain(self.table, &desired, self.seen)
        };
        let given = Given::new(case, &self.tried, self.settled.then_some(INCIDENT));
        let decision = decide(&given.case);
        if let Some(law) = broken(&given, &decision) {
            return Err(TestCaseError::fail(format!("{law}: {decision:?}\n{}", given.tell())));
        }
        Ok(decision.verdict)
    }
}

/// The attempts beyond the budget come at the slow pace, or not at all.
fn budget_holds(tried: &[Attempt], rule: &Rule) -> Result<(), TestCaseError> {
    let charged: Vec<_> = tried.iter().filter(|a| costs(a)).collect();
    for pair in charged.windows(2).skip(rule.retry.attempts as usize - 1) {
        let ended = pair[0].outcome.as_ref().unwrap().at;
        prop_assert!(rule.exhausted == Exhausted::Slow, "{rule:?}\n{tried:#?}");
        prop_assert!(pair[1].at >= later(ended, rule.slow_interval), "{rule:?}\n{tried:#?}");
    }
    Ok(())
}

fn run(
    settled: bool,
    (state, seen): (DesiredState, Condition),
    rule: Rule,
    fates: &[Fate],
) -> Result<Vec<Attempt>, TestCaseError> {
    let policies = table(state, seen, rule);
    let table = policies.get_or_default("default");
    let start = ago(80_000);
    let world = World { table, state, seen, settled, clock: start, since: start, tried: vec![] };
    world.live(fates)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn n5_starts_that_fail_and_guests_that_die_spend_one_budget(
        rule in rule(Action::Start),
        fates in prop::collection::vec(fate(), 1..30),
    ) {
        let crashed = (DesiredState::Running, Condition::ShutoffCrashed);
        let tried = run(true, crashed, rule, &fates)?;
        budget_holds(&tried, &rule)?;
        prop_assert!(tried.iter().all(|a| a.command == Command::Start));
    }

    #[test]
    fn n5_an_order_has_a_budget_as_well_and_is_never_accepted_away(
        rule in rule(Action::Start),
        fates in prop::collection::vec(fate(), 1..30),
    ) {
        let crashed = (DesiredState::Running, Condition::ShutoffCrashed);
        let tried = run(false, crashed, rule, &fates)?;
        let exhausted = match rule.exhausted {
            Exhausted::Accept => Exhausted::Slow,
            as_it_is => as_it_is,
        };
        budget_holds(&tried, &Rule { exhausted, ..rule })?;
    }

    /// A guest that does not listen: the destroy comes when its time has come, and not before.
    #[test]
    fn n5_a_shutdown_is_forced_in_its_time_and_within_its_budget(
        rule in rule(Action::Shutdown),
        fates in prop::collection::vec(fate(), 1..20),
    ) {
        let deaf: Vec<_> = fates.iter().map(|fate| Fate { lives: None, ..*fate }).collect();
        let tried = run(true, (DesiredState::Shutoff, Condition::RunningBooted), rule, &deaf)?;
        budget_holds(&tried, &rule)?;
        let charged = || tried.iter().filter(|a| costs(a));
        let first = charged().find(|a| a.command == Command::Shutdown);
        let destroy = tried.iter().find(|a| a.command == Command::Destroy);
        let force_at = first.map(|a| later(a.at, rule.force_after));
        if let (Some(destroy), Some(force_at)) = (destroy, force_at) {
            prop_assert!(destroy.at >= force_at);
            // One that was not sent after all has kept it waiting too.
            let last = tried.iter().rfind(|a| a.at < destroy.at).unwrap();
            let free = force_at.max(last.outcome.as_ref().unwrap().at);
            prop_assert!(destroy.at <= later(free, Duration::from_millis(1)), "{tried:#?}");
        }
        let spared = charged().take_while(|a| a.command == Command::Shutdown).count();
        prop_assert!(spared < rule.retry.attempts as usize, "one is kept: {tried:#?}");
    }
}
