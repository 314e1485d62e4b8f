//! Who looks all the time at which QEMUs there are: each guest's, on all hosts.
//!
//! Not libvirt is asked but the kernel: on each host every QEMU is a child of process 1 of the host's namespace, and says
//! on its command line which guest it is. No daemon that hangs or is dead keeps this from being seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use assured_lab::wait_until;
use tokio::time::Instant;
use uuid::Uuid;

/// Between two looks. A QEMU that is started twice lives for at least some ten times as long, until it fails to lock its image.
const PAUSE: Duration = Duration::from_millis(10);

/// How many flaws are told: each is seen at every look.
const SHOWN: usize = 20;

/// The watcher.
pub struct Eyes {
    of: BTreeSet<Uuid>,
    state: Mutex<State>,
    is_shut: AtomicBool,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct State {
    /// Each host's process 1, while it is on.
    first: Vec<Option<i32>>,
    /// The QEMUs that are there, and those that were there.
    here: BTreeSet<Qemu>,
    gone: BTreeSet<Qemu>,
    /// Guests that are on their way from one host to another, by the chaos's doing.
    moving: BTreeMap<Uuid, (usize, usize)>,
    flaws: Vec<String>,
    looks: usize,
    longest_gap: Duration,
    last: Option<Instant>,
}

/// A process that is a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Qemu {
    pub guest: Uuid,
    pub host: usize,
    /// The host's process 1, which tells its lives apart.
    first: i32,
    pub pid: i32,
    /// It was made to take in a guest that comes from another host.
    is_target: bool,
}

/// What was seen in all.
pub struct Seen {
    pub looks: usize,
    pub longest_gap: Duration,
    pub qemus: usize,
}

impl Eyes {
    /// Begins to look at these guests, on so many hosts.
    pub fn open(of: BTreeSet<Uuid>, hosts: usize) -> Arc<Self> {
        let state = State { first: vec![None; hosts], ..State::default() };
        let eyes = Arc::new(Self {
            of,
            state: Mutex::new(state),
            is_shut: AtomicBool::new(false),
            thread: Mutex::new(None),
        });
        let own = Arc::clone(&eyes);
        let thread = thread::spawn(move || own.watch());
        *eyes.thread.lock().unwrap() = Some(thread);
        eyes
    }

    /// Ends it, and waits for that.
    pub fn shut(&self) {
        self.is_shut.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
    }

    pub fn host_is_on(&self, host: usize, first: i32) {
        self.state().first[host] = Some(first);
    }

    /// The QEMUs that have ended on a host so far.
    pub fn gone_on(&self, host: usize) -> BTreeSet<Qemu> {
        self.state().gone.iter().filter(|q| q.host == host).copied().collect()
    }

    /// A host has lost its power; gives the guests that went with it: all that had not gone before.
    pub fn host_is_off(&self, host: usize, gone_before: &BTreeSet<Qemu>) -> Vec<Uuid> {
        let mut state = self.state();
        state.first[host] = None;
        let lost: Vec<Qemu> = state.here.iter().filter(|q| q.host == host).copied().collect();
        state.here.retain(|q| q.host != host);
        state.gone.extend(lost);
        let now = state.gone.iter().filter(|q| q.host == host);
        now.filter(|q| !gone_before.contains(q)).map(|qemu| qemu.guest).collect()
    }

    /// From now on this guest may be on two hosts, as source and target.
    pub fn begin_move(&self, guest: Uuid, from: usize, to: usize) {
        self.state().moving.insert(guest, (from, to));
    }

    /// The move is over: in a moment it is on one host only. The source ends before virsh does, but that may have failed.
    pub fn end_move(&self, guest: Uuid) {
        let _ = wait_until(Duration::from_secs(10), "one of the two to end", || {
            self.state().here.iter().filter(|q| q.guest == guest).count() <= 1
        });
        self.state().moving.remove(&guest);
    }

