//! Drawing a plan from a seed.

use std::ops::RangeInclusive;
use std::time::Duration;

use fastrand::Rng;

use crate::plan::{Act, Plan, Step};

/// What a plan is drawn for.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub hosts: usize,
    pub guests: usize,
    pub length: Duration,
    /// From one fault to the next, in milliseconds.
    pub apart: (u64, u64),
    /// How long what lasts lasts, in milliseconds.
    pub lasts: (u64, u64),
    /// Whether the service is killed too.
    pub service: ServiceDies,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceDies {
    Too,
    Never,
}

impl Plan {
    /// The plan of a seed: the same one each time.
    pub fn draw(seed: u64, shape: &Shape) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut steps = Vec::new();
        let mut at = millis(&mut rng, shape.apart);
        while at < shape.length {
            let act = act(&mut rng, shape);
            // Drawn in any case, so that one more kind of fault shifts nothing else.
            let lasts = millis(&mut rng, shape.lasts);
            steps.push(Step { at, act });
            if let Some(act) = act.end() {
                steps.push(Step { at: (at + lasts).min(shape.length), act });
            }
            at += millis(&mut rng, shape.apart);
        }
        // A stable order: of two at one time the one that was drawn first.
        steps.sort_by_key(|step| step.at);
        Self { seed, length: shape.length, steps }
    }
}

fn act(rng: &mut Rng, shape: &Shape) -> Act {
    let (host, guest, kind) =
        (rng.usize(0..shape.hosts), rng.usize(0..shape.guests), rng.u8(0..100));
    const KILL: RangeInclusive<u8> = 0..=19;
    const POWER_OFF: RangeInclusive<u8> = 20..=31;
    const SHUTDOWN: RangeInclusive<u8> = 32..=39;
    const MIGRATE: RangeInclusive<u8> = 40..=53;
    const LINK: RangeInclusive<u8> = 54..=64;
    const HANG: RangeInclusive<u8> = 65..=75;
    const DAEMON: RangeInclusive<u8> = 76..=85;
    const POWER: RangeInclusive<u8> = 86..=91;
    match kind {
        n if KILL.contains(&n) => Act::Kill(guest),
        n if POWER_OFF.contains(&n) => Act::PowerOff(guest),
        n if SHUTDOWN.contains(&n) => Act::Shutdown(guest),
        // To and fro between two hosts of its own: a definition stays behind at each move, and a guest that dies on its way
        // before the service has seen it can be followed only while it is clear where.
        n if MIGRATE.contains(&n) => Act::Migrate(guest, (guest + host % 2) % shape.hosts),
        n if LINK.contains(&n) => Act::LinkDown(host),
        n if HANG.contains(&n) => Act::Hang(host),
        n if DAEMON.contains(&n) => Act::KillDaemon(host),
        n if POWER.contains(&n) => Act::LosePower(host),
        _ if shape.service == ServiceDies::Too => Act::KillService,
        _ => Act::Kill(guest),
    }
}

fn millis(rng: &mut Rng, (least, most): (u64, u64)) -> Duration {
    Duration::from_millis(rng.u64(least..=most))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape {
        hosts: 3,
        guests: 30,
        length: Duration::from_secs(300),
        apart: (300, 2500),
        lasts: (500, 9000),
        service: ServiceDies::Too,
    };

    #[test]
    fn a_seed_is_a_plan_and_another_is_another() {
        assert_eq!(Plan::draw(7, &SHAPE), Plan::draw(7, &SHAPE));
        assert_ne!(Plan::draw(7, &SHAPE).steps, Plan::draw(8, &SHAPE).steps);
    }

    #[test]
    fn a_plan_has_every_kind_of_fault_and_ends_what_it_begins_in_time() {
        for seed in 0..20 {
            let plan = Plan::draw(seed, &SHAPE);
            let kinds: std::collections::HashSet<_> =
                plan.steps.iter().map(|step| std::mem::discriminant(&step.act)).collect();
            assert_eq!(kinds.len(), 14, "seed {seed}");
            assert!(plan.steps.is_sorted_by_key(|step| step.at));
            for (place, step) in plan.steps.iter().enumerate() {
                assert!(step.at <= plan.length);
                let ended = |end| plan.steps[place..].iter().any(|later| later.act == end);
                assert!(step.act.end().is_none_or(ended), "seed {seed}: {step:?} does not end");
            }
        }
    }
}
