//! How a host's link stands, as a small state machine without I/O.
//!
//! connecting → up → suspect → up, or → unreachable → up … A single failure proves nothing: a call
//! that failed or was overdue makes the link suspect, and a new connection is the second witness.
//! Only when that fails too is the host unreachable. Attempts to return are spaced out, longer each
//! time, and varied so that hosts that were lost together do not come back in step.
//!
//! Not in here: connecting, and what being unreachable means for instances.

use std::time::Duration;

use tokio::time::Instant;

/// The shortest delay of a returning link, and its first.
pub const FIRST_DELAY: Duration = Duration::from_millis(500);
/// The longest delay.
pub const LONGEST_DELAY: Duration = Duration::from_secs(30);
/// How far a delay is varied, as a share of it.
const JITTER: f64 = 0.2;
/// A link that was up for as long as this is not restless.
const CALM: Duration = Duration::from_secs(30);

/// How the link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// Not reached yet; this many connections have failed.
    Connecting {
        /// 0 or 1: the second failure makes it unreachable.
        failures: u32,
    },
    /// In use, since then.
    Up {
        /// When it was connected.
        since: Instant,
    },
    /// A call failed: a new connection is tried.
    Suspect,
    /// Two witnesses say that it cannot be reached.
    Unreachable,
}

/// What happened to the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A new connection stands, and the host was listed over it.
    Connected,
    /// A new connection could not be had.
    ConnectFailed,
    /// What was heard over the connection is not believed: a new one is the second look. Each
    /// connection is doubted once at most, so there is nothing to space out.
    Doubted,
    /// A call failed in a way that speaks against the host, or the connection was closed.
    CallFailed,
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Step {
    /// Open a new connection after this delay.
    pub connect_after: Option<Duration>,
    /// The host is unreachable from now on: say so.
    pub lost: bool,
}

/// A host's link. See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    state: LinkState,
    /// Connections that failed, or broke soon, in a row.
    restless: u32,
}

impl Default for Link {
    fn default() -> Self {
        Self::new()
    }
}

