//! The laws for random cases under random policies, at whatever time, and what takes two answers.

use assured::model::{
    Attempt, Command, Condition, Desired, DesiredState, DownWith, Hold, HostId, IncidentId,
    Outcome, OutcomeKind,
};
use assured::policy::{
    Case, Decision, Elsewhere, HostView, Policies, Redefinable, Verdict, WaitWhy, decide,
};
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

use super::build::{EARLIER, INCIDENT, attempt, desired, now, plain};
use super::given::Given;
use super::laws::broken;
use super::tables;

/// Times near now, where things happen, and the ends of time.
fn time() -> impl Strategy<Value = Timestamp> {
    let near = |seconds: i64| {
        (-seconds * 1_000_000..seconds * 100_000).prop_map(|micros| now() + micros.microseconds())
    };
    prop_oneof![
        6 => near(60),
        6 => near(4000),
        2 => near(400_000),
        1 => prop::sample::select(vec![now(), Timestamp::MIN, Timestamp::MAX]),
    ]
}

fn tried() -> impl Strategy<Value = Vec<Attempt>> {
    let command = prop_oneof![
        3 => prop::sample::select(Command::ALL),
        2 => Just(Command::Shutdown),
        1 => Just(Command::Destroy),
    ];
    let outcome = prop::option::weighted(0.97, (prop::sample::select(OutcomeKind::ALL), time()));
    let of = prop::sample::select(vec![Some(INCIDENT), Some(INCIDENT), Some(EARLIER), None]);
    let one = (command, time(), outcome, of).prop_map(|(command, at, outcome, incident)| Attempt {
        at,
        outcome: outcome.map(|(kind, end)| Outcome { kind, at: end.max(at), detail: None }),
        incident,
        ..attempt(command, 0, None)
    });
    prop::collection::vec(one, 0..7).prop_map(|mut all| {
        all.sort_by_key(|a| a.at);
        all
    })
}

fn elsewhere() -> impl Strategy<Value = Elsewhere> {
    let other = || HostId::from("kvm-2");
    prop_oneof![
        8 => Just(Elsewhere::Nowhere),
        1 => Just(Elsewhere::On(other())),
        1 => Just(Elsewhere::MaybeOn(other())),
        1 => Just(Elsewhere::Twice(other())),
    ]
}

fn redefinable() -> impl Strategy<Value = Redefinable> {
    let other = || HostId::from("kvm-2");
    prop_oneof![
        8 => Just(Redefinable::Yes),
        1 => Just(Redefinable::NothingKept),
        1 => Just(Redefinable::On(other())),
        1 => Just(Redefinable::NotAsked(other())),
        1 => Just(Redefinable::MaybeOn(other())),
    ]
}

fn hold() -> impl Strategy<Value = Option<Hold>> {
    let hold = |until| Hold { by: "ann".into(), reason: "moves it".into(), since: now(), until };
    prop::option::weighted(0.2, time().prop_map(hold))
}

/// A case without its table, which it is asked about under.
#[derive(Debug, Clone)]
struct Random {
    policy: &'static str,
    desired: Desired,
    case: Case<'static>,
    hold: Option<Hold>,
    tried: Vec<Attempt>,
    incident: Option<IncidentId>,
}

fn random() -> impl Strategy<Value = Random> {
    let what = (
        prop::sample::select(DesiredState::ALL),
        prop::sample::select(Condition::ALL),
        prop::bool::weighted(0.7),
        prop::option::weighted(0.3, prop::sample::select(DownWith::ALL)),
        prop::sample::select(vec!["default", "mine"]),
    );
    let times = (
        prop_oneof![4 => Just(now()), 1 => time()],
        // The look: mostly a moment ago.
        prop_oneof![4 => Just(now()), 1 => time()],
        time(),
        prop_oneof![4 => Just(Timestamp::MIN), 1 => time()],
        prop::option::of(time()),
        prop::option::weighted(0.3, time()),
    );
    let ready = prop_oneof![
        8 => Just(HostView::Ready),
        1 => Just(HostView::NotReady),
        1 => Just(HostView::Maintenance),
    ];
    let around = (ready, (elsewhere(), redefinable()), hold(), -1.5..1.5f64);
    (what, times, around, tried()).prop_map(|(what, times, around, tried)| {
        let (state, seen, settled, down_with, policy) = what;
        let (now, seen_at, since, valid_from, last_active, grace_from) = times;
        let (host, (elsewhere, redefinable), hold, draw) = around;
        let desired = desired(state);
        static DESIRED: std::sync::LazyLock<Desired> =
            std::sync::LazyLock::new(|| super::build::desired(DesiredState::Running));
        let case = Case {
            now,
            settled,
            seen_at,
            since,
            valid_from,
            last_active,
            grace_from,
            down_with,
            draw,
            host,
            elsewhere,
            redefinable,
            ..plain(tables::built_in(), &DESIRED, seen)
        };
        let incident = settled.then_some(INCIDENT);
        Random { policy, desired, case, hold, tried, incident }
    })
}

