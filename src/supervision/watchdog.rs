//! A watch over the thread that runs the actors, kept by a thread of its own.
//!
//! Nothing on the actors' thread can notice that this thread hangs: a blocked handler blocks its
//! supervisor with it. So the actors' thread beats a [`Pulse`], and the [`Watchdog`], an OS thread,
//! calls a closure when no beat came for too long. The closure can do little for a hung thread but
//! end the process, which is the caller's to decide.
//!
//! The silence is counted in slices of a quarter, each waited for on its own. So a stop of the whole
//! process (`SIGSTOP`, a paused guest, a suspended machine) costs one slice at most: the actors'
//! thread gets its time to beat afterwards.
//!
//! Somebody else may wait for word that the thread lives, a service manager say: the watchdog passes on
//! that a beat came ([`Relay`]), and nothing when none came.
//!
//! Not in here: the heartbeat of single actors (`beat.rs`); whose turn the thread is stuck in
//! (`turns.rs`).

use std::{
    io, mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::time::{MissedTickBehavior, interval};

/// Slices without a beat that make an alarm, unless there is a reason for thinner ones.
const SLICES: u32 = 4;

/// Why there is no watchdog.
#[derive(Debug, thiserror::Error)]
pub enum WatchdogError {
    /// The operating system gave no thread.
    #[error("cannot start the watchdog's thread")]
    Spawn(#[source] io::Error),
}

/// What the watched thread beats. Clones beat the same pulse.
#[derive(Clone, Debug)]
pub struct Pulse(Arc<Shared>);

impl Pulse {
    /// Says that the calling thread is alive.
    pub fn beat(&self) {
        let mut state = self.0.lock();
        state.beats = state.beats.wrapping_add(1);
    }

    /// Beats for ever, each `period`: to be spawned on the watched thread. The period should be no
    /// longer than a quarter of the heartbeat.
    pub async fn beat_every(self, period: Duration) {
        let mut ticks = interval(period.max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.beat();
        }
    }
}

/// Who else waits for word of the thread's beats.
pub struct Relay {
    /// The longest time between two words while the thread lives.
    pub every: Duration,
    /// Says that it lives; called on the watchdog's thread.
    pub tell: Box<dyn FnMut() + Send>,
}

/// The thread that watches. Dropping it ends the watch; no alarm comes after that.
#[derive(Debug)]
#[must_use = "dropping it ends the watch"]
pub struct Watchdog {
    shared: Arc<Shared>,
    slice: Duration,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// Starts to watch. `alarm` is called at most once, on the watchdog's thread, when no beat came
    /// for `heartbeat` (at the latest after 5/4 of it); the watch ends with it.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(
        heartbeat: Duration,
        alarm: impl FnOnce() + Send + 'static,
    ) -> Result<(Pulse, Self), WatchdogError> {
        Self::start_with(heartbeat, None, alarm)
    }

    /// The same, and passes on that beats come.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start_with(
        heartbeat: Duration,
        relay: Option<Relay>,
        alarm: impl FnOnce() + Send + 'static,
    ) -> Result<(Pulse, Self), WatchdogError> {
        let quarter = heartbeat / SLICES;
        let slice = relay.as_ref().map_or(quarter, |relay| relay.every.min(quarter));
        let slice = slice.max(Duration::from_millis(1));
        let slices = heartbeat.as_nanos().div_ceil(slice.as_nanos());
        let silence = Silence::of(u32::try_from(slices).unwrap_or(u32::MAX));
        let tell = relay.map(|relay| relay.tell);
        let shared = Arc::<Shared>::default();
        let watched = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("watchdog".to_owned())
            .spawn(move || {
                if watched.wait_for_silence(slice, silence, tell) {
                    alarm();
                }
            })
            .map_err(WatchdogError::Spawn)?;
        Ok((Pulse(Arc::clone(&shared)), Self { shared, slice, thread: Some(thread) }))
    }

    /// The longest time between two beats of a thread that is well: for [`Pulse::beat_every`].
    pub fn pace(&self) -> Duration {
        self.slice / 2
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
        {
            // An error is the panic of `alarm`, which was printed already.
            let _ = thread.join();
        }
    }
}

/// The rule of the watchdog, pure: looks at the beats once per slice.
#[derive(Clone, Debug)]
pub struct Silence {
    beats: u64,
    slices: u32,
    limit: u32,
}

/// The fourth look without a beat is an alarm.
impl Default for Silence {
    fn default() -> Self {
        Self::of(SLICES)
    }
}

impl Silence {
    /// So many looks in a row without a beat are an alarm; 0 counts as 1.
    pub fn of(looks: u32) -> Self {
        Self { beats: 0, slices: 0, limit: looks.max(1) }
    }

    /// Whether the last look found a beat.
    pub fn is_broken(&self) -> bool {
        self.slices == 0
    }

    /// Whether this is an alarm: the last of so many looks in a row which find no new beat.
    pub fn look(&mut self, beats: u64) -> bool {
        if mem::replace(&mut self.beats, beats) == beats {
            self.slices += 1;
        } else {
            self.slices = 0;
        }
        self.slices >= self.limit
    }
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    beats: u64,
    stopped: bool,
}

impl Shared {
    /// True after silence, false when stopped.
    fn wait_for_silence(
        &self,
        slice: Duration,
        mut silence: Silence,
        mut tell: Option<Box<dyn FnMut() + Send>>,
    ) -> bool {
        loop {
            let state = self.lock();
            let state = self
                .changed
                .wait_timeout_while(state, slice, |state| !state.stopped)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            if state.stopped {
                return false;
            }
            let beats = state.beats;
            // Whoever is told may take his time: the watched thread must not wait for him.
            drop(state);
            if silence.look(beats) {
                return true;
            }
            if let Some(tell) = &mut tell
                && silence.is_broken()
            {
                tell();
            }
        }
    }

    /// Poison means nothing here: each write is a single one.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
