//! One rule of a policy, with the defaults of everything that it leaves out.

use std::time::Duration;

use crate::model::{Action, Condition, DesiredState, Severity, State};

/// What happens when the budget of attempts is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exhausted {
    /// One attempt every `slow_interval`.
    Slow,
    /// None until someone says otherwise.
    Stop,
    /// The record follows reality.
    Accept,
}

impl Exhausted {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Slow, Self::Stop, Self::Accept];

    /// The one text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Slow => "slow",
            Self::Stop => "stop",
            Self::Accept => "accept",
        }
    }
}

/// How often an action is tried, and how long it waits in between.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retry {
    /// Attempts in all, the first included: 1 to 1000.
    pub attempts: u32,
    /// The delay before the second attempt.
    pub initial: Duration,
    /// What each further delay is multiplied with: 1 to 10.
    pub factor: f64,
    /// The longest delay.
    pub max: Duration,
    /// How far a delay is varied, as a share of it: 0 to 1.
    pub jitter: f64,
    /// How long the instance must be in its desired state without a break until the budget is
    /// fresh.
    pub window: Duration,
}

impl Retry {
    /// The time that all attempts take when each fails at once, jitter included. A window shorter
    /// than this would refresh a budget that could not be spent.
    #[must_use]
    pub fn longest(&self) -> Duration {
        (1..self.attempts)
            .map(|used| super::delay_after(self, used, 1.0))
            .fold(Duration::ZERO, Duration::saturating_add)
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 5,
            initial: Duration::from_secs(1),
            factor: 2.0,
            max: Duration::from_secs(5 * 60),
            jitter: 0.1,
            window: Duration::from_secs(10 * 60),
        }
    }
}

/// What to do about an observation that is not the desired state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// What.
    pub action: Action,
    /// How long the mismatch must hold first.
    pub grace: Duration,
    /// How often.
    pub retry: Retry,
    /// What then.
    pub exhausted: Exhausted,
    /// The pace of [`Exhausted::Slow`].
    pub slow_interval: Duration,
    /// An instance last seen active longer ago than this is not started, but reported.
    pub max_downtime: Option<Duration>,
    /// For `shutdown`: how long after it the domain is destroyed.
    pub force_after: Duration,
    /// How much what is reported matters.
    pub severity: Severity,
}

impl Rule {
    /// A rule with this action, and the default for everything else. `alert` is reported as a
    /// warning, `ignore` not at all, the rest as information.
    #[must_use]
    pub fn new(action: Action) -> Self {
        Self {
            action,
            grace: Duration::ZERO,
            retry: Retry::default(),
            exhausted: Exhausted::Slow,
            slow_interval: Duration::from_secs(30 * 60),
            max_downtime: None,
            force_after: Duration::from_secs(2 * 60),
            severity: match action {
                Action::Alert => Severity::Warning,
                Action::Ignore => Severity::None,
                Action::Accept
                | Action::Start
                | Action::StartPaused
                | Action::Resume
                | Action::Pause
                | Action::Wakeup
                | Action::Shutdown
                | Action::Destroy
                | Action::Restart
                | Action::Redefine => Severity::Info,
            },
        }
    }
}

/// Whether an action can lead from what is observed to what is desired, or is none that would have
/// to.
#[must_use]
pub(super) fn leads(action: Action, from: Condition, to: DesiredState) -> bool {
    let state = from.state();
    // Whether it is of use in that condition at all, and where it ends.
    let (of_use, end) = match action {
        Action::Alert | Action::Ignore => return true,
        Action::Accept => return DesiredState::met_in(from).is_some(),
        // From there the rules for a domain that is off lead on, wherever that is.
        Action::Redefine => return from == Condition::Missing,
        Action::Start => (state == State::Shutoff, DesiredState::Running),
        Action::StartPaused => (state == State::Shutoff, DesiredState::Paused),
        Action::Resume => (state == State::Paused, DesiredState::Running),
        Action::Pause => (is_running(state), DesiredState::Paused),
        Action::Wakeup => (state == State::PmSuspended, DesiredState::Running),
        // A guest that stands still does not hear the power button.
        Action::Shutdown => (is_running(state), DesiredState::Shutoff),
        Action::Destroy => (from.is_active(), DesiredState::Shutoff),
        Action::Restart => (from.is_active(), DesiredState::Running),
    };
    of_use && end == to
}

const fn is_running(state: State) -> bool {
    matches!(state, State::Running | State::Blocked)
}
