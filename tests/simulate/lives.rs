//! Who is alive.

use std::time::Duration;

use assured::hypervisor::Operation;

use super::facts::{AHEAD, Facts};
use super::laws::Broken;
use super::plan::host_name;

/// How long somebody may still ask over a connection after the next was opened: first the host is listed over that, and an
/// actor that hangs meanwhile is found in its heartbeat.
const GRACE: Duration = Duration::from_secs(45);

/// N15 and the tree: a parent's end is the end of its children. No host is asked anything after the end of a
/// life of the service and before the next, nor over a connection that was replaced by another.
pub fn nobody_outlives_its_parent(facts: &Facts) -> Result<(), Broken> {
    let new = facts.new_reads();
    for read in new {
        let alive = facts.log.lives.iter().any(|life| {
            let to = life.span.to.map_or(Duration::MAX, |to| to + AHEAD);
            (life.span.from.saturating_sub(AHEAD)..=to).contains(&read.asked)
        });
        if !alive {
            let at = read.asked.as_secs_f64();
            return Err(format!(
                "{} of {} at {at:.5}: no service is alive",
                read.operation, read.host
            ));
        }
    }
    for number in 0..facts.plan.shape.hosts {
        let name = host_name(number);
        let mut newest: Option<(u64, Duration)> = None;
        for read in facts.record.reads.iter().filter(|r| r.host.as_str() == name) {
            if read.operation == Operation::Connect {
                // One that did not come about replaces nothing.
                let opened = read.said.as_ref().map(|_| (read.session, read.done));
                newest = opened.or(newest);
            } else if let Some((session, since)) = newest
                && read.session < session
                && read.asked > since + GRACE
            {
                return Err(format!(
                    "{} of {name} at {:.5} over connection {}, but {session} was opened at {:.5}",
                    read.operation,
                    read.asked.as_secs_f64(),
                    read.session,
                    since.as_secs_f64()
                ));
            }
        }
    }
    Ok(())
}