    /// Where a guest runs.
    pub fn place_of(&self, guest: Uuid) -> Option<usize> {
        self.qemus_of(guest).first().map(|qemu| qemu.host)
    }

    /// All QEMUs of a guest at this moment.
    pub fn qemus_of(&self, guest: Uuid) -> Vec<Qemu> {
        self.state().here.iter().filter(|q| q.guest == guest).copied().collect()
    }

    /// Waits until a new look has been made.
    pub fn look_again(&self) {
        let before = self.state().looks;
        let again = || self.state().looks >= before + 2;
        wait_until(Duration::from_secs(10), "two more looks at the QEMUs", again).unwrap();
    }

    /// What was seen that must not be.
    pub fn flaws(&self) -> Vec<String> {
        self.state().flaws.clone()
    }

    pub fn seen(&self) -> Seen {
        let state = self.state();
        let (looks, longest_gap) = (state.looks, state.longest_gap);
        Seen { looks, longest_gap, qemus: state.here.len() + state.gone.len() }
    }

    fn watch(&self) {
        while !self.is_shut.load(Ordering::Relaxed) {
            self.look();
            // It is a timer: a look each so often.
            #[allow(clippy::disallowed_methods)]
            thread::sleep(PAUSE);
        }
    }

    fn look(&self) {
        let firsts = self.state().first.clone();
        let known = self.state().here.clone();
        let mut here = BTreeSet::new();
        for (host, first) in firsts.iter().enumerate() {
            let Some(first) = *first else { continue };
            for pid in children(first) {
                let same = known.iter().find(|q| (q.host, q.first, q.pid) == (host, first, pid));
                let qemu = same.copied().or_else(|| self.qemu(host, first, pid));
                here.extend(qemu);
            }
        }
        let mut state = self.state();
        // Of a host that was switched off or on meanwhile nothing is known by this look.
        let now = state.first.clone();
        here.retain(|q| now[q.host] == Some(q.first));
        let gone: Vec<Qemu> = state.here.difference(&here).copied().collect();
        state.gone.extend(gone);
        state.here = here;
        let at = Instant::now();
        let gap = state.last.replace(at).map_or(Duration::ZERO, |last| at - last);
        state.longest_gap = state.longest_gap.max(gap);
        state.looks += 1;
        let doubles: Vec<Vec<Qemu>> = doubles(&state);
        for double in doubles {
            // The hosts were looked at one after the other: both must be there at one moment.
            let both = double.iter().filter(|q| self.qemu(q.host, q.first, q.pid) == Some(**q));
            if both.count() > 1 && state.flaws.len() < SHOWN {
                state.flaws.push(format!("runs twice: {double:?}"));
            }
        }
    }

    /// The guest that a process is, if it is one.
    fn qemu(&self, host: usize, first: i32, pid: i32) -> Option<Qemu> {
        let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let words: Vec<&[u8]> = line.split(|&byte| byte == 0).collect();
        let at = words.iter().position(|word| *word == b"-uuid")?;
        let guest = Uuid::try_parse_ascii(words.get(at + 1)?).ok()?;
        let is_target = words.contains(&&b"-incoming"[..]);
        self.of.contains(&guest).then_some(Qemu { guest, host, first, pid, is_target })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Guests with more than one QEMU, unless they are being moved, and these are the source and the target.
fn doubles(state: &State) -> Vec<Vec<Qemu>> {
    let mut of: BTreeMap<Uuid, Vec<Qemu>> = BTreeMap::new();
    for qemu in &state.here {
        of.entry(qemu.guest).or_default().push(*qemu);
    }
    let moved = |all: &[Qemu]| {
        let Some(&(from, to)) = state.moving.get(&all[0].guest) else { return false };
        let on = |host| all.iter().filter(move |q| q.host == host);
        let target = on(to).all(|q| q.is_target);
        all.len() == 2 && on(from).count() == 1 && on(to).count() == 1 && target
    };
    of.into_values().filter(|all| all.len() > 1 && !moved(all)).collect()
}

fn children(pid: i32) -> Vec<i32> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}
