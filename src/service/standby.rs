//! A database on a server that another process has: this one waits until that one has ended, and takes its place.
//!
//! While it waits it serves no HTTP: who can be reached is the one that acts. A service manager hears that it is
//! ready, and stands by. What is in a file nobody waits for: there is one machine, and one service on it. Not in here:
//! who has the database, and how that is known (`store/postgres/owner.rs`).

use std::time::Duration;

use tokio::task::{AbortHandle, spawn_blocking, spawn_local};
use tokio::time::sleep;

use super::signals::Ends;
use super::{Failure, manager};
use crate::store::{Location, Store, StoreError};
use crate::telemetry::whole;

/// Between two tries.
const PACE: Duration = Duration::from_secs(1);

/// Opens the database, as soon as it may be had; none where the service was told to end before that.
///
/// # Errors
/// It cannot be used, for another reason than that it is in use.
pub(super) async fn open(location: &Location, ends: &mut Ends) -> Result<Option<Store>, Failure> {
    let _fed = Fed::start();
    let mut said: Option<String> = None;
    loop {
        let place = location.clone();
        let opening = spawn_blocking(move || Store::open_at(&place));
        let opened = tokio::select! {
            opened = opening => opened.unwrap_or(Err(StoreError::Stopped)),
            signal = ends.next() => return Ok(ended(signal)),
        };
        match opened {
            Ok(store) => {
                if said.is_some() {
                    tracing::info!("the database is free: this process takes over");
                }
                return Ok(Some(store));
            }
            Err(error) => say(&mut said, error)?,
        }
        tokio::select! {
            () = sleep(PACE) => {}
            signal = ends.next() => return Ok(ended(signal)),
        }
    }
}

/// Ready when another process has taken the database over.
pub(super) async fn taken_over(store: &Store) {
    let mut over = store.taken_over();
    if over.wait_for(|over| *over).await.is_err() {
        // Nobody is there who could say so.
        std::future::pending::<()>().await;
    }
}

/// Says why it is waited, once for each reason. Who waits already goes on, also while the server is away: it is often
/// the server's restart that ends the other one.
fn say(said: &mut Option<String>, error: StoreError) -> Result<(), Failure> {
    let waits = if said.is_some() {
        matches!(error, StoreError::Server(_) | StoreError::Query { .. })
    } else {
        error.is_in_use_on_a_server()
    };
    if !waits {
        return Err(error.into());
    }
    let why = whole(&error);
    if said.as_ref() != Some(&why) {
        tracing::info!("standby: {why}");
        manager::standing_by(&why);
        *said = Some(why);
    }
    Ok(())
}

fn ended(signal: &str) -> Option<Store> {
    tracing::info!("{signal}: the standby ends");
    manager::stopping("the standby ends");
    None
}

/// Feeds the service manager's watchdog, until it is dropped.
struct Fed(Option<AbortHandle>);

impl Fed {
    fn start() -> Self {
        Self(manager::alive_every().map(|every| {
            let feeding = spawn_local(async move {
                loop {
                    manager::alive();
                    sleep(every).await;
                }
            });
            feeding.abort_handle()
        }))
    }
}

impl Drop for Fed {
    fn drop(&mut self) {
        if let Some(feeding) = &self.0 {
            feeding.abort();
        }
    }
}
