//! Scenarios: what happens to machines, and what the service does about it, as data.
//!
//! A scenario is a file (`docs/simulate.md`): hosts and domains, what happens when, and what is
//! expected. [`play`] lets the whole service, its real actors and its real (in-memory) database,
//! loose on the simulated world, on virtual time: hours pass in fractions of a second, and the same
//! file gives the same story. [`play_on`] does so on any other [`Stage`], for instance on real
//! hosts in real time.
//!
//! Besides what a scenario expects, some things are looked at in every run: nothing is active on
//! two hosts by the service's doing, limits of actions hold, no action goes without an intent in the
//! database, no actor fails.
//!
//! Not in here: what the service does; how simulated hosts behave (`hypervisor::sim`); printing.

mod always;
mod asks;
mod audit;
mod check;
pub mod deed;
mod differ;
mod error;
pub mod expect;
mod file;
mod lives;
mod names;
mod play;
mod read;
mod service;
mod settings;
mod sim_agrees;
mod sim_stage;
mod span;
mod stage;
mod steps;
mod story;
#[cfg(test)]
mod tests;
mod validate;
mod words;

use std::path::PathBuf;
use std::time::Duration;

pub use always::Spell;
pub use audit::{Attempted, Audit};
pub use error::{Mistake, Mistakes};
pub use file::{Again, Domain, Head, HostLine, Managed, Scenario, Seen, Step, Written};
pub use names::{Names, domain_id};
pub use play::{Progress, play_on};
pub use settings::Sources;
pub use sim_stage::SimStage;
pub use span::Span;
pub use stage::{Action, Run, Stage};
pub use story::{Line, Mark, Played, Who, offset};

/// How a scenario is played on the simulator.
#[derive(Default)]
pub struct Options {
    /// Configuration files whose settings are used instead of the scenario's own.
    pub config: Vec<PathBuf>,
    /// Told how far it has come.
    pub progress: Option<Box<dyn Fn(Duration) + Send + Sync>>,
}

/// Why a scenario cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The file, or the configuration that it is to be played with, is wrong.
    #[error(transparent)]
    Mistakes(#[from] Mistakes),
    /// There is no database in memory to be had.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// There is no thread or runtime to be had, or the play itself has failed.
    #[error("the scenario could not be played: {0}")]
    Failed(String),
}

/// Plays a scenario on the simulator, on a thread and a clock of its own. Blocks until it is over.
///
/// # Errors
/// When it cannot be played. That something is not as expected is no error, but in what is
/// answered.
pub fn play(scenario: &Scenario, options: &Options) -> Result<Played, PlayError> {
    let from = Sources { config: &options.config, uri: &settings::simulated_uri };
    let settings = scenario.settings(&from)?;
    std::thread::scope(|scope| {
        let played = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .start_paused(true)
                .build()
                .map_err(|error| PlayError::Failed(error.to_string()))?;
            let system = actix::System::with_tokio_rt(|| runtime);
            system.block_on(async {
                let mut stage = SimStage::new(scenario, &settings)?;
                let quiet = |_: Duration| {};
                let progress: Progress<'_> = match &options.progress {
                    Some(progress) => progress.as_ref(),
                    None => &quiet,
                };
                Ok(play_on(&mut stage, scenario, &settings, progress).await)
            })
        });
        let panicked = |_| PlayError::Failed("the play has panicked".to_owned());
        played.join().map_err(panicked)?
    })
}
