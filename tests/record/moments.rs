//! Killed at any moment, with batches so large that the log is copied back into the database again and
//! again: no point in the code is where that is.

use std::time::Duration;

use crate::batches::Size;
use crate::model::Model;
use crate::place::Place;
use crate::victim::Victim;

const ROUNDS: usize = 12;
/// The most batches that are waited for before the kill.
const MOST: usize = 40;
/// About as long as a commit takes.
const COMMIT_MICROSECONDS: u64 = 20_000;

/// Random numbers that `ASSURED_SEED` repeats.
pub fn rng() -> fastrand::Rng {
    let seed = std::env::var("ASSURED_SEED")
        .map_or_else(|_| fastrand::u64(..), |seed| seed.parse().expect("a number"));
    eprintln!("ASSURED_SEED={seed} repeats these moments");
    fastrand::Rng::with_seed(seed)
}

/// Lets any moment pass: the moment is what is tried, so nothing is waited for.
#[allow(clippy::disallowed_methods)]
pub fn a_moment(rng: &mut fastrand::Rng) {
    std::thread::sleep(Duration::from_micros(rng.u64(0..COMMIT_MICROSECONDS)));
}

#[test]
fn what_was_acknowledged_is_kept_at_whichever_moment_the_process_is_killed() {
    let mut rng = rng();
    let (place, mut model) = (Place::new(), Model::new(Size::Large));
    let mut kept = 0;
    for _ in 0..ROUNDS {
        let mut victim = Victim::start(&place.database(), Size::Large, "");
        for _ in 0..rng.usize(0..MOST) {
            assert!(victim.acknowledged().is_some(), "it commits");
        }
        a_moment(&mut rng);
        let acknowledged = victim.kill().unwrap_or(kept);
        kept = place.assert_whole(&mut model, acknowledged);
        assert!(kept <= acknowledged + 1, "{kept} > {acknowledged} + 1: only the last may be");
    }
    eprintln!("{ROUNDS} kills, {kept} batches");
}
