//! Who looks after the actors' thread: a thread of its own, and by it the service manager.

use std::time::Duration;

use super::{Failure, manager};
use crate::exit::Exit;
use crate::supervision::{Relay, Turns, Watchdog};
use crate::telemetry::whole;

/// How long the last line of the log may take.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Ends the process if this thread, on which all actors live, is silent for longer than
/// `heartbeat`, and tells the service manager while it is not, if that waits for it.
pub(super) fn guard_thread(heartbeat: Duration) -> Result<Watchdog, Failure> {
    let turns = Turns::here();
    let relay = manager::alive_every().map(|every| Relay { every, tell: Box::new(manager::alive) });
    let (pulse, watchdog) = Watchdog::start_with(heartbeat, relay, move || {
        let stuck = match turns.whose() {
            Some(name) => format!("in a turn of {name}"),
            None => "between the actors' turns".to_owned(),
        };
        last_words(heartbeat, stuck);
        std::process::exit(Exit::GaveUp.code().into());
    })
    .map_err(|e| Failure::Start(whole(&e)))?;
    actix::spawn(pulse.beat_every(watchdog.pace()));
    Ok(watchdog)
}

/// Says why, by another thread: what the actors' thread is stuck in may be the log.
fn last_words(heartbeat: Duration, stuck: String) {
    let silent = heartbeat.as_secs_f64();
    let (said, heard) = std::sync::mpsc::channel();
    let say = move || {
        tracing::error!("the actors' thread was silent for {silent} s, {stuck}: the process ends");
        // Nobody may be waiting any more.
        let _ = said.send(());
    };
    // Without a thread nothing is said, and an error is a word that takes too long.
    drop(std::thread::Builder::new().name("last-words".to_owned()).spawn(say));
    let _ = heard.recv_timeout(LAST_WORDS);
}
