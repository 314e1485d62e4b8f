//! Plays a scenario on the simulator: on a thread and a clock of its own.
//!
//! Virtual time moves on when nobody has anything to do. A service that does something again and
//! again at one moment would stop it for ever; so somebody watches that it moves.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use tokio::time::sleep;

use super::settings::simulated_uri;
use super::{Mistakes, Played, Progress, Scenario, SimStage, Sources, play_on};
use crate::config::Settings;
use crate::store::StoreError;

/// A step of virtual time that is noticed.
const TICK: Duration = Duration::from_secs(60);
/// How often, in real time, somebody looks whether one was made.
const LOOK: Duration = Duration::from_secs(1);
/// After how many looks in a row without one the play is given up.
const LOOKS: u32 = 30;

/// How a scenario is played on the simulator.
#[derive(Clone, Default)]
pub struct Options {
    /// Configuration files whose settings are used instead of the scenario's own.
    pub config: Vec<PathBuf>,
    /// Told how far it has come.
    pub progress: Option<Told>,
}

/// Told how far a play has come, in the scenario's time.
pub type Told = Arc<dyn Fn(Duration) + Send + Sync>;

/// Why a scenario cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The file, or the configuration that it is to be played with, is wrong.
    #[error(transparent)]
    Mistakes(#[from] Mistakes),
    /// There is no database in memory to be had.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Virtual time stands still.
    #[error(
        "time stands still in the minute after {}: the service does something again and again at \
         one moment, or has more to do than this machine can",
        humantime::format_duration(*.after)
    )]
    StandsStill {
        /// How much time had passed in the world.
        after: Duration,
    },
    /// There is no thread or runtime to be had, or the play itself has failed.
    #[error("the scenario could not be played: {0}")]
    Failed(String),
}

/// Plays a scenario on the simulator, on a thread and a clock of its own. Blocks until it is over.
///
/// # Errors
/// When it cannot be played, or time stands still in it: then its thread is left behind, and ends
/// with the process. That something is not as expected is no error, but in what is answered.
pub fn play(scenario: &Scenario, options: &Options) -> Result<Played, PlayError> {
    let from = Sources { config: &options.config, uri: &simulated_uri };
    let settings = scenario.settings(&from)?;
    let (scenario, told) = (scenario.clone(), options.progress.clone());
    let ticks = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&ticks);
    let (tell, hear) = channel();
    std::thread::Builder::new()
        .name("play".to_owned())
        .spawn(move || {
            // Nobody may be waiting any more.
            let _ = tell.send(on_this_thread(&scenario, &settings, told, counted));
        })
        .map_err(|error| PlayError::Failed(error.to_string()))?;
    let (mut seen, mut looks) = (0, 0);
    loop {
        match hear.recv_timeout(LOOK) {
            Ok(played) => return played,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(PlayError::Failed("the play has panicked".to_owned()));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        let now = ticks.load(Ordering::Relaxed);
        looks = if now == seen { looks + 1 } else { 0 };
        seen = now;
        if looks >= LOOKS {
            let after = TICK * u32::try_from(seen).unwrap_or(u32::MAX);
            return Err(PlayError::StandsStill { after });
        }
    }
}

fn on_this_thread(
    scenario: &Scenario,
    settings: &Settings,
    told: Option<Told>,
    ticks: Arc<AtomicU64>,
) -> Result<Played, PlayError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .map_err(|error| PlayError::Failed(error.to_string()))?;
    let system = actix::System::with_tokio_rt(|| runtime);
    system.block_on(async {
        tokio::spawn(async move {
            loop {
                sleep(TICK).await;
                ticks.fetch_add(1, Ordering::Relaxed);
            }
        });
        let mut stage = SimStage::new(scenario, settings)?;
        let quiet = |_: Duration| {};
        let progress: Progress<'_> = match &told {
            Some(told) => told.as_ref(),
            None => &quiet,
        };
        Ok(play_on(&mut stage, scenario, settings, progress).await)
    })
}