impl Link {
    /// A link that was never up; the first connection is to be opened at once.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: LinkState::Connecting { failures: 0 }, restless: 0 }
    }

    /// How it stands.
    #[must_use]
    pub const fn state(&self) -> LinkState {
        self.state
    }

    /// Something happened. `draw` (−1 to 1) varies the delay.
    pub fn on(&mut self, input: Input, now: Instant, draw: f64) -> Step {
        match (self.state, input) {
            (_, Input::Connected) => {
                self.state = LinkState::Up { since: now };
                Step::default()
            }
            (LinkState::Connecting { failures: 0 }, Input::ConnectFailed) => {
                self.state = LinkState::Connecting { failures: 1 };
                Step { connect_after: Some(Duration::ZERO), lost: false }
            }
            (LinkState::Connecting { .. } | LinkState::Suspect, Input::ConnectFailed) => {
                self.state = LinkState::Unreachable;
                Step { connect_after: Some(self.next_delay(draw)), lost: true }
            }
            (LinkState::Unreachable, Input::ConnectFailed) => {
                Step { connect_after: Some(self.next_delay(draw)), lost: false }
            }
            (LinkState::Up { since }, Input::CallFailed) => {
                self.state = LinkState::Suspect;
                if now.duration_since(since) >= CALM {
                    self.restless = 0;
                    return Step { connect_after: Some(Duration::ZERO), lost: false };
                }
                // It connects, and breaks again: not in a tight loop.
                Step { connect_after: Some(self.next_delay(draw)), lost: false }
            }
            (LinkState::Up { .. }, Input::Doubted) => {
                self.state = LinkState::Suspect;
                Step { connect_after: Some(Duration::ZERO), lost: false }
            }
            // Word of a failure of a session that is not in use any more; or a connection that
            // nobody asked for.
            (
                LinkState::Connecting { .. } | LinkState::Suspect | LinkState::Unreachable,
                Input::CallFailed | Input::Doubted,
            )
            | (LinkState::Up { .. }, Input::ConnectFailed) => Step::default(),
        }
    }

    fn next_delay(&mut self, draw: f64) -> Duration {
        let plain = FIRST_DELAY.saturating_mul(1 << self.restless.min(10)).min(LONGEST_DELAY);
        self.restless = self.restless.saturating_add(1);
        let varied = plain.mul_f64(JITTER.mul_add(draw.clamp(-1.0, 1.0), 1.0));
        varied.clamp(FIRST_DELAY, LONGEST_DELAY)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(inputs: &[(u64, Input)]) -> (Link, Vec<Step>) {
        let begin = Instant::now();
        let mut link = Link::new();
        let steps = inputs
            .iter()
            .map(|&(s, input)| link.on(input, begin + Duration::from_secs(s), 0.0))
            .collect();
        (link, steps)
    }

    fn connect(after: Duration) -> Step {
        Step { connect_after: Some(after), lost: false }
    }

    #[test]
    fn one_failed_call_is_no_proof() {
        let (link, steps) =
            run(&[(0, Input::Connected), (60, Input::CallFailed), (61, Input::Connected)]);
        assert_eq!(steps[1], connect(Duration::ZERO));
        assert!(matches!(link.state(), LinkState::Up { .. }));
        assert!(steps.iter().all(|s| !s.lost));
    }

    #[test]
    fn two_witnesses_are() {
        let (link, steps) =
            run(&[(0, Input::Connected), (60, Input::CallFailed), (61, Input::ConnectFailed)]);
        assert_eq!(steps[2], Step { connect_after: Some(FIRST_DELAY), lost: true });
        assert_eq!(link.state(), LinkState::Unreachable);
    }

    #[test]
    fn a_second_look_is_not_put_off() {
        let (link, steps) = run(&[
            (0, Input::ConnectFailed),
            (0, Input::ConnectFailed),
            (9, Input::Connected),
            (9, Input::Doubted),
        ]);
        assert_eq!(steps[3], connect(Duration::ZERO));
        assert_eq!(link.state(), LinkState::Suspect);
    }

    #[test]
    fn at_the_start_too() {
        let (_, steps) = run(&[(0, Input::ConnectFailed), (1, Input::ConnectFailed)]);
        assert_eq!(steps[0], connect(Duration::ZERO));
        assert!(steps[1].lost);
    }

    #[test]
    fn the_way_back_is_spaced_out_and_told_once() {
        let (_, steps) = run(&[(0, Input::ConnectFailed); 12]);
        let delays: Vec<_> =
            steps[1..].iter().filter_map(|s| s.connect_after).map(|d| d.as_secs_f64()).collect();
        assert_eq!(delays[..7], [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0]);
        assert_eq!(steps.iter().filter(|s| s.lost).count(), 1);
    }

    #[test]
    fn a_link_that_breaks_as_soon_as_it_stands_is_not_tried_in_a_tight_loop() {
        let mut inputs = Vec::new();
        for s in 0..5 {
            inputs.extend([(s, Input::Connected), (s, Input::CallFailed)]);
        }
        let (_, steps) = run(&inputs);
        let delays: Vec<_> = steps.iter().filter_map(|s| s.connect_after).collect();
        assert!(delays.windows(2).all(|pair| pair[0] < pair[1]), "{delays:?}");
    }

    proptest! {
        #[test]
        fn something_always_brings_the_link_back(
            inputs in prop::collection::vec((0u64..100, 0..4u8), 1..50),
            draw in -1.0..1.0f64,
        ) {
            let begin = Instant::now();
            let (mut link, mut now) = (Link::new(), begin);
            // What is outstanding: the first connection, or one that a step asked for.
            let mut outstanding = true;
            for (s, kind) in inputs {
                now += Duration::from_secs(s);
                let input = match kind {
                    0 if outstanding => Input::Connected,
                    1 if outstanding => Input::ConnectFailed,
                    2 => Input::Doubted,
                    _ => Input::CallFailed,
                };
                if !matches!(input, Input::CallFailed | Input::Doubted) {
                    outstanding = false;
                }
                let step = link.on(input, now, draw);
                if let Some(delay) = step.connect_after {
                    prop_assert!(delay <= LONGEST_DELAY);
                    prop_assert!(!outstanding, "one connection at a time");
                    outstanding = true;
                }
                let up = matches!(link.state(), LinkState::Up { .. });
                prop_assert!(up != outstanding, "{:?}", link.state());
            }
        }
    }
}
