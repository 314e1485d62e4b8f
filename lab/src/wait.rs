//! A bounded wait for a condition in another process.
//!
//! Looking again after a short pause is right here: what is awaited (a QEMU's death, a daemon's first answer) offers no
//! handle to block on that works for all of them, and the limit makes a hang a failure with a name.

use crate::error::{LabError, Result};
use std::time::{Duration, Instant};

/// Between two looks: short against anything that is awaited (a daemon starts in 100 ms), long against a look.
const PAUSE: Duration = Duration::from_millis(5);

/// Waits until `condition` holds, for at most `limit`; the error says `what` was awaited.
pub fn wait_until(
    limit: Duration,
    what: impl Into<String>,
    mut condition: impl FnMut() -> bool,
) -> Result<()> {
    let started = Instant::now();
    while !condition() {
        if started.elapsed() >= limit {
            return Err(LabError::WaitedInVain { what: what.into(), limit });
        }
        std::thread::sleep(PAUSE);
    }
    Ok(())
}
