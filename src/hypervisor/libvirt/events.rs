//! libvirt's event loop: one for the process, on a thread of its own.
//!
//! Events, keepalive and the notice of a closed connection all depend on it, and only connections
//! that are opened after its registration take part. It is not expected to end. Should its thread end
//! all the same, every session is as good as lost: each is told so, and whoever opens the next one
//! begins another thread. Not in here: what a host's actor does about it.

use std::convert::Infallible;
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use virt::error::clear_error_callback;
use virt::event::{event_register_default_impl, event_run_default_impl};

use super::ends::Ears;
use crate::hypervisor::call::panic_message;

/// How long to wait after the loop failed: it is not expected to, and must not spin when it does.
const PAUSE: Duration = Duration::from_millis(100);

/// The one loop.
static LOOP: Loop = Loop::new(register, step);

/// Sees to it that the event loop runs, and that a session is told of its end. To be called before
/// the session's connections are opened.
///
/// # Errors
/// When libvirt or the system refuses; libvirt for good.
pub(super) fn attend(ears: &Arc<Ears>) -> Result<(), String> {
    LOOP.attend(ears)
}

/// A loop, and who depends on it.
struct Loop {
    register: fn() -> Result<(), String>,
    step: fn() -> Result<(), String>,
    state: Mutex<State>,
}

struct State {
    /// What came of the registration; none before it.
    registered: Option<Result<(), String>>,
    /// Whether there is a thread.
    runs: bool,
    ears: Vec<Weak<Ears>>,
}

impl Loop {
    const fn new(register: fn() -> Result<(), String>, step: fn() -> Result<(), String>) -> Self {
        let state = State { registered: None, runs: false, ears: Vec::new() };
        Self { register, step, state: Mutex::new(state) }
    }

    fn attend(&'static self, ears: &Arc<Ears>) -> Result<(), String> {
        let mut state = self.state();
        state.registered.get_or_insert_with(self.register).clone()?;
        if !state.runs {
            let run = || {
                let Err(payload) = catch_unwind(|| self.run());
                self.ended(&panic_message(payload.as_ref()));
            };
            thread::Builder::new()
                .name("libvirt-events".to_owned())
                .spawn(run)
                .map_err(|error| format!("no thread for libvirt's event loop: {error}"))?;
            state.runs = true;
        }
        state.ears.retain(|ears| ears.strong_count() > 0);
        state.ears.push(Arc::downgrade(ears));
        Ok(())
    }

    fn run(&self) -> Infallible {
        loop {
            if let Err(message) = (self.step)() {
                tracing::error!(message, "libvirt's event loop failed once, and goes on");
                thread::park_timeout(PAUSE);
            }
        }
    }

    fn ended(&self, why: &str) {
        let mut state = self.state();
        state.runs = false;
        let ears = std::mem::take(&mut state.ears);
        drop(state);
        tracing::error!("libvirt's event loop ended: {why}; the next connection begins it anew");
        for ears in ears.iter().filter_map(Weak::upgrade) {
            ears.deafen(why);
        }
    }

    /// Poison means nothing here: what is changed under it is consistent after each statement.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn register() -> Result<(), String> {
    // Errors are returned and logged by us; libvirt would print them to stderr besides.
    clear_error_callback();
    event_register_default_impl().map_err(|error| error.message().to_owned())
}

fn step() -> Result<(), String> {
    event_run_default_impl().map(|_| ()).map_err(|error| error.message().to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::mpsc::error::TryRecvError;
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;
    use crate::hypervisor::Signal;

    static STEPS: AtomicU32 = AtomicU32::new(0);

    /// Held while the first thread is not to end.
    static NOT_YET: Mutex<()> = Mutex::new(());

    /// The first thread ends at its first step; the second one lives.
    static FRAGILE: Loop = Loop::new(
        || Ok(()),
        || {
            if STEPS.fetch_add(1, Ordering::Relaxed) == 0 {
                drop(NOT_YET.lock());
                panic!("as the test wants it");
            }
            thread::park();
            Ok(())
        },
    );

    #[tokio::test]
    async fn its_end_is_told_to_each_session_and_the_next_one_begins_it_anew() {
        let not_yet = NOT_YET.lock().unwrap();
        let heard: Vec<_> = (0..2)
            .map(|_| {
                let (signals, heard) = unbounded_channel();
                let ears = Arc::new(Ears::new(signals));
                FRAGILE.attend(&ears).unwrap();
                (ears, heard)
            })
            .collect();
        // One that was closed before hears nothing.
        let (signals, mut closed) = unbounded_channel();
        FRAGILE.attend(&Arc::new(Ears::new(signals))).unwrap();
        assert_eq!(closed.try_recv(), Err(TryRecvError::Disconnected));
        drop(not_yet);
        for (ears, mut heard) in heard {
            let why = "as the test wants it".to_owned();
            assert_eq!(heard.recv().await, Some(Signal::Deaf { why }));
            assert!(ears.is_closed(), "no call is made over it any more");
        }
        let (signals, mut heard) = unbounded_channel();
        let ears = Arc::new(Ears::new(signals));
        FRAGILE.attend(&ears).unwrap();
        assert!(FRAGILE.state().runs);
        drop(ears);
        assert_eq!(heard.recv().await, None, "the second thread lives");
    }

    #[test]
    fn a_refusal_is_told_each_time() {
        static REFUSED: Loop = Loop::new(|| Err("no".to_owned()), || Ok(()));
        let (signals, _heard) = unbounded_channel();
        let ears = Arc::new(Ears::new(signals));
        assert_eq!(REFUSED.attend(&ears), Err("no".to_owned()));
        assert_eq!(REFUSED.attend(&ears), Err("no".to_owned()));
    }
}
