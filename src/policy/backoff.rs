//! How long to wait before the next attempt.

use std::time::Duration;

use super::Retry;

/// The delay after `used` attempts: `initial · factor^(used − 1)`, at most `max`, varied by
/// `jitter` in the direction that `draw` (−1 to 1) says. Nothing before the first attempt.
#[must_use]
pub fn delay_after(retry: &Retry, used: u32, draw: f64) -> Duration {
    let Some(doublings) = used.checked_sub(1) else {
        return Duration::ZERO;
    };
    let exponent = i32::try_from(doublings).unwrap_or(i32::MAX);
    let plain = retry.initial.as_secs_f64() * retry.factor.powi(exponent);
    let capped = plain.min(retry.max.as_secs_f64());
    let varied = capped * (1.0 + retry.jitter * draw.clamp(-1.0, 1.0));
    Duration::try_from_secs_f64(varied).unwrap_or(retry.max)
}
