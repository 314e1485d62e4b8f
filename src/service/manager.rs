//! What the service manager is told (`sd_notify(3)`), where there is one: nothing without `NOTIFY_SOCKET`.
//!
//! `READY=1` means that the tree of actors stands and HTTP listens: whoever is started after this
//! service can ask it. Whether the database is read and every host was tried once, `/readyz` says; a host
//! that does not answer must not keep a start from being finished.

use std::io;
use std::time::Duration;

use sd_notify::NotifyState;

use super::web::Listening;

/// The service serves, for the first time or after a reload: told once HTTP listens.
pub(super) async fn say_ready(mut listening: Listening) {
    // An error is the end of the tree: there will be nothing to tell.
    if let Ok(address) = listening.wait_for(Option::is_some).await
        && let Some(address) = *address
    {
        let status = format!("serving on {address}");
        tell(|| Ok(vec![NotifyState::Ready, NotifyState::Status(&status)]));
    }
}

/// The service waits until it is to act: whoever is started after it need not wait for that.
pub(super) fn standing_by(why: &str) {
    let status = format!("standby: {why}");
    tell(|| Ok(vec![NotifyState::Ready, NotifyState::Status(&status)]));
}

/// The configuration is being read again.
pub(super) fn reloading() {
    tell(|| {
        let status = NotifyState::Status("reading the configuration again");
        Ok(vec![NotifyState::Reloading, NotifyState::monotonic_usec_now()?, status])
    });
}

/// The service ends.
pub(super) fn stopping(why: &str) {
    tell(|| Ok(vec![NotifyState::Stopping, NotifyState::Status(why)]));
}

/// The actors' thread lives.
pub(super) fn alive() {
    tell(|| Ok(vec![NotifyState::Watchdog]));
}

/// In which time [`alive`] is to be said again, if the service manager waits for it: half of what it
/// waits.
pub(super) fn alive_every() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|patience| patience / 2)
}

fn tell<'a>(what: impl FnOnce() -> io::Result<Vec<NotifyState<'a>>>) {
    if let Err(error) = what().and_then(|what| sd_notify::notify(&what)) {
        tracing::warn!("the service manager cannot be told anything: {error}");
    }
}