impl Random {
    fn given<'a>(&'a self, policies: &'a Policies) -> Given<'a> {
        let table = policies.get(self.policy).unwrap();
        let (desired, hold) = (&self.desired, self.hold.as_ref());
        Given::new(Case { table, desired, hold, ..self.case.clone() }, &self.tried, self.incident)
    }
}

fn asked(given: &Given<'_>) -> Result<Decision, TestCaseError> {
    let decision = decide(&given.case);
    match broken(given, &decision) {
        None => Ok(decision),
        Some(law) => Err(TestCaseError::fail(format!("{law}: {decision:?}\n{}", given.tell()))),
    }
}

/// The same, asked later, after a fresh look that found the same.
fn again<'a>(given: &Given<'a>, at: Timestamp) -> Given<'a> {
    let case = Case { now: at, seen_at: at, ..given.case.clone() };
    Given::new(case, given.tried, given.incident)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_laws_hold_under_any_policy_at_any_time(
        policies in tables::policies(),
        cases in prop::collection::vec(random(), 32),
    ) {
        for case in &cases {
            asked(&case.given(policies))?;
        }
    }

    /// Whoever asks again when he was told to gets another answer.
    #[test]
    fn what_is_waited_for_comes(
        policies in tables::policies(),
        cases in prop::collection::vec(random(), 32),
    ) {
        for case in &cases {
            let given = case.given(policies);
            // Nothing is first seen after now: in such a case the first moment to ask is that one.
            if given.case.since > given.case.now {
                continue;
            }
            let Verdict::Wait { until: Some(until), why } = asked(&given)?.verdict else { continue };
            // The look that was wanted at once is a later one: no two readings are equal.
            let again_at = match why {
                WaitWhy::FreshLook => until.max(given.case.since).saturating_add(1.microsecond()),
                _ => Ok(until),
            };
            let at = again_at.unwrap_or(Timestamp::MAX);
            if at == Timestamp::MAX {
                continue;
            }
            let later = asked(&again(&given, at))?;
            prop_assert!(
                later.verdict.until() != Some(until),
                "{later:?} after {why:?}\n{}", given.tell()
            );
        }
    }

    /// Following the answers, it comes to an end: at most one wait for each thing that is waited for.
    #[test]
    fn waiting_ends(policies in tables::policies(), cases in prop::collection::vec(random(), 32)) {
        for case in &cases {
            let mut given = case.given(policies);
            for waits in 0.. {
                let Some(until) = asked(&given)?.verdict.until() else { break };
                let at = until.max(given.case.since).saturating_add(1.microsecond());
                let at = at.unwrap_or(Timestamp::MAX);
                if at == Timestamp::MAX {
                    break;
                }
                prop_assert!(waits < 5, "{}", given.tell());
                given = again(&given, at);
            }
        }
    }

    #[test]
    fn a_withdrawn_attempt_costs_nothing(
        policies in tables::policies(),
        case in random(),
        at in any::<prop::sample::Index>(),
        end in time(),
        command in prop::sample::select(Command::ALL),
    ) {
        let mut with = case.clone();
        let outcome = Some(Outcome { kind: OutcomeKind::Withdrawn, at: end, detail: None });
        let withdrawn = Attempt { outcome, ..attempt(command, 0, None) };
        with.tried.insert(at.index(case.tried.len() + 1), withdrawn);
        let (with, without) = (asked(&with.given(policies))?, asked(&case.given(policies))?);
        prop_assert_eq!(with, without);
    }

    /// A restart of the service forgets nothing: an attempt in flight becomes one that may have been
    /// sent, and so costs as much.
    #[test]
    fn an_interrupted_attempt_costs_as_much_as_one_in_flight(case in random()) {
        let interrupted = |a: &Attempt| {
            let outcome = Outcome { kind: OutcomeKind::Interrupted, at: a.at, detail: None };
            Attempt { outcome: Some(a.outcome.clone().unwrap_or(outcome)), ..a.clone() }
        };
        let after = case.tried.iter().map(interrupted).collect::<Vec<_>>();
        let used = |tried| assured::policy::Attempts::new(tried, None).used();
        prop_assert_eq!(used(&after), used(&case.tried));
        prop_assert_eq!(
            assured::policy::Attempts::new(&after, None).last_at(),
            assured::policy::Attempts::new(&case.tried, None).last_at()
        );
    }
}
